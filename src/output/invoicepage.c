#include "output/invoicepage.h"

#include <stdio.h>
#include <string.h>

#include "output/invoicehead.h"
#include "output/invoiceparts.h"
#include "output/textfit.h"

static int64_t power10(int n)
{
	int64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

static int column_of(const struct invoiceparts *p, enum template_field f)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->col[i].field == f)
			return (int)i;
	return -1;
}

static struct xlsx_style cell(const struct invoiceparts *p, int i)
{
	struct xlsx_style s = { .bottom = XLSX_THIN, .line = 0xd0d0d0, .wrap = 1, .middle = 1 };

	switch (p->col[i].field) {
	case TEMPLATE_F_QUANTITY:
	case TEMPLATE_F_PRICE:
	case TEMPLATE_F_NET:
	case TEMPLATE_F_TAX_RATE:
		s.align = XLSX_RIGHT;
		s.wrap = 0;
		s.num = p->f->columns[i];
		break;
	case TEMPLATE_F_POSITION:
	case TEMPLATE_F_UNIT:
		s.align = XLSX_CENTER;
		s.wrap = 0;
		break;
	default:
		s.align = XLSX_LEFT;
	}
	return s;
}

/* Headings stand over their column's content: right over numbers. */
static void put_headings(struct invoiceparts *p)
{
	int lines = 1;

	for (size_t i = 0; i < p->n; i++) {
		int k = textfit_lines(p->col[i].heading, p->width[i], 10);

		lines = k > lines ? k : lines;
	}
	xlsx_height(p->s, p->row, textfit_height(lines, 10) + 4);
	for (int i = 0; i <= p->last; i++) {
		struct xlsx_style s = { .bold = 1, .color = 0xffffff, .fill = p->accent, .align = cell(p, i).align, .wrap = 1, .middle = 1 };

		xlsx_text(p->s, p->row, i, &s, p->col[i].heading);
	}
	p->head_row = p->row++;
}

static void put_net(struct invoiceparts *p, const struct invoice_line *l, int i, const struct xlsx_style *s)
{
	int quantity = column_of(p, TEMPLATE_F_QUANTITY), price = column_of(p, TEMPLATE_F_PRICE);
	__int128 d = (l->unit == QUANTITY_HOURS ? 100 : 60) * (__int128)10000;
	char formula[700], q[XLSX_REF_MAX], r[XLSX_REF_MAX];

	/* Without its factors on the page, or where the program that opens it could round to the other side, the number stands for itself. */
	if (quantity < 0 || price < 0 || !xlsx_rounds_safely((__int128)l->quantity * l->price_e4 * power10(p->decimals), d)) {
		xlsx_dec(p->s, p->row, i, s, l->net_minor, p->decimals);
		return;
	}
	snprintf(formula, sizeof formula, "=ROUND(%s*%s%s,%d)", xlsx_ref(q, p->row, quantity), xlsx_ref(r, p->row, price),
	         l->unit == QUANTITY_HOURS ? "" : "/60", p->decimals);
	xlsx_formula_dec(p->s, p->row, i, s, formula, l->net_minor, p->decimals);
}

/* The text of a cell, in p->b; NULL when the column holds a number. */
static const char *line_text(struct invoiceparts *p, const struct invoice_line *l, enum template_field f)
{
	buf_reset(&p->b);
	switch (f) {
	case TEMPLATE_F_DESCRIPTION:
		buf_str(&p->b, l->description != NULL ? l->description : "");
		if (l->late) {
			buf_fmt(&p->b, "\n(%s, ", template_text(p->t, TEMPLATE_LATE));
			invoiceparts_span(p, &p->b, l->from, l->to);
			buf_ch(&p->b, ')');
		}
		return buf_text(&p->b);
	case TEMPLATE_F_PROJECT:
		return l->project_name != NULL ? l->project_name : "";
	case TEMPLATE_F_SERVICE:
		invoiceparts_span(p, &p->b, l->from, l->to);
		return buf_text(&p->b);
	case TEMPLATE_F_UNIT:
		return template_text(p->t, l->unit == QUANTITY_HOURS ? TEMPLATE_UNIT_HOURS : TEMPLATE_UNIT_MINUTES);
	default:
		return NULL;
	}
}

