#include "output/runpageentries.h"

#include <stdio.h>
#include <string.h>

#include "output/htmlchart.h"
#include "output/safename.h"

#define TOP 10 /* customers in the picture; the table has all */

/* Texts of bars live while their picture is written. */
struct bars {
	struct htmlchart_bar v[SUMMARYWEEKS_MAX + 2];
	char label[SUMMARYWEEKS_MAX + 2][64], value[SUMMARYWEEKS_MAX + 2][NUM_MAX];
	size_t n;
};

static void add_bar(struct runpageparts *w, struct bars *b, const char *label, int64_t secs, int64_t held, int whole)
{
	struct htmlchart_bar *x = &b->v[b->n];
	int overflow = 0;

	/* Above narrow columns there is room for whole hours only. */
	snprintf(b->value[b->n], NUM_MAX, "%s h", whole ? htmlpage_count(&w->p, num_div_round((__int128)secs + held, 3600, &overflow)) : htmlpage_hours(&w->p, secs + held));
	*x = (struct htmlchart_bar){ .label = label, .value = b->value[b->n], .v = { secs, held } };
	b->n++;
}

static void open_figure(struct runpageparts *w, enum htmlwords_key heading)
{
	htmlout_open(w->p.h, "figure", NULL);
	htmlpage_put(&w->p, "figcaption", NULL, heading);
}

static void put_legend(struct runpageparts *w)
{
	htmlout_open(w->p.h, "p", HTMLOUT_ATTRS({ "class", "legend" }));
	htmlout_element(w->p.h, "span", HTMLOUT_ATTRS({ "class", "k0" }), htmlpage_word(&w->p, HTMLWORDS_OF_BILLED));
	htmlout_element(w->p.h, "span", HTMLOUT_ATTRS({ "class", "k1" }), htmlpage_word(&w->p, HTMLWORDS_OF_HELD));
	htmlpage_close(&w->p);
}

/* Billed against held, as tracked. */
static void put_shares(struct runpageparts *w)
{
	struct bars b = { .n = 0 };

	open_figure(w, HTMLWORDS_CHART_SHARES);
	add_bar(w, &b, htmlpage_word(&w->p, HTMLWORDS_OF_BILLED), w->d->secs, 0, 0);
	add_bar(w, &b, htmlpage_word(&w->p, HTMLWORDS_OF_HELD), 0, w->d->held_secs, 0);
	htmlchart_bars(w->p.h, &(struct htmlchart){ .id = "c-shares", .title = htmlpage_word(&w->p, HTMLWORDS_CHART_SHARES),
		.desc = htmlpage_word(&w->p, HTMLWORDS_CHART_SHARES_DESC), .bars = b.v, .n = b.n });
	htmlpage_close(&w->p);
}

static void put_companies(struct runpageparts *w)
{
	const struct summarydata_set *set = &w->d->set[BY_COMPANY];
	struct bars b = { .n = 0 };
	char top[NUM_MAX];

	if (set->n == 0)
		return;
	open_figure(w, HTMLWORDS_CHART_COMPANIES);
	for (size_t i = 0; i < set->n && i < TOP; i++)
		add_bar(w, &b, set->v[i].name != NULL ? set->v[i].name : template_text(w->p.t, TEMPLATE_NO_NAME), set->v[i].billed, 0, 0);
	htmlchart_bars(w->p.h, &(struct htmlchart){ .id = "c-companies", .title = htmlpage_word(&w->p, HTMLWORDS_CHART_COMPANIES),
		.desc = htmlpage_word(&w->p, HTMLWORDS_CHART_COMPANIES_DESC), .bars = b.v, .n = b.n });
	if (set->n > TOP) {
		num_fmt(top, TOP, 0);
		htmlout_element(w->p.h, "p", HTMLOUT_ATTRS({ "class", "quiet" }), htmlpage_sentence(&w->p, HTMLWORDS_CHART_TOP, &(struct htmlpage_fill){ .n = top }));
	}
	htmlpage_close(&w->p);
}

/* "44", "10/2026" or "2026". */
static void name_span(const struct summaryweeks *x, const struct summaryweeks_span *s, char out[64])
{
	struct date_ymd day = date_to_ymd(s->from);

	if (x->unit == SUMMARYWEEKS_WEEK)
		snprintf(out, 64, "%d", summaryweeks_number(s->from));
	else if (x->unit == SUMMARYWEEKS_MONTH)
		snprintf(out, 64, "%d/%d", day.month, day.year);
	else
		snprintf(out, 64, "%d", day.year);
}

static enum htmlwords_key unit_of(const struct summaryweeks *x)
{
	return x->unit == SUMMARYWEEKS_WEEK ? HTMLWORDS_WEEK : x->unit == SUMMARYWEEKS_MONTH ? HTMLWORDS_MONTH : HTMLWORDS_YEAR;
}

