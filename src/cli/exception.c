#include "cli/exception.h"

#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "base/log.h"

int exception_record(struct run *r, const char *run, const struct claim *c, enum claim_state to, const int64_t *delta_secs, const char *what, struct err *e)
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
	else if (claim_move(r->app->store, c->entry, to, delta_secs, e) == 0 && chain_append(r->app->store, run, "exception", buf_text(&b), e) == 0)
		rc = 0;
	buf_free(&b);
	r->exceptions++;
	log_write(LOG_WARN, "exception", "entry %s on %s: %s%s%s", c->entry, c->invoice, claim_state_name(to), what == NULL ? "" : ": ", what == NULL ? "" : what);
	return rc;
}

static int difference(struct run *r, const struct claim *c, const struct entry *now, struct buf *out, struct err *e)
{
	struct pool *pool = pool_new();
	struct entry old;
	int rc;

	if (pool == NULL)
		return err_nomem(e);
	rc = claim_snapshot(r->app->store, c->entry, pool, &old, e);
	if (rc == 0)
		err_set(e, ERR_DATA, "the ledger has no snapshot of a live claim on entry %s", c->entry);
	if (rc > 0)
		entry_diff(&old, now, out);
	pool_free(pool);
	return rc <= 0 ? -1 : buf_ok(out) ? 0 : err_nomem(e);
}

int exception_of(struct run *r, const char *run, int64_t claim, enum claim_state to, const char *what, struct err *e)
{
	struct claim c;

	return claim_get(r->app->store, claim, &c, e) < 0 ? -1 : exception_record(r, run, &c, to, NULL, what, e);
}

int exception_drift(struct run *r, const char *run, const struct claim *c, const struct entry *now, struct err *e)
{
	const int64_t delta = (now->has_secs ? now->secs : 0) - c->secs;
	struct buf what = BUF_INIT;
	int rc = difference(r, c, now, &what, e);

	if (rc == 0)
		rc = exception_record(r, run, c, CLAIM_DRIFT, &delta, buf_text(&what), e);
	buf_free(&what);
	return rc;
}
