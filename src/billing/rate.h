/* The rate card: which price per hour holds for an entry. */
#ifndef BILLING_RATE_H
#define BILLING_RATE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "billing/entry.h"

struct rate {
	int line; /* of rates.csv */
	/* Each an id or an exact name; NULL: any. Borrowed. */
	const char *company, *project, *user, *work;
	date_t from, to; /* inclusive; DATE_NONE: open */
	int64_t price_e4; /* per hour, 1/10000 of the currency unit, >= 0 */
	const char *currency; /* ISO 4217 */
	int64_t tax_pct_e2;   /* VAT rate for customers of category S; -1: the customer's */
};

struct rate_card {
	struct rate *v;
	size_t n;
};

/* The row for an entry, NULL when none fits. The most specific row wins: the project counts most, then the company, then the type of work, then
 * the user, and more keys beat fewer (project+user > project > company+user > company > type of work > user > any). Between rows of equal
 * rank a later valid_from beats an earlier one, and any beats none. */
const struct rate *rate_find(const struct rate_card *c, const struct entry *x);

/* Finds rows that name the same keys with overlapping validity and neither more recent: each pair is an error naming both rows. */
void rate_check(const struct rate_card *c, const char *file, struct diag *d);

/* Another row of the same rank and start that fits this entry, too (one names by id, one by name), or NULL. */
const struct rate *rate_conflict(const struct rate_card *c, const struct entry *x, const struct rate *found);

#endif
