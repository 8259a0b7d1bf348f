#include "billing/complete.h"

#include <string.h>

void complete_customer(const struct customer *c, const struct complete_rules *r, struct buf *out)
{
	const struct { const char *value, *column; int wanted; } need[] = {
		{ c->party.name, "legal_name (BT-44)", 1 },
		{ c->party.street, "street (BT-50)", 1 },
		{ c->party.zip, "zip (BT-53)", 1 },
		{ c->party.city, "city (BT-52)", 1 },
		{ c->party.country, "country (BT-55)", 1 },
		{ c->party.vat_id, "vat_id (BT-48)", strcmp(c->tax_category, "AE") == 0 },
	};
	const char *comma = "";

	(void)r;
	for (size_t i = 0; i < sizeof need / sizeof *need; i++) {
		if (!need[i].wanted || need[i].value != NULL)
			continue;
		buf_fmt(out, "%s%s", comma, need[i].column);
		comma = ", ";
	}
}
