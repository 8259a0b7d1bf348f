/* select, customer. */
#include "test_billing_common.h"

#include "billing/select.h"

static const char company_id[] = "22222222-0000-4000-8000-000000000002", project_id[] = "11111111-0000-4000-8000-000000000001";
static const char empty_id[] = "22222222-0000-4000-8000-000000000001", hold_id[] = "22222222-0000-4000-8000-000000000003";

/* A billable entry with all that it depends on; tests spoil one or several parts. */
struct scene {
	struct select_rules rules;
	struct customer customers[3];
	struct customer_table table;
	struct rate rates[2];
	struct rate_card card;
	struct entry x;
	const char *excluded[2], *retainer[2];
	int claimed, asked;
};

static int on_claimed(void *ctx, const char *id, struct err *e)
{
	struct scene *s = ctx;

	s->asked++;
	assert_string_equal(id, "aaaaaaaa-0000-4000-8000-00000000000a");
	return s->claimed < 0 ? err_set(e, ERR_IO, "the ledger cannot be read") : s->claimed;
}

static struct customer customer_of(const char *id)
{
	return (struct customer){ .company_id = id,
		.party = { .name = "Acme GmbH", .street = "Weg 1", .zip = "10115", .city = "Berlin", .country = "DE" },
		.currency = "EUR",
		.tax_category = "S" };
}

static void set_scene(struct scene *s)
{
	memset(s, 0, sizeof *s);
	s->customers[0] = customer_of(empty_id);
	s->customers[0].party.zip = NULL;
	s->customers[1] = customer_of(company_id);
	s->customers[2] = customer_of(hold_id);
	s->customers[2].hold = "contract open";
	s->table = (struct customer_table){ s->customers, 3 };
	s->rates[0] = (struct rate){ .from = DATE_NONE, .to = DATE_NONE, .price_e4 = 950000, .currency = "EUR" };
	s->rates[1] = (struct rate){ .user = "Ada Lovelace", .from = DATE_NONE, .to = DATE_NONE, .price_e4 = 1000000, .currency = "EUR" };
	s->card = (struct rate_card){ s->rates, 2 };
	s->excluded[0] = "11111111-0000-4000-8000-00000000000e";
	s->excluded[1] = "Internal";
	s->retainer[0] = "11111111-0000-4000-8000-00000000000c";
	s->retainer[1] = "11111111-0000-4000-8000-00000000000d";
	s->rules = (struct select_rules){ .customers = &s->table,
		.rates = &s->card,
		.late = LATE_INCLUDE,
		.excluded_projects = s->excluded,
		.nexcluded = 2,
		.retainer_projects = s->retainer,
		.nretainer = 2,
		.claimed = on_claimed,
		.claimed_ctx = s };
	period_make(day("2026-10-01"), day("2026-11-01"), &s->rules.period);
	s->x = (struct entry){ .id = "aaaaaaaa-0000-4000-8000-00000000000a",
		.shape = ENTRY_COMPLETE,
		.billable = 1,
		.local_ok = 1,
		.has_secs = 1,
		.secs = 3600,
		.date = day("2026-10-05"),
		.company_id = company_id,
		.company_name = "Acme GmbH",
		.project_id = project_id,
		.project_name = "Relaunch",
		.user_id = "33333333-0000-4000-8000-000000000003",
		.user_name = "Bob" };
}

static const char *verdict(struct scene *s, struct select_verdict *v)
{
	struct err e = ERR_INIT;

	memset(v, 0x55, sizeof *v);
	assert_int_equal(select_entry(&s->rules, &s->x, v, &e), 0);
	return v->held;
}

static void is(struct scene *s, const char *want)
{
	struct select_verdict v;
	const char *held = verdict(s, &v);

	if (want == NULL ? held != NULL : held == NULL || strcmp(held, want) != 0)
		fail_msg("held is %s, must be %s", held == NULL ? "nothing" : held, want == NULL ? "nothing" : want);
}

