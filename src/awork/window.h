/* One half-open date window of a fetch: read whole in one answer, split, or paged when it is a single day. */
#ifndef AWORK_WINDOW_H
#define AWORK_WINDOW_H

#include "awork/ask.h"
#include "awork/fetch.h"

struct window;

/* A fetch in progress. */
struct windows {
	struct http *http;
	const struct fetch_spec *spec;
	struct window *all;
	int count_first;        /* first windows are counted before they are read */
	int page_size;          /* what the server has applied so far, at most what was asked */
	int64_t known, total;   /* what the first windows counted; what the proven ones add up to */
	struct fetch_result result;
};

/* Adds a window of [from, to), DATE_NONE: open; not both. Runs with http_run(). */
int window_add(struct windows *ws, date_t from, date_t to, struct err *e);
void window_free_all(struct windows *ws);

#endif
