/* The end of a run: its state, run.json, latest.json. */
#include <stdlib.h>
#include <string.h>

#include "base/jdoc.h"
#include "base/jout.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/highwater.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/step.h"

struct gathering {
	struct report_exception *exceptions;
	size_t nexceptions, cap_exceptions;
	struct report_exception **by_entry;
	struct report_count *held;
	size_t nheld, cap_held;
	struct report_file *files;
	size_t nfiles, cap_files;
	struct conserve_customer *customers;
	size_t ncustomers, cap_customers;
	struct report_brake *brakes;
	size_t nbrakes, cap_brakes;
	struct pool *pool;
};

static int on_exception(void *ctx, const char *entry, const char *invoice, const char *state, const char *old, const char *now, struct err *e)
{
	struct gathering *g = ctx;

	if (buf_grow(&g->exceptions, &g->cap_exceptions, g->nexceptions + 1, sizeof *g->exceptions) < 0)
		return err_nomem(e);
	g->exceptions[g->nexceptions++] = (struct report_exception){
		pool_dup(g->pool, entry), pool_dup(g->pool, invoice), pool_dup(g->pool, state), pool_dup(g->pool, old), pool_dup(g->pool, now), NULL,
	};
	return pool_failed(g->pool) ? err_nomem(e) : 0;
}

static int compare_entry(const void *a, const void *b)
{
	return strcmp((*(struct report_exception *const *)a)->entry, (*(struct report_exception *const *)b)->entry);
}

/* The event of an exception says in words what the claim's state says in one. */
static int on_event(void *ctx, const char *body, struct err *e)
{
	struct gathering *g = ctx;
	struct jdoc *d = jdoc_parse(body, strlen(body), e);
	struct report_exception key = { 0 }, *pkey = &key, **found;
	const char *words;

	if (d == NULL)
		return -1;
	key.entry = jdoc_get_text(jdoc_root(d), "entry");
	words = jdoc_get_text(jdoc_root(d), "what");
	if (key.entry != NULL && words != NULL) {
		found = bsearch(&pkey, g->by_entry, g->nexceptions, sizeof *g->by_entry, compare_entry);
		if (found != NULL)
			(*found)->what = pool_dup(g->pool, words);
	}
	jdoc_free(d);
	return pool_failed(g->pool) ? err_nomem(e) : 0;
}

static int add_words(struct run *r, struct gathering *g, struct err *e)
{
	if (g->nexceptions == 0)
		return 0;
	g->by_entry = pool_alloc(g->pool, g->nexceptions * sizeof *g->by_entry);
	if (g->by_entry == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < g->nexceptions; i++)
		g->by_entry[i] = &g->exceptions[i];
	qsort(g->by_entry, g->nexceptions, sizeof *g->by_entry, compare_entry);
	return query_events(r->app->store, r->row.id, "exception", on_event, g, e);
}

static int on_reason(void *ctx, const char *reason, int64_t n, int64_t secs, struct err *e)
{
	struct gathering *g = ctx;

	(void)secs;
	if (buf_grow(&g->held, &g->cap_held, g->nheld + 1, sizeof *g->held) < 0)
		return err_nomem(e);
	g->held[g->nheld++] = (struct report_count){ pool_dup(g->pool, reason), n };
	return pool_failed(g->pool) ? err_nomem(e) : 0;
}

static int on_file(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct gathering *g = ctx;
	struct report_file *f;

	if (buf_grow(&g->files, &g->cap_files, g->nfiles + 1, sizeof *g->files) < 0)
		return err_nomem(e);
	f = &g->files[g->nfiles++];
	f->path = pool_dup(g->pool, name);
	f->bytes = size;
	sha_hex(f->sha256, sha);
	return pool_failed(g->pool) ? err_nomem(e) : 0;
}

