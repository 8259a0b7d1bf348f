/* Claims read again from awork, some days at a time: the next portion is begun when the last questions of the one before are on their way, so that the wire is never idle between them,
 * and no more than two are in memory. */
#ifndef CLI_READING_H
#define CLI_READING_H

#include "awork/reread.h"
#include "cli/run.h"

#define READING_CLAIMS 98304 /* claims of a portion, unless a single day has more */

struct reading;

struct reading_spec {
	/* A portion, as claim_days_next() gives it. */
	int (*next)(void *ctx, struct claim_brief **v, size_t *n, struct err *e);
	enum reread_how how;
	/* Each claim with its entry as it is now; NULL: awork does not have it any longer. */
	int (*each)(void *ctx, struct claim_brief *c, const struct entry *now, struct err *e);
	/* A portion of which every claim was told; or NULL. */
	int (*done)(void *ctx, const struct claim_brief *v, size_t n, struct err *e);
	void *ctx;
};

/* Nothing is asked yet. NULL: an error. */
struct reading *reading_new(struct run *r, const struct reading_spec *spec, struct err *e);
/* Asks, and deals with an answer; wait: until there is one. 1: there is more to do, 0: all is read, -1. */
int reading_turn(struct reading *g, int wait, struct err *e);
/* Before its end: what is on its way is dropped. NULL is allowed. */
void reading_free(struct reading *g);

#endif
