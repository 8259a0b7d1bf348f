#include "billing/invoice.h"

#include <string.h>

static __int128 power10(int n)
{
	__int128 p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

int64_t invoice_line_net(enum customer_quantity unit, int64_t quantity, int64_t price_e4, int decimals, int *overflow)
{
	__int128 per_unit = unit == QUANTITY_HOURS ? 100 : 60;

	return num_div_round((__int128)quantity * price_e4 * power10(decimals), per_unit * power10(MONEY_RATE_SCALE), overflow);
}

int64_t invoice_quantity(enum customer_quantity unit, int64_t billed_secs)
{
	int overflow = 0;

	return unit == QUANTITY_HOURS ? num_div_round((__int128)billed_secs * 100, 3600, &overflow) : num_div_round(billed_secs, 60, &overflow);
}

int64_t invoice_quantity_secs(enum customer_quantity unit, int64_t quantity)
{
	return unit == QUANTITY_HOURS ? quantity * 36 : quantity * 60;
}

int invoice_quantity_fmt(char out[NUM_MAX], enum customer_quantity unit, int64_t quantity)
{
	return num_fmt(out, quantity, unit == QUANTITY_HOURS ? 2 : 0);
}

static const char *label(const struct invoice *v)
{
	return v->number == NULL ? "(unnumbered)" : v->number;
}

static int off(struct err *e, const struct invoice *v, const char *what, int64_t is, int64_t should)
{
	return err_set(e, ERR_SOFTWARE, "invoice %s does not balance: %s is %lld, must be %lld", label(v), what,
	    (long long)is, (long long)should);
}

static int check_lines(const struct invoice *v, int decimals, struct err *e)
{
	int64_t net = 0, secs = 0, billed = 0, entries = 0;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];
		int overflow = 0;
		int64_t want = invoice_line_net(l->unit, l->quantity, l->price_e4, decimals, &overflow);

		if (overflow || num_add(&net, l->net_minor) < 0 || num_add(&secs, l->secs) < 0 || num_add(&billed, l->billed_secs) < 0)
			return err_set(e, ERR_SOFTWARE, "invoice %s: a sum overflows", label(v));
		entries += l->entries;
		if (l->pos != (int)i + 1)
			return off(e, v, "a line's position", l->pos, (int64_t)i + 1);
		if (l->net_minor != want)
			return off(e, v, "a line's net amount", l->net_minor, want);
		if (l->quantity != invoice_quantity(l->unit, l->billed_secs))
			return off(e, v, "a line's quantity", l->quantity, invoice_quantity(l->unit, l->billed_secs));
		if (l->from < v->from || l->to > v->to || l->from > l->to)
			return off(e, v, "a line's service period", l->from, v->from);
	}
	if (net != v->net_minor)
		return off(e, v, "net", v->net_minor, net);
	if (secs != v->secs)
		return off(e, v, "seconds", v->secs, secs);
	if (billed != v->billed_secs)
		return off(e, v, "billed seconds", v->billed_secs, billed);
	if (entries != v->entries)
		return off(e, v, "number of entries", v->entries, entries);
	return 0;
}

static int check_taxes(const struct invoice *v, struct err *e)
{
	int64_t base = 0, tax = 0;

	for (size_t i = 0; i < v->ntaxes; i++) {
		const struct invoice_tax *t = &v->taxes[i];
		int64_t lines = 0, want;
		int overflow = 0;

		for (size_t k = 0; k < v->nlines; k++)
			if (strcmp(v->lines[k].tax_category, t->category) == 0 && v->lines[k].tax_pct_e2 == t->pct_e2)
				lines += v->lines[k].net_minor;
		want = money_tax(t->base_minor, t->pct_e2, &overflow);
		if (overflow || num_add(&base, t->base_minor) < 0 || num_add(&tax, t->tax_minor) < 0)
			return err_set(e, ERR_SOFTWARE, "invoice %s: a sum overflows", label(v));
		if (t->base_minor != lines)
			return off(e, v, "a VAT base", t->base_minor, lines);
		if (t->tax_minor != want)
			return off(e, v, "a VAT amount", t->tax_minor, want);
	}
	if (base != v->net_minor)
		return off(e, v, "the sum of VAT bases", base, v->net_minor);
	if (tax != v->tax_minor)
		return off(e, v, "VAT", v->tax_minor, tax);
	if (v->gross_minor != v->net_minor + v->tax_minor)
		return off(e, v, "gross", v->gross_minor, v->net_minor + v->tax_minor);
	return 0;
}

int invoice_check(const struct invoice *v, struct err *e)
{
	int decimals = money_decimals(v->currency);

	if (decimals < 0)
		return err_set(e, ERR_SOFTWARE, "invoice %s: currency '%s' is unknown", label(v), v->currency);
	if (v->due < v->date)
		return off(e, v, "the due date", v->due, v->date);
	return check_lines(v, decimals, e) < 0 || check_taxes(v, e) < 0 ? -1 : 0;
}
