#include "test_output_source.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/csvfile.h"
#include "output/csvfields.h"
#include "output/csvout.h"
#include "output/csvprofileout.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char dir[256];

static int setup(void **state)
{
	(void)state;
	made_folder(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return made_folder_gone(dir);
}

static const char *path_of(const char *name)
{
	static char path[4][512];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof path[i], "%s/%s", dir, name);
	return path[i];
}

/* The test runs in the source tree or below it. */
static const char *shipped(const char *name)
{
	static const char *const places[] = { "templates", "../templates", "../../templates", "../../../templates" };
	static char path[512];

	for (size_t i = 0; i < COUNT(places); i++) {
		snprintf(path, sizeof path, "%s/csv.%s.ini", places[i], name);
		if (access(path, R_OK) == 0)
			return path;
	}
	fail_msg("no csv.%s.ini", name);
	return NULL;
}

static void show(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		print_message("%s\n", d->line[i]);
}

static struct csvprofile *parse_shipped(const char *name)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct csvprofile *p;
	size_t n;
	char *text = made_read(shipped(name), &n);

	p = csvprofile_parse(name, shipped(name), text, n, &d, &e);
	show(&d);
	assert_non_null(p);
	assert_true(diag_empty(&d));
	free(text);
	return p;
}

static struct csvprofile *parse(const char *text)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct csvprofile *p = csvprofile_parse("t", "t.ini", text, strlen(text), &d, &e);

	show(&d);
	assert_non_null(p);
	return p;
}

/* Made invoices with what made_invoice() does not have: every third is a cancellation; a fixed fee with another VAT rate; two discounts. */
struct rich {
	struct made m;
	int discounts;
	struct invoice_tax tax[2]; /* sums over all, by rate */
};

static void set_totals(struct rich *r, struct invoice *v)
{
	v->lines_minor = v->allowance_minor = 0;
	for (size_t i = 0; i < v->nlines; i++) {
		v->lines_minor += v->lines[i].net_minor;
		r->tax[v->lines[i].tax_pct_e2 == 700].base_minor += v->lines[i].net_minor;
	}
	for (size_t i = 0; i < v->nallowances; i++) {
		v->allowance_minor += v->allowances[i].amount_minor;
		r->tax[v->allowances[i].tax_pct_e2 == 700].base_minor -= v->allowances[i].amount_minor;
	}
	v->net_minor = v->lines_minor - v->allowance_minor;
	v->gross_minor = v->net_minor + v->tax_minor;
}

static int rich_invoices(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	struct rich *r = ctx;
	int rc = 0;

	memset(r->tax, 0, sizeof r->tax);
	for (int i = 0; rc == 0 && i < r->m.invoices; i++) {
		int sign = i % 3 == 2 ? -1 : 1;
		struct invoice_allowance a[2] = {
			{ .reason = "=Rabatt; \"5\" %", .amount_minor = sign * 12345, .tax_category = "S", .tax_pct_e2 = 1900 },
			{ .reason = "Skonto\nvorab", .amount_minor = sign, .tax_category = "S", .tax_pct_e2 = 700 },
		};
		struct invoice v;

		made_invoice(&r->m, &v, i);
		v.cancels_date = DATE_NONE;
		if (sign < 0) {
			v.type = INVOICE_CANCELLATION;
			v.cancels = "RE-2026-00001";
			v.cancels_date = v.date - 30;
			for (size_t k = 0; k < v.nlines; k++) {
				v.lines[k].quantity = -v.lines[k].quantity;
				v.lines[k].net_minor = -v.lines[k].net_minor;
			}
		}
		if (v.nlines > 1)
			v.lines[1] = (struct invoice_line){ .pos = 2, .description = "Wartung", .project_name = v.lines[1].project_name, .from = v.from, .to = v.to,
				.unit = QUANTITY_LUMP, .quantity = sign, .price_e4 = 1234500, .net_minor = sign * 12345, .tax_category = "S", .tax_pct_e2 = 700 };
		v.allowances = a;
		v.nallowances = r->discounts ? 2 : 0;
		set_totals(r, &v);
		rc = each(arg, &v, e);
		made_invoice_free(&v);
	}
	return rc;
}

static int rich_documents(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	return made_documents_of(rich_invoices, made_entries, ctx, number, visitor, arg, e);
}

static struct source rich_source(struct rich *r)
{
	struct source s = made_source(&r->m);

	s.ctx = r;
	s.invoices = s.heads = rich_invoices;
	s.documents = rich_documents;
	return s;
}

static void same_file(const char *a, const char *b)
{
	size_t na, nb;
	char *x = made_read(path_of(a), &na), *y = made_read(path_of(b), &nb);

	if (na != nb || memcmp(x, y, na) != 0)
		fail_msg("%s and %s differ (%zu and %zu bytes)", a, b, na, nb);
	free(x);
	free(y);
}

static int write_profile(const struct csvprofile *p, const struct source *s, const char *folder, struct err *e)
{
	struct taker t = { .name = "" };

	return csvprofileout(&t, p, s, folder, e) < 0 ? -1 : taker_walk(s, NULL, &t, 1, e);
}

