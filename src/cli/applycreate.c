/* New entries. awork takes no key of ours, so an entry whose answer was lost is recognised by what it is: equal ones that were there before are noted with the intent, and what
 * is new afterwards was made by us. Nothing is sent again before it was looked for. */
#include <stdlib.h>
#include <string.h>

#include "awork/change.h"
#include "awork/fetch.h"
#include "awork/master.h"
#include "awork/reread.h"
#include "base/clock.h"
#include "cli/advance.h"
#include "cli/apply.h"
#include "cli/progress.h"

#define GROUP 40      /* made together */
#define LOST_ROUNDS 4

/* A list may lag behind a write: looked for so often before it counts as not made. */
static const int64_t pauses_ms[] = { 0, 500, 1000, 2000 };
#define LOOKS (sizeof pauses_ms / sizeof *pauses_ms)

enum todo { SETTLED, SEND, FIND, VERIFY };

struct group {
	struct applying *w;
	struct applyplan_item *v[GROUP];
	struct entry want[GROUP];
	enum todo todo[GROUP];
	size_t n;
	char found[GROUP][37];   /* newest match that is not among `seen` */
	int matches[GROUP];
	struct buf seen[GROUP];  /* while the baseline is read */
	int baseline;
	size_t which[GROUP], nsent;
	struct change_result result[GROUP];
	int64_t attempt;
	int single, denied;
};

static int is_in_group(const struct group *g, const char *id)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(g->v[i]->entry, id) == 0)
			return 1;
	return 0;
}

static int take_match(struct group *g, size_t i, const struct entry *x, struct err *e)
{
	int made;

	if (g->baseline) {
		buf_fmt(&g->seen[i], "%s%s", g->seen[i].n > 0 ? " " : "", x->id);
		return 0;
	}
	if ((g->v[i]->seen != NULL && strstr(g->v[i]->seen, x->id) != NULL) || is_in_group(g, x->id))
		return 0;
	made = apply_made(g->w->a->store, x->id, e);
	if (made < 0)
		return -1;
	if (!made && strcmp(g->found[i], x->id) != 0) {
		memcpy(g->found[i], x->id, sizeof g->found[i]);
		g->matches[i]++;
	}
	return 0;
}

static int on_entries(void *ctx, const struct entry *v, size_t n, struct err *e)
{
	struct group *g = ctx;

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < g->n; i++)
			if ((g->baseline || g->todo[i] == FIND) && applyplan_is_created(&g->want[i], &v[k]) && take_match(g, i, &v[k], e) < 0)
				return -1;
	return 0;
}

/* All entries of the users and days in question. */
static int look(struct group *g, struct err *e)
{
	const char *users[GROUP + 1];
	struct fetch_spec s = { .filter = { .from = DATE_NONE, .to = DATE_NONE, .users = users }, .hint = DATE_NONE, .page_size = (int)g->w->a->cfg.page_size,
		.sink = on_entries, .ctx = g };
	struct fetch_result out;
	size_t nusers = 0;

	for (size_t i = 0; i < g->n; i++) {
		size_t k = 0;

		if (!g->baseline && g->todo[i] != FIND)
			continue;
		if (s.filter.from == DATE_NONE || g->want[i].date < s.filter.from)
			s.filter.from = g->want[i].date;
		if (s.filter.to == DATE_NONE || g->want[i].date >= s.filter.to)
			s.filter.to = g->want[i].date + 1;
		while (k < nusers && strcmp(users[k], g->want[i].user_id) != 0)
			k++;
		if (k == nusers)
			users[nusers++] = g->want[i].user_id;
		g->matches[i] = 0;
		g->found[i][0] = '\0';
	}
	users[nusers] = NULL;
	return nusers == 0 ? 0 : fetch_entries(g->w->a->http, &s, &out, e);
}

static int read_baseline(struct group *g, struct err *e)
{
	int rc = 0, any = 0;

	for (size_t i = 0; i < g->n; i++)
		any |= g->v[i]->state == APPLYPLAN_PLANNED;
	if (!any)
		return 0;
	g->baseline = 1;
	rc = look(g, e);
	g->baseline = 0;
	for (size_t i = 0; i < g->n && rc == 0; i++)
		if (g->v[i]->state == APPLYPLAN_PLANNED) {
			g->v[i]->seen = pool_dup(g->w->pool, buf_text(&g->seen[i]));
			if (!buf_ok(&g->seen[i]) || g->v[i]->seen == NULL)
				rc = err_nomem(e);
		}
	return rc;
}

