/* compose, conserve, and what invoice checks. */
#include "test_billing_common.h"

#include "billing/compose.h"
#include "billing/conserve.h"
#include "billing/facts.h"
#include "billing/tax.h"

#define ITEMS 40

/* A small world: customers with all their rules, rates, and a rule set. Items point into it. */
struct world {
	struct customer customers[3];
	struct rate rates[3];
	struct party seller;
	struct compose_rules rules;
	struct pool *pool;
	char ids[ITEMS][37];
};

static const char *const company_ids[] = { "22222222-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002",
	"22222222-0000-4000-8000-000000000003" };

static void set_world(struct world *w)
{
	static const char *const names[] = { "Zeta AG", "Acme GmbH", "Acme GmbH" };

	memset(w, 0, sizeof *w);
	w->pool = pool_new();
	assert_non_null(w->pool);
	for (int i = 0; i < 3; i++) {
		w->customers[i] = (struct customer){ .line = 2 + i,
			.company_id = company_ids[i],
			.company_name = names[i],
			.number = "K-1",
			.party = { .name = names[i], .street = "Weg 1", .zip = "10115", .city = "Berlin", .country = "DE" },
			.currency = "EUR",
			.language = "en",
			.tax_category = "S",
			.tax_pct_e2 = 1900,
			.due_days = 14,
			.group_by = GROUP_PROJECT,
			.rounding = { ROUNDING_NONE, ROUNDING_ENTRY, 900 },
			.buyer_reference = "PO 7",
			.debtor_account = "10001" };
		w->rates[i] =
		    (struct rate){ .line = 2 + i, .from = DATE_NONE, .to = DATE_NONE, .price_e4 = 950000 + 100000 * i, .currency = "EUR", .tax_pct_e2 = -1 };
	}
	w->seller = (struct party){ .name = "Studio", .country = "DE" };
	w->rules = (struct compose_rules){
		.date = day("2026-11-03"), .per = PER_CUSTOMER, .quantity = QUANTITY_HOURS, .late = LATE_INCLUDE, .seller = &w->seller
	};
	period_make(day("2026-10-01"), day("2026-11-01"), &w->rules.period);
}

/* Item k: an hour on October 5th for customer 0; the caller changes what matters. */
static struct test_item item(struct world *w, int k)
{
	struct test_item it = { .customer = &w->customers[0], .rate = &w->rates[0], .invoice = -1, .pos = -1, .billed_secs = -1 };

	it.entry = (struct entry){ .shape = ENTRY_COMPLETE,
		.billable = 1,
		.local_ok = 1,
		.has_secs = 1,
		.secs = 3600,
		.date = day("2026-10-05"),
		.start_time = "09:00:00",
		.project_id = "p1",
		.project_name = "Relaunch",
		.task_id = "t1",
		.task_name = "Design",
		.user_id = "u1",
		.user_name = "Ada",
		.work_id = "w1",
		.work_name = "Consulting",
		.note = "Kick-off",
		.updated_on = "2026-10-06T08:00:00Z" };
	snprintf(it.entry.id, sizeof it.entry.id, "aaaaaaaa-0000-4000-8000-%012d", k);
	return it;
}

static struct compose_plan compose(struct world *w, struct test_item *v, size_t n)
{
	struct compose_plan plan;
	struct err e = ERR_INIT;

	if (compose_all(&w->rules, v, n, w->pool, &plan, &e) < 0)
		fail_msg("%s", e.msg);
	return plan;
}

static struct conserve_totals totals_of(const struct test_item *v, size_t n)
{
	struct conserve_totals t = { .fetched = (int64_t)n + 3, .held = 3, .fetched_secs = 1000, .held_secs = 1000 };

	for (size_t i = 0; i < n; i++)
		t.fetched_secs += v[i].entry.secs;
	return t;
}

