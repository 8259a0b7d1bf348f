#include "output/summaryoverview.h"

#include <stdio.h>
#include <string.h>

#include "output/xlsxchart.h"
#include "output/xlsxpage.h"

#define TOP 20 /* companies in a chart */
#define FORMULA_MAX (8 * XLSX_REF_MAX)

struct fact {
	enum template_key label;
	const char *formula, *num; /* formula NULL: a plain number */
	int64_t v;
	int secs, scale;
};

static void put_fact(struct summarysheets *m, int row, const struct fact *x)
{
	struct xlsx_style label = { .align = XLSX_LEFT, .middle = 1, .bottom = XLSX_THIN, .line = 0xd9d9d9 }, value = label;
	char formula[FORMULA_MAX];

	value.align = XLSX_RIGHT;
	value.num = x->num;
	snprintf(formula, sizeof formula, "=%s", x->formula != NULL ? x->formula : "");
	xlsx_text(m->overview, row, 0, &label, template_text(m->t, x->label));
	if (x->formula == NULL && x->secs)
		xlsx_secs(m->overview, row, 1, &value, x->v);
	else if (x->formula == NULL)
		xlsx_dec(m->overview, row, 1, &value, x->v, x->scale);
	else if (x->secs)
		xlsx_formula_secs(m->overview, row, 1, &value, formula, x->v);
	else
		xlsx_formula_dec(m->overview, row, 1, &value, formula, x->v, x->scale);
}

/* Hours as decimals: a spreadsheet program cannot show a negative duration. */
static int put_facts(struct summarysheets *m, int row)
{
	const struct summarydata *d = m->d;
	const char *hm = template_text(m->t, TEMPLATE_DURATION), *count = "#,##0";
	char entries[XLSX_REF_MAX + 8], tracked[XLSX_REF_MAX + 8], billed[XLSX_REF_MAX + 8], diff[2 * XLSX_REF_MAX + 64];
	int64_t off = d->billed - d->secs;
	int overflow = 0;

	summarysheets_total(entries, &m->invoices, m->invoices.entries);
	summarysheets_total(tracked, &m->invoices, m->invoices.tracked);
	summarysheets_total(billed, &m->invoices, m->invoices.billed);
	snprintf(diff, sizeof diff, "ROUND((%s-%s)*24,2)", billed, tracked);
	{
		const struct fact facts[] = {
			{ TEMPLATE_DOCUMENTS, NULL, count, d->invoices, 0, 0 },
			{ TEMPLATE_ENTRIES, entries, count, d->entries, 0, 0 },
			{ TEMPLATE_TRACKED, tracked, hm, d->secs, 1, 0 },
			{ TEMPLATE_BILLED, billed, hm, d->billed, 1, 0 },
			{ TEMPLATE_ROUNDING, xlsx_rounds_safely((__int128)off * 100, 3600) ? diff : NULL, "#,##0.00", num_div_round((__int128)off * 100, 3600, &overflow), 0, 2 },
			{ TEMPLATE_LATE_ENTRIES, NULL, count, d->late, 0, 0 },
			{ TEMPLATE_HELD, NULL, count, d->held_entries, 0, 0 },
		};

		for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
			put_fact(m, row++, &facts[i]);
	}
	return row;
}

static int put_head(struct summarysheets *m, int row, const enum template_key *keys, int n, int texts)
{
	xlsx_height(m->overview, row, 20);
	for (int i = 0; i < n; i++) {
		struct xlsx_style s = summarysheets_head(m, i < texts ? XLSX_LEFT : XLSX_RIGHT);

		xlsx_text(m->overview, row, i, &s, template_text(m->t, keys[i]));
	}
	return row + 1;
}

