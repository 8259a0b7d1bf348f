/* What the billing tests share: dates and ids in one word, a seeded generator. */
#ifndef TEST_BILLING_COMMON_H
#define TEST_BILLING_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/err.h"
#include "billing/conserve.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline date_t day(const char *s)
{
	date_t d = DATE_NONE;

	if (s != NULL && date_parse(s, &d) < 0)
		fail_msg("'%s' is no date", s);
	return d;
}

/* xorshift64: the same numbers on every machine. */
static inline uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline size_t below(uint64_t *seed, size_t n) { return (size_t)(draw(seed) >> 11) % n; }

static inline void shuffle(void *array, size_t n, size_t size, uint64_t *seed)
{
	char *v = array, *t = malloc(size);

	assert_non_null(t);
	for (size_t i = n; i > 1; i--) {
		size_t k = below(seed, i);

		memcpy(t, v + (i - 1) * size, size);
		memmove(v + (i - 1) * size, v + k * size, size);
		memcpy(v + k * size, t, size);
	}
	free(t);
}

/* True when exactly one line of the diagnosis contains s. */
static inline int says(const struct diag *d, const char *s)
{
	int n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += strstr(d->line[i], s) != NULL;
	return n == 1;
}

/* Both proofs of a plan that is one part; *t holds fetched and held. */
static inline int prove_all(const struct compose_plan *plan, const struct compose_item *v, size_t n, struct conserve_totals *t, struct err *e)
{
	t->billed = t->billed_secs = t->rounded_secs = t->late = 0;
	return conserve_prove(plan, v, n, t, e) < 0 ? -1 : conserve_balance(t, e);
}

#endif
