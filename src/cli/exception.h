/* An entry that is not as it was billed, or could not be marked: what the ledger, the log and a person are told. */
#ifndef CLI_EXCEPTION_H
#define CLI_EXCEPTION_H

#include "cli/run.h"

/* Moves a claim to an exception state and chains the event, inside the caller's transaction. run: whose claim it is. delta_secs: NULL, or now minus claimed. */
int exception_record(struct run *r, const char *run, const struct claim *c, enum claim_state to, const int64_t *delta_secs, const char *what, struct err *e);
/* The same for the claim of this row. */
int exception_of(struct run *r, const char *run, int64_t claim, enum claim_state to, const char *what, struct err *e);
/* DRIFT, with what differs between the entry as claimed and now. */
int exception_drift(struct run *r, const char *run, const struct claim *c, const struct entry *now, struct err *e);

#endif
