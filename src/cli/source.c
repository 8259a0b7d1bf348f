#include "cli/source.h"

#include <string.h>

/* The ledger passes more to a callback than a renderer needs. */
struct invoice_walk { int (*each)(void *arg, const struct invoice *v, struct err *e); void *arg; };
struct entry_walk {
	struct run *r;
	const char *number; /* of the cancellation; NULL: of any */
	const char *invoice;
	int (*each)(void *arg, const struct invoice_entry *x, struct err *e);
	void *arg;
};
struct held_walk { int (*each)(void *arg, const struct source_held *h, struct err *e); void *arg; };

static int on_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct invoice_walk *w = ctx;

	(void)q;
	return w->each(w->arg, v, e);
}

static int walk_invoices(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	struct run *r = ctx;
	struct invoice_walk w = { each, arg };

	return query_invoices(r->app->store, r->row.id, NULL, on_invoice, &w, e);
}

/* Released again: with negative times and on the cancellation's number, so that the sums over all runs are what is billed. */
static int on_released(void *ctx, const struct invoice_entry *x, struct err *e)
{
	struct entry_walk *w = ctx;
	struct invoice_entry y = *x;

	y.entry.secs = -y.entry.secs;
	y.billed_secs = -y.billed_secs;
	y.invoice = w->invoice;
	return w->each(w->arg, &y, e);
}

static int on_cancellation(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct entry_walk *w = ctx;

	(void)q;
	if (w->number != NULL && strcmp(w->number, v->number) != 0)
		return 0;
	w->invoice = v->number;
	return v->cancels == NULL ? 0 : query_entries(w->r->app->store, NULL, v->cancels, on_released, w, e);
}

static int walk_entries(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e)
{
	struct run *r = ctx;
	struct entry_walk w = { r, number, NULL, each, arg };

	if (run_is_void(r))
		return query_invoices(r->app->store, r->row.id, NULL, on_cancellation, &w, e);
	return query_entries(r->app->store, r->row.id, number, each, arg, e);
}

static int has_seconds(void *ctx, const char *number, struct err *e)
{
	struct run *r = ctx;

	return query_has_seconds(r->app->store, number, e);
}

static int on_held(void *ctx, const struct entry *x, const char *reason, struct err *e)
{
	struct held_walk *w = ctx;
	struct source_held h = { *x, reason };

	return w->each(w->arg, &h, e);
}

static int walk_held(void *ctx, int (*each)(void *arg, const struct source_held *h, struct err *e), void *arg, struct err *e)
{
	struct run *r = ctx;
	struct held_walk w = { each, arg };

	return snap_each_held(r->app->store, r->row.id, on_held, &w, e);
}

void source_of_run(struct run *r, struct source *out)
{
	*out = (struct source){
		.ctx = r, .period = r->row.period, .draft = r->app->opt.dry_run, .date = r->row.invoice_date,
		.invoices = walk_invoices, .entries = walk_entries, .has_seconds = has_seconds, .held = walk_held,
	};
}
