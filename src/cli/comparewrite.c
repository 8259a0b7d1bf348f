/* What reconciliation may write: corrections into the ledger, and marks that awork refused before. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/advance.h"
#include "cli/compareparts.h"
#include "cli/mark.h"
#include "cli/progress.h"
#include "cli/prove.h"

/* ---- corrections ---- */

static int propose_one(struct compare *c, struct compare_claim *k, const struct invoice *v, struct err *e)
{
	struct correction x = {
		.pos = k->pos, .company = v->company_id, .currency = v->currency, .date = k->date, .delta_secs = k->out->verdict.delta_secs, .billed_secs = k->out->delta_billed,
	};
	int open;

	text_uuid_unpack(x.entry, k->id);
	strncat(x.invoice, compareparts_number(c, k), sizeof x.invoice - 1);
	for (size_t i = 0; i < v->nlines; i++)
		if (v->lines[i].pos == k->pos)
			x.line = v->lines[i];
	open = correction_is_open(c->r->app->store, &x, e);
	if (open < 0 || (!open && correction_propose(c->r->app->store, &x, e) < 0))
		return -1;
	c->report->proposed += !open;
	k->proposed = 1;
	return 0;
}

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct compare *c = ctx;

	(void)q;
	for (size_t i = 0; i < c->n; i++) {
		struct compare_claim *k = &c->claims[i];

		if (compareparts_correctable(k) && strcmp(compareparts_number(c, k), v->number) == 0 && propose_one(c, k, v, e) < 0)
			return -1;
	}
	return 0;
}

static int has_corrections(const struct compare *c, unsigned document)
{
	for (size_t i = 0; i < c->n; i++)
		if (compareparts_correctable(&c->claims[i]) && c->claims[i].document == document)
			return 1;
	return 0;
}

static int propose_all(void *ctx, struct err *e)
{
	struct compare *c = ctx;

	for (size_t i = 0; i < c->ndocuments; i++)
		if (has_corrections(c, c->by_number[i]) &&
		    query_invoices(c->r->app->store, NULL, c->documents[c->by_number[i]].number, on_document, c, e) < 0)
			return -1;
	for (size_t i = 0; i < c->n; i++) {
		struct compare_claim *k = &c->claims[i];
		char entry[37];
		int had;

		if (!k->proposed || compareparts_correctable(k))
			continue;
		had = correction_withdraw(c->r->app->store, text_uuid_unpack(entry, k->id), e);
		if (had < 0)
			return -1;
		c->report->withdrawn += had;
		k->proposed = 0;
	}
	return 0;
}

int comparewrite_propose(struct compare *c, struct err *e)
{
	return advance_work(c->r, propose_all, c, "R1", e);
}

/* ---- marks ---- */

struct debts { struct claim *v; char (*run)[16]; size_t n; };

static int is_refused(const struct compare_claim *k)
{
	return !k->voiding && (k->state == CLAIM_UNMARKED_AUTH || k->state == CLAIM_UNMARKED_REJECTED || k->state == CLAIM_UNMARKED_UNKNOWN);
}

static int by_date(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return x->date != y->date ? (x->date > y->date) - (x->date < y->date) : strcmp(x->entry, y->entry);
}

static int collect(struct compare *c, struct debts *d, struct err *e)
{
	d->v = calloc(c->n + 1, sizeof *d->v);
	d->run = calloc(c->n + 1, sizeof *d->run);
	if (d->v == NULL || d->run == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < c->n; i++) {
		struct claim_review now;
		char entry[37];
		int live;

		if (!is_refused(&c->claims[i]))
			continue;
		live = claim_review_entry(c->r->app->store, text_uuid_unpack(entry, c->claims[i].id), &now, e);
		if (live <= 0)
			return live < 0 ? -1 : err_set(e, ERR_SOFTWARE, "entry %s has no live claim any more", entry);
		d->v[d->n++] = now.claim;
	}
	qsort(d->v, d->n, sizeof *d->v, by_date);
	for (size_t i = 0; i < d->n; i++)
		if (query_run_of(c->r->app->store, d->v[i].invoice, d->run[i], e) < 0)
			return -1;
	return 0;
}

/* Marks and proves those of one run. */
static int pay(struct compare *c, const struct debts *d, const char *run, struct err *e)
{
	struct claim_brief *list = calloc(d->n, sizeof *list);
	size_t n = 0;
	int rc = 0;

	if (list == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < d->n && rc == 0; i++)
		if (strcmp(d->run[i], run) == 0)
			rc = claim_shorten(&d->v[i], &list[n++], e);
	if (rc == 0)
		rc = mark_list(c->r, run, list, n, e) < 0 ? -1 : prove_marked(c->r, run, 1u << CLAIM_MARKED, e);
	free(list);
	return rc;
}

int comparewrite_remark(struct compare *c, struct err *e)
{
	struct debts d = { .n = 0 };
	enum claim_state now;
	int rc = collect(c, &d, e);

	if (d.n > 0)
		progress_stage("remark", (int64_t)d.n);
	for (size_t i = 0; i < d.n && rc == 0; i++) {
		size_t k = 0;

		while (k < i && strcmp(d.run[k], d.run[i]) != 0)
			k++;
		if (k == i)
			rc = pay(c, &d, d.run[i], e);
	}
	for (size_t i = 0; i < d.n && rc == 0; i++) {
		int live = claim_live(c->r->app->store, d.v[i].entry, &now, NULL, e);

		rc = live < 0 ? -1 : 0;
		c->report->remarked += live > 0 && now == CLAIM_VERIFIED;
	}
	free(d.v);
	free(d.run);
	return rc;
}
