#include "output/csvprofile.h"

#include <stdlib.h>
#include <string.h>

#include "base/inifile.h"
#include "output/csvprofilecheck.h"

#define NAME_BYTES 40
#define COLUMNS_MAX 500
#define DECIMALS_MAX 6
#define INVOICES_MAX 1000000

enum place { AT_START, IN_PROFILE, IN_FILE, IN_COLUMN, IN_WORDS, IN_FAULT };

/* One reading. */
struct reader {
	struct csvprofile *p;
	const char *path;
	struct diag *d;
	enum place place;
	int has_profile;
	struct csvprofile_file *file, **next_file;
	struct csvprofile_column *column, **next_column;
	struct csvprofile_word **next_word;
};

static int is_safe_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= NAME_BYTES && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

/* Years, months and days once each, so that every date can be read again. */
static int is_date_pattern(const char *s)
{
	static const char *const parts[] = { "YYYY", "MM", "DD" };
	unsigned seen = 0;

	if (strlen(s) > 20)
		return 0;
	while (*s != '\0') {
		size_t i = 0;

		while (i < 3 && strncmp(s, parts[i], strlen(parts[i])) != 0)
			i++;
		if (i == 3 ? strchr("./- ", *s) == NULL : (seen & 1u << i) != 0)
			return 0;
		seen |= i < 3 ? 1u << i : 0;
		s += i < 3 ? strlen(parts[i]) : 1;
	}
	return seen == 7;
}

/* A key with a fixed list of values, in a profile or a file. */
struct choice {
	const char *key;
	const char *values[6];
	size_t at; /* its struct csvprofile_choice */
};

static const struct choice of_profile[] = {
	{ "separator", { ",", ";", "tab" }, offsetof(struct csvprofile, separators) },
	{ "decimal", { ".", "," }, offsetof(struct csvprofile, decimals) },
	{ "thousands", { "none" }, offsetof(struct csvprofile, thousands) },
	{ "bom", { "no", "yes" }, offsetof(struct csvprofile, bom) },
	{ "newline", { "crlf", "lf" }, offsetof(struct csvprofile, newline) },
	{ "guard", { "no", "yes" }, offsetof(struct csvprofile, guard) },
	{ "quote", { "text", "minimal", "all" }, offsetof(struct csvprofile, quote) }, /* as enum csvfile_quote */
	{ "encoding", { "utf-8" }, offsetof(struct csvprofile, encoding) },
	{ NULL, { NULL }, 0 },
};
static const struct choice of_file[] = {
	{ "rows", { "lines", "invoices", "entries", "held" }, offsetof(struct csvprofile_file, row_kind) }, /* as the bits of csvfields_rows */
	{ "documents", { "all", "invoices", "cancellations" }, offsetof(struct csvprofile_file, documents) }, /* as enum csvprofile_documents */
	{ "discounts", { "rows", "leave out" }, offsetof(struct csvprofile_file, discounts) },
	{ NULL, { NULL }, 0 },
};

static void bad_choice(struct reader *r, const struct choice *c, const char *value, int line)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; c->values[i] != NULL; i++)
		buf_fmt(&b, "%s%s", i > 0 ? " | " : "", c->values[i]);
	diag_add(r->d, r->path, line, "%s = %s: must be %s", c->key, value, buf_text(&b));
	buf_free(&b);
}

/* 1: the key is one of them; 0: it is not. */
static int take_choice(struct reader *r, const struct choice *all, void *object, const char *key, const char *value, int line)
{
	for (const struct choice *c = all; c->key != NULL; c++) {
		struct csvprofile_choice *to = (void *)((char *)object + c->at);

		if (strcmp(c->key, key) != 0)
			continue;
		for (int i = 0; c->values[i] != NULL; i++)
			if (strcmp(c->values[i], value) == 0) {
				*to = (struct csvprofile_choice){ i, line };
				return 1;
			}
		bad_choice(r, c, value, line);
		return 1;
	}
	return 0;
}

/* What is wrong with a key's value, "" for an unknown key, or NULL. */
static const char *take_profile(struct reader *r, const char *key, const char *value, int line)
{
	if (take_choice(r, of_profile, r->p, key, value, line))
		return NULL;
	if (strcmp(key, "date") != 0)
		return "";
	r->p->date = pool_dup(r->p->pool, value);
	return is_date_pattern(value) ? NULL : "is made of YYYY, MM and DD, once each, and any of . / - and blank";
}