static void clear(void)
{
	DIR *d = opendir(dir);
	struct dirent *x;

	while ((x = readdir(d)) != NULL)
		if (x->d_name[0] != '.')
			unlink(path_of(x->d_name));
	closedir(d);
}

static void neutral_is_the_built_in(void **state)
{
	static struct rich cases[] = {
		{ .m = { .invoices = 4, .lines = 3, .entries = 5, .held = 6, .odd = 1, .price_e4 = 871251 }, .discounts = 1 },
		{ .m = { .invoices = 3, .lines = 2, .entries = 4, .held = 3, .nasty = 1, .second_currency = "KWD" }, .discounts = 1 },
		{ .m = { .invoices = 2, .lines = 2, .entries = 2, .unit = QUANTITY_MINUTES, .currency = "JPY", .category = "AE", .long_names = 1 } },
		{ .m = { .invoices = 0 } },
	};
	static const struct { const char *name; int (*open)(struct taker *, const char *, struct err *); } files[] = {
		{ "lines", csvout_lines }, { "invoices", csvout_invoices }, { "entries", csvout_entries }, { "held", csvout_held },
	};
	struct csvprofile *p = parse_shipped("neutral");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct source s = rich_source(&cases[i]);
		struct err e = ERR_INIT;

		clear();
		assert_int_equal(write_profile(p, &s, dir, &e), 0);
		for (size_t k = 0; k < COUNT(files); k++) {
			char mine[64], theirs[64];

			snprintf(mine, sizeof mine, "%s.neutral.csv", files[k].name);
			snprintf(theirs, sizeof theirs, "%s.csv", files[k].name);
			assert_int_equal(made_file(files[k].open, &s, path_of(theirs), &e), 0);
			same_file(mine, theirs);
		}
	}
	csvprofile_free(p);
}

/* The neutral profile's comments are the list of fields for people. */
static void every_field_is_documented(void **state)
{
	size_t n;
	char *text = made_read(shipped("neutral"), &n), name[64];

	(void)state;
	for (size_t i = 0; csvfields_name(i) != NULL; i++) {
		snprintf(name, sizeof name, "{%s}", csvfields_name(i));
		if (strstr(text, name) == NULL)
			fail_msg("csv.neutral.ini does not mention %s", name);
	}
	free(text);
}

/* Writes a profile's files over a rich source; returns the text of one, owned by caller. */
static char *write_and_read(const struct csvprofile *p, struct rich *r, const char *name)
{
	struct source s = rich_source(r);
	struct err e = ERR_INIT;
	size_t n;

	clear();
	if (write_profile(p, &s, dir, &e) < 0)
		fail_msg("%s", e.msg);
	return made_read(path_of(name), &n);
}

static void first_line_is(const char *text, const char *want)
{
	assert_int_equal(strncmp(text, want, strlen(want)), 0);
	assert_int_equal(strncmp(text + strlen(want), "\r\n", 2), 0);
}

static void headings_of_targets(void **state)
{
	struct rich r = { .m = { .invoices = 3, .lines = 2, .entries = 2, .held = 2 }, .discounts = 1 };
	struct csvprofile *p = parse_shipped("xero");
	char *text = write_and_read(p, &r, "sales-invoices.xero.csv");

	(void)state;
	first_line_is(text, "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,POPostalCode,POCountry,"
	    "SAAddressLine1,SAAddressLine2,SAAddressLine3,SAAddressLine4,SACity,SARegion,SAPostalCode,SACountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,"
	    "Total,InventoryItemCode,*Description,*Quantity,*UnitAmount,Discount,*AccountCode,*TaxType,TaxAmount,TrackingName1,TrackingOption1,TrackingName2,"
	    "TrackingOption2,Currency,BrandingTheme");
	assert_non_null(strstr(text, "\r\nMüller & Söhne 1 GmbH,,Am Alten Markt 3,,,,Köln,,50667,DE,,,,,,,,,RE-2026-00001,,02/11/2026,16/11/2026,,,Website Relaunch 1,"));
	assert_non_null(strstr(text, ",,,Wartung,1.00,123.45,,200,7% (VAT on Income),,,,,,EUR,\r\n"));
	assert_non_null(strstr(text, ",,,\"'=Rabatt; \"\"5\"\" %\",1.00,-123.45,,200,19% (VAT on Income),,,,,,EUR,\r\n"));
	assert_null(strstr(text, "RE-2026-00003"));
	free(text);
	text = made_read(path_of("cancellations.xero.csv"), &(size_t){ 0 });
	assert_non_null(strstr(text, "\r\nRE-2026-00003,02/11/2026,RE-2026-00001,Müller & Söhne 3 GmbH,,"));
	assert_null(strstr(text, "RE-2026-00002"));
	free(text);
	csvprofile_free(p);
	p = parse_shipped("quickbooks");
	text = write_and_read(p, &r, "invoices.quickbooks.csv");
	first_line_is(text, "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),ItemDescription,ItemQuantity,ItemRate,*ItemAmount,"
	    "*ItemTaxCode,ItemTaxAmount,Currency,Service Date");
	assert_non_null(strstr(text, "\r\nRE-2026-00002,Müller & Söhne 2 GmbH,02/11/2026,16/11/2026,,,,Services,Wartung,1.00,123.45,123.45,7.0% R,,EUR,"));
	assert_non_null(strstr(text, ",1.00,-0.01,-0.01,7.0% R,,EUR,\r\n"));
	free(text);
	csvprofile_free(p);
}

