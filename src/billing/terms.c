#include "billing/terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int valid_on(const struct term *t, date_t d)
{
	return (t->from == DATE_NONE || t->from <= d) && (t->to == DATE_NONE || d <= t->to);
}

static int names(const char *key, const char *id, const char *name)
{
	return (id != NULL && strcmp(key, id) == 0) || (name != NULL && strcmp(key, name) == 0);
}

static int fits(const struct term *t, const struct period *p, const struct customer *c, const char *project_id, const char *project_name)
{
	return valid_on(t, p->to - 1) && (t->customer == NULL || t->customer == c) && (t->project == NULL || names(t->project, project_id, project_name));
}

/* How much a row says about what it holds for: the project counts more than the company. */
static int rank(const struct term *t)
{
	return (t->project != NULL) * 2 + (t->customer != NULL);
}

const struct term *terms_discount(const struct terms *t, const struct period *p, const struct customer *c, const char *project_id, const char *project_name)
{
	const struct term *best = NULL;

	for (size_t i = 0; t != NULL && i < t->n; i++)
		if (t->v[i].discount_e2 > 0 && fits(&t->v[i], p, c, project_id, project_name) && (best == NULL || rank(&t->v[i]) > rank(best)))
			best = &t->v[i];
	return best;
}

const char *terms_cost_centre(const struct terms *t, const struct period *p, const struct customer *c, const char *project_id, const char *project_name)
{
	const struct term *best = NULL;

	for (size_t i = 0; t != NULL && i < t->n; i++)
		if (t->v[i].cost_centre != NULL && fits(&t->v[i], p, c, project_id, project_name) && (best == NULL || rank(&t->v[i]) > rank(best)))
			best = &t->v[i];
	return best == NULL ? NULL : best->cost_centre;
}

static date_t next_month(date_t first)
{
	struct date_ymd y = date_to_ymd(first);

	return y.month == 12 ? date_from_ymd(y.year + 1, 1, 1) : date_from_ymd(y.year, y.month + 1, 1);
}

static int compare_fee(const void *a, const void *b)
{
	const struct terms_fee *x = a, *y = b;
	int c = strcmp(x->customer->party.name == NULL ? "" : x->customer->party.name, y->customer->party.name == NULL ? "" : y->customer->party.name);

	if (c == 0)
		c = strcmp(x->customer->company_id, y->customer->company_id);
	if (c == 0)
		c = (x->term->line > y->term->line) - (x->term->line < y->term->line);
	return c != 0 ? c : (x->from > y->from) - (x->from < y->from);
}

int terms_fees(const struct terms *t, const struct period *p, struct terms_fee **out, size_t *n, struct err *e)
{
	struct date_ymd y = date_to_ymd(p->from);
	date_t first = date_from_ymd(y.year, y.month, 1);
	struct terms_fee *v = NULL;
	size_t count = 0, cap = 0;

	for (; next_month(first) <= p->to; first = next_month(first)) {
		date_t last = next_month(first) - 1;
		struct date_ymd m = date_to_ymd(first);

		for (size_t i = 0; i < t->n; i++) {
			const struct term *row = &t->v[i];
			struct terms_fee *f;

			if (row->fee_e4 <= 0 || row->customer == NULL || !valid_on(row, first) || !valid_on(row, last))
				continue;
			if (buf_grow(&v, &cap, count + 1, sizeof *v) < 0) {
				free(v);
				return err_nomem(e);
			}
			f = &v[count++];
			*f = (struct terms_fee){ .term = row, .customer = row->customer, .from = first, .to = last };
			if (row->project != NULL)
				*(text_is_uuid(row->project) ? &f->project_id : &f->project_name) = row->project;
			snprintf(f->key, sizeof f->key, "%s %s %04d-%02d", row->customer->company_id, row->name, m.year, m.month);
		}
	}
	if (count > 0)
		qsort(v, count, sizeof *v, compare_fee);
	*out = v;
	*n = count;
	return 0;
}

static int overlap(const struct term *a, const struct term *b)
{
	return (a->to == DATE_NONE || b->from == DATE_NONE || b->from <= a->to) && (b->to == DATE_NONE || a->from == DATE_NONE || a->from <= b->to);
}

static int same_place(const struct term *a, const struct term *b)
{
	return a->customer == b->customer && (a->project == b->project || (a->project != NULL && b->project != NULL && strcmp(a->project, b->project) == 0));
}

void terms_check(const struct terms *t, const char *file, struct diag *d)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct term *a = &t->v[k], *b = &t->v[i];

			if (!overlap(a, b))
				continue;
			if (same_place(a, b) && a->discount_e2 > 0 && b->discount_e2 > 0)
				diag_add(d, file, b->line, "a second discount for what line %d names, valid at the same time", a->line);
			if (same_place(a, b) && a->cost_centre != NULL && b->cost_centre != NULL)
				diag_add(d, file, b->line, "a second cost_centre for what line %d names, valid at the same time", a->line);
			/* The project does not tell fees apart: it can be renamed, and the fee would be billed twice. */
			if (a->fee_e4 > 0 && b->fee_e4 > 0 && a->customer == b->customer && strcmp(a->name, b->name) == 0)
				diag_add(d, file, b->line, "a second fee of the company in line %d, valid at the same time: give each a name of its own in column name",
				    a->line);
		}
}
