#include "ledger/intact.h"

#include <stdlib.h>
#include <string.h>

#include "base/sorter.h"
#include "ledger/db.h"

/* Those of the tables that have a row for each entry. Behind its columns each statement has the row; both of an index give the same columns, one from the index alone and in its order. */
static const struct { const char *index, *stored, *rows; int unique; } indexes[] = {
	{ "claim_by_line", "SELECT invoice,pos,id FROM claim INDEXED BY claim_by_line ORDER BY invoice,pos,id", "SELECT invoice,pos,id FROM claim NOT INDEXED", 0 },
	{ "one_live_claim", "SELECT entry,id FROM claim INDEXED BY one_live_claim WHERE live IS NOT NULL ORDER BY entry,id", "SELECT entry,id FROM claim NOT INDEXED WHERE live IS NOT NULL", 1 },
	{ "snap_held", "SELECT run,held,date,entry,id FROM snap INDEXED BY snap_held WHERE held IS NOT NULL ORDER BY run,held,date,entry,id",
	    "SELECT run,held,date,entry,id FROM snap NOT INDEXED WHERE held IS NOT NULL", 0 },
	{ "sqlite_autoindex_snap_1", "SELECT run,entry,id FROM snap INDEXED BY sqlite_autoindex_snap_1 ORDER BY run,entry,id", "SELECT run,entry,id FROM snap NOT INDEXED", 1 },
	{ "voided_claim", "SELECT entry,id FROM claim INDEXED BY voided_claim WHERE live IS NULL ORDER BY entry,id", "SELECT entry,id FROM claim NOT INDEXED WHERE live IS NULL", 0 },
};
#define INDEXES (sizeof indexes / sizeof *indexes)

/* Keys in any order come to the same. */
struct sum { int64_t n; uint64_t lanes[SHA_LEN / 8]; };

static void add_key(struct sum *sum, const struct buf *key)
{
	uint64_t lanes[SHA_LEN / 8];
	uint8_t sha[SHA_LEN];

	sha_of(key->p, key->n, sha);
	memcpy(lanes, sha, sizeof lanes);
	for (size_t i = 0; i < SHA_LEN / 8; i++)
		sum->lanes[i] += lanes[i];
	sum->n++;
}

/* A value as bytes that sort as SQLite sorts it: NULL, integers, texts. */
static int add_value(struct buf *b, sqlite3_stmt *st, int col)
{
	const char *text, *zero;
	uint8_t number[9] = { 1 };
	size_t n;

	switch (sqlite3_column_type(st, col)) {
	case SQLITE_NULL:
		buf_ch(b, 0);
		return 0;
	case SQLITE_INTEGER:
		sorter_key_int(number + 1, sqlite3_column_int64(st, col));
		buf_add(b, number, sizeof number);
		return 0;
	}
	text = (const char *)sqlite3_column_text(st, col);
	n = (size_t)sqlite3_column_bytes(st, col);
	if (text == NULL)
		return -1;
	/* A zero byte inside is told from the end by what follows it. */
	buf_ch(b, 2);
	while ((zero = memchr(text, 0, n)) != NULL) {
		buf_add(b, text, (size_t)(zero - text) + 1);
		buf_ch(b, 1);
		n -= (size_t)(zero - text) + 1;
		text = zero + 1;
	}
	buf_add(b, text, n);
	buf_add(b, "\0", 2);
	return 0;
}

/* *distinct: how many bytes of the key stand before the row. */
static int read_key(sqlite3_stmt *st, struct buf *key, size_t *distinct, struct err *e)
{
	const int columns = sqlite3_column_count(st);

	buf_reuse(key);
	for (int i = 0; i < columns; i++) {
		*distinct = key->n;
		if (add_value(key, st, i) < 0)
			return err_nomem(e);
	}
	return buf_ok(key) ? 0 : err_nomem(e);
}

