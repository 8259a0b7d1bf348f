/* When to try again: pure arithmetic over header values. */
#ifndef AWORK_RETRY_H
#define AWORK_RETRY_H

#include <stdint.h>

#define RETRY_WAIT_MAX_MS 120000

/* Milliseconds from a Retry-After value: delta-seconds or HTTP-date (RFC 9110 section 10.2.3), relative to now_utc. Negative, unparsable and overflowing values: -1; larger ones are clamped to
 * RETRY_WAIT_MAX_MS. NULL: -1. */
int64_t retry_after_ms(const char *value, int64_t now_utc);
/* The same for RateLimit-Reset, seconds until the limit is reset. */
int64_t retry_reset_ms(const char *value);
/* Wait before try number `attempt` (1 = first repetition): what the server asked for (>= 0) plus jitter up to 10 %, else full jitter below 1 s doubling to 60 s.
 * random is any 32-bit number. */
int64_t retry_wait_ms(int attempt, int64_t server_ms, uint32_t random);
/* True for 408, 429, 500, 502, 503, 504. */
int retry_status(long status);

#endif
