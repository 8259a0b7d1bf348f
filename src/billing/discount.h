/* Discounts: document level allowances (EN 16931 BG-20), split over VAT groups so that no cent is lost. */
#ifndef BILLING_DISCOUNT_H
#define BILLING_DISCOUNT_H

#include "base/pool.h"
#include "billing/invoice.h"
#include "billing/terms.h"

/* Fills v->allowances from the terms of each line (NULL: no discount): per term the total is R(sum of its lines x per cent); it is split by VAT group, each part
 * R(base x per cent), and what is left over goes cent by cent to the parts of the largest bases, so that no part is more than a cent off. Parts of 0
 * are left out. Reasons are in the invoice's language.
 * ERR_SOFTWARE on overflow, ERR_OS. */
int discount_apply(struct invoice *v, const struct term *const *of_line, struct pool *pool, struct err *e);

#endif
