#include "output/runpagecustomers.h"

#include <stdlib.h>
#include <string.h>

/* Calls f for the rows of the proof, customers by weight, until the table is full. Returns how many rows were written. */
static int64_t each_customer(struct runpageparts *w, int (*f)(struct runpageparts *w, const struct conserve_customer *c, const char *name))
{
	const struct summarydata_set *set = &w->d->set[BY_COMPANY];
	const struct report *r = w->in->report;
	int64_t shown = 0;

	for (size_t i = 0; i < set->n; i++) {
		const struct conserve_customer *c = runpageparts_first(w, set->v[i].key), *end = r->customers + r->ncustomers;

		for (; c != NULL && c < end && strcmp(c->company_id, set->v[i].key) == 0; c++)
			if (shown < HTMLPAGE_ROWS)
				shown += f(w, c, set->v[i].name);
	}
	return shown;
}

static void money(struct runpageparts *w, int64_t minor, const char *currency)
{
	htmlpage_figure_cell(&w->p, minor, htmlpage_money(&w->p, minor, currency));
}

static void change(struct runpageparts *w, int64_t minor, const char *currency)
{
	htmlpage_figure_cell(&w->p, minor, htmlpage_signed(&w->p, minor, currency));
}

static void hours(struct runpageparts *w, int64_t secs)
{
	htmlpage_figure_cell(&w->p, secs, htmlpage_hours(&w->p, secs));
}

static void count(struct runpageparts *w, int64_t n)
{
	htmlpage_figure_cell(&w->p, n, htmlpage_count(&w->p, n));
}

static int put_amounts(struct runpageparts *w, const struct conserve_customer *c, const char *name)
{
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, name);
	count(w, c->documents);
	count(w, c->entries);
	hours(w, c->secs);
	hours(w, c->billed_secs);
	money(w, c->net_minor, c->currency);
	money(w, c->tax_minor, c->currency);
	money(w, c->gross_minor, c->currency);
	htmlpage_text_cell(&w->p, c->currency);
	htmlpage_row_end(&w->p);
	return 1;
}

void runpagecustomers_amounts(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_INVOICES, 1 }, { HTMLWORDS_ENTRIES, 1 }, { HTMLWORDS_TRACKED, 1 }, { HTMLWORDS_BILLED, 1 }, { HTMLWORDS_NET, 1 },
		{ HTMLWORDS_TAX, 1 }, { HTMLWORDS_GROSS, 1 }, { HTMLWORDS_CURRENCY, 0 },
	};

	int64_t shown;

	if (w->d->invoices == 0)
		return;
	htmlpage_section(&w->p, "customers", HTMLWORDS_CUSTOMERS);
	htmlpage_table(&w->p, "customers", HTMLWORDS_CUSTOMERS, col, sizeof col / sizeof *col);
	shown = each_customer(w, put_amounts);
	htmlpage_table_sums(&w->p);
	for (int i = 0; i < w->d->ncurrencies; i++) {
		struct conserve_customer sum = w->total[i];

		sum.currency = w->d->currency[i].code;
		put_amounts(w, &sum, htmlpage_word(&w->p, HTMLWORDS_TOTAL));
	}
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, shown, (int64_t)w->in->report->ncustomers, "invoices.csv");
	htmlpage_close(&w->p);
}

/* A customer now and before. */
struct pair { const char *name, *id, *currency; int64_t before, already, now, differ; };

static int64_t absolute(int64_t v)
{
	return v < 0 ? -v : v;
}

/* The greatest differences first. */
static int by_difference(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int64_t p = absolute(x->differ), q = absolute(y->differ);
	int c = (p < q) - (p > q);

	if (c == 0)
		c = strcmp(x->name, y->name);
	if (c == 0)
		c = strcmp(x->id, y->id);
	return c != 0 ? c : strcmp(x->currency, y->currency);
}

static int compare_past(const struct conserve_customer *c, const struct runpage_past *p)
{
	int order = strcmp(c->company_id, p->company_id);

	return order != 0 ? order : strcmp(c->currency, p->currency);
}

