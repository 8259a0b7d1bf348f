#include "ledger/snap.h"

#include "ledger/db.h"

#define ROWS_PER_RESET 1024 /* keeps interned names for a while, and memory bounded */

int snap_put(struct store *s, const char *run, const struct entry *x, const char *held, struct err *e)
{
	static const char sql[] = "INSERT INTO snap(run,entry,fp,secs,date,updated_on,res_ver,raw,held) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"
		" ON CONFLICT(run,entry) DO UPDATE SET fp=excluded.fp,secs=excluded.secs,date=excluded.date,updated_on=excluded.updated_on,"
		" res_ver=excluded.res_ver,raw=excluded.raw,held=excluded.held";
	uint8_t fp[SHA_LEN];
	char date[16];

	if (db_need_transaction(s, e) < 0)
		return -1;
	buf_reset(&s->text);
	entry_write(x, &s->text);
	if (!buf_ok(&s->text) || entry_fingerprint(x, fp) < 0)
		return err_nomem(e);
	return db_do_one(s, sql, DB_ARGS(db_text(run), db_text(x->id), db_blob(fp, SHA_LEN), db_opt_int(x->has_secs ? &x->secs : NULL),
	    db_date(date, x->date), db_text(x->updated_on), db_text(x->res_ver), db_blob(s->text.p, s->text.n), db_text(held)), "snapshot", e);
}

int snap_hold(struct store *s, const char *run, const char *entry, const char *held, struct err *e)
{
	static const char sql[] = "UPDATE snap SET held=?3 WHERE run=?1 AND entry=?2";

	return db_do_one(s, sql, DB_ARGS(db_text(run), db_text(entry), db_text(held)), "held entry", e);
}

int snap_sums(struct store *s, const char *run, struct snap_sums *out, struct err *e)
{
	static const char sql[] = "SELECT count(*), coalesce(sum(max(coalesce(secs,0),0)),0), count(held),"
		" coalesce(sum(CASE WHEN held IS NULL THEN 0 ELSE max(coalesce(secs,0),0) END),0) FROM snap WHERE run=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0)
		*out = (struct snap_sums){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
			sqlite3_column_int64(st, 3) };
	db_end(s, st);
	return rc < 0 ? -1 : 0;
}

static int entry_row(struct store *s, sqlite3_stmt *st, struct pool *pool,
    int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e)
{
	const char *raw = sqlite3_column_blob(st, 0);
	struct entry x;
	char reason[64];

	if (raw == NULL)
		return err_set(e, ERR_DATA, "ledger: the snapshot of an entry was purged");
	if (entry_read(raw, (size_t)sqlite3_column_bytes(st, 0), pool, &x, e) < 0 || db_copy(s, st, 1, reason, sizeof reason, e) < 0)
		return -1;
	return each(ctx, &x, reason[0] == '\0' ? NULL : reason, e) < 0 ? -1 : 0;
}

static int each_row(struct store *s, const char *sql, const char *run,
    int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e)
{
	struct pool *pool = pool_new();
	sqlite3_stmt *st;
	int64_t row = 0;
	int rc = -1;

	if (pool == NULL)
		return err_nomem(e);
	st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (++row % ROWS_PER_RESET == 0)
			pool_reset(pool);
		if (entry_row(s, st, pool, each, ctx, e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	pool_free(pool);
	return rc;
}

int snap_each_held(struct store *s, const char *run,
    int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e)
{
	return each_row(s, "SELECT raw,held FROM snap WHERE run=?1 AND held IS NOT NULL ORDER BY held,date,entry", run, each, ctx, e);
}

int snap_each(struct store *s, const char *run, int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e)
{
	return each_row(s, "SELECT raw,held FROM snap WHERE run=?1 ORDER BY entry", run, each, ctx, e);
}

int snap_each_reason(struct store *s, const char *run,
    int (*each)(void *ctx, const char *reason, int64_t n, int64_t secs, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT held,count(*),coalesce(sum(max(coalesce(secs,0),0)),0) FROM snap WHERE run=?1 AND held IS NOT NULL"
		" GROUP BY held ORDER BY held";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	char reason[64];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, reason, sizeof reason, e) < 0 ||
		    each(ctx, reason, sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2), e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}
