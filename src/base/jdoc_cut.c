#include "base/jdoc.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/jdoc_span.h"

enum cut_state { CUT_START, CUT_FIRST, CUT_VALUE, CUT_SCALAR, CUT_STRING, CUT_NESTED, CUT_NESTED_STRING, CUT_AFTER, CUT_END, CUT_FAILED };

struct jdoc_cut {
	int (*each)(void *ctx, const char *p, size_t n, struct err *e);
	int64_t (*begin)(void *ctx, const char *p, size_t n, struct err *e);
	void *ctx;
	size_t max, count;
	size_t seen;     /* bytes of earlier pieces */
	struct buf part; /* the element's bytes from earlier pieces */
	struct buf held; /* the beginning of an object that the next piece may end: not counted in `seen` */
	enum cut_state state;
	int escaped;    /* the string's last byte was a backslash that escapes */
	int bom;        /* bytes of a byte order mark seen */
	int depth;      /* open brackets of the element */
	uint64_t kinds; /* one bit a level, innermost lowest: 1 for '[' */
};

/* An object is held for as long as it may have this size, and looked at together with so much of the next piece. */
#define LOOK ((size_t)8192)

struct jdoc_cut *jdoc_cut_new(size_t max_element, int (*each)(void *ctx, const char *p, size_t n, struct err *e), void *ctx)
{
	struct jdoc_cut *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->max = max_element;
	c->each = each;
	c->ctx = ctx;
	return c;
}

void jdoc_cut_begin(struct jdoc_cut *c, int64_t (*begin)(void *ctx, const char *p, size_t n, struct err *e))
{
	c->begin = begin;
}

static int cut_bad(struct jdoc_cut *c, size_t at, const char *what, struct err *e)
{
	c->state = CUT_FAILED;
	return err_set(e, ERR_DATA, "JSON at byte %zu: %s", c->seen + at, what);
}

static int is_space(char ch)
{
	return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
}

static int is_scalar(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '-' || ch == '+' || ch == '.';
}

/* Before the array: white space and one byte order mark at the very start, which may arrive in parts. */
static int cut_start(struct jdoc_cut *c, const char *p, size_t i, struct err *e)
{
	static const char mark[3] = { '\xef', '\xbb', '\xbf' };
	size_t at = c->seen + i;

	if (at < 3 && p[i] == mark[at] && (size_t)c->bom == at) {
		c->bom++;
		return 0;
	}
	if (c->bom == 1 || c->bom == 2)
		return cut_bad(c, i, "broken byte order mark", e);
	if (p[i] == '[')
		c->state = CUT_FIRST;
	else if (!is_space(p[i]))
		return cut_bad(c, i, "an array was expected", e);
	return 0;
}

