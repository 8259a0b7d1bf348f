/* Fetch, select, price: every entry that awork shows gets a place in the snapshot, billable ones are also kept to be planned. */
#include <stdlib.h>
#include <string.h>

#include "awork/fetch.h"
#include "awork/master.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sorter.h"
#include "cli/expected.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/step.h"

#define MOVED_ROUNDS 3 /* fetches repeated because an entry moved between windows */

static int is_claimed(void *ctx, const char *entry, struct err *e)
{
	return claim_live(ctx, entry, NULL, NULL, e);
}

/* Names and ids of one filter option as a NULL-terminated array of ids. */
static int resolve(struct run *r, enum master_kind kind, const char *what, const struct options_list *list, const char *const **out, struct err *e)
{
	struct pool *pool = r->app->pool;
	struct master_list all;
	const char **ids;

	if (list->n == 0)
		return 0;
	if (master_list(r->app->http, kind, pool, &all, e) < 0)
		return -1;
	ids = pool_alloc(pool, (list->n + 1) * sizeof *ids);
	if (ids == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < list->n; i++)
		if (master_resolve(&all, what, list->v[i], &ids[i], e) < 0)
			return -1;
	*out = ids;
	return 0;
}

int collect_period(struct run *r, struct err *e)
{
	const struct app *a = r->app;
	struct period p;
	date_t today;

	if (clock_local_date(a->cfg.timezone, clock_document_utc(), &today) < 0)
		return err_set(e, ERR_CONFIG, "time zone '%s' is unknown", a->cfg.timezone);
	if (period_parse(a->opt.period == NULL ? "last-month" : a->opt.period, today, &p, e) < 0)
		return -1;
	r->date = today;
	if (a->opt.date != NULL && date_parse(a->opt.date, &r->date) < 0)
		return err_set(e, ERR_USAGE, "--date '%.40s' is no date, such as 2026-11-02", a->opt.date);
	r->rules.period = p;
	r->filter = (struct filter){ .billable = 1, .from = DATE_NONE, .to = p.to };
	return 0;
}

/* Only GET /projects tells. */
int collect_retainers(struct run *r, struct err *e)
{
	struct master_list all;
	const char **ids;
	size_t n = 0;

	if (r->rules.bill_retainer)
		return 0;
	if (ahead_projects(r, &all, e) < 0)
		return -1;
	ids = pool_alloc(r->app->pool, (all.n + 1) * sizeof *ids);
	if (ids == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].retainer)
			ids[n++] = all.v[i].id;
	r->rules.retainer_projects = ids;
	r->rules.nretainer = n;
	return 0;
}

struct holds { struct pool *pool; const char **v; size_t n, cap; };

static int on_hold(void *ctx, const char *entry, const char *text, struct err *e)
{
	struct holds *h = ctx;

	(void)text;
	if (buf_grow(&h->v, &h->cap, h->n + 1, sizeof *h->v) < 0)
		return err_nomem(e);
	h->v[h->n] = pool_dup(h->pool, entry);
	return h->v[h->n++] == NULL ? err_nomem(e) : 0;
}

/* Entries that a person put on hold, by id. */
static int read_holds(struct run *r, struct err *e)
{
	struct holds h = { .pool = r->app->pool };
	const char **kept = NULL;
	int rc = hold_each(r->app->store, on_hold, &h, e);

	if (rc == 0 && h.n > 0) {
		kept = pool_alloc(h.pool, h.n * sizeof *kept);
		if (kept != NULL)
			memcpy(kept, h.v, h.n * sizeof *kept);
		else
			rc = err_nomem(e);
	}
	free(h.v);
	if (rc < 0)
		return -1;
	r->rules.entries_on_hold = kept;
	r->rules.nentries_on_hold = h.n;
	return 0;
}

int collect_prepare(struct run *r, struct err *e)
{
	struct app *a = r->app;

	if (collect_period(r, e) < 0)
		return -1;
	r->rules.customers = &a->customers;
	r->rules.complete = &a->complete;
	r->rules.rates = &a->rates;
	r->rules.late = a->cfg.late;
	r->rules.bill_external = a->cfg.external;
	r->rules.bill_retainer = a->cfg.retainer;
	r->rules.excluded_projects = a->cfg.excluded;
	r->rules.nexcluded = a->cfg.nexcluded;
	r->rules.claimed = is_claimed;
	r->rules.claimed_ctx = a->store;
	if (resolve(r, MASTER_COMPANIES, "company", &a->opt.company, &r->filter.companies, e) < 0 ||
	    resolve(r, MASTER_PROJECTS, "project", &a->opt.project, &r->filter.projects, e) < 0 ||
	    resolve(r, MASTER_USERS, "user", &a->opt.user, &r->filter.users, e) < 0 ||
	    resolve(r, MASTER_WORKS, "type of work", &a->opt.work, &r->filter.works, e) < 0)
		return -1;
	return read_holds(r, e) < 0 ? -1 : collect_retainers(r, e);
}