/* Both lists are in the same order. */
static int pair_up(const struct runpageparts *w, struct pair *v, size_t *n, struct err *e)
{
	const struct report *r = w->in->report;
	size_t i = 0, k = 0;

	for (*n = 0; i < r->ncustomers || k < w->in->npast; ++*n) {
		int order = i == r->ncustomers ? 1 : k == w->in->npast ? -1 : compare_past(&r->customers[i], &w->in->past[k]);
		const struct conserve_customer *c = order <= 0 ? &r->customers[i++] : NULL;
		const struct runpage_past *p = order >= 0 ? &w->in->past[k++] : NULL;
		struct pair *x = &v[*n];

		*x = (struct pair){ .id = c != NULL ? c->company_id : p->company_id, .currency = c != NULL ? c->currency : p->currency };
		x->name = c != NULL || p->company == NULL ? runpageparts_company(w, x->id) : p->company;
		x->before = p != NULL ? p->before_minor : 0;
		x->already = p != NULL ? p->already_minor : 0;
		x->now = c != NULL ? c->net_minor : 0;
		if (num_add(&x->differ, x->now) < 0 || num_add(&x->differ, x->already) < 0 || num_add(&x->differ, -x->before) < 0)
			return err_set(e, ERR_SOFTWARE, "a difference overflows");
	}
	return 0;
}

static void put_pair(struct runpageparts *w, const struct pair *x, int already)
{
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, x->name);
	money(w, x->before, x->currency);
	if (already)
		money(w, x->already, x->currency);
	money(w, x->now, x->currency);
	change(w, x->differ, x->currency);
	htmlpage_figure_cell(&w->p, x->before != 0 ? x->differ : 0, x->before != 0 ? htmlpage_share(&w->p, x->differ, x->before) : htmlpage_word(&w->p, HTMLWORDS_NEW));
	htmlpage_text_cell(&w->p, x->currency);
	htmlpage_row_end(&w->p);
}

static int put_pairs(struct runpageparts *w, const struct pair *v, size_t n, struct err *e)
{
	struct htmlpage_column col[7] = { { HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_BEFORE, 1 } };
	struct pair sum[SUMMARYDATA_CURRENCIES_MAX + 1] = { { 0 } };
	size_t columns = 2, sums = 0, k;
	int already = 0;

	for (size_t i = 0; i < n; i++)
		already |= v[i].already != 0;
	if (already)
		col[columns++] = (struct htmlpage_column){ HTMLWORDS_ALREADY, 1 };
	col[columns++] = (struct htmlpage_column){ HTMLWORDS_NOW, 1 };
	col[columns++] = (struct htmlpage_column){ HTMLWORDS_DIFFERENCE, 1 };
	col[columns++] = (struct htmlpage_column){ HTMLWORDS_PERCENT, 1 };
	col[columns++] = (struct htmlpage_column){ HTMLWORDS_CURRENCY, 0 };
	htmlpage_table(&w->p, "comparison", HTMLWORDS_COMPARISON, col, columns);
	for (size_t i = 0; i < n; i++) {
		if (i < HTMLPAGE_ROWS)
			put_pair(w, &v[i], already);
		for (k = 0; k < sums && strcmp(sum[k].currency, v[i].currency) != 0; k++)
			;
		if (k == sizeof sum / sizeof *sum)
			return err_set(e, ERR_SOFTWARE, "more than %zu currencies", k);
		if (k == sums)
			sum[sums++] = (struct pair){ .name = htmlpage_word(&w->p, HTMLWORDS_TOTAL), .currency = v[i].currency };
		if (num_add(&sum[k].before, v[i].before) < 0 || num_add(&sum[k].already, v[i].already) < 0 || num_add(&sum[k].now, v[i].now) < 0 ||
		    num_add(&sum[k].differ, v[i].differ) < 0)
			return err_set(e, ERR_SOFTWARE, "a sum of differences overflows");
	}
	htmlpage_table_sums(&w->p);
	for (k = 0; k < sums; k++)
		put_pair(w, &sum[k], already);
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, n < HTMLPAGE_ROWS ? (int64_t)n : HTMLPAGE_ROWS, (int64_t)n, "invoices.csv");
	return 0;
}

int runpagecustomers_comparison(struct runpageparts *w, struct err *e)
{
	size_t n = w->in->report->ncustomers + w->in->npast;
	struct pair *v;
	int rc = -1;

	htmlpage_section(&w->p, "comparison", HTMLWORDS_COMPARISON);
	if (w->in->before == NULL || n == 0) {
		htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_NO_COMPARISON);
		htmlpage_close(&w->p);
		return 0;
	}
	htmlout_element(w->p.h, "p", HTMLOUT_ATTRS({ "class", "quiet" }), htmlpage_sentence(&w->p, HTMLWORDS_COMPARED_WITH, &(struct htmlpage_fill){ .period = w->in->before }));
	v = calloc(n, sizeof *v);
	if (v == NULL)
		return err_nomem(e);
	if (pair_up(w, v, &n, e) == 0) {
		qsort(v, n, sizeof *v, by_difference);
		rc = put_pairs(w, v, n, e);
	}
	free(v);
	htmlpage_close(&w->p);
	return rc;
}

