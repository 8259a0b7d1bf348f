/* Monthly fixed fees: which are due in the period, not billed yet, and within what this run was asked to bill. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/run.h"

static int named(const struct options_list *list, const char *id, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if ((id != NULL && strcasecmp(list->v[i], id) == 0) || (name != NULL && strcmp(list->v[i], name) == 0))
			return 1;
	return 0;
}

/* terms.csv names a project by id or by name; the entries of the run know both. As lines do, a fee takes the newest name of one that is renamed while it is read. */
static void find_project(const struct run *r, struct terms_fee *f)
{
	const struct naming *projects = billable_projects(r->items);
	const struct naming_row *newest = NULL;

	for (size_t i = 0; f->term->project != NULL && i < naming_count(projects); i++) {
		const struct naming_row *x = naming_row(projects, i);

		if (x->owner != f->customer || (strcmp(f->term->project, x->id) != 0 && (x->name == NULL || strcmp(f->term->project, x->name) != 0)))
			continue;
		if (newest == NULL || naming_is_newer(x, newest))
			newest = x;
	}
	if (newest != NULL) {
		f->project_id = newest->id;
		f->project_name = newest->name;
	}
}

/* A run for certain people or kinds of work bills no fees; one for certain companies or projects theirs alone. */
static int wanted(const struct run *r, const struct terms_fee *f)
{
	const struct options *o = &r->app->opt;

	if (o->user.n > 0 || o->work.n > 0)
		return 0;
	if (o->company.n > 0 && !named(&o->company, f->customer->company_id, f->customer->company_name))
		return 0;
	return o->project.n == 0 || named(&o->project, f->project_id, f->project_name);
}

/* Why a fee that is due cannot be billed, or NULL. */
static const char *held(const struct run *r, const struct terms_fee *f)
{
	struct buf missing = BUF_INIT;
	int incomplete;

	if (f->customer->hold != NULL)
		return HELD_ON_HOLD;
	complete_customer(f->customer, &r->app->complete, &missing);
	incomplete = missing.n > 0 || !buf_ok(&missing);
	buf_free(&missing);
	return incomplete ? HELD_CUSTOMER_INCOMPLETE : NULL;
}

int fees_collect(struct run *r, struct err *e)
{
	size_t n = 0, k = 0;

	free(r->fees);
	r->fees = NULL;
	r->nfees = 0;
	r->held_fees = 0;
	if (terms_fees(&r->app->terms, &r->rules.period, &r->fees, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *why;
		int billed;

		find_project(r, &r->fees[i]);
		billed = wanted(r, &r->fees[i]) ? claim_fee_live(r->app->store, r->fees[i].key, e) : 1;
		if (billed < 0)
			return -1;
		if (billed)
			continue;
		why = held(r, &r->fees[i]);
		if (why == NULL) {
			r->fees[k++] = r->fees[i];
			continue;
		}
		r->held_fees++;
		if (!r->silent)
			log_write(LOG_WARN, "fee", "%s, line %d of terms.csv: not billed, %s", r->fees[i].key, r->fees[i].term->line, why);
	}
	r->nfees = k;
	return 0;
}