/* Whether a follows b. */
static int follows(const struct buf *a, const struct buf *b)
{
	const int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

	return c > 0 || (c == 0 && a->n > b->n);
}

/* ordered: every key must come after the one before; unique: and differ from it before the row. *sound: they do. */
static int add_keys(struct store *s, const char *sql, int ordered, int unique, struct sum *sum, int *sound, struct err *e)
{
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	struct buf keys[2] = { BUF_INIT, BUF_INIT };
	size_t distinct[2] = { 0, 0 };
	int rc = -1, now = 0;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		const struct buf *key = &keys[now], *last = &keys[!now];

		if ((rc = read_key(st, &keys[now], &distinct[now], e)) < 0)
			break;
		add_key(sum, key);
		if (ordered && sum->n > 1 && (!follows(key, last) || (unique && distinct[now] == distinct[!now] && memcmp(key->p, last->p, distinct[now]) == 0)))
			*sound = 0;
		now = !now;
	}
	db_end(s, st);
	buf_free(&keys[0]);
	buf_free(&keys[1]);
	return rc;
}

/* 1 sound, 0 not, -1. */
static int check_index(struct store *s, size_t i, struct err *e)
{
	struct sum stored = { .n = 0 }, rows = { .n = 0 };
	int sound = 1;

	if (add_keys(s, indexes[i].stored, 1, indexes[i].unique, &stored, &sound, e) < 0 || add_keys(s, indexes[i].rows, 0, 0, &rows, &sound, e) < 0)
		return -1;
	return sound && stored.n == rows.n && memcmp(stored.lanes, rows.lanes, sizeof rows.lanes) == 0;
}

/* Those that are there are those that are looked at. 1, 0, -1. */
static int check_names(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT name FROM sqlite_schema WHERE type='index' AND tbl_name IN('claim','snap') ORDER BY name";
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	size_t n = 0;
	int rc = -1, same = 1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		same &= n < INDEXES && name != NULL && strcmp(name, indexes[n].index) == 0;
		n++;
	}
	db_end(s, st);
	return rc < 0 ? -1 : same && n == INDEXES;
}

/* The other tables are small: SQLite looks their rows up. 1, 0, -1. */
static int check_others(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT count(*) FROM (SELECT DISTINCT tbl_name AS name FROM sqlite_schema WHERE type='index' AND tbl_name NOT IN('claim','snap')) t"
		" JOIN pragma_integrity_check(t.name) k WHERE k.integrity_check<>'ok'";
	int64_t n = 0;

	return db_get_int(s, sql, DB_NOARGS, &n, e) < 0 ? -1 : n == 0;
}

static int is_sound(struct store *s, struct err *e)
{
	int rc = check_names(s, e);

	for (size_t i = 0; i < INDEXES && rc > 0; i++)
		rc = check_index(s, i, e);
	return rc > 0 ? check_others(s, e) : rc;
}

int intact_check(struct store *s, int (*each)(void *ctx, const char *sentence, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check<>'ok'";
	struct err mine = ERR_INIT;
	sqlite3_stmt *st;
	int rc = is_sound(s, &mine), told = 0;

	if (rc > 0)
		return 0;
	/* What cannot be read as it should is a matter for SQLite's own check, trouble of disk or memory is not. */
	if (rc < 0 && mine.code != ERR_DATA && mine.code != ERR_SOFTWARE)
		return err_set(e, mine.code, "%s", mine.msg);
	st = db_query(s, sql, DB_NOARGS, e);
	rc = -1;
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		told = 1;
		if ((rc = text == NULL ? err_nomem(e) : each(ctx, text, e)) != 0)
			break;
	}
	db_end(s, st);
	if (rc < 0)
		return -1;
	return told ? 0 : mine.code != ERR_OK ? err_set(e, mine.code, "%s", mine.msg) : each(ctx, "an index does not hold the rows of its table", e) < 0 ? -1 : 0;
}
