/* money, rounding, tax, and the arithmetic of invoice. */
#include "test_billing_common.h"

#include "billing/invoice.h"
#include "billing/tax.h"

static uint64_t seed = 88172645463325252u;

static void decimals(void **state)
{
	static const struct {
		const char *code;
		int want;
	} t[] = {
		{ "EUR", 2 },
		{ "CHF", 2 },
		{ "USD", 2 },
		{ "GBP", 2 },
		{ "AED", 2 },
		{ "ZWL", 2 },
		{ "ZMW", 2 },
		{ "XCG", 2 },
		{ "ZWG", 2 },
		{ "PLN", 2 },
		{ "HUF", 2 },
		{ "JPY", 0 },
		{ "ISK", 0 },
		{ "KRW", 0 },
		{ "XPF", 0 },
		{ "BIF", 0 },
		{ "KWD", 3 },
		{ "BHD", 3 },
		{ "TND", 3 },
		{ "CLF", 4 },
		{ "UYW", 4 },
		{ NULL, -1 },
		{ "", -1 },
		{ "EU", -1 },
		{ "EURO", -1 },
		{ "eur", -1 },
		{ "Eur", -1 },
		{ "EU ", -1 },
		{ " EU", -1 },
		{ "UR ", -1 },
		{ "XXX", -1 },
		{ "XTS", -1 },
		{ "XAU", -1 },
		{ "DEM", -1 },
		{ "E\xc3\x9c", -1 },
		{ "R U", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (money_decimals(t[i].code) != t[i].want)
			fail_msg("%s: %d", t[i].code, money_decimals(t[i].code));
}

static void fmt(void **state)
{
	static const struct {
		int64_t v;
		const char *code, *want;
	} t[] = {
		{ 0, "EUR", "0.00" },
		{ 1, "EUR", "0.01" },
		{ -1, "EUR", "-0.01" },
		{ -99, "EUR", "-0.99" },
		{ 60135, "EUR", "601.35" },
		{ 1234, "JPY", "1234" },
		{ -5, "JPY", "-5" },
		{ 1234, "KWD", "1.234" },
		{ 12345, "CLF", "1.2345" },
		{ 1234, "???", "12.34" },
		{ INT64_MIN, "EUR", "-92233720368547758.08" },
	};
	char out[NUM_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(money_fmt(out, t[i].v, t[i].code), strlen(t[i].want));
		assert_string_equal(out, t[i].want);
	}
}

static void tax_amount(void **state)
{
	static const struct {
		int64_t base, pct, want;
	} t[] = {
		{ 66262, 1900, 12590 },
		{ 58332, 700, 4083 },   /* the worked example of section 8.4 of the e-invoice notes */
		{ 78750, 1900, 14963 }, /* 149.625: binary floating point printed 149.62 */
		{ 0, 1900, 0 },
		{ 10000, 0, 0 },
		{ 10000, 10000, 10000 },
		{ 1, 1900, 0 },
		{ 3, 1900, 1 },
		{ 50, 100, 1 },
		{ 49, 100, 0 },
		{ -50, 100, -1 },
		{ -49, 100, 0 },
		{ -78750, 1900, -14963 },
		{ 12345, 1950, 2407 },
		{ INT64_MAX, 10000, INT64_MAX },
	};
	int overflow = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(money_tax(t[i].base, t[i].pct, &overflow), t[i].want);
	assert_int_equal(overflow, 0);
	money_tax(INT64_MAX, 10001, &overflow);
	assert_int_equal(overflow, 1);
}

/* The hours trap: amounts of the e-invoice notes, section 8.3, and exact half cents. */
static void line_net(void **state)
{
	static const struct {
		int64_t secs, price;
		int decimals;
		int64_t h2, net_hours, min, net_minutes;
	} t[] = {
		{ 380 * 60, 950000, 2, 633, 60135, 380, 60167 },
		{ 311 * 60, 1250000, 2, 518, 64750, 311, 64792 },
		{ 465 * 60, 950000, 2, 775, 73625, 465, 73625 },
		{ 6 * 3600 + 900, 1037000, 2, 625, 64813, 375, 64813 }, /* 648.125 */
		{ 3600, 26750, 2, 100, 268, 60, 268 },                  /* 2.675 */
		{ 3600, 1, 2, 100, 0, 60, 0 },
		{ 3600, 49, 2, 100, 0, 60, 0 },
		{ 3600, 50, 2, 100, 1, 60, 1 },
		{ 0, 950000, 2, 0, 0, 0, 0 },
		{ 17, 950000, 2, 0, 0, 0, 0 },
		{ 18, 950000, 2, 1, 95, 0, 0 },
		{ 29, 950000, 2, 1, 95, 0, 0 },
		{ 30, 950000, 2, 1, 95, 1, 158 },
		{ 3600, 0, 2, 100, 0, 60, 0 },
		{ 380 * 60, 950000, 0, 633, 601, 380, 602 },
		{ 380 * 60, 950000, 3, 633, 601350, 380, 601667 },
		{ 380 * 60, 950000, 4, 633, 6013500, 380, 6016667 },
		{ 20 * 60, 1234567, 2, 33, 4074, 20, 4115 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		int overflow = 0;
		int64_t h2 = invoice_quantity(QUANTITY_HOURS, t[i].secs), min = invoice_quantity(QUANTITY_MINUTES, t[i].secs);

		assert_int_equal(h2, t[i].h2);
		assert_int_equal(min, t[i].min);
		assert_int_equal(invoice_line_net(QUANTITY_HOURS, h2, t[i].price, t[i].decimals, &overflow), t[i].net_hours);
		assert_int_equal(invoice_line_net(QUANTITY_MINUTES, min, t[i].price, t[i].decimals, &overflow), t[i].net_minutes);
		/* A cancellation is the exact mirror. */
		assert_int_equal(invoice_quantity(QUANTITY_HOURS, -t[i].secs), -h2);
		assert_int_equal(invoice_quantity(QUANTITY_MINUTES, -t[i].secs), -min);
		assert_int_equal(invoice_line_net(QUANTITY_HOURS, -h2, t[i].price, t[i].decimals, &overflow), -t[i].net_hours);
		assert_int_equal(invoice_line_net(QUANTITY_MINUTES, -min, t[i].price, t[i].decimals, &overflow), -t[i].net_minutes);
		assert_int_equal(overflow, 0);
	}
}

static void line_net_overflow(void **state)
{
	int overflow = 0;

	(void)state;
	assert_int_equal(invoice_line_net(QUANTITY_HOURS, INT64_MAX, 10000, 2, &overflow), INT64_MAX);
	assert_int_equal(overflow, 0);
	invoice_line_net(QUANTITY_HOURS, INT64_MAX, 10001, 2, &overflow);
	assert_int_equal(overflow, 1);
	overflow = 0;
	invoice_line_net(QUANTITY_MINUTES, INT64_MAX, 10000, 2, &overflow);
	assert_int_equal(overflow, 1);
}

static void quantity(void **state)
{
	static const struct {
		int64_t q;
		const char *hours, *minutes;
		int64_t secs_hours, secs_minutes;
	} t[] = {
		{ 0, "0.00", "0", 0, 0 },
		{ 1, "0.01", "1", 36, 60 },
		{ 633, "6.33", "633", 22788, 37980 },
		{ 650, "6.50", "650", 23400, 39000 },
		{ -633, "-6.33", "-633", -22788, -37980 },
		{ -5, "-0.05", "-5", -180, -300 },
		{ 123456, "1234.56", "123456", 4444416, 7407360 },
	};
	char out[NUM_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(invoice_quantity_fmt(out, QUANTITY_HOURS, t[i].q), strlen(t[i].hours));
		assert_string_equal(out, t[i].hours);
		assert_int_equal(invoice_quantity_fmt(out, QUANTITY_MINUTES, t[i].q), strlen(t[i].minutes));
		assert_string_equal(out, t[i].minutes);
		assert_int_equal(invoice_quantity_secs(QUANTITY_HOURS, t[i].q), t[i].secs_hours);
		assert_int_equal(invoice_quantity_secs(QUANTITY_MINUTES, t[i].q), t[i].secs_minutes);
	}
}

/* Printing drops or adds at most 18 s with hours, 30 s with minutes, and nothing on the grid. */
static void quantity_property(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t secs = (int64_t)below(&seed, 4000000) - 2000000, h, m;

		h = secs - invoice_quantity_secs(QUANTITY_HOURS, invoice_quantity(QUANTITY_HOURS, secs));
		m = secs - invoice_quantity_secs(QUANTITY_MINUTES, invoice_quantity(QUANTITY_MINUTES, secs));
		assert_true(h >= -18 && h <= 18 && m >= -30 && m <= 30);
		assert_true(secs % 36 != 0 || h == 0);
		assert_true(secs % 60 != 0 || m == 0);
	}
}

/* A fixed fee: one piece at the fee's price, whatever the time; codes and words of all units. */
static void lump_sum(void **state)
{
	static const struct { int64_t fee; int decimals; int64_t net; } t[] = { { 15000000, 2, 150000 }, { 15001250, 2, 150013 }, { 15001249, 2, 150012 },
		{ 49, 2, 0 }, { 50, 2, 1 }, { 15000000, 0, 1500 }, { 15004999, 0, 1500 }, { 15005000, 0, 1501 }, { 15001250, 3, 1500125 } };
	enum customer_quantity q = QUANTITY_HOURS;
	char out[NUM_MAX];
	int overflow = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(invoice_line_net(QUANTITY_LUMP, 1, t[i].fee, t[i].decimals, &overflow), t[i].net);
		assert_int_equal(invoice_line_net(QUANTITY_LUMP, -1, t[i].fee, t[i].decimals, &overflow), -t[i].net);
	}
	assert_int_equal(overflow, 0);
	invoice_line_net(QUANTITY_LUMP, INT64_MAX, 10000, 2, &overflow);
	assert_int_equal(overflow, 1);
	assert_int_equal(invoice_quantity(QUANTITY_LUMP, 0), 1);
	assert_int_equal(invoice_quantity(QUANTITY_LUMP, 3600), 1);
	assert_int_equal(invoice_quantity_secs(QUANTITY_LUMP, 1), 0);
	assert_int_equal(invoice_quantity_fmt(out, QUANTITY_LUMP, -1), 2);
	assert_string_equal(out, "-1");
	assert_string_equal(invoice_unit_code(QUANTITY_HOURS), "HUR");
	assert_string_equal(invoice_unit_code(QUANTITY_MINUTES), "MIN");
	assert_string_equal(invoice_unit_code(QUANTITY_LUMP), "LS");
	for (int i = QUANTITY_HOURS; i <= QUANTITY_LUMP; i++) {
		assert_int_equal(customer_quantity_parse(customer_quantity_name((enum customer_quantity)i), &q), 0);
		assert_int_equal(q, i);
	}
	assert_string_equal(customer_quantity_name(QUANTITY_LUMP), "lump_sum");
	assert_int_equal(customer_quantity_parse("pieces", &q), -1);
}

static void round_time(void **state)
{
	static const struct {
		int64_t step, secs, nearest, up, down;
	} t[] = {
		{ 900, 0, 0, 0, 0 },
		{ 900, 1, 0, 900, 0 },
		{ 900, 449, 0, 900, 0 },
		{ 900, 450, 900, 900, 0 },
		{ 900, 899, 900, 900, 0 },
		{ 900, 900, 900, 900, 900 },
		{ 900, 901, 900, 1800, 900 },
		{ 900, 1349, 900, 1800, 900 },
		{ 900, 1350, 1800, 1800, 900 },
		{ 60, 29, 0, 60, 0 },
		{ 60, 30, 60, 60, 0 },
		{ 86400, 43199, 0, 86400, 0 },
		{ 86400, 43200, 86400, 86400, 0 },
		{ 3, 1, 0, 3, 0 },
		{ 3, 2, 3, 3, 0 },
		{ 1, 77, 77, 77, 77 },
		{ 0, 77, 77, 77, 77 },
		{ -60, 77, 77, 77, 77 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		for (int s = 0; s < 2; s++) {
			struct rounding r = { ROUNDING_NONE, (enum rounding_scope)s, t[i].step };

			assert_int_equal(rounding_apply(&r, t[i].secs), t[i].secs);
			r.mode = ROUNDING_NEAREST;
			assert_int_equal(rounding_apply(&r, t[i].secs), t[i].nearest);
			r.mode = ROUNDING_UP;
			assert_int_equal(rounding_apply(&r, t[i].secs), t[i].up);
			r.mode = ROUNDING_DOWN;
			assert_int_equal(rounding_apply(&r, t[i].secs), t[i].down);
		}
	}
}

static void share(void **state)
{
	static const struct {
		int64_t n, secs[4], total, want[4];
	} t[] = {
		{ 1, { 100 }, 900, { 900 } },
		{ 2, { 100, 100 }, 900, { 450, 450 } },
		{ 2, { 1, 2 }, 900, { 300, 600 } },
		{ 3, { 1, 1, 1 }, 100, { 33, 33, 34 } },
		{ 3, { 1, 1, 1 }, 0, { 0, 0, 0 } },
		{ 4, { 5, 0, 0, 5 }, 11, { 5, 0, 0, 6 } },
		{ 3, { 0, 0, 0 }, 900, { 0, 0, 900 } },
		{ 3, { 0, 0, 0 }, 0, { 0, 0, 0 } },
		{ 0, { 0 }, 0, { 0 } },
		{ 2, { INT64_MAX / 2, INT64_MAX / 2 }, INT64_MAX - 1, { INT64_MAX / 2, INT64_MAX / 2 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		int64_t got[4] = { -1, -1, -1, -1 };

		rounding_share(t[i].secs, t[i].n, t[i].total, got);
		for (int64_t k = 0; k < t[i].n; k++)
			assert_int_equal(got[k], t[i].want[k]);
	}
}

/* Shares add up exactly, are never negative, and each is less than one second off its proportion. */
static void share_property(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t secs[12], got[12], n = 1 + (int64_t)below(&seed, 12), sum = 0, given = 0, total;

		for (int64_t k = 0; k < n; k++)
			sum += secs[k] = below(&seed, 5) == 0 ? 0 : (int64_t)below(&seed, 30000);
		total = (int64_t)below(&seed, 200000);
		rounding_share(secs, n, total, got);
		for (int64_t k = 0; k < n; k++) {
			assert_true(got[k] >= 0);
			given += got[k];
			if (sum > 0)
				assert_true(llabs(got[k] * sum - total * secs[k]) < sum);
			if (sum > 0 && secs[k] == 0)
				assert_int_equal(got[k], 0);
		}
		assert_int_equal(given, total);
	}
}

static void rounding_words(void **state)
{
	static const char *const modes[] = { "none", "nearest", "up", "down" }, *const scopes[] = { "entry", "line" };
	static const char *const bad[] = { "", "Up", "UP", "up ", "nearest1", "upp", "entries", "lines", "0" };
	enum rounding_mode m;
	enum rounding_scope s;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(rounding_mode_parse(modes[i], &m), 0);
		assert_int_equal(m, i);
		assert_string_equal(rounding_mode_name(m), modes[i]);
	}
	for (size_t i = 0; i < COUNT(scopes); i++) {
		assert_int_equal(rounding_scope_parse(scopes[i], &s), 0);
		assert_int_equal(s, i);
		assert_string_equal(rounding_scope_name(s), scopes[i]);
	}
	m = ROUNDING_UP;
	s = ROUNDING_LINE;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(rounding_mode_parse(bad[i], &m), -1);
		assert_int_equal(rounding_scope_parse(bad[i], &s), -1);
	}
	assert_true(m == ROUNDING_UP && s == ROUNDING_LINE);
}

static struct invoice_line line_of(const char *category, int64_t pct, int64_t net)
{
	struct invoice_line l = { .net_minor = net, .tax_pct_e2 = pct };

	snprintf(l.tax_category, sizeof l.tax_category, "%s", category);
	return l;
}

/* VAT is computed from the summed base of a group, not per line. */
static void tax_groups(void **state)
{
	struct invoice_line lines[] = {
		line_of("S", 700, 58332),
		line_of("S", 1900, 3),
		line_of("E", 0, 100),
		line_of("S", 1900, 66256),
		line_of("AE", 0, 7),
		line_of("S", 1900, 3),
		line_of("E", 0, -30),
	};
	static const struct {
		const char *category;
		int64_t pct, base, tax;
	} want[] = {
		{ "AE", 0, 7, 0 },
		{ "E", 0, 70, 0 },
		{ "S", 1900, 66262, 12590 },
		{ "S", 700, 58332, 4083 },
	};
	struct pool *pool = pool_new();
	struct invoice v = { .lines = lines, .nlines = COUNT(lines), .net_minor = 99, .tax_minor = 99, .gross_minor = 99, .ntaxes = 99 };
	struct err e = ERR_INIT;

	(void)state;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(tax_apply(&v, pool, &e), 0);
		assert_int_equal(v.ntaxes, COUNT(want));
		for (size_t i = 0; i < COUNT(want); i++) {
			assert_string_equal(v.taxes[i].category, want[i].category);
			assert_int_equal(v.taxes[i].pct_e2, want[i].pct);
			assert_int_equal(v.taxes[i].base_minor, want[i].base);
			assert_int_equal(v.taxes[i].tax_minor, want[i].tax);
		}
		assert_int_equal(v.net_minor, 124594 + 77);
		assert_int_equal(v.tax_minor, 16673);
		assert_int_equal(v.gross_minor, 141267 + 77); /* gross of the worked example */
	}
	v.nlines = 0;
	assert_int_equal(tax_apply(&v, pool, &e), 0);
	assert_true(v.ntaxes == 0 && v.net_minor == 0 && v.tax_minor == 0 && v.gross_minor == 0);
	pool_free(pool);
}

