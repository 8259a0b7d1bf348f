#include "ledger/correction.h"

#include <string.h>

#include "base/jout.h"
#include "base/pool.h"
#include "billing/facts.h"
#include "ledger/chain.h"
#include "ledger/db.h"

#define CLAIM "(SELECT id FROM claim WHERE entry=?1 AND live IS NOT NULL)"

static int append_event(struct store *s, const char *kind, const char *entry, const struct correction *v, struct err *e)
{
	struct buf b = BUF_INIT;
	struct jout j;
	int rc;

	jout_init(&j, &b, 0);
	jout_object(&j, NULL);
	jout_text(&j, "entry", entry);
	if (v != NULL) {
		jout_text(&j, "invoice", v->invoice);
		jout_int(&j, "pos", v->pos);
		jout_int(&j, "delta_secs", v->delta_secs);
		jout_int(&j, "billed_secs", v->billed_secs);
	}
	jout_end_object(&j);
	rc = buf_ok(&b) ? chain_append(s, NULL, kind, buf_text(&b), e) : err_nomem(e);
	buf_free(&b);
	return rc;
}

static int drop_open(struct store *s, const char *entry, struct err *e)
{
	static const char sql[] = "DELETE FROM correction WHERE state='OPEN' AND claim=" CLAIM;

	return db_do(s, sql, DB_ARGS(db_text(entry)), e);
}

int correction_propose(struct store *s, const struct correction *v, struct err *e)
{
	static const char sql[] = "INSERT INTO correction(claim,company,currency,date,delta_secs,billed_secs,facts,state) VALUES("
		"(SELECT id FROM claim WHERE entry=?1 AND invoice=?2 AND pos=?3 AND live IS NOT NULL),?4,?5,?6,?7,?8,?9,'OPEN')";
	char date[16];

	if (db_need_transaction(s, e) < 0 || drop_open(s, v->entry, e) < 0)
		return -1;
	buf_reset(&s->text);
	facts_write_line(&v->line, &s->text);
	if (!buf_ok(&s->text))
		return err_nomem(e);
	if (db_do_one(s, sql, DB_ARGS(db_text(v->entry), db_text(v->invoice), db_int(v->pos), db_text(v->company), db_text(v->currency), db_date(date, v->date),
	    db_int(v->delta_secs), db_int(v->billed_secs), db_blob(s->text.p, s->text.n)), "correction", e) < 0)
		return err_ctx(e, "correction of entry %s", v->entry);
	return append_event(s, "correction", v->entry, v, e);
}

/* 1, 0, -1. */
static int find_open(struct store *s, const char *entry, int64_t *delta_secs, int64_t *billed_secs, struct err *e)
{
	static const char sql[] = "SELECT delta_secs,billed_secs FROM correction WHERE state='OPEN' AND claim=" CLAIM;
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0) {
		*delta_secs = sqlite3_column_int64(st, 0);
		*billed_secs = sqlite3_column_int64(st, 1);
	}
	db_end(s, st);
	return rc;
}

int correction_withdraw(struct store *s, const char *entry, struct err *e)
{
	int64_t delta, billed;
	int found;

	if (db_need_transaction(s, e) < 0)
		return -1;
	found = find_open(s, entry, &delta, &billed, e);
	if (found <= 0)
		return found;
	return drop_open(s, entry, e) < 0 || append_event(s, "correction withdrawn", entry, NULL, e) < 0 ? -1 : 1;
}

int correction_is_open(struct store *s, const struct correction *v, struct err *e)
{
	int64_t delta, billed;
	int found = find_open(s, v->entry, &delta, &billed, e);

	return found <= 0 ? found : delta == v->delta_secs && billed == v->billed_secs;
}

static int read_row(struct store *s, sqlite3_stmt *st, struct pool *pool, struct correction *v, struct err *e)
{
	const char *facts = sqlite3_column_blob(st, 8);

	if (db_copy(s, st, 0, v->entry, sizeof v->entry, e) < 0 || db_copy(s, st, 1, v->invoice, sizeof v->invoice, e) < 0 ||
	    db_copy_date(s, st, 5, &v->date, e) < 0)
		return -1;
	v->pos = sqlite3_column_int(st, 2);
	v->company = pool_dup(pool, (const char *)sqlite3_column_text(st, 3));
	v->currency = pool_dup(pool, (const char *)sqlite3_column_text(st, 4));
	v->delta_secs = sqlite3_column_int64(st, 6);
	v->billed_secs = sqlite3_column_int64(st, 7);
	if (v->company == NULL || v->currency == NULL)
		return err_nomem(e);
	return facts_read_line(facts, (size_t)sqlite3_column_bytes(st, 8), pool, &v->line, e) < 0 ? err_ctx(e, "correction of entry %s", v->entry) : 0;
}

int correction_each_open(struct store *s, int (*each)(void *ctx, const struct correction *v, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT c.entry,c.invoice,c.pos,k.company,k.currency,k.date,k.delta_secs,k.billed_secs,k.facts FROM correction k"
		" JOIN claim c ON c.id=k.claim JOIN invoice i ON i.no=c.invoice WHERE k.state='OPEN' AND c.live IS NOT NULL AND i.state='ISSUED'"
		" ORDER BY k.company,c.invoice,c.pos,c.entry";
	struct pool *pool = pool_new();
	struct correction v;
	sqlite3_stmt *st;
	int rc = -1;

	if (pool == NULL)
		return err_nomem(e);
	st = db_query(s, sql, DB_NOARGS, e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		pool_reset(pool);
		if (read_row(s, st, pool, &v, e) < 0 || each(ctx, &v, e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	pool_free(pool);
	return rc;
}
