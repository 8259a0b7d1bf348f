#include "output/summarydata.h"

#include <stdlib.h>
#include <string.h>

#define BEFORE_LINES SIZE_MAX

/* The walk: one invoice at a time, and within it one line at a time. */
struct walk {
	struct summarydata *d;
	const struct invoice *v;
	int currency;
	size_t line;   /* index of the current line, or BEFORE_LINES */
	int64_t upto;  /* billed seconds of its entries so far */
	int64_t given; /* of its net amount */
	int seen;      /* of its entries */
};

static size_t hash(const char *s)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static int grow_slots(struct summarydata_set *set)
{
	size_t n = set->nslot > 0 ? set->nslot * 2 : 64;
	uint32_t *slot = calloc(n, sizeof *slot);

	if (slot == NULL)
		return -1;
	for (size_t i = 0; i < set->n; i++) {
		size_t k;

		for (k = hash(set->v[i].key) & (n - 1); slot[k] != 0; k = (k + 1) & (n - 1))
			;
		slot[k] = (uint32_t)i + 1;
	}
	free(set->slot);
	set->slot = slot;
	set->nslot = n;
	return 0;
}

/* What a group is found by; name and company may be NULL. */
struct name { enum summarydata_what what; const char *id, *name, *company; };

/* The group of an id (or of a name, where there is no id); made when new. NULL: out of memory. */
static struct summarydata_group *group_of(struct summarydata *d, enum summarydata_kind kind, const struct name *n)
{
	struct summarydata_set *set = &d->set[kind];
	const char *key = n->id != NULL ? n->id : n->name != NULL ? n->name : "";
	size_t k;

	/* Entries of one customer and project come together. */
	if (set->last < set->n && set->v[set->last].what == n->what && strcmp(set->v[set->last].key, key) == 0)
		return &set->v[set->last];
	if ((set->n + 1) * 2 > set->nslot && grow_slots(set) < 0)
		return NULL;
	for (k = hash(key) & (set->nslot - 1); set->slot[k] != 0; k = (k + 1) & (set->nslot - 1))
		if (set->v[set->slot[k] - 1].what == n->what && strcmp(set->v[set->slot[k] - 1].key, key) == 0)
			return &set->v[set->last = set->slot[k] - 1];
	if (buf_grow(&set->v, &set->cap, set->n + 1, sizeof *set->v) < 0)
		return NULL;
	memset(&set->v[set->n], 0, sizeof *set->v);
	set->v[set->n].what = n->what;
	set->v[set->n].key = pool_intern(d->pool, key);
	set->v[set->n].name = pool_intern(d->pool, n->name);
	set->v[set->n].company = pool_intern(d->pool, n->company);
	if (pool_failed(d->pool))
		return NULL;
	set->last = set->n;
	set->slot[k] = (uint32_t)++set->n;
	return &set->v[set->last];
}

static int add(struct summarydata_group *g, const struct invoice_entry *x, int currency, int64_t net)
{
	g->entries++;
	return num_add(&g->secs, x->entry.secs) < 0 || num_add(&g->billed, x->billed_secs) < 0 || num_add(&g->net[currency], net) < 0 ? -1 : 0;
}

/* A fixed fee has no entries. */
static int is_fee(const struct invoice_line *l)
{
	return l->entries == 0;
}

/* Every entry of the line before was seen and all of its amount given away. */
static int end_line(struct walk *w, struct err *e)
{
	const struct invoice_line *l;

	if (w->line >= w->v->nlines || is_fee(&w->v->lines[w->line]))
		return 0;
	l = &w->v->lines[w->line];
	if (w->seen != l->entries || w->upto != l->billed_secs || w->given != l->net_minor)
		return err_set(e, ERR_SOFTWARE, "invoice %s line %d: its %d entries are billed %lld s, the line says %d and %lld s", w->v->number,
		               l->pos, w->seen, (long long)w->upto, l->entries, (long long)l->billed_secs);
	return 0;
}

/* Lines without entries come to their end here as well. */
static int next_line(struct walk *w, struct err *e)
{
	if (end_line(w, e) < 0)
		return -1;
	w->line = w->line == BEFORE_LINES ? 0 : w->line + 1;
	w->upto = w->given = w->seen = 0;
	return 0;
}

