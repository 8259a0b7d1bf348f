/* What an earlier run left open: rolled back before the point of no return, finished after it; and marks that awork refused, tried once more. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/apply.h"
#include "cli/mark.h"
#include "cli/progress.h"
#include "cli/prove.h"
#include "cli/run.h"

static int roll_back(struct run *r, struct err *e)
{
	int published = 0;

	r->stage = stage_find(r->app->cfg.out_dir, r->row.period.label, r->row.id, &published, e);
	if (r->stage == NULL && e->code != ERR_OK)
		return -1;
	if (published)
		return err_set(e, ERR_DATA, "the folder of %s is published, but the ledger says that it was never issued; was the ledger restored from an old copy?",
		    r->row.id);
	if (r->stage != NULL && stage_drop(r->stage, e) < 0)
		return -1;
	log_write(LOG_NOTE, "settle", "%s stopped before it issued anything: rolled back", r->row.id);
	return plan_drop(r->app->store, &r->row, "interrupted before anything was issued", e);
}

static int finish(struct run *r, struct err *e)
{
	enum err_code code;

	if (close_read_totals(r, e) < 0)
		return -1;
	log_write(LOG_NOTE, "settle", "%s stopped in state %s: going on", r->row.id, store_state_name(r->row.state));
	if ((r->row.state > RUN_PUBLISHING && publish_folder(r, e) < 0) || run_roll_forward(r, e) < 0)
		return -1;
	code = verdict_of(r);
	r->worst = err_worse(r->worst, code);
	r->shortfall = r->undated = r->disputed = r->held_fees = r->unbooked = 0;
	return close_write_report(r, code, e);
}

/* Claims of closed runs that awork did not mark, with the run that each belongs to. */
struct debts { struct run *r; struct claim *v; char (*run)[16]; size_t n; };

static int find_runs(struct debts *d, struct err *e)
{
	for (size_t i = 0; i < d->n; i++)
		if (query_run_of(d->r->app->store, d->v[i].invoice, d->run[i], e) < 0)
			return -1;
	return 0;
}

/* Marks and proves the debts of one run. */
static int pay(struct debts *d, const char *run, struct err *e)
{
	struct claim_brief *list = calloc(d->n, sizeof *list);
	size_t n = 0;
	int rc = 0;

	if (list == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < d->n && rc == 0; i++)
		if (strcmp(d->run[i], run) == 0)
			rc = claim_shorten(&d->v[i], &list[n++], e);
	if (rc == 0)
		rc = mark_list(d->r, run, list, n, e) < 0 ? -1 : prove_marked(d->r, run, 1u << CLAIM_MARKED, e);
	free(list);
	return rc;
}

static int settle_debts(struct run *r, struct err *e)
{
	struct debts d = { .r = r };
	struct claim *left = NULL;
	int64_t before = r->exceptions;
	size_t nleft = 0;
	int rc = -1;

	if (claim_list_debts(r->app->store, NULL, &d.v, &d.n, e) < 0)
		return -1;
	if (d.n == 0) {
		free(d.v);
		return 0;
	}
	d.run = calloc(d.n, sizeof *d.run);
	if (d.run == NULL) {
		err_nomem(e);
		goto out;
	}
	progress_stage("settle", (int64_t)d.n);
	if (find_runs(&d, e) < 0)
		goto out;
	rc = 0;
	for (size_t i = 0; i < d.n && rc == 0; i++) {
		size_t k = 0;

		while (k < i && strcmp(d.run[k], d.run[i]) != 0)
			k++;
		if (k == i)
			rc = pay(&d, d.run[i], e);
	}
	if (rc == 0)
		rc = claim_list_debts(r->app->store, NULL, &left, &nleft, e);
	if (nleft > 0 || r->exceptions > before)
		r->worst = err_worse(r->worst, ERR_ATTENTION);
out:
	free(left);
	free(d.run);
	free(d.v);
	return rc;
}

/* A run that was killed after its last commit lacks run.json, latest.json or the modes of its files. */
static int settle_files(struct run *r, struct err *e)
{
	char *known = store_meta(r->app->store, CLOSE_META, e);
	int rc;

	if (known == NULL && e->code != ERR_OK)
		return -1;
	rc = store_run_closed(r->app->store, NULL, 1, &r->row, e);
	if (rc > 0)
		rc = 0;
	if (rc == 0 && r->row.seq != 0 && (known == NULL || strcmp(known, r->row.id) != 0))
		rc = close_write_report(r, r->row.state == RUN_CLOSED_EXC ? ERR_ATTENTION : ERR_OK, e);
	free(known);
	run_forget(r);
	r->row = (struct store_run){ .seq = 0 };
	return rc;
}

/* A void that awork refuses again keeps nobody from billing. */
static int rests_again(struct run *r, struct err *e)
{
	if (!run_is_void(r) || !r->row.resting || (e->code != ERR_NOPERM && e->code != ERR_TEMPFAIL))
		return 0;
	log_write(LOG_WARN, "settle", "%s", e->msg);
	r->worst = err_worse(r->worst, e->code);
	err_clear(e);
	return 1;
}

int settle_open_runs(struct run *r, struct err *e)
{
	int64_t tried = 0; /* the last resting run that was gone on with */
	int found;

	if (settle_files(r, e) < 0 || (!r->app->opt.no_mark && applyfinish_settle(r, e) < 0))
		return -1;
	while ((found = store_run_unfinished(r->app->store, !r->app->opt.no_mark, tried, &r->row, e)) == 1) {
		int64_t seq = r->row.resting ? r->row.seq : tried;

		log_run(r->row.id);
		if ((r->row.state < RUN_PUBLISHING ? roll_back(r, e) : finish(r, e)) < 0 && !rests_again(r, e))
			return -1;
		tried = seq;
		run_forget(r);
		r->row = (struct store_run){ .seq = 0 };
	}
	if (found < 0)
		return -1;
	log_run(NULL);
	r->row = (struct store_run){ .seq = 0 };
	if (settle_files(r, e) < 0)
		return -1;
	return r->app->opt.no_mark ? 0 : settle_debts(r, e);
}
