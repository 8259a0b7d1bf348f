#include "output/invoicehead.h"

#include <string.h>

#include "output/textfit.h"

#define ROWS_MAX 12

static void join(struct buf *b, const char *sep, const char *s)
{
	if (s == NULL || *s == '\0')
		return;
	if (b->n > 0)
		buf_str(b, sep);
	buf_str(b, s);
}

static void put_draft(struct invoiceparts *p)
{
	struct xlsx_style s = { .size = 20, .bold = 1, .color = 0xffffff, .fill = 0xc00000, .align = XLSX_CENTER, .middle = 1 };

	if (!p->v->draft)
		return;
	xlsx_height(p->s, p->row, 34);
	xlsx_across(p->s, p->row++, 0, p->last, &s, template_text(p->t, TEMPLATE_DRAFT));
	xlsx_height(p->s, p->row++, 8);
}

static void put_letterhead(struct invoiceparts *p)
{
	const struct party *s = &p->v->seller;
	struct xlsx_style name = { .size = 18, .bold = 1, .color = p->accent, .align = XLSX_LEFT, .wrap = 1 };
	struct xlsx_style address = { .size = 9, .color = 0x606060, .align = XLSX_LEFT, .wrap = 1, .bottom = XLSX_MEDIUM, .line = p->accent };

	if (!template_on(p->t, TEMPLATE_SHOW_LETTERHEAD))
		return;
	invoiceparts_paragraph(p, 0, p->last, &name, s->name != NULL ? s->name : "");
	buf_reset(&p->b);
	join(&p->b, "", s->street);
	join(&p->b, " · ", s->zip);
	join(&p->b, s->zip != NULL ? " " : " · ", s->city);
	join(&p->b, " · ", s->phone);
	join(&p->b, " · ", s->email);
	invoiceparts_paragraph(p, 0, p->last, &address, buf_text(&p->b));
	xlsx_height(p->s, p->row++, 22);
}

/* The small line above the address, where the window of an envelope begins (DIN 5008). */
static void put_sender(struct invoiceparts *p)
{
	const struct party *s = &p->v->seller;
	struct xlsx_style style = { .size = 7, .color = 0x606060, .align = XLSX_LEFT, .wrap = 1, .bottom = XLSX_THIN, .line = 0xa0a0a0 };

	if (!template_on(p->t, TEMPLATE_SHOW_SENDER))
		return;
	buf_reset(&p->b);
	join(&p->b, "", s->name);
	join(&p->b, " · ", s->street);
	join(&p->b, " · ", s->zip);
	join(&p->b, s->zip != NULL ? " " : " · ", s->city);
	invoiceparts_paragraph(p, 0, p->left_last, &style, buf_text(&p->b));
	xlsx_height(p->s, p->row++, 6);
}

static size_t address_lines(struct invoiceparts *p, struct buf *out)
{
	const struct party *b = &p->v->buyer;
	size_t n = 0;

	buf_str(&out[n++], b->name != NULL ? b->name : "");
	if (b->contact != NULL)
		buf_str(&out[n++], b->contact);
	if (b->street != NULL)
		buf_str(&out[n++], b->street);
	join(&out[n], " ", b->zip);
	join(&out[n++], " ", b->city);
	/* Within one country the post does not want its name. */
	if (b->country != NULL && (p->v->seller.country == NULL || strcmp(b->country, p->v->seller.country) != 0))
		buf_str(&out[n++], template_country(p->t, b->country));
	return n;
}

struct fact { enum template_key label; const char *text; date_t day; };

