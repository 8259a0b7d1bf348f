#include "cli/customers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csvfile.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/configkeys.h"

enum {
	ID, NAME, NUMBER, LEGAL, STREET, ZIP, CITY, COUNTRY, VAT_ID, CATEGORY, RATE, CURRENCY, REFERENCE, ENDPOINT, SCHEME, EMAIL, DUE, LANGUAGE,
	MODE, MINUTES, SCOPE, GROUP, ACCOUNT, HOLD, ORDER, CONTRACT, NOTE, TEMPLATE, NUMBERS, FORMATS, DISCOUNT_DAYS, DISCOUNT_RATE, NCOLUMNS
};
static const char *const columns[NCOLUMNS] = {
	"company_id", "company_name", "customer_number", "legal_name", "street", "zip", "city", "country", "vat_id", "tax_category", "tax_rate",
	"currency", "buyer_reference", "endpoint", "endpoint_scheme", "email", "due_days", "language", "round_mode", "round_minutes", "round_scope",
	"group_by", "debtor_account", "hold", "order_reference", "contract_reference", "note", "template", "number_format", "formats", "discount_days",
	"discount_rate",
};

/* Rows as typed, one array of NCOLUMNS texts each; NULL for empty cells. */
struct table {
	const char *file;
	struct pool *pool;
	const char *(*v)[NCOLUMNS];
	int *line;
	size_t n, cap, line_cap;
	int col[NCOLUMNS], headed;
	size_t width; /* cells of the heading */
	struct diag *d;
};

static int on_row(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct table *t = ctx;

	if (!t->headed) {
		t->headed = 1;
		t->width = row->n;
		csvfile_columns(row, columns, NCOLUMNS, t->col, t->file, t->d);
		if (t->col[ID] < 0)
			diag_add(t->d, t->file, row->line, "column 'company_id' is missing");
		return 0;
	}
	if (buf_grow(&t->v, &t->cap, t->n + 1, sizeof *t->v) < 0 || buf_grow(&t->line, &t->line_cap, t->n + 1, sizeof *t->line) < 0)
		return err_nomem(e);
	for (int i = 0; i < NCOLUMNS; i++) {
		int at = t->col[i];
		const char *s = at < 0 || (size_t)at >= row->n || row->text[at][0] == '\0' ? NULL : row->text[at];
		char room[NUM_MAX];

		t->v[t->n][i] = pool_dup(t->pool, s != NULL && (i == RATE || i == DISCOUNT_RATE) ? csvfile_decimal(row, s, room) : s);
	}
	if (row->n > t->width && row->text[row->n - 1][0] != '\0')
		diag_add(t->d, t->file, row->line, "has %zu cells, the heading %zu", row->n, t->width);
	t->line[t->n++] = row->line;
	return pool_failed(t->pool) ? err_nomem(e) : 0;
}

static void bad(const struct table *t, size_t row, int column, const char *allowed)
{
	diag_add(t->d, t->file, t->line[row], "%s '%.60s' is not allowed: %s", columns[column], t->v[row][column], allowed);
}

static void read_tax(const struct table *t, size_t row, const struct config *c, struct customer *out)
{
	const char *category = t->v[row][CATEGORY] == NULL ? c->tax_category : t->v[row][CATEGORY], *rate = t->v[row][RATE];

	if (!customer_tax_category_ok(category)) {
		bad(t, row, CATEGORY, "S, AE, E, O or G");
		return;
	}
	memcpy(out->tax_category, category, strlen(category) + 1);
	out->tax_pct_e2 = strcmp(category, "S") == 0 ? c->tax_pct_e2 : 0;
	if (rate == NULL) {
		if (strcmp(category, "S") == 0 && out->tax_pct_e2 == 0)
			diag_add(t->d, t->file, t->line[row], "tax_rate is empty, and so is the one of the configuration: category S needs a rate above 0 (BR-S-05)");
		return;
	}
	if (num_parse(rate, MONEY_PCT_SCALE, &out->tax_pct_e2) < 0 || out->tax_pct_e2 < 0 || out->tax_pct_e2 > 10000)
		bad(t, row, RATE, "a percentage from 0 to 100, at most two decimals, a decimal point");
	else if (strcmp(category, "S") != 0 && out->tax_pct_e2 != 0)
		bad(t, row, RATE, "only category S has a rate above 0 (BR-AE-05, BR-E-05, BR-O-05)");
	else if (strcmp(category, "S") == 0 && out->tax_pct_e2 == 0)
		bad(t, row, RATE, "category S needs a rate above 0 (BR-S-05)");
}

