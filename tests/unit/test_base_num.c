/* num, date, clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/num.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void div_round(void **state)
{
	static const struct { __int128 n, d; int64_t want; int overflow; } t[] = {
		{ 0, 1, 0, 0 }, { 1, 2, 1, 0 }, { -1, 2, -1, 0 }, { 3, 2, 2, 0 }, { -3, 2, -2, 0 }, { 5, 2, 3, 0 }, { -5, 2, -3, 0 },
		{ 1, 3, 0, 0 }, { 2, 3, 1, 0 }, { -1, 3, 0, 0 }, { -2, 3, -1, 0 }, { 49, 100, 0, 0 }, { 50, 100, 1, 0 }, { 51, 100, 1, 0 },
		{ -49, 100, 0, 0 }, { -50, 100, -1, 0 }, { -51, 100, -1, 0 }, { 7, 7, 1, 0 }, { -7, 7, -1, 0 }, { 12345, 1, 12345, 0 },
		{ INT64_MAX, 1, INT64_MAX, 0 }, { INT64_MIN, 1, INT64_MIN, 0 },
		{ (__int128)INT64_MAX + 1, 1, 0, 1 }, { (__int128)INT64_MIN - 1, 1, 0, 1 },
		{ (__int128)INT64_MAX * 2, 2, INT64_MAX, 0 }, { (__int128)INT64_MAX * 2 + 1, 2, 0, 1 },
		{ (__int128)INT64_MIN * 2, 2, INT64_MIN, 0 }, { (__int128)INT64_MIN * 2 - 1, 2, 0, 1 },
		{ (__int128)INT64_MAX * INT64_MAX, INT64_MAX, INT64_MAX, 0 }, { (__int128)INT64_MIN * INT64_MIN, INT64_MAX, 0, 1 },
		{ 1, 0, 0, 1 }, { 1, -2, 0, 1 },
	};
	/* The largest divisor: twice the remainder would not fit 128 bit. */
	const __int128 top = (__int128)(((unsigned __int128)1 << 127) - 1);
	int overflow = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		overflow = 0;
		assert_int_equal(num_div_round(t[i].n, t[i].d, &overflow), t[i].want);
		assert_int_equal(overflow, t[i].overflow);
	}
	overflow = 0;
	assert_int_equal(num_div_round(top - 1, top, &overflow), 1);
	assert_int_equal(num_div_round(-(top - 1), top, &overflow), -1);
	assert_int_equal(num_div_round(top / 2, top, &overflow), 0);
	assert_int_equal(num_div_round(top / 2 + 1, top, &overflow), 1);
	assert_int_equal(num_div_round(-top - 1, top, &overflow), -1);
	assert_int_equal(overflow, 0);
	/* Set once, it stays: callers look at it after a chain of steps. */
	overflow = 1;
	assert_int_equal(num_div_round(4, 2, &overflow), 2);
	assert_int_equal(overflow, 1);
}

static uint64_t seed = 88172645463325252u;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* |n - q * d| is at most d / 2, and a tie goes away from zero. */
static void div_round_property(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		int64_t n = (int64_t)next() >> (next() % 60), d = (int64_t)(next() >> (1 + next() % 62)) | 1;
		__int128 diff;
		int overflow = 0;
		int64_t q;

		if (i % 2 == 0)
			d = d / 2 * 2 + 2 > 0 ? d / 2 * 2 + 2 : 2;
		q = num_div_round(n, d, &overflow);
		assert_int_equal(overflow, 0);
		diff = (__int128)n - (__int128)q * d;
		assert_true(diff * 2 <= d && diff * 2 >= -(__int128)d);
		if (diff * 2 == d)
			assert_true(n < 0);
		if (diff * 2 == -(__int128)d)
			assert_true(n > 0);
		assert_int_equal(num_div_round(-(__int128)n, d, &overflow), -(__int128)q);
	}
}

static void add(void **state)
{
	int64_t s = INT64_MAX - 1;

	(void)state;
	assert_int_equal(num_add(&s, 1), 0);
	assert_int_equal(s, INT64_MAX);
	assert_int_equal(num_add(&s, 1), -1);
	assert_int_equal(s, INT64_MAX);
	s = INT64_MIN;
	assert_int_equal(num_add(&s, -1), -1);
	assert_int_equal(s, INT64_MIN);
}

