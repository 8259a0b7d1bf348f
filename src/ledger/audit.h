/* What the ledger alone can prove about itself: the invariants of the settlement protocol. */
#ifndef LEDGER_AUDIT_H
#define LEDGER_AUDIT_H

#include "ledger/store.h"

struct audit_counts { int64_t events, runs, documents, claims; };

/* Calls `each` with every finding: what ("chain", "numbers", …) and a sentence naming the row. Nothing is found in a sound ledger. Checked are: database and foreign keys;
 * the hash chain, and that every run's states follow it along allowed edges; that what was recorded at each run's point of no return is what stands there now; one
 * live claim per entry and per fee; corrections and their lines; numbers dense per series; documents that balance, lines equal to their claims, totals equal to their run's, and the proof of each run made again (balance_check()); cancellations the
 * exact negative; states of runs, documents and claims that go together. -1 when the ledger cannot be read. */
int audit_ledger(struct store *s, void (*each)(void *ctx, const char *what, const char *sentence), void *ctx, struct audit_counts *out, struct err *e);

#endif