static void german_excel(void **state)
{
	struct rich r = { .m = { .invoices = 3, .lines = 2, .entries = 2, .held = 2 }, .discounts = 1 };
	struct csvprofile *p = parse_shipped("excel-de");
	char *text = write_and_read(p, &r, "positionen.excel-de.csv");
	size_t n;

	(void)state;
	assert_int_equal(strncmp(text, "\xef\xbb\xbfRechnung;Datum;Kunde;Pos.;", 29), 0);
	assert_non_null(strstr(text, "RE-2026-00001;02.11.2026;\"Müller & Söhne 1 GmbH\";2;\"Wartung\";\"Website Relaunch 2\";\"\";1;\"pauschal\";123,45;123,45;EUR;S;7;\"nein\"\r\n"));
	assert_non_null(strstr(text, "RE-2026-00003;02.11.2026;\"Müller & Söhne 3 GmbH\";;\"'=Rabatt; \"\"5\"\" %\";\"\";\"\";1;\"pauschal\";123,45;123,45;EUR;S;19;\"nein\"\r\n"));
	free(text);
	text = made_read(path_of("rechnungen.excel-de.csv"), &n);
	assert_non_null(strstr(text, "RE-2026-00003;\"Storno\";02.11.2026;16.11.2026;"));
	free(text);
	text = made_read(path_of("nicht-berechnet.excel-de.csv"), &n);
	assert_non_null(strstr(text, "\r\n\"ohne Stundensatz\";"));
	free(text);
	assert_int_equal(access(path_of("zeiteintraege.excel-de.csv"), R_OK), 0);
	csvprofile_free(p);
}

static int one_invoice(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	return each(arg, ctx, e);
}

static int no_entries(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e)
{
	(void)ctx, (void)number, (void)each, (void)arg, (void)e;
	return 0;
}

static int one_document(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	return made_documents_of(one_invoice, no_entries, ctx, number, visitor, arg, e);
}

#define FILE_OF(rows) "[file f]\nrows = " rows "\n"

