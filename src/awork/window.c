#include "awork/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/chain.h"
#include "awork/paged.h"

#define DEPTH_MAX 40
#define FEW_PAGES 12  /* so few are asked side by side, each filled to 7/10, so that uneven days seldom overflow */
#define LINKS 4       /* more are read in chains of so many */
#define CHAINS_MIN 8
#define CHAIN_MAX 16  /* answers; a part that turns out to be longer is divided again */
#define WORKDAY 10    /* as against a day of a weekend */

static int on_window(struct ask *a, struct err *e);

static int is_day(const struct window *w)
{
	return w->to - w->from <= 1;
}

static int is_open(const struct window *w)
{
	return w->from == DATE_NONE || w->to == DATE_NONE;
}

int window_send(struct window *w, int again, struct err *e)
{
	w->ask.http = w->ws->http;
	w->ask.filter = w->ws->spec->filter;
	w->ask.filter.from = w->from;
	w->ask.filter.to = w->to;
	memcpy(w->ask.filter.since, w->since, sizeof w->since);
	/* What is open has its outermost date in the first row. All else is in the order in which a day is paged: creation never changes. */
	w->ask.orderby = w->from == DATE_NONE ? "startDateLocal" : w->to == DATE_NONE ? "startDateLocal%20desc" : "createdOn,id";
	w->ask.number = 1;
	w->ask.size = w->counting ? 1 : w->ws->page_size;
	w->ask.done = on_window;
	w->ask.owner = w;
	/* What has an open end may be found to be many windows. */
	w->ask.soon = is_open(w);
	w->ask.may_refuse = 0;
	return ask_send(&w->ask, again, e);
}

static struct window *new_window(struct windows *ws, date_t from, date_t to)
{
	struct window *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->ws = ws;
	w->from = from;
	w->to = to;
	w->edge = DATE_NONE;
	w->next = ws->all;
	ws->all = w;
	return w;
}

int window_add(struct windows *ws, date_t from, date_t to, struct err *e)
{
	struct window *w = new_window(ws, from, to);

	if (w == NULL)
		return err_nomem(e);
	w->root = 1;
	/* All of the past may be in it: its total first, for the price of one row. */
	w->counting = from == DATE_NONE || ws->count_first;
	w->ask.maybe = ws->maybe;
	if (ws->firsts < 2)
		ws->first[ws->firsts++] = w;
	return window_send(w, 0, e);
}

int window_go_on(struct windows *ws, struct err *e)
{
	ws->maybe = 0;
	for (int i = 0; i < ws->firsts; i++)
		if (!ws->first[i]->ask.come)
			return 0;
	for (int i = 0; i < ws->firsts; i++) {
		ws->first[i]->ask.maybe = 0;
		if (window_answer(ws->first[i], e) < 0)
			return -1;
	}
	return 1;
}

void window_free_all(struct windows *ws)
{
	while (ws->all != NULL) {
		struct window *w = ws->all;

		ws->all = w->next;
		paged_free(w);
		page_free(&w->ask.page);
		page_free(&w->held);
		free(w);
	}
}

const char *window_name(const struct window *w, char out[48])
{
	char a[16], b[16];
	struct buf s = BUF_INIT;

	if (w->from == DATE_NONE)
		buf_fmt(&s, "before %s", date_fmt(a, w->to));
	else if (w->to == DATE_NONE)
		buf_fmt(&s, "from %s on", date_fmt(a, w->from));
	else if (w->to == w->from + 1)
		buf_fmt(&s, "on %s", date_fmt(a, w->from));
	else
		buf_fmt(&s, "%s to %s", date_fmt(a, w->from), date_fmt(b, w->to - 1));
	out[0] = '\0';
	strncat(out, buf_text(&s), 47);
	buf_free(&s);
	return out;
}

