#include "ledger/store.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/check.h"
#include "ledger/claim_list.h"
#include "ledger/db.h"
#include "ledger/lock.h"
#include "ledger/names.h"
#include "ledger/place.h"
#include "ledger/schema.h"
#include "ledger/scratch.h"

#define BUSY_MS 2000 /* for another program that reads the file without our lock, such as the sqlite3 shell */

static int open_db(struct store *s, const char *file, int flags, struct err *e)
{
	int rc;

	/* Nobody asks for SQLite's count of its memory, which takes a lock at each allocation. Too late after the first ledger: then it is set already. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	rc = sqlite3_open_v2(file, &s->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(s->db, BUSY_MS);
	return rc == SQLITE_OK ? 0 : db_fail(s, rc, e);
}

static int open_write(struct store *s, struct place *p, int64_t wait_ms, int beside, struct err *e)
{
	int version;

	if (p->dirfd < 0)
		return err_set(e, ERR_CANTCREAT, "the folder of the ledger does not exist");
	if (lock_take(p, 1, wait_ms, &s->lock_fd, e) < 0 || place_look(p, e) < 0)
		return -1;
	if (!p->exists && place_create(p, e) < 0)
		return -1;
	if (open_db(s, p->path, SQLITE_OPEN_READWRITE, e) < 0 || schema_settings(s, e) < 0 || schema_version(s, 0, &version, e) < 0)
		return -1;
	/* A ledger that is to be migrated is written at once. */
	if ((beside && version == SCHEMA_VERSION ? check_begin(s, e) : schema_check(s, 0, e)) < 0)
		return -1;
	return schema_migrate(s, version, e);
}

static int open_read(struct store *s, struct place *p, int64_t wait_ms, struct err *e)
{
	int version;

	if (!p->exists)
		return err_set(e, ERR_NOINPUT, "there is no ledger yet; the first `psabill run` makes it");
	if (lock_take(p, 0, wait_ms, &s->lock_fd, e) < 0)
		return -1;
	if (open_db(s, p->path, SQLITE_OPEN_READONLY, e) < 0 || schema_settings(s, e) < 0 || schema_version(s, 0, &version, e) < 0)
		return -1;
	if (version == 0)
		return err_set(e, ERR_NOINPUT, "the ledger is empty: no run has come that far yet");
	if (version < SCHEMA_VERSION)
		return err_set(e, ERR_CONFIG, "the ledger has the older version %d; the next run brings it up to date", version);
	return 0;
}

int store_check(struct store *s, struct err *e)
{
	return schema_check(s, 0, e);
}

static int open_scratch(struct store *s, struct place *p, int64_t wait_ms, struct err *e)
{
	if (p->exists && lock_take(p, 0, wait_ms, &s->lock_fd, e) < 0)
		return -1;
	/* The empty name is a temporary file that SQLite unlinks at once. */
	if (open_db(s, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, e) < 0 || schema_settings(s, e) < 0)
		return -1;
	return scratch_fill(s, p->exists ? p->path : NULL, e);
}

static struct store *open_as(const char *path, enum store_mode mode, int64_t wait_ms, int beside, struct err *e)
{
	struct store *s = calloc(1, sizeof *s);
	struct place p;
	int rc;

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	s->lock_fd = -1;
	s->mode = mode;
	s->sha = sha_new();
	rc = s->sha == NULL ? err_nomem(e) : 0;
	if (place_open(&p, path, e) < 0 || rc < 0 || place_look(&p, e) < 0)
		rc = -1;
	else if (mode == STORE_WRITE)
		rc = open_write(s, &p, wait_ms, beside, e);
	else if (mode == STORE_READ)
		rc = open_read(s, &p, wait_ms, e);
	else
		rc = open_scratch(s, &p, wait_ms, e);
	place_close(&p);
	if (rc == 0)
		return s;
	if (e != NULL && strstr(e->msg, path) == NULL)
		err_ctx(e, "%s", path);
	(void)store_close(s, NULL);
	return NULL;
}

struct store *store_open(const char *path, enum store_mode mode, int64_t wait_ms, struct err *e)
{
	return open_as(path, mode, wait_ms, 0, e);
}

struct store *store_open_beside(const char *path, int64_t wait_ms, struct err *e)
{
	return open_as(path, STORE_WRITE, wait_ms, 1, e);
}

int store_checked(struct store *s, struct err *e)
{
	return check_wait(s, e);
}

int store_close(struct store *s, struct err *e)
{
	int rc = 0;

	if (s == NULL)
		return 0;
	check_end(s);
	if (s->db != NULL) {
		db_forget(s);
		store_rollback(s);
		rc = sqlite3_close(s->db);
		if (rc != SQLITE_OK)
			rc = db_fail(s, rc, e);
	}
	/* After SQLite: whoever gets the lock next finds the file closed. */
	lock_drop(s->lock_fd);
	buf_free(&s->text);
	sha_free(s->sha);
	free(s);
	return rc;
}

int store_begin(struct store *s, struct err *e)
{
	static const char sql[] = "BEGIN IMMEDIATE";

	return db_do(s, sql, DB_NOARGS, e);
}

int store_commit(struct store *s, struct err *e)
{
	static const char sql[] = "COMMIT";

	return db_do(s, sql, DB_NOARGS, e);
}

/* A rollback that fails leaves a hot journal: the next open rolls back, so there is nothing to report. */
void store_rollback(struct store *s)
{
	claim_list_changed(s);
	names_forget(s);
	if (s->db != NULL && !sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

char *store_meta(struct store *s, const char *key, struct err *e)
{
	static const char sql[] = "SELECT v FROM meta WHERE k=?1";

	return db_get_text(s, sql, DB_ARGS(db_text(key)), e);
}

int store_set_meta(struct store *s, const char *key, const char *value, struct err *e)
{
	static const char sql[] = "INSERT INTO meta(k,v) VALUES(?1,?2) ON CONFLICT(k) DO UPDATE SET v=excluded.v";

	return db_do_one(s, sql, DB_ARGS(db_text(key), db_text(value)), "meta", e);
}

const char *store_state_name(enum store_state st)
{
	static const char *const name[] = { "OPEN", "SNAPSHOT", "PLANNED", "RENDERED", "PUBLISHING", "PUBLISHED", "MARKING", "VERIFYING",
		"CLOSED", "CLOSED_EXC", "ABORTED" };

	return (unsigned)st < sizeof name / sizeof *name ? name[st] : "?";
}

const char *store_version(void)
{
	return sqlite3_libversion();
}
