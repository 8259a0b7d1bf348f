#include "ledger/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/check.h"

static enum err_code code_of(int rc)
{
	switch (rc) {
	case SQLITE_READONLY_ROLLBACK: /* hot journal beside a ledger that is open for reading only */
	case SQLITE_BUSY_RECOVERY: return ERR_TEMPFAIL;
	case SQLITE_IOERR_NOMEM: return ERR_OS;
	}
	switch (rc & 0xff) {
	case SQLITE_NOMEM: return ERR_OS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_TOOBIG: return ERR_DATA;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_NOLFS: return ERR_IO;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT: return ERR_TEMPFAIL;
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH: return ERR_CANTCREAT;
	}
	return ERR_SOFTWARE;
}

/* SQLite reports EIO and its kin while reading as SQLITE_CORRUPT (os_unix.c: SQLITE_IOERR_CORRUPTFS): the errno of the file tells trouble of the disk from a damaged ledger. */
int db_is_unreadable(struct store *s)
{
	int last = 0;

	return s->db != NULL && sqlite3_file_control(s->db, "main", SQLITE_FCNTL_LAST_ERRNO, &last) == SQLITE_OK &&
	       (last == EIO || last == ENXIO || last == ERANGE);
}

int db_fail(struct store *s, int rc, struct err *e)
{
	enum err_code code = code_of(rc);
	int sys = s->db != NULL ? sqlite3_system_errno(s->db) : 0;
	const char *why = s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);

	/* Nothing can be created through a connection that only reads: then a file that does not open is a fault of the disk. */
	if ((rc & 0xff) == SQLITE_CANTOPEN && s->mode != STORE_WRITE)
		code = ERR_IO;
	if ((rc & 0xff) == SQLITE_CORRUPT && db_is_unreadable(s))
		return err_set(e, ERR_IO, "ledger: it cannot be read: %s (SQLite %d)", strerror(EIO), rc);
	if (rc == SQLITE_READONLY_ROLLBACK)
		return err_set(e, code, "ledger: a run was cut off inside of a transaction; the next run undoes it");
	if (sys != 0 && (code == ERR_IO || code == ERR_CANTCREAT))
		return err_set(e, code, "ledger: %s (SQLite %d): %s", why, rc, strerror(sys));
	return err_set(e, code, "ledger: %s (SQLite %d)", why, rc);
}

