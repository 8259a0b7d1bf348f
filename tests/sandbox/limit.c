#include "limit.h"

#include <time.h>

static unsigned limit;
static unsigned period = 60;
static unsigned used;
static int64_t window_start;

void limit_set(unsigned requests, unsigned seconds)
{
    limit = requests;
    period = seconds;
}

bool limit_take(struct answer *a)
{
    if (!limit)
        return true;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!used || now.tv_sec - window_start >= (int64_t)period) {
        window_start = now.tv_sec;
        used = 0;
    }
    bool ok = used < limit;
    used += ok;
    int64_t left = limit - used;
    http_header_int(a, "RateLimit-Limit", limit);
    http_header_int(a, "RateLimit-Remaining", left);
    http_header_int(a, "RateLimit-Reset", window_start + (int64_t)period - now.tv_sec);
    http_header_int(a, "X-RateLimit-Limit-Minute", limit);
    http_header_int(a, "X-RateLimit-Remaining-Minute", left);
    http_header_int(a, "X-RateLimit-Limit-Second", 500);
    http_header_int(a, "X-RateLimit-Remaining-Second", 499);
    if (!ok)
        http_error(a, 429, "too-many-requests", "The rate limit was exceeded.");
    return ok;
}
