/* discount, tax with allowances, cancellation: amounts that must agree to the cent. */
#include "test_billing_common.h"

#include "billing/cancellation.h"
#include "billing/discount.h"
#include "billing/tax.h"

#define LINES 24

struct doc {
	struct invoice v;
	struct invoice_line lines[LINES];
	const struct term *of_line[LINES + 1];
	struct pool *pool;
};

static void start(struct doc *d)
{
	memset(d, 0, sizeof *d);
	d->pool = pool_new();
	assert_non_null(d->pool);
	d->v = (struct invoice){ .type = INVOICE_COMMERCIAL, .number = "RE-1", .series = "RE-{SEQ}", .n = 1, .date = day("2026-11-03"), .due = day("2026-11-17"),
		.due_days = 14, .discount_days = 7, .discount_pct_e2 = 200, .from = day("2026-10-01"), .to = day("2026-10-31"), .cancels_date = DATE_NONE,
		.currency = "EUR", .language = "de", .company_name = "Acme", .lines = d->lines };
}

/* A line of one hour at its amount, so that everything can be recomputed. */
static void add(struct doc *d, int64_t net, const char *category, int64_t pct, const struct term *t)
{
	size_t n = d->v.nlines++;

	assert_true(n < LINES);
	d->lines[n] = (struct invoice_line){ .pos = (int)n + 1, .description = "x", .from = d->v.from, .to = d->v.to, .secs = 3600, .billed_secs = 3600,
		.unit = QUANTITY_HOURS, .quantity = 100, .price_e4 = net * 100, .net_minor = net, .tax_pct_e2 = pct, .entries = 1 };
	strcpy(d->lines[n].tax_category, category);
	d->of_line[n] = t;
	d->v.secs += 3600;
	d->v.billed_secs += 3600;
	d->v.entries++;
}

static void compute(struct doc *d)
{
	struct err e = ERR_INIT;

	if (discount_apply(&d->v, d->of_line, d->pool, &e) < 0 || tax_apply(&d->v, d->pool, &e) < 0)
		fail_msg("%s", e.msg);
}

static void check(const struct invoice *v)
{
	struct err e = ERR_INIT;

	if (invoice_check(v, &e) < 0)
		fail_msg("%s", e.msg);
}

/* R(a x b / 10000), half away from zero, said once more. */
static int64_t percent_of(int64_t a, int64_t b)
{
	__int128 p = (__int128)a * b * 2;

	return (int64_t)((p + (p < 0 ? -10000 : 10000)) / 20000);
}

static void is_allowance(const struct invoice *v, size_t i, const char *reason, int64_t base, int64_t amount, const char *category, int64_t pct)
{
	const struct invoice_allowance *a = &v->allowances[i];

	assert_true(i < v->nallowances);
	assert_string_equal(a->reason, reason);
	assert_int_equal(a->base_minor, base);
	assert_int_equal(a->amount_minor, amount);
	assert_string_equal(a->tax_category, category);
	assert_int_equal(a->tax_pct_e2, pct);
}

static void no_discount(void **state)
{
	struct doc d;

	(void)state;
	start(&d);
	add(&d, 10000, "S", 1900, NULL);
	d.v.nallowances = 9;
	compute(&d);
	assert_true(d.v.nallowances == 0 && d.v.allowances == NULL && d.v.net_minor == 10000 && d.v.lines_minor == 10000 && d.v.allowance_minor == 0);
	check(&d.v);
	pool_free(d.pool);
}