static void cells(void **state)
{
	static const struct { const char *profile, *want; } t[] = {
		/* kinds and their form */
		{ FILE_OF("lines") "[column a]\nvalue = {net}\n[column b]\nvalue = {rate}\n[column c]\nvalue = {tax}\n[column d]\nvalue = {tax_rate}\n",
		  "a,b,c,d\r\n120.00,80.00,S 19,19\r\n-0.50,-0.50,S 5.5,5.5\r\n" },
		{ "[profile]\nseparator = tab\ndecimal = ,\nnewline = lf\n" FILE_OF("lines") "[column a]\nvalue = {net}\ndecimals = 3\n[column b]\nvalue = {rate}\ndecimals = 0\n"
		  "[column c]\nvalue = {quantity}\ndecimals = 4\n[column d]\nvalue = {tax_rate}\ndecimals = 1\n",
		  "a\tb\tc\td\n120,000\t80,00\t1,5000\t19,0\n-0,500\t-0,50\t1,0000\t5,5\n" },
		{ "[profile]\nbom = yes\nquote = all\ndate = YYYYMMDD\n" FILE_OF("invoices") "[column a]\nvalue = {date}\n[column b]\nvalue = {net}\n[column c]\nvalue = {cancels_date}\n",
		  "\xef\xbb\xbf\"a\",\"b\",\"c\"\r\n\"20261102\",\"119.50\",\"\"\r\n" },
		/* texts: guarded or not, quoted or not, cleaned */
		{ FILE_OF("lines") "[column a]\nvalue = {description}\n", "a\r\n\"'=1+1;, \"\"x\"\"\ny z\"\r\n\"'-5 %\"\r\n" },
		{ "[profile]\nguard = no\nquote = minimal\n" FILE_OF("lines") "[column a]\nvalue = {description}\n[column b]\nvalue = {unit}\n",
		  "a,b\r\n\"=1+1;, \"\"x\"\"\ny z\",HUR\r\n-5 %,LS\r\n" },
		/* mixed, constant and empty values */
		{ FILE_OF("lines") "[column a]\nvalue = {line}/{quantity} {unit}\n[column b]\nvalue = 8400\n[column c]\nvalue =\n[column d]\nvalue = {project}\nempty = none\n"
		  "[column e]\nvalue = -{line}\n",
		  "a,b,c,d,e\r\n\"1/1.50 HUR\",\"8400\",,\"P\",\"'-1\"\r\n\"/1 LS\",\"8400\",,\"none\",\"'-\"\r\n" },
		{ "[profile]\ndecimal = ,\nseparator = ;\ndate = DD.MM.YYYY\n" FILE_OF("invoices") "[column a]\nvalue = {net} am {date}\n", "a\r\n\"119,50 am 02.11.2026\"\r\n" },
		/* words look at the neutral form, wherever the section stands */
		{ "[profile]\ndecimal = ,\nseparator = ;\n[words net]\n119.50 = x\n" FILE_OF("invoices") "[column a]\nvalue = {net}\n[column b]\nvalue = {type}\n[column c]\nvalue = {date}\n"
		  "[words type]\n380 = =INV\n[words date]\n2026-11-02 =\n", "a;b;c\r\n\"x\";\"'=INV\";\"\"\r\n" },
		{ FILE_OF("lines") "[column a]\nvalue = {tax}\n[words tax]\nS 5.5 = 5% (R)\n", "a\r\nS 19\r\n\"5% (R)\"\r\n" },
		/* headings that no section name can have; a column alone with an empty cell */
		{ FILE_OF("lines") "[column]\nheading = A [EUR], 1\nvalue = {line}\n[column x]\nvalue={line}\nheading = Item(Product/Service)\n[column *y]\nvalue = a\n",
		  "\"A [EUR], 1\",Item(Product/Service),*y\r\n1,1,\"a\"\r\n,,\"a\"\r\n" },
		{ "[profile]\nquote = minimal\n" FILE_OF("lines") "[column a]\nvalue = {line}\n", "a\r\n1\r\n\"\"\r\n" },
		/* what multiplying programs get */
		{ FILE_OF("lines") "[column a]\nvalue = {target_quantity}\n[column b]\nvalue = {target_rate}\n[column c]\nvalue = {line_type}\n[column d]\nvalue = {hours}\n"
		  "[column e]\nvalue = {billed_hours}\ndecimals = 4\n",
		  "a,b,c,d,e\r\n1.50,80.00,time,1.49,1.5000\r\n1,-0.50,discount,0.00,0.0000\r\n" },
		{ FILE_OF("lines") "discounts = leave out\n[column a]\nvalue = {net}\n", "a\r\n120.00\r\n" },
		{ FILE_OF("lines") "documents = cancellations\n[column a]\nvalue = {net}\n", "a\r\n" },
	};
	struct invoice_line line = { .pos = 1, .description = "=1+1;, \"x\"\r\ny\x01z \n", .project_name = " P ", .secs = 5351, .billed_secs = 5400, .unit = QUANTITY_HOURS,
		.quantity = 150, .price_e4 = 800000, .net_minor = 12000, .tax_category = "S", .tax_pct_e2 = 1900 };
	struct invoice_allowance off = { .reason = "-5 %", .amount_minor = 50, .tax_category = "S", .tax_pct_e2 = 550 };
	struct invoice v = { .number = "R1", .type = INVOICE_COMMERCIAL, .date = date_from_ymd(2026, 11, 2), .currency = "EUR", .cancels_date = DATE_NONE, .lines = &line,
		.nlines = 1, .allowances = &off, .nallowances = 1, .net_minor = 11950 };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct csvprofile *p = parse(t[i].profile);
		struct source s = { .ctx = &v, .documents = one_document };
		struct err e = ERR_INIT;
		size_t n;
		char *text;

		clear();
		assert_int_equal(write_profile(p, &s, dir, &e), 0);
		text = made_read(path_of("f.t.csv"), &n);
		assert_string_equal(text, t[i].want);
		free(text);
		csvprofile_free(p);
	}
}

/* What programs get that multiply quantity and rate themselves: the product is the amount. */
static void targets_by_unit(void **state)
{
	static const struct { struct invoice_line line; const char *currency, *want; } t[] = {
		{ { .unit = QUANTITY_HOURS, .quantity = 633, .price_e4 = 871250, .net_minor = 55150 }, "EUR", "6.33,87.125\r\n" },
		{ { .unit = QUANTITY_HOURS, .quantity = -633, .price_e4 = 871250, .net_minor = -55150 }, "EUR", "-6.33,87.125\r\n" },
		{ { .unit = QUANTITY_MINUTES, .quantity = 380, .price_e4 = 871250, .net_minor = 55179 }, "EUR", "1,551.79\r\n" },
		{ { .unit = QUANTITY_MINUTES, .quantity = -380, .price_e4 = 871250, .net_minor = -55179 }, "EUR", "1,-551.79\r\n" },
		{ { .unit = QUANTITY_LUMP, .quantity = -1, .price_e4 = 4900000, .net_minor = -49000 }, "EUR", "1,-490.00\r\n" },
		{ { .unit = QUANTITY_LUMP, .quantity = 3, .price_e4 = 1234500, .net_minor = 370 }, "JPY", "1,370\r\n" },
		{ { .unit = QUANTITY_LUMP, .quantity = 3, .price_e4 = 1234500, .net_minor = 370350 }, "KWD", "1,370.350\r\n" },
	};
	struct csvprofile *p = parse(FILE_OF("lines") "[column q]\nvalue = {target_quantity}\n[column r]\nvalue = {target_rate}\n");

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct invoice_line line = t[i].line;
		struct invoice v = { .number = "R1", .type = INVOICE_COMMERCIAL, .currency = t[i].currency, .lines = &line, .nlines = 1 };
		struct source s = { .ctx = &v, .documents = one_document };
		struct err e = ERR_INIT;
		size_t n;
		char *text;

		clear();
		assert_int_equal(write_profile(p, &s, dir, &e), 0);
		text = made_read(path_of("f.t.csv"), &n);
		assert_string_equal(text + strlen("q,r\r\n"), t[i].want);
		free(text);
	}
	csvprofile_free(p);
}

