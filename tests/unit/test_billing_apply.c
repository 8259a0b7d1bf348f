/* Rows of an apply table, and what each change means: parsed, contradicted, forbidden, done, taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "billing/applyplan.h"
#include "billing/applyrow.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ID "0000000e-0000-4000-8000-000000000001"

static void rows(void **state)
{
	static const struct { struct applyrow_cells c; int rc; enum applyplan_action action; const char *value, *why; } table[] = {
		{ { .entry = ID, .action = "" }, 0, 0, NULL, NULL },
		{ { .entry = ID }, 0, 0, NULL, NULL },
		{ { .entry = ID, .action = "delete" }, 1, APPLYPLAN_DELETE, NULL, NULL },
		{ { .entry = "0000000E-0000-4000-8000-000000000001", .action = "Set-Billable" }, 1, APPLYPLAN_SET_BILLABLE, NULL, NULL },
		{ { .entry = ID, .action = "set-project  Acme Website" }, 1, APPLYPLAN_SET_PROJECT, "Acme Website", NULL },
		{ { .entry = ID, .action = "set-project", .value = "=1+1" }, 1, APPLYPLAN_SET_PROJECT, "=1+1", NULL },
		{ { .entry = ID, .action = "set-project A", .value = "A" }, 1, APPLYPLAN_SET_PROJECT, "A", NULL },
		{ { .entry = ID, .action = "set-project A", .value = "B" }, -1, 0, NULL, "one value" },
		{ { .entry = ID, .action = "set-user" }, -1, 0, NULL, "lacks its value" },
		{ { .entry = ID, .action = "delete now" }, -1, 0, NULL, "takes no value" },
		{ { .entry = ID, .action = "remove-break" }, -1, 0, NULL, "unknown action" },
		{ { .entry = "", .action = "delete" }, -1, 0, NULL, "names no entry_id" },
		{ { .entry = "x", .action = "delete" }, -1, 0, NULL, "no id of awork" },
		{ { .entry = ID, .action = "create", .date = "2026-10-05" }, -1, 0, NULL, "must be empty" },
		{ { .action = "create", .date = "2026-10-05", .user = "U", .project = "P", .seconds = "3600" }, 1, APPLYPLAN_CREATE, NULL, NULL },
		{ { .action = "create", .date = "31.02.2026", .user = "U", .project = "P", .seconds = "3600" }, -1, 0, NULL, "needs a date" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .project = "P" }, -1, 0, NULL, "column seconds" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .project = "P", .duration = "1:75" }, -1, 0, NULL, "duration must" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .project = "P", .duration = "1:00", .seconds = "60" }, -1, 0, NULL, "contradict" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .project = "P", .duration = "2:00", .start = "23:00" }, -1, 0, NULL, "next day" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .task = "T", .seconds = "0" }, -1, 0, NULL, "from 1 to" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .task = "T", .seconds = "60", .billable = "maybe" }, -1, 0, NULL, "yes or no" },
		{ { .action = "create", .date = "05.10.2026", .user = "U", .seconds = "60" }, -1, 0, NULL, "project or task" },
	};
	struct pool *pool = pool_new();

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct applyrow out = { .line = 7 };
		struct buf why = BUF_INIT;
		int rc = applyrow_parse(&table[i].c, pool, &out, &why);

		if (rc != table[i].rc || (rc > 0 && out.action != table[i].action) || (rc < 0 && strstr(buf_text(&why), table[i].why) == NULL))
			fail_msg("row %zu: %d, action %d, %s", i, rc, (int)out.action, buf_text(&why));
		if (rc > 0 && table[i].value != NULL)
			assert_string_equal(out.value, table[i].value);
		if (rc > 0 && out.action != APPLYPLAN_CREATE)
			assert_string_equal(out.entry, ID);
		assert_int_equal(out.line, 7);
		buf_free(&why);
	}
	pool_free(pool);
}

static void new_entry(void **state)
{
	const struct applyrow_cells c = { .action = "create", .date = "05.10.2026", .user = "U", .project = "P", .duration = "1:30:05", .start = "9:05", .billable = "No", .note = "n" };
	struct pool *pool = pool_new();
	struct applyrow out = { .line = 1 };
	struct buf why = BUF_INIT;
	date_t want;

	(void)state;
	date_parse("2026-10-05", &want);
	assert_int_equal(applyrow_parse(&c, pool, &out, &why), 1);
	assert_int_equal(out.date, want);
	assert_int_equal(out.secs, 5405);
	assert_string_equal(out.start, "09:05:00");
	assert_int_equal(out.billable, 0);
	assert_string_equal(out.note, "n");
	buf_free(&why);
	pool_free(pool);
}

static struct applyplan_item item(enum applyplan_action a, const char *value)
{
	struct applyplan_item i = { .action = a, .value = value, .name = value, .entry = ID };

	return i;
}

static void contradictions(void **state)
{
	static const struct { enum applyplan_action a, b; const char *va, *vb; int bad; } table[] = {
		{ APPLYPLAN_SET_PROJECT, APPLYPLAN_SET_PROJECT, "p", "p", 0 }, { APPLYPLAN_SET_PROJECT, APPLYPLAN_SET_PROJECT, "p", "q", 1 },
		{ APPLYPLAN_SET_PROJECT, APPLYPLAN_SET_TASK, "p", "t", 1 }, { APPLYPLAN_SET_PROJECT, APPLYPLAN_SET_USER, "p", "u", 0 },
		{ APPLYPLAN_DELETE, APPLYPLAN_SET_USER, NULL, "u", 1 }, { APPLYPLAN_DELETE, APPLYPLAN_DELETE, NULL, NULL, 0 },
		{ APPLYPLAN_HOLD, APPLYPLAN_DELETE, "h", NULL, 1 }, { APPLYPLAN_HOLD, APPLYPLAN_RELEASE, "h", NULL, 1 },
		{ APPLYPLAN_SET_BILLABLE, APPLYPLAN_SET_UNBILLABLE, NULL, NULL, 1 }, { APPLYPLAN_SET_BILLED, APPLYPLAN_SET_UNBILLED, NULL, NULL, 1 },
		{ APPLYPLAN_SET_BILLED, APPLYPLAN_SET_UNBILLABLE, NULL, NULL, 1 }, { APPLYPLAN_SET_BILLED, APPLYPLAN_SET_BILLABLE, NULL, NULL, 0 },
		{ APPLYPLAN_SET_UNBILLED, APPLYPLAN_SET_UNBILLABLE, NULL, NULL, 0 }, { APPLYPLAN_REMOVE_BREAKS, APPLYPLAN_HOLD, NULL, "h", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct applyplan_item a = item(table[i].a, table[i].va), b = item(table[i].b, table[i].vb);

		if ((applyplan_contradiction(&a, &b) != NULL) != table[i].bad || (applyplan_contradiction(&b, &a) != NULL) != table[i].bad)
			fail_msg("row %zu", i);
	}
}

/* Each change: not as wanted before, as wanted once made, untouched until then, and its inverse leads back. */
static void there_and_back(void **state)
{
	const struct entry was = { .id = ID, .billable = 1, .has_secs = 1, .secs = 3600, .break_secs = 60, .project_id = "p", .project_name = "P", .task_id = "t", .task_name = "T",
		.user_id = "u", .work_id = "w", .company_id = "c", .local_ok = 1 };
	static const struct { enum applyplan_action a; const char *value; uint8_t billable, billed; int inverse; } table[] = {
		{ APPLYPLAN_SET_PROJECT, "q", 1, 0, 1 }, { APPLYPLAN_SET_TASK, "s", 1, 0, 1 }, { APPLYPLAN_SET_USER, "v", 1, 0, 1 }, { APPLYPLAN_SET_WORK, "x", 1, 0, 1 },
		{ APPLYPLAN_SET_BILLABLE, NULL, 0, 0, 1 }, { APPLYPLAN_SET_UNBILLABLE, NULL, 1, 0, 1 }, { APPLYPLAN_SET_UNBILLABLE, NULL, 1, 1, 2 }, { APPLYPLAN_SET_BILLED, NULL, 1, 0, 1 },
		{ APPLYPLAN_SET_UNBILLED, NULL, 1, 1, 1 }, { APPLYPLAN_REMOVE_BREAKS, NULL, 1, 0, 0 }, { APPLYPLAN_DELETE, NULL, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct applyplan_item x = item(table[i].a, table[i].value), back[2];
		struct entry before = was, now;
		struct buf words = BUF_INIT;
		const char *why;
		int n;

		before.billable = table[i].billable;
		before.billed = table[i].billed;
		now = before;
		if (applyplan_is_wanted(&x, &now) || !applyplan_is_untouched(&x, &before, &now))
			fail_msg("row %zu: before", i);
		applyplan_words(&x, &before, &words);
		assert_true(words.n > 0);
		buf_free(&words);
		if (table[i].a == APPLYPLAN_DELETE) {
			assert_true(applyplan_is_wanted(&x, NULL));
		} else {
			applyplan_make(&x, &now);
			if (!applyplan_is_wanted(&x, &now) || applyplan_is_untouched(&x, &before, &now) || applyplan_is_wanted(&x, NULL))
				fail_msg("row %zu: made", i);
		}
		n = applyplan_inverse(&x, &before, back, &why);
		if (n != table[i].inverse || (n == 0) != (why != NULL))
			fail_msg("row %zu: %d inverses", i, n);
		for (int k = 0; k < n; k++)
			applyplan_make(&back[k], &now);
		if (n > 0 && (now.billable != before.billable || now.billed != before.billed || strcmp(now.user_id, "u") != 0 || strcmp(now.work_id, "w") != 0 ||
		    now.task_id == NULL || strcmp(now.task_id, "t") != 0))
			fail_msg("row %zu: not led back", i);
	}
}

static void forbidden(void **state)
{
	struct applyplan_item billed = item(APPLYPLAN_SET_BILLED, NULL), breaks = item(APPLYPLAN_REMOVE_BREAKS, NULL), del = item(APPLYPLAN_DELETE, NULL);
	struct entry running = { .billable = 1, .shape = ENTRY_RUNNING }, unbillable = { .shape = ENTRY_COMPLETE }, fine = { .billable = 1, .shape = ENTRY_COMPLETE };

	(void)state;
	assert_non_null(applyplan_forbidden(&billed, &running));
	assert_non_null(applyplan_forbidden(&billed, &unbillable));
	assert_null(applyplan_forbidden(&billed, &fine));
	assert_non_null(applyplan_forbidden(&breaks, &running));
	assert_null(applyplan_forbidden(&breaks, &unbillable));
	assert_null(applyplan_forbidden(&del, &running));
}

/* An entry is recognised by everything that was asked for, and by nothing that awork adds. */
static void recognised(void **state)
{
	const struct entry want = { .date = 20000, .secs = 60, .has_secs = 1, .user_id = "u", .project_id = "p", .work_id = "w", .billable = 1, .note = "n" };
	struct entry x = want;
	uint8_t a[SHA_LEN], b[SHA_LEN];

	(void)state;
	x.start_time = "00:00:00.123";
	x.updated_by = "z";
	assert_true(applyplan_is_created(&want, &x));
	x.note = "m";
	assert_false(applyplan_is_created(&want, &x));
	assert_int_equal(applyplan_key(&want, a), 0);
	assert_int_equal(applyplan_key(&x, b), 0);
	assert_memory_not_equal(a, b, SHA_LEN);
	x = want;
	x.secs = 61;
	assert_false(applyplan_is_created(&want, &x));
	x = want;
	x.task_id = "t";
	assert_false(applyplan_is_created(&want, &x));
	x = want;
	x.billable = 0;
	assert_false(applyplan_is_created(&want, &x));
	x = want;
	x.note = NULL;
	assert_false(applyplan_is_created(&want, &x));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows), cmocka_unit_test(new_entry), cmocka_unit_test(contradictions), cmocka_unit_test(there_and_back),
		cmocka_unit_test(forbidden), cmocka_unit_test(recognised) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
