#include "billing/compose.h"

#include <stdlib.h>
#include <string.h>

#include "billing/discount.h"
#include "billing/line.h"
#include "billing/tax.h"

/* The id and name that lines are told apart by, besides the project. */
static const char *detail_id(const struct compose_texts *x, enum customer_group g)
{
	return g == GROUP_PROJECT_TASK ? x->task_id : g == GROUP_PROJECT_USER ? x->user_id : g == GROUP_PROJECT_WORK ? x->work_id : NULL;
}

static const char *detail_name(const struct compose_texts *x, enum customer_group g)
{
	return g == GROUP_PROJECT_TASK ? x->task_name : g == GROUP_PROJECT_USER ? x->user_name : x->work_name;
}

static int has_detail(enum customer_group g)
{
	return g == GROUP_PROJECT_TASK || g == GROUP_PROJECT_USER || g == GROUP_PROJECT_WORK;
}

static int compare(const char *a, const char *b)
{
	if (a == b)
		return 0;
	return a == NULL ? -1 : b == NULL ? 1 : strcmp(a, b);
}

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int compose_note_names(struct naming *projects, struct naming *details, const struct customer *c, const struct compose_texts *t, const char *entry, const char *updated_on,
    struct err *e)
{
	const enum customer_group g = c->group_by;

	if (naming_add(projects, c, t->project_id, t->project_name, updated_on, entry, e) < 0)
		return -1;
	return has_detail(g) ? naming_add(details, c, detail_id(t, g), detail_name(t, g), updated_on, entry, e) : 0;
}

void compose_settle_names(const struct naming *projects, const struct naming *details, const struct customer *c, struct compose_texts *t)
{
	const enum customer_group g = c->group_by;
	const char *name = has_detail(g) ? naming_of(details, detail_id(t, g), detail_name(t, g)) : NULL;

	t->project_name = naming_of(projects, t->project_id, t->project_name);
	if (g == GROUP_PROJECT_TASK)
		t->task_name = name;
	else if (g == GROUP_PROJECT_USER)
		t->user_name = name;
	else if (g == GROUP_PROJECT_WORK)
		t->work_name = name;
}

static int compare_project(const struct compose_item *a, const struct compose_item *b)
{
	int c = a->texts == b->texts ? 0 : compare(a->texts->project_name, b->texts->project_name);

	return c != 0 || a->texts == b->texts ? c : compare(a->texts->project_id, b->texts->project_id);
}

static int compare_detail(const struct compose_item *a, const struct compose_item *b, enum customer_group g)
{
	int c = a->texts == b->texts ? 0 : compare(detail_name(a->texts, g), detail_name(b->texts, g));

	return c != 0 || a->texts == b->texts ? c : compare(detail_id(a->texts, g), detail_id(b->texts, g));
}

static int compare_invoice(const struct compose_item *a, const struct compose_item *b, const struct compose_rules *r)
{
	int c = 0;

	if (a->customer != b->customer) {
		c = compare(a->customer->party.name, b->customer->party.name);
		if (c == 0)
			c = compare(a->customer->company_id, b->customer->company_id);
	}
	if (c == 0 && r->per == PER_PROJECT)
		c = compare_project(a, b);
	if (c == 0 && r->late == LATE_INVOICE)
		c = compare_int(a->late, b->late);
	return c;
}

static int compare_line(const struct compose_item *a, const struct compose_item *b, const struct compose_rules *r)
{
	enum customer_group g = a->customer->group_by;
	int c = r->late == LATE_SEPARATE ? compare_int(a->late, b->late) : 0;

	if (c == 0)
		c = compare_project(a, b);
	if (c == 0 && has_detail(g))
		c = compare_detail(a, b, g);
	if (c == 0)
		c = compare_int(b->rate->price_e4, a->rate->price_e4);
	return c != 0 ? c : compare_int(line_tax_pct(b), line_tax_pct(a));
}

