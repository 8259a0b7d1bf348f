#include "billing/select.h"

#include <stdlib.h>
#include <string.h>

static int compare_text(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

static int listed(const char **v, size_t n, const char *s)
{
	return s != NULL && n > 0 && bsearch(s, v, n, sizeof *v, compare_text) != NULL;
}

/* What the entry alone shows. */
static const char *held_by_shape(const struct entry *x)
{
	if (x->date == DATE_NONE)
		return HELD_NO_DATE;
	if (x->shape == ENTRY_RUNNING)
		return HELD_RUNNING;
	if (!x->has_secs || x->secs <= 0)
		return HELD_NO_DURATION;
	if (x->shape == ENTRY_OPEN_END)
		return HELD_OPEN_END;
	if (!x->local_ok)
		return HELD_DATE_UNCLEAR;
	return NULL;
}

/* What it belongs to. */
static const char *held_by_place(const struct select_rules *r, const struct entry *x)
{
	if (x->external && !r->bill_external)
		return HELD_EXTERNAL;
	if (x->project_id == NULL || x->task_private)
		return HELD_NO_PROJECT;
	if (x->company_id == NULL)
		return HELD_NO_COMPANY;
	if (listed(r->excluded_projects, r->nexcluded, x->project_id) || listed(r->excluded_projects, r->nexcluded, x->project_name))
		return HELD_EXCLUDED;
	if (!r->bill_retainer && listed(r->retainer_projects, r->nretainer, x->project_id))
		return HELD_RETAINER;
	return NULL;
}

static const char *held_by_customer(const struct select_rules *r, const struct entry *x, struct select_verdict *out)
{
	const struct customer *c = customer_find(r->customers, x->company_id);
	struct buf missing = BUF_INIT;
	int incomplete;

	if (c == NULL)
		return HELD_NO_CUSTOMER;
	out->customer = c;
	if (c->hold != NULL)
		return HELD_ON_HOLD;
	complete_customer(c, r->complete, &missing);
	incomplete = missing.n > 0 || !buf_ok(&missing);
	buf_free(&missing);
	return incomplete ? HELD_CUSTOMER_INCOMPLETE : NULL;
}

static const char *held_by_rate(const struct select_rules *r, const struct entry *x, struct select_verdict *out)
{
	out->rate = rate_find(r->rates, x);
	if (out->rate == NULL)
		return HELD_NO_RATE;
	if (rate_conflict(r->rates, x, out->rate) != NULL)
		return HELD_RATE_TIE;
	if (strcmp(out->rate->currency, out->customer->currency) != 0)
		return HELD_CURRENCY;
	return NULL;
}

int select_entry(const struct select_rules *r, const struct entry *x, struct select_verdict *out, struct err *e)
{
	int claimed = r->claimed == NULL ? 0 : r->claimed(r->claimed_ctx, x->id, e);

	memset(out, 0, sizeof *out);
	if (claimed < 0)
		return -1;
	out->late = x->date != DATE_NONE && x->date < r->period.from;
	if (claimed)
		out->held = HELD_ON_INVOICE;
	else if (listed(r->entries_on_hold, r->nentries_on_hold, x->id))
		out->held = HELD_ON_HOLD;
	else if ((out->held = held_by_shape(x)) == NULL && (out->held = held_by_place(r, x)) == NULL &&
	    (out->held = held_by_customer(r, x, out)) == NULL) {
		if (out->late && r->late == LATE_HOLD)
			out->held = HELD_LATE;
		else
			out->held = held_by_rate(r, x, out);
	}
	return 0;
}

const char *select_advice(const char *held)
{
	static const struct { const char *held, *advice; } table[] = {
		{ HELD_RUNNING, "stop the timer in awork" },
		{ HELD_NO_DURATION, "enter the duration in awork, or delete the entry" },
		{ HELD_OPEN_END, "enter the end in awork" },
		{ HELD_NO_DATE, "enter the date in awork" },
		{ HELD_DATE_UNCLEAR, "local and UTC start contradict each other: save the entry again in awork" },
		{ HELD_EXTERNAL, "entry of a connected workspace: set [run] external = bill to bill these" },
		{ HELD_NO_PROJECT, "assign a project in awork, or set the entry to not billable" },
		{ HELD_NO_COMPANY, "assign a company to the project in awork, or set the entry to not billable" },
		{ HELD_NO_CUSTOMER, "run psabill customers, then fill in the new row of customers.csv" },
		{ HELD_CUSTOMER_INCOMPLETE, "fill in the missing columns of customers.csv; psabill check names them" },
		{ HELD_ON_HOLD, "clear the column hold in customers.csv, or release the entry with psabill apply" },
		{ HELD_EXCLUDED, "project is listed in [run] exclude_projects" },
		{ HELD_RETAINER, "covered by a retainer: set [run] retainer = bill to bill these" },
		{ HELD_LATE, "from before the period: set [run] late = include or separate" },
		{ HELD_NO_RATE, "add a row to rates.csv" },
		{ HELD_RATE_TIE, "two rows of rates.csv fit equally: make one more specific" },
		{ HELD_CURRENCY, "rate and customer have different currencies: change rates.csv or customers.csv" },
		{ HELD_ON_INVOICE, "stands on an issued invoice already: see psabill show" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].held, held) == 0)
			return table[i].advice;
	return "";
}
