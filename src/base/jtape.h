/* One JSON value out of many alike, read as strictly as jdoc.h does at a small part of the cost: a scanner goes through the text, copies nothing and notes only what
 * is wanted of it. What it does not know for certain to be right it leaves to jdoc_parse(), which alone refuses; so both accept and refuse the same texts with the
 * same messages. Elements of arrays are checked but cannot be wanted. */
#ifndef BASE_JTAPE_H
#define BASE_JTAPE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum jtape_kind { JTAPE_ABSENT, JTAPE_OBJECT, JTAPE_ARRAY, JTAPE_STRING, JTAPE_INTEGER, JTAPE_REAL, JTAPE_TRUE, JTAPE_FALSE, JTAPE_NULL };

/* A member that is wanted, by its number: of the object that has the number `of`, a smaller one. Number 0 is the value itself, whatever its entry says. */
struct jtape_want {
	const char *key;
	uint32_t of;
};

struct jnode {
	const char *text; /* string: as it stands in the input, or decoded and terminated when `plain` is set */
	int64_t num;      /* integer */
	uint32_t len;     /* of text */
	uint8_t kind, escaped, plain;
};

struct jtape;

/* A tape for many values, one after the other: reading the next one ends all that was borrowed from the one before. The n wants stay with the caller. NULL when out of memory. */
struct jtape *jtape_new(const struct jtape_want *want, size_t n);
void jtape_free(struct jtape *t);
/* Parses n bytes, which stay untouched while the value is used. Errors: those of jdoc_parse(). 0 or -1. */
int jtape_read(struct jtape *t, const char *p, size_t n, struct err *e);
/* The object or array that begins at p, which need not be the end of it: its bytes; 0 when they are not all there, or it is left to jtape_read(). Never an error. */
size_t jtape_begin(struct jtape *t, const char *p, size_t n);
/* The two ways of jtape_read(), one by one. jtape_scan: -1 when the text is left to the other way, which says why. */
int jtape_scan(struct jtape *t, const char *p, size_t n);
int jtape_slow(struct jtape *t, const char *p, size_t n, struct err *e);

/* What is wanted under this number; NULL when it is absent or null, or what it is a member of is no object. */
const struct jnode *jtape_get(const struct jtape *t, uint32_t want);
/* All of them by number, absent ones and nulls as such. */
const struct jnode *jtape_nodes(const struct jtape *t);
int jtape_is_object(const struct jnode *v);
/* The text; NULL when v is no string. Borrowed. Never contains NUL. */
const char *jtape_text(struct jtape *t, const struct jnode *v);
/* The same, not terminated, with its length. */
const char *jtape_span(struct jtape *t, const struct jnode *v, size_t *n);
/* 1 and the value for an integer that fits int64; 0 for anything else. */
int jtape_int(const struct jnode *v, int64_t *out);
int jtape_bool(const struct jnode *v, int *out);
/* As jdoc_kind(). */
const char *jtape_kind(const struct jnode *v);

#endif
