/* From billable entries to invoices: grouping, rounding, amounts. Independent of the order in which the entries come. */
#ifndef BILLING_COMPOSE_H
#define BILLING_COMPOSE_H

#include "base/pool.h"
#include "billing/invoice.h"
#include "billing/naming.h"
#include "billing/select.h"
#include "billing/terms.h"

/* What a billable entry belongs to; entries share it. Each may be NULL; borrowed. */
struct compose_texts {
	const char *company_name, *project_id, *project_name, *task_id, *task_name, *user_id, *user_name, *work_id, *work_name;
};
/* What is an entry's own, where lines are single entries: one without such lines has none. */
struct compose_own { const char *note, *start_time; };

/* A billable entry with what select found for it, as small as can be: a customer may have very many. */
struct compose_item {
	uint8_t id[16];             /* text_uuid_pack() */
	const struct compose_texts *texts;
	const struct compose_own *own; /* NULL: none */
	const struct customer *customer;
	const struct rate *rate;
	int64_t secs;
	int64_t snap;               /* its row of the snapshot */
	date_t date;
	int late;
	/* Filled by compose_run(): */
	int invoice;        /* index into compose_plan.invoices */
	int pos;            /* line number */
	int64_t billed_secs;
};

/* Billed time that changed afterwards: a signed line on the next invoice of its customer, once per claim. */
struct compose_correction {
	const struct customer *customer;
	const char *entry;               /* id: its claim is corrected */
	const char *invoice;             /* number, and line, of what is corrected */
	int pos;
	int64_t billed_secs;             /* to be added, or taken back when negative */
	struct invoice_line line;        /* of what is corrected: price, VAT, project, cost centre; its dates are the entry's */
};

struct compose_rules {
	struct period period;
	date_t date;                     /* invoice date */
	enum customer_per per;
	enum customer_quantity quantity;
	enum select_late late;
	const struct party *seller;      /* borrowed */
	const struct terms *terms;       /* discounts and cost centres; NULL: none */
	const struct terms_fee *fees;    /* due and not billed yet */
	size_t nfees;
	const struct compose_correction *corrections;
	size_t ncorrections;
};

struct compose_plan {
	/* No numbers yet: number, series, n are empty. In the order in which numbers are given: customer name, id, project, late ones after the others. */
	struct invoice *invoices;
	size_t n;
};

/* Takes note of the names that lines of a billable entry may show: of its project, and of what its customer's lines are told apart by besides. Id and time of its last change
 * decide. ERR_OS. */
int compose_note_names(struct naming *projects, struct naming *details, const struct customer *c, const struct compose_texts *t, const char *entry, const char *updated_on,
    struct err *e);
/* Gives texts of a customer's entries the names that all entries of these ids have: before compose_run(), once all entries are noted. */
void compose_settle_names(const struct naming *projects, const struct naming *details, const struct customer *c, struct compose_texts *t);

/* Sorts items (by invoice, line, date, id), fills their result fields and the plan. A fixed fee stands on the invoice of its customer (and project, with one invoice per
 * project), before the lines of time, or on one of its own. A correction stands behind them, and waits when there is no invoice for it. Memory of the plan belongs to pool. ERR_SOFTWARE when
 * a sum overflows or does not balance; ERR_OS. */
int compose_run(const struct compose_rules *r, struct compose_item *items, size_t n, struct pool *pool, struct compose_plan *out, struct err *e);

#endif
