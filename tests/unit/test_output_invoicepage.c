#include "test_output_picture.h"
#include "test_output_source.h"

#include <minizip/unzip.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/pool.h"
#include "billing/tax.h"
#include "output/invoicebreaks.h"
#include "output/invoicexlsx.h"
#include "output/textfit.h"
#include "output/xlsx.h"
#include "output/xlsxpage.h"
#include "output/xlsxtext.h"

static char dir[256];
static struct pool *pool;

static int setup(void **state)
{
	(void)state;
	made_folder(dir);
	pool = pool_new();
	return pool != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pool_free(pool);
	return made_folder_gone(dir);
}

static struct template *parse(const char *text, int logo)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct template *t = template_parse("invoice.x.ini", "invoice.x.ini", text, strlen(text), &d, &e);

	if (t == NULL)
		fail_msg("%s %s", e.msg, d.n > 0 ? d.line[0] : "");
	if (logo)
		assert_int_equal(template_set_logo(t, made_png, sizeof made_png, &e), 0);
	return t;
}

/* A part of the package; owned by caller, NULL when it is not there. */
static char *part(const char *path, const char *name)
{
	unzFile zip = unzOpen64(path);
	unz_file_info64 info;
	char *p = NULL;

	assert_non_null(zip);
	if (unzLocateFile(zip, name, 1) == UNZ_OK) {
		assert_int_equal(unzGetCurrentFileInfo64(zip, &info, NULL, 0, NULL, 0, NULL, 0), UNZ_OK);
		p = malloc(info.uncompressed_size + 1);
		assert_non_null(p);
		assert_int_equal(unzOpenCurrentFile(zip), UNZ_OK);
		assert_int_equal(unzReadCurrentFile(zip, p, (unsigned)info.uncompressed_size), (int)info.uncompressed_size);
		p[info.uncompressed_size] = '\0';
		assert_int_equal(unzCloseCurrentFile(zip), UNZ_OK);
	}
	unzClose(zip);
	return p;
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
	return path;
}

/* The page of an invoice; owned by caller. */
static char *page_of(struct made *m, const struct invoice *v, const struct template *t)
{
	const char *path = path_of("page.xlsx");
	struct source s = made_source(m);
	struct err e = ERR_INIT;

	if (made_workbook(&s, v, t, path, &e) < 0)
		fail_msg("%s", e.msg);
	return part(path, "xl/worksheets/sheet1.xml");
}

static void has(const char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("%s is not in %s", want, text);
}

static void has_not(const char *text, const char *want)
{
	if (strstr(text, want) != NULL)
		fail_msg("%s is in %s", want, text);
}

static void settle(struct invoice *v)
{
	struct err e = ERR_INIT;

	v->secs = v->billed_secs = 0;
	v->entries = 0;
	for (size_t i = 0; i < v->nlines; i++) {
		v->secs += v->lines[i].secs;
		v->billed_secs += v->lines[i].billed_secs;
		v->entries += v->lines[i].entries;
	}
	if (tax_apply(v, pool, &e) < 0)
		fail_msg("%s", e.msg);
}

/* Makes the last line a fixed fee. */
static void make_fee(struct invoice *v)
{
	struct invoice_line *l = &v->lines[v->nlines - 1];

	l->fee = "hosting";
	l->unit = QUANTITY_LUMP;
	l->quantity = 1;
	l->price_e4 = 4500000;
	l->net_minor = 45000;
	l->secs = l->billed_secs = 0;
	l->entries = 0;
}

static void make_discount(struct invoice *v, struct invoice_allowance *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int overflow = 0;

		a[i].base_minor = 0;
		for (size_t k = 0; k < v->nlines; k++)
			if (v->lines[k].tax_pct_e2 == a[i].tax_pct_e2)
				a[i].base_minor += v->lines[k].net_minor;
		a[i].amount_minor = money_tax(a[i].base_minor, a[i].percent_e2, &overflow);
	}
	v->allowances = a;
	v->nallowances = n;
	settle(v);
}

