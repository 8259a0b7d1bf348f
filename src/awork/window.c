#include "awork/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pages are planned to be filled to 7/10, so that uneven days seldom overflow. */
#define FILL(size) ((size) * 7 / 10 > 0 ? (size) * 7 / 10 : 1)
#define COARSE 16     /* from this many pages on, parts are counted before they are read */
#define DEPTH_MAX 40
#define SHORT_MAX 3   /* answers that contradict their own total */
#define ROUNDS_MAX 5  /* readings of one day */

struct window {
	struct window *next;
	struct windows *ws;
	date_t from, to;
	date_t edge;         /* the first date of a window open below, the last one of a window open above; DATE_NONE: not known yet */
	int counting;        /* asked with pageSize 1 for its total */
	int root, depth, shorts;
	struct ask ask;
	/* a day larger than a page */
	struct ask *day;     /* pages 1 to `pages`, one behind the end, then a check for each border between two pages */
	int pages, left, rounds;
	int moved;           /* totals differed, or an entry stood on two pages: in the last round */
	int beyond;          /* rounds in which something stood behind the last page */
	int64_t total, first_total;
};

static int on_window(struct ask *a, struct err *e);

static int is_open(const struct window *w)
{
	return w->from == DATE_NONE || w->to == DATE_NONE;
}

static int send_window(struct window *w, int again, struct err *e)
{
	w->ask.http = w->ws->http;
	w->ask.filter = w->ws->spec->filter;
	w->ask.filter.from = w->from;
	w->ask.filter.to = w->to;
	/* What is open has its outermost date in the first row. All else is in the order in which a day is paged: creation never changes. */
	w->ask.orderby = w->from == DATE_NONE ? "startDateLocal" : w->to == DATE_NONE ? "startDateLocal%20desc" : "createdOn,id";
	w->ask.number = 1;
	w->ask.size = w->counting ? 1 : w->ws->page_size;
	w->ask.done = on_window;
	w->ask.owner = w;
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
	return send_window(w, 0, e);
}

static void free_day(struct window *w)
{
	for (int i = 0; w->day != NULL && i < 2 * w->pages; i++)
		page_free(&w->day[i].page);
	free(w->day);
	w->day = NULL;
	w->pages = 0;
}

void window_free_all(struct windows *ws)
{
	while (ws->all != NULL) {
		struct window *w = ws->all;

		ws->all = w->next;
		free_day(w);
		page_free(&w->ask.page);
		free(w);
	}
}

/* "2026-03-01 to 2026-03-31" for messages. */
static const char *name_of(const struct window *w, char out[48])
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

static int hand_over(struct window *w, const struct page *p, struct err *e)
{
	const struct fetch_spec *s = w->ws->spec;

	if (p->n > 0 && s->sink(s->ctx, p->v, p->n, e) < 0)
		return -1;
	w->ws->result.entries += (int64_t)p->n;
	return 0;
}