static void parse(void **state)
{
	static const struct { const char *s; int scale, rc; int64_t want; } t[] = {
		{ "0", 2, 0, 0 }, { "-0", 2, 0, 0 }, { "1", 2, 0, 100 }, { "1.5", 2, 0, 150 }, { "1.50", 2, 0, 150 }, { "-1.05", 2, 0, -105 },
		{ "0012.3", 1, 0, 123 }, { "95", 4, 0, 950000 }, { "92233720368547758.07", 2, 0, INT64_MAX },
		{ "-92233720368547758.08", 2, 0, INT64_MIN }, { "92233720368547758.08", 2, -1, 0 }, { "-92233720368547758.09", 2, -1, 0 },
		{ "9223372036854775807", 0, 0, INT64_MAX }, { "9223372036854775808", 0, -1, 0 }, { "9223372036854775807", 1, -1, 0 },
		{ "1.005", 2, -1, 0 }, { "1.000", 2, -1, 0 }, { "1.", 2, -1, 0 }, { ".5", 2, -1, 0 }, { "", 2, -1, 0 }, { "-", 2, -1, 0 },
		{ "+1", 2, -1, 0 }, { " 1", 2, -1, 0 }, { "1 ", 2, -1, 0 }, { "1e3", 2, -1, 0 }, { "1,5", 2, -1, 0 }, { "1.5.0", 2, -1, 0 },
		{ "0x10", 2, -1, 0 }, { "--1", 2, -1, 0 }, { "1'000", 2, -1, 0 }, { "nan", 2, -1, 0 }, { "1.0", 0, -1, 0 }, { NULL, 0, -1, 0 },
		{ "1.000000000000000001", 18, 0, INT64_C(1000000000000000001) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		int64_t v = 4711;

		assert_int_equal(num_parse(t[i].s, t[i].scale, &v), t[i].rc);
		assert_int_equal(v, t[i].rc == 0 ? t[i].want : 4711);
	}
}

static void parse_int(void **state)
{
	int64_t v = 4711;

	(void)state;
	assert_int_equal(num_parse_int("200", 1, 200, &v), 0);
	assert_int_equal(v, 200);
	assert_int_equal(num_parse_int("201", 1, 200, &v), -1);
	assert_int_equal(num_parse_int("0", 1, 200, &v), -1);
	assert_int_equal(num_parse_int("1.0", 1, 200, &v), -1);
	assert_int_equal(v, 200);
}

static void fmt(void **state)
{
	static const struct { int64_t v; int scale, min; const char *want, *brief; } t[] = {
		{ 0, 2, 0, "0.00", "0" }, { 5, 2, 0, "0.05", "0.05" }, { -5, 2, 0, "-0.05", "-0.05" }, { 150, 2, 0, "1.50", "1.5" },
		{ 950000, 4, 2, "95.0000", "95.00" }, { 951250, 4, 2, "95.1250", "95.125" }, { 100, 2, 0, "1.00", "1" }, { 100, 0, 0, "100", "100" },
		{ INT64_MIN, 2, 0, "-92233720368547758.08", "-92233720368547758.08" }, { INT64_MAX, 0, 0, "9223372036854775807", "9223372036854775807" },
		{ INT64_MIN, 18, 0, "-9.223372036854775808", "-9.223372036854775808" }, { 1, 18, 0, "0.000000000000000001", "0.000000000000000001" },
	};
	char out[NUM_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(num_fmt(out, t[i].v, t[i].scale), strlen(t[i].want));
		assert_string_equal(out, t[i].want);
		assert_int_equal(num_fmt_short(out, t[i].v, t[i].scale, t[i].min), strlen(t[i].brief));
		assert_string_equal(out, t[i].brief);
	}
}

static void fmt_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t v = (int64_t)next() >> (next() % 63), back = ~v;
		int scale = (int)(next() % 19);
		char out[NUM_MAX];

		num_fmt(out, v, scale);
		assert_int_equal(num_parse(out, scale, &back), 0);
		assert_int_equal(back, v);
		back = ~v;
		num_fmt_short(out, v, scale, 0);
		assert_int_equal(num_parse(out, scale, &back), 0);
		assert_int_equal(back, v);
	}
}

