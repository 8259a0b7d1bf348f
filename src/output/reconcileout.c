#include "output/reconcileout.h"

#include <string.h>

#include "base/jout.h"
#include "billing/money.h"
#include "output/csvtable.h"

#define SCHEMA 1

static void put_bare(struct csvtable *t, const char *s)
{
	csvfile_bare(&t->out, s);
}

static void put_int(struct csvtable *t, int64_t v)
{
	char s[NUM_MAX];

	num_fmt(s, v, 0);
	put_bare(t, s);
}

static int put_row(struct csvtable *t, const struct reconcile_finding *f, struct err *e)
{
	char s[NUM_MAX];

	put_bare(t, reconcile_name(f->class));
	put_bare(t, f->entry);
	csvtable_text(t, f->invoice);
	if (f->pos > 0)
		put_int(t, f->pos);
	else
		put_bare(t, NULL);
	put_bare(t, date_fmt(s, f->date));
	csvtable_text(t, f->company);
	csvtable_text(t, f->project);
	csvtable_text(t, f->user);
	put_bare(t, f->state);
	csvtable_text(t, f->change);
	put_bare(t, f->reason);
	put_int(t, f->secs);
	if (f->has_money)
		money_fmt(s, f->minor, f->currency);
	put_bare(t, f->has_money ? s : NULL);
	put_bare(t, f->has_money ? f->currency : NULL);
	put_bare(t, f->proposed ? "open" : NULL);
	return csvtable_end_row(t, e);
}

static int put_rows(struct csvtable *t, const struct reconcile_report *r, struct err *e)
{
	static const char *const heads[] = { "class", "entry_id", "invoice_number", "line", "date", "company", "project", "user", "state", "change", "reason",
		"seconds", "money", "currency", "correction" };

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		put_bare(t, heads[i]);
	if (csvtable_end_row(t, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (put_row(t, &r->v[i], e) < 0)
			return -1;
	return 0;
}

int reconcileout_csv(const struct reconcile_report *r, const char *path, struct err *e)
{
	struct csvtable t;
	int rc = csvtable_open(&t, path, e);

	if (rc == 0)
		rc = put_rows(&t, r, e);
	return csvtable_close(&t, rc, e);
}

static void put_money(struct jout *j, const char *key, int64_t minor, const char *currency)
{
	jout_dec(j, key, minor, money_decimals(currency));
}

static void put_sums(struct jout *j, const struct reconcile_report *r)
{
	jout_array(j, "classes");
	for (size_t i = 0; i < r->nsums; i++) {
		const struct reconcile_sum *s = &r->sums[i];

		jout_object(j, NULL);
		jout_text(j, "class", reconcile_name(s->class));
		jout_bool(j, "difference", reconcile_is_difference(s->class));
		jout_int(j, "count", s->n);
		jout_int(j, "seconds", s->secs);
		if (s->currency[0] != '\0') {
			put_money(j, "money", s->minor, s->currency);
			jout_text(j, "currency", s->currency);
		}
		jout_end_object(j);
	}
	jout_end_array(j);
}

static void put_finding(struct jout *j, const struct reconcile_finding *f)
{
	char date[16];

	jout_object(j, NULL);
	jout_text(j, "class", reconcile_name(f->class));
	jout_opt(j, "entry", f->entry);
	jout_opt(j, "invoice", f->invoice);
	if (f->pos > 0)
		jout_int(j, "line", f->pos);
	jout_opt(j, "date", date_fmt(date, f->date));
	jout_opt(j, "company", f->company);
	jout_opt(j, "project", f->project);
	jout_opt(j, "user", f->user);
	jout_opt(j, "state", f->state);
	jout_opt(j, "change", f->change);
	jout_opt(j, "reason", f->reason);
	jout_int(j, "seconds", f->secs);
	if (f->has_money) {
		put_money(j, "money", f->minor, f->currency);
		jout_text(j, "currency", f->currency);
	}
	if (f->proposed)
		jout_text(j, "correction", "open");
	jout_end_object(j);
}

static void put_books(struct jout *j, const struct reconcile_report *r)
{
	char date[16];

	jout_object(j, "books");
	jout_text(j, "file", r->books);
	jout_array(j, "documents");
	for (size_t i = 0; i < r->nbook; i++) {
		const struct reconcile_book *k = &r->book[i];

		jout_object(j, NULL);
		jout_text(j, "number", k->number);
		jout_text(j, "verdict", reconcile_name(k->class));
		jout_text(j, "date", date_fmt(date, k->date));
		put_money(j, "gross", k->ours_minor, k->currency);
		jout_text(j, "currency", k->currency);
		if (k->has_theirs)
			put_money(j, "books_gross", k->theirs_minor, k->currency);
		jout_opt(j, "books_currency", k->their_currency);
		if (k->paid >= 0)
			jout_bool(j, "paid", k->paid);
		jout_end_object(j);
	}
	jout_end_array(j);
	jout_end_object(j);
}

int reconcileout_json(const struct reconcile_report *r, enum err_code exit_status, struct buf *out, struct err *e)
{
	struct jout j;
	char s[16];

	jout_init(&j, out, 2);
	jout_object(&j, NULL);
	jout_int(&j, "schema", SCHEMA);
	jout_object(&j, "period");
	jout_text(&j, "from", date_fmt(s, r->period.from));
	jout_text(&j, "to", date_fmt(s, r->period.to - 1));
	jout_text(&j, "cutoff", date_fmt(s, r->period.to));
	jout_end_object(&j);
	jout_int(&j, "exit", (int)exit_status);
	jout_int(&j, "differences", reconcile_differences(r));
	jout_opt(&j, "unfinished_run", r->unfinished);
	jout_int(&j, "remarked", r->remarked);
	jout_object(&j, "corrections");
	jout_int(&j, "proposed", r->proposed);
	jout_int(&j, "withdrawn", r->withdrawn);
	jout_int(&j, "open", r->open_corrections);
	jout_end_object(&j);
	put_sums(&j, r);
	jout_array(&j, "findings");
	for (size_t i = 0; i < r->n; i++)
		put_finding(&j, &r->v[i]);
	jout_end_array(&j);
	if (r->books != NULL)
		put_books(&j, r);
	jout_end_object(&j);
	buf_ch(out, '\n');
	return buf_ok(out) ? 0 : err_nomem(e);
}
