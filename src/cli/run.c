#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/expected.h"
#include "cli/progress.h"

#define ROUNDS 3 /* plans made anew because entries changed meanwhile */

int run_is_issued(const struct run *r)
{
	/* A run that had nothing to bill is closed without an invoice date. */
	return r->row.state >= RUN_PUBLISHING && r->row.state <= RUN_CLOSED_EXC && r->row.invoice_date != DATE_NONE && !r->app->opt.dry_run;
}

void run_forget(struct run *r)
{
	recheck_end(r);
	expected_free(r->expected);
	r->expected = NULL;
	stage_free(r->stage);
	r->stage = NULL;
	billable_free(r->items);
	r->items = NULL;
	free(r->fees);
	r->fees = NULL;
	r->nfees = 0;
	free(r->brakes);
	r->brakes = NULL;
	r->nbrakes = r->cap_brakes = 0;
	free(r->corrections);
	r->corrections = NULL;
	r->ncorrections = r->cap_corrections = 0;
	r->documents = 0;
	free(r->customers);
	r->customers = NULL;
	r->ncustomers = 0;
	pool_free(r->pool);
	r->pool = NULL;
}

int run_is_void(const struct run *r)
{
	return strcmp(r->row.kind, "void") == 0;
}

/* Gives numbers and claims back; the entries are free again. The first error is the one worth telling. */
int run_abandon(struct run *r, const char *why)
{
	struct err ignored = ERR_INIT;
	struct query_run now;
	int published = 0, rc = 0;

	if (r->row.id[0] == '\0')
		return 0;
	store_rollback(r->app->store);
	/* A commit that failed may stand all the same: the ledger knows. */
	if (!r->app->opt.dry_run && query_run(r->app->store, r->row.id, &now, &ignored) == 1 && now.run.state != r->row.state) {
		log_write(LOG_WARN, "abandon", "%s is %s in the ledger; the next run goes on from there", r->row.id, store_state_name(now.run.state));
		r->row = now.run;
		if (run_is_issued(r))
			return -1;
	}
	if (r->stage == NULL && (r->row.state == RUN_PLANNED || r->row.state == RUN_RENDERED) && !r->app->opt.dry_run)
		r->stage = stage_find(r->app->cfg.out_dir, r->row.period.label, r->row.id, &published, &ignored);
	if (r->stage == NULL && ignored.code != ERR_OK)
		rc = -1;
	else if (r->stage != NULL)
		rc = stage_drop(r->stage, &ignored);
	/* A run whose stage could not be removed stays open, so that the next run removes both. */
	if (rc == 0 && r->row.state != RUN_CLOSED && r->row.state != RUN_ABORTED && !run_is_issued(r))
		rc = plan_drop(r->app->store, &r->row, why, &ignored);
	if (rc != 0)
		log_write(LOG_WARN, "abandon", "%s; the next run cleans up", ignored.msg);
	run_forget(r);
	return rc;
}

/* From the point of no return on: each step is skipped when the run is past it, so that settling an interrupted run is the same walk. */
int run_roll_forward(struct run *r, struct err *e)
{
	if (r->row.state == RUN_PUBLISHING && (publish_folder(r, e) < 0 || publish_issue(r, e) < 0))
		return -1;
	if (r->app->opt.no_mark && !run_is_void(r) && r->row.state == RUN_PUBLISHED)
		return store_run_set_resting(r->app->store, &r->row, 1, e);
	if (run_is_void(r))
		return unmark_roll_forward(r, e);
	/* In VERIFYING, too: what was to be sent again may have been interrupted. */
	if (r->row.state <= RUN_VERIFYING && mark_claims(r, e) < 0)
		return -1;
	if (r->row.state <= RUN_VERIFYING && prove_claims(r, e) < 0)
		return -1;
	return close_run(r, e);
}

/* One plan: 1 issued or nothing to do, 0 the entries changed before it was issued, -1. */
static int attempt(struct run *r, struct err *e)
{
	int rc;

	if (collect_entries(r, e) < 0 || whatif_price(r, e) < 0 || bill_disputes(r, e) < 0 || fees_collect(r, e) < 0 || corrections_collect(r, e) < 0) /* fetch, select, price */
		return -1;
	if ((rc = idle_close(r, e)) != 0)                          /* nothing to bill */
		return rc;
	if (preflight_space(r, e) < 0 || (!r->app->opt.dry_run && recheck_begin(r, e) < 0)) /* recheck, beside what follows */
		return -1;
	if (bill_plan(r, e) < 0 || whatif_end(r, e) < 0 || render_documents(r, e) < 0)     /* compose, plan, render */
		return -1;
	if (r->app->opt.dry_run)
		return bill_prove(r, e) < 0 ? -1 : 1;
	do {
		if ((rc = recheck_plan(r, e)) <= 0)                /* recheck */
			return rc;
	} while ((rc = publish_commit(r, e)) == 0);                /* issue: the point of no return */
	return rc < 0 || run_roll_forward(r, e) < 0 ? -1 : 1;      /* publish, mark, verify, report */
}

