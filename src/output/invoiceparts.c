#include "output/invoiceparts.h"

#include <string.h>

#include "output/textfit.h"

#define RIGHT_MIN 40 /* characters for label and value beside the address */
#define VALUE_MIN 25 /* "01.10.2026 - 31.10.2026" */

void invoiceparts_init(struct invoiceparts *p)
{
	int decimals = money_decimals(p->v->currency);

	p->col = template_columns(p->t, TEMPLATE_LINES, &p->n);
	p->last = (int)p->n - 1;
	p->accent = template_color(p->t, TEMPLATE_ACCENT);
	p->decimals = decimals < 0 ? 2 : decimals;
}

void invoiceparts_split(struct invoiceparts *p)
{
	int sum = 0, i;

	for (i = p->last; i > 0 && sum < VALUE_MIN; i--)
		sum += p->width[i];
	p->value_first = i + 1 > 1 ? i + 1 : p->last;
	for (; i > 0 && sum < RIGHT_MIN; i--)
		sum += p->width[i];
	p->left_last = i + 1 < p->value_first ? i : p->value_first - 2;
	if (p->left_last < 0)
		p->left_last = 0;
	if (p->value_first <= p->left_last + 1)
		p->value_first = p->left_last + 2 <= p->last ? p->left_last + 2 : p->last;
}

void invoiceparts_paragraph(struct invoiceparts *p, int first, int last, const struct xlsx_style *style, const char *text)
{
	int chars = 0;

	if (*text == '\0')
		return;
	for (int i = first; i <= last; i++)
		chars += p->width[i];
	xlsx_height(p->s, p->row, textfit_height(textfit_lines(text, chars, style->size), style->size));
	xlsx_across(p->s, p->row, first, last, style, text);
	p->row++;
}

void invoiceparts_span(const struct invoiceparts *p, struct buf *out, date_t from, date_t to)
{
	template_date(p->t, out, from);
	if (to != from) {
		buf_str(out, " – ");
		template_date(p->t, out, to);
	}
}

void invoiceparts_sentence(const struct invoiceparts *p, struct buf *out, enum template_key k)
{
	const struct invoice *v = p->v;
	struct buf b[7] = { BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT };

	template_date(p->t, &b[0], v->date);
	template_date(p->t, &b[1], v->due);
	buf_fmt(&b[2], "%d", v->due_days);
	template_dec(p->t, &b[3], v->gross_minor, p->decimals, p->decimals);
	template_dec(p->t, &b[4], v->net_minor, p->decimals, p->decimals);
	template_date(p->t, &b[5], v->from);
	template_date(p->t, &b[6], v->to);
	template_fill(p->t, out, k, (struct template_value[]){ { "number", v->number != NULL ? v->number : "" }, { "date", buf_text(&b[0]) },
		{ "due", buf_text(&b[1]) }, { "days", buf_text(&b[2]) }, { "gross", buf_text(&b[3]) }, { "net", buf_text(&b[4]) },
		{ "currency", v->currency }, { "from", buf_text(&b[5]) }, { "to", buf_text(&b[6]) },
		{ "customer", v->buyer.name != NULL ? v->buyer.name : "" }, { "cancels", v->cancels != NULL ? v->cancels : "" },
		{ "vat_id", v->buyer.vat_id != NULL ? v->buyer.vat_id : "" } }, 12);
	for (size_t i = 0; i < 7; i++) {
		out->failed |= b[i].failed;
		buf_free(&b[i]);
	}
}

static void sentence(struct invoiceparts *p, enum template_key k, int bold)
{
	struct xlsx_style s = { .wrap = 1, .bold = bold, .align = XLSX_LEFT };

	buf_reset(&p->b);
	invoiceparts_sentence(p, &p->b, k);
	invoiceparts_paragraph(p, 0, p->last, &s, buf_text(&p->b));
}

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
				sentence(p, of[k].k, 0);
				done = of[k].category;
			}
}

struct pair { enum template_key label; const char *value; };

/* One line of a block: "Label: value". */
static void pair_text(struct invoiceparts *p, const struct pair *x)
{
	buf_reset(&p->b);
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

/* Bank on the left, contact on the right. */
static void put_blocks(struct invoiceparts *p, int payable)
{
	const struct party *s = &p->v->seller;
	const struct pair bank[] = { { TEMPLATE_ACCOUNT_HOLDER, s->name }, { TEMPLATE_IBAN, s->iban }, { TEMPLATE_BIC, s->bic },
		{ TEMPLATE_REFERENCE, p->v->number } };
	const struct pair contact[] = { { TEMPLATE_CONTACT, s->contact }, { TEMPLATE_PHONE, s->phone }, { TEMPLATE_EMAIL, s->email } };
	struct xlsx_style style = { .size = 9, .color = 0x404040, .align = XLSX_LEFT, .wrap = 1 };
	struct pair left[4], right[3];
	size_t nleft = payable && s->iban != NULL && template_on(p->t, TEMPLATE_SHOW_BANK) ? keep(left, bank, 4) : 0;
	size_t nright = template_on(p->t, TEMPLATE_SHOW_CONTACT) ? keep(right, contact, 3) : 0;
	int chars_left = 0, chars_right = 0;

	for (int i = 0; i <= p->last; i++)
		*(i <= p->left_last ? &chars_left : &chars_right) += p->width[i];
	for (size_t i = 0; i < nleft || i < nright; i++) {
		int first = nleft > 0 ? p->left_last + 1 : 0, lines = 1, k;

		if (i < nleft) {
			pair_text(p, &left[i]);
			lines = textfit_lines(buf_text(&p->b), chars_left, 9);
		}
		if (i < nright) {
			pair_text(p, &right[i]);
			k = textfit_lines(buf_text(&p->b), nleft > 0 ? chars_right : chars_left + chars_right, 9);
			lines = k > lines ? k : lines;
		}
		xlsx_height(p->s, p->row, textfit_height(lines, 9));
		if (i < nleft) {
			pair_text(p, &left[i]);
			xlsx_across(p->s, p->row, 0, p->left_last, &style, buf_text(&p->b));
		}
		if (i < nright) {
			pair_text(p, &right[i]);
			xlsx_across(p->s, p->row, first, p->last, &style, buf_text(&p->b));
		}
		p->row++;
	}
}

void invoiceparts_closing(struct invoiceparts *p)
{
	int payable = !p->v->draft && p->v->type == INVOICE_COMMERCIAL && p->v->gross_minor > 0;

	p->row++;
	put_exemptions(p);
	if (p->v->draft) {
		struct xlsx_style s = { .bold = 1, .color = 0xc00000, .wrap = 1, .align = XLSX_LEFT };

		invoiceparts_paragraph(p, 0, p->last, &s, template_text(p->t, TEMPLATE_DRAFT_NOTE));
	} else if (p->v->type == INVOICE_CANCELLATION) {
		sentence(p, TEMPLATE_CANCELLATION_NOTE, 0);
	} else if (payable) {
		sentence(p, TEMPLATE_PAYMENT, 0);
	}
	p->row++;
	put_blocks(p, payable);
	if (*template_text(p->t, TEMPLATE_CLOSING) != '\0') {
		p->row++;
		sentence(p, TEMPLATE_CLOSING, 0);
	}
}
