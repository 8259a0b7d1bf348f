/* The conservation proof: what came in went out, to the second and to the cent. */
#ifndef BILLING_CONSERVE_H
#define BILLING_CONSERVE_H

#include "billing/compose.h"

struct conserve_totals {
	int64_t fetched, billed, held, late;              /* entries */
	int64_t fetched_secs, billed_secs, held_secs;     /* as tracked; negative and absent durations count as 0 */
	int64_t rounded_secs;                             /* billed after rounding minus as tracked */
};

/* Proves: fetched = billed + held in entries and seconds; per invoice: lines = its items (raw and billed seconds, entry counts), net, VAT, gross
 * as invoice_check(). *t holds fetched and held on entry; the rest is filled. ERR_SOFTWARE names the first sum that does not balance. */
int conserve_prove(const struct compose_plan *plan, const struct compose_item *items, size_t n, struct conserve_totals *t, struct err *e);

#endif