static void billable(void **state)
{
	struct scene s;
	struct select_verdict v;

	(void)state;
	set_scene(&s);
	assert_null(verdict(&s, &v));
	assert_ptr_equal(v.customer, &s.customers[1]);
	assert_ptr_equal(v.rate, &s.rates[0]);
	assert_int_equal(v.late, 0);
	assert_int_equal(s.asked, 1);
	s.x.shape = ENTRY_DURATION_ONLY;
	is(&s, NULL);
	s.x.secs = 1;
	s.x.user_id = s.x.user_name = NULL; /* deleted */
	is(&s, NULL);
	s.rules.claimed = NULL;
	is(&s, NULL);
	s.rules.nexcluded = s.rules.nretainer = 0;
	s.rules.excluded_projects = s.rules.retainer_projects = NULL;
	is(&s, NULL);
}

/* One spoiler per reason; `mend` undoes it. In the order in which select names them. */
static void claim(struct scene *s, int on) { s->claimed = on; }
static void no_date(struct scene *s, int on) { s->x.date = on ? DATE_NONE : day("2026-09-30"); }
static void running(struct scene *s, int on) { s->x.shape = on ? ENTRY_RUNNING : ENTRY_OPEN_END; }
static void no_duration(struct scene *s, int on) { s->x.secs = on ? 0 : 3600; }
static void open_end(struct scene *s, int on) { s->x.shape = on ? ENTRY_OPEN_END : ENTRY_COMPLETE; }
static void unclear(struct scene *s, int on) { s->x.local_ok = !on; }
static void external(struct scene *s, int on) { s->x.external = on != 0; }
static void no_project(struct scene *s, int on)
{
	s->x.project_id = on ? NULL : "11111111-0000-4000-8000-00000000000d";
	s->x.project_name = on ? NULL : "Internal";
}
static void no_company(struct scene *s, int on) { s->x.company_id = on ? NULL : "22222222-0000-4000-8000-000000000009"; }
static void excluded(struct scene *s, int on) { s->x.project_name = on ? "Internal" : "Relaunch"; }
static void retainer(struct scene *s, int on) { s->x.project_id = on ? "11111111-0000-4000-8000-00000000000d" : project_id; }
static void no_customer(struct scene *s, int on) { s->x.company_id = on ? "22222222-0000-4000-8000-000000000009" : hold_id; }
static void on_hold(struct scene *s, int on)
{
	s->customers[2].hold = on ? "x" : NULL;
	s->customers[2].party.city = NULL;
}
static void incomplete(struct scene *s, int on) { s->customers[2].party.city = on ? NULL : "Berlin"; }
static void late(struct scene *s, int on)
{
	s->rules.late = LATE_HOLD;
	s->x.date = on ? day("2026-09-30") : day("2026-10-01");
}
static void no_rate(struct scene *s, int on) { s->rates[0].from = s->rates[1].from = on ? day("2027-01-01") : DATE_NONE; }
static void tie(struct scene *s, int on) { s->rates[1].user = on ? NULL : "Ada Lovelace"; }
static void currency(struct scene *s, int on) { s->rates[0].currency = s->rates[1].currency = on ? "CHF" : "EUR"; }

static const struct {
	const char *held;
	void (*spoil)(struct scene *s, int on);
} reasons[] = {
	{ HELD_ON_INVOICE, claim },
	{ HELD_NO_DATE, no_date },
	{ HELD_RUNNING, running },
	{ HELD_NO_DURATION, no_duration },
	{ HELD_OPEN_END, open_end },
	{ HELD_DATE_UNCLEAR, unclear },
	{ HELD_EXTERNAL, external },
	{ HELD_NO_PROJECT, no_project },
	{ HELD_NO_COMPANY, no_company },
	{ HELD_EXCLUDED, excluded },
	{ HELD_RETAINER, retainer },
	{ HELD_NO_CUSTOMER, no_customer },
	{ HELD_ON_HOLD, on_hold },
	{ HELD_CUSTOMER_INCOMPLETE, incomplete },
	{ HELD_LATE, late },
	{ HELD_NO_RATE, no_rate },
	{ HELD_RATE_TIE, tie },
	{ HELD_CURRENCY, currency },
};

static void each_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct scene s;

		set_scene(&s);
		if (reasons[i].spoil == on_hold || reasons[i].spoil == incomplete) {
			s.x.company_id = hold_id;
			s.customers[2].hold = NULL;
		}
		reasons[i].spoil(&s, 1);
		is(&s, reasons[i].held);
	}
}

