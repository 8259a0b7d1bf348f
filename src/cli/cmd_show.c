#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "cli/run.h"
#include "ledger/trace.h"

static void print_text(const char *label, const char *s)
{
	struct buf b = BUF_INIT;

	if (s == NULL)
		return;
	text_clean(&b, s, 0);
	printf("%-16s %s\n", label, buf_text(&b));
	buf_free(&b);
}

static void print_lines(const struct invoice *v)
{
	char quantity[NUM_MAX], price[NUM_MAX], net[NUM_MAX];

	printf("\n%4s %10s %4s %12s %14s  %s\n", "pos", "quantity", "unit", "rate", "net", "description");
	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		invoice_quantity_fmt(quantity, l->unit, l->quantity);
		num_fmt_short(price, l->price_e4, MONEY_RATE_SCALE, 2);
		money_fmt(net, l->net_minor, v->currency);
		printf("%4d %10s %4s %12s %14s  %s\n", l->pos, quantity, invoice_unit_code(l->unit), price, net, l->description);
	}
	for (size_t i = 0; i < v->nallowances; i++) {
		money_fmt(net, -v->allowances[i].amount_minor, v->currency);
		printf("%33s %14s  %s\n", "", net, v->allowances[i].reason);
	}
	money_fmt(net, v->net_minor, v->currency);
	printf("%33s %14s %s net\n", "", net, v->currency);
	for (size_t i = 0; i < v->ntaxes; i++) {
		money_fmt(net, v->taxes[i].tax_minor, v->currency);
		num_fmt_short(price, v->taxes[i].pct_e2, MONEY_PCT_SCALE, 0);
		printf("%33s %14s %s VAT %s %s %%\n", "", net, v->currency, v->taxes[i].category, price);
	}
	money_fmt(net, v->gross_minor, v->currency);
	printf("%33s %14s %s gross\n", "", net, v->currency);
}

static int on_entry(void *ctx, const struct invoice_entry *x, struct err *e)
{
	char date[16];

	(void)ctx;
	(void)e;
	printf("%4d %s  %s %8lld s\n", x->pos, x->entry.id, date_fmt(date, x->entry.date), (long long)x->entry.secs);
	return 0;
}

static int on_correction(void *ctx, const struct trace_correction *c, struct err *e)
{
	int *n = ctx;

	(void)e;
	if ((*n)++ == 0)
		printf("\ncorrections\n");
	printf("%4d %s  %+lld s billed: %s%s\n", c->from_pos, c->entry, (long long)c->billed_secs, c->invoice[0] == '\0' ? "waits for the next invoice" : "on ", c->invoice);
	return 0;
}

struct showing { struct app *a; int found; };

static int on_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct showing *s = ctx;
	char date[16];

	(void)e;
	s->found = 1;
	print_text("invoice", v->number);
	print_text("state", q->state);
	print_text("run", q->run);
	print_text("cancels", v->cancels);
	print_text("reason", v->reason);
	print_text("customer", v->buyer.name);
	print_text("company", v->company_id);
	print_text("date", date_fmt(date, v->date));
	print_text("due", date_fmt(date, v->due));
	print_text("service from", date_fmt(date, v->from));
	print_text("service to", date_fmt(date, v->to));
	printf("%-16s %d (%lld s tracked, %lld s billed)\n", "entries", v->entries, (long long)v->secs, (long long)v->billed_secs);
	print_lines(v);
	printf("\n%4s %-36s  %-10s\n", "line", "entry", "date");
	return 0;
}

static int on_exception(void *ctx, const char *entry, const char *invoice, const char *state, const char *old, const char *now, struct err *e)
{
	(void)ctx;
	(void)e;
	printf("  %s on %s: %s %s%s%s\n", entry, invoice, state, old == NULL ? "" : old, old == NULL || now == NULL ? "" : " -> ", now == NULL ? "" : now);
	return 0;
}

