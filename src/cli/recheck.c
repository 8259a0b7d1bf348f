/* The planned entries are read again right before they are issued: as they were, or the plan is dropped and made anew. */
#include <stdlib.h>
#include <string.h>

#include "awork/reread.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/step.h"

struct checking { struct run *r; const struct claim_brief *v; size_t n; int64_t seen, changed; };

static int on_item(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct checking *c = ctx;
	const struct claim_brief *claim = &c->v[item];
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
	progress_set(++c->seen, 0);
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

int recheck_plan(struct run *r, struct err *e)
{
	struct checking c = { .r = r };
	struct claim_brief *claims = NULL;
	int rc = -1;

	if (recheck_files(r, e) < 0 || claim_list(r->app->store, r->row.id, 0, &claims, &c.n, e) < 0)
		return -1;
	c.v = claims;
	progress_stage("recheck", (int64_t)c.n);
	if (reread_entries(r->app->http, &claims->key, sizeof *claims, c.n, (int)r->app->cfg.page_size, REREAD_UNBILLED, on_item, &c, e) < 0)
		goto out;
	r->rechecked_ms = clock_boot_ms();
	step_hit("D7");
	rc = c.changed == 0;
out:
	free(claims);
	return rc;
}
