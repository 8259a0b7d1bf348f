/* The time sheet behind an invoice: its entries, one row each, with sums that follow a filter. */
#ifndef OUTPUT_TIMESHEET_H
#define OUTPUT_TIMESHEET_H

#include "output/source.h"
#include "output/template.h"
#include "output/xlsx.h"

/* Fills the sheet from src->entries(). The entries must add up to the invoice: ERR_SOFTWARE otherwise. */
int timesheet_write(struct xlsx_sheet *s, const struct source *src, const struct invoice *v, const struct template *t, struct err *e);

#endif
