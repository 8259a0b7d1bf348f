/* The life of one entry in the ledger: where it was seen, what it was billed on, at which rate, and what marking it came to. */
#ifndef LEDGER_TRACE_H
#define LEDGER_TRACE_H

#include "billing/entry.h"
#include "ledger/claim.h"

struct trace_claim {
	char invoice[32], run[16];
	int pos;
	int64_t secs, billed_secs;
	char state[24];
	int64_t delta_secs;        /* now minus claimed, when has_delta */
	int has_delta;
	int64_t rate_line;         /* row of rates.csv; 0 when an older version did not keep it */
	char rate_keys[512];       /* what the row is for */
	int64_t price_e4;
	char currency[4];
};
/* Claims of an entry, oldest first, cancelled ones included. */
int trace_claims(struct store *s, const char *entry, int (*each)(void *ctx, const struct trace_claim *c, struct err *e), void *ctx, struct err *e);

/* Runs that read the entry, oldest first: the entry as it was then (NULL when purged), held: the reason or NULL. */
int trace_seen(struct store *s, const char *entry, int (*each)(void *ctx, const char *run, const struct entry *x, const char *held, struct err *e), void *ctx, struct err *e);

struct trace_correction {
	char entry[37], from[32];  /* what is corrected: an entry on this document */
	int from_pos;
	char state[12];            /* OPEN, BILLED, VOIDED */
	char invoice[32];          /* where the correction stands; "" while it waits */
	int pos;
	int64_t delta_secs, billed_secs;
};
/* Corrections of an entry, or of all entries on a document (number; pos 0: any line), oldest first. */
int trace_corrections(struct store *s, const char *entry, const char *number, int pos, int (*each)(void *ctx, const struct trace_correction *c, struct err *e), void *ctx,
    struct err *e);

struct trace_attempt { int64_t id; int chunk, billed, http; char state[16], trace_id[80]; };
/* Marking requests of a run, in order. */
int trace_attempts(struct store *s, const char *run, int (*each)(void *ctx, const struct trace_attempt *a, struct err *e), void *ctx, struct err *e);

#endif
