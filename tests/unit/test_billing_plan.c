/* compose with terms: fixed fees, discounts, VAT rates of the rate card, late entries, and all of it at random. */
#include "test_billing_common.h"

#include "billing/cancellation.h"
#include "billing/compose.h"
#include "billing/conserve.h"
#include "billing/facts.h"

#define ITEMS 30
#define TERMS 12
#define P1 "b0000000-0000-4000-8000-000000000001"
#define P2 "b0000000-0000-4000-8000-000000000002"

struct world {
	struct customer customers[3];
	struct rate rates[4];
	struct party seller;
	struct term terms[TERMS];
	struct terms all;
	struct terms_fee *fees;
	struct compose_rules rules;
	struct pool *pool;
	struct test_item items[ITEMS];
	size_t n;
	struct compose_plan plan;
};

static void set_world(struct world *w)
{
	static const char *const ids[] = { "22222222-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002", "22222222-0000-4000-8000-000000000003" };
	static const char *const names[] = { "Zeta AG", "Acme GmbH", "Acme GmbH" };

	memset(w, 0, sizeof *w);
	w->pool = pool_new();
	assert_non_null(w->pool);
	for (int i = 0; i < 3; i++)
		w->customers[i] = (struct customer){ .line = 2 + i, .company_id = ids[i], .company_name = names[i], .number = "K-1",
			.party = { .name = names[i], .street = "Weg 1", .zip = "10115", .city = "Berlin", .country = "DE" }, .currency = "EUR", .language = "en",
			.template = "en", .number_format = "RE-{SEQ}", .formats = FORMAT_XLSX, .tax_category = "S", .tax_pct_e2 = 1900, .due_days = 14,
			.group_by = GROUP_PROJECT, .rounding = { ROUNDING_NONE, ROUNDING_ENTRY, 900 } };
	for (int i = 0; i < 4; i++)
		w->rates[i] = (struct rate){ .line = 2 + i, .from = DATE_NONE, .to = DATE_NONE, .price_e4 = 1000000, .currency = "EUR", .tax_pct_e2 = -1 };
	w->seller = (struct party){ .name = "Studio", .country = "DE" };
	w->all.v = w->terms;
	w->rules = (struct compose_rules){ .date = day("2026-11-03"), .per = PER_CUSTOMER, .quantity = QUANTITY_HOURS, .late = LATE_INCLUDE, .seller = &w->seller,
		.terms = &w->all };
	period_make(day("2026-10-01"), day("2026-11-01"), &w->rules.period);
}

static void drop_world(struct world *w)
{
	free(w->fees);
	pool_free(w->pool);
}

static struct term *new_term(struct world *w, const struct customer *c, const char *project)
{
	struct term *t = &w->terms[w->all.n++];

	assert_true(w->all.n <= TERMS);
	*t = (struct term){ .line = (int)w->all.n + 1, .customer = c, .project = project, .from = DATE_NONE, .to = DATE_NONE, .name = "", .tax_pct_e2 = -1 };
	return t;
}

static struct term *new_fee(struct world *w, int customer, const char *project, const char *name, int64_t fee)
{
	struct term *t = new_term(w, &w->customers[customer], project);

	t->name = name;
	t->fee_e4 = fee * 10000;
	return t;
}

/* An hour on October 5th of project P1 for a customer. */
static struct test_item *new_item(struct world *w, int customer)
{
	struct test_item *it = &w->items[w->n++];

	assert_true(w->n <= ITEMS);
	*it = (struct test_item){ .customer = &w->customers[customer], .rate = &w->rates[0], .invoice = -1, .pos = -1, .billed_secs = -1 };
	it->entry = (struct entry){ .shape = ENTRY_COMPLETE, .billable = 1, .local_ok = 1, .has_secs = 1, .secs = 3600, .date = day("2026-10-05"),
		.project_id = P1, .project_name = "Relaunch", .task_id = "t1", .task_name = "Design", .user_id = "u1", .user_name = "Ada", .note = "n",
		.updated_on = "2026-10-06T08:00:00Z" };
	snprintf(it->entry.id, sizeof it->entry.id, "aaaaaaaa-0000-4000-8000-%012d", (int)w->n);
	return it;
}

static void collect_fees(struct world *w)
{
	struct err e = ERR_INIT;

	free(w->fees);
	w->fees = NULL;
	assert_int_equal(terms_fees(&w->all, &w->rules.period, &w->fees, &w->rules.nfees, &e), 0);
	w->rules.fees = w->fees;
}

