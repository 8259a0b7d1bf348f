/* The conservation proof: what came in went out, to the second and to the cent. */
#ifndef BILLING_CONSERVE_H
#define BILLING_CONSERVE_H

#include "billing/compose.h"

struct conserve_totals {
	int64_t fetched, billed, held, late;              /* entries */
	int64_t fetched_secs, billed_secs, held_secs;     /* as tracked; negative and absent durations count as 0 */
	int64_t rounded_secs;                             /* billed after rounding minus as tracked */
};

/* What the documents of one customer in a run come to, and what rounding made of the tracked time. The lines of time say value + rounding = lines: the value is what the tracked
 * seconds cost at their prices, summed exactly and rounded once; lines - value is all that rounding of time, of printed quantities and of amounts gave or took. */
struct conserve_customer {
	const char *company_id, *currency;
	int64_t documents, entries;
	int64_t secs, billed_secs;                        /* tracked, and after rounding of time */
	int64_t lines_minor, value_minor;                 /* of lines of time */
	int64_t others_minor;                             /* lines of fixed fees and of corrections */
	int64_t allowance_minor;                          /* net = lines + others - allowance */
	int64_t net_minor, tax_minor, gross_minor;
};

/* Exact value of time: seconds x price in 1/10000 per hour, summed over lines, before it is rounded. */
typedef __int128 conserve_exact;
/* In minor units of a currency; *overflow as num_div_round(). */
int64_t conserve_value(conserve_exact secs_by_price_e4, int decimals, int *overflow);

/* The customers of a plan, in its order; one row per customer and currency, in memory of pool. ERR_SOFTWARE on overflow, ERR_OS. */
int conserve_customers(const struct compose_plan *plan, struct pool *pool, struct conserve_customer **out, size_t *n, struct err *e);

/* Proves per invoice: lines = its items (raw and billed seconds, entry counts), net, VAT, gross as invoice_check(). Adds to what *t says of billed entries; a plan may come in
 * parts. ERR_SOFTWARE names the first sum that does not balance. */
int conserve_prove(const struct compose_plan *plan, const struct compose_item *items, size_t n, struct conserve_totals *t, struct err *e);
/* Proves: fetched = billed + held in entries and seconds. ERR_SOFTWARE as well. */
int conserve_balance(const struct conserve_totals *t, struct err *e);

#endif