/* Everything is wrong at once; mended one by one, the next reason shows. */
static void order(void **state)
{
	struct scene s;

	(void)state;
	set_scene(&s);
	for (size_t i = COUNT(reasons); i-- > 0;)
		reasons[i].spoil(&s, 1);
	for (size_t i = 0; i < COUNT(reasons); i++) {
		is(&s, reasons[i].held);
		reasons[i].spoil(&s, 0);
	}
	is(&s, NULL);
}

static void variants(void **state)
{
	struct scene s;

	(void)state;
	set_scene(&s);
	s.x.secs = -60;
	is(&s, HELD_NO_DURATION);
	s.x.secs = 3600;
	s.x.has_secs = 0;
	is(&s, HELD_NO_DURATION);

	set_scene(&s);
	s.x.task_private = 1;
	is(&s, HELD_NO_PROJECT);

	set_scene(&s);
	s.x.project_id = "11111111-0000-4000-8000-00000000000e";
	is(&s, HELD_EXCLUDED);
	s.x.project_id = project_id;
	s.x.project_name = NULL;
	is(&s, NULL);
	s.x.project_name = "internal";
	is(&s, NULL);

	set_scene(&s);
	s.x.external = 1;
	s.rules.bill_external = 1;
	is(&s, NULL);
	s.x.project_id = s.retainer[0];
	is(&s, HELD_RETAINER);
	s.rules.bill_retainer = 1;
	is(&s, NULL);

	set_scene(&s);
	s.x.company_id = empty_id;
	is(&s, HELD_CUSTOMER_INCOMPLETE);
	s.customers[0].hold = "x";
	is(&s, HELD_ON_HOLD);

	set_scene(&s);
	s.x.user_name = "Ada Lovelace";
	s.rates[1].currency = "CHF";
	is(&s, HELD_CURRENCY);
	s.rates[1].currency = "EUR";
	s.rates[0].currency = "CHF"; /* of a row that loses */
	is(&s, NULL);
}

static void late_entries(void **state)
{
	static const struct {
		const char *date;
		enum select_late rule;
		const char *held;
		int late;
	} t[] = {
		{ "2026-09-30", LATE_INCLUDE, NULL, 1 },
		{ "2026-09-30", LATE_SEPARATE, NULL, 1 },
		{ "2026-09-30", LATE_HOLD, HELD_LATE, 1 },
		{ "2026-10-01", LATE_INCLUDE, NULL, 0 },
		{ "2026-10-01", LATE_SEPARATE, NULL, 0 },
		{ "2026-10-01", LATE_HOLD, NULL, 0 },
		{ "2026-10-31", LATE_HOLD, NULL, 0 },
		{ "2019-01-01", LATE_HOLD, HELD_LATE, 1 },
		{ NULL, LATE_INCLUDE, HELD_NO_DATE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct scene s;
		struct select_verdict v;

		set_scene(&s);
		s.x.date = day(t[i].date);
		s.rules.late = t[i].rule;
		is(&s, t[i].held);
		verdict(&s, &v);
		assert_int_equal(v.late, t[i].late);
	}
}

static void claim_fails(void **state)
{
	struct scene s;
	struct select_verdict v;
	struct err e = ERR_INIT;

	(void)state;
	set_scene(&s);
	s.claimed = -1;
	assert_int_equal(select_entry(&s.rules, &s.x, &v, &e), -1);
	assert_int_equal(e.code, ERR_IO);
}

/* Each reason has its own advice; the words are what scripts rely on. */
static void advice(void **state)
{
	static const char *const words[] = { "on_invoice", "no_date", "running", "no_duration", "open_end", "date_unclear", "external",
		"no_project", "no_company", "excluded", "retainer", "no_customer", "on_hold", "customer_incomplete", "late", "no_rate",
		"rate_tie", "currency" };

	(void)state;
	assert_int_equal(COUNT(words), COUNT(reasons));
	for (size_t i = 0; i < COUNT(words); i++) {
		assert_string_equal(reasons[i].held, words[i]);
		assert_true(strlen(select_advice(words[i])) > 10);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(select_advice(words[i]), select_advice(words[k]));
	}
	assert_string_equal(select_advice("another"), "");
}

static void missing(void **state)
{
	static const struct {
		size_t offset;
		const char *want;
	} t[] = {
		{ offsetof(struct party, name), "legal_name (BT-44)" },
		{ offsetof(struct party, street), "street (BT-50)" },
		{ offsetof(struct party, zip), "zip (BT-53)" },
		{ offsetof(struct party, city), "city (BT-52)" },
		{ offsetof(struct party, country), "country (BT-55)" },
		{ offsetof(struct party, vat_id), "vat_id (BT-48)" },
	};
	struct customer c = customer_of(company_id), none = { .tax_category = "AE" };
	const struct party seller = { .name = "Studio" };
	const struct complete_rules rules = { &seller, NULL };
	struct buf b = BUF_INIT;

	(void)state;
	complete_customer(&c, &rules, &b);
	assert_string_equal(buf_text(&b), "");
	strcpy(c.tax_category, "AE");
	c.party.vat_id = "ATU12345678";
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customer one = c;

		*(const char **)(void *)((char *)&one.party + t[i].offset) = NULL;
		buf_reset(&b);
		complete_customer(&one, &rules, &b);
		assert_string_equal(buf_text(&b), t[i].want);
	}
	buf_reset(&b);
	complete_customer(&none, &rules, &b);
	assert_string_equal(buf_text(&b), "legal_name (BT-44), street (BT-50), zip (BT-53), city (BT-52), country (BT-55), vat_id (BT-48)");
	buf_free(&b);
}

