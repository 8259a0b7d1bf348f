#include "output/csvout.h"

#include <stdlib.h>
#include <string.h>

#include "output/csvtable.h"

/* A file being written. */
struct table {
	struct csvtable t;
	char *path;
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

static int put_entry(struct table *t, const struct invoice_entry *x, struct err *e)
{
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

static int put_lines(struct table *t, const struct invoice *v, struct err *e)
{
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

static int put_invoice(struct table *t, const struct invoice *v, struct err *e)
{
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

static int put_held(struct table *t, const struct source_held *h, struct err *e)
{
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

static const char *const entry_names[] = { "invoice_number", "line", "entry_id", "date", "company", "project", "task", "user", "type_of_work",
	"note", "seconds", "billed_seconds", "rate", "currency", "late", NULL };
static const char *const line_names[] = { "invoice_number", "line", "description", "project", "quantity", "unit", "rate", "net", "currency",
	"seconds", "tax_category", "tax_rate", NULL };
static const char *const invoice_names[] = { "invoice_number", "type", "date", "due_date", "company_id", "customer_number", "legal_name",
	"period_from", "period_to", "net", "tax", "gross", "currency", "entries", "seconds", "cancels", NULL };
static const char *const held_names[] = { "entry_id", "reason", "date", "company", "project", "task", "user", "seconds", "note", NULL };

/* The rest of what is written is lost with the file. */
static int told(const struct table *t, int rc, struct err *e)
{
	return rc < 0 ? err_ctx(e, "%s", t->path) : 0;
}

static int take_entry(void *me, const struct invoice_entry *x, struct err *e)
{
	return told(me, put_entry(me, x, e), e);
}

static int take_lines(void *me, const struct source_document *d, struct err *e)
{
	return told(me, put_lines(me, d->v, e), e);
}

static int take_invoice(void *me, const struct source_document *d, struct err *e)
{
	return told(me, put_invoice(me, d->v, e), e);
}

static int take_held(void *me, const struct source_held *h, struct err *e)
{
	return told(me, put_held(me, h, e), e);
}

static int close_table(void *me, int rc, struct err *e)
{
	struct table *t = me;

	rc = csvtable_close(&t->t, rc, e);
	free(t->path);
	free(t);
	return rc;
}

static struct table *open_table(const char *path, const char *const *names, struct err *e)
{
	struct table *t = calloc(1, sizeof *t);

	if (t == NULL || (t->path = strdup(path)) == NULL) {
		free(t);
		err_nomem(e);
		return NULL;
	}
	if (csvtable_open(&t->t, t->path, e) == 0 && head(t, names, e) == 0)
		return t;
	close_table(t, -1, e);
	return NULL;
}

static int open_taker(struct taker *out, const char *path, const char *const *names, struct err *e)
{
	*out = (struct taker){ .me = open_table(path, names, e), .close = close_table };
	return out->me != NULL ? 0 : -1;
}

int csvout_entries(struct taker *out, const char *path, struct err *e)
{
	int rc = open_taker(out, path, entry_names, e);

	out->entry = take_entry;
	return rc;
}

int csvout_lines(struct taker *out, const char *path, struct err *e)
{
	int rc = open_taker(out, path, line_names, e);

	out->begin = take_lines;
	return rc;
}

int csvout_invoices(struct taker *out, const char *path, struct err *e)
{
	int rc = open_taker(out, path, invoice_names, e);

	out->begin = take_invoice;
	return rc;
}

int csvout_held(struct taker *out, const char *path, struct err *e)
{
	int rc = open_taker(out, path, held_names, e);

	out->held = take_held;
	return rc;
}

int csvout_invoice(const struct invoice *v, const char *path, struct err *e)
{
	struct table *t = open_table(path, line_names, e);

	return t == NULL ? -1 : close_table(t, put_lines(t, v, e), e);
}
