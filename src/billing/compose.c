#include "billing/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "billing/tax.h"

#define DESCRIPTION_MAX 200 /* characters; recipients may cut longer names (BT-153) */

/* Words that stand in a description where awork has no name. */
struct words { const char *language, *no_task, *former_user, *late; };
static const struct words word_table[] = {
	{ "en", "without task", "former team member", "late booking" },
	{ "de", "ohne Aufgabe", "ehemaliges Teammitglied", "Nachtrag" },
};

static const struct words *words_of(const char *language)
{
	for (size_t i = 0; i < sizeof word_table / sizeof *word_table; i++)
		if (language != NULL && strcmp(language, word_table[i].language) == 0)
			return &word_table[i];
	return &word_table[0];
}

/* The id and name that lines are told apart by, besides the project. */
static const char *detail_id(const struct entry *x, enum customer_group g)
{
	return g == GROUP_PROJECT_TASK ? x->task_id : g == GROUP_PROJECT_USER ? x->user_id : g == GROUP_PROJECT_WORK ? x->work_id : NULL;
}

static const char **detail_name(struct entry *x, enum customer_group g)
{
	return g == GROUP_PROJECT_TASK ? &x->task_name : g == GROUP_PROJECT_USER ? &x->user_name : &x->work_name;
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

/* One name per id: while a run fetches, somebody may rename a project, and half of its entries carry the old name. The entry updated last decides. */
struct naming { const char *id; const char **name; const char *updated_on, *entry; };

static int compare_naming(const void *a, const void *b)
{
	const struct naming *x = a, *y = b;
	int c = compare(x->id, y->id);

	if (c == 0)
		c = compare(y->updated_on, x->updated_on);
	return c != 0 ? c : strcmp(y->entry, x->entry);
}

static void settle_names(struct naming *v, size_t n)
{
	qsort(v, n, sizeof *v, compare_naming);
	for (size_t i = 1; i < n; i++)
		if (compare(v[i].id, v[i - 1].id) == 0)
			*v[i].name = *v[i - 1].name;
}

static int unify_names(struct compose_item *items, size_t n, struct err *e)
{
	struct naming *v = n == 0 ? NULL : calloc(n, sizeof *v);

	if (n == 0)
		return 0;
	if (v == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		v[i] = (struct naming){ items[i].entry.project_id, &items[i].entry.project_name, items[i].entry.updated_on, items[i].entry.id };
	settle_names(v, n);
	for (size_t i = 0; i < n; i++) {
		struct entry *x = &items[i].entry;
		enum customer_group g = items[i].customer->group_by;
		/* A missing detail is told apart by the entry's own id: nothing to unify there. */
		const char *id = detail_id(x, g) == NULL ? x->id : detail_id(x, g);

		v[i] = (struct naming){ id, detail_name(x, g), x->updated_on, x->id };
	}
	settle_names(v, n);
	free(v);
	return 0;
}

static int compare_invoice(const struct compose_item *a, const struct compose_item *b, const struct compose_rules *r)
{
	int c = 0;

	if (a->customer != b->customer) {
		c = compare(a->customer->party.name, b->customer->party.name);
		if (c == 0)
			c = compare(a->customer->company_id, b->customer->company_id);
	}
	if (c == 0 && r->per == PER_PROJECT) {
		c = compare(a->entry.project_name, b->entry.project_name);
		if (c == 0)
			c = compare(a->entry.project_id, b->entry.project_id);
	}
	return c;
}

static int compare_line(const struct compose_item *a, const struct compose_item *b, const struct compose_rules *r)
{
	enum customer_group g = a->customer->group_by;
	int c = r->late == LATE_SEPARATE ? compare_int(a->late, b->late) : 0;

	if (c == 0)
		c = compare(a->entry.project_name, b->entry.project_name);
	if (c == 0)
		c = compare(a->entry.project_id, b->entry.project_id);
	if (c == 0 && has_detail(g)) {
		c = compare(*detail_name((struct entry *)&a->entry, g), *detail_name((struct entry *)&b->entry, g));
		if (c == 0)
			c = compare(detail_id(&a->entry, g), detail_id(&b->entry, g));
	}
	if (c == 0)
		c = compare_int(b->rate->price_e4, a->rate->price_e4);
	return c;
}

static int compare_entry(const struct compose_item *a, const struct compose_item *b)
{
	int c = compare_int(a->entry.date, b->entry.date);

	if (c == 0)
		c = compare(a->entry.start_time, b->entry.start_time);
	return c != 0 ? c : strcmp(a->entry.id, b->entry.id);
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

static void add_date(struct buf *b, date_t d, const char *language)
{
	struct date_ymd y = date_to_ymd(d);
	char iso[16];

	if (language != NULL && strcmp(language, "de") == 0)
		buf_fmt(b, "%02d.%02d.%04d", y.day, y.month, y.year);
	else
		buf_str(b, date_fmt(iso, d));
}

static void add_name(struct buf *b, const char *name)
{
	text_clean(b, name, 0);
}

/* " (late booking FROM - TO)" for a line of late entries of their own; the line of a single entry has its date anyway. */
static void add_late(struct buf *b, const struct invoice_line *l, const struct compose_rules *r, const char *language)
{
	if (!l->late || r->late != LATE_SEPARATE)
		return;
	buf_fmt(b, " (%s ", words_of(language)->late);
	add_date(b, l->from, language);
	if (l->to != l->from) {
		buf_str(b, " - ");
		add_date(b, l->to, language);
	}
	buf_ch(b, ')');
}

/* "Project: detail", for single entries with date and note, for late ones with their dates. */
static const char *describe(const struct compose_item *item, const struct invoice_line *l, const struct compose_rules *r, struct pool *pool)
{
	const struct customer *c = item->customer;
	const struct words *w = words_of(c->language);
	const struct entry *x = &item->entry;
	struct buf b = BUF_INIT, late = BUF_INIT;
	const char *out = NULL;

	if (c->group_by == GROUP_ENTRY) {
		add_date(&b, x->date, c->language);
		buf_ch(&b, ' ');
	}
	add_name(&b, x->project_name == NULL ? x->project_id : x->project_name);
	if (c->group_by == GROUP_PROJECT_TASK || (c->group_by == GROUP_ENTRY && x->task_name != NULL)) {
		buf_str(&b, ": ");
		add_name(&b, x->task_name == NULL ? w->no_task : x->task_name);
	} else if (c->group_by == GROUP_PROJECT_USER) {
		buf_str(&b, ": ");
		add_name(&b, x->user_name == NULL ? w->former_user : x->user_name);
	} else if (c->group_by == GROUP_PROJECT_WORK && x->work_name != NULL) {
		buf_str(&b, ": ");
		add_name(&b, x->work_name);
	}
	if (c->group_by == GROUP_ENTRY && x->note != NULL) {
		buf_str(&b, " - ");
		add_name(&b, x->note);
	}
	if (c->group_by != GROUP_ENTRY)
		add_late(&late, l, r, c->language);
	/* A long name gives way, the dates of late entries stay. */
	if (buf_ok(&b) && buf_ok(&late))
		out = pool_fmt(pool, "%.*s%s", (int)text_prefix(buf_text(&b), DESCRIPTION_MAX - text_len(buf_text(&late))), buf_text(&b), buf_text(&late));
	buf_free(&b);
	buf_free(&late);
	return out;
}

/* Billed seconds of the items of one line; the sum is the line's. */
static int bill_seconds(struct compose_item *items, size_t n, struct invoice_line *l, struct err *e)
{
	const struct rounding *r = &items[0].customer->rounding;
	int64_t *secs, *share;

	for (size_t i = 0; i < n; i++) {
		items[i].billed_secs = r->scope == ROUNDING_ENTRY ? rounding_apply(r, items[i].entry.secs) : items[i].entry.secs;
		if (num_add(&l->secs, items[i].entry.secs) < 0 || num_add(&l->billed_secs, items[i].billed_secs) < 0)
			return err_set(e, ERR_SOFTWARE, "the seconds of a line overflow");
	}
	if (r->scope == ROUNDING_ENTRY || r->mode == ROUNDING_NONE)
		return 0;
	l->billed_secs = rounding_apply(r, l->secs);
	secs = calloc(2 * n, sizeof *secs);
	if (secs == NULL)
		return err_nomem(e);
	share = secs + n;
	for (size_t i = 0; i < n; i++)
		secs[i] = items[i].entry.secs;
	rounding_share(secs, (int64_t)n, l->billed_secs, share);
	for (size_t i = 0; i < n; i++)
		items[i].billed_secs = share[i];
	free(secs);
	return 0;
}

static int make_line(const struct compose_rules *r, struct compose_item *items, size_t n, int pos, struct invoice_line *l, struct pool *pool, struct err *e)
{
	const struct customer *c = items[0].customer;
	int overflow = 0;

	memset(l, 0, sizeof *l);
	l->pos = pos;
	l->project_id = items[0].entry.project_id;
	l->project_name = items[0].entry.project_name;
	l->late = 1;
	l->from = l->to = items[0].entry.date;
	for (size_t i = 0; i < n; i++) {
		items[i].pos = pos;
		l->late &= items[i].late != 0;
		if (items[i].entry.date < l->from)
			l->from = items[i].entry.date;
		if (items[i].entry.date > l->to)
			l->to = items[i].entry.date;
	}
	l->entries = (int)n;
	if (bill_seconds(items, n, l, e) < 0)
		return -1;
	l->unit = r->quantity;
	l->quantity = invoice_quantity(l->unit, l->billed_secs);
	l->price_e4 = items[0].rate->price_e4;
	l->net_minor = invoice_line_net(l->unit, l->quantity, l->price_e4, money_decimals(c->currency), &overflow);
	memcpy(l->tax_category, c->tax_category, sizeof l->tax_category);
	l->tax_pct_e2 = c->tax_pct_e2;
	if (overflow)
		return err_set(e, ERR_SOFTWARE, "the amount of a line for %s overflows", c->party.name);
	l->description = describe(items, l, r, pool);
	return l->description == NULL ? err_nomem(e) : 0;
}

static void fill_head(const struct compose_rules *r, const struct compose_item *first, struct invoice *v)
{
	const struct customer *c = first->customer;

	memset(v, 0, sizeof *v);
	v->type = INVOICE_COMMERCIAL;
	v->date = r->date;
	v->due = r->date + c->due_days;
	v->from = r->period.from;
	v->to = r->period.to - 1;
	v->period = r->period;
	v->company_id = c->company_id;
	v->company_name = c->company_name;
	v->customer_number = c->number;
	v->buyer_reference = c->buyer_reference;
	v->debtor_account = c->debtor_account;
	if (r->per == PER_PROJECT) {
		v->project_id = first->entry.project_id;
		v->project_name = first->entry.project_name;
	}
	v->currency = c->currency;
	v->language = c->language;
	v->due_days = c->due_days;
	v->rounding = c->rounding;
	v->group_by = c->group_by;
	v->seller = *r->seller;
	v->buyer = c->party;
}

/* Makes one invoice of the n items, which are sorted by line. */
static int make_invoice(const struct compose_rules *r, struct compose_item *items, size_t n, int index, struct invoice *v, struct pool *pool, struct err *e)
{
	size_t lines = 1, from = 0;

	fill_head(r, items, v);
	for (size_t i = 1; i < n; i++)
		lines += !same_line(&items[i], &items[i - 1], r);
	v->lines = pool_alloc(pool, lines * sizeof *v->lines);
	if (v->lines == NULL)
		return err_nomem(e);
	for (size_t i = 1; i <= n; i++) {
		struct invoice_line *l = &v->lines[v->nlines];

		items[i - 1].invoice = index;
		if (i < n && same_line(&items[i], &items[i - 1], r))
			continue;
		if (make_line(r, items + from, i - from, (int)v->nlines + 1, l, pool, e) < 0)
			return -1;
		if (num_add(&v->secs, l->secs) < 0 || num_add(&v->billed_secs, l->billed_secs) < 0)
			return err_set(e, ERR_SOFTWARE, "the seconds for %s overflow", v->company_name);
		v->from = l->from < v->from ? l->from : v->from;
		v->to = l->to > v->to ? l->to : v->to;
		v->entries += l->entries;
		v->nlines++;
		from = i;
	}
	return tax_apply(v, pool, e);
}

int compose_run(const struct compose_rules *r, struct compose_item *items, size_t n, struct pool *pool, struct compose_plan *out, struct err *e)
{
	struct compose_plan plan = { NULL, 0 };
	size_t invoices = n > 0, from = 0;

	if (unify_names(items, n, e) < 0)
		return -1;
	if (n > 0)
		qsort_r(items, n, sizeof *items, compare_items, (void *)r);
	for (size_t i = 1; i < n; i++)
		invoices += compare_invoice(&items[i], &items[i - 1], r) != 0;
	plan.invoices = pool_alloc(pool, (invoices + 1) * sizeof *plan.invoices);
	if (plan.invoices == NULL)
		return err_nomem(e);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && compare_invoice(&items[i], &items[i - 1], r) == 0)
			continue;
		if (make_invoice(r, items + from, i - from, (int)plan.n, &plan.invoices[plan.n], pool, e) < 0)
			return -1;
		plan.n++;
		from = i;
	}
	*out = plan;
	return 0;
}
