#include "output/reconcilexlsx.h"

#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "base/text.h"
#include "billing/money.h"
#include "output/xlsx.h"

#define ROWS_MAX 1048000
#define FORMULA_MAX (8 * XLSX_REF_MAX)
#define ACCENT 0x1f4e79

enum { C_CLASS, C_ENTRY, C_INVOICE, C_LINE, C_DATE, C_COMPANY, C_PROJECT, C_USER, C_STATE, C_CHANGE, C_REASON, C_SECONDS, C_HOURS, C_MONEY, C_CURRENCY, C_CORRECTION,
	C_COLUMNS };
enum { B_NUMBER, B_VERDICT, B_DATE, B_CUSTOMER, B_OURS, B_THEIRS, B_DIFFERENCE, B_CURRENCY, B_THEIR_CURRENCY, B_PAID, B_COLUMNS };

struct heading { const char *text; int width; };

struct book {
	const struct reconcile_report *r;
	struct xlsx_sheet *summary, *findings, *forgotten, *books;
	int nfindings, nforgotten; /* rows */
	struct buf cell;
};

static int is_forgotten(enum reconcile_class c)
{
	return c == RECONCILE_FORGOTTEN || c == RECONCILE_HELD;
}

static void put_heads(struct xlsx_sheet *s, int row, const struct heading *h, int n)
{
	const struct xlsx_style style = { .bold = 1, .color = 0xffffff, .fill = ACCENT };

	for (int i = 0; i < n; i++) {
		xlsx_width(s, i, h[i].width);
		xlsx_text(s, row, i, &style, h[i].text);
	}
}

/* Text that people typed somewhere. */
static void put_text(struct book *b, struct xlsx_sheet *s, int row, int col, const char *text)
{
	if (text == NULL)
		return;
	buf_reuse(&b->cell);
	text_clean(&b->cell, text, 1);
	xlsx_text(s, row, col, &(struct xlsx_style){ .align = XLSX_LEFT }, buf_text(&b->cell));
}

static const char *money_format(const char *currency)
{
	switch (money_decimals(currency)) {
	case 0:
		return "#,##0";
	case 3:
		return "#,##0.000";
	default:
		return "#,##0.00";
	}
}

static void put_money(struct xlsx_sheet *s, int row, int col, int64_t minor, const char *currency)
{
	const struct xlsx_style style = { .align = XLSX_RIGHT, .num = money_format(currency) };

	xlsx_dec(s, row, col, &style, minor, money_decimals(currency));
}

/* Hours as a number: a spreadsheet program cannot show a negative duration. */
static void put_hours(struct xlsx_sheet *s, int row, int seconds, int col, int64_t secs)
{
	const struct xlsx_style style = { .align = XLSX_RIGHT, .num = "#,##0.00" };
	char formula[FORMULA_MAX], ref[XLSX_REF_MAX];

	snprintf(formula, sizeof formula, "=%s/3600", xlsx_ref(ref, row, seconds));
	xlsx_formula_ratio(s, row, col, &style, formula, secs, 3600);
}

static void put_finding(struct book *b, struct xlsx_sheet *s, int row, const struct reconcile_finding *f)
{
	const struct xlsx_style count = { .align = XLSX_RIGHT, .num = "#,##0" }, day = { .align = XLSX_LEFT, .num = "yyyy-mm-dd" };

	put_text(b, s, row, C_CLASS, reconcile_name(f->class));
	put_text(b, s, row, C_ENTRY, f->entry);
	put_text(b, s, row, C_INVOICE, f->invoice);
	if (f->pos > 0)
		xlsx_dec(s, row, C_LINE, &count, f->pos, 0);
	if (f->date != DATE_NONE)
		xlsx_day(s, row, C_DATE, &day, f->date);
	put_text(b, s, row, C_COMPANY, f->company);
	put_text(b, s, row, C_PROJECT, f->project);
	put_text(b, s, row, C_USER, f->user);
	put_text(b, s, row, C_STATE, f->state);
	put_text(b, s, row, C_CHANGE, f->change);
	put_text(b, s, row, C_REASON, f->reason);
	xlsx_dec(s, row, C_SECONDS, &count, f->secs, 0);
	put_hours(s, row, C_SECONDS, C_HOURS, f->secs);
	if (f->has_money) {
		put_money(s, row, C_MONEY, f->minor, f->currency);
		put_text(b, s, row, C_CURRENCY, f->currency);
	}
	put_text(b, s, row, C_CORRECTION, f->proposed ? "open" : NULL);
}

