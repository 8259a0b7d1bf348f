#include "awork/fetch.h"

#include <stdlib.h>
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
	a->maybe = ws->maybe;
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

struct fetch {
	struct fetch_spec spec;
	struct windows ws;
	struct counts c;
};

static void start(struct fetch *f, struct http *h, const struct fetch_spec *s)
{
	memset(f, 0, sizeof *f);
	f->spec = *s;
	f->ws = (struct windows){ .http = h, .spec = &f->spec };
	f->ws.count_first = s->filter.from == DATE_NONE;
	f->ws.page_size = s->page_size < 1 ? 1 : s->page_size > 1000 ? 1000 : s->page_size;
}

static void end(struct fetch *f)
{
	window_free_all(&f->ws);
	page_free(&f->c.all.page);
	page_free(&f->c.later.page);
	page_free(&f->c.range.page);
}

/* Counted before and while the windows are read, so that what is booked meanwhile shows up as a difference once at most. */
static int send_first(struct fetch *f, struct err *e)
{
	return (f->ws.count_first && send_counts(&f->ws, &f->c, e) < 0) || send_windows(&f->ws, e) < 0 ? -1 : 0;
}

static int read_rest(struct fetch *f, struct fetch_result *out, struct err *e)
{
	if (http_run(f->ws.http, e) < 0 || (f->ws.count_first && find_undated(&f->ws, &f->c, e) < 0))
		return -1;
	*out = f->ws.result;
	return 0;
}

static int check_range(const struct fetch_spec *s, struct err *e)
{
	const struct filter *f = &s->filter;

	return f->from != DATE_NONE && f->to != DATE_NONE && f->from >= f->to ? err_set(e, ERR_SOFTWARE, "empty date range") : 0;
}

int fetch_entries(struct http *h, const struct fetch_spec *s, struct fetch_result *out, struct err *e)
{
	struct fetch f;
	int rc = -1;

	start(&f, h, s);
	if (check_range(s, e) == 0 && send_first(&f, e) == 0)
		rc = read_rest(&f, out, e);
	if (rc < 0)
		err_ctx(e, "reading time entries");
	end(&f);
	return rc;
}

struct fetch *fetch_begin(struct http *h, const struct fetch_spec *s, struct err *e)
{
	struct fetch *f = malloc(sizeof *f);

	if (f == NULL) {
		err_nomem(e);
		return NULL;
	}
	start(f, h, s);
	if (check_range(s, e) == 0 && send_first(f, e) == 0)
		return f;
	err_ctx(e, "reading time entries");
	fetch_free(f);
	return NULL;
}

int fetch_end(struct fetch *f, struct fetch_result *out, struct err *e)
{
	int rc = read_rest(f, out, e);

	if (rc < 0)
		err_ctx(e, "reading time entries");
	fetch_free(f);
	return rc;
}

struct fetch *fetch_ask(struct http *h, const struct fetch_spec *s, struct err *e)
{
	struct fetch *f = malloc(sizeof *f);

	if (f == NULL) {
		err_nomem(e);
		return NULL;
	}
	start(f, h, s);
	f->ws.maybe = 1;
	if (s->filter.from == DATE_NONE && send_first(f, e) == 0)
		return f;
	fetch_free(f);
	return NULL;
}

int fetch_take(struct fetch *f, const struct fetch_spec *s, struct fetch_result *out, struct err *e)
{
	struct http *h = f->ws.http;
	int rc;

	f->spec = *s;
	f->c.all.maybe = f->c.later.maybe = 0;
	rc = f->c.all.come && (s->filter.to == DATE_NONE || f->c.later.come) ? window_go_on(&f->ws, e) : 0;
	if (rc > 0)
		rc = read_rest(f, out, e) < 0 ? -1 : 1;
	if (rc < 0)
		err_ctx(e, "reading time entries");
	fetch_free(f);
	return rc == 0 ? fetch_entries(h, s, out, e) : rc < 0 ? -1 : 0;
}

void fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	end(f);
	free(f);
}