static int begin_line(struct walk *w, const struct invoice_entry *x, struct err *e)
{
	while (w->line == BEFORE_LINES || w->v->lines[w->line].pos != x->pos) {
		if (next_line(w, e) < 0)
			return -1;
		if (w->line >= w->v->nlines)
			return err_set(e, ERR_SOFTWARE, "invoice %s: entry %s is on line %d, which does not follow", w->v->number, x->entry.id, x->pos);
	}
	if (!is_fee(&w->v->lines[w->line]))
		return 0;
	return err_set(e, ERR_SOFTWARE, "invoice %s: entry %s is on line %d, a fixed fee", w->v->number, x->entry.id, x->pos);
}

/* The entry's part of its line: differences of a rising step function add up to the line whatever each division drops. */
static int64_t share(struct walk *w, const struct invoice_entry *x)
{
	const struct invoice_line *l = &w->v->lines[w->line];
	int overflow = 0;
	int64_t upto, part;

	w->seen++;
	w->upto += x->billed_secs;
	upto = l->billed_secs != 0 ? num_div_round((__int128)l->net_minor * w->upto, l->billed_secs, &overflow) : l->net_minor;
	part = upto - w->given;
	w->given = upto;
	return part;
}

static struct name company_of(const struct invoice *v)
{
	return (struct name){ OF_ENTRIES, v->company_id, v->company_name != NULL ? v->company_name : v->buyer.name, NULL };
}

static int keep_late(struct summarydata *d, const struct invoice_entry *x, const char *company, struct err *e)
{
	if (d->nlate == SUMMARYDATA_LATE_MAX)
		return 0;
	if (buf_grow(&d->late_v, &d->late_cap, d->nlate + 1, sizeof *d->late_v) < 0)
		return err_nomem(e);
	d->late_v[d->nlate++] = (struct summarydata_late){
		x->entry.date, pool_intern(d->pool, company), pool_intern(d->pool, x->entry.project_name), pool_intern(d->pool, x->entry.user_name),
		pool_intern(d->pool, x->invoice), x->entry.secs, x->billed_secs,
	};
	return pool_failed(d->pool) ? err_nomem(e) : 0;
}

static int take_entry(void *me, const struct invoice_entry *x, struct err *e)
{
	struct walk *w = me;
	struct summarydata *d = w->d;
	struct summarydata_group *g;
	int64_t net;
	const struct name of[SUMMARYDATA_KINDS] = {
		[BY_COMPANY] = company_of(w->v),
		[BY_PROJECT] = { OF_ENTRIES, x->entry.project_id, x->entry.project_name, w->v->company_name },
		[BY_USER] = { OF_ENTRIES, x->entry.user_id, x->entry.user_name, NULL },
		[BY_WORK] = { OF_ENTRIES, x->entry.work_id, x->entry.work_name, NULL },
	};

	if (begin_line(w, x, e) < 0)
		return -1;
	net = share(w, x);
	d->entries++;
	d->late += x->late != 0;
	if (num_add(&d->secs, x->entry.secs) < 0 || num_add(&d->billed, x->billed_secs) < 0 || summaryweeks_add(&d->weeks, x->entry.date, x->entry.secs, 0) < 0)
		return err_set(e, ERR_SOFTWARE, "a sum of seconds overflows");
	if (x->late && keep_late(d, x, of[BY_COMPANY].name, e) < 0)
		return -1;
	for (int k = 0; k < SUMMARYDATA_KINDS; k++) {
		g = group_of(d, (enum summarydata_kind)k, &of[k]);
		if (g == NULL)
			return err_nomem(e);
		if (add(g, x, w->currency, net) < 0)
			return err_set(e, ERR_SOFTWARE, "a sum overflows");
	}
	return 0;
}

/* A fee or a discount: no entry carries it, so that it stands for itself where entries do. line: of a fee with a project, else NULL. */
static int take_amount(struct walk *w, enum summarydata_what what, const struct invoice_line *line, int64_t amount, struct err *e)
{
	const struct name company = company_of(w->v);
	const struct name of[SUMMARYDATA_KINDS] = {
		[BY_COMPANY] = company,
		[BY_PROJECT] = line != NULL ? (struct name){ OF_ENTRIES, line->project_id, line->project_name, w->v->company_name } :
		               (struct name){ what, company.id != NULL ? company.id : company.name, NULL, company.name },
		[BY_USER] = { what, NULL, NULL, NULL }, [BY_WORK] = { what, NULL, NULL, NULL },
	};
	struct summarydata_currency *c = &w->d->currency[w->currency];
	int rc = num_add(what == OF_FEES ? &c->fees : &c->discounts, amount);

	for (int k = 0; k < SUMMARYDATA_KINDS; k++) {
		struct summarydata_group *g = group_of(w->d, (enum summarydata_kind)k, &of[k]);

		if (g == NULL)
			return err_nomem(e);
		rc |= num_add(&g->net[w->currency], amount);
		if (k == BY_COMPANY)
			rc |= num_add(what == OF_FEES ? &g->fees[w->currency] : &g->discounts[w->currency], amount);
	}
	return rc < 0 ? err_set(e, ERR_SOFTWARE, "a sum overflows") : 0;
}

