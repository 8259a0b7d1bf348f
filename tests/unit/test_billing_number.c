/* number. */
#include "test_billing_common.h"

#include "billing/number.h"

static void good(void **state)
{
	static const struct {
		const char *format, *date;
		int64_t seq;
		const char *number, *series;
	} t[] = {
		{ "RE-{YYYY}-{SEQ:5}", "2026-10-31", 42, "RE-2026-00042", "RE-2026-{SEQ:5}" },
		{ "RE-{YYYY}-{SEQ:5}", "2027-01-01", 1, "RE-2027-00001", "RE-2027-{SEQ:5}" },
		{ "RE-{YYYY}-{SEQ:5}", "2026-10-31", 123456, "RE-2026-123456", "RE-2026-{SEQ:5}" },
		{ "{SEQ}", "2026-10-31", 1, "1", "{SEQ}" },
		{ "{SEQ}", "2026-10-31", 0, "0", "{SEQ}" },
		{ "{SEQ:1}", "2026-10-31", 12, "12", "{SEQ:1}" },
		{ "{SEQ:9}", "2026-10-31", 7, "000000007", "{SEQ:9}" },
		{ "{YY}{MM}/{SEQ:3}", "2026-03-09", 7, "2603/007", "2603/{SEQ:3}" },
		{ "{YY}-{SEQ}", "2005-03-09", 7, "05-7", "05-{SEQ}" },
		{ "{SEQ}-{MM}-{YYYY}", "2026-12-09", 7, "7-12-2026", "{SEQ}-12-2026" },
		{ "A/B-C{SEQ}Z09", "2026-12-09", 7, "A/B-C7Z09", "A/B-C{SEQ}Z09" },
		{ "12345678901234567{SEQ}", "2026-12-09", 999, "12345678901234567999", "12345678901234567{SEQ}" },
		{ "{YYYY}{YYYY}{YYYY}{YYYY}{SEQ:4}", "2026-12-09", 7, "20262026202620260007", "2026202620262026{SEQ:4}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;
		char number[NUMBER_LEN], series[64];

		if (number_check(t[i].format, &e) < 0 || number_make(t[i].format, day(t[i].date), t[i].seq, number, &e) < 0 ||
		    number_series(t[i].format, day(t[i].date), series, &e) < 0)
			fail_msg("%s: %s", t[i].format, e.msg);
		assert_string_equal(number, t[i].number);
		assert_string_equal(series, t[i].series);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *format, *says;
	} t[] = {
		{ "", "exactly one" },
		{ "RE-2026", "exactly one" },
		{ "{SEQ}{SEQ}", "exactly one" },
		{ "{SEQ:5}-{SEQ}", "exactly one" },
		{ "{SEQ:0}", "exactly one" },
		{ "{SEQ:10}", "exactly one" },
		{ "{SEQ:}", "exactly one" },
		{ "{SEQ:a}", "exactly one" },
		{ "{seq}", "exactly one" },
		{ "{SEQ", "exactly one" },
		{ "re-{SEQ}", "nothing else" },
		{ "RE {SEQ}", "nothing else" },
		{ "RE_{SEQ}", "nothing else" },
		{ "R\xc3\x9c{SEQ}", "nothing else" },
		{ "{SEQ}{DD}", "nothing else" },
		{ "{SEQ}{YYY}", "nothing else" },
		{ "{SEQ}{", "nothing else" },
		{ "{SEQ}}", "nothing else" },
		{ "{YYYY{SEQ}", "nothing else" },
		{ "RE.{SEQ}", "nothing else" },
		{ "RE\\{SEQ}", "nothing else" },
		{ "{SEQ}\n", "nothing else" },
		{ "%s{SEQ}", "nothing else" },
		{ "../{SEQ}", "nothing else" },
		{ "12345678901234567890{SEQ}", "over 20" },
		{ "123456789012{SEQ:9}", "over 20" },
		{ "{YYYY}{YYYY}{YYYY}{YYYY}{YYYY}{SEQ}", "over 20" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ{SEQ}", "over 20" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;

		if (number_check(t[i].format, &e) != -1)
			fail_msg("'%s' was accepted", t[i].format);
		assert_int_equal(e.code, ERR_CONFIG);
		if (strstr(e.msg, t[i].says) == NULL)
			fail_msg("'%s': %s", t[i].format, e.msg);
	}
}

static void grown(void **state)
{
	struct err e = ERR_INIT;
	char out[NUMBER_LEN];

	(void)state;
	assert_int_equal(number_make("12345678901234567{SEQ}", 0, 1000, out, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	err_clear(&e);
	assert_int_equal(number_make("{SEQ}", 0, INT64_MAX, out, &e), 0);
	assert_string_equal(out, "9223372036854775807");
	assert_int_equal(number_make("1234567{SEQ}89012", 0, INT64_MAX, out, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
}

/* Whatever the format: within one series two different sequence values never make one number, and a series changes with the date
 * exactly when a number does. */
static void distinct(void **state)
{
	static const char *const formats[] = { "RE-{YYYY}-{SEQ:5}", "{SEQ}", "{YY}{MM}{SEQ:2}", "{SEQ}{YY}", "{SEQ:3}/{MM}" };
	uint64_t seed = 99;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const char *f = formats[below(&seed, COUNT(formats))];
		date_t a = day("2020-01-01") + (date_t)below(&seed, 3000), b = below(&seed, 2) == 0 ? a : a + (date_t)below(&seed, 60);
		int64_t x = (int64_t)below(&seed, 2000), y = (int64_t)below(&seed, 2000);
		char na[NUMBER_LEN], nb[NUMBER_LEN], sa[64], sb[64];
		struct err e = ERR_INIT;

		assert_int_equal(
		    number_make(f, a, x, na, &e) | number_make(f, b, y, nb, &e) | number_series(f, a, sa, &e) | number_series(f, b, sb, &e),
		    0);
		if (strcmp(sa, sb) == 0)
			assert_int_equal(strcmp(na, nb) == 0, x == y);
		assert_int_equal(number_make(f, b, x, nb, &e), 0);
		assert_int_equal(strcmp(na, nb) == 0, strcmp(sa, sb) == 0);
	}
}

/* Formats that differ in the digits of {SEQ} alone are two series that meet at the first number with enough digits. */
static void clash(void **state)
{
	static const struct {
		const char *a, *b;
		int clash;
	} t[] = {
		{ "RE-{YYYY}-{SEQ:5}", "RE-{YYYY}-{SEQ:5}", 0 },
		{ "RE-{YYYY}-{SEQ:5}", "RE-{YYYY}-{SEQ:4}", 1 },
		{ "RE-{YYYY}-{SEQ:5}", "RE-{YYYY}-{SEQ}", 1 },
		{ "{SEQ}", "{SEQ:1}", 1 },
		{ "{SEQ:9}", "{SEQ:1}", 1 },
		{ "{SEQ}X", "{SEQ:3}X", 1 },
		{ "{SEQ}X", "{SEQ:3}Y", 0 },
		{ "{SEQ}X", "{SEQ:3}", 0 },
		{ "{SEQ}", "{SEQ:3}X", 0 },
		{ "X{SEQ}", "{SEQ:3}", 0 },
		{ "RE-{SEQ:5}", "ST-{SEQ:4}", 0 },
		{ "RE-{YYYY}-{SEQ:5}", "RE-{YY}-{SEQ:4}", 0 },
		{ "RE-{MM}-{SEQ:5}", "RE-{YY}-{SEQ:4}", 0 },
		{ "{SEQ:5}-{YYYY}", "{SEQ:4}-{YYYY}", 1 },
		{ "RE-{SEQ:5}-A", "RE-{SEQ:4}-AB", 0 },
		{ "RE-{SEQ:5}", "RE-{SEQ:5", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char na[NUMBER_LEN] = "", nb[NUMBER_LEN] = "";
		struct err e = ERR_INIT;

		if (number_clash(t[i].a, t[i].b) != t[i].clash || number_clash(t[i].b, t[i].a) != t[i].clash)
			fail_msg("%s and %s", t[i].a, t[i].b);
		assert_false(number_clash(t[i].a, t[i].a));
		if (!t[i].clash)
			continue;
		/* The proof: a value that is long enough for both gives one number twice. */
		assert_int_equal(number_make(t[i].a, day("2026-11-21"), 123456789, na, &e) | number_make(t[i].b, day("2026-11-21"), 123456789, nb, &e), 0);
		assert_string_equal(na, nb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(bad), cmocka_unit_test(grown),
		cmocka_unit_test(distinct), cmocka_unit_test(clash) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
