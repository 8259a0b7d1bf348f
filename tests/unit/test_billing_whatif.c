/* Two plans side by side: rows per customer and currency, held entries, totals, companies of one name, overflow. */
#include "test_billing_common.h"

#include "billing/whatif.h"

struct scene { struct whatif_table t; struct err e; };

static void begin(struct scene *s)
{
	*s = (struct scene){ .t = { .pool = pool_new() }, .e = ERR_INIT };
	assert_non_null(s->t.pool);
}

static void end(struct scene *s)
{
	free(s->t.v);
	pool_free(s->t.pool);
}

static struct invoice document(const char *id, const char *name, const char *currency, int64_t net, int64_t gross, size_t lines)
{
	return (struct invoice){ .company_id = id, .customer_number = "1", .buyer = { .name = name }, .currency = currency, .net_minor = net, .tax_minor = gross - net,
		.gross_minor = gross, .nlines = lines, .entries = 2, .secs = 3600, .billed_secs = 4500 };
}

static void add(struct scene *s, enum whatif_side side, struct invoice v)
{
	const struct compose_plan plan = { &v, 1 };

	if (whatif_add_plan(&s->t, side, &plan, &s->e) < 0)
		fail_msg("%s", s->e.msg);
}

static void hold(struct scene *s, enum whatif_side side, const char *id, const char *name, const char *currency)
{
	const struct customer c = { .party = { .name = name }, .currency = currency, .number = "1" };
	const struct entry x = { .company_id = id, .company_name = "as in awork" };

	assert_int_equal(whatif_add_held(&s->t, side, &x, currency == NULL ? NULL : &c, &s->e), 0);
}

static void rows_and_totals(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	assert_int_equal(whatif_close(&s.t, &s.e), 0);
	assert_int_equal(s.t.n + s.t.ntotals, 0);
	add(&s, WHATIF_NOW, document("b", "Zeta", "EUR", 100, 119, 3));
	add(&s, WHATIF_NOW, document("b", "Zeta", "EUR", 50, 60, 1));
	add(&s, WHATIF_WITH, document("b", "Zeta", "EUR", 150, 179, 4));
	add(&s, WHATIF_WITH, document("a", "Alpha", "CHF", 7, 8, 1));
	hold(&s, WHATIF_NOW, "a", "Alpha", "CHF");
	hold(&s, WHATIF_NOW, NULL, NULL, NULL);
	hold(&s, WHATIF_WITH, NULL, NULL, NULL);
	assert_int_equal(whatif_close(&s.t, &s.e), 0);
	assert_int_equal(s.t.n, 3);
	assert_string_equal(s.t.v[0].name, "Alpha");
	assert_int_equal(s.t.v[0].f[WHATIF_NOW].held, 1);
	assert_int_equal(s.t.v[0].f[WHATIF_WITH].net_minor, 7);
	assert_true(whatif_differs(&s.t.v[0]));
	assert_string_equal(s.t.v[1].name, "Zeta");
	assert_int_equal(s.t.v[1].f[WHATIF_NOW].documents, 2);
	assert_int_equal(s.t.v[1].f[WHATIF_NOW].lines, 4);
	assert_int_equal(s.t.v[1].f[WHATIF_NOW].billed_secs, 9000);
	assert_int_equal(s.t.v[1].f[WHATIF_NOW].gross_minor, 179);
	assert_int_equal(s.t.v[1].f[WHATIF_WITH].net_minor, 150);
	assert_string_equal(s.t.v[2].name, "as in awork");
	assert_false(whatif_differs(&s.t.v[2]));
	assert_int_equal(s.t.ntotals, 3);
	assert_string_equal(s.t.total[0].currency, "");
	assert_int_equal(s.t.total[0].f[WHATIF_NOW].held, 1);
	assert_string_equal(s.t.total[1].currency, "CHF");
	assert_string_equal(s.t.total[2].currency, "EUR");
	assert_int_equal(s.t.total[2].f[WHATIF_NOW].tax_minor, 29);
	end(&s);
}

static void any_figure_differs(void **state)
{
	const size_t n = sizeof(struct whatif_figures) / sizeof(int64_t);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct whatif_row row = { .company_id = "" };

		assert_false(whatif_differs(&row));
		((int64_t *)(void *)&row.f[WHATIF_WITH])[i] = 1;
		if (!whatif_differs(&row))
			fail_msg("figure %zu", i);
	}
}