static void put_number(struct invoiceparts *p, const struct invoice_line *l, int i, const struct xlsx_style *s)
{
	switch (p->col[i].field) {
	case TEMPLATE_F_POSITION:
		xlsx_dec(p->s, p->row, i, s, l->pos, 0);
		break;
	case TEMPLATE_F_QUANTITY:
		xlsx_dec(p->s, p->row, i, s, l->quantity, l->unit == QUANTITY_HOURS ? 2 : 0);
		break;
	case TEMPLATE_F_PRICE:
		xlsx_dec(p->s, p->row, i, s, l->price_e4, MONEY_RATE_SCALE);
		break;
	case TEMPLATE_F_TAX_RATE:
		xlsx_dec(p->s, p->row, i, s, l->tax_pct_e2, MONEY_PCT_SCALE);
		break;
	default:
		put_net(p, l, i, s);
	}
}

static void put_line(struct invoiceparts *p, const struct invoice_line *l)
{
	int lines = 1;

	for (size_t i = 0; i < p->n; i++) {
		const char *text = line_text(p, l, p->col[i].field);
		int k = text != NULL ? textfit_lines(text, p->width[i], 10) : 1;

		lines = k > lines ? k : lines;
	}
	xlsx_height(p->s, p->row, textfit_height(lines, 10) + 3);
	for (int i = 0; i <= p->last; i++) {
		const char *text = line_text(p, l, p->col[i].field);
		struct xlsx_style s = cell(p, i);

		if (text != NULL)
			xlsx_text(p->s, p->row, i, &s, text);
		else
			put_number(p, l, i, &s);
	}
	p->row++;
}

struct total {
	const char *label, *formula;
	int64_t minor;
	int strong;
};

static void put_total(struct invoiceparts *p, const struct total *x)
{
	struct xlsx_style label = { .bold = x->strong, .size = x->strong ? 12 : 10, .align = XLSX_RIGHT, .wrap = 1, .middle = 1,
		.top = x->strong ? XLSX_THIN : XLSX_NONE, .bottom = x->strong ? XLSX_DOUBLE : XLSX_NONE, .line = p->accent };
	struct xlsx_style amount = label;
	int net = column_of(p, TEMPLATE_F_NET), first = p->left_last + 1 < net ? p->left_last + 1 : 0, chars = 0;

	for (int i = first; i < net; i++)
		chars += p->width[i];
	amount.wrap = 0;
	amount.num = p->f->money;
	xlsx_height(p->s, p->row, textfit_height(textfit_lines(x->label, chars, label.size), label.size) + (x->strong ? 5 : 3));
	xlsx_across(p->s, p->row, first, net - 1, &label, x->label);
	if (x->formula != NULL)
		xlsx_formula_dec(p->s, p->row, net, &amount, x->formula, x->minor, p->decimals);
	else
		xlsx_dec(p->s, p->row, net, &amount, x->minor, p->decimals);
	p->row++;
}

static void put_tax(struct invoiceparts *p, const struct invoice_tax *x)
{
	char formula[700], ref[XLSX_REF_MAX], rate[NUM_MAX];
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct total total = { .minor = x->tax_minor };

	template_dec(p->t, &a, x->pct_e2, MONEY_PCT_SCALE, 0);
	template_dec(p->t, &b, x->base_minor, p->decimals, p->decimals);
	buf_reset(&p->b);
	template_fill(p->t, &p->b, x->pct_e2 > 0 ? TEMPLATE_TAX : TEMPLATE_TAX_NONE,
	              (struct template_value[]){ { "rate", buf_text(&a) }, { "base", buf_text(&b) }, { "currency", p->v->currency } }, 3);
	total.label = buf_text(&p->b);
	if (p->v->ntaxes == 1 && xlsx_rounds_safely((__int128)x->base_minor * x->pct_e2, 10000)) {
		num_fmt_short(rate, x->pct_e2, MONEY_PCT_SCALE, 0);
		snprintf(formula, sizeof formula, "=ROUND(%s*%s/100,%d)", xlsx_ref(ref, p->net_row, column_of(p, TEMPLATE_F_NET)), rate, p->decimals);
		total.formula = formula;
	}
	put_total(p, &total);
	p->b.failed |= a.failed || b.failed;
	buf_free(&a);
	buf_free(&b);
}