static int record_intent(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct sha *sha = sha_new();
	uint8_t digest[SHA_LEN], key[SHA_LEN];

	if (sha == NULL)
		return err_nomem(e);
	for (size_t k = 0; k < g->nsent; k++) {
		(void)applyplan_key(&g->want[g->which[k]], key);
		sha_add(sha, key, sizeof key);
	}
	sha_end(sha, digest);
	sha_free(sha);
	if (apply_attempt_new(g->w->a->store, g->w->row.id, "create", (int64_t)g->nsent, digest, &g->attempt, e) < 0)
		return -1;
	for (size_t k = 0; k < g->nsent; k++) {
		struct applyplan_item *i = g->v[g->which[k]];

		i->state = APPLYPLAN_SENT;
		if (apply_move(g->w->a->store, g->w->row.id, i, e) < 0)
			return -1;
	}
	return 0;
}

static int record_one(struct group *g, size_t k, struct err *e)
{
	const struct change_result *r = &g->result[k];
	size_t i = g->which[k];

	switch (r->answer) {
	case CHANGE_OK:
		memcpy(g->v[i]->entry, r->entry, sizeof g->v[i]->entry);
		g->v[i]->state = APPLYPLAN_CLAIMED;
		g->todo[i] = VERIFY;
		return apply_move(g->w->a->store, g->w->row.id, g->v[i], e);
	case CHANGE_REFUSED:
	case CHANGE_GONE:
		g->todo[i] = SETTLED;
		return applysend_settled(g->w, g->v[i], APPLYPLAN_REJECTED, NULL, r->note[0] != '\0' ? r->note : "awork refused the new entry", e);
	case CHANGE_AGAIN:
		break;
	case CHANGE_LOST:
		g->todo[i] = FIND;
		break;
	}
	return 0;
}

static int record_outcome(void *ctx, struct err *e)
{
	struct group *g = ctx;

	if (apply_attempt_done(g->w->a->store, g->attempt, g->denied ? "denied" : "answered", g->result[0].http, g->result[0].trace_id, e) < 0)
		return -1;
	if (g->denied && g->nsent == 1) {
		g->todo[g->which[0]] = SETTLED;
		return applysend_settled(g->w, g->v[g->which[0]], APPLYPLAN_AUTH, NULL, "awork refused the right to book this time; use an API key with administrator rights", e);
	}
	for (size_t k = 0; k < g->nsent; k++) {
		if (g->denied)
			g->todo[g->which[k]] = FIND;
		else if (record_one(g, k, e) < 0)
			return -1;
	}
	return 0;
}

static int post(struct group *g, struct err *e)
{
	const struct entry *v[GROUP];
	struct err own = ERR_INIT, ignored = ERR_INIT;
	struct master_me me;

	g->denied = 0;
	for (size_t k = 0; k < g->nsent; k++)
		v[k] = &g->want[g->which[k]];
	if (change_create(g->w->a->http, v, g->nsent, g->w->a->cfg.timezone, g->result, &own) == 0)
		return 0;
	/* 401 for one new entry alone: it may be the entry, or the token. GET /me knows. */
	if (own.code != ERR_NOPERM || (g->nsent == 1 && master_me(g->w->a->http, g->w->pool, &me, &ignored) < 0))
		return err_set(e, own.code, "%s", own.msg);
	g->denied = g->single = 1;
	return 0;
}

static int send_some(struct group *g, struct err *e)
{
	g->nsent = 0;
	for (size_t i = 0; i < g->n && g->nsent < (g->single ? 1 : GROUP); i++)
		if (g->todo[i] == SEND)
			g->which[g->nsent++] = i;
	if (g->nsent == 0)
		return 0;
	if (advance_work(&g->w->r, record_intent, g, "A2 intent", e) < 0 || post(g, e) < 0 || advance_work(&g->w->r, record_outcome, g, "A2 outcome", e) < 0)
		return -1;
	return 0;
}

