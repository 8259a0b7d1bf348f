/* Text on its way into a workbook's XML. */
#ifndef OUTPUT_XLSXTEXT_H
#define OUTPUT_XLSXTEXT_H

#include <stddef.h>
#include "base/buf.h"

/* Appends s as a cell may hold it: characters illegal in XML 1.0 become blanks, "_xHHHH_" is escaped (a reader would turn it into a character), and what
 * is longer than 32,767 UTF-16 units is cut and ends with "...". */
void xlsxtext_cell(struct buf *out, const char *s);

/* Appends s for a header or footer in letters of that size: '&' doubled, {page} and {pages} as codes, line breaks kept. At most max UTF-16
 * units are written; what is cut ends with "…". Returns the units that all of it takes. */
size_t xlsxtext_edge(struct buf *out, const char *s, int size, size_t max);

#endif
