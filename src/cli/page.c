#include "cli/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jdoc.h"
#include "base/jout.h"
#include "output/runpage.h"

#define KEPT "page.json"
#define LENGTH_DIFFERS 3 /* days by which periods of one kind differ: months have 28 to 31 */

/* What the customers were billed in the period before and, by earlier runs, in this one. */
struct past {
	struct run *r;
	struct period before;  /* from is DATE_NONE while none is known */
	struct runpage_past *v;
	size_t n, cap;
};

static int is_now(const struct past *p, date_t from, date_t cutoff)
{
	return from == p->r->rules.period.from && cutoff == p->r->rules.period.to;
}

static int on_period(void *ctx, const char *company, const char *currency, date_t from, date_t cutoff, int64_t net_minor, struct err *e)
{
	struct past *p = ctx;
	const struct period *now = &p->r->rules.period;
	int64_t differ = (int64_t)(cutoff - from) - (now->to - now->from);

	(void)company;
	(void)currency;
	(void)net_minor;
	(void)e;
	if (cutoff <= now->from && differ <= LENGTH_DIFFERS && differ >= -LENGTH_DIFFERS && (p->before.from == DATE_NONE || from > p->before.from))
		period_make(from, cutoff, &p->before);
	return 0;
}

static int is_billed_now(const struct run *r, const char *company)
{
	for (size_t i = 0; i < r->ncustomers; i++)
		if (strcmp(r->customers[i].company_id, company) == 0)
			return 1;
	return 0;
}

static int is_filtered(const struct options *o)
{
	return o->company.n + o->project.n + o->user.n + o->work.n > 0;
}

/* Rows of one company and currency come together. A run that sees a part of the entries is no word on customers that are not in it. */
static int on_past(void *ctx, const char *company, const char *currency, date_t from, date_t cutoff, int64_t net_minor, struct err *e)
{
	struct past *p = ctx;
	struct runpage_past *x = p->n > 0 ? &p->v[p->n - 1] : NULL;
	int now = is_now(p, from, cutoff);
	const struct customer *c;

	if ((!now && from != p->before.from) || (is_filtered(&p->r->app->opt) && !is_billed_now(p->r, company)))
		return 0;
	if (x == NULL || strcmp(x->company_id, company) != 0 || strcmp(x->currency, currency) != 0) {
		if (buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) < 0)
			return err_nomem(e);
		c = customer_find(&p->r->app->customers, company);
		x = &p->v[p->n++];
		*x = (struct runpage_past){ pool_intern(p->r->pool, company), c == NULL ? NULL : c->company_name, pool_intern(p->r->pool, currency), 0, 0 };
		if (x->company_id == NULL || x->currency == NULL)
			return err_nomem(e);
	}
	return num_add(now ? &x->already_minor : &x->before_minor, net_minor) < 0 ? err_set(e, ERR_SOFTWARE, "a sum of earlier invoices overflows") : 0;
}

static void write_kept(const struct past *p, struct buf *out)
{
	struct jout j;

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	jout_int(&j, "made_utc", clock_document_utc());
	jout_text(&j, "tool", "psabill " PSABILL_VERSION);
	jout_opt(&j, "before", p->before.from == DATE_NONE ? NULL : p->before.label);
	jout_array(&j, "past");
	for (size_t i = 0; i < p->n; i++) {
		const struct runpage_past *x = &p->v[i];

		jout_object(&j, NULL);
		jout_text(&j, "company_id", x->company_id);
		jout_opt(&j, "company", x->company);
		jout_text(&j, "currency", x->currency);
		jout_int(&j, "before", x->before_minor);
		jout_int(&j, "already", x->already_minor);
		jout_end_object(&j);
	}
	jout_end_array(&j);
	jout_end_object(&j);
}

int page_save(struct run *r, struct err *e)
{
	struct past p = { .r = r, .before = { .from = DATE_NONE } };
	struct store *s = r->app->store;
	struct buf b = BUF_INIT;
	int rc = -1;

	if (balance_past(s, r->row.id, on_period, &p, e) == 0 && balance_past(s, r->row.id, on_past, &p, e) == 0) {
		write_kept(&p, &b);
		rc = !buf_ok(&b) ? err_nomem(e) : input_put(s, r->row.id, KEPT, b.p, b.n, e);
	}
	free(p.v);
	buf_free(&b);
	return rc;
}

struct reading { struct jdoc *d; };

static int on_input(void *ctx, const char *name, const void *p, size_t n, struct err *e)
{
	struct reading *x = ctx;

	if (strcmp(name, KEPT) != 0)
		return 0;
	x->d = jdoc_parse(p, n, e);
	return x->d == NULL ? -1 : 0;
}

/* *past is the caller's to free; the texts are those of d. */
static int read_kept(const struct jdoc *d, struct runpage *out, struct runpage_past **past, struct err *e)
{
	const jdoc_val *root = jdoc_root(d), *list = jdoc_get(root, "past");
	size_t n = jdoc_len(list);

	*past = calloc(n + 1, sizeof **past);
	if (*past == NULL)
		return err_nomem(e);
	out->tool = jdoc_get_text(root, "tool");
	out->before = jdoc_get_text(root, "before");
	if (!jdoc_int(jdoc_get(root, "made_utc"), &out->made_utc) || out->tool == NULL || !jdoc_is_array(list))
		return err_set(e, ERR_DATA, "%s of the run in the ledger cannot be read", KEPT);
	for (size_t i = 0; i < n; i++) {
		const jdoc_val *v = jdoc_at(list, i);
		struct runpage_past *x = &(*past)[i];

		*x = (struct runpage_past){ jdoc_get_text(v, "company_id"), jdoc_get_text(v, "company"), jdoc_get_text(v, "currency"), 0, 0 };
		if (x->company_id == NULL || x->currency == NULL || !jdoc_int(jdoc_get(v, "before"), &x->before_minor) || !jdoc_int(jdoc_get(v, "already"), &x->already_minor))
			return err_set(e, ERR_DATA, "%s of the run in the ledger cannot be read", KEPT);
	}
	out->past = *past;
	out->npast = n;
	return 0;
}

/* A page whose sums differ: the ledger's own proof names the sum and both of its sides. */
static int explain(struct run *r, struct err *e)
{
	struct err found = ERR_INIT;

	if (e->code == ERR_SOFTWARE && bill_prove(r, &found) < 0 && found.code == ERR_SOFTWARE)
		*e = found;
	return -1;
}

int page_write(struct run *r, const struct source *src, const struct summarydata *d, const struct summarylines *lines, const struct inputs *in, const char *path, struct err *e)
{
	struct reading kept = { NULL };
	struct runpage_past *past = NULL;
	struct close_plan *plan = NULL;
	struct report report;
	struct runpage page = { .lines = lines, .report = &report, .language = inputs_setup(in)->language };
	int rc = input_each(r->app->store, r->row.id, on_input, &kept, e);

	if (rc == 0 && kept.d != NULL) {
		rc = -1;
		if (read_kept(kept.d, &page, &past, e) == 0 && (plan = close_plan(r, &report, e)) != NULL)
			rc = runpage_write(&page, src, d, inputs_summary(in), path, e) < 0 ? explain(r, e) : 0;
	}
	close_plan_free(plan);
	free(past);
	jdoc_free(kept.d);
	return rc;
}
