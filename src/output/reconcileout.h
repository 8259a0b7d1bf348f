/* A reconciliation as files: reconcile.csv, reconcile.json, reconcile.xlsx. The same findings and the same sums in each. */
#ifndef OUTPUT_RECONCILEOUT_H
#define OUTPUT_RECONCILEOUT_H

#include "billing/reconcile.h"

/* Every finding, one row each; what agrees is not listed. ERR_CANTCREAT, ERR_IO. */
int reconcileout_csv(const struct reconcile_report *r, const char *path, struct err *e);
/* Appends the report as JSON. */
int reconcileout_json(const struct reconcile_report *r, enum err_code exit_status, struct buf *out, struct err *e);

#endif
