#include <stdio.h>

#include "base/jout.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/register.h"

static int on_run(void *ctx, const struct query_run *r, struct err *e)
{
	char hours[NUM_MAX];

	(void)ctx;
	(void)e;
	num_fmt(hours, invoice_quantity(QUANTITY_HOURS, r->secs), 2);
	printf("%-7s %-22s %-10s %8lld %8lld %11s h %10lld\n", r->run.id, r->run.period.label, store_state_name(r->run.state), (long long)r->invoices,
	    (long long)r->entries, hours, (long long)r->exceptions);
	return 0;
}

static int on_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	char date[16], gross[NUM_MAX];
	struct buf name = BUF_INIT;

	(void)ctx;
	(void)e;
	text_clean(&name, v->buyer.name == NULL ? "" : v->buyer.name, 0);
	money_fmt(gross, v->gross_minor, v->currency);
	printf("%-20s %-8s %-7s %-10s %8d %13s %s  %s\n", v->number, q->state, q->run, date_fmt(date, v->date), v->entries, gross, v->currency, buf_text(&name));
	buf_free(&name);
	return 0;
}

static int json_run(void *ctx, const struct query_run *r, struct err *e)
{
	struct jout *j = ctx;
	char date[16];

	(void)e;
	jout_object(j, NULL);
	jout_text(j, "run", r->run.id);
	jout_text(j, "state", store_state_name(r->run.state));
	jout_text(j, "from", date_fmt(date, r->run.period.from));
	jout_text(j, "to", date_fmt(date, r->run.period.to - 1));
	jout_int(j, "invoices", r->invoices);
	jout_int(j, "entries", r->entries);
	jout_int(j, "seconds", r->secs);
	jout_int(j, "exceptions", r->exceptions);
	jout_end_object(j);
	return 0;
}

static int json_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	int decimals = money_decimals(v->currency);
	struct jout *j = ctx;
	char date[16];

	(void)e;
	jout_object(j, NULL);
	jout_text(j, "number", v->number);
	jout_text(j, "state", q->state);
	jout_text(j, "run", q->run);
	jout_text(j, "date", date_fmt(date, v->date));
	jout_text(j, "company_id", v->company_id);
	jout_text(j, "legal_name", v->buyer.name);
	jout_dec(j, "net", v->net_minor, decimals);
	jout_dec(j, "tax", v->tax_minor, decimals);
	jout_dec(j, "gross", v->gross_minor, decimals);
	jout_text(j, "currency", v->currency);
	jout_int(j, "entries", v->entries);
	jout_int(j, "seconds", v->secs);
	jout_end_object(j);
	return 0;
}

static int list_json(struct app *a, struct err *e)
{
	struct buf b = BUF_INIT;
	struct jout j;
	int rc = -1;

	jout_init(&j, &b, 2);
	jout_object(&j, NULL);
	jout_array(&j, "runs");
	if (query_runs(a->store, json_run, &j, e) == 0) {
		jout_end_array(&j);
		jout_array(&j, "invoices");
		if (query_invoices(a->store, NULL, NULL, json_invoice, &j, e) == 0) {
			jout_end_array(&j);
			jout_end_object(&j);
			rc = buf_ok(&b) ? 0 : err_nomem(e);
		}
	}
	if (rc == 0)
		printf("%s\n", buf_text(&b));
	buf_free(&b);
	return rc;
}

static int list_text(struct app *a, struct err *e)
{
	printf("%-7s %-22s %-10s %8s %8s %13s %10s\n", "run", "period", "state", "invoices", "entries", "tracked", "exceptions");
	if (query_runs(a->store, on_run, NULL, e) < 0)
		return -1;
	printf("\n%-20s %-8s %-7s %-10s %8s %13s      %s\n", "invoice", "state", "run", "date", "entries", "gross", "customer");
	return query_invoices(a->store, NULL, NULL, on_invoice, NULL, e);
}

enum err_code cmd_list(struct app *a, struct err *e)
{
	if (app_load(a, 0, e) < 0 || app_open_store(a, STORE_READ, e) < 0)
		return e->code;
	if ((a->opt.numbers ? register_print(a, e) : a->opt.json ? list_json(a, e) : list_text(a, e)) < 0)
		return e->code;
	return e->code;
}
