/* The planned entries are read again right before they are issued: as they were, or the plan is dropped and made anew. The wire takes its time for that while they are planned and written. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/expected.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/step.h"

#define DAYS_CLAIMS 73728 /* of a portion, and then those of one more day */
#define CALLS_PER_TURN 64

struct recheck {
	struct run *r;
	struct reading *reading;
	int beside, done, failed; /* beside: something else has the stage */
	struct err why;
	int64_t calls, seen, changed;
};

static int on_claim(void *ctx, struct claim_brief *claim, const struct entry *now, struct err *e)
{
	struct recheck *c = ctx;
	uint8_t fp[SHA_LEN];
	const char *what = NULL;
	char id[37];

	if (now != NULL && entry_fingerprint(now, fp) < 0)
		return err_nomem(e);
	if (now == NULL)
		what = "deleted";
	else if (now->billed)
		what = "billed by somebody else";
	else if (memcmp(fp, claim->fp, CLAIM_FP) != 0)
		what = "edited";
	if (what != NULL) {
		c->changed++;
		log_write(LOG_NOTE, "recheck", "entry %s was %s since it was planned", text_uuid_unpack(id, claim->key.id), what);
	}
	c->seen++;
	if (!c->beside)
		progress_set(c->seen, 0);
	return 0;
}

/* Hashes from disk against the ledger: what is published is what was recorded. */
struct recorded { char *name; uint8_t sha[SHA_LEN]; int64_t size; int seen; };
struct files { struct recorded *v; size_t n, cap; };

static int on_recorded(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct files *f = ctx;

	if (buf_grow(&f->v, &f->cap, f->n + 1, sizeof *f->v) < 0)
		return err_nomem(e);
	f->v[f->n] = (struct recorded){ .name = strdup(name), .size = size };
	memcpy(f->v[f->n].sha, sha, SHA_LEN);
	return f->v[f->n++].name == NULL ? err_nomem(e) : 0;
}

static int on_disk(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct files *f = ctx;

	if (strcmp(name, "run.json") == 0)
		return 0;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0) {
			if (f->v[i].size != size || memcmp(f->v[i].sha, sha, SHA_LEN) != 0)
				return err_set(e, ERR_DATA, "file %s is not what the ledger recorded", name);
			f->v[i].seen = 1;
			return 0;
		}
	return err_set(e, ERR_DATA, "file %s is not in the ledger", name);
}

int recheck_files(struct run *r, struct err *e)
{
	struct files f = { NULL, 0, 0 };
	int rc = -1;

	if (query_files(r->app->store, r->row.id, on_recorded, &f, e) < 0 || stage_each(r->stage, on_disk, &f, e) < 0)
		goto out;
	rc = 0;
	for (size_t i = 0; i < f.n && rc == 0; i++)
		if (!f.v[i].seen)
			rc = err_set(e, ERR_DATA, "file %s is missing in %s", f.v[i].name, stage_dir(r->stage));
out:
	for (size_t i = 0; i < f.n; i++)
		free(f.v[i].name);
	free(f.v);
	return rc;
}

static int next_days(void *ctx, struct claim_brief **v, size_t *n, struct err *e)
{
	struct recheck *c = ctx;

	return expected_next(c->r->expected, step_portion(DAYS_CLAIMS), v, n, e);
}

static int turn(struct recheck *c, int wait, struct err *e)
{
	int rc = c->done ? 0 : reading_turn(c->reading, wait, e);

	if (rc == 0 && !c->done)
		c->r->rechecked_ms = clock_boot_ms();
	c->done = rc == 0;
	return rc;
}

/* Beside something else, whose processor time it is not. What fails is kept for who can tell it. */
void recheck_turn(struct run *r)
{
	struct recheck *c = r->recheck;
	struct http *h = r->app->http;
	int64_t mine, other;

	if (c == NULL || !c->beside || c->done || c->failed || step_alone())
		return;
	mine = clock_thread_us();
	other = http_cpu_us(h);
	c->failed = turn(c, 0, &c->why) < 0;
	progress_aside("recheck", clock_thread_us() - mine + http_cpu_us(h) - other);
}

int recheck_beside(struct run *r, struct err *e)
{
	struct recheck *c = r->recheck;

	if (c == NULL || ++c->calls % CALLS_PER_TURN != 0)
		return 0;
	recheck_turn(r);
	return c->failed ? err_set(e, c->why.code, "%s", c->why.msg) : 0;
}

static int while_reading(void *ctx, struct err *e)
{
	return recheck_beside(ctx, e);
}

int recheck_begin(struct run *r, struct err *e)
{
	struct recheck *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_nomem(e);
	*c = (struct recheck){ .r = r, .beside = 1, .why = ERR_INIT };
	r->recheck = c;
	if (expected_start(r->expected, e) < 0 ||
	    (c->reading = reading_new(r, &(struct reading_spec){ .next = next_days, .how = REREAD_UNBILLED, .each = on_claim, .ctx = c }, e)) == NULL)
		return -1;
	query_entries_beside(r->app->store, while_reading, r);
	return 0;
}

void recheck_end(struct run *r)
{
	if (r->recheck == NULL)
		return;
	query_entries_beside(r->app->store, NULL, NULL);
	reading_free(r->recheck->reading);
	free(r->recheck);
	r->recheck = NULL;
}

int recheck_plan(struct run *r, struct err *e)
{
	struct recheck *c;
	int rc;

	if (r->recheck == NULL && recheck_begin(r, e) < 0)
		return -1;
	c = r->recheck;
	c->beside = 0;
	progress_stage("recheck", expected_count(r->expected));
	rc = c->failed ? err_set(e, c->why.code, "%s", c->why.msg) : recheck_files(r, e);
	if (rc == 0)
		while ((rc = turn(c, 1, e)) > 0)
			;
	/* That the ledger has as many claims is proven before they are issued (bill_prove()). */
	if (rc == 0 && c->seen != r->totals.billed)
		rc = err_set(e, ERR_SOFTWARE, "%lld entries are planned, %lld were read again", (long long)r->totals.billed, (long long)c->seen);
	if (rc == 0) {
		step_hit("D7");
		rc = c->changed == 0;
	}
	recheck_end(r);
	return rc;
}
