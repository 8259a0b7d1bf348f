/* Ids per POST: as many as awork takes, found out and remembered in the ledger. */
#ifndef CLI_BATCHSIZE_H
#define CLI_BATCHSIZE_H

#include <stddef.h>
#include "awork/batch.h"
#include "ledger/store.h"

struct batchsize {
	size_t chunk;            /* of the next POST, at most */
	size_t proven;           /* the largest that was taken so far: what is larger is tried with one POST alone */
	size_t known, most;      /* as the ledger remembers, 0: nothing; as configured */
};

/* most: as configured, 1 to 1000. */
int batchsize_start(struct store *s, int64_t most, struct batchsize *out, struct err *e);
/* A POST of n ids was answered so. Halved at once for all that follows, doubled for the next run only, which tries it once. Inside the caller's transaction. */
int batchsize_learn(struct batchsize *b, struct store *s, size_t n, enum batch_answer answer, struct err *e);

#endif