static void put_findings(struct book *b, struct xlsx_sheet *s, int forgotten)
{
	static const struct heading heads[C_COLUMNS] = {
		{ "class", 17 }, { "entry", 38 }, { "invoice", 18 }, { "line", 6 }, { "date", 12 }, { "company", 30 }, { "project", 30 }, { "user", 24 },
		{ "state", 20 }, { "change", 60 }, { "reason", 20 }, { "seconds", 11 }, { "hours", 10 }, { "money", 14 }, { "currency", 10 }, { "correction", 11 },
	};
	int row = 1;

	put_heads(s, 0, heads, C_COLUMNS);
	if ((forgotten ? b->nforgotten : b->nfindings) > 0)
		xlsx_filter(s, 0, forgotten ? b->nforgotten : b->nfindings, C_COLUMNS - 1);
	for (size_t i = 0; i < b->r->n; i++)
		if (is_forgotten(b->r->v[i].class) == forgotten)
			put_finding(b, s, row++, &b->r->v[i]);
	xlsx_freeze(s, 1, 1);
}

static int count_findings(const struct reconcile_report *r, int forgotten)
{
	int n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += is_forgotten(r->v[i].class) == forgotten;
	return n;
}

static void put_books(struct book *b)
{
	static const struct heading heads[B_COLUMNS] = {
		{ "invoice", 18 }, { "verdict", 17 }, { "date", 12 }, { "customer", 34 }, { "ours, gross", 14 }, { "books, gross", 14 }, { "difference", 14 },
		{ "currency", 10 }, { "books' currency", 15 }, { "paid", 8 },
	};
	const struct xlsx_style day = { .align = XLSX_LEFT, .num = "yyyy-mm-dd" };
	struct xlsx_sheet *s = b->books;

	put_heads(s, 0, heads, B_COLUMNS);
	for (size_t i = 0; i < b->r->nbook; i++) {
		const struct reconcile_book *k = &b->r->book[i];
		const int row = (int)i + 1, decimals = money_decimals(k->currency);
		const struct xlsx_style money = { .align = XLSX_RIGHT, .num = money_format(k->currency) };
		char formula[FORMULA_MAX], x[XLSX_REF_MAX], y[XLSX_REF_MAX];

		put_text(b, s, row, B_NUMBER, k->number);
		put_text(b, s, row, B_VERDICT, reconcile_name(k->class));
		xlsx_day(s, row, B_DATE, &day, k->date);
		put_text(b, s, row, B_CUSTOMER, k->company);
		put_money(s, row, B_OURS, k->ours_minor, k->currency);
		if (k->has_theirs)
			put_money(s, row, B_THEIRS, k->theirs_minor, k->currency);
		snprintf(formula, sizeof formula, "=ROUND(%s-%s,%d)", xlsx_ref(x, row, B_THEIRS), xlsx_ref(y, row, B_OURS), decimals);
		xlsx_formula_dec(s, row, B_DIFFERENCE, &money, formula, (k->has_theirs ? k->theirs_minor : 0) - k->ours_minor, decimals);
		put_text(b, s, row, B_CURRENCY, k->currency);
		put_text(b, s, row, B_THEIR_CURRENCY, k->their_currency);
		put_text(b, s, row, B_PAID, k->paid < 0 ? NULL : k->paid ? "yes" : "no");
	}
	xlsx_freeze(s, 1, 1);
}