static int bind(sqlite3_stmt *st, int i, const struct db_arg *a)
{
	switch (a->type) {
	case DB_INT: return sqlite3_bind_int64(st, i, a->i);
	case DB_TEXT: return sqlite3_bind_text64(st, i, a->p, strlen(a->p), SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB: return a->n > 0 ? sqlite3_bind_blob64(st, i, a->p, a->n, SQLITE_STATIC) : sqlite3_bind_zeroblob(st, i, 0);
	case DB_NULL: return sqlite3_bind_null(st, i);
	case DB_LAST: break;
	}
	return SQLITE_MISUSE;
}

static struct db_slot *slot_of(struct store *s, const sqlite3_stmt *st)
{
	for (size_t i = 0; i < s->nslot; i++)
		if (s->slot[i].st == st)
			return &s->slot[i];
	return NULL;
}

/* What is asked for often comes to stand in front, where it is found at once. */
static void move_forward(struct store *s, size_t i)
{
	const struct db_slot moved = s->slot[i];

	s->slot[i] = s->slot[i / 2];
	s->slot[i / 2] = moved;
}

static sqlite3_stmt *prepare(struct store *s, const char *sql, struct err *e)
{
	struct db_slot *slot = NULL;
	sqlite3_stmt *st = NULL;
	int rc;

	if (s->check != NULL && check_wait(s, e) < 0)
		return NULL;
	for (size_t i = 0; i < s->nslot; i++) {
		if (s->slot[i].sql != sql)
			continue;
		slot = &s->slot[i];
		if (!slot->used) {
			st = slot->st;
			slot->used = 1;
			move_forward(s, i);
			return st;
		}
	}
	rc = sqlite3_prepare_v3(s->db, sql, -1, slot == NULL ? SQLITE_PREPARE_PERSISTENT : 0, &st, NULL);
	if (rc != SQLITE_OK) {
		db_fail(s, rc, e);
		return NULL;
	}
	if (slot == NULL && s->nslot < DB_SLOTS)
		s->slot[s->nslot++] = (struct db_slot){ sql, st, 1 };
	return st;
}

sqlite3_stmt *db_query(struct store *s, const char *sql, const struct db_arg *args, struct err *e)
{
	sqlite3_stmt *st = prepare(s, sql, e);
	int rc;

	if (st == NULL)
		return NULL;
	for (int i = 0; args[i].type != DB_LAST; i++) {
		rc = bind(st, i + 1, &args[i]);
		if (rc != SQLITE_OK) {
			db_fail(s, rc, e);
			db_end(s, st);
			return NULL;
		}
	}
	return st;
}

int db_step(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return db_fail(s, rc, e);
}

/* What sqlite3_reset() and sqlite3_finalize() return is the failure of the last step, reported then. */
void db_end(struct store *s, sqlite3_stmt *st)
{
	struct db_slot *slot = st != NULL ? slot_of(s, st) : NULL;

	if (slot == NULL) {
		(void)sqlite3_finalize(st);
		return;
	}
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	slot->used = 0;
}

int db_do(struct store *s, const char *sql, const struct db_arg *args, struct err *e)
{
	sqlite3_stmt *st = db_query(s, sql, args, e);
	int rc;

	if (st == NULL)
		return -1;
	do
		rc = db_step(s, st, e);
	while (rc > 0);
	db_end(s, st);
	return rc;
}

int db_do_one(struct store *s, const char *sql, const struct db_arg *args, const char *what, struct err *e)
{
	if (db_do(s, sql, args, e) < 0)
		return err_ctx(e, "%s", what);
	if (sqlite3_changes(s->db) != 1)
		return err_set(e, ERR_SOFTWARE, "%s: %d rows of the ledger changed instead of one", what, sqlite3_changes(s->db));
	return 0;
}

int db_get_int(struct store *s, const char *sql, const struct db_arg *args, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = db_query(s, sql, args, e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && sqlite3_column_type(st, 0) == SQLITE_NULL)
		rc = 0;
	if (rc > 0)
		*out = sqlite3_column_int64(st, 0);
	db_end(s, st);
	return rc;
}

char *db_get_text(struct store *s, const char *sql, const struct db_arg *args, struct err *e)
{
	sqlite3_stmt *st = db_query(s, sql, args, e);
	char *out = NULL;

	if (st == NULL)
		return NULL;
	if (db_step(s, st, e) > 0 && sqlite3_column_type(st, 0) != SQLITE_NULL) {
		const void *p = sqlite3_column_blob(st, 0);
		size_t n = (size_t)sqlite3_column_bytes(st, 0);

		out = p != NULL || n == 0 ? malloc(n + 1) : NULL;
		if (out == NULL) {
			err_nomem(e);
		} else {
			if (n > 0)
				memcpy(out, p, n);
			out[n] = '\0';
		}
	}
	db_end(s, st);
	return out;
}

int db_script(struct store *s, const char *sql, struct err *e)
{
	int rc;

	if (s->check != NULL && check_wait(s, e) < 0)
		return -1;
	rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : db_fail(s, rc, e);
}

int db_copy(struct store *s, sqlite3_stmt *st, int col, char *out, size_t room, struct err *e)
{
	/* NULL for what is not NULL: no memory. */
	const char *t = sqlite3_column_type(st, col) == SQLITE_NULL ? "" : (const char *)sqlite3_column_text(st, col);
	size_t n;

	(void)s;
	if (t == NULL)
		return err_nomem(e);
	n = strlen(t);
	if (n >= room)
		return err_set(e, ERR_DATA, "ledger: '%.80s' in column %s is too long", t, sqlite3_column_name(st, col));
	memcpy(out, t, n + 1);
	return 0;
}

int db_copy_blob(struct store *s, sqlite3_stmt *st, int col, void *out, size_t n, struct err *e)
{
	const void *p = sqlite3_column_blob(st, col);

	(void)s;
	if (p == NULL || (size_t)sqlite3_column_bytes(st, col) != n)
		return err_set(e, ERR_DATA, "ledger: column %s has %d bytes instead of %zu", sqlite3_column_name(st, col),
		    sqlite3_column_bytes(st, col), n);
	memcpy(out, p, n);
	return 0;
}

int db_copy_date(struct store *s, sqlite3_stmt *st, int col, date_t *out, struct err *e)
{
	char t[16];

	if (db_copy(s, st, col, t, sizeof t, e) < 0)
		return -1;
	if (t[0] == '\0')
		*out = DATE_NONE;
	else if (date_parse(t, out) < 0)
		return err_set(e, ERR_DATA, "ledger: '%s' in column %s is no date", t, sqlite3_column_name(st, col));
	return 0;
}

struct db_arg db_date(char room[16], date_t d)
{
	return db_text(d == DATE_NONE ? NULL : date_fmt(room, d));
}

int db_need_transaction(struct store *s, struct err *e)
{
	if (sqlite3_get_autocommit(s->db))
		return err_set(e, ERR_SOFTWARE, "ledger: a change that belongs into a transaction came outside of one");
	return 0;
}

void db_forget(struct store *s)
{
	for (size_t i = 0; i < s->nslot; i++)
		(void)sqlite3_finalize(s->slot[i].st);
	s->nslot = 0;
}
