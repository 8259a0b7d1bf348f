#include "billing/brake.h"

#include <stdlib.h>
#include <string.h>

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

/* Time that an entry covers, in seconds since the epoch by the user's clock; -1 without a start. */
struct span { const struct compose_item *item; int64_t from; };

static int compare_span(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;
	int c = strcmp(a->item->entry.user_id, b->item->entry.user_id);

	if (c == 0)
		c = (a->item->entry.date > b->item->entry.date) - (a->item->entry.date < b->item->entry.date);
	if (c == 0)
		c = (a->from > b->from) - (a->from < b->from);
	return c != 0 ? c : strcmp(a->item->entry.id, b->item->entry.id);
}

static int same_user(const struct span *a, const struct span *b)
{
	return strcmp(a->item->entry.user_id, b->item->entry.user_id) == 0;
}

static int check_days(const struct brake_rules *r, const struct span *v, size_t n, struct telling *t, struct err *e)
{
	int64_t secs = 0;

	for (size_t i = 0; i < n; i++) {
		const struct entry *x = &v[i].item->entry;

		if (i > 0 && (!same_user(&v[i], &v[i - 1]) || x->date != v[i - 1].item->entry.date))
			secs = 0;
		if (num_add(&secs, x->secs) < 0)
			return err_set(e, ERR_SOFTWARE, "the seconds of a day overflow");
		if (secs > r->day_secs && (i + 1 == n || !same_user(&v[i], &v[i + 1]) || x->date != v[i + 1].item->entry.date)) {
			struct brake_finding f = { .kind = BRAKE_DAY, .subject = x->user_id, .value = secs, .usual = r->day_secs, .date = x->date };

			if (tell(t, &f, e) < 0)
				return -1;
		}
	}
	return tell_rest(t, BRAKE_DAY, e);
}

/* In order of their starts: each against the one that reaches farthest of those before it. */
static int check_overlaps(const struct span *v, size_t n, struct telling *t, struct err *e)
{
	const struct span *far = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct entry *x = &v[i].item->entry;
		int64_t far_end;

		if (v[i].from < 0 || x->secs <= 0)
			continue;
		if (far == NULL || !same_user(far, &v[i])) {
			far = &v[i];
			continue;
		}
		far_end = far->from + far->item->entry.secs;
		if (v[i].from < far_end) {
			int64_t end = v[i].from + x->secs < far_end ? v[i].from + x->secs : far_end;
			struct brake_finding f = { .kind = BRAKE_OVERLAP, .subject = x->user_id, .value = end - v[i].from, .date = x->date, .entry = far->item->entry.id, .other = x->id };

			if (tell(t, &f, e) < 0)
				return -1;
		}
		if (v[i].from + x->secs > far_end)
			far = &v[i];
	}
	return tell_rest(t, BRAKE_OVERLAP, e);
}

int brake_times(const struct brake_rules *r, const struct compose_item *items, size_t n, brake_each *each, void *ctx, struct err *e)
{
	struct telling days = { each, ctx, 0 }, overlaps = { each, ctx, 0 };
	struct span *v;
	size_t k = 0;
	int rc = 0;

	if (n == 0 || (r->action[BRAKE_DAY] == BRAKE_OFF && r->action[BRAKE_OVERLAP] == BRAKE_OFF))
		return 0;
	v = calloc(n, sizeof *v);
	if (v == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		if (items[i].entry.user_id != NULL && items[i].entry.date != DATE_NONE)
			v[k++] = (struct span){ &items[i], items[i].start_sec < 0 ? -1 : (int64_t)items[i].entry.date * 86400 + items[i].start_sec };
	qsort(v, k, sizeof *v, compare_span);
	if (r->action[BRAKE_DAY] != BRAKE_OFF)
		rc = check_days(r, v, k, &days, e);
	if (rc == 0 && r->action[BRAKE_OVERLAP] != BRAKE_OFF)
		rc = check_overlaps(v, k, &overlaps, e);
	free(v);
	return rc;
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