static int pipeline(struct run *r, struct err *e)
{
	int done = 0;

	if (preflight_output(r, e) < 0)
		return -1;
	if (!r->app->opt.dry_run && (preflight_history(r, e) < 0 || settle_open_runs(r, e) < 0))
		return -1;
	if (collect_prepare(r, e) < 0 || preflight_period(r, e) < 0)
		return -1;
	for (int round = 1; done == 0; round++) {
		done = attempt(r, e);
		if (done == 0 && round == ROUNDS)
			return err_set(e, ERR_TEMPFAIL, "entries changed in awork while the run was planned, %d times in a row; run again when it is quieter", ROUNDS);
		if (done == 0 && run_abandon(r, "entries changed before they were issued") < 0)
			return err_set(e, ERR_TEMPFAIL, "a plan could not be rolled back; the next run does it");
	}
	return done < 0 ? -1 : 0;
}

/* Templates are read before anything is numbered, with all their errors in one go. */
static int read_inputs(struct run *r, struct err *e)
{
	struct diag d = { 0 };

	r->inputs = inputs_load(r->app, &d, e);
	app_print(&d);
	if (r->inputs == NULL && e->code == ERR_OK)
		err_set(e, ERR_CONFIG, "%zu problems in the templates, nothing was done", d.n);
	diag_free(&d);
	return r->inputs == NULL ? -1 : 0;
}

int run_open(struct run *r, int bills, struct err *e)
{
	struct app *a = r->app;

	progress_setup(!a->opt.quiet && !a->opt.json);
	/* All that can be refused without them comes before the ledger and awork are touched. */
	if (app_load(a, 1, e) < 0 || whatif_open(r, e) < 0 || read_inputs(r, e) < 0 || (a->opt.from_dump == NULL && app_read_token(a, e) < 0))
		return -1;
	if (app_open_store(a, a->opt.dry_run ? STORE_SCRATCH : STORE_WRITE, e) < 0)
		return -1;
	if (app_dial(a, e) < 0 || (bills && ahead_ask(r, e) < 0) || app_meet(a, e) < 0)
		return -1;
	ahead_answered(r);
	return app_bind_workspace(a, e) < 0 ? -1 : preflight_place(a, e);
}

enum err_code run_end(struct run *r, int rc, struct err *e)
{
	struct app *a = r->app;
	struct err late = ERR_INIT, summary = ERR_INIT;
	enum err_code status;

	progress_end();
	if (rc < 0 && run_is_issued(r)) {
		/* What is durable stays; the next run goes on from here. */
		if (e->code == ERR_UNAVAILABLE)
			e->code = ERR_TEMPFAIL;
		status = err_worse(e->code, r->worst);
		r->failed = 1;
	} else if (rc < 0) {
		run_abandon(r, e->msg);
		status = err_worse(e->code, r->worst);
	} else {
		status = verdict_of(r);
		if (status != ERR_OK)
			verdict_explain(r, status, e);
	}
	if ((run_is_issued(r) || (a->opt.dry_run && r->stage != NULL)) && close_write_report(r, status, &late) < 0) {
		err_set(e, late.code, "%s", late.msg);
		status = err_worse(status, late.code);
	}
	if (r->row.id[0] != '\0' && summary_print(r, status, &summary) < 0) {
		err_set(e, summary.code, "%s", summary.msg);
		status = err_worse(status, summary.code);
	}
	metrics_of_run(r);
	run_forget(r);
	ahead_forget(r);
	whatif_free(r->whatif);
	r->whatif = NULL;
	inputs_free(r->inputs);
	return status;
}

enum err_code run_command(struct app *a, struct err *e)
{
	struct run r = { .app = a };

	if (brakes_options(&a->opt, e) < 0 || dumping_options(&a->opt, e) < 0 || whatif_options(&a->opt, e) < 0)
		return e->code;
	if (run_open(&r, 1, e) < 0) {
		ahead_forget(&r);
		whatif_free(r.whatif);
		inputs_free(r.inputs);
		return dumping_end(a, e->code, e);
	}
	return dumping_end(a, run_end(&r, pipeline(&r, e), e), e);
}
