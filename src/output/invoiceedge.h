/* The edge of every page of an invoice's workbook: draft mark above, the template's footer below. */
#ifndef OUTPUT_INVOICEEDGE_H
#define OUTPUT_INVOICEEDGE_H

#include "output/invoicepage.h"

struct invoiceedge {
	struct buf left, center, right; /* of the footer */
};

/* Puts the texts together; to be freed also after -1 (ERR_OS). */
int invoiceedge_make(struct invoiceedge *x, const struct invoice *v, const struct template *t, struct err *e);
/* Lines of the highest of the footer's parts. */
int invoiceedge_lines(const struct invoiceedge *x);
/* Returns 1 when the footer was too long for a workbook and is cut. */
int invoiceedge_put(const struct invoiceedge *x, struct xlsx_sheet *s, const struct invoice *v, const struct template *t);
void invoiceedge_free(struct invoiceedge *x);

#endif
