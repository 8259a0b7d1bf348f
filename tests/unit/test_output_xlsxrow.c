/* Rows written by hand are those that the library writes. */
#include "test_output_source.h"

#include <signal.h>
#include <sys/resource.h>

#include "output/xlsx.h"
#include "output/xlsxrow.h"

#define COLUMNS 4
#define NO_ROW (-1)

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

static const struct xlsx_style styles[COLUMNS] = {
	{ .size = 9, .wrap = 1, .bottom = XLSX_THIN, .line = 0xd9d9d9 }, { .size = 9, .num = "[h]:mm", .align = XLSX_RIGHT }, { .bold = 1 }, { .num = "dd.mm.yyyy" },
};

struct row { int row, points; struct xlsxrow_cell cell[COLUMNS]; };

/* By hand, or by the functions of xlsx.h. */
static int write_rows(const char *name, const struct row *rows, size_t n, int by_hand, int total, struct err *e)
{
	char path[512];
	struct xlsx *x;
	struct xlsx_sheet *s;
	struct xlsxrow *r;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	x = xlsx_new(path, dir, "T", "A", 20000, e);
	assert_non_null(x);
	s = xlsx_sheet(x, "One");
	r = xlsxrow_new(s, styles, COLUMNS, e);
	assert_non_null(r);
	xlsx_text(s, 0, 0, &(struct xlsx_style){ .bold = 1, .size = 14 }, "Head");
	for (const struct row *v = rows; v < rows + n; v++) {
		if (by_hand) {
			xlsxrow_put(r, v->row, v->points, v->cell);
			continue;
		}
		xlsx_height(s, v->row, v->points);
		for (int i = 0; i < COLUMNS; i++)
			if (v->cell[i].text != NULL)
				xlsx_text(s, v->row, i, &styles[i], v->cell[i].text);
			else
				xlsx_ratio(s, v->row, i, &styles[i], v->cell[i].n, v->cell[i].d);
	}
	if (total != NO_ROW)
		xlsx_text(s, total, 0, NULL, "Total");
	xlsxrow_free(r);
	return xlsx_close(x, e);
}

static void read_off(const char *name, struct buf *b)
{
	struct err e = ERR_INIT;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(file_read(path, 16 << 20, b, &e), 0);
	unlink(path);
}

static void same_bytes(const struct row *rows, size_t n, int total)
{
	struct buf b[2] = { BUF_INIT, BUF_INIT };
	struct err e = ERR_INIT;

	for (int by_hand = 0; by_hand < 2; by_hand++) {
		if (write_rows("rows.xlsx", rows, n, by_hand, total, &e) < 0)
			fail_msg("%s", e.msg);
		read_off("rows.xlsx", &b[by_hand]);
	}
	assert_int_equal(b[0].n, b[1].n);
	assert_memory_equal(b[0].p, b[1].p, b[0].n);
	buf_free(&b[0]);
	buf_free(&b[1]);
}

static void same_error(const struct row *rows, size_t n, int code)
{
	struct err e[2] = { ERR_INIT, ERR_INIT };

	for (int by_hand = 0; by_hand < 2; by_hand++)
		assert_int_equal(write_rows("rows.xlsx", rows, n, by_hand, NO_ROW, &e[by_hand]), -1);
	assert_int_equal(e[0].code, code);
	assert_int_equal(e[1].code, code);
	assert_string_equal(e[0].msg, e[1].msg);
}

/* Every text at every place among rows, after plain ones, as formats get their numbers from those. */
static void any_text(void **state)
{
	static char wide[3 * 40000 + 1], amps[30001];
	const char *const texts[] = {
		"", " ", "plain", " before", "behind ", "\tbefore", "behind\n", "two\nlines", "\r\nx", "a\tb", "<b>&amp;</b>", "&", "<", ">", "\"'", "=1+1", "_x0041_", "_x", "x_x00Af_y",
		"\x01\x1f\x7f", "\xc2\x85", "J\xc3\xb6rg", "\xf0\x9f\x98\x80", "\xff\xfe", "\xef\xbf\xbe", "\xe2\x80\xa8", "http://example.com/", "   ", "\xc2\xa0", amps, wide,
	};
	struct row rows[sizeof texts / sizeof *texts + 3];
	size_t n = 0;

	(void)state;
	memset(amps, '&', sizeof amps - 1);
	for (size_t i = 0; i + 3 < sizeof wide; i += 3)
		memcpy(wide + i, "\xe2\x82\xac", 3);
	for (size_t i = 0; i < sizeof texts / sizeof *texts + 3; i++) {
		const char *text = i > 0 && i <= sizeof texts / sizeof *texts ? texts[i - 1] : "usual";

		rows[n] = (struct row){ (int)n + 3, 14, { { text, 0, 0 }, { NULL, (int64_t)i * 900, 86400 }, { i % 3 == 0 ? text : "x", 0, 0 }, { NULL, 46000, 1 } } };
		n++;
	}
	same_bytes(rows, n, (int)n + 3);
	same_bytes(rows, n, NO_ROW);
}

