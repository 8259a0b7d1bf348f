#include "billing/conserve.h"

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
static int prove_lines(const struct compose_plan *plan, const struct compose_item *items, size_t n, struct conserve_totals *t, struct err *e)
{
	size_t k = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct invoice *v = &plan->invoices[i];

		for (size_t l = 0; l < v->nlines; l++) {
			struct sums s = { 0, 0, 0 };

			for (; k < n && items[k].invoice == (int)i && items[k].pos == v->lines[l].pos; k++) {
				if (num_add(&s.secs, items[k].entry.secs) < 0 || num_add(&s.billed, items[k].billed_secs) < 0)
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

int conserve_prove(const struct compose_plan *plan, const struct compose_item *items, size_t n, struct conserve_totals *t, struct err *e)
{
	t->billed = t->billed_secs = t->rounded_secs = t->late = 0;
	if (prove_lines(plan, items, n, t, e) < 0)
		return -1;
	if (t->fetched != t->billed + t->held)
		return err_set(e, ERR_SOFTWARE, "entries do not balance: %lld fetched, %lld billed, %lld held", (long long)t->fetched, (long long)t->billed,
		    (long long)t->held);
	if (t->fetched_secs != t->billed_secs + t->held_secs)
		return err_set(e, ERR_SOFTWARE, "seconds do not balance: %lld fetched, %lld billed, %lld held", (long long)t->fetched_secs,
		    (long long)t->billed_secs, (long long)t->held_secs);
	return 0;
}
