/* reconcile: what became of billed time, and what it is worth. */
#include "test_billing_common.h"

#include "billing/reconcile.h"

static struct entry entry(void)
{
	return (struct entry){ .id = "aaaaaaaa-0000-4000-8000-000000000001", .shape = ENTRY_COMPLETE, .billable = 1, .billed = 1, .local_ok = 1, .has_secs = 1,
		.secs = 3600, .date = day("2026-10-05"), .start_time = "09:00:00", .company_id = "c1", .company_name = "Acme", .project_id = "p1",
		.project_name = "Relaunch", .task_id = "t1", .task_name = "Design", .user_id = "u1", .user_name = "Ada", .work_id = "w1",
		.work_name = "Consulting", .note = "Kick-off" };
}

static struct reconcile_verdict judge(const struct reconcile_claim *c, const struct entry *was, const struct entry *now, struct buf *what)
{
	struct reconcile_verdict v;
	uint8_t a[SHA_LEN] = { 1 }, b[SHA_LEN] = { 2 };

	buf_reset(what);
	if (was != NULL && now != NULL) {
		assert_int_equal(entry_fingerprint(was, a), 0);
		assert_int_equal(entry_fingerprint(now, b), 0);
	}
	reconcile_classify(c, was, now, memcmp(a, b, SHA_LEN) == 0, &v, what);
	assert_true(buf_ok(what));
	return v;
}

/* Nothing about the entry changed but whether it is billed. */
static void marks(void **state)
{
	static const struct { enum reconcile_mark mark; int voiding; enum reconcile_class billed, unbilled; } table[] = {
		{ RECONCILE_NEVER_SENT, 0, RECONCILE_FOREIGN, RECONCILE_PENDING },
		{ RECONCILE_SENT, 0, RECONCILE_AGREED, RECONCILE_PENDING },
		{ RECONCILE_REFUSED, 0, RECONCILE_AGREED, RECONCILE_UNMARKED },
		{ RECONCILE_DONE, 0, RECONCILE_AGREED, RECONCILE_REOPENED },
		{ RECONCILE_BY_OTHERS, 0, RECONCILE_FOREIGN, RECONCILE_REOPENED },
		{ RECONCILE_DONE, 1, RECONCILE_PENDING, RECONCILE_PENDING },
	};
	struct buf what = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct reconcile_claim c = { table[i].mark, table[i].voiding, 3600 };
		struct entry was = entry(), now = entry();

		assert_int_equal(judge(&c, &was, &now, &what).class, table[i].billed);
		assert_int_equal(what.n, 0);
		now.billed = 0;
		assert_int_equal(judge(&c, &was, &now, &what).class, table[i].unbilled);
		assert_int_equal(judge(&c, &was, NULL, &what).class, RECONCILE_GONE);
		assert_int_equal(judge(&c, &was, NULL, &what).delta_secs, -3600);
	}
	buf_free(&what);
}

struct change {
	const char *what;
	enum reconcile_class class;
	int64_t delta;
	int moved;
	void (*make)(struct entry *x);
};

static void longer(struct entry *x) { x->secs = 5400; }
static void shorter(struct entry *x) { x->secs = 1; }
static void second_more(struct entry *x) { x->secs = 3601; }
static void second_less(struct entry *x) { x->secs = 3599; }
static void two_seconds(struct entry *x) { x->secs = 3602; }
static void second_and_start(struct entry *x) { x->secs = 3601; x->start_time = "09:00:01"; }
static void no_duration(struct entry *x) { x->has_secs = 0; x->secs = 0; }
static void negative(struct entry *x) { x->secs = -5; }
static void other_day(struct entry *x) { x->date = day("2026-11-05"); }
static void no_day(struct entry *x) { x->date = DATE_NONE; }
static void other_project(struct entry *x) { x->project_id = "p2"; x->project_name = "Shop"; }
static void namesake(struct entry *x) { x->project_id = "p2"; }
static void renamed(struct entry *x) { x->project_name = "Shop"; x->updated_on = "2026-11-01"; }
static void other_company(struct entry *x) { x->company_id = "c2"; x->company_name = "Zeta"; }
static void nobody(struct entry *x) { x->user_id = x->user_name = NULL; }
static void other_note(struct entry *x) { x->note = "\x01\n=cmd()"; }
static void unbillable(struct entry *x) { x->billable = x->billed = 0; }
static void unbillable_billed(struct entry *x) { x->billable = 0; }
static void external(struct entry *x) { x->external = 1; }

