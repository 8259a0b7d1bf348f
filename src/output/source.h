/* What documents are made from: a view of one run in the ledger, implemented by cli/source.c. Renderers know nothing else. */
#ifndef OUTPUT_SOURCE_H
#define OUTPUT_SOURCE_H

#include "billing/invoice.h"

struct source_held {
	struct entry entry;
	const char *reason;
};

/* Every walk calls `each` in the stated order; arguments are borrowed during the call; -1 from `each` ends the walk with -1. */
struct source {
	void *ctx;
	struct period period;
	int draft;
	date_t date; /* invoice date of the run; also the documents' creation property: no clock reaches a document */
	/* Invoices with their lines, by number. */
	int (*invoices)(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e);
	/* Billed entries by invoice number, line, date, id; of one invoice, or of all when number is NULL. */
	int (*entries)(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e);
	/* 1 when a time of the invoice's entries, tracked or billed, is not in whole minutes, 0, -1. */
	int (*has_seconds)(void *ctx, const char *number, struct err *e);
	/* Held entries by reason, date, id. */
	int (*held)(void *ctx, int (*each)(void *arg, const struct source_held *h, struct err *e), void *arg, struct err *e);
};

#endif
