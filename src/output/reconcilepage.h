/* report.html of a reconciliation: the sums by class, then every difference with its money, for reading. The files beside it have all of it for machines. */
#ifndef OUTPUT_RECONCILEPAGE_H
#define OUTPUT_RECONCILEPAGE_H

#include "billing/reconcile.h"

/* language: of documents. made_utc, tool: when and by what. ERR_CANTCREAT, ERR_IO, ERR_OS; ERR_SOFTWARE when its sums and its findings differ. */
int reconcilepage_write(const struct reconcile_report *r, const char *language, int64_t made_utc, const char *tool, const char *path, struct err *e);

#endif
