/* The invoice as a page: letterhead, addresses, lines, totals, payment. */
#ifndef OUTPUT_INVOICEPAGE_H
#define OUTPUT_INVOICEPAGE_H

#include "output/source.h"
#include "output/template.h"
#include "output/xlsx.h"

/* Fills the sheet. -1: ERR_OS. */
int invoicepage_write(struct xlsx_sheet *s, const struct invoice *v, const struct template *t, struct err *e);

#endif
