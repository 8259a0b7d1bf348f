/* Billable or held: every fetched entry gets its verdict here. */
#ifndef BILLING_SELECT_H
#define BILLING_SELECT_H

#include "billing/complete.h"
#include "billing/customer.h"
#include "billing/entry.h"
#include "billing/period.h"
#include "billing/rate.h"

/* Reasons as written to held.csv and run.json; scripts rely on the words. NULL means billable. */
#define HELD_RUNNING "running"                     /* the timer still runs */
#define HELD_NO_DURATION "no_duration"             /* zero, negative or no duration */
#define HELD_OPEN_END "open_end"                   /* a duration, a start, no end: probably edited by hand */
#define HELD_NO_DATE "no_date"                     /* no startDateLocal */
#define HELD_DATE_UNCLEAR "date_unclear"           /* local and UTC start do not fit together */
#define HELD_EXTERNAL "external"                   /* entry of another workspace (awork Connect) */
#define HELD_NO_PROJECT "no_project"
#define HELD_NO_COMPANY "no_company"               /* internal project */
#define HELD_NO_CUSTOMER "no_customer"             /* company not in customers.csv */
#define HELD_CUSTOMER_INCOMPLETE "customer_incomplete"
#define HELD_ON_HOLD "on_hold"                     /* customers.csv, column hold; or the entry itself (psabill apply) */
#define HELD_EXCLUDED "excluded"                   /* project in [run] exclude_projects */
#define HELD_RETAINER "retainer"                   /* retainer project and [run] retainer = hold */
#define HELD_LATE "late"                           /* before the period and [run] late = hold */
#define HELD_NO_RATE "no_rate"
#define HELD_RATE_TIE "rate_tie"                   /* two rows of rates.csv of equal rank */
#define HELD_CURRENCY "currency"                   /* rate and customer in different currencies */
#define HELD_ON_INVOICE "on_invoice"               /* claimed by an earlier run */

enum select_late { LATE_INCLUDE, LATE_SEPARATE, LATE_INVOICE, LATE_HOLD };

struct select_rules {
	struct period period;
	const struct customer_table *customers;
	const struct rate_card *rates;
	const struct complete_rules *complete;
	enum select_late late;
	int bill_external, bill_retainer;
	/* Sorted ids or exact names, borrowed. */
	const char **excluded_projects;
	size_t nexcluded;
	const char **retainer_projects; /* ids, sorted */
	size_t nretainer;
	const char **entries_on_hold;   /* ids, sorted */
	size_t nentries_on_hold;
	/* 1 when the id has a live claim; < 0 on error. */
	int (*claimed)(void *ctx, const char *entry_id, struct err *e);
	void *claimed_ctx;
};

struct select_verdict {
	const char *held; /* a HELD_ word or NULL */
	const struct customer *customer;
	const struct rate *rate;
	int late;
};

/* Reasons in the order that a person would want to mend them. -1 only when `claimed` fails. */
int select_entry(const struct select_rules *r, const struct entry *x, struct select_verdict *out, struct err *e);

/* What a person can do about a reason, one sentence. */
const char *select_advice(const char *held);

#endif