static void read_rules(const struct table *t, size_t row, const struct config *c, struct customer *out)
{
	const char *const *v = t->v[row];
	int64_t n;

	out->due_days = (int)c->due_days;
	if (v[DUE] != NULL && num_parse_int(v[DUE], 0, 365, &n) < 0)
		bad(t, row, DUE, "a whole number from 0 to 365");
	else if (v[DUE] != NULL)
		out->due_days = (int)n;
	out->rounding = c->rounding;
	if (v[MODE] != NULL && rounding_mode_parse(v[MODE], &out->rounding.mode) < 0)
		bad(t, row, MODE, "none, nearest, up or down");
	if (v[MINUTES] != NULL && num_parse_int(v[MINUTES], 1, 1440, &n) < 0)
		bad(t, row, MINUTES, "a whole number from 1 to 1440");
	else if (v[MINUTES] != NULL)
		out->rounding.step_sec = n * 60;
	if (v[SCOPE] != NULL && rounding_scope_parse(v[SCOPE], &out->rounding.scope) < 0)
		bad(t, row, SCOPE, "entry or line");
	out->group_by = c->group_by;
	if (v[GROUP] != NULL && customer_group_parse(v[GROUP], &out->group_by) < 0)
		bad(t, row, GROUP, "project, project_task, project_user, project_type_of_work or entry");
}

/* What its documents are and say. */
static void read_documents(const struct table *t, size_t row, const struct config *c, struct customer *out)
{
	const char *const *v = t->v[row];
	struct err e = ERR_INIT;
	int64_t n;

	out->order_reference = v[ORDER];
	out->contract_reference = v[CONTRACT];
	out->note = v[NOTE] == NULL ? c->note : v[NOTE];
	out->template = v[TEMPLATE] == NULL ? out->language : v[TEMPLATE];
	if (v[TEMPLATE] != NULL && !config_language_ok(v[TEMPLATE]))
		bad(t, row, TEMPLATE, "lower-case letters, digits, hyphen: it names invoice.TEMPLATE.ini");
	out->number_format = v[NUMBERS] == NULL ? c->number_format : v[NUMBERS];
	if (v[NUMBERS] != NULL && number_check(v[NUMBERS], &e) < 0)
		diag_add(t->d, t->file, t->line[row], "number_format '%.60s' is refused: %s", v[NUMBERS], e.msg);
	out->formats = c->formats;
	if (v[FORMATS] != NULL && configkeys_formats(v[FORMATS], &out->formats, NULL) < 0)
		bad(t, row, FORMATS, "at least one of xlsx csv xrechnung");
	out->discount_days = c->discount_days;
	out->discount_pct_e2 = c->discount_pct_e2;
	if (v[DISCOUNT_DAYS] != NULL && num_parse_int(v[DISCOUNT_DAYS], 0, 365, &n) < 0)
		bad(t, row, DISCOUNT_DAYS, "a whole number from 0 to 365");
	else if (v[DISCOUNT_DAYS] != NULL)
		out->discount_days = n;
	if (v[DISCOUNT_RATE] != NULL && (num_parse(v[DISCOUNT_RATE], MONEY_PCT_SCALE, &n) < 0 || n < 0 || n > 10000))
		bad(t, row, DISCOUNT_RATE, "a percentage from 0 to 100, at most two decimals, a decimal point");
	else if (v[DISCOUNT_RATE] != NULL)
		out->discount_pct_e2 = n;
	/* Days of 0 switch the configuration's discount off; a rate alone would be dropped without a word. */
	if (out->discount_days == 0 && v[DISCOUNT_DAYS] == NULL && v[DISCOUNT_RATE] != NULL && out->discount_pct_e2 != 0)
		diag_add(t->d, t->file, t->line[row], "discount_rate without discount_days");
	if (out->discount_days == 0)
		out->discount_pct_e2 = 0;
	else if (out->discount_pct_e2 == 0)
		diag_add(t->d, t->file, t->line[row], "discount_days without discount_rate");
}

