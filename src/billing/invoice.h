/* Documents: an invoice with its lines, as issued. All that renderers print is in here; it is what the ledger keeps. */
#ifndef BILLING_INVOICE_H
#define BILLING_INVOICE_H

#include <stddef.h>
#include <stdint.h>
#include "billing/customer.h"
#include "billing/entry.h"
#include "billing/money.h"
#include "billing/period.h"

enum invoice_type { INVOICE_COMMERCIAL = 380, INVOICE_CANCELLATION = 384 }; /* UNTDID 1001 */

struct invoice_tax {
	char category[3];     /* UNCL 5305 */
	int64_t pct_e2;       /* BT-119, 1/100 per cent */
	int64_t base_minor;   /* BT-116 */
	int64_t tax_minor;    /* BT-117 */
};

struct invoice_line {
	int pos;                    /* BT-126, 1.. */
	const char *description;    /* BT-153 */
	const char *project_id, *project_name;
	int late;                   /* entries from before the period */
	date_t from, to;            /* first and last day of its entries, inclusive */
	int64_t secs, billed_secs;  /* as tracked, after rounding of time */
	enum customer_quantity unit;/* HUR: quantity in 1/100 hours; MIN: quantity in whole minutes, price base 60 */
	int64_t quantity;
	int64_t price_e4;           /* per hour */
	int64_t net_minor;          /* BT-131 = printed quantity x printed price */
	char tax_category[3];
	int64_t tax_pct_e2;
	int entries;
};

struct invoice {
	const char *number;         /* BT-1 */
	const char *series;
	int64_t n;                  /* in its series */
	enum invoice_type type;
	int draft;                  /* of a dry run: printed across, not an invoice */
	date_t date, due;           /* BT-2, BT-9 */
	date_t from, to;            /* BG-14, first and last day of service, inclusive */
	struct period period;       /* of the run */
	const char *company_id, *company_name, *customer_number, *buyer_reference, *debtor_account;
	const char *project_id, *project_name; /* when one invoice per project; else NULL */
	const char *currency, *language;
	int due_days;
	struct rounding rounding;
	enum customer_group group_by;
	struct party seller, buyer;
	const char *cancels;        /* number of the cancelled invoice or NULL */
	struct invoice_line *lines;
	size_t nlines;
	struct invoice_tax *taxes;  /* by category, then rate */
	size_t ntaxes;
	int64_t net_minor, tax_minor, gross_minor; /* BT-109, 110, 112 */
	int64_t secs, billed_secs;
	int entries;
};

/* One entry on an invoice, as entries.csv shows it. */
struct invoice_entry {
	struct entry entry;
	const char *invoice;   /* number */
	int pos;               /* line */
	int64_t billed_secs;
	int64_t price_e4;
	const char *currency;
	int late;
};

/* Line amount from the printed quantity: hours  R(q x p x 10^m, 100 x 10^4), minutes R(q x p x 10^m, 60 x 10^4), m = decimals of the currency. */
int64_t invoice_line_net(enum customer_quantity unit, int64_t quantity, int64_t price_e4, int decimals, int *overflow);

/* Printed quantity of billed seconds: 1/100 hours or whole minutes. */
int64_t invoice_quantity(enum customer_quantity unit, int64_t billed_secs);
/* Seconds that a printed quantity stands for. */
int64_t invoice_quantity_secs(enum customer_quantity unit, int64_t quantity);
/* "6.33" or "380". */
int invoice_quantity_fmt(char out[NUM_MAX], enum customer_quantity unit, int64_t quantity);

/* Recomputes everything that can be recomputed: lines from quantity and price, sums, VAT groups, totals, dates in order, positions dense. ERR_SOFTWARE names what is off. */
int invoice_check(const struct invoice *v, struct err *e);

#endif
