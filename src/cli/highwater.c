#include "cli/highwater.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jdoc.h"
#include "base/jout.h"

#define FILE_MAX ((size_t)1024 * 1024)

static int on_series(void *ctx, const char *name, int64_t first, int64_t next, struct err *e)
{
	(void)first;
	(void)e;
	jout_int(ctx, name, next);
	return 0;
}

int highwater_write(struct store *s, struct buf *out, struct err *e)
{
	uint8_t head[SHA_LEN];
	char hex[SHA_HEX];
	int64_t events = 0, run = 0;
	struct jout j;

	if (chain_head(s, &events, head, e) < 0 || store_run_newest(s, &run, e) < 0)
		return -1;
	jout_init(&j, out, 2);
	jout_object(&j, NULL);
	jout_int(&j, "schema", 1);
	jout_int(&j, "run", run);
	jout_int(&j, "events", events);
	jout_text(&j, "head", sha_hex(hex, head));
	jout_object(&j, "series");
	if (query_series(s, on_series, &j, e) < 0)
		return -1;
	jout_end_object(&j);
	jout_end_object(&j);
	buf_ch(out, '\n');
	return buf_ok(out) ? 0 : err_nomem(e);
}

struct series { const jdoc_val *v; const char *behind; int64_t wanted; };

/* Strikes a series that the ledger has as far as the file. */
static int on_known(void *ctx, const char *name, int64_t first, int64_t next, struct err *e)
{
	struct series *s = ctx;
	int64_t wanted;

	(void)first;
	(void)e;
	if (!jdoc_int(jdoc_get(s->v, name), &wanted))
		return 0;
	s->wanted--;
	if (wanted > next)
		s->behind = "a number that it never gave";
	return 0;
}

static void count_series(void *ctx, const char *key, const jdoc_val *v)
{
	struct series *s = ctx;

	(void)key;
	(void)v;
	s->wanted++;
}

/* What the file knows and the ledger does not, or NULL. */
static const char *compare(const struct app *a, const jdoc_val *v, struct err *e)
{
	struct series series = { jdoc_get(v, "series"), NULL, 0 };
	const char *head = jdoc_get_text(v, "head");
	uint8_t want[SHA_LEN], is[SHA_LEN];
	int64_t run = 0, events = 0, known = 0;
	int found;

	if (!jdoc_int(jdoc_get(v, "run"), &run) || !jdoc_int(jdoc_get(v, "events"), &events) || head == NULL || sha_unhex(head, want) < 0 ||
	    !jdoc_is_object(series.v)) {
		err_set(e, ERR_DATA, "%s/" HIGHWATER_NAME " is damaged", a->cfg.out_dir);
		return NULL;
	}
	jdoc_each(series.v, count_series, &series);
	if (store_run_newest(a->store, &known, e) < 0 || query_series(a->store, on_known, &series, e) < 0)
		return NULL;
	if (run > known)
		return "a run that the ledger does not have";
	if (series.behind != NULL || series.wanted > 0)
		return "a number that the ledger never gave";
	found = chain_hash_at(a->store, events, is, e);
	if (found < 0)
		return NULL;
	return events > 0 && (found == 0 || memcmp(is, want, SHA_LEN) != 0) ? "events that are not in the ledger's chain" : NULL;
}

int highwater_check(const struct app *a, struct err *e)
{
	char *path = file_join(a->cfg.out_dir, HIGHWATER_NAME);
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	struct jdoc *d = NULL;
	const char *behind = NULL;
	int rc = -1;

	if (path == NULL) {
		err_nomem(e);
	} else if (file_read(path, FILE_MAX, &b, &why) < 0) {
		rc = why.code == ERR_NOINPUT ? 0 : err_set(e, why.code, "%s", why.msg);
	} else if ((d = jdoc_parse(b.p, b.n, e)) == NULL) {
		err_ctx(e, "%s", path);
	} else {
		behind = compare(a, jdoc_root(d), e);
		rc = behind == NULL && e->code == ERR_OK ? 0 : -1;
	}
	if (behind != NULL)
		err_set(e, ERR_DATA, "%s knows %s: %s was lost or restored from an old copy, and would bill again what is out already. Put the newest ledger "
		    "back (each run leaves %s.copy), or give a new one an empty output folder of its own", path, behind, a->cfg.ledger, a->cfg.ledger);
	jdoc_free(d);
	buf_free(&b);
	free(path);
	return rc;
}
