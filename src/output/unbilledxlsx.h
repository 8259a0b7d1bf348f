/* Unbilled time as a workbook: the rows, their sums as formulas, a chart. */
#ifndef OUTPUT_UNBILLEDXLSX_H
#define OUTPUT_UNBILLEDXLSX_H

#include "billing/unbilled.h"

/* ERR_CANTCREAT, ERR_IO. */
int unbilledxlsx_write(const struct unbilled_report *r, const char *path, struct err *e);

#endif
