/* Inside jdoc.c and jdoc_cut.c only: the loop in which both spend most of their time. */
#ifndef BASE_JDOC_SPAN_H
#define BASE_JDOC_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* First byte in [i, n) that is a quote or a backslash, or n. Eight bytes a step: most of a page is inside strings. */
static inline size_t jdoc_span(const char *p, size_t i, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;

	while (n - i >= 8) {
		uint64_t w, q, b;

		memcpy(&w, p + i, 8);
		q = w ^ ones * '"';
		b = w ^ ones * '\\';
		/* A byte of q or b is zero where the character is. */
		if ((((q - ones) & ~q) | ((b - ones) & ~b)) & high)
			break;
		i += 8;
	}
	while (i < n && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

#endif