/* Two discounts over three VAT groups, one line without any. */
static void groups(void **state)
{
	static const struct term a = { .line = 2, .discount_e2 = 750, .name = "" }, b = { .line = 3, .discount_e2 = 1000, .description = "Treue\n2026", .name = "" };
	struct doc d;

	(void)state;
	start(&d);
	add(&d, 1005, "S", 700, &a);
	add(&d, 33333, "S", 1900, &a);
	add(&d, 5000, "S", 1900, NULL);
	add(&d, 20000, "S", 1900, &b);
	add(&d, 995, "S", 700, &a);
	add(&d, 100, "AE", 0, &b);
	compute(&d);
	assert_int_equal(d.v.nallowances, 4);
	/* The order is that of the lines; within a discount by category, the higher rate first. */
	is_allowance(&d.v, 0, "Nachlass 7,5 %", 33333, 2500, "S", 1900);
	is_allowance(&d.v, 1, "Nachlass 7,5 %", 2000, 150, "S", 700);
	is_allowance(&d.v, 2, "Treue 2026", 100, 10, "AE", 0);
	is_allowance(&d.v, 3, "Treue 2026", 20000, 2000, "S", 1900);
	assert_true(d.v.lines_minor == 60433 && d.v.allowance_minor == 4660 && d.v.net_minor == 55773);
	assert_int_equal(d.v.ntaxes, 3);
	assert_true(d.v.taxes[0].base_minor == 90 && d.v.taxes[0].tax_minor == 0);
	assert_true(d.v.taxes[1].base_minor == 53833 && d.v.taxes[1].tax_minor == 10228);
	assert_true(d.v.taxes[2].base_minor == 1850 && d.v.taxes[2].tax_minor == 130);
	check(&d.v);
	pool_free(d.pool);
}

