#include "output/invoiceclosing.h"

#include <string.h>

#include "output/textfit.h"

#define SMALL 9

static const struct xlsx_style plain = { .wrap = 1, .align = XLSX_LEFT };

/* Why no VAT is charged: UStG sections 14 (4) no. 8, 14a (5), 19; EN 16931 BR-AE-10, BR-E-10, BR-O-10, BR-G-10. */
static void put_exemptions(struct invoiceparts *p)
{
	static const struct { const char *category; enum template_key k; } of[] = {
		{ "AE", TEMPLATE_TAX_AE }, { "E", TEMPLATE_TAX_E }, { "O", TEMPLATE_TAX_O }, { "G", TEMPLATE_TAX_G },
	};
	const char *done = "";

	for (size_t i = 0; i < p->v->ntaxes; i++)
		for (size_t k = 0; k < sizeof of / sizeof *of; k++)
			if (strcmp(p->v->taxes[i].category, of[k].category) == 0 && strcmp(done, of[k].category) != 0) {
				invoiceparts_sentence(p, of[k].k, &plain);
				done = of[k].category;
			}
}

/* A little room above a text that follows another. */
static void part_from(struct invoiceparts *p, int first)
{
	if (p->row > first)
		invoiceparts_space(p, 6);
}

static void put_note(struct invoiceparts *p, int first)
{
	if (p->v->note == NULL || *p->v->note == '\0' || !template_on(p->t, TEMPLATE_SHOW_NOTE))
		return;
	part_from(p, first);
	invoiceparts_paragraph(p, 0, p->last, &plain, p->v->note);
}

static void put_payment(struct invoiceparts *p, int first)
{
	if (!template_on(p->t, TEMPLATE_SHOW_PAYMENT))
		return;
	part_from(p, first);
	invoiceparts_sentence(p, p->v->discount_days > 0 && p->v->discount_pct_e2 > 0 ? TEMPLATE_PAYMENT_DISCOUNT : TEMPLATE_PAYMENT, &plain);
}

struct pair { enum template_key label; const char *value; };

/* One line of a block: "Label: value". */
static void pair_text(struct invoiceparts *p, const struct pair *x)
{
	invoiceparts_begin(p);
	buf_fmt(&p->b, "%s: ", template_text(p->t, x->label));
	/* An IBAN is printed in groups of four (ISO 13616). */
	for (size_t i = 0; x->value[i] != '\0'; i++) {
		if (x->label == TEMPLATE_IBAN && i > 0 && i % 4 == 0 && strchr(x->value, ' ') == NULL)
			buf_ch(&p->b, ' ');
		buf_ch(&p->b, x->value[i]);
	}
}

static size_t keep(struct pair *out, const struct pair *in, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (in[i].value != NULL && in[i].value[0] != '\0')
			out[k++] = in[i];
	return k;
}

/* One row of the blocks; a side without a pair stays empty. right_first: the column where the right side begins. */
static void put_pairs(struct invoiceparts *p, const struct pair *left, const struct pair *right, int right_first)
{
	struct xlsx_style style = { .size = SMALL, .color = 0x404040, .align = XLSX_LEFT, .wrap = 1 };
	const struct { const struct pair *x; int first, last; } side[] = { { left, 0, p->left_last }, { right, right_first, p->last } };
	int lines = 1;

	for (size_t i = 0; i < 2; i++)
		if (side[i].x != NULL) {
			int k;

			pair_text(p, side[i].x);
			k = textfit_lines(buf_text(&p->b), invoiceparts_chars(p, side[i].first, side[i].last), SMALL);
			lines = k > lines ? k : lines;
		}
	invoiceparts_height(p, textfit_height(lines, SMALL));
	for (size_t i = 0; i < 2; i++)
		if (side[i].x != NULL) {
			pair_text(p, side[i].x);
			xlsx_across(p->s, p->row, side[i].first, side[i].last, &style, buf_text(&p->b));
		}
	p->row++;
}

/* Bank on the left, contact on the right. */
static void put_blocks(struct invoiceparts *p, int payable)
{
	const struct party *s = &p->v->seller;
	const struct pair bank[] = { { TEMPLATE_ACCOUNT_HOLDER, s->name }, { TEMPLATE_IBAN, s->iban }, { TEMPLATE_BIC, s->bic },
		{ TEMPLATE_REFERENCE, p->v->number } };
	const struct pair contact[] = { { TEMPLATE_CONTACT, s->contact }, { TEMPLATE_PHONE, s->phone }, { TEMPLATE_EMAIL, s->email } };
	struct pair left[4], right[3];
	size_t nleft = payable && s->iban != NULL && template_on(p->t, TEMPLATE_SHOW_BANK) ? keep(left, bank, 4) : 0;
	size_t nright = template_on(p->t, TEMPLATE_SHOW_CONTACT) ? keep(right, contact, 3) : 0;
	int first = p->row;

	for (size_t i = 0; i < nleft || i < nright; i++)
		put_pairs(p, i < nleft ? &left[i] : NULL, i < nright ? &right[i] : NULL, nleft > 0 ? p->left_last + 1 : 0);
	invoicebreaks_tie(&p->breaks, first, p->row - 1, INVOICEBREAKS_TIGHT);
}

void invoiceclosing_write(struct invoiceparts *p)
{
	int payable = !p->v->draft && p->v->type == INVOICE_COMMERCIAL && p->v->gross_minor > 0, first = p->row;

	invoiceparts_space(p, INVOICEBREAKS_STANDARD);
	put_exemptions(p);
	put_note(p, first + 1);
	if (p->v->draft) {
		struct xlsx_style s = { .bold = 1, .color = 0xc00000, .wrap = 1, .align = XLSX_LEFT };

		part_from(p, first + 1);
		invoiceparts_paragraph(p, 0, p->last, &s, template_text(p->t, TEMPLATE_DRAFT_NOTE));
	} else if (payable) {
		put_payment(p, first + 1);
	}
	if (p->row > first + 1)
		invoiceparts_space(p, INVOICEBREAKS_STANDARD);
	put_blocks(p, payable);
	if (p->v->type == INVOICE_COMMERCIAL && *template_text(p->t, TEMPLATE_CLOSING) != '\0') {
		invoiceparts_space(p, INVOICEBREAKS_STANDARD);
		invoiceparts_sentence(p, TEMPLATE_CLOSING, &plain);
	}
	invoicebreaks_tie(&p->breaks, first - 1, p->row - 1, INVOICEBREAKS_LOOSE);
}

void invoiceclosing_footer(struct invoiceparts *p, const char *text)
{
	struct xlsx_style s = { .size = 7, .color = 0x606060, .align = XLSX_LEFT, .wrap = 1 };

	invoiceparts_space(p, INVOICEBREAKS_STANDARD);
	invoiceparts_paragraph(p, 0, p->last, &s, text);
}
