/* void NUMBER --reason TEXT: the invoice cancelled by a document of its own, its entries free to be billed again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jout.h"
#include "base/log.h"
#include "base/text.h"
#include "billing/cancellation.h"
#include "billing/facts.h"
#include "cli/advance.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/run.h"

#define REASON_MAX 500 /* characters */

struct voiding {
	struct run *r;
	const char *number, *reason;
	char *given;                /* the reason as typed; owned */
	struct invoice cancellation;
	struct query_invoice original;
	int found;
	char by[NUMBER_LEN];        /* what cancels it already */
	int inputs_kept;
};

/* Before anything is opened. */
static int read_options(struct voiding *w, struct err *e)
{
	struct app *a = w->r->app;

	w->number = a->opt.arg[0];
	if (a->opt.reason == NULL)
		return err_set(e, ERR_USAGE, "void needs --reason TEXT: why the invoice is cancelled; it is kept and printed");
	w->given = strdup(a->opt.reason);
	if (w->given == NULL)
		return err_nomem(e);
	w->reason = text_trim(w->given);
	if (w->reason[0] == '\0' || text_len(w->reason) > REASON_MAX || !text_is_utf8(w->reason, strlen(w->reason)))
		return err_set(e, ERR_USAGE, "--reason must be a text of 1 to %d characters in UTF-8", REASON_MAX);
	if (a->opt.date != NULL && date_parse(a->opt.date, &w->r->date) < 0)
		return err_set(e, ERR_USAGE, "--date '%.40s' is no date, such as 2026-11-02", a->opt.date);
	return 0;
}

static int on_original(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct voiding *w = ctx;
	struct invoice copy;

	w->found = 1;
	w->original = *q;
	if (strcmp(q->state, "ISSUED") != 0)
		return 0;
	return facts_copy(v, w->r->pool, &copy, e) < 0 ? -1 : cancellation_make(&copy, w->r->date, w->reason, w->r->pool, &w->cancellation, e);
}

/* 1 when there is something to cancel, 0 when it is cancelled already, -1. */
static int find_original(struct voiding *w, struct err *e)
{
	struct store *s = w->r->app->store;

	if (query_invoices(s, NULL, w->number, on_original, w, e) < 0)
		return -1;
	if (!w->found)
		return err_set(e, ERR_USAGE, "'%.40s' is no invoice in %s; see psabill list", w->number, w->r->app->cfg.ledger);
	if (strcmp(w->original.state, "ISSUED") == 0)
		return 1;
	if (query_cancelled_by(s, w->number, w->by, e) < 0)
		return -1;
	if (strcmp(w->original.state, "VOIDED") == 0)
		return 0;
	/* VOIDING: settling did not get it to its end. */
	return err_set(e, w->r->worst == ERR_OK ? ERR_TEMPFAIL : w->r->worst, "%s is being cancelled by %s, but awork did not set its entries unbilled yet; run again", w->number,
	    w->by);
}

static int save(struct run *r, struct err *e)
{
	struct voiding *w = r->voiding;
	struct store *s = r->app->store;
	const char *format = r->app->cfg.cancellation_format;

	if (format == NULL) {
		const struct customer *c = customer_find(&r->app->customers, w->cancellation.company_id);

		format = c == NULL ? r->app->cfg.number_format : c->number_format;
	}
	if (bill_number(r, &w->cancellation, format, e) < 0 || plan_put_cancellation(s, r->row.id, &w->cancellation, w->reason, e) < 0)
		return -1;
	if ((w->inputs_kept ? input_copy(s, w->original.run, r->row.id, e) : inputs_save(r->inputs, s, r->row.id, e)) < 0)
		return -1;
	return store_run_set_date(s, &r->row, r->date, e) < 0 ? -1 : bill_store_totals(r, e);
}

/* The same templates and booking accounts as the original, when the ledger has them. */
static int find_inputs(struct voiding *w, struct err *e)
{
	struct inputs *kept = inputs_of_run(w->r->app->store, w->original.run, e);

	if (kept == NULL && e->code != ERR_OK)
		return -1;
	w->inputs_kept = kept != NULL;
	inputs_free(kept);
	return 0;
}

static int cancel(struct voiding *w, struct err *e)
{
	struct run *r = w->r;
	struct query_run original;
	uint8_t sha[SHA_LEN];

	if (query_run(r->app->store, w->original.run, &original, e) < 0 || find_inputs(w, e) < 0)
		return -1;
	if (config_sha(&r->app->cfg, sha) < 0)
		return err_nomem(e);
	if (store_run_new(r->app->store, "void", &original.run.period, sha, &r->row, e) < 0)
		return -1;
	log_run(r->row.id);
	r->voiding = w;
	if (advance_run(r, RUN_PLANNED, NULL, save, "V1", e) < 0)            /* number, cancellation */
		return -1;
	if (render_documents(r, e) < 0)                                      /* render */
		return -1;
	r->rechecked_ms = clock_boot_ms();
	if (publish_commit(r, e) <= 0)                                       /* issue: the point of no return */
		return -1;
	return run_roll_forward(r, e);                                       /* publish, unmark, verify, release */
}

static void say_done(const struct voiding *w)
{
	struct buf b = BUF_INIT;
	struct jout j;

	if (w->r->app->opt.json) {
		jout_init(&j, &b, 2);
		jout_object(&j, NULL);
		jout_text(&j, "number", w->number);
		jout_text(&j, "state", "VOIDED");
		jout_text(&j, "cancelled_by", w->by);
		jout_end_object(&j);
		printf("%s\n", buf_text(&b));
		buf_free(&b);
	} else if (!w->r->app->opt.quiet) {
		printf("%s is cancelled by %s already.\n", w->number, w->by);
	}
}

static int void_pipeline(struct voiding *w, struct err *e)
{
	struct run *r = w->r;
	int rc;

	if (r->app->opt.date == NULL && clock_local_date(r->app->cfg.timezone, clock_document_utc(), &r->date) < 0)
		return err_set(e, ERR_CONFIG, "time zone %s cannot be read", r->app->cfg.timezone);
	if (preflight_output(r, e) < 0 || preflight_history(r, e) < 0 || settle_open_runs(r, e) < 0)
		return -1;
	r->pool = pool_new();
	if (r->pool == NULL)
		return err_nomem(e);
	rc = find_original(w, e);
	if (rc == 0)
		say_done(w);
	return rc <= 0 ? rc : cancel(w, e);
}

enum err_code cmd_void(struct app *a, struct err *e)
{
	struct run r = { .app = a };
	struct voiding w = { .r = &r };

	enum err_code status;

	if (read_options(&w, e) < 0 || run_open(&r, 0, e) < 0) {
		inputs_free(r.inputs);
		status = e->code;
	} else {
		status = run_end(&r, void_pipeline(&w, e), e);
	}
	free(w.given);
	return status;
}
