/* A run that has nothing to bill, and nothing to say that the run before did not say. */
#include <stdlib.h>
#include <string.h>

#include "base/jdoc.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/run.h"

struct digesting { struct sha *sha; };

static int on_held(void *ctx, const struct entry *x, const char *reason, struct err *e)
{
	struct digesting *d = ctx;
	uint8_t fp[SHA_LEN];

	if (entry_fingerprint(x, fp) < 0)
		return err_nomem(e);
	sha_add(d->sha, fp, sizeof fp);
	sha_add(d->sha, reason, strlen(reason) + 1);
	return 0;
}

int idle_digest(struct run *r, char out[SHA_HEX], struct err *e)
{
	struct digesting d = { sha_new() };
	uint8_t digest[SHA_LEN];
	int rc;

	if (d.sha == NULL)
		return err_nomem(e);
	rc = snap_each_held(r->app->store, r->row.id, on_held, &d, e);
	sha_end(d.sha, digest);
	sha_hex(out, digest);
	sha_free(d.sha);
	return rc;
}

/* The newest closed run of the same period. */
struct finding { const struct run *r; char id[16]; };

static int on_run(void *ctx, const struct store_run *run, struct err *e)
{
	struct finding *f = ctx;
	int closed = run->state == RUN_CLOSED || run->state == RUN_CLOSED_EXC;

	(void)e;
	if (f->id[0] == '\0' && closed && strcmp(run->id, f->r->row.id) != 0 && strcmp(run->period.label, f->r->row.period.label) == 0)
		memcpy(f->id, run->id, sizeof f->id);
	return 0;
}

/* 1 when the run before held exactly these entries for these reasons, 0 when not, -1. */
static int same_as_before(struct run *r, struct err *e)
{
	struct finding f = { .r = r };
	char now[SHA_HEX];
	struct jdoc *d = NULL;
	const char *before;
	char *json = NULL;
	int rc = -1;

	if (store_run_each(r->app->store, on_run, &f, e) < 0 || idle_digest(r, now, e) < 0)
		return -1;
	if (f.id[0] == '\0')
		return 0;
	json = store_run_totals(r->app->store, f.id, e);
	if (json == NULL)
		return e->code == ERR_OK ? 0 : -1;
	d = jdoc_parse(json, strlen(json), e);
	if (d != NULL) {
		before = jdoc_get_text(jdoc_root(d), "held_sha");
		rc = before != NULL && strcmp(before, now) == 0;
	}
	jdoc_free(d);
	free(json);
	return rc;
}

int idle_close(struct run *r, struct err *e)
{
	int same;

	if (r->app->opt.dry_run || billable_count(r->items) > 0 || r->nfees > 0)
		return 0;
	if (r->totals.fetched > 0) {
		same = same_as_before(r, e);
		if (same <= 0)
			return same;
	}
	return advance_run(r, r->disputed > 0 ? RUN_CLOSED_EXC : RUN_CLOSED, NULL, bill_store_totals, "D13", e) < 0 ? -1 : 1;
}
