/* The planned entries are read again right before they are issued: as they were, or the plan is dropped and made anew. The wire takes its time for that while documents are written. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/step.h"

struct recheck {
	struct run *r;
	struct reading *reading;
	int beside, done;      /* beside: something else has the stage */
	int64_t seen, changed;
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

static int turn(struct recheck *c, int wait, struct err *e)
{
	int rc = c->done ? 0 : reading_turn(c->reading, wait, e);

	if (rc == 0 && !c->done)
		c->r->rechecked_ms = clock_boot_ms();
	c->done = rc == 0;
	return rc;
}

/* Between two entries that are written. */
static int turn_beside(void *ctx, struct err *e)
{
	struct recheck *c = ctx;
	struct http *h = c->r->app->http;
	const int64_t mine = clock_thread_us(), other = http_cpu_us(h);
	int rc = turn(c, 0, e);

	progress_aside("recheck", clock_thread_us() - mine + http_cpu_us(h) - other);
	if (rc == 0)
		query_entries_beside(c->r->app->store, NULL, NULL);
	return rc < 0 ? -1 : 0;
}

int recheck_begin(struct run *r, struct err *e)
{
	struct recheck *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_nomem(e);
	c->r = r;
	c->reading = reading_new(r, &(struct reading_spec){ .run = r->row.id, .how = REREAD_UNBILLED, .each = on_claim, .ctx = c }, e);
	if (c->reading == NULL) {
		free(c);
		return -1;
	}
	r->recheck = c;
	c->beside = 1;
	if (!step_alone())
		query_entries_beside(r->app->store, turn_beside, c);
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
	query_entries_beside(r->app->store, NULL, NULL);
	c->beside = 0;
	progress_stage("recheck", reading_count(c->reading));
	rc = recheck_files(r, e);
	if (rc == 0)
		while ((rc = turn(c, 1, e)) > 0)
			;
	if (rc == 0 && c->seen != reading_count(c->reading))
		rc = err_set(e, ERR_SOFTWARE, "%lld of %lld planned entries were read again", (long long)c->seen, (long long)reading_count(c->reading));
	if (rc == 0) {
		step_hit("D7");
		rc = c->changed == 0;
	}
	recheck_end(r);
	return rc;
}