/* The cent that rounding moves goes to the part of the largest base. */
static void moved_cent(void **state)
{
	static const struct {
		int64_t pct;
		size_t n;
		int64_t base[4], amount[4];
	} t[] = {
		{ 5000, 2, { 101, 103 }, { 51, 51 } },            /* 50.5 + 51.5 = 102, not 51 + 52 */
		{ 5000, 2, { 103, 101 }, { 51, 51 } },
		{ 5000, 3, { 101, 101, 101 }, { 50, 51, 51 } },   /* 151.5 is 152, not 153: the first of equals gives */
		{ 3333, 3, { 100, 100, 100 }, { 34, 33, 33 } },   /* 99.99 is 100 */
		{ 5000, 2, { 1, 1 }, { 0, 1 } },                  /* a part of 0 is left out */
		{ 1, 2, { 100, 100 }, { 0, 0 } },
		{ 10000, 2, { 101, 103 }, { 101, 103 } },
		{ 1, 1, { 5000, 0 }, { 1, 0 } },
		{ 1, 1, { 4999, 0 }, { 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct term term = { .line = 2, .discount_e2 = t[i].pct, .name = "" };
		struct doc d;
		int64_t sum = 0, got = 0, base = 0;

		start(&d);
		for (size_t k = 0; k < t[i].n; k++)
			add(&d, t[i].base[k], "S", 1900 - 100 * (int64_t)k, &term);
		compute(&d);
		for (size_t k = 0; k < t[i].n; k++) {
			sum += t[i].amount[k];
			base += t[i].base[k];
		}
		for (size_t k = 0, left = 0; k < t[i].n; k++) {
			if (t[i].amount[k] == 0)
				continue;
			assert_true(left < d.v.nallowances);
			assert_int_equal(d.v.allowances[left].tax_pct_e2, 1900 - 100 * (int64_t)k);
			assert_int_equal(d.v.allowances[left].amount_minor, t[i].amount[k]);
			got += d.v.allowances[left++].amount_minor;
		}
		assert_int_equal(got, percent_of(base, t[i].pct));
		assert_int_equal(got, sum);
		check(&d.v);
		pool_free(d.pool);
	}
}

/* One to four VAT groups, random discounts: no cent is lost, no discount exceeds what it is taken from, everything can be recomputed. */
static void never_loses_a_cent(void **state)
{
	uint64_t seed = 20261121;
	int moved = 0, four = 0;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		static const struct { const char *category; int64_t pct; } group[] = { { "S", 1900 }, { "S", 700 }, { "S", 1600 }, { "AE", 0 } };
		struct term terms[3];
		struct doc d;
		size_t ngroups = 1 + below(&seed, 4), nterms = 1 + below(&seed, 3), n = 1 + below(&seed, LINES);
		int64_t size = below(&seed, 3) == 0 ? 300 : 5000000;
		int64_t allowances = 0;

		start(&d);
		for (size_t k = 0; k < 3; k++)
			terms[k] = (struct term){ .line = (int)k + 2, .name = "",
				.discount_e2 = below(&seed, 2) ? 1 + (int64_t)below(&seed, 10000) : 2500 * (1 + (int64_t)below(&seed, 4)) };
		for (size_t i = 0; i < n; i++) {
			size_t g = below(&seed, ngroups), k = below(&seed, nterms + 1);

			add(&d, (int64_t)below(&seed, (size_t)size), group[g].category, group[g].pct, k == nterms ? NULL : &terms[k]);
		}
		compute(&d);
		for (size_t k = 0; k < nterms; k++) {
			int64_t base = 0, bases = 0, parts = 0, alone = 0;
			int used[4] = { 0 };

			for (size_t i = 0; i < n; i++)
				if (d.of_line[i] == &terms[k]) {
					base += d.lines[i].net_minor;
					for (size_t g = 0; g < 4; g++)
						used[g] |= d.lines[i].tax_pct_e2 == group[g].pct;
				}
			/* Of two equal percentages each has its parts; take them by the reason's order: compare sums only when they differ. */
			for (size_t other = 0; other < nterms; other++)
				alone |= other != k && terms[other].discount_e2 == terms[k].discount_e2;
			if (alone)
				continue;
			for (size_t i = 0; i < d.v.nallowances; i++) {
				const struct invoice_allowance *a = &d.v.allowances[i];

				if (a->percent_e2 != terms[k].discount_e2)
					continue;
				parts += a->amount_minor;
				bases += a->base_minor;
				moved += a->amount_minor != percent_of(a->base_minor, a->percent_e2);
				if (a->amount_minor < 0 || a->amount_minor > a->base_minor)
					fail_msg("round %d: a discount of %lld on %lld", round, (long long)a->amount_minor, (long long)a->base_minor);
			}
			if (parts != percent_of(base, terms[k].discount_e2))
				fail_msg("round %d: parts are %lld, must be %lld", round, (long long)parts, (long long)percent_of(base, terms[k].discount_e2));
			assert_true(bases <= base);
			four += used[0] + used[1] + used[2] + used[3] == 4;
		}
		for (size_t i = 0; i < d.v.nallowances; i++)
			allowances += d.v.allowances[i].amount_minor;
		assert_int_equal(allowances, d.v.allowance_minor);
		assert_int_equal(d.v.net_minor, d.v.lines_minor - allowances);
		for (size_t i = 0; i < d.v.ntaxes; i++)
			assert_true(d.v.taxes[i].base_minor >= 0);
		check(&d.v);
		pool_free(d.pool);
	}
	assert_true(moved > 100 && four > 1000);
}

/* The worst case of rounding: every one of n groups ends on half a cent. */
static void halves(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 4; n++)
		for (int64_t base = 1; base < 40; base += 2) {
			struct term term = { .line = 2, .discount_e2 = 5000, .name = "" };
			struct doc d;
			int64_t sum = 0, total = 0;

			start(&d);
			for (size_t k = 0; k < n; k++) {
				add(&d, base + 2 * (int64_t)k, "S", 1900 - 100 * (int64_t)k, &term);
				total += base + 2 * (int64_t)k;
			}
			compute(&d);
			for (size_t k = 0; k < d.v.nallowances; k++) {
				sum += d.v.allowances[k].amount_minor;
				if (d.v.allowances[k].amount_minor < 0)
					fail_msg("%zu groups from %lld: a negative discount", n, (long long)base);
			}
			assert_int_equal(sum, percent_of(total, 5000));
			check(&d.v);
			pool_free(d.pool);
		}
}

