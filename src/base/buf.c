#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int grow(struct buf *b, size_t more)
{
	size_t cap = b->cap > 0 ? b->cap : 256;
	size_t want;
	char *p;

	if (b->failed)
		return -1;
	if (more >= SIZE_MAX / 2 - b->n) {
		b->failed = 1;
		return -1;
	}
	want = b->n + more + 1;
	if (want <= b->cap)
		return 0;
	while (cap < want)
		cap *= 2;
	p = realloc(b->p, cap);
	if (p == NULL) {
		b->failed = 1;
		return -1;
	}
	b->p = p;
	b->cap = cap;
	return 0;
}

/* Room for `more` bytes and the final NUL. */
static inline int reserve(struct buf *b, size_t more)
{
	return !b->failed && more < b->cap - b->n ? 0 : grow(b, more);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (reserve(b, n) < 0)
		return;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

char *buf_room(struct buf *b, size_t n)
{
	return reserve(b, n) < 0 ? NULL : b->p + b->n;
}

void buf_took(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_ch(struct buf *b, char c)
{
	if (reserve(b, 1) < 0)
		return;
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = 1;
		return;
	}
	if ((size_t)n < sizeof small) {
		buf_add(b, small, (size_t)n);
		return;
	}
	if (reserve(b, (size_t)n) < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= b->cap - b->n) {
		b->p[b->n] = '\0';
		b->failed = 1;
		return;
	}
	b->n += (size_t)n;
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void buf_reuse(struct buf *b)
{
	int failed = b->failed;

	buf_reset(b);
	b->failed = failed;
}

int buf_ok(const struct buf *b)
{
	return !b->failed;
}

const char *buf_text(const struct buf *b)
{
	return b->p != NULL ? b->p : "";
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT;
}

int buf_grow(void *array_ptr, size_t *cap, size_t want, size_t size)
{
	size_t next = *cap > 0 ? *cap : 16;
	void *p;

	if (want <= *cap)
		return 0;
	if (size == 0 || want > SIZE_MAX / 2 / size)
		return -1;
	while (next < want)
		next *= 2;
	/* memcpy, since the caller's pointer is of another type than void *. */
	memcpy(&p, array_ptr, sizeof p);
	p = reallocarray(p, next, size);
	if (p == NULL)
		return -1;
	memcpy(array_ptr, &p, sizeof p);
	*cap = next;
	return 0;
}
