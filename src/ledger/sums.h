/* The laws that look at every claim, all of them in one reading. */
#ifndef LEDGER_SUMS_H
#define LEDGER_SUMS_H

#include "ledger/store.h"

/* Whether each claim goes with its snapshot (entry, run, date) and with the state of its document and run, each line that is no cancellation's has the seconds and the number of its claims,
 * and each closed run its totals. 1; 0 when something does not, or when there are too many lines to be held: then statements tell what (audit.c). -1 when the ledger cannot be read. */
int sums_hold(struct store *s, struct err *e);

#endif
