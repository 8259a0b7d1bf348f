/* When to try again: header values, waits, budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "awork/job.h"
#include "awork/retry.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7 */

static void retry_after(void **state)
{
	static const struct { const char *value; int64_t ms; } rows[] = {
		{ NULL, -1 }, { "", -1 }, { "0", 0 }, { "2", 2000 }, { " 2 ", 2000 }, { "120", 120000 }, { "121", RETRY_WAIT_MAX_MS },
		{ "999999", RETRY_WAIT_MAX_MS }, { "-5", -1 }, { "+5", -1 }, { "abc", -1 }, { "1.5", -1 }, { "2 s", -1 }, { "0x10", -1 },
		{ "18446744073709551616", -1 }, { "9223372036854775807", -1 }, { "99999999999999999999999999", -1 },
		{ "Sun, 06 Nov 1994 08:49:47 GMT", 10000 }, { "Sunday, 06-Nov-94 08:49:47 GMT", 10000 }, { "Sun Nov  6 08:49:47 1994", 10000 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 }, { "Sun, 06 Nov 1994 08:49:36 GMT", -1 }, { "Mon, 07 Nov 1994 08:49:37 GMT", RETRY_WAIT_MAX_MS },
		{ "Sun, 06 Nov 1994 08:49:47", -1 }, { "Sun, 06 Nov 1994 08:49:47 CET", -1 }, { "Sun, 31 Feb 1995 08:49:47 GMT", -1 },
		{ "Sun, 06 Nov 1994 24:49:47 GMT", -1 }, { "Sun, 06 Nov 1994 08:49:47 GMTx", -1 }, { "Sun, 6 Nov 1994 08:49:47 GMT", -1 },
		{ "Sun, 06 Foo 1994 08:49:47 GMT", -1 }, { "Sun", -1 }, { "Sun,", -1 }, { "Sunday, 06-Nov-00 08:49:47 GMT", RETRY_WAIT_MAX_MS },
		{ "Sun, 06 Nov 99999 08:49:47 GMT", -1 }, { "Sun Nov 06 08:49:47 1994", 10000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (retry_after_ms(rows[i].value, NOW) != rows[i].ms)
			fail_msg("'%s': %lld", rows[i].value, (long long)retry_after_ms(rows[i].value, NOW));
}

static void reset(void **state)
{
	(void)state;
	assert_int_equal(retry_reset_ms(NULL), -1);
	assert_int_equal(retry_reset_ms("3"), 3000);
	assert_int_equal(retry_reset_ms("600"), RETRY_WAIT_MAX_MS);
	assert_int_equal(retry_reset_ms("-1"), -1);
	assert_int_equal(retry_reset_ms("Sun, 06 Nov 1994 08:49:47 GMT"), -1);
}

static void waits(void **state)
{
	(void)state;
	for (int attempt = 1; attempt < 40; attempt++) {
		int64_t top = attempt > 6 ? 60000 : 1000 << (attempt - 1), low = INT64_MAX, high = -1;

		for (uint32_t r = 0; r < 200000; r += 7) {
			int64_t ms = retry_wait_ms(attempt, -1, r * 2654435761u);

			low = ms < low ? ms : low;
			high = ms > high ? ms : high;
		}
		assert_true(low >= 0 && low < top / 50);
		assert_true(high <= top && high > top - top / 50);
	}
	assert_int_equal(retry_wait_ms(1, 0, 12345), 0);
	assert_int_equal(retry_wait_ms(1, 2000, 0), 2000);
	assert_in_range(retry_wait_ms(9, 2000, UINT32_MAX), 2000, 2200);
}

static void statuses(void **state)
{
	static const long again[] = { 408, 429, 500, 502, 503, 504 }, not[] = { 0, 200, 207, 301, 400, 401, 403, 404, 413, 501, 505 };

	(void)state;
	for (size_t i = 0; i < COUNT(again); i++)
		assert_true(retry_status(again[i]));
	for (size_t i = 0; i < COUNT(not); i++)
		assert_false(retry_status(not[i]));
}

/* Waits that overlap are counted once. */
static void budget(void **state)
{
	struct job_budget b = { 1000, 0 };

	(void)state;
	assert_int_equal(job_charge(&b, 5000, 600), 0);
	assert_int_equal(b.left_ms, 400);
	assert_int_equal(job_charge(&b, 5100, 500), 0);
	assert_int_equal(b.left_ms, 400);
	assert_int_equal(job_charge(&b, 5200, 500), 0);
	assert_int_equal(b.left_ms, 300);
	assert_int_equal(job_charge(&b, 9000, 301), -1);
	assert_int_equal(job_charge(&b, 9000, 300), 0);
	assert_int_equal(job_charge(&b, 9400, 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after), cmocka_unit_test(reset), cmocka_unit_test(waits), cmocka_unit_test(statuses), cmocka_unit_test(budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
