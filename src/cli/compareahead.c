/* The period's entries are asked for before the ledger is read: those that come before their claims are kept. */
#include <stdlib.h>

#include "awork/fetch.h"
#include "cli/compareparts.h"
#include "cli/progress.h"

#define KEPT 16384 /* entries; when there are as many, awork is let wait */

struct compareahead {
	struct fetch *fetch;
	struct entry *v;       /* kept; their texts belong to pool */
	size_t n, cap;
	struct pool *pool;
	int loaded;            /* claims are there: nothing is kept any more */
	int failed;
	struct err why;
};

static const char *keep_text(struct compareahead *a, const char *text)
{
	return text == NULL ? NULL : pool_intern(a->pool, text);
}

static int keep(struct compareahead *a, const struct entry *x, struct err *e)
{
	struct entry *k;

	if (buf_grow(&a->v, &a->cap, a->n + 1, sizeof *a->v) < 0)
		return err_nomem(e);
	k = &a->v[a->n++];
	*k = *x;
	k->start_time = keep_text(a, x->start_time);
	k->company_id = keep_text(a, x->company_id);
	k->company_name = keep_text(a, x->company_name);
	k->project_id = keep_text(a, x->project_id);
	k->project_name = keep_text(a, x->project_name);
	k->task_id = keep_text(a, x->task_id);
	k->task_name = keep_text(a, x->task_name);
	k->user_id = keep_text(a, x->user_id);
	k->user_name = keep_text(a, x->user_name);
	k->work_id = keep_text(a, x->work_id);
	k->work_name = keep_text(a, x->work_name);
	k->note = pool_dup(a->pool, x->note);
	k->updated_on = pool_dup(a->pool, x->updated_on);
	k->updated_by = keep_text(a, x->updated_by);
	k->res_ver = pool_dup(a->pool, x->res_ver);
	return pool_failed(a->pool) ? err_nomem(e) : 0;
}

static int on_entries(void *ctx, const struct entry *v, size_t n, struct err *e)
{
	struct compare *c = ctx;
	struct compareahead *a = c->ahead;

	if (a->loaded)
		return compareread_rows(c, v, n, e);
	for (size_t i = 0; i < n; i++)
		if (keep(a, &v[i], e) < 0)
			return -1;
	return 0;
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
	(void)ctx;
	progress_set(done, total);
}

int compareahead_begin(struct compare *c, struct err *e)
{
	const struct period *p = &c->r->rules.period;
	struct fetch_spec spec = {
		.filter = c->r->filter, .hint = DATE_NONE, .page_size = (int)c->r->app->cfg.page_size, .sink = on_entries, .progress = on_progress, .ctx = c,
	};
	struct compareahead *a = c->ahead = calloc(1, sizeof *a);

	if (a == NULL)
		return err_nomem(e);
	a->why = (struct err)ERR_INIT;
	if ((a->pool = pool_new()) == NULL)
		return err_nomem(e);
	spec.filter.billable = FILTER_BILLABLE;
	spec.filter.from = p->from;
	spec.filter.to = p->to;
	progress_stage("compare", 0);
	a->fetch = fetch_begin(c->r->app->http, &spec, e);
	return a->fetch == NULL ? -1 : 0;
}

void compareahead_turn(struct compare *c)
{
	struct compareahead *a = c->ahead;

	if (a != NULL && a->fetch != NULL && !a->failed && (a->loaded || a->n < KEPT))
		a->failed = http_turn(c->r->app->http, 0, &a->why) < 0;
}

static void free_kept(struct compareahead *a)
{
	free(a->v);
	pool_free(a->pool);
	a->v = NULL;
	a->n = a->cap = 0;
	a->pool = NULL;
}

int compareahead_loaded(struct compare *c, struct err *e)
{
	struct compareahead *a = c->ahead;
	int rc;

	if (a == NULL || a->loaded)
		return 0;
	a->loaded = 1;
	rc = compareread_rows(c, a->v, a->n, e);
	free_kept(a);
	return rc < 0 ? err_ctx(e, "reading time entries") : 0;
}

int compareahead_end(struct compare *c, struct err *e)
{
	struct compareahead *a = c->ahead;
	struct fetch *f = a->fetch;
	struct fetch_result result;

	if (compareahead_loaded(c, e) < 0)
		return -1;
	if (a->failed) {
		err_set(e, a->why.code, "%s", a->why.msg);
		return err_ctx(e, "reading time entries");
	}
	a->fetch = NULL;
	if (fetch_end(f, &result, e) < 0)
		return -1;
	c->undated += result.undated;
	return 0;
}

void compareahead_forget(struct compare *c)
{
	struct compareahead *a = c->ahead;

	if (a == NULL)
		return;
	if (a->fetch != NULL)
		http_drop(c->r->app->http);
	fetch_free(a->fetch);
	free_kept(a);
	free(a);
	c->ahead = NULL;
}
