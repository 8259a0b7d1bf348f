#include "output/xlsxpackage.h"

#include <string.h>

#define TYPES "[Content_Types].xml"

static int ends_with(const char *s, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n >= k && memcmp(s + n - k, end, k) == 0;
}

int xlsxpackage_wants(const char *name)
{
	return strcmp(name, TYPES) == 0 || ends_with(name, strlen(name), ".rels");
}

/* Lists begin with a line feed and end with one. */
static void put(struct buf *list, const char *s, size_t n)
{
	if (list->n == 0)
		buf_ch(list, '\n');
	buf_add(list, s, n);
	buf_ch(list, '\n');
}

static int has(const struct buf *list, const char *s, size_t n)
{
	for (const char *at = buf_text(list); (at = strchr(at, '\n')) != NULL && at[1] != '\0'; at++)
		if (strncmp(at + 1, s, n) == 0 && at[1 + n] == '\n')
			return 1;
	return 0;
}

/* The next value of attribute `name` ("Target=\"") from *at on; NULL: none. */
static const char *value(const char **at, const char *name, size_t *n)
{
	const char *from = strstr(*at, name), *to;

	if (from == NULL)
		return NULL;
	from += strlen(name);
	to = strchr(from, '"');
	if (to == NULL)
		return NULL;
	*n = (size_t)(to - from);
	*at = to;
	return from;
}

static void values(struct buf *list, const char *text, const char *name)
{
	const char *s;
	size_t n;

	while ((s = value(&text, name, &n)) != NULL)
		put(list, s + (*s == '/'), n - (*s == '/'));
}

/* "xl/worksheets/_rels/sheet1.xml.rels" and "../drawings/drawing1.xml" make "xl/drawings/drawing1.xml". */
static void target(struct buf *list, const char *rels, const char *s, size_t n)
{
	const char *end = strstr(rels, "_rels/");
	size_t base = end == NULL ? 0 : (size_t)(end - rels);
	struct buf whole = BUF_INIT;

	for (; n >= 3 && memcmp(s, "../", 3) == 0; s += 3, n -= 3) {
		base -= base > 0;
		while (base > 0 && rels[base - 1] != '/')
			base--;
	}
	buf_add(&whole, rels, *s == '/' ? 0 : base);
	buf_add(&whole, s + (*s == '/'), n - (*s == '/'));
	put(list, buf_text(&whole), whole.n);
	list->failed |= whole.failed;
	buf_free(&whole);
}

void xlsxpackage_add(struct xlsxpackage *p, const char *name, const char *text)
{
	const char *s;
	size_t n;

	put(&p->parts, name, strlen(name));
	if (text == NULL)
		return;
	if (strcmp(name, TYPES) == 0) {
		values(&p->overrides, text, " PartName=\"");
		values(&p->defaults, text, " Extension=\"");
		return;
	}
	while ((s = value(&text, " Target=\"", &n)) != NULL)
		target(&p->targets, name, s, n);
}

static int check_part(const struct xlsxpackage *p, const char *s, size_t n, struct err *e)
{
	const char *dot = memrchr(s, '.', n);
	int rels = ends_with(s, n, ".rels");

	if (n == strlen(TYPES) && memcmp(s, TYPES, n) == 0)
		return 0;
	if (!rels && !has(&p->targets, s, n))
		return err_set(e, ERR_IO, "read back: no relationship leads to %.*s", (int)n, s);
	if (!has(&p->overrides, s, n) && (ends_with(s, n, ".xml") || dot == NULL || !has(&p->defaults, dot + 1, (size_t)(s + n - dot - 1))))
		return err_set(e, ERR_IO, "read back: %.*s has no content type", (int)n, s);
	return 0;
}

static int check_named(const struct xlsxpackage *p, const char *s, size_t n, struct err *e)
{
	return has(&p->parts, s, n) ? 0 : err_set(e, ERR_IO, "read back: %.*s is missing", (int)n, s);
}

static int each(const struct xlsxpackage *p, const struct buf *list, int (*check)(const struct xlsxpackage *, const char *, size_t, struct err *), struct err *e)
{
	const char *s = buf_text(list), *end;

	for (s += *s == '\n'; (end = strchr(s, '\n')) != NULL; s = end + 1)
		if (check(p, s, (size_t)(end - s), e) < 0)
			return -1;
	return 0;
}

int xlsxpackage_check(const struct xlsxpackage *p, struct err *e)
{
	if (!buf_ok(&p->parts) || !buf_ok(&p->targets) || !buf_ok(&p->overrides) || !buf_ok(&p->defaults))
		return err_nomem(e);
	if (each(p, &p->parts, check_part, e) < 0 || each(p, &p->targets, check_named, e) < 0)
		return -1;
	return each(p, &p->overrides, check_named, e);
}

void xlsxpackage_free(struct xlsxpackage *p)
{
	buf_free(&p->parts);
	buf_free(&p->targets);
	buf_free(&p->overrides);
	buf_free(&p->defaults);
}
