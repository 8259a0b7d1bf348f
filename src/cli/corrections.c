/* Corrections of billed time that wait in the ledger: those that this run may put onto an invoice. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/run.h"

static int named(const struct options_list *list, const char *id, const char *name)
{
	if (list->n == 0)
		return 1;
	for (size_t i = 0; i < list->n; i++)
		if ((id != NULL && strcasecmp(list->v[i], id) == 0) || (name != NULL && strcmp(list->v[i], name) == 0))
			return 1;
	return 0;
}

/* As for fixed fees: a run for certain people or kinds of work bills no corrections, one for certain companies or projects theirs alone. */
static int wanted(const struct run *r, const struct customer *c, const struct correction *v)
{
	const struct options *o = &r->app->opt;

	return o->user.n == 0 && o->work.n == 0 && named(&o->company, v->company, c == NULL ? NULL : c->company_name) &&
	    named(&o->project, v->line.project_id, v->line.project_name);
}

/* Why a correction cannot be billed, or NULL. */
static const char *held(const struct customer *c, const struct correction *v)
{
	return c == NULL ? HELD_NO_CUSTOMER : c->hold != NULL ? HELD_ON_HOLD : strcmp(c->currency, v->currency) != 0 ? HELD_CURRENCY : NULL;
}

static int on_open(void *ctx, const struct correction *v, struct err *e)
{
	struct run *r = ctx;
	const struct customer *c = customer_find(&r->app->customers, v->company);
	const char *why = held(c, v);
	struct compose_correction *x;

	if (!wanted(r, c, v))
		return 0;
	if (why != NULL) {
		if (!r->silent)
			log_write(LOG_WARN, "correction", "of entry %s on %s, line %d: not billed, %s", v->entry, v->invoice, v->pos, why);
		return 0;
	}
	if (buf_grow(&r->corrections, &r->cap_corrections, r->ncorrections + 1, sizeof *r->corrections) < 0)
		return err_nomem(e);
	x = &r->corrections[r->ncorrections++];
	*x = (struct compose_correction){
		.customer = c, .entry = pool_dup(r->pool, v->entry), .invoice = pool_dup(r->pool, v->invoice), .pos = v->pos, .billed_secs = v->billed_secs,
		.line = v->line,
	};
	x->line.project_id = pool_dup(r->pool, v->line.project_id);
	x->line.project_name = pool_dup(r->pool, v->line.project_name);
	x->line.cost_centre = pool_dup(r->pool, v->line.cost_centre);
	if (v->date != DATE_NONE)
		x->line.from = x->line.to = v->date;
	return pool_failed(r->pool) ? err_nomem(e) : 0;
}

int corrections_collect(struct run *r, struct err *e)
{
	r->ncorrections = 0;
	return correction_each_open(r->app->store, on_open, r, e);
}
