#include "ledger/check.h"

#include <stdlib.h>

#include "base/worker.h"
#include "ledger/db.h"
#include "ledger/schema.h"

struct check {
	struct store reader; /* its own connection: read-only, without a lock file */
	struct worker *worker;
	int rc;
	struct err why;
};

static int work(void *job, int rc, struct err *e)
{
	struct check *c = job;

	return rc < 0 ? 0 : schema_check(&c->reader, 0, e);
}

static void close_reader(struct store *r)
{
	if (r->db == NULL)
		return;
	db_forget(r);
	store_rollback(r);
	/* Nothing was written through it, so that there is nothing to lose. */
	(void)sqlite3_close(r->db);
	r->db = NULL;
	buf_free(&r->text);
}

/* Every page is looked at once or twice, so a large cache would only be filled; a small one stays in that of the processor. The transaction holds the shared lock until the connection is closed. It is not
 * to be had when the owner's connection has just rolled back what a killed run left, and keeps the file to itself. */
static int open_reader(struct check *c, const char *file)
{
	struct err ignored = ERR_INIT;
	struct store *r = &c->reader;
	int64_t n;

	r->mode = STORE_READ;
	r->lock_fd = -1;
	if (sqlite3_open_v2(file, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) == SQLITE_OK &&
	    schema_settings(r, &ignored) == 0 && db_script(r, "PRAGMA cache_size=-512;BEGIN", &ignored) == 0 &&
	    db_get_int(r, "SELECT count(*) FROM sqlite_schema", DB_NOARGS, &n, &ignored) == 1)
		return 0;
	close_reader(r);
	return -1;
}

int check_begin(struct store *s, struct err *e)
{
	const char *file = sqlite3_db_filename(s->db, "main");
	struct err ignored = ERR_INIT;
	struct check *c = sqlite3_threadsafe() ? calloc(1, sizeof *c) : NULL;

	if (c == NULL)
		return schema_check(s, 0, e);
	c->why = (struct err)ERR_INIT;
	if (open_reader(c, file) < 0 || (c->worker = worker_new(1, 0, &ignored)) == NULL) {
		close_reader(&c->reader);
		free(c);
		return schema_check(s, 0, e);
	}
	s->check = c;
	/* What came of it is asked for later. */
	(void)worker_put(c->worker, work, c, &ignored);
	return 0;
}

int check_wait(struct store *s, struct err *e)
{
	struct check *c = s->check;

	if (c == NULL)
		return 0;
	if (c->worker != NULL) {
		c->rc = worker_end(c->worker, 0, &c->why);
		c->worker = NULL;
		if (c->rc < 0)
			err_ctx(&c->why, "%s", sqlite3_db_filename(s->db, "main"));
		close_reader(&c->reader);
	}
	if (c->rc < 0)
		return err_set(e, c->why.code, "%s", c->why.msg);
	check_end(s);
	return 0;
}

void check_end(struct store *s)
{
	struct check *c = s->check;

	if (c == NULL)
		return;
	(void)worker_end(c->worker, -1, NULL);
	close_reader(&c->reader);
	s->check = NULL;
	free(c);
}
