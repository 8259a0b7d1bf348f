#include "output/unbilledout.h"

#include "base/jout.h"
#include "billing/money.h"
#include "output/csvtable.h"

#define SCHEMA 1

static void put_int(struct csvtable *t, int64_t v)
{
	char s[NUM_MAX];

	num_fmt(s, v, 0);
	csvfile_bare(&t->out, s);
}

static void put_money(struct csvtable *t, int64_t minor, const char *currency)
{
	char s[NUM_MAX];

	if (currency != NULL)
		money_fmt(s, minor, currency);
	csvfile_bare(&t->out, currency != NULL ? s : NULL);
}

static int put_heads(struct csvtable *t, const struct unbilled_report *r, struct err *e)
{
	static const char *const fixed[] = { "currency", "entries", "seconds", "value", "held_seconds", "held_value", "seconds_0_30", "seconds_31_60", "seconds_61_90",
		"seconds_older", "value_0_30", "value_31_60", "value_61_90", "value_older" };
	static const char *const ids[UNBILLED_DIMENSIONS] = { "company_id", "project_id", "user_id", "type_of_work_id", NULL };
	static const char *const heads[UNBILLED_DIMENSIONS] = { "company", "project", "user", "type_of_work", "week" };

	for (size_t i = 0; i < r->nby; i++)
		csvfile_bare(&t->out, heads[r->by[i]]);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		csvfile_bare(&t->out, fixed[i]);
	for (size_t i = 0; i < r->nby; i++)
		if (ids[r->by[i]] != NULL)
			csvfile_bare(&t->out, ids[r->by[i]]);
	return csvtable_end_row(t, e);
}

static int put_row(struct csvtable *t, const struct unbilled_report *r, const struct unbilled_row *x, struct err *e)
{
	for (size_t i = 0; i < r->nby; i++)
		csvtable_text(t, x->name[r->by[i]]);
	csvfile_bare(&t->out, x->currency);
	put_int(t, x->entries);
	put_int(t, x->secs);
	put_money(t, x->minor, x->currency);
	put_int(t, x->held_secs);
	put_money(t, x->held_minor, x->currency);
	for (int i = 0; i < UNBILLED_AGES; i++)
		put_int(t, x->age_secs[i]);
	for (int i = 0; i < UNBILLED_AGES; i++)
		put_money(t, x->age_minor[i], x->currency);
	for (size_t i = 0; i < r->nby; i++)
		if (r->by[i] != UNBILLED_WEEK)
			csvfile_bare(&t->out, x->key[r->by[i]]);
	return csvtable_end_row(t, e);
}

int unbilledout_csv(const struct unbilled_report *r, const char *path, struct err *e)
{
	struct csvtable t;
	int rc = csvtable_open(&t, path, e);

	if (rc == 0)
		rc = put_heads(&t, r, e);
	for (size_t i = 0; i < r->n && rc == 0; i++)
		rc = put_row(&t, r, &r->v[i], e);
	return csvtable_close(&t, rc, e);
}

static void write_figures(struct jout *j, const struct unbilled_row *x)
{
	const int decimals = x->currency != NULL ? money_decimals(x->currency) : 0;

	jout_opt(j, "currency", x->currency);
	jout_int(j, "entries", x->entries);
	jout_int(j, "seconds", x->secs);
	jout_int(j, "held_seconds", x->held_secs);
	if (x->currency != NULL) {
		jout_dec(j, "value", x->minor, decimals);
		jout_dec(j, "held_value", x->held_minor, decimals);
	}
	jout_array(j, "ages");
	for (int i = 0; i < UNBILLED_AGES; i++) {
		jout_object(j, NULL);
		jout_text(j, "days", unbilled_age_name(i));
		jout_int(j, "seconds", x->age_secs[i]);
		if (x->currency != NULL)
			jout_dec(j, "value", x->age_minor[i], decimals);
		jout_end_object(j);
	}
	jout_end_array(j);
}

int unbilledout_json(const struct unbilled_report *r, enum err_code exit_status, struct buf *out, struct err *e)
{
	struct jout j;
	char s[16];

	jout_init(&j, out, 2);
	jout_object(&j, NULL);
	jout_int(&j, "schema", SCHEMA);
	jout_text(&j, "as_of", date_fmt(s, r->as_of));
	jout_int(&j, "exit", (int)exit_status);
	jout_array(&j, "by");
	for (size_t i = 0; i < r->nby; i++)
		jout_text(&j, NULL, unbilled_by_name(r->by[i]));
	jout_end_array(&j);
	jout_array(&j, "totals");
	for (size_t i = 0; i < r->ntotals; i++) {
		jout_object(&j, NULL);
		write_figures(&j, &r->total[i]);
		jout_end_object(&j);
	}
	jout_end_array(&j);
	jout_object(&j, "on_invoice");
	jout_int(&j, "entries", r->on_invoice);
	jout_int(&j, "seconds", r->on_invoice_secs);
	jout_end_object(&j);
	jout_int(&j, "undated", r->undated);
	jout_object(&j, "reduced_list");
	jout_int(&j, "entries", r->listed);
	jout_int(&j, "seconds", r->listed_secs);
	jout_end_object(&j);
	jout_array(&j, "rows");
	for (size_t i = 0; i < r->n; i++) {
		jout_object(&j, NULL);
		for (size_t k = 0; k < r->nby; k++) {
			jout_object(&j, unbilled_by_name(r->by[k]));
			jout_opt(&j, "id", r->v[i].key[r->by[k]]);
			jout_opt(&j, "name", r->v[i].name[r->by[k]]);
			jout_end_object(&j);
		}
		write_figures(&j, &r->v[i]);
		jout_end_object(&j);
	}
	jout_end_array(&j);
	jout_end_object(&j);
	buf_ch(out, '\n');
	return buf_ok(out) ? 0 : err_nomem(e);
}
