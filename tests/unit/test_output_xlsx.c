#include "test_output_source.h"

#include <errno.h>
#include <minizip/unzip.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "base/worker.h"
#include "output/invoicexlsx.h"
#include "output/summarydata.h"
#include "output/summaryxlsx.h"
#include "output/textfit.h"
#include "output/unxlsx.h"
#include "output/xlsxscan.h"
#include "output/xlsxpackage.h"
#include "output/xlsx.h"

static char dir[256];
static struct template *invoice_template, *summary_template;

static struct template *empty_template(const char *name)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f != NULL)
		fclose(f);
	return template_read(dir, name, &d, &e);
}

static int setup(void **state)
{
	(void)state;
	made_folder(dir);
	invoice_template = empty_template("invoice.x.ini");
	summary_template = empty_template("summary.x.ini");
	return invoice_template != NULL && summary_template != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	template_free(invoice_template);
	template_free(summary_template);
	return made_folder_gone(dir);
}

static const char *path_of(const char *name)
{
	static char path[2][512];
	static int k;

	k = !k;
	snprintf(path[k], sizeof path[k], "%s/%s", dir, name);
	return path[k];
}

/* A part of the package; owned by caller. */
static char *part(const char *path, const char *name)
{
	unzFile zip = unzOpen64(path);
	unz_file_info64 info;
	char *p;

	assert_non_null(zip);
	assert_int_equal(unzLocateFile(zip, name, 1), UNZ_OK);
	assert_int_equal(unzGetCurrentFileInfo64(zip, &info, NULL, 0, NULL, 0, NULL, 0), UNZ_OK);
	p = malloc(info.uncompressed_size + 1);
	assert_non_null(p);
	assert_int_equal(unzOpenCurrentFile(zip), UNZ_OK);
	assert_int_equal(unzReadCurrentFile(zip, p, (unsigned)info.uncompressed_size), (int)info.uncompressed_size);
	p[info.uncompressed_size] = '\0';
	assert_int_equal(unzCloseCurrentFile(zip), UNZ_OK);
	unzClose(zip);
	return p;
}

static void has(const char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("%s is not in %.3000s", want, text);
}

static int write_invoice(struct made *m, const char *path, struct err *e)
{
	struct source s = made_source(m);
	struct invoice v;
	int rc;

	made_invoice(m, &v, 0);
	rc = made_workbook(&s, &v, invoice_template, path, e);
	made_invoice_free(&v);
	return rc;
}

static int write_counted(const struct source *s, const char *path, struct err *e)
{
	struct summarydata d;
	int rc = made_summary(&d, s, e);

	if (rc == 0)
		rc = summaryxlsx_write(&d, s, summary_template, path, e);
	summarydata_free(&d);
	return rc;
}

static int write_summary(struct made *m, const char *path, struct err *e)
{
	struct source s = made_source(m);

	return write_counted(&s, path, e);
}

static void cells_are_what_they_say(void **state)
{
	struct xlsx_style money = { .num = "#,##0.00" };
	struct err e = ERR_INIT;
	struct xlsx *x = xlsx_new(path_of("cells.xlsx"), dir, "T", "A", date_from_ymd(2026, 11, 2), &e);
	struct xlsx_sheet *s;
	char *text;

	(void)state;
	assert_non_null(x);
	s = xlsx_sheet(x, "One");
	xlsx_dec(s, 0, 0, &money, 123456789012345, 2);
	xlsx_dec(s, 0, 1, &money, -1, 4);
	xlsx_day(s, 1, 0, NULL, date_from_ymd(2026, 11, 2));
	xlsx_secs(s, 1, 1, NULL, 129600);
	xlsx_formula_dec(s, 2, 0, &money, "=ROUND(A1,1)", 12345, 2);
	xlsx_text(s, 3, 0, NULL, "=1+1");
	xlsx_text(s, 3, 1, NULL, "http://x/ <&> _x0041_ \x01 \xef\xbf\xbf ok");
	xlsx_across(s, 4, 0, 2, NULL, "wide");
	assert_int_equal(xlsx_close(x, &e), 0);
	text = part(path_of("cells.xlsx"), "xl/worksheets/sheet1.xml");
	has(text, "<v>1234567890123.45</v>");
	has(text, "<v>-0.0001</v>");
	has(text, "<v>46328</v>");
	has(text, "<v>1.5</v>");
	has(text, "<f>ROUND(A1,1)</f><v>123.45</v>");
	has(text, "<t>=1+1</t>");
	has(text, "http://x/ &lt;&amp;&gt; _x005F_x0041_   ");
	assert_null(strstr(text, "<hyperlink"));
	assert_int_equal(strstr(strstr(text, "<f>") + 3, "<f>") == NULL, 1);
	free(text);
	text = part(path_of("cells.xlsx"), "docProps/core.xml");
	has(text, "2026-11-02T00:00:00Z");
	free(text);
}

