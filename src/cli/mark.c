/* Marking: each claim set billed in awork. Read before sending, intent before effect, every outcome recorded; nothing is sent twice that was seen billed. */
#include <stdlib.h>
#include <string.h>

#include "awork/batch.h"
#include "awork/reread.h"
#include "base/jout.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/progress.h"
#include "cli/mark.h"

#define GROUP 1000          /* claims read and sent together, and then all of the last one's day: a day is read once */
#define CHUNK 1000          /* ids per POST, at most */
#define RESENDS 2           /* of ids that no bucket named */
#define LOST_ROUNDS 4       /* answers lost in a row */

/* What a claim of the group waits for. */
enum todo { SETTLED, SEND, READ_AGAIN };

struct group {
	struct run *r;
	const char *run;         /* whose claims these are */
	struct claim *v;
	size_t n;
	unsigned char *todo;     /* enum todo */
	unsigned char *unresolved, *missing, *refused; /* how often awork said so */
	int *at;                 /* items of the current read or chunk: index into v */
	size_t nat;
	size_t chunk;            /* ids per POST, halved when awork says too large */
	int chunk_no;
	int64_t attempt;
	enum batch_outcome *outcome;
	struct batch_report report;
};

int mark_exception(struct run *r, const char *run, const struct claim *c, enum claim_state to, const int64_t *delta, const char *what, struct err *e)
{
	struct buf b = BUF_INIT;
	struct jout j;
	int rc = -1;

	jout_init(&j, &b, 0);
	jout_object(&j, NULL);
	jout_text(&j, "entry", c->entry);
	jout_text(&j, "invoice", c->invoice);
	jout_text(&j, "kind", claim_state_name(to));
	jout_opt(&j, "what", what);
	jout_end_object(&j);
	if (!buf_ok(&b))
		err_nomem(e);
	else if (claim_move(r->app->store, c->entry, to, delta, e) == 0 && chain_append(r->app->store, run, "exception", buf_text(&b), e) == 0)
		rc = 0;
	buf_free(&b);
	r->exceptions++;
	log_write(LOG_WARN, "exception", "entry %s on %s: %s%s%s", c->entry, c->invoice, claim_state_name(to), what == NULL ? "" : ": ", what == NULL ? "" : what);
	return rc;
}

/* What changed since the entry was claimed, in words; "" when nothing did. */
int mark_difference(struct run *r, const struct claim *c, const struct entry *now, struct buf *out, struct err *e)
{
	char *json = claim_snapshot(r->app->store, c->entry, e);
	struct pool *pool = pool_new();
	struct entry old;
	int rc = -1;

	if (pool == NULL)
		err_nomem(e);
	else if (json != NULL && entry_read(json, strlen(json), pool, &old, e) == 0) {
		entry_diff(&old, now, out);
		rc = buf_ok(out) ? 0 : err_nomem(e);
	}
	free(json);
	pool_free(pool);
	return rc;
}

static int drift(struct group *g, size_t i, const struct entry *now, struct err *e)
{
	int64_t delta = (now->has_secs ? now->secs : 0) - g->v[i].secs;
	struct buf what = BUF_INIT;
	int rc = -1;

	if (mark_difference(g->r, &g->v[i], now, &what, e) == 0)
		rc = mark_exception(g->r, g->run, &g->v[i], CLAIM_DRIFT, &delta, buf_text(&what), e);
	buf_free(&what);
	return rc;
}

/* Read as billed: proven, when nothing else changed. From now on it is never sent again: unbilled later, a person did that. */
static int seen_billed(struct group *g, struct claim *c, const struct entry *now, struct err *e)
{
	struct store *s = g->r->app->store;
	uint8_t fp[SHA_LEN];

	if (entry_fingerprint(now, fp) < 0)
		return err_nomem(e);
	if (c->state != CLAIM_MARKED && claim_move(s, c->entry, CLAIM_MARKED, NULL, e) < 0)
		return -1;
	c->state = CLAIM_MARKED;
	if (memcmp(fp, c->fp, SHA_LEN) != 0)
		return 0; /* verification says what changed */
	c->state = CLAIM_VERIFIED;
	return claim_move(s, c->entry, CLAIM_VERIFIED, NULL, e);
}

