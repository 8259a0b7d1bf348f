#include "billing/rounding.h"

#include <string.h>

#include "base/num.h"

int64_t rounding_apply(const struct rounding *r, int64_t secs)
{
	int overflow = 0;

	if (r->mode == ROUNDING_NONE || r->step_sec <= 0 || secs <= 0)
		return secs;
	if (r->mode == ROUNDING_DOWN)
		return secs - secs % r->step_sec;
	if (r->mode == ROUNDING_UP)
		return secs % r->step_sec == 0 ? secs : secs - secs % r->step_sec + r->step_sec;
	return num_div_round(secs, r->step_sec, &overflow) * r->step_sec;
}

void rounding_share(const int64_t *secs, int64_t n, int64_t total, int64_t *share)
{
	__int128 sum = 0, run = 0;
	int64_t given = 0;

	for (int64_t i = 0; i < n; i++)
		sum += secs[i];
	/* Differences of a rising step function: they add up to the total whatever the division drops. */
	for (int64_t i = 0; i < n; i++) {
		int64_t upto;

		run += secs[i];
		upto = sum == 0 ? (i == n - 1 ? total : 0) : (int64_t)((__int128)total * run / sum);
		share[i] = upto - given;
		given = upto;
	}
}

static const char *const mode_names[] = { "none", "nearest", "up", "down" };
static const char *const scope_names[] = { "entry", "line" };

int rounding_mode_parse(const char *s, enum rounding_mode *out)
{
	for (int i = 0; i < 4; i++)
		if (strcmp(s, mode_names[i]) == 0) {
			*out = (enum rounding_mode)i;
			return 0;
		}
	return -1;
}

const char *rounding_mode_name(enum rounding_mode m)
{
	return mode_names[m];
}

int rounding_scope_parse(const char *s, enum rounding_scope *out)
{
	for (int i = 0; i < 2; i++)
		if (strcmp(s, scope_names[i]) == 0) {
			*out = (enum rounding_scope)i;
			return 0;
		}
	return -1;
}

const char *rounding_scope_name(enum rounding_scope s)
{
	return scope_names[s];
}
