/* booking. */
#include "test_billing_common.h"

#include "billing/booking.h"
#include "billing/tax.h"

static struct pool *pool;

static int setup(void **state)
{
	(void)state;
	pool = pool_new();
	return pool != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pool_free(pool);
	return 0;
}

static struct booking_rules rules_of(const char *accounts)
{
	struct booking_rules r = { .consultant = 1001, .client = 1, .fiscal_month = 1, .account_length = 4 };
	const char *wrong = booking_parse_accounts(accounts, pool, &r);

	if (wrong != NULL)
		fail_msg("%s: %s", accounts, wrong);
	return r;
}

static void accounts_as_written(void **state)
{
	static const struct { const char *text; size_t n; const char *category; int64_t pct; const char *account, *bu; } t[] = {
		{ "S 19: 8400", 1, "S", 1900, "8400", NULL },
		{ "S 19: 8400, S 7: 8300, AE: 8336, O: 8338", 4, "S", 700, "8300", NULL },
		{ "S 19: 8400, S 7: 8300, AE: 8336, O: 8338", 4, "O", 0, "8338", NULL },
		{ "S 19:8400/9,AE:8336/0094", 2, "S", 1900, "8400", "9" },
		{ "S 19:8400/9,AE:8336/0094", 2, "AE", 0, "8336", "0094" },
		{ "  S\t19.0 :\t8400 / 101 , E : 8100,G:8120  ", 3, "S", 1900, "8400", "101" },
		{ "  S\t19.0 :\t8400 / 101 , E : 8100,G:8120  ", 3, "G", 0, "8120", NULL },
		{ "S 5.55: 123456789", 1, "S", 555, "123456789", NULL },
		{ "S 100: 1, S 0.01: 2", 2, "S", 1, "2", NULL },
		{ "S 1:1,S 2:1,S 3:1,S 4:1,S 5:1,S 6:1,S 7:1,S 8:1,S 9:1,S 10:1,S 11:1,S 12:1,S 13:1,S 14:1,S 15:1,S 16:7", 16, "S", 1600, "7", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct booking_rules r = rules_of(t[i].text);
		const struct booking_account *a = booking_account(&r, t[i].category, t[i].pct);

		assert_int_equal(r.naccounts, t[i].n);
		assert_non_null(a);
		assert_string_equal(a->account, t[i].account);
		if (t[i].bu == NULL)
			assert_null(a->bu_key);
		else
			assert_string_equal(a->bu_key, t[i].bu);
		assert_int_equal(r.consultant, 1001);
		assert_null(booking_account(&r, "S", 1899));
		assert_null(booking_account(&r, "AE", 1900));
	}
}

static void accounts_refused(void **state)
{
	static const struct { const char *text, *says; } t[] = {
		{ NULL, "empty" }, { "", "empty" }, { "  ", "empty" }, { ",", "empty" }, { "S 19: 8400,", "empty" }, { "S 19: 8400,,AE: 8336", "empty" },
		{ "S 19", "names no account" }, { "8400", "names no account" }, { "S 19 8400", "names no account" }, { "S 19; 8400", "names no account" },
		{ "X 19: 8400", "category" }, { ": 8400", "category" }, { "s 19: 8400", "category" }, { "S19: 8400", "category" },
		{ "AEE: 8400", "category" },
		{ "19: 8400", "category" }, { "Ü: 8400", "category" }, { "Z: 8400", "category" }, { "K: 8400", "category" },
		{ "S: 8400", "needs a rate" }, { "S : 8400", "needs a rate" },
		{ "AE 19: 8336", "only category S" }, { "O 0: 8338", "only category S" }, { "E 0: 8338", "only category S" },
		{ "S 0: 8400", "rate" }, { "S 0.00: 8400", "rate" }, { "S -19: 8400", "rate" }, { "S 100.01: 8400", "rate" },
		{ "S 19.001: 8400", "rate" },
		{ "S 19 %: 8400", "rate" }, { "S 19%: 8400", "rate" }, { "S x: 8400", "rate" }, { "S 99999999999999999999: 8400", "rate" },
		{ "S 7,7: 8400", "names no account" },
		{ "S 19:", "account of S 19" }, { "S 19: 84OO", "account of S 19" }, { "S 19: -8400", "account of S 19" },
		{ "S 19: 84 00", "account of S 19" },
		{ "S 19: 0000", "account of S 19" }, { "S 19: 1234567890", "account of S 19" }, { "S 19: 8400: 8401", "account of S 19" },
		{ "S 19: ８４００", "account of S 19" }, { "S 19: /9", "account of S 19" },
		{ "S 19: 8400/", "BU key" }, { "S 19: 8400/x", "BU key" }, { "S 19: 8400/12345", "BU key" }, { "S 19: 8400/9/9", "BU key" },
		{ "S 19: 8400/0", "BU key" },
		{ "S 19: 8400, S 19: 8401", "'S 19' has two accounts" }, { "S 19: 8400, S 19.00: 8400", "'S 19.00' has two accounts" },
		{ "AE: 8336, S 19: 8400, AE: 8336", "'AE' has two accounts" },
		{ "S 1:1,S 2:1,S 3:1,S 4:1,S 5:1,S 6:1,S 7:1,S 8:1,S 9:1,S 10:1,S 11:1,S 12:1,S 13:1,S 14:1,S 15:1,S 16:7,AE:1", "more than 16" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct booking_rules r = rules_of("O: 4711"), before = r;
		const char *wrong = booking_parse_accounts(t[i].text, pool, &r);

		if (wrong == NULL || strstr(wrong, t[i].says) == NULL)
			fail_msg("'%s': %s", t[i].text != NULL ? t[i].text : "NULL", wrong != NULL ? wrong : "accepted");
		assert_memory_equal(&r, &before, sizeof r);
	}
}

static void cost_centres(void **state)
{
	static const struct { const char *s; int ok; } t[] = {
		{ "100", 1 }, { "Vertrieb Nord_2", 1 }, { "a", 1 }, { "123456789012345678901234567890123456", 1 }, { "", 0 }, { " a", 0 }, { "a ", 0 },
		{ "1234567890123456789012345678901234567", 0 }, { "a-b", 0 }, { "K\xc3\xb6ln", 0 }, { "a;b", 0 }, { "a\"b", 0 }, { "a\nb", 0 },
		{ "a.b", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (booking_cost_centre_ok(t[i].s) != t[i].ok)
			fail_msg("'%s'", t[i].s);
}

static void fiscal_years(void **state)
{
	static const struct { int64_t month; const char *date, *first; } t[] = {
		{ 1, "2026-01-01", "2026-01-01" }, { 1, "2026-12-31", "2026-01-01" }, { 7, "2026-06-30", "2025-07-01" },
		{ 7, "2026-07-01", "2026-07-01" },
		{ 7, "2027-01-15", "2026-07-01" }, { 12, "2026-11-30", "2025-12-01" }, { 12, "2026-12-01", "2026-12-01" },
		{ 2, "2028-02-29", "2028-02-01" },
		{ 3, "2028-02-29", "2027-03-01" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct booking_rules r = { .fiscal_month = t[i].month };

		assert_int_equal(booking_fiscal_year(&r, day(t[i].date)), day(t[i].first));
	}
}

/* A document from "CATEGORY RATE NET COSTCENTRE" lines, with VAT and totals of the program's own. */
struct spec { const char *category; int64_t pct, net; const char *cc; };

static struct invoice document(const struct spec *s, size_t n, const struct invoice_allowance *a, size_t na)
{
	struct invoice v = { .number = "RE-2026-00042", .type = INVOICE_COMMERCIAL, .currency = "EUR", .nlines = n, .nallowances = na };
	struct err e = ERR_INIT;

	v.lines = pool_alloc(pool, n * sizeof *v.lines);
	v.allowances = (struct invoice_allowance *)(uintptr_t)a;
	for (size_t i = 0; i < n; i++) {
		v.lines[i].pos = (int)i + 1;
		v.lines[i].net_minor = s[i].net;
		v.lines[i].tax_pct_e2 = s[i].pct;
		v.lines[i].cost_centre = s[i].cc;
		snprintf(v.lines[i].tax_category, sizeof v.lines[i].tax_category, "%s", s[i].category);
	}
	if (tax_apply(&v, pool, &e) < 0)
		fail_msg("%s", e.msg);
	return v;
}

/* The exact negative of a document. */
static struct invoice mirror(struct invoice v)
{
	struct invoice_line *l = pool_alloc(pool, v.nlines * sizeof *l);
	struct invoice_tax *t = pool_alloc(pool, v.ntaxes * sizeof *t);

	memcpy(l, v.lines, v.nlines * sizeof *l);
	memcpy(t, v.taxes, v.ntaxes * sizeof *t);
	for (size_t i = 0; i < v.nlines; i++)
		l[i].net_minor = -l[i].net_minor;
	for (size_t i = 0; i < v.ntaxes; i++) {
		t[i].base_minor = -t[i].base_minor;
		t[i].tax_minor = -t[i].tax_minor;
	}
	v.type = INVOICE_CANCELLATION;
	v.lines = l;
	v.taxes = t;
	v.gross_minor = -v.gross_minor;
	return v;
}

static const char *said(const struct booking_rules *r, const struct invoice *v)
{
	struct booking *b;
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT;
	char *s;
	size_t n;

	if (booking_of_invoice(r, v, pool, &b, &n, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&text, "%s%s %lld %c%s%s", i > 0 ? "; " : "", b[i].account->account, (long long)b[i].amount_minor, b[i].credit ? 'H' : 'S',
		        b[i].cost_centre != NULL ? " " : "", b[i].cost_centre != NULL ? b[i].cost_centre : "");
	s = pool_dup(pool, buf_text(&text));
	buf_free(&text);
	return s;
}

static void bookings_of_documents(void **state)
{
	static const struct invoice_allowance ten = { .amount_minor = 1000, .tax_category = "S", .tax_pct_e2 = 1900 };
	static const struct invoice_allowance more = { .amount_minor = 15000, .tax_category = "S", .tax_pct_e2 = 700 };
	static const struct invoice_allowance all = { .amount_minor = 10000, .tax_category = "S", .tax_pct_e2 = 1900 };
	static const struct invoice_allowance nearly = { .amount_minor = 597, .tax_category = "AE" };
	static const struct { struct spec s[6]; size_t n; const struct invoice_allowance *a; const char *want, *mirrored; } t[] = {
		{ { { "S", 1900, 10000, NULL } }, 1, NULL, "8400 11900 S", "8400 11900 H" },
		{ { { "S", 1900, 10000, NULL }, { "S", 1900, 1, NULL } }, 2, NULL, "8400 11901 S", "8400 11901 H" },
		{ { { "S", 700, 5000, NULL }, { "AE", 0, 700, NULL }, { "S", 1900, 10000, NULL } }, 3, NULL,
		  "8336 700 S; 8400 11900 S; 8300 5350 S", "8336 700 H; 8400 11900 H; 8300 5350 H" },
		{ { { "S", 1900, 10000, "B" }, { "S", 1900, 5000, "A" }, { "S", 1900, 5000, "B" } }, 3, NULL,
		  "8400 5950 S A; 8400 17850 S B", "8400 5950 H A; 8400 17850 H B" },
		/* With and without. */
		{ { { "S", 1900, 10000, "B" }, { "S", 1900, 10000, NULL }, { "S", 1900, 100, "" } }, 3, NULL,
		  "8400 12019 S; 8400 11900 S B", "8400 12019 H; 8400 11900 H B" },
		/* 396 + 396 + 397: the cent that is left goes to the largest. */
		{ { { "S", 1900, 333, "A" }, { "S", 1900, 333, "B" }, { "S", 1900, 334, "C" } }, 3, NULL,
		  "8400 396 S A; 8400 396 S B; 8400 398 S C", "8400 396 H A; 8400 396 H B; 8400 398 H C" },
		{ { { "S", 1900, 100, "C" }, { "S", 1900, 100, "A" }, { "S", 1900, 100, "B" } }, 3, NULL,
		  "8400 119 S A; 8400 119 S B; 8400 119 S C", "8400 119 H A; 8400 119 H B; 8400 119 H C" },
		{ { { "S", 1900, 1, "A" }, { "S", 1900, 1, "B" }, { "S", 1900, 1, "C" } }, 3, NULL,
		  "8400 2 S A; 8400 1 S B; 8400 1 S C", "8400 2 H A; 8400 1 H B; 8400 1 H C" },
		/* The groups are shared separately. */
		{ { { "S", 700, 100, "A" }, { "S", 1900, 100, "A" }, { "S", 1900, 100, "B" } }, 3, NULL,
		  "8400 119 S A; 8400 119 S B; 8300 107 S A", "8400 119 H A; 8400 119 H B; 8300 107 H A" },
		/* A line of 0 gets no booking, a group of 0 none and needs no account. */
		{ { { "S", 1900, 100, "A" }, { "S", 1900, 0, "B" }, { "G", 0, 0, NULL } }, 3, NULL, "8400 119 S A", "8400 119 H A" },
		{ { { "S", 1900, 0, "A" }, { "S", 1900, 0, "B" } }, 2, NULL, "", "" },
		/* Discounts: shares by the lines; a group that turns negative; a group that is gone. */
		{ { { "S", 1900, 6000, "A" }, { "S", 1900, 4000, "B" } }, 2, &ten, "8400 6426 S A; 8400 4284 S B", "8400 6426 H A; 8400 4284 H B" },
		{ { { "S", 1900, 20000, NULL }, { "S", 700, 10000, NULL } }, 2, &more, "8400 23800 S; 8300 5350 H", "8400 23800 H; 8300 5350 S" },
		{ { { "S", 1900, 10000, "A" }, { "AE", 0, 1, NULL } }, 2, &all, "8336 1 S", "8336 1 H" },
		/* Lines that cancel out under a discount: all on the first. */
		{ { { "S", 1900, 500, "B" }, { "S", 1900, -500, "A" } }, 2, &ten, "8400 1190 H A", "8400 1190 S A" },
		{ { { "S", 1900, 1000, "B" }, { "S", 1900, -500, "A" } }, 2, NULL, "8400 595 H A; 8400 1190 S B", "8400 595 S A; 8400 1190 H B" },
		/* Six cents over six halves: rounding up would take the first one below 0. */
		{ { { "AE", 0, 100, "1" }, { "AE", 0, 100, "2" }, { "AE", 0, 100, "3" }, { "AE", 0, 100, "4" }, { "AE", 0, 100, "5" },
		    { "AE", 0, 100, "6" } }, 6,
		  &nearly, "8336 3 S 1", "8336 3 H 1" },
	};
	struct booking_rules r = rules_of("S 19: 8400, S 7: 8300, AE: 8336");

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct invoice v = document(t[i].s, t[i].n, t[i].a, t[i].a != NULL), m = mirror(v);

		if (strcmp(said(&r, &v), t[i].want) != 0)
			fail_msg("%zu: '%s', not '%s'", i, said(&r, &v), t[i].want);
		assert_string_equal(said(&r, &m), t[i].mirrored);
	}
}

/* A group that is all discount. */
static void a_group_without_lines(void **state)
{
	static const struct spec one[] = { { "S", 700, 20000, "A" } };
	struct invoice_tax taxes[] = { { "S", 1900, -1000, -190 }, { "S", 700, 20000, 1400 } };
	struct booking_rules r = rules_of("S 19: 8400, S 7: 8300");
	struct invoice v = document(one, 1, NULL, 0);

	(void)state;
	v.taxes = taxes;
	v.ntaxes = 2;
	v.gross_minor = 20210;
	assert_string_equal(said(&r, &v), "8400 1190 H; 8300 21400 S A");
}

static void bookings_refused(void **state)
{
	static const struct spec one[] = { { "S", 1900, 10000, "A" } };
	static const struct { const char *accounts; int64_t gross, base, tax, pct; size_t nlines; enum err_code code; const char *says; } t[] = {
		{ "S 7: 8300", 11900, 10000, 1900, 1900, 1, ERR_CONFIG, "RE-2026-00042: no revenue account for VAT category S with 19 %" },
		{ "S 19: 8400", 11901, 10000, 1900, 1900, 1, ERR_SOFTWARE, "RE-2026-00042: the bookings add up to 11900, the document to 11901" },
		{ "S 19: 8400, S 7: 1", 10700, 10000, 700, 700, 1, ERR_SOFTWARE, "0 of 1 lines" },
		{ "S 19: 8400", 0, INT64_MAX, 1, 1900, 1, ERR_SOFTWARE, "overflow" },
		{ "S 19: 8400", 0, INT64_MIN, 0, 1900, 1, ERR_SOFTWARE, "overflow" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct booking_rules r = rules_of(t[i].accounts);
		struct invoice v = document(one, 1, NULL, 0);
		struct booking *b = NULL;
		struct err e = ERR_INIT;
		size_t n = 77;

		v.gross_minor = t[i].gross;
		v.nlines = t[i].nlines;
		v.taxes[0] = (struct invoice_tax){ .category = "S", .pct_e2 = t[i].pct, .base_minor = t[i].base, .tax_minor = t[i].tax };
		assert_int_equal(booking_of_invoice(&r, &v, pool, &b, &n, &e), -1);
		assert_int_equal(e.code, t[i].code);
		if (strstr(e.msg, t[i].says) == NULL)
			fail_msg("%zu: %s", i, e.msg);
		assert_null(b);
		assert_int_equal(n, 77);
	}
}

static int64_t signed_sum(const struct booking *b, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += b[i].credit ? -b[i].amount_minor : b[i].amount_minor;
	return sum;
}

/* Made-up documents: sums hold, shares are within a cent of exact but for the largest, no booking changes sides, mirrors mirror,
 * lines in any order. */
static void properties(void **state)
{
	static const char *const ccs[] = { NULL, "A", "B", "C", "D", "E", "F" };
	struct booking_rules r = rules_of("S 19: 8400, S 7: 8300, AE: 8336");
	uint64_t seed = 20261121;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct spec s[40];
		size_t n = 1 + below(&seed, 40), k, mk;
		struct invoice v, m;
		struct booking *b, *mb;
		struct err e = ERR_INIT;
		int64_t top = round % 3 == 0 ? 4 : round % 3 == 1 ? 3000 : 900000000000;

		for (size_t i = 0; i < n; i++) {
			size_t g = below(&seed, 3);

			s[i] = (struct spec){ g < 2 ? "S" : "AE", g == 0 ? 1900 : g == 1 ? 700 : 0, (int64_t)below(&seed, (size_t)top),
			                      ccs[below(&seed, COUNT(ccs))] };
		}
		v = document(s, n, NULL, 0);
		m = mirror(v);
		assert_int_equal(booking_of_invoice(&r, &v, pool, &b, &k, &e), 0);
		assert_int_equal(signed_sum(b, k), v.gross_minor);
		assert_int_equal(booking_of_invoice(&r, &m, pool, &mb, &mk, &e), 0);
		assert_int_equal(k, mk);
		for (size_t i = 0; i < k; i++) {
			assert_int_equal(b[i].credit, 0);
			assert_int_equal(mb[i].credit, 1);
			assert_in_range(b[i].amount_minor, 1, INT64_MAX);
			assert_int_equal(b[i].amount_minor, mb[i].amount_minor);
			assert_ptr_equal(b[i].account, mb[i].account);
			assert_string_equal(b[i].cost_centre != NULL ? b[i].cost_centre : "", mb[i].cost_centre != NULL ? mb[i].cost_centre : "");
		}
		shuffle(s, n, sizeof *s, &seed);
		m = document(s, n, NULL, 0);
		assert_string_equal(said(&r, &v), said(&r, &m));
		pool_reset(pool);
		r = rules_of("S 19: 8400, S 7: 8300, AE: 8336");
	}
}

/* One cost centre per line on a document of many lines: no quadratic search. */
static void many_cost_centres(void **state)
{
	enum { N = 50000 };
	struct spec *s = malloc(N * sizeof *s);
	struct booking_rules r = rules_of("S 19: 8400");
	struct invoice v;
	struct booking *b;
	struct err e = ERR_INIT;
	size_t n;

	(void)state;
	assert_non_null(s);
	for (int i = 0; i < N; i++)
		s[i] = (struct spec){ "S", 1900, 1000 + i, pool_fmt(pool, "%d", N - i) };
	v = document(s, N, NULL, 0);
	assert_int_equal(booking_of_invoice(&r, &v, pool, &b, &n, &e), 0);
	assert_int_equal(n, N);
	assert_int_equal(signed_sum(b, n), v.gross_minor);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(accounts_as_written, setup, teardown),
		cmocka_unit_test_setup_teardown(accounts_refused, setup, teardown),
		cmocka_unit_test(cost_centres),
		cmocka_unit_test(fiscal_years),
		cmocka_unit_test_setup_teardown(bookings_of_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(a_group_without_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(bookings_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(properties, setup, teardown),
		cmocka_unit_test_setup_teardown(many_cost_centres, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