static int put_currencies(struct summarysheets *m, int row)
{
	static const enum template_key heads[] = { TEMPLATE_CURRENCY, TEMPLATE_DOCUMENTS, TEMPLATE_NET_AMOUNT, TEMPLATE_TAX_AMOUNT, TEMPLATE_GROSS_AMOUNT };

	row = put_head(m, row, heads, 5, 1);
	for (int i = 0; i < m->d->ncurrencies; i++, row++) {
		const struct summarydata_currency *c = &m->d->currency[i];
		const struct summarysheets_place *p = &m->invoices;
		const struct { int col; int64_t v; } amount[] = { { p->net, c->net }, { p->tax, c->tax }, { p->gross, c->gross } };
		struct xlsx_style text = { .align = XLSX_LEFT, .middle = 1 }, count = { .align = XLSX_RIGHT, .middle = 1, .num = "#,##0" }, money = { .align = XLSX_RIGHT, .middle = 1, .num = m->money[i] };
		char sum[3 * XLSX_REF_MAX], formula[FORMULA_MAX];

		xlsx_text(m->overview, row, 0, &text, c->code);
		xlsx_dec(m->overview, row, 1, &count, c->invoices, 0);
		for (int k = 0; k < 3; k++) {
			snprintf(formula, sizeof formula, "=ROUND(%s,%d)", summarysheets_of_currency(sum, m, c->code, amount[k].col), c->decimals);
			xlsx_formula_dec(m->overview, row, 2 + k, &money, formula, amount[k].v, c->decimals);
		}
	}
	return row;
}

static int put_vat(struct summarysheets *m, int row)
{
	static const enum template_key heads[] = { TEMPLATE_CURRENCY, TEMPLATE_CATEGORY, TEMPLATE_RATE, TEMPLATE_BASE, TEMPLATE_TAX_AMOUNT };

	row = put_head(m, row, heads, 5, 2);
	m->vat_first = row;
	for (size_t i = 0; i < m->d->ntax; i++, row++) {
		const struct summarydata_tax *x = &m->d->tax[i];
		struct xlsx_style text = { .align = XLSX_LEFT, .middle = 1 }, rate = { .align = XLSX_RIGHT, .middle = 1, .num = "0.##\" %\"" }, money = { .align = XLSX_RIGHT, .middle = 1, .num = m->money[x->currency] };

		if (x->pct_e2 % 100 == 0)
			rate.num = "0\" %\"";
		xlsx_text(m->overview, row, 0, &text, m->d->currency[x->currency].code);
		xlsx_text(m->overview, row, 1, &text, x->category);
		xlsx_dec(m->overview, row, 2, &rate, x->pct_e2, MONEY_PCT_SCALE);
		xlsx_dec(m->overview, row, 3, &money, x->base, m->d->currency[x->currency].decimals);
		xlsx_dec(m->overview, row, 4, &money, x->tax, m->d->currency[x->currency].decimals);
	}
	m->vat_last = row - 1;
	return row;
}

static void chart_title(struct summarysheets *m, struct buf *b, enum template_key k, size_t companies)
{
	char top[16];

	template_fill(m->t, b, k, (struct template_value[]){ { "currency", m->d->currency[m->d->main].code } }, 1);
	snprintf(top, sizeof top, "%d", TOP);
	if (companies > TOP) {
		buf_ch(b, ' ');
		template_fill(m->t, b, TEMPLATE_OTHERS, (struct template_value[]){ { "n", top } }, 1);
	}
}

/* The companies stand by net amount in the main currency: both charts show the same ones in the same order. */
static int put_charts(struct summarysheets *m, int row)
{
	const struct summarysheets_place *p = &m->group[BY_COMPANY];
	size_t n = m->d->set[BY_COMPANY].n;
	int bars = n < TOP ? (int)n : TOP, height = 80 + bars * 12; /* both fit the page below the tables */
	struct buf hours = BUF_INIT, net = BUF_INIT;

	if (n == 0)
		return row;
	chart_title(m, &hours, TEMPLATE_CHART_HOURS, n);
	chart_title(m, &net, TEMPLATE_CHART_NET, n);
	xlsxchart_put(m->overview, row, 0, &(struct xlsxchart){ .of = p->s, .first = 1, .last = bars, .names = p->name, .values = p->billed,
		.title = buf_text(&hours), .axis_format = template_text(m->t, TEMPLATE_DURATION), .color = m->accent, .width = 690, .height = height });
	xlsxchart_put(m->overview, row + height / 20 + 2, 0, &(struct xlsxchart){ .of = p->s, .first = 1, .last = bars, .names = p->name,
		.values = p->net + m->d->main, .title = buf_text(&net), .axis_format = "#,##0", .color = m->accent, .width = 690, .height = height });
	buf_free(&hours);
	buf_free(&net);
	return row + 2 * (height / 20 + 2);
}

