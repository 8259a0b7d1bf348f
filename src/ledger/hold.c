#include "ledger/hold.h"

#include "ledger/db.h"

static int drop(struct store *s, const char *entry, const char *apply, struct err *e)
{
	static const char sql[] = "UPDATE apply_hold SET released=?2 WHERE entry=?1 AND released IS NULL";

	return db_do(s, sql, DB_ARGS(db_text(entry), db_text(apply)), e);
}

int hold_put(struct store *s, const char *entry, const char *text, const char *apply, struct err *e)
{
	static const char sql[] = "INSERT INTO apply_hold(entry,text,apply) VALUES(?1,?2,?3)";

	if (db_need_transaction(s, e) < 0 || drop(s, entry, apply, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(entry), db_text(text), db_text(apply)), "hold", e);
}

int hold_release(struct store *s, const char *entry, const char *apply, struct err *e)
{
	static const char sql[] = "UPDATE apply_hold SET released=?2 WHERE entry=?1 AND released IS NULL";

	if (db_need_transaction(s, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(entry), db_text(apply)), "release of a hold", e);
}

char *hold_of(struct store *s, const char *entry, struct err *e)
{
	static const char sql[] = "SELECT text FROM apply_hold WHERE entry=?1 AND released IS NULL";

	return db_get_text(s, sql, DB_ARGS(db_text(entry)), e);
}

int hold_each(struct store *s, int (*each)(void *ctx, const char *entry, const char *text, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT entry,text FROM apply_hold WHERE released IS NULL ORDER BY entry";
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (each(ctx, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1), e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}