/* The window is complete, or as complete as it will be. */
static int close_window(struct window *w, int64_t total, int64_t missing)
{
	struct windows *ws = w->ws;

	page_free(&w->ask.page);
	free_day(w);
	ws->total += total;
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

static int add_part(struct window *w, date_t from, date_t to, int counting, struct err *e)
{
	struct window *part = new_window(w->ws, from, to);

	if (part == NULL)
		return err_nomem(e);
	part->depth = w->depth + 1;
	part->counting = counting;
	/* The outermost part stays open: something may have been booked beyond the edge meanwhile. */
	if (is_open(part))
		part->edge = w->edge;
	return send_window(part, 0, e);
}

static int split(struct window *w, int64_t total, struct err *e)
{
	int fill = FILL(w->ws->page_size);
	int64_t need = (total + fill - 1) / fill, days, parts;
	int counting = 0;
	date_t lo, hi, at;
	char name[48];

	page_free(&w->ask.page);
	if (w->depth >= DEPTH_MAX || span_of(w, &lo, &hi) < 0)
		return err_set(e, ERR_TEMPFAIL, "time entries %s did not hold still", name_of(w, name));
	days = hi - lo;
	/* One day with an open end beyond it: the day for itself, and the rest. */
	if (days == 1 && is_open(w)) {
		if (add_part(w, w->from, w->from == DATE_NONE ? lo : hi, 0, e) < 0)
			return -1;
		return w->from == DATE_NONE ? add_part(w, lo, w->to, 0, e) : add_part(w, hi, w->to, 0, e);
	}
	/* Entries crowd in some weeks: counting a few coarse parts is cheaper than reading many pages that turn out to be too small. */
	if (need > COARSE && need < days) {
		need = (need + COARSE - 1) / COARSE;
		counting = 1;
	}
	parts = need < 2 ? 2 : need > days ? days : need;
	at = w->from;
	for (int64_t i = 1; i <= parts; i++) {
		date_t next = i < parts ? (date_t)(lo + days * i / parts) : w->to;

		if (add_part(w, at, next, counting, e) < 0)
			return -1;
		at = next;
	}
	return 0;
}

/* ---- a day of several pages ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many different ids the day's pages hold. -1: out of memory. */
static int64_t unique_ids(const struct window *w, int64_t rows)
{
	const char **id = calloc((size_t)rows + 1, sizeof *id);
	int64_t n = 0, unique = 0;

	if (id == NULL)
		return -1;
	for (int i = 0; i < w->pages; i++)
		for (size_t k = 0; k < w->day[i].page.n; k++)
			id[n++] = w->day[i].page.v[k].id;
	qsort(id, (size_t)n, sizeof *id, by_text);
	for (int64_t i = 0; i < n; i++)
		unique += i == 0 || strcmp(id[i], id[i - 1]) != 0;
	free(id);
	return unique;
}

static int take_day(struct window *w, int64_t missing, struct err *e)
{
	for (int i = 0; i < w->pages; i++)
		if (hand_over(w, &w->day[i].page, e) < 0)
			return -1;
	return close_window(w, w->total, missing);
}

static int day_failed(struct window *w, int64_t unique, struct err *e)
{
	char name[48];

	if (++w->rounds < ROUNDS_MAX) {
		free_day(w);
		return send_window(w, w->rounds, e);
	}
	if (w->beyond == w->rounds && w->total == w->first_total)
		return err_set(e, ERR_PROTOCOL, "time entries %s: awork counts %lld, but its list goes on behind them: are pages ignored?",
		    name_of(w, name), (long long)w->total);
	if (w->moved || w->total != w->first_total || unique > w->total)
		return err_set(e, ERR_TEMPFAIL, "time entries %s did not hold still in %d readings", name_of(w, name), w->rounds);
	if (w->ws->spec->accept_short)
		return take_day(w, w->total - unique, e);
	return err_set(e, ERR_PROTOCOL, "time entries %s: awork counts %lld, its pages hold %lld, in %d readings", name_of(w, name),
	    (long long)w->total, (long long)unique, w->rounds);
}

/* Every page still ends with the row it ended with, at the same place. */
static int on_border(struct ask *a, struct err *e)
{
	struct window *w = a->owner;

	if (--w->left > 0)
		return 0;
	for (int i = 1; i < w->pages; i++) {
		const struct page *p = &w->day[w->pages + i].page;

		w->moved |= p->total != w->total || strcmp(p->last, w->day[i - 1].page.last) != 0;
	}
	return w->moved ? day_failed(w, w->total, e) : take_day(w, 0, e);
}

/* One row deleted on a page read before, another one booked at the end: the total and the number of ids are as expected, and a row that
 * slipped over a border was never seen. Rows only move over a border when what stands at it moves, too. */
static int check_borders(struct window *w, struct err *e)
{
	w->left = w->pages - 1;
	if (w->left == 0)
		return take_day(w, 0, e);
	for (int i = 1; i < w->pages; i++) {
		struct ask *a = &w->day[w->pages + i];

		a->number = i * w->day[0].size;
		a->size = 1;
		a->done = on_border;
		if (ask_send(a, 0, e) < 0)
			return -1;
	}
	return 0;
}

/* All pages are there. Equal totals alone prove nothing: the ids must be as many, and nothing may stand behind the end. */
static int judge_day(struct window *w, struct err *e)
{
	int64_t rows = 0, unique;

	for (int i = 0; i <= w->pages; i++) {
		const struct page *p = &w->day[i].page;

		w->moved |= p->total != w->total || p->page_size != w->day[i].size;
		rows += i < w->pages ? (int64_t)p->n : 0;
	}
	unique = unique_ids(w, rows);
	if (unique < 0)
		return err_nomem(e);
	w->moved |= unique < rows || w->day[w->pages].page.n > 0;
	w->beyond += w->day[w->pages].page.n > 0;
	if (!w->moved && unique == w->total)
		return check_borders(w, e);
	return day_failed(w, unique, e);
}

static int on_day_page(struct ask *a, struct err *e)
{
	struct window *w = a->owner;

	return --w->left == 0 ? judge_day(w, e) : 0;
}

/* The window's page is page 1 of the day; the others follow all at once. */
static int page_day(struct window *w, struct err *e)
{
	int size = w->ws->page_size;

	w->total = w->ask.page.total;
	if (w->rounds == 0)
		w->first_total = w->total;
	if (w->total > (int64_t)size * 1000)
		return err_set(e, ERR_PROTOCOL, "one day with %lld time entries cannot be right", (long long)w->total);
	w->pages = (int)((w->total + size - 1) / size);
	w->moved = 0;
	w->left = w->pages;
	w->day = calloc((size_t)w->pages * 2, sizeof *w->day);
	if (w->day == NULL)
		return err_nomem(e);
	for (int i = 0; i < w->pages * 2; i++) {
		w->day[i] = w->ask;
		memset(&w->day[i].page, 0, sizeof w->day[i].page);
		w->day[i].number = i + 1;
		w->day[i].size = size;
		w->day[i].done = on_day_page;
		/* The whole day stays in memory until it is proven: not too many of them at a time. */
		w->day[i].soon = 1;
	}
	w->day[0].page = w->ask.page;
	memset(&w->ask.page, 0, sizeof w->ask.page);
	for (int i = 1; i <= w->pages; i++)
		if (ask_send(&w->day[i], 0, e) < 0)
			return -1;
	return 0;
}

/* ---- a window's answer ---- */

static int window_short(struct window *w, struct err *e)
{
	int64_t total = w->ask.page.total, rows = (int64_t)w->ask.page.n;
	char name[48];

	snprintf(w->ask.page.why, sizeof w->ask.page.why, "awork counts %lld, its answer holds %lld", (long long)total, (long long)rows);
	if (++w->shorts < SHORT_MAX)
		return send_window(w, w->shorts, e);
	if (!w->ws->spec->accept_short || rows > total)
		return err_set(e, ERR_PROTOCOL, "time entries %s: awork counts %lld, its answer holds %lld, in %d answers", name_of(w, name),
		    (long long)total, (long long)rows, w->shorts);
	return hand_over(w, &w->ask.page, e) < 0 ? -1 : close_window(w, total, total - rows);
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

static int on_window(struct ask *a, struct err *e)
{
	struct window *w = a->owner;
	struct windows *ws = w->ws;
	struct page *p = &a->page;
	int64_t total = p->total;

	if (w->root)
		ws->known += total;
	w->root = 0;
	note_edge(w);
	if (!w->counting && p->page_size < ws->page_size)
		ws->page_size = (int)p->page_size;
	if (total > ws->page_size && !(is_open(w) && w->edge == DATE_NONE)) {
		if (is_open(w) || w->to - w->from > 1)
			return split(w, total, e);
		if (!w->counting)
			/* Asked before the server's own page size was known: its pages have other borders. */
			return p->page_size == ws->page_size && a->size == ws->page_size ? page_day(w, e) : send_window(w, 0, e);
	}
	if (w->counting && total > 0) {
		w->counting = 0;
		return send_window(w, 0, e);
	}
	if ((int64_t)p->n != total)
		return window_short(w, e);
	return hand_over(w, p, e) < 0 ? -1 : close_window(w, total, 0);
}
