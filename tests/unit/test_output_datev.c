/* datev, datevfields. Files are also checked by tests/einvoice/datevcheck.py, which knows nothing of this program. */
#include "test_output_source.h"

#include <glob.h>
#include <signal.h>
#include <sys/resource.h>

#include "output/datev.h"
#include "output/datevfields.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NAME "EXTF_Buchungsstapel_2026-10_R0007"

static char dir[256], kept_dir[300];
static int kept; /* files set aside for the checker */

static int setup(void **state)
{
	(void)state;
	made_folder(dir);
	snprintf(kept_dir, sizeof kept_dir, "%s/kept", dir);
	return mkdir(kept_dir, 0700);
}

static int teardown(void **state)
{
	(void)state;
	return made_folder_gone(dir);
}

static struct booking_rules rules(void)
{
	return (struct booking_rules){ .consultant = 1001, .client = 1, .fiscal_month = 1, .account_length = 4, .chart = "03",
		.accounts = { { "S", 1900, "8400", NULL }, { "S", 700, "8300", "9" }, { "AE", 0, "8336", NULL }, { "O", 0, "8338", NULL } },
		.naccounts = 4 };
}

/* A document of up to four lines, one per VAT group. */
struct one {
	struct invoice v;
	struct invoice_line lines[4];
	struct invoice_tax taxes[4];
};

static void one_add(struct one *d, const char *category, int64_t pct, int64_t net, const char *cc)
{
	struct invoice_line *l = &d->lines[d->v.nlines++];
	struct invoice_tax *t = &d->taxes[d->v.ntaxes++];
	int overflow = 0;

	snprintf(l->tax_category, sizeof l->tax_category, "%s", category);
	memcpy(t->category, l->tax_category, sizeof t->category);
	l->tax_pct_e2 = t->pct_e2 = pct;
	l->net_minor = t->base_minor = net;
	l->cost_centre = cc;
	t->tax_minor = money_tax(net, pct, &overflow);
	d->v.gross_minor += net + t->tax_minor;
}

static void one_make(struct one *d)
{
	*d = (struct one){ .v = { .number = "R26-0007", .type = INVOICE_COMMERCIAL, .date = date_from_ymd(2026, 11, 2),
		.due = date_from_ymd(2026, 11, 16),
		.customer_number = "K-1000", .debtor_account = "11042", .currency = "EUR", .buyer = { .name = "Kunde & Co. KG", .country = "DE" } } };
	d->v.lines = d->lines;
	d->v.taxes = d->taxes;
}

/* A run of documents made while it is walked; `fail_at` ends it with an error. */
struct fake {
	struct one *one;    /* the same document n times, numbered when n > 1 */
	int64_t n, fail_at;
};

static int fake_invoices(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	struct fake *f = ctx;
	char number[32];

	for (int64_t i = 0; i < f->n; i++) {
		if (f->fail_at > 0 && i == f->fail_at)
			return err_set(e, ERR_DATA, "ledger broke");
		snprintf(number, sizeof number, "R26-%06lld", (long long)i + 1);
		if (f->n > 1)
			f->one->v.number = number;
		if (each(arg, &f->one->v, e) < 0)
			return -1;
	}
	return 0;
}

static int run_of(struct fake *f, const struct booking_rules *r, struct datev_counts *out, struct err *e)
{
	struct source s = { .ctx = f, .date = date_from_ymd(2026, 11, 2), .invoices = fake_invoices };

	period_make(date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), &s.period);
	return datev_write(&s, r, "R0007", dir, out, e);
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static size_t files_left(void)
{
	glob_t g;
	size_t n;

	if (glob(path_of("EXTF_*"), 0, NULL, &g) != 0)
		return 0;
	n = g.gl_pathc;
	globfree(&g);
	return n;
}

static void keep(const char *name)
{
	char to[512];

	snprintf(to, sizeof to, "%s/EXTF_%d.csv", kept_dir, kept++);
	assert_int_equal(rename(path_of(name), to), 0);
}

