#include "ledger/input.h"

#include <string.h>

#include "ledger/db.h"

#define NAME_ROOM 128

int input_put(struct store *s, const char *run, const char *name, const void *p, size_t n, struct err *e)
{
	static const char body[] = "INSERT INTO blob(sha256,body) VALUES(?1,?2) ON CONFLICT(sha256) DO NOTHING";
	static const char sql[] = "INSERT INTO input(run,name,sha256) VALUES(?1,?2,?3)";
	uint8_t sha[SHA_LEN];

	if (db_need_transaction(s, e) < 0)
		return -1;
	if (strlen(name) >= NAME_ROOM)
		return err_set(e, ERR_CONFIG, "the file name %.40s… has more than %d bytes", name, NAME_ROOM - 1);
	sha_of(p, n, sha);
	if (db_do(s, body, DB_ARGS(db_blob(sha, SHA_LEN), db_blob(p, n)), e) < 0 ||
	    db_do_one(s, sql, DB_ARGS(db_text(run), db_text(name), db_blob(sha, SHA_LEN)), "input", e) < 0)
		return err_ctx(e, "%s", name);
	return 0;
}

int input_copy(struct store *s, const char *from_run, const char *to_run, struct err *e)
{
	static const char sql[] = "INSERT INTO input(run,name,sha256) SELECT ?2,name,sha256 FROM input WHERE run=?1";

	return db_need_transaction(s, e) < 0 ? -1 : db_do(s, sql, DB_ARGS(db_text(from_run), db_text(to_run)), e);
}

int input_each(struct store *s, const char *run, int (*each)(void *ctx, const char *name, const void *p, size_t n, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT i.name,i.sha256,b.body FROM input i JOIN blob b ON b.sha256=i.sha256 WHERE i.run=?1 ORDER BY i.name";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	uint8_t want[SHA_LEN], is[SHA_LEN];
	char name[NAME_ROOM];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		const void *p = sqlite3_column_blob(st, 2);
		size_t n = (size_t)sqlite3_column_bytes(st, 2);

		rc = -1;
		if (db_copy(s, st, 0, name, sizeof name, e) < 0 || db_copy_blob(s, st, 1, want, SHA_LEN, e) < 0)
			break;
		sha_of(p == NULL ? "" : p, n, is);
		if (memcmp(want, is, SHA_LEN) != 0) {
			err_set(e, ERR_DATA, "ledger: %s of %s is not what was stored", name, run);
			break;
		}
		if (each(ctx, name, p == NULL ? "" : p, n, e) < 0)
			break;
	}
	db_end(s, st);
	return rc;
}
