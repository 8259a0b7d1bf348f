/* period. */
#include "test_billing_common.h"

#include "billing/period.h"

static void good(void **state)
{
	static const struct {
		const char *s, *today, *from, *to, *label;
	} t[] = {
		{ "last-month", "2026-11-21", "2026-10-01", "2026-11-01", "2026-10" },
		{ "last-month", "2026-11-01", "2026-10-01", "2026-11-01", "2026-10" },
		{ "last-month", "2026-11-30", "2026-10-01", "2026-11-01", "2026-10" },
		{ "last-month", "2026-01-01", "2025-12-01", "2026-01-01", "2025-12" },
		{ "last-month", "2026-03-31", "2026-02-01", "2026-03-01", "2026-02" },
		{ "last-month", "2024-03-29", "2024-02-01", "2024-03-01", "2024-02" },
		{ "this-month", "2026-12-31", "2026-12-01", "2027-01-01", "2026-12" },
		{ "this-month", "2026-02-28", "2026-02-01", "2026-03-01", "2026-02" },
		{ "2026-10", "2026-01-01", "2026-10-01", "2026-11-01", "2026-10" },
		{ "2026-12", "2026-01-01", "2026-12-01", "2027-01-01", "2026-12" },
		{ "2024-02", "2026-01-01", "2024-02-01", "2024-03-01", "2024-02" },
		{ "1900-01", "2026-01-01", "1900-01-01", "1900-02-01", "1900-01" },
		{ "2026-Q1", "2026-01-01", "2026-01-01", "2026-04-01", "2026-Q1" },
		{ "2026-Q2", "2026-01-01", "2026-04-01", "2026-07-01", "2026-Q2" },
		{ "2026-Q3", "2026-01-01", "2026-07-01", "2026-10-01", "2026-Q3" },
		{ "2026-Q4", "2026-01-01", "2026-10-01", "2027-01-01", "2026-Q4" },
		{ "2026-10-01..2026-10-15", "2026-01-01", "2026-10-01", "2026-10-16", "2026-10-01..2026-10-15" },
		{ "2026-10-05..2026-10-05", "2026-01-01", "2026-10-05", "2026-10-06", "2026-10-05..2026-10-05" },
		/* One range, one label: the label names the folder. */
		{ "2026-10-01..2026-10-31", "2026-01-01", "2026-10-01", "2026-11-01", "2026-10" },
		{ "2026-07-01..2026-09-30", "2026-01-01", "2026-07-01", "2026-10-01", "2026-Q3" },
		{ "2026-08-01..2026-10-31", "2026-01-01", "2026-08-01", "2026-11-01", "2026-08-01..2026-10-31" },
		{ "2026-10-02..2026-11-01", "2026-01-01", "2026-10-02", "2026-11-02", "2026-10-02..2026-11-01" },
		{ "2026-01-01..2026-12-31", "2026-01-01", "2026-01-01", "2027-01-01", "2026-01-01..2026-12-31" },
		{ "2025-12-31..2026-01-01", "2026-01-01", "2025-12-31", "2026-01-02", "2025-12-31..2026-01-01" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct period p;
		struct err e = ERR_INIT;

		if (period_parse(t[i].s, day(t[i].today), &p, &e) < 0)
			fail_msg("%s: %s", t[i].s, e.msg);
		assert_int_equal(p.from, day(t[i].from));
		assert_int_equal(p.to, day(t[i].to));
		assert_string_equal(p.label, t[i].label);
	}
}

static void bad(void **state)
{
	static const char *const t[] = {
		"",
		"last month",
		"Last-Month",
		"last-month ",
		"lastmonth",
		"next-month",
		"2026",
		"2026-",
		"2026-0",
		"2026-1",
		"2026-00",
		"2026-13",
		"2026-010",
		"2026-10 ",
		" 2026-10",
		"2026-q3",
		"2026-Q",
		"2026-Q0",
		"2026-Q5",
		"2026-Q33",
		"2026Q3",
		"2026/10",
		"26-10",
		"1899-12",
		"10000-01",
		"2026--1",
		"2026-+1",
		"2026-Q-",
		"2026-10-01",
		"2026-10-01..",
		"..2026-10-01",
		"..",
		"2026-10-02..2026-10-01",
		"2026-10-01..2026-10-32",
		"2026-02-29..2026-03-01",
		"2026-10-01...2026-10-15",
		"2026-10..2026-11",
		"2026-10-01..2026-10-15..2026-10-20",
		"2026-10-01.. 2026-10-15",
		"2026-10-01000000000000..2026-10-15",
		"2026-Q1..2026-Q2",
		"-026-10",
		"x026-10",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct period p = { 1, 2, "kept" };
		struct err e = ERR_INIT;

		if (period_parse(t[i], day("2026-11-21"), &p, &e) != -1)
			fail_msg("'%s' was taken for %s", t[i], p.label);
		assert_int_equal(e.code, ERR_USAGE);
		assert_non_null(strstr(e.msg, "last-month"));
		assert_true(p.from == 1 && p.to == 2 && strcmp(p.label, "kept") == 0);
	}
}

/* Every range has one label, and the label read again is the range. */
static void label_round_trip(void **state)
{
	uint64_t seed = 4711;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		date_t from = day("2019-01-01") + (date_t)below(&seed, 4000), to = from + 1 + (date_t)below(&seed, 120);
		struct period a, b;
		struct err e = ERR_INIT;

		if (i % 3 == 0) {
			from = date_month_start(from, 0);
			to = date_month_start(from, 1 + (int)below(&seed, 4));
		}
		period_make(from, to, &a);
		assert_true(strlen(a.label) < sizeof a.label - 1);
		assert_int_equal(period_parse(a.label, 0, &b, &e), 0);
		assert_true(b.from == from && b.to == to);
		assert_string_equal(a.label, b.label);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(bad), cmocka_unit_test(label_round_trip) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
