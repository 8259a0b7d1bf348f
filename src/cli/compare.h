/* Ledger against awork for one period: claims and what became of their entries, and time that stands on no document. */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "billing/reconcile.h"
#include "cli/run.h"

struct compare_claim;
struct compare_document;
struct compareahead;

/* Zero-initialize but for the first three. */
struct compare {
	struct run *r;            /* rules and filter, as collect_prepare() made them */
	struct reconcile_report *report;
	struct pool *pool;        /* texts of the report */
	/* private */
	struct compareahead *ahead;
	struct compare_claim *claims; /* by entry */
	size_t n, cap;
	struct compare_document *documents; /* as they were met */
	size_t ndocuments, cap_documents;
	unsigned *by_number;          /* them by number */
	size_t cap_by_number;
	unsigned latest;              /* the one that was met last */
	struct reconcile_line *lines;
	size_t nlines, cap_lines;
	struct pool *page, *outcomes;
	struct reconcile_finding *loose; /* entries on no document, as they were read */
	size_t nloose, cap_loose;
	int64_t undated;
	unsigned rows;            /* that were met in the ledger */
};

/* compareahead.c: asks for the period's entries before anything is loaded, so that awork is read while the ledger is. Without it they are asked for by compareread_all(). */
int compareahead_begin(struct compare *c, struct err *e);
/* Deals with an answer, if there is one. What fails is kept for compareread_all(). */
void compareahead_turn(struct compare *c);
/* The claims of the period and its documents, from the ledger. ERR_DATA, ERR_OS. */
int compare_load(struct compare *c, struct err *e);
/* compareread.c: each of them, and what is billable and unbilled, as awork shows it now. */
int compareread_all(struct compare *c, struct err *e);
/* What each comes to at the line's price. */
int compare_price(struct compare *c, struct err *e);
/* comparewrite.c: records corrections of what changed, takes back those that no longer hold; needs the exclusive lock. */
int comparewrite_propose(struct compare *c, struct err *e);
/* Into the report. */
int compare_report(struct compare *c, struct err *e);
/* Refused marks of the loaded claims, tried once more; needs the exclusive lock. What is loaded is out of date afterwards. */
int comparewrite_remark(struct compare *c, struct err *e);
/* Forgets what was loaded and read; the report stays. */
void compare_forget(struct compare *c);

#endif
