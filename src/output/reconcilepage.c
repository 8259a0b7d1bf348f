#include "output/reconcilepage.h"

#include <stdio.h>
#include <string.h>

#include "output/htmlpage.h"

struct writing {
	struct htmlpage p;
	const struct reconcile_report *r;
};

static int is_damaged(const struct reconcile_report *r)
{
	for (size_t i = 0; i < r->nsums; i++)
		if (reconcile_is_damage(r->sums[i].class) && r->sums[i].n > 0)
			return 1;
	return 0;
}

static void put_head(struct writing *w, int64_t made_utc, const char *tool)
{
	const struct reconcile_report *r = w->r;
	struct htmlpage *p = &w->p;
	int damaged = is_damaged(r), differs = damaged || r->unfinished != NULL || reconcile_differences(r) > 0;
	char days[80];
	size_t n;

	htmlout_open(p->h, "header", NULL);
	htmlout_open(p->h, "h1", NULL);
	htmlout_text(p->h, htmlpage_word(p, HTMLWORDS_RECONCILIATION));
	htmlout_text(p->h, " ");
	htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", "period" }), r->period.label);
	htmlout_text(p->h, " ");
	htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", differs ? "state bad" : "state" }, { "id", "state" },
	    { "data-state", damaged ? "damaged" : differs ? "differs" : "agrees" }), htmlpage_word(p, damaged ? HTMLWORDS_DAMAGED : differs ? HTMLWORDS_DIFFERS : HTMLWORDS_AGREES));
	htmlpage_close(p);
	htmlpage_put(p, "p", "quiet", HTMLWORDS_RECONCILE_NOTE);
	if (r->unfinished != NULL)
		htmlout_element(p->h, "p", HTMLOUT_ATTRS({ "class", "notice" }), htmlpage_sentence(p, HTMLWORDS_UNFINISHED, &(struct htmlpage_fill){ .n = r->unfinished }));
	htmlout_open(p->h, "dl", HTMLOUT_ATTRS({ "class", "facts" }));
	n = (size_t)snprintf(days, 40, "%.36s", htmlpage_day(p, r->period.from));
	snprintf(days + n, sizeof days - n, " – %.36s", htmlpage_day(p, r->period.to - 1));
	htmlpage_fact(p, HTMLWORDS_PERIOD, days);
	htmlpage_fact(p, HTMLWORDS_MADE, htmlpage_instant(p, made_utc));
	htmlpage_fact(p, HTMLWORDS_MADE_BY, tool);
	htmlpage_close(p);
	htmlpage_close(p);
}

static enum htmlwords_key meaning(enum reconcile_class c)
{
	return reconcile_is_damage(c) ? HTMLWORDS_IS_DAMAGE : reconcile_is_difference(c) ? HTMLWORDS_IS_DIFFERENCE : HTMLWORDS_IS_INFORMATION;
}

static void put_money_cells(struct htmlpage *p, int has_money, int has_sign, int64_t minor, const char *currency)
{
	if (has_money)
		htmlpage_figure_cell(p, minor, has_sign ? htmlpage_signed(p, minor, currency) : htmlpage_money(p, minor, currency));
	else
		htmlpage_figure_cell(p, 0, "–");
	htmlpage_text_cell(p, has_money ? currency : NULL);
}

static void put_class(struct htmlpage *p, enum reconcile_class c)
{
	htmlout_element(p->h, "th", HTMLOUT_ATTRS({ "scope", "row" }, { "data-class", reconcile_name(c) }), htmlwords_class(p->german, reconcile_name(c)));
}

