/* The invoice as a page: letterhead, addresses, lines, totals, payment. */
#ifndef OUTPUT_INVOICEPAGE_H
#define OUTPUT_INVOICEPAGE_H

#include "output/source.h"
#include "output/template.h"
#include "output/xlsx.h"

/* Number formats of one document; they must live until the workbook is closed. */
struct invoicepage_formats {
	char money[64];
	char columns[TEMPLATE_COLUMNS_MAX][64];
};

/* Fills the sheet. -1: out of memory. */
int invoicepage_write(struct xlsx_sheet *s, const struct invoice *v, const struct template *t, struct invoicepage_formats *f, struct err *e);
/* Edge of every page: draft mark above, seller and page number below. */
int invoicepage_edges(struct xlsx_sheet *s, const struct invoice *v, const struct template *t, struct err *e);

#endif