static void put_span(struct runpageparts *w, const char *name, const struct summaryweeks_span *s, const char *days)
{
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, name);
	htmlpage_code_cell(&w->p, days);
	htmlpage_figure_cell(&w->p, s->secs, htmlpage_hours(&w->p, s->secs));
	htmlpage_figure_cell(&w->p, s->held, htmlpage_hours(&w->p, s->held));
	htmlpage_row_end(&w->p);
}

static int has_time(const struct summaryweeks_span *s)
{
	return s->secs != 0 || s->held != 0;
}

/* The figures of the columns. */
static void put_weeks_table(struct runpageparts *w)
{
	const struct summaryweeks *x = &w->d->weeks;
	const struct summaryweeks_span sum = { .secs = w->d->secs, .held = w->d->held_secs };
	const struct htmlpage_column col[] = { { unit_of(x), 0 }, { HTMLWORDS_DAYS, 0 }, { HTMLWORDS_OF_BILLED, 1 }, { HTMLWORDS_OF_HELD, 1 } };

	htmlpage_table(&w->p, "weeks", HTMLWORDS_CHART_WEEKS, col, 4);
	if (has_time(&x->earlier))
		put_span(w, htmlpage_word(&w->p, HTMLWORDS_EARLIER), &x->earlier, NULL);
	for (size_t i = 0; i < x->n; i++) {
		char name[64], days[64];
		size_t n;

		name_span(x, &x->v[i], name);
		n = (size_t)snprintf(days, 32, "%.28s", htmlpage_day(&w->p, x->v[i].from));
		snprintf(days + n, sizeof days - n, " – %.28s", htmlpage_day(&w->p, x->v[i].to - 1));
		put_span(w, name, &x->v[i], days);
	}
	if (has_time(&x->undated))
		put_span(w, htmlpage_word(&w->p, HTMLWORDS_UNDATED), &x->undated, NULL);
	htmlpage_table_sums(&w->p);
	put_span(w, htmlpage_word(&w->p, HTMLWORDS_TOTAL), &sum, NULL);
	htmlpage_table_end(&w->p);
}

static void put_weeks(struct runpageparts *w)
{
	const struct summaryweeks *x = &w->d->weeks;
	struct bars b = { .n = 0 };

	open_figure(w, HTMLWORDS_CHART_WEEKS);
	if (has_time(&x->earlier))
		add_bar(w, &b, htmlpage_word(&w->p, HTMLWORDS_EARLIER), x->earlier.secs, x->earlier.held, 1);
	for (size_t i = 0; i < x->n; i++) {
		name_span(x, &x->v[i], b.label[b.n]);
		add_bar(w, &b, b.label[b.n], x->v[i].secs, x->v[i].held, 1);
	}
	put_legend(w);
	htmlchart_columns(w->p.h, &(struct htmlchart){ .id = "c-weeks", .title = htmlpage_word(&w->p, HTMLWORDS_CHART_WEEKS),
		.desc = htmlpage_word(&w->p, HTMLWORDS_CHART_WEEKS_DESC), .bars = b.v, .n = b.n, .unit = 3600 });
	put_weeks_table(w);
	htmlpage_close(&w->p);
}

void runpageentries_hours(struct runpageparts *w)
{
	if (w->d->secs == 0 && w->d->held_secs == 0)
		return;
	htmlpage_section(&w->p, "hours", HTMLWORDS_HOURS);
	htmlout_open(w->p.h, "div", HTMLOUT_ATTRS({ "class", "charts" }));
	htmlout_open(w->p.h, "div", NULL);
	put_shares(w);
	put_companies(w);
	htmlpage_close(&w->p);
	put_weeks(w);
	htmlpage_close(&w->p);
	htmlpage_close(&w->p);
}

_Static_assert(SUMMARYDATA_HELD_MAX == HTMLPAGE_ROWS, "the list of held entries is as long as a table may be");

static void put_held(struct htmlpage *p, const struct summarydata_held *x)
{
	htmlpage_row(p);
	htmlout_element(p->h, "th", HTMLOUT_ATTRS({ "scope", "row" }, { "data-reason", x->reason }, { "data-id", x->id }), htmlwords_reason(p->german, x->reason));
	htmlpage_day_cell(p, x->date);
	htmlpage_text_cell(p, x->company);
	htmlpage_text_cell(p, x->project);
	htmlpage_text_cell(p, x->task);
	htmlpage_text_cell(p, x->user);
	if (x->has_secs)
		htmlpage_figure_cell(p, x->secs, htmlpage_hours(p, x->secs));
	else
		htmlpage_figure_cell(p, 0, "–");
	htmlpage_text_cell(p, x->note);
	htmlpage_row_end(p);
}

