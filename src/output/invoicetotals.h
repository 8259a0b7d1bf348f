/* The sums below an invoice's lines, as formulas. */
#ifndef OUTPUT_INVOICETOTALS_H
#define OUTPUT_INVOICETOTALS_H

#include "output/invoiceparts.h"

/* Subtotal and discounts when there are any, net, VAT groups, total. */
void invoicetotals_write(struct invoiceparts *p);

#endif
