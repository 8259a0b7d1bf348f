#include "output/unbilledxlsx.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "billing/money.h"
#include "output/xlsx.h"
#include "output/xlsxchart.h"

#define ROWS_MAX 1048000
#define CHART_ROWS 30
#define ACCENT 0x1f4e79
#define FIRST 3 /* row of the first group */

/* Columns behind those of --by. */
enum { C_CURRENCY, C_ENTRIES, C_HOURS, C_VALUE, C_HELD_HOURS, C_HELD_VALUE, C_AGE_HOURS, C_AGE_VALUE = C_AGE_HOURS + UNBILLED_AGES, C_COLUMNS = C_AGE_VALUE + UNBILLED_AGES };

struct book { const struct unbilled_report *r; struct xlsx_sheet *s; struct buf cell; };

static void put_text(struct book *b, int row, int col, const char *text)
{
	if (text == NULL)
		return;
	buf_reuse(&b->cell);
	text_clean(&b->cell, text, 0);
	xlsx_text(b->s, row, col, &(struct xlsx_style){ .align = XLSX_LEFT }, buf_text(&b->cell));
}

static void put_heads(struct book *b)
{
	static const char *const fixed[] = { "currency", "entries", "hours", "value", "held, hours", "held, value", "hours 0-30 days", "hours 31-60", "hours 61-90", "hours older",
		"value 0-30 days", "value 31-60", "value 61-90", "value older" };
	const struct xlsx_style title = { .size = 16, .bold = 1, .color = ACCENT }, head = { .bold = 1, .color = 0xffffff, .fill = ACCENT };
	const int by = (int)b->r->nby;
	char text[80], date[16];

	snprintf(text, sizeof text, "Unbilled time as of %s", date_fmt(date, b->r->as_of));
	xlsx_text(b->s, 0, 0, &title, text);
	for (int i = 0; i < by; i++) {
		xlsx_width(b->s, i, 32);
		xlsx_text(b->s, FIRST - 1, i, &head, unbilled_by_name(b->r->by[i]));
	}
	for (int i = 0; i < C_COLUMNS; i++) {
		xlsx_width(b->s, by + i, 15);
		xlsx_text(b->s, FIRST - 1, by + i, &head, fixed[i]);
	}
	if (b->r->n > 0)
		xlsx_filter(b->s, FIRST - 1, FIRST + (int)b->r->n - 1, by + C_COLUMNS - 1);
	xlsx_freeze(b->s, FIRST, by);
}

static const struct xlsx_style *money_style(const char *currency)
{
	static const struct xlsx_style styles[] = { { .align = XLSX_RIGHT, .num = "#,##0" }, { .align = XLSX_RIGHT, .num = "#,##0.00" }, { .align = XLSX_RIGHT, .num = "#,##0.000" } };
	int d = money_decimals(currency);

	return &styles[d == 0 ? 0 : d == 3 ? 2 : 1];
}

static void put_hours(struct book *b, int row, int col, int64_t secs)
{
	xlsx_secs(b->s, row, col, &(struct xlsx_style){ .align = XLSX_RIGHT, .num = "[h]:mm" }, secs);
}

static void put_money(struct book *b, int row, int col, int64_t minor, const char *currency)
{
	if (currency != NULL)
		xlsx_dec(b->s, row, col, money_style(currency), minor, money_decimals(currency));
}

static void put_row(struct book *b, int row, const struct unbilled_row *x)
{
	const int by = (int)b->r->nby;

	for (int i = 0; i < by; i++)
		put_text(b, row, i, x->label[b->r->by[i]] != NULL ? x->label[b->r->by[i]] : "none");
	put_text(b, row, by + C_CURRENCY, x->currency != NULL ? x->currency : "no rate");
	xlsx_dec(b->s, row, by + C_ENTRIES, &(struct xlsx_style){ .align = XLSX_RIGHT, .num = "#,##0" }, x->entries, 0);
	put_hours(b, row, by + C_HOURS, x->secs);
	put_money(b, row, by + C_VALUE, x->minor, x->currency);
	put_hours(b, row, by + C_HELD_HOURS, x->held_secs);
	put_money(b, row, by + C_HELD_VALUE, x->held_minor, x->currency);
	for (int i = 0; i < UNBILLED_AGES; i++)
		put_hours(b, row, by + C_AGE_HOURS + i, x->age_secs[i]);
	for (int i = 0; i < UNBILLED_AGES; i++)
		put_money(b, row, by + C_AGE_VALUE + i, x->age_minor[i], x->currency);
}