static void changes(void **state)
{
	static const struct change table[] = {
		{ "duration 3600 -> 5400", RECONCILE_CHANGED, 1800, 0, longer },
		{ "duration 3600 -> 1", RECONCILE_CHANGED, -3599, 0, shorter },
		{ "duration 3600 -> 3601", RECONCILE_NOTED, 1, 0, second_more },
		{ "duration 3600 -> 3599", RECONCILE_NOTED, -1, 0, second_less },
		{ "duration 3600 -> 3602", RECONCILE_CHANGED, 2, 0, two_seconds },
		{ "duration 3600 -> 3601, start 09:00:00 -> 09:00:01", RECONCILE_CHANGED, 1, 0, second_and_start },
		{ "duration 3600 -> none", RECONCILE_CHANGED, -3600, 0, no_duration },
		{ "duration 3600 -> -5", RECONCILE_CHANGED, -3600, 0, negative },
		{ "date 2026-10-05 -> 2026-11-05", RECONCILE_CHANGED, 0, 0, other_day },
		{ "date 2026-10-05 -> none", RECONCILE_CHANGED, 0, 0, no_day },
		{ "project Relaunch -> Shop", RECONCILE_CHANGED, 0, 0, other_project },
		{ "project p1 -> p2", RECONCILE_CHANGED, 0, 0, namesake },
		{ "", RECONCILE_AGREED, 0, 0, renamed },
		{ "company Acme -> Zeta", RECONCILE_CHANGED, 0, 1, other_company },
		{ "user Ada -> none", RECONCILE_CHANGED, 0, 0, nobody },
		{ "note", RECONCILE_CHANGED, 0, 0, other_note },
		{ "isBillable 1 -> 0", RECONCILE_CHANGED, -3600, 0, unbillable },
		{ "isBillable 1 -> 0", RECONCILE_CHANGED, -3600, 0, unbillable_billed },
		{ "isExternal 0 -> 1", RECONCILE_CHANGED, 0, 0, external },
	};
	const struct reconcile_claim c = { RECONCILE_DONE, 0, 3600 };
	struct buf what = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct entry was = entry(), now = entry();
		struct reconcile_verdict v;

		table[i].make(&now);
		v = judge(&c, &was, &now, &what);
		assert_string_equal(buf_text(&what), table[i].what);
		assert_int_equal(v.class, table[i].class);
		assert_int_equal(v.delta_secs, table[i].delta);
		assert_int_equal(v.moved, table[i].moved);
	}
	buf_free(&what);
}

/* What corrections billed counts as billed. */
static void corrected(void **state)
{
	struct reconcile_claim c = { RECONCILE_DONE, 0, 5400 };
	struct entry was = entry(), now = entry();
	struct buf what = BUF_INIT;

	(void)state;
	now.secs = 5400;
	assert_int_equal(judge(&c, &was, &now, &what).class, RECONCILE_AGREED);
	now.secs = 3600; /* as it was at first: the correction is too much now */
	assert_int_equal(judge(&c, &was, &now, &what).class, RECONCILE_CHANGED);
	assert_string_equal(buf_text(&what), "duration 5400 -> 3600");
	c.secs = 0;
	unbillable(&now);
	assert_int_equal(judge(&c, &was, &now, &what).class, RECONCILE_AGREED);
	now = entry();
	assert_int_equal(judge(&c, &was, &now, &what).delta_secs, 3600);
	buf_free(&what);
}

static void purged(void **state)
{
	const struct reconcile_claim c = { RECONCILE_DONE, 0, 3600 };
	struct entry now = entry();
	struct buf what = BUF_INIT;
	struct reconcile_verdict v;

	(void)state;
	now.secs = 60;
	reconcile_classify(&c, NULL, &now, 0, &v, &what);
	assert_int_equal(v.class, RECONCILE_CHANGED);
	assert_int_equal(v.delta_secs, -3540);
	assert_non_null(strstr(buf_text(&what), "purged"));
	buf_free(&what);
}

