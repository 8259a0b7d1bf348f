/* One XML part of a workbook as it streams by: is it whole, and what is in it? */
#ifndef OUTPUT_XLSXSCAN_H
#define OUTPUT_XLSXSCAN_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

#define XLSXSCAN_DEPTH 32

struct xlsxscan {
	int64_t rows;        /* elements <row> */
	int64_t panes;       /* elements <pane> and <selection> */
	int64_t text_bytes;  /* in elements <t>, with entities as the one character that each stands for */
	/* Inside. */
	struct { uint32_t name; int64_t wanted, children; } open[XLSXSCAN_DEPTH]; /* wanted: of its attribute count, or -1 */
	size_t depth;
	int64_t roots;
	int in_tag, in_entity;
	const char *wrong;
	struct buf tag;      /* from behind '<' on, as far as it has come */
};

/* Zero-initialized before the first piece. */
void xlsxscan_add(struct xlsxscan *s, const char *p, size_t n);
/* NULL when the part is one element, its tags nest, and every element with an attribute count has so many children; else what is wrong, static. A write that failed inside of
 * libxlsxwriter leaves a hole in a part, and the library goes on and reports success. Frees what it holds. */
const char *xlsxscan_end(struct xlsxscan *s);

#endif
