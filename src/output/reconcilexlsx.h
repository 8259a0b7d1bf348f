/* A reconciliation as a workbook: summary, differences, forgotten time, books. */
#ifndef OUTPUT_RECONCILEXLSX_H
#define OUTPUT_RECONCILEXLSX_H

#include "billing/reconcile.h"

/* Counts, seconds and money of the summary are formulas over the other sheets; what agrees is a number. ERR_CANTCREAT, ERR_IO, ERR_DATA for more findings than a sheet
 * has rows. */
int reconcilexlsx_write(const struct reconcile_report *r, const char *path, struct err *e);

#endif
