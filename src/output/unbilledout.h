/* Unbilled time as files: unbilled.csv, unbilled.json, unbilled.xlsx. The same rows and sums in each. */
#ifndef OUTPUT_UNBILLEDOUT_H
#define OUTPUT_UNBILLEDOUT_H

#include "billing/unbilled.h"

/* One row per group and currency. ERR_CANTCREAT, ERR_IO. */
int unbilledout_csv(const struct unbilled_report *r, const char *path, struct err *e);
/* Appends the report as JSON. */
int unbilledout_json(const struct unbilled_report *r, enum err_code exit_status, struct buf *out, struct err *e);

#endif
