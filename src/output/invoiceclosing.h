/* The texts below an invoice's totals. */
#ifndef OUTPUT_INVOICECLOSING_H
#define OUTPUT_INVOICECLOSING_H

#include "output/invoiceparts.h"

/* VAT sentences, note, payment, bank and contact, closing words. */
void invoiceclosing_write(struct invoiceparts *p);
/* In small letters at the very end, what the footer could not hold. */
void invoiceclosing_footer(struct invoiceparts *p, const char *text);

#endif