/* Only the page: fees and moved lines leave no time sheet that adds up. */
#define NO_TIMES "[blocks]\ntimesheet = no\n"

static void every_optional_text_has_its_place(void **state)
{
	struct made m = { .invoices = 1, .lines = 3, .entries = 1 };
	struct template *t = parse(NO_TIMES, 0), *off = parse(NO_TIMES "references = no\nnote = no\nline_notes = no\npayment = no\n", 0);
	struct invoice v;
	char *text;

	(void)state;
	made_invoice(&m, &v, 0);
	make_fee(&v);
	settle(&v);
	v.order_reference = "PO-1";
	v.contract_reference = "C-2";
	v.note = "As agreed.\nTwo lines.";
	v.lines[0].note = "rounded up";
	v.discount_days = 10;
	v.discount_pct_e2 = 250;
	v.gross_minor = 100001;
	text = page_of(&m, &v, t);
	has(text, "<t>PO-1</t>");
	has(text, "<t>C-2</t>");
	has(text, "As agreed.\nTwo lines.");
	has(text, "<t>rounded up</t>");
	has(text, "<t>flat</t>");
	has(text, "<t>Rate / price</t>");
	has(text, "For payment by 2026-11-12 we grant a cash discount of 2.5 %; you then pay 975.01 EUR.");
	free(text);
	text = page_of(&m, &v, off);
	has_not(text, "PO-1");
	has_not(text, "C-2");
	has_not(text, "As agreed");
	has_not(text, "rounded up");
	has_not(text, "Please pay");
	free(text);
	v.discount_days = 0;
	text = page_of(&m, &v, t);
	has_not(text, "cash discount");
	free(text);
	made_invoice_free(&v);
	template_free(t);
	template_free(off);
}

/* The number of a cell by its formula's beginning: what stands in <v>. */
static double value_behind(const char *text, const char *formula)
{
	const char *at = strstr(text, formula);

	if (at == NULL || (at = strstr(at, "<v>")) == NULL)
		fail_msg("%s is not in %s", formula, text);
	return strtod(at + 3, NULL);
}

static void discounts_are_formulas_where_they_agree(void **state)
{
	struct made m = { .invoices = 1, .lines = 2, .entries = 1 };
	struct invoice_allowance a[] = { { .reason = "Loyalty & <more>", .percent_e2 = 1000, .tax_category = "S", .tax_pct_e2 = 1900 } };
	struct template *t = parse(NO_TIMES, 0);
	struct invoice v;
	char *text, want[64];

	(void)state;
	made_invoice(&m, &v, 0);
	make_discount(&v, a, 1);
	text = page_of(&m, &v, t);
	has(text, "Loyalty &amp; &lt;more&gt; (10 % of ");
	has(text, "<f>-ROUND(F");
	assert_true(value_behind(text, "<f>-ROUND(F") < 0);
	has(text, "*19/100,2)</f>");
	free(text);
	/* A cent moved to another group: the number stands for itself. */
	a[0].amount_minor++;
	settle(&v);
	text = page_of(&m, &v, t);
	has_not(text, "-ROUND(");
	snprintf(want, sizeof want, "<v>-%lld.%02lld</v>", (long long)a[0].amount_minor / 100, (long long)a[0].amount_minor % 100);
	has(text, want);
	free(text);
	made_invoice_free(&v);
	template_free(t);
}

