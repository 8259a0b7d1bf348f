/* VAT groups of an invoice (EN 16931 BG-23): one per category and rate, from the summed base. */
#ifndef BILLING_TAX_H
#define BILLING_TAX_H

#include "base/pool.h"
#include "billing/invoice.h"

/* Fills taxes, ntaxes and all sums from the lines and allowances. ERR_SOFTWARE on overflow, ERR_OS. */
int tax_apply(struct invoice *v, struct pool *pool, struct err *e);

#endif
