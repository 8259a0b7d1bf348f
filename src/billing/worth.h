/* What one unbilled entry comes to at the rates of today. Pure. */
#ifndef BILLING_WORTH_H
#define BILLING_WORTH_H

#include "billing/select.h"

struct worth {
	int unbilled;           /* billable and not billed yet: the rest holds for these only */
	const char *held;       /* a HELD_ word: a run would hold it; NULL: it would be billed */
	int64_t secs;           /* as tracked; 0 without a usable duration */
	int has_money;          /* a rate fits, also for what is held */
	int64_t minor;
	const char *currency;
};

/* Alone, as a line of its own would print it: lines of several entries round together. ERR_SOFTWARE on overflow; -1 when the rules' `claimed` fails. */
int worth_of(const struct select_rules *r, enum customer_quantity quantity, const struct entry *x, struct worth *out, struct err *e);

#endif
