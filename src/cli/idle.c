/* A run that has nothing to bill, and nothing to say that the run before did not say. */
#include <stdlib.h>
#include <string.h>

#include "base/jdoc.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/run.h"

int idle_digest(struct run *r, char out[SHA_HEX], struct err *e)
{
	uint8_t digest[SHA_LEN];

	if (snap_held_digest(r->app->store, r->row.id, digest, e) < 0)
		return -1;
	sha_hex(out, digest);
	return 0;
}

/* 1 when the run before held exactly these entries for these reasons, 0 when not, -1. */
static int same_as_before(struct run *r, const char *now, struct err *e)
{
	struct store_run last;
	struct jdoc *d = NULL;
	const char *before;
	char *json = NULL;
	int rc = store_run_closed(r->app->store, &r->row.period, 0, &last, e);

	if (rc <= 0)
		return rc;
	rc = -1;
	json = store_run_totals(r->app->store, last.id, e);
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
	char now[SHA_HEX];
	int rc;

	if (r->app->opt.dry_run || billable_count(r->items) > 0 || r->nfees > 0)
		return 0;
	if (idle_digest(r, now, e) < 0)
		return -1;
	if (r->totals.fetched > 0 && (rc = same_as_before(r, now, e)) <= 0)
		return rc;
	r->held_sha = now;
	rc = advance_run(r, r->disputed > 0 ? RUN_CLOSED_EXC : RUN_CLOSED, NULL, bill_store_totals, "D13", e);
	r->held_sha = NULL;
	return rc < 0 ? -1 : 1;
}
