/* Entries that a person put on hold: no run bills them until they are released. Kept for good. */
#ifndef LEDGER_HOLD_H
#define LEDGER_HOLD_H

#include "ledger/store.h"

/* Both inside the caller's transaction, as part of an apply. An entry that is on hold gets the new text. */
int hold_put(struct store *s, const char *entry, const char *text, const char *apply, struct err *e);
/* ERR_SOFTWARE when it is not on hold. */
int hold_release(struct store *s, const char *entry, const char *apply, struct err *e);
/* The text of an entry's hold; owned by caller, NULL when there is none (check e->code). */
char *hold_of(struct store *s, const char *entry, struct err *e);
/* By entry. Borrowed during the call. */
int hold_each(struct store *s, int (*each)(void *ctx, const char *entry, const char *text, struct err *e), void *ctx, struct err *e);

#endif
