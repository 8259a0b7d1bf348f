#include "awork/paged.h"

#include <stdlib.h>
#include <string.h>

void paged_free(struct window *w)
{
	for (int i = 0; w->day != NULL && i < 2 * w->pages; i++)
		page_free(&w->day[i].page);
	free(w->day);
	w->day = NULL;
	w->pages = 0;
}

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
		if (window_hand_over(w, &w->day[i].page, w->day[i].page.n, e) < 0)
			return -1;
	return window_close(w, w->total, missing);
}

static int day_failed(struct window *w, int64_t unique, struct err *e)
{
	char name[48];

	if (++w->rounds < WINDOW_ROUNDS_MAX) {
		paged_free(w);
		return window_send(w, w->rounds, e);
	}
	if (w->beyond == w->rounds && w->total == w->first_total)
		return err_set(e, ERR_PROTOCOL, "time entries %s: awork counts %lld, but its list goes on behind them: are pages ignored?",
		    window_name(w, name), (long long)w->total);
	if (w->moved || w->total != w->first_total || unique > w->total)
		return err_set(e, ERR_TEMPFAIL, "time entries %s did not hold still in %d readings", window_name(w, name), w->rounds);
	if (w->ws->spec->accept_short)
		return take_day(w, w->total - unique, e);
	return err_set(e, ERR_PROTOCOL, "time entries %s: awork counts %lld, its pages hold %lld, in %d readings", window_name(w, name),
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

int paged_start(struct window *w, struct err *e)
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