/* What may have been made: found, or to be sent. */
static int sort_found(void *ctx, struct err *e)
{
	struct group *g = ctx;

	for (size_t i = 0; i < g->n; i++) {
		if (g->todo[i] != FIND || g->matches[i] == 0)
			continue;
		if (g->matches[i] > 1) {
			g->todo[i] = SETTLED;
			if (applysend_settled(g->w, g->v[i], APPLYPLAN_UNKNOWN, NULL, "more than one new entry fits: look at them in awork", e) < 0)
				return -1;
			continue;
		}
		memcpy(g->v[i]->entry, g->found[i], sizeof g->found[i]);
		g->v[i]->state = APPLYPLAN_CLAIMED;
		g->todo[i] = VERIFY;
		if (apply_move(g->w->a->store, g->w->row.id, g->v[i], e) < 0)
			return -1;
	}
	return 0;
}

static int count(const struct group *g, enum todo t)
{
	int n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += g->todo[i] == t;
	return n;
}

static int find(struct group *g, struct err *e)
{
	for (size_t k = 0; k < LOOKS && count(g, FIND) > 0; k++) {
		if (pauses_ms[k] > 0 && clock_sleep_ms(pauses_ms[k]) < 0)
			return err_set(e, ERR_TEMPFAIL, "stopped by a signal");
		if (look(g, e) < 0 || advance_work(&g->w->r, sort_found, g, "A2 found", e) < 0)
			return -1;
	}
	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == FIND)
			g->todo[i] = SEND;
	return 0;
}

/* ---- reading back ---- */

static int on_made(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct group *g = ctx;
	size_t i = g->which[item];
	struct buf b = BUF_INIT;
	int rc;

	g->todo[i] = SETTLED;
	if (now == NULL)
		return applysend_settled(g->w, g->v[i], APPLYPLAN_GONE, NULL, "awork made it and does not know it any more", e);
	if (applyplan_is_created(&g->want[i], now))
		return applysend_settled(g->w, g->v[i], APPLYPLAN_DONE, now, NULL, e);
	buf_str(&b, "awork made it otherwise: ");
	entry_diff(&g->want[i], now, &b);
	rc = applysend_settled(g->w, g->v[i], APPLYPLAN_CHANGED, now, buf_text(&b), e);
	buf_free(&b);
	return rc;
}

static int verify(void *ctx, struct err *e)
{
	struct group *g = ctx;
	struct entry_key items[GROUP];
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->todo[i] == VERIFY) {
			if (entry_key_of(&items[n], g->v[i]->entry, g->want[i].date, e) < 0)
				return -1;
			g->which[n++] = i;
		}
	return reread_entries(g->w->a->http, items, sizeof *items, n, (int)g->w->a->cfg.page_size, REREAD_BY_ID, on_made, g, e);
}

static int make_group(struct group *g, struct err *e)
{
	int lost = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct applyplan_item *x = g->v[i];

		g->todo[i] = x->state == APPLYPLAN_PLANNED ? SEND : x->state == APPLYPLAN_CLAIMED ? VERIFY : FIND;
		if (entry_read(x->value, strlen(x->value), g->w->pool, &g->want[i], e) < 0)
			return -1;
	}
	if (read_baseline(g, e) < 0)
		return -1;
	while (count(g, SEND) + count(g, FIND) > 0) {
		int before;

		if (find(g, e) < 0)
			return -1;
		before = count(g, SEND);
		if (send_some(g, e) < 0)
			return -1;
		if (count(g, FIND) == 0 && count(g, SEND) < before)
			lost = 0;
		else if (before > 0 && !g->denied && (++lost > LOST_ROUNDS || http_wait(g->w->a->http, lost, e) < 0))
			return err_set(e, ERR_TEMPFAIL, "awork's answers to new entries were lost %d times in a row; apply again to go on", lost);
	}
	return advance_work(&g->w->r, verify, g, "A2 read", e);
}

int applycreate_all(struct applying *w, struct applyplan_item *v, size_t n, struct err *e)
{
	struct group *g = calloc(1, sizeof *g);
	size_t at = 0;
	int rc = 0;

	if (g == NULL)
		return err_nomem(e);
	while (rc == 0 && at < n) {
		memset(g, 0, sizeof *g);
		g->w = w;
		for (; at < n && g->n < GROUP; at++)
			if (v[at].action == APPLYPLAN_CREATE && !applyplan_is_final(v[at].state))
				g->v[g->n++] = &v[at];
		if (g->n > 0)
			rc = make_group(g, e);
		for (size_t i = 0; i < GROUP; i++)
			buf_free(&g->seen[i]);
	}
	free(g);
	return rc;
}
