/* rate. */
#include "test_billing_common.h"

#include "billing/rate.h"

enum { P = 8, C = 4, W = 2, U = 1 };

static const char project_id[] = "11111111-0000-4000-8000-000000000001", company_id[] = "22222222-0000-4000-8000-000000000002";
static const char user_id[] = "33333333-0000-4000-8000-000000000003", work_id[] = "44444444-0000-4000-8000-000000000004";

static struct entry entry_on(const char *date)
{
	return (struct entry){ .date = day(date),
		.project_id = project_id,
		.project_name = "Relaunch",
		.company_id = company_id,
		.company_name = "Acme GmbH",
		.user_id = user_id,
		.user_name = "Ada Lovelace",
		.work_id = work_id,
		.work_name = "Consulting" };
}

/* A row that names the keys of the mask, by id or by name. */
static struct rate row_of(int mask, int by_name, const char *from, const char *to)
{
	return (struct rate){ .project = mask & P ? (by_name ? "Relaunch" : project_id) : NULL,
		.company = mask & C ? (by_name ? "Acme GmbH" : company_id) : NULL,
		.user = mask & U ? (by_name ? "Ada Lovelace" : user_id) : NULL,
		.work = mask & W ? (by_name ? "Consulting" : work_id) : NULL,
		.from = day(from),
		.to = day(to),
		.price_e4 = 10000 * (mask + 1),
		.currency = "EUR" };
}

/* The documented order, strongest first, written out. */
static const int order[16] = { P | C | W | U, P | C | W, P | C | U, P | C, P | W | U, P | W, P | U, P, C | W | U, C | W, C | U, C, W | U, W,
	U, 0 };

/* Every subset of the sixteen combinations, in changing order and naming: the first of the order that is there wins. */
static void precedence(void **state)
{
	const struct entry x = entry_on("2026-10-05");
	uint64_t seed = 1;

	(void)state;
	for (unsigned set = 0; set < 65536; set++) {
		struct rate v[16];
		struct rate_card c = { v, 0 };
		const struct rate *r;
		int want = -1;

		for (int i = 15; i >= 0; i--)
			if (set & 1u << i) {
				v[c.n++] = row_of(order[i], (int)below(&seed, 2), NULL, NULL);
				want = order[i];
			}
		shuffle(v, c.n, sizeof *v, &seed);
		r = rate_find(&c, &x);
		if (want < 0) {
			assert_null(r);
			continue;
		}
		assert_non_null(r);
		assert_int_equal(r->price_e4, 10000 * (want + 1));
		assert_null(rate_conflict(&c, &x, r));
	}
}

/* A row of which one key names something else never fits, however specific it is. */
static void wrong_key(void **state)
{
	static const char *const others[] = { "other", "relaunch", "Relaunch ", "55555555-0000-4000-8000-000000000005", "", "Acme",
		"ada lovelace" };

	(void)state;
	for (int mask = 1; mask < 16; mask++)
		for (int key = 1; key < 16; key *= 2)
			for (size_t o = 0; o < COUNT(others); o++) {
				struct entry x = entry_on("2026-10-05");
				struct rate v[2] = { row_of(0, 0, NULL, NULL), row_of(mask, 0, NULL, NULL) };
				struct rate_card c = { v, 2 };

				if (!(mask & key))
					continue;
				*(key == P ? &v[1].project : key == C ? &v[1].company : key == W ? &v[1].work : &v[1].user) = others[o];
				assert_ptr_equal(rate_find(&c, &x), &v[0]);
			}
}

/* The id of one kind is not the id of another, and what an entry lacks no key names. */
static void absent(void **state)
{
	struct rate v[1] = { row_of(U, 0, NULL, NULL) };
	struct rate_card c = { v, 1 };
	struct entry x = entry_on("2026-10-05");

	(void)state;
	assert_non_null(rate_find(&c, &x));
	x.user_id = NULL;
	assert_null(rate_find(&c, &x));
	v[0].user = "Ada Lovelace";
	assert_non_null(rate_find(&c, &x));
	x.user_name = NULL;
	assert_null(rate_find(&c, &x));
	v[0].user = project_id;
	assert_null(rate_find(&c, &x));
	c.n = 0;
	assert_null(rate_find(&c, &x));
}

