#include "ledger/snap.h"

#include <string.h>

#include "ledger/db.h"
#include "ledger/snap_row.h"

#define ROWS_PER_RESET 1024 /* keeps interned names for a while, and memory bounded */

/* An entry that was read before keeps its row. RETURNING would cost a statement journal for each of 100,000 rows. */
static int put_again(struct store *s, const struct db_arg *args, int64_t *id, struct err *e)
{
	static const char put[] = "UPDATE snap SET fp=?3,secs=?4,date=?5,updated_on=?6,res_ver=?7,raw=?8,held=?9,names=?10 WHERE run=?1 AND entry=?2";
	static const char get[] = "SELECT id FROM snap WHERE run=?1 AND entry=?2";

	return db_do_one(s, put, args, "snapshot", e) < 0 || db_get_int(s, get, (const struct db_arg[]){ args[0], args[1], { .type = DB_LAST } }, id, e) < 0 ? -1 : 0;
}

int snap_put(struct store *s, const char *run, const struct entry *x, const char *held, struct snap_row *out, struct err *e)
{
	static const char sql[] = "INSERT INTO snap(run,entry,fp,secs,date,updated_on,res_ver,raw,held,names) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
		" ON CONFLICT(run,entry) DO NOTHING";
	char names[SNAP_NAMES_TEXT];
	uint8_t fp[SHA_LEN];
	char date[16];
	int64_t row = 0;

	if (db_need_transaction(s, e) < 0)
		return -1;
	buf_reset(&s->text);
	if (snap_row_put(s, x, &s->text, names, e) < 0)
		return -1;
	if (entry_fingerprint(x, fp) < 0)
		return err_nomem(e);
	{
		const struct db_arg args[] = { db_text(run), db_text(x->id), db_blob(fp, SHA_LEN), db_opt_int(x->has_secs ? &x->secs : NULL), db_date(date, x->date),
			db_text(x->updated_on), db_text(x->res_ver), db_blob(s->text.p, s->text.n), db_text(held), db_text(names), { .type = DB_LAST } };

		if (db_do(s, sql, args, e) < 0)
			return err_ctx(e, "snapshot");
		if (sqlite3_changes(s->db) == 1)
			row = sqlite3_last_insert_rowid(s->db);
		else if (put_again(s, args, &row, e) < 0)
			return -1;
	}
	if (out != NULL) {
		out->id = row;
		memcpy(out->fp, fp, sizeof fp);
	}
	return 0;
}

int snap_hold(struct store *s, const char *run, const char *entry, const char *held, struct err *e)
{
	static const char sql[] = "UPDATE snap SET held=?3 WHERE run=?1 AND entry=?2";

	return db_do_one(s, sql, DB_ARGS(db_text(run), db_text(entry), db_text(held)), "held entry", e);
}

int snap_sums(struct store *s, const char *run, struct snap_sums *out, struct err *e)
{
	/* As they lie, which is together; the index knows from where to where. */
	static const char sql[] = "SELECT count(*), coalesce(sum(max(coalesce(secs,0),0)),0), count(held),"
		" coalesce(sum(CASE WHEN held IS NULL THEN 0 ELSE max(coalesce(secs,0),0) END),0)"
		" FROM (SELECT min(id) AS first,max(id) AS last FROM snap WHERE run=?1) s CROSS JOIN snap p ON p.id BETWEEN s.first AND s.last WHERE +p.run=?1";
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

#define ROW "SELECT p.held,p.id," SNAP_ROW " FROM snap p "

/* Held entries and all of them are told by functions of two kinds. */
struct telling {
	int (*held)(void *ctx, const struct entry *x, const char *reason, struct err *e);
	int (*all)(void *ctx, const struct entry *x, const char *reason, int64_t snap, struct err *e);
	void *ctx;
};

static int entry_row(struct store *s, sqlite3_stmt *st, struct pool *pool, const struct telling *t, struct err *e)
{
	struct snap_row_bare row;
	const char *held;
	struct entry x;
	char reason[64];
	int rc = snap_row_get(s, st, 2, &row, e);

	if (rc == 0)
		return err_set(e, ERR_DATA, "ledger: the snapshot of an entry was purged");
	if (rc < 0 || snap_row_entry(s, &row, pool, &x, e) < 0 || db_copy(s, st, 0, reason, sizeof reason, e) < 0)
		return -1;
	held = reason[0] == '\0' ? NULL : reason;
	return (t->held != NULL ? t->held(t->ctx, &x, held, e) : t->all(t->ctx, &x, held, sqlite3_column_int64(st, 1), e)) < 0 ? -1 : 0;
}

static int each_row(struct store *s, const char *sql, const struct db_arg *args, const struct telling *t, struct err *e)
{
	struct pool *pool = pool_new();
	sqlite3_stmt *st;
	int64_t row = 0;
	int rc = -1;

	if (pool == NULL)
		return err_nomem(e);
	st = db_query(s, sql, args, e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (++row % ROWS_PER_RESET == 0)
			pool_reset(pool);
		if (entry_row(s, st, pool, t, e) < 0) {
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
	static const char sql[] = ROW "WHERE p.run=?1 AND p.held IS NOT NULL ORDER BY p.held,p.date,p.entry";
	const struct telling t = { .held = each, .ctx = ctx };

	return each_row(s, sql, DB_ARGS(db_text(run)), &t, e);
}

int snap_each_held_for(struct store *s, const char *run, const char *reason,
    int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = ROW "WHERE p.run=?1 AND p.held=?2 ORDER BY p.date,p.entry";
	const struct telling t = { .held = each, .ctx = ctx };

	return each_row(s, sql, DB_ARGS(db_text(run), db_text(reason)), &t, e);
}

int snap_held_digest(struct store *s, const char *run, uint8_t out[SHA_LEN], struct err *e)
{
	static const char sql[] = "SELECT fp,held FROM snap WHERE run=?1 AND held IS NOT NULL ORDER BY held,date,entry";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	uint8_t fp[SHA_LEN];
	char reason[64];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (db_copy_blob(s, st, 0, fp, sizeof fp, e) < 0 || db_copy(s, st, 1, reason, sizeof reason, e) < 0) {
			rc = -1;
			break;
		}
		sha_add(s->sha, fp, sizeof fp);
		sha_add(s->sha, reason, strlen(reason) + 1);
	}
	db_end(s, st);
	/* Ended in any case: the next user begins anew. */
	sha_end(s->sha, out);
	return rc;
}

int snap_each(struct store *s, const char *run, int (*each)(void *ctx, const struct entry *x, const char *reason, int64_t snap, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = ROW "WHERE p.run=?1 ORDER BY p.entry";
	const struct telling t = { .all = each, .ctx = ctx };

	return each_row(s, sql, DB_ARGS(db_text(run)), &t, e);
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
