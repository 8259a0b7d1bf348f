#include "output/runpage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/runpagecustomers.h"
#include "output/runpageentries.h"

static int64_t noted(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->nnoted; i++)
		if (strcmp(r->noted[i].name, name) == 0)
			return r->noted[i].n;
	return 0;
}

static int64_t count_brakes(const struct report *r, int stop)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->nbrakes; i++)
		n += (strcmp(r->brakes[i].action, "stop") == 0) == stop;
	return n;
}

static const char *days(struct htmlpage *p, const struct period *x, char out[80])
{
	size_t n = (size_t)snprintf(out, 40, "%.36s", htmlpage_day(p, x->from));

	snprintf(out + n, 80 - n, " – %.36s", htmlpage_day(p, x->to - 1));
	return out;
}

static void put_head(struct runpageparts *w)
{
	struct htmlpage *p = &w->p;
	int draft = w->src->draft;
	char text[200];

	htmlout_open(p->h, "header", NULL);
	if (w->in->lines->seller != NULL)
		htmlout_element(p->h, "p", HTMLOUT_ATTRS({ "class", "seller" }), w->in->lines->seller);
	htmlout_open(p->h, "h1", NULL);
	htmlout_text(p->h, htmlpage_word(p, HTMLWORDS_TITLE));
	htmlout_text(p->h, " ");
	htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", "period" }), w->src->period.label);
	htmlout_text(p->h, " ");
	htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", draft ? "state draft" : "state" }, { "id", "state" }, { "data-state", draft ? "draft" : "issued" }),
	    htmlpage_word(p, draft ? HTMLWORDS_DRAFT : HTMLWORDS_ISSUED));
	htmlpage_close(p);
	htmlpage_put(p, "p", draft ? "notice" : "quiet", draft ? HTMLWORDS_DRAFT_NOTE : HTMLWORDS_ISSUED_NOTE);
	htmlout_open(p->h, "dl", HTMLOUT_ATTRS({ "class", "facts" }));
	htmlpage_fact(p, HTMLWORDS_PERIOD, days(p, &w->src->period, text));
	/* A run that is planned once more has another number and the same bytes: the script reads it off the name of the folder. */
	htmlout_open(p->h, "div", HTMLOUT_ATTRS({ "id", "run" }, { "hidden", "" }));
	htmlout_element(p->h, "dt", NULL, htmlpage_word(p, HTMLWORDS_RUN));
	htmlout_element(p->h, "dd", NULL, NULL);
	htmlpage_close(p);
	htmlpage_fact(p, HTMLWORDS_INVOICE_DATE, htmlpage_day(p, w->src->date));
	if (w->in->lines->first != NULL) {
		snprintf(text, sizeof text, strcmp(w->in->lines->first, w->in->lines->last) == 0 ? "%.90s" : "%.90s – %.90s", w->in->lines->first, w->in->lines->last);
		htmlpage_fact(p, HTMLWORDS_NUMBERS, text);
	}
	htmlpage_fact(p, HTMLWORDS_MADE, htmlpage_instant(p, w->in->made_utc));
	htmlpage_fact(p, HTMLWORDS_MADE_BY, w->in->tool);
	htmlpage_close(p);
	htmlpage_close(p);
}

/* One large figure. */
static void put_figure(struct runpageparts *w, enum htmlwords_key label, const char *class, const char *key, int64_t v, const char *text, const char *unit)
{
	struct htmlpage *p = &w->p;
	char whole[NUM_MAX];

	num_fmt(whole, v, 0);
	htmlout_open(p->h, "div", HTMLOUT_ATTRS({ "class", class }));
	htmlout_element(p->h, "dt", NULL, htmlpage_word(p, label));
	htmlout_open(p->h, "dd", HTMLOUT_ATTRS({ "data-key", key }, { "data-v", whole }));
	htmlout_text(p->h, text);
	if (unit != NULL) {
		htmlout_text(p->h, " ");
		htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", "unit" }), unit);
	}
	htmlout_close(p->h);
	htmlpage_close(p);
}

static void put_money(struct runpageparts *w)
{
	struct htmlpage *p = &w->p;

	for (int i = 0; i < w->d->ncurrencies; i++) {
		const struct summarydata_currency *c = &w->d->currency[i];

		htmlout_open(p->h, "dl", HTMLOUT_ATTRS({ "class", "figures money" }, { "data-currency", c->code }));
		put_figure(w, HTMLWORDS_NET, "main", "net", c->net, htmlpage_money(p, c->net, c->code), c->code);
		put_figure(w, HTMLWORDS_TAX, NULL, "tax", c->tax, htmlpage_money(p, c->tax, c->code), c->code);
		put_figure(w, HTMLWORDS_GROSS, NULL, "gross", c->gross, htmlpage_money(p, c->gross, c->code), c->code);
		htmlpage_close(p);
	}
}