static void put_sums(struct writing *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_CLASS, 0 }, { HTMLWORDS_COUNT, 1 }, { HTMLWORDS_HOURS_OFF, 1 }, { HTMLWORDS_MONEY, 1 }, { HTMLWORDS_CURRENCY, 0 }, { HTMLWORDS_MEANING, 0 },
	};
	struct htmlpage *p = &w->p;

	htmlpage_section(p, "classes", HTMLWORDS_CLASSES);
	htmlpage_table(p, "classes", HTMLWORDS_CLASSES, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < w->r->nsums; i++) {
		const struct reconcile_sum *s = &w->r->sums[i];

		htmlpage_row(p);
		put_class(p, s->class);
		htmlpage_figure_cell(p, s->n, htmlpage_count(p, s->n));
		htmlpage_figure_cell(p, s->secs, htmlpage_hours(p, s->secs));
		put_money_cells(p, s->currency[0] != '\0', reconcile_is_difference(s->class), s->minor, s->currency);
		htmlout_open(p->h, "td", NULL);
		htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", reconcile_is_difference(s->class) ? "tag bad" : "tag" }), htmlpage_word(p, meaning(s->class)));
		htmlout_close(p->h);
		htmlpage_row_end(p);
	}
	htmlpage_table_end(p);
	if (w->r->remarked > 0 || w->r->proposed > 0 || w->r->withdrawn > 0 || w->r->open_corrections > 0) {
		htmlout_open(p->h, "dl", HTMLOUT_ATTRS({ "class", "facts" }));
		htmlpage_fact(p, HTMLWORDS_REMARKED, htmlpage_count(p, w->r->remarked));
		htmlpage_fact(p, HTMLWORDS_PROPOSED, htmlpage_count(p, w->r->proposed));
		htmlpage_fact(p, HTMLWORDS_WITHDRAWN, htmlpage_count(p, w->r->withdrawn));
		htmlpage_fact(p, HTMLWORDS_OPEN_CORRECTIONS, htmlpage_count(p, w->r->open_corrections));
		htmlpage_close(p);
	}
	htmlpage_close(p);
}

static void put_finding(struct writing *w, const struct reconcile_finding *f)
{
	struct htmlpage *p = &w->p;
	char line[96] = "";

	htmlpage_row(p);
	put_class(p, f->class);
	if (f->invoice != NULL && f->pos > 0)
		snprintf(line, sizeof line, "%.80s:%d", f->invoice, f->pos);
	htmlout_open(p->h, "td", HTMLOUT_ATTRS({ "class", "wide" }));
	if (f->change != NULL && f->change[0] != '\0')
		htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "lang", "en" }), f->change);
	if (f->reason != NULL)
		htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", "tag" }), htmlwords_reason(p->german, f->reason));
	if (f->proposed)
		htmlout_element(p->h, "span", HTMLOUT_ATTRS({ "class", "tag" }), htmlpage_word(p, HTMLWORDS_OPEN_CORRECTION));
	htmlout_close(p->h);
	htmlpage_figure_cell(p, f->secs, htmlpage_change(p, f->secs));
	put_money_cells(p, f->has_money, 1, f->minor, f->currency);
	htmlpage_code_cell(p, line[0] != '\0' ? line : f->invoice);
	htmlpage_day_cell(p, f->date);
	htmlpage_text_cell(p, f->company);
	htmlpage_text_cell(p, f->project);
	htmlpage_text_cell(p, f->user);
	htmlpage_code_cell(p, f->entry);
	htmlpage_row_end(p);
}

static void put_findings(struct writing *w, int differences)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_CLASS, 0 }, { HTMLWORDS_CHANGE, 0 }, { HTMLWORDS_HOURS_OFF, 1 }, { HTMLWORDS_MONEY, 1 }, { HTMLWORDS_CURRENCY, 0 }, { HTMLWORDS_INVOICE, 0 },
		{ HTMLWORDS_DATE, 0 }, { HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_PROJECT, 0 }, { HTMLWORDS_USER, 0 }, { HTMLWORDS_ENTRY, 0 },
	};
	const char *id = differences ? "differences" : "information";
	enum htmlwords_key heading = differences ? HTMLWORDS_DIFFERENCES : HTMLWORDS_INFORMATION;
	struct htmlpage *p = &w->p;
	int64_t all = 0, shown = 0;

	for (size_t i = 0; i < w->r->n; i++)
		all += reconcile_is_difference(w->r->v[i].class) == differences;
	htmlpage_section(p, id, heading);
	if (all == 0) {
		htmlpage_put(p, "p", "quiet", HTMLWORDS_NO_DIFFERENCES);
		htmlpage_close(p);
		return;
	}
	htmlpage_table(p, id, heading, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < w->r->n && shown < HTMLPAGE_ROWS; i++)
		if (reconcile_is_difference(w->r->v[i].class) == differences) {
			put_finding(w, &w->r->v[i]);
			shown++;
		}
	htmlpage_table_end(p);
	htmlpage_more(p, shown, all, "reconcile.csv");
	htmlpage_close(p);
}

