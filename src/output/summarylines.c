#include "output/summarylines.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 1024 /* rows before the first look for equal ones */

static int compare_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare(const void *a, const void *b)
{
	const struct summarylines_row *x = a, *y = b;
	int c = compare_text(x->company_id, y->company_id);

	if (c == 0)
		c = compare_text(x->currency, y->currency);
	if (c == 0)
		c = compare_int(x->project == NULL, y->project == NULL);
	if (c == 0)
		c = compare_text(x->project, y->project);
	if (c == 0)
		c = compare_int(x->what, y->what);
	if (c == 0)
		c = compare_int(y->price_e4, x->price_e4);
	if (c == 0)
		c = compare_text(x->category, y->category);
	return c != 0 ? c : compare_int(y->pct_e2, x->pct_e2);
}

static int add_up(struct summarylines_row *to, const struct summarylines_row *x)
{
	to->entries += x->entries;
	return num_add(&to->secs, x->secs) < 0 || num_add(&to->billed, x->billed) < 0 || num_add(&to->net_minor, x->net_minor) < 0 ? -1 : 0;
}

/* Sorts the rows and makes one of equal ones. */
static int merge(struct summarylines *s, struct err *e)
{
	size_t k = 0;

	if (s->n == 0)
		return 0;
	qsort(s->v, s->n, sizeof *s->v, compare);
	for (size_t i = 1; i < s->n; i++) {
		if (compare(&s->v[k], &s->v[i]) != 0)
			s->v[++k] = s->v[i];
		else if (add_up(&s->v[k], &s->v[i]) < 0)
			return err_set(e, ERR_SOFTWARE, "a sum over lines overflows");
	}
	s->n = k + 1;
	return 0;
}

static int add(struct summarylines *s, const struct invoice *v, const struct summarylines_row *row, struct err *e)
{
	struct summarylines_row *x;

	if (s->n == s->room) {
		if (merge(s, e) < 0)
			return -1;
		if (s->n > s->room / 2)
			s->room *= 2;
	}
	if (buf_grow(&s->v, &s->cap, s->n + 1, sizeof *s->v) < 0)
		return err_nomem(e);
	x = &s->v[s->n];
	*x = *row;
	x->company_id = pool_intern(s->pool, v->company_id);
	x->company = pool_intern(s->pool, v->company_name != NULL ? v->company_name : v->buyer.name);
	x->currency = pool_intern(s->pool, v->currency);
	x->project = pool_intern(s->pool, row->project);
	if (pool_failed(s->pool))
		return err_nomem(e);
	s->n++;
	return 0;
}

static int take_line(struct summarylines *s, const struct invoice *v, const struct invoice_line *l, struct err *e)
{
	struct summarylines_row x = { .project = l->project_name, .pct_e2 = l->tax_pct_e2, .entries = l->entries, .secs = l->secs, .billed = l->billed_secs,
		.net_minor = l->net_minor };

	x.what = l->correction != NULL ? OF_CORRECTION : l->unit == QUANTITY_LUMP ? OF_FEE : OF_TIME;
	if (x.what != OF_FEE)
		x.price_e4 = l->price_e4;
	memcpy(x.category, l->tax_category, sizeof x.category);
	return add(s, v, &x, e);
}

static int take_document(void *me, const struct source_document *d, struct err *e)
{
	const struct invoice *v = d->v;
	struct summarylines *s = me;

	s->seller = s->seller != NULL ? s->seller : pool_intern(s->pool, v->seller.name);
	s->first = s->first != NULL ? s->first : pool_intern(s->pool, v->number);
	s->last = pool_intern(s->pool, v->number);
	for (size_t i = 0; i < v->nlines; i++)
		if (take_line(s, v, &v->lines[i], e) < 0)
			return -1;
	for (size_t i = 0; i < v->nallowances; i++) {
		const struct invoice_allowance *a = &v->allowances[i];
		struct summarylines_row x = { .what = OF_DISCOUNT, .pct_e2 = a->tax_pct_e2, .net_minor = -a->amount_minor };

		memcpy(x.category, a->tax_category, sizeof x.category);
		if (add(s, v, &x, e) < 0)
			return -1;
	}
	return pool_failed(s->pool) ? err_nomem(e) : 0;
}

static int close_lines(void *me, int rc, struct err *e)
{
	return rc == 0 ? merge(me, e) : rc;
}

int summarylines_take(struct taker *out, struct summarylines *s, struct err *e)
{
	memset(s, 0, sizeof *s);
	s->room = ROOM;
	s->pool = pool_new();
	*out = (struct taker){ .me = s, .begin = take_document, .close = close_lines };
	return s->pool != NULL ? 0 : err_nomem(e);
}

void summarylines_free(struct summarylines *s)
{
	free(s->v);
	pool_free(s->pool);
}