static void put_counts(struct runpageparts *w)
{
	struct htmlpage *p = &w->p;
	const struct summarydata *d = w->d;

	htmlout_open(p->h, "dl", HTMLOUT_ATTRS({ "class", "figures" }));
	put_figure(w, HTMLWORDS_INVOICES, NULL, "invoices", d->invoices, htmlpage_count(p, d->invoices), NULL);
	put_figure(w, HTMLWORDS_ENTRIES_BILLED, NULL, "entries", d->entries, htmlpage_count(p, d->entries), NULL);
	put_figure(w, HTMLWORDS_TRACKED, NULL, "secs", d->secs, htmlpage_hours(p, d->secs), "h");
	put_figure(w, HTMLWORDS_BILLED, NULL, "billed", d->billed, htmlpage_hours(p, d->billed), "h");
	put_figure(w, HTMLWORDS_HOURS_HELD, NULL, "held", d->held_secs, htmlpage_hours(p, d->held_secs), "h");
	htmlpage_close(p);
}

static void put_taxes(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = { { HTMLWORDS_TAX_CATEGORY, 0 }, { HTMLWORDS_TAX_RATE, 1 }, { HTMLWORDS_TAX_BASE, 1 }, { HTMLWORDS_TAX, 1 }, { HTMLWORDS_CURRENCY, 0 } };
	struct htmlpage *p = &w->p;

	htmlpage_table(p, "taxes", HTMLWORDS_TAXES, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < w->d->ntax; i++) {
		const struct summarydata_tax *x = &w->d->tax[i];
		const char *currency = w->d->currency[x->currency].code;

		htmlpage_row(p);
		htmlpage_head_cell(p, x->category);
		htmlpage_figure_cell(p, x->pct_e2, htmlpage_percent(p, x->pct_e2));
		htmlpage_figure_cell(p, x->base, htmlpage_money(p, x->base, currency));
		htmlpage_figure_cell(p, x->tax, htmlpage_money(p, x->tax, currency));
		htmlpage_text_cell(p, currency);
		htmlpage_row_end(p);
	}
	htmlpage_table_end(p);
}

/* A line of what a person should look at; href: where. */
static int put_item(struct runpageparts *w, int64_t n, enum htmlwords_key k, const char *href, const char *class)
{
	struct htmlpage *p = &w->p;
	char number[NUM_MAX];
	const char *text;

	if (n == 0)
		return 0;
	snprintf(number, sizeof number, "%s", htmlpage_count(p, n));
	text = htmlpage_sentence(p, k, &(struct htmlpage_fill){ .n = number });
	htmlout_open(p->h, "li", HTMLOUT_ATTRS({ "class", class }));
	if (href != NULL)
		htmlout_element(p->h, "a", HTMLOUT_ATTRS({ "href", href }), text);
	else
		htmlout_text(p->h, text);
	htmlpage_close(p);
	return 1;
}

static void put_look(struct runpageparts *w)
{
	const struct report *r = w->in->report;
	const struct { int64_t n; enum htmlwords_key k; const char *href, *class; } items[] = {
		{ count_brakes(r, 1), HTMLWORDS_LOOK_STOPS, "#brakes", "bad" }, { r->shortfall, HTMLWORDS_LOOK_SHORTFALL, NULL, "bad" },
		{ noted(r, "disputed"), HTMLWORDS_LOOK_DISPUTED, NULL, "bad" }, { noted(r, "undated"), HTMLWORDS_LOOK_UNDATED, NULL, "bad" },
		{ noted(r, "fees_held"), HTMLWORDS_LOOK_FEES, NULL, NULL }, { noted(r, "unbooked"), HTMLWORDS_LOOK_UNBOOKED, NULL, NULL },
		{ w->d->held_entries, HTMLWORDS_LOOK_HELD, "#held", NULL }, { w->d->late, HTMLWORDS_LOOK_LATE, "#late", NULL },
		{ count_brakes(r, 0), HTMLWORDS_LOOK_BRAKES, "#brakes", NULL },
	};
	int any = 0;

	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		any |= items[i].n != 0;
	htmlpage_section(&w->p, "look", HTMLWORDS_LOOK);
	if (any) {
		htmlout_open(w->p.h, "ul", HTMLOUT_ATTRS({ "class", "look" }));
		for (size_t i = 0; i < sizeof items / sizeof *items; i++)
			put_item(w, items[i].n, items[i].k, items[i].href, items[i].class);
		htmlpage_close(&w->p);
	} else {
		htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_LOOK_NOTHING);
	}
	htmlpage_close(&w->p);
}

