#include "output/summarysheets.h"

#include <stdio.h>
#include <string.h>

#include "output/textfit.h"
#include "output/xlsxpage.h"

struct xlsx_style summarysheets_head(const struct summarysheets *m, enum xlsx_align align)
{
	return (struct xlsx_style){ .bold = 1, .color = 0xffffff, .fill = m->accent, .middle = 1, .wrap = 1, .align = align };
}

struct xlsx_style summarysheets_sum(const struct summarysheets *m, const char *num)
{
	return (struct xlsx_style){ .bold = 1, .middle = 1, .top = XLSX_THIN, .bottom = XLSX_DOUBLE, .line = m->accent, .num = num };
}

char *summarysheets_total(char out[XLSX_REF_MAX + 8], const struct summarysheets_place *p, int col)
{
	char range[XLSX_REF_MAX];

	if (p->first > p->last)
		snprintf(out, XLSX_REF_MAX + 8, "0");
	else
		snprintf(out, XLSX_REF_MAX + 8, "SUM(%s)", xlsx_range(range, p->s, p->first, col, p->last, col));
	return out;
}

char *summarysheets_of_currency(char out[3 * XLSX_REF_MAX], const struct summarysheets *m, const char *code, int col)
{
	const struct summarysheets_place *p = &m->invoices;
	char a[XLSX_REF_MAX], b[XLSX_REF_MAX];

	snprintf(out, 3 * XLSX_REF_MAX, "SUMIF(%s,\"%.3s\",%s)", xlsx_range(a, p->s, p->first, p->currency, p->last, p->currency), code,
	         xlsx_range(b, p->s, p->first, col, p->last, col));
	return out;
}

/* One column of a group's sheet: the template's net column stands for one per currency. */
struct column {
	const struct template_column *t;
	enum template_field field;
	int currency;
	const char *num;
	char heading[160];
};

#define COLUMNS_MAX (TEMPLATE_COLUMNS_MAX + 3 * SUMMARYDATA_CURRENCIES_MAX)

/* Amounts come once per currency. */
static int is_amount(enum template_field f)
{
	return f == TEMPLATE_F_NET || f == TEMPLATE_F_FEES || f == TEMPLATE_F_DISCOUNTS;
}

static const char *format_of(const struct summarysheets *m, const struct template_column *c, int currency)
{
	if (is_amount(c->field))
		return m->money[currency];
	if (c->format != NULL)
		return c->format;
	if (c->field == TEMPLATE_F_DURATION || c->field == TEMPLATE_F_BILLED)
		return template_text(m->t, TEMPLATE_DURATION);
	return c->field == TEMPLATE_F_SHARE ? template_text(m->t, TEMPLATE_PERCENT) : c->field == TEMPLATE_F_ENTRIES ? "#,##0" : NULL;
}

/* Only projects belong to one company. Fees and discounts are parts of a company's net amount, where there are any. */
static int is_wanted(const struct summarysheets *m, enum summarydata_kind kind, enum template_field f, int currency)
{
	if (f == TEMPLATE_F_COMPANY)
		return kind == BY_PROJECT;
	if (f == TEMPLATE_F_FEES)
		return kind == BY_COMPANY && m->d->currency[currency].fees != 0;
	return f != TEMPLATE_F_DISCOUNTS || (kind == BY_COMPANY && m->d->currency[currency].discounts != 0);
}

static int make_columns(const struct summarysheets *m, enum summarydata_kind kind, struct column out[COLUMNS_MAX])
{
	static const enum template_key names[] = { TEMPLATE_COMPANY, TEMPLATE_PROJECT_NAME, TEMPLATE_USER, TEMPLATE_WORK_NAME };
	const struct template_column *col;
	size_t n;
	int k = 0;

	col = template_columns(m->t, TEMPLATE_GROUPS, &n);
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < (is_amount(col[i].field) ? m->d->ncurrencies : 1); c++) {
			if (!is_wanted(m, kind, col[i].field, c))
				continue;
			out[k] = (struct column){ .t = &col[i], .field = col[i].field, .currency = c, .num = format_of(m, &col[i], c) };
			if (is_amount(col[i].field))
				snprintf(out[k].heading, sizeof out[k].heading, "%.140s %s", col[i].heading, m->d->currency[c].code);
			else
				snprintf(out[k].heading, sizeof out[k].heading, "%.150s", col[i].field == TEMPLATE_F_NAME ? template_text(m->t, names[kind]) : col[i].heading);
			k++;
		}
	return k;
}

static int is_text(enum template_field f)
{
	return f == TEMPLATE_F_NAME || f == TEMPLATE_F_COMPANY;
}

