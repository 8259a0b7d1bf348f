/* A reconciliation for people: counts, hours and money per class, then the differences. */
#ifndef CLI_RECONCILEPRINT_H
#define CLI_RECONCILEPRINT_H

#include "billing/reconcile.h"

/* On standard output. folder: where the files are. */
void reconcileprint_text(const struct reconcile_report *r, const char *folder);

#endif
