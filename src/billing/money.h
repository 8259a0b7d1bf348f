/* Money: int64 minor units of an ISO 4217 currency; prices per hour in 1/10000 of the currency unit; VAT rates in 1/100 per cent. */
#ifndef BILLING_MONEY_H
#define BILLING_MONEY_H

#include <stdint.h>
#include "base/num.h"

#define MONEY_RATE_SCALE 4 /* decimals of a price per hour */
#define MONEY_PCT_SCALE 2  /* decimals of a VAT rate in per cent */

/* Decimals of the currency's minor unit (EUR 2, JPY 0, KWD 3; ISO 4217 list one), or -1 when the code is unknown. */
int money_decimals(const char *currency);

/* "123.45" with the currency's decimals. Returns the length. */
int money_fmt(char out[NUM_MAX], int64_t minor, const char *currency);

/* VAT of a summed base: base x rate, rounded once (EN 16931 BR-CO-17). */
int64_t money_tax(int64_t base_minor, int64_t pct_e2, int *overflow);

#endif
