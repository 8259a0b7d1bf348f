/* The conservation proof of a run as the ledger keeps it, and made again from the ledger alone. */
#ifndef LEDGER_BALANCE_H
#define LEDGER_BALANCE_H

#include "billing/conserve.h"
#include "ledger/store.h"

/* Keeps one customer's row, inside the caller's transaction, while the run is planned. */
int balance_put(struct store *s, const char *run, const struct conserve_customer *c, struct err *e);
/* The rows as kept, by company and currency; borrowed during the call. */
int balance_each(struct store *s, const char *run, int (*each)(void *ctx, const struct conserve_customer *c, struct err *e), void *ctx, struct err *e);

/* Adds up again what stands in the ledger: read entries = claimed + held, in number and seconds; per customer the entries and seconds of the claims, the lines, the documents, against
 * the rows that were kept. Calls `each` with a sentence for every sum that differs, naming both sides; never for runs without documents, cancellations, and runs of ledgers
 * before version 3; kept: the run must have a proof, as a run that this program has planned, and one whose rows are gone is told. -1 when the ledger cannot be read. */
int balance_check(struct store *s, const char *run, int kept, void (*each)(void *ctx, const char *sentence), void *ctx, struct err *e);

/* Net amounts of issued invoices (not voided, no cancellations) of all other runs, by company, currency, period: rows of one company and currency come together, periods in order.
 * Borrowed during the call. */
int balance_past(struct store *s, const char *run,
    int (*each)(void *ctx, const char *company, const char *currency, date_t from, date_t cutoff, int64_t net_minor, struct err *e), void *ctx, struct err *e);

#endif
