/* terms: which discount, cost centre and fixed fees hold for a period. */
#include "test_billing_common.h"

#include "billing/terms.h"

static const struct customer acme = { .company_id = "22222222-0000-4000-8000-000000000001", .party = { .name = "Acme" }, .currency = "EUR" };
static const struct customer zeta = { .company_id = "22222222-0000-4000-8000-000000000002", .party = { .name = "Zeta" }, .currency = "EUR" };

static struct term term(const struct customer *c, const char *project, const char *from, const char *to)
{
	return (struct term){ .line = 2, .customer = c, .project = project, .from = day(from), .to = day(to), .name = "", .tax_pct_e2 = -1 };
}

static struct period period(const char *from, const char *last)
{
	struct period p;

	period_make(day(from), day(last) + 1, &p);
	return p;
}

/* The project beats the company, both beat one; ids and names are exact. */
static void rank(void **state)
{
	static const struct {
		const char *project_id, *project_name;
		const struct customer *c;
		int64_t want; /* percentage of the row, 0: none */
	} t[] = {
		{ "p1", "Relaunch", &acme, 4 },
		{ "p1", "Relaunch", &zeta, 3 },
		{ "p9", "Relaunch", &acme, 1 },
		{ "p2", "Shop", &acme, 1 },
		{ "p2", "Shop", &zeta, 0 },
		{ "p3", "App", &acme, 5 },
		{ "p3", NULL, &acme, 1 },
		{ NULL, "App", &acme, 5 },
		{ NULL, "app", &acme, 1 },
		{ NULL, NULL, &acme, 1 },
		{ "App", "x", &acme, 5 },
		{ "Relaunch", NULL, &zeta, 0 },
	};
	struct period p = period("2026-10-01", "2026-10-31");
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int again = 0; again < 5; again++) {
			struct term v[] = { term(&acme, NULL, NULL, NULL), term(&zeta, "other", NULL, NULL), term(NULL, "p1", NULL, NULL),
				term(&acme, "p1", NULL, NULL), term(NULL, "App", NULL, NULL), term(&acme, "p1", NULL, NULL) };
			struct terms all = { v, COUNT(v) };
			const struct term *found;
			const char *centre;
			char want[4];

			for (int k = 0; k < 5; k++) {
				v[k].discount_e2 = k + 1;
				v[k].cost_centre = &"1\0002\0003\0004\0005"[2 * k];
			}
			/* The last row says nothing about either. */
			shuffle(v, COUNT(v), sizeof *v, &seed);
			found = terms_discount(&all, &p, t[i].c, t[i].project_id, t[i].project_name);
			centre = terms_cost_centre(&all, &p, t[i].c, t[i].project_id, t[i].project_name);
			if ((found == NULL ? 0 : found->discount_e2) != t[i].want)
				fail_msg("%zu: %lld", i, (long long)(found == NULL ? 0 : found->discount_e2));
			if (t[i].want == 0) {
				assert_null(centre);
				continue;
			}
			snprintf(want, sizeof want, "%d", (int)t[i].want);
			assert_string_equal(centre, want);
		}
	assert_null(terms_discount(NULL, &p, &acme, "p1", NULL));
	assert_null(terms_cost_centre(NULL, &p, &acme, "p1", NULL));
	assert_null(terms_discount(&(struct terms){ NULL, 0 }, &p, &acme, "p1", NULL));
}

/* The last day of the period decides, both borders included. */
static void validity(void **state)
{
	static const struct { const char *from, *to; int holds; } t[] = { { NULL, NULL, 1 }, { "2026-10-31", NULL, 1 }, { "2026-11-01", NULL, 0 },
		{ NULL, "2026-10-31", 1 }, { NULL, "2026-10-30", 0 }, { "2026-10-31", "2026-10-31", 1 }, { "2026-10-01", "2026-10-30", 0 },
		{ "2020-01-01", "2030-01-01", 1 } };
	struct period p = period("2026-10-01", "2026-10-31");

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct term v = term(&acme, NULL, t[i].from, t[i].to);
		struct terms all = { &v, 1 };

		v.discount_e2 = 500;
		v.cost_centre = "K";
		assert_int_equal(terms_discount(&all, &p, &acme, NULL, NULL) != NULL, t[i].holds);
		assert_int_equal(terms_cost_centre(&all, &p, &acme, NULL, NULL) != NULL, t[i].holds);
	}
}

static struct terms_fee *due(const struct terms *t, const struct period *p, size_t *n)
{
	struct terms_fee *v = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(terms_fees(t, p, &v, n, &e), 0);
	return v;
}