/* COUNTIFS, or SUMIFS over one column, for a class and a currency. */
static void put_formula(struct book *b, int row, int col, const struct reconcile_sum *s, int of, int64_t v, int decimals)
{
	const int forgotten = is_forgotten(s->class), n = forgotten ? b->nforgotten : b->nfindings;
	const struct xlsx_sheet *sheet = forgotten ? b->forgotten : b->findings;
	const struct xlsx_style style = { .align = XLSX_RIGHT, .num = of == C_MONEY ? money_format(s->currency) : "#,##0" };
	char sum[XLSX_REF_MAX + 2] = "", class[XLSX_REF_MAX], currency[XLSX_REF_MAX], a[XLSX_REF_MAX], c[XLSX_REF_MAX], formula[FORMULA_MAX];

	if (s->class == RECONCILE_AGREED || s->class == RECONCILE_NOTED) {
		xlsx_dec(b->summary, row, col, &style, v, decimals);
		return;
	}
	xlsx_range(class, sheet, 1, C_CLASS, n, C_CLASS);
	xlsx_range(currency, sheet, 1, C_CURRENCY, n, C_CURRENCY);
	if (of >= 0) {
		xlsx_range(sum, sheet, 1, of, n, of);
		strcat(sum, ",");
	}
	snprintf(formula, sizeof formula, "=%s(%s%s,%s,%s,%s)", of >= 0 ? "SUMIFS" : "COUNTIFS", sum, class, xlsx_ref(a, row, 0), currency,
	    s->currency[0] != '\0' ? xlsx_ref(c, row, 5) : "\"\"");
	if (of == C_MONEY) {
		char rounded[FORMULA_MAX + 32];

		snprintf(rounded, sizeof rounded, "=ROUND(%s,%d)", formula + 1, decimals);
		xlsx_formula_dec(b->summary, row, col, &style, rounded, v, decimals);
	} else {
		xlsx_formula_dec(b->summary, row, col, &style, formula, v, 0);
	}
}

static void put_summary(struct book *b)
{
	static const struct heading heads[] = { { "class", 20 }, { "count", 10 }, { "seconds", 14 }, { "hours", 12 }, { "money", 16 }, { "currency", 10 }, { "meaning", 18 } };
	const struct xlsx_style title = { .size = 16, .bold = 1, .color = ACCENT };
	char text[128], from[16], to[16];

	snprintf(text, sizeof text, "Reconciliation %s to %s", date_fmt(from, b->r->period.from), date_fmt(to, b->r->period.to - 1));
	xlsx_text(b->summary, 0, 0, &title, text);
	put_heads(b->summary, 2, heads, 7);
	for (size_t i = 0; i < b->r->nsums; i++) {
		const struct reconcile_sum *s = &b->r->sums[i];
		const int row = (int)i + 3;

		put_text(b, b->summary, row, 0, reconcile_name(s->class));
		put_formula(b, row, 1, s, -1, s->n, 0);
		put_formula(b, row, 2, s, C_SECONDS, s->secs, 0);
		put_hours(b->summary, row, 2, 3, s->secs);
		if (s->currency[0] != '\0') {
			put_formula(b, row, 4, s, C_MONEY, s->minor, money_decimals(s->currency));
			put_text(b, b->summary, row, 5, s->currency);
		}
		put_text(b, b->summary, row, 6, reconcile_is_damage(s->class) ? "damage" : reconcile_is_difference(s->class) ? "difference" : "information");
	}
	xlsx_freeze(b->summary, 3, 0);
}

int reconcilexlsx_write(const struct reconcile_report *r, const char *path, struct err *e)
{
	struct book b = { .r = r, .cell = BUF_INIT };
	const char *slash = strrchr(path, '/');
	struct pool *pool = pool_new();
	struct xlsx *x = NULL;
	char *dir = pool == NULL ? NULL : pool_dupn(pool, path, slash != NULL ? (size_t)(slash - path) + (slash == path) : 0);
	int rc = -1;

	b.nfindings = count_findings(r, 0);
	b.nforgotten = count_findings(r, 1);
	if (dir == NULL)
		err_nomem(e);
	else if (r->n > ROWS_MAX || r->nbook > ROWS_MAX)
		err_set(e, ERR_DATA, "%zu findings are more than a sheet has rows; narrow the period", r->n);
	else
		x = xlsx_new(path, *dir != '\0' ? dir : ".", "Reconciliation", NULL, r->period.to - 1, e);
	if (x != NULL) {
		b.summary = xlsx_sheet(x, "summary");
		b.findings = xlsx_sheet(x, "differences");
		b.forgotten = xlsx_sheet(x, "forgotten time");
		b.books = xlsx_sheet(x, "books");
		put_summary(&b);
		put_findings(&b, b.findings, 0);
		put_findings(&b, b.forgotten, 1);
		put_books(&b);
		if (buf_ok(&b.cell)) {
			rc = xlsx_close(x, e);
		} else {
			xlsx_abandon(x);
			err_nomem(e);
		}
	}
	buf_free(&b.cell);
	pool_free(pool);
	return rc;
}
