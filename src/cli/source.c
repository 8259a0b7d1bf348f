#include "cli/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/number.h"

/* The ledger passes more to a callback than a renderer needs. */
struct invoice_walk { int (*each)(void *arg, const struct invoice *v, struct err *e); void *arg; };
struct held_walk { int (*each)(void *arg, const struct source_held *h, struct err *e); void *arg; };

/* Two lists that go side by side: documents, and the entries of all of them. */
struct number { char no[NUMBER_LEN]; int has_seconds; };
struct walk {
	struct run *r;
	const struct source_visitor *visitor;
	void *arg;
	struct number *v;  /* documents in their order */
	size_t n, cap, at; /* at: the one that is open, or comes next */
	int open;
	struct pool *pool; /* of the open one */
	struct invoice invoice;
};

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

static int walk_heads(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	struct run *r = ctx;
	struct invoice_walk w = { each, arg };

	return query_heads(r->app->store, r->row.id, on_invoice, &w, e);
}

static int on_number(void *ctx, const char *number, int has_seconds, struct err *e)
{
	struct walk *w = ctx;

	if (buf_grow(&w->v, &w->cap, w->n + 1, sizeof *w->v) < 0)
		return err_nomem(e);
	w->v[w->n].has_seconds = has_seconds;
	snprintf(w->v[w->n++].no, NUMBER_LEN, "%s", number);
	return 0;
}

static int begin(struct walk *w, struct err *e)
{
	const struct number *next = &w->v[w->at];
	int found;

	pool_reset(w->pool);
	found = query_document(w->r->app->store, w->r->row.id, next->no, w->pool, &w->invoice, e);
	if (found <= 0)
		return found < 0 ? -1 : err_set(e, ERR_SOFTWARE, "document %s is gone from the ledger", next->no);
	w->open = 1;
	return w->visitor->begin(w->arg, &(struct source_document){ &w->invoice, next->has_seconds }, e);
}

static int end(struct walk *w, struct err *e)
{
	w->open = 0;
	w->at++;
	return w->visitor->end(w->arg, &w->invoice, e);
}

/* Up to the document of that number (NULL: to the end). Those without entries, of fixed fees alone, stand between the others. */
static int go_on(struct walk *w, const char *number, struct err *e)
{
	while (w->at < w->n && (number == NULL || strcmp(w->v[w->at].no, number) != 0))
		if ((!w->open && begin(w, e) < 0) || end(w, e) < 0)
			return -1;
	return 0;
}

static int on_entry(void *ctx, const struct invoice_entry *x, struct err *e)
{
	struct walk *w = ctx;

	if (go_on(w, x->invoice, e) < 0)
		return -1;
	if (w->at == w->n)
		return err_set(e, ERR_SOFTWARE, "entry %s on %s does not follow the one before", x->entry.id, x->invoice);
	if (!w->open && begin(w, e) < 0)
		return -1;
	return w->visitor->entry(w->arg, x, e);
}

static int walk_billed(struct walk *w, const char *number, struct err *e)
{
	return query_entries(w->r->app->store, w->r->row.id, number, on_entry, w, e) < 0 ? -1 : go_on(w, NULL, e);
}

/* Released again: with negative times and on the cancellation's number, so that the sums over all runs are what is billed. */
static int on_released(void *ctx, const struct invoice_entry *x, struct err *e)
{
	struct walk *w = ctx;
	struct invoice_entry y = *x;

	y.entry.secs = -y.entry.secs;
	y.billed_secs = -y.billed_secs;
	y.invoice = w->invoice.number;
	return w->visitor->entry(w->arg, &y, e);
}

static int walk_released(struct walk *w, struct err *e)
{
	while (w->at < w->n)
		if (begin(w, e) < 0 || (w->invoice.cancels != NULL && query_entries(w->r->app->store, NULL, w->invoice.cancels, on_released, w, e) < 0) || end(w, e) < 0)
			return -1;
	return 0;
}

static int walk_documents(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	struct run *r = ctx;
	struct walk w = { .r = r, .visitor = visitor, .arg = arg, .pool = pool_new() };
	int rc = -1;

	if (w.pool == NULL)
		err_nomem(e);
	else if (query_numbers(r->app->store, r->row.id, number, on_number, &w, e) == 0)
		rc = run_is_void(r) ? walk_released(&w, e) : walk_billed(&w, number, e);
	pool_free(w.pool);
	free(w.v);
	return rc;
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
		.invoices = walk_invoices, .heads = walk_heads, .documents = walk_documents, .held = walk_held,
	};
}
