/* Changes of entries sent to awork: read before sending, intent before effect, every outcome recorded and read back. What an earlier process left open is gone on with in the same way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/change.h"
#include "awork/master.h"
#include "awork/reread.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/apply.h"
#include "cli/attempt.h"
#include "cli/progress.h"

#define GROUP 1000      /* items read and sent together */
#define SINGLES 50      /* requests of their own at a time */
#define RESENDS 2       /* of items that no bucket named, or that were named and not done */
#define LOST_ROUNDS 4   /* answers lost in a row */

enum todo { SETTLED, SEND, READ_AGAIN };

static const struct batch_change batches[] = {
	[APPLYPLAN_SET_UNBILLED] = { "setIsBilled", "isBilled", NULL, 0, "setunbilled" },
	[APPLYPLAN_SET_PROJECT] = { "setProject", "newProjectId", "", 0, NULL },
	[APPLYPLAN_SET_TASK] = { "setTask", "newTaskId", "", 0, NULL },
	[APPLYPLAN_SET_USER] = { "setUser", "newUserId", "", 0, NULL },
	[APPLYPLAN_SET_WORK] = { "setTypeOfWork", "newTypeOfWorkId", "", 0, NULL },
	[APPLYPLAN_SET_BILLABLE] = { "setIsBillable", "isBillable", NULL, 1, NULL },
	[APPLYPLAN_SET_UNBILLABLE] = { "setIsBillable", "isBillable", NULL, 0, NULL },
	[APPLYPLAN_SET_BILLED] = { "setIsBilled", "isBilled", NULL, 1, "setbilled" },
	[APPLYPLAN_REMOVE_BREAKS] = { "removebreaks", NULL, NULL, 0, NULL },
	[APPLYPLAN_DELETE] = { "delete", NULL, NULL, 0, "delete" },
};

/* Up to GROUP items of one action, by date. */
struct group {
	struct applying *w;
	struct applyplan_item **v;
	size_t n;
	unsigned char todo[GROUP], tried[GROUP], missing[GROUP], refused[GROUP];
	size_t at[GROUP], nat;       /* items of the current reading: index into v */
	const struct batch_change *c;
	int by_id, old_form, single; /* how the next are read and sent */
	size_t chunk;
	int64_t attempt;
	struct applyplan_item *sent[GROUP]; /* of the current request */
	size_t which[GROUP], nsent;
	enum batch_outcome outcome[GROUP];
	struct batch_report report;
	struct pool *page;
};

int applysend_settled(struct applying *w, struct applyplan_item *i, enum applyplan_state to, const struct entry *now, const char *note, struct err *e)
{
	struct buf b = BUF_INIT;
	int rc = 0;

	i->state = to;
	if (now != NULL) {
		entry_write(now, &b);
		i->after = buf_ok(&b) ? pool_dup(w->pool, buf_text(&b)) : NULL;
		rc = i->after != NULL ? 0 : err_nomem(e);
	}
	buf_free(&b);
	if (note != NULL)
		i->note = pool_dup(w->pool, note);
	if (to != APPLYPLAN_DONE)
		log_write(LOG_WARN, "apply", "line %d, %s of entry %s: %s%s%s", i->line, applyplan_name(i->action), i->entry, applyplan_state_name(to), note == NULL ? "" : ": ",
		    note == NULL ? "" : note);
	return rc < 0 ? -1 : apply_move(w->a->store, w->row.id, i, e);
}

static int settle_at(struct group *g, size_t i, enum applyplan_state to, const struct entry *now, const char *note, struct err *e)
{
	g->todo[i] = SETTLED;
	return applysend_settled(g->w, g->v[i], to, now, note, e);
}

/* Neither as it was planned nor as wanted: a person was there. */
static int somebody_changed(struct group *g, size_t i, const struct entry *was, const struct entry *now, struct err *e)
{
	struct buf b = BUF_INIT;
	int rc;

	buf_str(&b, "changed in awork since it was planned: ");
	entry_diff(was, now, &b);
	if (was->billed != now->billed)
		buf_fmt(&b, " isBilled %d -> %d", was->billed, now->billed);
	rc = settle_at(g, i, APPLYPLAN_CHANGED, now, buf_text(&b), e);
	buf_free(&b);
	return rc;
}