/* What of the invoice's net amount is on no entry. */
static int take_amounts(struct walk *w, struct err *e)
{
	const struct invoice *v = w->v;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		if (is_fee(l) && take_amount(w, OF_FEES, l->project_id != NULL || l->project_name != NULL ? l : NULL, l->net_minor, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < v->nallowances; i++)
		if (take_amount(w, OF_DISCOUNTS, NULL, -v->allowances[i].amount_minor, e) < 0)
			return -1;
	return 0;
}

static int currency_of(struct summarydata *d, const char *code, struct err *e)
{
	for (int i = 0; i < d->ncurrencies; i++)
		if (strcmp(d->currency[i].code, code) == 0)
			return i;
	if (d->ncurrencies == SUMMARYDATA_CURRENCIES_MAX)
		return err_set(e, ERR_DATA, "more than %d currencies in one run", SUMMARYDATA_CURRENCIES_MAX);
	d->currency[d->ncurrencies].code = pool_intern(d->pool, code);
	d->currency[d->ncurrencies].decimals = money_decimals(code);
	if (d->currency[d->ncurrencies].code == NULL)
		return err_nomem(e);
	if (d->currency[d->ncurrencies].decimals < 0)
		return err_set(e, ERR_SOFTWARE, "currency '%s' is unknown", code);
	return d->ncurrencies++;
}

static int add_tax(struct summarydata *d, int currency, const struct invoice_tax *x, struct err *e)
{
	struct summarydata_tax *t;
	size_t i;

	for (i = 0; i < d->ntax; i++)
		if (d->tax[i].currency == currency && d->tax[i].pct_e2 == x->pct_e2 && strcmp(d->tax[i].category, x->category) == 0)
			break;
	if (i == d->ntax) {
		if (buf_grow(&d->tax, &d->tax_cap, d->ntax + 1, sizeof *d->tax) < 0)
			return err_nomem(e);
		t = &d->tax[d->ntax++];
		*t = (struct summarydata_tax){ .currency = currency, .pct_e2 = x->pct_e2 };
		memcpy(t->category, x->category, sizeof t->category);
	}
	return num_add(&d->tax[i].base, x->base_minor) < 0 || num_add(&d->tax[i].tax, x->tax_minor) < 0 ? err_set(e, ERR_SOFTWARE, "a sum overflows") : 0;
}

static int begin_invoice(void *me, const struct source_document *document, struct err *e)
{
	const struct invoice *v = document->v;
	struct walk *w = me;
	struct summarydata *d = w->d;
	struct summarydata_currency *c;

	w->currency = currency_of(d, v->currency, e);
	if (w->currency < 0)
		return -1;
	c = &d->currency[w->currency];
	c->invoices++;
	d->invoices++;
	if (num_add(&c->net, v->net_minor) < 0 || num_add(&c->tax, v->tax_minor) < 0 || num_add(&c->gross, v->gross_minor) < 0)
		return err_set(e, ERR_SOFTWARE, "a sum overflows");
	for (size_t i = 0; i < v->ntaxes; i++)
		if (add_tax(d, w->currency, &v->taxes[i], e) < 0)
			return -1;
	w->v = v;
	w->line = BEFORE_LINES;
	w->upto = w->given = w->seen = 0;
	return 0;
}

static int end_invoice(void *me, const struct invoice *v, struct err *e)
{
	struct walk *w = me;

	while (w->line == BEFORE_LINES || w->line < v->nlines)
		if (next_line(w, e) < 0)
			return -1;
	return take_amounts(w, e);
}

static int keep_held(struct summarydata *d, const struct source_held *h, struct err *e)
{
	struct pool *p = d->pool;

	if (d->nheld_v == SUMMARYDATA_HELD_MAX)
		return 0;
	if (buf_grow(&d->held_v, &d->held_v_cap, d->nheld_v + 1, sizeof *d->held_v) < 0)
		return err_nomem(e);
	d->held_v[d->nheld_v++] = (struct summarydata_held){
		pool_intern(p, h->reason), pool_dup(p, h->entry.id), h->entry.date, pool_intern(p, h->entry.company_name), pool_intern(p, h->entry.project_name),
		pool_intern(p, h->entry.task_name), pool_intern(p, h->entry.user_name), pool_dup(p, h->entry.note), h->entry.has_secs, h->entry.secs,
	};
	return pool_failed(p) ? err_nomem(e) : 0;
}

static int take_held(void *me, const struct source_held *h, struct err *e)
{
	struct summarydata *d = ((struct walk *)me)->d;
	struct summarydata_reason *r = d->nheld > 0 ? &d->held[d->nheld - 1] : NULL;
	/* A negative duration is a reason to be held, not time. */
	int64_t secs = h->entry.has_secs && h->entry.secs > 0 ? h->entry.secs : 0;

	/* Held entries come by reason. */
	if (r == NULL || strcmp(r->name, h->reason) != 0) {
		if (buf_grow(&d->held, &d->held_cap, d->nheld + 1, sizeof *d->held) < 0)
			return err_nomem(e);
		r = &d->held[d->nheld++];
		*r = (struct summarydata_reason){ .name = pool_intern(d->pool, h->reason) };
		if (r->name == NULL)
			return err_nomem(e);
	}
	r->entries++;
	d->held_entries++;
	if (keep_held(d, h, e) < 0)
		return -1;
	return num_add(&r->secs, secs) < 0 || num_add(&d->held_secs, secs) < 0 || summaryweeks_add(&d->weeks, h->entry.date, 0, secs) < 0 ? err_set(e, ERR_SOFTWARE, "a sum of seconds overflows") : 0;
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_weight(const void *a, const void *b, void *ctx)
{
	const struct summarydata_group *x = a, *y = b;
	int main = *(const int *)ctx, c = compare(x->what, y->what);

	if (c == 0)
		c = compare(y->net[main], x->net[main]);
	if (c == 0)
		c = compare(y->billed, x->billed);
	if (c == 0)
		c = strcmp(x->name != NULL ? x->name : "", y->name != NULL ? y->name : "");
	return c != 0 ? c : strcmp(x->key, y->key);
}

static int by_rate(const void *a, const void *b)
{
	const struct summarydata_tax *x = a, *y = b;
	int c = compare(x->currency, y->currency);

	if (c == 0)
		c = strcmp(x->category, y->category);
	return c != 0 ? c : compare(y->pct_e2, x->pct_e2);
}

static void sort(struct summarydata *d)
{
	for (int i = 1; i < d->ncurrencies; i++)
		if (d->currency[i].invoices > d->currency[d->main].invoices)
			d->main = i;
	for (int k = 0; k < SUMMARYDATA_KINDS; k++)
		if (d->set[k].n > 0)
			qsort_r(d->set[k].v, d->set[k].n, sizeof *d->set[k].v, by_weight, &d->main);
	if (d->ntax > 0)
		qsort(d->tax, d->ntax, sizeof *d->tax, by_rate);
}

static int close_walk(void *me, int rc, struct err *e)
{
	struct walk *w = me;

	(void)e;
	if (rc == 0)
		sort(w->d);
	free(w);
	return rc;
}

int summarydata_take(struct taker *out, struct summarydata *d, const struct period *period, struct err *e)
{
	struct walk *w = calloc(1, sizeof *w);

	memset(d, 0, sizeof *d);
	summaryweeks_init(&d->weeks, period);
	d->pool = pool_new();
	if (w == NULL || d->pool == NULL) {
		free(w);
		return err_nomem(e);
	}
	w->d = d;
	*out = (struct taker){ .me = w, .begin = begin_invoice, .entry = take_entry, .end = end_invoice, .held = take_held, .close = close_walk };
	return 0;
}

void summarydata_free(struct summarydata *d)
{
	for (int k = 0; k < SUMMARYDATA_KINDS; k++) {
		free(d->set[k].v);
		free(d->set[k].slot);
	}
	free(d->tax);
	free(d->held);
	free(d->late_v);
	free(d->held_v);
	pool_free(d->pool);
}
