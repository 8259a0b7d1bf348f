/* The pacer: how much of a limit is used, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "awork/pacer.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A server that counts per period, as awork documents it. */
struct server { int64_t limit, used, began_ms, period_ms, refused; };

static void answer(struct server *s, struct pacer *p, int64_t now)
{
	char limit[24], left[24], reset[24];

	if (now - s->began_ms >= s->period_ms) {
		s->began_ms += (now - s->began_ms) / s->period_ms * s->period_ms;
		s->used = 0;
	}
	if (s->used < s->limit)
		s->used++;
	else
		s->refused++;
	snprintf(limit, sizeof limit, "%lld", (long long)s->limit);
	snprintf(left, sizeof left, "%lld", (long long)(s->limit - s->used));
	snprintf(reset, sizeof reset, "%lld", (long long)((s->began_ms + s->period_ms - now + 999) / 1000));
	pacer_ended(p, now, limit, left, reset);
}

static void unknown(void **state)
{
	static const struct { const char *limit, *left, *reset; } rows[] = {
		{ NULL, NULL, NULL }, { "100", NULL, "3" }, { NULL, "0", "3" }, { "100", "0", NULL }, { "x", "0", "3" }, { "100", "-1", "3" },
		{ "0", "0", "3" }, { "100", "0", "soon" }, { "99999999999999999999", "0", "3" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pacer p;

		pacer_init(&p, 80);
		for (int k = 0; k < 50; k++) {
			assert_int_equal(pacer_wait_ms(&p, 1000), 0);
			pacer_began(&p);
		}
		pacer_ended(&p, 1000, rows[i].limit, rows[i].left, rows[i].reset);
		if (pacer_wait_ms(&p, 1000) != 0)
			fail_msg("row %zu", i);
	}
}

static void keeps_its_share(void **state)
{
	static const struct { int share; const char *limit, *left; int in_flight; int64_t wait; } rows[] = {
		{ 80, "100", "21", 0, 0 }, { 80, "100", "20", 0, 7000 }, { 80, "100", "25", 4, 0 }, { 80, "100", "25", 5, 7000 }, { 100, "100", "1", 0, 0 },
		{ 100, "100", "0", 0, 7000 }, { 100, "100", "3", 3, 7000 }, { 50, "3", "3", 0, 0 }, { 50, "3", "2", 0, 7000 }, { 1, "10", "10", 0, 0 },
		{ 1, "10", "9", 0, 7000 }, { 0, "1000", "991", 0, 0 }, { 0, "1000", "990", 0, 7000 }, { 200, "10", "1", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pacer p;

		pacer_init(&p, rows[i].share);
		for (int k = 0; k <= rows[i].in_flight; k++)
			pacer_began(&p);
		pacer_ended(&p, 5000, rows[i].limit, rows[i].left, "7");
		if (pacer_wait_ms(&p, 5000) != rows[i].wait)
			fail_msg("row %zu: %lld", i, (long long)pacer_wait_ms(&p, 5000));
		assert_int_equal(pacer_wait_ms(&p, 11999), rows[i].wait == 0 ? 0 : 1);
	}
}

/* An answer that names no limit was a request all the same. */
static void silent_answers_count(void **state)
{
	struct pacer p;

	(void)state;
	pacer_init(&p, 80);
	for (int k = 0; k < 3; k++)
		pacer_began(&p);
	pacer_ended(&p, 1000, "100", "22", "10");
	pacer_ended(&p, 1010, NULL, NULL, NULL);
	pacer_ended(&p, 1020, NULL, NULL, NULL);
	assert_int_equal(pacer_wait_ms(&p, 1020), 9980);
}

/* "0" is a part of a second that was cut off: the old period goes on for a while. */
static void reset_of_zero(void **state)
{
	struct pacer p;

	(void)state;
	pacer_init(&p, 80);
	pacer_began(&p);
	pacer_ended(&p, 5000, "100", "20", "0");
	assert_int_equal(pacer_wait_ms(&p, 5000), 1000);
	assert_int_equal(pacer_wait_ms(&p, 6000), 0);
}

/* Answers overtake each other: the older, larger remainder is not believed until the period is over. */
static void smallest_counts(void **state)
{
	struct pacer p;

	(void)state;
	pacer_init(&p, 80);
	for (int k = 0; k < 3; k++)
		pacer_began(&p);
	pacer_ended(&p, 1000, "100", "20", "10");
	pacer_ended(&p, 1010, "100", "22", "10");
	assert_int_equal(pacer_wait_ms(&p, 1010), 9990);
	pacer_ended(&p, 11100, "100", "99", "10");
	assert_int_equal(pacer_wait_ms(&p, 11100), 0);
}

/* A period that does not end when it said so is looked at again soon, never at once. */
static void late_reset(void **state)
{
	struct pacer p;

	(void)state;
	pacer_init(&p, 50);
	pacer_began(&p);
	pacer_ended(&p, 0, "2", "0", "1");
	assert_int_equal(pacer_wait_ms(&p, 999), 1);
	assert_int_equal(pacer_wait_ms(&p, 1000), 0);
	pacer_began(&p);
	assert_in_range(pacer_wait_ms(&p, 1000), 1, 1000);
}

/* Thousands of requests, eight at a time, beside somebody who uses what is kept free: no 429, and nearly all of the share is used. */
static void run_through_a_limit(void **state)
{
	(void)state;
	for (int share = 20; share <= 80; share += 20) {
		struct server s = { .limit = 100, .period_ms = 60000 };
		struct pacer p;
		int64_t now = 0, others = 100 - share, done = 0, most = 0;

		pacer_init(&p, share);
		for (int round = 0; round < 20000 && done < 4000; round++) {
			int64_t wait = 0;
			int n = 0;

			while (n < 8 && (wait = pacer_wait_ms(&p, now)) == 0) {
				pacer_began(&p);
				n++;
			}
			for (int k = 0; k < n; k++)
				answer(&s, &p, now + 10);
			done += n;
			most = s.used > most ? s.used : most;
			now += n > 0 ? 20 : wait;
		}
		assert_int_equal(done, 4000);
		assert_int_equal(s.refused, 0);
		assert_in_range(most, share - 1, 100 - others);
		assert_in_range(now, (4000 / share - 2) * 60000, (4000 / share + 2) * 60000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown), cmocka_unit_test(keeps_its_share), cmocka_unit_test(silent_answers_count), cmocka_unit_test(reset_of_zero), cmocka_unit_test(smallest_counts), cmocka_unit_test(late_reset),
		cmocka_unit_test(run_through_a_limit),
	};

	return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
