/* All entries of a filter, complete by construction: half-open date windows that one page answers; larger ones in the order of creation, each answer counting what the one before
 * left over (chain.h). Requests for n entries: 1.5 x n / page size and ten, at most, as long as nobody changes what is read and awork answers. */
#ifndef AWORK_FETCH_H
#define AWORK_FETCH_H

#include "awork/filter.h"
#include "awork/http.h"

struct fetch_spec {
	struct filter filter;   /* from DATE_NONE: open below; then `hint` is where most entries begin (the period's first day) */
	date_t hint;            /* DATE_NONE: none */
	int page_size;          /* 1..1000 */
	int accept_short;       /* go on when awork's total stays above its rows */
	/* Entries of a proven window or day, strings borrowed during the call. An id may come again when an entry moved between windows: the later call wins. */
	int (*sink)(void *ctx, const struct entry *v, size_t n, struct err *e);
	/* Progress: entries so far and the total known so far; may be NULL. */
	void (*progress)(void *ctx, int64_t done, int64_t total);
	void *ctx;
};

struct fetch_result {
	int64_t entries;       /* rows handed to sink */
	int64_t windows;       /* proven windows */
	int64_t shortfall;     /* with accept_short: total minus rows */
	int64_t undated;       /* entries without startDateLocal that no window can return: total without date bound minus the windows' */
};

/* ERR_PROTOCOL: total and rows never agreed (says both counts), filter ignored, header missing; ERR_TEMPFAIL: a window or day never held still; and what http_run() returns. */
int fetch_entries(struct http *h, const struct fetch_spec *s, struct fetch_result *out, struct err *e);

struct fetch;
/* The same beside other work: asks for the first windows; http_turn() or http_run() deals with the answers and hands rows to the sink. Owned by caller; *s is copied, what s->filter points to is borrowed until
 * fetch_end(). NULL: an error; then, and when it is freed before its end, the caller drops what is on its way (http_drop()). */
struct fetch *fetch_begin(struct http *h, const struct fetch_spec *s, struct err *e);
/* Drives the rest, as fetch_entries(). Takes f. */
int fetch_end(struct fetch *f, struct fetch_result *out, struct err *e);
/* The same in two steps: asks for the first counts, on the chance that the entries will be read; http_run() brings the answers, no rows. Only with a filter that is open below. Owned by caller; what s->filter
 * points to is borrowed until fetch_take(). */
struct fetch *fetch_ask(struct http *h, const struct fetch_spec *s, struct err *e);
/* As fetch_entries(), with those answers if all are usable; s has the same filter, hint and page size. Takes f. */
int fetch_take(struct fetch *f, const struct fetch_spec *s, struct fetch_result *out, struct err *e);
void fetch_free(struct fetch *f);

#endif
