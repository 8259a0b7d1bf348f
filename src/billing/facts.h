/* An invoice as canonical JSON, for the ledger: written once when issued, read whenever a document is rendered. */
#ifndef BILLING_FACTS_H
#define BILLING_FACTS_H

#include "base/buf.h"
#include "base/pool.h"
#include "billing/invoice.h"

/* Everything but the lines. */
void facts_write_invoice(const struct invoice *v, struct buf *out);
void facts_write_line(const struct invoice_line *l, struct buf *out);
/* Read back; texts go to the pool. The lines are left empty: nlines 0. ERR_DATA. */
int facts_read_invoice(const char *json, size_t n, struct pool *pool, struct invoice *out, struct err *e);
int facts_read_line(const char *json, size_t n, struct pool *pool, struct invoice_line *out, struct err *e);
/* A copy of an invoice and its lines that owes nothing to the original; all of it belongs to pool. */
int facts_copy(const struct invoice *v, struct pool *pool, struct invoice *out, struct err *e);

#endif
