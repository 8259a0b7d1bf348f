#include "output/csvprofilecheck.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

struct checker {
	struct csvprofile *p;
	const char *path;
	struct diag *d;
};

static struct csvprofile_part *add_part(struct checker *k, struct csvprofile_column *c)
{
	struct csvprofile_part *part = pool_alloc(k->p->pool, sizeof *part), **at = &c->parts;

	while (*at != NULL)
		at = &(*at)->next;
	*at = part;
	return part;
}

static void unknown_field(struct checker *k, const struct csvprofile_file *f, const struct csvprofile_column *c, const char *name, size_t n)
{
	unsigned rows = csvfields_rows_with(name, n);
	struct buf b = BUF_INIT;

	for (unsigned bit = 1; bit <= CSVFIELDS_HELD; bit <<= 1)
		if ((rows & bit) != 0)
			buf_fmt(&b, "%s%s", b.n > 0 ? ", " : "", csvfields_rows_name(bit));
	if (rows == 0)
		diag_add(k->d, k->path, c->value_line, "unknown field {%.*s}", (int)n, name);
	else
		diag_add(k->d, k->path, c->value_line, "{%.*s} does not exist in a file with rows = %s, only with %s", (int)n, name,
		         csvfields_rows_name(f->rows), buf_text(&b));
	buf_free(&b);
}

static void add_field(struct checker *k, const struct csvprofile_file *f, struct csvprofile_column *c, const char *name, size_t n)
{
	/* Without rows there is a complaint already: then any field of the name will do. */
	const struct csvfields_field *field = csvfields_find(name, n, f->rows != 0 ? f->rows : CSVFIELDS_ALL);
	struct csvprofile_part *part;

	for (struct csvprofile_words *w = k->p->words; w != NULL; w = w->next)
		if (strlen(w->field) == n && memcmp(w->field, name, n) == 0)
			w->used = 1;
	if (field == NULL) {
		unknown_field(k, f, c, name, n);
		return;
	}
	part = add_part(k, c);
	if (part == NULL)
		return;
	part->field = field;
	for (const struct csvprofile_words *w = k->p->words; w != NULL; w = w->next)
		if (strlen(w->field) == n && memcmp(w->field, name, n) == 0)
			part->words = w;
}

static void add_text(struct checker *k, struct csvprofile_column *c, const char *s, size_t n)
{
	struct csvprofile_part *part;

	if (memchr(s, '}', n) != NULL)
		diag_add(k->d, k->path, c->value_line, "'}' without '{'");
	if (n == 0)
		return;
	part = add_part(k, c);
	if (part != NULL)
		part->text = pool_dupn(k->p->pool, s, n);
}

static void split_pattern(struct checker *k, const struct csvprofile_file *f, struct csvprofile_column *c)
{
	const char *s = c->value, *open, *close;

	for (; (open = strchr(s, '{')) != NULL; s = close + 1) {
		close = open + 1 + strcspn(open + 1, "{}");
		add_text(k, c, s, (size_t)(open - s));
		if (*close != '}') {
			diag_add(k->d, k->path, c->value_line, "'{' without '}'");
			return;
		}
		add_field(k, f, c, open + 1, (size_t)(close - open) - 1);
	}
	add_text(k, c, s, strlen(s));
}

static int takes_decimals(enum csvfields_kind kind)
{
	return kind != CSVFIELDS_TEXT && kind != CSVFIELDS_CODE && kind != CSVFIELDS_WHOLE && kind != CSVFIELDS_DATE;
}

static void check_decimals(struct checker *k, const struct csvprofile_column *c)
{
	for (const struct csvprofile_part *part = c->parts; part != NULL; part = part->next)
		if (part->field != NULL && takes_decimals(csvfields_kind_of(part->field)))
			return;
	if (c->decimals_line != 0)
		diag_add(k->d, k->path, c->decimals_line, "decimals: the value has no amount, price, quantity, percentage or hours");
}

/* Headings are written as they are, so no line break or invisible character gets through. */
static void check_heading(struct checker *k, const struct csvprofile_file *f, struct csvprofile_column *c)
{
	struct buf b = BUF_INIT;

	text_clean(&b, c->heading, 0);
	c->heading = b.p != NULL ? pool_dup(k->p->pool, text_trim(b.p)) : "";
	buf_free(&b);
	if (c->heading == NULL)
		return;
	if (*c->heading == '\0')
		diag_add(k->d, k->path, c->line, "the column has no heading");
	for (const struct csvprofile_column *x = f->columns; x != c; x = x->next)
		if (x->heading != NULL && strcmp(x->heading, c->heading) == 0) {
			diag_add(k->d, k->path, c->line, "the heading '%s' stands twice in [file %s], first in line %d", c->heading, f->name, x->line);
			return;
		}
}

static void check_column(struct checker *k, const struct csvprofile_file *f, struct csvprofile_column *c)
{
	check_heading(k, f, c);
	if (c->value == NULL) {
		diag_add(k->d, k->path, c->line, "[column %s]: value is missing (\"value =\" for an empty column)", c->heading);
		return;
	}
	split_pattern(k, f, c);
	check_decimals(k, c);
}

static void check_file(struct checker *k, const struct csvprofile_file *f)
{
	unsigned documents = CSVFIELDS_LINES | CSVFIELDS_INVOICES;

	if (f->rows_line == 0)
		diag_add(k->d, k->path, f->line, "[file %s]: rows is missing", f->name);
	if (f->rows != 0 && f->documents.line != 0 && (f->rows & documents) == 0)
		diag_add(k->d, k->path, f->documents.line, "documents: only for rows = lines or invoices");
	if (f->rows != 0 && f->discounts.line != 0 && f->rows != CSVFIELDS_LINES)
		diag_add(k->d, k->path, f->discounts.line, "discounts: only for rows = lines");
	if (f->rows == CSVFIELDS_HELD && f->max_line != 0)
		diag_add(k->d, k->path, f->max_line, "max_invoices: held entries stand on no invoice");
	if (f->columns == NULL)
		diag_add(k->d, k->path, f->line, "[file %s] has no [column HEADING] section", f->name);
	for (struct csvprofile_column *c = f->columns; c != NULL; c = c->next)
		check_column(k, f, c);
}

int csvprofilecheck_all(struct csvprofile *p, const char *path, struct diag *d, struct err *e)
{
	struct checker k = { .p = p, .path = path, .d = d };

	if (p->separator == p->decimal)
		diag_add(d, path, p->separators.line > p->decimals.line ? p->separators.line : p->decimals.line, "separator and decimal are the same");
	if (p->files == NULL)
		diag_add(d, path, 0, "there is no [file NAME] section");
	for (const struct csvprofile_file *f = p->files; f != NULL; f = f->next)
		check_file(&k, f);
	for (const struct csvprofile_words *w = p->words; w != NULL; w = w->next)
		if (!w->used)
			diag_add(d, path, w->line, "[words %s]: no column has the field {%s}", w->field, w->field);
	return pool_failed(p->pool) ? err_nomem(e) : 0;
}