/* One claim as awork shows it now. A claim that was sent and is billed was billed by us; one never sent was billed by somebody else, unless the API user did it. */
static int on_read(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct group *g = ctx;
	size_t i = (size_t)g->at[item];
	struct claim *c = &g->v[i];

	g->todo[i] = SETTLED;
	if (now == NULL)
		return mark_exception(g->r, g->run, c, CLAIM_GONE, NULL, "deleted in awork", e);
	if (now->billed) {
		const char *api = g->r->app->api_user;

		if (c->state == CLAIM_CLAIMED && (now->updated_by == NULL || api[0] == '\0' || strcmp(now->updated_by, api) != 0))
			return mark_exception(g->r, g->run, c, CLAIM_FOREIGN, NULL, "billed by somebody else before it was marked", e);
		return seen_billed(g, c, now, e);
	}
	if (!now->billable)
		return drift(g, i, now, e);
	if (g->refused[i] > 0)
		return mark_exception(g->r, g->run, c, CLAIM_UNMARKED_REJECTED, NULL, "awork does not allow this change of the entry", e);
	if (g->missing[i] > 1)
		return mark_exception(g->r, g->run, c, CLAIM_UNMARKED_UNKNOWN, NULL, "awork finds it when read, not when marked", e);
	if (g->unresolved[i] > RESENDS)
		return mark_exception(g->r, g->run, c, CLAIM_UNMARKED_UNKNOWN, NULL, "awork named no result for it", e);
	g->todo[i] = SEND;
	return 0;
}

/* Reads what is not settled and sorts it; the moves of one read are one transaction. */
static int read_group(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct reread_item *items = calloc(g->n + 1, sizeof *items);
	int rc;

	if (items == NULL)
		return err_nomem(e);
	g->nat = 0;
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] != SETTLED) {
			items[g->nat] = (struct reread_item){ g->v[i].entry, g->v[i].date };
			g->at[g->nat++] = (int)i;
		}
	rc = reread_entries(g->r->app->http, items, g->nat, (int)g->r->app->cfg.page_size, 0, on_read, g, e);
	free(items);
	return rc;
}

static int record_intent(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct sha *sha = sha_new();
	uint8_t digest[SHA_LEN];

	if (sha == NULL)
		return err_nomem(e);
	for (size_t k = 0; k < g->nat; k++)
		sha_add(sha, g->v[g->at[k]].entry, 36);
	sha_end(sha, digest);
	sha_free(sha);
	if (claim_attempt_new(g->r->app->store, g->run, g->chunk_no, 1, digest, &g->attempt, e) < 0)
		return -1;
	for (size_t k = 0; k < g->nat; k++) {
		struct claim *c = &g->v[g->at[k]];

		if (c->state != CLAIM_SENT && claim_move(g->r->app->store, c->entry, CLAIM_SENT, NULL, e) < 0)
			return -1;
	}
	return 0;
}

static int record_one(struct group *g, size_t k, struct err *e)
{
	size_t i = (size_t)g->at[k];
	struct claim *c = &g->v[i];

	switch (g->outcome[k]) {
	case BATCH_OK:
		g->todo[i] = SETTLED;
		c->state = CLAIM_MARKED;
		return claim_move(g->r->app->store, c->entry, CLAIM_MARKED, NULL, e);
	case BATCH_UNAUTHORIZED:
		g->todo[i] = SETTLED;
		return mark_exception(g->r, g->run, c, CLAIM_UNMARKED_AUTH, NULL, "awork refused the right to edit it; use an API key with administrator rights", e);
	case BATCH_NOT_FOUND:
		g->missing[i]++;
		break;
	case BATCH_BAD_REQUEST:
		g->refused[i]++;
		break;
	case BATCH_UNRESOLVED:
		g->unresolved[i]++;
		break;
	}
	g->todo[i] = READ_AGAIN;
	return 0;
}

static const char *answer_name(enum batch_answer a)
{
	static const char *const names[] = { "answered", "lost", "again", "too_large", "refused" };

	return names[a];
}

static int record_outcome(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct store *s = g->r->app->store;

	if (claim_attempt_done(s, g->attempt, answer_name(g->report.answer), g->report.http, g->report.trace_id, e) < 0)
		return -1;
	if (g->report.foreign > 0 || g->report.doubled > 0) {
		if (chain_append(s, g->run, "protocol", "{\"answer\":\"ids that were not sent, or ids in two buckets\"}", e) < 0)
			return -1;
		g->r->protocol_alarms += g->report.foreign;
	}
	for (size_t k = 0; k < g->nat && g->report.answer == BATCH_ANSWERED; k++)
		if (record_one(g, k, e) < 0)
			return -1;
	return 0;
}

/* A single id that awork refuses as a request is refused for good. */
static int refuse_single(void *ctx, struct err *e)
{
	struct group *g = ctx;
	size_t i = (size_t)g->at[0];

	g->todo[i] = SETTLED;
	return mark_exception(g->r, g->run, &g->v[i], CLAIM_UNMARKED_REJECTED, NULL, g->report.note[0] == '\0' ? "awork refused the request" : g->report.note, e);
}