static void validity(void **state)
{
	static const struct {
		const char *from, *to, *date;
		int fits;
	} t[] = {
		{ NULL, NULL, "2026-10-05", 1 },
		{ "2026-10-05", NULL, "2026-10-04", 0 },
		{ "2026-10-05", NULL, "2026-10-05", 1 },
		{ "2026-10-05", NULL, "2030-01-01", 1 },
		{ NULL, "2026-10-05", "1999-01-01", 1 },
		{ NULL, "2026-10-05", "2026-10-05", 1 },
		{ NULL, "2026-10-05", "2026-10-06", 0 },
		{ "2026-10-05", "2026-10-05", "2026-10-05", 1 },
		{ "2026-10-05", "2026-10-05", "2026-10-04", 0 },
		{ "2026-10-05", "2026-10-05", "2026-10-06", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct rate v[1] = { row_of(C, 0, t[i].from, t[i].to) };
		struct rate_card c = { v, 1 };
		struct entry x = entry_on(t[i].date);

		assert_int_equal(rate_find(&c, &x) != NULL, t[i].fits);
	}
}

/* Equal rank: the later valid_from; but rank counts more than dates, and an expired row does not count. */
static void recency(void **state)
{
	static const struct {
		int mask_a;
		const char *from_a, *to_a;
		int mask_b;
		const char *from_b, *to_b, *date;
		char want;
	} t[] = {
		{ C, NULL, NULL, C, "2026-07-01", NULL, "2026-10-05", 'b' },
		{ C, NULL, NULL, C, "2026-07-01", NULL, "2026-06-30", 'a' },
		{ C, "2026-01-01", NULL, C, "2026-07-01", NULL, "2026-07-01", 'b' },
		{ C, "2026-01-01", NULL, C, "2026-07-01", NULL, "2026-06-30", 'a' },
		{ C, "2026-01-01", NULL, C, "2026-07-01", "2026-07-31", "2026-08-01", 'a' },
		{ P, NULL, NULL, C, "2026-07-01", NULL, "2026-10-05", 'a' },
		{ P, NULL, "2026-10-04", C, NULL, NULL, "2026-10-05", 'b' },
		{ W, "2026-01-01", NULL, U, "2026-07-01", NULL, "2026-10-05", 'a' },
		{ U, "1900-01-01", NULL, U, NULL, NULL, "2026-10-05", 'a' },
		{ C, "2026-01-01", "2026-05-31", C, "2026-07-01", NULL, "2026-06-15", '-' },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int turn = 0; turn < 2; turn++) {
			struct rate v[2];
			struct rate_card c = { v, 2 };
			struct entry x = entry_on(t[i].date);
			const struct rate *r;

			v[turn] = row_of(t[i].mask_a, 0, t[i].from_a, t[i].to_a);
			v[!turn] = row_of(t[i].mask_b, 1, t[i].from_b, t[i].to_b);
			r = rate_find(&c, &x);
			assert_ptr_equal(r, t[i].want == '-' ? NULL : t[i].want == 'a' ? &v[turn] : &v[!turn]);
			if (r != NULL)
				assert_null(rate_conflict(&c, &x, r));
		}
}

/* One row by id and one by name cannot be seen in the card alone: only an entry shows that they mean the same. */
static void conflict(void **state)
{
	static const struct {
		int mask_a;
		const char *from_a, *to_a;
		int mask_b;
		const char *from_b, *to_b;
		int want;
	} t[] = {
		{ C, NULL, NULL, C, NULL, NULL, 1 },
		{ P | U, "2026-01-01", NULL, P | U, "2026-01-01", NULL, 1 },
		{ C, "2026-01-01", NULL, C, "2026-01-01", "2026-12-31", 1 },
		{ C, "2026-01-01", NULL, C, "2026-01-02", NULL, 0 },
		{ C, NULL, NULL, C, "2026-01-01", NULL, 0 },
		{ C, NULL, NULL, P, NULL, NULL, 0 },
		{ C, NULL, NULL, C, NULL, "2026-10-04", 0 },
		{ C | U, NULL, NULL, C | W, NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int turn = 0; turn < 2; turn++) {
			struct rate v[2];
			struct rate_card c = { v, 2 };
			struct entry x = entry_on("2026-10-05");
			struct diag d = { 0 };
			const struct rate *r, *other;

			v[turn] = row_of(t[i].mask_a, 0, t[i].from_a, t[i].to_a);
			v[!turn] = row_of(t[i].mask_b, 1, t[i].from_b, t[i].to_b);
			rate_check(&c, "rates.csv", &d);
			assert_true(diag_empty(&d));
			r = rate_find(&c, &x);
			assert_non_null(r);
			other = rate_conflict(&c, &x, r);
			assert_int_equal(other != NULL, t[i].want);
			if (other != NULL)
				assert_true(other != r && (other == &v[0] || other == &v[1]));
		}
}

static void ties(void **state)
{
	static const struct {
		int mask_a;
		const char *from_a, *to_a;
		int mask_b;
		const char *from_b, *to_b;
		int want;
	} t[] = {
		{ 0, NULL, NULL, 0, NULL, NULL, 1 },
		{ P | C | W | U, NULL, NULL, P | C | W | U, NULL, NULL, 1 },
		{ C, "2026-01-01", NULL, C, "2026-01-01", NULL, 1 },
		{ C, "2026-01-01", "2026-01-31", C, "2026-01-01", NULL, 1 },
		{ C, NULL, "2026-01-31", C, NULL, "2026-06-30", 1 },
		{ C, "2026-01-01", NULL, C, "2026-01-02", NULL, 0 },
		{ C, NULL, NULL, C, "2026-01-01", NULL, 0 },
		{ C, NULL, NULL, P, NULL, NULL, 0 },
		{ C, NULL, NULL, C | U, NULL, NULL, 0 },
		{ W, NULL, NULL, U, NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int turn = 0; turn < 2; turn++) {
			struct rate v[3] = { row_of(P | W, 1, NULL, NULL) };
			struct rate_card c = { v, 3 };
			struct diag d = { 0 };

			v[1 + turn] = row_of(t[i].mask_a, 0, t[i].from_a, t[i].to_a);
			v[2 - turn] = row_of(t[i].mask_b, 0, t[i].from_b, t[i].to_b);
			for (int k = 0; k < 3; k++)
				v[k].line = 10 + k;
			rate_check(&c, "rates.csv", &d);
			assert_int_equal(d.n, t[i].want);
			if (d.n > 0)
				assert_true(strncmp(d.line[0], "rates.csv:12: ", 14) == 0 && strstr(d.line[0], "line 11") != NULL);
			diag_free(&d);
		}
}

/* Keys alike but for one are no tie. */
static void ties_other_key(void **state)
{
	(void)state;
	for (int key = 1; key < 16; key *= 2) {
		struct rate v[2] = { row_of(15, 1, NULL, NULL), row_of(15, 1, NULL, NULL) };
		struct rate_card c = { v, 2 };
		struct diag d = { 0 };

		*(key == P ? &v[1].project : key == C ? &v[1].company : key == W ? &v[1].work : &v[1].user) = "other";
		rate_check(&c, "rates.csv", &d);
		assert_true(diag_empty(&d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precedence),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(absent),
		cmocka_unit_test(validity),
		cmocka_unit_test(recency),
		cmocka_unit_test(conflict),
		cmocka_unit_test(ties),
		cmocka_unit_test(ties_other_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