void summaryoverview_totals(struct summarysheets *m)
{
	static const int width[] = { 38, 14, 16, 16, 16 };
	struct xlsx_style title = { .size = 16, .bold = 1, .color = m->accent }, draft = { .size = 16, .bold = 1, .color = 0xffffff, .fill = 0xc00000, .align = XLSX_CENTER, .middle = 1 },
		sub = { .size = 11, .color = 0x606060 };
	struct buf b = BUF_INIT;
	int row = 0;

	for (int i = 0; i < 5; i++)
		xlsx_width(m->overview, i, width[i]);
	if (m->src->draft) {
		xlsx_height(m->overview, row, 26);
		xlsx_across(m->overview, row++, 0, 4, &draft, template_text(m->t, TEMPLATE_DRAFT));
		xlsx_height(m->overview, row++, 8);
	}
	xlsx_height(m->overview, row, 26);
	xlsx_text(m->overview, row++, 0, &title, template_text(m->t, TEMPLATE_TITLE));
	buf_fmt(&b, "%s ", template_text(m->t, TEMPLATE_PERIOD));
	template_date(m->t, &b, m->src->period.from);
	buf_str(&b, " – ");
	template_date(m->t, &b, m->src->period.to - 1);
	xlsx_height(m->overview, row, 18);
	xlsx_text(m->overview, row++, 0, &sub, buf_text(&b));
	row = put_facts(m, row + 1);
	row = put_currencies(m, row + 1);
	row = put_vat(m, row + 1);
	row = put_charts(m, row + 1);
	xlsxpage_no_grid(m->overview);
	xlsxpage_setup(m->overview, &(struct xlsxpage){ .landscape = 0, .last_row = row, .last_col = 4, .repeat = -1 });
	buf_free(&b);
}

/* One check: a formula whose result must be 0. */
static int put_check(struct summarysheets *m, int row, const char *what, const char *of, const char *formula, int decimals)
{
	/* A difference of the currency's smallest unit must show. */
	const char *num = decimals > 2 ? "0.0000;-0.0000;0" : decimals > 0 ? "0.00;-0.00;0" : "0";
	char text[256], whole[FORMULA_MAX + 40];
	struct xlsx_style label = { .align = XLSX_LEFT, .middle = 1 }, value = { .align = XLSX_RIGHT, .middle = 1, .num = num };

	snprintf(text, sizeof text, "%.120s: %.120s", what, of);
	snprintf(whole, sizeof whole, "=ROUND(%s,%d)", formula, decimals);
	xlsx_text(m->checks, row, 0, &label, text);
	xlsx_formula_dec(m->checks, row, 1, &value, whole, 0, decimals);
	return row + 1;
}

static int check_group(struct summarysheets *m, int row, enum summarydata_kind kind, const char *what)
{
	const struct summarysheets_place *p = &m->group[kind], *i = &m->invoices;
	const struct { enum template_key of; int col, ref; const char *factor; } sums[] = {
		{ TEMPLATE_ENTRIES, p->entries, i->entries, "" }, { TEMPLATE_TRACKED, p->tracked, i->tracked, "*86400" }, { TEMPLATE_BILLED, p->billed, i->billed, "*86400" },
	};
	char a[XLSX_REF_MAX + 8], b[3 * XLSX_REF_MAX], formula[FORMULA_MAX], of[128];

	for (size_t k = 0; k < 3; k++) {
		snprintf(formula, sizeof formula, "(%s-%s)%s", summarysheets_total(a, p, sums[k].col), summarysheets_total(b, i, sums[k].ref), sums[k].factor);
		row = put_check(m, row, what, template_text(m->t, sums[k].of), formula, 0);
	}
	for (int c = 0; c < m->d->ncurrencies; c++) {
		snprintf(of, sizeof of, "%.100s %s", template_text(m->t, TEMPLATE_NET_AMOUNT), m->d->currency[c].code);
		snprintf(formula, sizeof formula, "%s-%s", summarysheets_total(a, p, p->net + c), summarysheets_of_currency(b, m, m->d->currency[c].code, i->net));
		row = put_check(m, row, what, of, formula, m->d->currency[c].decimals);
	}
	return row;
}