static void locate(struct summarysheets_place *p, const struct column *col, int n)
{
	p->name = p->entries = p->tracked = p->billed = p->net = -1;
	for (int i = n - 1; i >= 0; i--) {
		int *at = col[i].field == TEMPLATE_F_NAME ? &p->name : col[i].field == TEMPLATE_F_ENTRIES ? &p->entries :
		          col[i].field == TEMPLATE_F_DURATION ? &p->tracked : col[i].field == TEMPLATE_F_BILLED ? &p->billed :
		          col[i].field == TEMPLATE_F_NET ? &p->net : NULL;

		if (at != NULL)
			*at = i;
	}
}

static const char *text_of(const struct summarysheets *m, const struct summarydata_group *g, enum template_field f)
{
	const char *s = f == TEMPLATE_F_COMPANY ? g->company : g->name;

	if (f == TEMPLATE_F_NAME && g->what != OF_ENTRIES)
		return template_text(m->t, g->what == OF_FEES ? TEMPLATE_FEES : TEMPLATE_DISCOUNTS);
	return s != NULL && *s != '\0' ? s : template_text(m->t, TEMPLATE_NO_NAME);
}

static void put_height(const struct summarysheets *m, const struct summarysheets_place *p, const struct column *col, int n, int row,
                       const struct summarydata_group *g)
{
	int lines = 1;

	for (int i = 0; i < n; i++) {
		int k = is_text(col[i].field) ? textfit_lines(text_of(m, g, col[i].field), col[i].t->width, 10) : 1;

		lines = k > lines ? k : lines;
	}
	xlsx_height(p->s, row, textfit_height(lines, 10) + 1);
}

static int64_t amount_of(const struct summarydata_group *g, const struct column *c)
{
	const int64_t *of = c->field == TEMPLATE_F_FEES ? g->fees : c->field == TEMPLATE_F_DISCOUNTS ? g->discounts : g->net;

	return of[c->currency];
}

static int64_t total_of(const struct summarysheets *m, const struct column *c)
{
	const struct summarydata_currency *x = &m->d->currency[c->currency];

	return c->field == TEMPLATE_F_FEES ? x->fees : c->field == TEMPLATE_F_DISCOUNTS ? x->discounts : x->net;
}

static void put_group(const struct summarysheets *m, const struct summarysheets_place *p, const struct column *col, int n, int row,
                      const struct summarydata_group *g)
{
	put_height(m, p, col, n, row, g);
	for (int i = 0; i < n; i++) {
		struct xlsx_style s = { .num = col[i].num, .align = is_text(col[i].field) ? XLSX_LEFT : XLSX_RIGHT, .wrap = is_text(col[i].field),
			.middle = 1 };
		char formula[2 * XLSX_REF_MAX], a[XLSX_REF_MAX], b[XLSX_REF_MAX];

		switch (col[i].field) {
		case TEMPLATE_F_ENTRIES:
			xlsx_dec(p->s, row, i, &s, g->entries, 0);
			break;
		case TEMPLATE_F_DURATION:
			xlsx_secs(p->s, row, i, &s, g->secs);
			break;
		case TEMPLATE_F_BILLED:
			xlsx_secs(p->s, row, i, &s, g->billed);
			break;
		case TEMPLATE_F_NET:
		case TEMPLATE_F_FEES:
		case TEMPLATE_F_DISCOUNTS:
			xlsx_dec(p->s, row, i, &s, amount_of(g, &col[i]), m->d->currency[col[i].currency].decimals);
			break;
		case TEMPLATE_F_SHARE:
			snprintf(formula, sizeof formula, "=%.20s/SUM(%.200s)", xlsx_ref(a, row, p->billed), xlsx_range(b, NULL, p->first, p->billed, p->last, p->billed));
			if (m->d->billed > 0)
				xlsx_formula_ratio(p->s, row, i, &s, formula, g->billed, m->d->billed);
			else
				xlsx_ratio(p->s, row, i, &s, 0, 1);
			break;
		default:
			xlsx_text(p->s, row, i, &s, text_of(m, g, col[i].field));
		}
	}
}

static void put_group_sums(const struct summarysheets *m, const struct summarysheets_place *p, const struct column *col, int n, int row)
{
	xlsx_height(p->s, row, 18);
	for (int i = 0; i < n; i++) {
		struct xlsx_style s = summarysheets_sum(m, col[i].num);
		char formula[XLSX_REF_MAX + 32], range[XLSX_REF_MAX];

		snprintf(formula, sizeof formula, "=SUBTOTAL(9,%s)", xlsx_range(range, NULL, p->first, i, p->last, i));
		s.align = is_text(col[i].field) ? XLSX_LEFT : XLSX_RIGHT;
		if (is_text(col[i].field))
			xlsx_text(p->s, row, i, &s, i == 0 ? template_text(m->t, TEMPLATE_TOTAL) : "");
		else if (col[i].field == TEMPLATE_F_ENTRIES)
			xlsx_formula_dec(p->s, row, i, &s, formula, m->d->entries, 0);
		else if (is_amount(col[i].field))
			xlsx_formula_dec(p->s, row, i, &s, formula, total_of(m, &col[i]), m->d->currency[col[i].currency].decimals);
		else if (col[i].field == TEMPLATE_F_SHARE)
			xlsx_formula_ratio(p->s, row, i, &s, formula, m->d->billed > 0, 1);
		else
			xlsx_formula_secs(p->s, row, i, &s, formula, col[i].field == TEMPLATE_F_BILLED ? m->d->billed : m->d->secs);
	}
}

