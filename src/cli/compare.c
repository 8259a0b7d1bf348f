#include "cli/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/compareparts.h"

#define ROWS_PER_TURN 64

static int is_filtered(const struct filter *f)
{
	return f->companies != NULL || f->projects != NULL || f->users != NULL || f->works != NULL;
}

/* Whether the entry, as it was billed, is one that the options ask for. 1, 0, -1. */
static int fits(struct compare *c, const char *entry, struct err *e)
{
	struct filter f = c->r->filter;
	struct entry x;
	int rc;

	if (!is_filtered(&f))
		return 1;
	f.billable = 0;
	f.from = f.to = DATE_NONE;
	pool_reset(c->page);
	rc = claim_snapshot(c->r->app->store, entry, c->page, &x, e);
	return rc <= 0 ? rc : filter_violated(&f, &x) == NULL;
}

static int on_claim(void *ctx, const struct claim_review *v, struct err *e)
{
	struct compare *c = ctx;
	int wanted = fits(c, v->claim.entry, e);

	if (++c->rows % ROWS_PER_TURN == 0)
		compareahead_turn(c);
	return wanted <= 0 ? wanted : compareparts_append(c, v, e);
}

int compare_load(struct compare *c, struct err *e)
{
	const struct period *p = &c->r->rules.period;

	c->page = pool_new();
	c->outcomes = pool_new();
	if (c->page == NULL || c->outcomes == NULL)
		return err_nomem(e);
	if (claim_review_period(c->r->app->store, p->from, p->to, on_claim, c, e) < 0)
		return -1;
	compareparts_order(c);
	return compareparts_add_documents(c, e) < 0 ? -1 : compareahead_loaded(c, e);
}

/* Of the difference for what changed or is gone; else of all that was billed. */
static int price_claim(struct compare *c, const struct compare_claim *k, int64_t *minor, struct err *e)
{
	const enum reconcile_class class = compareparts_class(k);
	const struct compare_document *d;
	struct reconcile_line *l = compareparts_line(c, k, &d, e);
	char entry[37];
	int overflow = 0;

	if (l == NULL)
		return -1;
	if (class == RECONCILE_CHANGED)
		k->out->delta_billed = reconcile_billed_delta(l, k->billed_secs, k->out->verdict.now_secs, k->out->verdict.delta_secs);
	*minor = reconcile_value(l, class == RECONCILE_CHANGED ? k->out->delta_billed : class == RECONCILE_GONE ? -k->billed_secs : k->billed_secs, &overflow);
	return overflow ? err_set(e, ERR_SOFTWARE, "the value of entry %s overflows", text_uuid_unpack(entry, k->id)) : 0;
}

int compare_price(struct compare *c, struct err *e)
{
	const struct compare_document *d;

	/* Lines first, as corrections left them: rounding by line depends on the whole. */
	for (size_t i = 0; i < c->n; i++) {
		struct reconcile_line *l = compareparts_line(c, &c->claims[i], &d, e);

		if (l == NULL)
			return -1;
		if (c->claims[i].out != NULL)
			l->secs += c->claims[i].out->corrected_secs;
	}
	for (size_t i = 0; i < c->n; i++)
		if (c->claims[i].out != NULL && price_claim(c, &c->claims[i], &c->claims[i].out->minor, e) < 0)
			return -1;
	return 0;
}

static int add_finding(struct compare *c, const struct reconcile_finding *f, struct err *e)
{
	struct reconcile_report *r = c->report;

	if (buf_grow(&r->v, &r->cap, r->n + 1, sizeof *r->v) < 0)
		return err_nomem(e);
	r->v[r->n++] = *f;
	return 0;
}

static int report_claim(struct compare *c, const struct compare_claim *k, struct err *e)
{
	const enum reconcile_class class = compareparts_class(k);
	const int differs = class == RECONCILE_CHANGED || class == RECONCILE_GONE;
	const struct compare_outcome *o = k->out;
	const struct compare_document *d;
	struct reconcile_finding f;
	char entry[37];
	int64_t minor;

	if (compareparts_line(c, k, &d, e) == NULL)
		return -1;
	/* Agreement is counted, not listed. */
	if (o == NULL)
		return price_claim(c, k, &minor, e) < 0 ? -1 : reconcile_count(c->report, class, d->currency, 1, k->secs, minor, e);
	if (class == RECONCILE_AGREED || class == RECONCILE_NOTED)
		return reconcile_count(c->report, class, d->currency, 1, k->secs, o->minor, e);
	f = (struct reconcile_finding){
		.class = class, .entry = pool_dup(c->pool, text_uuid_unpack(entry, k->id)), .invoice = compareparts_number(c, k), .pos = k->pos, .date = k->date,
		.company = o->company != NULL ? o->company : d->company, .project = o->project, .user = o->user,
		.state = claim_state_name((enum claim_state)k->state), .change = o->what, .secs = differs ? o->verdict.delta_secs : k->secs,
		.has_money = 1, .minor = o->minor, .currency = d->currency, .proposed = k->proposed,
	};
	return f.entry == NULL ? err_nomem(e) : add_finding(c, &f, e);
}

struct sequence { const struct reconcile_finding *f; size_t at; };

static int by_entry(const void *a, const void *b)
{
	const struct sequence *x = a, *y = b;
	int c = strcmp(x->f->entry, y->f->entry);

	return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

/* An entry that moved while it was read comes twice: the last reading counts. */
static int report_loose(struct compare *c, struct err *e)
{
	struct sequence *v = calloc(c->nloose + 1, sizeof *v);
	int rc = 0;

	if (v == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < c->nloose; i++)
		v[i] = (struct sequence){ &c->loose[i], i };
	qsort(v, c->nloose, sizeof *v, by_entry);
	for (size_t i = 0; i < c->nloose && rc == 0; i++)
		if (i + 1 == c->nloose || strcmp(v[i].f->entry, v[i + 1].f->entry) != 0)
			rc = add_finding(c, v[i].f, e);
	free(v);
	return rc;
}

static int on_open(void *ctx, const struct correction *v, struct err *e)
{
	struct compare *c = ctx;

	(void)v;
	(void)e;
	c->report->open_corrections++;
	return 0;
}

int compare_report(struct compare *c, struct err *e)
{
	struct reconcile_finding f = { .class = RECONCILE_FORGOTTEN, .date = DATE_NONE, .reason = HELD_NO_DATE };

	for (size_t i = 0; i < c->n; i++)
		if (report_claim(c, &c->claims[i], e) < 0)
			return -1;
	if (report_loose(c, e) < 0)
		return -1;
	if (c->undated > 0) {
		f.change = pool_fmt(c->pool, "%lld unbilled entries have no date, so that awork's lists do not show them", (long long)c->undated);
		if (f.change == NULL || add_finding(c, &f, e) < 0)
			return err_nomem(e);
	}
	c->report->open_corrections = 0;
	return correction_each_open(c->r->app->store, on_open, c, e);
}

void compare_forget(struct compare *c)
{
	compareahead_forget(c);
	free(c->claims);
	free(c->documents);
	free(c->by_number);
	free(c->lines);
	free(c->loose);
	pool_free(c->page);
	pool_free(c->outcomes);
	*c = (struct compare){ .r = c->r, .report = c->report, .pool = c->pool };
}
