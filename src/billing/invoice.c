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
	__int128 per_unit = unit == QUANTITY_HOURS ? 100 : unit == QUANTITY_MINUTES ? 60 : 1;

	return num_div_round((__int128)quantity * price_e4 * power10(decimals), per_unit * power10(MONEY_RATE_SCALE), overflow);
}

int64_t invoice_quantity(enum customer_quantity unit, int64_t billed_secs)
{
	int overflow = 0;

	if (unit == QUANTITY_LUMP)
		return 1;
	return unit == QUANTITY_HOURS ? num_div_round((__int128)billed_secs * 100, 3600, &overflow) : num_div_round(billed_secs, 60, &overflow);
}

int64_t invoice_quantity_secs(enum customer_quantity unit, int64_t quantity)
{
	return unit == QUANTITY_HOURS ? quantity * 36 : unit == QUANTITY_MINUTES ? quantity * 60 : 0;
}

const char *invoice_unit_code(enum customer_quantity unit)
{
	static const char *const codes[] = { "HUR", "MIN", "LS" };

	return codes[unit];
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

/* The quantity that a line must print. A fixed fee has no time; a correction has its own, and no entries. */
static int64_t expected_quantity(const struct invoice *v, const struct invoice_line *l)
{
	if (l->unit == QUANTITY_LUMP)
		return v->type == INVOICE_CANCELLATION ? -1 : 1;
	return invoice_quantity(l->unit, l->billed_secs + l->correction_secs);
}

static int check_line(const struct invoice *v, const struct invoice_line *l, int decimals, struct err *e)
{
	int overflow = 0;
	int64_t want = invoice_line_net(l->unit, l->quantity, l->price_e4, decimals, &overflow);

	if (overflow)
		return err_set(e, ERR_SOFTWARE, "invoice %s: the amount of line %d overflows", label(v), l->pos);
	if (l->net_minor != want)
		return off(e, v, "a line's net amount", l->net_minor, want);
	if (l->quantity != expected_quantity(v, l))
		return off(e, v, "a line's quantity", l->quantity, expected_quantity(v, l));
	if (l->unit == QUANTITY_LUMP && (l->secs != 0 || l->billed_secs != 0 || l->entries != 0))
		return off(e, v, "the time on a fixed fee", l->secs, 0);
	if (l->correction_secs != 0 && (l->unit == QUANTITY_LUMP || l->secs != 0 || l->billed_secs != 0 || l->entries != 0))
		return off(e, v, "the entries' time on a correction", l->secs, 0);
	if (l->correction != NULL && l->correction_secs == 0)
		return off(e, v, "the time of a correction", 0, 1);
	if (l->price_e4 < 0)
		return off(e, v, "a price (BR-27: never negative)", l->price_e4, 0);
	if (l->from < v->from || l->to > v->to || l->from > l->to)
		return off(e, v, "a line's service period", l->from, v->from);
	return 0;
}

static int check_lines(const struct invoice *v, int decimals, struct err *e)
{
	int64_t net = 0, secs = 0, billed = 0, entries = 0;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		if (num_add(&net, l->net_minor) < 0 || num_add(&secs, l->secs) < 0 || num_add(&billed, l->billed_secs) < 0)
			return err_set(e, ERR_SOFTWARE, "invoice %s: a sum overflows", label(v));
		entries += l->entries;
		if (l->pos != (int)i + 1)
			return off(e, v, "a line's position", l->pos, (int64_t)i + 1);
		if (check_line(v, l, decimals, e) < 0)
			return -1;
	}
	if (net != v->lines_minor)
		return off(e, v, "the sum of the lines", v->lines_minor, net);
	if (secs != v->secs)
		return off(e, v, "seconds", v->secs, secs);
	if (billed != v->billed_secs)
		return off(e, v, "billed seconds", v->billed_secs, billed);
	if (entries != v->entries)
		return off(e, v, "number of entries", v->entries, entries);
	return 0;
}

/* A discount follows from its base but for the cent that splitting it over VAT groups moves (PEPPOL-EN16931-R040 allows 0.02 for the rounding). */
static int check_allowances(const struct invoice *v, struct err *e)
{
	int64_t sum = 0;

	for (size_t i = 0; i < v->nallowances; i++) {
		const struct invoice_allowance *a = &v->allowances[i];
		int overflow = 0;
		int64_t want = money_tax(a->base_minor, a->percent_e2, &overflow);

		if (overflow || num_add(&sum, a->amount_minor) < 0)
			return err_set(e, ERR_SOFTWARE, "invoice %s: a sum overflows", label(v));
		if (a->amount_minor - want > 1 || want - a->amount_minor > 1)
			return off(e, v, "a discount", a->amount_minor, want);
	}
	if (sum != v->allowance_minor)
		return off(e, v, "the sum of discounts", v->allowance_minor, sum);
	if (v->net_minor != v->lines_minor - v->allowance_minor)
		return off(e, v, "net", v->net_minor, v->lines_minor - v->allowance_minor);
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
		for (size_t k = 0; k < v->nallowances; k++)
			if (strcmp(v->allowances[k].tax_category, t->category) == 0 && v->allowances[k].tax_pct_e2 == t->pct_e2)
				lines -= v->allowances[k].amount_minor;
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
	return check_lines(v, decimals, e) < 0 || check_allowances(v, e) < 0 || check_taxes(v, e) < 0 ? -1 : 0;
}