static int on_customer(void *ctx, const struct conserve_customer *c, struct err *e)
{
	struct gathering *g = ctx;
	struct conserve_customer *kept;

	if (buf_grow(&g->customers, &g->cap_customers, g->ncustomers + 1, sizeof *g->customers) < 0)
		return err_nomem(e);
	kept = &g->customers[g->ncustomers++];
	*kept = *c;
	kept->company_id = pool_dup(g->pool, c->company_id);
	kept->currency = pool_dup(g->pool, c->currency);
	return pool_failed(g->pool) ? err_nomem(e) : 0;
}

static int add_brake(struct gathering *g, const jdoc_val *v, struct err *e)
{
	struct report_brake *x;

	if (buf_grow(&g->brakes, &g->cap_brakes, g->nbrakes + 1, sizeof *g->brakes) < 0)
		return err_nomem(e);
	x = &g->brakes[g->nbrakes++];
	*x = (struct report_brake){
		pool_dup(g->pool, jdoc_get_text(v, "brake")), pool_dup(g->pool, jdoc_get_text(v, "action")), pool_dup(g->pool, jdoc_get_text(v, "subject")),
		pool_dup(g->pool, jdoc_get_text(v, "unit")), pool_dup(g->pool, jdoc_get_text(v, "value")), pool_dup(g->pool, jdoc_get_text(v, "usual")),
		pool_dup(g->pool, jdoc_get_text(v, "what")),
	};
	return pool_failed(g->pool) ? err_nomem(e) : 0;
}

static int on_brakes(void *ctx, const char *body, struct err *e)
{
	struct gathering *g = ctx;
	struct jdoc *d = jdoc_parse(body, strlen(body), e);
	int rc = d == NULL ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < jdoc_len(jdoc_root(d)); i++)
		rc = add_brake(g, jdoc_at(jdoc_root(d), i), e);
	jdoc_free(d);
	return rc;
}

/* Numbers that were stored with the plan. An earlier error in *e does not matter here. */
struct wanted { const char *key; int64_t *to; };

static int read_numbers(struct run *r, const struct wanted *want, size_t n, struct err *e)
{
	struct err own = ERR_INIT;
	char *json = store_run_totals(r->app->store, r->row.id, &own);
	struct jdoc *d = json == NULL ? NULL : jdoc_parse(json, strlen(json), &own);

	for (size_t i = 0; d != NULL && i < n; i++)
		jdoc_int(jdoc_get(jdoc_root(d), want[i].key), want[i].to);
	jdoc_free(d);
	free(json);
	return own.code == ERR_OK ? 0 : err_set(e, own.code, "%s", own.msg);
}

int close_read_totals(struct run *r, struct err *e)
{
	const struct wanted want[] = { { "shortfall", &r->shortfall }, { "undated", &r->undated }, { "disputed", &r->disputed },
		{ "fees_held", &r->held_fees }, { "unbooked", &r->unbooked } };

	return read_numbers(r, want, sizeof want / sizeof *want, e);
}

static int read_totals(struct run *r, struct report *out, struct err *e)
{
	const struct wanted want[] = {
		{ "fetched", &out->entries_fetched }, { "billed", &out->entries_billed }, { "held", &out->entries_held }, { "late", &out->entries_late },
		{ "fetched_secs", &out->secs_fetched }, { "billed_secs", &out->secs_billed }, { "held_secs", &out->secs_held }, { "shortfall", &out->shortfall },
	};

	return read_numbers(r, want, sizeof want / sizeof *want, e);
}

static int read_marks(struct run *r, struct report *out, struct err *e)
{
	int64_t n[CLAIM_STATES];

	if (claim_counts(r->app->store, r->row.id, n, e) < 0)
		return -1;
	out->marked.verified = n[CLAIM_VERIFIED];
	out->marked.refused = n[CLAIM_UNMARKED_AUTH] + n[CLAIM_UNMARKED_REJECTED];
	out->marked.unknown = n[CLAIM_UNMARKED_UNKNOWN];
	out->marked.gone = n[CLAIM_GONE];
	out->marked.changed = n[CLAIM_DRIFT];
	out->marked.foreign = n[CLAIM_FOREIGN];
	out->marked.reopened = n[CLAIM_REOPENED];
	return 0;
}

