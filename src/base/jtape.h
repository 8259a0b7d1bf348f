/* One JSON value out of many alike, read as strictly as jdoc.h does at a small part of the cost: a scanner notes the members of objects on a tape
 * and copies nothing. What it does not know for certain to be right it leaves to jdoc_parse(), which alone refuses; so both accept and refuse the
 * same texts with the same messages. Elements of arrays are checked but not kept. */
#ifndef BASE_JTAPE_H
#define BASE_JTAPE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum jtape_kind { JTAPE_OBJECT, JTAPE_ARRAY, JTAPE_STRING, JTAPE_INTEGER, JTAPE_REAL, JTAPE_TRUE, JTAPE_FALSE, JTAPE_NULL };

/* A value, with its key when it is a member. Members of an object follow each other by `next`. */
struct jnode {
	const char *key;      /* not terminated; NULL at the root */
	union {
		const char *text; /* string: as it stands in the input, or terminated when `plain` is set */
		int64_t num;      /* integer */
	};
	uint32_t key_len, len;
	uint32_t hash;        /* of the key, for the scanner */
	uint32_t first, next, parent; /* indices on the tape, 0: none */
	uint8_t kind, escaped, plain;
};

struct jtape;

/* Parses n bytes, which stay untouched until jtape_free(). Errors: those of jdoc_parse(). */
struct jtape *jtape_parse(const char *p, size_t n, struct err *e);
/* The two ways, one by one. jtape_scan: NULL when the text is left to the other way, which says why. */
struct jtape *jtape_scan(const char *p, size_t n);
struct jtape *jtape_slow(const char *p, size_t n, struct err *e);
void jtape_free(struct jtape *t);

/* A tape for many values, one after the other: reading the next one ends all that was borrowed from the one before. */
struct jtape *jtape_new(void);
/* As jtape_parse(); 0 or -1. */
int jtape_read(struct jtape *t, const char *p, size_t n, struct err *e);
/* The object or array that begins at p, which need not be the end of it: its bytes; 0 when they are not all there, or it is left to jtape_read(). Never an error. */
size_t jtape_begin(struct jtape *t, const char *p, size_t n);

const struct jnode *jtape_root(const struct jtape *t);
/* The member; NULL when v is NULL or no object, the member is absent or null. */
const struct jnode *jtape_get(struct jtape *t, const struct jnode *v, const char *key);
/* The member at an index (`first`, `next`), null included; NULL for 0. */
const struct jnode *jtape_at(const struct jtape *t, uint32_t index);
int jtape_is_object(const struct jnode *v);
/* The text; NULL when v is no string. Borrowed until jtape_free(). Never contains NUL. */
const char *jtape_text(struct jtape *t, const struct jnode *v);
/* 1 and the value for an integer that fits int64; 0 for anything else. */
int jtape_int(const struct jnode *v, int64_t *out);
int jtape_bool(const struct jnode *v, int *out);
/* As jdoc_kind(). */
const char *jtape_kind(const struct jnode *v);
/* Shorthand: text member or NULL. */
const char *jtape_get_text(struct jtape *t, const struct jnode *v, const char *key);

#endif