/* Line k (from 1) of the one file that a document gives, without its end; owned by caller. The file is set aside. */
static char *line_of(struct one *d, const struct booking_rules *r, int k)
{
	struct fake f = { d, 1, 0 };
	struct datev_counts n = { 0 };
	struct err e = ERR_INIT;
	char *text, *at, *line;
	size_t size;

	if (run_of(&f, r, &n, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(n.files, 1);
	text = at = made_read(path_of(NAME ".csv"), &size);
	assert_string_equal(text + size - 2, "\r\n");
	while (--k > 0)
		at = strstr(at, "\r\n") + 2;
	line = strndup(at, (size_t)(strstr(at, "\r\n") - at));
	free(text);
	keep(NAME ".csv");
	assert_int_equal(files_left(), 0);
	return line;
}

/* Field i (from 1) of a line, as written. Owned by caller. */
static char *field_of(const char *line, int i)
{
	const char *from = line;
	int quoted = 0;

	for (; *line != '\0'; line++) {
		quoted ^= *line == '"';
		if (*line != ';' || quoted)
			continue;
		if (--i == 0)
			break;
		from = line + 1;
	}
	return strndup(from, (size_t)(line - from));
}

static void assert_field(struct one *d, const struct booking_rules *r, int line, int field, const char *want)
{
	char *l = line_of(d, r, line), *f = field_of(l, field);

	if (strcmp(f, want) != 0)
		fail_msg("line %d, field %d: %s, not %s", line, field, f, want);
	free(f);
	free(l);
}

static void as_described(void **state)
{
	struct booking_rules r = rules();
	struct one d;
	char *line;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, 60167, NULL);
	line = line_of(&d, &r, 1);
	assert_string_equal(line,
	    "\"EXTF\";700;21;\"Buchungsstapel\";13;20261102000000000;;\"RE\";\"psabill\";\"\";1001;1;20260101;4;20261101;20261130;"
	                          "\"Rechnungsausgang 11/2026\";\"\";1;0;0;\"EUR\";;\"\";;;\"03\";;;\"\";\"\"");
	free(line);
	line = line_of(&d, &r, 2);
	assert_int_equal(strncmp(line, "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;", 62), 0);
	assert_non_null(strstr(line, ";BU-Schl\xfcssel;"));
	free(line);
	line = line_of(&d, &r, 3);
	assert_string_equal(line, "715,99;\"S\";\"EUR\";;;\"\";11042;8400;\"\";0211;\"R26-0007\";\"\";;\"R26-0007 Kunde & Co. KG\";;\"\";;;;\"\""
	    ";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";;\"\";;\"\";;;;;"
	    ";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\""
	    ";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";\"\";;;;\"\";;;;\"\";\"\";;\"\";;;;\"\";\"\";;\"\";;\"\";;\"\";\"\";;\"\";;0;;;16112026"
	    ";\"\";;\"\";\"\";;\"\";;");
	free(line);
}

static void rules_reach_the_file(void **state)
{
	struct booking_rules r = rules();
	struct one d;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 700, 100, "Vertrieb Nord_2");
	r.lock = 1;
	r.chart = NULL;
	r.consultant = 9999999;
	r.client = 99999;
	r.fiscal_month = 7;
	r.account_length = 6;
	r.accounts[0].account = r.accounts[2].account = r.accounts[3].account = "840000";
	r.accounts[1].account = "830000";
	d.v.debtor_account = "0000001";
	assert_field(&d, &r, 1, 11, "9999999");
	assert_field(&d, &r, 1, 12, "99999");
	assert_field(&d, &r, 1, 13, "20260701");
	assert_field(&d, &r, 1, 14, "6");
	assert_field(&d, &r, 1, 21, "1");
	assert_field(&d, &r, 1, 27, "\"\"");
	assert_field(&d, &r, 3, 1, "1,07");
	assert_field(&d, &r, 3, 7, "0000001");
	assert_field(&d, &r, 3, 8, "830000");
	assert_field(&d, &r, 3, 9, "\"9\"");
	assert_field(&d, &r, 3, 37, "\"Vertrieb Nord_2\"");
	assert_field(&d, &r, 3, 114, "1");
	d.v.due = DATE_NONE;
	assert_field(&d, &r, 3, 117, "");
}

