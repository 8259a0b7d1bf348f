/* Many rows of plain cells, one like the other, without what the library does for each of them. */
#ifndef OUTPUT_XLSXROW_H
#define OUTPUT_XLSXROW_H

#include "output/xlsx.h"

struct xlsxrow;

/* A text, or where it is NULL the number n / d, 1 <= d. */
struct xlsxrow_cell { const char *text; int64_t n, d; };

/* Rows of the columns 0 to n - 1, each with one style throughout; s (NULL is allowed) stays until xlsxrow_free(). NULL: ERR_OS. */
struct xlsxrow *xlsxrow_new(struct xlsx_sheet *s, const struct xlsx_style *styles, int n, struct err *e);
/* One row of n cells, `points` high. Same bytes as from xlsx_height(), xlsx_text() and xlsx_ratio(), which may write other rows in between; failures as with those. */
void xlsxrow_put(struct xlsxrow *r, int row, int points, const struct xlsxrow_cell *cells);
/* NULL is allowed. */
void xlsxrow_free(struct xlsxrow *r);

#endif