/* Room for what an attempt collects. */
static int begin(struct run *r, struct err *e)
{
	const struct brake_rules *brakes = &r->app->cfg.brakes;
	const int times = brakes->action[BRAKE_DAY] != BRAKE_OFF || brakes->action[BRAKE_OVERLAP] != BRAKE_OFF;

	run_forget(r);
	r->pool = pool_new();
	if (r->pool == NULL)
		return err_nomem(e);
	r->items = billable_new(r->rules.customers, sorter_folder(r->app->cfg.out_dir), SORTER_LIMIT / 2, times, r->people, r->pool, e);
	return r->items == NULL || (!r->app->opt.dry_run && (r->expected = expected_new(sorter_folder(r->app->cfg.out_dir), e)) == NULL) ? -1 : 0;
}

struct again {
	struct run *r;
	int (*each)(void *ctx, const struct entry *x, const struct select_verdict *now, const char *before, struct err *e);
	void *ctx;
};

static int on_again(void *ctx, const struct entry *x, const char *before, int64_t snap, struct err *e)
{
	struct again *a = ctx;
	struct run *r = a->r;
	struct select_verdict verdict;
	const int64_t secs = x->has_secs && x->secs > 0 ? x->secs : 0;

	if (select_entry(&r->rules, x, &verdict, e) < 0 || (a->each != NULL && a->each(a->ctx, x, &verdict, before, e) < 0))
		return -1;
	r->totals.fetched++;
	r->totals.held += verdict.held != NULL;
	if (num_add(&r->totals.fetched_secs, secs) < 0 || num_add(&r->totals.held_secs, verdict.held != NULL ? secs : 0) < 0)
		return err_set(e, ERR_SOFTWARE, "the seconds of the run overflow");
	return verdict.held == NULL ? billable_add(r->items, x, &verdict, snap, e) : 0;
}

int collect_again(struct run *r, int (*each)(void *ctx, const struct entry *x, const struct select_verdict *now, const char *before, struct err *e), void *ctx, struct err *e)
{
	struct again a = { r, each, ctx };

	r->totals = (struct conserve_totals){ .fetched = 0 };
	return begin(r, e) < 0 ? -1 : snap_each(r->app->store, r->row.id, on_again, &a, e);
}

static int on_entries(void *ctx, const struct entry *v, size_t n, struct err *e)
{
	struct run *r = ctx;
	struct select_verdict verdict;
	struct snap_row snap;

	for (size_t i = 0; i < n; i++) {
		if (select_entry(&r->rules, &v[i], &verdict, e) < 0 || snap_put(r->app->store, r->row.id, &v[i], verdict.held, &snap, e) < 0)
			return -1;
		r->fetched_rows++;
		if (verdict.held == NULL && (billable_add(r->items, &v[i], &verdict, snap.id, e) < 0 || (r->expected != NULL && expected_add(r->expected, &v[i], snap.fp, e) < 0)))
			return -1;
	}
	return 0;
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
	(void)ctx;
	progress_set(done, total);
}

/* One complete fetch inside one transaction. 1 complete, 0 an entry came twice because it moved meanwhile, -1. */
static int fetch_once(struct run *r, struct snap_sums *sums, struct err *e)
{
	struct store *s = r->app->store;
	struct fetch_spec spec = {
		.filter = r->filter, .hint = r->rules.period.from, .page_size = (int)r->app->cfg.page_size, .accept_short = r->app->opt.accept_short,
		.sink = on_entries, .progress = on_progress, .ctx = r,
	};
	struct fetch_result result;

	r->fetched_rows = 0;
	if (begin(r, e) < 0 || store_begin(s, e) < 0)
		return -1;
	if (ahead_fetch(r, &spec, &result, e) < 0 || snap_sums(s, r->row.id, sums, e) < 0) {
		store_rollback(s);
		return -1;
	}
	if (sums->entries != r->fetched_rows) {
		store_rollback(s);
		return 0;
	}
	r->shortfall = result.shortfall;
	r->undated = result.undated;
	if (store_run_state(s, &r->row, RUN_SNAPSHOT, NULL, e) < 0 || store_commit(s, e) < 0) {
		store_rollback(s);
		r->row.state = RUN_OPEN;
		return -1;
	}
	step_hit("D3");
	return 1;
}

static int new_run(struct run *r, struct err *e)
{
	uint8_t sha[SHA_LEN];

	if (config_sha(&r->app->cfg, sha) < 0)
		return err_nomem(e);
	if (store_run_new(r->app->store, "bill", &r->rules.period, sha, &r->row, e) < 0)
		return -1;
	log_run(r->row.id);
	step_hit("D1");
	return 0;
}

int collect_entries(struct run *r, struct err *e)
{
	struct snap_sums sums = { 0 };
	int done = 0;

	if (new_run(r, e) < 0)
		return -1;
	progress_stage("fetch", 0);
	for (int round = 1; done == 0; round++) {
		done = fetch_once(r, &sums, e);
		if (done == 0 && round == MOVED_ROUNDS)
			return err_set(e, ERR_TEMPFAIL, "an entry stood in two windows in each of %d fetches (%lld rows, %lld entries): the list does not hold still",
			    round, (long long)r->fetched_rows, (long long)sums.entries);
	}
	if (done < 0)
		return -1;
	progress_set(sums.entries, sums.entries);
	r->totals = (struct conserve_totals){ .fetched = sums.entries, .fetched_secs = sums.secs, .held = sums.held, .held_secs = sums.held_secs };
	log_write(LOG_NOTE, "fetched", "%s: %lld entries, %lld held", r->row.id, (long long)sums.entries, (long long)sums.held);
	return 0;
}