static void date_round_trip(void **state)
{
	date_t from = date_from_ymd(1900, 1, 1), to = date_from_ymd(2100, 12, 31);
	int days = 0;

	(void)state;
	assert_int_equal(date_from_ymd(1970, 1, 1), 0);
	for (date_t d = from; d <= to; d++, days++) {
		struct date_ymd r = date_to_ymd(d);
		struct tm tm = { .tm_year = r.year - 1900, .tm_mon = r.month - 1, .tm_mday = r.day };
		date_t back = 0;
		char s[16];

		assert_int_equal(timegm(&tm), (int64_t)d * 86400);
		assert_true(tm.tm_mday == r.day && tm.tm_mon == r.month - 1);
		assert_int_equal(date_from_ymd(r.year, r.month, r.day), d);
		assert_int_equal(date_parse(date_fmt(s, d), &back), 0);
		assert_int_equal(back, d);
	}
	assert_int_equal(days, 73414);
	assert_int_equal(date_from_ymd(0, 3, 1), -719468);
	assert_int_equal(date_to_ymd(-719469).day, 29);
	assert_int_equal(date_to_ymd(date_from_ymd(-401, 7, 5)).year, -401);
}

static void date_text(void **state)
{
	static const struct { const char *s; int rc, prefix_rc; } t[] = {
		{ "2024-02-29", 0, 0 }, { "2023-02-29", -1, -1 }, { "1900-02-29", -1, -1 }, { "2000-02-29", 0, 0 }, { "2100-02-29", -1, -1 },
		{ "2026-04-31", -1, -1 }, { "2026-12-31", 0, 0 }, { "2026-00-01", -1, -1 }, { "2026-13-01", -1, -1 }, { "2026-01-00", -1, -1 },
		{ "2026-01-32", -1, -1 }, { "1899-12-31", -1, -1 }, { "1900-01-01", 0, 0 }, { "9999-12-31", 0, 0 }, { "", -1, -1 }, { "2026", -1, -1 },
		{ "2026-1-1", -1, -1 }, { "2026-01-0", -1, -1 }, { "2026/01/01", -1, -1 }, { " 2026-01-01", -1, -1 }, { "2026-01-01 ", -1, -1 },
		{ "2026-01-01T10:00:00Z", -1, 0 }, { "2026-01-01x", -1, -1 }, { "2026-01-010", -1, -1 }, { "+026-01-01", -1, -1 }, { NULL, -1, -1 },
	};
	char s[16];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		date_t d = 4711;

		assert_int_equal(date_parse(t[i].s, &d), t[i].rc);
		assert_true((d == 4711) == (t[i].rc < 0));
		assert_int_equal(date_parse_prefix(t[i].s, &d), t[i].prefix_rc);
	}
	{
		static const struct { const char *s, *iso; } typed[] = { { "2026-10-05", "2026-10-05" }, { "05.10.2026", "2026-10-05" }, { "5.1.2026", "2026-01-05" }, { "29.02.2024", "2024-02-29" },
			{ "29.02.2023", NULL }, { "00.10.2026", NULL }, { "32.10.2026", NULL }, { "01.13.2026", NULL }, { "1.1.26", NULL }, { "01.01.2026x", NULL }, { " 1.1.2026", NULL },
			{ "1. 1.2026", NULL }, { "-1.1.2026", NULL }, { "10/05/2026", NULL }, { "", NULL }, { NULL, NULL } };

		for (size_t i = 0; i < COUNT(typed); i++) {
			date_t d = 4711;

			assert_int_equal(date_parse_typed(typed[i].s, &d), typed[i].iso == NULL ? -1 : 0);
			if (typed[i].iso == NULL)
				assert_int_equal(d, 4711);
			else
				assert_string_equal(date_fmt(s, d), typed[i].iso);
		}
	}
	assert_string_equal(date_fmt(s, DATE_NONE), "");
	assert_string_equal(date_fmt(s, 0), "1970-01-01");
	date_fmt(s, INT32_MAX);
	date_fmt(s, INT32_MIN + 1);
}

