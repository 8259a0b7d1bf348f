/* The scanner: inside jtape.c, and where something else reads a form that it knows. */
#ifndef BASE_JSCAN_H
#define BASE_JSCAN_H

#include "base/jlearn.h"

/* 0 when the n bytes are one JSON value for certain; -1: unusual, wrong or out of memory. v gets what is wanted by its number and has room for one more. */
int jscan_value(struct jlearn *l, struct jnode *v, const char *p, size_t n);
/* The object or array that begins at p: how many bytes it has, 0 when it does not end within n bytes, is unusual, wrong or memory is out. */
size_t jscan_part(struct jlearn *l, struct jnode *v, const char *p, size_t n);
/* A string, from behind its opening quote to behind its closing one: `text`, `len` and `escaped` of *v. NULL when it is unusual or wrong. */
const char *jscan_string(const char *p, const char *end, struct jnode *v);
/* Decodes the escapes of a scanned string; out holds len + 1 bytes and gets a NUL. Returns the length. */
size_t jscan_unescape(char *out, const char *p, size_t len);

#endif
