#include "ledger/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/db.h"
#include "ledger/schema.h"

static int open_file(struct store *r, const char *file, int cache_kib, struct err *e)
{
	char sql[64];
	int64_t n;

	if (sqlite3_open_v2(file, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK || schema_settings(r, e) < 0)
		return -1;
	snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d;BEGIN", cache_kib);
	return db_script(r, sql, e) < 0 || db_get_int(r, "SELECT count(*) FROM sqlite_schema", DB_NOARGS, &n, e) <= 0 ? -1 : 0;
}

struct store *reader_open(struct store *s, int cache_kib)
{
	const char *file = sqlite3_db_filename(s->db, "main");
	struct store *r = sqlite3_threadsafe() ? calloc(1, sizeof *r) : NULL;
	struct err ignored = ERR_INIT;

	if (r == NULL)
		return NULL;
	r->mode = STORE_READ;
	r->lock_fd = -1;
	r->sha = sha_new();
	if (r->sha != NULL && open_file(r, file, cache_kib, &ignored) == 0)
		return r;
	reader_close(r);
	return NULL;
}

void reader_stop(struct store *reader)
{
	sqlite3_interrupt(reader->db);
}

void reader_close(struct store *reader)
{
	if (reader == NULL)
		return;
	if (reader->db != NULL) {
		db_forget(reader);
		store_rollback(reader);
		/* Nothing was written through it, so that there is nothing to lose. */
		(void)sqlite3_close(reader->db);
	}
	buf_free(&reader->text);
	sha_free(reader->sha);
	free(reader);
}
