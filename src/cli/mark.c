/* Marking: each claim set billed in awork. Read before sending, intent before effect, every outcome recorded; nothing is sent twice that was seen billed. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/advance.h"
#include "cli/attempt.h"
#include "cli/batchsize.h"
#include "cli/exception.h"
#include "cli/mark.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/step.h"

#define GROUP 32000         /* claims read and sent together, and then all of the last one's day: a day is read once */
#define FLIGHTS 32          /* POSTs in flight, at most */
#define RESENDS 2           /* of ids that no bucket named */
#define LOST_ROUNDS 4       /* answers lost in a row */

/* What a claim of the group waits for. The last two while its reading is recorded: seen billed, with or without other changes. */
enum todo { SETTLED, SEND, READ_AGAIN, IS_BILLED, IS_PROVEN };

/* Some of what a group sends: list[from..from+n). */
struct piece { size_t from, n; };

struct flight {
	struct group *g;
	struct piece piece;
	int64_t attempt;
	struct batch_post post;
	struct batch_report report;
	int landed;              /* nothing takes its place */
};

struct group {
	struct run *r;
	const char *run;         /* whose claims these are */
	struct claim_brief *v;   /* by date, then by row: what is sent together are neighbours in the ledger */
	size_t n;
	unsigned char *todo;     /* enum todo */
	unsigned char *unresolved, *missing, *refused; /* how often awork said so */
	int *at;                 /* items of the current read: index into v */
	size_t nat;
	struct batchsize *size;
	int *attempts;           /* POSTs so far, over all groups */
	int *list;               /* what is sent: index into v; beside it ids, as texts, and outcome */
	const char **ids;
	char (*text)[37];
	enum batch_outcome *outcome;
	struct piece *left;      /* stack of what still has to be sent */
	size_t nleft;
	struct flight flight[FLIGHTS];
	size_t nflight;
	int rolling;             /* an answered POST is followed by the next one at once */
};

static int exception(struct group *g, size_t i, enum claim_state to, const char *what, struct err *e)
{
	return exception_of(g->r, g->run, g->v[i].id, to, what, e);
}

static int drift(struct group *g, size_t i, const struct entry *now, struct err *e)
{
	struct claim c;

	return claim_get(g->r->app->store, g->v[i].id, &c, e) < 0 ? -1 : exception_drift(g->r, g->run, &c, now, e);
}

/* One claim as awork shows it now. A claim that was sent and is billed was billed by us; one never sent was billed by somebody else, unless the API user did it. Read as billed and
 * otherwise unchanged it is proven; what changed, verification says. */
static int on_read(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct group *g = ctx;
	size_t i = (size_t)g->at[item];
	struct claim_brief *c = &g->v[i];
	uint8_t fp[SHA_LEN];

	g->todo[i] = SETTLED;
	if (now == NULL)
		return exception(g, i, CLAIM_GONE, "deleted in awork", e);
	if (now->billed) {
		const char *api = g->r->app->api_user;

		if (c->state == CLAIM_CLAIMED && (now->updated_by == NULL || api[0] == '\0' || strcmp(now->updated_by, api) != 0))
			return exception(g, i, CLAIM_FOREIGN, "billed by somebody else before it was marked", e);
		if (entry_fingerprint(now, fp) < 0)
			return err_nomem(e);
		g->todo[i] = memcmp(fp, c->fp, CLAIM_FP) == 0 ? IS_PROVEN : IS_BILLED;
		return 0;
	}
	if (!now->billable)
		return drift(g, i, now, e);
	if (g->refused[i] > 0)
		return exception(g, i, CLAIM_UNMARKED_REJECTED, "awork does not allow this change of the entry", e);
	if (g->missing[i] > 1)
		return exception(g, i, CLAIM_UNMARKED_UNKNOWN, "awork finds it when read, not when marked", e);
	if (g->unresolved[i] > RESENDS)
		return exception(g, i, CLAIM_UNMARKED_UNKNOWN, "awork named no result for it", e);
	g->todo[i] = SEND;
	return 0;
}

