/* Marking, shared by mark.c, prove.c and settle.c. */
#ifndef CLI_MARK_H
#define CLI_MARK_H

#include "cli/run.h"

/* Sets the entries of these claims billed: read, send, record, until each is MARKED or an exception. run: whose claims they are. */
int mark_list(struct run *r, const char *run, struct claim *v, size_t n, struct err *e);
/* Moves a claim to an exception state and chains the event, inside the caller's transaction. */
int mark_exception(struct run *r, const char *run, const struct claim *c, enum claim_state to, const int64_t *delta_secs,
    const char *what, struct err *e);
/* Appends what differs between the entry as claimed and now; nothing when nothing fingerprinted does. */
int mark_difference(struct run *r, const struct claim *c, const struct entry *now, struct buf *out, struct err *e);

#endif
