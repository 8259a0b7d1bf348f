/* Entries that are known and looked for: found by id, gone through by date. */
#ifndef AWORK_KNOWN_H
#define AWORK_KNOWN_H

#include "billing/entry.h"

/* Zero-initialize. */
struct known {
	const char *items;  /* n of them, stride bytes each; a key is first in each */
	size_t stride, n;
	uint32_t *slot;     /* item and 1, by id: open addressing, a power of two, at most two thirds full; 0 is free */
	size_t slots;
	uint32_t *order;    /* items by date; NULL: as they stand */
};

/* Items are the first members of n structures of stride bytes each, in any order (by date no other one is made), ids unique; borrowed until known_free(). ERR_OS. */
int known_init(struct known *k, const struct entry_key *items, size_t stride, size_t n, struct err *e);
void known_free(struct known *k);

const struct entry_key *known_key(const struct known *k, size_t item);
/* The i-th item by date, those without one at the end. */
size_t known_at(const struct known *k, size_t i);
/* 1: the id is that of an item, 0. */
int known_find(const struct known *k, const char *id, size_t *item);

#endif