/* The sum of one column over the rows of one currency. */
static void put_sum(struct book *b, int row, int col, const char *currency, int64_t v, int decimals, int is_secs)
{
	const int by = (int)b->r->nby, last = FIRST + (int)b->r->n - 1;
	char of[XLSX_REF_MAX], sums[XLSX_REF_MAX], ref[XLSX_REF_MAX], formula[4 * XLSX_REF_MAX];
	const struct xlsx_style hours = { .bold = 1, .top = XLSX_THIN, .align = XLSX_RIGHT, .num = "[h]:mm" }, count = { .bold = 1, .top = XLSX_THIN, .align = XLSX_RIGHT, .num = "#,##0" };
	struct xlsx_style money = currency != NULL ? *money_style(currency) : count;

	money.bold = 1;
	money.top = XLSX_THIN;
	xlsx_range(of, NULL, FIRST, by + C_CURRENCY, last, by + C_CURRENCY);
	xlsx_range(sums, NULL, FIRST, col, last, col);
	snprintf(formula, sizeof formula, is_secs || decimals == 0 ? "=SUMIFS(%s,%s,%s)" : "=ROUND(SUMIFS(%s,%s,%s),%d)", sums, of, xlsx_ref(ref, row, by + C_CURRENCY), decimals);
	if (is_secs)
		xlsx_formula_secs(b->s, row, col, &hours, formula, v);
	else
		xlsx_formula_dec(b->s, row, col, decimals == 0 && currency == NULL ? &count : &money, formula, v, decimals);
}

static void put_total(struct book *b, int row, const struct unbilled_row *x)
{
	const struct xlsx_style bold = { .bold = 1, .top = XLSX_THIN };
	const int by = (int)b->r->nby, decimals = x->currency != NULL ? money_decimals(x->currency) : 0;

	xlsx_text(b->s, row, 0, &bold, "total");
	xlsx_text(b->s, row, by + C_CURRENCY, &bold, x->currency != NULL ? x->currency : "no rate");
	put_sum(b, row, by + C_ENTRIES, NULL, x->entries, 0, 0);
	put_sum(b, row, by + C_HOURS, NULL, x->secs, 0, 1);
	if (x->currency != NULL)
		put_sum(b, row, by + C_VALUE, x->currency, x->minor, decimals, 0);
	put_sum(b, row, by + C_HELD_HOURS, NULL, x->held_secs, 0, 1);
	if (x->currency != NULL)
		put_sum(b, row, by + C_HELD_VALUE, x->currency, x->held_minor, decimals, 0);
	for (int i = 0; i < UNBILLED_AGES; i++)
		put_sum(b, row, by + C_AGE_HOURS + i, NULL, x->age_secs[i], 0, 1);
	for (int i = 0; i < UNBILLED_AGES && x->currency != NULL; i++)
		put_sum(b, row, by + C_AGE_VALUE + i, x->currency, x->age_minor[i], decimals, 0);
}

static void put_chart(struct book *b, int row)
{
	const int n = b->r->n < CHART_ROWS ? (int)b->r->n : CHART_ROWS;
	const struct xlsxchart chart = { .of = b->s, .first = FIRST, .last = FIRST + n - 1, .names = 0, .values = (int)b->r->nby + C_HOURS, .title = "Unbilled hours",
		.axis_format = "[h]", .color = ACCENT, .width = 640, .height = 120 + 22 * n };

	if (n > 0)
		xlsxchart_put(b->s, row, 0, &chart);
}

int unbilledxlsx_write(const struct unbilled_report *r, const char *path, struct err *e)
{
	struct book b = { .r = r, .cell = BUF_INIT };
	const char *slash = strrchr(path, '/');
	struct xlsx *x = NULL;
	char dir[4096];
	int rc = -1, row = FIRST;

	if (r->n > ROWS_MAX)
		return err_set(e, ERR_DATA, "%zu groups are more than a sheet has rows; name fewer with --by", r->n);
	snprintf(dir, sizeof dir, "%.*s", slash != NULL && slash > path ? (int)(slash - path) : 1, slash != NULL ? path : ".");
	x = xlsx_new(path, dir, "Unbilled time", NULL, r->as_of, e);
	if (x != NULL) {
		b.s = xlsx_sheet(x, "unbilled");
		put_heads(&b);
		for (size_t i = 0; i < r->n; i++)
			put_row(&b, row++, &r->v[i]);
		row++;
		for (size_t i = 0; i < r->ntotals; i++)
			put_total(&b, row++, &r->total[i]);
		put_chart(&b, row + 1);
		if (buf_ok(&b.cell)) {
			rc = xlsx_close(x, e);
		} else {
			xlsx_abandon(x);
			err_nomem(e);
		}
	}
	buf_free(&b.cell);
	return rc;
}
