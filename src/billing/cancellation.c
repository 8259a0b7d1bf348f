#include "billing/cancellation.h"

#include <string.h>

static void *copy(struct pool *pool, const void *p, size_t n)
{
	void *to = pool_alloc(pool, n + 1);

	if (to != NULL && n > 0)
		memcpy(to, p, n);
	return to;
}

static void negate_lines(struct invoice *v)
{
	for (size_t i = 0; i < v->nlines; i++) {
		struct invoice_line *l = &v->lines[i];

		l->quantity = -l->quantity;
		l->net_minor = -l->net_minor;
		l->secs = -l->secs;
		l->billed_secs = -l->billed_secs;
		l->correction_secs = -l->correction_secs;
		/* The claim of a fee or a correction is the original's. */
		l->fee = l->correction = NULL;
	}
}

static void negate_sums(struct invoice *v)
{
	for (size_t i = 0; i < v->nallowances; i++) {
		v->allowances[i].base_minor = -v->allowances[i].base_minor;
		v->allowances[i].amount_minor = -v->allowances[i].amount_minor;
	}
	for (size_t i = 0; i < v->ntaxes; i++) {
		v->taxes[i].base_minor = -v->taxes[i].base_minor;
		v->taxes[i].tax_minor = -v->taxes[i].tax_minor;
	}
	v->lines_minor = -v->lines_minor;
	v->allowance_minor = -v->allowance_minor;
	v->net_minor = -v->net_minor;
	v->tax_minor = -v->tax_minor;
	v->gross_minor = -v->gross_minor;
	v->secs = -v->secs;
	v->billed_secs = -v->billed_secs;
}

int cancellation_make(const struct invoice *v, date_t date, const char *reason, struct pool *pool, struct invoice *out, struct err *e)
{
	struct invoice c = *v;

	if (v->type == INVOICE_CANCELLATION)
		return err_set(e, ERR_USAGE, "%s is a cancellation itself; bill the entries again with psabill run", v->number);
	if (date < v->date)
		return err_set(e, ERR_USAGE, "the cancellation of %s cannot be dated before it", v->number);
	c.type = INVOICE_CANCELLATION;
	c.number = c.series = NULL;
	c.n = 0;
	c.date = c.due = date;
	c.due_days = 0;
	c.discount_days = c.discount_pct_e2 = 0;
	c.cancels = v->number;
	c.cancels_date = v->date;
	c.reason = reason;
	c.lines = copy(pool, v->lines, v->nlines * sizeof *v->lines);
	c.allowances = copy(pool, v->allowances, v->nallowances * sizeof *v->allowances);
	c.taxes = copy(pool, v->taxes, v->ntaxes * sizeof *v->taxes);
	if (c.lines == NULL || c.allowances == NULL || c.taxes == NULL)
		return err_nomem(e);
	negate_lines(&c);
	negate_sums(&c);
	if (invoice_check(&c, e) < 0)
		return -1;
	*out = c;
	return 0;
}