/* What stands in the ledger once the run is planned. */
static int gather_plan(struct run *r, struct gathering *g, struct report *out, struct err *e)
{
	struct store *s = r->app->store;

	if (read_totals(r, out, e) < 0 || balance_each(s, r->row.id, on_customer, g, e) < 0 || query_events(s, r->row.id, "brakes", on_brakes, g, e) < 0)
		return -1;
	out->customers = g->customers;
	out->ncustomers = g->ncustomers;
	out->brakes = g->brakes;
	out->nbrakes = g->nbrakes;
	return 0;
}

static int gather(struct run *r, struct gathering *g, struct report *out, struct err *e)
{
	struct store *s = r->app->store;

	/* Before its documents are issued no claim of a run was sent anywhere. */
	if (r->row.state >= RUN_PUBLISHING && (read_marks(r, out, e) < 0 || query_exceptions(s, r->row.id, on_exception, g, e) < 0 || add_words(r, g, e) < 0))
		return -1;
	if (gather_plan(r, g, out, e) < 0 || snap_each_reason(s, r->row.id, on_reason, g, e) < 0 || query_files(s, r->row.id, on_file, g, e) < 0)
		return -1;
	out->exceptions = g->exceptions;
	out->nexceptions = g->nexceptions;
	out->held = g->held;
	out->nheld = g->nheld;
	out->files = g->files;
	out->nfiles = g->nfiles;
	return 0;
}

static void forget(struct gathering *g)
{
	free(g->exceptions);
	free(g->held);
	free(g->files);
	free(g->customers);
	free(g->brakes);
	pool_free(g->pool);
}

struct close_plan {
	struct gathering g;
	struct report_count noted[4];
};

void close_plan_free(struct close_plan *p)
{
	if (p != NULL)
		forget(&p->g);
	free(p);
}

struct close_plan *close_plan(struct run *r, struct report *out, struct err *e)
{
	static const char *const names[] = { "disputed", "undated", "fees_held", "unbooked" };
	struct close_plan *p = calloc(1, sizeof *p);
	struct wanted want[4];

	if (p == NULL || (p->g.pool = pool_new()) == NULL) {
		free(p);
		err_nomem(e);
		return NULL;
	}
	for (size_t i = 0; i < 4; i++) {
		p->noted[i].name = names[i];
		want[i] = (struct wanted){ names[i], &p->noted[i].n };
	}
	*out = (struct report){ .run = r->row.id, .period = r->row.period, .noted = p->noted, .nnoted = 4 };
	if (gather_plan(r, &p->g, out, e) == 0 && read_numbers(r, want, 4, e) == 0)
		return p;
	close_plan_free(p);
	return NULL;
}

int close_report(struct run *r, enum err_code exit_status, struct buf *out, struct err *e)
{
	struct http_stats http = r->app->http == NULL ? (struct http_stats){ 0, 0, 0 } : http_stats(r->app->http);
	struct gathering g = { .pool = pool_new() };
	const struct report_count noted[] = {
		{ "disputed", r->disputed }, { "undated", r->undated }, { "protocol_alarms", r->protocol_alarms },
		{ "fees_held", r->held_fees }, { "unbooked", r->unbooked }, { "rounded_in_awork", r->rounded },
	};
	struct report report = {
		.run = r->row.id, .state = r->app->opt.dry_run ? "DRAFT" : store_state_name(r->row.state), .exit = (int)exit_status, .issued = run_is_issued(r),
		.period = r->row.period, .compare = whatif_table(r), .noted = noted, .nnoted = sizeof noted / sizeof *noted, .requests = http.requests, .retries = http.retries,
	};
	struct source src;
	int rc = -1;

	source_of_run(r, &src);
	if (g.pool == NULL)
		err_nomem(e);
	else if (gather(r, &g, &report, e) == 0)
		rc = report_write(&report, &src, out, e);
	forget(&g);
	return rc;
}