static int not_yet(struct group *g, size_t i, const struct entry *now, struct err *e)
{
	struct applyplan_item *item = g->v[i];
	char invoice[NUMBER_LEN] = "", note[128];
	int live = claim_live(g->w->a->store, item->entry, NULL, invoice, e);
	struct entry was;

	if (live < 0)
		return -1;
	if (live > 0) {
		snprintf(note, sizeof note, "stands on invoice %s by now", invoice);
		return settle_at(g, i, APPLYPLAN_CHANGED, now, note, e);
	}
	pool_reset(g->page);
	if (entry_read(item->before, strlen(item->before), g->page, &was, e) < 0)
		return -1;
	if (!applyplan_is_untouched(item, &was, now))
		return somebody_changed(g, i, &was, now, e);
	if (g->refused[i] > 0)
		return settle_at(g, i, APPLYPLAN_REJECTED, now, item->note != NULL ? item->note : "awork does not allow this change of the entry", e);
	if (g->missing[i] > 1)
		return settle_at(g, i, APPLYPLAN_UNKNOWN, now, "awork finds it when read, not when changed", e);
	if (g->tried[i] > RESENDS)
		return settle_at(g, i, APPLYPLAN_UNKNOWN, now, "awork did not say no, and did not do it", e);
	g->todo[i] = SEND;
	return 0;
}

static int on_read(void *ctx, size_t k, const struct entry *now, struct err *e)
{
	struct group *g = ctx;
	size_t i = g->at[k];
	struct applyplan_item *item = g->v[i];

	if (applyplan_is_wanted(item, now)) {
		/* A list may be older than a write. Whoever was never sent looks wanted by chance only: the entry itself is asked. */
		if (item->state == APPLYPLAN_PLANNED && !g->by_id) {
			g->todo[i] = READ_AGAIN;
			return 0;
		}
		return settle_at(g, i, APPLYPLAN_DONE, now, NULL, e);
	}
	if (now == NULL)
		return settle_at(g, i, APPLYPLAN_GONE, NULL, "deleted in awork", e);
	/* The same for what awork may have done. */
	if (item->state != APPLYPLAN_PLANNED && g->refused[i] == 0 && g->missing[i] == 0 && !g->by_id) {
		g->todo[i] = READ_AGAIN;
		return 0;
	}
	return not_yet(g, i, now, e);
}

/* Reads what is not settled and sorts it; the moves of one reading are one transaction. */
static int read_some(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct entry_key items[GROUP];

	g->nat = 0;
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == READ_AGAIN) {
			if (entry_key_of(&items[g->nat], g->v[i]->entry, g->v[i]->date, e) < 0)
				return -1;
			g->at[g->nat++] = i;
		}
	return reread_entries(g->w->a->http, items, sizeof *items, g->nat, (int)g->w->a->cfg.page_size, g->by_id ? REREAD_BY_ID : REREAD_ANY, on_read, g, e);
}

static int read_group(struct group *g, struct err *e)
{
	g->by_id = 0;
	if (advance_work(&g->w->r, read_some, g, "A2 read", e) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == READ_AGAIN) {
			g->by_id = 1;
			return advance_work(&g->w->r, read_some, g, "A2 read", e);
		}
	return 0;
}

/* ---- sending ---- */

static int record_intent(void *ctx, struct err *e)
{
	struct group *g = ctx;
	const char *ids[GROUP];
	uint8_t digest[SHA_LEN];

	for (size_t k = 0; k < g->nsent; k++)
		ids[k] = g->sent[k]->entry;
	if (attempt_digest(ids, g->nsent, digest, e) < 0 || apply_attempt_new(g->w->a->store, g->w->row.id, g->c->operation, (int64_t)g->nsent, digest, &g->attempt, e) < 0)
		return -1;
	for (size_t k = 0; k < g->nsent; k++) {
		g->sent[k]->state = APPLYPLAN_SENT;
		if (apply_move(g->w->a->store, g->w->row.id, g->sent[k], e) < 0)
			return -1;
	}
	return 0;
}