/* The first byte of an element, the end of an empty array, or white space before either. */
static int cut_open(struct jdoc_cut *c, char ch, size_t i, struct err *e)
{
	if (is_space(ch))
		return 0;
	if (ch == '{' || ch == '[') {
		c->state = CUT_NESTED;
		c->depth = 1;
		c->kinds = ch == '[';
	} else if (ch == '"') {
		c->state = CUT_STRING;
	} else if (ch == ']' && c->state == CUT_FIRST) {
		c->state = CUT_END;
	} else if (ch == '-' || (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z')) {
		c->state = CUT_SCALAR;
	} else {
		return cut_bad(c, i, "a value was expected", e);
	}
	return 0;
}

static int cut_after(struct jdoc_cut *c, char ch, size_t i, struct err *e)
{
	if (ch == ',')
		c->state = CUT_VALUE;
	else if (ch == ']')
		c->state = CUT_END;
	else if (!is_space(ch))
		return cut_bad(c, i, "',' or ']' was expected", e);
	return 0;
}

/* Goes on to the end of a string or of the piece. True at the end of the string, with *at behind its quote. */
static int cut_string(struct jdoc_cut *c, const char *p, size_t *at, size_t n)
{
	size_t i = *at;

	while (i < n) {
		if (c->escaped) {
			c->escaped = 0;
			i++;
			continue;
		}
		i = jdoc_span(p, i, n);
		if (i == n)
			break;
		if (p[i++] == '"') {
			*at = i;
			return 1;
		}
		c->escaped = 1;
	}
	*at = n;
	return 0;
}

/* A bracket inside an element. */
static int cut_bracket(struct jdoc_cut *c, char ch, size_t i, struct err *e)
{
	if (ch == '{' || ch == '[') {
		if (++c->depth > JDOC_DEPTH)
			return cut_bad(c, i, "too many levels", e);
		c->kinds = c->kinds << 1 | (ch == '[');
		return 0;
	}
	if ((c->kinds & 1) != (ch == ']'))
		return cut_bad(c, i, "brackets do not match", e);
	c->kinds >>= 1;
	if (--c->depth == 0)
		c->state = CUT_AFTER;
	return 0;
}

/* Goes on inside an object or array to its end or the end of the piece. */
static int cut_nested(struct jdoc_cut *c, const char *p, size_t *at, size_t n, struct err *e)
{
	size_t i = *at;

	while (i < n && c->state != CUT_AFTER) {
		if (c->state == CUT_NESTED_STRING) {
			if (cut_string(c, p, &i, n))
				c->state = CUT_NESTED;
			continue;
		}
		switch (p[i]) {
		case '"':
			c->state = CUT_NESTED_STRING;
			break;
		case '{': case '[': case '}': case ']':
			if (cut_bracket(c, p[i], i, e) < 0)
				return -1;
			break;
		}
		i++;
	}
	*at = i;
	return 0;
}

/* Goes on inside an element; the state is CUT_AFTER when it is complete, and *at stands behind it. */
static int cut_inside(struct jdoc_cut *c, const char *p, size_t *at, size_t n, struct err *e)
{
	if (c->state == CUT_NESTED || c->state == CUT_NESTED_STRING)
		return cut_nested(c, p, at, n, e);
	if (c->state == CUT_STRING) {
		if (cut_string(c, p, at, n))
			c->state = CUT_AFTER;
		return 0;
	}
	while (*at < n && is_scalar(p[*at]))
		++*at;
	if (*at < n)
		c->state = CUT_AFTER;
	return 0;
}

/* The bytes p[from, to) belong to the element. Hands it over when complete; one that lies in a single piece is not copied. */
static int cut_take(struct jdoc_cut *c, const char *p, size_t from, size_t to, struct err *e)
{
	if (to - from > c->max || c->part.n > c->max - (to - from)) {
		c->state = CUT_FAILED;
		return err_set(e, ERR_DATA, "JSON at byte %zu: element %zu is longer than %zu bytes", c->seen + to, c->count + 1, c->max);
	}
	if (c->state != CUT_AFTER || c->part.n > 0) {
		buf_add(&c->part, p + from, to - from);
		if (!buf_ok(&c->part)) {
			c->state = CUT_FAILED;
			return err_nomem(e);
		}
	}
	if (c->state != CUT_AFTER)
		return 0;
	c->count++;
	if ((c->part.n > 0 ? c->each(c->ctx, c->part.p, c->part.n, e) : c->each(c->ctx, p + from, to - from, e)) < 0) {
		c->state = CUT_FAILED;
		return -1;
	}
	buf_reset(&c->part);
	return 0;
}

/* One step outside the elements; *at moves behind it. Inside an element after it: *from is where the element's bytes begin. */
static int cut_outside(struct jdoc_cut *c, const char *p, size_t i, struct err *e)
{
	switch (c->state) {
	case CUT_START:
		return cut_start(c, p, i, e);
	case CUT_FIRST:
	case CUT_VALUE:
		return cut_open(c, p[i], i, e);
	case CUT_AFTER:
		return cut_after(c, p[i], i, e);
	case CUT_END:
		return is_space(p[i]) ? 0 : cut_bad(c, i, "data after the array", e);
	default:
		return err_set(e, ERR_DATA, "JSON was refused before");
	}
}

/* An object that may lie whole in the piece. The bytes that were taken, or -1. */
static int64_t cut_whole(struct jdoc_cut *c, const char *p, size_t n, struct err *e)
{
	int64_t used = c->begin(c->ctx, p, n < c->max ? n : c->max, e);

	if (used < 0)
		c->state = CUT_FAILED;
	if (used <= 0)
		return used;
	c->count++;
	c->state = CUT_AFTER;
	return used;
}

/* Goes through a piece, from its first byte on without `begin` when it did not help there. */
static int cut_piece(struct jdoc_cut *c, const char *p, size_t n, int begin, struct err *e)
{
	size_t i = 0;

	while (i < n) {
		size_t from = i;
		int inside = c->state >= CUT_SCALAR && c->state <= CUT_NESTED_STRING;

		if (c->begin != NULL && p[i] == '{' && (c->state == CUT_FIRST || c->state == CUT_VALUE) && (begin || i > 0)) {
			int64_t used = cut_whole(c, p + i, n - i, e);

			if (used < 0)
				return -1;
			i += (size_t)used;
			if (used > 0)
				continue;
			if (n - i < LOOK) {
				buf_add(&c->held, p + i, n - i);
				c->seen += i;
				return buf_ok(&c->held) ? 0 : err_nomem(e);
			}
		}
		if (!inside) {
			if (cut_outside(c, p, i++, e) < 0)
				return -1;
			inside = c->state >= CUT_SCALAR && c->state <= CUT_NESTED_STRING;
		}
		if (inside && (cut_inside(c, p, &i, n, e) < 0 || cut_take(c, p, from, i, e) < 0))
			return -1;
	}
	c->seen += n;
	return 0;
}

/* What is held goes the slow way, its first element at least: another one behind it may be held again. */
static int cut_held(struct jdoc_cut *c, size_t n, struct err *e)
{
	struct buf held = c->held;
	int rc;

	c->held = (struct buf)BUF_INIT;
	rc = cut_piece(c, held.p, n, 0, e);
	buf_free(&held);
	return rc;
}

/* The held object together with the beginning of the next piece. How many bytes of that are done with, or -1. */
static int64_t cut_joined(struct jdoc_cut *c, const char *p, size_t n, struct err *e)
{
	size_t held = c->held.n;
	int64_t used;

	buf_add(&c->held, p, n < LOOK ? n : LOOK);
	if (!buf_ok(&c->held))
		return err_nomem(e);
	used = cut_whole(c, c->held.p, c->held.n, e);
	if (used < 0)
		return -1;
	if ((size_t)used <= held)
		return cut_held(c, held, e);
	buf_reset(&c->held);
	c->seen += (size_t)used;
	return used - (int64_t)held;
}

int jdoc_cut_feed(struct jdoc_cut *c, const char *p, size_t n, struct err *e)
{
	while (n > 0 && c->held.n > 0) {
		int64_t used = cut_joined(c, p, n, e);

		if (used < 0)
			return -1;
		p += used;
		n -= (size_t)used;
	}
	if (n > 0 && cut_piece(c, p, n, 1, e) < 0)
		return -1;
	return c->state == CUT_FAILED ? err_set(e, ERR_DATA, "JSON was refused before") : 0;
}

int jdoc_cut_end(struct jdoc_cut *c, struct err *e)
{
	while (c->held.n > 0)
		if (cut_held(c, c->held.n, e) < 0)
			return -1;
	if (c->state == CUT_END)
		return 0;
	return err_set(e, ERR_DATA, "JSON at byte %zu: cut off inside the array, after %zu elements", c->seen, c->count);
}

size_t jdoc_cut_count(const struct jdoc_cut *c)
{
	return c->count;
}

void jdoc_cut_reset(struct jdoc_cut *c)
{
	c->count = 0;
	c->seen = 0;
	c->state = CUT_START;
	c->escaped = c->bom = c->depth = 0;
	c->kinds = 0;
	buf_reset(&c->part);
	buf_reset(&c->held);
}

void jdoc_cut_free(struct jdoc_cut *c)
{
	if (c == NULL)
		return;
	buf_free(&c->part);
	buf_free(&c->held);
	free(c);
}
