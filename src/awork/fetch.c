#include "awork/fetch.h"

#include <string.h>

#include "awork/window.h"

#define RECOUNTS 3

/* Totals without reading: of everything, and of what lies outside the windows. */
struct counts {
	struct ask all, later, range;
};

static int on_count(struct ask *a, struct err *e)
{
	(void)a;
	(void)e;
	return 0;
}

static int send_count(struct windows *ws, struct ask *a, date_t from, date_t to, struct err *e)
{
	a->http = ws->http;
	a->filter = ws->spec->filter;
	a->filter.from = from;
	a->filter.to = to;
	a->orderby = "createdOn,id";
	a->number = a->size = 1;
	a->done = on_count;
	return ask_send(a, 0, e);
}

/* Everything, and what begins at `to` or later; the windows hold what lies before. */
static int send_counts(struct windows *ws, struct counts *c, struct err *e)
{
	date_t to = ws->spec->filter.to;

	if (send_count(ws, &c->all, DATE_NONE, DATE_NONE, e) < 0)
		return -1;
	return to != DATE_NONE ? send_count(ws, &c->later, to, DATE_NONE, e) : 0;
}

/* People book while the program counts, so a difference is believed only when counting again, all in one go, shows it, too. */
static int find_undated(struct windows *ws, struct counts *c, struct err *e)
{
	int64_t undated = c->all.page.total - c->later.page.total - ws->total;

	for (int i = 0; undated != 0 && i < RECOUNTS; i++) {
		int64_t range;

		if (send_counts(ws, c, e) < 0)
			return -1;
		/* Without an end two counts share the work: before and from the date where the windows meet. */
		if (ws->spec->filter.to != DATE_NONE && send_count(ws, &c->range, DATE_NONE, ws->spec->filter.to, e) < 0)
			return -1;
		if (http_run(ws->http, e) < 0)
			return -1;
		range = ws->spec->filter.to != DATE_NONE ? c->range.page.total : ws->total;
		undated = c->all.page.total - c->later.page.total - range;
	}
	ws->result.undated = undated > 0 ? undated : 0;
	return 0;
}

/* The first windows: what is open at both ends or has a hint inside is asked in two parts. */
static int send_windows(struct windows *ws, struct err *e)
{
	const struct filter *f = &ws->spec->filter;
	date_t mid = ws->spec->hint;

	/* Any date does where both ends are open: it only has to give each part one end. */
	if (mid == DATE_NONE && f->from == DATE_NONE && f->to == DATE_NONE)
		mid = date_from_ymd(2020, 1, 1);
	if (mid == DATE_NONE || f->from != DATE_NONE || (f->to != DATE_NONE && mid >= f->to))
		return window_add(ws, f->from, f->to, e);
	return window_add(ws, DATE_NONE, mid, e) < 0 ? -1 : window_add(ws, mid, f->to, e);
}

int fetch_entries(struct http *h, const struct fetch_spec *s, struct fetch_result *out, struct err *e)
{
	struct windows ws = { .http = h, .spec = s };
	struct counts c;
	int open = s->filter.from == DATE_NONE;
	int rc = -1;

	memset(&c, 0, sizeof c);
	ws.count_first = open;
	ws.page_size = s->page_size < 1 ? 1 : s->page_size > 1000 ? 1000 : s->page_size;
	if (s->filter.from != DATE_NONE && s->filter.to != DATE_NONE && s->filter.from >= s->filter.to) {
		err_set(e, ERR_SOFTWARE, "empty date range");
		goto out;
	}
	/* Counted before and while the windows are read, so that what is booked meanwhile shows up as a difference once at most. */
	if ((open && send_counts(&ws, &c, e) < 0) || send_windows(&ws, e) < 0 || http_run(h, e) < 0)
		goto out;
	if (open && find_undated(&ws, &c, e) < 0)
		goto out;
	*out = ws.result;
	rc = 0;
out:
	if (rc < 0)
		err_ctx(e, "reading time entries");
	window_free_all(&ws);
	page_free(&c.all.page);
	page_free(&c.later.page);
	page_free(&c.range.page);
	return rc;
}
