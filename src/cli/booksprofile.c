#include "cli/booksprofile.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/inifile.h"
#include "base/num.h"

static const char *const column_keys[BOOKS_COLUMNS] = { "number", "gross", "currency", "date", "paid", "side" };

struct reading {
	const char *path;
	struct pool *pool;
	struct booksprofile *p;
	struct diag *d;
};

const char *booksprofile_column_name(enum booksprofile_column c)
{
	return column_keys[c];
}

int booksprofile_has(const char *words, const char *s)
{
	size_t len = strlen(s);

	while (words != NULL && *words != '\0') {
		size_t n = strcspn(words, "|"), from = 0, to = n;

		while (from < to && words[from] == ' ')
			from++;
		while (to > from && words[to - 1] == ' ')
			to--;
		if (to - from == len && strncasecmp(words + from, s, len) == 0)
			return 1;
		words += n + (words[n] == '|');
	}
	return 0;
}

/* YYYY, MM and DD, once each, and signs between them. */
static int is_date_form(const char *s)
{
	const char *const parts[] = { "YYYY", "MM", "DD" };
	size_t letters = strspn(s, "YMD./- ");

	for (int i = 0; i < 3; i++)
		if (strstr(s, parts[i]) == NULL)
			return 0;
	for (const char *p = s; *p != '\0'; p++)
		letters -= strchr("./- ", *p) != NULL;
	return s[strspn(s, "YMD./- ")] == '\0' && letters == 8;
}

static int read_yes(const struct reading *r, const char *key, const char *value, int line)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		diag_add(r->d, r->path, line, "%s is yes or no", key);
	return strcmp(value, "yes") == 0;
}

static void read_separator(const struct reading *r, const char *value, int line)
{
	static const struct { const char *word; char sep; } known[] = { { "auto", '\0' }, { ",", ',' }, { ";", ';' }, { "tab", '\t' } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(value, known[i].word) == 0) {
			r->p->separator = known[i].sep;
			return;
		}
	diag_add(r->d, r->path, line, "separator is , or ; or tab or auto");
}

static void read_form(const struct reading *r, const char *key, const char *value, int line)
{
	struct booksprofile *p = r->p;

	if (strcmp(key, "separator") == 0)
		read_separator(r, value, line);
	else if (strcmp(key, "decimal") == 0 && (strcmp(value, ".") == 0 || strcmp(value, ",") == 0))
		p->decimal = value[0];
	else if (strcmp(key, "decimal") == 0)
		diag_add(r->d, r->path, line, "decimal is . or ,");
	else if (strcmp(key, "date") == 0 && is_date_form(value))
		p->date = pool_dup(r->pool, value);
	else if (strcmp(key, "date") == 0)
		diag_add(r->d, r->path, line, "date is a form such as YYYY-MM-DD or DD.MM.YYYY");
	else if (strcmp(key, "skip") == 0 && num_parse_int(value, 0, 100, &p->skip) < 0)
		diag_add(r->d, r->path, line, "skip is a number of rows from 0 to 100");
	else if (strcmp(key, "parts") == 0)
		p->parts = read_yes(r, key, value, line);
	else if (strcmp(key, "skip_unnumbered") == 0)
		p->skip_unnumbered = read_yes(r, key, value, line);
	else if (strcmp(key, "paid_words") == 0)
		p->paid = pool_dup(r->pool, value);
	else if (strcmp(key, "open_words") == 0)
		p->open = pool_dup(r->pool, value);
	else if (strcmp(key, "credit_words") == 0)
		p->credit = pool_dup(r->pool, value);
	else if (strcmp(key, "skip") != 0)
		diag_add(r->d, r->path, line, "[books] has no key '%.40s'", key);
}

static void on_key(void *ctx, const char *section, const char *key, const char *value, int line)
{
	const struct reading *r = ctx;

	if (strcmp(section, "books") == 0) {
		read_form(r, key, value, line);
		return;
	}
	if (strcmp(section, "columns") != 0) {
		diag_add(r->d, r->path, line, "there is no section [%.40s], but [books] and [columns]", section);
		return;
	}
	for (int i = 0; i < BOOKS_COLUMNS; i++)
		if (strcmp(key, column_keys[i]) == 0) {
			r->p->column[i] = *value == '\0' ? NULL : pool_dup(r->pool, value);
			return;
		}
	diag_add(r->d, r->path, line, "[columns] has no key '%.40s'", key);
}

int booksprofile_read(const char *path, struct pool *pool, struct booksprofile *out, struct diag *d, struct err *e)
{
	struct booksprofile p = { .decimal = '.', .date = "YYYY-MM-DD" };
	struct reading r = { path, pool, &p, d };

	if (inifile_read(path, on_key, &r, d, e) < 0)
		return -1;
	for (int i = BOOKS_NUMBER; i <= BOOKS_GROSS; i++)
		if (p.column[i] == NULL)
			diag_add(d, path, 0, "[columns] must name %s", column_keys[i]);
	if (p.credit != NULL && p.column[BOOKS_SIDE] == NULL)
		diag_add(d, path, 0, "credit_words needs the column side");
	*out = p;
	return pool_failed(pool) ? err_nomem(e) : 0;
}
