/* Reading JSON, strictly: the only place that knows jansson. Duplicate keys, bad UTF-8, trailing data, depth over 32, texts over 1 MiB are errors.
 * The escapes \u0000 and lone surrogates become U+FFFD (jansson would refuse them). */
#ifndef BASE_JDOC_H
#define BASE_JDOC_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define JDOC_DEPTH 32
#define JDOC_TEXT_MAX (1024 * 1024)

struct jdoc;           /* a whole document, owned by caller */
typedef void jdoc_val; /* a value inside; borrowed until jdoc_free() */

/* Parses n bytes. A leading byte order mark is skipped. Errors: ERR_DATA with offset and what was expected. */
struct jdoc *jdoc_parse(const char *p, size_t n, struct err *e);
void jdoc_free(struct jdoc *d);
const jdoc_val *jdoc_root(const struct jdoc *d);

/* Members: NULL when v is no object, the member is absent or null. */
const jdoc_val *jdoc_get(const jdoc_val *v, const char *key);
int jdoc_is_object(const jdoc_val *v);
int jdoc_is_array(const jdoc_val *v);
size_t jdoc_len(const jdoc_val *array);
const jdoc_val *jdoc_at(const jdoc_val *array, size_t i);

/* The text; NULL when v is no string. Borrowed until jdoc_free(). A text never contains NUL. */
const char *jdoc_text(const jdoc_val *v);
/* 1 and the value for an integer that fits int64; 0 for anything else (also reals). */
int jdoc_int(const jdoc_val *v, int64_t *out);
/* 1 and the value for true or false; 0 for anything else. */
int jdoc_bool(const jdoc_val *v, int *out);
/* "object", "array", "string", "integer", "real", "true", "false", "null"; "absent" for NULL. For messages. */
const char *jdoc_kind(const jdoc_val *v);

/* Shorthand: text member or NULL. */
const char *jdoc_get_text(const jdoc_val *v, const char *key);

/* Walks the members of an object in the order of the document. */
void jdoc_each(const jdoc_val *object, void (*f)(void *ctx, const char *key, const jdoc_val *v), void *ctx);

/* Cuts a JSON array that arrives in pieces into its elements, so that memory holds one element at a time. */
struct jdoc_cut;

/* `each` gets the bytes of one complete element (borrowed during the call); -1 from it stops the cutting. max_element bounds memory. */
struct jdoc_cut *jdoc_cut_new(size_t max_element, int (*each)(void *ctx, const char *p, size_t n, struct err *e), void *ctx);
/* For elements that lie whole in a piece: `begin` returns how many bytes at p, of n at most, are one object that it has dealt with instead of `each`; 0 leaves it to `each`, which then
 * decides what is wrong; -1 stops the cutting. */
void jdoc_cut_begin(struct jdoc_cut *c, int64_t (*begin)(void *ctx, const char *p, size_t n, struct err *e));
/* Takes the next piece. Anything but one array of values is an error (ERR_DATA); so are depth and size over the limits. */
int jdoc_cut_feed(struct jdoc_cut *c, const char *p, size_t n, struct err *e);
/* 0 when the array was closed and only white space followed; else ERR_DATA "cut". */
int jdoc_cut_end(struct jdoc_cut *c, struct err *e);
size_t jdoc_cut_count(const struct jdoc_cut *c);
/* Starts over, keeps memory. */
void jdoc_cut_reset(struct jdoc_cut *c);
void jdoc_cut_free(struct jdoc_cut *c);

#endif
