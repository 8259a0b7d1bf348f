/* Verification: a 207 asserts, reading back proves. */
#include "cli/prove.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/exception.h"
#include "cli/mark.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/step.h"

#define RESENDS 2 /* of ids that awork said are billed and shows as unbilled */

/* Lists may lag behind writes: read by id, with growing pauses, before anything is sent again. */
static const int64_t pauses_ms[] = { 500, 1000, 2000, 2000 };
#define PAUSES (sizeof pauses_ms / sizeof *pauses_ms)

/* What a reading says of a claim (note): unbilled, billed and as it was claimed, or an exception that is recorded. */
enum { TOLD, OPEN, SAME };

struct proving {
	struct run *r;
	const char *run;
	struct claim_days *days;
	struct claim_brief *v; /* not proven yet */
	size_t n, cap;
	int64_t seen;
};

/* Other than it was claimed: by a second, which is awork's rounding, or truly. */
static int on_other(struct proving *p, struct claim_brief *b, const struct entry *now, struct err *e)
{
	struct claim c;
	int rounded;

	if (claim_get(p->r->app->store, b->id, &c, e) < 0)
		return -1;
	rounded = entry_is_rounded(now, c.secs, c.fp);
	if (rounded < 0)
		return err_nomem(e);
	if (!rounded)
		return exception_drift(p->r, p->run, &c, now, e);
	p->r->rounded++;
	log_write(LOG_NOTE, "rounded", "entry %s on %s: awork shows %lld s, %lld s were billed", c.entry, c.invoice, (long long)now->secs, (long long)c.secs);
	b->note = SAME;
	return 0;
}

static int on_claim(void *ctx, struct claim_brief *c, const struct entry *now, struct err *e)
{
	struct proving *p = ctx;
	uint8_t fp[SHA_LEN];

	c->note = TOLD;
	if (now == NULL)
		return exception_of(p->r, p->run, c->id, CLAIM_GONE, "deleted in awork", e);
	if (!now->billed) {
		c->note = OPEN;
		return 0;
	}
	if (entry_fingerprint(now, fp) < 0)
		return err_nomem(e);
	progress_set(++p->seen, 0);
	if (memcmp(fp, c->fp, CLAIM_FP) != 0)
		return on_other(p, c, now, e);
	c->note = SAME;
	return 0;
}

/* What is proven is recorded. */
static int record(struct proving *p, const struct claim_brief *v, size_t n, struct err *e)
{
	struct move m = { .n = 0 };

	for (size_t i = 0; i < n; i++)
		if (v[i].note == SAME && v[i].state != CLAIM_VERIFIED && move_claim(p->r->app->store, &m, v[i].id, v[i].state, CLAIM_VERIFIED, e) < 0)
			return -1;
	return move_end(p->r->app->store, &m, e);
}

/* What is still unbilled is kept. */
static int on_portion(void *ctx, const struct claim_brief *v, size_t n, struct err *e)
{
	struct proving *p = ctx;

	for (size_t i = 0; i < n; i++) {
		if (v[i].note != OPEN)
			continue;
		if (buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) < 0)
			return err_nomem(e);
		p->v[p->n++] = v[i];
	}
	return record(p, v, n, e);
}

static int read_all(void *ctx, struct err *e)
{
	struct reading *g = ctx;
	int rc;

	while ((rc = reading_turn(g, 1, e)) > 0)
		;
	return rc;
}

static int next_days(void *ctx, struct claim_brief **v, size_t *n, struct err *e)
{
	struct proving *p = ctx;

	return claim_days_next(p->days, v, n, e);
}

static int read_claims(struct proving *p, unsigned states, struct err *e)
{
	struct reading *g;
	int rc = -1;

	p->days = claim_days_new(p->r->app->store, p->run, states, step_portion(READING_CLAIMS), e);
	if (p->days == NULL)
		return -1;
	progress_stage("verify", claim_days_count(p->days));
	g = reading_new(p->r, &(struct reading_spec){ .next = next_days, .how = REREAD_BILLED, .each = on_claim, .done = on_portion, .ctx = p }, e);
	if (g != NULL)
		rc = advance_work(p->r, read_all, g, "D12", e);
	reading_free(g);
	claim_days_free(p->days);
	return rc;
}

static int on_item(void *ctx, size_t i, const struct entry *now, struct err *e)
{
	struct proving *p = ctx;

	return on_claim(p, &p->v[i], now, e);
}

static int read_left(void *ctx, struct err *e)
{
	struct proving *p = ctx;

	if (reread_entries(p->r->app->http, &p->v->key, sizeof *p->v, p->n, (int)p->r->app->cfg.page_size, REREAD_BY_ID, on_item, p, e) < 0)
		return -1;
	return record(p, p->v, p->n, e);
}

/* Reads by id, keeps what is still unbilled. */
static int read_back(struct proving *p, struct err *e)
{
	size_t k = 0;

	if (p->n > 0 && advance_work(p->r, read_left, p, "D12", e) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].note == OPEN)
			p->v[k++] = p->v[i];
	p->n = k;
	return 0;
}

static int give_up(void *ctx, struct err *e)
{
	struct proving *p = ctx;

	for (size_t i = 0; i < p->n; i++)
		if (exception_of(p->r, p->run, p->v[i].id, CLAIM_UNMARKED_UNKNOWN, "awork reports it as billed and shows it as unbilled", e) < 0)
			return -1;
	return 0;
}

/* Seen billed before, unbilled now: a person did that, and is not overruled. */
static int reopen(void *ctx, struct err *e)
{
	struct proving *p = ctx;
	size_t k = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].state != CLAIM_VERIFIED)
			p->v[k++] = p->v[i];
		else if (exception_of(p->r, p->run, p->v[i].id, CLAIM_REOPENED, "unbilled in awork after it was billed", e) < 0)
			return -1;
	}
	p->n = k;
	return 0;
}

/* What awork said it did and does not show, again; then what became of it. */
static int send_again(struct proving *p, struct err *e)
{
	size_t k = 0;

	if (mark_list(p->r, p->run, p->v, p->n, e) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].state == CLAIM_MARKED)
			p->v[k++] = p->v[i];
	p->n = k;
	return read_back(p, e);
}

/* Lists may lag: by id, after pauses. */
static int wait_and_read(struct proving *p, struct err *e)
{
	for (size_t i = 0; i < PAUSES && p->n > 0; i++) {
		if (clock_sleep_ms(pauses_ms[i]) < 0)
			return err_set(e, ERR_TEMPFAIL, "stopped by a signal while verifying");
		if (read_back(p, e) < 0)
			return -1;
	}
	return 0;
}

int prove_marked(struct run *r, const char *run, unsigned states, struct err *e)
{
	struct proving p = { .r = r, .run = run };
	int rc = -1;

	if (read_claims(&p, states, e) < 0 || wait_and_read(&p, e) < 0)
		goto out;
	if (p.n > 0 && advance_work(r, reopen, &p, "D12", e) < 0)
		goto out;
	for (int i = 0; i < RESENDS && p.n > 0; i++)
		if (send_again(&p, e) < 0)
			goto out;
	rc = p.n == 0 ? 0 : advance_work(r, give_up, &p, "D12", e);
out:
	free(p.v);
	return rc;
}

int prove_claims(struct run *r, struct err *e)
{
	if (r->row.state == RUN_MARKING && advance_run(r, RUN_VERIFYING, NULL, NULL, "D12", e) < 0)
		return -1;
	return prove_marked(r, r->row.id, 1u << CLAIM_MARKED | 1u << CLAIM_VERIFIED, e);
}