static void date_months(void **state)
{
	static const struct { const char *from; int months; const char *want; } t[] = {
		{ "2026-01-31", 0, "2026-01-01" }, { "2026-01-31", 1, "2026-02-01" }, { "2026-01-01", -1, "2025-12-01" }, { "2026-12-15", 1, "2027-01-01" },
		{ "2024-02-29", -12, "2023-02-01" }, { "2026-07-04", 25, "2028-08-01" }, { "2026-07-04", -25, "2024-06-01" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char s[16];
		date_t d;

		assert_int_equal(date_parse(t[i].from, &d), 0);
		assert_string_equal(date_fmt(s, date_month_start(d, t[i].months)), t[i].want);
	}
}

static void clock_document(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(setenv("SOURCE_DATE_EPOCH", "1767225600", 1), 0);
	assert_int_equal(clock_init(&e), 0);
	assert_int_equal(clock_document_utc(), 1767225600);
	assert_true(clock_wall_utc() != 1767225600);
	assert_int_equal(setenv("SOURCE_DATE_EPOCH", "yesterday", 1), 0);
	assert_int_equal(clock_init(&e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_int_equal(unsetenv("SOURCE_DATE_EPOCH"), 0);
	assert_int_equal(clock_init(NULL), 0);
	assert_true(clock_document_utc() - clock_wall_utc() <= 1);
}

static void clock_text(void **state)
{
	static const struct { int64_t t; const char *want; } t[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { -1, "1969-12-31T23:59:59Z" }, { 1767225599, "2025-12-31T23:59:59Z" },
		{ -86400, "1969-12-31T00:00:00Z" }, { INT64_C(253402300799), "9999-12-31T23:59:59Z" }, { INT64_MAX, "" }, { INT64_MIN, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char s[32];

		assert_string_equal(clock_fmt_utc(s, t[i].t), t[i].want);
	}
}

static void clock_zones(void **state)
{
	static const struct { const char *zone; int64_t utc; const char *want; } t[] = {
		{ "Europe/Berlin", 1767221999, "2025-12-31" }, { "Europe/Berlin", 1767222000, "2026-01-01" }, /* UTC+1 */
		{ "Europe/Berlin", 1782856799, "2026-06-30" }, { "Europe/Berlin", 1782856800, "2026-07-01" }, /* UTC+2 */
		{ "UTC", 1767225599, "2025-12-31" }, { "UTC", 1767225600, "2026-01-01" }, { "America/New_York", 1767243599, "2025-12-31" },
	};
	static const char *const bad[] = { "", "Europe/Nowhere", "../../../etc/passwd", "/usr/share/zoneinfo/UTC", ":UTC", "CET-1", "Europe", "zone.tab" };
	date_t d;

	(void)state;
	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		char s[16];

		assert_int_equal(clock_local_date(t[i].zone, t[i].utc, &d), 0);
		assert_string_equal(date_fmt(s, d), t[i].want);
		assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	}
	assert_int_equal(timezone, -9 * 3600);
	assert_int_equal(unsetenv("TZ"), 0);
	assert_int_equal(clock_local_date("UTC", 0, &d), 0);
	assert_null(getenv("TZ"));
	d = 4711;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(clock_zone_exists(bad[i]));
		assert_int_equal(clock_local_date(bad[i], 0, &d), -1);
	}
	assert_int_equal(d, 4711);
	assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
	assert_false(clock_zone_exists("UTC"));
	assert_int_equal(unsetenv("TZDIR"), 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void clock_sleeps(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { .it_value = { .tv_usec = 20000 } };
	int64_t t0 = clock_boot_ms();

	(void)state;
	assert_int_equal(clock_sleep_ms(-5), 0);
	assert_int_equal(clock_sleep_ms(15), 0);
	assert_true(clock_boot_ms() - t0 >= 15);
	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &it, NULL), 0);
	assert_int_equal(clock_sleep_ms(5000), -1);
	assert_true(clock_boot_ms() - t0 < 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(div_round), cmocka_unit_test(div_round_property), cmocka_unit_test(add), cmocka_unit_test(parse),
		cmocka_unit_test(parse_int), cmocka_unit_test(fmt), cmocka_unit_test(fmt_round_trip), cmocka_unit_test(date_round_trip),
		cmocka_unit_test(date_text), cmocka_unit_test(date_months), cmocka_unit_test(clock_document), cmocka_unit_test(clock_text),
		cmocka_unit_test(clock_zones), cmocka_unit_test(clock_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
