#include "output/runpageparts.h"

#include <stdlib.h>
#include <string.h>

static int compare_key(const void *key, const void *element)
{
	return strcmp(key, (*(const struct summarydata_group *const *)element)->key);
}

const char *runpageparts_company(const struct runpageparts *w, const char *id)
{
	size_t n = w->d->set[BY_COMPANY].n;
	const struct summarydata_group *const *g = n > 0 ? bsearch(id, w->by_key, n, sizeof *w->by_key, compare_key) : NULL;

	return g != NULL && (*g)->name != NULL ? (*g)->name : id;
}

const struct conserve_customer *runpageparts_first(const struct runpageparts *w, const char *id)
{
	const struct report *r = w->in->report;
	size_t low = 0, high = r->ncustomers;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(r->customers[middle].company_id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->ncustomers && strcmp(r->customers[low].company_id, id) == 0 ? &r->customers[low] : NULL;
}

int runpageparts_currency(const struct runpageparts *w, const char *code)
{
	for (int i = 0; i < w->d->ncurrencies; i++)
		if (strcmp(w->d->currency[i].code, code) == 0)
			return i;
	return -1;
}

static int add_customer(struct conserve_customer *to, const struct conserve_customer *c)
{
	const struct { int64_t *to, v; } sums[] = {
		{ &to->documents, c->documents }, { &to->entries, c->entries }, { &to->secs, c->secs }, { &to->billed_secs, c->billed_secs },
		{ &to->lines_minor, c->lines_minor }, { &to->value_minor, c->value_minor }, { &to->others_minor, c->others_minor },
		{ &to->allowance_minor, c->allowance_minor }, { &to->net_minor, c->net_minor }, { &to->tax_minor, c->tax_minor }, { &to->gross_minor, c->gross_minor },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
		rc |= num_add(sums[i].to, sums[i].v);
	return rc;
}

/* a and b are the same figure by two ways. */
static int same(const char *what, const char *of, int64_t a, int64_t b, struct err *e)
{
	return a == b ? 0 : err_set(e, ERR_SOFTWARE, "the page does not balance: %s%s%s: %lld and %lld", what, *of != '\0' ? ", " : "", of, (long long)a, (long long)b);
}

static int prove_customer(struct runpageparts *w, const struct conserve_customer *c, struct err *e)
{
	int i = runpageparts_currency(w, c->currency);

	if (i < 0)
		return err_set(e, ERR_SOFTWARE, "the page does not balance: company %s has no document in %s", c->company_id, c->currency);
	if (add_customer(&w->total[i], c) < 0)
		return err_set(e, ERR_SOFTWARE, "a sum over customers overflows");
	if (same("lines and net", c->company_id, c->lines_minor + c->others_minor - c->allowance_minor, c->net_minor, e) < 0)
		return -1;
	return same("net, VAT and gross", c->company_id, c->net_minor + c->tax_minor, c->gross_minor, e);
}

static int prove_currency(const struct runpageparts *w, int i, struct err *e)
{
	const struct summarydata_currency *c = &w->d->currency[i];
	int64_t net = 0;

	for (size_t k = 0; k < w->in->lines->n; k++)
		if (strcmp(w->in->lines->v[k].currency, c->code) == 0 && num_add(&net, w->in->lines->v[k].net_minor) < 0)
			return err_set(e, ERR_SOFTWARE, "a sum over lines overflows");
	if (same("net of customers and documents", c->code, w->total[i].net_minor, c->net, e) < 0 || same("net of lines and documents", c->code, net, c->net, e) < 0 ||
	    same("VAT of customers and documents", c->code, w->total[i].tax_minor, c->tax, e) < 0)
		return -1;
	return same("gross of customers and documents", c->code, w->total[i].gross_minor, c->gross, e);
}

static int prove_weeks(const struct runpageparts *w, struct err *e)
{
	const struct summaryweeks *x = &w->d->weeks;
	int64_t secs = x->earlier.secs + x->undated.secs, held = x->earlier.held + x->undated.held;

	for (size_t i = 0; i < x->n; i++) {
		secs += x->v[i].secs;
		held += x->v[i].held;
	}
	if (same("seconds of weeks and documents", "", secs, w->d->secs, e) < 0)
		return -1;
	return same("held seconds of weeks and entries", "", held, w->d->held_secs, e);
}

int runpageparts_prove(struct runpageparts *w, struct err *e)
{
	const struct report *r = w->in->report;
	const struct summarydata *d = w->d;

	for (size_t i = 0; i < r->ncustomers; i++)
		if (prove_customer(w, &r->customers[i], e) < 0)
			return -1;
	for (int i = 0; i < d->ncurrencies; i++)
		if (prove_currency(w, i, e) < 0)
			return -1;
	if (same("entries read, billed and held", "", r->entries_fetched, d->entries + d->held_entries, e) < 0 ||
	    same("seconds read, billed and held", "", r->secs_fetched, d->secs + d->held_secs, e) < 0 ||
	    same("billed entries", "", r->entries_billed, d->entries, e) < 0 || same("late entries", "", r->entries_late, d->late, e) < 0)
		return -1;
	return prove_weeks(w, e);
}
