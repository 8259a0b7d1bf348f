/* What a run's documents are rendered from beside the facts: templates, logos, settings. Kept for good, each content once. */
#ifndef LEDGER_INPUT_H
#define LEDGER_INPUT_H

#include "base/buf.h"
#include "ledger/store.h"

/* Stores one under a name, inside the caller's transaction, before the run is rendered. */
int input_put(struct store *s, const char *run, const char *name, const void *p, size_t n, struct err *e);
/* Gives a run the inputs of another, inside the caller's transaction. */
int input_copy(struct store *s, const char *from_run, const char *to_run, struct err *e);
/* The inputs of a run by name; each is proven by its SHA-256 (ERR_DATA). Arguments are borrowed during the call. */
int input_each(struct store *s, const char *run, int (*each)(void *ctx, const char *name, const void *p, size_t n, struct err *e), void *ctx, struct err *e);

#endif