static void put_nav(struct runpageparts *w)
{
	const struct report *r = w->in->report;
	const struct { const char *href; enum htmlwords_key k; int there; } places[] = {
		{ "#customers", HTMLWORDS_CUSTOMERS, w->d->invoices > 0 }, { "#comparison", HTMLWORDS_COMPARISON, 1 }, { "#projects", HTMLWORDS_PROJECTS, w->in->lines->n > 0 },
		{ "#hours", HTMLWORDS_HOURS, w->d->secs > 0 || w->d->held_secs > 0 }, { "#held", HTMLWORDS_HELD, 1 }, { "#rounding", HTMLWORDS_ROUNDING, 1 },
		{ "#proof", HTMLWORDS_PROOF, 1 }, { "#brakes", HTMLWORDS_BRAKES, r->nbrakes > 0 }, { "#invoices", HTMLWORDS_INVOICES, w->d->invoices > 0 },
		{ "#late", HTMLWORDS_LATE, 1 }, { "#held-list", HTMLWORDS_HELD_LIST, w->d->held_entries > 0 },
	};

	htmlout_open(w->p.h, "nav", HTMLOUT_ATTRS({ "aria-label", htmlpage_word(&w->p, HTMLWORDS_CONTENTS) }));
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (places[i].there)
			htmlout_element(w->p.h, "a", HTMLOUT_ATTRS({ "href", places[i].href }), htmlpage_word(&w->p, places[i].k));
	htmlpage_close(&w->p);
}

static void put_sum(struct runpageparts *w)
{
	htmlpage_section(&w->p, "sum", HTMLWORDS_SUM);
	if (w->d->invoices == 0)
		htmlpage_put(&w->p, "p", "nothing", HTMLWORDS_NOTHING_TO_BILL);
	put_money(w);
	put_counts(w);
	if (w->d->ntax > 0)
		put_taxes(w);
	htmlpage_close(&w->p);
}

static void put_foot(struct runpageparts *w)
{
	static const char *const files[] = { "summary.xlsx", "invoices.csv", "lines.csv", "entries.csv", "held.csv", "run.json" };

	htmlpage_foot(&w->p, files, sizeof files / sizeof *files);
}

static int put_all(struct runpageparts *w, struct err *e)
{
	put_head(w);
	htmlout_open(w->p.h, "main", HTMLOUT_ATTRS({ "id", "main" }));
	put_sum(w);
	put_look(w);
	put_nav(w);
	runpagecustomers_amounts(w);
	if (runpagecustomers_comparison(w, e) < 0)
		return -1;
	runpagecustomers_projects(w);
	runpageentries_hours(w);
	runpageentries_held(w);
	runpagecustomers_rounding(w);
	runpagecustomers_proof(w);
	runpageentries_brakes(w);
	/* Long lists come last. */
	if (runpageentries_invoices(w, e) < 0)
		return -1;
	runpageentries_late(w);
	runpageentries_held_list(w);
	htmlpage_close(&w->p);
	put_foot(w);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp((*(const struct summarydata_group *const *)a)->key, (*(const struct summarydata_group *const *)b)->key);
}

static int index_companies(struct runpageparts *w, struct err *e)
{
	const struct summarydata_set *set = &w->d->set[BY_COMPANY];

	w->by_key = calloc(set->n + 1, sizeof *w->by_key);
	if (w->by_key == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < set->n; i++)
		w->by_key[i] = &set->v[i];
	if (set->n > 0)
		qsort(w->by_key, set->n, sizeof *w->by_key, by_key);
	return 0;
}

static int write_page(struct runpageparts *w, const struct template *t, const char *path, struct err *e)
{
	struct htmlpage *p = &w->p;
	char title[128];

	snprintf(title, sizeof title, "%.40s %.32s%s%.20s", htmlwords_text(htmlwords_german(w->in->language), HTMLWORDS_TITLE), w->src->period.label,
	    w->src->draft ? " – " : "", w->src->draft ? htmlwords_text(htmlwords_german(w->in->language), HTMLWORDS_DRAFT) : "");
	if (htmlpage_begin(p, path, title, w->in->language, t, e) < 0)
		return -1;
	return htmlpage_end(p, put_all(w, e), e);
}

int runpage_write(const struct runpage *in, const struct source *src, const struct summarydata *d, const struct template *t, const char *path, struct err *e)
{
	struct runpageparts w = { .in = in, .src = src, .d = d };
	int rc = index_companies(&w, e) < 0 || runpageparts_prove(&w, e) < 0 || write_page(&w, t, path, e) < 0 ? -1 : 0;

	free(w.by_key);
	return rc;
}