static void any_number(void **state)
{
	static const struct { int64_t n, d; } numbers[] = {
		{ 0, 1 }, { 0, 86400 }, { 1, 86400 }, { -1, 86400 }, { 59, 86400 }, { 60, 86400 }, { 900, 86400 }, { 86400, 86400 }, { 360000, 86400 }, { 1, 3 }, { -7, 3 }, { 46328, 1 },
		{ 999999999999999, 1 }, { -999999999999999, 1 }, { 999999999999999, 10000 }, { 123456789012345, 100 }, { 1, 999999999999999 }, { 1, 100000 }, { 1, 10000 },
	};
	static struct row rows[1200];
	const size_t n = sizeof rows / sizeof *rows, kinds = sizeof numbers / sizeof *numbers;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct row){ (int)i + 1, 2 + (int)i % 408, { { "x", 0, 0 }, { NULL, (int64_t)i * 37 % 86400, 86400 }, { NULL, numbers[i % kinds].n, numbers[i % kinds].d }, { NULL, (int64_t)i, 1 } } };
		if (i % 7 == 0)
			rows[i].cell[3] = (struct xlsxrow_cell){ "", 0, 0 };
	}
	same_bytes(rows, n, (int)n + 2);
}

/* The standard height, rows left out, and the last row of all. */
static void any_row(void **state)
{
	const struct row rows[] = {
		{ 2, 20, { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 } } }, { 3, 15, { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 } } },
		{ 9, 15, { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 } } }, { 10, 16, { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 } } },
		{ 700000, 409, { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 } } }, { 1048575, 17, { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 } } },
	};

	(void)state;
	same_bytes(rows, sizeof rows / sizeof *rows, NO_ROW);
	same_bytes(rows, 4, 12);
	same_bytes(rows, 1, NO_ROW);
}

static void misuse_is_reported(void **state)
{
	const struct row usual = { 2, 20, { { "a", 0, 0 }, { NULL, 1, 2 }, { "c", 0, 0 }, { "d", 0, 0 } } };
	struct row rows[3] = { usual, usual, usual };

	(void)state;
	rows[1].row = 3;
	rows[2].row = 1;
	same_error(rows, 3, ERR_SOFTWARE);
	rows[2].row = 1048576;
	same_error(rows, 3, ERR_DATA);
	rows[2].row = 4;
	rows[2].cell[1].n = INT64_C(1000000000000000);
	same_error(rows, 3, ERR_DATA);
	rows[2].cell[1] = (struct xlsxrow_cell){ NULL, 1, 0 };
	same_error(rows, 3, ERR_DATA);
	xlsxrow_free(NULL);
}

static void a_full_disk_is_an_error(void **state)
{
	static const rlim_t sizes[] = { 1, 30000, 100000, 300000 };
	static struct row rows[3000];
	struct rlimit old, small;

	(void)state;
	for (int i = 0; i < 3000; i++)
		rows[i] = (struct row){ i + 1, 14, { { "a text of some length", 0, 0 }, { NULL, 1, 2 }, { "c", 0, 0 }, { "d", 0, 0 } } };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct err e = ERR_INIT;
		int rc;

		small = (struct rlimit){ sizes[i], old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		rc = write_rows("full.xlsx", rows, 3000, 1, NO_ROW, &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, ERR_IO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_text), cmocka_unit_test(any_number), cmocka_unit_test(any_row), cmocka_unit_test(misuse_is_reported), cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