static void several_rates_show_their_column(void **state)
{
	struct made m = { .invoices = 1, .lines = 4, .entries = 1 };
	struct invoice_allowance a[] = { { .reason = "A", .percent_e2 = 500, .tax_category = "S", .tax_pct_e2 = 700 },
		{ .reason = "B", .percent_e2 = 500, .tax_category = "S", .tax_pct_e2 = 1900 } };
	struct template *t = parse(NO_TIMES, 0);
	struct invoice v;
	char *text;

	(void)state;
	made_invoice(&m, &v, 0);
	v.lines[1].tax_pct_e2 = 700;
	make_discount(&v, a, 2);
	assert_int_equal(v.ntaxes, 2);
	text = page_of(&m, &v, t);
	has(text, "<t>VAT %</t>");
	has(text, "<f>ROUND((SUMIF($F$");
	has(text, ",7,$G$");
	has(text, ",19,$G$");
	free(text);
	made_invoice_free(&v);
	template_free(t);
}

static void late_lines_have_a_heading(void **state)
{
	static const struct { const char *late, *text; int shown; } cases[] = {
		{ "0011", "", 1 }, { "0000", "", 0 }, { "1111", "", 0 }, { "0101", "", 0 }, { "0001", NO_TIMES "late_heading = no\n", 0 },
	};
	struct made m = { .invoices = 1, .lines = 4, .entries = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template *t = parse(cases[i].text, 0);
		struct invoice v;
		char *text;

		made_invoice(&m, &v, 0);
		for (int k = 0; k < 4; k++)
			v.lines[k].late = cases[i].late[k] == '1';
		v.lines[3].description = "X (late booking 2026-09-30)";
		text = page_of(&m, &v, t);
		if ((strstr(text, "Late bookings from earlier periods") != NULL) != cases[i].shown)
			fail_msg("case %zu", i);
		has(text, "<t>X (late booking 2026-09-30)</t>");
		free(text);
		made_invoice_free(&v);
		template_free(t);
	}
}

static void a_cancellation_asks_for_no_money(void **state)
{
	struct made m = { .invoices = 1, .lines = 3, .entries = 1 };
	struct template *t = parse("[document]\ntitle_cancellation = Storno\n", 0);
	struct invoice v;
	char *text;

	(void)state;
	made_invoice(&m, &v, 0);
	make_fee(&v);
	for (size_t i = 0; i < v.nlines; i++) {
		v.lines[i].quantity = -v.lines[i].quantity;
		v.lines[i].net_minor = -v.lines[i].net_minor;
		v.lines[i].secs = -v.lines[i].secs;
		v.lines[i].billed_secs = -v.lines[i].billed_secs;
	}
	v.type = INVOICE_CANCELLATION;
	v.number = "ST-1";
	v.cancels = "RE-2026-00001";
	v.cancels_date = date_from_ymd(2026, 10, 5);
	v.reason = "wrong rate";
	settle(&v);
	text = page_of(&m, &v, t);
	has(text, "<t>Storno ST-1</t>");
	has(text, "<t>RE-2026-00001</t>");
	has(text, "<t>2026-10-05</t>");
	has(text, "This document cancels invoice RE-2026-00001 of 2026-10-05 in full.");
	has(text, "Reason: wrong rate");
	has(text, "Cancelled amount (EUR)");
	has(text, "<v>-450</v>");
	has_not(text, "IBAN");
	has_not(text, "Please pay");
	has_not(text, "Due date");
	free(text);
	made_invoice_free(&v);
	template_free(t);
}

static void a_cancellation_has_no_time_sheet(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct template *t = parse("", 0);
	const char *path = path_of("cancel.xlsx");
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	struct invoice v;

	(void)state;
	made_invoice(&m, &v, 0);
	v.type = INVOICE_CANCELLATION;
	v.cancels = "RE-1";
	assert_int_equal(made_workbook(&s, &v, t, path, &e), 0);
	assert_null(part(path, "xl/worksheets/sheet2.xml"));
	made_invoice_free(&v);
	template_free(t);
}