static void proves(const struct compose_plan *plan, const struct test_item *v, size_t n)
{
	struct conserve_totals t = totals_of(v, n);
	int64_t secs = t.fetched_secs - 1000;
	struct err e = ERR_INIT;

	if (prove_all(plan, v, n, &t, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(t.billed, n);
	assert_int_equal(t.billed_secs, secs);
	for (size_t i = 0; i < n; i++) {
		t.rounded_secs -= v[i].billed_secs - v[i].entry.secs;
		t.late -= v[i].late;
	}
	assert_int_equal(t.rounded_secs, 0);
	assert_int_equal(t.late, 0);
}

/* Groupings: six entries of two projects, tasks, users, types of work; with one missing each. */
static size_t six(struct world *w, struct test_item *v)
{
	for (int i = 0; i < 6; i++) {
		v[i] = item(w, i);
		v[i].entry.date += i;
		v[i].entry.secs = 600 * (i + 1);
	}
	v[1].entry.task_id = "t2";
	v[1].entry.task_name = "Code";
	v[2].entry.task_id = v[2].entry.task_name = NULL;
	v[2].entry.user_id = v[2].entry.user_name = NULL;
	v[2].entry.work_id = v[2].entry.work_name = NULL;
	v[3].entry.user_id = "u2";
	v[3].entry.user_name = "Bob";
	v[4].entry.work_id = "w2";
	v[4].entry.work_name = "Advice";
	v[4].entry.note = NULL;
	v[5].entry.project_id = "p2";
	v[5].entry.project_name = "Audit";
	v[5].entry.note = "a\nb\xe2\x80\xae"
			  "c";
	return 6;
}

struct want {
	const char *description;
	int64_t secs;
	int entries;
};

static void lines_are(const struct invoice *v, const struct want *want, size_t n)
{
	for (size_t i = 0; i < v->nlines && i < n; i++)
		if (strcmp(v->lines[i].description, want[i].description) != 0 || v->lines[i].secs != want[i].secs ||
		    v->lines[i].entries != want[i].entries)
			fail_msg("line %zu is '%s' with %lld s of %d entries", i + 1, v->lines[i].description, (long long)v->lines[i].secs,
			    v->lines[i].entries);
	assert_int_equal(v->nlines, n);
}

static void groupings(void **state)
{
	static const struct {
		enum customer_group g;
		const char *language;
		size_t n;
		struct want want[6];
	} t[] = {
		{ GROUP_PROJECT, "en", 2, { { "Audit", 3600, 1 }, { "Relaunch", 9000, 5 } } },
		{ GROUP_PROJECT_TASK, "en", 4,
		    { { "Audit: Design", 3600, 1 }, { "Relaunch: without task", 1800, 1 }, { "Relaunch: Code", 1200, 1 },
			{ "Relaunch: Design", 6000, 3 } } },
		{ GROUP_PROJECT_TASK, "de", 4,
		    { { "Audit: Design", 3600, 1 }, { "Relaunch: ohne Aufgabe", 1800, 1 }, { "Relaunch: Code", 1200, 1 },
			{ "Relaunch: Design", 6000, 3 } } },
		{ GROUP_PROJECT_USER, "en", 4,
		    { { "Audit: Ada", 3600, 1 }, { "Relaunch: former team member", 1800, 1 }, { "Relaunch: Ada", 4800, 3 },
			{ "Relaunch: Bob", 2400, 1 } } },
		{ GROUP_PROJECT_USER, "de", 4,
		    { { "Audit: Ada", 3600, 1 }, { "Relaunch: ehemaliges Teammitglied", 1800, 1 }, { "Relaunch: Ada", 4800, 3 },
			{ "Relaunch: Bob", 2400, 1 } } },
		{ GROUP_PROJECT_USER, "fr", 4,
		    { { "Audit: Ada", 3600, 1 }, { "Relaunch: former team member", 1800, 1 }, { "Relaunch: Ada", 4800, 3 },
			{ "Relaunch: Bob", 2400, 1 } } },
		{ GROUP_PROJECT_WORK, "en", 4,
		    { { "Audit: Consulting", 3600, 1 }, { "Relaunch", 1800, 1 }, { "Relaunch: Advice", 3000, 1 },
			{ "Relaunch: Consulting", 4200, 3 } } },
		{ GROUP_ENTRY, "en", 6,
		    { { "2026-10-05 Relaunch: Design - Kick-off", 600, 1 }, { "2026-10-06 Relaunch: Code - Kick-off", 1200, 1 },
			{ "2026-10-07 Relaunch - Kick-off", 1800, 1 }, { "2026-10-08 Relaunch: Design - Kick-off", 2400, 1 },
			{ "2026-10-09 Relaunch: Design", 3000, 1 }, { "2026-10-10 Audit: Design - a b c", 3600, 1 } } },
		{ GROUP_ENTRY, "de", 6,
		    { { "05.10.2026 Relaunch: Design - Kick-off", 600, 1 }, { "06.10.2026 Relaunch: Code - Kick-off", 1200, 1 },
			{ "07.10.2026 Relaunch - Kick-off", 1800, 1 }, { "08.10.2026 Relaunch: Design - Kick-off", 2400, 1 },
			{ "09.10.2026 Relaunch: Design", 3000, 1 }, { "10.10.2026 Audit: Design - a b c", 3600, 1 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;
		struct test_item v[6];
		struct compose_plan plan;

		set_world(&w);
		w.customers[0].group_by = t[i].g;
		w.customers[0].language = t[i].language;
		plan = compose(&w, v, six(&w, v));
		assert_int_equal(plan.n, 1);
		lines_are(&plan.invoices[0], t[i].want, t[i].n);
		proves(&plan, v, 6);
		pool_free(w.pool);
	}
}

/* Several rates in one project: a line each, the higher price first; equal prices from different rows share one. */
static void rates_apart(void **state)
{
	struct world w;
	struct test_item v[5];
	struct compose_plan plan;

	(void)state;
	set_world(&w);
	for (int i = 0; i < 5; i++)
		v[i] = item(&w, i);
	v[1].rate = v[3].rate = &w.rates[1];
	v[2].rate = &w.rates[2];
	w.rates[2].price_e4 = w.rates[0].price_e4;
	plan = compose(&w, v, 5);
	lines_are(&plan.invoices[0], (const struct want[]){ { "Relaunch", 7200, 2 }, { "Relaunch", 10800, 3 } }, 2);
	assert_int_equal(plan.invoices[0].lines[0].price_e4, 1050000);
	assert_int_equal(plan.invoices[0].lines[0].net_minor, 21000);
	assert_int_equal(plan.invoices[0].lines[1].price_e4, 950000);
	assert_int_equal(plan.invoices[0].lines[1].net_minor, 28500);
	proves(&plan, v, 5);
	pool_free(w.pool);
}

/* Two projects, tasks or people of one name are two. */
static void same_name(void **state)
{
	static const enum customer_group groups[] = { GROUP_PROJECT, GROUP_PROJECT_TASK, GROUP_PROJECT_USER, GROUP_PROJECT_WORK };

	(void)state;
	for (size_t g = 0; g < COUNT(groups); g++) {
		struct world w;
		struct test_item v[4];
		struct compose_plan plan;

		set_world(&w);
		w.customers[0].group_by = groups[g];
		for (int i = 0; i < 4; i++) {
			v[i] = item(&w, i);
			if (i % 2 == 1)
				*(g == 0         ? &v[i].entry.project_id
					: g == 1 ? &v[i].entry.task_id
					: g == 2 ? &v[i].entry.user_id
						 : &v[i].entry.work_id) = "zz";
		}
		plan = compose(&w, v, 4);
		assert_int_equal(plan.invoices[0].nlines, 2);
		assert_string_equal(plan.invoices[0].lines[0].description, plan.invoices[0].lines[1].description);
		proves(&plan, v, 4);
		pool_free(w.pool);
	}
}

/* Renamed while the run fetched: one line, under the name that was updated last. */
static void renamed(void **state)
{
	static const struct {
		enum customer_group g;
		const char *want;
	} t[] = {
		{ GROUP_PROJECT, "New" },
		{ GROUP_PROJECT_TASK, "New: Task" },
		{ GROUP_PROJECT_USER, "New: User" },
		{ GROUP_PROJECT_WORK, "New: Work" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (size_t newest = 0; newest < 4; newest++) {
			struct world w;
			struct test_item v[4];
			struct compose_plan plan;

			set_world(&w);
			w.customers[0].group_by = t[i].g;
			w.customers[1].group_by = t[i].g;
			for (size_t k = 0; k < 4; k++) {
				v[k] = item(&w, (int)k);
				v[k].entry.updated_on = k == 3 ? NULL : "2026-10-06T08:00:00Z";
			}
			/* Also across customers: a project has one name. */
			v[2].customer = &w.customers[1];
			v[newest].entry.updated_on = "2026-10-07T08:00:00Z";
			v[newest].entry.project_name = "New";
			v[newest].entry.task_name = "Task";
			v[newest].entry.user_name = "User";
			v[newest].entry.work_name = "Work";
			plan = compose(&w, v, 4);
			assert_int_equal(plan.n, 2);
			for (size_t k = 0; k < 2; k++) {
				assert_int_equal(plan.invoices[k].nlines, 1);
				assert_string_equal(plan.invoices[k].lines[0].description, t[i].want);
				assert_string_equal(plan.invoices[k].lines[0].project_name, "New");
			}
			proves(&plan, v, 4);
			pool_free(w.pool);
		}
}

/* One id and one instant, two names: the entry's id decides, so that the order of arrival does not. */
static void renamed_at_once(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct world w;
		struct test_item v[2];
		struct compose_plan plan;

		set_world(&w);
		v[turn] = item(&w, 1);
		v[!turn] = item(&w, 2);
		v[turn].entry.project_name = "One";
		v[!turn].entry.project_name = "Two";
		plan = compose(&w, v, 2);
		lines_are(&plan.invoices[0], (const struct want[]){ { "Two", 7200, 2 } }, 1);
		pool_free(w.pool);
	}
}

/* Deleted people are one line per project; the name of one is not given to another. */
static void no_detail(void **state)
{
	struct world w;
	struct test_item v[4];
	struct compose_plan plan;

	(void)state;
	set_world(&w);
	w.customers[0].group_by = GROUP_PROJECT_USER;
	for (int i = 0; i < 4; i++)
		v[i] = item(&w, i);
	v[0].entry.user_id = v[0].entry.user_name = v[2].entry.user_id = v[2].entry.user_name = NULL;
	v[3].entry.user_id = NULL;
	v[3].entry.user_name = "Eve";
	plan = compose(&w, v, 4);
	lines_are(&plan.invoices[0],
	    (const struct want[]){
		{ "Relaunch: former team member", 7200, 2 }, { "Relaunch: Ada", 3600, 1 }, { "Relaunch: Eve", 3600, 1 } },
	    3);
	pool_free(w.pool);
}

static void late_lines(void **state)
{
	static const struct {
		enum select_late rule;
		enum customer_group g;
		const char *language;
		size_t n;
		struct want want[4];
		int late[4];
	} t[] = {
		{ LATE_INCLUDE, GROUP_PROJECT, "en", 2, { { "Audit", 3600, 1 }, { "Relaunch", 10800, 3 } }, { 1, 0 } },
		{ LATE_HOLD, GROUP_PROJECT, "en", 2, { { "Audit", 3600, 1 }, { "Relaunch", 10800, 3 } }, { 1, 0 } },
		{ LATE_SEPARATE, GROUP_PROJECT, "en", 3,
		    { { "Relaunch", 3600, 1 }, { "Audit (late booking 2026-09-28)", 3600, 1 },
			{ "Relaunch (late booking 2026-09-01 - 2026-09-30)", 7200, 2 } },
		    { 0, 1, 1 } },
		{ LATE_SEPARATE, GROUP_PROJECT_TASK, "de", 3,
		    { { "Relaunch: Design", 3600, 1 }, { "Audit: Design (Nachtrag 28.09.2026)", 3600, 1 },
			{ "Relaunch: Design (Nachtrag 01.09.2026 - 30.09.2026)", 7200, 2 } },
		    { 0, 1, 1 } },
		{ LATE_INCLUDE, GROUP_ENTRY, "en", 4,
		    { { "2026-09-01 Relaunch: Design - Kick-off", 3600, 1 }, { "2026-09-28 Audit: Design - Kick-off", 3600, 1 },
			{ "2026-09-30 Relaunch: Design - Kick-off", 3600, 1 }, { "2026-10-05 Relaunch: Design - Kick-off", 3600, 1 } },
		    { 1, 1, 1, 0 } },
		/* By entry the lines stand by date, the late ones after the others. */
		{ LATE_SEPARATE, GROUP_ENTRY, "en", 4,
		    { { "2026-10-05 Relaunch: Design - Kick-off", 3600, 1 }, { "2026-09-01 Relaunch: Design - Kick-off", 3600, 1 },
			{ "2026-09-28 Audit: Design - Kick-off", 3600, 1 }, { "2026-09-30 Relaunch: Design - Kick-off", 3600, 1 } },
		    { 0, 1, 1, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;
		struct test_item v[4];
		struct compose_plan plan;

		set_world(&w);
		w.rules.late = t[i].rule;
		w.customers[0].group_by = t[i].g;
		w.customers[0].language = t[i].language;
		for (int k = 0; k < 4; k++)
			v[k] = item(&w, k);
		v[0].entry.date = day("2026-09-30");
		v[1].entry.date = day("2026-09-01");
		v[2].entry.date = day("2026-09-28");
		v[2].entry.project_id = "p2";
		v[2].entry.project_name = "Audit";
		v[2].rate = &w.rates[2];
		v[0].late = v[1].late = v[2].late = 1;
		plan = compose(&w, v, 4);
		lines_are(&plan.invoices[0], t[i].want, t[i].n);
		for (size_t k = 0; k < t[i].n; k++)
			assert_int_equal(plan.invoices[0].lines[k].late, t[i].late[k]);
		/* The service period of the document reaches back to them. */
		assert_int_equal(plan.invoices[0].from, day("2026-09-01"));
		assert_int_equal(plan.invoices[0].to, day("2026-10-31"));
		proves(&plan, v, 4);
		pool_free(w.pool);
	}
}

/* A line is late when all of it is, whatever stands last; the document covers what lies behind the period, too. */
static void mixed_line(void **state)
{
	struct world w;
	struct test_item v[3];
	struct compose_plan plan;

	(void)state;
	set_world(&w);
	for (int i = 0; i < 3; i++)
		v[i] = item(&w, i);
	v[1].late = 1;
	v[1].entry.date = v[2].entry.date = day("2026-11-02");
	v[2].late = 1;
	plan = compose(&w, v, 3);
	assert_int_equal(plan.invoices[0].lines[0].late, 0);
	assert_int_equal(plan.invoices[0].lines[0].from, day("2026-10-05"));
	assert_int_equal(plan.invoices[0].lines[0].to, day("2026-11-02"));
	assert_int_equal(plan.invoices[0].to, day("2026-11-02"));
	proves(&plan, v, 3);
	pool_free(w.pool);
}

/* Mode x scope over one line of three entries: 10:01, 22:30 and 0:01 minutes, to a quarter of an hour. */
static void rounding(void **state)
{
	static const struct {
		enum rounding_mode m;
		enum rounding_scope s;
		int64_t billed[3], sum, hours, minutes;
	} t[] = {
		{ ROUNDING_NONE, ROUNDING_ENTRY, { 601, 1350, 1 }, 1952, 54, 33 },
		{ ROUNDING_NONE, ROUNDING_LINE, { 601, 1350, 1 }, 1952, 54, 33 },
		{ ROUNDING_NEAREST, ROUNDING_ENTRY, { 900, 1800, 0 }, 2700, 75, 45 },
		{ ROUNDING_NEAREST, ROUNDING_LINE, { 554, 1245, 1 }, 1800, 50, 30 },
		{ ROUNDING_UP, ROUNDING_ENTRY, { 900, 1800, 900 }, 3600, 100, 60 },
		{ ROUNDING_UP, ROUNDING_LINE, { 831, 1867, 2 }, 2700, 75, 45 },
		{ ROUNDING_DOWN, ROUNDING_ENTRY, { 0, 900, 0 }, 900, 25, 15 },
		{ ROUNDING_DOWN, ROUNDING_LINE, { 554, 1245, 1 }, 1800, 50, 30 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int q = QUANTITY_HOURS; q <= QUANTITY_MINUTES; q++) {
			struct world w;
			struct test_item v[3];
			struct compose_plan plan;
			const struct invoice_line *l;

			set_world(&w);
			w.rules.quantity = (enum customer_quantity)q;
			w.customers[0].rounding = (struct rounding){ t[i].m, t[i].s, 900 };
			for (int k = 0; k < 3; k++) {
				v[k] = item(&w, k);
				v[k].entry.secs = k == 0 ? 601 : k == 1 ? 1350 : 1;
			}
			plan = compose(&w, v, 3);
			l = &plan.invoices[0].lines[0];
			for (int k = 0; k < 3; k++)
				assert_int_equal(v[k].billed_secs, t[i].billed[k]);
			assert_int_equal(l->secs, 1952);
			assert_int_equal(l->billed_secs, t[i].sum);
			assert_int_equal(l->unit, q);
			assert_int_equal(l->quantity, q == QUANTITY_HOURS ? t[i].hours : t[i].minutes);
			/* 95.00 an hour, half away from zero. */
			assert_int_equal(l->net_minor, q == QUANTITY_HOURS ? t[i].hours * 95 : (t[i].minutes * 950 + 3) / 6);
			assert_int_equal(plan.invoices[0].rounding.mode, t[i].m);
			proves(&plan, v, 3);
			pool_free(w.pool);
		}
}

/* One head per customer or per customer and project; in the order of names, then ids. */
static void documents(void **state)
{
	struct world w;
	struct test_item v[6];
	struct compose_plan plan;
	static const struct {
		const char *company, *project;
	} want[] = {
		{ "22222222-0000-4000-8000-000000000002", "p2" },
		{ "22222222-0000-4000-8000-000000000002", "p1" },
		{ "22222222-0000-4000-8000-000000000002", "p3" },
		{ "22222222-0000-4000-8000-000000000003", "p1" },
		{ "22222222-0000-4000-8000-000000000001", "p1" },
	};

	(void)state;
	set_world(&w);
	for (int per = PER_CUSTOMER; per <= PER_PROJECT; per++) {
		w.rules.per = (enum customer_per)per;
		for (int i = 0; i < 6; i++) {
			v[i] = item(&w, i);
			v[i].customer = &w.customers[i < 4 ? 1 : i == 4 ? 2 : 0];
		}
		v[1].entry.project_id = "p2";
		v[1].entry.project_name = "Audit";
		v[2].entry.project_id = "p3";
		plan = compose(&w, v, 6);
		assert_int_equal(plan.n, per == PER_PROJECT ? 5 : 3);
		for (size_t i = 0; i < plan.n; i++) {
			const struct invoice *d = &plan.invoices[i];

			assert_string_equal(d->company_id, want[per == PER_PROJECT ? i : i + 2].company);
			if (per == PER_PROJECT)
				assert_string_equal(d->project_id, want[i].project);
			else
				assert_true(d->project_id == NULL && d->project_name == NULL);
		}
		proves(&plan, v, 6);
	}
	pool_free(w.pool);
}

/* All that the head takes over. */
static void head(void **state)
{
	struct world w;
	struct test_item v[1];
	struct compose_plan plan;
	const struct invoice *d;

	(void)state;
	set_world(&w);
	w.customers[0].tax_pct_e2 = 700;
	w.customers[0].due_days = 30;
	w.customers[0].group_by = GROUP_PROJECT_USER;
	w.rules.per = PER_PROJECT;
	v[0] = item(&w, 1);
	plan = compose(&w, v, 1);
	d = &plan.invoices[0];
	assert_true(
	    d->number == NULL && d->series == NULL && d->n == 0 && d->cancels == NULL && d->draft == 0 && d->type == INVOICE_COMMERCIAL);
	assert_int_equal(d->date, day("2026-11-03"));
	assert_int_equal(d->due, day("2026-12-03"));
	assert_int_equal(d->due_days, 30);
	assert_int_equal(d->from, day("2026-10-01"));
	assert_int_equal(d->to, day("2026-10-31"));
	assert_string_equal(d->period.label, "2026-10");
	assert_string_equal(d->company_name, "Zeta AG");
	assert_string_equal(d->customer_number, "K-1");
	assert_string_equal(d->buyer_reference, "PO 7");
	assert_string_equal(d->debtor_account, "10001");
	assert_string_equal(d->project_name, "Relaunch");
	assert_string_equal(d->currency, "EUR");
	assert_string_equal(d->language, "en");
	assert_string_equal(d->seller.name, "Studio");
	assert_string_equal(d->buyer.city, "Berlin");
	assert_int_equal(d->group_by, GROUP_PROJECT_USER);
	assert_true(d->entries == 1 && d->secs == 3600 && d->billed_secs == 3600 && d->nlines == 1 && d->ntaxes == 1);
	assert_true(d->net_minor == 9500 && d->tax_minor == 665 && d->gross_minor == 10165);
	assert_string_equal(d->lines[0].project_id, "p1");
	assert_string_equal(d->lines[0].tax_category, "S");
	assert_int_equal(d->lines[0].tax_pct_e2, 700);
	assert_int_equal(d->lines[0].from, day("2026-10-05"));
	assert_int_equal(d->lines[0].to, day("2026-10-05"));
	assert_true(v[0].invoice == 0 && v[0].pos == 1 && v[0].billed_secs == 3600);
	pool_free(w.pool);
}

static void odd_names(void **state)
{
	struct world w;
	struct test_item v[1];
	struct compose_plan plan;
	char name[700] = "";

	(void)state;
	set_world(&w);
	v[0] = item(&w, 1);
	v[0].entry.project_name = NULL;
	plan = compose(&w, v, 1);
	assert_string_equal(plan.invoices[0].lines[0].description, "p1");
	for (int i = 0; i < 201; i++)
		strcat(name, "\xe2\x82\xac");
	v[0] = item(&w, 1);
	v[0].entry.project_name = name;
	plan = compose(&w, v, 1);
	assert_int_equal(strlen(plan.invoices[0].lines[0].description), 600);
	v[0] = item(&w, 1);
	v[0].entry.project_name = "a\r\nb\x01";
	w.customers[0].language = NULL;
	w.customers[0].group_by = GROUP_PROJECT_TASK;
	v[0].entry.task_id = v[0].entry.task_name = NULL;
	plan = compose(&w, v, 1);
	assert_string_equal(plan.invoices[0].lines[0].description, "a b : without task");
	pool_free(w.pool);
}

static void other_currencies(void **state)
{
	static const struct {
		const char *currency;
		int64_t net;
	} t[] = { { "EUR", 60135 }, { "JPY", 601 }, { "KWD", 601350 }, { "CLF", 6013500 } };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;
		struct test_item v[1];
		struct compose_plan plan;

		set_world(&w);
		w.customers[0].currency = t[i].currency;
		v[0] = item(&w, 1);
		v[0].entry.secs = 380 * 60;
		plan = compose(&w, v, 1);
		assert_int_equal(plan.invoices[0].net_minor, t[i].net);
		proves(&plan, v, 1);
		pool_free(w.pool);
	}
}

static void empty(void **state)
{
	struct world w;
	struct compose_plan plan;

	(void)state;
	set_world(&w);
	plan = compose(&w, NULL, 0);
	assert_int_equal(plan.n, 0);
	proves(&plan, NULL, 0);
	pool_free(w.pool);
}

static void overflow(void **state)
{
	static const struct {
		int64_t secs;
		int64_t price;
		int items, per;
	} t[] = {
		{ INT64_MAX, 0, 2, 0 },                               /* of a line */
		{ INT64_MAX, 0, 2, 1 },                               /* of an invoice */
		{ INT64_MAX / 4, 1000000000000, 1, 0 },               /* an amount */
		{ INT64_C(3600) * 60000000000, 1000000000000, 4, 1 }, /* the sum of amounts */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;
		struct test_item v[4];
		struct compose_plan plan = { NULL, 77 };
		struct err e = ERR_INIT;

		set_world(&w);
		w.rates[0].price_e4 = t[i].price;
		for (int k = 0; k < t[i].items; k++) {
			v[k] = item(&w, k);
			v[k].entry.secs = t[i].secs;
			if (t[i].per)
				v[k].entry.project_id = company_ids[k % 3];
		}
		assert_int_equal(compose_all(&w.rules, v, (size_t)t[i].items, w.pool, &plan, &e), -1);
		assert_int_equal(e.code, ERR_SOFTWARE);
		assert_int_equal(plan.n, 77);
		pool_free(w.pool);
	}
}

/* Random plans. */

static const char *pick(uint64_t *seed, const char *const *v, size_t n) { return v[below(seed, n)]; }

static size_t random_items(struct world *w, struct test_item *v, uint64_t *seed)
{
	/* Names that are alike in parts: a key that only joins texts would mix them up. */
	static const char *const ids[] = { "1", "12", "2", "21", "3" }, *const names[] = { "A", "AB", "B", "a" };
	static const char *const updated[] = { "2026-10-06T08:00:00Z", "2026-10-07T08:00:00Z", NULL };
	size_t n = 1 + below(seed, ITEMS);

	w->rules.per = (enum customer_per)below(seed, 2);
	w->rules.quantity = (enum customer_quantity)below(seed, 2);
	w->rules.late = (enum select_late)below(seed, 3);
	for (int c = 0; c < 3; c++) {
		w->customers[c].group_by = (enum customer_group)below(seed, 5);
		w->customers[c].rounding = (struct rounding){ (enum rounding_mode)below(seed, 4), (enum rounding_scope)below(seed, 2),
			60 * (int64_t)(1 + below(seed, 60)) };
		w->customers[c].tax_pct_e2 = (int64_t)below(seed, 3) * 700;
		strcpy(w->customers[c].tax_category, w->customers[c].tax_pct_e2 > 0 || below(seed, 2) ? "S" : "AE");
		w->rates[c].price_e4 = 1 + (int64_t)below(seed, 2000000);
		w->rates[c].tax_pct_e2 = below(seed, 2) ? -1 : (int64_t)(1 + below(seed, 2)) * 950;
	}
	for (size_t i = 0; i < n; i++) {
		struct entry *x = &v[i].entry;

		v[i] = item(w, (int)i * 7 % ITEMS + (int)(i * 7 / ITEMS) * 1000);
		v[i].customer = &w->customers[below(seed, 3)];
		v[i].rate = &w->rates[below(seed, 3)];
		x->secs = 1 + (int64_t)below(seed, below(seed, 4) == 0 ? 100 : 30000);
		x->date = day("2026-09-25") + (date_t)below(seed, 36);
		v[i].late = x->date < w->rules.period.from;
		x->start_time = below(seed, 4) == 0 ? NULL : below(seed, 2) ? "09:00:00" : "10:00:00";
		x->project_id = pick(seed, ids, COUNT(ids));
		x->project_name = pick(seed, names, COUNT(names));
		x->task_id = below(seed, 4) == 0 ? NULL : pick(seed, ids, COUNT(ids));
		x->task_name = x->task_id == NULL ? NULL : pick(seed, names, COUNT(names));
		x->user_id = below(seed, 4) == 0 ? NULL : pick(seed, ids, COUNT(ids));
		x->user_name = x->user_id == NULL ? NULL : pick(seed, names, COUNT(names));
		x->work_id = below(seed, 4) == 0 ? NULL : pick(seed, ids, COUNT(ids));
		x->work_name = x->work_id == NULL ? NULL : pick(seed, names, COUNT(names));
		x->updated_on = updated[below(seed, 3)];
	}
	return n;
}

static int same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

/* The rate card's VAT rate is for customers who pay VAT. */
static int64_t tax_of(const struct test_item *x)
{
	return strcmp(x->customer->tax_category, "S") != 0 || x->rate->tax_pct_e2 < 0 ? x->customer->tax_pct_e2 : x->rate->tax_pct_e2;
}

/* What must share an invoice and a line, said without sorting. */
static int together(const struct world *w, const struct test_item *a, const struct test_item *b, int line)
{
	enum customer_group g = a->customer->group_by;

	if (a->customer != b->customer || (w->rules.per == PER_PROJECT && strcmp(a->entry.project_id, b->entry.project_id) != 0) ||
	    (w->rules.late == LATE_INVOICE && a->late != b->late))
		return 0;
	if (!line)
		return 1;
	return g != GROUP_ENTRY && strcmp(a->entry.project_id, b->entry.project_id) == 0 && a->rate->price_e4 == b->rate->price_e4 &&
	    tax_of(a) == tax_of(b) && (w->rules.late != LATE_SEPARATE || a->late == b->late) &&
	    (g != GROUP_PROJECT_TASK || same_text(a->entry.task_id, b->entry.task_id)) &&
	    (g != GROUP_PROJECT_USER || same_text(a->entry.user_id, b->entry.user_id)) &&
	    (g != GROUP_PROJECT_WORK || same_text(a->entry.work_id, b->entry.work_id));
}

static int64_t half_up(__int128 n, __int128 d) { return (int64_t)((2 * n + d) / (2 * d)); }

static int64_t rounded(const struct rounding *r, int64_t secs)
{
	int64_t s = r->step_sec;

	return r->mode == ROUNDING_NONE ? secs
	    : r->mode == ROUNDING_UP    ? (secs + s - 1) / s * s
	    : r->mode == ROUNDING_DOWN  ? secs / s * s
					: half_up(secs, s) * s;
}

static void line_is_right(const struct world *w, const struct compose_plan *plan, const struct test_item *v, size_t n, size_t i)
{
	const struct invoice *d = &plan->invoices[v[i].invoice];
	const struct invoice_line *l = &d->lines[v[i].pos - 1];
	const struct rounding *r = &v[i].customer->rounding;
	int64_t secs = 0, billed = 0, shares = 0, entries = 0;

	for (size_t k = 0; k < n; k++) {
		if (v[k].invoice != v[i].invoice || v[k].pos != v[i].pos)
			continue;
		secs += v[k].entry.secs;
		billed += rounded(r, v[k].entry.secs);
		shares += v[k].billed_secs;
		entries++;
		assert_true(v[k].billed_secs >= 0);
		assert_true(v[k].entry.date >= l->from && v[k].entry.date <= l->to);
	}
	if (r->scope == ROUNDING_LINE)
		billed = rounded(r, secs);
	else
		assert_int_equal(v[i].billed_secs, rounded(r, v[i].entry.secs));
	assert_true(l->secs == secs && l->billed_secs == billed && shares == billed && l->entries == entries);
	assert_string_equal(d->company_id, v[i].customer->company_id);
	assert_string_equal(l->project_id, v[i].entry.project_id);
	assert_int_equal(l->price_e4, v[i].rate->price_e4);
	assert_int_equal(l->tax_pct_e2, tax_of(&v[i]));
	assert_string_equal(l->tax_category, v[i].customer->tax_category);
	assert_int_equal(l->quantity, w->rules.quantity == QUANTITY_HOURS ? half_up(billed, 36) : half_up(billed, 60));
	assert_int_equal(l->net_minor, half_up((__int128)l->quantity * l->price_e4, w->rules.quantity == QUANTITY_HOURS ? 10000 : 6000));
}

static void plans(void **state)
{
	uint64_t seed = 20261105;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct world w;
		struct test_item v[ITEMS];
		struct compose_plan plan;
		size_t n;

		set_world(&w);
		n = random_items(&w, v, &seed);
		plan = compose(&w, v, n);
		proves(&plan, v, n);
		for (size_t i = 0; i < n; i++) {
			line_is_right(&w, &plan, v, n, i);
			for (size_t k = 0; k < i; k++) {
				assert_int_equal(together(&w, &v[i], &v[k], 0), v[i].invoice == v[k].invoice);
				assert_int_equal(together(&w, &v[i], &v[k], 1), v[i].invoice == v[k].invoice && v[i].pos == v[k].pos);
			}
			if (i > 0)
				assert_true(
				    v[i].invoice > v[i - 1].invoice || (v[i].invoice == v[i - 1].invoice && v[i].pos >= v[i - 1].pos));
		}
		pool_free(w.pool);
	}
}

/* The whole result as text: documents, lines, and where each entry went. */
static void tell(const struct compose_plan *plan, const struct test_item *v, size_t n, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < plan->n; i++) {
		facts_write_invoice(&plan->invoices[i], out);
		buf_ch(out, '\n');
		for (size_t l = 0; l < plan->invoices[i].nlines; l++) {
			facts_write_line(&plan->invoices[i].lines[l], out);
			buf_ch(out, '\n');
		}
	}
	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "%s %d %d %lld\n", v[i].entry.id, v[i].invoice, v[i].pos, (long long)v[i].billed_secs);
}

static void order_does_not_matter(void **state)
{
	uint64_t seed = 42;
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	for (int round = 0; round < 600; round++) {
		struct world w;
		struct test_item v[ITEMS], fresh[ITEMS];
		struct compose_plan plan;
		size_t n;

		set_world(&w);
		n = random_items(&w, fresh, &seed);
		memcpy(v, fresh, sizeof v);
		plan = compose(&w, v, n);
		tell(&plan, v, n, &a);
		for (int again = 0; again < 4; again++) {
			shuffle(fresh, n, sizeof *fresh, &seed);
			memcpy(v, fresh, sizeof v);
			plan = compose(&w, v, n);
			tell(&plan, v, n, &b);
			assert_string_equal(buf_text(&a), buf_text(&b));
		}
		pool_free(w.pool);
	}
	buf_free(&a);
	buf_free(&b);
}

/* Every way to spoil a plan after the fact. Each gets a document, one of its lines and one of that line's items. */
struct spoil {
	struct compose_plan *plan;
	struct invoice *d;
	struct invoice_line *l;
	struct test_item *it, *all;
	size_t *n;
	struct conserve_totals *t;
	struct pool *pool;
};

static void t_drop(struct spoil *s)
{
	memmove(s->it, s->it + 1, (size_t)(s->all + *s->n - s->it - 1) * sizeof *s->it);
	--*s->n;
}
static void t_double(struct spoil *s)
{
	memmove(s->it + 1, s->it, (size_t)(s->all + *s->n - s->it) * sizeof *s->it);
	++*s->n;
}
static void t_item_secs(struct spoil *s) { s->it->entry.secs++; }
static void t_item_billed(struct spoil *s) { s->it->billed_secs--; }
static void t_item_pos(struct spoil *s) { s->it->pos = (int)s->d->nlines + 1; }
static void t_item_invoice(struct spoil *s) { s->it->invoice = (int)s->plan->n; }
static void t_line_secs(struct spoil *s) { s->l->secs++; }
static void t_line_and_doc_secs(struct spoil *s)
{
	s->l->secs++;
	s->d->secs++;
}
static void t_line_billed(struct spoil *s)
{
	s->l->billed_secs += 3600;
	s->d->billed_secs += 3600;
}
static void t_line_entries(struct spoil *s)
{
	s->l->entries--;
	s->d->entries--;
}
static void t_line_pos(struct spoil *s) { s->l->pos++; }
static void t_line_quantity(struct spoil *s) { s->l->quantity++; }
static void t_line_price(struct spoil *s) { s->l->price_e4 += 100000000; }
static void t_line_net(struct spoil *s) { s->l->net_minor++; }
static void t_line_unit(struct spoil *s) { s->l->unit = s->l->unit == QUANTITY_HOURS ? QUANTITY_MINUTES : QUANTITY_HOURS; }
static void t_line_from(struct spoil *s) { s->l->from = s->d->from - 1; }
static void t_line_to(struct spoil *s) { s->l->to = s->d->to + 1; }
static void t_line_turned(struct spoil *s) { s->l->from = s->l->to + 1; }
static void t_line_category(struct spoil *s) { strcpy(s->l->tax_category, "G"); }
static void t_line_pct(struct spoil *s) { s->l->tax_pct_e2++; }
static void t_doc_net(struct spoil *s)
{
	s->d->net_minor++;
	s->d->gross_minor++;
}
static void t_doc_tax(struct spoil *s)
{
	s->d->tax_minor++;
	s->d->gross_minor++;
}
static void t_doc_gross(struct spoil *s) { s->d->gross_minor--; }
static void t_doc_secs(struct spoil *s) { s->d->secs--; }
static void t_doc_billed(struct spoil *s) { s->d->billed_secs++; }
static void t_doc_entries(struct spoil *s) { s->d->entries++; }
static void t_doc_due(struct spoil *s) { s->d->due = s->d->date - 1; }
static void t_doc_currency(struct spoil *s) { s->d->currency = "EU"; }
static void t_doc_lines(struct spoil *s) { s->d->nlines--; }
static void t_tax_base(struct spoil *s) { s->d->taxes[0].base_minor++; }
static void t_tax_amount(struct spoil *s) { s->d->taxes[0].tax_minor++; }
static void t_tax_both(struct spoil *s)
{
	s->d->taxes[0].tax_minor++;
	s->d->tax_minor++;
	s->d->gross_minor++;
}
static void t_tax_gone(struct spoil *s) { s->d->ntaxes--; }
static void t_plan_short(struct spoil *s) { s->plan->n--; }
static void t_fetched(struct spoil *s) { s->t->fetched++; }
static void t_held(struct spoil *s) { s->t->held--; }
static void t_fetched_secs(struct spoil *s) { s->t->fetched_secs--; }
static void t_held_secs(struct spoil *s) { s->t->held_secs++; }

/* An hour more on paper than was billed, with all amounts following. */
static void t_hour_more(struct spoil *s)
{
	int overflow = 0;
	struct err e = ERR_INIT;

	s->l->quantity += 100;
	s->l->net_minor = invoice_line_net(s->l->unit, s->l->quantity, s->l->price_e4, 2, &overflow);
	assert_int_equal(tax_apply(s->d, s->pool, &e), 0);
}

/* A document forgotten on both sides. */
static void t_forgotten(struct spoil *s)
{
	const struct invoice *last = &s->plan->invoices[--s->plan->n];

	s->t->fetched -= last->entries;
	s->t->fetched_secs -= last->secs;
}

static void (*const spoils[])(struct spoil *s) = {
	t_drop,
	t_double,
	t_item_secs,
	t_item_billed,
	t_item_pos,
	t_item_invoice,
	t_line_secs,
	t_line_and_doc_secs,
	t_line_billed,
	t_line_entries,
	t_line_pos,
	t_line_quantity,
	t_line_price,
	t_line_net,
	t_line_unit,
	t_line_from,
	t_line_to,
	t_line_turned,
	t_line_category,
	t_line_pct,
	t_doc_net,
	t_doc_tax,
	t_doc_gross,
	t_doc_secs,
	t_doc_billed,
	t_doc_entries,
	t_doc_due,
	t_doc_currency,
	t_doc_lines,
	t_tax_base,
	t_tax_amount,
	t_tax_both,
	t_tax_gone,
	t_hour_more,
	t_forgotten,
	t_plan_short,
	t_fetched,
	t_held,
	t_fetched_secs,
	t_held_secs,
};

/* Some edits say nothing new on a line without an amount. */
static int worthless(const struct invoice_line *l) { return l->net_minor == 0 || l->quantity == 0; }

static void tampering(void **state)
{
	uint64_t seed = 7;
	size_t tried = 0;

	(void)state;
	for (int round = 0; round < 100; round++)
		for (size_t k = 0; k < COUNT(spoils); k++) {
			struct world w;
			struct test_item v[ITEMS + 1];
			struct compose_plan plan;
			struct conserve_totals t;
			struct err e = ERR_INIT;
			struct spoil s = { .plan = &plan, .all = v, .t = &t };
			size_t n;

			set_world(&w);
			n = random_items(&w, v, &seed);
			plan = compose(&w, v, n);
			t = totals_of(v, n);
			s.n = &n;
			s.pool = w.pool;
			s.it = &v[below(&seed, n)];
			s.d = &plan.invoices[s.it->invoice];
			s.l = &s.d->lines[s.it->pos - 1];
			if (!worthless(s.l) && !worthless(&s.d->lines[s.d->nlines - 1]) && s.d->taxes[s.d->ntaxes - 1].base_minor != 0) {
				tried++;
				spoils[k](&s);
				if (prove_all(&plan, v, n, &t, &e) == 0)
					fail_msg("tampering %zu was not noticed", k);
				assert_int_equal(e.code, ERR_SOFTWARE);
				assert_true(strlen(e.msg) > 20);
			}
			pool_free(w.pool);
		}
	assert_true(tried > 2000);
}

/* Two items of one invoice change their lines: each sum alone would stay. */
static void swapped(void **state)
{
	struct world w;
	struct test_item v[2], x;
	struct compose_plan plan;
	struct conserve_totals t;
	struct err e = ERR_INIT;

	(void)state;
	set_world(&w);
	v[0] = item(&w, 1);
	v[1] = item(&w, 2);
	v[1].entry.project_id = "p2";
	v[1].entry.secs = 7200;
	plan = compose(&w, v, 2);
	t = totals_of(v, 2);
	assert_int_equal(prove_all(&plan, v, 2, &t, &e), 0);
	x = v[0];
	v[0] = v[1];
	v[1] = x;
	v[0].pos = 1;
	v[1].pos = 2;
	assert_int_equal(prove_all(&plan, v, 2, &t, &e), -1);
	pool_free(w.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groupings),
		cmocka_unit_test(rates_apart),
		cmocka_unit_test(same_name),
		cmocka_unit_test(renamed),
		cmocka_unit_test(renamed_at_once),
		cmocka_unit_test(no_detail),
		cmocka_unit_test(late_lines),
		cmocka_unit_test(mixed_line),
		cmocka_unit_test(rounding),
		cmocka_unit_test(documents),
		cmocka_unit_test(head),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(other_currencies),
		cmocka_unit_test(empty),
		cmocka_unit_test(overflow),
		cmocka_unit_test(plans),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(tampering),
		cmocka_unit_test(swapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
