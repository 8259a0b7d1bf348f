/* The snapshot of a run: every entry seen, with the reason when held. */
#ifndef LEDGER_SNAP_H
#define LEDGER_SNAP_H

#include "billing/entry.h"
#include "ledger/store.h"

/* Inserts or replaces (newest read wins), inside the caller's transaction. held: reason or NULL. out (or NULL): its row, numbered in the order of reading,
 * and its fingerprint. */
struct snap_row { int64_t id; uint8_t fp[SHA_LEN]; };
int snap_put(struct store *s, const char *run, const struct entry *x, const char *held, struct snap_row *out, struct err *e);
/* Changes the reason of one entry. */
int snap_hold(struct store *s, const char *run, const char *entry, const char *held, struct err *e);
/* Entries and seconds of a run (negative and absent durations count as 0): all, and held ones. */
struct snap_sums { int64_t entries, secs, held, held_secs; };
int snap_sums(struct store *s, const char *run, struct snap_sums *out, struct err *e);
/* Held entries by reason, date, id; those with one reason by date, id. The entry's texts are borrowed during the call. */
int snap_each_held(struct store *s, const char *run, int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e);
int snap_each_held_for(struct store *s, const char *run, const char *reason, int (*each)(void *ctx, const struct entry *x, const char *reason, struct err *e), void *ctx, struct err *e);
/* SHA-256 over fingerprint and reason of all held entries: equal for two runs that held the same for the same reasons. */
int snap_held_digest(struct store *s, const char *run, uint8_t out[SHA_LEN], struct err *e);
/* All entries, by id, with the number of their row; reason is NULL for billable ones. Borrowed likewise. */
int snap_each(struct store *s, const char *run, int (*each)(void *ctx, const struct entry *x, const char *reason, int64_t snap, struct err *e), void *ctx, struct err *e);
/* Number and seconds per reason, by reason. */
int snap_each_reason(struct store *s, const char *run, int (*each)(void *ctx, const char *reason, int64_t n, int64_t secs, struct err *e), void *ctx, struct err *e);

#endif