/* Composes, and proves that nothing is lost and every sum can be recomputed. */
static void compose(struct world *w)
{
	struct conserve_totals t = { .fetched = (int64_t)w->n };
	struct err e = ERR_INIT;

	if (compose_all(&w->rules, w->items, w->n, w->pool, &w->plan, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < w->n; i++)
		t.fetched_secs += w->items[i].entry.secs;
	if (prove_all(&w->plan, w->items, w->n, &t, &e) < 0)
		fail_msg("%s", e.msg);
}

/* The plan in words: "Zeta AG|Relaunch late: fee Fixed fee (10/2026) 1500.00 S19; time Relaunch 100.00 S19" and so on, one document per line. */
static const char *told(const struct world *w)
{
	static char text[4000];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < w->plan.n; i++) {
		const struct invoice *v = &w->plan.invoices[i];

		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s:", v->company_name, v->project_id || v->project_name ? "|" : "",
		    v->project_name != NULL ? v->project_name : v->project_id != NULL ? v->project_id : "");
		for (size_t k = 0; k < v->nlines; k++) {
			const struct invoice_line *l = &v->lines[k];

			n += (size_t)snprintf(text + n, sizeof text - n, " %s %lld.%02lld %s%lld%s", l->description, (long long)l->net_minor / 100,
			    (long long)l->net_minor % 100, l->tax_category, (long long)l->tax_pct_e2 / 100, k + 1 < v->nlines ? ";" : "");
		}
		n += (size_t)snprintf(text + n, sizeof text - n, "\n");
		assert_true(n < sizeof text);
	}
	return text;
}

static void fee_with_time(void **state)
{
	struct world w;
	const struct invoice *v;
	const struct invoice_line *l;

	(void)state;
	set_world(&w);
	w.customers[0].language = "de";
	new_item(&w, 0);
	new_fee(&w, 0, NULL, "", 1500)->cost_centre = "K 1";
	collect_fees(&w);
	compose(&w);
	assert_string_equal(told(&w), "Zeta AG: Pauschale (10/2026) 1500.00 S19; Relaunch 100.00 S19\n");
	v = &w.plan.invoices[0];
	l = &v->lines[0];
	assert_true(l->pos == 1 && l->unit == QUANTITY_LUMP && l->quantity == 1 && l->price_e4 == 15000000 && l->entries == 0 && l->secs == 0 &&
	    l->billed_secs == 0 && l->late == 0 && l->from == day("2026-10-01") && l->to == day("2026-10-31"));
	assert_string_equal(l->fee, "22222222-0000-4000-8000-000000000001  2026-10");
	assert_string_equal(l->cost_centre, "K 1");
	assert_true(v->lines[1].fee == NULL && v->lines[1].pos == 2 && w.items[0].pos == 2);
	assert_string_equal(v->lines[1].cost_centre, "K 1");
	assert_true(v->entries == 1 && v->secs == 3600 && v->net_minor == 160000 && v->tax_minor == 30400);
	drop_world(&w);
}

/* Customers without time, several fees each, in the order of numbers. */
static void fees_alone(void **state)
{
	struct world w;

	(void)state;
	set_world(&w);
	w.customers[2].tax_pct_e2 = 700;
	new_fee(&w, 0, NULL, "b", 1);
	new_fee(&w, 0, NULL, "a", 2)->description = "Wartung\n\x01 =1";
	new_fee(&w, 2, NULL, "", 3)->tax_pct_e2 = 1600;
	new_fee(&w, 2, "Shop", "x", 4);
	new_item(&w, 1);
	collect_fees(&w);
	compose(&w);
	assert_string_equal(told(&w), "Acme GmbH: Relaunch 100.00 S19\nAcme GmbH: Fixed fee (10/2026) 3.00 S16; Fixed fee (10/2026) 4.00 S7\n"
	    "Zeta AG: Fixed fee (10/2026) 1.00 S19; Wartung   =1 (10/2026) 2.00 S19\n");
	assert_true(w.items[0].invoice == 0 && w.plan.invoices[1].entries == 0 && w.plan.invoices[1].secs == 0 && w.plan.invoices[1].ntaxes == 2);
	assert_int_equal(w.plan.invoices[1].from, day("2026-10-01"));
	assert_int_equal(w.plan.invoices[1].to, day("2026-10-31"));
	assert_true(w.plan.invoices[1].project_id == NULL && w.plan.invoices[1].project_name == NULL);
	/* No time at all. */
	w.n = 0;
	compose(&w);
	assert_string_equal(told(&w), "Acme GmbH: Fixed fee (10/2026) 3.00 S16; Fixed fee (10/2026) 4.00 S7\n"
	    "Zeta AG: Fixed fee (10/2026) 1.00 S19; Wartung   =1 (10/2026) 2.00 S19\n");
	drop_world(&w);
}

/* A quarter has three; the invoice's period covers what its lines cover. */
static void months(void **state)
{
	struct world w;

	(void)state;
	set_world(&w);
	period_make(day("2026-07-01"), day("2026-10-01"), &w.rules.period);
	new_fee(&w, 0, NULL, "", 10);
	new_fee(&w, 0, NULL, "y", 20)->from = day("2026-08-01");
	collect_fees(&w);
	compose(&w);
	assert_string_equal(told(&w), "Zeta AG: Fixed fee (07/2026) 10.00 S19; Fixed fee (08/2026) 10.00 S19; Fixed fee (09/2026) 10.00 S19; "
	    "Fixed fee (08/2026) 20.00 S19; Fixed fee (09/2026) 20.00 S19\n");
	assert_true(w.plan.invoices[0].from == day("2026-07-01") && w.plan.invoices[0].to == day("2026-09-30"));
	period_make(day("2026-10-16"), day("2026-11-01"), &w.rules.period);
	collect_fees(&w);
	compose(&w);
	assert_true(w.plan.invoices[0].nlines == 2 && w.plan.invoices[0].from == day("2026-10-01") && w.plan.invoices[0].to == day("2026-10-31"));
	period_make(day("2026-10-01"), day("2026-10-16"), &w.rules.period);
	collect_fees(&w);
	compose(&w);
	assert_int_equal(w.plan.n, 0);
	drop_world(&w);
}

