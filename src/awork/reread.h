/* Reading known entries again: before issuing, before sending, after marking. */
#ifndef AWORK_REREAD_H
#define AWORK_REREAD_H

#include "awork/http.h"
#include "billing/entry.h"

/* What most of them are expected to be: asked for first. Those that the answer leaves out are read without that condition. With an expectation an entry may come without names,
 * updatedOn, resourceVersion and shape: with what is compared, and updatedBy. */
enum reread_how {
	REREAD_ANY,
	REREAD_BY_ID,    /* each by a question of its own: lists may lag behind writes */
	REREAD_UNBILLED,
	REREAD_BILLED
};

/* Reads every item: many in the same days by pages of these days, sparse ones by lists of their ids, those that neither shows one by one. That every item has to be found makes
 * paging safe here: a row that slips over a border between two pages is asked for by its id. Items are the first members of n structures of stride bytes each, in any order (by date
 * none is made), ids unique.
 * `each` is called once per item, in no particular order: with the entry, or NULL when awork answers 404 for its id. */
int reread_entries(struct http *h, const struct entry_key *items, size_t stride, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e);

/* The same beside other work: after reread_new() nothing is asked yet. reread_more() asks what comes next once all that was asked before has its answer: 1 there are answers to wait
 * for (http_turn(), http_run()), 0 every item was told, -1. Items are borrowed until reread_free(); when that comes earlier, the caller drops what is on its way (http_drop()).
 * NULL: ERR_OS. */
struct reread;
struct reread *reread_new(struct http *h, const struct entry_key *items, size_t stride, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e);
int reread_more(struct reread *r, struct err *e);
void reread_free(struct reread *r);

#endif
