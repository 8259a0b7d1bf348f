/* Where pages end: from the heights of the rows and what must stay together. */
#ifndef OUTPUT_INVOICEBREAKS_H
#define OUTPUT_INVOICEBREAKS_H

#include <stddef.h>

/* How a row holds on to the one above it. LOOSE ties are given up when what they hold together is higher than a page. */
enum invoicebreaks_tie { INVOICEBREAKS_FREE, INVOICEBREAKS_LOOSE, INVOICEBREAKS_TIGHT };

struct invoicebreaks_row { short height; unsigned char tie; };

struct invoicebreaks {
	struct invoicebreaks_row *row;
	size_t n, cap;
	int failed; /* out of memory */
};

#define INVOICEBREAKS_STANDARD 15 /* points of a row that nobody set */

/* Rows up to this one exist; it is so high. */
void invoicebreaks_height(struct invoicebreaks *b, int row, int points);
/* Rows first+1..last hold on to the one above; a tighter tie stays. */
void invoicebreaks_tie(struct invoicebreaks *b, int first, int last, enum invoicebreaks_tie tie);

/* Finds the rows that begin a page of `room` points; row `repeat` (-1: none) is printed again on every page below its own. Every row of a
 * group that is tied together but higher than a page may begin one. *rows is owned by caller (NULL when there is none). 0 or -1: out of memory. */
int invoicebreaks_find(const struct invoicebreaks *b, int room, int repeat, int **rows, size_t *n);

void invoicebreaks_free(struct invoicebreaks *b);

#endif
