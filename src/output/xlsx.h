/* Writing a workbook: the only place that knows libxlsxwriter. Rows are written downwards and leave memory at once. */
#ifndef OUTPUT_XLSX_H
#define OUTPUT_XLSX_H

#include <stddef.h>
#include <stdint.h>
#include "base/date.h"
#include "base/err.h"

struct xlsx;
struct xlsx_sheet;

#define XLSX_EPOCH 25569 /* 1970-01-01 in a spreadsheet's days */

enum xlsx_align { XLSX_GENERAL, XLSX_LEFT, XLSX_CENTER, XLSX_RIGHT };
enum xlsx_border { XLSX_NONE, XLSX_THIN, XLSX_MEDIUM, XLSX_DOUBLE };

/* How a cell looks; zero-initialized: 10 points, black, no fill, top-aligned. Equal styles are one format in the file. */
struct xlsx_style {
	int size;            /* points; 0 means 10 */
	int bold, italic, wrap;
	int indent;          /* steps from the left edge */
	int middle;          /* centred in the row's height */
	enum xlsx_align align;
	enum xlsx_border top, bottom;
	int color, fill, line; /* 0xRRGGBB; 0: black, none, black */
	const char *num;     /* number format of at most 63 bytes, or NULL; copied */
};

/* A workbook at path, built with temporary files in tmp_dir (unlinked at once). title, author: document properties; date: their creation date, since a
 * clock would make equal documents differ. NULL: ERR_CANTCREAT (also when path exists), ERR_IO, ERR_OS. */
struct xlsx *xlsx_new(const char *path, const char *tmp_dir, const char *title, const char *author, date_t date, struct err *e);

/* Sheets appear in the order of the calls and may be filled in turns. Failures below are kept and reported by xlsx_close(); a NULL sheet is allowed. */
struct xlsx_sheet *xlsx_sheet(struct xlsx *x, const char *name);

/* Closes, reads the file back (checksums, closing tags, number of rows) and frees x. -1: ERR_IO, ERR_SOFTWARE; no file is left. Another thread than the one that wrote may do it,
 * but no two at a time: the library shares what gmtime(3) returns. */
int xlsx_close(struct xlsx *x, struct err *e);
/* Frees x and leaves no file; NULL is allowed. */
void xlsx_abandon(struct xlsx *x);

/* Cells. Rows from 0, never upwards within one sheet; columns from 0. Text is never taken for a formula or a link; characters that XML cannot
 * hold become blanks, "_xHHHH_" is escaped, more than 32,767 characters are cut ("..."). */
void xlsx_text(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *text);
void xlsx_blank(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style);
/* v units of 10^-scale as a number. More than 15 digits do not fit a spreadsheet's number: ERR_DATA. */
void xlsx_dec(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, int64_t v, int scale);
/* A day, as a date. */
void xlsx_day(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, date_t d);
/* A duration: spreadsheets count days, so that [h]:mm shows it and sums work. */
void xlsx_secs(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, int64_t secs);
/* n / d, for shares; d > 0. */
void xlsx_ratio(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, int64_t n, int64_t d);
/* Formulas, made by the program only, with the value that is shown until a spreadsheet program computes them anew. */
void xlsx_formula_dec(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t v, int scale);
void xlsx_formula_secs(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t secs);
void xlsx_formula_ratio(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t n, int64_t d);
/* Text across columns first..last of one row. */
void xlsx_across(struct xlsx_sheet *s, int row, int first, int last, const struct xlsx_style *style, const char *text);
/* The same over several rows: to be called for each of them, between its other cells. */
struct xlsx_area { int first_row, last_row, first, last; };
void xlsx_part(struct xlsx_sheet *s, int row, const struct xlsx_area *a, const struct xlsx_style *style, const char *text);

/* Height in points; before the row's first cell. */
void xlsx_height(struct xlsx_sheet *s, int row, int points);
/* Width in characters. */
void xlsx_width(struct xlsx_sheet *s, int col, int chars);
/* Rows above `row` and columns left of `col` stay in view. */
void xlsx_freeze(struct xlsx_sheet *s, int row, int col);
/* Arrows in the heading row `row` for the rows below it to last_row; while that row is the current one. */
void xlsx_filter(struct xlsx_sheet *s, int row, int last_row, int last_col);
/* True when a spreadsheet program's ROUND(n / d) surely gives the exact result: binary fractions can fall to the other side of an exact half. d > 0. */
int xlsx_rounds_safely(__int128 n, __int128 d);

/* "B7". Returns out. */
#define XLSX_REF_MAX 256
char *xlsx_ref(char out[XLSX_REF_MAX], int row, int col);
/* "'Name'!$B$7:$B$9", without the sheet when s is NULL. Returns out. */
char *xlsx_range(char out[XLSX_REF_MAX], const struct xlsx_sheet *s, int row, int col, int last_row, int last_col);

#endif
