/* From billable entries to invoices: grouping, rounding, amounts. Independent of the order in which the entries come. */
#ifndef BILLING_COMPOSE_H
#define BILLING_COMPOSE_H

#include "base/pool.h"
#include "billing/invoice.h"
#include "billing/select.h"

/* A billable entry with what select found for it. */
struct compose_item {
	struct entry entry; /* its texts are borrowed; note may be NULL unless grouping by entry */
	const struct customer *customer;
	const struct rate *rate;
	int late;
	/* Filled by compose_run(): */
	int invoice;        /* index into compose_plan.invoices */
	int pos;            /* line number */
	int64_t billed_secs;
};

struct compose_rules {
	struct period period;
	date_t date;                     /* invoice date */
	enum customer_per per;
	enum customer_quantity quantity;
	enum select_late late;
	const struct party *seller;      /* borrowed */
};

struct compose_plan {
	struct invoice *invoices; /* no numbers yet: number, series, n are empty; in the order in which numbers are given: customer name, id, project */
	size_t n;
};

/* Sorts items (by invoice, line, date, id), fills their result fields and the plan. Memory of the plan belongs to pool. ERR_SOFTWARE when
 * a sum overflows or does not balance; ERR_OS. */
int compose_run(const struct compose_rules *r, struct compose_item *items, size_t n, struct pool *pool, struct compose_plan *out, struct err *e);

#endif
