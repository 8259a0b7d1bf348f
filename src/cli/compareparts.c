#include "cli/compareparts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DOCUMENTS_MAX 0xffffffu /* 24 bits */

static int by_id(const void *pa, const void *pb)
{
	const struct compare_claim *a = pa, *b = pb;

	return memcmp(a->id, b->id, sizeof a->id);
}

static int is_before(const struct compare *c, size_t at, const uint8_t id[16])
{
	return memcmp(c->claims[at].id, id, sizeof c->claims->id) < 0;
}

/* The first claim that does not come before this id. Ids are random, so it stands near the part of all claims that the id is of all ids; from there it is looked for in growing steps. */
static size_t place_of(const struct compare *c, const uint8_t id[16])
{
	size_t lo = 0, hi = c->n, step = 16, at;
	uint64_t head = 0;

	if (c->n == 0)
		return 0;
	for (size_t i = 0; i < sizeof head; i++)
		head = head << 8 | id[i];
	at = (size_t)((unsigned __int128)head * c->n >> 64);
	if (is_before(c, at, id)) {
		for (lo = at + 1; hi - lo > step && is_before(c, lo + step - 1, id); step *= 4)
			lo += step;
		hi = hi - lo > step ? lo + step - 1 : hi;
	} else {
		for (hi = at; hi > step && !is_before(c, hi - step, id); step *= 4)
			hi -= step;
		lo = hi > step ? hi - step + 1 : 0;
	}
	while (lo < hi) {
		at = lo + (hi - lo) / 2;
		if (is_before(c, at, id))
			lo = at + 1;
		else
			hi = at;
	}
	return lo;
}

struct compare_claim *compareparts_find(struct compare *c, const char *entry)
{
	uint8_t id[16];
	size_t at;

	if (text_uuid_pack(id, entry) < 0)
		return NULL;
	at = place_of(c, id);
	return at < c->n && memcmp(c->claims[at].id, id, sizeof id) == 0 ? &c->claims[at] : NULL;
}

const char *compareparts_number(const struct compare *c, const struct compare_claim *k)
{
	return c->documents[k->document].number;
}

static int add_document(struct compare *c, const char *number, size_t at, struct err *e)
{
	if (c->ndocuments > DOCUMENTS_MAX)
		return err_set(e, ERR_SOFTWARE, "more than %u documents in one period", DOCUMENTS_MAX);
	if (buf_grow(&c->documents, &c->cap_documents, c->ndocuments + 1, sizeof *c->documents) < 0 ||
	    buf_grow(&c->by_number, &c->cap_by_number, c->ndocuments + 1, sizeof *c->by_number) < 0 || (number = pool_intern(c->pool, number)) == NULL)
		return err_nomem(e);
	memmove(&c->by_number[at + 1], &c->by_number[at], (c->ndocuments - at) * sizeof *c->by_number);
	c->by_number[at] = c->latest = (unsigned)c->ndocuments;
	c->documents[c->ndocuments++] = (struct compare_document){ .number = number };
	return 0;
}

/* Where the document of this number stands, new or not: compare.latest. */
static int meet_document(struct compare *c, const char *number, struct err *e)
{
	size_t lo = 0, hi = c->ndocuments;

	if (c->latest < c->ndocuments && strcmp(c->documents[c->latest].number, number) == 0)
		return 0;
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int order = strcmp(c->documents[c->by_number[mid]].number, number);

		if (order == 0) {
			c->latest = c->by_number[mid];
			return 0;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return add_document(c, number, lo, e);
}

static int read_claim(struct compare *c, const struct claim_review *v, struct compare_claim *k, struct err *e)
{
	if (meet_document(c, v->claim.invoice, e) < 0)
		return -1;
	*k = (struct compare_claim){
		.state = (unsigned)v->claim.state & 15, .voiding = v->voiding != 0, .proposed = v->proposed != 0, .pos = v->claim.pos, .date = v->claim.date,
		.document = c->latest & DOCUMENTS_MAX, .secs = v->claim.secs + v->corrected_secs, .billed_secs = v->billed_secs + v->corrected_billed,
	};
	memcpy(k->fp, v->claim.fp, CLAIM_FP);
	if (text_uuid_pack(k->id, v->claim.entry) < 0)
		return err_set(e, ERR_DATA, "ledger: '%s' is no id of an entry", v->claim.entry);
	if (buf_grow(&c->claims, &c->cap, c->n + 1, sizeof *c->claims) < 0)
		return err_nomem(e);
	if (v->corrected_secs == 0)
		return 0;
	if ((k->out = pool_alloc(c->outcomes, sizeof *k->out)) == NULL)
		return err_nomem(e);
	*k->out = (struct compare_outcome){ .verdict.class = RECONCILE_AGREED, .corrected_secs = v->corrected_secs };
	return 0;
}

int compareparts_append(struct compare *c, const struct claim_review *v, struct err *e)
{
	struct compare_claim k;

	if (read_claim(c, v, &k, e) < 0)
		return -1;
	c->claims[c->n++] = k;
	return 0;
}

void compareparts_order(struct compare *c)
{
	if (c->n > 0)
		qsort(c->claims, c->n, sizeof *c->claims, by_id);
}

int compareparts_add(struct compare *c, const struct claim_review *v, struct err *e)
{
	struct compare_claim k;
	size_t at;

	if (read_claim(c, v, &k, e) < 0)
		return -1;
	at = place_of(c, k.id);
	memmove(&c->claims[at + 1], &c->claims[at], (c->n++ - at) * sizeof *c->claims);
	c->claims[at] = k;
	return 0;
}

struct reconcile_line *compareparts_line(struct compare *c, const struct compare_claim *k, const struct compare_document **document, struct err *e)
{
	struct compare_document *d = &c->documents[k->document];
	char entry[37];

	if (!d->known || k->pos < 1 || (size_t)k->pos > d->n) {
		err_set(e, ERR_DATA, "ledger: entry %s is on line %d of %s, which is not there", text_uuid_unpack(entry, k->id), k->pos, d->number);
		return NULL;
	}
	*document = d;
	return &c->lines[d->first + (size_t)k->pos - 1];
}

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct compare *c = ctx;
	struct compare_document *d = &c->documents[c->latest];

	(void)q;
	if (buf_grow(&c->lines, &c->cap_lines, c->nlines + v->nlines, sizeof *c->lines) < 0)
		return err_nomem(e);
	*d = (struct compare_document){
		.number = d->number, .company_id = pool_intern(c->pool, v->company_id), .company = pool_intern(c->pool, v->company_name),
		.currency = pool_intern(c->pool, v->currency), .first = c->nlines, .n = v->nlines, .known = 1,
	};
	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		c->lines[c->nlines++] = (struct reconcile_line){ l->unit, l->price_e4, money_decimals(v->currency), v->rounding, l->secs };
	}
	return pool_failed(c->pool) ? err_nomem(e) : 0;
}

int compareparts_add_documents(struct compare *c, struct err *e)
{
	for (c->latest = 0; c->latest < c->ndocuments; c->latest++)
		if (!c->documents[c->latest].known && query_invoices(c->r->app->store, NULL, c->documents[c->latest].number, on_document, c, e) < 0)
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
