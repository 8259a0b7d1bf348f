/* Filter expressions of awork (docs/filtering): built here, and every condition checked again on every entry, since unknown parameters are
 * ignored with an unfiltered 200 (awork-io/awork issues #47, #116). */
#ifndef AWORK_FILTER_H
#define AWORK_FILTER_H

#include "base/buf.h"
#include "billing/entry.h"

#define FILTER_BILLABLE 2

enum filter_likely { FILTER_ANY, FILTER_UNBILLED, FILTER_BILLED };

struct filter {
	int billable;            /* 1: isBillable eq true and isBilled eq false; FILTER_BILLABLE: isBillable eq true, billed or not; 0: no condition */
	/* Asked for, but not checked on entries: makes the answer to a question about known entries shorter. What it leaves out is asked for in another way. */
	enum filter_likely likely;
	const char *const *entries; /* ids; NULL-terminated or NULL; borrowed */
	char since[20];          /* createdOn, "2026-03-01T08:15:00"; "": open. page.h checks it */
	date_t from, to;         /* startDateLocal, half-open; DATE_NONE: open */
	/* Ids, any of each; NULL-terminated arrays or NULL. Borrowed. */
	const char *const *companies, *const *projects, *const *users, *const *works;
};

/* Appends the expression, "" when there is no condition. */
void filter_write(const struct filter *f, struct buf *out);
/* NULL when the entry fits, else the name of the condition that it breaks. */
const char *filter_violated(const struct filter *f, const struct entry *x);

#endif