static void tax_overflow(void **state)
{
	struct invoice_line net[] = { line_of("E", 0, INT64_MAX), line_of("E", 0, 1) };
	struct invoice_line gross[] = { line_of("S", 1900, INT64_MAX / 10 * 9) };
	struct invoice_line vat[] = { line_of("S", 10000, INT64_MAX / 10 * 9), line_of("S", 9900, INT64_MAX / 10 * 9),
		line_of("E", 0, INT64_MIN / 10 * 9) };
	struct {
		struct invoice_line *v;
		size_t n;
	} t[] = { { net, COUNT(net) }, { gross, COUNT(gross) }, { vat, COUNT(vat) } };
	struct pool *pool = pool_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct invoice v = { .lines = t[i].v, .nlines = t[i].n };
		struct err e = ERR_INIT;

		assert_int_equal(tax_apply(&v, pool, &e), -1);
		assert_int_equal(e.code, ERR_SOFTWARE);
	}
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals),
		cmocka_unit_test(fmt),
		cmocka_unit_test(tax_amount),
		cmocka_unit_test(line_net),
		cmocka_unit_test(line_net_overflow),
		cmocka_unit_test(quantity),
		cmocka_unit_test(quantity_property),
		cmocka_unit_test(lump_sum),
		cmocka_unit_test(round_time),
		cmocka_unit_test(share),
		cmocka_unit_test(share_property),
		cmocka_unit_test(rounding_words),
		cmocka_unit_test(tax_groups),
		cmocka_unit_test(tax_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