static void put_book(struct writing *w, const struct reconcile_book *k)
{
	struct htmlpage *p = &w->p;
	int64_t differ = k->has_theirs ? k->theirs_minor - k->ours_minor : -k->ours_minor;

	htmlpage_row(p);
	htmlpage_head_cell(p, k->number);
	htmlout_element(p->h, "td", HTMLOUT_ATTRS({ "data-class", reconcile_name(k->class) }), htmlwords_class(p->german, reconcile_name(k->class)));
	htmlpage_day_cell(p, k->date);
	htmlpage_text_cell(p, k->company);
	htmlpage_figure_cell(p, k->ours_minor, htmlpage_money(p, k->ours_minor, k->currency));
	if (k->has_theirs)
		htmlpage_figure_cell(p, k->theirs_minor, htmlpage_money(p, k->theirs_minor, k->currency));
	else
		htmlpage_figure_cell(p, 0, "–");
	htmlpage_figure_cell(p, differ, htmlpage_signed(p, differ, k->currency));
	htmlpage_text_cell(p, k->currency);
	htmlpage_text_cell(p, k->paid < 0 ? NULL : htmlpage_word(p, k->paid ? HTMLWORDS_YES : HTMLWORDS_NO));
	htmlpage_row_end(p);
}

static void put_books(struct writing *w)
{
	static const struct htmlpage_column col[] = {
		{ HTMLWORDS_INVOICE, 0 }, { HTMLWORDS_VERDICT, 0 }, { HTMLWORDS_DATE, 0 }, { HTMLWORDS_CUSTOMER, 0 }, { HTMLWORDS_OURS, 1 }, { HTMLWORDS_THEIRS, 1 },
		{ HTMLWORDS_DIFFERENCE, 1 }, { HTMLWORDS_CURRENCY, 0 }, { HTMLWORDS_PAID, 0 },
	};
	struct htmlpage *p = &w->p;
	size_t shown = w->r->nbook < HTMLPAGE_ROWS ? w->r->nbook : HTMLPAGE_ROWS;

	if (w->r->books == NULL)
		return;
	htmlpage_section(p, "books", HTMLWORDS_BOOKS);
	htmlout_element(p->h, "p", HTMLOUT_ATTRS({ "class", "quiet" }), htmlpage_sentence(p, HTMLWORDS_BOOKS_NOTE, &(struct htmlpage_fill){ .file = w->r->books }));
	htmlpage_table(p, "books", HTMLWORDS_BOOKS, col, sizeof col / sizeof *col);
	for (size_t i = 0; i < shown; i++)
		put_book(w, &w->r->book[i]);
	htmlpage_table_end(p);
	htmlpage_more(p, (int64_t)shown, (int64_t)w->r->nbook, "reconcile.xlsx");
	htmlpage_close(p);
}

static void put_foot(struct writing *w)
{
	static const char *const files[] = { "reconcile.xlsx", "reconcile.csv", "reconcile.json" };

	htmlpage_foot(&w->p, files, sizeof files / sizeof *files);
}

/* What the classes say is what the findings add up to; classes that are not listed have no findings. */
static int prove(const struct reconcile_report *r, struct err *e)
{
	for (size_t i = 0; i < r->nsums; i++) {
		const struct reconcile_sum *s = &r->sums[i];
		int64_t n = 0, secs = 0, minor = 0;

		if (!reconcile_is_difference(s->class))
			continue;
		for (size_t k = 0; k < r->n; k++) {
			const struct reconcile_finding *f = &r->v[k];

			if (f->class != s->class || strcmp(f->has_money ? f->currency : "", s->currency) != 0)
				continue;
			n++;
			if (num_add(&secs, f->secs) < 0 || num_add(&minor, f->has_money ? f->minor : 0) < 0)
				return err_set(e, ERR_SOFTWARE, "a sum of findings overflows");
		}
		if (n != s->n || secs != s->secs || minor != s->minor)
			return err_set(e, ERR_SOFTWARE, "the page does not balance: %s: %lld findings of %lld s, %lld of %lld s by class", reconcile_name(s->class), (long long)n,
			    (long long)secs, (long long)s->n, (long long)s->secs);
	}
	return 0;
}

int reconcilepage_write(const struct reconcile_report *r, const char *language, int64_t made_utc, const char *tool, const char *path, struct err *e)
{
	struct writing w = { .r = r };
	char title[96];

	snprintf(title, sizeof title, "%.40s %.32s", htmlwords_text(htmlwords_german(language), HTMLWORDS_RECONCILIATION), r->period.label);
	if (prove(r, e) < 0 || htmlpage_begin(&w.p, path, title, language, NULL, e) < 0)
		return -1;
	put_head(&w, made_utc, tool);
	htmlout_open(w.p.h, "main", HTMLOUT_ATTRS({ "id", "main" }));
	put_sums(&w);
	put_findings(&w, 1);
	put_books(&w);
	put_findings(&w, 0);
	htmlpage_close(&w.p);
	put_foot(&w);
	return htmlpage_end(&w.p, 0, e);
}
