#include "output/invoiceparts.h"

#include <string.h>

#include "output/textfit.h"
#include "output/xlsxpage.h"

#define LABEL_MIN 16       /* characters: "Leistungszeitraum" */
#define VALUE_MIN 25       /* "01.10.2026 - 31.10.2026" */
#define DESCRIPTION_MIN 24 /* what other columns leave to it when they need more */
#define PARAGRAPH_LINES 20 /* in one row, whose height is limited */

int invoiceparts_column(const struct invoiceparts *p, enum template_field f)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->col[i].field == f)
			return (int)i;
	return -1;
}

/* Lines of different rates must say which is whose (section 14 (4) no. 8 UStG), and formulas find them by it. */
static void add_tax_rate(struct invoiceparts *p, const struct template_column *c)
{
	int net = invoiceparts_column(p, TEMPLATE_F_NET);

	if (invoiceparts_column(p, TEMPLATE_F_TAX_RATE) >= 0)
		return;
	memmove(&p->col[net + 1], &p->col[net], (p->n - (size_t)net) * sizeof *p->col);
	p->col[net] = *c;
	p->n++;
}

static void set_columns(struct invoiceparts *p)
{
	const struct template_column *c = template_columns(p->t, TEMPLATE_LINES, &p->n);

	memcpy(p->col, c, p->n * sizeof *c);
	if (p->v->ntaxes > 1)
		add_tax_rate(p, template_field(p->t, TEMPLATE_LINES, TEMPLATE_F_TAX_RATE));
	p->last = (int)p->n - 1;
	for (size_t i = 0; i < p->v->nlines; i++)
		p->fees |= p->v->lines[i].unit == QUANTITY_LUMP;
}

static const char *format_of(const struct invoiceparts *p, const struct template_column *c)
{
	int minutes = p->v->nlines > 0 && p->v->lines[0].unit == QUANTITY_MINUTES;

	if (c->format != NULL)
		return c->format;
	switch (c->field) {
	case TEMPLATE_F_NET: return template_text(p->t, TEMPLATE_MONEY);
	case TEMPLATE_F_PRICE: return template_text(p->t, TEMPLATE_PRICE);
	case TEMPLATE_F_QUANTITY: return template_text(p->t, minutes ? TEMPLATE_MINUTES : TEMPLATE_HOURS);
	default: return "General";
	}
}

/* The longest number of a column, as text. */
static void longest(const struct invoiceparts *p, enum template_field f, struct buf *out)
{
	int64_t most = 0;

	for (size_t i = 0; i < p->v->nlines && f == TEMPLATE_F_PRICE; i++)
		most = p->v->lines[i].price_e4 > most ? p->v->lines[i].price_e4 : most;
	if (f == TEMPLATE_F_PRICE)
		template_dec(p->t, out, most, MONEY_RATE_SCALE, MONEY_RATE_SCALE);
	else
		invoiceparts_amount(p, out, p->v->gross_minor);
}

/* Column widths as the template has them, wider where an amount or a unit needs it; the description gives way. */
static void set_widths(struct invoiceparts *p)
{
	int more = 0, d = invoiceparts_column(p, TEMPLATE_F_DESCRIPTION);

	for (int i = 0; i <= p->last; i++) {
		enum template_field f = p->col[i].field;
		int need = 0;

		/* A price keeps its own decimals: it may be finer than the currency. */
		template_money_format(p->format[i], format_of(p, &p->col[i]), f == TEMPLATE_F_NET ? p->decimals : 2);
		invoiceparts_begin(p);
		if (f == TEMPLATE_F_NET || f == TEMPLATE_F_PRICE) {
			longest(p, f, &p->b);
			need = (int)p->b.n * 5 / 4 + 1;
		} else if (f == TEMPLATE_F_UNIT && p->fees) {
			while (textfit_lines(template_text(p->t, TEMPLATE_UNIT_LUMP), ++need, 10) > 1 && need < 20)
				;
		}
		p->width[i] = p->col[i].width;
		if (p->width[i] < need) {
			more += need - p->width[i];
			p->width[i] = need;
		}
	}
	if (p->width[d] > DESCRIPTION_MIN)
		p->width[d] = p->width[d] - more > DESCRIPTION_MIN ? p->width[d] - more : DESCRIPTION_MIN;
	for (int i = 0; i <= p->last; i++)
		xlsx_width(p->s, i, p->width[i]);
	template_money_format(p->money, template_text(p->t, TEMPLATE_MONEY), p->decimals);
}

/* From the right: as many columns as the value needs, then as many as its label does, the rest is the left block. Each gets one, while they last. */
static void split(struct invoiceparts *p)
{
	int value = 0, label = 0, i;

	for (i = p->last; i > 0 && value < VALUE_MIN; i--)
		value += p->width[i];
	p->value_first = i + 1 > 1 ? i + 1 : p->last;
	for (i = p->value_first - 1; i > 0 && label < LABEL_MIN; i--)
		label += p->width[i];
	p->left_last = i + 1 < p->value_first ? i : p->value_first - 2;
	if (p->left_last < 0)
		p->left_last = 0;
	if (p->value_first <= p->left_last + 1)
		p->value_first = p->left_last + 2 <= p->last ? p->left_last + 2 : p->last;
}

void invoiceparts_init(struct invoiceparts *p)
{
	int decimals = money_decimals(p->v->currency);

	p->accent = template_color(p->t, TEMPLATE_ACCENT);
	p->decimals = decimals < 0 ? 2 : decimals;
	set_columns(p);
	set_widths(p);
	split(p);
}

