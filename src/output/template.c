#include "output/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/inifile.h"
#include "base/num.h"
#include "base/pool.h"
#include "base/text.h"
#include "output/templatecheck.h"
#include "output/templatekeys.h"

#define WIDTH_MAX 120
#define COUNTRIES_MAX 260

struct template {
	struct pool *pool;
	int of;
	const char *text[TEMPLATE_KEYS];
	char date_format[64];
	struct template_column columns[TEMPLATE_TABLES][TEMPLATE_COLUMNS_MAX];
	size_t ncolumns[TEMPLATE_TABLES];
	struct { char code[3]; const char *name; } country[COUNTRIES_MAX];
	size_t ncountries;
};

/* One reading. */
struct reader {
	struct template *t;
	const char *file;
	struct diag *d;
	struct template_column *field; /* of every field in templatekeys_fields */
};

/* "\n" is a line break: a value is one line of the file. */
static char *unescape(struct pool *pool, const char *value)
{
	char *s = pool_dup(pool, value), *w = s;

	for (const char *r = s; r != NULL && *r != '\0'; r++) {
		if (r[0] == '\\' && r[1] == 'n') {
			*w++ = '\n';
			r++;
		} else {
			*w++ = *r;
		}
	}
	if (w != NULL)
		*w = '\0';
	return s;
}

/* True when the n bytes at s are one of the blank-separated words. */
static int is_word_of(const char *words, const char *s, size_t n)
{
	while (words != NULL && *words != '\0') {
		size_t k = strcspn(words, " ");

		if (k == n && strncmp(words, s, n) == 0)
			return 1;
		words += k + (words[k] == ' ');
	}
	return 0;
}

static void check_places(struct reader *r, int line, const char *value, const char *places)
{
	const char *open, *close;

	for (open = strchr(value, '{'); open != NULL; open = strchr(close, '{')) {
		close = strchr(open, '}');
		if (close == NULL) {
			diag_add(r->d, r->file, line, "'{' without '}'");
			return;
		}
		if (!is_word_of(places, open + 1, (size_t)(close - open) - 1))
			diag_add(r->d, r->file, line, "unknown %.*s; allowed here: %s", (int)(close - open) + 1, open, places != NULL ? places : "none");
	}
}

static int take_key(struct reader *r, const char *section, const char *key, const char *value, int line)
{
	for (size_t i = 0; i < TEMPLATE_KEYS; i++) {
		const struct templatekeys_key *k = &templatekeys_all[i];
		const char *fault;

		if ((k->of & r->t->of) == 0 || strcmp(k->section, section) != 0 || strcmp(k->key, key) != 0)
			continue;
		fault = templatecheck_value(k->kind, value);
		if (fault != NULL)
			diag_add(r->d, r->file, line, "%s = %s: %s", key, value, fault);
		else if (k->kind == KIND_TEXT)
			check_places(r, line, value, k->places);
		r->t->text[i] = k->kind == KIND_TEXT ? unescape(r->t->pool, value) : pool_dup(r->t->pool, value);
		return 1;
	}
	return 0;
}

static void take_number(struct reader *r, const char *key, const char *value, int min, int max, int *out, int line)
{
	int64_t v;

	if (num_parse_int(value, min, max, &v) < 0)
		diag_add(r->d, r->file, line, "%s = %s: must be a whole number from %d to %d", key, value, min, max);
	else
		*out = (int)v;
}

static int take_field(struct reader *r, const char *section, const char *key, const char *value, int line)
{
	for (size_t i = 0; i < templatekeys_nfields; i++) {
		const struct templatekeys_field *f = &templatekeys_fields[i];
		const char *fault;

		if ((f->of & r->t->of) == 0 || strcmp(f->section, section) != 0)
			continue;
		if (strcmp(key, "order") == 0) {
			take_number(r, key, value, 0, 99, &r->field[i].order, line);
		} else if (strcmp(key, "width") == 0) {
			take_number(r, key, value, 1, WIDTH_MAX, &r->field[i].width, line);
		} else if (strcmp(key, "heading") == 0) {
			r->field[i].heading = unescape(r->t->pool, value);
		} else if (strcmp(key, "format") == 0 && f->formatted) {
			fault = templatecheck_value(KIND_FORMAT, value);
			if (fault != NULL)
				diag_add(r->d, r->file, line, "%s = %s: %s", key, value, fault);
			r->field[i].format = pool_dup(r->t->pool, value);
		} else {
			return 0;
		}
		return 1;
	}
	return 0;
}

static int take_country(struct reader *r, const char *key, const char *value, int line)
{
	struct template *t = r->t;

	if (strlen(key) != 2 || strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2 || t->ncountries == COUNTRIES_MAX) {
		diag_add(r->d, r->file, line, "%s: not a country code of two capital letters", key);
		return 1;
	}
	memcpy(t->country[t->ncountries].code, key, 3);
	t->country[t->ncountries++].name = pool_dup(t->pool, value);
	return 1;
}

