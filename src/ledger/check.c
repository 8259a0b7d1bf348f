#include "ledger/check.h"

#include <stdlib.h>

#include "base/worker.h"
#include "ledger/db.h"
#include "ledger/reader.h"
#include "ledger/schema.h"

struct check {
	struct store *reader;
	struct worker *worker;
	int rc;
	struct err why;
};

static int work(void *job, int rc, struct err *e)
{
	struct check *c = job;

	return rc < 0 ? 0 : schema_check(c->reader, 0, e);
}

/* Every page is looked at once or twice, so a large cache would only be filled; a small one stays in that of the processor. */
#define CACHE_KIB 512

int check_begin(struct store *s, struct err *e)
{
	struct err ignored = ERR_INIT;
	struct check *c = calloc(1, sizeof *c);

	if (c == NULL)
		return schema_check(s, 0, e);
	c->why = (struct err)ERR_INIT;
	/* There is none when the owner's connection has just rolled back what a killed run left, and keeps the file to itself. */
	if ((c->reader = reader_open(s, CACHE_KIB)) == NULL || (c->worker = worker_new(1, 0, &ignored)) == NULL) {
		reader_close(c->reader);
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
		reader_close(c->reader);
		c->reader = NULL;
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
	reader_close(c->reader);
	s->check = NULL;
	free(c);
}