int window_hand_over(struct window *w, const struct page *p, size_t n, struct err *e)
{
	const struct fetch_spec *s = w->ws->spec;

	if (n > 0 && s->sink(s->ctx, p->v, n, e) < 0)
		return -1;
	w->ws->result.entries += (int64_t)n;
	return 0;
}

int window_close(struct window *w, int64_t total, int64_t missing)
{
	struct windows *ws = w->ws;

	page_free(&w->ask.page);
	paged_free(w);
	ws->total += w->chained + total;
	ws->result.windows++;
	ws->result.shortfall += missing;
	if (ws->spec->progress != NULL)
		ws->spec->progress(ws->spec->ctx, ws->result.entries, ws->known > ws->result.entries ? ws->known : ws->result.entries);
	return 0;
}

/* ---- splitting ---- */

/* The dates between which the window's entries lie. -1: an open end whose edge is not known. */
static int span_of(const struct window *w, date_t *lo, date_t *hi)
{
	*lo = w->from != DATE_NONE ? w->from : w->edge;
	*hi = w->to != DATE_NONE ? w->to : w->edge != DATE_NONE ? w->edge + 1 : DATE_NONE;
	return *lo != DATE_NONE && *hi != DATE_NONE && *lo < *hi ? 0 : -1;
}

static int add_part(struct window *w, date_t from, date_t to, struct err *e)
{
	struct window *part = new_window(w->ws, from, to);

	if (part == NULL)
		return err_nomem(e);
	part->depth = w->depth + 1;
	/* The outermost part stays open: something may have been booked beyond the edge meanwhile. */
	if (is_open(part))
		part->edge = w->edge;
	return window_send(part, 0, e);
}

/* How many parts. A part whose entries need more than a page becomes a chain; each part may cost one answer that is hardly filled, in the worst case, when all entries are of one day:
 * half as many as pages, and a few. */
static int64_t parts_of(const struct windows *ws, int64_t total, int64_t days)
{
	int64_t size = ws->page_size, pages = (total + size - 1) / size, most = pages / 2 + 5, n;

	if (pages <= FEW_PAGES || ws->no_chains)
		n = (total * 10 + size * 7 - 1) / (size * 7);
	else
		n = pages / LINKS > CHAINS_MIN ? pages / LINKS : CHAINS_MIN;
	if (n > most && !ws->no_chains)
		n = most;
	return n < 2 ? 2 : n > days ? days : n;
}

/* Little is booked on Saturdays and Sundays. 1970-01-01 was a Thursday. */
static int weight(date_t d)
{
	return (d % 7 + 7) % 7 == 2 || (d % 7 + 7) % 7 == 3 ? 1 : WORKDAY;
}

struct share { date_t from, to; int64_t weight; };

/* The longest chains first, so that none is left over when all others are through. */
static int by_weight(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->weight != y->weight ? (x->weight < y->weight) - (x->weight > y->weight) : (x->from > y->from) - (x->from < y->from);
}

static int add_shares(struct window *w, struct share *v, size_t n, struct err *e)
{
	qsort(v, n, sizeof *v, by_weight);
	for (size_t i = 0; i < n; i++)
		if (add_part(w, v[i].from, v[i].to, e) < 0)
			return -1;
	return 0;
}

