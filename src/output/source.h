/* What documents are made from: a view of one run in the ledger, implemented by cli/source.c. Renderers know nothing else. */
#ifndef OUTPUT_SOURCE_H
#define OUTPUT_SOURCE_H

#include "billing/invoice.h"

struct source_held {
	struct entry entry;
	const char *reason;
};

/* A document at the beginning of its walk; v stays until its end. */
struct source_document {
	const struct invoice *v;
	int has_seconds; /* a time of its entries, tracked or billed, is not in whole minutes */
};

/* Who is told of documents and their entries. */
struct source_visitor {
	int (*begin)(void *arg, const struct source_document *d, struct err *e);
	int (*entry)(void *arg, const struct invoice_entry *x, struct err *e);
	int (*end)(void *arg, const struct invoice *v, struct err *e);
};

/* Every walk calls back in the stated order; arguments are borrowed during the call; -1 from a callback ends the walk with -1. */
struct source {
	void *ctx;
	struct period period;
	int draft;
	date_t date; /* invoice date of the run; also the documents' creation property: no clock reaches a document */
	/* Invoices with their lines, by number. */
	int (*invoices)(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e);
	/* The same without their lines, which saves most of the reading. */
	int (*heads)(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e);
	/* Invoices with their lines, each followed by its billed entries by line, date, id; of one number, or of all when it is NULL. */
	int (*documents)(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e);
	/* Held entries by reason, date, id. */
	int (*held)(void *ctx, int (*each)(void *arg, const struct source_held *h, struct err *e), void *arg, struct err *e);
};

#endif