/* Months that a fee is due for, "" for none: by period and validity. */
static void months(void **state)
{
	static const struct { const char *from, *last, *valid_from, *valid_to, *want; } t[] = {
		{ "2026-10-01", "2026-10-31", NULL, NULL, "2026-10" },
		{ "2026-07-01", "2026-09-30", NULL, NULL, "2026-07 2026-08 2026-09" },
		{ "2026-01-01", "2026-12-31", NULL, NULL,
		    "2026-01 2026-02 2026-03 2026-04 2026-05 2026-06 2026-07 2026-08 2026-09 2026-10 2026-11 2026-12" },
		{ "2026-12-01", "2027-01-31", NULL, NULL, "2026-12 2027-01" },
		/* Half months: the fee goes with the half that ends the month. */
		{ "2026-10-01", "2026-10-15", NULL, NULL, "" },
		{ "2026-10-16", "2026-10-31", NULL, NULL, "2026-10" },
		{ "2026-10-01", "2026-10-30", NULL, NULL, "" },
		{ "2026-10-31", "2026-10-31", NULL, NULL, "2026-10" },
		{ "2026-10-15", "2026-11-14", NULL, NULL, "2026-10" },
		{ "2026-09-20", "2026-11-29", NULL, NULL, "2026-09 2026-10" },
		{ "2026-09-20", "2026-11-30", NULL, NULL, "2026-09 2026-10 2026-11" },
		{ "2026-10-05", "2026-10-05", NULL, NULL, "" },
		/* February. */
		{ "2028-02-01", "2028-02-28", NULL, NULL, "" },
		{ "2028-02-01", "2028-02-29", NULL, NULL, "2028-02" },
		{ "2028-02-29", "2028-02-29", NULL, NULL, "2028-02" },
		{ "2027-02-01", "2027-02-28", NULL, NULL, "2027-02" },
		{ "2100-02-01", "2100-02-28", NULL, NULL, "2100-02" },
		{ "2000-02-01", "2000-02-28", NULL, NULL, "" },
		/* Validity: the whole month. */
		{ "2026-07-01", "2026-09-30", "2026-08-01", NULL, "2026-08 2026-09" },
		{ "2026-07-01", "2026-09-30", "2026-08-02", NULL, "2026-09" },
		{ "2026-07-01", "2026-09-30", NULL, "2026-08-31", "2026-07 2026-08" },
		{ "2026-07-01", "2026-09-30", NULL, "2026-08-30", "2026-07" },
		{ "2026-07-01", "2026-09-30", "2026-08-01", "2026-08-31", "2026-08" },
		{ "2026-07-01", "2026-09-30", "2026-08-02", "2026-09-29", "" },
		{ "2026-07-01", "2026-09-30", "2026-10-01", NULL, "" },
		{ "2026-07-01", "2026-09-30", NULL, "2026-06-30", "" },
		{ "2028-02-01", "2028-02-29", "2028-02-01", "2028-02-28", "" },
		{ "2028-02-01", "2028-02-29", "2028-02-01", "2028-02-29", "2028-02" },
		/* A period that begins within the month does not shorten what must be valid. */
		{ "2026-10-16", "2026-10-31", "2026-10-16", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct period p = period(t[i].from, t[i].last);
		struct term row = term(&acme, NULL, t[i].valid_from, t[i].valid_to);
		char got[200] = "", key[128];
		struct terms_fee *v;
		size_t n = 77;

		row.fee_e4 = 15000000;
		row.name = "Hosting";
		v = due(&(struct terms){ &row, 1 }, &p, &n);
		for (size_t k = 0; k < n; k++) {
			char iso[16];

			date_fmt(iso, v[k].from);
			snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.7s", k == 0 ? "" : " ", iso);
			assert_string_equal(iso + 7, "-01");
			assert_int_equal(v[k].to, date_month_start(v[k].from, 1) - 1);
			snprintf(key, sizeof key, "%s Hosting %.7s", acme.company_id, iso);
			assert_string_equal(v[k].key, key);
			assert_true(v[k].term == &row && v[k].customer == &acme);
		}
		if (strcmp(got, t[i].want) != 0)
			fail_msg("%s..%s %s..%s: '%s', must be '%s'", t[i].from, t[i].last, t[i].valid_from == NULL ? "" : t[i].valid_from,
			    t[i].valid_to == NULL ? "" : t[i].valid_to, got, t[i].want);
		free(v);
	}
}

/* Whatever way a year is cut into periods, each month's fee is due once. */
static void once_per_month(void **state)
{
	uint64_t seed = 20261121;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		date_t at = date_from_ymd(2026 + (int)below(&seed, 4), 1, 1), end;
		struct term row[2] = { term(&acme, NULL, NULL, NULL), term(&zeta, "P", NULL, NULL) };
		char keys[80][128];
		size_t nkeys = 0;

		row[0].fee_e4 = row[1].fee_e4 = 10000;
		end = date_month_start(at, 12);
		while (at < end) {
			date_t to = at + 1 + (date_t)below(&seed, below(&seed, 2) ? 100 : 20);
			struct period p;
			struct terms_fee *v;
			size_t n;

			to = to > end ? end : to;
			period_make(at, to, &p);
			v = due(&(struct terms){ row, 2 }, &p, &n);
			for (size_t i = 0; i < n; i++) {
				assert_true(v[i].to >= p.from && v[i].to < p.to);
				for (size_t k = 0; k < nkeys; k++)
					assert_string_not_equal(keys[k], v[i].key);
				memcpy(keys[nkeys++], v[i].key, sizeof *keys);
			}
			free(v);
			at = to;
		}
		assert_int_equal(nkeys, 24);
	}
}

