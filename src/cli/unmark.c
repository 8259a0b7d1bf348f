/* The second half of a void: the entries of the cancelled invoice set unbilled in awork, proven, and only then released in the ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/reread.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/advance.h"
#include "cli/attempt.h"
#include "cli/progress.h"
#include "cli/run.h"

#define GROUP 1000  /* claims read and sent together */
#define ROUNDS 5    /* readings that still show an entry as billed */

/* Lists may lag behind writes: from the second reading on by id, after a pause. */
static const int64_t pauses_ms[ROUNDS] = { 0, 500, 1000, 2000, 2000 };

struct group {
	struct run *r;
	const char *number;      /* of the cancelled invoice */
	struct claim_brief *v;
	size_t n;                /* still billed, or not read yet; shrinks */
	unsigned char *billed;   /* of v: as read last */
	unsigned char *named;    /* of v: awork said that it set it unbilled */
	size_t *at, nat;         /* what is being read: indices into v */
	const char **ids;
	char (*text)[37];
	size_t from, len, chunk; /* of the chunk that is sent */
	int chunk_no;
	int64_t attempt;
	enum batch_outcome *outcome;
	struct batch_report report;
	int unauthorized;
};

static int on_read(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct group *g = ctx;

	(void)e;
	/* What is deleted in awork needs no release there. */
	g->billed[g->at[item]] = now != NULL && now->billed;
	return 0;
}

/* Reads the claims at[0..nat) and notes which are billed. */
static int read_some(struct group *g, int by_id, struct err *e)
{
	struct entry_key *items = calloc(g->nat + 1, sizeof *items);
	int rc;

	if (items == NULL)
		return err_nomem(e);
	for (size_t k = 0; k < g->nat; k++)
		items[k] = g->v[g->at[k]].key;
	rc = reread_entries(g->r->app->http, items, sizeof *items, g->nat, (int)g->r->app->cfg.page_size, by_id ? REREAD_BY_ID : REREAD_ANY, on_read, g, e);
	free(items);
	return rc;
}