static void entries_and_held(void **state)
{
	struct csvprofile *p = parse("[file e]\nrows = entries\n[column a]\nvalue = {invoice_number}/{line}\n[column b]\nvalue = {start_time}{user_id}\n[column c]\n"
	                             "value = {hours}\ndecimals = 0\n[column d]\nvalue = {period}\n[file h]\nrows = held\n[column r]\nvalue = {reason}\n[column s]\n"
	                             "value = {seconds}\nempty = -\n[column h]\nvalue = {hours}\n");
	struct rich r = { .m = { .invoices = 1, .lines = 1, .entries = 1, .held = 2 } };
	char *text = write_and_read(p, &r, "e.t.csv");
	size_t n;

	(void)state;
	assert_string_equal(text, "a,b,c,d\r\n\"RE-2026-00001/1\",\"Jörg Müller\",2,2026-10\r\n");
	free(text);
	text = made_read(path_of("h.t.csv"), &n);
	assert_non_null(strstr(text, "r,s,h\r\nno_rate,"));
	assert_non_null(strstr(text, "\r\nrunning,\"'-\",\r\n"));
	free(text);
	csvprofile_free(p);
}

/* Number of files in dir, and the rows of each but the first in order of parts. */
static void parts_are(const char *file, const char *want)
{
	char got[128] = "", name[64];

	for (int i = 1;; i++) {
		char *text;
		size_t n, rows = 0;

		snprintf(name, sizeof name, i == 1 ? "%s.t.csv" : "%s.t-%d.csv", file, i);
		if (access(path_of(name), F_OK) != 0)
			break;
		text = made_read(path_of(name), &n);
		assert_int_equal(strncmp(text, "n\r\n", 3), 0);
		for (size_t k = 0; k < n; k++)
			rows += text[k] == '\n';
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%zu", i > 1 ? " " : "", rows - 1);
		free(text);
	}
	assert_string_equal(got, want);
}