static int compare_entry(const struct compose_item *a, const struct compose_item *b)
{
	int c = compare_int(a->date, b->date);

	if (c == 0)
		c = compare(a->own == NULL ? NULL : a->own->start_time, b->own == NULL ? NULL : b->own->start_time);
	return c != 0 ? c : memcmp(a->id, b->id, sizeof a->id);
}

static int compare_items(const void *pa, const void *pb, void *rules)
{
	const struct compose_item *a = pa, *b = pb;
	const struct compose_rules *r = rules;
	int c = compare_invoice(a, b, r);

	/* Single entries stand by date whatever they belong to. */
	if (c == 0 && a->customer->group_by == GROUP_ENTRY)
		c = r->late == LATE_SEPARATE ? compare_int(a->late, b->late) : 0;
	else if (c == 0)
		c = compare_line(a, b, r);
	return c != 0 ? c : compare_entry(a, b);
}

static int same_line(const struct compose_item *a, const struct compose_item *b, const struct compose_rules *r)
{
	return a->customer->group_by != GROUP_ENTRY && compare_line(a, b, r) == 0;
}

/* One invoice to be: its items, and its fees and corrections (linked by index). Items and fees may be empty, not both at once. */
struct slot {
	const struct customer *customer;
	const char *project_id, *project_name; /* with one invoice per project */
	int late;
	size_t from, n, fees, corrections;
};

static void fill_head(const struct compose_rules *r, const struct slot *s, struct invoice *v)
{
	const struct customer *c = s->customer;

	memset(v, 0, sizeof *v);
	v->type = INVOICE_COMMERCIAL;
	v->cancels_date = DATE_NONE;
	v->date = r->date;
	v->due = r->date + c->due_days;
	v->from = s->late ? DATE_NONE : r->period.from;
	v->to = r->period.to - 1;
	v->period = r->period;
	v->company_id = c->company_id;
	v->company_name = c->company_name;
	v->customer_number = c->number;
	v->buyer_reference = c->buyer_reference;
	v->order_reference = c->order_reference;
	v->contract_reference = c->contract_reference;
	v->note = c->note;
	v->debtor_account = c->debtor_account;
	v->project_id = s->project_id;
	v->project_name = s->project_name;
	v->currency = c->currency;
	v->language = c->language;
	v->template = c->template;
	v->formats = c->formats;
	v->due_days = c->due_days;
	v->discount_days = c->discount_days;
	v->discount_pct_e2 = c->discount_pct_e2;
	v->rounding = c->rounding;
	v->group_by = c->group_by;
	v->seller = *r->seller;
	v->buyer = c->party;
}

/* The period of an invoice covers its lines; that of late entries alone is theirs. */
static int add_line(struct invoice *v, const struct invoice_line *l, struct err *e)
{
	if (num_add(&v->secs, l->secs) < 0 || num_add(&v->billed_secs, l->billed_secs) < 0)
		return err_set(e, ERR_SOFTWARE, "the seconds for %s overflow", v->company_name);
	if (v->from == DATE_NONE) {
		v->from = l->from;
		v->to = l->to;
	}
	v->from = l->from < v->from ? l->from : v->from;
	v->to = l->to > v->to ? l->to : v->to;
	v->entries += l->entries;
	v->nlines++;
	return 0;
}

/* slot_of: of fees, then of corrections. */
static int add_fees(const struct compose_rules *r, const struct slot *s, const size_t *slot_of, size_t index, struct invoice *v, struct pool *pool, struct err *e)
{
	for (size_t i = 0; s->fees > 0 && i < r->nfees; i++) {
		struct invoice_line *l = &v->lines[v->nlines];

		if (slot_of[i] == index && (line_of_fee(r, &r->fees[i], (int)v->nlines + 1, l, pool, e) < 0 || add_line(v, l, e) < 0))
			return -1;
	}
	return 0;
}

