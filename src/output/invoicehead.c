#include "output/invoicehead.h"

#include <string.h>

#include "output/textfit.h"
#include "output/xlsxpage.h"

#define ROWS_MAX 16
#define ADDRESS_SIZE 11     /* also the height of the rows that facts of 10 points stand in */
#define NAME_SIZE 18
#define NAME_MIN 24         /* characters beside a logo; with fewer the name stands below it */
#define LOGO_HEIGHT_MM 40
#define LOGO_GAP 12         /* pixels between name and logo */
#define LOGO_ROW_PIXELS (XLSXPAGE_PICTURE_ROW * 4 / 3)

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
	invoiceparts_height(p, 34);
	xlsx_across(p->s, p->row++, 0, p->last, &s, template_text(p->t, TEMPLATE_DRAFT));
	invoiceparts_space(p, 8);
}

/* The logo's size in pixels: as wide as the template says on paper, unless that makes it too high, or wider than the page. */
static void size_logo(const struct invoiceparts *p, const struct template_picture *logo, struct xlsxpage_picture *out)
{
	int scale = xlsxpage_scale_safe(0, p->width, (int)p->n);
	int64_t width = (int64_t)template_number(p->t, TEMPLATE_LOGO_WIDTH) * 96000 / (254 * scale); /* 96 pixels per inch */
	int64_t height_max = (int64_t)LOGO_HEIGHT_MM * 96000 / (254 * scale);

	out->right = 0;
	for (int i = 0; i <= p->last; i++)
		out->right += xlsxpage_pixels(p->width[i]);
	if (width > out->right)
		width = out->right;
	if (width * logo->height > height_max * logo->width)
		width = height_max * logo->width / logo->height;
	out->width = width > 0 ? (int)width : 1;
	out->height = (int)(((int64_t)out->width * logo->height + logo->width / 2) / logo->width);
	/* A picture spans cells, and columns are some 6 per cent wider on paper than on the screen: it is right in between. */
	out->width -= out->width * 3 / 100;
	if (out->height < 1)
		out->height = 1;
	out->p = logo->p;
	out->n = logo->n;
	out->pixels_x = logo->width;
	out->pixels_y = logo->height;
}

/* The last column whose right edge is left of the logo, -1 when there is none. */
static int beside_logo(const struct invoiceparts *p, const struct xlsxpage_picture *logo)
{
	int x = 0, i;

	for (i = 0; i <= p->last; i++) {
		x += xlsxpage_pixels(p->width[i]);
		if (x > logo->right - logo->width - LOGO_GAP)
			break;
	}
	return i - 1;
}

/* The logo on the right, the name on the left of it, over as many rows as the higher one needs. Returns 1 when the name stands there. */
static int put_logo(struct invoiceparts *p, const struct xlsx_style *name, const char *text)
{
	const struct template_picture *picture = template_picture(p->t);
	struct xlsxpage_picture logo = { .description = text };
	int last, rows, height, beside, first = p->row;

	if (picture == NULL)
		return 0;
	size_logo(p, picture, &logo);
	last = beside_logo(p, &logo);
	rows = (logo.height + LOGO_ROW_PIXELS - 1) / LOGO_ROW_PIXELS;
	beside = last >= 0 && *text != '\0' && invoiceparts_chars(p, 0, last) >= NAME_MIN;
	if (beside) {
		height = textfit_height(textfit_lines(text, invoiceparts_chars(p, 0, last), NAME_SIZE), NAME_SIZE);
		if (height > rows * XLSXPAGE_PICTURE_ROW)
			rows = (height + XLSXPAGE_PICTURE_ROW - 1) / XLSXPAGE_PICTURE_ROW;
	}
	for (; p->row < first + rows; p->row++) {
		invoiceparts_height(p, XLSXPAGE_PICTURE_ROW);
		if (beside)
			xlsx_part(p->s, p->row, &(struct xlsx_area){ first, first + rows - 1, 0, last }, name, text);
	}
	xlsxpage_picture(p->s, first, &logo);
	invoiceparts_space(p, 6);
	return beside;
}

