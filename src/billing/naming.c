#include "billing/naming.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct naming {
	struct naming_row *v;
	size_t n, cap;
	size_t *slot, nslot; /* open addressing by id, a power of two, at most half full: 1 + index of the id's first row */
	size_t nids;
	int several;         /* an id has more than one name */
};

struct naming *naming_new(void)
{
	return calloc(1, sizeof(struct naming));
}

void naming_free(struct naming *n)
{
	if (n == NULL)
		return;
	free(n->v);
	free(n->slot);
	free(n);
}

/* FNV-1a. */
static size_t hash(const char *id)
{
	uint64_t h = 14695981039346656037u;

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

/* The slot of an id, or the empty one where it belongs. */
static size_t slot_of(const struct naming *n, const char *id)
{
	size_t at = hash(id) & (n->nslot - 1);

	while (n->slot[at] != 0 && n->v[n->slot[at] - 1].id != id && strcmp(n->v[n->slot[at] - 1].id, id) != 0)
		at = (at + 1) & (n->nslot - 1);
	return at;
}

static int grow_slots(struct naming *n)
{
	size_t *old = n->slot, nold = n->nslot;

	if (n->nslot > 2 * n->nids)
		return 0;
	n->nslot = nold == 0 ? 64 : 2 * nold;
	n->slot = calloc(n->nslot, sizeof *n->slot);
	if (n->slot == NULL) {
		n->slot = old;
		n->nslot = nold;
		return -1;
	}
	for (size_t i = 0; i < nold; i++)
		if (old[i] != 0)
			n->slot[slot_of(n, n->v[old[i] - 1].id)] = old[i];
	free(old);
	return 0;
}

static int same_name(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int compare(const char *updated_a, const char *entry_a, const char *updated_b, const char *entry_b)
{
	int c = strcmp(updated_a, updated_b);

	return c != 0 ? c : strcmp(entry_a, entry_b);
}

int naming_is_newer(const struct naming_row *a, const struct naming_row *b)
{
	return compare(a->updated_on, a->entry, b->updated_on, b->entry) > 0;
}

static void decide(struct naming_row *r, const char *updated_on, const char *entry)
{
	snprintf(r->updated_on, sizeof r->updated_on, "%s", updated_on);
	snprintf(r->entry, sizeof r->entry, "%s", entry);
}

int naming_add(struct naming *n, const void *owner, const char *id, const char *name, const char *updated_on, const char *entry, struct err *e)
{
	const char *updated = updated_on == NULL ? "" : updated_on;
	size_t *first;

	if (id == NULL)
		return 0;
	if (grow_slots(n) < 0)
		return err_nomem(e);
	first = &n->slot[slot_of(n, id)];
	for (size_t i = *first; i != 0; i = n->v[i - 1].next) {
		struct naming_row *r = &n->v[i - 1];

		if (r->owner != owner || !same_name(r->name, name))
			continue;
		if (compare(updated, entry, r->updated_on, r->entry) > 0)
			decide(r, updated, entry);
		return 0;
	}
	if (buf_grow(&n->v, &n->cap, n->n + 1, sizeof *n->v) < 0)
		return err_nomem(e);
	n->v[n->n] = (struct naming_row){ .owner = owner, .id = id, .name = name, .next = *first };
	decide(&n->v[n->n], updated, entry);
	n->nids += *first == 0;
	n->several |= *first != 0 && !same_name(n->v[*first - 1].name, name);
	*first = ++n->n;
	return 0;
}

const char *naming_of(const struct naming *n, const char *id, const char *name)
{
	const struct naming_row *best = NULL;

	/* Where each id has one name, an entry's own is that. */
	if (id == NULL || n->n == 0 || (name != NULL && !n->several))
		return name;
	for (size_t i = n->slot[slot_of(n, id)]; i != 0; i = n->v[i - 1].next)
		if (best == NULL || naming_is_newer(&n->v[i - 1], best))
			best = &n->v[i - 1];
	return best == NULL ? name : best->name;
}

size_t naming_count(const struct naming *n)
{
	return n->n;
}

const struct naming_row *naming_row(const struct naming *n, size_t i)
{
	return &n->v[i];
}
