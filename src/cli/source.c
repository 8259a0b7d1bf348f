#include "cli/source.h"

/* The ledger passes more to a callback than a renderer needs. */
struct invoice_walk { int (*each)(void *arg, const struct invoice *v, struct err *e); void *arg; };
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

static int walk_entries(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e)
{
	struct run *r = ctx;

	return query_entries(r->app->store, r->row.id, number, each, arg, e);
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
		.invoices = walk_invoices, .entries = walk_entries, .held = walk_held,
	};
}
