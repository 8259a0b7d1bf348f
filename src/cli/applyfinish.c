/* The end of an apply: carried out whatever process began it, or given up. */
#include <stdlib.h>

#include "base/log.h"
#include "cli/advance.h"
#include "cli/apply.h"
#include "cli/progress.h"

static int close_it(void *ctx, struct err *e)
{
	struct applying *w = ctx;

	return apply_close(w->a->store, &w->row, e);
}

int applyfinish_run(struct applying *w, struct err *e)
{
	struct applyplan_item *v = NULL;
	size_t n = 0;
	int rc = apply_items(w->a->store, w->row.id, w->pool, &v, &n, e);

	if (rc == 0) {
		progress_stage("apply", (int64_t)n);
		rc = applysend_all(w, v, n, e);
	}
	if (rc == 0)
		rc = applycreate_all(w, v, n, e);
	if (rc == 0)
		rc = advance_work(&w->r, close_it, w, "A3", e);
	free(v);
	return rc;
}

static int give_up_items(void *ctx, struct err *e)
{
	struct applying *w = ctx;
	struct applyplan_item *v = NULL;
	size_t n = 0;
	int rc = apply_items(w->a->store, w->row.id, w->pool, &v, &n, e);

	for (size_t i = 0; i < n && rc == 0; i++)
		if (!applyplan_is_final(v[i].state))
			rc = v[i].state == APPLYPLAN_PLANNED ? applysend_settled(w, &v[i], APPLYPLAN_CHANGED, NULL, "given up before it was sent", e) :
			    applysend_settled(w, &v[i], APPLYPLAN_UNKNOWN, NULL, "given up after it was sent: look at it in awork", e);
	free(v);
	return rc < 0 ? -1 : close_it(w, e);
}

int applyfinish_give_up(struct applying *w, struct err *e)
{
	return advance_work(&w->r, give_up_items, w, "A3", e);
}

static int rests(const struct err *e)
{
	return e->code == ERR_NOPERM || e->code == ERR_TEMPFAIL || e->code == ERR_PROTOCOL || e->code == ERR_UNAVAILABLE;
}

int applyfinish_settle(struct run *r, struct err *e)
{
	struct applying w = { .a = r->app, .r = { .app = r->app } };
	int rc = apply_unfinished(r->app->store, &w.row, e);

	if (rc <= 0)
		return rc;
	log_write(LOG_NOTE, "settle", "%s was interrupted: going on", w.row.id);
	w.pool = pool_new();
	rc = w.pool == NULL ? err_nomem(e) : applyfinish_run(&w, e);
	if (rc < 0 && rests(e)) {
		log_write(LOG_WARN, "settle", "%s: %s", w.row.id, e->msg);
		r->worst = err_worse(r->worst, e->code == ERR_UNAVAILABLE ? ERR_TEMPFAIL : e->code);
		err_clear(e);
		rc = 0;
	} else if (rc == 0 && w.row.exceptions > 0) {
		r->worst = err_worse(r->worst, ERR_ATTENTION);
	}
	r->protocol_alarms += w.r.protocol_alarms;
	pool_free(w.pool);
	return rc;
}
