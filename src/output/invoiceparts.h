/* What the parts of an invoice's page share, and the texts below its totals. */
#ifndef OUTPUT_INVOICEPARTS_H
#define OUTPUT_INVOICEPARTS_H

#include "output/invoicepage.h"

/* The page while it is written. Below the table's columns lies a coarser grid for everything else: left block | label | value. */
struct invoiceparts {
	struct xlsx_sheet *s;
	const struct invoice *v;
	const struct template *t;
	struct invoicepage_formats *f;
	const struct template_column *col;
	size_t n;
	int width[TEMPLATE_COLUMNS_MAX];
	int last;                    /* column */
	int left_last, value_first;  /* the label is between them */
	int row, head_row, net_row;
	int accent, decimals;
	struct buf b;                /* for texts being put together */
};

void invoiceparts_init(struct invoiceparts *p);
/* Finds the coarse grid from the widths. */
void invoiceparts_split(struct invoiceparts *p);
/* A text over columns first..last, as high as it needs; next row. Nothing for an empty text. */
void invoiceparts_paragraph(struct invoiceparts *p, int first, int last, const struct xlsx_style *style, const char *text);
/* "01.10.2026 - 31.10.2026", one date when both are the same. */
void invoiceparts_span(const struct invoiceparts *p, struct buf *out, date_t from, date_t to);
/* Appends a sentence of the template with the invoice's values. */
void invoiceparts_sentence(const struct invoiceparts *p, struct buf *out, enum template_key k);
/* VAT sentences, payment, bank, contact, closing. */
void invoiceparts_closing(struct invoiceparts *p);

#endif
