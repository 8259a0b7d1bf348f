#include "cli/portion.h"

#include <stdlib.h>
#include <string.h>

/* One walk. */
struct walk {
	struct run *r;
	struct compose_rules rules;
	struct pool *pool;                      /* of the portion at hand */
	size_t next_fee;
	struct compose_correction *corrections; /* of the customer at hand */
	size_t cap_customers;
};

/* The next customer who has anything to bill: 1, 0, -1. Corrections alone make no invoice. */
static int next_place(const struct walk *w, size_t *place, struct err *e)
{
	const struct run *r = w->r;
	size_t fee = w->next_fee < r->nfees ? billable_place(r->items, r->fees[w->next_fee].customer) : SIZE_MAX;
	int rc = billable_next(r->items, place, e);

	if (rc < 0)
		return -1;
	if (rc == 0 && fee == SIZE_MAX)
		return 0;
	if (rc == 0 || fee < *place)
		*place = fee;
	return 1;
}

static void pick_terms(struct walk *w, size_t place)
{
	const struct run *r = w->r;
	const struct customer *c = billable_customer(r->items, place);

	w->rules.fees = r->fees + w->next_fee;
	w->rules.nfees = 0;
	for (; w->next_fee < r->nfees && r->fees[w->next_fee].customer == c; w->next_fee++)
		w->rules.nfees++;
	w->rules.ncorrections = 0;
	for (size_t i = 0; i < r->ncorrections; i++)
		if (r->corrections[i].customer == c)
			w->corrections[w->rules.ncorrections++] = r->corrections[i];
}

static int add_customers(struct walk *w, const struct compose_plan *plan, struct err *e)
{
	struct run *r = w->r;
	struct conserve_customer *v;
	size_t n;

	if (conserve_customers(plan, w->pool, &v, &n, e) < 0)
		return -1;
	if (buf_grow(&r->customers, &w->cap_customers, r->ncustomers + n, sizeof *v) < 0)
		return err_nomem(e);
	memcpy(r->customers + r->ncustomers, v, n * sizeof *v);
	r->ncustomers += n;
	return 0;
}

static int one(struct walk *w, size_t place, int (*each)(void *ctx, struct portion *p, struct err *e), void *ctx, struct err *e)
{
	struct run *r = w->r;
	struct portion p;

	pool_reset(w->pool);
	pick_terms(w, place);
	if (billable_load(r->items, place, &p.items, &p.n, e) < 0 || compose_run(&w->rules, p.items, p.n, w->pool, &p.plan, e) < 0 ||
	    conserve_prove(&p.plan, p.items, p.n, &r->totals, e) < 0 || add_customers(w, &p.plan, e) < 0)
		return -1;
	r->documents += (int64_t)p.plan.n;
	return each == NULL ? 0 : each(ctx, &p, e);
}

static int walk(struct walk *w, int (*each)(void *ctx, struct portion *p, struct err *e), void *ctx, struct err *e)
{
	size_t place = 0;
	int rc;

	if (billable_start(w->r->items, e) < 0)
		return -1;
	while ((rc = next_place(w, &place, e)) > 0)
		if (one(w, place, each, ctx, e) < 0)
			return -1;
	return rc < 0 ? -1 : conserve_balance(&w->r->totals, e);
}

int portion_each(struct run *r, int (*each)(void *ctx, struct portion *p, struct err *e), void *ctx, struct err *e)
{
	const struct config *c = &r->app->cfg;
	struct walk w = { .r = r, .pool = pool_new(), .corrections = calloc(r->ncorrections + 1, sizeof *w.corrections) };
	struct conserve_totals *t = &r->totals;
	int rc;

	w.rules = (struct compose_rules){ .period = r->rules.period, .date = r->date, .per = c->per, .quantity = c->quantity, .late = c->late, .seller = &c->seller,
		.terms = &r->app->terms, .corrections = w.corrections };
	free(r->customers);
	r->customers = NULL;
	r->ncustomers = 0;
	r->documents = 0;
	t->billed = t->billed_secs = t->rounded_secs = t->late = 0;
	rc = w.pool == NULL || w.corrections == NULL ? err_nomem(e) : walk(&w, each, ctx, e);
	pool_free(w.pool);
	free(w.corrections);
	return rc;
}
