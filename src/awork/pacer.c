#include "awork/pacer.h"

#include "awork/retry.h"
#include "base/num.h"

#define COUNT_MAX 1000000
#define SAME_MS 1500 /* Reset comes in whole seconds: this much apart it still means the same end of the period */
#define LOOK_MS 250  /* a period that should have ended and has not */
#define ROUND_MS 1000 /* "0 seconds" may be a rounded-down part of one */

void pacer_init(struct pacer *p, int share)
{
	*p = (struct pacer){ .share = share < 1 ? 1 : share > 100 ? 100 : share };
}

void pacer_began(struct pacer *p)
{
	p->in_flight++;
}

void pacer_ended(struct pacer *p, int64_t now_ms, const char *limit, const char *left, const char *reset)
{
	int64_t all, rest, wait = retry_reset_ms(reset), end = now_ms + (wait < ROUND_MS ? ROUND_MS : wait);

	if (p->in_flight > 0)
		p->in_flight--;
	if (limit == NULL || left == NULL || wait < 0 || num_parse_int(limit, 1, COUNT_MAX, &all) < 0 || num_parse_int(left, 0, COUNT_MAX, &rest) < 0) {
		/* It counts, although it does not say so: a broken answer, or another server behind the same address. */
		p->left -= p->left > 0;
		return;
	}
	if (p->limit == 0 || end > p->reset_ms + SAME_MS || rest < p->left) {
		p->left = rest;
		p->reset_ms = end;
	}
	p->limit = all;
}

int64_t pacer_wait_ms(const struct pacer *p, int64_t now_ms)
{
	int64_t ours = p->limit * p->share / 100, kept = p->limit - (ours < 1 ? 1 : ours);
	int over = now_ms >= p->reset_ms;

	if (p->limit == 0)
		return 0;
	/* A new period begins with all of it; what it holds the next answer tells. */
	if ((over ? p->limit : p->left) - p->in_flight > kept)
		return 0;
	return over ? LOOK_MS : p->reset_ms - now_ms;
}