static void parts(void **state)
{
	static const struct { const char *keys; int invoices; const char *want; } t[] = {
		{ "rows = invoices\nmax_invoices = 2", 5, "2 2 1" }, { "rows = invoices\nmax_invoices = 2", 4, "2 2" }, { "rows = invoices\nmax_invoices = 1", 2, "1 1" },
		{ "rows = invoices\nmax_invoices = 9", 5, "5" }, { "rows = invoices\nmax_invoices = 9", 0, "0" }, { "rows = invoices", 5, "5" },
		{ "rows = lines\nmax_invoices = 2", 5, "10 10 5" }, { "rows = lines\nmax_invoices = 2\ndiscounts = leave out", 5, "6 6 3" },
		{ "rows = entries\nmax_invoices = 2", 5, "12 12 6" }, { "rows = entries\nmax_invoices = 1", 3, "6 6 6" },
		/* every third is a cancellation: what is left out does not count */
		{ "rows = invoices\nmax_invoices = 2\ndocuments = invoices", 7, "2 2 1" }, { "rows = lines\nmax_invoices = 1\ndocuments = cancellations", 7, "5 5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct rich r = { .m = { .invoices = t[i].invoices, .lines = 3, .entries = 2, .held = 1 }, .discounts = 1 };
		char profile[256];
		struct csvprofile *p;

		snprintf(profile, sizeof profile, "[file f]\n%s\n[column n]\nvalue = {invoice_number}\n", t[i].keys);
		p = parse(profile);
		free(write_and_read(p, &r, "f.t.csv"));
		parts_are("f", t[i].want);
		csvprofile_free(p);
	}
}

struct sums { int64_t net[2]; int rows, bad; };

static int add_up(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct sums *s = ctx;
	int64_t v = 0;

	(void)e;
	if (s->rows++ == 0)
		return 0;
	s->bad += row->n != 12 || num_parse(row->text[7], 2, &v) < 0;
	s->net[strcmp(row->text[11], "7") == 0] += v;
	return 0;
}

static void discounts_make_lines_add_up(void **state)
{
	struct rich r = { .m = { .invoices = 7, .lines = 3, .entries = 2 }, .discounts = 1 };
	struct csvprofile *p = parse_shipped("neutral");
	struct sums sums = { .rows = 0 };
	struct err e = ERR_INIT;
	struct diag d = { 0 };

	(void)state;
	free(write_and_read(p, &r, "lines.neutral.csv"));
	assert_int_equal(csvfile_read(path_of("lines.neutral.csv"), add_up, &sums, &d, &e), 0);
	assert_true(diag_empty(&d));
	assert_int_equal(sums.bad, 0);
	assert_int_equal(sums.rows, 1 + 7 * 5);
	assert_int_equal(sums.net[0], r.tax[0].base_minor);
	assert_int_equal(sums.net[1], r.tax[1].base_minor);
	csvprofile_free(p);
}

#define COLUMN "[column c]\nvalue = x\n"
#define WHOLE FILE_OF("lines") COLUMN

static void every_fault_with_its_line(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ WHOLE "[colunm x]\nvalue = 1\n", "t.ini:5: unknown section [colunm x]" },
		{ WHOLE "[profile x]\n", ":5: unknown section [profile x]" },
		{ "bom = yes\n" WHOLE, ":1: bom stands before the first [section]" },
		{ "[profile]\ncolour = red\n" WHOLE, ":2: unknown: colour in [profile]" },
		{ "[profile]\nseparator = |\n" WHOLE, ":2: separator = |: must be , | ; | tab" },
		{ "[profile]\nbom = maybe\n" WHOLE, ":2: bom = maybe: must be no | yes" },
		{ "[profile]\nguard =\n" WHOLE, ":2: guard = : must be no | yes" },
		{ "[profile]\ndecimal = ;\n" WHOLE, ":2: decimal = ;: must be" },
		{ "[profile]\nthousands = .\n" WHOLE, ":2: thousands = .: must be none" },
		{ "[profile]\nencoding = latin1\n" WHOLE, ":2: encoding = latin1: must be utf-8" },
		{ "[profile]\nquote = never\n" WHOLE, ":2: quote = never: must be text | minimal | all" },
		{ "[profile]\nnewline = cr\n" WHOLE, ":2: newline = cr: must be" },
		{ "[profile]\ndate = DD.MM.YY\n" WHOLE, ":2: date = DD.MM.YY: is made of" },
		{ "[profile]\ndate = DD.MM\n" WHOLE, ":2: date = DD.MM: is made of" },
		{ "[profile]\ndate = DD.MM.YYYY DD\n" WHOLE, ":2: date = DD.MM.YYYY DD: is made of" },
		{ "[profile]\ndate =\n" WHOLE, ":2: date = : is made of" },
		{ "[profile]\nbom = no\n[profile]\nbom = yes\n" WHOLE, ":3: [profile] stands twice" },
		{ "[profile]\nbom = no\nbom = yes\n" WHOLE, ":3: 'bom' stands twice" },
		{ "[profile]\ndecimal = ,\n" WHOLE, ":2: separator and decimal are the same" },
		{ "[profile]\ndecimal = ,\n\nseparator = ,\n" WHOLE, ":4: separator and decimal are the same" },
		{ "", "t.ini: there is no [file NAME] section" },
		{ "[profile]\nbom = yes\n", "t.ini: there is no [file NAME] section" },
		{ "[file]\nrows = lines\n" COLUMN, ":1: [file ]: a file's name is made of" },
		{ "[file ../x]\nrows = lines\n" COLUMN, ":1: [file ../x]: a file's name is made of" },
		{ "[file x.y]\nrows = lines\n" COLUMN, ":1: [file x.y]: a file's name is made of" },
		{ WHOLE WHOLE, ":5: [file f] stands twice, first in line 1" },
		{ "[file f]\n" COLUMN, ":1: [file f]: rows is missing" },
		{ "[file f]\nrows = rows\n" COLUMN, ":2: rows = rows: must be lines | invoices | entries | held" },
		{ "[file f]\nrows = lines\nlimit = 1\n" COLUMN, ":3: unknown: limit in [file f]" },
		{ "[file f]\nrows = lines\nmax_invoices = many\n" COLUMN, ":3: max_invoices = many: must be a whole number" },
		{ "[file f]\nrows = lines\nmax_invoices = 0\n" COLUMN, ":3: max_invoices = 0: must be a whole number" },
		{ "[file f]\nrows = held\nmax_invoices = 5\n" COLUMN, ":3: max_invoices: held entries" },
		{ "[file f]\nrows = lines\ndocuments = some\n" COLUMN, ":3: documents = some: must be" },
		{ "[file f]\nrows = entries\ndocuments = all\n" COLUMN, ":3: documents: only for" },
		{ "[file f]\nrows = invoices\ndiscounts = rows\n" COLUMN, ":3: discounts: only for" },
		{ "[file f]\nrows = lines\ndiscounts = no\n" COLUMN, ":3: discounts = no: must be rows | leave out" },
		{ "[file f]\nrows = lines\n", ":1: [file f] has no [column HEADING] section" },
		{ FILE_OF("lines"), ":1: [file f] has no [column HEADING] section" },
		{ COLUMN WHOLE, ":1: [column c] stands before the first [file]" },
		{ WHOLE "[column d]\n", ":5: [column d]: value is missing" },
		{ WHOLE "[column d]\nempty = x\n", ":5: [column d]: value is missing" },
		{ WHOLE COLUMN, ":5: the heading 'c' stands twice in [file f], first in line 3" },
		{ WHOLE "[column d]\nheading = c\nvalue = x\n", ":5: the heading 'c' stands twice" },
		{ WHOLE "[column]\nvalue = x\n", ":5: the column has no heading" },
		{ WHOLE "[column d]\nheading =\nvalue = x\n", ":5: the column has no heading" },
		{ WHOLE "[column d]\nvalue = x\nwidth = 3\n", ":7: unknown: width in [column d]" },
		{ WHOLE "[column d]\nvalue = {nett}\n", ":6: unknown field {nett}" },
		{ WHOLE "[column d]\nvalue = {}\n", ":6: unknown field {}" },
		{ WHOLE "[column d]\nvalue = { net }\n", ":6: unknown field { net }" },
		{ WHOLE "[column d]\nvalue = {net\n", ":6: '{' without '}'" },
		{ WHOLE "[column d]\nvalue = {net{tax}\n", ":6: '{' without '}'" },
		{ WHOLE "[column d]\nvalue = net} {tax}\n", ":6: '}' without '{'" },
		{ WHOLE "[column d]\nvalue = {net}}\n", ":6: '}' without '{'" },
		{ FILE_OF("invoices") COLUMN "[column d]\nvalue = {description}\n", ":6: {description} does not exist in a file with rows = invoices, only with lines" },
		{ FILE_OF("held") COLUMN "[column d]\nvalue = {currency}\n", ":6: {currency} does not exist in a file with rows = held, only with lines, invoices, entries" },
		{ FILE_OF("entries") COLUMN "[column d]\nvalue = {reason}\n", ":6: {reason} does not exist in a file with rows = entries, only with held" },
		{ WHOLE "[column d]\nvalue = {net}\ndecimals = two\n", ":7: decimals = two: must be a whole number from 0 to 6" },
		{ WHOLE "[column d]\nvalue = {net}\ndecimals = 7\n", ":7: decimals = 7: must be" },
		{ WHOLE "[column d]\nvalue = {description} {line}\ndecimals = 2\n", ":7: decimals: the value has no amount" },
		{ WHOLE "[words tax]\nS 19 = x\n", ":5: [words tax]: no column has the field {tax}" },
		{ WHOLE "[words taxes]\nS 19 = x\n", ":5: [words taxes]: there is no such field" },
		{ WHOLE "[words]\nS 19 = x\n", ":5: [words ]: there is no such field" },
		{ "[words tax]\na = b\n[words tax]\nc = d\n" FILE_OF("lines") "[column c]\nvalue = {tax}\n", ":3: [words tax] stands twice, first in line 1" },
		{ "[words tax]\na = b\na = c\n" FILE_OF("lines") "[column c]\nvalue = {tax}\n", ":3: 'a' stands twice in [words tax]" },
		{ WHOLE "[column a heading that is longer than the fifty bytes that fit]\nvalue = y\n", ":5: the section's name is too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diag d = { 0 };
		struct err e = ERR_INIT;
		struct csvprofile *p = csvprofile_parse("t", "t.ini", cases[i].text, strlen(cases[i].text), &d, &e);

		if (p != NULL || e.code != ERR_OK || d.n != 1 || strstr(d.line[0], cases[i].want) == NULL)
			fail_msg("%s gives %zu: %s", cases[i].text, d.n, d.n > 0 ? d.line[d.n - 1] : "nothing");
		diag_free(&d);
	}
}

