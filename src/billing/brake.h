/* Safety brakes: what in a plan is far from what it usually is. They decide nothing about single entries; a person looks, and releases them for one run. */
#ifndef BILLING_BRAKE_H
#define BILLING_BRAKE_H

#include "billing/conserve.h"

enum brake_kind {
	BRAKE_RUN,      /* the total of the period is far from the median of earlier periods, above or below */
	BRAKE_CUSTOMER, /* that of a customer is far above its median */
	BRAKE_GONE,     /* a customer of each of the last periods has nothing in this one */
	BRAKE_DAY,      /* a user tracked more time on a day than a day has */
	BRAKE_OVERLAP,  /* two entries of a user cover the same time */
	BRAKE_KINDS
};
enum brake_action { BRAKE_OFF, BRAKE_WARN, BRAKE_STOP };

#define BRAKE_MEDIAN_OF 3   /* earlier periods that a median needs */
#define BRAKE_PERIODS 12    /* that are looked at */
#define BRAKE_SHOWN 20      /* findings told per kind; then one that counts the rest */

struct brake_rules {
	enum brake_action action[BRAKE_KINDS];
	int64_t run_pct, customer_pct; /* of the median, at least 100 */
	int64_t customer_from;         /* totals up to this many units of the currency never stop */
	int64_t gone_periods;
	int64_t day_secs;
	int filtered;                  /* the run sees a part of the entries: nothing can be missing or too little */
};

/* What a customer was billed in one period, net, voided documents left out. */
struct brake_past {
	const char *company_id, *currency;
	int period;                    /* 0: the period at hand, billed by earlier runs; 1: the one before, ... up to BRAKE_PERIODS */
	int64_t net_minor;
};

struct brake_finding {
	enum brake_kind kind;
	const char *subject;           /* a currency, a company's id, a user's id */
	const char *currency;          /* NULL: seconds */
	int64_t value, usual;          /* minor units or seconds; usual: the median, or the limit */
	date_t date;                   /* of BRAKE_DAY and BRAKE_OVERLAP */
	const char *entry, *other;     /* ids, of BRAKE_OVERLAP */
	int64_t more;                  /* > 0: this many findings of the kind are not told; nothing else is set */
};
typedef int brake_each(void *ctx, const struct brake_finding *f, struct err *e);

/* BRAKE_RUN, BRAKE_CUSTOMER and BRAKE_GONE. `past` has periods 0 .. periods, sorted by company, currency, period, one row each; `now` is what the run bills. Borrowed during the
 * call. ERR_OS, or what `each` returns. */
int brake_sums(const struct brake_rules *r, const struct brake_past *past, size_t npast, int periods, const struct conserve_customer *now, size_t nnow, brake_each *each,
    void *ctx, struct err *e);

/* The time of a billable entry. Ids as text_uuid_pack() makes them. */
struct brake_span {
	uint8_t user[16], entry[16];
	date_t date;
	int32_t start_sec;             /* of the day; < 0: no start time */
	int64_t secs;
};
/* Sorts spans as brake_times() wants them: by user, date, start, entry. */
#define BRAKE_SPAN_KEY 40
void brake_span_key(const struct brake_span *s, uint8_t out[BRAKE_SPAN_KEY]);
void brake_span_read(const uint8_t key[BRAKE_SPAN_KEY], int64_t secs, struct brake_span *out);

/* BRAKE_DAY and BRAKE_OVERLAP over the billable entries that have a user and a date; next gives the spans in order: 1, 0 after the last one, -1. A day is the entry's own
 * (startDateLocal); an entry covers its seconds from its start on, breaks left out, and one that begins when another ends does not overlap. Entries without a start time
 * overlap nothing. */
typedef int brake_next(void *ctx, struct brake_span *out, struct err *e);
int brake_times(const struct brake_rules *r, brake_next *next, void *next_ctx, brake_each *each, void *ctx, struct err *e);

/* "run", "customer", "gone", "day", "overlap"; -1 for another word. */
const char *brake_name(enum brake_kind k);
int brake_parse(const char *s, enum brake_kind *out);
/* "off", "warn", "stop". */
int brake_action_parse(const char *s, enum brake_action *out);

/* Median: the middle value, or the middle of the two middle ones, rounded. Sorts v; n > 0. */
int64_t brake_median(int64_t *v, size_t n);

/* The finding as a sentence. */
void brake_describe(const struct brake_finding *f, struct buf *out);

#endif
