#include "billing/conserve.h"

#include <string.h>

/* What the items of one invoice and line add up to. */
struct sums { int64_t secs, billed, entries; };

static int prove_line(const struct invoice *v, const struct invoice_line *l, const struct sums *s, struct err *e)
{
	if (l->secs == s->secs && l->billed_secs == s->billed && l->entries == s->entries)
		return 0;
	return err_set(e, ERR_SOFTWARE, "line %d for %s does not hold its entries: %lld s tracked, %lld s billed, %d entries on the line; %lld, %lld, %lld in the entries",
	    l->pos, v->company_name, (long long)l->secs, (long long)l->billed_secs, l->entries, (long long)s->secs, (long long)s->billed, (long long)s->entries);
}

/* Items are sorted by invoice and line, so one walk meets every line once. */
int conserve_prove(const struct compose_plan *plan, const struct compose_item *items, size_t n, struct conserve_totals *t, struct err *e)
{
	size_t k = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct invoice *v = &plan->invoices[i];

		for (size_t l = 0; l < v->nlines; l++) {
			struct sums s = { 0, 0, 0 };

			for (; k < n && items[k].invoice == (int)i && items[k].pos == v->lines[l].pos; k++) {
				if (num_add(&s.secs, items[k].secs) < 0 || num_add(&s.billed, items[k].billed_secs) < 0)
					return err_set(e, ERR_SOFTWARE, "the seconds for %s overflow", v->company_name);
				s.entries++;
				t->late += items[k].late != 0;
			}
			if (prove_line(v, &v->lines[l], &s, e) < 0)
				return -1;
			t->billed += s.entries;
			if (num_add(&t->billed_secs, s.secs) < 0 || num_add(&t->rounded_secs, s.billed - s.secs) < 0)
				return err_set(e, ERR_SOFTWARE, "the seconds of the run overflow");
		}
		if (invoice_check(v, e) < 0)
			return -1;
	}
	if (k != n)
		return err_set(e, ERR_SOFTWARE, "%zu billable entries stand on no line", n - k);
	return 0;
}

int conserve_balance(const struct conserve_totals *t, struct err *e)
{
	if (t->fetched != t->billed + t->held)
		return err_set(e, ERR_SOFTWARE, "entries do not balance: %lld fetched, %lld billed, %lld held", (long long)t->fetched, (long long)t->billed,
		    (long long)t->held);
	if (t->fetched_secs != t->billed_secs + t->held_secs)
		return err_set(e, ERR_SOFTWARE, "seconds do not balance: %lld fetched, %lld billed, %lld held", (long long)t->fetched_secs,
		    (long long)t->billed_secs, (long long)t->held_secs);
	return 0;
}

int64_t conserve_value(conserve_exact secs_by_price_e4, int decimals, int *overflow)
{
	for (int i = 0; i < decimals; i++)
		secs_by_price_e4 *= 10;
	return num_div_round(secs_by_price_e4, (conserve_exact)3600 * 10000, overflow);
}

static int add_lines(struct conserve_customer *c, const struct invoice *v, conserve_exact *exact)
{
	int rc = 0;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];
		int is_time = l->fee == NULL && l->correction == NULL;

		rc |= num_add(is_time ? &c->lines_minor : &c->others_minor, l->net_minor);
		if (is_time)
			*exact += (conserve_exact)l->secs * l->price_e4;
	}
	return rc;
}

static int add_document(struct conserve_customer *c, const struct invoice *v, conserve_exact *exact)
{
	c->documents++;
	return num_add(&c->entries, v->entries) | num_add(&c->secs, v->secs) | num_add(&c->billed_secs, v->billed_secs) | add_lines(c, v, exact) |
	       num_add(&c->allowance_minor, v->allowance_minor) | num_add(&c->net_minor, v->net_minor) | num_add(&c->tax_minor, v->tax_minor) |
	       num_add(&c->gross_minor, v->gross_minor);
}

int conserve_customers(const struct compose_plan *plan, struct pool *pool, struct conserve_customer **out, size_t *n, struct err *e)
{
	struct conserve_customer *v = pool_alloc(pool, (plan->n + 1) * sizeof *v), *c = NULL;
	conserve_exact exact = 0;
	size_t k = 0;

	if (v == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < plan->n; i++) {
		const struct invoice *now = &plan->invoices[i];
		int off = 0, decimals = money_decimals(now->currency);

		if (c == NULL || strcmp(c->company_id, now->company_id) != 0 || strcmp(c->currency, now->currency) != 0) {
			c = &v[k++];
			*c = (struct conserve_customer){ .company_id = now->company_id, .currency = now->currency };
			exact = 0;
		}
		off |= add_document(c, now, &exact);
		c->value_minor = conserve_value(exact, decimals < 0 ? 0 : decimals, &off);
		if (off)
			return err_set(e, ERR_SOFTWARE, "the sums for %s overflow", now->company_name);
	}
	*out = v;
	*n = k;
	return 0;
}
