/* Inside jtape.c only: the scanner. */
#ifndef BASE_JSCAN_H
#define BASE_JSCAN_H

#include "base/jtape.h"

/* Nodes in the order of the document, the root first. Grown as needed, freed by the owner. */
struct jscan {
	struct jnode *v;
	size_t n, cap;
};

/* 0 when the n bytes are one JSON value for certain; -1: unusual, wrong or out of memory. */
int jscan_value(struct jscan *s, const char *p, size_t n);
/* The object or array that begins at p: how many bytes it has, 0 when it does not end within n bytes, is unusual, wrong or memory is out. */
size_t jscan_part(struct jscan *s, const char *p, size_t n);
/* Adds a zeroed node; its index, or -1 when out of memory. */
int64_t jscan_push(struct jscan *s);
/* Decodes the escapes of a scanned string; out holds len + 1 bytes and gets a NUL. */
void jscan_unescape(char *out, const char *p, size_t len);

#endif
