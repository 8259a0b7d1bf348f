/* Inside of the ledger floor: ids and names that many snapshots have in common, each pair kept once. */
#ifndef LEDGER_NAMES_H
#define LEDGER_NAMES_H

#include "base/pool.h"
#include "ledger/db.h"

/* The number of an id in awork and its name, which is found or made, inside the caller's transaction; 0 for none of both. NULL and "" are one. */
int names_put(struct store *s, const char *id, const char *name, int64_t *number, struct err *e);
/* What has that number, interned in the pool; NULL where there is none. ERR_DATA when nothing has it. */
int names_get(struct store *s, int64_t number, struct pool *pool, const char **id, const char **name, struct err *e);
/* Nothing is remembered any more: after a rollback, and at the end. */
void names_forget(struct store *s);

#endif