/* One invoice per project: a fee goes with its project, by name or id, with time or without; a fee of no project stands alone. */
static void per_project(void **state)
{
	static const struct { const char *project; int item; const char *want; } t[] = {
		{ NULL, 1, "Zeta AG: Fixed fee (10/2026) 50.00 S19\nZeta AG|Relaunch: Relaunch 100.00 S19\n" },
		{ "Relaunch", 1, "Zeta AG|Relaunch: Fixed fee (10/2026) 50.00 S19; Relaunch 100.00 S19\n" },
		{ P1, 1, "Zeta AG|Relaunch: Fixed fee (10/2026) 50.00 S19; Relaunch 100.00 S19\n" },
		{ "Shop", 1, "Zeta AG|Relaunch: Relaunch 100.00 S19\nZeta AG|Shop: Fixed fee (10/2026) 50.00 S19\n" },
		{ "relaunch", 1, "Zeta AG|Relaunch: Relaunch 100.00 S19\nZeta AG|relaunch: Fixed fee (10/2026) 50.00 S19\n" },
		{ P2, 1, "Zeta AG|" P2 ": Fixed fee (10/2026) 50.00 S19\nZeta AG|Relaunch: Relaunch 100.00 S19\n" },
		{ P2, 0, "Zeta AG|" P2 ": Fixed fee (10/2026) 50.00 S19\n" },
		{ "App", 1, "Zeta AG|App: Fixed fee (10/2026) 50.00 S19\nZeta AG|Relaunch: Relaunch 100.00 S19\n" },
		{ NULL, 0, "Zeta AG: Fixed fee (10/2026) 50.00 S19\n" },
		{ "Shop", 0, "Zeta AG|Shop: Fixed fee (10/2026) 50.00 S19\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;

		set_world(&w);
		w.rules.per = PER_PROJECT;
		if (t[i].item)
			new_item(&w, 0);
		new_fee(&w, 0, t[i].project, "", 50);
		collect_fees(&w);
		compose(&w);
		if (strcmp(told(&w), t[i].want) != 0)
			fail_msg("%zu:\n%smust be\n%s", i, told(&w), t[i].want);
		drop_world(&w);
	}
}

/* What the caller knows of the fee's project beside what terms.csv calls it goes onto line and invoice, and decides where it belongs. */
static void per_project_known(void **state)
{
	(void)state;
	for (int by_id = 0; by_id < 2; by_id++)
		for (int with_time = 0; with_time < 2; with_time++) {
			struct world w;
			const struct invoice *v;

			set_world(&w);
			w.rules.per = PER_PROJECT;
			if (with_time)
				new_item(&w, 0);
			new_fee(&w, 0, by_id ? P1 : "Relaunch", "", 50);
			new_fee(&w, 0, by_id ? "Relaunch" : P1, "x", 60);
			new_term(&w, NULL, by_id ? "Relaunch" : P1)->cost_centre = "K1";
			collect_fees(&w);
			for (size_t i = 0; i < w.rules.nfees; i++) {
				assert_true((w.fees[i].project_id == NULL) == (w.fees[i].project_name != NULL));
				w.fees[i].project_id = P1;
				w.fees[i].project_name = "Relaunch";
			}
			compose(&w);
			assert_int_equal(w.plan.n, 1);
			v = &w.plan.invoices[0];
			assert_string_equal(v->project_id, P1);
			assert_string_equal(v->project_name, "Relaunch");
			for (size_t i = 0; i < 2; i++) {
				assert_string_equal(v->lines[i].project_id, P1);
				assert_string_equal(v->lines[i].project_name, "Relaunch");
				assert_string_equal(v->lines[i].cost_centre, "K1");
			}
			drop_world(&w);
		}
}

/* The same project of another customer takes no fee, several fees of one project share its invoice, of two projects of one name the first takes it. */
static void per_project_many(void **state)
{
	struct world w;
	struct test_item *it;

	(void)state;
	set_world(&w);
	w.rules.per = PER_PROJECT;
	new_item(&w, 1);
	new_fee(&w, 0, "Relaunch", "a", 1);
	new_fee(&w, 0, "Relaunch", "b", 2);
	new_fee(&w, 0, NULL, "c", 3);
	new_fee(&w, 0, NULL, "d", 4);
	collect_fees(&w);
	compose(&w);
	assert_string_equal(told(&w), "Acme GmbH|Relaunch: Relaunch 100.00 S19\nZeta AG: Fixed fee (10/2026) 3.00 S19; Fixed fee (10/2026) 4.00 S19\n"
	    "Zeta AG|Relaunch: Fixed fee (10/2026) 1.00 S19; Fixed fee (10/2026) 2.00 S19\n");
	it = new_item(&w, 0);
	it->entry.project_id = "b0000000-0000-4000-8000-000000000007";
	it = new_item(&w, 0);
	it->entry.project_id = "b0000000-0000-4000-8000-000000000006";
	compose(&w);
	assert_int_equal(w.plan.n, 4);
	assert_string_equal(w.plan.invoices[2].project_id, "b0000000-0000-4000-8000-000000000006");
	assert_int_equal(w.plan.invoices[2].nlines, 3);
	assert_string_equal(w.plan.invoices[3].project_id, "b0000000-0000-4000-8000-000000000007");
	assert_int_equal(w.plan.invoices[3].nlines, 1);
	drop_world(&w);
}

/* Late entries: in, apart on lines, apart on an invoice. */
static void late(void **state)
{
	static const struct { enum select_late late; int other; const char *want; } t[] = {
		{ LATE_INCLUDE, 1, "Zeta AG: Fixed fee (10/2026) 5.00 S19; Relaunch 200.00 S19\n" },
		{ LATE_SEPARATE, 1,
		    "Zeta AG: Fixed fee (10/2026) 5.00 S19; Relaunch 100.00 S19; Relaunch (late booking 2026-09-28) 100.00 S19\n" },
		{ LATE_INVOICE, 1, "Zeta AG: Fixed fee (10/2026) 5.00 S19; Relaunch 100.00 S19\nZeta AG: Relaunch 100.00 S19\n" },
		/* A fee is not late: it gets an invoice of its own beside late entries, but not with them. */
		{ LATE_INCLUDE, 0, "Zeta AG: Fixed fee (10/2026) 5.00 S19; Relaunch 100.00 S19\n" },
		{ LATE_SEPARATE, 0, "Zeta AG: Fixed fee (10/2026) 5.00 S19; Relaunch (late booking 2026-09-28) 100.00 S19\n" },
		{ LATE_INVOICE, 0, "Zeta AG: Fixed fee (10/2026) 5.00 S19\nZeta AG: Relaunch 100.00 S19\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int per = PER_CUSTOMER; per <= PER_PROJECT; per++) {
			struct world w;
			const struct invoice *v;
			char want[400] = "";

			set_world(&w);
			w.rules.late = t[i].late;
			w.rules.per = (enum customer_per)per;
			new_item(&w, 0)->late = 1;
			w.items[0].entry.date = day("2026-09-28");
			if (t[i].other)
				new_item(&w, 0);
			new_fee(&w, 0, "Relaunch", "", 5);
			collect_fees(&w);
			compose(&w);
			for (const char *p = t[i].want; *p != '\0'; p++)
				snprintf(want + strlen(want), sizeof want - strlen(want), "%s%c", per == PER_PROJECT && strncmp(p, ": ", 2) == 0 ? "|Relaunch" : "", *p);
			if (strcmp(told(&w), want) != 0)
				fail_msg("%zu %d:\n%smust be\n%s", i, per, told(&w), want);
			v = &w.plan.invoices[w.plan.n - 1];
			if (t[i].late == LATE_INVOICE) {
				/* The late one: its own days, and the run's period. */
				assert_true(v->from == day("2026-09-28") && v->to == day("2026-09-28") && v->lines[0].late == 1 && v->lines[0].fee == NULL);
				assert_int_equal(w.plan.invoices[0].from, day("2026-10-01"));
				assert_string_equal(v->period.label, "2026-10");
			} else {
				assert_true(v->from == day("2026-09-28") && v->to == day("2026-10-31"));
			}
			drop_world(&w);
		}
}

/* The rate card's VAT rate makes lines of its own, for customers of category S alone; a fee's likewise. */
static void tax_rates(void **state)
{
	static const struct { const char *category; int64_t pct; const char *want; } t[] = {
		{ "S", 1900, "Zeta AG: Fixed fee (10/2026) 5.00 S7; Relaunch 100.00 S19; Relaunch 100.00 S16; Relaunch 100.00 S7\n" },
		{ "AE", 0, "Zeta AG: Fixed fee (10/2026) 5.00 AE0; Relaunch 300.00 AE0\n" },
		{ "O", 0, "Zeta AG: Fixed fee (10/2026) 5.00 O0; Relaunch 300.00 O0\n" },
		{ "E", 0, "Zeta AG: Fixed fee (10/2026) 5.00 E0; Relaunch 300.00 E0\n" },
		{ "G", 0, "Zeta AG: Fixed fee (10/2026) 5.00 G0; Relaunch 300.00 G0\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;
		const struct invoice *v;

		set_world(&w);
		strcpy(w.customers[0].tax_category, t[i].category);
		w.customers[0].tax_pct_e2 = t[i].pct;
		w.rates[1].tax_pct_e2 = 700;
		w.rates[2].tax_pct_e2 = 1600;
		for (int k = 0; k < 3; k++)
			new_item(&w, 0)->rate = &w.rates[k];
		new_fee(&w, 0, NULL, "", 5)->tax_pct_e2 = 700;
		collect_fees(&w);
		compose(&w);
		if (strcmp(told(&w), t[i].want) != 0)
			fail_msg("%smust be\n%s", told(&w), t[i].want);
		v = &w.plan.invoices[0];
		assert_int_equal(v->ntaxes, i == 0 ? 3 : 1);
		if (i == 0)
			assert_true(v->taxes[0].pct_e2 == 1900 && v->taxes[1].pct_e2 == 1600 && v->taxes[2].pct_e2 == 700 && v->taxes[2].base_minor == 10500);
		drop_world(&w);
	}
}

/* Discounts are for time alone, by project, and of entries one by one, too. */
static void discounts(void **state)
{
	struct world w;
	const struct invoice *v;
	struct test_item *it;

	(void)state;
	for (int group = GROUP_PROJECT; group <= GROUP_ENTRY; group += GROUP_ENTRY) {
		set_world(&w);
		w.customers[0].group_by = (enum customer_group)group;
		new_item(&w, 0);
		it = new_item(&w, 0);
		it->entry.project_id = P2;
		it->entry.project_name = "Shop";
		it = new_item(&w, 0);
		it->entry.project_id = P2;
		it->entry.project_name = "Shop";
		new_fee(&w, 0, "Shop", "", 500);
		new_term(&w, &w.customers[0], NULL)->discount_e2 = 1000;
		new_term(&w, NULL, "Shop")->discount_e2 = 2500;
		new_term(&w, NULL, P2)->cost_centre = "K2";
		collect_fees(&w);
		compose(&w);
		v = &w.plan.invoices[0];
		assert_int_equal(v->nallowances, 2);
		assert_true(v->allowances[0].base_minor == 10000 && v->allowances[0].amount_minor == 1000);
		assert_true(v->allowances[1].base_minor == 20000 && v->allowances[1].amount_minor == 5000);
		assert_string_equal(v->allowances[0].reason, "Discount 10 %");
		assert_true(v->lines_minor == 80000 && v->allowance_minor == 6000 && v->net_minor == 74000);
		/* The cost centre of the project by its id; the fee names its project otherwise. */
		assert_null(v->lines[1].cost_centre);
		assert_string_equal(v->lines[v->nlines - 1].cost_centre, "K2");
		drop_world(&w);
	}
}

/* Long descriptions give way, the month stays; blanks of a language without words are English. */
static void descriptions(void **state)
{
	char text[301];
	struct world w;

	(void)state;
	set_world(&w);
	memset(text, 'x', 300);
	text[300] = '\0';
	new_fee(&w, 0, NULL, "", 1)->description = text;
	w.customers[1].language = NULL;
	new_fee(&w, 1, NULL, "", 1);
	collect_fees(&w);
	compose(&w);
	assert_int_equal(strlen(w.plan.invoices[1].lines[0].description), 200);
	assert_string_equal(w.plan.invoices[1].lines[0].description + 189, "x (10/2026)");
	assert_string_equal(w.plan.invoices[0].lines[0].description, "Fixed fee (10/2026)");
	drop_world(&w);
}

static void other_currency(void **state)
{
	static const struct { const char *currency; int64_t fee_e4, net; } t[] = { { "JPY", 15000000, 1500 }, { "KWD", 15001230, 1500123 }, { "EUR", 15001200, 150012 } };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct world w;

		set_world(&w);
		w.customers[0].currency = t[i].currency;
		new_fee(&w, 0, NULL, "", 1)->fee_e4 = t[i].fee_e4;
		collect_fees(&w);
		compose(&w);
		assert_int_equal(w.plan.invoices[0].net_minor, t[i].net);
		drop_world(&w);
	}
}

/* All that an invoice's head takes from the customer's newer columns. */
static void head(void **state)
{
	struct world w;
	const struct invoice *v;
	struct customer *c = &w.customers[0];

	(void)state;
	set_world(&w);
	c->order_reference = "PO-7";
	c->contract_reference = "V-3";
	c->note = "Danke";
	c->template = "acme";
	c->formats = FORMAT_XRECHNUNG;
	c->discount_days = 7;
	c->discount_pct_e2 = 250;
	new_item(&w, 0);
	compose(&w);
	v = &w.plan.invoices[0];
	assert_string_equal(v->order_reference, "PO-7");
	assert_string_equal(v->contract_reference, "V-3");
	assert_string_equal(v->note, "Danke");
	assert_string_equal(v->template, "acme");
	assert_true(v->formats == FORMAT_XRECHNUNG && v->discount_days == 7 && v->discount_pct_e2 == 250);
	assert_true(v->cancels == NULL && v->cancels_date == DATE_NONE && v->reason == NULL && v->number == NULL);
	drop_world(&w);
}

static void overflow(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct world w;
		struct compose_plan plan = { NULL, 77 };
		struct err e = ERR_INIT;

		set_world(&w);
		w.customers[0].currency = k == 0 ? "CLF" : "EUR";
		for (int i = 0; i < (k == 0 ? 1 : 3); i++)
			new_fee(&w, 0, NULL, i == 0 ? "a" : i == 1 ? "b" : "c", 1)->fee_e4 = INT64_MAX;
		if (k == 0)
			w.customers[0].tax_pct_e2 = 10000; /* twice the net is too much */
		collect_fees(&w);
		if (k == 1) {
			/* A hundred of them: two decimals take two digits of each. */
			w.n = 0;
			for (int i = 0; i < 3; i++)
				new_item(&w, 0)->entry.secs = INT64_MAX / 2;
		}
		assert_int_equal(compose_all(&w.rules, w.items, w.n, w.pool, &plan, &e), -1);
		assert_int_equal(e.code, ERR_SOFTWARE);
		assert_int_equal(plan.n, 77);
		drop_world(&w);
	}
}

/* Random worlds. */

static const char *const project_ids[] = { P1, P2, "b0000000-0000-4000-8000-000000000003", "b0000000-0000-4000-8000-000000000004" };
static const char *const project_names[] = { "A", "AB", "B", P1 };

static void random_world(struct world *w, uint64_t *seed)
{
	static const char *const periods[][2] = { { "2026-10-01", "2026-11-01" }, { "2026-07-01", "2026-10-01" }, { "2026-10-16", "2026-11-01" },
		{ "2026-10-01", "2026-10-16" }, { "2028-02-01", "2028-03-01" } };
	static const char *const names[] = { "", "a", "b", "Hosting" };
	const char *const *p = periods[below(seed, COUNT(periods))];
	size_t nterms = below(seed, TERMS + 1);

	set_world(w);
	period_make(day(p[0]), day(p[1]), &w->rules.period);
	w->rules.per = (enum customer_per)below(seed, 2);
	w->rules.quantity = (enum customer_quantity)below(seed, 2);
	w->rules.late = (enum select_late)below(seed, 3);
	for (int c = 0; c < 3; c++) {
		w->customers[c].group_by = (enum customer_group)below(seed, 5);
		w->customers[c].rounding = (struct rounding){ (enum rounding_mode)below(seed, 4), (enum rounding_scope)below(seed, 2), 60 * (int64_t)(1 + below(seed, 30)) };
		if (below(seed, 3) == 0) {
			strcpy(w->customers[c].tax_category, "AE");
			w->customers[c].tax_pct_e2 = 0;
		}
		w->customers[c].language = below(seed, 2) ? "de" : "en";
	}
	for (int k = 0; k < 4; k++) {
		/* At most three VAT rates besides the customer's. */
		w->rates[k].tax_pct_e2 = below(seed, 2) ? -1 : below(seed, 2) ? 700 : 1600;
		w->rates[k].price_e4 = below(seed, 3) == 0 ? (int64_t)below(seed, 3) * 50 : 1 + (int64_t)below(seed, 2000000);
	}
	for (size_t i = 0; i < nterms; i++) {
		int c = (int)below(seed, 3);
		const char *project = below(seed, 2) ? NULL : below(seed, 2) ? project_names[below(seed, 4)] : project_ids[below(seed, 4)];
		struct term *t;

		if (below(seed, 2)) {
			t = new_fee(w, c, project, names[below(seed, 4)], 1);
			t->fee_e4 = 1 + (int64_t)below(seed, 30000000);
			t->tax_pct_e2 = below(seed, 2) ? -1 : 700;
			for (size_t k = 0; k < i; k++)
				if (w->terms[k].customer == t->customer && w->terms[k].fee_e4 > 0 && strcmp(w->terms[k].name, t->name) == 0)
					t->fee_e4 = 0; /* terms_check() would refuse it */
		} else {
			t = new_term(w, project != NULL && below(seed, 2) ? NULL : &w->customers[c], project);
			t->discount_e2 = 1 + (int64_t)below(seed, 10000);
			t->description = below(seed, 3) == 0 ? "Treue" : NULL;
			if (t->customer == NULL && t->project == NULL)
				t->customer = &w->customers[0];
		}
		if (below(seed, 3) == 0)
			t->cost_centre = "K";
	}
	w->n = 0;
	for (size_t n = below(seed, ITEMS + 1); n > 0; n--) {
		struct test_item *it = new_item(w, (int)below(seed, 3));
		size_t project = below(seed, 4);

		it->rate = &w->rates[below(seed, 4)];
		it->entry.secs = 1 + (int64_t)below(seed, 30000);
		it->entry.date = w->rules.period.from - 5 + (date_t)below(seed, 20);
		if (it->entry.date >= w->rules.period.to)
			it->entry.date = w->rules.period.to - 1;
		it->late = it->entry.date < w->rules.period.from;
		it->entry.project_id = project_ids[project];
		it->entry.project_name = project_names[below(seed, 2) ? project : 0];
		it->entry.task_id = below(seed, 3) == 0 ? NULL : project_ids[below(seed, 4)];
		it->entry.task_name = it->entry.task_id == NULL ? NULL : project_names[below(seed, 4)];
	}
	collect_fees(w);
}

/* Where each fee stands: exactly one line, on an invoice of its customer that is not of late entries. */
static void fees_are_placed(const struct world *w)
{
	size_t lines = 0;

	for (size_t i = 0; i < w->plan.n; i++)
		for (size_t k = 0; k < w->plan.invoices[i].nlines; k++)
			lines += w->plan.invoices[i].lines[k].fee != NULL;
	assert_int_equal(lines, w->rules.nfees);
	for (size_t f = 0; f < w->rules.nfees; f++) {
		const struct terms_fee *fee = &w->fees[f];
		int found = 0;

		for (size_t i = 0; i < w->plan.n; i++) {
			const struct invoice *v = &w->plan.invoices[i];

			for (size_t k = 0; k < v->nlines; k++) {
				const struct invoice_line *l = &v->lines[k];

				if (l->fee == NULL || strcmp(l->fee, fee->key) != 0)
					continue;
				found++;
				assert_string_equal(v->company_id, fee->customer->company_id);
				assert_true(k == 0 || v->lines[k - 1].fee != NULL); /* before the lines of time */
				assert_true(l->price_e4 == fee->term->fee_e4 && l->from == fee->from && l->to == fee->to);
				assert_int_equal(l->tax_pct_e2, strcmp(fee->customer->tax_category, "S") == 0 && fee->term->tax_pct_e2 >= 0 ? fee->term->tax_pct_e2
					: fee->customer->tax_pct_e2);
				for (size_t m = 0; m < v->nlines; m++)
					assert_true(w->rules.late != LATE_INVOICE || !v->lines[m].late);
				if (w->rules.per == PER_PROJECT && fee->term->project == NULL)
					assert_true(v->project_id == NULL && v->project_name == NULL);
				else if (w->rules.per == PER_PROJECT)
					assert_true((v->project_id != NULL && strcmp(v->project_id, fee->term->project) == 0) ||
					    (v->project_name != NULL && strcmp(v->project_name, fee->term->project) == 0));
				else
					assert_true(v->project_id == NULL && v->project_name == NULL);
			}
		}
		assert_int_equal(found, 1);
	}
	for (size_t i = 0; i < w->plan.n; i++) {
		assert_true(w->plan.invoices[i].nlines > 0);
		for (size_t k = 0; k < i && w->rules.per == PER_CUSTOMER && w->rules.late != LATE_INVOICE; k++)
			assert_string_not_equal(w->plan.invoices[i].company_id, w->plan.invoices[k].company_id);
	}
}

/* Discounts said once more, without groups: per term the sum of its lines, rounded once. */
static void discounts_are_right(const struct world *w)
{
	for (size_t i = 0; i < w->plan.n; i++) {
		const struct invoice *v = &w->plan.invoices[i];
		int64_t want = 0, bases = 0;

		for (size_t t = 0; t < w->all.n; t++) {
			__int128 base = 0;

			for (size_t k = 0; k < v->nlines; k++) {
				const struct customer *c = NULL;

				for (int j = 0; j < 3; j++)
					if (strcmp(w->customers[j].company_id, v->company_id) == 0)
						c = &w->customers[j];
				if (v->lines[k].fee == NULL && w->terms[t].discount_e2 > 0 &&
				    terms_discount(&w->all, &w->rules.period, c, v->lines[k].project_id, v->lines[k].project_name) == &w->terms[t])
					base += v->lines[k].net_minor;
			}
			want += (int64_t)((base * w->terms[t].discount_e2 * 2 + 10000) / 20000);
			bases += (int64_t)base;
		}
		assert_int_equal(v->allowance_minor, want);
		assert_true(v->allowance_minor <= bases);
	}
}

static void tell_invoice(const struct invoice *v, struct buf *out)
{
	facts_write_invoice(v, out);
	buf_ch(out, '\n');
	for (size_t l = 0; l < v->nlines; l++) {
		facts_write_line(&v->lines[l], out);
		buf_ch(out, '\n');
	}
}

static void tell(const struct world *w, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < w->plan.n; i++)
		tell_invoice(&w->plan.invoices[i], out);
	for (size_t i = 0; i < w->n; i++)
		buf_fmt(out, "%s %d %d %lld\n", w->items[i].entry.id, w->items[i].invoice, w->items[i].pos, (long long)w->items[i].billed_secs);
}