static void put_project(struct runpageparts *w, const struct summarylines_row *x)
{
	static const enum htmlwords_key kind[] = { [OF_CORRECTION] = HTMLWORDS_CORRECTION, [OF_FEE] = HTMLWORDS_FEE, [OF_DISCOUNT] = HTMLWORDS_DISCOUNT };
	int is_time = x->what == OF_TIME;

	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, x->company);
	htmlout_open(w->p.h, "td", NULL);
	htmlout_text(w->p.h, x->project);
	if (!is_time)
		htmlout_element(w->p.h, "span", HTMLOUT_ATTRS({ "class", "tag" }), htmlpage_word(&w->p, kind[x->what]));
	else if (x->project == NULL)
		htmlout_text(w->p.h, template_text(w->p.t, TEMPLATE_NO_NAME));
	htmlout_close(w->p.h);
	if (is_time) {
		count(w, x->entries);
		hours(w, x->secs);
		hours(w, x->billed);
	} else {
		for (int i = 0; i < 3; i++)
			htmlpage_figure_cell(&w->p, 0, "–");
	}
	htmlpage_figure_cell(&w->p, x->price_e4, x->price_e4 != 0 || is_time ? htmlpage_rate(&w->p, x->price_e4) : "–");
	money(w, x->net_minor, x->currency);
	htmlpage_figure_cell(&w->p, x->pct_e2, htmlpage_percent(&w->p, x->pct_e2));
	htmlpage_text_cell(&w->p, x->currency);
	htmlpage_row_end(&w->p);
}

void runpagecustomers_projects(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_PROJECT, 0 }, { HTMLWORDS_ENTRIES, 1 }, { HTMLWORDS_TRACKED, 1 }, { HTMLWORDS_BILLED, 1 }, { HTMLWORDS_RATE, 1 },
		{ HTMLWORDS_NET, 1 }, { HTMLWORDS_TAX_RATE, 1 }, { HTMLWORDS_CURRENCY, 0 },
	};
	const struct summarydata_set *set = &w->d->set[BY_COMPANY];
	int64_t shown = 0;

	if (w->in->lines->n == 0)
		return;
	htmlpage_section(&w->p, "projects", HTMLWORDS_PROJECTS);
	htmlpage_table(&w->p, "projects", HTMLWORDS_PROJECTS, col, sizeof col / sizeof *col);
	/* Customers in the order of the table above; the rows of one lie together. */
	for (size_t i = 0; i < set->n && shown < HTMLPAGE_ROWS; i++) {
		size_t low = 0, high = w->in->lines->n;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (strcmp(w->in->lines->v[middle].company_id, set->v[i].key) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < w->in->lines->n && strcmp(w->in->lines->v[low].company_id, set->v[i].key) == 0 && shown < HTMLPAGE_ROWS; low++, shown++)
			put_project(w, &w->in->lines->v[low]);
	}
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, shown, (int64_t)w->in->lines->n, "lines.csv");
	htmlpage_close(&w->p);
}

static int is_rounded(const struct conserve_customer *c)
{
	return c->billed_secs != c->secs || c->lines_minor != c->value_minor;
}

static void put_rounding_row(struct runpageparts *w, const struct conserve_customer *c, const char *name)
{
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, name);
	hours(w, c->secs);
	hours(w, c->billed_secs);
	htmlpage_figure_cell(&w->p, c->billed_secs - c->secs, htmlpage_change(&w->p, c->billed_secs - c->secs));
	money(w, c->value_minor, c->currency);
	money(w, c->lines_minor, c->currency);
	change(w, c->lines_minor - c->value_minor, c->currency);
	htmlpage_text_cell(&w->p, c->currency);
	htmlpage_row_end(&w->p);
}

static int put_rounding(struct runpageparts *w, const struct conserve_customer *c, const char *name)
{
	if (!is_rounded(c))
		return 0;
	put_rounding_row(w, c, name);
	return 1;
}