static int record_one(struct group *g, size_t k, struct err *e)
{
	struct applyplan_item *item = g->sent[k];
	size_t i = g->which[k];

	g->todo[i] = READ_AGAIN;
	switch (g->outcome[k]) {
	case BATCH_OK:
		g->tried[i]++;
		item->state = APPLYPLAN_CLAIMED;
		return apply_move(g->w->a->store, g->w->row.id, item, e);
	case BATCH_UNAUTHORIZED:
		return settle_at(g, i, APPLYPLAN_AUTH, NULL, "awork refused the right to change it; use an API key with administrator rights", e);
	case BATCH_NOT_FOUND:
		g->missing[i]++;
		break;
	case BATCH_BAD_REQUEST:
		g->refused[i]++;
		break;
	case BATCH_UNRESOLVED:
		g->tried[i]++;
		break;
	}
	return 0;
}

static int record_outcome(void *ctx, struct err *e)
{
	struct group *g = ctx;

	if (apply_attempt_done(g->w->a->store, g->attempt, attempt_state(g->report.answer), g->report.http, g->report.trace_id, e) < 0 ||
	    attempt_alarm(&g->w->r, g->w->row.id, &g->report, e) < 0)
		return -1;
	for (size_t k = 0; k < g->nsent; k++)
		if (g->report.answer == BATCH_ANSWERED && record_one(g, k, e) < 0)
			return -1;
		else if (g->report.answer == BATCH_LOST)
			g->todo[g->which[k]] = READ_AGAIN;
	return 0;
}

/* A single item that awork refuses as a request is refused for good. */
static int refuse_single(void *ctx, struct err *e)
{
	struct group *g = ctx;

	return settle_at(g, g->which[0], APPLYPLAN_REJECTED, NULL, g->report.note[0] != '\0' ? g->report.note : "awork refused the request", e);
}

/* 401 for one entry alone: it may be the entry, or the token. GET /me knows. */
static int token_is_good(struct group *g)
{
	struct err ignored = ERR_INIT;
	struct master_me me;

	return master_me(g->w->a->http, g->w->pool, &me, &ignored) == 0;
}

/* removebreaks, one request per entry: told as the buckets of a batch. */
static int send_singles(struct group *g, struct err *e)
{
	struct change_result result[SINGLES];
	const char *ids[SINGLES];

	memset(&g->report, 0, sizeof g->report);
	g->report.answer = BATCH_ANSWERED;
	for (size_t k = 0; k < g->nsent; k++)
		ids[k] = g->sent[k]->entry;
	if (change_remove_breaks(g->w->a->http, ids, g->nsent, result, e) < 0)
		return -1;
	for (size_t k = 0; k < g->nsent; k++) {
		g->report.http = result[k].http;
		if (result[k].answer == CHANGE_AGAIN)
			g->report.answer = BATCH_AGAIN;
		else if (result[k].answer == CHANGE_LOST && g->report.answer != BATCH_AGAIN)
			g->report.answer = BATCH_LOST;
		g->outcome[k] = result[k].answer == CHANGE_OK ? BATCH_OK : result[k].answer == CHANGE_GONE ? BATCH_NOT_FOUND :
		    result[k].answer == CHANGE_REFUSED ? BATCH_BAD_REQUEST : BATCH_UNRESOLVED;
		if (result[k].answer == CHANGE_REFUSED && result[k].note[0] != '\0')
			g->sent[k]->note = pool_dup(g->w->pool, result[k].note);
	}
	/* Of several, some were answered: reading tells them apart, and nothing is sent blindly. */
	if (g->report.answer == BATCH_AGAIN && g->nsent > 1)
		g->report.answer = BATCH_LOST;
	return 0;
}