static void find(void **state)
{
	struct customer v[7];
	struct customer_table t = { v, 0 };
	char ids[7][37];

	(void)state;
	assert_null(customer_find(&t, company_id));
	for (; t.n < 7; t.n++) {
		snprintf(ids[t.n], sizeof ids[t.n], "%08x-0000-4000-8000-000000000000", (unsigned)t.n * 2 + 1);
		v[t.n] = customer_of(ids[t.n]);
	}
	for (size_t i = 0; i < 7; i++)
		assert_ptr_equal(customer_find(&t, ids[i]), &v[i]);
	assert_null(customer_find(&t, "00000000-0000-4000-8000-000000000000"));
	assert_null(customer_find(&t, "00000002-0000-4000-8000-000000000000"));
	assert_null(customer_find(&t, "ffffffff-0000-4000-8000-000000000000"));
	assert_null(customer_find(&t, ""));
	assert_null(customer_find(&t, NULL));
}

static void words(void **state)
{
	static const char *const groups[] = { "project", "project_task", "project_user", "project_type_of_work", "entry" };
	static const char *const quantities[] = { "hours", "minutes" }, *const pers[] = { "customer", "project" };
	static const char *const categories[] = { "S", "AE", "E", "O", "G" },
				 *const bad[] = { "", "s", "Z", "K", "AE ", "projects", "hour", "Entry", "customers" };
	enum customer_group g;
	enum customer_per p;
	enum customer_quantity q;

	(void)state;
	for (size_t i = 0; i < COUNT(groups); i++) {
		assert_int_equal(customer_group_parse(groups[i], &g), 0);
		assert_int_equal(g, i);
		assert_string_equal(customer_group_name(g), groups[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(customer_per_parse(pers[i], &p) | customer_quantity_parse(quantities[i], &q), 0);
		assert_true((size_t)p == i && (size_t)q == i);
		assert_string_equal(customer_quantity_name(q), quantities[i]);
	}
	for (size_t i = 0; i < COUNT(categories); i++)
		assert_true(customer_tax_category_ok(categories[i]));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_true(
		    customer_group_parse(bad[i], &g) < 0 && customer_per_parse(bad[i], &p) < 0 && customer_quantity_parse(bad[i], &q) < 0);
		assert_false(customer_tax_category_ok(bad[i]));
	}
	assert_true(g == GROUP_ENTRY && p == PER_PROJECT && q == QUANTITY_MINUTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(billable),
		cmocka_unit_test(each_reason),
		cmocka_unit_test(order),
		cmocka_unit_test(variants),
		cmocka_unit_test(late_entries),
		cmocka_unit_test(claim_fails),
		cmocka_unit_test(advice),
		cmocka_unit_test(missing),
		cmocka_unit_test(find),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
