#include "cli/rates.h"

#include <stdlib.h>
#include <string.h>

#include "base/csvfile.h"
#include "base/text.h"
#include "billing/money.h"

enum { COMPANY, PROJECT, USER, WORK, FROM, TO, RATE, CURRENCY, TAX_RATE, NCOLUMNS };
static const char *const columns[NCOLUMNS] = { "company", "project", "user", "type_of_work", "valid_from", "valid_to", "rate", "currency", "tax_rate" };

struct loading {
	const char *file, *default_currency;
	struct pool *pool;
	struct rate *v;
	size_t n, cap;
	int col[NCOLUMNS], headed;
	size_t width; /* cells of the heading */
	struct diag *d;
};

static const char *cell(const struct loading *l, const struct csvfile_row *row, int column)
{
	int i = l->col[column];

	return i < 0 || (size_t)i >= row->n || row->text[i][0] == '\0' ? NULL : row->text[i];
}

/* An id in lower case, or a name as it stands. */
static const char *key(const struct loading *l, const struct csvfile_row *row, int column)
{
	const char *s = cell(l, row, column);
	char id[37];

	return s != NULL && text_uuid(id, s) == 0 ? pool_intern(l->pool, id) : pool_intern(l->pool, s);
}

static date_t day(const struct loading *l, const struct csvfile_row *row, int column)
{
	const char *s = cell(l, row, column);
	date_t d = DATE_NONE;

	if (s != NULL && date_parse_typed(s, &d) < 0)
		diag_add(l->d, l->file, row->line, "%s '%.40s' is no date, such as 2026-10-01", columns[column], s);
	return d;
}

static int on_row(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct loading *l = ctx;
	struct rate r = { .line = row->line, .tax_pct_e2 = -1 };
	const char *price, *tax = cell(l, row, TAX_RATE);
	char room[NUM_MAX];

	if (row->n > 0 && row->text[0][0] == '#')
		return 0;
	if (!l->headed) {
		l->headed = 1;
		l->width = row->n;
		csvfile_columns(row, columns, NCOLUMNS, l->col, l->file, l->d);
		if (l->col[RATE] < 0)
			diag_add(l->d, l->file, row->line, "column 'rate' is missing");
		return 0;
	}
	/* 95,50 are two cells: the price would lose its cents without a word. */
	if (row->n > l->width && row->text[row->n - 1][0] != '\0')
		diag_add(l->d, l->file, row->line, "has %zu cells, the heading %zu (a price has a decimal point, such as 95.50)", row->n, l->width);
	r.company = key(l, row, COMPANY);
	r.project = key(l, row, PROJECT);
	r.user = key(l, row, USER);
	r.work = key(l, row, WORK);
	r.from = day(l, row, FROM);
	r.to = day(l, row, TO);
	if (r.from != DATE_NONE && r.to != DATE_NONE && r.to < r.from)
		diag_add(l->d, l->file, row->line, "valid_to lies before valid_from");
	price = cell(l, row, RATE);
	if (price == NULL)
		diag_add(l->d, l->file, row->line, "rate is empty; write 0 for work without a price");
	else if (num_parse(csvfile_decimal(row, price, room), MONEY_RATE_SCALE, &r.price_e4) < 0 || r.price_e4 < 0 || r.price_e4 > INT64_C(1000000000000))
		diag_add(l->d, l->file, row->line, "rate '%.40s' is no price per hour, such as 95 or 95.50 (at most four decimals, a decimal point)", price);
	r.currency = cell(l, row, CURRENCY) == NULL ? l->default_currency : pool_intern(l->pool, cell(l, row, CURRENCY));
	if (r.currency != NULL && money_decimals(r.currency) < 0)
		diag_add(l->d, l->file, row->line, "currency '%.20s' is unknown (ISO 4217)", r.currency);
	if (tax != NULL && (num_parse(csvfile_decimal(row, tax, room), MONEY_PCT_SCALE, &r.tax_pct_e2) < 0 || r.tax_pct_e2 <= 0 || r.tax_pct_e2 > 10000))
		diag_add(l->d, l->file, row->line, "tax_rate '%.20s' is no VAT rate in per cent, above 0 and with a decimal point", tax);
	if (buf_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v) < 0 || pool_failed(l->pool))
		return err_nomem(e);
	l->v[l->n++] = r;
	return 0;
}

int rates_load(const char *path, const char *default_currency, struct pool *pool, struct rate_card *out, struct diag *d, struct err *e)
{
	struct loading l = { .file = path, .default_currency = default_currency, .pool = pool, .d = d };
	const size_t before = d->n;
	int rc = -1;

	if (csvfile_read(path, on_row, &l, d, e) < 0)
		goto out;
	if (!l.headed && d->n == before)
		diag_add(d, path, 0, "is empty; the first row must be: %s", "company,project,user,type_of_work,valid_from,valid_to,rate,currency");
	out->n = l.n;
	out->v = pool_alloc(pool, (l.n + 1) * sizeof *out->v);
	if (out->v == NULL) {
		err_nomem(e);
		goto out;
	}
	if (l.n > 0)
		memcpy(out->v, l.v, l.n * sizeof *l.v);
	rate_check(out, path, d);
	rc = 0;
out:
	free(l.v);
	return rc;
}

const char *rates_example(void)
{
	return "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n"
	    "# ids or exact names as in awork; an empty cell fits any; the most specific row wins: project, then company, then type_of_work, then user\r\n"
	    "# examples (remove the # and the blank):\r\n"
	    "# ,,,,,,95.00,EUR\r\n"
	    "# ,,,Consulting,,,120.00,EUR\r\n"
	    "# Acme GmbH,,,,2026-07-01,,110.00,EUR\r\n";
}