/* The request of g->sent. */
static int send_request(struct group *g, struct err *e)
{
	struct batch_change c = *g->c;
	const char *ids[GROUP];
	struct err own = ERR_INIT;
	const int plain = g->old_form || g->sent[0]->action == APPLYPLAN_REMOVE_BREAKS;
	int rc;

	if (c.id != NULL)
		c.id = g->sent[0]->value;
	for (size_t k = 0; k < g->nsent; k++)
		ids[k] = g->sent[k]->entry;
	if (g->sent[0]->action == APPLYPLAN_REMOVE_BREAKS)
		rc = send_singles(g, &own);
	else if (g->old_form)
		rc = batch_send_old(g->w->a->http, &c, ids, g->nsent, g->outcome, &g->report, &own);
	else
		rc = batch_send(g->w->a->http, &c, ids, g->nsent, g->outcome, &g->report, &own);
	if (rc == 0)
		return 0;
	/* Without buckets one entry that may not be changed fails the whole request: each is asked for alone. */
	if (own.code == ERR_NOPERM && plain && (g->nsent > 1 || token_is_good(g))) {
		g->single = 1;
		g->report.answer = g->nsent > 1 ? BATCH_LOST : BATCH_ANSWERED;
		g->outcome[0] = BATCH_UNAUTHORIZED;
		return 0;
	}
	return err_set(e, own.code, "%s", own.msg);
}

static void use_old_form(struct group *g)
{
	struct applying *w = g->w;

	g->old_form = 1;
	log_write(LOG_WARN, "apply", "awork knows no batch operation %s (404): POST /timeentries/%s stands in for it", g->c->operation, g->c->old != NULL ? g->c->old : "?");
	for (size_t i = 0; i < w->nfallback; i++)
		if (strcmp(w->fallback[i], g->c->operation) == 0)
			return;
	if (w->nfallback < sizeof w->fallback / sizeof *w->fallback)
		w->fallback[w->nfallback++] = g->c->operation;
}

/* Sends which[0..n), all of one value. 1: the answer was lost, read before anything else is sent; 0; -1. */
static int send_chunk(struct group *g, const size_t *which, size_t n, struct err *e)
{
	int rc;

	for (int again = 1;; again++) {
		g->nsent = n;
		for (size_t k = 0; k < n; k++) {
			g->which[k] = which[k];
			g->sent[k] = g->v[which[k]];
		}
		if (advance_work(&g->w->r, record_intent, g, "A2 intent", e) < 0 || send_request(g, e) < 0 ||
		    advance_work(&g->w->r, record_outcome, g, "A2 outcome", e) < 0)
			return -1;
		if (g->report.answer == BATCH_ABSENT && !g->old_form)
			use_old_form(g);
		else if (g->report.answer != BATCH_AGAIN)
			break;
		else if (http_wait(g->w->a->http, again, e) < 0)
			return -1;
	}
	if (g->report.answer == BATCH_LOST)
		return 1;
	if (g->report.answer == BATCH_ANSWERED)
		return 0;
	if (n == 1)
		return advance_work(&g->w->r, refuse_single, g, "A2 outcome", e);
	if (g->report.answer == BATCH_TOO_LARGE && g->chunk > n / 2)
		g->chunk = n / 2;
	rc = send_chunk(g, which, n / 2, e);
	return rc != 0 ? rc : send_chunk(g, which + n / 2, n - n / 2, e);
}

static int by_value(const void *a, const void *b, void *ctx)
{
	struct applyplan_item *const *v = ctx;
	const struct applyplan_item *x = v[*(const size_t *)a], *y = v[*(const size_t *)b];
	int c = strcmp(x->value != NULL ? x->value : "", y->value != NULL ? y->value : "");

	return c != 0 ? c : (x->pos > y->pos) - (x->pos < y->pos);
}