#define A20 "aaaaaaaaaaaaaaaaaaaa"

static void texts(void **state)
{
	static const struct { const char *name, *customer, *want; } t[] = {
		{ "Müller & Söhne GmbH", "K-1", "\"R26-0007 M\xfcller & S\xf6hne GmbH\"" },
		{ "../=cmd|\"ä'", "K-1", "\"R26-0007 ../=cmd|\"\"\xe4'\"" },
		{ "a;b\r\nc\td\x01" "e", "K-1", "\"R26-0007 a;b c d e\"" },
		{ "\xef\xbb\xbf\xe2\x80\xae x \xef\xbf\xbe", "K-1", "\"R26-0007 x\"" },
		{ "Łódź Şişe €", "K-1", "\"R26-0007 L\xf3" "dz Sise \x80\"" },
		{ "Ромашка GmbH", "K-1", "\"R26-0007 GmbH\"" },
		{ "ООО «Ромашка»", "K-1", "\"R26-0007 K-1\"" },
		{ "株式会社", "Kündé Ж", "\"R26-0007 K\xfcnd\xe9\"" },
		{ "株式会社", NULL, "\"R26-0007\"" },
		{ "株式会社", "客", "\"R26-0007\"" },
		{ NULL, "K-1", "\"R26-0007 K-1\"" },
		{ "", "K-1", "\"R26-0007 K-1\"" },
		{ "\xc2\xa0 \t", "K-1", "\"R26-0007 K-1\"" },
		{ "!!!", "K-1", "\"R26-0007 !!!\"" },
		{ "!!! Ж", "K-1", "\"R26-0007 K-1\"" },
		{ "bad \xff\xfe bytes", "K-1", "\"R26-0007 bad  bytes\"" },
		{ A20 A20 "bbbbbbbbbbb", "K-1", "\"R26-0007 " A20 A20 "bbbbbbbbbbb\"" },
		{ A20 A20 "bbbbbbbbbbbc", "K-1", "\"R26-0007 " A20 A20 "bbbbbbbbbbb\"" },
		{ A20 A20 "bbbbbbbbbb ccc", "K-1", "\"R26-0007 " A20 A20 "bbbbbbbbbb\"" },
		{ A20 A20 "bbbbbbbbbb\"\"", "K-1", "\"R26-0007 " A20 A20 "bbbbbbbbbb\"\"\"" },
		/* Cut after transliteration: 25 letters that become 50. */
		{ "ĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳĳ", "K-1", "\"R26-0007 ijijijijijijijijijijijijijijijijijijijijijijijijiji\"" },
	};
	struct booking_rules r = rules();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct one d;

		one_make(&d);
		one_add(&d, "S", 1900, 100, NULL);
		d.v.buyer.name = t[i].name;
		d.v.customer_number = t[i].customer;
		assert_field(&d, &r, 3, 14, t[i].want);
	}
}

static void cancellations(void **state)
{
	struct booking_rules r = rules();
	struct one d;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, -60167, NULL);
	d.v.type = INVOICE_CANCELLATION;
	d.v.number = "ST-0001";
	d.v.cancels = "R26-0007";
	assert_field(&d, &r, 3, 1, "715,99");
	assert_field(&d, &r, 3, 2, "\"H\"");
	assert_field(&d, &r, 3, 7, "11042");
	assert_field(&d, &r, 3, 8, "8400");
	assert_field(&d, &r, 3, 11, "\"ST-0001\"");
	assert_field(&d, &r, 3, 14, "\"ST-0001 Storno R26-0007 Kunde & Co. KG\"");
	/* A group that stands on the other side than its document. */
	one_add(&d, "S", 700, 100, NULL);
	assert_field(&d, &r, 3, 2, "\"H\"");
	assert_field(&d, &r, 4, 2, "\"S\"");
	d.v.number = d.v.cancels = "12345678901234567890";
	assert_field(&d, &r, 3, 14, "\"12345678901234567890 Storno 12345678901234567890 Kunde & Co.\"");
}

