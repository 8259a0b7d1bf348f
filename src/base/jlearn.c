#include "base/jlearn.h"

#include <stdlib.h>

#include "base/buf.h"

#define PLACES 256        /* an entry of awork has about a hundred */
#define PLACES_KEPT 4096
#define PLACES_MAX 65536
#define STEPS_MAX 64      /* keys that were made to collide are left to jansson, whose hash is a secret */

static int64_t push(struct jlearn *l)
{
	if (l->n >= PLACES_MAX || buf_grow(&l->v, &l->cap, l->n + 1, sizeof *l->v) < 0)
		return -1;
	memset(&l->v[l->n], 0, sizeof *l->v);
	return (int64_t)l->n++;
}

int jlearn_init(struct jlearn *l, const struct jtape_want *want, size_t n)
{
	*l = (struct jlearn){ .want = want, .nwant = n, .nslot = PLACES * 2 };
	l->slot = calloc(l->nslot, sizeof *l->slot);
	l->keys = pool_new();
	return l->slot == NULL || l->keys == NULL || buf_grow(&l->v, &l->cap, PLACES, sizeof *l->v) < 0 || push(l) < 0 ? -1 : 0;
}

void jlearn_free(struct jlearn *l)
{
	free(l->v);
	free(l->slot);
	pool_free(l->keys);
}

void jlearn_begin(struct jlearn *l)
{
	if (l->n <= PLACES_KEPT)
		return;
	memset(l->slot, 0, l->nslot * sizeof *l->slot);
	pool_reset(l->keys);
	memset(&l->v[0], 0, sizeof *l->v);
	l->n = 1;
}

static int grow_table(struct jlearn *l)
{
	size_t n = l->nslot * 2;
	uint32_t *slot = calloc(n, sizeof *slot);

	if (slot == NULL)
		return -1;
	for (size_t i = 0; i < l->nslot; i++) {
		size_t k;

		if (l->slot[i] == 0)
			continue;
		for (k = l->v[l->slot[i]].hash & (n - 1); slot[k] != 0; k = (k + 1) & (n - 1))
			;
		slot[k] = l->slot[i];
	}
	free(l->slot);
	l->slot = slot;
	l->nslot = n;
	return 0;
}

/* From the first and last eight bytes and the length: enough to tell the names of members apart. */
static uint32_t hash(uint32_t parent, const char *p, size_t n)
{
	uint64_t a = 0, b = 0;

	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else {
		memcpy(&a, p, n);
	}
	a = (a ^ n) * 0x9e3779b97f4a7c15u ^ b ^ parent;
	return (uint32_t)((a ^ a >> 32) * 0xff51afd7ed558ccdu >> 32);
}

static uint32_t wanted(const struct jlearn *l, uint32_t parent, const char *key, size_t n)
{
	uint32_t of = l->v[parent].want;
	char first = n > 0 ? *key : '\0';

	for (uint32_t i = 1; i < l->nwant; i++)
		if (l->want[i].of == of && *l->want[i].key == first && strlen(l->want[i].key) == n && memcmp(l->want[i].key, key, n) == 0)
			return i;
	return (uint32_t)l->nwant;
}

static int name(struct jlearn *l, struct jlearn_place *m, const char *key, size_t n)
{
	m->len = (uint32_t)n + 3;
	if (n + 3 > sizeof m->text)
		return (m->key = pool_dupn(l->keys, key, n)) != NULL ? 0 : -1;
	m->mask = n + 3 < 32 ? ((uint32_t)1 << (n + 3)) - 1 : UINT32_MAX;
	m->text[0] = '"';
	memcpy(m->text + 1, key, n);
	m->text[n + 1] = '"';
	m->text[n + 2] = ':';
	return 0;
}

uint32_t jlearn_member(struct jlearn *l, uint32_t parent, const char *key, size_t n)
{
	uint32_t h = hash(parent, key, n);
	int64_t at;
	size_t k;

	if ((l->n + 1) * 2 > l->nslot && grow_table(l) < 0)
		return 0;
	k = h & (l->nslot - 1);
	for (int i = 0; l->slot[k] != 0; k = (k + 1) & (l->nslot - 1), i++) {
		const struct jlearn_place *m = &l->v[l->slot[k]];

		if (m->hash == h && m->parent == parent && m->len == n + 3 && memcmp(m->key != NULL ? m->key : m->text + 1, key, n) == 0)
			return l->slot[k];
		if (i == STEPS_MAX)
			return 0;
	}
	at = push(l);
	if (at < 0)
		return 0;
	if (name(l, &l->v[at], key, n) < 0) {
		l->n--;
		return 0;
	}
	l->v[at].parent = parent;
	l->v[at].hash = h;
	l->v[at].want = wanted(l, parent, key, n);
	l->slot[k] = (uint32_t)at;
	return (uint32_t)at;
}

uint32_t jlearn_elements(struct jlearn *l, uint32_t parent)
{
	int64_t at;

	if (l->v[parent].elements != 0)
		return l->v[parent].elements;
	at = push(l);
	if (at < 0)
		return 0;
	l->v[at].want = (uint32_t)l->nwant;
	l->v[parent].elements = (uint32_t)at;
	return (uint32_t)at;
}
