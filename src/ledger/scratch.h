/* The database of a dry run: a private temporary file that starts with what a plan needs from the ledger. */
#ifndef LEDGER_SCRATCH_H
#define LEDGER_SCRATCH_H

#include "ledger/db.h"

/* Makes the schema in s and copies from the ledger at path (NULL: start empty), which is opened read-only and let go. */
int scratch_fill(struct store *s, const char *path, struct err *e);

#endif