static void vat_ids(void **state)
{
	static const struct { const char *id, *want; } t[] = {
		{ "ATU12345678", "\"ATU12345678\"" }, { "at u12345678", "\"ATU12345678\"" }, { " FR 83 404 833 048 ", "\"FR83404833048\"" },
		{ "GR123456789", "\"EL123456789\"" }, { "EL\xc2\xa0" "123456789", "\"EL123456789\"" }, { "XI123456789", "\"XI123456789\"" },
		{ "IE1234567F+", "\"IE1234567F+\"" }, { "DE123456789", "\"\"" }, { "CHE123456789", "\"\"" }, { "GB123456789", "\"\"" },
	};
	static const char *const bad[] = { NULL, "", " ", "AT", "1T12345678", "A", "ATU-123.456", "ATU12345678901234", "ÄT12345678", "ATЖ1234567",
	    "AT\n12345678" };
	struct booking_rules r = rules();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct one d;

		one_make(&d);
		one_add(&d, "AE", 0, 100, NULL);
		one_add(&d, "S", 1900, 100, NULL);
		d.v.buyer.vat_id = t[i].id;
		assert_field(&d, &r, 3, 40, t[i].want);
		assert_field(&d, &r, 4, 40, "\"\"");
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fake f = { .n = 1 };
		struct datev_counts n = { 7, 7, 7 };
		struct err e = ERR_INIT;
		struct one d;

		one_make(&d);
		one_add(&d, "AE", 0, 100, NULL);
		d.v.buyer.vat_id = bad[i];
		f.one = &d;
		assert_int_equal(run_of(&f, &r, &n, &e), -1);
		assert_int_equal(e.code, ERR_CONFIG);
		if (strstr(e.msg, "R26-0007: the customer's VAT id") != e.msg)
			fail_msg("%s", e.msg);
		assert_int_equal(n.files, 7);
		assert_int_equal(files_left(), 0);
		/* Without reverse charge nobody asks for it. */
		memcpy(d.taxes[0].category, "O", 2);
		memcpy(d.lines[0].tax_category, "O", 2);
		assert_field(&d, &r, 3, 40, "\"\"");
	}
}