static const char *take_file(struct reader *r, const char *key, const char *value, int line)
{
	struct csvprofile_file *f = r->file;

	if (take_choice(r, of_file, f, key, value, line)) {
		f->rows = f->row_kind.line != 0 ? 1u << f->row_kind.index : 0;
		f->rows_line = strcmp(key, "rows") == 0 ? line : f->rows_line;
		return NULL;
	}
	if (strcmp(key, "max_invoices") != 0)
		return "";
	f->max_line = line;
	return num_parse_int(value, 1, INVOICES_MAX, &f->max_invoices) < 0 ? "must be a whole number from 1 to 1000000" : NULL;
}

static const char *take_column(struct reader *r, const char *key, const char *value, int line)
{
	struct csvprofile_column *c = r->column;
	int64_t v;

	if (strcmp(key, "value") == 0) {
		c->value = pool_dup(r->p->pool, value);
		c->value_line = line;
	} else if (strcmp(key, "heading") == 0) {
		c->heading = pool_dup(r->p->pool, value);
	} else if (strcmp(key, "empty") == 0) {
		c->empty = pool_dup(r->p->pool, value);
	} else if (strcmp(key, "decimals") == 0) {
		c->decimals_line = line;
		if (num_parse_int(value, 0, DECIMALS_MAX, &v) < 0)
			return "must be a whole number from 0 to 6";
		c->decimals = (int)v;
	} else {
		return "";
	}
	return NULL;
}

static void take_word(struct reader *r, const char *key, const char *value)
{
	struct csvprofile_word *w = pool_alloc(r->p->pool, sizeof *w);

	if (w == NULL)
		return;
	w->key = pool_dup(r->p->pool, key);
	w->value = pool_dup(r->p->pool, value);
	*r->next_word = w;
	r->next_word = &w->next;
}

static void take(void *ctx, const char *section, const char *key, const char *value, int line)
{
	struct reader *r = ctx;
	const char *fault = NULL;

	switch (r->place) {
	case AT_START:
		diag_add(r->d, r->path, line, "%s stands before the first [section]", key);
		return;
	case IN_PROFILE:
		fault = take_profile(r, key, value, line);
		break;
	case IN_FILE:
		fault = take_file(r, key, value, line);
		break;
	case IN_COLUMN:
		fault = take_column(r, key, value, line);
		break;
	case IN_WORDS:
		take_word(r, key, value);
		break;
	case IN_FAULT:
		break;
	}
	if (fault != NULL && *fault == '\0')
		diag_add(r->d, r->path, line, "unknown: %s in [%s]", key, section);
	else if (fault != NULL)
		diag_add(r->d, r->path, line, "%s = %s: %s", key, value, fault);
}

static enum place start_file(struct reader *r, const char *name, int line)
{
	struct csvprofile_file *f = pool_alloc(r->p->pool, sizeof *f);

	if (f == NULL)
		return IN_FAULT;
	if (!is_safe_name(name))
		diag_add(r->d, r->path, line, "[file %s]: a file's name is made of 1 to 40 letters, digits, - and _ (the ending comes by itself)", name);
	for (const struct csvprofile_file *x = r->p->files; x != NULL; x = x->next)
		if (strcmp(x->name, name) == 0)
			diag_add(r->d, r->path, line, "[file %s] stands twice, first in line %d", name, x->line);
	f->name = pool_dup(r->p->pool, name);
	f->line = line;
	*r->next_file = f;
	r->next_file = &f->next;
	r->next_column = &f->columns;
	r->file = f;
	return IN_FILE;
}

static enum place start_column(struct reader *r, const char *heading, int line)
{
	struct csvprofile_column *c = pool_alloc(r->p->pool, sizeof *c);