void runpageentries_held_list(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_REASON, 0 }, { HTMLWORDS_DATE, 0 }, { HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_PROJECT, 0 }, { HTMLWORDS_TASK, 0 }, { HTMLWORDS_USER, 0 },
		{ HTMLWORDS_TRACKED, 1 }, { HTMLWORDS_NOTE, 0 },
	};

	if (w->d->held_entries == 0)
		return;
	htmlpage_section(&w->p, "held-list", HTMLWORDS_HELD_LIST);
	htmlpage_table(&w->p, "held", HTMLWORDS_HELD_LIST, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < w->d->nheld_v; i++)
		put_held(&w->p, &w->d->held_v[i]);
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, (int64_t)w->d->nheld_v, w->d->held_entries, "held.csv");
	htmlpage_close(&w->p);
}

static void put_reasons(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = { { HTMLWORDS_REASON, 0 }, { HTMLWORDS_ENTRIES, 1 }, { HTMLWORDS_TRACKED, 1 }, { HTMLWORDS_WHAT_TO_DO, 0 } };

	htmlpage_table(&w->p, "reasons", HTMLWORDS_HELD, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < w->d->nheld; i++) {
		const struct summarydata_reason *r = &w->d->held[i];

		htmlpage_row(&w->p);
		htmlout_element(w->p.h, "th", HTMLOUT_ATTRS({ "scope", "row" }, { "data-reason", r->name }), htmlwords_reason(w->p.german, r->name));
		htmlpage_figure_cell(&w->p, r->entries, htmlpage_count(&w->p, r->entries));
		htmlpage_figure_cell(&w->p, r->secs, htmlpage_hours(&w->p, r->secs));
		htmlout_element(w->p.h, "td", HTMLOUT_ATTRS({ "class", "wide" }), htmlwords_advice(w->p.german, r->name));
		htmlpage_row_end(&w->p);
	}
	htmlpage_table_sums(&w->p);
	htmlpage_row(&w->p);
	htmlpage_head_cell(&w->p, htmlpage_word(&w->p, HTMLWORDS_TOTAL));
	htmlpage_figure_cell(&w->p, w->d->held_entries, htmlpage_count(&w->p, w->d->held_entries));
	htmlpage_figure_cell(&w->p, w->d->held_secs, htmlpage_hours(&w->p, w->d->held_secs));
	htmlout_element(w->p.h, "td", NULL, "");
	htmlpage_row_end(&w->p);
	htmlpage_table_end(&w->p);
}

void runpageentries_held(struct runpageparts *w)
{
	htmlpage_section(&w->p, "held", HTMLWORDS_HELD);
	htmlpage_put(&w->p, "p", "quiet", w->d->held_entries > 0 ? HTMLWORDS_HELD_NOTE : HTMLWORDS_NO_HELD);
	if (w->d->held_entries > 0)
		put_reasons(w);
	htmlpage_close(&w->p);
}

void runpageentries_late(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_DATE, 0 }, { HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_PROJECT, 0 }, { HTMLWORDS_USER, 0 }, { HTMLWORDS_TRACKED, 1 }, { HTMLWORDS_BILLED, 1 },
		{ HTMLWORDS_INVOICE, 0 },
	};

	htmlpage_section(&w->p, "late", HTMLWORDS_LATE);
	if (w->d->late == 0) {
		htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_NO_LATE);
		htmlpage_close(&w->p);
		return;
	}
	htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_LATE_NOTE);
	htmlpage_table(&w->p, "late", HTMLWORDS_LATE, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < w->d->nlate; i++) {
		const struct summarydata_late *x = &w->d->late_v[i];

		htmlpage_row(&w->p);
		htmlpage_day_cell(&w->p, x->date);
		htmlpage_text_cell(&w->p, x->company);
		htmlpage_text_cell(&w->p, x->project);
		htmlpage_text_cell(&w->p, x->user);
		htmlpage_figure_cell(&w->p, x->secs, htmlpage_hours(&w->p, x->secs));
		htmlpage_figure_cell(&w->p, x->billed, htmlpage_hours(&w->p, x->billed));
		htmlpage_code_cell(&w->p, x->invoice);
		htmlpage_row_end(&w->p);
	}
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, (int64_t)w->d->nlate, w->d->late, "entries.csv");
	htmlpage_close(&w->p);
}