/* From now on they are never sent again: unbilled later, a person did that. */
static int record_billed(struct group *g, struct err *e)
{
	struct store *s = g->r->app->store;
	struct move m = { .n = 0 };

	for (size_t i = 0; i < g->n; i++)
		if ((g->todo[i] == IS_BILLED || g->todo[i] == IS_PROVEN) && g->v[i].state != CLAIM_MARKED && move_claim(s, &m, g->v[i].id, g->v[i].state, CLAIM_MARKED, e) < 0)
			return -1;
	if (move_end(s, &m, e) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == IS_PROVEN && move_claim(s, &m, g->v[i].id, CLAIM_MARKED, CLAIM_VERIFIED, e) < 0)
			return -1;
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == IS_BILLED || g->todo[i] == IS_PROVEN) {
			g->v[i].state = g->todo[i] == IS_PROVEN ? CLAIM_VERIFIED : CLAIM_MARKED;
			g->todo[i] = SETTLED;
		}
	return move_end(s, &m, e);
}

/* Reads what is not settled and sorts it; the moves of one read are one transaction. */
static int read_group(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct entry_key *items = calloc(g->n + 1, sizeof *items);
	int rc;

	if (items == NULL)
		return err_nomem(e);
	g->nat = 0;
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] != SETTLED) {
			items[g->nat] = g->v[i].key;
			g->at[g->nat++] = (int)i;
		}
	rc = reread_entries(g->r->app->http, items, sizeof *items, g->nat, (int)g->r->app->cfg.page_size, REREAD_UNBILLED, on_read, g, e);
	free(items);
	return rc < 0 ? -1 : record_billed(g, e);
}

static int flight_intent(struct group *g, struct flight *f, struct move *m, struct err *e)
{
	uint8_t digest[SHA_LEN];

	if (attempt_digest(f->post.ids, f->piece.n, digest, e) < 0 || claim_attempt_new(g->r->app->store, g->run, ++*g->attempts, 1, digest, &f->attempt, e) < 0)
		return -1;
	for (size_t k = 0; k < f->piece.n; k++) {
		const struct claim_brief *c = &g->v[g->list[f->piece.from + k]];

		if (c->state != CLAIM_SENT && move_claim(g->r->app->store, m, c->id, c->state, CLAIM_SENT, e) < 0)
			return -1;
	}
	return 0;
}

/* Of all that is about to be in flight. */
static int record_intent(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct move m = { .n = 0 };

	for (size_t k = 0; k < g->nflight; k++)
		if (flight_intent(g, &g->flight[k], &m, e) < 0)
			return -1;
	return move_end(g->r->app->store, &m, e);
}