static int check_currency(struct summarysheets *m, int row, int c)
{
	const struct summarydata_currency *x = &m->d->currency[c];
	const struct { enum template_key of; int col, ref; } vat[] = { { TEMPLATE_BASE, 3, m->invoices.net }, { TEMPLATE_TAX_AMOUNT, 4, m->invoices.tax } };
	char net[3 * XLSX_REF_MAX], tax[3 * XLSX_REF_MAX], gross[3 * XLSX_REF_MAX], formula[4 * FORMULA_MAX], a[XLSX_REF_MAX], b[XLSX_REF_MAX], of[128];

	summarysheets_of_currency(net, m, x->code, m->invoices.net);
	summarysheets_of_currency(tax, m, x->code, m->invoices.tax);
	summarysheets_of_currency(gross, m, x->code, m->invoices.gross);
	snprintf(of, sizeof of, "%.30s + %.30s - %.30s %s", template_text(m->t, TEMPLATE_NET_AMOUNT), template_text(m->t, TEMPLATE_TAX_AMOUNT),
	         template_text(m->t, TEMPLATE_GROSS_AMOUNT), x->code);
	snprintf(formula, sizeof formula, "%s+%s-%s", net, tax, gross);
	row = put_check(m, row, template_text(m->t, TEMPLATE_INVOICES), of, formula, x->decimals);
	for (size_t i = 0; i < 2; i++) {
		snprintf(of, sizeof of, "%.100s %s", template_text(m->t, vat[i].of), x->code);
		snprintf(formula, sizeof formula, "SUMIF(%s,\"%.3s\",%s)-%s", xlsx_range(a, m->overview, m->vat_first, 0, m->vat_last, 0), x->code,
		         xlsx_range(b, m->overview, m->vat_first, vat[i].col, m->vat_last, vat[i].col), i == 0 ? net : tax);
		row = put_check(m, row, template_text(m->t, TEMPLATE_OVERVIEW), of, formula, x->decimals);
	}
	return row;
}

void summaryoverview_checks(struct summarysheets *m)
{
	static const enum template_key names[] = { TEMPLATE_COMPANIES, TEMPLATE_PROJECTS, TEMPLATE_USERS, TEMPLATE_WORK };
	struct xlsx_style note = { .color = 0x606060 }, left = summarysheets_head(m, XLSX_LEFT), right = summarysheets_head(m, XLSX_RIGHT), sum;
	char formula[XLSX_REF_MAX + 32], range[XLSX_REF_MAX];
	int row = 3;

	xlsx_width(m->checks, 0, 60);
	xlsx_width(m->checks, 1, 16);
	xlsx_text(m->checks, 0, 0, &note, template_text(m->t, TEMPLATE_CHECK_NOTE));
	xlsx_height(m->checks, 2, 20);
	xlsx_text(m->checks, 2, 0, &left, template_text(m->t, TEMPLATE_CHECK));
	xlsx_text(m->checks, 2, 1, &right, template_text(m->t, TEMPLATE_DIFFERENCE));
	for (int k = 0; k < SUMMARYDATA_KINDS && m->d->invoices > 0; k++)
		row = check_group(m, row, (enum summarydata_kind)k, template_text(m->t, names[k]));
	for (int c = 0; c < m->d->ncurrencies; c++)
		row = check_currency(m, row, c);
	sum = summarysheets_sum(m, "0.####");
	snprintf(formula, sizeof formula, "=SUMPRODUCT(ABS(%s))", xlsx_range(range, NULL, 3, 1, row - 1, 1));
	xlsx_text(m->checks, row, 0, &sum, template_text(m->t, TEMPLATE_TOTAL));
	if (row > 3)
		xlsx_formula_dec(m->checks, row, 1, &sum, formula, 0, 0);
	else
		xlsx_dec(m->checks, row, 1, &sum, 0, 0);
	xlsx_freeze(m->checks, 3, 0);
	xlsxpage_setup(m->checks, &(struct xlsxpage){ .landscape = 0, .last_row = row, .last_col = 1, .repeat = 2 });
}