void runpageentries_brakes(struct runpageparts *w)
{
	static const struct htmlpage_column col[] = { { HTMLWORDS_BRAKE, 0 }, { HTMLWORDS_ACTION, 0 }, { HTMLWORDS_FINDING, 0 } };
	const struct report *r = w->in->report;

	if (r->nbrakes == 0)
		return;
	htmlpage_section(&w->p, "brakes", HTMLWORDS_BRAKES);
	htmlpage_put(&w->p, "p", "quiet", HTMLWORDS_BRAKES_NOTE);
	htmlpage_table(&w->p, "brakes", HTMLWORDS_BRAKES, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < r->nbrakes && i < HTMLPAGE_ROWS; i++) {
		const struct report_brake *x = &r->brakes[i];
		int stops = strcmp(x->action, "stop") == 0;

		htmlpage_row(&w->p);
		htmlout_element(w->p.h, "th", HTMLOUT_ATTRS({ "scope", "row" }, { "data-brake", x->brake }), htmlwords_brake(w->p.german, x->brake));
		htmlout_open(w->p.h, "td", NULL);
		htmlout_element(w->p.h, "span", HTMLOUT_ATTRS({ "class", stops ? "tag bad" : "tag" }, { "data-action", x->action }), htmlwords_action(w->p.german, x->action));
		htmlout_close(w->p.h);
		htmlout_element(w->p.h, "td", HTMLOUT_ATTRS({ "class", "wide" }, { "lang", "en" }), x->what);
		htmlpage_row_end(&w->p);
	}
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, HTMLPAGE_ROWS, (int64_t)r->nbrakes, "run.json");
	htmlpage_close(&w->p);
}

struct invoices { struct runpageparts *w; int64_t shown; };

/* The files of a document beside the page. */
static void put_links(struct runpageparts *w, const struct invoice *v)
{
	static const struct { unsigned format; const char *extension, *name; } files[] = {
		{ FORMAT_XLSX, "xlsx", "XLSX" }, { FORMAT_CSV, "csv", "CSV" }, { FORMAT_XRECHNUNG, "xml", "XRechnung" },
	};
	int first = 1;

	htmlout_open(w->p.h, "td", NULL);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char name[SAFENAME_MAX], path[SAFENAME_MAX + 16];

		if ((v->formats & files[i].format) == 0)
			continue;
		snprintf(path, sizeof path, "invoices/%s", safename_invoice(name, sizeof name, v->number, v->buyer.name, files[i].extension));
		if (!first)
			htmlout_text(w->p.h, " ");
		htmlout_element(w->p.h, "a", HTMLOUT_ATTRS({ "href", path }), files[i].name);
		first = 0;
	}
	htmlout_close(w->p.h);
}

static int on_invoice(void *arg, const struct invoice *v, struct err *e)
{
	struct invoices *l = arg;
	struct htmlpage *p = &l->w->p;

	(void)e;
	if (l->shown == HTMLPAGE_ROWS)
		return -1;
	l->shown++;
	htmlpage_row(p);
	htmlpage_head_cell(p, v->number);
	htmlpage_text_cell(p, v->buyer.name);
	htmlpage_day_cell(p, v->date);
	htmlpage_day_cell(p, v->due);
	htmlpage_figure_cell(p, v->entries, htmlpage_count(p, v->entries));
	htmlpage_figure_cell(p, v->billed_secs, htmlpage_hours(p, v->billed_secs));
	htmlpage_figure_cell(p, v->net_minor, htmlpage_money(p, v->net_minor, v->currency));
	htmlpage_figure_cell(p, v->tax_minor, htmlpage_money(p, v->tax_minor, v->currency));
	htmlpage_figure_cell(p, v->gross_minor, htmlpage_money(p, v->gross_minor, v->currency));
	htmlpage_text_cell(p, v->currency);
	put_links(l->w, v);
	htmlpage_row_end(p);
	return 0;
}

int runpageentries_invoices(struct runpageparts *w, struct err *e)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_NUMBER, 0 }, { HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_DATE, 0 }, { HTMLWORDS_DUE, 0 }, { HTMLWORDS_ENTRIES, 1 }, { HTMLWORDS_BILLED, 1 },
		{ HTMLWORDS_NET, 1 }, { HTMLWORDS_TAX, 1 }, { HTMLWORDS_GROSS, 1 }, { HTMLWORDS_CURRENCY, 0 }, { HTMLWORDS_FILES, 0 },
	};
	struct invoices l = { .w = w };

	if (w->d->invoices == 0)
		return 0;
	htmlpage_section(&w->p, "invoices", HTMLWORDS_INVOICES);
	htmlpage_table(&w->p, "invoices", HTMLWORDS_INVOICES, col, sizeof col / sizeof *col);
	if (w->src->heads(w->src->ctx, on_invoice, &l, e) < 0 && e->code != ERR_OK)
		return -1;
	htmlpage_table_end(&w->p);
	htmlpage_more(&w->p, l.shown, w->d->invoices, "invoices.csv");
	htmlpage_close(&w->p);
	return 0;
}