static void put_letterhead(struct invoiceparts *p)
{
	const struct party *s = &p->v->seller;
	struct xlsx_style name = { .size = NAME_SIZE, .bold = 1, .color = p->accent, .align = XLSX_LEFT, .wrap = 1, .middle = 1 };
	struct xlsx_style address = { .size = 9, .color = 0x606060, .align = XLSX_LEFT, .wrap = 1, .bottom = XLSX_MEDIUM, .line = p->accent };

	if (!template_on(p->t, TEMPLATE_SHOW_LETTERHEAD))
		return;
	if (!put_logo(p, &name, s->name != NULL ? s->name : ""))
		invoiceparts_paragraph(p, 0, p->last, &name, s->name != NULL ? s->name : "");
	invoiceparts_begin(p);
	join(&p->b, "", s->street);
	join(&p->b, " · ", s->zip);
	join(&p->b, s->zip != NULL ? " " : " · ", s->city);
	join(&p->b, " · ", s->phone);
	join(&p->b, " · ", s->email);
	invoiceparts_paragraph(p, 0, p->last, &address, buf_text(&p->b));
	invoiceparts_space(p, 22);
}

/* The small line above the address, where the window of an envelope begins (DIN 5008). */
static void put_sender(struct invoiceparts *p)
{
	const struct party *s = &p->v->seller;
	struct xlsx_style style = { .size = 7, .color = 0x606060, .align = XLSX_LEFT, .wrap = 1, .bottom = XLSX_THIN, .line = 0xa0a0a0 };

	if (!template_on(p->t, TEMPLATE_SHOW_SENDER))
		return;
	invoiceparts_begin(p);
	join(&p->b, "", s->name);
	join(&p->b, " · ", s->street);
	join(&p->b, " · ", s->zip);
	join(&p->b, s->zip != NULL ? " " : " · ", s->city);
	invoiceparts_paragraph(p, 0, p->left_last, &style, buf_text(&p->b));
	invoiceparts_space(p, 6);
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
	int cancellation = v->type == INVOICE_CANCELLATION, references = template_on(p->t, TEMPLATE_SHOW_REFERENCES);
	const struct fact all[] = {
		{ cancellation ? TEMPLATE_NUMBER_CANCELLATION : TEMPLATE_NUMBER, v->draft ? NULL : v->number, DATE_NONE },
		{ cancellation ? TEMPLATE_DATE_CANCELLATION : TEMPLATE_INVOICE_DATE, NULL, v->date },
		{ TEMPLATE_CANCELS, v->cancels, DATE_NONE },
		{ TEMPLATE_CANCELS_DATE, NULL, v->cancels != NULL ? v->cancels_date : DATE_NONE },
		{ TEMPLATE_SERVICE_PERIOD, buf_text(period), DATE_NONE },
		{ TEMPLATE_CUSTOMER_NUMBER, v->customer_number, DATE_NONE },
		{ TEMPLATE_BUYER_REFERENCE, references ? v->buyer_reference : NULL, DATE_NONE },
		{ TEMPLATE_ORDER_REFERENCE, references ? v->order_reference : NULL, DATE_NONE },
		{ TEMPLATE_CONTRACT_REFERENCE, references ? v->contract_reference : NULL, DATE_NONE },
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

/* One side beside the other: texts from above downwards, each over as many rows as it needs. */
struct item { struct xlsx_area area; struct xlsx_style style; const char *text; };
struct side { struct item item[2 * ROWS_MAX]; size_t n; int rows; };

static int rows_of(const struct invoiceparts *p, const char *text, int first, int last, int size)
{
	return textfit_lines(text, invoiceparts_chars(p, first, last), size);
}

static void add_item(struct side *s, int row, int rows, int first, int last, const struct xlsx_style *style, const char *text)
{
	if (first <= last)
		s->item[s->n++] = (struct item){ { row, row + rows - 1, first, last }, *style, text };
}

static void add_address(struct invoiceparts *p, struct side *s, const struct buf *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct xlsx_style style = { .size = ADDRESS_SIZE, .bold = i == 0, .align = XLSX_LEFT, .wrap = 1 };
		int rows = rows_of(p, buf_text(&line[i]), 0, p->left_last, ADDRESS_SIZE);

		add_item(s, p->row + s->rows, rows, 0, p->left_last, &style, buf_text(&line[i]));
		s->rows += rows;
	}
}

static void add_fact(struct invoiceparts *p, struct side *s, enum template_key k, const char *value)
{
	struct xlsx_style label = { .color = 0x606060, .align = XLSX_LEFT, .wrap = 1, .indent = 1 };
	struct xlsx_style text = { .bold = k == TEMPLATE_NUMBER || k == TEMPLATE_NUMBER_CANCELLATION, .align = XLSX_RIGHT, .wrap = 1 };
	int rows = rows_of(p, value, p->value_first, p->last, 10);
	int more = rows_of(p, template_text(p->t, k), p->left_last + 1, p->value_first - 1, 10);

	rows = more > rows && p->left_last + 1 < p->value_first ? more : rows;
	add_item(s, p->row + s->rows, rows, p->left_last + 1, p->value_first - 1, &label, template_text(p->t, k));
	add_item(s, p->row + s->rows, rows, p->value_first, p->last, &text, value);
	s->rows += rows;
}

static void put_side(const struct invoiceparts *p, const struct side *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->item[i].area.first_row <= p->row && p->row <= s->item[i].area.last_row)
			xlsx_part(p->s, p->row, &s->item[i].area, &s->item[i].style, s->item[i].text);
}

