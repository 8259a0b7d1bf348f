#include "cli/termsfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/csvfile.h"
#include "base/text.h"
#include "billing/booking.h"
#include "billing/money.h"

enum { COMPANY, PROJECT, FROM, TO, DISCOUNT, FEE, NAME, DESCRIPTION, TAX_RATE, COST_CENTRE, NCOLUMNS };
static const char *const columns[NCOLUMNS] = {
	"company", "project", "valid_from", "valid_to", "discount", "fee", "name", "description", "tax_rate", "cost_centre",
};

#define NAME_MAX_BYTES 40 /* a part of the fee's key */

struct loading {
	const char *file;
	const struct customer_table *customers;
	struct pool *pool;
	struct term *v;
	size_t n, cap;
	int col[NCOLUMNS], headed;
	size_t width;
	struct diag *d;
};

static const char *cell(const struct loading *l, const struct csvfile_row *row, int column)
{
	int i = l->col[column];

	return i < 0 || (size_t)i >= row->n || row->text[i][0] == '\0' ? NULL : row->text[i];
}

static const struct customer *find_customer(const struct loading *l, const char *key, int *found)
{
	const struct customer *c = NULL;
	char id[37];

	*found = 0;
	if (text_uuid(id, key) == 0) {
		c = customer_find(l->customers, id);
		*found = c != NULL;
		return c;
	}
	for (size_t i = 0; i < l->customers->n; i++)
		if (l->customers->v[i].company_name != NULL && strcmp(l->customers->v[i].company_name, key) == 0) {
			c = &l->customers->v[i];
			++*found;
		}
	return c;
}

static void read_company(const struct loading *l, const struct csvfile_row *row, struct term *t)
{
	const char *key = cell(l, row, COMPANY);
	int found;

	if (key == NULL)
		return;
	t->customer = find_customer(l, key, &found);
	if (found == 0)
		diag_add(l->d, l->file, row->line, "company '%.60s' is not in customers.csv", key);
	else if (found > 1)
		diag_add(l->d, l->file, row->line, "company '%.60s' stands in customers.csv %d times: use its id", key, found);
}

static date_t day(const struct loading *l, const struct csvfile_row *row, int column)
{
	const char *s = cell(l, row, column);
	date_t d = DATE_NONE;

	if (s != NULL && date_parse_typed(s, &d) < 0)
		diag_add(l->d, l->file, row->line, "%s '%.40s' is no date, such as 2026-10-01", columns[column], s);
	return d;
}

static int64_t percent(const struct loading *l, const struct csvfile_row *row, int column, int64_t none)
{
	const char *s = cell(l, row, column);
	int64_t n = none;
	char room[NUM_MAX];

	if (s != NULL && (num_parse(csvfile_decimal(row, s, room), MONEY_PCT_SCALE, &n) < 0 || n <= 0 || n > 10000))
		diag_add(l->d, l->file, row->line, "%s '%.20s' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)", columns[column], s);
	return n;
}

static void read_fee(const struct loading *l, const struct csvfile_row *row, struct term *t)
{
	const char *s = cell(l, row, FEE), *name = cell(l, row, NAME);
	int decimals = t->customer == NULL ? MONEY_RATE_SCALE : money_decimals(t->customer->currency);
	int64_t minor;
	char room[NUM_MAX];

	t->name = name == NULL ? "" : pool_dup(l->pool, name);
	if (name != NULL && (strlen(name) > NAME_MAX_BYTES || strchr(name, '\n') != NULL))
		diag_add(l->d, l->file, row->line, "name is longer than %d bytes or has a line break", NAME_MAX_BYTES);
	t->tax_pct_e2 = percent(l, row, TAX_RATE, -1);
	if (s == NULL) {
		if (t->tax_pct_e2 >= 0)
			diag_add(l->d, l->file, row->line, "tax_rate is for a fee; the rate of time stands in rates.csv");
		return;
	}
	s = csvfile_decimal(row, s, room);
	if (num_parse(s, MONEY_RATE_SCALE, &t->fee_e4) < 0 || t->fee_e4 <= 0 || t->fee_e4 > INT64_C(1000000000000))
		diag_add(l->d, l->file, row->line, "fee '%.40s' is no amount per month above 0, such as 1500 or 1500.00", s);
	else if (cell(l, row, COMPANY) == NULL)
		diag_add(l->d, l->file, row->line, "a fee needs a company");
	else if (t->customer != NULL && num_parse(s, decimals, &minor) < 0)
		diag_add(l->d, l->file, row->line, "fee '%.40s' has more decimals than %s", s, t->customer->currency);
}

