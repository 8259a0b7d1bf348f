/* Corrections of billed time as lines of an invoice: composed, proven, checked, cancelled. */
#include "test_billing_common.h"

#include "billing/cancellation.h"
#include "billing/compose.h"
#include "billing/conserve.h"

struct world {
	struct customer customers[2];
	struct rate rate;
	struct party seller;
	struct compose_rules rules;
	struct test_item items[2];
	struct compose_correction corrections[3];
	struct pool *pool;
	struct compose_plan plan;
	struct err e;
};

static struct compose_correction correction(struct world *w, int customer, const char *entry, int64_t secs)
{
	return (struct compose_correction){ .customer = &w->customers[customer], .entry = entry, .invoice = "RE-2026-00007", .pos = 2, .billed_secs = secs,
		.line = { .description = "old", .unit = QUANTITY_HOURS, .price_e4 = 800000, .tax_category = "S", .tax_pct_e2 = 700, .project_id = "p9",
		    .project_name = "Relaunch", .cost_centre = "K1", .from = day("2026-08-03"), .to = day("2026-08-03"), .secs = 99, .entries = 4, .quantity = 5 } };
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->pool = pool_new();
	for (int i = 0; i < 2; i++)
		w->customers[i] = (struct customer){ .company_id = i ? "c2" : "c1", .company_name = i ? "Zeta" : "Acme", .party = { .name = i ? "Zeta" : "Acme" },
			.currency = "EUR", .language = i ? "en" : "de", .tax_category = "S", .tax_pct_e2 = 1900, .due_days = 14, .group_by = GROUP_PROJECT };
	w->rate = (struct rate){ .price_e4 = 950000, .currency = "EUR", .from = DATE_NONE, .to = DATE_NONE, .tax_pct_e2 = -1 };
	for (int i = 0; i < 2; i++) {
		w->items[i] = (struct test_item){ .customer = &w->customers[0], .rate = &w->rate };
		w->items[i].entry = (struct entry){ .has_secs = 1, .secs = 3600, .date = day("2026-10-05"), .project_id = "p1", .project_name = "Shop" };
		snprintf(w->items[i].entry.id, sizeof w->items[i].entry.id, "aaaaaaaa-0000-4000-8000-%012d", i);
	}
	w->rules = (struct compose_rules){ .date = day("2026-11-03"), .quantity = QUANTITY_HOURS, .seller = &w->seller, .corrections = w->corrections };
	period_make(day("2026-10-01"), day("2026-11-01"), &w->rules.period);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pool_free(w->pool);
	free(w);
	return 0;
}

static void compose(struct world *w, size_t items, size_t corrections)
{
	w->rules.ncorrections = corrections;
	if (compose_all(&w->rules, w->items, items, w->pool, &w->plan, &w->e) < 0)
		fail_msg("%s", w->e.msg);
}

static void on_the_next_invoice(void **state)
{
	struct world *w = *state;
	struct conserve_totals t = { .fetched = 2, .fetched_secs = 7200 };
	const struct invoice *v;
	struct invoice c;

	w->corrections[0] = correction(w, 0, "e1", 1800);
	w->corrections[1] = correction(w, 0, "e2", -605);
	w->corrections[2] = correction(w, 1, "e3", 1800); /* a customer without an invoice: it waits */
	compose(w, 2, 3);
	assert_int_equal(w->plan.n, 1);
	v = &w->plan.invoices[0];
	assert_int_equal(v->nlines, 3);
	assert_string_equal(v->lines[1].description, "Korrektur zu RE-2026-00007:2 (+0:30 Std.)");
	assert_string_equal(v->lines[2].description, "Korrektur zu RE-2026-00007:2 (-0:10:05 Std.)");
	assert_true(v->lines[1].quantity == 50 && v->lines[1].net_minor == 4000 && v->lines[1].entries == 0 && v->lines[1].secs == 0);
	assert_true(v->lines[2].quantity == -17 && v->lines[2].net_minor == -1360 && v->lines[2].correction_secs == -605);
	assert_string_equal(v->lines[2].correction, "e2");
	assert_string_equal(v->lines[2].cost_centre, "K1");
	assert_int_equal(v->net_minor, 19000 + 4000 - 1360);
	assert_int_equal(v->ntaxes, 2); /* 19 % of the time, 7 % as the corrected line */
	assert_int_equal(v->secs, 7200);
	assert_int_equal(v->from, day("2026-08-03")); /* the service is of August */
	assert_int_equal(prove_all(&w->plan, w->items, 2, &t, &w->e), 0);
	assert_int_equal(t.billed_secs, 7200);
	assert_int_equal(cancellation_make(v, day("2026-11-04"), "x", w->pool, &c, &w->e), 0);
	assert_true(c.lines[2].quantity == 17 && c.lines[2].correction_secs == 605 && c.lines[2].correction == NULL && c.net_minor == -v->net_minor);
}