/* By customer's name, id, row, month, in whatever order the rows stand; rows without a fee or a company give none. */
static void order(void **state)
{
	static const char *const want[] = { "A1 b 2026-09", "A1 b 2026-10", "A1  2026-09", "A1  2026-10", "A2  2026-09", "A2  2026-10", "A3 z 2026-09",
		"A3 z 2026-10" };
	struct customer c[4] = { { .company_id = "A1", .party = { .name = NULL } }, { .company_id = "A2", .party = { .name = "M" } },
		{ .company_id = "A3", .party = { .name = "M" } }, { .company_id = "A0", .party = { .name = "Z" } } };
	struct period p = period("2026-09-01", "2026-10-31");
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct term v[] = { term(&c[0], NULL, NULL, NULL), term(&c[0], NULL, NULL, NULL), term(&c[1], NULL, NULL, NULL), term(&c[2], NULL, NULL, NULL),
			term(NULL, "P", NULL, NULL), term(&c[3], NULL, NULL, NULL) };
		struct terms_fee *fee;
		size_t n;

		for (size_t i = 0; i < COUNT(v); i++) {
			v[i].line = 10 + (int)i;
			v[i].fee_e4 = i == 5 ? 0 : 10000;
		}
		v[0].name = "b";
		v[3].name = "z";
		v[3].line = 2; /* the id goes before the row */
		shuffle(v, COUNT(v), sizeof *v, &seed);
		fee = due(&(struct terms){ v, COUNT(v) }, &p, &n);
		assert_int_equal(n, COUNT(want));
		for (size_t i = 0; i < n; i++)
			assert_string_equal(fee[i].key, want[i]);
		free(fee);
	}
}

/* The longest name that terms.csv takes leaves the key whole: it tells fees apart. */
static void long_names(void **state)
{
	char name[41];
	struct term v[2] = { term(&acme, NULL, NULL, NULL), term(&acme, NULL, NULL, NULL) };
	struct period p = period("2026-10-01", "2026-10-31");
	struct terms_fee *fee;
	size_t n;

	(void)state;
	memset(name, 'n', 40);
	name[40] = '\0';
	v[0].name = name;
	v[0].fee_e4 = v[1].fee_e4 = 1;
	fee = due(&(struct terms){ v, 2 }, &p, &n);
	assert_int_equal(n, 2);
	assert_int_equal(strlen(fee[0].key), 36 + 1 + 40 + 1 + 7);
	assert_string_equal(fee[0].key + 78, "2026-10");
	assert_string_not_equal(fee[0].key, fee[1].key);
	free(fee);
}

static void none(void **state)
{
	struct period p = period("2026-10-01", "2026-10-31");
	struct terms_fee *v = (struct terms_fee *)&p;
	size_t n = 77;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(terms_fees(&(struct terms){ NULL, 0 }, &p, &v, &n, &e), 0);
	assert_int_equal(n, 0);
	free(v);
}

enum { DISCOUNT = 1, FEE = 2, CENTRE = 4 };

