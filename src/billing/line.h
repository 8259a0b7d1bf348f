/* One invoice line: what its entries, a fixed fee or a correction come to. */
#ifndef BILLING_LINE_H
#define BILLING_LINE_H

#include "billing/compose.h"

/* The VAT rate of an entry: that of its price, where the rate card has one, for customers who pay VAT. */
int64_t line_tax_pct(const struct compose_item *x);

/* The line of n entries, which are of one kind; fills their pos and billed_secs. Texts belong to pool. ERR_SOFTWARE on overflow, ERR_OS. */
int line_of_items(const struct compose_rules *r, struct compose_item *items, size_t n, int pos, struct invoice_line *l, struct pool *pool, struct err *e);
/* The line of a month's fixed fee: "Pauschale (10/2026)". */
int line_of_fee(const struct compose_rules *r, const struct terms_fee *f, int pos, struct invoice_line *l, struct pool *pool, struct err *e);
/* The line of a correction: "Korrektur zu RE-2026-00001:2 (+0:30 Std.)". */
int line_of_correction(const struct compose_correction *c, int pos, struct invoice_line *l, struct pool *pool, struct err *e);

#endif