/* The copy tells the same and owes nothing to the original. */
static void copy_is_the_same(const struct invoice *v)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct pool *pool = pool_new();
	struct invoice c;
	struct err e = ERR_INIT;

	tell_invoice(v, &a);
	if (facts_copy(v, pool, &c, &e) < 0 || invoice_check(&c, &e) < 0)
		fail_msg("%s", e.msg);
	tell_invoice(&c, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	pool_free(pool);
	buf_free(&a);
	buf_free(&b);
}

static void cancels_out(struct world *w, struct invoice *v)
{
	struct invoice c;
	struct err e = ERR_INIT;
	int64_t base[8] = { 0 };

	v->number = "RE-1";
	if (cancellation_make(v, v->date + 3, "x", w->pool, &c, &e) < 0 || invoice_check(&c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(v->lines_minor + c.lines_minor == 0 && v->allowance_minor + c.allowance_minor == 0 && v->net_minor + c.net_minor == 0 &&
	    v->tax_minor + c.tax_minor == 0 && v->gross_minor + c.gross_minor == 0 && v->secs + c.secs == 0 && v->billed_secs + c.billed_secs == 0);
	assert_true(v->nlines == c.nlines && v->ntaxes == c.ntaxes && v->nallowances == c.nallowances);
	for (size_t i = 0; i < v->nlines; i++)
		assert_true(v->lines[i].net_minor + c.lines[i].net_minor == 0 && v->lines[i].quantity + c.lines[i].quantity == 0);
	for (size_t i = 0; i < v->ntaxes; i++) {
		base[i] = v->taxes[i].base_minor + c.taxes[i].base_minor;
		assert_true(base[i] == 0 && v->taxes[i].tax_minor + c.taxes[i].tax_minor == 0);
	}
	for (size_t i = 0; i < v->nallowances; i++)
		assert_int_equal(v->allowances[i].amount_minor + c.allowances[i].amount_minor, 0);
	copy_is_the_same(&c);
	v->number = NULL;
}

static void plans(void **state)
{
	uint64_t seed = 20261121;
	size_t fees = 0, discounted = 0, only = 0;

	(void)state;
	for (int round = 0; round < 1200; round++) {
		struct world w;

		random_world(&w, &seed);
		compose(&w);
		fees_are_placed(&w);
		discounts_are_right(&w);
		for (size_t i = 0; i < w.plan.n; i++) {
			struct invoice *v = &w.plan.invoices[i];

			copy_is_the_same(v);
			cancels_out(&w, v);
			discounted += v->nallowances > 0;
			only += v->entries == 0;
		}
		fees += w.rules.nfees;
		drop_world(&w);
	}
	assert_true(fees > 1500 && discounted > 600 && only > 300);
}

/* The order of entries changes nothing. */
static void order_of_items(void **state)
{
	uint64_t seed = 42;
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	for (int round = 0; round < 250; round++) {
		struct world w;
		struct test_item fresh[ITEMS];

		random_world(&w, &seed);
		memcpy(fresh, w.items, sizeof fresh);
		compose(&w);
		tell(&w, &a);
		for (int again = 0; again < 3; again++) {
			shuffle(fresh, w.n, sizeof *fresh, &seed);
			memcpy(w.items, fresh, sizeof fresh);
			compose(&w);
			tell(&w, &b);
			assert_string_equal(buf_text(&a), buf_text(&b));
		}
		drop_world(&w);
	}
	buf_free(&a);
	buf_free(&b);
}

/* Nor does the order of the rows in terms.csv, but that the fees of an invoice stand in it: the same documents with the same sums. */
static void order_of_fees(void **state)
{
	uint64_t seed = 4711;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct world w;
		struct test_item fresh[ITEMS];
		struct compose_plan first;

		random_world(&w, &seed);
		memcpy(fresh, w.items, sizeof fresh);
		compose(&w);
		first = w.plan;
		for (int again = 0; again < 3; again++) {
			shuffle(w.fees, w.rules.nfees, sizeof *w.fees, &seed);
			memcpy(w.items, fresh, sizeof fresh);
			compose(&w);
			fees_are_placed(&w);
			assert_int_equal(w.plan.n, first.n);
			for (size_t i = 0; i < first.n; i++) {
				struct buf a = BUF_INIT, b = BUF_INIT;

				/* All but the lines: parties, periods, discounts, VAT, sums. */
				facts_write_invoice(&first.invoices[i], &a);
				facts_write_invoice(&w.plan.invoices[i], &b);
				assert_string_equal(buf_text(&a), buf_text(&b));
				assert_int_equal(first.invoices[i].nlines, w.plan.invoices[i].nlines);
				for (size_t k = 0; k < first.invoices[i].nlines; k++)
					if (first.invoices[i].lines[k].fee == NULL) {
						buf_reset(&a);
						buf_reset(&b);
						facts_write_line(&first.invoices[i].lines[k], &a);
						facts_write_line(&w.plan.invoices[i].lines[k], &b);
						assert_string_equal(buf_text(&a), buf_text(&b));
					}
				buf_free(&a);
				buf_free(&b);
			}
		}
		drop_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fee_with_time),
		cmocka_unit_test(fees_alone),
		cmocka_unit_test(months),
		cmocka_unit_test(per_project),
		cmocka_unit_test(per_project_known),
		cmocka_unit_test(per_project_many),
		cmocka_unit_test(late),
		cmocka_unit_test(tax_rates),
		cmocka_unit_test(discounts),
		cmocka_unit_test(descriptions),
		cmocka_unit_test(other_currency),
		cmocka_unit_test(head),
		cmocka_unit_test(overflow),
		cmocka_unit_test(plans),
		cmocka_unit_test(order_of_items),
		cmocka_unit_test(order_of_fees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