static int same_value(const struct group *g, size_t a, size_t b)
{
	return g->c->id == NULL || strcmp(g->v[a]->value, g->v[b]->value) == 0;
}

/* All that waits to be sent. 1: an answer was lost. */
static int send_group(struct group *g, struct err *e)
{
	size_t list[GROUP], n = 0;
	int rc = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == SEND)
			list[n++] = i;
	qsort_r(list, n, sizeof *list, by_value, g->v);
	for (size_t from = 0, to; from < n && rc == 0; from = to) {
		size_t max = g->single ? 1 : g->chunk;

		for (to = from + 1; to < n && to - from < max && same_value(g, list[from], list[to]);)
			to++;
		rc = send_chunk(g, list + from, to - from, e);
	}
	return rc;
}

static int waiting(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] != SETTLED)
			return 1;
	return 0;
}

static int pause_before_reading(struct group *g, struct err *e)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == READ_AGAIN && g->tried[i] > 1) {
			/* Said to be done and not done: a write may take its time. */
			if (clock_sleep_ms(500) < 0)
				return err_set(e, ERR_TEMPFAIL, "stopped by a signal");
			break;
		}
	return 0;
}

static int send_all(struct group *g, struct err *e)
{
	int lost = 0;

	memset(g->todo, READ_AGAIN, g->n);
	while (waiting(g)) {
		const int was_single = g->single;
		int rc;

		if (pause_before_reading(g, e) < 0 || read_group(g, e) < 0)
			return -1;
		rc = send_group(g, e);
		if (rc < 0)
			return -1;
		for (size_t i = 0; i < g->n; i++)
			if (g->todo[i] == SEND)
				g->todo[i] = READ_AGAIN;
		if (rc == 0 || g->single != was_single) {
			lost = 0;
			continue;
		}
		if (++lost > LOST_ROUNDS)
			return err_set(e, ERR_TEMPFAIL, "awork's answer was lost %d times in a row; apply again to go on", lost);
		if (http_wait(g->w->a->http, lost, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- the whole ---- */

static int by_date(const void *a, const void *b)
{
	const struct applyplan_item *x = *(struct applyplan_item *const *)a, *y = *(struct applyplan_item *const *)b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return (x->pos > y->pos) - (x->pos < y->pos);
}

/* The open items of one action. */
static int do_action(struct applying *w, enum applyplan_action action, struct applyplan_item *v, size_t n, struct group *g, struct err *e)
{
	struct applyplan_item **list = calloc(n + 1, sizeof *list);
	struct pool *page = g->page;
	size_t m = 0;
	int rc = 0;

	if (list == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		if (v[i].action == action && !applyplan_is_final(v[i].state))
			list[m++] = &v[i];
	if (m > 0)
		qsort(list, m, sizeof *list, by_date);
	for (size_t from = 0; from < m && rc == 0; from += GROUP) {
		int old_form = from > 0 && g->old_form;

		memset(g, 0, sizeof *g);
		g->w = w;
		g->page = page;
		g->c = &batches[action];
		g->v = list + from;
		g->n = m - from < GROUP ? m - from : GROUP;
		g->old_form = old_form;
		g->chunk = action == APPLYPLAN_REMOVE_BREAKS ? SINGLES : (size_t)w->a->cfg.batch_size < GROUP ? (size_t)w->a->cfg.batch_size : GROUP;
		rc = send_all(g, e);
		progress_set((int64_t)(from + g->n), 0);
	}
	free(list);
	return rc;
}

int applysend_all(struct applying *w, struct applyplan_item *v, size_t n, struct err *e)
{
	struct group *g = calloc(1, sizeof *g);
	int rc = 0;

	if (g != NULL)
		g->page = pool_new();
	if (g == NULL || g->page == NULL)
		rc = err_nomem(e);
	for (int action = 0; action <= APPLYPLAN_DELETE && rc == 0; action++)
		rc = do_action(w, (enum applyplan_action)action, v, n, g, e);
	if (g != NULL)
		pool_free(g->page);
	free(g);
	return rc;
}
