/* Indexes against their tables: what SQLite's integrity_check looks at beyond its quick_check. */
#ifndef LEDGER_INTACT_H
#define LEDGER_INTACT_H

#include "ledger/store.h"

/* Whether every index holds exactly the rows of its table, in order, each once where it is unique. Of a table that quick_check (store_check()) has found sound nothing is left to ask then. The indexes of
 * claims and snapshots are read once, as they lie, beside their tables, where integrity_check would look every row up; both sides must come to the same number of keys and the same sum of their SHA-256.
 * What is not sound is told in the words of integrity_check. -1 when the ledger cannot be read. */
int intact_check(struct store *s, int (*each)(void *ctx, const char *sentence, struct err *e), void *ctx, struct err *e);

#endif
