/* Bookings for DATEV: accounts per VAT case, and an invoice's amounts split into bookings. Pure; output/datev.c writes them. */
#ifndef BILLING_BOOKING_H
#define BILLING_BOOKING_H

#include "base/pool.h"
#include "billing/invoice.h"

#define BOOKING_ACCOUNTS_MAX 16

struct booking_account {
	char category[3];        /* UNCL 5305 */
	int64_t pct_e2;
	const char *account;     /* revenue account, digits */
	const char *bu_key;      /* BU-Schluessel or NULL: an automatic account */
};

struct booking_rules {
	int64_t consultant, client;      /* Beraternummer 1001..9999999, Mandantennummer 1..99999 */
	int64_t fiscal_month;            /* the month in which the fiscal year begins, 1..12 */
	int64_t account_length;          /* digits of general ledger accounts, 4..8; debtors have one more */
	const char *chart;               /* Sachkontenrahmen "03" or "04", or NULL */
	int lock;                        /* Festschreibung */
	struct booking_account accounts[BOOKING_ACCOUNTS_MAX];
	size_t naccounts;
};

/* Reads "S 19: 8400, S 7: 8300, AE: 8336, O: 8338" (a BU key may follow an account: "8400/9"). Categories S AE E O G; a rate with S
 * only, and always; no case twice. Sets accounts and naccounts of *out, whose texts belong to pool. NULL, or what is wrong with it
 * (borrowed or from pool; *out is as before). */
const char *booking_parse_accounts(const char *s, struct pool *pool, struct booking_rules *out);

/* The account of a category and rate, or NULL. */
const struct booking_account *booking_account(const struct booking_rules *r, const char *category, int64_t pct_e2);

/* True for what DATEV takes as KOST1: 1 to 36 letters A-Z a-z, digits, '_' and blanks, no blank at either end. */
int booking_cost_centre_ok(const char *s);

struct booking {
	const struct booking_account *account;
	const char *cost_centre;         /* or NULL */
	char tax_category[3];
	int64_t tax_pct_e2;
	int64_t amount_minor;            /* gross, > 0 */
	int credit;                      /* 1: on the credit side of the debtor (Haben), a cancellation */
};

/* The bookings of one document: one per VAT group and cost centre (one per VAT group when no line has one), in the order of the groups,
 * then of the cost centres' bytes, without one first. A group's gross (base plus VAT) is shared among its cost centres in proportion to
 * the net of their lines, the remainder going to the largest share (where it would turn that share's sign, the largest gets all), so
 * that the bookings of a group add up to it; when the lines add up to 0, the first cost centre gets all. Bookings of 0 are left out. The
 * array belongs to pool, its texts are borrowed from *r and *v. ERR_CONFIG when a group that is not 0 has no account; ERR_SOFTWARE when
 * the sums do not agree; ERR_OS. */
int booking_of_invoice(const struct booking_rules *r, const struct invoice *v, struct pool *pool, struct booking **out, size_t *n,
                       struct err *e);

/* First day of the fiscal year that a date lies in. */
date_t booking_fiscal_year(const struct booking_rules *r, date_t d);

#endif