void summarysheets_group(struct summarysheets *m, enum summarydata_kind kind)
{
	struct summarysheets_place *p = &m->group[kind];
	const struct summarydata_set *set = &m->d->set[kind];
	struct column col[COLUMNS_MAX];
	int n = make_columns(m, kind, col), row = 1, lines = 1;

	locate(p, col, n);
	p->first = 1;
	p->last = (int)set->n;
	for (int i = 0; i < n; i++) {
		int k = textfit_lines(col[i].heading, col[i].t->width, 10);

		lines = k > lines ? k : lines;
	}
	xlsx_height(p->s, 0, textfit_height(lines, 10) + 5);
	for (int i = 0; i < n; i++) {
		struct xlsx_style s = summarysheets_head(m, is_text(col[i].field) ? XLSX_LEFT : XLSX_RIGHT);

		xlsx_width(p->s, i, col[i].t->width);
		xlsx_text(p->s, 0, i, &s, col[i].heading);
	}
	if (set->n > 0)
		xlsx_filter(p->s, 0, (int)set->n, n - 1);
	for (size_t i = 0; i < set->n; i++)
		put_group(m, p, col, n, row++, &set->v[i]);
	if (set->n > 0)
		put_group_sums(m, p, col, n, row);
	xlsx_freeze(p->s, 1, 1);
	xlsxpage_setup(p->s, &(struct xlsxpage){ .landscape = 1, .last_row = row, .last_col = n - 1, .repeat = 0 });
}

enum { I_NUMBER, I_DATE, I_DUE, I_COMPANY, I_NET, I_TAX, I_GROSS, I_CURRENCY, I_ENTRIES, I_TRACKED, I_BILLED, I_COLUMNS };

struct invoice_rows {
	struct summarysheets *m;
	int row;
};

static int put_invoice(void *arg, const struct invoice *v, struct err *e)
{
	struct invoice_rows *r = arg;
	const struct summarysheets *m = r->m;
	struct xlsx_style text = { .align = XLSX_LEFT, .middle = 1 }, code = { .align = XLSX_LEFT, .middle = 1, .indent = 1 },
		day = { .align = XLSX_LEFT, .middle = 1, .num = template_date_format(m->t) }, money = { .align = XLSX_RIGHT, .middle = 1 },
		count = { .align = XLSX_RIGHT, .middle = 1, .num = "#,##0" }, secs = { .align = XLSX_RIGHT, .middle = 1, .num = template_text(m->t, TEMPLATE_DURATION) };
	char formula[700], a[XLSX_REF_MAX], b[XLSX_REF_MAX];
	struct xlsx_sheet *s = m->invoices.s;
	int decimals = money_decimals(v->currency), row = r->row++;

	(void)e;
	for (int i = 0; i < m->d->ncurrencies; i++)
		if (strcmp(m->d->currency[i].code, v->currency) == 0)
			money.num = m->money[i];
	xlsx_text(s, row, I_NUMBER, &text, v->number);
	xlsx_day(s, row, I_DATE, &day, v->date);
	xlsx_day(s, row, I_DUE, &day, v->due);
	xlsx_text(s, row, I_COMPANY, &text, v->buyer.name);
	xlsx_dec(s, row, I_NET, &money, v->net_minor, decimals);
	xlsx_dec(s, row, I_TAX, &money, v->tax_minor, decimals);
	snprintf(formula, sizeof formula, "=ROUND(%s+%s,%d)", xlsx_ref(a, row, I_NET), xlsx_ref(b, row, I_TAX), decimals);
	xlsx_formula_dec(s, row, I_GROSS, &money, formula, v->gross_minor, decimals);
	xlsx_text(s, row, I_CURRENCY, &code, v->currency);
	xlsx_dec(s, row, I_ENTRIES, &count, v->entries, 0);
	xlsx_secs(s, row, I_TRACKED, &secs, v->secs);
	xlsx_secs(s, row, I_BILLED, &secs, v->billed_secs);
	return 0;
}

