/* What every request that changes entries leaves behind, whatever it changes: which ids it was about, how it was answered, what was odd about the answer. */
#ifndef CLI_ATTEMPT_H
#define CLI_ATTEMPT_H

#include "awork/batch.h"
#include "cli/run.h"

/* SHA-256 over the ids, in their order, as an attempt keeps it. 0, or -1 (memory). */
int attempt_digest(const char *const *ids, size_t n, uint8_t out[SHA_LEN], struct err *e);
/* The state of an attempt that was answered so: "answered", "lost", ... */
const char *attempt_state(enum batch_answer a);
/* Ids that were not sent, and ids in two buckets: an event of `run`, inside the caller's transaction, and an alarm of this one. */
int attempt_alarm(struct run *r, const char *run, const struct batch_report *report, struct err *e);

#endif
