/* The ledger's file: lock, open, transactions, meta, runs. */
#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include <stdint.h>
#include "base/date.h"
#include "base/err.h"
#include "base/sha.h"
#include "billing/period.h"

struct store;

enum store_mode {
	STORE_WRITE,   /* exclusive lock; created when missing (mode 0600) */
	STORE_READ,    /* shared lock; SQLite read-only; missing file: ERR_NOINPUT */
	STORE_SCRATCH  /* for a dry run: a temporary database that starts with the live claims, series, meta and last run number of the
	                * ledger at path (opened read-only; may be missing). Everything works, nothing reaches the ledger. An unfinished run or
	                * a hot journal there: ERR_TEMPFAIL. Earlier documents are skeletons without facts, for the claims. */
};

/* Takes the lock (OFD lock on PATH.lock, made by writers only: reading changes nothing on disk; busy: ERR_TEMPFAIL after wait_ms), opens, sets and reads back the pragmas, migrates, quick_check (not when only
 * reading: it looks at every page).
 * Newer user_version or foreign application_id: ERR_CONFIG; damage: ERR_DATA; group or others can read the file: ERR_CONFIG; network file system: ERR_CONFIG. */
struct store *store_open(const char *path, enum store_mode mode, int64_t wait_ms, struct err *e);
/* As STORE_WRITE, but the quick_check of a ledger that needs no migration goes on beside the caller; whatever is asked of the ledger waits for it first, and fails when it is damaged. */
struct store *store_open_beside(const char *path, int64_t wait_ms, struct err *e);
/* Waits for that check. ERR_DATA. */
int store_checked(struct store *s, struct err *e);
/* quick_check: ERR_DATA. */
int store_check(struct store *s, struct err *e);
/* Checks sqlite3_close; rolls back an open transaction. Releases the lock. */
int store_close(struct store *s, struct err *e);

/* Version of SQLite. */
const char *store_version(void);

int store_begin(struct store *s, struct err *e);    /* BEGIN IMMEDIATE */
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);               /* no-op outside of a transaction */

/* meta key: seconds since the epoch by the wall clock when a billing run was last closed. */
#define STORE_CLOSED_TIME "closed_utc"

/* NULL when absent; owned by caller. *e is filled on errors only (check e->code). */
char *store_meta(struct store *s, const char *key, struct err *e);
int store_set_meta(struct store *s, const char *key, const char *value, struct err *e);

/* Run states, settlement protocol; the order is the order of the protocol. */
enum store_state { RUN_OPEN, RUN_SNAPSHOT, RUN_PLANNED, RUN_RENDERED, RUN_PUBLISHING, RUN_PUBLISHED, RUN_MARKING, RUN_VERIFYING,
	RUN_CLOSED, RUN_CLOSED_EXC, RUN_ABORTED };
const char *store_state_name(enum store_state st);

struct store_run {
	char id[16];            /* "R0007" */
	int64_t seq;
	char kind[8];           /* "bill" or "void" */
	enum store_state state;
	struct period period;   /* to is the cutoff, exclusive; the label follows from the dates */
	date_t invoice_date;    /* DATE_NONE before planning */
	int resting;            /* --no-mark: published, marking left to the next run */
};

/* Inserts a run in state OPEN with the next seq (own transaction with its event). Fills *r. Another unfinished run that does not rest: ERR_SOFTWARE. */
int store_run_new(struct store *s, const char *kind, const struct period *period, const uint8_t config_sha[SHA_LEN],
    struct store_run *r, struct err *e);
/* All runs, newest first. */
int store_run_each(struct store *s, int (*each)(void *ctx, const struct store_run *r, struct err *e), void *ctx, struct err *e);
/* The highest seq, 0 without runs. */
int store_run_newest(struct store *s, int64_t *seq, struct err *e);
/* The newest closed run: of that period, or of any (NULL); `issued`: among those that issued documents. 1 found, 0 none, -1. */
int store_run_closed(struct store *s, const struct period *p, int issued, struct store_run *r, struct err *e);
/* The run that is not terminal; resting ones (oldest first, with a seq above `after`) only when `resting`, after one that does not rest. 1 found, 0 none, -1. */
int store_run_unfinished(struct store *s, int resting, int64_t after, struct store_run *r, struct err *e);
/* Moves a run to a state, inside the caller's transaction, with its chained event (body: canonical JSON or NULL). Only allowed edges of the protocol, else ERR_SOFTWARE.
 * The event's kind is "state:" and the state's name. r->state changes at once: after a rollback it is the caller's to set back. */
int store_run_state(struct store *s, struct store_run *r, enum store_state to, const char *event_body, struct err *e);
int store_run_set_resting(struct store *s, struct store_run *r, int resting, struct err *e);
int store_run_set_date(struct store *s, struct store_run *r, date_t invoice_date, struct err *e);
int store_run_set_totals(struct store *s, const struct store_run *r, const char *totals_json, struct err *e);
/* Owned by caller, NULL when none. */
char *store_run_totals(struct store *s, const char *run, struct err *e);

#endif
