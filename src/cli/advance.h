/* One durable step of a run: work and the new state in one transaction. */
#ifndef CLI_ADVANCE_H
#define CLI_ADVANCE_H

#include "cli/run.h"

/* begin, work (may be NULL), state `to` with its event (body: canonical JSON or NULL), commit. On any failure everything is rolled back and r->row is as before. step: the
 * protocol's name of it, a stop point of crash tests. */
int advance_run(struct run *r, enum store_state to, const char *body, int (*work)(struct run *r, struct err *e), const char *step, struct err *e);

/* The same without a change of state, for work with an argument. */
int advance_work(struct run *r, int (*work)(void *ctx, struct err *e), void *ctx, const char *step, struct err *e);

#endif
