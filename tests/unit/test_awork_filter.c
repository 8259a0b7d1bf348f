/* The filter's text, and the same conditions checked on entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "awork/filter.h"

#define A "11111111-1111-4111-8111-111111111111"
#define B "22222222-2222-4222-8222-222222222222"

static const char *const one[] = { A, NULL };
static const char *const two[] = { A, B, NULL };
static const char *const none[] = { NULL };

static date_t day(const char *s)
{
	date_t d;

	assert_int_equal(date_parse(s, &d), 0);
	return d;
}

static void check_text(const struct filter *f, const char *expected)
{
	struct buf b = BUF_INIT;

	buf_str(&b, "x");
	filter_write(f, &b);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b) + 1, expected);
	buf_free(&b);
}

static void text(void **state)
{
	struct filter f = { .from = DATE_NONE, .to = DATE_NONE };

	(void)state;
	check_text(&f, "");
	f.users = none;
	check_text(&f, "");
	f.to = day("2026-04-01");
	check_text(&f, "startDateLocal lt datetime'2026-04-01T00:00:00'");
	f.from = day("2026-03-01");
	f.billable = 1;
	check_text(&f, "isBillable eq true and isBilled eq false and startDateLocal ge datetime'2026-03-01T00:00:00' and startDateLocal lt "
	               "datetime'2026-04-01T00:00:00'");
	f.billable = FILTER_BILLABLE;
	check_text(&f, "isBillable eq true and startDateLocal ge datetime'2026-03-01T00:00:00' and startDateLocal lt datetime'2026-04-01T00:00:00'");
	f = (struct filter){ .from = DATE_NONE, .to = DATE_NONE, .projects = two, .companies = one };
	check_text(&f, "(project/company/id eq guid'" A "') and (projectId eq guid'" A "' or projectId eq guid'" B "')");
	f = (struct filter){ .from = DATE_NONE, .to = DATE_NONE, .users = one, .works = one };
	check_text(&f, "(userId eq guid'" A "') and (typeOfWorkId eq guid'" A "')");
}

static void check(struct filter f, struct entry x, const char *expected)
{
	const char *got = filter_violated(&f, &x);

	if (expected == NULL)
		assert_null(got);
	else
		assert_string_equal(got, expected);
}

static void violations(void **state)
{
	struct filter open = { .from = DATE_NONE, .to = DATE_NONE }, f = open;
	struct entry x = { .billable = 1, .date = day("2026-03-15"), .company_id = A, .project_id = A, .user_id = A, .work_id = A }, y = x;

	(void)state;
	y.billed = 1;
	y.date = DATE_NONE;
	check(open, y, NULL);
	f.billable = 1;
	check(f, x, NULL);
	check(f, y, "isBilled eq false");
	f.billable = FILTER_BILLABLE;
	check(f, y, NULL);
	y.billable = 0;
	check(f, y, "isBillable eq true");
	f.billable = 1;
	y = x;
	y.billable = 0;
	check(f, y, "isBillable eq true");
	f = (struct filter){ .from = day("2026-03-15"), .to = day("2026-03-16") };
	check(f, x, NULL);
	y = x;
	y.date = day("2026-03-16");
	check(f, y, "startDateLocal lt");
	y.date = day("2026-03-14");
	check(f, y, "startDateLocal ge");
	y.date = DATE_NONE;
	check(f, y, "startDateLocal ge");
	f.from = DATE_NONE;
	check(f, y, "startDateLocal lt");
	f = open;
	f.companies = f.projects = f.users = f.works = two;
	check(f, x, NULL);
	y = x;
	y.company_id = NULL;
	check(f, y, "project/company/id");
	y = x;
	y.project_id = "33333333-3333-4333-8333-333333333333";
	check(f, y, "projectId");
	y = x;
	y.user_id = NULL;
	check(f, y, "userId");
	y = x;
	y.work_id = NULL;
	check(f, y, "typeOfWorkId");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(text), cmocka_unit_test(violations) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
