#include "output/whatifout.h"

#include <string.h>

#include "output/csvtable.h"

/* Their names in compare.csv (those of the comparison end in _with) and in run.json. */
static const char *const counts[] = { "invoices", "lines", "entries", "held", "seconds", "billed_seconds" };
static const char *const amounts[] = { "net", "tax", "gross" };
#define COUNTS (sizeof counts / sizeof *counts)
#define AMOUNTS (sizeof amounts / sizeof *amounts)

static int64_t count_of(const struct whatif_figures *f, size_t i)
{
	const int64_t v[COUNTS] = { f->documents, f->lines, f->entries, f->held, f->secs, f->billed_secs };

	return v[i];
}

static int64_t amount_of(const struct whatif_figures *f, size_t i)
{
	const int64_t v[AMOUNTS] = { f->net_minor, f->tax_minor, f->gross_minor };

	return v[i];
}

static int change_of(const struct whatif_row *row, size_t i, int64_t *out, struct err *e)
{
	if (__builtin_sub_overflow(amount_of(&row->f[WHATIF_WITH], i), amount_of(&row->f[WHATIF_NOW], i), out))
		return err_set(e, ERR_SOFTWARE, "the difference of the comparison overflows");
	return 0;
}

/* Time that is held has no currency when there is no such customer, and so has no money. */
static int scale_of(const struct whatif_row *row, int *decimals, struct err *e)
{
	*decimals = row->currency[0] == '\0' ? 0 : money_decimals(row->currency);
	return *decimals < 0 ? err_set(e, ERR_SOFTWARE, "currency '%s' is unknown", row->currency) : 0;
}

static int put_heads(struct csvtable *t, struct err *e)
{
	char name[40];

	csvfile_bare(&t->out, "company_id");
	csvfile_bare(&t->out, "customer_number");
	csvfile_bare(&t->out, "customer");
	csvfile_bare(&t->out, "currency");
	for (size_t i = 0; i < COUNTS + AMOUNTS; i++) {
		const char *what = i < COUNTS ? counts[i] : amounts[i - COUNTS];

		csvfile_bare(&t->out, what);
		snprintf(name, sizeof name, "%s_with", what);
		csvfile_bare(&t->out, name);
		snprintf(name, sizeof name, "%s_difference", what);
		if (i >= COUNTS)
			csvfile_bare(&t->out, name);
	}
	return csvtable_end_row(t, e);
}

static void put_number(struct csvtable *t, int64_t v, int decimals)
{
	char s[NUM_MAX];

	num_fmt(s, v, decimals);
	csvfile_bare(&t->out, s);
}

static int put_row(struct csvtable *t, const struct whatif_row *row, struct err *e)
{
	int64_t change;
	int decimals;

	if (scale_of(row, &decimals, e) < 0)
		return -1;
	csvfile_bare(&t->out, row->company_id);
	csvtable_text(t, row->number);
	csvtable_text(t, row->name);
	csvfile_bare(&t->out, row->currency);
	for (size_t i = 0; i < COUNTS; i++)
		for (int s = 0; s < WHATIF_SIDES; s++)
			put_number(t, count_of(&row->f[s], i), 0);
	for (size_t i = 0; i < AMOUNTS; i++) {
		for (int s = 0; s < WHATIF_SIDES; s++)
			put_number(t, amount_of(&row->f[s], i), decimals);
		if (change_of(row, i, &change, e) < 0)
			return -1;
		put_number(t, change, decimals);
	}
	return csvtable_end_row(t, e);
}

int whatifout_csv(const struct whatif_table *table, const char *path, struct err *e)
{
	struct csvtable t;
	int rc = csvtable_open(&t, path, e);

	if (rc == 0)
		rc = put_heads(&t, e);
	for (size_t i = 0; i < table->n && rc == 0; i++)
		rc = put_row(&t, &table->v[i], e);
	return csvtable_close(&t, rc, e);
}

static int put_figures(struct jout *j, const struct whatif_row *row, struct err *e)
{
	static const char *const sides[WHATIF_SIDES] = { "now", "with" };
	int64_t change;
	int decimals;

	if (scale_of(row, &decimals, e) < 0)
		return -1;
	jout_opt(j, "currency", row->currency);
	for (int s = 0; s < WHATIF_SIDES; s++) {
		jout_object(j, sides[s]);
		for (size_t i = 0; i < COUNTS; i++)
			jout_int(j, counts[i], count_of(&row->f[s], i));
		for (size_t i = 0; i < AMOUNTS; i++)
			jout_dec(j, amounts[i], amount_of(&row->f[s], i), decimals);
		jout_end_object(j);
	}
	jout_object(j, "difference");
	for (size_t i = 0; i < COUNTS; i++)
		jout_int(j, counts[i], count_of(&row->f[WHATIF_WITH], i) - count_of(&row->f[WHATIF_NOW], i));
	for (size_t i = 0; i < AMOUNTS; i++) {
		if (change_of(row, i, &change, e) < 0)
			return -1;
		jout_dec(j, amounts[i], change, decimals);
	}
	jout_end_object(j);
	return 0;
}

int whatifout_json(const struct whatif_table *t, struct jout *j, struct err *e)
{
	int rc = 0;

	jout_object(j, "compare");
	jout_array(j, "settings");
	for (size_t i = 0; i < t->nchanges; i++) {
		jout_object(j, NULL);
		jout_text(j, "key", t->changes[i].key);
		jout_text(j, "now", t->changes[i].now);
		jout_text(j, "with", t->changes[i].with);
		jout_end_object(j);
	}
	jout_end_array(j);
	jout_array(j, "customers");
	for (size_t i = 0; i < t->n && rc == 0; i++) {
		jout_object(j, NULL);
		jout_opt(j, "company_id", t->v[i].company_id);
		jout_opt(j, "customer_number", t->v[i].number);
		jout_opt(j, "customer", t->v[i].name);
		rc = put_figures(j, &t->v[i], e);
		jout_end_object(j);
	}
	jout_end_array(j);
	jout_array(j, "totals");
	for (size_t i = 0; i < t->ntotals && rc == 0; i++) {
		jout_object(j, NULL);
		rc = put_figures(j, &t->total[i], e);
		jout_end_object(j);
	}
	jout_end_array(j);
	jout_end_object(j);
	return rc;
}
