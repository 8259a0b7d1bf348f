#include "billing/booking.h"

#include <string.h>

const struct booking_account *booking_account(const struct booking_rules *r, const char *category, int64_t pct_e2)
{
	for (size_t i = 0; i < r->naccounts; i++)
		if (strcmp(r->accounts[i].category, category) == 0 && r->accounts[i].pct_e2 == pct_e2)
			return &r->accounts[i];
	return NULL;
}