/* Sends the ids at[0..n). 1: the answer was lost, read before anything else is sent; 0; -1. Refused chunks are cut in halves down to the id. */
static int send_chunk(struct group *g, int *at, size_t n, struct err *e)
{
	const char *ids[CHUNK];
	int *saved = g->at, rc;

	for (int again = 1;; again++) {
		g->at = at;
		g->nat = n;
		g->chunk_no++;
		for (size_t k = 0; k < n; k++)
			ids[k] = g->v[at[k]].entry;
		rc = advance_work(g->r, record_intent, g, "D11b", e);
		for (size_t k = 0; k < n && rc == 0; k++)
			g->v[at[k]].state = CLAIM_SENT;
		if (rc == 0)
			rc = batch_set_billed(g->r->app->http, ids, n, 1, g->outcome, &g->report, e);
		if (rc == 0)
			rc = advance_work(g->r, record_outcome, g, "D11d", e);
		g->at = saved;
		if (rc < 0)
			return -1;
		if (g->report.answer != BATCH_AGAIN)
			break;
		if (http_wait(g->r->app->http, again, e) < 0)
			return -1;
	}
	if (g->report.answer == BATCH_LOST)
		return 1;
	if (g->report.answer != BATCH_TOO_LARGE && g->report.answer != BATCH_REFUSED)
		return 0;
	if (n == 1) {
		g->at = at;
		g->nat = 1;
		rc = advance_work(g->r, refuse_single, g, "D11d", e);
		g->at = saved;
		return rc;
	}
	if (g->report.answer == BATCH_TOO_LARGE && g->chunk > n / 2)
		g->chunk = n / 2;
	rc = send_chunk(g, at, n / 2, e);
	return rc != 0 ? rc : send_chunk(g, at + n / 2, n - n / 2, e);
}

/* All that waits to be sent. 1: an answer was lost. */
static int send_group(struct group *g, struct err *e)
{
	int *list = calloc(g->n + 1, sizeof *list);
	size_t n = 0;
	int rc = 0;

	if (list == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == SEND)
			list[n++] = (int)i;
	for (size_t from = 0; from < n && rc == 0;) {
		size_t len = n - from < g->chunk ? n - from : g->chunk;

		rc = send_chunk(g, list + from, len, e);
		from += len;
	}
	free(list);
	return rc;
}

static int waiting(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] != SETTLED)
			return 1;
	return 0;
}

static int mark_group(struct group *g, struct err *e)
{
	int lost = 0;

	while (waiting(g)) {
		int rc;

		if (advance_work(g->r, read_group, g, "D11a", e) < 0)
			return -1;
		rc = send_group(g, e);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			lost = 0;
			continue;
		}
		if (++lost > LOST_ROUNDS)
			return err_set(e, ERR_TEMPFAIL, "awork's answer was lost %d times in a row while entries were marked; run again to go on", lost);
		if (http_wait(g->r->app->http, lost, e) < 0)
			return -1;
	}
	return 0;
}

static void free_group(struct group *g)
{
	free(g->todo);
	free(g->unresolved);
	free(g->missing);
	free(g->refused);
	free(g->at);
	free(g->outcome);
}

static int new_group(struct group *g, struct err *e)
{
	g->todo = malloc(g->n);
	g->unresolved = calloc(g->n, 1);
	g->missing = calloc(g->n, 1);
	g->refused = calloc(g->n, 1);
	g->at = calloc(g->n, sizeof *g->at);
	g->outcome = calloc(CHUNK, sizeof *g->outcome);
	if (g->todo == NULL || g->unresolved == NULL || g->missing == NULL || g->refused == NULL || g->at == NULL || g->outcome == NULL)
		return err_nomem(e);
	memset(g->todo, READ_AGAIN, g->n);
	return 0;
}

/* How many of the n claims, sorted by date, make the next group. */
static size_t group_size(const struct claim *v, size_t n)
{
	size_t k = n < GROUP ? n : GROUP;

	while (k < n && v[k].date == v[k - 1].date)
		k++;
	return k;
}

int mark_list(struct run *r, const char *run, struct claim *v, size_t n, struct err *e)
{
	size_t chunk = (size_t)r->app->cfg.batch_size;

	for (size_t from = 0; from < n;) {
		struct group g = { .r = r, .run = run, .v = v + from, .n = group_size(v + from, n - from), .chunk = chunk };
		int rc = new_group(&g, e);

		if (rc == 0)
			rc = mark_group(&g, e);
		free_group(&g);
		if (rc < 0)
			return -1;
		chunk = g.chunk;
		from += g.n;
		progress_set((int64_t)from, 0);
	}
	return 0;
}

#define BIT(state) (1u << (state))

int mark_claims(struct run *r, struct err *e)
{
	struct claim *v = NULL;
	size_t n = 0;
	int rc = -1;

	if (r->row.resting && store_run_set_resting(r->app->store, &r->row, 0, e) < 0)
		return -1;
	if (r->row.state == RUN_PUBLISHED && advance_run(r, RUN_MARKING, NULL, NULL, "D11", e) < 0)
		return -1;
	if (claim_list(r->app->store, r->row.id, BIT(CLAIM_CLAIMED) | BIT(CLAIM_SENT), &v, &n, e) == 0) {
		progress_stage("mark", (int64_t)n);
		rc = mark_list(r, r->row.id, v, n, e);
	}
	free(v);
	return rc;
}