static void contradictions(void **state)
{
	static const struct {
		struct { const struct customer *c; const char *project, *from, *to; int what; const char *name; } row[2];
		const char *says; /* NULL: nothing */
	} t[] = {
		{ { { &acme, NULL, NULL, NULL, DISCOUNT, "" }, { &acme, NULL, NULL, NULL, DISCOUNT, "" } }, "terms.csv:3: a second discount for what line 2 names" },
		{ { { &acme, NULL, NULL, NULL, DISCOUNT, "" }, { &zeta, NULL, NULL, NULL, DISCOUNT, "" } }, NULL },
		{ { { &acme, NULL, NULL, NULL, DISCOUNT, "" }, { &acme, "p", NULL, NULL, DISCOUNT, "" } }, NULL },
		{ { { NULL, "p", NULL, NULL, DISCOUNT, "" }, { NULL, "p", NULL, NULL, DISCOUNT, "" } }, "terms.csv:3: a second discount" },
		{ { { NULL, "p", NULL, NULL, DISCOUNT, "" }, { NULL, "q", NULL, NULL, DISCOUNT, "" } }, NULL },
		{ { { NULL, "p", NULL, NULL, DISCOUNT, "" }, { &acme, "p", NULL, NULL, DISCOUNT, "" } }, NULL },
		{ { { &acme, NULL, NULL, NULL, CENTRE, "" }, { &acme, NULL, NULL, NULL, CENTRE, "" } }, "terms.csv:3: a second cost_centre for what line 2 names" },
		{ { { &acme, NULL, NULL, NULL, DISCOUNT, "" }, { &acme, NULL, NULL, NULL, CENTRE | FEE, "" } }, NULL },
		{ { { &acme, NULL, NULL, NULL, FEE, "" }, { &acme, NULL, NULL, NULL, FEE, "" } }, "terms.csv:3: a second fee of the company in line 2" },
		{ { { &acme, "p", NULL, NULL, FEE, "" }, { &acme, "q", NULL, NULL, FEE, "" } }, "terms.csv:3: a second fee" },
		{ { { &acme, NULL, NULL, NULL, FEE, "" }, { &acme, NULL, NULL, NULL, FEE, "x" } }, NULL },
		{ { { &acme, NULL, NULL, NULL, FEE, "x" }, { &acme, NULL, NULL, NULL, FEE, "x" } }, "a second fee" },
		{ { { &acme, NULL, NULL, NULL, FEE, "" }, { &zeta, NULL, NULL, NULL, FEE, "" } }, NULL },
		/* Validity: one day in common is enough. */
		{ { { &acme, NULL, NULL, "2026-10-31", FEE, "" }, { &acme, NULL, "2026-11-01", NULL, FEE, "" } }, NULL },
		{ { { &acme, NULL, NULL, "2026-11-01", FEE, "" }, { &acme, NULL, "2026-11-01", NULL, FEE, "" } }, "a second fee" },
		{ { { &acme, NULL, "2026-11-01", NULL, FEE, "" }, { &acme, NULL, NULL, "2026-11-01", FEE, "" } }, "a second fee" },
		{ { { &acme, NULL, "2026-11-01", NULL, FEE, "" }, { &acme, NULL, NULL, "2026-10-31", FEE, "" } }, NULL },
		{ { { &acme, NULL, "2026-01-01", "2026-12-31", DISCOUNT, "" }, { &acme, NULL, "2026-05-01", "2026-05-02", DISCOUNT, "" } }, "a second discount" },
		{ { { &acme, NULL, "2026-01-01", "2026-01-31", CENTRE, "" }, { &acme, NULL, "2026-02-01", "2026-02-28", CENTRE, "" } }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct term v[2];
		struct diag d = { 0 };

		for (int k = 0; k < 2; k++) {
			v[k] = term(t[i].row[k].c, t[i].row[k].project, t[i].row[k].from, t[i].row[k].to);
			v[k].line = 2 + k;
			v[k].name = t[i].row[k].name;
			v[k].discount_e2 = t[i].row[k].what & DISCOUNT ? 500 : 0;
			v[k].fee_e4 = t[i].row[k].what & FEE ? 500 : 0;
			v[k].cost_centre = t[i].row[k].what & CENTRE ? "K" : NULL;
		}
		terms_check(&(struct terms){ v, 2 }, "terms.csv", &d);
		if (t[i].says == NULL ? !diag_empty(&d) : d.n != 1 || strstr(d.line[0], t[i].says) == NULL)
			fail_msg("%zu: %s", i, d.n == 0 ? "nothing" : d.line[0]);
		diag_free(&d);
	}
}

/* Each pair by itself: three of a kind are three pairs, and one row can clash in all its columns. */
static void all_pairs(void **state)
{
	struct term v[3];
	struct diag d = { 0 };

	(void)state;
	for (int k = 0; k < 3; k++) {
		v[k] = term(&acme, NULL, NULL, NULL);
		v[k].line = 2 + k;
		v[k].discount_e2 = 1;
		v[k].fee_e4 = 1;
		v[k].cost_centre = "K";
	}
	terms_check(&(struct terms){ v, 3 }, "terms.csv", &d);
	assert_int_equal(d.n, 9);
	diag_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rank),
		cmocka_unit_test(validity),
		cmocka_unit_test(months),
		cmocka_unit_test(once_per_month),
		cmocka_unit_test(order),
		cmocka_unit_test(long_names),
		cmocka_unit_test(none),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(all_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
