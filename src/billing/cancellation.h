/* A cancellation: the exact negative of an issued invoice, as a document of its own. */
#ifndef BILLING_CANCELLATION_H
#define BILLING_CANCELLATION_H

#include "base/pool.h"
#include "billing/invoice.h"

/* Makes the cancellation (type 384) of v, dated `date` and due at once; number, series and n are left for the caller. Quantities, seconds and amounts are
 * negated, prices stay. Texts are borrowed from v, lines and groups belong to pool. ERR_USAGE when v is a cancellation itself or dated later than
 * `date`; ERR_OS. */
int cancellation_make(const struct invoice *v, date_t date, const char *reason, struct pool *pool, struct invoice *out, struct err *e);

#endif
