/* A plan: numbers, documents, lines, claims, files of a run. */
#ifndef LEDGER_PLAN_H
#define LEDGER_PLAN_H

#include "billing/compose.h"
#include "ledger/store.h"

/* The next sequence value of a series (created with `first` when new), inside the caller's transaction. */
int plan_next_number(struct store *s, const char *series, int64_t first, int64_t *n, struct err *e);
/* Stores a document in state RESERVED with its lines, inside the caller's transaction. v->number, series, n are set. */
int plan_put_invoice(struct store *s, const char *run, const struct invoice *v, struct err *e);
/* A cancellation (V1 of the settlement protocol): as plan_put_invoice(), with the reason; the document v->cancels goes from ISSUED to VOIDING.
 * plan_drop() takes both back. ERR_USAGE when a correction of it stands on a document that is not cancelled. */
int plan_put_cancellation(struct store *s, const char *run, const struct invoice *v, const char *reason, struct err *e);
/* Claims on the documents that a run has by now, inside the caller's transaction. NULL; ERR_SOFTWARE when the run is past planning. */
struct plan_claims;
struct plan_claims *plan_claims_new(struct store *s, const char *run, struct err *e);
/* Claims an entry for a line; the fingerprint comes from its row of the run's snapshot (item->snap), where it must stand, not held, with the same date and seconds. Claims made in
 * the order of these rows are read back beside them.
 * A live claim on the same id: ERR_SOFTWARE (the unique index). */
int plan_claims_put(struct plan_claims *p, const struct compose_item *item, const char *number, struct err *e);
void plan_claims_free(struct plan_claims *p);
/* Keeps the rows of the rate card that price the items, inside the caller's transaction. */
int plan_put_rates(struct store *s, const char *run, const struct compose_item *items, size_t n, struct err *e);
/* Claims a fixed fee's month for a line, inside the caller's transaction. A live claim on the same key: ERR_SOFTWARE (the unique index). */
int plan_put_fee(struct store *s, const char *key, const char *number, int pos, struct err *e);
/* Puts the open correction of an entry's claim onto a line, inside the caller's transaction; exactly as many seconds as were read: else ERR_SOFTWARE. */
int plan_put_correction(struct store *s, const char *entry, int64_t billed_secs, const char *number, int pos, struct err *e);
/* Files of a run: replaces the list, inside the caller's transaction. */
int plan_put_file(struct store *s, const char *run, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e);
int plan_drop_files(struct store *s, const char *run, struct err *e);
/* Rolls a run back that is before the point of no return: documents, lines, claims, fees, inputs, balance, files deleted, corrections and numbers returned, state ABORTED; own transaction. Refuses with ERR_DATA when a document is not RESERVED
 * or not at the top of its series, ERR_SOFTWARE after the point of no return. */
int plan_drop(struct store *s, struct store_run *r, const char *why, struct err *e);
/* Documents RESERVED -> ISSUED, inside the caller's transaction. */
int plan_issue(struct store *s, const char *run, struct err *e);
/* The last step of a void (V7), inside the caller's transaction: all claims and fees on the documents that the run cancels, and these documents,
 * become VOIDED. Corrections that stand on them are open again; those that wait to correct them are dropped. */
int plan_voided(struct store *s, const char *run, struct err *e);

#endif
