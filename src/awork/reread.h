/* Reading known entries again: before issuing, before sending, after marking. */
#ifndef AWORK_REREAD_H
#define AWORK_REREAD_H

#include "awork/http.h"
#include "billing/entry.h"

struct reread_item {
	const char *id;  /* lower-case UUID */
	date_t date;     /* where it was seen last; DATE_NONE allowed */
};

/* Reads every item: many in the same days by date windows (no condition on isBilled, isBillable), what is missing there and sparse ones by id. Items in any order, ids unique.
 * `each` is called once per item, in no particular order: with the entry, or NULL when awork answers 404 for its id. */
int reread_entries(struct http *h, const struct reread_item *items, size_t n, int page_size, int always_by_id,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e);

#endif