static void read_cost_centre(const struct loading *l, const struct csvfile_row *row, struct term *t)
{
	const char *s = cell(l, row, COST_CENTRE);

	t->cost_centre = pool_intern(l->pool, s);
	if (s != NULL && !booking_cost_centre_ok(s))
		diag_add(l->d, l->file, row->line, "cost_centre '%.40s' may have letters A-Z a-z, digits, underscores and blanks only, up to 36", s);
}

static int on_row(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct loading *l = ctx;
	struct term t = { .line = row->line };
	const char *project;
	char id[37];

	if (row->n > 0 && row->text[0][0] == '#')
		return 0;
	if (!l->headed) {
		l->headed = 1;
		l->width = row->n;
		csvfile_columns(row, columns, NCOLUMNS, l->col, l->file, l->d);
		return 0;
	}
	if (row->n > l->width && row->text[row->n - 1][0] != '\0')
		diag_add(l->d, l->file, row->line, "has %zu cells, the heading %zu (numbers have a decimal point)", row->n, l->width);
	read_company(l, row, &t);
	project = cell(l, row, PROJECT);
	t.project = project != NULL && text_uuid(id, project) == 0 ? pool_intern(l->pool, id) : pool_intern(l->pool, project);
	if (cell(l, row, COMPANY) == NULL && t.project == NULL)
		diag_add(l->d, l->file, row->line, "names neither a company nor a project");
	t.from = day(l, row, FROM);
	t.to = day(l, row, TO);
	if (t.from != DATE_NONE && t.to != DATE_NONE && t.to < t.from)
		diag_add(l->d, l->file, row->line, "valid_to lies before valid_from");
	t.discount_e2 = percent(l, row, DISCOUNT, 0);
	t.description = pool_dup(l->pool, cell(l, row, DESCRIPTION));
	read_fee(l, row, &t);
	read_cost_centre(l, row, &t);
	if (cell(l, row, DISCOUNT) == NULL && cell(l, row, FEE) == NULL && t.cost_centre == NULL)
		diag_add(l->d, l->file, row->line, "has neither discount nor fee nor cost_centre");
	if (buf_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v) < 0 || pool_failed(l->pool))
		return err_nomem(e);
	l->v[l->n++] = t;
	return 0;
}

int termsfile_load(const char *path, const struct customer_table *customers, struct pool *pool, struct terms *out, struct diag *d, struct err *e)
{
	struct loading l = { .file = path, .customers = customers, .pool = pool, .d = d };
	const size_t before = d->n;
	int rc = -1;

	if (csvfile_read(path, on_row, &l, d, e) < 0)
		goto out;
	if (!l.headed && d->n == before)
		diag_add(d, path, 0, "is empty; the first row must be: company,project,valid_from,valid_to,discount,fee,name,description,tax_rate,cost_centre");
	out->n = l.n;
	out->v = pool_alloc(pool, (l.n + 1) * sizeof *out->v);
	if (out->v == NULL) {
		err_nomem(e);
		goto out;
	}
	if (l.n > 0)
		memcpy(out->v, l.v, l.n * sizeof *l.v);
	terms_check(out, path, d);
	rc = 0;
out:
	free(l.v);
	return rc;
}