int window_split(struct window *w, int64_t total, struct err *e)
{
	int64_t parts, left = 0, sum = 0;
	date_t lo, hi, at = w->from;
	struct share *v;
	size_t n = 0;
	char name[48];
	int rc;

	page_free(&w->ask.page);
	if (w->depth >= DEPTH_MAX || span_of(w, &lo, &hi) < 0)
		return err_set(e, ERR_TEMPFAIL, "time entries %s did not hold still", window_name(w, name));
	/* One day with an open end beyond it: the day for itself, and the rest. */
	if (hi - lo == 1 && is_open(w)) {
		if (add_part(w, w->from, w->from == DATE_NONE ? lo : hi, e) < 0)
			return -1;
		return w->from == DATE_NONE ? add_part(w, lo, w->to, e) : add_part(w, hi, w->to, e);
	}
	for (date_t d = lo; d < hi; d++)
		left += weight(d);
	/* A weekend is not worth an answer of its own. */
	parts = parts_of(w->ws, total, w->ws->no_chains ? hi - lo : left / WORKDAY > 2 ? left / WORKDAY : 2);
	v = calloc((size_t)parts, sizeof *v);
	if (v == NULL)
		return err_nomem(e);
	/* A part ends where it is nearest to its share of what is left. */
	for (date_t d = lo; d < hi; d++) {
		int more = weight(d);

		if (sum > 0 && parts > 1 && (2 * sum + more) * parts > 2 * left) {
			v[n++] = (struct share){ at, d, sum };
			at = d;
			left -= sum;
			sum = 0;
			parts--;
		}
		sum += more;
	}
	v[n++] = (struct share){ at, w->to, sum };
	rc = add_shares(w, v, n, e);
	free(v);
	return rc;
}

/* ---- a window's answer ---- */

static int window_short(struct window *w, struct err *e)
{
	int64_t total = w->ask.page.total, rows = (int64_t)w->ask.page.n;
	char name[48];

	snprintf(w->ask.page.why, sizeof w->ask.page.why, "awork counts %lld, its answer holds %lld", (long long)total, (long long)rows);
	if (++w->shorts < WINDOW_SHORT_MAX)
		return window_send(w, w->shorts, e);
	if (!w->ws->spec->accept_short || rows > total)
		return err_set(e, ERR_PROTOCOL, "time entries %s: awork counts %lld, its answer holds %lld, in %d answers", window_name(w, name),
		    (long long)total, (long long)rows, w->shorts);
	return window_hand_over(w, &w->ask.page, w->ask.page.n, e) < 0 ? -1 : window_close(w, total, total - rows);
}

/* An open window has learnt how far its entries reach. */
static void note_edge(struct window *w)
{
	const struct page *p = &w->ask.page;

	for (size_t i = 0; is_open(w) && i < p->n; i++) {
		date_t d = p->v[i].date;

		if (i == 0 || (w->from == DATE_NONE ? d < w->edge : d > w->edge))
			w->edge = d;
	}
}

/* Asked before the server's own page size was known, its pages have other borders. */
static int page_it(struct window *w, struct err *e)
{
	const struct windows *ws = w->ws;

	return w->ask.page.page_size == ws->page_size && w->ask.size == ws->page_size ? paged_start(w, e) : window_send(w, 0, e);
}

int window_answer(struct window *w, struct err *e)
{
	struct windows *ws = w->ws;
	struct page *p = &w->ask.page;
	int64_t total = p->total;

	if (w->root)
		ws->known += total;
	w->root = 0;
	note_edge(w);
	if (!w->counting && p->page_size < ws->page_size)
		ws->page_size = (int)p->page_size;
	if ((int64_t)p->n == total)
		return window_hand_over(w, p, p->n, e) < 0 ? -1 : window_close(w, total, 0);
	if (total > ws->page_size && !(is_open(w) && w->edge == DATE_NONE)) {
		if (is_open(w) || (w->counting && !is_day(w)))
			return window_split(w, total, e);
		/* In a chain each answer waits for the one before: a long one is worth more questions. */
		if (!w->counting && !is_day(w) && w->since[0] == '\0' && total > (int64_t)ws->page_size * CHAIN_MAX)
			return window_split(w, total, e);
		if (!w->counting && chain_can(w))
			return chain_start(w, e);
		if (!w->counting)
			return is_day(w) || w->since[0] != '\0' ? page_it(w, e) : window_split(w, total, e);
	}
	if (w->counting) {
		w->counting = 0;
		return window_send(w, 0, e);
	}
	return window_short(w, e);
}

static int on_window(struct ask *a, struct err *e)
{
	return a->maybe ? 0 : window_answer(a->owner, e);
}
