/* The table of an invoice's lines. */
#ifndef OUTPUT_INVOICELINES_H
#define OUTPUT_INVOICELINES_H

#include "output/invoiceparts.h"

/* Headings and one row per line; a line's note stands in a row of its own below it. */
void invoicelines_write(struct invoiceparts *p);

#endif
