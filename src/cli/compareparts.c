#include "cli/compareparts.h"

#include <stdlib.h>
#include <string.h>

static int by_entry(const void *key, const void *element)
{
	return strcmp(key, ((const struct compare_claim *)element)->entry);
}

struct compare_claim *compareparts_find(struct compare *c, const char *entry)
{
	return c->n == 0 ? NULL : bsearch(entry, c->claims, c->n, sizeof *c->claims, by_entry);
}

int compareparts_add(struct compare *c, const struct claim_review *v, struct err *e)
{
	size_t at = c->n;
	struct compare_claim *k;

	if (buf_grow(&c->claims, &c->cap, c->n + 1, sizeof *c->claims) < 0)
		return err_nomem(e);
	/* They come sorted, but for an entry that was moved into the period. */
	while (at > 0 && strcmp(c->claims[at - 1].entry, v->claim.entry) > 0)
		at--;
	memmove(&c->claims[at + 1], &c->claims[at], (c->n++ - at) * sizeof *c->claims);
	k = &c->claims[at];
	*k = (struct compare_claim){
		.state = (unsigned char)v->claim.state, .voiding = v->voiding != 0, .proposed = v->proposed != 0, .pos = v->claim.pos, .date = v->claim.date,
		.invoice = pool_intern(c->pool, v->claim.invoice), .secs = v->claim.secs + v->corrected_secs,
		.billed_secs = v->billed_secs + v->corrected_billed, .corrected_secs = v->corrected_secs,
	};
	memcpy(k->entry, v->claim.entry, sizeof k->entry);
	memcpy(k->fp, v->claim.fp, CLAIM_FP);
	return k->invoice == NULL ? err_nomem(e) : 0;
}

static int by_number(const void *key, const void *element)
{
	return strcmp(key, ((const struct compare_document *)element)->number);
}

static struct compare_document *find_document(struct compare *c, const char *number)
{
	return c->ndocuments == 0 ? NULL : bsearch(number, c->documents, c->ndocuments, sizeof *c->documents, by_number);
}

struct reconcile_line *compareparts_line(struct compare *c, const struct compare_claim *k, const struct compare_document **document, struct err *e)
{
	struct compare_document *d = find_document(c, k->invoice);

	if (d == NULL || k->pos < 1 || (size_t)k->pos > d->n) {
		err_set(e, ERR_DATA, "ledger: entry %s is on line %d of %s, which is not there", k->entry, k->pos, k->invoice);
		return NULL;
	}
	*document = d;
	return &c->lines[d->first + (size_t)k->pos - 1];
}

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct compare *c = ctx;
	struct compare_document *d;
	size_t at = c->ndocuments;

	(void)q;
	if (buf_grow(&c->documents, &c->cap_documents, c->ndocuments + 1, sizeof *c->documents) < 0 ||
	    buf_grow(&c->lines, &c->cap_lines, c->nlines + v->nlines, sizeof *c->lines) < 0)
		return err_nomem(e);
	while (at > 0 && strcmp(c->documents[at - 1].number, v->number) > 0)
		at--;
	memmove(&c->documents[at + 1], &c->documents[at], (c->ndocuments++ - at) * sizeof *c->documents);
	d = &c->documents[at];
	*d = (struct compare_document){
		.number = pool_intern(c->pool, v->number), .company_id = pool_intern(c->pool, v->company_id), .company = pool_intern(c->pool, v->company_name),
		.currency = pool_intern(c->pool, v->currency), .first = c->nlines, .n = v->nlines,
	};
	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		c->lines[c->nlines++] = (struct reconcile_line){ l->unit, l->price_e4, money_decimals(v->currency), v->rounding, l->secs };
	}
	return pool_failed(c->pool) ? err_nomem(e) : 0;
}

int compareparts_add_documents(struct compare *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++)
		if (find_document(c, c->claims[i].invoice) == NULL &&
		    query_invoices(c->r->app->store, NULL, c->claims[i].invoice, on_document, c, e) < 0)
			return -1;
	return 0;
}

enum reconcile_class compareparts_class(const struct compare_claim *k)
{
	return k->out == NULL ? RECONCILE_AGREED : k->out->verdict.class;
}

int compareparts_correctable(const struct compare_claim *k)
{
	return compareparts_class(k) == RECONCILE_CHANGED && !k->out->verdict.moved && k->out->delta_billed != 0;
}
