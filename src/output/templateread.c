#include "output/templateread.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/inifile.h"
#include "base/num.h"
#include "base/text.h"
#include "output/templatecheck.h"
#include "output/templatekeys.h"

#define WIDTH_MAX 120

/* One reading. */
struct reader {
	struct template *t;
	const char *file;
	struct diag *d;
	size_t footer_units; /* of all its parts */
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

static int is_sentence(enum templatekeys_kind k)
{
	return k == KIND_TEXT || k == KIND_FOOTER;
}

/* All parts of a footer and their codes are one text of at most 255 characters (Excel). What the invoice puts in comes on top of it. */
static void check_footer(struct reader *r, int line, const char *key, const char *value)
{
	r->footer_units += value != NULL ? templatecheck_footer_units(value) : 0;
	if (r->footer_units > TEMPLATECHECK_FOOTER_MAX)
		diag_add(r->d, r->file, line, "%s: the footer is longer than 255 characters, which is all that a page of a workbook can show", key);
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
		else if (is_sentence(k->kind))
			check_places(r, line, value, k->places);
		r->t->text[i] = is_sentence(k->kind) ? unescape(r->t->pool, value) : pool_dup(r->t->pool, value);
		if (k->kind == KIND_FOOTER && fault == NULL)
			check_footer(r, line, key, r->t->text[i]);
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
			take_number(r, key, value, 0, 99, &r->t->field[i].order, line);
		} else if (strcmp(key, "width") == 0) {
			take_number(r, key, value, 1, WIDTH_MAX, &r->t->field[i].width, line);
		} else if (strcmp(key, "heading") == 0) {
			r->t->field[i].heading = unescape(r->t->pool, value);
		} else if (strcmp(key, "format") == 0 && f->formatted) {
			fault = templatecheck_value(KIND_FORMAT, value);
			if (fault != NULL)
				diag_add(r->d, r->file, line, "%s = %s: %s", key, value, fault);
			r->t->field[i].format = pool_dup(r->t->pool, value);
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

	if (strlen(key) != 2 || strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2 || t->ncountries == TEMPLATEREAD_COUNTRIES_MAX) {
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

		if ((f->of & t->of) != 0 && t->field[i].order > 0)
			t->columns[f->table][t->ncolumns[f->table]++] = t->field[i];
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

/* Without a footer of its own a template gets: seller, tax numbers and number on the left, the page on the right. */
static void standard_footer(struct template *t)
{
	static const enum template_key parts[] = { TEMPLATE_FOOTER_LEFT, TEMPLATE_FOOTER_CENTER, TEMPLATE_FOOTER_RIGHT };

	for (size_t i = 0; i < 3; i++)
		if (*t->text[parts[i]] != '\0')
			return;
	t->text[TEMPLATE_FOOTER_LEFT] = pool_fmt(t->pool, "{seller} · %s {vat_id} · %s {tax_number} · {number}", t->text[TEMPLATE_VAT_ID],
	                                         t->text[TEMPLATE_TAX_NUMBER]);
	t->text[TEMPLATE_FOOTER_RIGHT] = t->text[TEMPLATE_PAGE];
}

static int read_keys(struct reader *r, const char *text, size_t n, struct err *e)
{
	struct template *t = r->t;
	size_t before = r->d->n;

	for (size_t i = 0; i < TEMPLATE_KEYS; i++)
		t->text[i] = templatekeys_all[i].standard;
	for (size_t i = 0; i < templatekeys_nfields; i++) {
		const struct templatekeys_field *f = &templatekeys_fields[i];

		t->field[i] = (struct template_column){ .field = f->field, .order = f->order, .width = f->width, .heading = f->heading };
	}
	if (inifile_parse(r->file, text, n, take, r, r->d, e) < 0)
		return -1;
	if (pool_failed(t->pool))
		return err_nomem(e);
	arrange(r);
	if (r->d->n == before)
		check_columns(r);
	standard_footer(t);
	make_date_format(t);
	if (pool_failed(t->pool))
		return err_nomem(e);
	return r->d->n == before && r->d->lost == 0 ? 0 : -1;
}

int templateread_fill(struct template *t, const char *file, const char *text, size_t n, struct diag *d, struct err *e)
{
	struct reader r = { .t = t, .file = file, .d = d };

	t->field = pool_alloc(t->pool, templatekeys_nfields * sizeof *t->field);
	return t->field != NULL ? read_keys(&r, text, n, e) : err_nomem(e);
}
