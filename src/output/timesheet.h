/* The time sheet behind an invoice: its entries, one row each, with sums that follow a filter. */
#ifndef OUTPUT_TIMESHEET_H
#define OUTPUT_TIMESHEET_H

#include "output/source.h"
#include "output/template.h"
#include "output/xlsx.h"

struct timesheet;

/* Begins the sheet with its headings; the document stays until timesheet_end(). NULL: ERR_OS. */
struct timesheet *timesheet_begin(struct xlsx_sheet *s, const struct source_document *d, const struct template *t, struct err *e);
/* One row. */
int timesheet_entry(struct timesheet *r, const struct invoice_entry *x, struct err *e);
/* Sums and pages, unless rc < 0; frees in any case (NULL is allowed). The entries must add up to the document: ERR_SOFTWARE otherwise. Returns what it came to. */
int timesheet_end(struct timesheet *r, int rc, struct err *e);

#endif