static int on_reason(void *ctx, const char *reason, int64_t n, int64_t secs, struct err *e)
{
	(void)ctx;
	(void)e;
	printf("  %-20s %7lld entries %10lld s\n", reason, (long long)n, (long long)secs);
	return 0;
}

static int on_run_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	char gross[NUM_MAX];

	(void)ctx;
	(void)e;
	money_fmt(gross, v->gross_minor, v->currency);
	printf("  %-20s %-8s %7d entries %13s %s\n", v->number, q->state, v->entries, gross, v->currency);
	return 0;
}

/* What rounding of time, of printed quantities and of amounts made of the tracked time, per customer. */
static int on_customer(void *ctx, const struct conserve_customer *c, struct err *e)
{
	char value[NUM_MAX], rounding[NUM_MAX], net[NUM_MAX];
	int *n = ctx;

	(void)e;
	if ((*n)++ == 0)
		printf("conservation\n  %-36s %7s %10s %9s %13s %10s %13s\n", "company", "entries", "tracked s", "rounded s", "value", "rounding", "net");
	money_fmt(value, c->value_minor, c->currency);
	money_fmt(rounding, c->lines_minor - c->value_minor, c->currency);
	money_fmt(net, c->net_minor, c->currency);
	printf("  %-36s %7lld %10lld %+9lld %13s %10s %13s %s\n", c->company_id, (long long)c->entries, (long long)c->secs, (long long)(c->billed_secs - c->secs), value,
	    rounding, net, c->currency);
	return 0;
}

static int show_run(struct app *a, const struct query_run *q, struct err *e)
{
	char date[16];
	int customers = 0;

	print_text("run", q->run.id);
	print_text("state", store_state_name(q->run.state));
	print_text("period", q->run.period.label);
	print_text("invoice date", date_fmt(date, q->run.invoice_date));
	printf("invoices\n");
	if (query_invoices(a->store, q->run.id, NULL, on_run_invoice, NULL, e) < 0)
		return -1;
	if (balance_each(a->store, q->run.id, on_customer, &customers, e) < 0)
		return -1;
	printf("held\n");
	if (snap_each_reason(a->store, q->run.id, on_reason, NULL, e) < 0)
		return -1;
	printf("exceptions\n");
	return query_exceptions(a->store, q->run.id, on_exception, NULL, e);
}

static int json_of(struct app *a, const struct query_run *q, struct err *e)
{
	struct run r = { .app = a, .row = q->run };
	struct buf b = BUF_INIT;
	int rc = close_report(&r, q->run.state == RUN_CLOSED_EXC ? ERR_ATTENTION : 0, &b, e);

	if (rc == 0)
		fputs(buf_text(&b), stdout);
	buf_free(&b);
	return rc;
}

enum err_code cmd_show(struct app *a, struct err *e)
{
	const char *id = a->opt.arg[0];
	struct showing s = { a, 0 };
	struct query_run q;
	int found, corrections = 0;

	if (app_load(a, 0, e) < 0 || app_open_store(a, STORE_READ, e) < 0)
		return e->code;
	found = id[0] == 'A' ? applyprint_recorded(a, id, e) : 0;
	if (found != 0)
		return e->code;
	found = query_run(a->store, id, &q, e);
	if (found == 1 && (a->opt.json ? json_of(a, &q, e) : show_run(a, &q, e)) < 0)
		return e->code;
	if (found == 0 && a->opt.json)
		err_set(e, ERR_USAGE, "--json shows runs; '%.40s' is no run in %s", id, a->cfg.ledger);
	else if (found == 0 && query_invoices(a->store, NULL, id, on_invoice, &s, e) == 0 && s.found)
		found = query_entries(a->store, NULL, id, on_entry, NULL, e) < 0 ? -1 : trace_corrections(a->store, NULL, id, 0, on_correction, &corrections, e);
	else if (found == 0 && e->code == ERR_OK)
		err_set(e, ERR_USAGE, "'%.40s' is no run and no invoice in %s; see psabill list", id, a->cfg.ledger);
	return e->code;
}
