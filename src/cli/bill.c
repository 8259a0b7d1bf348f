/* Compose and plan: invoices with lines and numbers, claims on the entries, in one transaction. */
#include <stdlib.h>
#include <string.h>

#include "awork/reread.h"
#include "base/jout.h"
#include "base/log.h"
#include "billing/number.h"
#include "cli/advance.h"
#include "cli/run.h"

/* Entries with a live claim that awork shows as unbilled: somebody re-opened them, or the list lags. Read by id before anything is said. */
struct disputes {
	struct run *r;
	struct reread_item *v;
	size_t n, cap;
	struct pool *pool;
};

static int on_held(void *ctx, const struct entry *x, const char *reason, struct err *e)
{
	struct disputes *d = ctx;

	if (strcmp(reason, HELD_ON_INVOICE) != 0)
		return 0;
	if (buf_grow(&d->v, &d->cap, d->n + 1, sizeof *d->v) < 0)
		return err_nomem(e);
	d->v[d->n].id = pool_dup(d->pool, x->id);
	d->v[d->n].date = x->date;
	return d->v[d->n++].id == NULL ? err_nomem(e) : 0;
}

static int on_disputed(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct disputes *d = ctx;
	struct store *s = d->r->app->store;
	const char *id = d->v[item].id;
	enum claim_state state;
	char invoice[32];
	int live;

	if (now == NULL || now->billed)
		return 0;
	live = claim_live(s, id, &state, invoice, e);
	if (live <= 0)
		return live;
	/* A mark that was refused or never sent is a debt, not a dispute. */
	if (state == CLAIM_CLAIMED || state == CLAIM_SENT || state == CLAIM_UNMARKED_AUTH || state == CLAIM_UNMARKED_REJECTED || state == CLAIM_UNMARKED_UNKNOWN)
		return 0;
	d->r->disputed++;
	log_write(LOG_WARN, "reopened", "entry %s stands on %s, but is unbilled in awork", id, invoice);
	if (state == CLAIM_REOPENED || d->r->app->opt.dry_run)
		return 0;
	if (store_begin(s, e) < 0)
		return -1;
	if (claim_move(s, id, CLAIM_REOPENED, NULL, e) < 0 || store_commit(s, e) < 0) {
		store_rollback(s);
		return -1;
	}
	return 0;
}

int bill_disputes(struct run *r, struct err *e)
{
	struct disputes d = { .r = r, .pool = pool_new() };
	int rc = -1;

	r->disputed = 0;
	if (d.pool == NULL)
		err_nomem(e);
	else if (snap_each_held(r->app->store, r->row.id, on_held, &d, e) == 0)
		rc = d.n == 0 ? 0 : reread_entries(r->app->http, d.v, d.n, (int)r->app->cfg.page_size, 1, on_disputed, &d, e);
	free(d.v);
	pool_free(d.pool);
	return rc;
}

static int on_number(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	(void)ctx;
	return err_set(e, ERR_CONFIG, "number %s stands on an invoice of %s already (series %s); change [billing] number_format or number_start", v->number,
	    q->run, v->series);
}

/* The number of a draft says so, wherever it is copied to. */
static int give_number(struct run *r, struct invoice *v, struct err *e)
{
	const struct config *c = &r->app->cfg;
	char series[64], number[NUMBER_LEN];

	if (number_series(c->number_format, v->date, series, e) < 0 ||
	    plan_next_number(r->app->store, series, c->number_start, &v->n, e) < 0 || number_make(c->number_format, v->date, v->n, number, e) < 0)
		return -1;
	v->draft = r->app->opt.dry_run;
	v->series = pool_dup(r->pool, series);
	v->number = pool_fmt(r->pool, "%s%s", v->draft ? "DRAFT-" : "", number);
	if (v->series == NULL || v->number == NULL)
		return err_nomem(e);
	return query_invoices(r->app->store, NULL, number, on_number, NULL, e);
}

int bill_store_totals(struct run *r, struct err *e)
{
	const struct conserve_totals *t = &r->totals;
	char held_sha[SHA_HEX];
	struct buf b = BUF_INIT;
	struct jout j;
	int rc;

	if (idle_digest(r, held_sha, e) < 0)
		return -1;

	jout_init(&j, &b, 0);
	jout_object(&j, NULL);
	jout_int(&j, "fetched", t->fetched);
	jout_int(&j, "billed", t->billed);
	jout_int(&j, "held", t->held);
	jout_int(&j, "late", t->late);
	jout_int(&j, "fetched_secs", t->fetched_secs);
	jout_int(&j, "billed_secs", t->billed_secs);
	jout_int(&j, "held_secs", t->held_secs);
	jout_int(&j, "rounded_secs", t->rounded_secs);
	jout_int(&j, "shortfall", r->shortfall);
	jout_int(&j, "undated", r->undated);
	jout_text(&j, "held_sha", held_sha);
	jout_end_object(&j);
	rc = buf_ok(&b) ? store_run_set_totals(r->app->store, &r->row, buf_text(&b), e) : err_nomem(e);
	buf_free(&b);
	return rc;
}

/* Everything inside one transaction: all of the plan, or nothing. */
static int save_plan(struct run *r, struct err *e)
{
	struct store *s = r->app->store;
	size_t k = 0;

	for (size_t i = 0; i < r->plan.n; i++) {
		struct invoice *v = &r->plan.invoices[i];

		if (give_number(r, v, e) < 0 || plan_put_invoice(s, r->row.id, v, e) < 0)
			return -1;
		for (; k < r->nitems && r->items[k].invoice == (int)i; k++)
			if (plan_put_claim(s, &r->items[k], v->number, e) < 0)
				return -1;
	}
	return store_run_set_date(s, &r->row, r->date, e) < 0 ? -1 : bill_store_totals(r, e);
}

int bill_plan(struct run *r, struct err *e)
{
	const struct config *c = &r->app->cfg;
	struct compose_rules rules = {
		.period = r->rules.period, .date = r->date, .per = c->per, .quantity = c->quantity, .late = c->late, .seller = &c->seller,
	};

	if (compose_run(&rules, r->items, r->nitems, r->pool, &r->plan, e) < 0 ||
	    conserve_prove(&r->plan, r->items, r->nitems, &r->totals, e) < 0)
		return -1;
	if (advance_run(r, RUN_PLANNED, NULL, save_plan, "D4", e) < 0)
		return -1;
	/* Claims and lines are in the ledger now; what follows reads them there. */
	free(r->items);
	r->items = NULL;
	r->nitems = r->cap = 0;
	return 0;
}
