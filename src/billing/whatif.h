/* What another rounding, grouping or rate card would change: the figures of two plans of the same entries, side by side per customer. Pure. */
#ifndef BILLING_WHATIF_H
#define BILLING_WHATIF_H

#include "billing/compose.h"

enum whatif_side { WHATIF_NOW, WHATIF_WITH, WHATIF_SIDES };

struct whatif_figures {
	int64_t documents, lines;             /* lines: of time, fixed fees and corrections */
	int64_t entries, held;
	int64_t secs, billed_secs;            /* of billed entries: tracked, and after rounding of time */
	int64_t net_minor, tax_minor, gross_minor;
};

struct whatif_row {
	const char *company_id;               /* "": entries of no company */
	const char *name;                     /* of the customer; NULL: none */
	const char *number;                   /* customer number or NULL */
	const char *currency;                 /* "": nothing is billed and there is no such customer, so there is only time that is held */
	int alike;                            /* another company has the same name */
	struct whatif_figures f[WHATIF_SIDES];
};

/* A setting that is another one: "billing.round_mode"; its value now and in the comparison, as typed. */
struct whatif_change { const char *key, *now, *with; };

struct whatif_table {
	const struct whatif_change *changes;  /* borrowed */
	size_t nchanges;
	struct pool *pool;                    /* texts */
	struct whatif_row *v;                 /* one per customer and currency, by id and currency; after whatif_close() by name, id, currency. Freed by the caller */
	size_t n, cap;
	struct whatif_row total[16];          /* after whatif_close(): per currency, by its code; the one without a currency first */
	size_t ntotals;
};

/* Adds the documents of a plan. ERR_SOFTWARE on overflow, ERR_OS. */
int whatif_add_plan(struct whatif_table *t, enum whatif_side side, const struct compose_plan *plan, struct err *e);
/* Adds a held entry: to its customer, to a company that is none (c NULL), or to no company at all. */
int whatif_add_held(struct whatif_table *t, enum whatif_side side, const struct entry *x, const struct customer *c, struct err *e);
/* Sums up and sorts. ERR_SOFTWARE on overflow or more than 15 currencies. */
int whatif_close(struct whatif_table *t, struct err *e);

/* True when any figure differs. */
int whatif_differs(const struct whatif_row *row);

#endif
