/* What the parts of an invoice's page share. */
#ifndef OUTPUT_INVOICEPARTS_H
#define OUTPUT_INVOICEPARTS_H

#include "output/invoicebreaks.h"
#include "output/invoicepage.h"

/* The page while it is written. Below the table's columns lies a coarser grid for everything else: left block | label | value. */
struct invoiceparts {
	struct xlsx_sheet *s;
	const struct invoice *v;
	const struct template *t;
	struct template_column col[TEMPLATE_COLUMNS_MAX + 1]; /* the template's, and the VAT rate where lines differ in it */
	size_t n;
	int width[TEMPLATE_COLUMNS_MAX + 1];
	char format[TEMPLATE_COLUMNS_MAX + 1][64], money[64]; /* number formats */
	int last;                        /* column */
	int left_last, value_first;      /* the label is between them */
	int row;
	int head_row;                    /* of the table */
	int first_line, last_line;       /* rows of the table's body */
	int tail_row;                    /* the totals stay with the lines from here on */
	int net_row;
	int accent, decimals;
	int fees;                        /* a line is a fixed fee */
	struct invoicebreaks breaks;
	struct buf b;                    /* for texts being put together */
	int failed;                      /* a text did not fit memory */
};

/* Columns, widths, formats and the coarse grid. */
void invoiceparts_init(struct invoiceparts *p);
/* The column of a field, -1 when it is not shown. */
int invoiceparts_column(const struct invoiceparts *p, enum template_field f);
/* Characters of columns first..last. */
int invoiceparts_chars(const struct invoiceparts *p, int first, int last);
/* Empties b for another text. */
void invoiceparts_begin(struct invoiceparts *p);
/* Height of the current row in points; before its first cell. */
void invoiceparts_height(struct invoiceparts *p, int points);
/* An empty row. */
void invoiceparts_space(struct invoiceparts *p, int points);
/* A text over columns first..last, as high as it needs, over several rows when one cannot be so high. Nothing for an empty text. */
void invoiceparts_paragraph(struct invoiceparts *p, int first, int last, const struct xlsx_style *style, const char *text);
/* A sentence of the template over the whole width. */
void invoiceparts_sentence(struct invoiceparts *p, enum template_key k, const struct xlsx_style *style);
/* "01.10.2026 - 31.10.2026", one date when both are the same. */
void invoiceparts_span(const struct invoiceparts *p, struct buf *out, date_t from, date_t to);
/* An amount in the invoice's currency, as texts show it. */
void invoiceparts_amount(const struct invoiceparts *p, struct buf *out, int64_t minor);

#endif
