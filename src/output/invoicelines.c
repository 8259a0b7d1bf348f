#include "output/invoicelines.h"

#include <stdio.h>
#include <string.h>

#include "output/textfit.h"

#define NOTE_SIZE 8
#define BORDER 0xd0d0d0
#define GREY 0x606060

static int64_t power10(int n)
{
	int64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

static struct xlsx_style cell(const struct invoiceparts *p, int i)
{
	struct xlsx_style s = { .bottom = XLSX_THIN, .line = BORDER, .wrap = 1, .middle = 1 };

	switch (p->col[i].field) {
	case TEMPLATE_F_QUANTITY:
	case TEMPLATE_F_PRICE:
	case TEMPLATE_F_NET:
	case TEMPLATE_F_TAX_RATE:
		s.align = XLSX_RIGHT;
		s.wrap = 0;
		s.num = p->format[i];
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

/* The price of a fixed fee is none per hour. */
static const char *heading(const struct invoiceparts *p, int i)
{
	return p->col[i].field == TEMPLATE_F_PRICE && p->fees ? template_text(p->t, TEMPLATE_PRICE_FEES) : p->col[i].heading;
}

/* Headings stand over their column's content: right over numbers. */
static void put_headings(struct invoiceparts *p)
{
	int lines = 1;

	for (int i = 0; i <= p->last; i++) {
		int k = textfit_lines(heading(p, i), p->width[i], 10);

		lines = k > lines ? k : lines;
	}
	invoiceparts_height(p, textfit_height(lines, 10) + 4);
	for (int i = 0; i <= p->last; i++) {
		struct xlsx_style s = { .bold = 1, .color = 0xffffff, .fill = p->accent, .align = cell(p, i).align, .wrap = 1, .middle = 1 };

		xlsx_text(p->s, p->row, i, &s, heading(p, i));
	}
	p->head_row = p->row++;
}

static int64_t per_unit(enum customer_quantity unit)
{
	return unit == QUANTITY_HOURS ? 100 : unit == QUANTITY_MINUTES ? 60 : 1;
}

static void put_net(struct invoiceparts *p, const struct invoice_line *l, int i, const struct xlsx_style *s)
{
	int quantity = invoiceparts_column(p, TEMPLATE_F_QUANTITY), price = invoiceparts_column(p, TEMPLATE_F_PRICE);
	__int128 d = per_unit(l->unit) * (__int128)10000;
	char formula[700], q[XLSX_REF_MAX], r[XLSX_REF_MAX];

	/* Without its factors on the page, or where the program that opens it could round to the other side, the number stands for itself. */
	if (quantity < 0 || price < 0 || !xlsx_rounds_safely((__int128)l->quantity * l->price_e4 * power10(p->decimals), d)) {
		xlsx_dec(p->s, p->row, i, s, l->net_minor, p->decimals);
		return;
	}
	snprintf(formula, sizeof formula, "=ROUND(%s*%s%s,%d)", xlsx_ref(q, p->row, quantity), xlsx_ref(r, p->row, price),
	         l->unit == QUANTITY_MINUTES ? "/60" : "", p->decimals);
	xlsx_formula_dec(p->s, p->row, i, s, formula, l->net_minor, p->decimals);
}

/* The description may say it already. */
static void add_late(struct invoiceparts *p, const struct invoice_line *l)
{
	const char *label = template_text(p->t, TEMPLATE_LATE);

	if (!l->late || (l->description != NULL && strstr(l->description, label) != NULL))
		return;
	buf_fmt(&p->b, "\n(%s, ", label);
	invoiceparts_span(p, &p->b, l->from, l->to);
	buf_ch(&p->b, ')');
}

/* The text of a cell, in p->b; NULL when the column holds a number. */
static const char *line_text(struct invoiceparts *p, const struct invoice_line *l, enum template_field f)
{
	static const enum template_key unit[] = { [QUANTITY_HOURS] = TEMPLATE_UNIT_HOURS, [QUANTITY_MINUTES] = TEMPLATE_UNIT_MINUTES,
		[QUANTITY_LUMP] = TEMPLATE_UNIT_LUMP };

	invoiceparts_begin(p);
	switch (f) {
	case TEMPLATE_F_DESCRIPTION:
		buf_str(&p->b, l->description != NULL ? l->description : "");
		add_late(p, l);
		return buf_text(&p->b);
	case TEMPLATE_F_PROJECT:
		return l->project_name != NULL ? l->project_name : "";
	case TEMPLATE_F_SERVICE:
		invoiceparts_span(p, &p->b, l->from, l->to);
		return buf_text(&p->b);
	case TEMPLATE_F_UNIT:
		return template_text(p->t, unit[l->unit]);
	default:
		return NULL;
	}
}

static void put_number(struct invoiceparts *p, const struct invoice_line *l, int i, struct xlsx_style *s)
{
	switch (p->col[i].field) {
	case TEMPLATE_F_POSITION:
		xlsx_dec(p->s, p->row, i, s, l->pos, 0);
		break;
	case TEMPLATE_F_QUANTITY:
		if (l->unit == QUANTITY_LUMP)
			s->num = "0";
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

/* In small letters below the description. */
static void put_note(struct invoiceparts *p, const char *note)
{
	int d = invoiceparts_column(p, TEMPLATE_F_DESCRIPTION);
	struct xlsx_style s = { .size = NOTE_SIZE, .color = GREY, .align = XLSX_LEFT, .wrap = 1, .bottom = XLSX_THIN, .line = BORDER };

	invoiceparts_height(p, textfit_height(textfit_lines(note, p->width[d], NOTE_SIZE), NOTE_SIZE) + 2);
	for (int i = 0; i <= p->last; i++)
		if (i == d)
			xlsx_text(p->s, p->row, i, &s, note);
		else
			xlsx_blank(p->s, p->row, i, &s);
	p->row++;
}

static void put_line(struct invoiceparts *p, const struct invoice_line *l)
{
	int first = p->row, lines = 1, noted = l->note != NULL && *l->note != '\0' && template_on(p->t, TEMPLATE_SHOW_LINE_NOTES);

	for (int i = 0; i <= p->last; i++) {
		const char *text = line_text(p, l, p->col[i].field);
		int k = text != NULL ? textfit_lines(text, p->width[i], 10) : 1;

		lines = k > lines ? k : lines;
	}
	invoiceparts_height(p, textfit_height(lines, 10) + 3);
	for (int i = 0; i <= p->last; i++) {
		const char *text = line_text(p, l, p->col[i].field);
		struct xlsx_style s = cell(p, i);

		if (noted)
			s.bottom = XLSX_NONE;
		if (text != NULL)
			xlsx_text(p->s, p->row, i, &s, text);
		else
			put_number(p, l, i, &s);
	}
	p->row++;
	if (noted)
		put_note(p, l->note);
	invoicebreaks_tie(&p->breaks, first, p->row - 1, INVOICEBREAKS_TIGHT);
}

/* The line before which the heading of late ones stands: they are the last of several, not all. -1: none. */
static int first_late(const struct invoiceparts *p)
{
	size_t k = p->v->nlines;

	while (k > 0 && p->v->lines[k - 1].late)
		k--;
	if (k == 0 || k == p->v->nlines || !template_on(p->t, TEMPLATE_SHOW_LATE_HEADING))
		return -1;
	for (size_t i = 0; i < k; i++)
		if (p->v->lines[i].late)
			return -1;
	return (int)k;
}

static void put_late_heading(struct invoiceparts *p)
{
	struct xlsx_style s = { .bold = 1, .color = p->accent, .align = XLSX_LEFT, .wrap = 1, .middle = 1, .bottom = XLSX_THIN, .line = BORDER };
	const char *text = template_text(p->t, TEMPLATE_LATE_HEADING);

	invoiceparts_height(p, textfit_height(textfit_lines(text, invoiceparts_chars(p, 0, p->last), 10), 10) + 6);
	xlsx_across(p->s, p->row++, 0, p->last, &s, text);
}

void invoicelines_write(struct invoiceparts *p)
{
	int late = first_late(p), body, tail;

	put_headings(p);
	body = tail = p->first_line = p->row;
	for (int i = 0; i < (int)p->v->nlines; i++) {
		int first = p->row;

		if (i == late)
			put_late_heading(p);
		put_line(p, &p->v->lines[i]);
		if (i == late)
			invoicebreaks_tie(&p->breaks, first, first + 1, INVOICEBREAKS_TIGHT);
		if (i == 0)
			body = p->row - 1;
		if (i == (int)p->v->nlines - 2)
			tail = first;
	}
	p->last_line = p->row - 1;
	invoicebreaks_tie(&p->breaks, 0, body, INVOICEBREAKS_TIGHT);
	p->tail_row = tail;
}
