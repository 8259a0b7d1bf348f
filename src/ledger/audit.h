/* What the ledger alone can prove about itself: the invariants of the settlement protocol. */
#ifndef LEDGER_AUDIT_H
#define LEDGER_AUDIT_H

#include "ledger/store.h"

struct audit;
enum audit_how {
	AUDIT_ALONE,  /* without a thread, all of it in audit_end() */
	AUDIT_HALVES, /* a thread looks at the file, audit_end() at what stands in it */
	AUDIT_BESIDE  /* a thread does all of it, while the caller goes on reading, but not writing, through *s */
};
/* Begins; where no thread of its own can read, audit_end() does it. NULL: ERR_OS. */
struct audit *audit_begin(struct store *s, enum audit_how how, struct err *e);
/* For the case that nobody wants to know any more. NULL is allowed. */
void audit_drop(struct audit *a);

struct audit_counts { int64_t events, runs, documents, claims; };

/* Ends and frees it; calls `each`, in this thread, with every finding: what ("chain", "numbers", …) and a sentence naming the row. Nothing is found in a sound ledger. Checked are: database and foreign keys;
 * the hash chain, and that every run's states follow it along allowed edges; that what was recorded at each run's point of no return is what stands there now; one
 * live claim per entry and per fee; corrections and their lines; numbers dense per series; documents that balance, lines equal to their claims, totals equal to their run's, and the proof of each run made again (balance_check()); cancellations the
 * exact negative; states of runs, documents and claims that go together. -1 when the ledger cannot be read. */
int audit_end(struct audit *a, void (*each)(void *ctx, const char *what, const char *sentence), void *ctx, struct audit_counts *out, struct err *e);
/* Both, alone. */
int audit_ledger(struct store *s, void (*each)(void *ctx, const char *what, const char *sentence), void *ctx, struct audit_counts *out, struct err *e);

#endif
