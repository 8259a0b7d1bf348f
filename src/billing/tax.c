#include "billing/tax.h"

#include <stdlib.h>
#include <string.h>

static int compare_tax(const void *a, const void *b)
{
	const struct invoice_tax *x = a, *y = b;
	int c = strcmp(x->category, y->category);

	/* The higher rate first, as invoices usually show it. */
	return c != 0 ? c : (x->pct_e2 < y->pct_e2) - (x->pct_e2 > y->pct_e2);
}

static struct invoice_tax *group(struct invoice *v, const char *category, int64_t pct_e2)
{
	struct invoice_tax *t;

	for (size_t i = 0; i < v->ntaxes; i++)
		if (v->taxes[i].pct_e2 == pct_e2 && strcmp(v->taxes[i].category, category) == 0)
			return &v->taxes[i];
	t = &v->taxes[v->ntaxes++];
	memset(t, 0, sizeof *t);
	memcpy(t->category, category, strlen(category) + 1);
	t->pct_e2 = pct_e2;
	return t;
}

/* Lines of one invoice nearly always share their group, so this ends early; memory for one group per line would be wasted. */
static size_t count_groups(const struct invoice *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nlines; i++) {
		size_t k = 0;

		while (k < i && (v->lines[k].tax_pct_e2 != v->lines[i].tax_pct_e2 || strcmp(v->lines[k].tax_category, v->lines[i].tax_category) != 0))
			k++;
		n += k == i;
	}
	return n;
}

int tax_apply(struct invoice *v, struct pool *pool, struct err *e)
{
	int overflow = 0, bad = 0;

	v->ntaxes = 0;
	v->lines_minor = v->allowance_minor = v->tax_minor = 0;
	v->taxes = pool_alloc(pool, (count_groups(v) + v->nallowances) * sizeof *v->taxes);
	if (v->taxes == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		bad |= num_add(&group(v, l->tax_category, l->tax_pct_e2)->base_minor, l->net_minor);
		bad |= num_add(&v->lines_minor, l->net_minor);
	}
	for (size_t i = 0; i < v->nallowances; i++) {
		const struct invoice_allowance *a = &v->allowances[i];

		bad |= num_add(&group(v, a->tax_category, a->tax_pct_e2)->base_minor, -a->amount_minor);
		bad |= num_add(&v->allowance_minor, a->amount_minor);
	}
	v->net_minor = v->lines_minor;
	bad |= num_add(&v->net_minor, -v->allowance_minor);
	for (size_t i = 0; i < v->ntaxes; i++) {
		v->taxes[i].tax_minor = money_tax(v->taxes[i].base_minor, v->taxes[i].pct_e2, &overflow);
		bad |= num_add(&v->tax_minor, v->taxes[i].tax_minor);
	}
	v->gross_minor = v->net_minor;
	bad |= num_add(&v->gross_minor, v->tax_minor);
	if (bad || overflow)
		return err_set(e, ERR_SOFTWARE, "the sums of an invoice for %s overflow", v->company_name == NULL ? "?" : v->company_name);
	qsort(v->taxes, v->ntaxes, sizeof *v->taxes, compare_tax);
	return 0;
}
