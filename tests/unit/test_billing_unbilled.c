/* Work in progress: ages, ISO weeks, groups and their sums; what one entry is worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "billing/unbilled.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static date_t day(const char *s)
{
	date_t d;

	assert_int_equal(date_parse(s, &d), 0);
	return d;
}

static void ages(void **state)
{
	static const struct { const char *date; int age; } rows[] = { { "2026-10-31", 0 }, { "2026-11-30", 0 }, { "2026-10-01", 0 }, { "2026-09-30", 1 }, { "2026-09-01", 1 },
		{ "2026-08-31", 2 }, { "2026-08-02", 2 }, { "2026-08-01", 3 }, { "1999-01-01", 3 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (unbilled_age(day("2026-10-31"), day(rows[i].date)) != rows[i].age)
			fail_msg("%s", rows[i].date);
	assert_int_equal(unbilled_age(day("2026-10-31"), DATE_NONE), 3);
}

static void by(void **state)
{
	static const char *const bad[] = { "", "colour", "company,", ",week", "week,week", "company;week", "Company" };
	struct unbilled_report r = { .nby = 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(unbilled_parse_by("week,company,type-of-work", &r, &e), 0);
	assert_int_equal(r.nby, 3);
	assert_int_equal(r.by[0], UNBILLED_WEEK);
	assert_int_equal(r.by[2], UNBILLED_WORK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		err_clear(&e);
		if (unbilled_parse_by(bad[i], &r, &e) == 0 || e.code != ERR_USAGE)
			fail_msg("'%s'", bad[i]);
	}
}

static void weeks(void **state)
{
	static const struct { const char *date, *week; } rows[] = { { "2026-01-01", "2026-W01" }, { "2024-12-30", "2025-W01" }, { "2021-01-03", "2020-W53" }, { "2021-01-04", "2021-W01" },
		{ "2026-10-04", "2026-W40" }, { "2026-10-05", "2026-W41" }, { "1969-12-29", "1970-W01" }, { "1969-12-28", "1969-W52" } };
	struct unbilled_report r = { .as_of = day("2026-10-31"), .by = { UNBILLED_WEEK }, .nby = 1, .pool = pool_new() };
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct entry x = { .date = day(rows[i].date), .has_secs = 1, .secs = 60 };

		assert_int_equal(unbilled_add(&r, &x, 0, "EUR", 1, &e), 0);
		if (strcmp(r.v[i].key[UNBILLED_WEEK], rows[i].week) != 0)
			fail_msg("%s: %s", rows[i].date, r.v[i].key[UNBILLED_WEEK]);
	}
	free(r.v);
	pool_free(r.pool);
}

static void groups(void **state)
{
	struct unbilled_report r = { .as_of = day("2026-10-31"), .by = { UNBILLED_COMPANY }, .nby = 1, .pool = pool_new() };
	struct entry x = { .date = day("2026-10-30"), .has_secs = 1, .secs = 60, .company_id = "c2", .company_name = "B" };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(unbilled_add(&r, &x, 0, "EUR", 100, &e), 0);
	assert_int_equal(unbilled_add(&r, &x, 1, "EUR", 50, &e), 0);
	assert_int_equal(unbilled_add(&r, &x, 1, NULL, 0, &e), 0);
	x.company_id = "c1"; /* another company of the same name is another group */
	x.date = day("2026-01-01");
	assert_int_equal(unbilled_add(&r, &x, 0, "EUR", 7, &e), 0);
	x.company_id = x.company_name = NULL;
	x.secs = -5;
	assert_int_equal(unbilled_add(&r, &x, 1, NULL, 0, &e), 0);
	assert_int_equal(unbilled_close(&r, &e), 0);
	assert_int_equal(r.n, 4);
	assert_string_equal(r.v[0].key[UNBILLED_COMPANY], "c1");
	assert_int_equal(r.v[1].entries, 2);
	assert_int_equal(r.v[1].minor, 150);
	assert_int_equal(r.v[1].held_minor, 50);
	assert_int_equal(r.v[1].held_secs, 60);
	assert_null(r.v[2].currency);
	assert_null(r.v[3].key[UNBILLED_COMPANY]);
	assert_int_equal(r.v[3].secs, 0);
	assert_int_equal(r.ntotals, 2);
	assert_string_equal(r.total[0].currency, "EUR");
	assert_int_equal(r.total[0].minor, 157);
	assert_int_equal(r.total[0].age_minor[3], 7);
	assert_int_equal(r.total[1].entries, 2);
	free(r.v);
	pool_free(r.pool);
}

/* Two of one name, told apart by their customer numbers; by their ids where numbers are missing or no better; nothing is added where other columns tell. */
static void labels(void **state)
{
	static struct customer customers[] = { { .company_id = "11111111-a", .number = "10001" }, { .company_id = "22222222-b", .number = "10002" },
		{ .company_id = "33333333-c", .number = "10003" } };
	const struct customer_table table = { customers, COUNT(customers) };
	static const struct { const char *company, *name, *project, *project_name, *second, *want, *want_project; } rows[] = {
		{ "11111111-a", "Twin", "p1", "Site", "10002", "Twin (10001)", "Site (p1)" }, { "11111111-a", "Twin", "p2", "Site", "10002", "Twin (10001)", "Site (p2)" },
		{ "22222222-b", "Twin", "p3", "Site", "10002", "Twin (10002)", "Site" }, { "33333333-c", "Solo", "p4", "Site", "10002", "Solo", "Site" },
		{ "11111111-a", "Twin", "p1", "Site", "10001", "Twin (11111111)", "Site (p1)" }, { "22222222-b", "Twin", "p3", "Site", NULL, "Twin (22222222)", "Site" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unbilled_report r = { .as_of = day("2026-10-31"), .by = { UNBILLED_COMPANY, UNBILLED_PROJECT }, .nby = 2, .pool = pool_new(), .customers = &table };
		struct err e = ERR_INIT;
		size_t k = 0;

		customers[1].number = rows[i].second;
		for (size_t j = 0; j < 4; j++) {
			const struct entry x = { .date = r.as_of, .has_secs = 1, .secs = 60, .company_id = rows[j].company, .company_name = rows[j].name, .project_id = rows[j].project,
				.project_name = rows[j].project_name };

			assert_int_equal(unbilled_add(&r, &x, 0, j % 2 ? "EUR" : "CHF", 1, &e), 0);
			assert_int_equal(unbilled_add(&r, &x, 0, "JPY", 1, &e), 0);
		}
		assert_int_equal(unbilled_close(&r, &e), 0);
		assert_int_equal(r.n, 8);
		while (strcmp(r.v[k].key[UNBILLED_COMPANY], rows[i].company) != 0 || strcmp(r.v[k].key[UNBILLED_PROJECT], rows[i].project) != 0)
			k++;
		assert_string_equal(r.v[k].label[UNBILLED_COMPANY], rows[i].want);
		assert_string_equal(r.v[k + 1].label[UNBILLED_COMPANY], rows[i].want);
		assert_string_equal(r.v[k].label[UNBILLED_PROJECT], rows[i].want_project);
		assert_string_equal(r.v[k].name[UNBILLED_COMPANY], rows[i].name);
		free(r.v);
		pool_free(r.pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ages), cmocka_unit_test(by), cmocka_unit_test(weeks), cmocka_unit_test(groups), cmocka_unit_test(labels) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
