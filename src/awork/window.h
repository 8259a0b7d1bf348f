/* One half-open date window of a fetch: read whole in one answer; or in the order of creation, answer after answer (chain.h); or split; or paged (paged.h). */
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
	int maybe;              /* the first windows are counted on the chance, and wait */
	struct window *first[2];
	int firsts;
	int no_chains;          /* awork does not understand the condition that chains need */
	int page_size;          /* what the server has applied so far, at most what was asked */
	int64_t known, total;   /* what the first windows counted; what the proven ones add up to */
	struct fetch_result result;
};

/* Adds a window of [from, to), DATE_NONE: open; not both. Runs with http_run(). */
int window_add(struct windows *ws, date_t from, date_t to, struct err *e);
/* After an http_run() with `maybe`: 1 when all first windows were counted, and goes on with them; 0, -1. */
int window_go_on(struct windows *ws, struct err *e);
void window_free_all(struct windows *ws);

/* ---- for window.c, chain.c and paged.c ---- */

#define WINDOW_SHORT_MAX 3  /* answers that contradict their own total */
#define WINDOW_ROUNDS_MAX 5 /* readings of one day, or of a link of a chain */

struct window {
	struct window *next;
	struct windows *ws;
	date_t from, to;
	date_t edge;         /* the first date of a window open below, the last one of a window open above; DATE_NONE: not known yet */
	int counting;        /* asked with pageSize 1 for its total */
	int root, depth, shorts;
	struct ask ask;
	/* a chain */
	struct page held;    /* rows that are handed over when the next answer counts as many less */
	int64_t expected;    /* that count; -1: any */
	int64_t chained;     /* rows handed over */
	char since[20];      /* where the held rows begin; "" the window's start */
	int links;           /* readings of a link that the next answer contradicted */
	/* a day larger than a page */
	struct ask *day;     /* pages 1 to `pages`, one behind the end, then a check for each border between two pages */
	int pages, left, rounds;
	int moved;           /* totals differed, or an entry stood on two pages: in the last round */
	int beyond;          /* rounds in which something stood behind the last page */
	int64_t total, first_total;
};

/* Asks for the window, from ask.filter.since on. */
int window_send(struct window *w, int again, struct err *e);
/* Splits it into parts; its own page is given up. total: what it holds. */
int window_split(struct window *w, int64_t total, struct err *e);
/* Judges the window's answer: whole, to be split, chained or paged, or wrong. */
int window_answer(struct window *w, struct err *e);
/* Rows to the sink: the first n of a page. */
int window_hand_over(struct window *w, const struct page *p, size_t n, struct err *e);
/* It is complete, or as complete as it will be: total without what was chained before. */
int window_close(struct window *w, int64_t total, int64_t missing);
/* "2026-03-01 to 2026-03-31" for messages. */
const char *window_name(const struct window *w, char out[48]);

#endif
