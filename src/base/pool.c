#include "base/pool.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 * 1024)

struct chunk {
	struct chunk *next;
	size_t used;
	alignas(max_align_t) char mem[];
};

struct slot {
	const char *s;
	uint32_t n, hash;
};

struct pool {
	struct chunk *first, *now; /* chunks after `now` are empty, left by pool_reset() */
	struct chunk *large;       /* one allocation each */
	struct slot *slot;         /* intern table: open addressing, a power of two, at most half full */
	size_t nslot, nstring;
	int failed;
};

struct pool *pool_new(void)
{
	return calloc(1, sizeof(struct pool));
}

static void free_chunks(struct chunk *c)
{
	while (c != NULL) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

void pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	free_chunks(p->first);
	free_chunks(p->large);
	free(p->slot);
	free(p);
}

/* Single large pieces go back to the system: they differ in size, and keeping them would let one odd page hold its peak for good. */
void pool_reset(struct pool *p)
{
	free_chunks(p->large);
	p->large = NULL;
	for (struct chunk *c = p->first; c != NULL; c = c->next)
		c->used = 0;
	p->now = p->first;
	if (p->nstring > 0)
		memset(p->slot, 0, p->nslot * sizeof *p->slot);
	p->nstring = 0;
	p->failed = 0;
}

static void *fail(struct pool *p)
{
	p->failed = 1;
	return NULL;
}

static void *alloc_large(struct pool *p, size_t n)
{
	struct chunk *c;

	if (n > SIZE_MAX / 2)
		return fail(p);
	c = calloc(1, sizeof *c + n);
	if (c == NULL)
		return fail(p);
	c->next = p->large;
	p->large = c;
	return c->mem;
}

static struct chunk *next_chunk(struct pool *p)
{
	struct chunk *c;

	if (p->now != NULL && p->now->next != NULL)
		return p->now->next;
	c = malloc(sizeof *c + CHUNK);
	if (c == NULL)
		return NULL;
	c->next = NULL;
	c->used = 0;
	if (p->now != NULL)
		p->now->next = c;
	else
		p->first = c;
	return c;
}

static void *take(struct pool *p, size_t n, size_t align)
{
	size_t at;

	if (n > CHUNK / 4)
		return alloc_large(p, n);
	at = p->now != NULL ? (p->now->used + align - 1) & ~(align - 1) : 0;
	if (p->now == NULL || n > CHUNK - at || at > CHUNK) {
		struct chunk *c = next_chunk(p);

		if (c == NULL)
			return fail(p);
		p->now = c;
		at = 0;
	}
	p->now->used = at + n;
	return p->now->mem + at;
}

void *pool_alloc(struct pool *p, size_t n)
{
	void *v = take(p, n > 0 ? n : 1, alignof(max_align_t));

	return v != NULL ? memset(v, 0, n) : NULL;
}

char *pool_dupn(struct pool *p, const char *s, size_t n)
{
	char *t;

	if (s == NULL)
		return NULL;
	if (n == SIZE_MAX)
		return fail(p);
	t = take(p, n + 1, 1);
	if (t == NULL)
		return NULL;
	memcpy(t, s, n);
	t[n] = '\0';
	return t;
}

char *pool_dup(struct pool *p, const char *s)
{
	return s != NULL ? pool_dupn(p, s, strlen(s)) : NULL;
}

char *pool_fmt(struct pool *p, const char *fmt, ...)
{
	va_list ap;
	char *t;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return fail(p);
	t = take(p, (size_t)n + 1, 1);
	if (t == NULL)
		return NULL;
	va_start(ap, fmt);
	n = vsnprintf(t, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return n < 0 ? fail(p) : t;
}

/* Eight bytes a step, the last ones once more with those before them. */
static uint32_t hash(const char *s, size_t n)
{
	uint64_t h = n * 14695981039346656037u, w = 0;
	size_t i = 0;

	for (; n - i > 8; i += 8) {
		memcpy(&w, s + i, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	if (n >= 8) {
		memcpy(&w, s + n - 8, 8);
	} else {
		w = 0;
		memcpy(&w, s, n);
	}
	h = (h ^ w) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h ^ h >> 32);
}

static int grow_table(struct pool *p)
{
	size_t n = p->nslot > 0 ? p->nslot * 2 : 256;
	struct slot *slot = calloc(n, sizeof *slot);

	if (slot == NULL)
		return -1;
	for (size_t i = 0; i < p->nslot; i++) {
		size_t k;

		if (p->slot[i].s == NULL)
			continue;
		for (k = p->slot[i].hash & (n - 1); slot[k].s != NULL; k = (k + 1) & (n - 1))
			;
		slot[k] = p->slot[i];
	}
	free(p->slot);
	p->slot = slot;
	p->nslot = n;
	return 0;
}

const char *pool_internn(struct pool *p, const char *s, size_t n)
{
	uint32_t h;
	size_t k;

	if (s == NULL)
		return NULL;
	if (n > UINT32_MAX || ((p->nstring + 1) * 2 > p->nslot && grow_table(p) < 0))
		return fail(p);
	h = hash(s, n);
	for (k = h & (p->nslot - 1); p->slot[k].s != NULL; k = (k + 1) & (p->nslot - 1))
		if (p->slot[k].hash == h && p->slot[k].n == n && memcmp(p->slot[k].s, s, n) == 0)
			return p->slot[k].s;
	p->slot[k] = (struct slot){ pool_dupn(p, s, n), (uint32_t)n, h };
	if (p->slot[k].s != NULL)
		p->nstring++;
	return p->slot[k].s;
}

const char *pool_intern(struct pool *p, const char *s)
{
	return s != NULL ? pool_internn(p, s, strlen(s)) : NULL;
}

int pool_failed(const struct pool *p)
{
	return p->failed;
}
