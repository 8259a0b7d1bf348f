/* Inside of the ledger floor: the open store, statements, errors. The one header that knows sqlite3.h. */
#ifndef LEDGER_DB_H
#define LEDGER_DB_H

#include <sqlite3.h>
#include "base/buf.h"
#include "ledger/store.h"

#define DB_SLOTS 128

/* One cached statement. The key is the address of the SQL: callers pass one constant per statement. */
struct db_slot {
	const char *sql;
	sqlite3_stmt *st;
	int used; /* between db_query() and db_end(): a nested call gets a statement of its own */
};

struct store {
	sqlite3 *db;
	enum store_mode mode;
	int lock_fd;        /* -1: none */
	struct check *check; /* begun and not found well yet, or NULL (check.h) */
	struct db_slot slot[DB_SLOTS];
	size_t nslot;
	struct buf text;    /* reused for texts on their way into the database */
	struct sha *sha;
	struct names *names; /* names.h; or NULL */
	struct { char run[16]; int64_t first, last, n; } span; /* claims of the run that was asked for last (claim_list.h); "": none */
	int (*beside)(void *ctx, struct err *e); /* query.h; or NULL */
	void *beside_ctx;
};

/* A bound value. Texts and blobs are borrowed until db_end(). */
enum db_type { DB_LAST, DB_INT, DB_TEXT, DB_BLOB, DB_NULL };
struct db_arg {
	enum db_type type;
	int64_t i;
	const void *p;
	size_t n;
};
static inline struct db_arg db_int(int64_t v)
{
	return (struct db_arg){ .type = DB_INT, .i = v };
}
/* NULL binds NULL, here and in db_blob(). */
static inline struct db_arg db_text(const char *s)
{
	return (struct db_arg){ .type = s != NULL ? DB_TEXT : DB_NULL, .p = s };
}
static inline struct db_arg db_blob(const void *p, size_t n)
{
	return (struct db_arg){ .type = p != NULL ? DB_BLOB : DB_NULL, .p = p, .n = n };
}
static inline struct db_arg db_opt_int(const int64_t *v)
{
	return v != NULL ? db_int(*v) : (struct db_arg){ .type = DB_NULL };
}
#define DB_ARGS(...) ((const struct db_arg[]){ __VA_ARGS__, { .type = DB_LAST } })
#define DB_NOARGS ((const struct db_arg[]){ { .type = DB_LAST } })

/* True when the disk did not give what was read last: SQLite calls that a damaged database. */
int db_is_unreadable(struct store *s);
/* Maps an SQLite result code to an exit status, with SQLite's own sentence. Returns -1. */
int db_fail(struct store *s, int rc, struct err *e);

/* A statement ready to step, from the cache when it is free. NULL on error. Give it back with db_end(). */
sqlite3_stmt *db_query(struct store *s, const char *sql, const struct db_arg *args, struct err *e);
/* 1 a row, 0 the end, -1. */
int db_step(struct store *s, sqlite3_stmt *st, struct err *e);
/* NULL is allowed. */
void db_end(struct store *s, sqlite3_stmt *st);
/* Runs a statement to its end; rows are ignored. */
int db_do(struct store *s, const char *sql, const struct db_arg *args, struct err *e);
/* As db_do(), but exactly one row must have changed: else ERR_SOFTWARE "what: ...". */
int db_do_one(struct store *s, const char *sql, const struct db_arg *args, const char *what, struct err *e);
/* The first column of the first row: 1, 0 when there is no row or it is NULL, -1. */
int db_get_int(struct store *s, const char *sql, const struct db_arg *args, int64_t *out, struct err *e);
/* The same as a text; owned by caller, NULL when there is none (check e->code). */
char *db_get_text(struct store *s, const char *sql, const struct db_arg *args, struct err *e);
/* Several statements without values. */
int db_script(struct store *s, const char *sql, struct err *e);

/* Column texts: "" stands for NULL, and a text that does not fit is ERR_DATA. */
int db_copy(struct store *s, sqlite3_stmt *st, int col, char *out, size_t room, struct err *e);
/* A column of exactly n bytes, else ERR_DATA. */
int db_copy_blob(struct store *s, sqlite3_stmt *st, int col, void *out, size_t n, struct err *e);
/* A date column, DATE_NONE when NULL. */
int db_copy_date(struct store *s, sqlite3_stmt *st, int col, date_t *out, struct err *e);
/* The date as a value to bind, in room for it. */
struct db_arg db_date(char room[16], date_t d);

/* ERR_SOFTWARE outside of a transaction. */
int db_need_transaction(struct store *s, struct err *e);
/* Finalizes all cached statements. */
void db_forget(struct store *s);

#endif
