/* The upper part of an invoice's page: letterhead, addresses, what identifies the document, title. */
#ifndef OUTPUT_INVOICEHEAD_H
#define OUTPUT_INVOICEHEAD_H

#include "output/invoiceparts.h"

void invoicehead_write(struct invoiceparts *p);

#endif
