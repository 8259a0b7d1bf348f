#include "output/csvout.h"

#include <string.h>

#include "output/csvtable.h"

/* A file being written and the run it is made from. */
struct table {
	struct csvtable t;
	const struct source *src;
};

static void text(struct table *t, const char *s)
{
	csvtable_text(&t->t, s);
}

static void bare(struct table *t, const char *s)
{
	csvfile_bare(&t->t.out, s);
}

static void whole(struct table *t, int64_t v)
{
	char s[NUM_MAX];

	num_fmt(s, v, 0);
	bare(t, s);
}

static void day(struct table *t, date_t d)
{
	char s[16];

	bare(t, date_fmt(s, d));
}

static void money(struct table *t, int64_t minor, const char *currency)
{
	char s[NUM_MAX];

	money_fmt(s, minor, currency);
	bare(t, s);
}

static void rate(struct table *t, int64_t price_e4)
{
	char s[NUM_MAX];

	num_fmt_short(s, price_e4, MONEY_RATE_SCALE, 2);
	bare(t, s);
}

static int head(struct table *t, const char *const *names, struct err *e)
{
	for (; *names != NULL; names++)
		bare(t, *names);
	return csvtable_end_row(&t->t, e);
}

static int put_entry(void *arg, const struct invoice_entry *x, struct err *e)
{
	struct table *t = arg;

	bare(t, x->invoice);
	whole(t, x->pos);
	bare(t, x->entry.id);
	day(t, x->entry.date);
	text(t, x->entry.company_name);
	text(t, x->entry.project_name);
	text(t, x->entry.task_name);
	text(t, x->entry.user_name);
	text(t, x->entry.work_name);
	text(t, x->entry.note);
	whole(t, x->entry.secs);
	whole(t, x->billed_secs);
	rate(t, x->price_e4);
	bare(t, x->currency);
	whole(t, x->late != 0);
	return csvtable_end_row(&t->t, e);
}

int csvout_discount(const struct invoice *v, const struct invoice_allowance *a, struct invoice_line *out, struct err *e)
{
	struct invoice_line l = { .description = a->reason, .from = DATE_NONE, .to = DATE_NONE, .unit = QUANTITY_LUMP, .quantity = 1,
		.tax_pct_e2 = a->tax_pct_e2 };
	int decimals = money_decimals(v->currency), overflow = 0;
	int64_t scale = 1;

	for (int i = decimals < 0 ? 2 : decimals; i < MONEY_RATE_SCALE; i++)
		scale *= 10;
	l.price_e4 = num_div_round(-(__int128)a->amount_minor * scale, 1, &overflow);
	l.net_minor = num_div_round(-(__int128)a->amount_minor, 1, &overflow);
	if (overflow)
		return err_set(e, ERR_SOFTWARE, "invoice %s: a discount overflows", v->number);
	memcpy(l.tax_category, a->tax_category, sizeof l.tax_category);
	*out = l;
	return 0;
}

static int put_line(struct table *t, const struct invoice *v, const struct invoice_line *l, struct err *e)
{
	char s[NUM_MAX];

	bare(t, v->number);
	if (l->pos > 0)
		whole(t, l->pos);
	else
		bare(t, "");
	text(t, l->description);
	text(t, l->project_name);
	invoice_quantity_fmt(s, l->unit, l->quantity);
	bare(t, s);
	bare(t, invoice_unit_code(l->unit));
	rate(t, l->price_e4);
	money(t, l->net_minor, v->currency);
	bare(t, v->currency);
	whole(t, l->secs);
	bare(t, l->tax_category);
	num_fmt_short(s, l->tax_pct_e2, MONEY_PCT_SCALE, 0);
	bare(t, s);
	return csvtable_end_row(&t->t, e);
}

