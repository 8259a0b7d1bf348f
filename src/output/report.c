#include "output/report.h"

#include "base/date.h"
#include "base/jout.h"
#include "output/whatifout.h"

#define SCHEMA 1

static void put_period(struct jout *j, const struct period *p)
{
	char s[16];

	jout_object(j, "period");
	jout_text(j, "from", date_fmt(s, p->from));
	jout_text(j, "to", date_fmt(s, p->to - 1));
	jout_text(j, "cutoff", date_fmt(s, p->to));
	jout_end_object(j);
}

static int put_invoice(void *arg, const struct invoice *v, struct err *e)
{
	struct jout *j = arg;
	int decimals = money_decimals(v->currency);

	if (decimals < 0)
		return err_set(e, ERR_SOFTWARE, "invoice %s: currency '%s' is unknown", v->number, v->currency);
	jout_object(j, NULL);
	jout_text(j, "number", v->number);
	jout_text(j, "company_id", v->company_id);
	jout_dec(j, "net", v->net_minor, decimals);
	jout_dec(j, "tax", v->tax_minor, decimals);
	jout_dec(j, "gross", v->gross_minor, decimals);
	jout_text(j, "currency", v->currency);
	jout_int(j, "entries", v->entries);
	jout_int(j, "seconds", v->secs);
	jout_end_object(j);
	return 0;
}

static void put_counts(struct jout *j, const char *key, const struct report_count *c, size_t n)
{
	jout_object(j, key);
	for (size_t i = 0; i < n; i++)
		jout_int(j, c[i].name, c[i].n);
	jout_end_object(j);
}

static void put_totals(struct jout *j, const struct report *r)
{
	jout_object(j, "entries");
	jout_int(j, "fetched", r->entries_fetched);
	jout_int(j, "billed", r->entries_billed);
	jout_int(j, "held", r->entries_held);
	jout_int(j, "late", r->entries_late);
	jout_end_object(j);
	jout_object(j, "seconds");
	jout_int(j, "fetched", r->secs_fetched);
	jout_int(j, "billed", r->secs_billed);
	jout_int(j, "held", r->secs_held);
	jout_end_object(j);
}

static void put_marked(struct jout *j, const struct report *r)
{
	jout_object(j, "marked");
	jout_int(j, "verified", r->marked.verified);
	jout_int(j, "refused", r->marked.refused);
	jout_int(j, "gone", r->marked.gone);
	jout_int(j, "changed", r->marked.changed);
	jout_int(j, "foreign", r->marked.foreign);
	jout_int(j, "reopened", r->marked.reopened);
	jout_int(j, "unknown", r->marked.unknown);
	jout_end_object(j);
}

static void put_exceptions(struct jout *j, const struct report *r)
{
	jout_array(j, "exceptions");
	for (size_t i = 0; i < r->nexceptions; i++) {
		const struct report_exception *x = &r->exceptions[i];

		jout_object(j, NULL);
		jout_text(j, "entry", x->entry);
		jout_text(j, "invoice", x->invoice);
		jout_text(j, "kind", x->kind);
		jout_text(j, "old", x->old);
		jout_text(j, "new", x->now);
		jout_opt(j, "what", x->what);
		jout_end_object(j);
	}
	jout_end_array(j);
}

/* Per customer: value of the tracked time + rounding = lines of time; lines + others - discounts = net. */
static int put_conservation(struct jout *j, const struct report *r, struct err *e)
{
	jout_array(j, "conservation");
	for (size_t i = 0; i < r->ncustomers; i++) {
		const struct conserve_customer *c = &r->customers[i];
		int decimals = money_decimals(c->currency);

		if (decimals < 0)
			return err_set(e, ERR_SOFTWARE, "company %s: currency '%s' is unknown", c->company_id, c->currency);
		jout_object(j, NULL);
		jout_text(j, "company_id", c->company_id);
		jout_text(j, "currency", c->currency);
		jout_int(j, "documents", c->documents);
		jout_int(j, "entries", c->entries);
		jout_int(j, "seconds", c->secs);
		jout_int(j, "billed_seconds", c->billed_secs);
		jout_int(j, "rounding_seconds", c->billed_secs - c->secs);
		jout_dec(j, "value", c->value_minor, decimals);
		jout_dec(j, "rounding", c->lines_minor - c->value_minor, decimals);
		jout_dec(j, "lines", c->lines_minor, decimals);
		jout_dec(j, "others", c->others_minor, decimals);
		jout_dec(j, "discounts", c->allowance_minor, decimals);
		jout_dec(j, "net", c->net_minor, decimals);
		jout_dec(j, "tax", c->tax_minor, decimals);
		jout_dec(j, "gross", c->gross_minor, decimals);
		jout_end_object(j);
	}
	jout_end_array(j);
	return 0;
}

static void put_brakes(struct jout *j, const struct report *r)
{
	jout_array(j, "brakes");
	for (size_t i = 0; i < r->nbrakes; i++) {
		const struct report_brake *x = &r->brakes[i];

		jout_object(j, NULL);
		jout_text(j, "brake", x->brake);
		jout_text(j, "action", x->action);
		jout_opt(j, "subject", x->subject);
		jout_opt(j, "unit", x->unit);
		jout_opt(j, "value", x->value);
		jout_opt(j, "usual", x->usual);
		jout_text(j, "what", x->what);
		jout_end_object(j);
	}
	jout_end_array(j);
}

static void put_files(struct jout *j, const struct report *r)
{
	jout_array(j, "files");
	for (size_t i = 0; i < r->nfiles; i++) {
		jout_object(j, NULL);
		jout_text(j, "path", r->files[i].path);
		jout_int(j, "bytes", r->files[i].bytes);
		jout_text(j, "sha256", r->files[i].sha256);
		jout_end_object(j);
	}
	jout_end_array(j);
}

int report_write(const struct report *r, const struct source *src, struct buf *out, struct err *e)
{
	struct jout j;
	int rc = 0;

	jout_init(&j, out, 2);
	jout_object(&j, NULL);
	jout_int(&j, "schema", SCHEMA);
	jout_text(&j, "run", r->run);
	jout_text(&j, "state", r->state);
	jout_int(&j, "exit", r->exit);
	jout_bool(&j, "issued", r->issued);
	put_period(&j, &r->period);
	put_totals(&j, r);
	jout_array(&j, "invoices");
	if (src != NULL)
		rc = src->heads(src->ctx, put_invoice, &j, e);
	jout_end_array(&j);
	if (rc == 0)
		rc = put_conservation(&j, r, e);
	if (rc == 0 && r->compare != NULL)
		rc = whatifout_json(r->compare, &j, e);
	put_brakes(&j, r);
	put_marked(&j, r);
	put_exceptions(&j, r);
	put_counts(&j, "held", r->held, r->nheld);
	put_counts(&j, "noted", r->noted, r->nnoted);
	jout_int(&j, "requests", r->requests);
	jout_int(&j, "retries", r->retries);
	jout_int(&j, "shortfall", r->shortfall);
	put_files(&j, r);
	jout_end_object(&j);
	buf_ch(out, '\n');
	if (rc == 0 && !buf_ok(out))
		return err_nomem(e);
	return rc;
}