static void take(void *ctx, const char *section, const char *key, const char *value, int line)
{
	struct reader *r = ctx;

	if (take_key(r, section, key, value, line) || take_field(r, section, key, value, line))
		return;
	if ((r->t->of & TEMPLATEKEYS_INVOICE) != 0 && strcmp(section, "countries") == 0 && take_country(r, key, value, line))
		return;
	diag_add(r->d, r->file, line, "unknown: %s in [%s]", key, section);
}

static int by_order(const void *a, const void *b)
{
	const struct template_column *x = a, *y = b;

	return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : (x->field > y->field) - (x->field < y->field);
}

static void arrange(struct reader *r)
{
	struct template *t = r->t;

	for (size_t i = 0; i < templatekeys_nfields; i++) {
		const struct templatekeys_field *f = &templatekeys_fields[i];

		if ((f->of & t->of) != 0 && r->field[i].order > 0)
			t->columns[f->table][t->ncolumns[f->table]++] = r->field[i];
	}
	for (int k = 0; k < TEMPLATE_TABLES; k++) {
		qsort(t->columns[k], t->ncolumns[k], sizeof t->columns[k][0], by_order);
		for (size_t i = 1; i < t->ncolumns[k]; i++)
			if (t->columns[k][i].order == t->columns[k][i - 1].order)
				diag_add(r->d, r->file, 0, "columns '%s' and '%s' have the same order", t->columns[k][i - 1].heading, t->columns[k][i].heading);
	}
}

static int has(const struct template *t, enum template_table table, enum template_field f)
{
	for (size_t i = 0; i < t->ncolumns[table]; i++)
		if (t->columns[table][i].field == f)
			return 1;
	return 0;
}

/* What an invoice must show by law, and what the page's layout needs. */
static void check_columns(struct reader *r)
{
	const struct template *t = r->t;

	if (t->of == TEMPLATEKEYS_SUMMARY) {
		if (!has(t, TEMPLATE_GROUPS, TEMPLATE_F_NAME) || !has(t, TEMPLATE_GROUPS, TEMPLATE_F_ENTRIES) || !has(t, TEMPLATE_GROUPS, TEMPLATE_F_DURATION) ||
		    !has(t, TEMPLATE_GROUPS, TEMPLATE_F_BILLED) || !has(t, TEMPLATE_GROUPS, TEMPLATE_F_NET))
			diag_add(r->d, r->file, 0, "the columns name, entries, tracked, billed and net cannot be left out");
		return;
	}
	if (!has(t, TEMPLATE_LINES, TEMPLATE_F_DESCRIPTION) || !has(t, TEMPLATE_LINES, TEMPLATE_F_QUANTITY) || !has(t, TEMPLATE_LINES, TEMPLATE_F_NET))
		diag_add(r->d, r->file, 0, "the line columns description, quantity and net cannot be left out");
	else if (t->columns[TEMPLATE_LINES][0].field == TEMPLATE_F_NET)
		diag_add(r->d, r->file, 0, "the line column net cannot be the first"); /* the totals' labels stand on its left */
	if (t->ncolumns[TEMPLATE_ENTRY_ROWS] < 2)
		diag_add(r->d, r->file, 0, "the time sheet needs at least two columns");
	if (strcasecmp(t->text[TEMPLATE_SHEET], t->text[TEMPLATE_TIMESHEET]) == 0)
		diag_add(r->d, r->file, 0, "both sheets have the same name");
}

static void make_date_format(struct template *t)
{
	const char *s = t->text[TEMPLATE_DATE];
	size_t n = 0;

	for (; *s != '\0' && n + 2 < sizeof t->date_format; s++) {
		char c = (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s);

		/* '/' alone would be the viewer's own separator. */
		if (strchr("/-,", c) != NULL)
			t->date_format[n++] = '\\';
		t->date_format[n++] = c;
	}
	t->date_format[n] = '\0';
}

static int kind_of(const char *name)
{
	return strncmp(name, "invoice.", 8) == 0 ? TEMPLATEKEYS_INVOICE : strncmp(name, "summary.", 8) == 0 ? TEMPLATEKEYS_SUMMARY : 0;
}

static int fill_in(struct reader *r, const char *path, struct err *e)
{
	size_t before = r->d->n;

	for (size_t i = 0; i < TEMPLATE_KEYS; i++)
		r->t->text[i] = templatekeys_all[i].standard;
	for (size_t i = 0; i < templatekeys_nfields; i++) {
		const struct templatekeys_field *f = &templatekeys_fields[i];

		r->field[i] = (struct template_column){ .field = f->field, .order = f->order, .width = f->width, .heading = f->heading };
	}
	if (inifile_read(path, take, r, r->d, e) < 0)
		return -1;
	if (pool_failed(r->t->pool))
		return err_nomem(e);
	arrange(r);
	if (r->d->n == before)
		check_columns(r);
	make_date_format(r->t);
	return r->d->n == before && r->d->lost == 0 ? 0 : -1;
}