int summarysheets_invoices(struct summarysheets *m, struct err *e)
{
	static const struct { enum template_key heading; int width; enum xlsx_align align; } col[I_COLUMNS] = {
		[I_NUMBER] = { TEMPLATE_NUMBER, 18, XLSX_LEFT }, [I_DATE] = { TEMPLATE_INVOICE_DATE, 15, XLSX_LEFT }, [I_DUE] = { TEMPLATE_DUE, 13, XLSX_LEFT },
		[I_COMPANY] = { TEMPLATE_COMPANY, 44, XLSX_LEFT }, [I_NET] = { TEMPLATE_NET_AMOUNT, 15, XLSX_RIGHT }, [I_TAX] = { TEMPLATE_TAX_AMOUNT, 14, XLSX_RIGHT },
		[I_GROSS] = { TEMPLATE_GROSS_AMOUNT, 15, XLSX_RIGHT }, [I_CURRENCY] = { TEMPLATE_CURRENCY, 10, XLSX_LEFT },
		[I_ENTRIES] = { TEMPLATE_ENTRIES, 10, XLSX_RIGHT }, [I_TRACKED] = { TEMPLATE_TRACKED, 16, XLSX_RIGHT },
		[I_BILLED] = { TEMPLATE_BILLED, 18, XLSX_RIGHT },
	};
	struct summarysheets_place *p = &m->invoices;
	struct invoice_rows r = { m, 1 };

	p->first = 1;
	p->last = (int)m->d->invoices;
	p->entries = I_ENTRIES;
	p->tracked = I_TRACKED;
	p->billed = I_BILLED;
	p->net = I_NET;
	p->tax = I_TAX;
	p->gross = I_GROSS;
	p->currency = I_CURRENCY;
	xlsx_height(p->s, 0, 20);
	for (int i = 0; i < I_COLUMNS; i++) {
		struct xlsx_style s = summarysheets_head(m, col[i].align);

		s.indent = i == I_CURRENCY;
		xlsx_width(p->s, i, col[i].width);
		xlsx_text(p->s, 0, i, &s, template_text(m->t, col[i].heading));
	}
	if (m->d->invoices > 0)
		xlsx_filter(p->s, 0, p->last, I_COLUMNS - 1);
	if (m->src->heads(m->src->ctx, put_invoice, &r, e) < 0)
		return -1;
	xlsx_freeze(p->s, 1, 1);
	xlsxpage_setup(p->s, &(struct xlsxpage){ .landscape = 1, .last_row = r.row, .last_col = I_COLUMNS - 1, .repeat = 0 });
	return r.row - 1 == p->last ? 0 : err_set(e, ERR_SOFTWARE, "%d invoices, %lld before", r.row - 1, (long long)m->d->invoices);
}

void summarysheets_held(struct summarysheets *m)
{
	static const enum template_key heading[] = { TEMPLATE_REASON, TEMPLATE_ENTRIES, TEMPLATE_TRACKED };
	static const int width[] = { 34, 12, 16 };
	const char *num[] = { NULL, "#,##0", template_text(m->t, TEMPLATE_DURATION) };
	struct xlsx_style text = { .align = XLSX_LEFT, .middle = 1 }, count = { .middle = 1, .num = num[1] }, secs = { .middle = 1, .num = num[2] };
	int row = 1;

	xlsx_height(m->held, 0, 20);
	for (int i = 0; i < 3; i++) {
		struct xlsx_style s = summarysheets_head(m, i == 0 ? XLSX_LEFT : XLSX_RIGHT);

		xlsx_width(m->held, i, width[i]);
		xlsx_text(m->held, 0, i, &s, template_text(m->t, heading[i]));
	}
	for (size_t i = 0; i < m->d->nheld; i++, row++) {
		xlsx_text(m->held, row, 0, &text, m->d->held[i].name);
		xlsx_dec(m->held, row, 1, &count, m->d->held[i].entries, 0);
		xlsx_secs(m->held, row, 2, &secs, m->d->held[i].secs);
	}
	for (int i = 0; m->d->nheld > 0 && i < 3; i++) {
		struct xlsx_style s = summarysheets_sum(m, num[i]);
		char formula[XLSX_REF_MAX + 16], range[XLSX_REF_MAX];

		snprintf(formula, sizeof formula, "=SUM(%s)", xlsx_range(range, NULL, 1, i, row - 1, i));
		if (i == 0)
			xlsx_text(m->held, row, 0, &s, template_text(m->t, TEMPLATE_TOTAL));
		else if (i == 1)
			xlsx_formula_dec(m->held, row, 1, &s, formula, m->d->held_entries, 0);
		else
			xlsx_formula_secs(m->held, row, 2, &s, formula, m->d->held_secs);
	}
	xlsx_freeze(m->held, 1, 0);
	xlsxpage_setup(m->held, &(struct xlsxpage){ .landscape = 1, .last_row = row, .last_col = 2, .repeat = 0 });
}
