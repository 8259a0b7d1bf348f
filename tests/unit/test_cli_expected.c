/* What is about to be billed, in portions of whole days. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/expected.h"

#define ENTRIES 200000 /* more than its buffer holds */
#define DAYS 20

static void add(struct expected *x, int i)
{
	struct entry entry = { .date = i % 1000 == 7 ? DATE_NONE : 20000 + i * 7 % DAYS };
	uint8_t fp[SHA_LEN];
	struct err e = ERR_INIT;

	snprintf(entry.id, sizeof entry.id, "00000000-0000-4000-8000-%012d", i % 1000000);
	memset(fp, i % 251, sizeof fp);
	assert_int_equal(expected_add(x, &entry, fp, &e), 0);
}

/* Each one once, days in their order, those without a date by themselves at the end. */
static void read_all(struct expected *x, size_t most)
{
	static unsigned char seen[ENTRIES];
	struct err e = ERR_INIT;
	struct claim_brief *v;
	size_t n, all = 0;
	date_t last = 0;
	int rc;

	memset(seen, 0, sizeof seen);
	assert_int_equal(expected_start(x, &e), 0);
	while ((rc = expected_next(x, most, &v, &n, &e)) > 0) {
		assert_true(n > 0 && last != DATE_NONE && (v[0].key.date == DATE_NONE || v[0].key.date > last));
		/* One more day than it should have, at most. */
		assert_true(n < most + 2 * ENTRIES / DAYS);
		for (size_t i = 0; i < n; i++) {
			int k = (v[i].key.id[12] << 24 | v[i].key.id[13] << 16 | v[i].key.id[14] << 8 | v[i].key.id[15]), number = 0;

			/* The digits of its number. */
			for (int d = 7; d >= 0; d--)
				number = number * 10 + (k >> (4 * d) & 15);
			assert_true(number < ENTRIES && !seen[number]);
			seen[number] = 1;
			assert_int_equal(v[i].fp[0], number % 251);
			assert_int_equal(v[i].fp[CLAIM_FP - 1], number % 251);
			assert_int_equal(v[i].key.date, number % 1000 == 7 ? DATE_NONE : 20000 + number * 7 % DAYS);
			assert_true((v[i].key.date == DATE_NONE) == (v[0].key.date == DATE_NONE));
		}
		last = v[n - 1].key.date;
		all += n;
		free(v);
	}
	assert_int_equal(rc, 0);
	assert_null(v);
	assert_int_equal(all, ENTRIES);
	assert_true(last == DATE_NONE);
}

static void whole_days(void **state)
{
	struct err e = ERR_INIT;
	struct expected *x = expected_new("/tmp", &e);

	(void)state;
	assert_non_null(x);
	for (int i = 0; i < ENTRIES; i++)
		add(x, i);
	assert_int_equal(expected_count(x), ENTRIES);
	read_all(x, 25000);
	/* Once more, for a run that was held up; a day each. */
	read_all(x, 1);
	expected_free(x);
}

static void nothing(void **state)
{
	struct err e = ERR_INIT;
	struct expected *x = expected_new("/tmp", &e);
	struct claim_brief *v;
	size_t n;

	(void)state;
	assert_int_equal(expected_start(x, &e), 0);
	assert_int_equal(expected_next(x, 10, &v, &n, &e), 0);
	assert_true(v == NULL && n == 0);
	expected_free(x);
	expected_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(whole_days), cmocka_unit_test(nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