struct template *template_read(const char *dir, const char *name, struct diag *d, struct err *e)
{
	struct template *t = calloc(1, sizeof *t);
	char *path = file_join(dir, name);
	struct reader r = { .t = t, .file = path, .d = d, .field = calloc(templatekeys_nfields, sizeof *r.field) };
	int rc = -1;

	if (t != NULL)
		t->pool = pool_new();
	if (t == NULL || t->pool == NULL || path == NULL || r.field == NULL) {
		err_nomem(e);
	} else {
		t->of = kind_of(name);
		rc = t->of != 0 ? fill_in(&r, path, e) : err_set(e, ERR_CONFIG, "%s: a template's name begins with 'invoice.' or 'summary.'", name);
	}
	free(r.field);
	free(path);
	if (rc < 0) {
		template_free(t);
		return NULL;
	}
	return t;
}

void template_free(struct template *t)
{
	if (t == NULL)
		return;
	pool_free(t->pool);
	free(t);
}

const char *template_text(const struct template *t, enum template_key k)
{
	return t->text[k];
}

int template_on(const struct template *t, enum template_key k)
{
	return strcmp(t->text[k], "yes") == 0;
}

int template_color(const struct template *t, enum template_key k)
{
	return (int)strtol(t->text[k], NULL, 16);
}

const struct template_column *template_columns(const struct template *t, enum template_table table, size_t *n)
{
	*n = t->ncolumns[table];
	return t->columns[table];
}

const char *template_country(const struct template *t, const char *code)
{
	for (size_t i = 0; i < t->ncountries; i++)
		if (strcmp(t->country[i].code, code) == 0)
			return t->country[i].name;
	return code;
}

const char *template_date_format(const struct template *t)
{
	return t->date_format;
}

char *template_money_format(char out[64], const char *format, int decimals)
{
	const char *at = strstr(format, ".00");

	if (at == NULL || decimals == 2)
		snprintf(out, 64, "%s", format);
	else
		snprintf(out, 64, "%.*s%s%.*s%s", (int)(at - format), format, decimals > 0 ? "." : "", decimals, "00000000", at + 3);
	return out;
}

static const char *sign(const struct template *t, enum template_key k)
{
	return strcmp(t->text[k], "blank") == 0 ? " " : t->text[k];
}

static void month_name(const struct template *t, struct buf *out, int month)
{
	const char *s = t->text[TEMPLATE_MONTHS];

	s += strspn(s, " ");
	while (--month > 0) {
		s += strcspn(s, " ");
		s += strspn(s, " ");
	}
	buf_add(out, s, strcspn(s, " "));
}

void template_date(const struct template *t, struct buf *out, date_t d)
{
	struct date_ymd ymd = date_to_ymd(d);
	const char *s = t->text[TEMPLATE_DATE];

	while (d != DATE_NONE && *s != '\0') {
		if (strncmp(s, "YYYY", 4) == 0) {
			buf_fmt(out, "%04d", ymd.year);
			s += 4;
		} else if (strncmp(s, "MMM", 3) == 0) {
			month_name(t, out, ymd.month);
			s += 3;
		} else if (strncmp(s, "MM", 2) == 0 || strncmp(s, "DD", 2) == 0) {
			buf_fmt(out, "%02d", *s == 'M' ? ymd.month : ymd.day);
			s += 2;
		} else {
			buf_ch(out, *s++);
		}
	}
}

void template_dec(const struct template *t, struct buf *out, int64_t v, int scale, int min_decimals)
{
	char s[NUM_MAX];
	const char *p = s, *dot;
	size_t whole;

	num_fmt_short(s, v, scale, min_decimals);
	if (*p == '-')
		buf_ch(out, *p++);
	dot = strchr(p, '.');
	whole = dot != NULL ? (size_t)(dot - p) : strlen(p);
	for (; whole > 0; whole--) {
		buf_ch(out, *p++);
		if (whole > 1 && whole % 3 == 1)
			buf_str(out, sign(t, TEMPLATE_THOUSANDS));
	}
	if (dot != NULL) {
		buf_str(out, sign(t, TEMPLATE_DECIMAL));
		buf_str(out, dot + 1);
	}
}

void template_fill(const struct template *t, struct buf *out, enum template_key k, const struct template_value *v, size_t n)
{
	const char *s = t->text[k], *open, *close;

	for (; (open = strchr(s, '{')) != NULL && (close = strchr(open, '}')) != NULL; s = close + 1) {
		size_t len = (size_t)(close - open) - 1;

		buf_add(out, s, (size_t)(open - s));
		for (size_t i = 0; i < n; i++)
			if (strlen(v[i].name) == len && strncmp(v[i].name, open + 1, len) == 0)
				buf_str(out, v[i].value);
	}
	buf_str(out, s);
}