	if (c == NULL)
		return IN_FAULT;
	if (r->file == NULL) {
		diag_add(r->d, r->path, line, "[column %s] stands before the first [file]", heading);
		return IN_FAULT;
	}
	if (++r->file->ncolumns == COLUMNS_MAX + 1)
		diag_add(r->d, r->path, line, "more than %d columns in [file %s]", COLUMNS_MAX, r->file->name);
	if (r->file->ncolumns > COLUMNS_MAX)
		return IN_FAULT;
	c->heading = pool_dup(r->p->pool, heading);
	c->line = line;
	c->decimals = -1;
	*r->next_column = c;
	r->next_column = &c->next;
	r->column = c;
	return IN_COLUMN;
}

static enum place start_words(struct reader *r, const char *field, int line)
{
	struct csvprofile_words *w = pool_alloc(r->p->pool, sizeof *w);

	if (w == NULL)
		return IN_FAULT;
	if (csvfields_rows_with(field, strlen(field)) == 0) {
		diag_add(r->d, r->path, line, "[words %s]: there is no such field", field);
		return IN_FAULT;
	}
	for (const struct csvprofile_words *x = r->p->words; x != NULL; x = x->next)
		if (strcmp(x->field, field) == 0) {
			diag_add(r->d, r->path, line, "[words %s] stands twice, first in line %d", field, x->line);
			return IN_FAULT;
		}
	w->field = pool_dup(r->p->pool, field);
	w->line = line;
	w->next = r->p->words;
	r->p->words = w;
	r->next_word = &w->first;
	return IN_WORDS;
}

static enum place start_profile(struct reader *r, const char *rest, int line)
{
	if (*rest != '\0')
		diag_add(r->d, r->path, line, "unknown section [profile %s]", rest);
	else if (r->has_profile)
		diag_add(r->d, r->path, line, "[profile] stands twice");
	r->has_profile = 1;
	return IN_PROFILE;
}

static void start(void *ctx, const char *section, int line)
{
	struct reader *r = ctx;
	size_t n = section != NULL ? strcspn(section, " ") : 0;
	const char *rest = section != NULL ? section + n + strspn(section + n, " ") : "";

	r->place = IN_FAULT;
	if (section == NULL)
		return;
	if (n == 7 && strncmp(section, "profile", n) == 0)
		r->place = start_profile(r, rest, line);
	else if (n == 4 && strncmp(section, "file", n) == 0)
		r->place = start_file(r, rest, line);
	else if (n == 6 && strncmp(section, "column", n) == 0)
		r->place = start_column(r, rest, line);
	else if (n == 5 && strncmp(section, "words", n) == 0)
		r->place = start_words(r, rest, line);
	else
		diag_add(r->d, r->path, line, "unknown section [%s]; there are [profile], [file NAME], [column HEADING] and [words FIELD]", section);
}

static int read_text(struct reader *r, const char *text, size_t n, struct err *e)
{
	size_t before = r->d->n;

	r->next_file = &r->p->files;
	if (inifile_parse_list(r->path, text, n, start, take, r, r->d, e) < 0)
		return -1;
	if (pool_failed(r->p->pool))
		return err_nomem(e);
	r->p->separator = ",;\t"[r->p->separators.index];
	r->p->decimal = ".,"[r->p->decimals.index];
	if (csvprofilecheck_all(r->p, r->path, r->d, e) < 0)
		return -1;
	return r->d->n == before && r->d->lost == 0 ? 0 : -1;
}

struct csvprofile *csvprofile_parse(const char *name, const char *file, const char *text, size_t n, struct diag *d, struct err *e)
{
	struct csvprofile *p;
	struct reader r = { .path = file, .d = d };

	if (!is_safe_name(name)) {
		err_set(e, ERR_CONFIG, "%s: the name of a CSV profile is made of 1 to 40 letters, digits, - and _", file);
		return NULL;
	}
	p = calloc(1, sizeof *p);
	if (p != NULL)
		p->pool = pool_new();
	if (p == NULL || p->pool == NULL) {
		err_nomem(e);
		csvprofile_free(p);
		return NULL;
	}
	p->name = pool_dup(p->pool, name);
	p->guard.index = 1;
	p->date = "YYYY-MM-DD";
	r.p = p;
	if (read_text(&r, text, n, e) < 0) {
		csvprofile_free(p);
		return NULL;
	}
	return p;
}

void csvprofile_free(struct csvprofile *p)
{
	if (p == NULL)
		return;
	pool_free(p->pool);
	free(p);
}
