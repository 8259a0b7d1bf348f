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

/* A discount on part of the lines: one document level allowance (BG-20) per discount and VAT group. */
struct invoice_allowance {
	const char *reason;         /* BT-97 */
	int64_t base_minor;         /* BT-93: net of the lines it is taken from */
	int64_t percent_e2;         /* BT-94, 1/100 per cent */
	int64_t amount_minor;       /* BT-92 */
	char tax_category[3];
	int64_t tax_pct_e2;
};

struct invoice_line {
	int pos;                    /* BT-126, 1.. */
	const char *description;    /* BT-153 */
	const char *note;           /* BT-127: what rounding of time did; NULL: none */
	const char *cost_centre;    /* for bookings; NULL: none */
	const char *fee;            /* key of a fixed fee, claimed once per month; NULL: time */
	const char *correction;     /* id of the entry whose billed time the line corrects, claimed once; NULL: none */
	int64_t correction_secs;    /* what the line adds to (or takes from) the time that was billed; it has no entries of its own, so secs are 0 */
	const char *project_id, *project_name;
	int late;                   /* entries from before the period */
	date_t from, to;            /* first and last day of its entries, inclusive */
	int64_t secs, billed_secs;  /* as tracked, after rounding of time */
	enum customer_quantity unit;/* HUR: quantity in 1/100 hours; MIN: quantity in whole minutes, price base 60; LS: quantity in pieces */
	int64_t quantity;           /* negative on a cancellation and on a correction that takes time back */
	int64_t price_e4;           /* per hour; of an LS per piece; never negative */
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
	const char *order_reference, *contract_reference; /* BT-13, BT-12 */
	const char *note;           /* BT-22 */
	const char *project_id, *project_name; /* when one invoice per project; else NULL */
	const char *currency, *language;
	const char *template;       /* invoice.TEMPLATE.ini */
	unsigned formats;           /* enum customer_format */
	int due_days;
	int64_t discount_days, discount_pct_e2; /* cash discount, part of BT-20 */
	struct rounding rounding;
	enum customer_group group_by;
	struct party seller, buyer;
	const char *cancels;        /* BT-25: number of the cancelled invoice or NULL */
	date_t cancels_date;        /* BT-26 */
	const char *reason;         /* of the cancellation */
	struct invoice_line *lines;
	size_t nlines;
	struct invoice_allowance *allowances;
	size_t nallowances;
	struct invoice_tax *taxes;  /* by category, then rate */
	size_t ntaxes;
	int64_t lines_minor, allowance_minor;      /* BT-106, 107 */
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

/* Line amount from the printed quantity: hours R(q x p x 10^m, 100 x 10^4), minutes R(q x p x 10^m, 60 x 10^4), pieces R(q x p x 10^m, 10^4),
 * m = decimals of the currency. */
int64_t invoice_line_net(enum customer_quantity unit, int64_t quantity, int64_t price_e4, int decimals, int *overflow);

/* Printed quantity of billed seconds: 1/100 hours or whole minutes; of a lump sum 1. */
int64_t invoice_quantity(enum customer_quantity unit, int64_t billed_secs);
/* Seconds that a printed quantity stands for. */
int64_t invoice_quantity_secs(enum customer_quantity unit, int64_t quantity);
/* "HUR", "MIN", "LS" (UN/ECE Recommendation 20). */
const char *invoice_unit_code(enum customer_quantity unit);
/* "6.33" or "380". */
int invoice_quantity_fmt(char out[NUM_MAX], enum customer_quantity unit, int64_t quantity);

/* Recomputes everything that can be recomputed: lines from quantity and price, sums, VAT groups, totals, dates in order, positions dense. ERR_SOFTWARE names what is off. */
int invoice_check(const struct invoice *v, struct err *e);

#endif