static void put_totals(struct invoiceparts *p, int first_line)
{
	int col = column_of(p, TEMPLATE_F_NET);
	char formula[700], a[XLSX_REF_MAX], b[XLSX_REF_MAX];
	struct buf label = BUF_INIT;

	xlsx_height(p->s, p->row++, 6);
	p->net_row = p->row;
	snprintf(formula, sizeof formula, "=ROUND(SUM(%s:%s),%d)", xlsx_ref(a, first_line, col), xlsx_ref(b, first_line + (int)p->v->nlines - 1, col), p->decimals);
	put_total(p, &(struct total){ .label = template_text(p->t, TEMPLATE_NET), .formula = p->v->nlines > 0 ? formula : NULL, .minor = p->v->net_minor });
	for (size_t i = 0; i < p->v->ntaxes; i++)
		put_tax(p, &p->v->taxes[i]);
	snprintf(formula, sizeof formula, "=ROUND(SUM(%s:%s),%d)", xlsx_ref(a, p->net_row, col), xlsx_ref(b, p->row - 1, col), p->decimals);
	buf_fmt(&label, "%s (%s)", template_text(p->t, TEMPLATE_GROSS), p->v->currency);
	put_total(p, &(struct total){ .label = buf_text(&label), .formula = formula, .minor = p->v->gross_minor, .strong = 1 });
	p->b.failed |= label.failed;
	buf_free(&label);
}

/* Column widths as the template has them, wider where an amount needs it. */
static void set_widths(struct invoiceparts *p)
{
	for (int i = 0; i <= p->last; i++) {
		enum template_field f = p->col[i].field;
		const char *format = p->col[i].format;

		if (format == NULL)
			format = f == TEMPLATE_F_NET ? template_text(p->t, TEMPLATE_MONEY) : f == TEMPLATE_F_PRICE ? template_text(p->t, TEMPLATE_PRICE) :
			         f == TEMPLATE_F_QUANTITY ? template_text(p->t, p->v->nlines > 0 && p->v->lines[0].unit == QUANTITY_MINUTES ? TEMPLATE_MINUTES :
			                                                                                                                     TEMPLATE_HOURS) : "General";
		/* A price keeps its own decimals: it may be finer than the currency. */
		template_money_format(p->f->columns[i], format, f == TEMPLATE_F_NET ? p->decimals : 2);
		p->width[i] = p->col[i].width;
		if (f == TEMPLATE_F_NET) {
			buf_reset(&p->b);
			template_dec(p->t, &p->b, p->v->gross_minor, p->decimals, p->decimals);
			if (p->width[i] < (int)p->b.n * 5 / 4 + 1)
				p->width[i] = (int)p->b.n * 5 / 4 + 1;
		}
		xlsx_width(p->s, i, p->width[i]);
	}
	template_money_format(p->f->money, template_text(p->t, TEMPLATE_MONEY), p->decimals);
}

int invoicepage_write(struct xlsx_sheet *s, const struct invoice *v, const struct template *t, struct invoicepage_formats *f, struct err *e)
{
	struct invoiceparts p = { .s = s, .v = v, .t = t, .f = f, .b = BUF_INIT };
	int first_line, failed;

	invoiceparts_init(&p);
	set_widths(&p);
	invoiceparts_split(&p);
	xlsx_no_grid(s);
	invoicehead_write(&p);
	put_headings(&p);
	first_line = p.row;
	for (size_t i = 0; i < v->nlines; i++)
		put_line(&p, &v->lines[i]);
	put_totals(&p, first_line);
	invoiceparts_closing(&p);
	xlsx_page(s, 0, p.row, p.last, p.head_row);
	failed = !buf_ok(&p.b);
	buf_free(&p.b);
	return failed ? err_nomem(e) : invoicepage_edges(s, v, t, e);
}

int invoicepage_edges(struct xlsx_sheet *s, const struct invoice *v, const struct template *t, struct err *e)
{
	struct buf b = BUF_INIT;
	int failed;

	buf_fmt(&b, "%s", v->seller.name != NULL ? v->seller.name : "");
	if (template_on(t, TEMPLATE_SHOW_TAX_IDS) && v->seller.vat_id != NULL)
		buf_fmt(&b, " · %s %s", template_text(t, TEMPLATE_VAT_ID), v->seller.vat_id);
	if (template_on(t, TEMPLATE_SHOW_TAX_IDS) && v->seller.tax_number != NULL)
		buf_fmt(&b, " · %s %s", template_text(t, TEMPLATE_TAX_NUMBER), v->seller.tax_number);
	buf_fmt(&b, " · %s", v->draft ? template_text(t, TEMPLATE_DRAFT) : v->number);
	xlsx_footer(s, buf_text(&b), template_text(t, TEMPLATE_PAGE));
	if (v->draft)
		xlsx_header(s, template_text(t, TEMPLATE_DRAFT));
	failed = !buf_ok(&b);
	buf_free(&b);
	return failed ? err_nomem(e) : 0;
}
