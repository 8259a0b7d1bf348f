#include "awork/ask.h"

#include <stdlib.h>
#include <string.h>

static int on_piece(void *ctx, const char *p, size_t n, struct err *e)
{
	struct ask *a = ctx;

	return page_piece(&a->page, p, n, e);
}

static void on_restart(void *ctx)
{
	struct ask *a = ctx;

	page_restart(&a->page);
}

/* Bad request, not found (what some servers say to a long URL), and a body, URL or header that is too long. */
static int is_refusal(long status)
{
	return status == 400 || status == 404 || status == 413 || status == 414 || status == 431;
}

static int on_done(void *ctx, const struct http_answer *answer, struct err *e)
{
	struct ask *a = ctx;
	struct err ignored = ERR_INIT;

	if (a->maybe) {
		a->come = answer->broken == NULL && answer->status == 200 && page_finish(&a->page, answer, a->size, &ignored) == PAGE_OK;
		return a->come ? a->done(a, e) : 0;
	}
	if (a->may_refuse && is_refusal(answer->status)) {
		a->refused = 1;
		return a->done(a, e);
	}
	switch (page_finish(&a->page, answer, a->size, e)) {
	case PAGE_OK:
		a->unusable = 0;
		return a->done(a, e);
	case PAGE_SHORT:
		if (++a->unusable < http_tries(a->http))
			return ask_send(a, a->unusable, e);
		return err_set(e, ERR_PROTOCOL, "GET /timeentries: no usable list in %d answers: %s", a->unusable, a->page.why);
	case PAGE_BAD:
		break;
	}
	return -1;
}

int ask_send(struct ask *a, int again, struct err *e)
{
	struct http_request r = {
		.method = "GET", .path = "/timeentries", .again = again, .soon = a->soon, .maybe = a->maybe, .piece = on_piece, .restart = on_restart,
		.done = on_done, .ctx = a,
	};
	struct buf expression = BUF_INIT, query = BUF_INIT;
	char why[sizeof a->page.why], *escaped = NULL;
	int rc = -1;

	a->refused = a->come = 0;
	memcpy(why, a->page.why, sizeof why);
	page_free(&a->page);
	if (page_init(&a->page, &a->filter, a->number, e) < 0)
		goto out;
	a->page.lean = a->lean;
	filter_write(&a->filter, &expression);
	escaped = http_escape(buf_text(&expression));
	buf_fmt(&query, "page=%d&pageSize=%d&orderby=%s", a->number, a->size, a->orderby);
	if (expression.n > 0)
		buf_fmt(&query, "&filterby=%s", escaped != NULL ? escaped : "");
	if (escaped == NULL || !buf_ok(&expression) || !buf_ok(&query)) {
		err_nomem(e);
		goto out;
	}
	r.query = query.p;
	r.again_why = why;
	rc = http_add(a->http, &r, e);
out:
	free(escaped);
	buf_free(&expression);
	buf_free(&query);
	return rc;
}
