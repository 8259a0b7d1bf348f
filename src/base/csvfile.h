/* CSV: the only place that knows libcsv. Reading with line numbers, writing per RFC 4180. */
#ifndef BASE_CSVFILE_H
#define BASE_CSVFILE_H

#include <stdio.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"

struct csvfile_row {
	int line;          /* physical line where the row starts, 1-based */
	size_t n;          /* fields */
	char sep;          /* between its cells */
	const char **text; /* each NUL-terminated, valid UTF-8, blanks at both ends removed; borrowed during the call */
};

/* Called for each row, the heading row included; blank lines and rows of empty fields only are skipped. -1 stops. */
typedef int csvfile_cb(void *ctx, const struct csvfile_row *row, struct err *e);

/* Reads the whole file, separator ',' or ';' found from the heading row, byte order mark skipped. Malformed quoting, bad UTF-8 and NUL bytes go to *d with file:line.
 * A formula guard (a leading ' before = + - @ TAB CR) that a spreadsheet-safe writer added is removed. -1: ERR_NOINPUT when it does not exist, else ERR_IO. */
int csvfile_read(const char *path, csvfile_cb *cb, void *ctx, struct diag *d, struct err *e);

/* The same with a separator that is known: ',', ';' or TAB; 0: found from the heading row. */
int csvfile_read_as(const char *path, char sep, csvfile_cb *cb, void *ctx, struct diag *d, struct err *e);

/* One table with known columns, so that headings may stand in any order: finds `want[i]` in the heading row.
 * col[i] gets the field's index or -1. Unknown (with what may have been meant) and repeated headings are errors in *d. */
void csvfile_columns(const struct csvfile_row *head, const char *const *want, size_t nwant, int *col, const char *file, struct diag *d);

/* A decimal number as it stands in a cell. Where ';' stands between cells a decimal comma is a point, as German spreadsheet programs save it ("95,50"), unless three digits
 * follow it: that could be thousands. Returns s, or out. */
const char *csvfile_decimal(const struct csvfile_row *row, const char *s, char out[NUM_MAX]);

/* Which cells stand in quotes: text cells (always), those that must, every one. */
enum csvfile_quote { CSVFILE_QUOTE_TEXT, CSVFILE_QUOTE_MINIMAL, CSVFILE_QUOTE_ALL };

/* Writing, one field at a time into *b; sep is ',' ';' or TAB. */
struct csvfile_out {
	struct buf *b; /* borrowed */
	char sep;
	int guard; /* 1: neutralise cells that spreadsheets take for a formula */
	enum csvfile_quote quote;
	int lf;    /* 1: rows end in LF, not CR LF */
	int column;
};
/* A text cell; with guard a ' goes before a leading = + - @ TAB CR or their full-width variants. NULL is empty. */
void csvfile_text(struct csvfile_out *o, const char *s);
/* A bare cell: number, date, id, code made by the program itself. NULL is empty. */
void csvfile_bare(struct csvfile_out *o, const char *s);
/* The end of a row. */
void csvfile_end(struct csvfile_out *o);

#endif
