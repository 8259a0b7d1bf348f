/* An entry that is not as it was billed, or could not be marked: what the ledger, the log and a person are told. */
#ifndef CLI_EXCEPTION_H
#define CLI_EXCEPTION_H

#include "cli/run.h"

/* Moves a claim to an exception state and chains the event, inside the caller's transaction. run: whose claim it is. delta_secs: NULL, or now minus claimed. */
int exception_record(struct run *r, const char *run, const struct claim *c, enum claim_state to, const int64_t *delta_secs, const char *what, struct err *e);
/* Appends what differs between the entry as claimed and now; nothing when nothing fingerprinted does. */
int exception_difference(struct run *r, const struct claim *c, const struct entry *now, struct buf *out, struct err *e);

#endif