static void all_faults_at_once(void **state)
{
	static const char text[] = "[profile]\nbom = 1\nseparator = x\n[file f]\nrows = invoices\nmax_invoices = x\n[column a]\nvalue = {line}{foo}\n[column a]\nvalue = {net\n"
	                           "[column b]\n[what]\n[words user]\na = b\n";
	static const char *const want[] = { ":2: bom", ":3: separator", ":6: max_invoices", ":12: unknown section", ":8: {line}", ":8: unknown field {foo}", ":9: the heading",
		":10: '{'", ":11: [column b]", ":13: [words user]" };
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_null(csvprofile_parse("t", "t.ini", text, sizeof text - 1, &d, &e));
	assert_int_equal(d.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		if (strstr(d.line[i], want[i]) == NULL)
			fail_msg("%s, not %s", d.line[i], want[i]);
	diag_free(&d);
}

static void names_of_profiles(void **state)
{
	static const char *const bad[] = { "", "../x", "a/b", "a.b", "ä", "a b", "12345678901234567890123456789012345678901" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct diag d = { 0 };
		struct err e = ERR_INIT;

		assert_null(csvprofile_parse(bad[i], "t.ini", WHOLE, strlen(WHOLE), &d, &e));
		assert_int_equal(e.code, ERR_CONFIG);
	}
}

static void too_many_columns(void **state)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	(void)state;
	buf_str(&b, FILE_OF("lines"));
	for (int i = 0; i < 502; i++)
		buf_fmt(&b, "[column %d]\nvalue = x\n", i);
	assert_null(csvprofile_parse("t", "t.ini", b.p, b.n, &d, &e));
	assert_int_equal(d.n, 1);
	assert_non_null(strstr(d.line[0], ":1003: more than 500 columns"));
	diag_free(&d);
	buf_free(&b);
}