/* Keeps what is billed. */
static int read_group(struct group *g, int round, struct err *e)
{
	size_t k = 0;

	for (g->nat = 0; g->nat < g->n; g->nat++)
		g->at[g->nat] = g->nat;
	if (read_some(g, round > 1, e) < 0)
		return -1;
	/* A list that shows an entry as unbilled may be older than its mark: without awork's word that it was set, the entry itself is asked. */
	g->nat = 0;
	for (size_t i = 0; i < g->n && round <= 1; i++)
		if (!g->billed[i] && !g->named[i])
			g->at[g->nat++] = i;
	if (g->nat > 0 && round <= 1 && read_some(g, 1, e) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (g->billed[i]) {
			g->named[k] = g->named[i];
			g->v[k++] = g->v[i];
		}
	g->n = k;
	return 0;
}

static int record_intent(void *ctx, struct err *e)
{
	struct group *g = ctx;
	uint8_t digest[SHA_LEN];

	return attempt_digest(g->ids, g->len, digest, e) < 0 ? -1 : claim_attempt_new(g->r->app->store, g->r->row.id, g->chunk_no, 0, digest, &g->attempt, e);
}

static int record_outcome(void *ctx, struct err *e)
{
	struct group *g = ctx;

	if (claim_attempt_done(g->r->app->store, g->attempt, attempt_state(g->report.answer), g->report.http, g->report.trace_id, e) < 0)
		return -1;
	return attempt_alarm(g->r, g->r->row.id, &g->report, e);
}

/* One POST with its intent before and its answer after; what it did is read back, never believed. */
static int send_chunk(struct group *g, struct err *e)
{
	for (int again = 1;; again++) {
		g->chunk_no++;
		for (size_t i = 0; i < g->len; i++)
			g->ids[i] = text_uuid_unpack(g->text[i], g->v[g->from + i].key.id);
		if (advance_work(g->r, record_intent, g, "V5 intent", e) < 0 ||
		    batch_set_billed(g->r->app->http, g->ids, g->len, 0, g->outcome, &g->report, e) < 0 ||
		    advance_work(g->r, record_outcome, g, "V5 outcome", e) < 0)
			return -1;
		if (g->report.answer != BATCH_AGAIN)
			break;
		if (http_wait(g->r->app->http, again, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < g->len && g->report.answer == BATCH_ANSWERED; i++) {
		g->unauthorized |= g->outcome[i] == BATCH_UNAUTHORIZED;
		g->named[g->from + i] = g->outcome[i] == BATCH_OK;
	}
	if ((g->report.answer == BATCH_TOO_LARGE || g->report.answer == BATCH_REFUSED) && g->chunk > 1)
		g->chunk = g->len / 2 > 0 ? g->len / 2 : 1;
	return 0;
}

static int send_group(struct group *g, struct err *e)
{
	for (g->from = 0; g->from < g->n && !g->unauthorized; g->from += g->len) {
		g->len = g->n - g->from < g->chunk ? g->n - g->from : g->chunk;
		if (send_chunk(g, e) < 0)
			return -1;
	}
	return 0;
}

/* Reads, sends what is billed, reads again. 1 when entries stay billed. */
static int unmark_group(struct group *g, struct err *e)
{
	for (int round = 0; round < ROUNDS; round++) {
		if (pauses_ms[round] > 0 && clock_sleep_ms(pauses_ms[round]) < 0)
			return err_set(e, ERR_TEMPFAIL, "stopped by a signal while entries were set unbilled");
		if (read_group(g, round, e) < 0)
			return -1;
		if (g->n == 0)
			return 0;
		if (g->unauthorized)
			return 1;
		if (send_group(g, e) < 0)
			return -1;
	}
	return read_group(g, ROUNDS, e) < 0 ? -1 : g->n > 0;
}

/* Sentence for what stopped it; the entries are named in the log. */
static int refused(const struct group *g, struct err *e)
{
	char id[37];

	for (size_t i = 0; i < g->n && i < 10; i++)
		log_write(LOG_WARN, "void", "entry %s of %s is still billed in awork", text_uuid_unpack(id, g->v[i].key.id), g->number);
	if (g->unauthorized)
		return err_set(e, ERR_NOPERM, "awork does not allow the API key to set entries of %s unbilled; use one with administrator rights, the next run goes on", g->number);
	return err_set(e, ERR_TEMPFAIL, "%zu entries of %s stay billed in awork (the first is %s); the next run tries again", g->n, g->number, text_uuid_unpack(id, g->v[0].key.id));
}

/* All claims of one document but those that awork no longer has, or that somebody else had billed. */
static int unmark_document(struct run *r, const char *number, struct err *e)
{
	unsigned states = ~(1u << CLAIM_GONE | 1u << CLAIM_FOREIGN | 1u << CLAIM_VOIDED) & ((1u << CLAIM_STATES) - 1);
	struct group g = { .r = r, .number = number, .chunk = (size_t)r->app->cfg.batch_size };
	struct claim_brief *v = NULL;
	size_t n = 0;
	int rc = -1;

	if (claim_list_invoice(r->app->store, number, states, &v, &n, e) < 0)
		return -1;
	progress_stage("unmark", (int64_t)n);
	g.billed = calloc(GROUP + 1, 1);
	g.named = calloc(GROUP + 1, 1);
	g.at = calloc(GROUP + 1, sizeof *g.at);
	g.ids = calloc(GROUP + 1, sizeof *g.ids);
	g.text = calloc(GROUP + 1, sizeof *g.text);
	g.outcome = calloc(GROUP + 1, sizeof *g.outcome);
	if (g.billed == NULL || g.named == NULL || g.at == NULL || g.ids == NULL || g.text == NULL || g.outcome == NULL) {
		err_nomem(e);
		goto out;
	}
	rc = 0;
	for (size_t from = 0; from < n && rc == 0; from += GROUP) {
		g.v = v + from;
		g.n = n - from < GROUP ? n - from : GROUP;
		memset(g.named, 0, GROUP);
		rc = unmark_group(&g, e);
		progress_set((int64_t)(from + GROUP < n ? from + GROUP : n), 0);
	}
	if (rc > 0)
		rc = refused(&g, e);
out:
	free(g.billed);
	free(g.named);
	free(g.at);
	free(g.ids);
	free(g.text);
	free(g.outcome);
	free(v);
	return rc;
}

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	(void)q;
	(void)e;
	snprintf(ctx, NUMBER_LEN, "%s", v->cancels == NULL ? "" : v->cancels);
	return 0;
}

static int release(struct run *r, struct err *e)
{
	return plan_voided(r->app->store, r->row.id, e);
}

/* A void that awork refuses must not keep anybody from billing: it rests until the next run tries again. */
static int rest(struct run *r, struct err *e)
{
	struct err own = ERR_INIT;

	if (r->row.resting == 0 && store_run_set_resting(r->app->store, &r->row, 1, &own) < 0)
		log_write(LOG_WARN, "void", "%s", own.msg);
	return err_ctx(e, "%s", r->row.id);
}

int unmark_roll_forward(struct run *r, struct err *e)
{
	char number[NUMBER_LEN] = "";

	if (r->row.state == RUN_PUBLISHED && advance_run(r, RUN_MARKING, NULL, NULL, "V5", e) < 0)
		return -1;
	if (query_invoices(r->app->store, r->row.id, NULL, on_document, number, e) < 0)
		return -1;
	if (unmark_document(r, number, e) < 0)
		return e->code == ERR_NOPERM || e->code == ERR_TEMPFAIL ? rest(r, e) : -1;
	if (r->row.state == RUN_MARKING && advance_run(r, RUN_VERIFYING, NULL, NULL, "V6", e) < 0)
		return -1;
	if (r->row.resting && store_run_set_resting(r->app->store, &r->row, 0, e) < 0)
		return -1;
	return advance_run(r, RUN_CLOSED, NULL, release, "V7", e);
}
