#include "output/invoicetotals.h"

#include <stdio.h>
#include <string.h>

#include "output/textfit.h"

struct total {
	const char *label, *formula; /* formula NULL: a plain number */
	int64_t minor;
	int strong;
};

/* The label's columns end left of the amount; one that needs the whole width gets it. */
static int label_first(const struct invoiceparts *p, int net, const char *label, int size)
{
	int first = p->left_last + 1 < net ? p->left_last + 1 : 0;

	return textfit_lines(label, invoiceparts_chars(p, first, net - 1), size) > 1 ? 0 : first;
}

static void put_total(struct invoiceparts *p, const struct total *x)
{
	struct xlsx_style label = { .bold = x->strong, .size = x->strong ? 12 : 10, .align = XLSX_RIGHT, .wrap = 1, .middle = 1,
		.top = x->strong ? XLSX_THIN : XLSX_NONE, .bottom = x->strong ? XLSX_DOUBLE : XLSX_NONE, .line = p->accent };
	struct xlsx_style amount = label;
	int net = invoiceparts_column(p, TEMPLATE_F_NET), first = label_first(p, net, x->label, label.size);
	int lines = textfit_lines(x->label, invoiceparts_chars(p, first, net - 1), label.size);

	amount.wrap = 0;
	amount.num = p->money;
	invoiceparts_height(p, textfit_height(lines, label.size) + (x->strong ? 5 : 3));
	xlsx_across(p->s, p->row, first, net - 1, &label, x->label);
	if (x->formula != NULL)
		xlsx_formula_dec(p->s, p->row, net, &amount, x->formula, x->minor, p->decimals);
	else
		xlsx_dec(p->s, p->row, net, &amount, x->minor, p->decimals);
	p->row++;
}

/* "=ROUND(SUM(F12:F19),2)" over the net column. */
static void sum_of(const struct invoiceparts *p, char *out, size_t size, int first, int last)
{
	int net = invoiceparts_column(p, TEMPLATE_F_NET);
	char a[XLSX_REF_MAX], b[XLSX_REF_MAX];

	snprintf(out, size, "=ROUND(SUM(%s:%s),%d)", xlsx_ref(a, first, net), xlsx_ref(b, last, net), p->decimals);
}

static void put_subtotal(struct invoiceparts *p)
{
	struct total total = { .label = template_text(p->t, TEMPLATE_SUBTOTAL), .minor = p->v->lines_minor };
	char formula[700];

	if (p->v->nlines > 0) {
		sum_of(p, formula, sizeof formula, p->first_line, p->last_line);
		total.formula = formula;
	}
	put_total(p, &total);
}

/* A discount follows from its base, but for the cent that splitting it over VAT groups moves: then the number stands for itself. */
static void put_allowance(struct invoiceparts *p, const struct invoice_allowance *x, int subtotal_row)
{
	char formula[700], ref[XLSX_REF_MAX], base[NUM_MAX], rate[NUM_MAX];
	struct buf shown_rate = BUF_INIT, shown_base = BUF_INIT;
	struct total total = { .minor = -x->amount_minor };
	int overflow = 0;

	template_dec(p->t, &shown_rate, x->percent_e2, MONEY_PCT_SCALE, 0);
	invoiceparts_amount(p, &shown_base, x->base_minor);
	invoiceparts_begin(p);
	template_fill(p->t, &p->b, TEMPLATE_ALLOWANCE, (struct template_value[]){ { "reason", x->reason != NULL ? x->reason : "" },
		{ "rate", buf_text(&shown_rate) }, { "base", buf_text(&shown_base) }, { "currency", p->v->currency } }, 4);
	total.label = buf_text(&p->b);
	if (money_tax(x->base_minor, x->percent_e2, &overflow) == x->amount_minor && !overflow &&
	    xlsx_rounds_safely((__int128)x->base_minor * x->percent_e2, 10000)) {
		num_fmt_short(rate, x->percent_e2, MONEY_PCT_SCALE, 0);
		num_fmt(base, x->base_minor, p->decimals);
		snprintf(formula, sizeof formula, "=-ROUND(%s*%s/100,%d)", x->base_minor == p->v->lines_minor ?
		         xlsx_ref(ref, subtotal_row, invoiceparts_column(p, TEMPLATE_F_NET)) : base, rate, p->decimals);
		total.formula = formula;
	}
	put_total(p, &total);
	p->failed |= shown_rate.failed || shown_base.failed;
	buf_free(&shown_rate);
	buf_free(&shown_base);
}

