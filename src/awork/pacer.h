/* Keeps a part of the workspace's request limit free for others: pure arithmetic over the RateLimit headers, the clock is passed in. */
#ifndef AWORK_PACER_H
#define AWORK_PACER_H

#include <stdint.h>

/* Zero-initialize, then pacer_init(). */
struct pacer {
	int share;             /* percent of the limit that may be used */
	int64_t limit;         /* requests per period, 0: not known yet */
	int64_t left;          /* of the limit, as the answers said */
	int64_t reset_ms;      /* when the period ends */
	int64_t in_flight;     /* begun, not answered: perhaps not counted in `left` */
};

/* share: percent, 1..100. */
void pacer_init(struct pacer *p, int share);
void pacer_began(struct pacer *p);
/* An answer came, or none will. The header values RateLimit-Limit, -Remaining and -Reset (seconds), or NULL; without all three nothing is learnt.
 * Within one period the smallest remainder counts: answers overtake each other. */
void pacer_ended(struct pacer *p, int64_t now_ms, const char *limit, const char *left, const char *reset);
/* 0: another request may begin; else milliseconds until it is worth asking again. Always 0 while the limit is not known. */
int64_t pacer_wait_ms(const struct pacer *p, int64_t now_ms);

#endif
