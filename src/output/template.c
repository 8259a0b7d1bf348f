#include "output/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "output/templatelogo.h"
#include "output/templatekeys.h"
#include "output/templateread.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define DIVIDER " · "

static int kind_of(const char *name)
{
	return strncmp(name, "invoice.", 8) == 0 ? TEMPLATEKEYS_INVOICE : strncmp(name, "summary.", 8) == 0 ? TEMPLATEKEYS_SUMMARY : 0;
}

static int bad_name(const char *name, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s: a template's name begins with 'invoice.' or 'summary.'", name);
}

struct template *template_parse(const char *name, const char *file, const char *text, size_t n, struct diag *d, struct err *e)
{
	struct template *t = calloc(1, sizeof *t);

	if (t == NULL || (t->pool = pool_new()) == NULL) {
		err_nomem(e);
		goto fail;
	}
	t->of = kind_of(name);
	if (t->of == 0) {
		bad_name(name, e);
		goto fail;
	}
	if (templateread_fill(t, file, text, n, d, e) == 0)
		return t;
fail:
	template_free(t);
	return NULL;
}

struct template *template_read(const char *dir, const char *name, struct diag *d, struct err *e)
{
	char *path = file_join(dir, name);
	struct buf b = BUF_INIT;
	struct template *t = NULL;

	if (path == NULL)
		err_nomem(e);
	else if (kind_of(name) == 0)
		bad_name(name, e);
	else if (file_read(path, FILE_MAX, &b, e) == 0)
		t = template_parse(name, path, buf_text(&b), b.n, d, e);
	buf_free(&b);
	free(path);
	return t;
}

void template_free(struct template *t)
{
	if (t == NULL)
		return;
	free((void *)(uintptr_t)t->logo.p);
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

const char *template_logo(const struct template *t)
{
	return t->of == TEMPLATEKEYS_INVOICE && *t->text[TEMPLATE_LOGO] != '\0' ? t->text[TEMPLATE_LOGO] : NULL;
}

int template_set_logo(struct template *t, const void *p, size_t n, struct err *e)
{
	struct template_picture logo = { .n = n };
	void *copy;

	if (templatelogo_measure(p, n, &logo.width, &logo.height, e) < 0)
		return err_ctx(e, "logo %s", t->text[TEMPLATE_LOGO]);
	copy = malloc(n);
	if (copy == NULL)
		return err_nomem(e);
	logo.p = memcpy(copy, p, n);
	free((void *)(uintptr_t)t->logo.p);
	t->logo = logo;
	return 0;
}

const struct template_picture *template_picture(const struct template *t)
{
	return t->logo.p != NULL ? &t->logo : NULL;
}

int template_number(const struct template *t, enum template_key k)
{
	return (int)strtol(t->text[k], NULL, 10);
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

const struct template_column *template_field(const struct template *t, enum template_table table, enum template_field f)
{
	size_t i = 0;

	while (templatekeys_fields[i].table != table || templatekeys_fields[i].field != f)
		i++;
	return &t->field[i];
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

static const char *value_of(const struct template_value *v, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(v[i].name) == len && strncmp(v[i].name, name, len) == 0)
			return v[i].value;
	return "";
}

/* The n bytes at s; *names counts its {names}, *filled those with a value. */
static void fill_part(struct buf *out, const char *s, size_t n, const struct template_value *v, size_t nv, int *names, int *filled)
{
	const char *end = s + n, *open, *close;

	*names = *filled = 0;
	while ((open = memchr(s, '{', (size_t)(end - s))) != NULL && (close = memchr(open, '}', (size_t)(end - open))) != NULL) {
		const char *value = value_of(v, nv, open + 1, (size_t)(close - open) - 1);

		buf_add(out, s, (size_t)(open - s));
		buf_str(out, value);
		++*names;
		*filled += *value != '\0';
		s = close + 1;
	}
	buf_add(out, s, (size_t)(end - s));
}

void template_fill(const struct template *t, struct buf *out, enum template_key k, const struct template_value *v, size_t n)
{
	int names, filled;

	fill_part(out, t->text[k], strlen(t->text[k]), v, n, &names, &filled);
}

void template_fill_parts(const struct template *t, struct buf *out, enum template_key k, const struct template_value *v, size_t n)
{
	const char *s = t->text[k], *divider = NULL;
	struct buf part = BUF_INIT;
	int names, filled, some = 0;

	while (*s != '\0') {
		const char *dot = strstr(s, DIVIDER), *line = strchr(s, '\n');
		const char *end = dot != NULL && (line == NULL || dot < line) ? dot : line != NULL ? line : s + strlen(s);

		buf_reuse(&part);
		fill_part(&part, s, (size_t)(end - s), v, n, &names, &filled);
		if (names == 0 || filled > 0) {
			if (some)
				buf_str(out, divider);
			buf_str(out, buf_text(&part));
			some = 1;
			divider = NULL;
		}
		/* A line break among the dividers of what is left out stays one. */
		if (divider == NULL || *divider != '\n')
			divider = *end == '\n' ? "\n" : DIVIDER;
		s = end + (*end == '\0' ? 0 : *end == '\n' ? 1 : strlen(DIVIDER));
	}
	out->failed |= part.failed;
	buf_free(&part);
}
