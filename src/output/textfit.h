/* How many lines a text needs in a cell: spreadsheet files carry row heights, and nothing measures text when they are written. */
#ifndef OUTPUT_TEXTFIT_H
#define OUTPUT_TEXTFIT_H

#include <stddef.h>

/* Lines of s in a cell `chars` wide (as column widths count) at `size` points, at least 1. Errs on the side of one more. */
int textfit_lines(const char *s, int chars, int size);
/* Bytes of s that so many lines hold, at least one character; the rest begins with a line of its own. */
size_t textfit_prefix(const char *s, int chars, int size, int lines);
/* Row height in points for that many lines. */
int textfit_height(int lines, int size);

#endif
