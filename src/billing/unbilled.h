/* Work in progress: billable time that is not billed yet, and what it is worth, by age and by whatever it belongs to. Pure. */
#ifndef BILLING_UNBILLED_H
#define BILLING_UNBILLED_H

#include "billing/customer.h"
#include "billing/entry.h"

enum unbilled_by { UNBILLED_COMPANY, UNBILLED_PROJECT, UNBILLED_USER, UNBILLED_WORK, UNBILLED_WEEK, UNBILLED_DIMENSIONS };
/* "company", "project", "user", "type-of-work", "week". */
const char *unbilled_by_name(enum unbilled_by b);

/* Days before the date of the report: 0-30, 31-60, 61-90, more. */
#define UNBILLED_AGES 4
const char *unbilled_age_name(int age);
/* An entry without a date counts as old. */
int unbilled_age(date_t as_of, date_t d);

struct unbilled_row {
	const char *key[UNBILLED_DIMENSIONS];  /* ids, "2026-W40"; NULL: none, or not asked for */
	const char *name[UNBILLED_DIMENSIONS];
	const char *label[UNBILLED_DIMENSIONS];/* after unbilled_close(), for people: the name; where others are called so, too, with the customer number or the id's beginning */
	const char *currency;                  /* NULL: no rate fits, so there are hours without a value */
	int64_t entries, secs, minor;          /* all */
	int64_t held_secs, held_minor;         /* of these what the next run would hold */
	int64_t age_secs[UNBILLED_AGES], age_minor[UNBILLED_AGES];
};

struct unbilled_report {
	date_t as_of;
	enum unbilled_by by[UNBILLED_DIMENSIONS];
	size_t nby;
	struct pool *pool;                     /* texts */
	const struct customer_table *customers;/* for their numbers; or NULL */
	struct unbilled_row *v;                /* after unbilled_close(): one per group and currency, by name */
	size_t n, cap;
	struct unbilled_row total[16];         /* per currency, those without a value last */
	size_t ntotals;
	int64_t on_invoice, on_invoice_secs;   /* on an invoice of the ledger, and not marked in awork: not in the rows */
	int64_t undated;                       /* entries that no date window returns: not in the rows */
	int64_t listed, listed_secs;           /* as awork's reduced list counts the same entries */
	int64_t read, read_secs;
};

/* "company,week": each once. ERR_USAGE. */
int unbilled_parse_by(const char *text, struct unbilled_report *r, struct err *e);
/* held: a run would hold it. currency NULL: no rate. ERR_OS. */
int unbilled_add(struct unbilled_report *r, const struct entry *x, int held, const char *currency, int64_t minor, struct err *e);
/* Sums up. ERR_SOFTWARE on overflow or more than 15 currencies. */
int unbilled_close(struct unbilled_report *r, struct err *e);

#endif
