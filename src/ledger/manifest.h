/* What the hash chain records of a run when it is issued. */
#ifndef LEDGER_MANIFEST_H
#define LEDGER_MANIFEST_H

#include "base/buf.h"
#include "ledger/store.h"

/* Appends the canonical JSON of the run's documents, lines, claims, inputs, balance and files, for the event of the point of no return. Only what never
 * changes goes in, so that a later call gives the same bytes as the event. Claims go in as their number and a SHA-256, per document. */
int manifest_write(struct store *s, const char *run, struct buf *out, struct err *e);

#endif