static void rounding(void **state)
{
	struct reconcile_line l = { QUANTITY_HOURS, 950000, 2, { ROUNDING_NONE, ROUNDING_LINE, 900 }, 4000 };
	int overflow = 0;

	(void)state;
	assert_int_equal(reconcile_billed_delta(&l, 3600, 3700, 100), 100);
	l.rounding = (struct rounding){ ROUNDING_UP, ROUNDING_ENTRY, 900 };
	assert_int_equal(reconcile_billed_delta(&l, 3600, 3000, 100), 0);    /* within its step */
	assert_int_equal(reconcile_billed_delta(&l, 3600, 3601, 100), 900);
	assert_int_equal(reconcile_billed_delta(&l, 3600, 0, -3000), -3600);
	/* By line: 4000 s are 4500; two entries share the steps. */
	l.rounding.scope = ROUNDING_LINE;
	assert_int_equal(reconcile_billed_delta(&l, 0, 0, 400), 0);
	assert_int_equal(reconcile_billed_delta(&l, 0, 0, 400), 900);
	assert_int_equal(l.secs, 4800);
	assert_int_equal(reconcile_billed_delta(&l, 0, 0, -99999), -5400);
	assert_int_equal(l.secs, 0);
	assert_int_equal(reconcile_value(&l, 1800, &overflow), 4750);
	assert_int_equal(reconcile_value(&l, -600, &overflow), -1615);       /* -0.17 h */
	l.unit = QUANTITY_MINUTES;
	assert_int_equal(reconcile_value(&l, -600, &overflow), -1583);
	assert_int_equal(overflow, 0);
	l.price_e4 = INT64_MAX;
	reconcile_value(&l, INT64_MAX, &overflow);
	assert_int_equal(overflow, 1);
}

static void sums(void **state)
{
	struct reconcile_finding v[] = {
		{ .class = RECONCILE_FORGOTTEN, .entry = "b", .secs = 5, .date = 2 },
		{ .class = RECONCILE_CHANGED, .invoice = "RE-2", .pos = 1, .entry = "a", .secs = -10, .has_money = 1, .minor = -7, .currency = "EUR" },
		{ .class = RECONCILE_CHANGED, .invoice = "RE-1", .pos = 2, .entry = "c", .secs = 30, .has_money = 1, .minor = 9, .currency = "CHF" },
		{ .class = RECONCILE_CHANGED, .invoice = "RE-1", .pos = 1, .entry = "d", .secs = 1, .has_money = 1, .minor = 2, .currency = "EUR" },
		{ .class = RECONCILE_ELSEWHERE, .entry = "e", .secs = 100 },
	};
	struct reconcile_report r = { .v = v, .n = COUNT(v) };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(reconcile_count(&r, RECONCILE_AGREED, "EUR", 3, 300, 3, &e), 0);
	assert_int_equal(reconcile_close(&r, &e), 0);
	assert_string_equal(r.v[0].entry, "e");
	assert_string_equal(r.v[1].entry, "d");
	assert_string_equal(r.v[2].entry, "c");
	assert_string_equal(r.v[3].entry, "a");
	assert_int_equal(r.nsums, 5);
	assert_true(r.sums[0].class == RECONCILE_AGREED && r.sums[0].n == 3 && r.sums[0].minor == 3);
	assert_true(r.sums[2].class == RECONCILE_CHANGED && strcmp(r.sums[2].currency, "CHF") == 0 && r.sums[2].minor == 9);
	assert_true(r.sums[3].class == RECONCILE_CHANGED && r.sums[3].n == 2 && r.sums[3].secs == -9 && r.sums[3].minor == -5);
	assert_int_equal(reconcile_differences(&r), 4);
	assert_int_equal(reconcile_count(&r, RECONCILE_AGREED, "EUR", 1, INT64_MAX, 0, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	for (int c = 0; c < RECONCILE_CLASSES; c++) {
		assert_non_null(reconcile_name((enum reconcile_class)c));
		assert_true(!reconcile_is_damage((enum reconcile_class)c) || reconcile_is_difference((enum reconcile_class)c));
	}
	free(r.sums);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks), cmocka_unit_test(changes), cmocka_unit_test(corrected), cmocka_unit_test(purged), cmocka_unit_test(rounding),
		cmocka_unit_test(sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
