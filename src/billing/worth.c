#include "billing/worth.h"

#include <string.h>

#include "billing/money.h"
#include "billing/reconcile.h"

static int price(const struct rate *rate, const struct rounding *rounding, enum customer_quantity quantity, const struct entry *x, struct worth *out, struct err *e)
{
	const struct reconcile_line l = { quantity, rate->price_e4, money_decimals(rate->currency), *rounding, 0 };
	int overflow = 0;

	out->has_money = 1;
	out->currency = rate->currency;
	out->minor = reconcile_value(&l, rounding_apply(rounding, out->secs), &overflow);
	return overflow ? err_set(e, ERR_SOFTWARE, "the value of entry %s overflows", x->id) : 0;
}

int worth_of(const struct select_rules *r, enum customer_quantity quantity, const struct entry *x, struct worth *out, struct err *e)
{
	static const struct rounding none = { ROUNDING_NONE, ROUNDING_ENTRY, 1 };
	struct select_verdict v;
	const struct customer *k;

	memset(out, 0, sizeof *out);
	if (!x->billable || x->billed)
		return 0;
	if (select_entry(r, x, &v, e) < 0)
		return -1;
	out->unbilled = 1;
	out->held = v.held;
	out->secs = x->has_secs && x->secs > 0 ? x->secs : 0;
	k = v.customer != NULL ? v.customer : x->company_id != NULL ? customer_find(r->customers, x->company_id) : NULL;
	if (v.rate == NULL) {
		v.rate = rate_find(r->rates, x);
		if (v.rate == NULL || rate_conflict(r->rates, x, v.rate) != NULL)
			return 0;
	}
	return price(v.rate, k != NULL ? &k->rounding : &none, quantity, x, out, e);
}