/* The last files of a closed run; the ledger remembers that they are there, so that a run killed before this is finished by the next one. */
static int remember_files(void *ctx, struct err *e)
{
	struct run *r = ctx;

	return store_set_meta(r->app->store, CLOSE_META, r->row.id, e);
}

/* A commit that failed may stand all the same. */
static int forget_files(void *ctx, struct err *e)
{
	struct run *r = ctx;
	char *known = store_meta(r->app->store, CLOSE_META, e);
	int rc = known == NULL && e->code != ERR_OK ? -1 : 0;

	if (known != NULL && strcmp(known, r->row.id) == 0)
		rc = store_set_meta(r->app->store, CLOSE_META, "", e);
	free(known);
	return rc;
}

static int finish_files(struct run *r, const struct buf *report, struct err *e)
{
	struct buf mark = BUF_INIT;
	int rc = -1;

	if (stage_put_out(r->stage, "latest.json", report->p, report->n, e) == 0 && highwater_write(r->app->store, &mark, e) == 0)
		rc = stage_put_out(r->stage, HIGHWATER_NAME, mark.p, mark.n, e);
	buf_free(&mark);
	if (rc < 0 || stage_freeze(r->stage, e) < 0)
		return -1;
	if (r->app->cfg.ledger_copy && copy_make(r->app->store, r->app->cfg.ledger, e) < 0)
		return -1;
	step_hit("D13 files");
	/* The next run writes them once more, with the run's own status. */
	if (r->failed)
		return advance_work(r, forget_files, r, "D13 failed", e);
	return advance_work(r, remember_files, r, "D13 done", e);
}

int close_write_report(struct run *r, enum err_code exit_status, struct err *e)
{
	int published = 0, terminal = r->row.state == RUN_CLOSED || r->row.state == RUN_CLOSED_EXC, rc = -1;
	struct buf b = BUF_INIT;

	if (r->stage == NULL) {
		r->stage = stage_find(r->app->cfg.out_dir, r->row.period.label, r->row.id, &published, e);
		if (r->stage == NULL)
			return e->code == ERR_OK ? 0 : -1; /* a run without a folder */
	}
	if (close_report(r, exit_status, &b, e) == 0 && stage_put(r->stage, "run.json", b.p, b.n, e) == 0)
		rc = terminal ? finish_files(r, &b, e) : 0;
	buf_free(&b);
	return rc;
}

/* Verdicts of the run, as the event of its end. */
static int verdicts(struct run *r, struct buf *out, int64_t *exceptions, struct err *e)
{
	struct jout j;
	int64_t n[CLAIM_STATES];

	if (claim_counts(r->app->store, r->row.id, n, e) < 0)
		return -1;
	*exceptions = 0;
	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	for (int i = 0; i < CLAIM_STATES; i++) {
		if (n[i] > 0)
			jout_int(&j, claim_state_name((enum claim_state)i), n[i]);
		if (i != CLAIM_VERIFIED && i != CLAIM_VOIDED)
			*exceptions += n[i];
	}
	jout_end_object(&j);
	return buf_ok(out) ? 0 : err_nomem(e);
}

int close_run(struct run *r, struct err *e)
{
	struct buf b = BUF_INIT;
	int64_t exceptions = 0;
	int rc = -1;

	progress_stage("close", 0);
	if (verdicts(r, &b, &exceptions, e) == 0)
		rc = advance_run(r, exceptions > 0 || r->disputed > 0 ? RUN_CLOSED_EXC : RUN_CLOSED, buf_text(&b), NULL, "D13", e);
	buf_free(&b);
	return rc;
}