static void reasons(void **state)
{
	static const struct { const char *language, *description; int64_t pct; const char *want; } t[] = {
		{ "de", NULL, 500, "Nachlass 5 %" },
		{ "de", NULL, 1250, "Nachlass 12,5 %" },
		{ "de", NULL, 1, "Nachlass 0,01 %" },
		{ "en", NULL, 1250, "Discount 12.5 %" },
		{ "fr", NULL, 10000, "Discount 100 %" },
		{ NULL, NULL, 500, "Discount 5 %" },
		{ "de", "=1+1 <b>", 500, "=1+1 <b>" },
		{ "de", "a\x01\r\nb\xe2\x80\xae%s", 500, "a  b %s" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct term term = { .line = 2, .discount_e2 = t[i].pct, .description = t[i].description, .name = "" };
		struct doc d;

		start(&d);
		d.v.language = t[i].language;
		add(&d, 1000000, "S", 1900, &term);
		compute(&d);
		assert_string_equal(d.v.allowances[0].reason, t[i].want);
		pool_free(d.pool);
	}
}

static void overflow(void **state)
{
	struct term term = { .line = 2, .discount_e2 = 10000, .name = "" };
	struct doc d;
	struct err e = ERR_INIT;

	(void)state;
	start(&d);
	add(&d, 1, "S", 1900, &term);
	add(&d, 1, "S", 1900, &term);
	d.lines[0].net_minor = d.lines[1].net_minor = INT64_MAX;
	assert_int_equal(discount_apply(&d.v, d.of_line, d.pool, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	assert_non_null(strstr(e.msg, "Acme"));
	err_clear(&e);
	d.lines[1].tax_pct_e2 = 700; /* the groups hold it, their sum does not */
	assert_int_equal(discount_apply(&d.v, d.of_line, d.pool, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	pool_free(d.pool);
}

/* A document with a fee, a discount over two groups, late time. */
static void whole(struct doc *d)
{
	static const struct term t = { .line = 2, .discount_e2 = 5000, .name = "" };

	start(d);
	add(d, 150000, "S", 1900, NULL);
	d->lines[0] = (struct invoice_line){ .pos = 1, .description = "Pauschale", .fee = "A  2026-10", .from = d->v.from, .to = d->v.to, .unit = QUANTITY_LUMP,
		.quantity = 1, .price_e4 = 15000000, .net_minor = 150000, .tax_category = "S", .tax_pct_e2 = 1900, .cost_centre = "K1" };
	d->v.secs = d->v.billed_secs = d->v.entries = 0;
	add(d, 101, "S", 1900, &t);
	add(d, 103, "S", 700, &t);
	d->lines[2].late = 1;
	d->lines[2].secs = 3000;
	d->v.secs -= 600;
	compute(d);
	check(&d->v);
}

static void cancelled(void **state)
{
	struct doc d;
	struct invoice c, before;
	struct invoice_line lines[3];
	struct err e = ERR_INIT;

	(void)state;
	whole(&d);
	before = d.v;
	memcpy(lines, d.lines, sizeof lines);
	assert_int_equal(cancellation_make(&d.v, day("2026-11-21"), "wrong address", d.pool, &c, &e), 0);
	check(&c);
	assert_int_equal(c.type, INVOICE_CANCELLATION);
	assert_true(c.number == NULL && c.series == NULL && c.n == 0 && c.draft == 0);
	assert_true(c.date == day("2026-11-21") && c.due == c.date && c.due_days == 0 && c.discount_days == 0 && c.discount_pct_e2 == 0);
	assert_string_equal(c.cancels, "RE-1");
	assert_int_equal(c.cancels_date, day("2026-11-03"));
	assert_string_equal(c.reason, "wrong address");
	assert_true(c.from == d.v.from && c.to == d.v.to && c.entries == d.v.entries && c.currency == d.v.currency && c.nlines == 3 && c.nallowances == 2 &&
	    c.ntaxes == 2);
	/* Everything that is a sum comes to nothing. */
	assert_true(c.lines_minor + d.v.lines_minor == 0 && c.allowance_minor + d.v.allowance_minor == 0 && c.net_minor + d.v.net_minor == 0 &&
	    c.tax_minor + d.v.tax_minor == 0 && c.gross_minor + d.v.gross_minor == 0 && c.secs + d.v.secs == 0 && c.billed_secs + d.v.billed_secs == 0);
	for (size_t i = 0; i < 3; i++) {
		const struct invoice_line *a = &d.lines[i], *b = &c.lines[i];

		assert_true(a->quantity + b->quantity == 0 && a->net_minor + b->net_minor == 0 && a->secs + b->secs == 0 && a->billed_secs + b->billed_secs == 0);
		assert_true(a->price_e4 == b->price_e4 && a->pos == b->pos && a->description == b->description && a->from == b->from && a->to == b->to &&
		    a->tax_pct_e2 == b->tax_pct_e2 && a->unit == b->unit && a->late == b->late && a->entries == b->entries && a->cost_centre == b->cost_centre);
		assert_null(b->fee);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(d.v.allowances[i].amount_minor + c.allowances[i].amount_minor, 0);
		assert_int_equal(d.v.allowances[i].base_minor + c.allowances[i].base_minor, 0);
		assert_int_equal(d.v.allowances[i].percent_e2, c.allowances[i].percent_e2);
		assert_int_equal(d.v.taxes[i].base_minor + c.taxes[i].base_minor, 0);
		assert_int_equal(d.v.taxes[i].tax_minor + c.taxes[i].tax_minor, 0);
		assert_int_equal(d.v.taxes[i].pct_e2, c.taxes[i].pct_e2);
	}
	/* The original is as it was. */
	assert_memory_equal(&before, &d.v, sizeof before);
	assert_memory_equal(lines, d.lines, sizeof lines);
	check(&d.v);
	pool_free(d.pool);
}

static void not_cancelled(void **state)
{
	struct doc d;
	struct invoice c = { .entries = 4711 };
	struct err e = ERR_INIT;

	(void)state;
	whole(&d);
	assert_int_equal(cancellation_make(&d.v, d.v.date - 1, "x", d.pool, &c, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.msg, "RE-1"));
	err_clear(&e);
	d.v.type = INVOICE_CANCELLATION;
	assert_int_equal(cancellation_make(&d.v, day("2026-11-21"), "x", d.pool, &c, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	err_clear(&e);
	/* What the ledger gives back wrong is not turned into a document. */
	d.v.type = INVOICE_COMMERCIAL;
	d.v.gross_minor++;
	assert_int_equal(cancellation_make(&d.v, day("2026-11-21"), "x", d.pool, &c, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	assert_int_equal(c.entries, 4711);
	d.v.gross_minor--;
	err_clear(&e);
	assert_int_equal(cancellation_make(&d.v, d.v.date, "x", d.pool, &c, &e), 0);
	pool_free(d.pool);
}

/* Whatever is changed about fees, discounts and sums afterwards is noticed. */
static void tampering(void **state)
{
	(void)state;
	for (int k = 0; k < 14; k++) {
		struct doc d;
		struct err e = ERR_INIT;

		whole(&d);
		switch (k) {
		case 0: d.v.allowance_minor++; break;
		case 1: d.v.lines_minor++; break;
		case 2: d.v.allowances[0].amount_minor++; break;
		case 3: d.v.allowances[0].amount_minor += 2; d.v.allowance_minor += 2; d.v.net_minor -= 2; d.v.gross_minor -= 2; break;
		case 4: d.v.allowances[0].tax_pct_e2 = 700; break;
		case 5: d.v.nallowances--; break;
		case 6: d.v.allowances[0].base_minor += 1000; break;
		case 7: d.v.allowances[0].percent_e2 += 1000; break;
		case 8: d.lines[0].quantity = 2; d.lines[0].net_minor *= 2; break;
		case 9: d.lines[0].quantity = -1; break;
		case 10: d.lines[0].secs = 60; d.v.secs += 60; break;
		case 11: d.lines[0].billed_secs = 60; d.v.billed_secs += 60; break;
		case 12: d.lines[0].entries = 1; d.v.entries++; break;
		case 13: d.v.type = INVOICE_CANCELLATION; break;
		}
		if (invoice_check(&d.v, &e) == 0)
			fail_msg("tampering %d was not noticed", k);
		assert_int_equal(e.code, ERR_SOFTWARE);
		pool_free(d.pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_discount),
		cmocka_unit_test(groups),
		cmocka_unit_test(moved_cent),
		cmocka_unit_test(never_loses_a_cent),
		cmocka_unit_test(halves),
		cmocka_unit_test(reasons),
		cmocka_unit_test(overflow),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(not_cancelled),
		cmocka_unit_test(tampering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