static void without_time_they_wait(void **state)
{
	struct world *w = *state;

	w->corrections[0] = correction(w, 0, "e1", 1800);
	compose(w, 0, 1);
	assert_int_equal(w->plan.n, 0);
}

static void by_project(void **state)
{
	struct world *w = *state;

	w->rules.per = PER_PROJECT;
	w->corrections[0] = correction(w, 0, "e1", 1800);
	w->corrections[1] = correction(w, 0, "e2", 900);
	w->corrections[1].line.project_id = "p1";
	compose(w, 2, 2);
	assert_int_equal(w->plan.n, 1);
	assert_int_equal(w->plan.invoices[0].nlines, 2);
	assert_string_equal(w->plan.invoices[0].lines[1].correction, "e2");
}

static void in_minutes_and_english(void **state)
{
	struct world *w = *state;

	w->items[0].customer = w->items[1].customer = &w->customers[1];
	w->corrections[0] = correction(w, 1, "e1", -90);
	w->corrections[0].line.unit = QUANTITY_MINUTES;
	compose(w, 2, 1);
	assert_string_equal(w->plan.invoices[0].lines[1].description, "Correction of RE-2026-00007:2 (-0:01:30 h)");
	assert_int_equal(w->plan.invoices[0].lines[1].quantity, -2); /* halves go away from zero, up and down alike */
}

/* The check refuses a line whose numbers do not follow from each other. */
static void tampering(void **state)
{
	struct world *w = *state;
	struct invoice *v;
	struct invoice_line *l, good;

	w->corrections[0] = correction(w, 0, "e1", 1800);
	compose(w, 2, 1);
	v = &w->plan.invoices[0];
	l = &v->lines[1];
	good = *l;
	assert_int_equal(invoice_check(v, &w->e), 0);
	for (int i = 0; i < 5; i++) {
		*l = good;
		l->correction_secs += i == 0 ? 3600 : 0;
		l->secs += i == 1;
		l->entries += i == 2;
		l->billed_secs += i == 3 ? 1 : 0;
		if (i == 4)
			l->correction_secs = 0;
		err_clear(&w->e);
		assert_int_equal(invoice_check(v, &w->e), -1);
		assert_int_equal(w->e.code, ERR_SOFTWARE);
	}
	*l = good;
	w->corrections[0].billed_secs = INT64_MAX;
	w->corrections[0].line.price_e4 = INT64_C(1000000000000);
	w->plan.n = 0;
	err_clear(&w->e);
	assert_int_equal(compose_all(&w->rules, w->items, 2, w->pool, &w->plan, &w->e), -1);
	assert_int_equal(w->e.code, ERR_SOFTWARE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(on_the_next_invoice, setup, teardown), cmocka_unit_test_setup_teardown(without_time_they_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(by_project, setup, teardown), cmocka_unit_test_setup_teardown(in_minutes_and_english, setup, teardown),
		cmocka_unit_test_setup_teardown(tampering, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