/* Address on the left, facts on the right, row by row: a constant amount of memory means writing downwards. */
static void put_addresses(struct invoiceparts *p)
{
	struct buf line[ROWS_MAX] = { BUF_INIT }, day[ROWS_MAX] = { BUF_INIT }, period = BUF_INIT;
	struct side left = { .n = 0 }, right = { .n = 0 };
	struct fact fact[ROWS_MAX];
	size_t nfact;

	invoiceparts_span(p, &period, p->v->from, p->v->to);
	add_address(p, &left, line, address_lines(p, line));
	nfact = facts(p, fact, &period);
	for (size_t i = 0; i < nfact; i++) {
		template_date(p->t, &day[i], fact[i].day);
		add_fact(p, &right, fact[i].label, fact[i].text != NULL ? fact[i].text : buf_text(&day[i]));
	}
	for (int i = 0; i < left.rows || i < right.rows; i++, p->row++) {
		invoiceparts_height(p, textfit_height(1, ADDRESS_SIZE));
		put_side(p, &left);
		put_side(p, &right);
	}
	for (size_t i = 0; i < ROWS_MAX; i++) {
		p->failed |= line[i].failed || day[i].failed;
		buf_free(&line[i]);
		buf_free(&day[i]);
	}
	p->failed |= period.failed;
	buf_free(&period);
}

static void put_title(struct invoiceparts *p)
{
	const struct invoice *v = p->v;
	struct xlsx_style style = { .size = 16, .bold = 1, .color = v->draft ? 0xc00000 : p->accent, .align = XLSX_LEFT, .wrap = 1 };

	invoiceparts_space(p, 22);
	invoiceparts_begin(p);
	if (v->draft)
		buf_str(&p->b, template_text(p->t, TEMPLATE_DRAFT));
	else
		buf_fmt(&p->b, "%s %s", template_text(p->t, v->type == INVOICE_CANCELLATION ? TEMPLATE_TITLE_CANCELLATION : TEMPLATE_TITLE), v->number);
	invoiceparts_paragraph(p, 0, p->last, &style, buf_text(&p->b));
	invoiceparts_space(p, 8);
}

/* What is billed; of a cancellation what it undoes, and why. */
static void put_intro(struct invoiceparts *p)
{
	struct xlsx_style text = { .wrap = 1, .align = XLSX_LEFT };
	int first = p->row;

	if (p->v->type == INVOICE_CANCELLATION) {
		invoiceparts_sentence(p, TEMPLATE_CANCELLATION_NOTE, &text);
		if (p->v->reason != NULL && *p->v->reason != '\0' && template_on(p->t, TEMPLATE_SHOW_CANCEL_REASON))
			invoiceparts_sentence(p, TEMPLATE_CANCEL_REASON, &text);
	} else if (template_on(p->t, TEMPLATE_SHOW_INTRO)) {
		/* Templates from before have no words for a single day. */
		int day = p->v->from == p->v->to && *template_text(p->t, TEMPLATE_INTRO_DAY) != '\0';

		invoiceparts_sentence(p, day ? TEMPLATE_INTRO_DAY : TEMPLATE_INTRO, &text);
	}
	if (p->row > first)
		invoiceparts_space(p, 8);
}

void invoicehead_write(struct invoiceparts *p)
{
	put_draft(p);
	put_letterhead(p);
	put_sender(p);
	put_addresses(p);
	put_title(p);
	put_intro(p);
}