static int record_one(struct group *g, size_t k, struct move *m, struct err *e)
{
	size_t i = (size_t)g->list[k];
	struct claim_brief *c = &g->v[i];

	switch (g->outcome[k]) {
	case BATCH_OK:
		g->todo[i] = SETTLED;
		c->state = CLAIM_MARKED;
		return move_claim(g->r->app->store, m, c->id, CLAIM_SENT, CLAIM_MARKED, e);
	case BATCH_UNAUTHORIZED:
		g->todo[i] = SETTLED;
		return exception(g, i, CLAIM_UNMARKED_AUTH, "awork refused the right to edit it; use an API key with administrator rights", e);
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

/* A single id that awork refuses as a request is refused for good. */
static int refuse_single(struct group *g, const struct flight *f, struct err *e)
{
	size_t i = (size_t)g->list[f->piece.from];

	g->todo[i] = SETTLED;
	return exception(g, i, CLAIM_UNMARKED_REJECTED, f->report.note[0] == '\0' ? "awork refused the request" : f->report.note, e);
}

static int record_outcome(void *ctx, struct err *e)
{
	struct flight *f = ctx;
	struct group *g = f->g;
	struct store *s = g->r->app->store;
	enum batch_answer answer = f->report.answer;
	struct move m = { .n = 0 };

	if (claim_attempt_done(s, f->attempt, attempt_state(answer), f->report.http, f->report.trace_id, e) < 0 ||
	    batchsize_learn(g->size, s, f->piece.n, answer, e) < 0 || attempt_alarm(g->r, g->run, &f->report, e) < 0)
		return -1;
	if (f->piece.n == 1 && (answer == BATCH_TOO_LARGE || answer == BATCH_REFUSED))
		return refuse_single(g, f, e);
	for (size_t k = 0; k < f->piece.n && answer == BATCH_ANSWERED; k++)
		if (record_one(g, f->piece.from + k, &m, e) < 0)
			return -1;
	return move_end(s, &m, e);
}

static int on_answer(void *ctx, struct batch_post *p, struct err *e);

/* The next piece of the stack. */
static void load(struct group *g, struct flight *f)
{
	struct piece *top = &g->left[g->nleft - 1];
	size_t n = top->n < g->size->chunk ? top->n : g->size->chunk;

	*f = (struct flight){ .g = g, .piece = { top->from, n } };
	f->post = (struct batch_post){ g->ids + top->from, n, g->outcome + top->from, &f->report, on_answer, f };
	top->from += n;
	top->n -= n;
	g->nleft -= top->n == 0;
}

static int take_off(struct flight *f, struct err *e)
{
	struct group *g = f->g;

	for (size_t i = f->piece.from; i < f->piece.from + f->piece.n; i++)
		g->v[g->list[i]].state = CLAIM_SENT;
	return batch_add_billed(g->r->app->http, &f->post, 1, e);
}

/* What became of one, and the intent of the one that takes its place. After an answer of another kind none does. */
static int record_answer(void *ctx, struct err *e)
{
	struct flight *f = ctx;
	struct group *g = f->g;
	struct move m = { .n = 0 };

	if (record_outcome(f, e) < 0)
		return -1;
	g->rolling &= f->report.answer == BATCH_ANSWERED && g->size->chunk <= g->size->proven;
	f->landed = !g->rolling || g->nleft == 0;
	if (f->landed)
		return 0;
	load(g, f);
	return flight_intent(g, f, &m, e) < 0 ? -1 : move_end(g->r->app->store, &m, e);
}

static int on_answer(void *ctx, struct batch_post *p, struct err *e)
{
	struct flight *f = ctx;

	(void)p;
	if (advance_work(f->g->r, record_answer, f, "D11d", e) < 0)
		return -1;
	return f->landed ? 0 : take_off(f, e);
}

/* What goes off together: one POST alone until its size is known to be taken. */
static void load_flights(struct group *g)
{
	g->rolling = g->size->chunk <= g->size->proven;
	for (g->nflight = 0; g->nleft > 0 && g->nflight < FLIGHTS && g->nflight < (g->rolling ? (size_t)g->r->app->cfg.connections : 1); g->nflight++)
		load(g, &g->flight[g->nflight]);
}

/* What was not applied goes back to the stack, refused chunks in halves down to the id. Notes what was lost and what awork wants later. */
static void unload_flights(struct group *g, int *lost, int *again)
{
	*lost = *again = 0;
	for (size_t k = g->nflight; k-- > 0;) {
		struct piece p = g->flight[k].piece;
		enum batch_answer answer = g->flight[k].report.answer;

		*lost |= answer == BATCH_LOST;
		*again |= answer == BATCH_AGAIN;
		if (answer == BATCH_AGAIN) {
			g->left[g->nleft++] = p;
		} else if (p.n > 1 && (answer == BATCH_TOO_LARGE || answer == BATCH_REFUSED)) {
			g->left[g->nleft++] = (struct piece){ p.from + p.n / 2, p.n - p.n / 2 };
			g->left[g->nleft++] = (struct piece){ p.from, p.n / 2 };
		}
	}
}

/* The intent of all is durable before the first goes off; each answer is recorded when it comes, together with the intent of the next. */
static int fly(struct group *g, struct err *e)
{
	int rc;

	load_flights(g);
	rc = advance_work(g->r, record_intent, g, "D11b", e);
	for (size_t k = 0; k < g->nflight && rc == 0; k++)
		rc = take_off(&g->flight[k], e);
	return rc < 0 ? -1 : http_run(g->r->app->http, e);
}

/* All that waits to be sent. 1: an answer was lost, read before anything else is sent. */
static int send_group(struct group *g, struct err *e)
{
	size_t n = 0;
	int lost = 0, again, waits = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == SEND) {
			g->ids[n] = text_uuid_unpack(g->text[n], g->v[i].key.id);
			g->list[n++] = (int)i;
		}
	g->left[0] = (struct piece){ 0, n };
	g->nleft = n > 0;
	while (g->nleft > 0 && !lost) {
		if (fly(g, e) < 0)
			return -1;
		unload_flights(g, &lost, &again);
		waits = again ? waits + 1 : 0;
		if (again && !lost && http_wait(g->r->app->http, waits, e) < 0)
			return -1;
	}
	return lost;
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
	free(g->list);
	free(g->ids);
	free(g->text);
	free(g->outcome);
	free(g->left);
}

static int new_group(struct group *g, struct err *e)
{
	g->todo = malloc(g->n);
	g->unresolved = calloc(g->n, 1);
	g->missing = calloc(g->n, 1);
	g->refused = calloc(g->n, 1);
	g->at = calloc(g->n, sizeof *g->at);
	g->list = calloc(g->n, sizeof *g->list);
	g->ids = calloc(g->n, sizeof *g->ids);
	g->text = calloc(g->n, sizeof *g->text);
	g->outcome = calloc(g->n, sizeof *g->outcome);
	g->left = calloc(g->n + 1, sizeof *g->left);
	if (g->todo == NULL || g->unresolved == NULL || g->missing == NULL || g->refused == NULL || g->at == NULL || g->list == NULL || g->ids == NULL || g->text == NULL || g->outcome == NULL || g->left == NULL)
		return err_nomem(e);
	memset(g->todo, READ_AGAIN, g->n);
	return 0;
}

/* How many of the n claims, sorted by date, make the next group. */
static size_t group_size(const struct claim_brief *v, size_t n)
{
	size_t k = n < GROUP ? n : GROUP;

	while (k < n && v[k].key.date == v[k - 1].key.date)
		k++;
	return k;
}

/* Some claims, or all of a run. */
struct marking { struct run *r; const char *run; struct batchsize size; int attempts; int64_t done; };

static int mark_some(struct marking *m, struct claim_brief *v, size_t n, struct err *e)
{
	for (size_t from = 0; from < n;) {
		struct group g = { .r = m->r, .run = m->run, .v = v + from, .n = group_size(v + from, n - from), .size = &m->size, .attempts = &m->attempts };
		int rc = new_group(&g, e);

		if (rc == 0)
			rc = mark_group(&g, e);
		free_group(&g);
		if (rc < 0)
			return -1;
		from += g.n;
		progress_set(m->done += (int64_t)g.n, 0);
	}
	return 0;
}

int mark_list(struct run *r, const char *run, struct claim_brief *v, size_t n, struct err *e)
{
	struct marking m = { .r = r, .run = run };

	return batchsize_start(r->app->store, r->app->cfg.batch_size, &m.size, e) < 0 ? -1 : mark_some(&m, v, n, e);
}

static int mark_days(struct marking *m, struct claim_days *days, struct err *e)
{
	struct claim_brief *v = NULL;
	size_t n;
	int rc;

	while ((rc = claim_days_next(days, &v, &n, e)) > 0) {
		rc = mark_some(m, v, n, e);
		free(v);
		if (rc < 0)
			return -1;
	}
	return rc;
}

#define BIT(state) (1u << (state))

int mark_claims(struct run *r, struct err *e)
{
	struct marking m = { .r = r, .run = r->row.id };
	struct claim_days *days;
	int rc;

	if (r->row.resting && store_run_set_resting(r->app->store, &r->row, 0, e) < 0)
		return -1;
	if (r->row.state == RUN_PUBLISHED && advance_run(r, RUN_MARKING, NULL, NULL, "D11", e) < 0)
		return -1;
	if (batchsize_start(r->app->store, r->app->cfg.batch_size, &m.size, e) < 0 ||
	    (days = claim_days_new(r->app->store, r->row.id, BIT(CLAIM_CLAIMED) | BIT(CLAIM_SENT), step_portion(READING_CLAIMS), e)) == NULL)
		return -1;
	progress_stage("mark", claim_days_count(days));
	rc = mark_days(&m, days, e);
	claim_days_free(days);
	return rc;
}
