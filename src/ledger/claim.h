/* Claims: which entry stands on which line, and what became of it in awork. */
#ifndef LEDGER_CLAIM_H
#define LEDGER_CLAIM_H

#include "billing/entry.h"
#include "ledger/store.h"

enum claim_state { CLAIM_CLAIMED, CLAIM_SENT, CLAIM_MARKED, CLAIM_VERIFIED, CLAIM_UNMARKED_AUTH, CLAIM_UNMARKED_REJECTED,
	CLAIM_UNMARKED_UNKNOWN, CLAIM_GONE, CLAIM_DRIFT, CLAIM_FOREIGN, CLAIM_REOPENED, CLAIM_VOIDED };
#define CLAIM_STATES 12 /* one more than the last */
const char *claim_state_name(enum claim_state st);

/* 1 when the entry has a live claim, 0 when not, -1. state and invoice (32 bytes) may be NULL. */
int claim_live(struct store *s, const char *entry, enum claim_state *state, char *invoice, struct err *e);

/* 1 when a fixed fee of this key is billed (and not cancelled), 0 when not, -1. */
int claim_fee_live(struct store *s, const char *key, struct err *e);

struct claim {
	int64_t id;                /* its row */
	char entry[37];
	char invoice[32];
	int pos;
	date_t date;
	int64_t secs;
	uint8_t fp[SHA_LEN];
	enum claim_state state;
};
/* The claim of this row: ERR_SOFTWARE when there is none. */
int claim_get(struct store *s, int64_t id, struct claim *out, struct err *e);

/* A claim as small as can be, for lists of all claims of a run. Of the fingerprint it has 192 bits: equal ones tell equal entries as surely as all 256 do, for nobody finds
 * two texts that share so many either (2^96 trials). */
#define CLAIM_FP 24
struct claim_brief {
	struct entry_key key;
	uint8_t state;             /* enum claim_state */
	uint8_t note;              /* the list's owner's own; 0 at first */
	uint8_t fp[CLAIM_FP];
	int64_t id;
};
/* Claims of a run's documents by date (those without one at the end), then as they were made. states: bit mask of 1u << state, 0 for all. The array is owned by caller (free()). */
int claim_list(struct store *s, const char *run, unsigned states, struct claim_brief **v, size_t *n, struct err *e);
/* The same in portions: whole days, the first ones first, as many as have no more than `most` claims together, and at least one; those without a date are a portion of their own.
 * A portion is read when it is asked for: a state may have changed since. NULL: an error. */
struct claim_days;
struct claim_days *claim_days_new(struct store *s, const char *run, unsigned states, size_t most, struct err *e);
/* 1 and a portion that is not empty, owned by caller (free()); 0: there is no further one; -1. */
int claim_days_next(struct claim_days *d, struct claim_brief **v, size_t *n, struct err *e);
/* Claims of the run, in whatever state. */
int64_t claim_days_count(const struct claim_days *d);
void claim_days_free(struct claim_days *d);
/* Claims of one document, as claim_list(). */
int claim_list_invoice(struct store *s, const char *number, unsigned states, struct claim_brief **v, size_t *n, struct err *e);
/* A claim as one of such a list. */
int claim_shorten(const struct claim *c, struct claim_brief *out, struct err *e);
/* Claims of closed runs that are still to be marked or verified: refused ones, and those that an interrupted repetition left SENT or MARKED. */
int claim_list_debts(struct store *s, const char *but_run, struct claim **v, size_t *n, struct err *e);
/* A live claim with what reconciliation asks about it. */
struct claim_review {
	struct claim claim;
	int64_t billed_secs;
	int voiding;                               /* its document is being cancelled */
	int64_t corrected_secs, corrected_billed;  /* added by corrections that stand on documents */
	int proposed;                              /* a correction is open */
};
/* Live claims on documents of runs whose period overlaps [from, to), and those of entries dated in it, as they lie. */
int claim_review_period(struct store *s, date_t from, date_t to, int (*each)(void *ctx, const struct claim_review *c, struct err *e), void *ctx, struct err *e);
/* That of one entry: 1 found, 0 none, -1. */
int claim_review_entry(struct store *s, const char *entry, struct claim_review *out, struct err *e);
/* Moves a live claim, inside the caller's transaction. delta_secs: NULL (as it was), or now minus claimed. Only allowed edges, else ERR_SOFTWARE:
 *   CLAIMED -> SENT -> MARKED -> VERIFIED; CLAIMED -> MARKED (found billed by us); MARKED -> SENT (reading shows that nothing was
 *   marked); each of these four -> UNMARKED_*, GONE, DRIFT, FOREIGN; UNMARKED_* -> SENT, MARKED, each other, GONE, DRIFT, FOREIGN;
 *   DRIFT, FOREIGN -> each other, GONE; all but CLAIMED and GONE -> REOPENED; REOPENED -> GONE; all -> VOIDED and to themselves. No event is written: the caller's event says it in sum. */
int claim_move(struct store *s, const char *entry, enum claim_state to, const int64_t *delta_secs, struct err *e);
/* The law of claim_move(). */
int claim_may(enum claim_state from, enum claim_state to);
/* The entry as it was claimed; its texts go to the pool. 1, 0 when there is no live claim or its snapshot was purged, -1. */
int claim_snapshot(struct store *s, const char *entry, struct pool *pool, struct entry *out, struct err *e);
/* Number of claims of a run by state. */
int claim_counts(struct store *s, const char *run, int64_t count[CLAIM_STATES], struct err *e);

/* Attempts: the row precedes the POST and starts in state SENT. trace_id may be NULL. */
int claim_attempt_new(struct store *s, const char *run, int chunk, int billed, const uint8_t ids_sha[SHA_LEN], int64_t *id, struct err *e);
int claim_attempt_done(struct store *s, int64_t id, const char *state, long http, const char *trace_id, struct err *e);

#endif