/* The base of one of several VAT groups: its lines, found by their rate, less its discounts. */
static void base_of(const struct invoiceparts *p, const struct invoice_tax *x, int allowance_row, struct buf *out)
{
	int net = invoiceparts_column(p, TEMPLATE_F_NET), rate = invoiceparts_column(p, TEMPLATE_F_TAX_RATE);
	char a[XLSX_REF_MAX], b[XLSX_REF_MAX], n[NUM_MAX];

	num_fmt_short(n, x->pct_e2, MONEY_PCT_SCALE, 0);
	buf_fmt(out, "(SUMIF(%s,%s,%s)", xlsx_range(a, NULL, p->first_line, rate, p->last_line, rate), n,
	        xlsx_range(b, NULL, p->first_line, net, p->last_line, net));
	for (size_t i = 0; i < p->v->nallowances; i++)
		if (p->v->allowances[i].tax_pct_e2 == x->pct_e2)
			buf_fmt(out, "+%s", xlsx_ref(a, allowance_row + (int)i, net));
	buf_ch(out, ')');
}

/* Without VAT there is nothing to compute; and rates alone do not tell categories of 0 % apart. */
static void tax_formula(const struct invoiceparts *p, const struct invoice_tax *x, int allowance_row, struct buf *out)
{
	char ref[XLSX_REF_MAX], rate[NUM_MAX];

	if (x->pct_e2 == 0 || !xlsx_rounds_safely((__int128)x->base_minor * x->pct_e2, 10000))
		return;
	num_fmt_short(rate, x->pct_e2, MONEY_PCT_SCALE, 0);
	buf_str(out, "=ROUND(");
	if (p->v->ntaxes == 1)
		buf_str(out, xlsx_ref(ref, p->net_row, invoiceparts_column(p, TEMPLATE_F_NET)));
	else
		base_of(p, x, allowance_row, out);
	buf_fmt(out, "*%s/100,%d)", rate, p->decimals);
}

static void put_tax(struct invoiceparts *p, const struct invoice_tax *x, int allowance_row)
{
	struct buf rate = BUF_INIT, base = BUF_INIT, formula = BUF_INIT;
	struct total total = { .minor = x->tax_minor };

	template_dec(p->t, &rate, x->pct_e2, MONEY_PCT_SCALE, 0);
	invoiceparts_amount(p, &base, x->base_minor);
	invoiceparts_begin(p);
	template_fill(p->t, &p->b, x->pct_e2 > 0 ? TEMPLATE_TAX : TEMPLATE_TAX_NONE,
	              (struct template_value[]){ { "rate", buf_text(&rate) }, { "base", buf_text(&base) }, { "currency", p->v->currency } }, 3);
	total.label = buf_text(&p->b);
	tax_formula(p, x, allowance_row, &formula);
	total.formula = formula.n > 0 ? buf_text(&formula) : NULL;
	put_total(p, &total);
	p->failed |= rate.failed || base.failed || formula.failed;
	buf_free(&rate);
	buf_free(&base);
	buf_free(&formula);
}

static void put_gross(struct invoiceparts *p)
{
	struct total total = { .minor = p->v->gross_minor, .strong = 1 };
	char formula[700];

	sum_of(p, formula, sizeof formula, p->net_row, p->row - 1);
	total.formula = formula;
	invoiceparts_begin(p);
	buf_fmt(&p->b, "%s (%s)", template_text(p->t, p->v->type == INVOICE_CANCELLATION ? TEMPLATE_GROSS_CANCELLATION : TEMPLATE_GROSS),
	        p->v->currency);
	total.label = buf_text(&p->b);
	put_total(p, &total);
}

void invoicetotals_write(struct invoiceparts *p)
{
	int subtotal_row, first = p->first_line, last = p->last_line;
	struct total net = { .label = template_text(p->t, TEMPLATE_NET), .minor = p->v->net_minor };
	char formula[700];

	invoiceparts_space(p, 6);
	subtotal_row = p->row;
	if (p->v->nallowances > 0) {
		put_subtotal(p);
		for (size_t i = 0; i < p->v->nallowances; i++)
			put_allowance(p, &p->v->allowances[i], subtotal_row);
		first = subtotal_row;
		last = p->row - 1;
	}
	p->net_row = p->row;
	if (p->v->nlines > 0) {
		sum_of(p, formula, sizeof formula, first, last);
		net.formula = formula;
	}
	put_total(p, &net);
	for (size_t i = 0; i < p->v->ntaxes; i++)
		put_tax(p, &p->v->taxes[i], subtotal_row + 1);
	put_gross(p);
	invoicebreaks_tie(&p->breaks, p->tail_row, p->row - 1, INVOICEBREAKS_TIGHT);
}
