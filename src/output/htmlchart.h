/* Charts of a page as SVG: bars and columns, in whole numbers. Lengths are per cent of the page's width, so that the text keeps its size on a narrow screen. Title and description
 * say what the picture shows; the figures themselves stand in a table beside it, which is the caller's. */
#ifndef OUTPUT_HTMLCHART_H
#define OUTPUT_HTMLCHART_H

#include <stddef.h>
#include <stdint.h>
#include "output/htmlout.h"

#define HTMLCHART_SERIES 2

struct htmlchart_bar {
	const char *label, *value;     /* value: the figure in words */
	int64_t v[HTMLCHART_SERIES];   /* stacked, in this order; negative ones count as 0 */
};

struct htmlchart {
	const char *id;                /* of the picture; unique in its page */
	const char *title, *desc;
	const struct htmlchart_bar *bars;
	size_t n;
	int64_t unit;                  /* columns: what 1 on the axis is */
};

/* Bars below each other, with label and value above each. */
void htmlchart_bars(struct htmlout *h, const struct htmlchart *c);
/* Columns side by side over an axis; of many only every so manieth has its label, and none its value. */
void htmlchart_columns(struct htmlout *h, const struct htmlchart *c);

/* The distance between lines of an axis that reaches to top (> 0): 1, 2 or 5 times a power of ten, at most five lines. */
int64_t htmlchart_step(int64_t top);

#endif