/* What identifies the document; empty ones are left out. */
static size_t facts(struct invoiceparts *p, struct fact *out, struct buf *period)
{
	const struct invoice *v = p->v;
	const struct fact all[] = {
		{ TEMPLATE_NUMBER, v->draft ? NULL : v->number, DATE_NONE },
		{ TEMPLATE_CANCELS, v->cancels, DATE_NONE },
		{ TEMPLATE_INVOICE_DATE, NULL, v->date },
		{ TEMPLATE_SERVICE_PERIOD, buf_text(period), DATE_NONE },
		{ TEMPLATE_CUSTOMER_NUMBER, v->customer_number, DATE_NONE },
		{ TEMPLATE_BUYER_REFERENCE, v->buyer_reference, DATE_NONE },
		{ TEMPLATE_BUYER_VAT_ID, v->buyer.vat_id, DATE_NONE },
		{ TEMPLATE_PROJECT, v->project_name, DATE_NONE },
		{ TEMPLATE_DUE, NULL, v->type == INVOICE_COMMERCIAL && !v->draft ? v->due : DATE_NONE },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if ((all[i].text != NULL && all[i].text[0] != '\0') || all[i].day != DATE_NONE)
			out[n++] = all[i];
	return n;
}

static int chars_of(const struct invoiceparts *p, int first, int last)
{
	int n = 0;

	for (int i = first; i <= last; i++)
		n += p->width[i];
	return n;
}

static void put_fact(struct invoiceparts *p, const struct fact *x)
{
	struct xlsx_style label = { .color = 0x606060, .align = XLSX_LEFT, .wrap = 1, .indent = 1 };
	struct xlsx_style value = { .bold = x->label == TEMPLATE_NUMBER, .align = XLSX_RIGHT, .wrap = 1 };
	struct buf b = BUF_INIT;

	xlsx_across(p->s, p->row, p->left_last + 1, p->value_first - 1, &label, template_text(p->t, x->label));
	if (x->text != NULL) {
		xlsx_across(p->s, p->row, p->value_first, p->last, &value, x->text);
	} else {
		template_date(p->t, &b, x->day);
		xlsx_across(p->s, p->row, p->value_first, p->last, &value, buf_text(&b));
		p->b.failed |= b.failed;
		buf_free(&b);
	}
}

/* Address on the left, facts on the right, row by row: a constant amount of memory means writing downwards. */
static void put_addresses(struct invoiceparts *p)
{
	struct buf line[ROWS_MAX] = { BUF_INIT }, period = BUF_INIT;
	struct fact fact[ROWS_MAX];
	size_t nline, nfact;
	int left = chars_of(p, 0, p->left_last), label = chars_of(p, p->left_last + 1, p->value_first - 1), value = chars_of(p, p->value_first, p->last);

	invoiceparts_span(p, &period, p->v->from, p->v->to);
	nline = address_lines(p, line);
	nfact = facts(p, fact, &period);
	for (size_t i = 0; i < nline || i < nfact; i++) {
		struct xlsx_style style = { .size = 11, .bold = i == 0, .align = XLSX_LEFT, .wrap = 1 };
		int lines = i < nline ? textfit_lines(buf_text(&line[i]), left, 11) : 1, k, height;

		height = textfit_height(lines, 11);
		if (i < nfact) {
			lines = fact[i].text != NULL ? textfit_lines(fact[i].text, value, 10) : 1;
			k = textfit_lines(template_text(p->t, fact[i].label), label, 10);
			k = textfit_height(k > lines ? k : lines, 10);
			height = k > height ? k : height;
		}
		xlsx_height(p->s, p->row, height);
		if (i < nline)
			xlsx_across(p->s, p->row, 0, p->left_last, &style, buf_text(&line[i]));
		if (i < nfact)
			put_fact(p, &fact[i]);
		p->row++;
	}
	for (size_t i = 0; i < ROWS_MAX; i++) {
		p->b.failed |= line[i].failed;
		buf_free(&line[i]);
	}
	p->b.failed |= period.failed;
	buf_free(&period);
}

static void put_title(struct invoiceparts *p)
{
	const struct invoice *v = p->v;
	struct xlsx_style style = { .size = 16, .bold = 1, .color = v->draft ? 0xc00000 : p->accent, .align = XLSX_LEFT, .wrap = 1 };

	xlsx_height(p->s, p->row++, 22);
	buf_reset(&p->b);
	if (v->draft)
		buf_str(&p->b, template_text(p->t, TEMPLATE_DRAFT));
	else
		buf_fmt(&p->b, "%s %s", template_text(p->t, v->type == INVOICE_CANCELLATION ? TEMPLATE_TITLE_CANCELLATION : TEMPLATE_TITLE), v->number);
	invoiceparts_paragraph(p, 0, p->last, &style, buf_text(&p->b));
	xlsx_height(p->s, p->row++, 8);
	if (template_on(p->t, TEMPLATE_SHOW_INTRO) && v->type == INVOICE_COMMERCIAL) {
		struct xlsx_style text = { .wrap = 1, .align = XLSX_LEFT };

		buf_reset(&p->b);
		invoiceparts_sentence(p, &p->b, TEMPLATE_INTRO);
		invoiceparts_paragraph(p, 0, p->last, &text, buf_text(&p->b));
		xlsx_height(p->s, p->row++, 8);
	}
}

void invoicehead_write(struct invoiceparts *p)
{
	put_draft(p);
	put_letterhead(p);
	put_sender(p);
	put_addresses(p);
	put_title(p);
}