/* One row with the defaults filled in. */
static void read_customer(const struct table *t, size_t row, const struct config *c, struct customer *out)
{
	const char *const *v = t->v[row];
	char id[37] = "";

	memset(out, 0, sizeof *out);
	out->line = t->line[row];
	if (v[ID] == NULL || text_uuid(id, v[ID]) < 0)
		diag_add(t->d, t->file, t->line[row], "company_id '%.60s' is no id of awork (8-4-4-4-12 hexadecimal digits)", v[ID] == NULL ? "" : v[ID]);
	out->company_id = pool_intern(t->pool, id);
	out->company_name = v[NAME];
	out->number = v[NUMBER];
	out->party.name = v[LEGAL];
	out->party.street = v[STREET];
	out->party.zip = v[ZIP];
	out->party.city = v[CITY];
	out->party.country = v[COUNTRY];
	if (v[COUNTRY] != NULL && (strlen(v[COUNTRY]) != 2 || strspn(v[COUNTRY], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
		bad(t, row, COUNTRY, "ISO 3166-1 code of two capital letters");
	out->party.vat_id = v[VAT_ID];
	out->party.email = v[EMAIL];
	out->party.endpoint = v[ENDPOINT];
	out->party.endpoint_scheme = v[SCHEME];
	out->buyer_reference = v[REFERENCE];
	out->debtor_account = v[ACCOUNT] == NULL && c->debtor_is_number ? v[NUMBER] : v[ACCOUNT];
	out->hold = v[HOLD];
	out->currency = v[CURRENCY] == NULL ? c->currency : v[CURRENCY];
	if (money_decimals(out->currency) < 0)
		bad(t, row, CURRENCY, "a currency of ISO 4217, such as EUR");
	out->language = v[LANGUAGE] == NULL ? c->language : v[LANGUAGE];
	if (!config_language_ok(out->language))
		bad(t, row, LANGUAGE, "lower-case letters, digits, hyphen: it names the template invoice.LANGUAGE.ini");
	read_tax(t, row, c, out);
	read_rules(t, row, c, out);
	read_documents(t, row, c, out);
}

/* Rows of one id by line, so that a message names the earlier one. */
static int compare_customer(const void *a, const void *b)
{
	const struct customer *x = a, *y = b;
	int c = strcmp(x->company_id, y->company_id);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

static void free_table(struct table *t)
{
	free(t->v);
	free(t->line);
}

int customers_load(const char *path, const struct config *c, struct pool *pool, struct customer_table *out, struct diag *d, struct err *e)
{
	struct table t = { .file = path, .pool = pool, .d = d };
	int rc = -1;

	if (csvfile_read(path, on_row, &t, d, e) < 0)
		goto out;
	if (!t.headed && diag_empty(d))
		diag_add(d, path, 0, "is empty; write one with `psabill init` or `psabill customers`");
	out->n = t.n;
	out->v = pool_alloc(pool, (t.n + 1) * sizeof *out->v);
	if (out->v == NULL) {
		err_nomem(e);
		goto out;
	}
	for (size_t i = 0; i < t.n; i++)
		read_customer(&t, i, c, &out->v[i]);
	qsort(out->v, out->n, sizeof *out->v, compare_customer);
	for (size_t i = 1; i < out->n; i++)
		if (out->v[i].company_id[0] != '\0' && strcmp(out->v[i].company_id, out->v[i - 1].company_id) == 0)
			diag_add(d, path, out->v[i].line, "company_id stands in line %d already", out->v[i - 1].line);
	rc = pool_failed(pool) ? err_nomem(e) : 0;
out:
	free_table(&t);
	return rc;
}

/* Fills a cell that nobody typed into. Blanks are nothing: read back they would be an empty cell again. */
static int fill(struct table *t, const char **cell, const char *value)
{
	char *s;

	if (*cell != NULL || value == NULL)
		return 0;
	s = pool_dup(t->pool, value);
	if (s == NULL || *(s = text_trim(s)) == '\0')
		return 0;
	*cell = s;
	return 1;
}

/* The address is filled as a whole or not at all, so that no street of one address meets the city of another. */
static int fill_row(struct table *t, size_t row, const struct customers_found *f, int fresh)
{
	const char **v = t->v[row];
	int changed = 0;

	if (v[STREET] == NULL && v[ZIP] == NULL && v[CITY] == NULL) {
		changed |= fill(t, &v[STREET], f->street);
		changed |= fill(t, &v[ZIP], f->zip);
		changed |= fill(t, &v[CITY], f->city);
		changed |= fill(t, &v[COUNTRY], f->country);
	}
	changed |= fill(t, &v[NUMBER], f->number);
	changed |= fill(t, &v[VAT_ID], f->vat_id);
	changed |= fill(t, &v[EMAIL], f->email);
	if (fresh) {
		changed |= fill(t, &v[NAME], f->company_name);
		changed |= fill(t, &v[LEGAL], f->company_name);
		changed |= fill(t, &v[CATEGORY], f->tax_category);
	}
	return changed;
}

/* A file keeps the columns that it has: the newer ones are added to new files only. */
static int is_written(const struct table *t, int column)
{
	return column < ORDER || !t->headed || t->col[column] >= 0;
}

static int write_table(const char *path, const struct table *t, struct err *e)
{
	struct buf b = BUF_INIT;
	struct csvfile_out o = { .b = &b, .sep = ',', .guard = 1 };
	const char *slash = strrchr(path, '/');
	char *dir = NULL;
	int dirfd = -1, rc = -1;

	for (int i = 0; i < NCOLUMNS; i++)
		if (is_written(t, i))
			csvfile_bare(&o, columns[i]);
	csvfile_end(&o);
	for (size_t r = 0; r < t->n; r++) {
		for (int i = 0; i < NCOLUMNS; i++) {
			if (!is_written(t, i))
				continue;
			/* Ids and codes stay bare, what people type is text. */
			if (t->v[r][i] == NULL || i == ID || (i >= CATEGORY && i <= CURRENCY))
				csvfile_bare(&o, t->v[r][i] == NULL ? "" : t->v[r][i]);
			else
				csvfile_text(&o, t->v[r][i]);
		}
		csvfile_end(&o);
	}
	dir = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (dir == NULL || !buf_ok(&b)) {
		err_nomem(e);
		goto out;
	}
	dirfd = file_open_dir(dir, e);
	if (dirfd < 0)
		goto out;
	rc = file_replace_at(dirfd, slash == NULL ? path : slash + 1, b.p, b.n, 0640, e);
out:
	if (dirfd >= 0)
		close(dirfd);
	free(dir);
	buf_free(&b);
	return rc;
}

static size_t find_row(const struct table *t, const char *id)
{
	char lower[37];

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i][ID] != NULL && text_uuid(lower, t->v[i][ID]) == 0 && strcmp(lower, id) == 0)
			return i;
	return t->n;
}

static int add_row(struct table *t, const char *id, struct err *e)
{
	if (buf_grow(&t->v, &t->cap, t->n + 1, sizeof *t->v) < 0 || buf_grow(&t->line, &t->line_cap, t->n + 1, sizeof *t->line) < 0)
		return err_nomem(e);
	memset(t->v[t->n], 0, sizeof *t->v);
	t->v[t->n][ID] = id;
	t->line[t->n++] = 0;
	return 0;
}

int customers_merge(const char *path, const struct customers_found *found, size_t n, struct customers_merge *out, struct diag *d, struct err *e)
{
	struct table t = { .file = path, .pool = pool_new(), .d = d };
	struct customers_merge m = { 0, 0, 0 };
	int rc = -1;

	if (t.pool == NULL) {
		err_nomem(e);
		goto out;
	}
	if (access(path, F_OK) == 0 && csvfile_read(path, on_row, &t, d, e) < 0)
		goto out;
	if (!diag_empty(d)) {
		rc = 0;
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		size_t row = find_row(&t, found[i].company_id);
		int fresh = row == t.n;

		if (fresh && add_row(&t, found[i].company_id, e) < 0)
			goto out;
		if (fill_row(&t, row, &found[i], fresh) && !fresh)
			m.filled++;
		m.added += (size_t)fresh;
	}
	m.rows = t.n;
	if (pool_failed(t.pool)) {
		err_nomem(e);
		goto out;
	}
	if ((m.added > 0 || m.filled > 0) && write_table(path, &t, e) < 0)
		goto out;
	*out = m;
	rc = 0;
out:
	free_table(&t);
	pool_free(t.pool);
	return rc;
}

const char *customers_example(void)
{
	return "company_id,company_name,customer_number,legal_name,street,zip,city,country,vat_id,tax_category,tax_rate,currency,buyer_reference,endpoint,"
	    "endpoint_scheme,email,due_days,language,round_mode,round_minutes,round_scope,group_by,debtor_account,hold,"
	    "order_reference,contract_reference,note,template,number_format,formats,discount_days,discount_rate\r\n";
}