static void existing_files_and_missing_folders(void **state)
{
	struct csvprofile *p = parse("[file f]\nrows = invoices\nmax_invoices = 1\n[column n]\nvalue = {date}\n");
	struct made m = { .invoices = 3, .lines = 1, .entries = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;

	(void)state;
	clear();
	assert_int_equal(symlink("/dev/null", path_of("f.t-2.csv")), 0);
	assert_int_equal(write_profile(p, &s, dir, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_non_null(strstr(e.msg, "f.t-2.csv: create"));
	assert_int_equal(access(path_of("f.t-2.csv"), F_OK), 0);
	assert_int_equal(access(path_of("f.t.csv"), F_OK), 0);
	assert_int_not_equal(access(path_of("f.t-3.csv"), F_OK), 0);
	err_clear(&e);
	assert_int_equal(write_profile(p, &s, dir, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_non_null(strstr(e.msg, "f.t.csv: create"));
	assert_int_equal(access(path_of("f.t.csv"), F_OK), 0);
	err_clear(&e);
	assert_int_equal(write_profile(p, &s, path_of("none"), &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	csvprofile_free(p);
}

static void a_full_disk_is_an_error(void **state)
{
	static const char *const kinds[] = { "lines", "invoices", "entries", "held" };
	struct made m = { .invoices = 40, .lines = 20, .entries = 10, .held = 800 };
	struct source s = made_source(&m);
	struct rlimit old, small = { 1000, 1000 };

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		char profile[128];
		struct csvprofile *p;
		struct err e = ERR_INIT;
		int rc;

		snprintf(profile, sizeof profile, "[file f]\nrows = %s\n[column n]\nvalue = {seconds} 12345678901234567890123\n", kinds[i]);
		p = parse(profile);
		clear();
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		rc = write_profile(p, &s, dir, &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, ERR_IO);
		assert_int_not_equal(access(path_of("f.t.csv"), F_OK), 0);
		csvprofile_free(p);
	}
}

static int broken(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	(void)ctx, (void)number, (void)visitor, (void)arg;
	return err_set(e, ERR_DATA, "ledger broke");
}

static void errors_of_the_source_pass_through(void **state)
{
	struct csvprofile *p = parse("[file f]\nrows = entries\n[column n]\nvalue = {date}\n");
	struct made m = { .invoices = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;

	(void)state;
	s.documents = broken;
	clear();
	assert_int_equal(write_profile(p, &s, dir, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_not_equal(access(path_of("f.t.csv"), F_OK), 0);
	csvprofile_free(p);
}

static void overflows_are_errors(void **state)
{
	struct invoice_allowance off = { .reason = "x", .amount_minor = INT64_MIN, .tax_category = "S" };
	struct invoice v = { .number = "R1", .type = INVOICE_COMMERCIAL, .currency = "EUR", .secs = INT64_MAX, .allowances = &off, .nallowances = 1 };
	static const char *const profiles[] = { FILE_OF("lines") "[column c]\nvalue = {net}\n", FILE_OF("invoices") "[column c]\nvalue = {hours}\ndecimals = 6\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(profiles); i++) {
		struct csvprofile *p = parse(profiles[i]);
		struct source s = { .ctx = &v, .documents = one_document };
		struct err e = ERR_INIT;

		clear();
		assert_int_equal(write_profile(p, &s, dir, &e), -1);
		assert_int_equal(e.code, ERR_SOFTWARE);
		assert_non_null(strstr(e.msg, "overflows"));
		assert_int_not_equal(access(path_of("f.t.csv"), F_OK), 0);
		csvprofile_free(p);
	}
}

/* Memory in use does not follow the number of rows. (Under ASan freed memory stays in use for a while.) */
static void many_rows_pass_through(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	const long rows = 40000, allowed = 1 << 30;
#else
	const long rows = 400000, allowed = 4096;
#endif
	struct made m = { .invoices = 100, .lines = 20, .entries = (int)rows / 2000 };
	struct source s = made_source(&m);
	struct csvprofile *p = parse_shipped("neutral");
	struct err e = ERR_INIT;
	struct rusage before, after;
	struct stat st;

	(void)state;
	clear();
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_int_equal(write_profile(p, &s, dir, &e), 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_int_equal(stat(path_of("entries.neutral.csv"), &st), 0);
	assert_true(st.st_size > rows * 150);
	assert_true(after.ru_maxrss - before.ru_maxrss < allowed);
	clear();
	csvprofile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neutral_is_the_built_in),
		cmocka_unit_test(every_field_is_documented),
		cmocka_unit_test(headings_of_targets),
		cmocka_unit_test(german_excel),
		cmocka_unit_test(cells),
		cmocka_unit_test(targets_by_unit),
		cmocka_unit_test(entries_and_held),
		cmocka_unit_test(parts),
		cmocka_unit_test(discounts_make_lines_add_up),
		cmocka_unit_test(every_fault_with_its_line),
		cmocka_unit_test(all_faults_at_once),
		cmocka_unit_test(names_of_profiles),
		cmocka_unit_test(too_many_columns),
		cmocka_unit_test(existing_files_and_missing_folders),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(errors_of_the_source_pass_through),
		cmocka_unit_test(overflows_are_errors),
		cmocka_unit_test(many_rows_pass_through),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