static void the_logo_is_in_the_file(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct template *t = parse("[document]\nlogo = a.png\nlogo_width_mm = 30\n", 1), *off = parse("[document]\nlogo = a.png\n[blocks]\nletterhead = no\n", 1);
	const char *path = path_of("logo.xlsx");
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	struct invoice v;
	char *text, *a, *b;
	size_t na, nb;

	(void)state;
	made_invoice(&m, &v, 0);
	v.seller.name = "A \x01 & \"B\" <C>";
	if (made_workbook(&s, &v, t, path, &e) < 0)
		fail_msg("%s", e.msg);
	text = part(path, "xl/media/image1.png");
	assert_non_null(text);
	assert_memory_equal(text, made_png, sizeof made_png);
	free(text);
	text = part(path, "xl/drawings/drawing1.xml");
	assert_non_null(text);
	has(text, "descr=\"A   &amp; &quot;B&quot; &lt;C&gt;\"");
	/* 30 mm at 99 % are 114 pixels, less 3 per cent; half as high. */
	has(text, "<a:ext cx=\"1047750\" cy=\"542925\"/>");
	free(text);
	text = part(path, "xl/worksheets/sheet1.xml");
	has(text, "ht=\"15.01\" customHeight=\"1\"");
	has(text, "<mergeCell ref=\"A1:D3\"/>");
	free(text);
	a = made_read(path, &na);
	assert_int_equal(made_workbook(&s, &v, t, path_of("logo.xlsx"), &e), 0);
	b = made_read(path, &nb);
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	free(a);
	free(b);
	assert_int_equal(made_workbook(&s, &v, off, path_of("logo.xlsx"), &e), 0);
	assert_null(part(path, "xl/media/image1.png"));
	made_invoice_free(&v);
	template_free(t);
	template_free(off);
}

