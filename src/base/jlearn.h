/* Inside jscan.c only: the places of values that were read before. Values of one list are alike: the same members follow each other, so each is expected where it
 * stood last and compared at once instead of being read and looked up. A place is a member of an object at another place, or the elements of an array there. */
#ifndef BASE_JLEARN_H
#define BASE_JLEARN_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/jtape.h"
#include "base/pool.h"

#define JLEARN_TEXT 32

struct jlearn_place {
	char text[JLEARN_TEXT];        /* "key": with its quotes and the colon */
	uint32_t mask;                 /* a bit for each byte of it; 0 when it is longer */
	uint32_t len;                  /* of it, whether or not it has room */
	uint32_t first, next;          /* what stood first in the object here, and behind this member, last time; 0: nothing */
	uint32_t elements;             /* of an array here; 0: none so far */
	uint32_t stamp;                /* of the object that had this member last */
	uint32_t want;                 /* number of what is wanted, or how many are wanted: not this one */
	uint32_t parent, hash;
	const char *key;               /* as text is too short for it, when it is */
};

struct jlearn {
	struct jlearn_place *v;        /* [0]: the whole value */
	size_t n, cap;
	uint32_t *slot;                /* index into v by parent and key: open addressing, a power of two, at most half full; 0 is free */
	size_t nslot;
	struct pool *keys;             /* long ones */
	uint32_t stamp;                /* of the newest object */
	const struct jtape_want *want; /* borrowed */
	size_t nwant;
};

/* 0 or -1 when out of memory. */
int jlearn_init(struct jlearn *l, const struct jtape_want *want, size_t n);
void jlearn_free(struct jlearn *l);
/* Before another value: forgets the places when they have become many. */
void jlearn_begin(struct jlearn *l);
/* The member of the object at `parent`; 0 when memory is out or there are too many places to be looked up in a short time. Moves l->v. */
uint32_t jlearn_member(struct jlearn *l, uint32_t parent, const char *key, size_t n);
/* The elements of the array at `parent`; 0 when memory is out. Moves l->v. */
uint32_t jlearn_elements(struct jlearn *l, uint32_t parent);

/* Behind the member's colon when the member, one that has a mask, stands at p as it is written without white space. */
static inline const char *jlearn_follow(const struct jlearn_place *m, const char *p, const char *end)
{
#ifdef __SSE2__
	uint32_t equal;

	if (end - p < JLEARN_TEXT)
		return NULL;
	equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const void *)p), _mm_loadu_si128((const void *)m->text))) |
		(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const void *)(p + 16)), _mm_loadu_si128((const void *)(m->text + 16)))) << 16;
	return (equal & m->mask) == m->mask ? p + m->len : NULL;
#else
	return (size_t)(end - p) >= m->len && memcmp(p, m->text, m->len) == 0 ? p + m->len : NULL;
#endif
}

#endif
