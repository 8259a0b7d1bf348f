/* The table: headings decide, whatever else stands in it; rows without an action are passed over. */
#include <stdlib.h>
#include <string.h>

#include "base/csvfile.h"
#include "base/file.h"
#include "cli/apply.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)
#define ROWS_MAX 200000

enum { C_ENTRY, C_ACTION, C_VALUE, C_DATE, C_USER, C_PROJECT, C_TASK, C_WORK, C_SECONDS, C_DURATION, C_START, C_NOTE, C_BILLABLE, C_COLUMNS };
static const char *const heads[C_COLUMNS] = { "entry_id", "action", "value", "date", "user", "project", "task", "type_of_work", "seconds", "duration", "start",
	"note", "billable" };

struct reading { struct applying *w; int headed; int col[C_COLUMNS]; };

static int read_head(struct reading *t, const struct csvfile_row *row)
{
	struct diag *d = &t->w->diag;

	t->headed = 1;
	for (int i = 0; i < C_COLUMNS; i++)
		t->col[i] = -1;
	for (size_t k = 0; k < row->n; k++)
		for (int i = 0; i < C_COLUMNS; i++) {
			if (strcmp(row->text[k], heads[i]) != 0)
				continue;
			if (t->col[i] >= 0)
				diag_add(d, t->w->file, row->line, "heading '%s' stands twice", heads[i]);
			t->col[i] = (int)k;
		}
	if (t->col[C_ACTION] < 0)
		diag_add(d, t->w->file, row->line, "no column 'action': add it to a copy of held.csv, entries.csv or reconcile.csv and fill it in where something is to change");
	else if (t->col[C_ENTRY] < 0)
		diag_add(d, t->w->file, row->line, "no column 'entry_id'");
	return 0;
}

static const char *cell(const struct reading *t, const struct csvfile_row *row, int column)
{
	return t->col[column] >= 0 && (size_t)t->col[column] < row->n ? row->text[t->col[column]] : NULL;
}

static int on_row(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct reading *t = ctx;
	struct applying *w = t->w;
	struct applyrow *x;
	struct buf why = BUF_INIT;
	int rc;

	if (!t->headed)
		return read_head(t, row);
	if (t->col[C_ACTION] < 0 || t->col[C_ENTRY] < 0)
		return 0;
	if (w->nrows == ROWS_MAX)
		return err_set(e, ERR_DATA, "%s has more than %d rows with an action; split it", w->file, ROWS_MAX);
	if (buf_grow(&w->rows, &w->cap_rows, w->nrows + 1, sizeof *w->rows) < 0)
		return err_nomem(e);
	x = &w->rows[w->nrows];
	rc = applyrow_parse(&(struct applyrow_cells){ cell(t, row, C_ENTRY), cell(t, row, C_ACTION), cell(t, row, C_VALUE), cell(t, row, C_DATE),
	    cell(t, row, C_USER), cell(t, row, C_PROJECT), cell(t, row, C_TASK), cell(t, row, C_WORK), cell(t, row, C_SECONDS), cell(t, row, C_DURATION),
	    cell(t, row, C_START), cell(t, row, C_NOTE), cell(t, row, C_BILLABLE) }, w->pool, x, &why);
	if (rc < 0)
		diag_add(&w->diag, w->file, row->line, "%s", buf_text(&why));
	else if (rc > 0)
		w->rows[w->nrows++].line = row->line;
	buf_free(&why);
	return pool_failed(w->pool) ? err_nomem(e) : 0;
}

int applyread_file(struct applying *w, struct err *e)
{
	struct reading t = { .w = w };
	struct buf b = BUF_INIT;

	if (file_read(w->file, FILE_MAX, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	sha_of(b.p != NULL ? b.p : "", b.n, w->file_sha);
	buf_free(&b);
	if (csvfile_read(w->file, on_row, &t, &w->diag, e) < 0)
		return -1;
	if (!t.headed && diag_empty(&w->diag))
		diag_add(&w->diag, w->file, 0, "is empty");
	return 0;
}
