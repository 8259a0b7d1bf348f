#include "billing/brake.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const names[BRAKE_KINDS] = { "run", "customer", "gone", "day", "overlap" };

const char *brake_name(enum brake_kind k)
{
	return names[k];
}

int brake_parse(const char *s, enum brake_kind *out)
{
	for (int i = 0; i < BRAKE_KINDS; i++)
		if (strcmp(s, names[i]) == 0) {
			*out = (enum brake_kind)i;
			return 0;
		}
	return -1;
}

int brake_action_parse(const char *s, enum brake_action *out)
{
	static const char *const words[] = { "off", "warn", "stop" };

	for (int i = 0; i < 3; i++)
		if (strcmp(s, words[i]) == 0) {
			*out = (enum brake_action)i;
			return 0;
		}
	return -1;
}

static int compare_int(const void *pa, const void *pb)
{
	int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return (a > b) - (a < b);
}

int64_t brake_median(int64_t *v, size_t n)
{
	int off = 0;

	qsort(v, n, sizeof *v, compare_int);
	return n % 2 == 1 ? v[n / 2] : num_div_round((__int128)v[n / 2 - 1] + v[n / 2], 2, &off);
}

/* Tells findings, the first ones of a kind. */
struct telling { brake_each *each; void *ctx; int64_t told; };

static int tell(struct telling *t, const struct brake_finding *f, struct err *e)
{
	return t->told++ < BRAKE_SHOWN ? t->each(t->ctx, f, e) : 0;
}

static int tell_rest(struct telling *t, enum brake_kind kind, struct err *e)
{
	struct brake_finding f = { .kind = kind, .more = t->told - BRAKE_SHOWN };

	return f.more > 0 ? t->each(t->ctx, &f, e) : 0;
}

struct summing {
	const struct brake_rules *r;
	const struct brake_past *past;
	size_t npast;
	int periods;
	const struct conserve_customer *now;
	size_t nnow;
};

/* Values of the earlier periods out of sum[1 ..], those without any left out. */
static size_t earlier(const int64_t *sum, int periods, int64_t *out)
{
	size_t n = 0;

	for (int p = 1; p <= periods && p <= BRAKE_PERIODS; p++)
		if (sum[p] != 0)
			out[n++] = sum[p];
	return n;
}

static int is_above(int64_t value, int64_t median, int64_t pct)
{
	return (__int128)value * 100 > (__int128)median * pct;
}

static int is_below(int64_t value, int64_t median, int64_t pct)
{
	return (__int128)value * pct < (__int128)median * 100;
}

/* One currency, over all customers. */
static int check_run(const struct summing *s, const char *currency, struct telling *t, struct err *e)
{
	int64_t sum[BRAKE_PERIODS + 1] = { 0 }, old[BRAKE_PERIODS];
	struct brake_finding f = { .kind = BRAKE_RUN, .subject = currency, .currency = currency };
	size_t n;
	int off = 0;

	for (size_t i = 0; i < s->npast; i++)
		if (strcmp(s->past[i].currency, currency) == 0 && s->past[i].period <= BRAKE_PERIODS)
			off |= num_add(&sum[s->past[i].period], s->past[i].net_minor);
	for (size_t i = 0; i < s->nnow; i++)
		if (strcmp(s->now[i].currency, currency) == 0)
			off |= num_add(&sum[0], s->now[i].net_minor);
	if (off)
		return err_set(e, ERR_SOFTWARE, "the sums of the brakes overflow");
	n = earlier(sum, s->periods, old);
	if (n < BRAKE_MEDIAN_OF)
		return 0;
	f.value = sum[0];
	f.usual = brake_median(old, n);
	if (f.usual <= 0 || (!is_above(f.value, f.usual, s->r->run_pct) && (s->r->filtered || !is_below(f.value, f.usual, s->r->run_pct))))
		return 0;
	return tell(t, &f, e);
}

/* The first row of each currency speaks for it. */
static int check_runs(const struct summing *s, struct telling *t, struct err *e)
{
	for (size_t i = 0; i < s->nnow + s->npast; i++) {
		const char *currency = i < s->nnow ? s->now[i].currency : s->past[i - s->nnow].currency;
		size_t k = 0;

		while (strcmp(k < s->nnow ? s->now[k].currency : s->past[k - s->nnow].currency, currency) != 0)
			k++;
		if (k == i && check_run(s, currency, t, e) < 0)
			return -1;
	}
	return tell_rest(t, BRAKE_RUN, e);
}

static int order(const char *company_a, const char *currency_a, const struct brake_past *b)
{
	int c = strcmp(company_a, b->company_id);

	return c != 0 ? c : strcmp(currency_a, b->currency);
}

