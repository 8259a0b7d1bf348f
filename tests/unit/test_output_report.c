#include "test_output_source.h"

#include "base/jdoc.h"
#include "output/report.h"

static struct report sample(void)
{
	static const struct report_exception exceptions[] = { { "e1", "RE-2026-00001", "changed", "3600", "5400", NULL } };
	static const struct report_count held[] = { { "no_rate", 2 }, { "running", 1 } }, noted[] = { { "rounded_by_awork", 4 } };
	static const struct report_file files[] = { { "entries.csv", 12, "ab" } };
	struct report r = { .run = "R0007", .state = "CLOSED_EXC", .exit = 3, .issued = 1, .entries_fetched = 10, .entries_billed = 7, .entries_held = 3,
		.entries_late = 1, .secs_fetched = 36000, .secs_billed = 30000, .secs_held = 6000, .marked = { .verified = 6, .changed = 1 },
		.exceptions = exceptions, .nexceptions = 1, .held = held, .nheld = 2, .files = files, .nfiles = 1, .noted = noted, .nnoted = 1,
		.requests = 12, .retries = 1 };

	period_make(date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), &r.period);
	return r;
}

static void keys_as_documented(void **state)
{
	static const char *const keys[] = { "schema", "run", "state", "exit", "issued", "period", "entries", "seconds", "invoices", "marked", "exceptions",
		"held", "requests", "retries", "files", "noted" };
	struct made m = { .invoices = 2, .lines = 1, .entries = 1, .second_currency = "KWD" };
	struct source s = made_source(&m);
	struct report r = sample();
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct jdoc *d;
	const jdoc_val *root, *v;

	(void)state;
	assert_int_equal(report_write(&r, &s, &b, &e), 0);
	d = jdoc_parse(b.p, b.n, &e);
	assert_non_null(d);
	root = jdoc_root(d);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_non_null(jdoc_get(root, keys[i]));
	assert_string_equal(jdoc_get_text(jdoc_get(root, "period"), "from"), "2026-10-01");
	assert_string_equal(jdoc_get_text(jdoc_get(root, "period"), "to"), "2026-10-31");
	assert_string_equal(jdoc_get_text(jdoc_get(root, "period"), "cutoff"), "2026-11-01");
	v = jdoc_at(jdoc_get(root, "invoices"), 1);
	assert_string_equal(jdoc_get_text(v, "currency"), "KWD");
	assert_int_equal(strlen(strchr(jdoc_get_text(v, "net"), '.')), 4);
	v = jdoc_at(jdoc_get(root, "exceptions"), 0);
	assert_string_equal(jdoc_get_text(v, "new"), "5400");
	assert_string_equal(jdoc_kind(jdoc_get(jdoc_get(root, "held"), "running")), "integer");
	jdoc_free(d);
	assert_int_equal(b.p[b.n - 1], '\n');
	assert_int_equal(b.p[b.n - 2], '}');
	assert_non_null(strstr(b.p, "\n  \"run\": \"R0007\",\n"));
	buf_free(&b);
}

static void an_empty_run_is_valid(void **state)
{
	struct report r = { .run = "R0001", .state = "CLOSED" };
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct jdoc *d;

	(void)state;
	period_make(date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), &r.period);
	assert_int_equal(report_write(&r, NULL, &b, &e), 0);
	d = jdoc_parse(b.p, b.n, &e);
	assert_non_null(d);
	assert_true(jdoc_is_array(jdoc_get(jdoc_root(d), "invoices")));
	jdoc_free(d);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_as_documented),
		cmocka_unit_test(an_empty_run_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