static int add_corrections(const struct compose_rules *r, const struct slot *s, const size_t *slot_of, size_t index, struct invoice *v, struct pool *pool,
    struct err *e)
{
	for (size_t i = 0; s->corrections > 0 && i < r->ncorrections; i++) {
		struct invoice_line *l = &v->lines[v->nlines];

		if (slot_of[r->nfees + i] == index && (line_of_correction(&r->corrections[i], (int)v->nlines + 1, l, pool, e) < 0 || add_line(v, l, e) < 0))
			return -1;
	}
	return 0;
}

static int add_times(const struct compose_rules *r, struct compose_item *items, size_t n, int index, struct invoice *v, struct pool *pool, struct err *e)
{
	size_t from = 0;

	for (size_t i = 1; i <= n; i++) {
		struct invoice_line *l = &v->lines[v->nlines];

		items[i - 1].invoice = index;
		if (i < n && same_line(&items[i], &items[i - 1], r))
			continue;
		if (line_of_items(r, items + from, i - from, (int)v->nlines + 1, l, pool, e) < 0 || add_line(v, l, e) < 0)
			return -1;
		from = i;
	}
	return 0;
}

/* Discounts are for time, not for fees. */
static int add_discounts(const struct compose_rules *r, const struct customer *c, struct invoice *v, struct pool *pool, struct err *e)
{
	const struct term **of_line = calloc(v->nlines + 1, sizeof *of_line);
	int rc;

	if (of_line == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < v->nlines; i++)
		if (v->lines[i].unit != QUANTITY_LUMP)
			of_line[i] = terms_discount(r->terms, &r->period, c, v->lines[i].project_id, v->lines[i].project_name);
	rc = discount_apply(v, of_line, pool, e);
	free(of_line);
	return rc;
}

/* Makes one invoice of its items, which are sorted by line, and fees. */
static int make_invoice(const struct compose_rules *r, const struct slot *s, const size_t *slot_of, size_t index, struct compose_item *items, struct invoice *v,
    struct pool *pool, struct err *e)
{
	size_t lines = s->fees + s->corrections + (s->n > 0);

	fill_head(r, s, v);
	for (size_t i = 1; i < s->n; i++)
		lines += !same_line(&items[i], &items[i - 1], r);
	v->lines = pool_alloc(pool, lines * sizeof *v->lines);
	if (v->lines == NULL)
		return err_nomem(e);
	if (add_fees(r, s, slot_of, index, v, pool, e) < 0 || add_times(r, items, s->n, (int)index, v, pool, e) < 0 ||
	    add_corrections(r, s, slot_of, index, v, pool, e) < 0 || add_discounts(r, s->customer, v, pool, e) < 0)
		return -1;
	return tax_apply(v, pool, e);
}

static int compare_slot(const void *pa, const void *pb)
{
	const struct slot *a = pa, *b = pb;
	int c = a->customer == b->customer ? 0 : compare(a->customer->party.name, b->customer->party.name);

	if (c == 0)
		c = compare(a->customer->company_id, b->customer->company_id);
	if (c == 0)
		c = compare(a->project_name, b->project_name);
	if (c == 0)
		c = compare(a->project_id, b->project_id);
	return c != 0 ? c : compare_int(a->late, b->late);
}

/* Where a fee belongs: the customer's invoice that is not late, and with one invoice per project that of the project it names. */
static int takes_fee(const struct slot *s, const struct terms_fee *f, const struct compose_rules *r)
{
	const char *project = f->term->project;

	if (s->customer != f->customer || s->late)
		return 0;
	if (r->per == PER_CUSTOMER)
		return 1;
	if (project == NULL)
		return s->project_id == NULL && s->project_name == NULL;
	return compare(project, s->project_id) == 0 || compare(project, s->project_name) == 0;
}