/* What a customer was billed, by period; [0] with what it is billed now. */
static int history_of(const struct summing *s, const char *company, const char *currency, int64_t billed_now, int64_t sum[BRAKE_PERIODS + 1], struct err *e)
{
	size_t low = 0, high = s->npast;

	memset(sum, 0, (BRAKE_PERIODS + 1) * sizeof *sum);
	sum[0] = billed_now;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(company, currency, &s->past[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->npast && order(company, currency, &s->past[low]) == 0; low++)
		if (s->past[low].period <= BRAKE_PERIODS && num_add(&sum[s->past[low].period], s->past[low].net_minor) < 0)
			return err_set(e, ERR_SOFTWARE, "the sums of the brakes overflow");
	return 0;
}

static int check_customers(const struct summing *s, struct telling *t, struct err *e)
{
	for (size_t i = 0; i < s->nnow; i++) {
		const struct conserve_customer *c = &s->now[i];
		int64_t sum[BRAKE_PERIODS + 1], old[BRAKE_PERIODS], floor = s->r->customer_from;
		struct brake_finding f = { .kind = BRAKE_CUSTOMER, .subject = c->company_id, .currency = c->currency };
		size_t n;

		if (history_of(s, c->company_id, c->currency, c->net_minor, sum, e) < 0)
			return -1;
		for (int k = money_decimals(c->currency); k > 0; k--)
			floor *= 10;
		n = earlier(sum, s->periods, old);
		if (n < BRAKE_MEDIAN_OF || sum[0] <= floor)
			continue;
		f.value = sum[0];
		f.usual = brake_median(old, n);
		if (is_above(f.value, f.usual, s->r->customer_pct) && tell(t, &f, e) < 0)
			return -1;
	}
	return tell_rest(t, BRAKE_CUSTOMER, e);
}

static int is_billed_now(const struct summing *s, const char *company)
{
	for (size_t i = 0; i < s->nnow; i++)
		if (strcmp(s->now[i].company_id, company) == 0)
			return 1;
	return 0;
}

static int check_gone(const struct summing *s, struct telling *t, struct err *e)
{
	int wanted = (int)s->r->gone_periods;

	for (size_t i = 0; i < s->npast && wanted <= s->periods; i++) {
		const struct brake_past *x = &s->past[i];
		int64_t sum[BRAKE_PERIODS + 1], old[BRAKE_PERIODS];
		struct brake_finding f = { .kind = BRAKE_GONE, .subject = x->company_id, .currency = x->currency };
		int p = 1;

		if (i > 0 && order(x->company_id, x->currency, &s->past[i - 1]) == 0)
			continue;
		if (history_of(s, x->company_id, x->currency, 0, sum, e) < 0)
			return -1;
		while (p <= wanted && sum[p] > 0)
			p++;
		if (p <= wanted || sum[0] != 0 || is_billed_now(s, x->company_id))
			continue;
		f.usual = brake_median(old, earlier(sum, s->periods, old));
		if (tell(t, &f, e) < 0)
			return -1;
	}
	return tell_rest(t, BRAKE_GONE, e);
}

int brake_sums(const struct brake_rules *r, const struct brake_past *past, size_t npast, int periods, const struct conserve_customer *now, size_t nnow, brake_each *each,
    void *ctx, struct err *e)
{
	const struct summing s = { r, past, npast, periods, now, nnow };
	struct telling runs = { each, ctx, 0 }, customers = { each, ctx, 0 }, gone = { each, ctx, 0 };

	if (r->action[BRAKE_RUN] != BRAKE_OFF && check_runs(&s, &runs, e) < 0)
		return -1;
	if (r->action[BRAKE_CUSTOMER] != BRAKE_OFF && check_customers(&s, &customers, e) < 0)
		return -1;
	return r->action[BRAKE_GONE] != BRAKE_OFF && !r->filtered && check_gone(&s, &gone, e) < 0 ? -1 : 0;
}

static void put_int(uint8_t *out, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static uint32_t get_int(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

#define SIGN 0x80000000u /* turned, so that negative numbers come first */

void brake_span_key(const struct brake_span *s, uint8_t out[BRAKE_SPAN_KEY])
{
	memcpy(out, s->user, 16);
	put_int(out + 16, (uint32_t)s->date ^ SIGN);
	put_int(out + 20, (uint32_t)(s->start_sec < 0 ? -1 : s->start_sec) ^ SIGN);
	memcpy(out + 24, s->entry, 16);
}

void brake_span_read(const uint8_t key[BRAKE_SPAN_KEY], int64_t secs, struct brake_span *out)
{
	*out = (struct brake_span){ .date = (date_t)(get_int(key + 16) ^ SIGN), .start_sec = (int32_t)(get_int(key + 20) ^ SIGN), .secs = secs };
	memcpy(out->user, key, 16);
	memcpy(out->entry, key + 24, 16);
}

static int same_user(const struct brake_span *a, const struct brake_span *b)
{
	return memcmp(a->user, b->user, sizeof a->user) == 0;
}

/* Days are told as they end, overlaps after all of them. */
struct timing {
	const struct brake_rules *r;
	struct telling days;
	struct brake_span day, far;  /* the day at hand, with its seconds; of a user's entries so far the one that reaches farthest */
	int has_day, has_far;
	struct overlap { struct brake_span before, x; int64_t secs; } overlaps[BRAKE_SHOWN];
	int64_t noverlaps;
};

static int end_day(struct timing *t, struct err *e)
{
	char user[37];
	struct brake_finding f = { .kind = BRAKE_DAY, .subject = user, .value = t->day.secs, .usual = t->r->day_secs, .date = t->day.date };

	if (!t->has_day || t->day.secs <= t->r->day_secs)
		return 0;
	text_uuid_unpack(user, t->day.user);
	return tell(&t->days, &f, e);
}

static int add_to_day(struct timing *t, const struct brake_span *x, struct err *e)
{
	if (t->has_day && same_user(&t->day, x) && t->day.date == x->date)
		return num_add(&t->day.secs, x->secs) < 0 ? err_set(e, ERR_SOFTWARE, "the seconds of a day overflow") : 0;
	if (end_day(t, e) < 0)
		return -1;
	t->day = *x;
	t->has_day = 1;
	return 0;
}

static int64_t start_of(const struct brake_span *s)
{
	return (int64_t)s->date * 86400 + s->start_sec;
}

/* In order of their starts: each against the one that reaches farthest of those before it. */
static void add_to_overlaps(struct timing *t, const struct brake_span *x)
{
	int64_t from = start_of(x), end = from + x->secs, far_end;

	if (x->start_sec < 0 || x->secs <= 0)
		return;
	if (!t->has_far || !same_user(&t->far, x)) {
		t->far = *x;
		t->has_far = 1;
		return;
	}
	far_end = start_of(&t->far) + t->far.secs;
	if (from < far_end) {
		if (t->noverlaps < BRAKE_SHOWN)
			t->overlaps[t->noverlaps] = (struct overlap){ t->far, *x, (end < far_end ? end : far_end) - from };
		t->noverlaps++;
	}
	if (end > far_end)
		t->far = *x;
}

static int tell_overlaps(const struct timing *t, brake_each *each, void *ctx, struct err *e)
{
	struct telling overlaps = { each, ctx, t->noverlaps };
	char user[37], entry[37], other[37];

	for (int64_t i = 0; i < t->noverlaps && i < BRAKE_SHOWN; i++) {
		const struct overlap *o = &t->overlaps[i];
		struct brake_finding f = { .kind = BRAKE_OVERLAP, .subject = user, .value = o->secs, .date = o->x.date, .entry = entry, .other = other };

		text_uuid_unpack(user, o->x.user);
		text_uuid_unpack(entry, o->before.entry);
		text_uuid_unpack(other, o->x.entry);
		if (each(ctx, &f, e) < 0)
			return -1;
	}
	return tell_rest(&overlaps, BRAKE_OVERLAP, e);
}

int brake_times(const struct brake_rules *r, brake_next *next, void *next_ctx, brake_each *each, void *ctx, struct err *e)
{
	const int days = r->action[BRAKE_DAY] != BRAKE_OFF, overlaps = r->action[BRAKE_OVERLAP] != BRAKE_OFF;
	struct timing t = { .r = r, .days = { each, ctx, 0 } };
	struct brake_span x;
	int rc = 0;

	while ((days || overlaps) && (rc = next(next_ctx, &x, e)) > 0) {
		if (days && add_to_day(&t, &x, e) < 0)
			return -1;
		if (overlaps)
			add_to_overlaps(&t, &x);
	}
	if (rc < 0 || end_day(&t, e) < 0 || tell_rest(&t.days, BRAKE_DAY, e) < 0)
		return -1;
	return tell_overlaps(&t, each, ctx, e);
}

void brake_describe(const struct brake_finding *f, struct buf *out)
{
	char value[NUM_MAX] = "", usual[NUM_MAX] = "", date[16];

	if (f->more > 0) {
		buf_fmt(out, "%lld more of the kind '%s'", (long long)f->more, brake_name(f->kind));
		return;
	}
	if (f->currency != NULL) {
		money_fmt(value, f->value, f->currency);
		money_fmt(usual, f->usual, f->currency);
	}
	switch (f->kind) {
	case BRAKE_RUN:
		buf_fmt(out, "the period comes to %s %s net, the median of the earlier ones is %s", value, f->currency, usual);
		break;
	case BRAKE_CUSTOMER:
		buf_fmt(out, "company %s comes to %s %s net, its median is %s", f->subject, value, f->currency, usual);
		break;
	case BRAKE_GONE:
		buf_fmt(out, "company %s has nothing to bill, its median is %s %s", f->subject, usual, f->currency);
		break;
	case BRAKE_DAY:
		num_fmt(value, invoice_quantity(QUANTITY_HOURS, f->value), 2);
		num_fmt(usual, invoice_quantity(QUANTITY_HOURS, f->usual), 2);
		buf_fmt(out, "user %s tracked %s h on %s, more than %s h", f->subject, value, date_fmt(date, f->date), usual);
		break;
	case BRAKE_OVERLAP:
		buf_fmt(out, "entries %s and %s of user %s overlap by %lld s on %s", f->entry, f->other, f->subject, (long long)f->value, date_fmt(date, f->date));
		break;
	case BRAKE_KINDS:
		break;
	}
}