static int put_lines(void *arg, const struct invoice *v, struct err *e)
{
	struct table *t = arg;

	for (size_t i = 0; i < v->nlines; i++)
		if (put_line(t, v, &v->lines[i], e) < 0)
			return -1;
	for (size_t i = 0; i < v->nallowances; i++) {
		struct invoice_line l;

		if (csvout_discount(v, &v->allowances[i], &l, e) < 0 || put_line(t, v, &l, e) < 0)
			return -1;
	}
	return 0;
}

static int put_invoice(void *arg, const struct invoice *v, struct err *e)
{
	struct table *t = arg;

	bare(t, v->number);
	whole(t, v->type);
	day(t, v->date);
	day(t, v->due);
	bare(t, v->company_id);
	text(t, v->customer_number);
	text(t, v->buyer.name);
	day(t, v->from);
	day(t, v->to);
	money(t, v->net_minor, v->currency);
	money(t, v->tax_minor, v->currency);
	money(t, v->gross_minor, v->currency);
	bare(t, v->currency);
	whole(t, v->entries);
	whole(t, v->secs);
	bare(t, v->cancels);
	return csvtable_end_row(&t->t, e);
}

static int put_held(void *arg, const struct source_held *h, struct err *e)
{
	struct table *t = arg;

	bare(t, h->entry.id);
	bare(t, h->reason);
	day(t, h->entry.date);
	text(t, h->entry.company_name);
	text(t, h->entry.project_name);
	text(t, h->entry.task_name);
	text(t, h->entry.user_name);
	if (h->entry.has_secs)
		whole(t, h->entry.secs);
	else
		bare(t, "");
	text(t, h->entry.note);
	return csvtable_end_row(&t->t, e);
}

typedef int fill_cb(struct table *t, const void *what, struct err *e);

static int write_table(const struct source *src, const char *path, const char *const *names, fill_cb *fill, const void *what, struct err *e)
{
	struct table t = { .src = src };
	int rc = csvtable_open(&t.t, path, e);

	if (rc == 0)
		rc = head(&t, names, e) < 0 || fill(&t, what, e) < 0 ? -1 : 0;
	return csvtable_close(&t.t, rc, e);
}

static const char *const entry_names[] = { "invoice_number", "line", "entry_id", "date", "company", "project", "task", "user", "type_of_work",
	"note", "seconds", "billed_seconds", "rate", "currency", "late", NULL };
static const char *const line_names[] = { "invoice_number", "line", "description", "project", "quantity", "unit", "rate", "net", "currency",
	"seconds", "tax_category", "tax_rate", NULL };
static const char *const invoice_names[] = { "invoice_number", "type", "date", "due_date", "company_id", "customer_number", "legal_name",
	"period_from", "period_to", "net", "tax", "gross", "currency", "entries", "seconds", "cancels", NULL };
static const char *const held_names[] = { "entry_id", "reason", "date", "company", "project", "task", "user", "seconds", "note", NULL };

static int fill_entries(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->entries(t->src->ctx, NULL, put_entry, t, e);
}

static int fill_timesheet(struct table *t, const void *what, struct err *e)
{
	const struct invoice *v = what;

	return t->src->entries(t->src->ctx, v->number, put_entry, t, e);
}

static int fill_lines(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->invoices(t->src->ctx, put_lines, t, e);
}

static int fill_invoices(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->invoices(t->src->ctx, put_invoice, t, e);
}

static int fill_held(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->held(t->src->ctx, put_held, t, e);
}

static int fill_invoice(struct table *t, const void *what, struct err *e)
{
	return put_lines(t, what, e);
}

int csvout_entries(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, entry_names, fill_entries, NULL, e);
}

int csvout_lines(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, line_names, fill_lines, NULL, e);
}

int csvout_invoices(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, invoice_names, fill_invoices, NULL, e);
}

int csvout_held(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, held_names, fill_held, NULL, e);
}

int csvout_invoice(const struct source *src, const struct invoice *v, const char *path, struct err *e)
{
	return write_table(src, path, line_names, fill_invoice, v, e);
}

int csvout_timesheet(const struct source *src, const struct invoice *v, const char *path, struct err *e)
{
	return write_table(src, path, entry_names, fill_timesheet, v, e);
}