static void several_bookings(void **state)
{
	struct booking_rules r = rules();
	struct one d;
	struct fake f = { &d, 1, 0 };
	struct datev_counts n = { 0 };
	struct err e = ERR_INIT;
	struct datevfields_sum sum;

	(void)state;
	one_make(&d);
	one_add(&d, "AE", 0, 700, NULL);
	one_add(&d, "S", 1900, 10000, "B");
	one_add(&d, "S", 700, 5000, "A");
	one_add(&d, "S", 1900, 5000, "A");
	d.taxes[1].base_minor += 5000;
	d.taxes[1].tax_minor += 950;
	d.v.ntaxes = 3;
	d.v.buyer.vat_id = "ATU12345678";
	assert_field(&d, &r, 3, 1, "7,00");
	assert_field(&d, &r, 4, 37, "\"A\"");
	assert_field(&d, &r, 5, 37, "\"B\"");
	assert_field(&d, &r, 5, 1, "119,00");
	assert_field(&d, &r, 6, 8, "8300");
	assert_int_equal(run_of(&f, &r, &n, &e), 0);
	assert_int_equal(n.bookings, 4);
	assert_int_equal(n.skipped, 0);
	assert_int_equal(datevfields_read(path_of(NAME ".csv"), &sum, &e), 0);
	assert_int_equal(sum.bookings, 4);
	assert_int_equal(sum.sum_minor, d.v.gross_minor);
	/* A run never writes over what is there. */
	assert_int_equal(run_of(&f, &r, &n, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(files_left(), 1);
	assert_int_equal(unlink(path_of(NAME ".csv")), 0);
}

static void nothing_to_book(void **state)
{
	struct booking_rules r = rules();
	struct one d;
	struct fake f = { &d, 3, 0 };
	struct datev_counts n = { 7, 7, 7 };
	struct err e = ERR_INIT;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, 100, NULL);
	d.v.currency = "CHF";
	d.v.debtor_account = NULL; /* not asked for */
	assert_int_equal(run_of(&f, &r, &n, &e), 0);
	assert_true(n.files == 0 && n.bookings == 0 && n.skipped == 3);
	one_make(&d);
	one_add(&d, "G", 0, 0, NULL);
	d.v.debtor_account = NULL;
	assert_int_equal(run_of(&f, &r, &n, &e), 0);
	assert_true(n.files == 0 && n.bookings == 0 && n.skipped == 0);
	f.n = 0;
	assert_int_equal(run_of(&f, &r, &n, &e), 0);
	assert_int_equal(files_left(), 0);
}

static void fields_refused(void **state)
{
	static const struct { const char *number, *debtor, *cc, *date; int64_t net; enum err_code code; const char *says; } t[] = {
		{ NULL, NULL, NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '' does not have 5 digits" },
		{ NULL, "", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '' does not have 5 digits" },
		{ NULL, "1104", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '1104' does not" },
		{ NULL, "110420", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '110420' does not" },
		{ NULL, "1104A", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '1104A' does not" },
		{ NULL, "00000", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '00000' does not" },
		{ NULL, "1104;", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account '1104;' does not" },
		{ NULL, "１１０４２", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account" },
		{ NULL, "1104Ж", NULL, NULL, 100, ERR_CONFIG, "R26-0007: debtor_account: U+0416 " },
		{ NULL, "11042", "a-b", NULL, 100, ERR_CONFIG, "R26-0007: cost_centre 'a-b' is not" },
		{ NULL, "11042", "Köln", NULL, 100, ERR_CONFIG, "R26-0007: cost_centre 'Köln' is not" },
		{ NULL, "11042", "Ł1", NULL, 100, ERR_CONFIG, "R26-0007: cost_centre 'Ł1' is not" },
		{ NULL, "11042", "Москва", NULL, 100, ERR_CONFIG, "R26-0007: cost_centre: U+041C " },
		{ NULL, "11042", "a\nb", NULL, 100, ERR_CONFIG, "R26-0007: cost_centre: U+000A " },
		{ NULL, "11042", A20 A20, NULL, 100, ERR_CONFIG, "R26-0007: cost_centre" },
		{ "R 1", "11042", NULL, NULL, 100, ERR_CONFIG, "'R 1': a document number" },
		{ "", "11042", NULL, NULL, 100, ERR_CONFIG, "'': a document number" },
		{ "RÜ1", "11042", NULL, NULL, 100, ERR_CONFIG, "'RÜ1': a document number" },
		{ A20 A20, "11042", NULL, NULL, 100, ERR_CONFIG, "a document number" },
		{ NULL, "11042", NULL, "2026-10-31", 100, ERR_SOFTWARE, "R26-0007: its date is not" },
		{ NULL, "11042", NULL, "2026-12-01", 100, ERR_SOFTWARE, "R26-0007: its date is not" },
		{ NULL, "11042", NULL, NULL, 1000000000000, ERR_CONFIG, "R26-0007: an amount of more than ten digits" },
	};
	struct booking_rules r = rules();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct one d;
		struct fake f = { &d, 1, 0 };
		struct datev_counts n;
		struct err e = ERR_INIT;

		one_make(&d);
		one_add(&d, "O", 0, t[i].net, t[i].cc);
		d.v.number = t[i].number != NULL ? t[i].number : "R26-0007";
		d.v.debtor_account = t[i].debtor;
		if (t[i].date != NULL)
			assert_int_equal(date_parse(t[i].date, &d.v.date), 0);
		assert_int_equal(run_of(&f, &r, &n, &e), -1);
		assert_int_equal(e.code, t[i].code);
		if (strstr(e.msg, t[i].says) == NULL)
			fail_msg("%zu: %s", i, e.msg);
		assert_int_equal(files_left(), 0);
	}
}

static void limits_that_pass(void **state)
{
	struct booking_rules r = rules();
	struct one d;

	(void)state;
	one_make(&d);
	one_add(&d, "O", 0, 999999999999, "123456789012345678901234567890123456");
	d.v.number = "DRAFT-12345678901234567890";
	d.v.date = date_from_ymd(2026, 11, 30);
	d.v.due = date_from_ymd(2027, 1, 1);
	assert_field(&d, &r, 3, 1, "9999999999,99");
	assert_field(&d, &r, 3, 10, "3011");
	assert_field(&d, &r, 3, 117, "01012027");
	d.v.date = date_from_ymd(2026, 11, 1);
	assert_field(&d, &r, 3, 10, "0111");
}

static void rules_refused(void **state)
{
	struct booking_rules good = rules();

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct booking_rules r = good;
		struct one d;
		struct fake f = { &d, 1, 0 };
		struct datev_counts n;
		struct err e = ERR_INIT;

		one_make(&d);
		one_add(&d, "S", 1900, 100, NULL);
		switch (i) {
		case 0: r.consultant = 1000; break;
		case 1: r.consultant = 10000000; break;
		case 2: r.client = 0; break;
		case 3: r.client = 100000; break;
		case 4: r.fiscal_month = 0; break;
		case 5: r.fiscal_month = 13; break;
		case 6: r.account_length = 3; break;
		case 7: r.account_length = 9; break;
		case 8: r.chart = "3"; break;
		case 9: r.chart = "\"04"; break;
		case 10: r.accounts[3].account = "84000"; break;
		case 11: r.account_length = 5; break;
		}
		assert_int_equal(run_of(&f, &r, &n, &e), -1);
		assert_int_equal(e.code, ERR_CONFIG);
		assert_int_equal(strncmp(e.msg, "DATEV: ", 7), 0);
		assert_int_equal(files_left(), 0);
	}
}

/* 99,000 bookings per file; a document's bookings stay together. */
static void large_runs(void **state)
{
	static const struct { int64_t documents; int groups; int64_t bookings[3]; } t[] = {
		{ 24750, 4, { 99000 } }, { 99001, 1, { 99000, 1 } }, { 49501, 4, { 99000, 99000, 4 } },
	};
	static const char *const names[] = { NAME ".csv", NAME "_2.csv", NAME "_3.csv" };
	static const struct { const char *category; int64_t pct; } groups[] = { { "AE", 0 }, { "O", 0 }, { "S", 1900 }, { "S", 700 } };
	struct booking_rules r = rules();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct one d;
		struct fake f = { &d, t[i].documents, 0 };
		struct datev_counts n;
		struct err e = ERR_INIT;
		struct datevfields_sum sum;
		int64_t bookings = 0, total = 0;
		size_t files = 0;

		one_make(&d);
		for (int k = 0; k < t[i].groups; k++)
			one_add(&d, groups[k].category, groups[k].pct, 100, NULL);
		d.v.buyer.vat_id = "ATU12345678";
		if (run_of(&f, &r, &n, &e) < 0)
			fail_msg("%s", e.msg);
		for (; files < COUNT(names) && t[i].bookings[files] > 0; files++) {
			assert_int_equal(datevfields_read(path_of(names[files]), &sum, &e), 0);
			assert_int_equal(sum.bookings, t[i].bookings[files]);
			bookings += sum.bookings;
			total += sum.sum_minor;
		}
		assert_int_equal(n.files, files);
		assert_int_equal(n.bookings, bookings);
		assert_int_equal(total, d.v.gross_minor * t[i].documents);
		assert_int_equal(files_left(), files);
		while (files > 0)
			assert_int_equal(unlink(path_of(names[--files])), 0);
	}
}

/* 7 does not divide 99,000, and three does not, either: the file ends early rather than cut a document. */
static void a_document_is_not_cut(void **state)
{
	struct booking_rules r = rules();
	struct invoice_line lines[7];
	struct one d;
	struct fake f = { &d, 14143, 0 };
	struct datev_counts n;
	struct err e = ERR_INIT;
	struct datevfields_sum sum;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, 700, NULL);
	for (int i = 0; i < 7; i++) {
		static const char *const ccs[] = { "A", "B", "C", "D", "E", "F", "G" };

		lines[i] = d.lines[0];
		lines[i].net_minor = 100;
		lines[i].cost_centre = ccs[i];
	}
	d.v.lines = lines;
	d.v.nlines = 7;
	assert_int_equal(run_of(&f, &r, &n, &e), 0);
	assert_int_equal(n.files, 2);
	assert_int_equal(datevfields_read(path_of(NAME ".csv"), &sum, &e), 0);
	assert_int_equal(sum.bookings, 98994);
	assert_int_equal(datevfields_read(path_of(NAME "_2.csv"), &sum, &e), 0);
	assert_int_equal(sum.bookings, 7);
	assert_int_equal(unlink(path_of(NAME ".csv")), 0);
	keep(NAME "_2.csv");
}

static void failures_leave_nothing(void **state)
{
	struct booking_rules r = rules();
	struct one d;
	struct fake f = { &d, 100000, 0 };
	struct datev_counts n = { 7, 7, 7 };
	struct rlimit old, small;
	struct err e = ERR_INIT;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, 100, NULL);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 300000, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(run_of(&f, &r, &n, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, NAME ".csv"));
	assert_int_equal(files_left(), 0);
	/* Full at the very end, where only the last block is missing. */
	err_clear(&e);
	f.n = 600;
	small.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(run_of(&f, &r, &n, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(files_left(), 0);
	/* The source breaks in the second file: the first one goes, too. */
	err_clear(&e);
	f.n = 100000;
	f.fail_at = 99500;
	assert_int_equal(run_of(&f, &r, &n, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(files_left(), 0);
	/* The second file is there already: it is not ours. */
	err_clear(&e);
	f.fail_at = 0;
	assert_int_equal(symlink("/dev/null", path_of(NAME "_2.csv")), 0);
	assert_int_equal(run_of(&f, &r, &n, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_non_null(strstr(e.msg, NAME "_2.csv"));
	assert_int_equal(files_left(), 1);
	assert_int_equal(unlink(path_of(NAME "_2.csv")), 0);
	assert_true(n.files == 7 && n.bookings == 7 && n.skipped == 7);
}

static void a_folder_that_is_not_there(void **state)
{
	struct booking_rules r = rules();
	struct one d;
	struct fake f = { &d, 1, 0 };
	struct source s = { .ctx = &f, .date = date_from_ymd(2026, 11, 2), .invoices = fake_invoices, .period = { .label = "2026-10" } };
	struct datev_counts n;
	struct err e = ERR_INIT;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, 100, NULL);
	assert_int_equal(datev_write(&s, &r, "R0007", path_of("missing"), &n, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
}

/* What reading back must see, on a file of one booking. */
static void read_back(void **state)
{
	static const struct { const char *from, *to, *says; } t[] = {
		{ "1,19;\"S\"", "1.19;\"S\"", "line 3 has no amount" }, { "1,19;\"S\"", ";\"S\"", "line 3 has no amount" },
		{ "1,19;\"S\"", "1,9;\"S\"", "line 3 has no amount" },
		{ "1,19;\"S\"", "-1,19;\"S\"", "line 3 has no amount" }, { "1,19;\"S\"", "0,00;\"S\"", "line 3 has no amount" },
		{ "1,19;\"S\"", "1,19;\"C\"", "neither S nor H" },
		{ "1,19;\"S\"", "1,19;S", "neither S nor H" }, { "1,19;\"S\"", "12345678901,19;\"S\"", "line 3 has no amount" },
		{ "11042;", "11042", "line 3 has a wrong number" },
		{ "\"EXTF\";", "\"EXTF\"", "line 1 has a wrong number" }, { "Umsatz", ";Umsatz", "line 2 has a wrong number" },
		{ "\r\n1,19", "\n1,19", "line 2 does not end with" },
		{ "\"EUR\";;;", "\"EUR;;;", "line 3 ends inside quotes" }, { ";;\"\";;\r\n", ";;\"\";;\r", "line 3 is the end" },
		{ ";;\"\";;\r\n", ";;\"\";;", "line 3 is the end" },
	};
	struct booking_rules r = rules();
	struct one d;
	struct fake f = { &d, 1, 0 };
	struct datev_counts n;
	struct err e = ERR_INIT;
	struct datevfields_sum sum;
	size_t size;
	char *text;

	(void)state;
	one_make(&d);
	one_add(&d, "S", 1900, 100, NULL);
	assert_int_equal(run_of(&f, &r, &n, &e), 0);
	text = made_read(path_of(NAME ".csv"), &size);
	for (size_t i = 0; i < COUNT(t); i++) {
		char *p = strstr(text, t[i].from);
		FILE *file = fopen(path_of("spoilt"), "wb");

		assert_non_null(p);
		assert_non_null(file);
		fwrite(text, 1, (size_t)(p - text), file);
		fputs(t[i].to, file);
		fputs(p + strlen(t[i].from), file);
		assert_int_equal(fclose(file), 0);
		err_clear(&e);
		assert_int_equal(datevfields_read(path_of("spoilt"), &sum, &e), -1);
		assert_int_equal(e.code, ERR_IO);
		if (strstr(e.msg, t[i].says) == NULL)
			fail_msg("%zu: %s", i, e.msg);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(truncate(path_of("spoilt"), i == 0 ? strstr(text, "\r\n") + 2 - text : 0), 0);
		err_clear(&e);
		assert_int_equal(datevfields_read(path_of("spoilt"), &sum, &e), -1);
		assert_non_null(strstr(e.msg, i == 0 ? "line 2 is the end" : "line 1 is the end"));
	}
	free(text);
	unlink(path_of("spoilt"));
	unlink(path_of(NAME ".csv"));
}

/* The files of all tests before. */
static void the_checker_agrees(void **state)
{
	char command[1200];

	(void)state;
	assert_true(kept > 50);
	if (access("tests/einvoice/datevcheck.py", R_OK) != 0)
		skip(); /* not started in the top folder */
	snprintf(command, sizeof command,
	    "/usr/bin/python3 -B tests/einvoice/datevcheck.py %s/*.csv >%s/said || { grep -m 5 'csv:' %s/said; exit 1; }", kept_dir,
	         kept_dir, kept_dir);
	if (system(command) != 0)
		fail_msg("the checker of DATEV files has findings");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_described),
		cmocka_unit_test(rules_reach_the_file),
		cmocka_unit_test(texts),
		cmocka_unit_test(cancellations),
		cmocka_unit_test(vat_ids),
		cmocka_unit_test(several_bookings),
		cmocka_unit_test(nothing_to_book),
		cmocka_unit_test(fields_refused),
		cmocka_unit_test(limits_that_pass),
		cmocka_unit_test(rules_refused),
		cmocka_unit_test(large_runs),
		cmocka_unit_test(a_document_is_not_cut),
		cmocka_unit_test(failures_leave_nothing),
		cmocka_unit_test(a_folder_that_is_not_there),
		cmocka_unit_test(read_back),
		cmocka_unit_test(the_checker_agrees),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