int invoiceparts_chars(const struct invoiceparts *p, int first, int last)
{
	int n = 0;

	for (int i = first; i <= last; i++)
		n += p->width[i];
	/* Columns in one have a margin only at its edges. */
	return n + (last > first ? (last - first) * 5 / 7 : 0);
}

void invoiceparts_begin(struct invoiceparts *p)
{
	p->failed |= p->b.failed;
	buf_reset(&p->b);
}

void invoiceparts_height(struct invoiceparts *p, int points)
{
	xlsx_height(p->s, p->row, points);
	invoicebreaks_height(&p->breaks, p->row, points);
}

void invoiceparts_space(struct invoiceparts *p, int points)
{
	invoiceparts_height(p, points);
	p->row++;
}

void invoiceparts_paragraph(struct invoiceparts *p, int first, int last, const struct xlsx_style *style, const char *text)
{
	int chars = invoiceparts_chars(p, first, last);

	while (*text != '\0') {
		size_t n = textfit_prefix(text, chars, style->size, PARAGRAPH_LINES);
		struct buf part = BUF_INIT;

		/* A row of its own begins what comes after a line break. */
		buf_add(&part, text, n - (text[n] != '\0' && text[n - 1] == '\n'));
		invoiceparts_height(p, textfit_height(textfit_lines(buf_text(&part), chars, style->size), style->size));
		xlsx_across(p->s, p->row++, first, last, style, buf_text(&part));
		p->failed |= part.failed;
		buf_free(&part);
		text += n;
	}
}

void invoiceparts_span(const struct invoiceparts *p, struct buf *out, date_t from, date_t to)
{
	template_date(p->t, out, from);
	if (to != from) {
		buf_str(out, " – ");
		template_date(p->t, out, to);
	}
}

void invoiceparts_amount(const struct invoiceparts *p, struct buf *out, int64_t minor)
{
	template_dec(p->t, out, minor, p->decimals, p->decimals);
}

enum { V_DATE, V_DUE, V_DAYS, V_GROSS, V_NET, V_FROM, V_TO, V_CANCELS_DATE, V_DISCOUNT_DAYS, V_DISCOUNT_DATE, V_DISCOUNT_RATE,
       V_DISCOUNT_AMOUNT, V_DISCOUNT_GROSS, V_COUNT };

static void compute_values(const struct invoiceparts *p, struct buf b[V_COUNT])
{
	const struct invoice *v = p->v;
	int overflow = 0;
	int64_t discount = num_div_round((__int128)v->gross_minor * v->discount_pct_e2, 10000, &overflow);

	template_date(p->t, &b[V_DATE], v->date);
	template_date(p->t, &b[V_DUE], v->due);
	buf_fmt(&b[V_DAYS], "%d", v->due_days);
	invoiceparts_amount(p, &b[V_GROSS], v->gross_minor);
	invoiceparts_amount(p, &b[V_NET], v->net_minor);
	template_date(p->t, &b[V_FROM], v->from);
	template_date(p->t, &b[V_TO], v->to);
	if (v->cancels != NULL)
		template_date(p->t, &b[V_CANCELS_DATE], v->cancels_date);
	buf_fmt(&b[V_DISCOUNT_DAYS], "%lld", (long long)v->discount_days);
	template_date(p->t, &b[V_DISCOUNT_DATE], v->date + (date_t)v->discount_days);
	template_dec(p->t, &b[V_DISCOUNT_RATE], v->discount_pct_e2, MONEY_PCT_SCALE, 0);
	invoiceparts_amount(p, &b[V_DISCOUNT_AMOUNT], discount);
	invoiceparts_amount(p, &b[V_DISCOUNT_GROSS], v->gross_minor - discount);
}

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

void invoiceparts_sentence(struct invoiceparts *p, enum template_key k, const struct xlsx_style *style)
{
	const struct invoice *v = p->v;
	struct buf b[V_COUNT];

	memset(b, 0, sizeof b);
	compute_values(p, b);
	invoiceparts_begin(p);
	template_fill(p->t, &p->b, k, (struct template_value[]){ { "number", or_empty(v->number) }, { "date", buf_text(&b[V_DATE]) },
		{ "due", buf_text(&b[V_DUE]) }, { "days", buf_text(&b[V_DAYS]) }, { "gross", buf_text(&b[V_GROSS]) }, { "net", buf_text(&b[V_NET]) },
		{ "currency", v->currency }, { "from", buf_text(&b[V_FROM]) }, { "to", buf_text(&b[V_TO]) }, { "customer", or_empty(v->buyer.name) },
		{ "cancels", or_empty(v->cancels) }, { "cancels_date", buf_text(&b[V_CANCELS_DATE]) }, { "reason", or_empty(v->reason) },
		{ "vat_id", or_empty(v->buyer.vat_id) }, { "discount_days", buf_text(&b[V_DISCOUNT_DAYS]) },
		{ "discount_date", buf_text(&b[V_DISCOUNT_DATE]) }, { "discount_rate", buf_text(&b[V_DISCOUNT_RATE]) },
		{ "discount_amount", buf_text(&b[V_DISCOUNT_AMOUNT]) }, { "discount_gross", buf_text(&b[V_DISCOUNT_GROSS]) } }, 19);
	for (size_t i = 0; i < V_COUNT; i++) {
		p->failed |= b[i].failed;
		buf_free(&b[i]);
	}
	invoiceparts_paragraph(p, 0, p->last, style, buf_text(&p->b));
}
