/* terms.csv, the settings kept with a run, and what documents are rendered from. */
#include "test_billing_common.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/inputs.h"
#include "cli/setup.h"
#include "cli/termsfile.h"
#include "test_output_picture.h"

static char dir[] = "/tmp/psabill-test-XXXXXX";
static char path[300]; /* of the file under test, in dir */

static int begin(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int end(void **state)
{
	struct err e = ERR_INIT;
	int fd = file_open_dir("/tmp", &e), rc;

	(void)state;
	rc = fd < 0 ? -1 : file_remove_tree_at(fd, strrchr(dir, '/') + 1, &e);
	if (fd >= 0)
		close(fd);
	return rc;
}

static void put(const char *name, const char *text, size_t n)
{
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The complaints without the folder's name, each followed by a line break. */
static const char *complaints(const struct diag *d)
{
	static char text[8000];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->n; i++) {
		const char *s = d->line[i];

		if (strncmp(s, dir, strlen(dir)) == 0)
			s += strlen(dir) + 1;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", s);
		assert_true(n < sizeof text);
	}
	return text;
}

#define ID1 "11111111-0000-4000-8000-00000000000a"
#define ID2 "22222222-0000-4000-8000-00000000000b"
#define ID3 "33333333-0000-4000-8000-00000000000c"
#define ID4 "44444444-0000-4000-8000-00000000000d"
#define ID5 "55555555-0000-4000-8000-00000000000e"
#define PROJECT "aaaaaaaa-0000-4000-8000-00000000000a"
#define HEAD "company,project,valid_from,valid_to,discount,fee,name,description,tax_rate,cost_centre\r\n"

/* Two of one name, one without, two of other currencies. */
static struct customer people[] = {
	{ .company_id = ID1, .company_name = "Acme, \"GmbH\"", .currency = "EUR", .tax_category = "S", .tax_pct_e2 = 1900 },
	{ .company_id = ID2, .company_name = "Twin", .currency = "JPY", .tax_category = "S", .tax_pct_e2 = 1900 },
	{ .company_id = ID3, .company_name = "Twin", .currency = "EUR", .tax_category = "S", .tax_pct_e2 = 1900 },
	{ .company_id = ID4, .company_name = NULL, .currency = "KWD", .tax_category = "S", .tax_pct_e2 = 1900 },
	{ .company_id = ID5, .company_name = "Yen", .currency = "JPY", .tax_category = "AE" },
};
static const struct customer_table customers = { people, COUNT(people) };

struct loaded {
	struct pool *pool;
	struct terms t;
	struct diag d;
	struct err e;
	int rc;
};

static void load(struct loaded *l, const char *text)
{
	memset(l, 0, sizeof *l);
	l->pool = pool_new();
	assert_non_null(l->pool);
	put("terms.csv", text, strlen(text));
	l->rc = termsfile_load(path, &customers, l->pool, &l->t, &l->d, &l->e);
	if (l->rc < 0)
		fail_msg("%s", l->e.msg);
}

static void unload(struct loaded *l)
{
	diag_free(&l->d);
	pool_free(l->pool);
}

static void terms_good(void **state)
{
	struct loaded l;
	const struct term *t;

	(void)state;
	load(&l,
	    HEAD "# a comment, with cells\r\n"
		 "\"Acme, \"\"GmbH\"\"\",,2026-07-01,2026-12-31,7.5,,,\"Treue, \"\"2026\"\"\",,KST 1_a\r\n"
		 "11111111-0000-4000-8000-00000000000A,AAAAAAAA-0000-4000-8000-00000000000A,,,,1500.50,Hosting,Wartung,7,\r\n\r\n"
		 ",Relaunch,,,100,,,,,\r\n" ID2 ",,,,,1500,,,,\r\n" ID4 ",,,,,1.234,,,,\r\n,Shop,,,,,,,,K2\r\n");
	assert_string_equal(complaints(&l.d), "");
	assert_int_equal(l.t.n, 6);
	t = &l.t.v[0];
	assert_true(t->line == 3 && t->customer == &people[0] && t->project == NULL && t->from == day("2026-07-01") && t->to == day("2026-12-31"));
	assert_true(t->discount_e2 == 750 && t->fee_e4 == 0 && t->tax_pct_e2 == -1);
	assert_string_equal(t->description, "Treue, \"2026\"");
	assert_string_equal(t->cost_centre, "KST 1_a");
	assert_string_equal(t->name, "");
	t = &l.t.v[1];
	assert_true(t->line == 4 && t->customer == &people[0] && t->discount_e2 == 0 && t->fee_e4 == 15005000 && t->tax_pct_e2 == 700 && t->cost_centre == NULL);
	assert_true(t->from == DATE_NONE && t->to == DATE_NONE);
	assert_string_equal(t->project, PROJECT);
	assert_string_equal(t->name, "Hosting");
	assert_string_equal(t->description, "Wartung");
	t = &l.t.v[2];
	assert_true(t->customer == NULL && t->discount_e2 == 10000 && t->line == 6 && t->description == NULL);
	assert_string_equal(t->project, "Relaunch");
	assert_true(l.t.v[3].customer == &people[1] && l.t.v[3].fee_e4 == 15000000);
	assert_true(l.t.v[4].customer == &people[3] && l.t.v[4].fee_e4 == 12340);
	assert_string_equal(l.t.v[5].cost_centre, "K2");
	unload(&l);
}

/* Headings in any order and only those that are needed, semicolons, a byte order mark, short rows, nothing but the heading. */
static void terms_shapes(void **state)
{
	static const struct { const char *text; size_t n; } t[] = {
		{ "discount,company\n10," ID1 "\n", 1 },
		{ "\xef\xbb\xbf" "company;fee\r\n" ID1 ";10\r\nYen;20\r\n", 2 },
		{ HEAD ID1 ",,,,10\n", 1 },
		{ HEAD, 0 },
		{ "company", 0 },
		{ "# first a comment\n" HEAD "# and another\n" ID1 ",,,,10,,,,,\n", 1 },
		{ "company,discount\r" ID1 ",10\r", 1 },
		{ HEAD ",,,,,,,,,\n" ID1 ",,,,10,,,,,\n", 1 },
		{ "company,discount,fee\n" ID1 ",10,5\n", 1 }, /* both in one row */
		{ "company;valid_from;valid_to;discount;fee;tax_rate\r\n" ID1 ";01.07.2026;31.12.2026;2,5;1500,50;5,5\r\n", 1 },
		{ "company,fee,name,description\n" ID1 ",10,'=a,'=1+1\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct loaded l;

		load(&l, t[i].text);
		if (strcmp(complaints(&l.d), "") != 0)
			fail_msg("%s: %s", t[i].text, complaints(&l.d));
		assert_int_equal(l.t.n, t[i].n);
		unload(&l);
	}
}

static void terms_bad(void **state)
{
#define NAME40 "1234567890123456789012345678901234567890"
	static const struct { const char *text, *want; } t[] = {
		/* The company. */
		{ HEAD "Acme,,,,10,,,,,\n", "terms.csv:2: company 'Acme' is not in customers.csv\n" },
		{ HEAD "acme,,,,10,,,,,\n", "terms.csv:2: company 'acme' is not in customers.csv\n" },
		{ HEAD "99999999-0000-4000-8000-00000000000a,,,,10,,,,,\n",
		    "terms.csv:2: company '99999999-0000-4000-8000-00000000000a' is not in customers.csv\n" },
		{ HEAD "Twin,,,,10,,,,,\n", "terms.csv:2: company 'Twin' stands in customers.csv 2 times: use its id\n" },
		{ HEAD ",,,,10,,,,,\n", "terms.csv:2: names neither a company nor a project\n" },
		{ HEAD "\n" ID1 ",,,,10,,,,,\n\n,,,,10,,,,,\n", "terms.csv:5: names neither a company nor a project\n" },
		/* Dates. */
		{ HEAD ID1 ",,2026-02-30,,10,,,,,\n", "terms.csv:2: valid_from '2026-02-30' is no date, such as 2026-10-01\n" },
		{ HEAD ID1 ",,,31.13.2026,10,,,,,\n", "terms.csv:2: valid_to '31.13.2026' is no date, such as 2026-10-01\n" },
		{ HEAD ID1 ",,2026-10-02,2026-10-01,10,,,,,\n", "terms.csv:2: valid_to lies before valid_from\n" },
		/* The discount. */
		{ HEAD ID1 ",,,,0,,,,,\n", "terms.csv:2: discount '0' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		{ HEAD ID1 ",,,,-5,,,,,\n", "terms.csv:2: discount '-5' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		{ HEAD ID1 ",,,,100.01,,,,,\n", "terms.csv:2: discount '100.01' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		{ HEAD ID1 ",,,,5.125,,,,,\n", "terms.csv:2: discount '5.125' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		{ HEAD ID1 ",,,,\"7,5\",,,,,\n", "terms.csv:2: discount '7,5' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		{ HEAD ID1 ",,,,10%,,,,,\n", "terms.csv:2: discount '10%' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		/* The fee. */
		{ HEAD ID1 ",,,,,0,,,,\n", "terms.csv:2: fee '0' is no amount per month above 0, such as 1500 or 1500.00\n" },
		{ HEAD ID1 ",,,,,-1,,,,\n", "terms.csv:2: fee '-1' is no amount per month above 0, such as 1500 or 1500.00\n" },
		{ HEAD ID1 ",,,,,1500 EUR,,,,\n", "terms.csv:2: fee '1500 EUR' is no amount per month above 0, such as 1500 or 1500.00\n" },
		{ HEAD ID1 ",,,,,100000001,,,,\n", "terms.csv:2: fee '100000001' is no amount per month above 0, such as 1500 or 1500.00\n" },
		{ HEAD ID1 ",,,,,99999999999999999999,,,,\n",
		    "terms.csv:2: fee '99999999999999999999' is no amount per month above 0, such as 1500 or 1500.00\n" },
		{ HEAD ",Shop,,,,5,,,,\n", "terms.csv:2: a fee needs a company\n" },
		{ HEAD ID1 ",,,,,1500.005,,,,\n", "terms.csv:2: fee '1500.005' has more decimals than EUR\n" },
		{ HEAD "Yen,,,,,1500.5,,,,\n", "terms.csv:2: fee '1500.5' has more decimals than JPY\n" },
		{ HEAD ID4 ",,,,,1.2345,,,,\n", "terms.csv:2: fee '1.2345' has more decimals than KWD\n" },
		{ HEAD ID1 ",,,,,5," NAME40 "x,,,\n", "terms.csv:2: name is longer than 40 bytes or has a line break\n" },
		{ HEAD ID1 ",,,,,5,\"a\nb\",,,\n", "terms.csv:2: name is longer than 40 bytes or has a line break\n" },
		{ HEAD ID1 ",,,,,5,,,0,\n", "terms.csv:2: tax_rate '0' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n" },
		{ HEAD ID1 ",,,,10,,,,7,\n", "terms.csv:2: tax_rate is for a fee; the rate of time stands in rates.csv\n" },
		/* The cost centre. */
		{ HEAD ID1 ",,,,,,,,,K-1\n", "terms.csv:2: cost_centre 'K-1' may have letters A-Z a-z, digits, underscores and blanks only, up to 36\n" },
		{ HEAD ID1 ",,,,,,,,,K\xc3\xa4\n", "terms.csv:2: cost_centre 'K\xc3\xa4' may have letters A-Z a-z, digits, underscores and blanks only, up to 36\n" },
		{ HEAD ID1 ",,,,,,,,,1234567890123456789012345678901234567\n",
		    "terms.csv:2: cost_centre '1234567890123456789012345678901234567' may have letters A-Z a-z, digits, underscores and blanks only, up to 36\n" },
		/* The row. */
		{ HEAD ID1 ",,,,,,,,,\n", "terms.csv:2: has neither discount nor fee nor cost_centre\n" },
		{ HEAD ID1 ",,2026-01-01,,,,x,y,,\n", "terms.csv:2: has neither discount nor fee nor cost_centre\n" },
		{ HEAD ID1 ",,,,10,,,,,,x\n", "terms.csv:2: has 11 cells, the heading 10 (numbers have a decimal point)\n" },
		{ "company,discount\n" ID1 ",7,5\n", "terms.csv:2: has 3 cells, the heading 2 (numbers have a decimal point)\n" },
		/* The table. */
		{ "", "terms.csv: is empty; the first row must be: company,project,valid_from,valid_to,discount,fee,name,description,tax_rate,cost_centre\n" },
		{ "# nothing\n", "terms.csv: is empty; the first row must be: company,project,valid_from,valid_to,discount,fee,name,description,tax_rate,cost_centre\n" },
		/* Rows that contradict each other. */
		{ HEAD ID1 ",,,,10,,,,,\n\"Acme, \"\"GmbH\"\"\",,,,5,,,,,\n", "terms.csv:3: a second discount for what line 2 names, valid at the same time\n" },
		{ HEAD ID1 ",,,2026-06-30,10,,,,,\n" ID1 ",,2026-06-30,,5,,,,,\n", "terms.csv:3: a second discount for what line 2 names, valid at the same time\n" },
		{ HEAD ",Shop,,,,,,,,K1\n\n,Shop,,,,,,,,K2\n", "terms.csv:4: a second cost_centre for what line 2 names, valid at the same time\n" },
		{ HEAD ",AAAAAAAA-0000-4000-8000-00000000000A,,,,,,,,K1\n," PROJECT ",,,,,,,,K2\n",
		    "terms.csv:3: a second cost_centre for what line 2 names, valid at the same time\n" },
		{ HEAD ID1 ",A,,,,5,,,,\n" ID1 ",B,,,,5,,,,\n",
		    "terms.csv:3: a second fee of the company in line 2, valid at the same time: give each a name of its own in column name\n" },
		/* All of it at once. */
		{ HEAD "Nobody,,x,,0,y," NAME40 "1,,0,-\n,,,,,5,,,,\n",
		    "terms.csv:2: company 'Nobody' is not in customers.csv\nterms.csv:2: valid_from 'x' is no date, such as 2026-10-01\n"
		    "terms.csv:2: discount '0' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n"
		    "terms.csv:2: name is longer than 40 bytes or has a line break\n"
		    "terms.csv:2: tax_rate '0' is no percentage above 0 and up to 100 (at most two decimals, a decimal point)\n"
		    "terms.csv:2: fee 'y' is no amount per month above 0, such as 1500 or 1500.00\n"
		    "terms.csv:2: cost_centre '-' may have letters A-Z a-z, digits, underscores and blanks only, up to 36\n"
		    "terms.csv:3: names neither a company nor a project\nterms.csv:3: a fee needs a company\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct loaded l;

		load(&l, t[i].text);
		if (strcmp(complaints(&l.d), t[i].want) != 0)
			fail_msg("%s\nsays\n%smust be\n%s", t[i].text, complaints(&l.d), t[i].want);
		unload(&l);
	}
}

/* What the reader of tables says stands with its line, too: bytes, quotes, headings. */
static void terms_broken(void **state)
{
	static const struct { const char *text, *says; } t[] = {
		{ HEAD ID1 ",,,,10,,,\xff,,\n", "terms.csv:2: " },
		{ HEAD "\n" ID1 ",,,,10,,,\"open,,\n", "terms.csv:" },
		{ "company,rabatt\n" ID1 ",10\n", "terms.csv:1: unknown heading 'rabatt'" },
		{ "company,discount,discount\n" ID1 ",10,5\n", "terms.csv:1: " },
	};
	struct loaded l;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		load(&l, t[i].text);
		if (diag_empty(&l.d) || strstr(complaints(&l.d), t[i].says) == NULL)
			fail_msg("%s\nsays\n%s", t[i].text, complaints(&l.d));
		unload(&l);
	}
	memset(&l, 0, sizeof l);
	l.pool = pool_new();
	snprintf(path, sizeof path, "%s/missing.csv", dir);
	assert_int_equal(termsfile_load(path, &customers, l.pool, &l.t, &l.d, &l.e), -1);
	assert_int_equal(l.e.code, ERR_NOINPUT);
	unload(&l);
}

/* The longest that is taken. */
static void terms_limits(void **state)
{
	struct loaded l;

	(void)state;
	load(&l, HEAD ID1 ",,,,100,100000000.00," NAME40 ",,100,123456789012345678901234567890123456\n");
	assert_string_equal(complaints(&l.d), "");
	assert_true(l.t.v[0].discount_e2 == 10000 && l.t.v[0].fee_e4 == INT64_C(1000000000000) && l.t.v[0].tax_pct_e2 == 10000);
	assert_int_equal(strlen(l.t.v[0].name), 40);
	assert_int_equal(strlen(l.t.v[0].cost_centre), 36);
	unload(&l);
	load(&l, HEAD ID1 ",,,,0.01,0.01,,,0.01,_\n");
	assert_string_equal(complaints(&l.d), "");
	assert_true(l.t.v[0].discount_e2 == 1 && l.t.v[0].fee_e4 == 100 && l.t.v[0].tax_pct_e2 == 1);
	unload(&l);
	/* A company of an unknown currency is told with customers.csv; here it is enough not to fall over it. */
	people[0].currency = "XXX";
	load(&l, HEAD ID1 ",,,,,5,,,,\n");
	people[0].currency = "EUR";
	unload(&l);
}

/* Settings of a run, there and back. */

static void same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_true(a == b);
	else
		assert_string_equal(a, b);
}

static void same_setup(const struct setup *a, const struct setup *b)
{
	same_text(a->language, b->language);
	assert_true(a->attach == b->attach && (a->datev != 0) == (b->datev != 0) && a->nprofiles == b->nprofiles);
	for (size_t i = 0; i < a->nprofiles; i++)
		same_text(a->profiles[i], b->profiles[i]);
	if (!a->datev)
		return;
	assert_true(a->booking.consultant == b->booking.consultant && a->booking.client == b->booking.client && a->booking.fiscal_month == b->booking.fiscal_month &&
	    a->booking.account_length == b->booking.account_length && (a->booking.lock != 0) == (b->booking.lock != 0) &&
	    a->booking.naccounts == b->booking.naccounts);
	same_text(a->booking.chart, b->booking.chart);
	for (size_t i = 0; i < a->booking.naccounts; i++) {
		const struct booking_account *x = &a->booking.accounts[i], *y = &b->booking.accounts[i];

		assert_string_equal(x->category, y->category);
		assert_int_equal(x->pct_e2, y->pct_e2);
		same_text(x->account, y->account);
		same_text(x->bu_key, y->bu_key);
	}
}

static struct setup random_setup(uint64_t *seed)
{
	static const char *const categories[] = { "S", "AE", "E", "O", "G" }, *const numbers[] = { "8400", "8300", "00000001", "4400" };
	static const char *const profiles[] = { "neutral", "excel-de", "xero", "a", "b", "c", "d", "e" };
	struct setup s = { .language = below(seed, 2) ? "de" : "pt-br", .attach = (unsigned)below(seed, 4), .datev = (int)below(seed, 2) };

	s.nprofiles = below(seed, CONFIG_PROFILES_MAX + 1);
	for (size_t i = 0; i < s.nprofiles; i++)
		s.profiles[i] = profiles[i];
	s.booking = (struct booking_rules){ .consultant = 1001 + (int64_t)below(seed, 9998999), .client = 1 + (int64_t)below(seed, 99999),
		.fiscal_month = 1 + (int64_t)below(seed, 12), .account_length = 4 + (int64_t)below(seed, 5), .chart = below(seed, 3) == 0 ? NULL : below(seed, 2) ? "03" : "04",
		.lock = (int)below(seed, 2), .naccounts = below(seed, BOOKING_ACCOUNTS_MAX + 1) };
	for (size_t i = 0; i < s.booking.naccounts; i++) {
		struct booking_account *a = &s.booking.accounts[i];

		strcpy(a->category, categories[below(seed, 5)]);
		a->pct_e2 = (int64_t)below(seed, 10001);
		a->account = numbers[below(seed, 4)];
		a->bu_key = below(seed, 2) ? NULL : "9";
	}
	return s;
}

static void setup_round_trip(void **state)
{
	uint64_t seed = 20261121;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct pool *pool = pool_new();
		struct setup s = random_setup(&seed), back;
		struct buf a = BUF_INIT, b = BUF_INIT;
		struct err e = ERR_INIT;

		memset(&back, 0x55, sizeof back);
		setup_write(&s, &a);
		if (setup_read(a.p, a.n, pool, &back, &e) < 0)
			fail_msg("%s: %s", buf_text(&a), e.msg);
		same_setup(&s, &back);
		setup_write(&back, &b);
		assert_string_equal(buf_text(&a), buf_text(&b));
		buf_free(&a);
		buf_free(&b);
		pool_free(pool);
	}
}

static void setup_from_config(void **state)
{
	struct config c = { .language = "en", .attach = FORMAT_XLSX, .datev = 1, .profiles = { "neutral", "xero" }, .nprofiles = 2 };
	struct setup s;

	(void)state;
	c.booking = (struct booking_rules){ .consultant = 1001, .client = 7, .fiscal_month = 4, .account_length = 5, .chart = "04", .lock = 1 };
	setup_of_config(&c, &s);
	same_setup(&s, &(struct setup){ .language = "en", .attach = FORMAT_XLSX, .datev = 1, .booking = c.booking, .profiles = { "neutral", "xero" }, .nprofiles = 2 });
}

static void setup_bad(void **state)
{
	static const struct { const char *old, *new; } edits[] = {
		{ "\"language\":\"de\"", "\"language\":null" },
		{ "\"language\"", "\"lang\"" },
		{ "\"attach\":3", "\"attach\":\"3\"" },
		{ "\"attach\"", "\"x\"" },
		{ "\"consultant\":1001", "\"consultant\":10.5" },
		{ "\"client\"", "\"x\"" },
		{ "\"fiscal_month\"", "\"x\"" },
		{ "\"account_length\"", "\"x\"" },
		{ "\"lock\":true", "\"lock\":1" },
		{ "\"accounts\":[", "\"accounts\":{},\"x\":[" },
		{ "\"accounts\"", "\"x\"" },
		{ "\"category\":\"S\"", "\"category\":\"SSS\"" },
		{ "\"category\"", "\"x\"" },
		{ "\"pct_e2\":1900", "\"pct_e2\":19.5" },
		{ "\"account\":\"8400\"", "\"account\":8400" },
		{ "\"profiles\":[", "\"profiles\":null,\"x\":[" },
		{ "\"profiles\":[\"neutral\"", "\"profiles\":[1" },
		{ "\"profiles\":[", "\"profiles\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"," },
	};
	static const char *const broken[] = { "", "{", "[]", "null", "{}", "x" };
	struct setup s = { .language = "de", .attach = 3, .datev = 1, .profiles = { "neutral" }, .nprofiles = 1 }, out = { .attach = 4711 };
	struct pool *pool = pool_new();
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	s.booking = (struct booking_rules){ .consultant = 1001, .client = 1, .fiscal_month = 1, .account_length = 4, .lock = 1, .naccounts = 1 };
	s.booking.accounts[0] = (struct booking_account){ "S", 1900, "8400", NULL };
	setup_write(&s, &a);
	for (size_t i = 0; i < COUNT(edits) + COUNT(broken); i++) {
		struct err e = ERR_INIT;

		buf_reset(&b);
		if (i < COUNT(edits)) {
			const char *at = strstr(buf_text(&a), edits[i].old);

			assert_non_null(at);
			buf_add(&b, a.p, (size_t)(at - a.p));
			buf_str(&b, edits[i].new);
			buf_str(&b, at + strlen(edits[i].old));
		} else {
			buf_str(&b, broken[i - COUNT(edits)]);
		}
		if (setup_read(buf_text(&b), b.n, pool, &out, &e) != -1)
			fail_msg("accepted: %s", buf_text(&b));
		assert_int_equal(e.code, ERR_DATA);
		assert_non_null(strstr(e.msg, "settings of a run in the ledger"));
		assert_int_equal(out.attach, 4711);
	}
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

/* Inputs: from disk, into the ledger, and back from there. */

static void copy_template(const char *name, const char *as)
{
	static const char *const places[] = { "templates", "../templates", "../../templates", "../../../templates" };
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char from[100];
	size_t i = 0;

	do {
		assert_true(i < COUNT(places));
		snprintf(from, sizeof from, "%s/%s", places[i++], name);
	} while (access(from, R_OK) != 0);
	if (file_read(from, 1 << 20, &b, &e) < 0)
		fail_msg("%s", e.msg);
	put(as, b.p, b.n);
	buf_free(&b);
}

struct room {
	struct app app;
	struct customer customers[3];
	struct store *s;
	struct store_run run;
	char ledger[64];
};

static void furnish(struct room *r)
{
	struct err e = ERR_INIT;
	struct period p;
	uint8_t sha[SHA_LEN] = { 7 };

	memset(r, 0, sizeof *r);
	copy_template("invoice.de.ini", "invoice.de.ini");
	copy_template("invoice.en.ini", "invoice.en.ini");
	copy_template("invoice.de.ini", "invoice.acme-2.ini");
	copy_template("summary.de.ini", "summary.de.ini");
	copy_template("csv.neutral.ini", "csv.neutral.ini");
	copy_template("csv.xero.ini", "csv.abcdefghijklmnopqrst.ini"); /* the longest name */
	r->customers[0].template = "de";
	r->customers[1].template = "acme-2";
	r->customers[2].template = "en";
	r->app.customers = (struct customer_table){ r->customers, 3 };
	r->app.cfg = (struct config){ .language = "de", .templates = dir, .attach = FORMAT_CSV, .profiles = { "neutral", "abcdefghijklmnopqrst" }, .nprofiles = 2 };
	snprintf(r->ledger, sizeof r->ledger, "%s/ledger.db", dir);
	unlink(r->ledger);
	r->s = store_open(r->ledger, STORE_WRITE, 0, &e);
	if (r->s == NULL)
		fail_msg("%s", e.msg);
	period_make(day("2026-10-01"), day("2026-11-01"), &p);
	assert_int_equal(store_run_new(r->s, "bill", &p, sha, &r->run, &e), 0);
}

static struct inputs *load_inputs(struct room *r)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct inputs *in = inputs_load(&r->app, &d, &e);

	if (in == NULL)
		fail_msg("%s%s", e.msg, complaints(&d));
	return in;
}

static void save_inputs(struct room *r, const struct inputs *in)
{
	struct err e = ERR_INIT;

	if (store_begin(r->s, &e) < 0 || inputs_save(in, r->s, r->run.id, &e) < 0 || store_commit(r->s, &e) < 0)
		fail_msg("%s", e.msg);
}

static void are_complete(const struct inputs *in)
{
	assert_true(inputs_invoice(in, "de") != NULL && inputs_invoice(in, "en") != NULL && inputs_invoice(in, "acme-2") != NULL && inputs_summary(in) != NULL);
	assert_true(inputs_profile(in, 0) != NULL && inputs_profile(in, 1) != NULL && inputs_profile(in, 0) != inputs_profile(in, 1));
	assert_true(inputs_invoice(in, "acme") == NULL && inputs_invoice(in, "fr") == NULL && inputs_invoice(in, "") == NULL);
}

struct bytes { struct buf b; int n; };

static int each_input(void *ctx, const char *name, const void *p, size_t n, struct err *e)
{
	struct bytes *all = ctx;

	(void)e;
	buf_fmt(&all->b, "%s %zu\n", name, n);
	buf_add(&all->b, p, n);
	all->n++;
	return 0;
}

static void inputs_there_and_back(void **state)
{
	struct room r;
	struct inputs *in, *back;
	struct bytes one = { .b = BUF_INIT }, two = { .b = BUF_INIT };
	struct store_run first;
	struct err e = ERR_INIT;

	(void)state;
	furnish(&r);
	/* Of a run that kept none: no error. */
	assert_null(inputs_of_run(r.s, r.run.id, &e));
	assert_int_equal(e.code, ERR_OK);
	in = load_inputs(&r);
	are_complete(in);
	same_setup(inputs_setup(in), &(struct setup){ .language = "de", .attach = FORMAT_CSV, .profiles = { "neutral", "abcdefghijklmnopqrst" }, .nprofiles = 2 });
	assert_int_equal(inputs_save(in, r.s, r.run.id, &e), -1); /* outside of a transaction */
	err_clear(&e);
	save_inputs(&r, in);
	first = r.run;
	assert_int_equal(input_each(r.s, first.id, each_input, &one, &e), 0);
	assert_int_equal(one.n, 7); /* each once, though two customers and the default share one; and the settings */
	inputs_free(in);
	/* What is on disk changes, goes: the run keeps its own. */
	put("invoice.de.ini", "[document]\n", 11);
	snprintf(path, sizeof path, "%s/invoice.en.ini", dir);
	assert_int_equal(unlink(path), 0);
	back = inputs_of_run(r.s, first.id, &e);
	if (back == NULL)
		fail_msg("%s", e.msg);
	are_complete(back);
	same_setup(inputs_setup(back), &(struct setup){ .language = "de", .attach = FORMAT_CSV, .profiles = { "neutral", "abcdefghijklmnopqrst" }, .nprofiles = 2 });
	/* Stored again, for a second run, they are the same bytes. */
	assert_int_equal(store_begin(r.s, &e) | store_run_state(r.s, &r.run, RUN_ABORTED, NULL, &e) | store_commit(r.s, &e), 0);
	assert_int_equal(store_run_new(r.s, "bill", &first.period, (const uint8_t[SHA_LEN]){ 1 }, &r.run, &e), 0);
	save_inputs(&r, back);
	assert_int_equal(input_each(r.s, r.run.id, each_input, &two, &e), 0);
	assert_int_equal(one.b.n, two.b.n);
	assert_memory_equal(one.b.p, two.b.p, one.b.n);
	inputs_free(back);
	assert_int_equal(store_close(r.s, &e), 0);
	buf_free(&one.b);
	buf_free(&two.b);
}

/* Pictures that templates name go with them: two templates share one, and later it is the ledger's that counts. */
static void inputs_logos(void **state)
{
	static const char with[] = "[document]\nlogo = logo.png\n";
	struct room r;
	struct inputs *in;
	struct err e = ERR_INIT;

	(void)state;
	furnish(&r);
	put("invoice.de.ini", with, sizeof with - 1);
	put("invoice.acme-2.ini", with, sizeof with - 1);
	put("logo.png", (const char *)made_png, sizeof made_png);
	in = load_inputs(&r);
	for (int from_ledger = 0; from_ledger < 2; from_ledger++) {
		struct bytes all = { .b = BUF_INIT };

		are_complete(in);
		assert_non_null(template_picture(inputs_invoice(in, "de")));
		assert_int_equal(template_picture(inputs_invoice(in, "acme-2"))->n, sizeof made_png);
		assert_memory_equal(template_picture(inputs_invoice(in, "acme-2"))->p, made_png, sizeof made_png);
		assert_null(template_picture(inputs_invoice(in, "en")));
		if (from_ledger)
			break;
		save_inputs(&r, in);
		inputs_free(in);
		assert_int_equal(input_each(r.s, r.run.id, each_input, &all, &e), 0);
		assert_int_equal(all.n, 8);
		buf_free(&all.b);
		put("logo.png", "gone", 4);
		in = inputs_of_run(r.s, r.run.id, &e);
		if (in == NULL)
			fail_msg("%s", e.msg);
	}
	inputs_free(in);
	assert_int_equal(store_close(r.s, NULL), 0);
	/* Missing, no picture, empty, cut: each template that wants it says so, and nothing comes of it. */
	for (int i = 0; i < 4; i++) {
		struct diag d = { 0 };

		furnish(&r);
		put("invoice.de.ini", with, sizeof with - 1);
		put("invoice.acme-2.ini", with, sizeof with - 1);
		put("logo.png", i == 1 ? "no picture" : (const char *)made_png, i == 1 ? 10 : i == 2 ? 0 : sizeof made_png - 20);
		if (i == 0)
			assert_int_equal(unlink(path), 0);
		err_clear(&e);
		assert_null(inputs_load(&r.app, &d, &e));
		assert_int_equal(e.code, ERR_OK);
		if (d.n == 0 || strstr(complaints(&d), "invoice.de.ini: logo") == NULL)
			fail_msg("%d: %s", i, complaints(&d));
		diag_free(&d);
		assert_int_equal(store_close(r.s, NULL), 0);
	}
}

/* A missing file is told by name, mistakes in all files at once with their lines. */
static void inputs_bad(void **state)
{
	static const struct { const char *gone; } missing[] = { { "invoice.de.ini" }, { "invoice.acme-2.ini" }, { "invoice.en.ini" }, { "summary.de.ini" },
		{ "csv.neutral.ini" }, { "csv.abcdefghijklmnopqrst.ini" } };
	struct room r;
	struct err e = ERR_INIT;
	struct diag d = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(missing); i++) {
		struct diag none = { 0 };

		furnish(&r);
		snprintf(path, sizeof path, "%s/%s", dir, missing[i].gone);
		assert_int_equal(unlink(path), 0);
		err_clear(&e);
		assert_null(inputs_load(&r.app, &none, &e));
		if (e.code != ERR_NOINPUT || strstr(e.msg, missing[i].gone) == NULL)
			fail_msg("%s: %d %s", missing[i].gone, (int)e.code, e.msg);
		diag_free(&none);
		assert_int_equal(store_close(r.s, &e), 0);
	}
	furnish(&r);
	put("invoice.de.ini", "\n[nonsense]\nx = 1\n", 18);
	put("csv.neutral.ini", "[nonsense]\nx = 1\n", 17);
	err_clear(&e);
	assert_null(inputs_load(&r.app, &d, &e));
	if (strstr(complaints(&d), "invoice.de.ini:") == NULL && strstr(e.msg, "invoice.de.ini") == NULL)
		fail_msg("%s%s", e.msg, complaints(&d));
	diag_free(&d);
	assert_int_equal(store_close(r.s, NULL), 0);
}

static int put_input(struct room *r, const char *name, const char *text)
{
	struct err e = ERR_INIT;

	return store_begin(r->s, &e) | input_put(r->s, r->run.id, name, text, strlen(text), &e) | store_commit(r->s, &e);
}

/* What cannot be read from the ledger is no render with something else. */
static void inputs_of_run_bad(void **state)
{
	static const struct { const char *name, *text; } t[] = { { "setup.json", "{" }, { "setup.json", "{}" }, { "invoice.de.ini", "\n[nonsense]\nx = 1\n" },
		{ "csv.neutral.ini", "[nonsense]\nx = 1\n" }, { "invoice.de.ini", "[document]\nlogo = logo.png\n" } /* the picture is not there */ };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct room r;
		struct err e = ERR_INIT;

		furnish(&r);
		assert_int_equal(put_input(&r, t[i].name, t[i].text), 0);
		if (strcmp(t[i].name, "setup.json") != 0)
			assert_int_equal(put_input(&r, "setup.json", "{\"language\":\"de\",\"attach\":0,\"profiles\":[]}"), 0);
		assert_null(inputs_of_run(r.s, r.run.id, &e));
		if (e.code == ERR_OK)
			fail_msg("%s: no error", t[i].text);
		assert_int_equal(store_close(r.s, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_good),
		cmocka_unit_test(terms_shapes),
		cmocka_unit_test(terms_bad),
		cmocka_unit_test(terms_broken),
		cmocka_unit_test(terms_limits),
		cmocka_unit_test(setup_round_trip),
		cmocka_unit_test(setup_from_config),
		cmocka_unit_test(setup_bad),
		cmocka_unit_test(inputs_there_and_back),
		cmocka_unit_test(inputs_logos),
		cmocka_unit_test(inputs_bad),
		cmocka_unit_test(inputs_of_run_bad),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