static void misuse_is_reported(void **state)
{
	struct err e = ERR_INIT;
	struct xlsx *x = xlsx_new(path_of("bad.xlsx"), dir, "T", NULL, 0, &e);
	struct xlsx_sheet *s = xlsx_sheet(x, "One");

	(void)state;
	xlsx_dec(s, 3, 0, NULL, 1, 0);
	xlsx_dec(s, 2, 0, NULL, 1, 0);
	assert_int_equal(xlsx_close(x, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	x = xlsx_new(path_of("bad.xlsx"), dir, "T", NULL, 0, &e);
	xlsx_dec(xlsx_sheet(x, "One"), 0, 0, NULL, INT64_C(1000000000000000), 2);
	assert_int_equal(xlsx_close(x, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	err_clear(&e);
	x = xlsx_new(path_of("bad.xlsx"), dir, "T", NULL, 0, &e);
	assert_null(xlsx_sheet(x, "a/b"));
	assert_int_equal(xlsx_close(x, &e), -1);
	assert_int_not_equal(access(path_of("bad.xlsx"), F_OK), 0);
}

static void existing_files_and_links_stay(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(symlink("/dev/null", path_of("link.xlsx")), 0);
	assert_null(xlsx_new(path_of("link.xlsx"), dir, "T", NULL, 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(access(path_of("link.xlsx"), F_OK), 0);
}

static void long_text_is_cut(void **state)
{
	struct err e = ERR_INIT;
	struct xlsx *x = xlsx_new(path_of("long.xlsx"), dir, "T", NULL, 0, &e);
	char *text = malloc(200001);

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 200000; i += 2)
		memcpy(text + i, "ä", 2);
	text[200000] = '\0';
	xlsx_text(xlsx_sheet(x, "One"), 0, 0, NULL, text);
	free(text);
	if (xlsx_close(x, &e) < 0)
		fail_msg("%s", e.msg);
	text = part(path_of("long.xlsx"), "xl/worksheets/sheet1.xml");
	has(text, "ä...</t>");
	free(text);
}

static void an_invoice_is_whole(void **state)
{
	struct made m = { .invoices = 1, .lines = 3, .entries = 4, .odd = 1 };
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	if (write_invoice(&m, path_of("invoice.xlsx"), &e) < 0)
		fail_msg("%s", e.msg);
	text = part(path_of("invoice.xlsx"), "xl/worksheets/sheet1.xml");
	has(text, "<t>Invoice RE-2026-00001</t>");
	has(text, "<f>ROUND(SUM(");
	has(text, "DE02 1203 0000 0000 2020 51");
	assert_null(strstr(text, "DRAFT"));
	free(text);
	text = part(path_of("invoice.xlsx"), "xl/worksheets/sheet2.xml");
	has(text, "<f>SUBTOTAL(9,");
	has(text, "<autoFilter ref=");
	free(text);
}

static void a_draft_cannot_be_taken_for_an_invoice(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1, .draft = 1 };
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	assert_int_equal(write_invoice(&m, path_of("draft.xlsx"), &e), 0);
	text = part(path_of("draft.xlsx"), "xl/worksheets/sheet1.xml");
	has(text, "<t>DRAFT</t>");
	has(text, "<oddHeader>");
	has(text, "This is a draft, not an invoice");
	assert_null(strstr(text, "IBAN"));
	assert_null(strstr(text, "Invoice ENTWURF"));
	free(text);
}

static void reverse_charge_says_so(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1, .category = "AE" };
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	assert_int_equal(write_invoice(&m, path_of("ae.xlsx"), &e), 0);
	text = part(path_of("ae.xlsx"), "xl/worksheets/sheet1.xml");
	has(text, "Reverse charge");
	has(text, "ATU12345678");
	free(text);
}

/* 0.5 h at 0.01: exactly half a cent. */
static void ties_are_plain_numbers(void **state)
{
	(void)state;
	assert_false(xlsx_rounds_safely(1, 2));
	assert_false(xlsx_rounds_safely(-3, 2));
	assert_true(xlsx_rounds_safely(499999, 1000000));
	assert_true(xlsx_rounds_safely(7, 1));
	assert_false(xlsx_rounds_safely((__int128)INT64_MAX * 10, 1));
}

static void equal_input_gives_equal_bytes(void **state)
{
	struct made m = { .invoices = 3, .lines = 2, .entries = 3, .held = 2, .second_currency = "JPY" };
	struct timespec two = { 2, 0 };
	struct err e = ERR_INIT;
	char *a[2], *b[2];
	size_t na[2], nb[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		setenv("TZ", i == 0 ? "Pacific/Kiritimati" : "America/Adak", 1);
		tzset();
		assert_int_equal(write_invoice(&m, path_of(i == 0 ? "i0.xlsx" : "i1.xlsx"), &e), 0);
		assert_int_equal(write_summary(&m, path_of(i == 0 ? "s0.xlsx" : "s1.xlsx"), &e), 0);
		a[i] = made_read(path_of(i == 0 ? "i0.xlsx" : "i1.xlsx"), &na[i]);
		b[i] = made_read(path_of(i == 0 ? "s0.xlsx" : "s1.xlsx"), &nb[i]);
		if (i == 0)
			nanosleep(&two, NULL);
	}
	assert_int_equal(na[0], na[1]);
	assert_memory_equal(a[0], a[1], na[0]);
	assert_int_equal(nb[0], nb[1]);
	assert_memory_equal(b[0], b[1], nb[0]);
	for (int i = 0; i < 2; i++) {
		free(a[i]);
		free(b[i]);
	}
}

static void a_summary_is_whole(void **state)
{
	struct made m = { .invoices = 4, .lines = 3, .entries = 5, .held = 6, .second_currency = "KWD" };
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	if (write_summary(&m, path_of("summary.xlsx"), &e) < 0)
		fail_msg("%s", e.msg);
	text = part(path_of("summary.xlsx"), "xl/workbook.xml");
	has(text, "name=\"Checks\"");
	free(text);
	text = part(path_of("summary.xlsx"), "xl/worksheets/sheet8.xml");
	has(text, "<f>SUMPRODUCT(ABS(");
	free(text);
	free(part(path_of("summary.xlsx"), "xl/charts/chart2.xml"));
	m = (struct made){ .held = 1 };
	if (write_summary(&m, path_of("nothing.xlsx"), &e) < 0)
		fail_msg("%s", e.msg);
}

/* Three currencies; the last line of most invoices is a fixed fee, of one the only line; every other one has a discount. */
struct with_fees { struct made m; int entry_on_fee; };

static void add_fee(struct invoice *v, int i)
{
	struct invoice_line *l = &v->lines[v->nlines - 1];

	l->fee = "f";
	l->unit = QUANTITY_LUMP;
	l->quantity = 1;
	l->net_minor = 12345 + i;
	l->secs = l->billed_secs = 0;
	l->entries = 0;
	l->project_id = i % 2 == 0 ? l->project_name : NULL;
	if (l->project_id == NULL) {
		free((char *)(uintptr_t)l->project_name);
		l->project_name = NULL;
	}
}

static int fee_invoices(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	static const char *const currency[] = { "EUR", "JPY", "KWD" };
	const struct with_fees *x = ctx;
	int rc = 0;

	for (int i = 0; rc == 0 && i < x->m.invoices; i++) {
		struct invoice_allowance a = { .reason = "r", .amount_minor = 777 + i };
		struct invoice v;

		made_invoice(&x->m, &v, i);
		v.currency = currency[i % 3];
		if (i % 4 != 3)
			add_fee(&v, i);
		v.nallowances = (size_t)(i & 1);
		v.allowances = &a;
		v.net_minor = v.nallowances > 0 ? -a.amount_minor : 0;
		for (size_t k = 0; k < v.nlines; k++)
			v.net_minor += v.lines[k].net_minor;
		rc = each(arg, &v, e);
		made_invoice_free(&v);
	}
	return rc;
}

static int fee_entries(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e)
{
	const struct with_fees *x = ctx;
	struct made m = x->m;
	int i = atoi(strrchr(number, '-') + 1) - 1;

	m.lines -= i % 4 != 3 && !x->entry_on_fee;
	return made_entries(&m, number, each, arg, e);
}

static int fee_documents(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	return made_documents_of(fee_invoices, fee_entries, ctx, number, visitor, arg, e);
}

static int fee_held(void *ctx, int (*each)(void *arg, const struct source_held *h, struct err *e), void *arg, struct err *e)
{
	(void)ctx;
	(void)each;
	(void)arg;
	(void)e;
	return 0;
}

static struct source fee_source(struct with_fees *x)
{
	struct source s = made_source(&x->m);

	s.ctx = x;
	s.invoices = s.heads = fee_invoices;
	s.documents = fee_documents;
	s.held = fee_held;
	return s;
}

static void sets_add_up_with_fees_and_discounts(void **state)
{
	(void)state;
	for (int lines = 1; lines < 4; lines++) {
		struct with_fees x = { .m = { .invoices = 9, .lines = lines, .entries = 3 } };
		struct source s = fee_source(&x);
		struct summarydata d;
		struct err e = ERR_INIT;

		if (made_summary(&d, &s, &e) < 0)
			fail_msg("%s", e.msg);
		assert_int_equal(d.ncurrencies, 3);
		for (int c = 0; c < 3; c++) {
			assert_true(d.currency[c].fees > 0 && d.currency[c].discounts < 0);
			for (int k = 0; k < SUMMARYDATA_KINDS; k++) {
				int64_t net = 0, secs = 0;

				for (size_t i = 0; i < d.set[k].n; i++) {
					net += d.set[k].v[i].net[c];
					secs += d.set[k].v[i].secs;
				}
				assert_int_equal(net, d.currency[c].net);
				assert_int_equal(secs, d.secs);
			}
		}
		assert_int_equal(d.set[BY_USER].v[d.set[BY_USER].n - 1].what, OF_DISCOUNTS);
		assert_int_equal(d.set[BY_COMPANY].v[d.set[BY_COMPANY].n - 1].what, OF_ENTRIES);
		summarydata_free(&d);
		if (write_counted(&s, path_of("fees.xlsx"), &e) < 0)
			fail_msg("%s", e.msg);
		unlink(path_of("fees.xlsx"));
	}
}

static void a_summary_names_fees_and_discounts(void **state)
{
	struct with_fees x = { .m = { .invoices = 4, .lines = 2, .entries = 1 } };
	struct source s = fee_source(&x);
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	assert_int_equal(write_counted(&s, path_of("fees.xlsx"), &e), 0);
	text = part(path_of("fees.xlsx"), "xl/worksheets/sheet3.xml");
	has(text, "<t>incl. fixed fees EUR</t>");
	has(text, "<t>incl. discounts JPY</t>");
	assert_null(strstr(text, "incl. discounts KWD")); /* there is none */
	free(text);
	text = part(path_of("fees.xlsx"), "xl/worksheets/sheet5.xml");
	has(text, "<t>Fixed fees</t>");
	has(text, "<t>Discounts</t>");
	assert_null(strstr(text, "incl."));
	free(text);
	unlink(path_of("fees.xlsx"));
}

static void an_entry_on_a_fee_is_noticed(void **state)
{
	struct with_fees x = { .m = { .invoices = 1, .lines = 2, .entries = 1 }, .entry_on_fee = 1 };
	struct source s = fee_source(&x);
	struct summarydata d;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(made_summary(&d, &s, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	has(e.msg, "a fixed fee");
	summarydata_free(&d);
}

/* The source says one thing in its lines and another in its entries. */
static int half_entries(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e)
{
	struct made m = *(const struct made *)ctx;

	m.entries--;
	return made_entries(&m, number, each, arg, e);
}

static int half_documents(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	return made_documents_of(made_invoices, half_entries, ctx, number, visitor, arg, e);
}

static void missing_entries_are_noticed(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 3 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	struct invoice v;

	(void)state;
	s.documents = half_documents;
	assert_int_equal(write_counted(&s, path_of("half.xlsx"), &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	made_invoice(&m, &v, 0);
	assert_int_equal(made_workbook(&s, &v, invoice_template, path_of("half.xlsx"), &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	assert_int_not_equal(access(path_of("half.xlsx"), F_OK), 0);
	made_invoice_free(&v);
}

struct begun { struct xlsx *x; };

static int close_begun(void *job, int rc, struct err *e)
{
	struct begun *b = job;

	if (rc == 0)
		rc = xlsx_close(b->x, e);
	else
		xlsx_abandon(b->x);
	free(b);
	return rc;
}

static struct begun *written(const char *path)
{
	struct begun *b = malloc(sizeof *b);
	struct err e = ERR_INIT;
	struct xlsx_sheet *s;

	assert_non_null(b);
	b->x = xlsx_new(path, dir, "T", "A", date_from_ymd(2026, 11, 2), &e);
	assert_non_null(b->x);
	s = xlsx_sheet(b->x, "One");
	for (int i = 0; i < 300; i++) {
		xlsx_text(s, i, 0, NULL, "some text & more");
		xlsx_secs(s, i, 1, &(struct xlsx_style){ .num = "[h]:mm" }, i);
	}
	return b;
}

/* One thread writes, another one closes: the bytes are those of one thread alone, and the standard error stream is what it was. */
static void workbooks_are_closed_beside_others(void **state)
{
	FILE *before = stderr;
	struct err e = ERR_INIT;
	struct worker *w = worker_new(4, 0, &e);
	char *want, *is;
	size_t n, k;

	(void)state;
	assert_int_equal(close_begun(written(path_of("alone.xlsx")), 0, &e), 0);
	assert_ptr_equal(stderr, before);
	want = made_read(path_of("alone.xlsx"), &n);
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof name, "beside%d.xlsx", i);
		assert_int_equal(worker_put(w, close_begun, written(path_of(name)), &e), 0);
	}
	assert_int_equal(worker_end(w, 0, &e), 0);
	assert_ptr_equal(stderr, before);
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof name, "beside%d.xlsx", i);
		is = made_read(path_of(name), &k);
		assert_int_equal(n, k);
		assert_memory_equal(want, is, n);
		free(is);
		unlink(path_of(name));
	}
	free(want);
}

/* The library reports success with a cut sheet when its temporary file cannot grow; the reading back does not. */
static void a_full_disk_is_an_error(void **state)
{
	static const rlim_t sizes[] = { 1, 3000, 12000, 40000, 100000, 200000, 400000 };
	struct made m = { .invoices = 1, .lines = 40, .entries = 50 };
	struct rlimit old, small;
	int refused = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct err e = ERR_INIT;
		int rc;

		small = (struct rlimit){ sizes[i], old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		rc = write_invoice(&m, path_of("full.xlsx"), &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		if (rc == 0)
			fail_msg("a file-size limit of %zu bytes went unnoticed", (size_t)sizes[i]);
		refused += e.code == ERR_IO;
		assert_int_not_equal(access(path_of("full.xlsx"), F_OK), 0);
	}
	assert_int_equal(refused, sizeof sizes / sizeof *sizes);
}

/* Something right behind the heap: malloc(3) goes on elsewhere, piece by piece, and leaves ENOMEM behind though it succeeds. */
static void a_heap_that_cannot_grow_is_no_lack_of_memory(void **state)
{
	static void *held[40000];
	struct made m = { .invoices = 1, .lines = 4, .entries = 50 };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t end = ((uintptr_t)sbrk(0) + page - 1) / page * page;
	struct err e = ERR_INIT;
	size_t n = 0;
	void *wall = mmap((void *)end, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	(void)state;
	if (wall == MAP_FAILED)
		skip(); /* it stands there already */
	for (size_t used = 0; used < 150; used += 10) {
		/* Of a piece that begins now, so much is taken: wherever it ends. */
		errno = 0;
		while (errno == 0 && n < sizeof held / sizeof *held)
			held[n++] = malloc(1000);
		for (size_t i = 0; i < used && n < sizeof held / sizeof *held; i++)
			held[n++] = malloc(1000);
		if (write_invoice(&m, path_of("stuck.xlsx"), &e) < 0)
			fail_msg("%s", e.msg);
		unlink(path_of("stuck.xlsx"));
	}
	while (n > 0)
		free(held[--n]);
	munmap(wall, page);
}

static void damage_is_found(void **state)
{
	struct made m = { .invoices = 1, .lines = 2, .entries = 2 };
	struct err e = ERR_INIT;
	struct unxlsx_sheet sheets[2] = { { 1, 0, 1 }, { 1, 0, 1 } };
	char *p;
	size_t n;
	FILE *f;

	(void)state;
	assert_int_equal(write_invoice(&m, path_of("whole.xlsx"), &e), 0);
	assert_int_equal(unxlsx_check(path_of("whole.xlsx"), sheets, 2, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	has(e.msg, "rows");
	p = made_read(path_of("whole.xlsx"), &n);
	p[n / 3] = (char)(p[n / 3] ^ 0x55);
	f = fopen(path_of("broken.xlsx"), "wb");
	assert_non_null(f);
	fwrite(p, 1, n, f);
	fclose(f);
	free(p);
	err_clear(&e);
	assert_int_equal(unxlsx_check(path_of("broken.xlsx"), sheets, 2, &e), -1);
	err_clear(&e);
	assert_int_equal(unxlsx_check(path_of("missing.xlsx"), sheets, 2, &e), -1);
}

/* In pieces of so many bytes. */
static const char *scanned(struct xlsxscan *s, const char *p, size_t n, size_t piece)
{
	memset(s, 0, sizeof *s);
	for (size_t at = 0; at < n; at += piece)
		xlsxscan_add(s, p + at, n - at < piece ? n - at : piece);
	return xlsxscan_end(s);
}

static void parts_are_scanned(void **state)
{
	static const struct { const char *text, *wrong; int64_t rows, bytes; } row[] = {
		{ "<?xml version=\"1.0\"?>\n<worksheet><row r=\"1\"/><row r=\"2\"><c><is><t>a &amp; b</t></is></c><c><f>x</f><v>1</v></c></row></worksheet>", NULL, 2, 5 },
		{ "<a count=\"2\"><b/><b count=\"0\"></b></a>", NULL, 0, 0 },
		{ "<sst count=\"9\"><si><t xml:space=\"preserve\"> \xc3\xa4 </t></si></sst>", NULL, 0, 4 },
		{ "<a count=\"2\"><b/></a>", "lacks children", 0, 0 },
		{ "<a><b></a></b>", "do not nest", 0, 0 },
		{ "<a></b>", "do not nest", 0, 0 },
		{ "</a>", "do not nest", 0, 0 },
		{ "<a><b", "is cut", 0, 0 },
		{ "<a>", "is cut", 0, 0 },
		{ "", "is cut", 0, 0 },
		{ "<a/><b/>", "is cut", 0, 0 },
		{ "<a>&am</a>", "is cut", 0, 0 },
		{ "<a><b r=\"1<c/></a>", "tag is cut", 0, 0 },
		{ "<a><b r=\"1/></a>", "tag is cut", 0, 0 },
		{ "<a><></a>", "tag is cut", 0, 0 },
		{ "<a><?xml?></a>", "declaration", 0, 0 },
		{ "<r><c><is><t>x</t></is></c></c>", "do not nest", 0, 0 },
		{ "<r><is><t>x</t></is></c>", "do not nest", 0, 0 },
		{ "<r><c><v>1</is></t></c></r>", "do not nest", 0, 0 },
		{ "<is><t>x</t></is>", NULL, 0, 1 },
		{ "<v></v></c>", "do not nest", 0, 0 },
		{ "<c count=\"1\"><v></v></c>", NULL, 0, 0 },
		{ "<c count=\"2\"><is><t>x</t></is></c>", "lacks children", 0, 0 },
		{ "<row r=\"1234567\" c=\"\" count=\"1\"/>", "lacks children", 0, 0 },
		{ "<row r=\"1234567890\" x=\"y z", "is cut", 0, 0 },
		{ "<row r=\"1234567890\" x=\"y z/>", "tag is cut", 0, 0 },
		{ "<row r=\"1234567890\" x=\"y <\"/>", "tag is cut", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t piece = 1; piece < 200; piece += 7) {
			struct xlsxscan s;
			const char *wrong = scanned(&s, row[i].text, strlen(row[i].text), piece);

			if ((wrong == NULL) != (row[i].wrong == NULL) || (wrong != NULL && strstr(wrong, row[i].wrong) == NULL) || (wrong == NULL && (s.rows != row[i].rows || s.text_bytes != row[i].bytes)))
				fail_msg("%s in pieces of %zu: %s, %lld rows, %lld bytes", row[i].text, piece, wrong, (long long)s.rows, (long long)s.text_bytes);
		}
}

/* As the library writes a sheet; of every size a hole is found at every place. */
static void holes_are_found(void **state)
{
	struct buf b = BUF_INIT, holed = BUF_INIT;
	struct xlsxscan whole, s;

	(void)state;
	buf_str(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"m\"><cols><col min=\"1\" max=\"1\"/></cols><sheetData>");
	for (int i = 1; i < 30; i++)
		buf_fmt(&b, "<row r=\"%d\" spans=\"1:3\"><c r=\"A%d\" s=\"1\" t=\"inlineStr\"><is><t>note %d &amp; %0*d</t></is></c><c r=\"B%d\"><v>%d</v></c></row>", i, i, i, 10 * i, i, i, i);
	buf_str(&b, "</sheetData><mergeCells count=\"2\"><mergeCell ref=\"A1:B1\"/><mergeCell ref=\"A2:B2\"/></mergeCells></worksheet>");
	assert_null(scanned(&whole, b.p, b.n, 4096));
	assert_int_equal(whole.rows, 29);
	for (size_t size = 150; size < b.n; size *= 2)
		for (size_t at = 100; at + size <= b.n; at++) {
			const char *wrong;

			buf_reset(&holed);
			buf_add(&holed, b.p, at);
			buf_add(&holed, b.p + at + size, b.n - at - size);
			wrong = scanned(&s, holed.p, holed.n, 4096);
			if (wrong == NULL && s.rows == whole.rows && s.text_bytes == whole.text_bytes)
				fail_msg("a hole of %zu bytes at %zu", size, at);
		}
	buf_free(&b);
	buf_free(&holed);
}

/* A package of four parts with one thing wrong at a time. */
static void what_a_package_lacks(void **state)
{
	static const char types[] = "<Types><Default Extension=\"rels\" ContentType=\"r\"/><Default Extension=\"png\" ContentType=\"p\"/>"
	                            "<Override PartName=\"/xl/workbook.xml\" ContentType=\"w\"/><Override PartName=\"/xl/drawings/d.xml\" ContentType=\"d\"/></Types>";
	static const char root[] = "<Relationship Id=\"rId1\" Target=\"xl/workbook.xml\"/>", book[] = "<Relationship Id=\"rId1\" Target=\"/xl/drawings/d.xml\"/>",
	                  drawing[] = "<Relationship Id=\"rId1\" Target=\"../media/i.png\"/>";
	static const struct { const char *type, *root, *book, *drawing; int part, image; const char *says; } row[] = {
		{ types, root, book, drawing, 1, 1, NULL },
		{ types, root, book, drawing, 0, 1, "xl/drawings/d.xml is missing" },
		{ types, root, book, drawing, 1, 0, "xl/media/i.png is missing" },
		{ types, "<R/>", book, drawing, 1, 1, "no relationship leads to xl/workbook.xml" },
		{ types, root, "<R/>", drawing, 1, 1, "no relationship leads to xl/drawings/d.xml" },
		{ types, root, book, "<R/>", 1, 1, "no relationship leads to xl/media/i.png" },
		{ types + sizeof "<Types><Default Extension=\"rels\" ContentType=\"r\"/>" - 1, root, book, drawing, 1, 1, "_rels/.rels has no content type" },
		{ "<Types/>", root, book, drawing, 1, 1, "has no content type" },
		{ "<Types><Default Extension=\"rels\"/><Default Extension=\"png\"/><Default Extension=\"xml\"/></Types>", root, book, drawing, 1, 1,
		  "xl/workbook.xml has no content type" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct xlsxpackage p = { .parts = BUF_INIT };
		struct err e = ERR_INIT;

		xlsxpackage_add(&p, "[Content_Types].xml", row[i].type);
		xlsxpackage_add(&p, "_rels/.rels", row[i].root);
		xlsxpackage_add(&p, "xl/workbook.xml", NULL);
		xlsxpackage_add(&p, "xl/_rels/workbook.xml.rels", row[i].book);
		if (row[i].part)
			xlsxpackage_add(&p, "xl/drawings/d.xml", NULL);
		xlsxpackage_add(&p, "xl/drawings/_rels/d.xml.rels", row[i].drawing);
		if (row[i].image)
			xlsxpackage_add(&p, "xl/media/i.png", NULL);
		assert_int_equal(xlsxpackage_check(&p, &e), row[i].says == NULL ? 0 : -1);
		if (row[i].says != NULL)
			has(e.msg, row[i].says);
		xlsxpackage_free(&p);
		err_clear(&e);
	}
	assert_true(xlsxpackage_wants("[Content_Types].xml") && xlsxpackage_wants("a/_rels/b.xml.rels") && !xlsxpackage_wants("xl/workbook.xml"));
}

static void lines_of_text(void **state)
{
	(void)state;
	assert_int_equal(textfit_lines("", 10, 10), 1);
	assert_int_equal(textfit_lines("short", 10, 10), 1);
	assert_int_equal(textfit_lines("a\nb\nc", 10, 10), 3);
	assert_true(textfit_lines("Donaudampfschifffahrtsgesellschaftskapitän", 10, 10) >= 4);
	assert_true(textfit_lines("one two three four five six seven", 10, 10) >= 3);
	assert_true(textfit_height(1000, 10) <= 409);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_what_they_say),
		cmocka_unit_test(misuse_is_reported),
		cmocka_unit_test(existing_files_and_links_stay),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(an_invoice_is_whole),
		cmocka_unit_test(a_draft_cannot_be_taken_for_an_invoice),
		cmocka_unit_test(reverse_charge_says_so),
		cmocka_unit_test(ties_are_plain_numbers),
		cmocka_unit_test(equal_input_gives_equal_bytes),
		cmocka_unit_test(a_summary_is_whole),
		cmocka_unit_test(sets_add_up_with_fees_and_discounts),
		cmocka_unit_test(a_summary_names_fees_and_discounts),
		cmocka_unit_test(an_entry_on_a_fee_is_noticed),
		cmocka_unit_test(missing_entries_are_noticed),
		cmocka_unit_test(workbooks_are_closed_beside_others),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_heap_that_cannot_grow_is_no_lack_of_memory), cmocka_unit_test(damage_is_found), cmocka_unit_test(parts_are_scanned), cmocka_unit_test(holes_are_found),
		cmocka_unit_test(what_a_package_lacks),
		cmocka_unit_test(lines_of_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