/* A company that one side has as a customer: what the other one holds stands in the row of its money. */
static void customer_of_one_side(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	hold(&s, WHATIF_NOW, "b", NULL, NULL);
	hold(&s, WHATIF_NOW, "b", NULL, NULL);
	hold(&s, WHATIF_NOW, "a", NULL, NULL);
	add(&s, WHATIF_WITH, document("b", "Zeta", "EUR", 100, 119, 3));
	assert_int_equal(whatif_close(&s.t, &s.e), 0);
	assert_int_equal(s.t.n, 2);
	assert_string_equal(s.t.v[0].name, "Zeta");
	assert_int_equal(s.t.v[0].f[WHATIF_NOW].held, 2);
	assert_string_equal(s.t.v[1].currency, "");
	end(&s);
}

static void one_name(void **state)
{
	static const int alike[] = { 0, 1, 1, 1, 0 };
	struct scene s;

	(void)state;
	begin(&s);
	add(&s, WHATIF_NOW, document("a", "Twin", "EUR", 1, 1, 1));
	add(&s, WHATIF_NOW, document("a", "Twin", "CHF", 1, 1, 1));
	add(&s, WHATIF_NOW, document("b", "Twin", "EUR", 1, 1, 1));
	add(&s, WHATIF_NOW, document("c", "Solo", "EUR", 1, 1, 1));
	add(&s, WHATIF_NOW, document("d", "Zeta", "EUR", 1, 1, 1));
	assert_int_equal(whatif_close(&s.t, &s.e), 0);
	for (size_t i = 0; i < COUNT(alike); i++)
		if (s.t.v[i].alike != alike[i])
			fail_msg("row %zu, %s", i, s.t.v[i].name);
	end(&s);
}

/* Rows come in any order, and stay few. */
static void order_is_nothing(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct scene s;
		char id[40][8];
		size_t at[40];

		begin(&s);
		for (size_t i = 0; i < 40; i++) {
			snprintf(id[i], sizeof id[i], "c%zu", i / 2);
			at[i] = i;
		}
		shuffle(at, 40, sizeof *at, &seed);
		for (size_t i = 0; i < 40; i++)
			add(&s, WHATIF_NOW, document(id[at[i]], id[at[i]], at[i] % 4 == 0 ? "EUR" : "CHF", (int64_t)at[i], (int64_t)at[i], 1));
		assert_int_equal(whatif_close(&s.t, &s.e), 0);
		assert_int_equal(s.t.n, 30);
		for (size_t i = 1; i < s.t.n; i++)
			assert_true(strcmp(s.t.v[i - 1].name, s.t.v[i].name) <= 0 && !s.t.v[i].alike);
		assert_int_equal(s.t.total[0].f[WHATIF_NOW].net_minor + s.t.total[1].f[WHATIF_NOW].net_minor, 39 * 40 / 2);
		end(&s);
	}
}

static void too_much(void **state)
{
	struct scene s;
	struct invoice v = document("a", "Alpha", "EUR", INT64_MAX, INT64_MAX, 1);
	const struct compose_plan plan = { &v, 1 };

	(void)state;
	begin(&s);
	add(&s, WHATIF_NOW, v);
	assert_int_equal(whatif_add_plan(&s.t, WHATIF_NOW, &plan, &s.e), -1);
	assert_int_equal(s.e.code, ERR_SOFTWARE);
	end(&s);
	begin(&s);
	for (int i = 0; i < 17; i++) {
		char code[4];

		snprintf(code, sizeof code, "A%c%c", 'A' + i / 10, 'A' + i % 10);
		add(&s, WHATIF_NOW, document("a", "Alpha", pool_dup(s.t.pool, code), 1, 1, 1));
	}
	assert_int_equal(whatif_close(&s.t, &s.e), -1);
	assert_int_equal(s.e.code, ERR_SOFTWARE);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_totals), cmocka_unit_test(any_figure_differs), cmocka_unit_test(customer_of_one_side), cmocka_unit_test(one_name),
		cmocka_unit_test(order_is_nothing), cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