static size_t slots_of_items(const struct compose_rules *r, const struct compose_item *items, size_t n, struct slot *v)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && compare_invoice(&items[i], &items[i - 1], r) == 0) {
			v[k - 1].n++;
			continue;
		}
		v[k++] = (struct slot){
			.customer = items[i].customer, .from = i, .n = 1, .late = r->late == LATE_INVOICE && items[i].late,
			.project_id = r->per == PER_PROJECT ? items[i].texts->project_id : NULL,
			.project_name = r->per == PER_PROJECT ? items[i].texts->project_name : NULL,
		};
	}
	return k;
}

/* Puts each fee onto an invoice, or adds one for it. The order of the items' invoices stays, so that items and invoices are walked together. */
static size_t add_slots_of_fees(const struct compose_rules *r, struct slot *v, size_t n)
{
	for (size_t i = 0; i < r->nfees; i++) {
		const struct terms_fee *f = &r->fees[i];
		size_t k = 0;

		while (k < n && !takes_fee(&v[k], f, r))
			k++;
		if (k == n)
			v[n++] = (struct slot){ .customer = f->customer, .project_id = r->per == PER_PROJECT ? f->project_id : NULL,
			    .project_name = r->per == PER_PROJECT ? f->project_name : NULL };
	}
	if (n > 0)
		qsort(v, n, sizeof *v, compare_slot);
	return n;
}

/* Which slot each fee stands on, once they are sorted. */
static void place_fees(const struct compose_rules *r, struct slot *v, size_t n, size_t *slot_of)
{
	for (size_t i = 0; i < r->nfees; i++) {
		size_t k = 0;

		while (k + 1 < n && !takes_fee(&v[k], &r->fees[i], r))
			k++;
		slot_of[i] = k;
		v[k].fees++;
	}
}

static int takes_correction(const struct slot *s, const struct compose_correction *c, const struct compose_rules *r)
{
	return s->customer == c->customer && (r->per == PER_CUSTOMER || compare(s->project_id, c->line.project_id) == 0);
}

/* On the customer's first invoice, late ones come after the others. Where there is none the correction waits: its slot is behind all. */
static void place_corrections(const struct compose_rules *r, struct slot *v, size_t n, size_t *slot_of)
{
	for (size_t i = 0; i < r->ncorrections; i++) {
		size_t k = 0;

		while (k < n && !takes_correction(&v[k], &r->corrections[i], r))
			k++;
		slot_of[i] = k;
		if (k < n)
			v[k].corrections++;
	}
}

int compose_run(const struct compose_rules *r, struct compose_item *items, size_t n, struct pool *pool, struct compose_plan *out, struct err *e)
{
	struct compose_plan plan = { NULL, 0 };
	size_t *slot_of = calloc(r->nfees + r->ncorrections + 1, sizeof *slot_of), nslots = r->nfees + 1;
	struct slot *slots = NULL;
	int rc = -1;

	if (n > 0)
		qsort_r(items, n, sizeof *items, compare_items, (void *)r);
	for (size_t i = 0; i < n; i++)
		nslots += i == 0 || compare_invoice(&items[i], &items[i - 1], r) != 0;
	slots = calloc(nslots, sizeof *slots);
	if (slots == NULL || slot_of == NULL) {
		err_nomem(e);
		goto out;
	}
	nslots = add_slots_of_fees(r, slots, slots_of_items(r, items, n, slots));
	place_fees(r, slots, nslots, slot_of);
	place_corrections(r, slots, nslots, slot_of + r->nfees);
	plan.invoices = pool_alloc(pool, (nslots + 1) * sizeof *plan.invoices);
	if (plan.invoices == NULL) {
		err_nomem(e);
		goto out;
	}
	for (; plan.n < nslots; plan.n++)
		if (make_invoice(r, &slots[plan.n], slot_of, plan.n, items + slots[plan.n].from, &plan.invoices[plan.n], pool, e) < 0)
			goto out;
	*out = plan;
	rc = 0;
out:
	free(slots);
	free(slot_of);
	return rc;
}
