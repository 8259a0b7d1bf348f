/* A plan in portions: composed, proved and summed up customer by customer, in the order of the documents' numbers. */
#ifndef CLI_PORTION_H
#define CLI_PORTION_H

#include "cli/run.h"

/* The invoices of one customer, without numbers yet, and the entries on them; borrowed during the call. */
struct portion {
	struct compose_plan plan;
	struct compose_item *items;
	size_t n;
};

/* Composes the run's billable entries, fees and corrections; gives each customer's documents to `each` (or NULL). Fills the run's totals, customers and number of documents.
 * ERR_SOFTWARE when a sum does not balance, ERR_IO, ERR_OS, or what `each` returns. */
int portion_each(struct run *r, int (*each)(void *ctx, struct portion *p, struct err *e), void *ctx, struct err *e);

#endif