/* Wherever the disk ends, there is an error, no file, and nothing on the terminal. */
static void a_full_disk_with_a_logo_is_quiet(void **state)
{
	struct made m = { .invoices = 1, .lines = 2, .entries = 2 };
	struct template *t = parse("[document]\nlogo = a.png\n", 1);
	const char *path = path_of("full.xlsx"), *spoken = NULL;
	struct source s = made_source(&m);
	struct rlimit old, small;
	struct invoice v;
	char name[512], *text;
	size_t n;
	int saved = dup(2);

	(void)state;
	made_invoice(&m, &v, 0);
	snprintf(name, sizeof name, "%s/spoken", dir);
	assert_non_null(freopen(name, "w", stderr));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (rlim_t size = 0; size < 6000; size += 500) {
		struct err e = ERR_INIT;
		int rc;

		small = (struct rlimit){ size, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		rc = made_workbook(&s, &v, t, path, &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		if (rc == 0 || e.code != ERR_IO || access(path, F_OK) == 0)
			spoken = "unnoticed";
	}
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	assert_null(spoken);
	text = made_read(name, &n);
	assert_string_equal(text, "");
	free(text);
	made_invoice_free(&v);
	template_free(t);
}

/* "&G" is a picture to the library even behind another '&': it complained and freed the footer twice. */
static void names_in_footers(void **state)
{
	static const struct { const char *name, *want; } cases[] = {
		{ "Meier &G GmbH", "<oddFooter>&amp;L&amp;8Meier &amp;&amp;&amp;8G GmbH" }, { "A &[Picture] B", "&amp;L&amp;8A &amp;&amp;&amp;8[Picture] B" },
		{ "Müller & Söhne", "&amp;L&amp;8Müller &amp;&amp; Söhne" }, { "4711 AG", "&amp;L&amp;8 4711 AG" }, { "a\nb\x01", "&amp;L&amp;8a b &amp;R" },
	};
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct template *t = parse("[footer]\nleft = {seller} \nright = {page}/{pages}\n", 0);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct invoice v;
		char *text;

		made_invoice(&m, &v, 0);
		v.seller.name = cases[i].name;
		text = page_of(&m, &v, t);
		has(strstr(text, "<headerFooter>"), cases[i].want);
		has(text, "&amp;R&amp;8&amp;P/&amp;N</oddFooter>");
		free(text);
		made_invoice_free(&v);
	}
	template_free(t);
}

static size_t footer_units(const char *text)
{
	const char *p = strstr(text, "<oddFooter>") + 11, *end = strstr(p, "</oddFooter>");
	size_t n = 0;

	for (; p < end; p++) {
		n += ((unsigned char)*p & 0xc0) != 0x80;
		if (strncmp(p, "&amp;", 5) == 0)
			p += 4;
	}
	return n;
}

static void a_long_footer_is_also_on_the_page(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct template *t = parse("[footer]\nleft = {seller}\ncenter = {legal_info}\nright = {page}/{pages}\n", 0);
	char info[301], *text;
	struct invoice v;

	(void)state;
	memset(info, '&', 300);
	info[300] = '\0';
	made_invoice(&m, &v, 0);
	v.seller.legal_info = info;
	text = page_of(&m, &v, t);
	assert_in_range(footer_units(text), 250, 255);
	has(text, "…&amp;R&amp;8&amp;P/&amp;N</oddFooter>");
	has(text, "&amp;&amp;&amp;&amp;&amp;&amp;</t>");
	free(text);
	info[50] = '\0';
	text = page_of(&m, &v, t);
	has_not(text, "&amp;&amp;</t>");
	free(text);
	made_invoice_free(&v);
	template_free(t);
}

static void edge_text(void **state)
{
	static const struct { const char *text; size_t max; const char *want; size_t need; } cases[] = {
		{ "abc", 3, "abc", 3 }, { "abcd", 3, "ab…", 4 }, { "a&b", 3, "a…", 4 }, { "{page}", 2, "&P", 2 }, { "x{pages}y", 3, "x…", 4 }, { "äöü", 2, "ä…", 3 },
		{ "\xf0\x9f\x98\x80x", 2, "…", 3 }, { "abc", 0, "", 3 }, { "a\tb\nc", 9, "a b\nc", 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF_INIT;

		assert_int_equal(xlsxtext_edge(&b, cases[i].text, 8, cases[i].max), cases[i].need);
		assert_string_equal(buf_text(&b), cases[i].want);
		buf_free(&b);
	}
}

/* Heights 10 each unless given; '=' tight, '-' loose to the row above. */
static void pages_end_where_they_may(void **state)
{
	static const struct { const char *ties; int room, repeat; const char *want; } cases[] = {
		{ "          ", 100, -1, "" }, { "           ", 100, -1, "10" }, { "           ", 50, -1, "5 10" }, { "           ", 50, 0, "5 9" },
		{ "          =", 100, -1, "9" }, { "         ==", 100, -1, "8" }, { "        ===", 100, 0, "7" }, { "===========", 100, -1, "10" },
		{ "  --=--", 50, -1, "5" }, { " ------", 50, -1, "5" }, { "     ---==", 50, -1, "5" }, { "", 50, -1, "" }, { "   ", 5, -1, "1 2" },
		{ "   ", 15, 0, "1 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct invoicebreaks b = { 0 };
		char got[128] = "";
		int *rows = NULL;
		size_t n = 0;

		for (int k = 0; cases[i].ties[k] != '\0'; k++) {
			invoicebreaks_height(&b, k, 10);
			if (cases[i].ties[k] != ' ')
				invoicebreaks_tie(&b, k - 1, k, cases[i].ties[k] == '=' ? INVOICEBREAKS_TIGHT : INVOICEBREAKS_LOOSE);
		}
		assert_int_equal(invoicebreaks_find(&b, cases[i].room, cases[i].repeat, &rows, &n), 0);
		for (size_t k = 0; k < n; k++)
			snprintf(got + strlen(got), sizeof got - strlen(got), "%s%d", k > 0 ? " " : "", rows[k]);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s, not %s", i, got, cases[i].want);
		free(rows);
		invoicebreaks_free(&b);
	}
}

/* The row of the last page break, 0 for none. */
static int last_break(const char *text)
{
	const char *p = text;
	int row = 0;

	while ((p = strstr(p, "<brk id=\"")) != NULL) {
		p += 9;
		row = atoi(p);
	}
	return row;
}

static int row_of(const char *text, const char *cell)
{
	const char *at = strstr(text, cell), *row;
	int n = 0;

	if (at == NULL)
		fail_msg("%s is not in %s", cell, text);
	for (row = strstr(text, "<row r=\""); row != NULL && row < at; row = strstr(row + 1, "<row r=\""))
		n = atoi(row + 8) - 1;
	return n;
}

/* Whatever the number of lines: two of them are on the last page with the totals and what follows. */
static void totals_are_never_alone(void **state)
{
	struct template *t = parse("", 0);

	(void)state;
	for (int lines = 1; lines <= 90; lines++) {
		struct made m = { .invoices = 1, .lines = lines, .entries = 1, .long_names = lines % 3 == 0 };
		struct invoice v;
		int brk, total;
		char *text;

		made_invoice(&m, &v, 0);
		text = page_of(&m, &v, t);
		brk = last_break(text);
		total = row_of(text, "<t>Net total</t>");
		if (brk > total - 3 + (lines < 2))
			fail_msg("%d lines: net total in row %d, a page begins in row %d", lines, total, brk);
		free(text);
		made_invoice_free(&v);
	}
	template_free(t);
}

static void long_paragraphs_take_several_rows(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct template *t = parse(NO_TIMES, 0);
	char note[20000], *text, *first;
	struct invoice v;

	(void)state;
	for (size_t i = 0; i < sizeof note - 1; i++)
		note[i] = i % 10 == 9 ? ' ' : 'a';
	note[sizeof note - 1] = '\0';
	made_invoice(&m, &v, 0);
	v.note = note;
	text = page_of(&m, &v, t);
	first = strstr(text, ">aaaaaaaaa aaaaaaaaa");
	assert_non_null(first);
	assert_non_null(strstr(first + 10, ">aaaaaaaaa aaaaaaaaa"));
	assert_true(last_break(text) > 0);
	free(text);
	made_invoice_free(&v);
	template_free(t);
}

static void prefixes_hold_so_many_lines(void **state)
{
	static const char *const texts[] = { "", "a\nb\nc\n", "one two three four five six seven eight nine ten", "Donaudampfschifffahrtsgesellschaftskapitän", "ä ö\n\nü ",
		"a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (int lines = 1; lines < 5; lines++) {
			const char *p = texts[i];
			int all = textfit_lines(p, 8, 10), sum = 0;

			while (*p != '\0') {
				size_t n = textfit_prefix(p, 8, 10, lines);

				assert_true(n > 0);
				p += n;
				sum += lines;
			}
			/* What ends with a line break has an empty line that no part holds. */
			assert_true(sum + 1 >= all);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_optional_text_has_its_place),
		cmocka_unit_test(discounts_are_formulas_where_they_agree),
		cmocka_unit_test(several_rates_show_their_column),
		cmocka_unit_test(late_lines_have_a_heading),
		cmocka_unit_test(a_cancellation_asks_for_no_money),
		cmocka_unit_test(a_cancellation_has_no_time_sheet),
		cmocka_unit_test(the_logo_is_in_the_file),
		cmocka_unit_test(a_full_disk_with_a_logo_is_quiet),
		cmocka_unit_test(names_in_footers),
		cmocka_unit_test(a_long_footer_is_also_on_the_page),
		cmocka_unit_test(edge_text),
		cmocka_unit_test(pages_end_where_they_may),
		cmocka_unit_test(totals_are_never_alone),
		cmocka_unit_test(long_paragraphs_take_several_rows),
		cmocka_unit_test(prefixes_hold_so_many_lines),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
