/* Terms agreed with a customer beside the rate card (terms.csv): discounts, monthly fixed fees, cost centres. */
#ifndef BILLING_TERMS_H
#define BILLING_TERMS_H

#include "billing/customer.h"
#include "billing/period.h"

struct term {
	int line;                        /* of terms.csv */
	const struct customer *customer; /* NULL: any, for rows that name a project only */
	const char *project;             /* id or exact name; NULL: any */
	date_t from, to;                 /* inclusive; DATE_NONE: open */
	int64_t discount_e2;             /* 1/100 per cent; 0: none */
	int64_t fee_e4;                  /* per month, 1/10000 of the customer's currency; 0: none */
	const char *name;                /* tells several fees of a customer apart; "" when empty */
	const char *description;         /* of the fee's line, or the discount's reason; NULL: a default */
	int64_t tax_pct_e2;              /* of the fee, for category S; -1: the customer's */
	const char *cost_centre;
};

struct terms {
	struct term *v;
	size_t n;
};

/* The discount that holds for a line: valid on the last day of the period; a row that names the project beats one that does not. NULL: none. */
const struct term *terms_discount(const struct terms *t, const struct period *p, const struct customer *c, const char *project_id, const char *project_name);
/* The cost centre likewise, or NULL. */
const char *terms_cost_centre(const struct terms *t, const struct period *p, const struct customer *c, const char *project_id, const char *project_name);

/* A month's fixed fee that is due: the month ends within the period, and lies in the row's validity as a whole. */
struct terms_fee {
	const struct term *term;
	const struct customer *customer;
	const char *project_id, *project_name; /* what the row calls it; the caller adds the other of the two when it knows */
	date_t from, to;                 /* the month's first and last day */
	char key[128];                   /* "COMPANY_ID NAME 2026-10": claimed in the ledger, so that it is billed once */
};
/* Fees of a period by customer's name and id, row, month. Owned by caller (free()). ERR_OS. */
int terms_fees(const struct terms *t, const struct period *p, struct terms_fee **out, size_t *n, struct err *e);

/* Rows that cannot both hold: each pair is an error naming both. */
void terms_check(const struct terms *t, const char *file, struct diag *d);

#endif
