#include "ledger/ranks.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
	return strcmp(((const struct ranks_document *)a)->no, ((const struct ranks_document *)b)->no);
}

static int compare_number(const void *key, const void *element)
{
	return strcmp(key, ((const struct ranks_document *)element)->no);
}

int ranks_read(struct store *s, const char *run, struct ranks *r, struct err *e)
{
	static const char sql[] = "SELECT no FROM invoice WHERE run=?1 ORDER BY series,n";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		rc = -1;
		if (buf_grow(&r->v, &r->cap, r->n + 1, sizeof *r->v) < 0)
			err_nomem(e);
		else
			rc = db_copy(s, st, 0, r->v[r->n].no, sizeof r->v->no, e);
		if (rc < 0)
			break;
		r->v[r->n].place = (uint32_t)r->n;
		r->n++;
	}
	db_end(s, st);
	if (rc < 0 || r->n == 0)
		return rc;
	r->at = calloc(r->n, sizeof *r->at);
	if (r->at == NULL)
		return err_nomem(e);
	qsort(r->v, r->n, sizeof *r->v, by_number);
	for (size_t i = 0; i < r->n; i++)
		r->at[r->v[i].place] = (uint32_t)i;
	return 0;
}

const struct ranks_document *ranks_find(const struct ranks *r, const char *number)
{
	return r->n == 0 ? NULL : bsearch(number, r->v, r->n, sizeof *r->v, compare_number);
}

void ranks_free(struct ranks *r)
{
	free(r->v);
	free(r->at);
}

struct sorter *ranks_sorter(struct store *s, struct err *e)
{
	const char *path = sqlite3_db_filename(s->db, "main"), *slash = path != NULL ? strrchr(path, '/') : NULL;
	char folder[PATH_MAX] = "";

	if (slash != NULL)
		snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + (slash == path), path);
	return sorter_new(sorter_folder(folder), SORTER_LIMIT, e);
}
