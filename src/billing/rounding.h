/* Rounding of time: an agreement with the customer, never written back to awork. */
#ifndef BILLING_ROUNDING_H
#define BILLING_ROUNDING_H

#include <stdint.h>

enum rounding_mode { ROUNDING_NONE, ROUNDING_NEAREST, ROUNDING_UP, ROUNDING_DOWN };
enum rounding_scope { ROUNDING_ENTRY, ROUNDING_LINE };

struct rounding {
	enum rounding_mode mode;
	enum rounding_scope scope;
	int64_t step_sec; /* increment, > 0; ignored for ROUNDING_NONE */
};

/* Rounds secs >= 0 to the increment. Exact halves go up; UP leaves exact multiples alone; 0 stays 0. */
int64_t rounding_apply(const struct rounding *r, int64_t secs);

/* Shares `total` billed seconds among n entries in proportion to their seconds, exactly and never negative: fills share[i]. */
void rounding_share(const int64_t *secs, int64_t n, int64_t total, int64_t *share);

/* "none", "nearest", "up", "down"; -1 for another word. */
int rounding_mode_parse(const char *s, enum rounding_mode *out);
const char *rounding_mode_name(enum rounding_mode m);
/* "entry", "line". */
int rounding_scope_parse(const char *s, enum rounding_scope *out);
const char *rounding_scope_name(enum rounding_scope s);

#endif