void runpagecustomers_rounding(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_TRACKED, 1 }, { HTMLWORDS_BILLED, 1 }, { HTMLWORDS_DIFFERENCE_HOURS, 1 }, { HTMLWORDS_EXACT, 1 },
		{ HTMLWORDS_LINES, 1 }, { HTMLWORDS_GAIN, 1 }, { HTMLWORDS_CURRENCY, 0 },
	};
	int64_t rounded = 0, shown;

	for (size_t i = 0; i < w->in->report->ncustomers; i++)
		rounded += is_rounded(&w->in->report->customers[i]);
	htmlpage_section(&w->p, "rounding", HTMLWORDS_ROUNDING);
	if (rounded == 0) {
		htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_NO_ROUNDING);
		htmlpage_close(&w->p);
		return;
	}
	htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_ROUNDING_NOTE);
	htmlpage_table(&w->p, "rounding", HTMLWORDS_ROUNDING, col, sizeof col / sizeof *col);
	shown = each_customer(w, put_rounding);
	htmlpage_table_sums(&w->p);
	for (int i = 0; i < w->d->ncurrencies; i++) {
		struct conserve_customer sum = w->total[i];

		sum.currency = w->d->currency[i].code;
		put_rounding_row(w, &sum, htmlpage_word(&w->p, HTMLWORDS_TOTAL));
	}
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, shown, rounded, "run.json");
	htmlpage_close(&w->p);
}

/* runpageparts_prove() was here before: a page whose sums differ is not written. */
static int put_proof(struct runpageparts *w, const struct conserve_customer *c, const char *name)
{
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, name);
	money(w, c->value_minor, c->currency);
	change(w, c->lines_minor - c->value_minor, c->currency);
	money(w, c->lines_minor, c->currency);
	money(w, c->others_minor, c->currency);
	money(w, c->allowance_minor, c->currency);
	money(w, c->net_minor, c->currency);
	money(w, c->tax_minor, c->currency);
	money(w, c->gross_minor, c->currency);
	htmlpage_text_cell(&w->p, c->currency);
	htmlout_element(w->p.h, "td", HTMLOUT_ATTRS({ "class", "ok" }), htmlpage_word(&w->p, HTMLWORDS_BALANCES));
	htmlpage_row_end(&w->p);
	return 1;
}

static void put_equation(struct runpageparts *w, enum htmlwords_key what, int64_t read, int64_t billed, int64_t held)
{
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, htmlpage_word(&w->p, what));
	count(w, read);
	count(w, billed);
	count(w, held);
	htmlout_element(w->p.h, "td", HTMLOUT_ATTRS({ "class", "ok" }), htmlpage_word(&w->p, HTMLWORDS_BALANCES));
	htmlpage_row_end(&w->p);
}

static void put_equations(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = { { HTMLWORDS_WHAT, 0 }, { HTMLWORDS_READ, 1 }, { HTMLWORDS_OF_BILLED, 1 }, { HTMLWORDS_OF_HELD, 1 }, { HTMLWORDS_CHECK, 0 } };

	htmlpage_table(&w->p, "equations", HTMLWORDS_EQUATIONS, col, sizeof col / sizeof *col);
	put_equation(w, HTMLWORDS_ENTRIES, w->in->report->entries_fetched, w->d->entries, w->d->held_entries);
	put_equation(w, HTMLWORDS_SECONDS, w->in->report->secs_fetched, w->d->secs, w->d->held_secs);
	htmlpage_table_end(&w->p);
}

void runpagecustomers_proof(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_EXACT, 1 }, { HTMLWORDS_PLUS_ROUNDING, 1 }, { HTMLWORDS_IS_LINES, 1 }, { HTMLWORDS_PLUS_OTHERS, 1 },
		{ HTMLWORDS_MINUS_DISCOUNTS, 1 }, { HTMLWORDS_IS_NET, 1 }, { HTMLWORDS_PLUS_TAX, 1 }, { HTMLWORDS_IS_GROSS, 1 }, { HTMLWORDS_CURRENCY, 0 }, { HTMLWORDS_CHECK, 0 },
	};
	int64_t shown;

	htmlpage_section(&w->p, "proof", HTMLWORDS_PROOF);
	htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_PROOF_NOTE);
	put_equations(w);
	if (w->d->invoices > 0) {
		htmlpage_table(&w->p, "proof", HTMLWORDS_PROOF, col, sizeof col / sizeof *col);
		shown = each_customer(w, put_proof);
		htmlpage_table_sums(&w->p);
		for (int i = 0; i < w->d->ncurrencies; i++) {
			struct conserve_customer sum = w->total[i];

			sum.currency = w->d->currency[i].code;
			put_proof(w, &sum, htmlpage_word(&w->p, HTMLWORDS_TOTAL));
		}
		htmlpage_table_end(&w->p);
		htmlpage_more(&w->p, shown, (int64_t)w->in->report->ncustomers, "run.json");
	}
	htmlpage_close(&w->p);
}
