#include "billing/discount.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* "Nachlass 7,5 %", with the project that it is for. */
static const char *reason_of(const struct term *t, const char *language, struct pool *pool)
{
	int german = language != NULL && strcmp(language, "de") == 0;
	struct buf b = BUF_INIT;
	char percent[NUM_MAX];
	const char *out = NULL;

	if (t->description != NULL) {
		text_clean(&b, t->description, 0);
	} else {
		num_fmt_short(percent, t->discount_e2, MONEY_PCT_SCALE, 0);
		if (german && strchr(percent, '.') != NULL)
			*strchr(percent, '.') = ',';
		buf_fmt(&b, german ? "Nachlass %s %%" : "Discount %s %%", percent);
	}
	if (buf_ok(&b))
		out = pool_dup(pool, buf_text(&b));
	buf_free(&b);
	return out;
}

/* The allowances of one term, one per VAT group of its lines, with their bases; amounts follow. */
static size_t collect(const struct invoice *v, const struct term *const *of_line, const struct term *t, struct invoice_allowance *out, int *bad)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];
		size_t k = 0;

		if (of_line[i] != t)
			continue;
		while (k < n && (out[k].tax_pct_e2 != l->tax_pct_e2 || strcmp(out[k].tax_category, l->tax_category) != 0))
			k++;
		if (k == n) {
			out[n] = (struct invoice_allowance){ .percent_e2 = t->discount_e2, .tax_pct_e2 = l->tax_pct_e2 };
			memcpy(out[n++].tax_category, l->tax_category, sizeof l->tax_category);
		}
		*bad |= num_add(&out[k].base_minor, l->net_minor);
	}
	return n;
}

static int compare_group(const void *pa, const void *pb)
{
	const struct invoice_allowance *a = pa, *b = pb;
	int c = strcmp(a->tax_category, b->tax_category);

	return c != 0 ? c : (a->tax_pct_e2 < b->tax_pct_e2) - (a->tax_pct_e2 > b->tax_pct_e2);
}

static int compare_base(const void *pa, const void *pb)
{
	const struct invoice_allowance *a = pa, *b = pb;
	int c = (a->base_minor < b->base_minor) - (a->base_minor > b->base_minor);

	return c != 0 ? c : compare_group(pa, pb);
}

/* Splits the term's total over its n groups; they are sorted by group afterwards. */
static void split(struct invoice_allowance *a, size_t n, int64_t percent_e2, int *bad)
{
	int64_t base = 0, sum = 0, left;

	for (size_t i = 0; i < n; i++) {
		*bad |= num_add(&base, a[i].base_minor);
		a[i].amount_minor = money_tax(a[i].base_minor, percent_e2, bad);
		*bad |= num_add(&sum, a[i].amount_minor);
	}
	left = money_tax(base, percent_e2, bad) - sum;
	qsort(a, n, sizeof *a, compare_base);
	for (size_t i = 0; i < n && left != 0; i++) {
		a[i].amount_minor += left > 0 ? 1 : -1;
		left += left > 0 ? -1 : 1;
	}
	*bad |= left != 0;
	qsort(a, n, sizeof *a, compare_group);
}

int discount_apply(struct invoice *v, const struct term *const *of_line, struct pool *pool, struct err *e)
{
	struct invoice_allowance *all;
	size_t n = 0, discounted = 0;
	int bad = 0;

	for (size_t i = 0; i < v->nlines; i++)
		discounted += of_line[i] != NULL;
	v->allowances = NULL;
	v->nallowances = 0;
	if (discounted == 0)
		return 0;
	all = pool_alloc(pool, discounted * sizeof *all);
	if (all == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < v->nlines; i++) {
		size_t k = 0, groups, kept = n;

		while (k < i && of_line[k] != of_line[i])
			k++;
		if (of_line[i] == NULL || k < i)
			continue;
		groups = collect(v, of_line, of_line[i], all + n, &bad);
		split(all + n, groups, of_line[i]->discount_e2, &bad);
		for (size_t g = n; g < n + groups; g++) {
			all[g].reason = reason_of(of_line[i], v->language, pool);
			if (all[g].reason == NULL)
				return err_nomem(e);
			if (all[g].amount_minor != 0)
				all[kept++] = all[g];
		}
		n = kept;
	}
	if (bad)
		return err_set(e, ERR_SOFTWARE, "the discounts for %s overflow", v->company_name == NULL ? "?" : v->company_name);
	v->allowances = all;
	v->nallowances = n;
	return 0;
}
