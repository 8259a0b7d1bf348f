#include "billing/whatif.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"

#define TOTALS_MAX (sizeof ((struct whatif_table *)0)->total / sizeof(struct whatif_row))

static int compare_key(const struct whatif_row *r, const char *company_id, const char *currency)
{
	int c = strcmp(r->company_id, company_id);

	return c != 0 ? c : strcmp(r->currency, currency);
}

/* The row of a company and currency, made when missing: rows stay sorted, so that a month of held entries finds its few rows quickly. */
static struct whatif_row *row_of(struct whatif_table *t, const char *company_id, const char *currency, const char *name, const char *number, struct err *e)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		int c = compare_key(&t->v[at], company_id, currency);

		if (c == 0)
			return &t->v[at];
		if (c < 0)
			from = at + 1;
		else
			to = at;
	}
	if (buf_grow(&t->v, &t->cap, t->n + 1, sizeof *t->v) < 0) {
		err_nomem(e);
		return NULL;
	}
	memmove(&t->v[from + 1], &t->v[from], (t->n - from) * sizeof *t->v);
	t->v[from] = (struct whatif_row){
		.company_id = pool_intern(t->pool, company_id), .currency = pool_intern(t->pool, currency),
		.name = pool_intern(t->pool, name), .number = pool_intern(t->pool, number),
	};
	t->n++;
	if (pool_failed(t->pool)) {
		err_nomem(e);
		return NULL;
	}
	return &t->v[from];
}

static int add(struct whatif_figures *to, const struct whatif_figures *x, struct err *e)
{
	int bad = num_add(&to->documents, x->documents) | num_add(&to->lines, x->lines) | num_add(&to->entries, x->entries) | num_add(&to->held, x->held) |
	    num_add(&to->secs, x->secs) | num_add(&to->billed_secs, x->billed_secs) | num_add(&to->net_minor, x->net_minor) |
	    num_add(&to->tax_minor, x->tax_minor) | num_add(&to->gross_minor, x->gross_minor);

	return bad ? err_set(e, ERR_SOFTWARE, "the sums of the comparison overflow") : 0;
}

int whatif_add_plan(struct whatif_table *t, enum whatif_side side, const struct compose_plan *plan, struct err *e)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct invoice *v = &plan->invoices[i];
		struct whatif_row *row = row_of(t, v->company_id, v->currency, v->buyer.name, v->customer_number, e);
		const struct whatif_figures x = {
			.documents = 1, .lines = (int64_t)v->nlines, .entries = v->entries, .secs = v->secs, .billed_secs = v->billed_secs,
			.net_minor = v->net_minor, .tax_minor = v->tax_minor, .gross_minor = v->gross_minor,
		};

		if (row == NULL || add(&row->f[side], &x, e) < 0)
			return -1;
	}
	return 0;
}

int whatif_add_held(struct whatif_table *t, enum whatif_side side, const struct entry *x, const struct customer *c, struct err *e)
{
	const char *name = c != NULL && c->party.name != NULL ? c->party.name : x->company_name;
	struct whatif_row *row = row_of(t, x->company_id == NULL ? "" : x->company_id, c == NULL ? "" : c->currency, name, c == NULL ? NULL : c->number, e);

	if (row == NULL)
		return -1;
	row->f[side].held++;
	return 0;
}

/* By name, what has none last; then id and currency. */
static int compare_row(const void *a, const void *b)
{
	const struct whatif_row *x = a, *y = b;
	int c;

	if (x->name == NULL || y->name == NULL)
		c = (x->name == NULL) - (y->name == NULL);
	else
		c = strcmp(x->name, y->name);
	return c != 0 ? c : compare_key(x, y->company_id, y->currency);
}

/* A company that is a customer on one side alone has its held entries in a row without a currency: they belong to those of its money. */
static int join_company(struct whatif_table *t, struct err *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct whatif_row *row = &t->v[i];

		if (row->currency[0] == '\0' && row->company_id[0] != '\0' && i + 1 < t->n && strcmp(t->v[i + 1].company_id, row->company_id) == 0) {
			for (int s = 0; s < WHATIF_SIDES; s++)
				if (add(&t->v[i + 1].f[s], &row->f[s], e) < 0)
					return -1;
			continue;
		}
		t->v[kept++] = *row;
	}
	t->n = kept;
	return 0;
}

static int add_total(struct whatif_table *t, const struct whatif_row *row, struct err *e)
{
	size_t at = 0;

	while (at < t->ntotals && strcmp(t->total[at].currency, row->currency) < 0)
		at++;
	if (at == t->ntotals || strcmp(t->total[at].currency, row->currency) != 0) {
		if (t->ntotals == TOTALS_MAX)
			return err_set(e, ERR_SOFTWARE, "more currencies than a comparison holds");
		memmove(&t->total[at + 1], &t->total[at], (t->ntotals - at) * sizeof *t->total);
		t->total[at] = (struct whatif_row){ .company_id = "", .currency = row->currency };
		t->ntotals++;
	}
	for (int s = 0; s < WHATIF_SIDES; s++)
		if (add(&t->total[at].f[s], &row->f[s], e) < 0)
			return -1;
	return 0;
}

/* Rows of one name stand together, those of one id among them, too. */
static void note_alike(struct whatif_table *t)
{
	for (size_t from = 0, to; from < t->n; from = to) {
		for (to = from + 1; to < t->n && t->v[from].name != NULL && t->v[to].name != NULL && strcmp(t->v[to].name, t->v[from].name) == 0;)
			to++;
		for (size_t i = from; i < to; i++)
			t->v[i].alike = strcmp(t->v[from].company_id, t->v[to - 1].company_id) != 0;
	}
}

int whatif_close(struct whatif_table *t, struct err *e)
{
	if (join_company(t, e) < 0)
		return -1;
	if (t->n > 0)
		qsort(t->v, t->n, sizeof *t->v, compare_row);
	note_alike(t);
	for (size_t i = 0; i < t->n; i++)
		if (add_total(t, &t->v[i], e) < 0)
			return -1;
	return 0;
}

int whatif_differs(const struct whatif_row *row)
{
	const struct whatif_figures *a = &row->f[WHATIF_NOW], *b = &row->f[WHATIF_WITH];

	return a->documents != b->documents || a->lines != b->lines || a->entries != b->entries || a->held != b->held || a->secs != b->secs ||
	    a->billed_secs != b->billed_secs || a->net_minor != b->net_minor || a->tax_minor != b->tax_minor || a->gross_minor != b->gross_minor;
}
