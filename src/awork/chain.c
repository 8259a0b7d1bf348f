#include "awork/chain.h"

#include <string.h>

int chain_can(const struct window *w)
{
	return !w->ws->no_chains && w->rounds == 0 && w->links < WINDOW_ROUNDS_MAX && w->ask.page.before > 0;
}

static int on_link(struct ask *a, struct err *e);

static int ask_from(struct window *w, const char since[20], int again, struct err *e)
{
	struct ask *a = &w->ask;

	memmove(a->filter.since, since, sizeof a->filter.since);
	a->number = 1;
	a->size = w->ws->page_size;
	a->soon = 1;
	a->may_refuse = 1;
	a->done = on_link;
	return ask_send(a, again, e);
}

/* The rest of the window without a chain. */
static int give_up(struct window *w, struct err *e)
{
	w->links = WINDOW_ROUNDS_MAX;
	page_free(&w->held);
	return window_send(w, 0, e);
}

/* Somebody booked, deleted or moved an entry meanwhile, or the condition was understood in another way: the held rows are read again. */
static int read_again(struct window *w, struct err *e)
{
	if (++w->links >= WINDOW_ROUNDS_MAX)
		return give_up(w, e);
	page_free(&w->held);
	w->expected = -1;
	return ask_from(w, w->since, 0, e);
}

static int take_held(struct window *w, struct err *e)
{
	if (window_hand_over(w, &w->held, w->held.before, e) < 0)
		return -1;
	w->chained += (int64_t)w->held.before;
	memcpy(w->since, w->held.second, sizeof w->since);
	page_free(&w->held);
	w->links = 0;
	return 0;
}

static int on_link(struct ask *a, struct err *e)
{
	struct window *w = a->owner;

	if (a->refused || a->page.early) {
		w->ws->no_chains = 1;
		return give_up(w, e);
	}
	if (w->expected >= 0 && a->page.total != w->expected)
		return read_again(w, e);
	if (w->expected >= 0 && take_held(w, e) < 0)
		return -1;
	a->may_refuse = 0;
	return window_answer(w, e);
}

int chain_start(struct window *w, struct err *e)
{
	w->held = w->ask.page;
	memset(&w->ask.page, 0, sizeof w->ask.page);
	w->expected = w->held.total - (int64_t)w->held.before;
	return ask_from(w, w->held.second, 0, e);
}
