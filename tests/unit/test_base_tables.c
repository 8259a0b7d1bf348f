/* csvfile, inifile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/csvfile.h"
#include "base/inifile.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char path[] = "/tmp/psabill-test-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The complaints without the file's name, each followed by a line break. */
static void complaints(struct buf *out, const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		assert_int_equal(strncmp(d->line[i], path, strlen(path)), 0);
		buf_fmt(out, "%s\n", d->line[i] + strlen(path) + 1);
	}
}

/* "LINE<field><field>\n" for each row. */
static int show_row(void *ctx, const struct csvfile_row *row, struct err *e)
{
	(void)e;
	buf_fmt(ctx, "%d", row->line);
	for (size_t i = 0; i < row->n; i++)
		buf_fmt(ctx, "<%s>", row->text[i]);
	buf_ch(ctx, '\n');
	return 0;
}

static void csv_reads(void **state)
{
	static const struct { const char *s, *want; } t[] = {
		{ "", "" }, { "\n\r\n  \n", "" }, { "a,b\n1,2\n", "1<a><b>\n2<1><2>\n" }, { "a,b\r\n1,2", "1<a><b>\n2<1><2>\n" }, { "a,b\r1,2\r", "1<a><b>\n2<1><2>\n" },
		{ "\xef\xbb\xbf" "a;b\n1,5;2\n", "1<a><b>\n2<1,5><2>\n" }, { "\xef\xbb\xbf\"a\";\"b,c,d\"\n", "1<a><b,c,d>\n" }, { "only\n1\n", "1<only>\n2<1>\n" },
		{ "a,b\n\"x\"\"y\",\"p,q\"\n", "1<a><b>\n2<x\"y><p,q>\n" }, { "a,b\n\"l1\nl2\r\nl3\",z\nn,m\n", "1<a><b>\n2<l1\nl2\r\nl3><z>\n5<n><m>\n" },
		{ "a,b\n\n  \n\"\n\",1\n,\n2,3\n", "1<a><b>\n4<><1>\n7<2><3>\n" }, { "a,b\n ,\" , \"\n", "1<a><b>\n2<><,>\n" }, { "a,b\n  x y ,\t\" q \" \n", "1<a><b>\n2<x y><q>\n" },
		{ "a,b\n1\n1,2,3\n,,\n", "1<a><b>\n2<1>\n3<1><2><3>\n" }, { "\n\na;b\n", "3<a><b>\n" },
		{ "a\n'=1\n'+1\n'-1\n'@x\n'x\n''=1\n'\n=1\n", "1<a>\n2<=1>\n3<+1>\n4<-1>\n5<@x>\n6<'x>\n7<''=1>\n8<'>\n9<=1>\n" },
		{ "a\n\"'\tx\"\n\"'\rx\"\n'\xef\xbc\x9d\n'\xef\xbc\xa1\n", "1<a>\n2<\tx>\n3<\rx>\n5<\xef\xbc\x9d>\n6<'\xef\xbc\xa1>\n" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct diag d = { 0 };
		struct err e = ERR_INIT;

		buf_reset(&b);
		put(t[i].s, strlen(t[i].s));
		assert_int_equal(csvfile_read(path, show_row, &b, &d, &e), 0);
		assert_true(diag_empty(&d));
		assert_string_equal(buf_text(&b), t[i].want);
	}
	buf_free(&b);
}

static void csv_complains(void **state)
{
#define QUOTE "a quote stands where none is allowed, or is not followed by a separator"
	static const struct { const char *s; size_t n; const char *rows, *want; } t[] = {
		{ "a,b\n1,2\n3,x\"y\n4,5\n", 0, "1<a><b>\n2<1><2>\n", "3: " QUOTE "\n" },
		{ "a,b\n\n1,2\r\n\"x\"y,3\n", 0, "1<a><b>\n3<1><2>\n", "4: " QUOTE "\n" },
		{ "a,b\n1,\"x\n\ny\" z\n4,5\n", 0, "1<a><b>\n", "2: " QUOTE " (the row begins here, noticed in line 4)\n" },
		{ "a,b\n1,\"x\n2,3\n", 0, "1<a><b>\n", "2: a quoted field is not closed (the row begins here, noticed in line 4)\n" },
		{ "a,b\n1,\"x", 0, "1<a><b>\n", "2: a quoted field is not closed\n" },
		{ "a,b\nM\xfcller,1\n\"\n\xc3\",2\n3,4\n", 0, "1<a><b>\n5<3><4>\n",
			"2: field 1 is not UTF-8 (save the file as \"CSV UTF-8\")\n3: field 1 is not UTF-8 (save the file as \"CSV UTF-8\")\n" },
		{ "a,b\n1,\0", 7, "1<a><b>\n", "2: NUL byte (is this UTF-16? save it as \"CSV UTF-8\")\n" },
		{ "\xff\xfe" "a\0,\0", 6, "", "1: NUL byte (is this UTF-16? save it as \"CSV UTF-8\")\n" },
	};
	struct buf b = BUF_INIT, said = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct diag d = { 0 };

		buf_reset(&b);
		buf_reset(&said);
		put(t[i].s, t[i].n > 0 ? t[i].n : strlen(t[i].s));
		assert_int_equal(csvfile_read(path, show_row, &b, &d, NULL), 0);
		complaints(&said, &d);
		assert_string_equal(buf_text(&b), t[i].rows);
		assert_string_equal(buf_text(&said), t[i].want);
		diag_free(&d);
	}
	buf_free(&b);
	buf_free(&said);
}

static int stop(void *ctx, const struct csvfile_row *row, struct err *e)
{
	++*(int *)ctx;
	return row->line == 2 ? err_set(e, ERR_CONFIG, "stopped") : 0;
}

static void csv_stops(void **state)
{
	struct err e = ERR_INIT;
	struct diag d = { 0 };
	int calls = 0;

	(void)state;
	put("a\n1\n2\n3", 7);
	assert_int_equal(csvfile_read(path, stop, &calls, &d, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_int_equal(calls, 2);
	err_clear(&e);
	assert_int_equal(csvfile_read("/tmp/psabill-none", stop, &calls, &d, &e), -1);
	assert_int_equal(e.code, ERR_NOINPUT);
	err_clear(&e);
	assert_int_equal(csvfile_read("/tmp", stop, &calls, &d, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_true(diag_empty(&d));
}

static void csv_headings(void **state)
{
	static const char *const want[] = { "id", "rate", "from" };
	const char *good[] = { "from", "id" }, *bad[] = { "id", "ID", "", "rate", "id" };
	struct diag d = { 0 };
	struct buf said = BUF_INIT;
	int col[3];

	(void)state;
	csvfile_columns(&(struct csvfile_row){ .line = 1, .n = 2, .text = good }, want, 3, col, path, &d);
	assert_true(diag_empty(&d));
	assert_true(col[0] == 1 && col[1] == -1 && col[2] == 0);
	csvfile_columns(&(struct csvfile_row){ .line = 3, .n = 5, .text = bad }, want, 3, col, path, &d);
	complaints(&said, &d);
	assert_string_equal(buf_text(&said), "3: unknown heading 'ID'; did you mean 'id'?\n3: column 3 has no heading\n3: heading 'id' stands twice\n");
	assert_true(col[0] == 0 && col[1] == 3 && col[2] == -1);
	diag_free(&d);
	buf_free(&said);
}

static void csv_writes(void **state)
{
	struct buf b = BUF_INIT;
	struct csvfile_out o = { .b = &b, .sep = ';', .guard = 1 };

	(void)state;
	csvfile_text(&o, "a\"b;c\r\nd");
	csvfile_text(&o, NULL);
	csvfile_text(&o, "=1+1");
	csvfile_text(&o, "\xef\xbc\xa0");
	csvfile_text(&o, "\xef\xbc\x9d");
	csvfile_text(&o, "\xef\xbc\x8b");
	csvfile_text(&o, "\xef\xbc\x8d");
	csvfile_bare(&o, "-12.50");
	csvfile_bare(&o, NULL);
	csvfile_bare(&o, "1,5");
	csvfile_end(&o);
	o.guard = 0;
	csvfile_bare(&o, "");
	csvfile_bare(&o, "a;b");
	csvfile_bare(&o, "a\"b");
	csvfile_bare(&o, " a");
	csvfile_bare(&o, "a\t");
	csvfile_text(&o, "=1");
	csvfile_end(&o);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b), "\"a\"\"b;c\r\nd\";\"\";\"'=1+1\";\"'\xef\xbc\xa0\";\"'\xef\xbc\x9d\";\"'\xef\xbc\x8b\";\"'\xef\xbc\x8d\";-12.50;;1,5\r\n;\"a;b\";\"a\"\"b\";\" a\";\"a\t\";\"=1\"\r\n");
	buf_free(&b);
}

static void csv_quotes(void **state)
{
	static const struct { enum csvfile_quote quote; char sep; int lf; const char *want; } t[] = {
		{ CSVFILE_QUOTE_TEXT, ',', 0, "\"a\",\"x;y\",\"'-1\",\"\",-1.5,,\"1,5\"\r\n" },
		{ CSVFILE_QUOTE_MINIMAL, ',', 0, "a,x;y,'-1,,-1.5,,\"1,5\"\r\n" },
		{ CSVFILE_QUOTE_MINIMAL, ';', 1, "a;\"x;y\";'-1;;-1.5;;1,5\n" },
		{ CSVFILE_QUOTE_MINIMAL, '\t', 1, "a\tx;y\t'-1\t\t-1.5\t\t1,5\n" },
		{ CSVFILE_QUOTE_ALL, ',', 0, "\"a\",\"x;y\",\"'-1\",\"\",\"-1.5\",\"\",\"1,5\"\r\n" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct csvfile_out o = { .b = &b, .sep = t[i].sep, .guard = 1, .quote = t[i].quote, .lf = t[i].lf };

		buf_reset(&b);
		csvfile_text(&o, "a");
		csvfile_text(&o, "x;y");
		csvfile_text(&o, "-1");
		csvfile_text(&o, "");
		csvfile_bare(&o, "-1.5");
		csvfile_bare(&o, NULL);
		csvfile_bare(&o, "1,5");
		csvfile_end(&o);
		assert_string_equal(buf_text(&b), t[i].want);
	}
	buf_free(&b);
}

static const char *const cells[] = {
	"plain", "=HYPERLINK(\"x\")", "+1", "-1", "@a", "\tx", "\rx", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0", "a;b,c", "\"", "\"\"", "l1\nl2",
	"l1\r\nl2", "'", "'x", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "", "=\"", "0012", "last",
};

static int same_cells(void *ctx, const struct csvfile_row *row, struct err *e)
{
	(void)e;
	++*(int *)ctx;
	assert_int_equal(row->n, COUNT(cells));
	for (size_t i = 0; i < row->n; i++) {
		/* Blanks at both ends are dropped on reading, so a leading TAB or CR survives behind a guard only. */
		const char *want = *(int *)ctx % 2 == 0 && (*cells[i] == '\t' || *cells[i] == '\r') ? "x" : cells[i];

		assert_string_equal(row->text[i], want);
	}
	return 0;
}

static void csv_round_trip(void **state)
{
	static const char seps[] = { ',', ';' };
	struct diag d = { 0 };
	struct buf b = BUF_INIT;
	int rows;

	(void)state;
	for (size_t s = 0; s < COUNT(seps); s++) {
		struct csvfile_out o = { .b = &b, .sep = seps[s] };

		buf_reset(&b);
		for (o.guard = 1; o.guard >= 0; o.guard--) {
			for (size_t i = 0; i < COUNT(cells); i++)
				csvfile_text(&o, cells[i]);
			csvfile_end(&o);
		}
		put(b.p, b.n);
		rows = 0;
		assert_int_equal(csvfile_read(path, same_cells, &rows, &d, NULL), 0);
		assert_int_equal(rows, 2);
		assert_true(diag_empty(&d));
	}
	buf_free(&b);
}

static void show_key(void *ctx, const char *section, const char *key, const char *value, int line)
{
	buf_fmt(ctx, "%d[%s]<%s>=<%s>\n", line, section, key, value);
}

static void ini_reads(void **state)
{
	static const struct { const char *s, *want; } t[] = {
		{ "", "" }, { "\n\n; c\n# c\n", "" }, { "a=1", "1[]<a>=<1>\n" }, { "\xef\xbb\xbf[s]\na = 1\n", "2[s]<a>=<1>\n" }, { "[s]\r\na = 1 \t\r\n", "2[s]<a>=<1>\n" },
		{ "[s]\nurl = https://x/?a=b:c ; kept # kept\n", "2[s]<url>=<https://x/?a=b:c ; kept # kept>\n" }, { "[s]\na=1\n  b = 2\n", "2[s]<a>=<1>\n3[s]<b>=<2>\n" },
		{ "[s]\na=\n[t]\na=1\n", "2[s]<a>=<>\n4[t]<a>=<1>\n" }, { "[s]\na=\"q\"\nb=[x]\n", "2[s]<a>=<\"q\">\n3[s]<b>=<[x]>\n" }, { "  [s]  \na=\xc3\xa4\n", "2[s]<a>=<\xc3\xa4>\n" },
		{ "[1234567890123456789012345678901234567890123456789]\na=1\n", "2[1234567890123456789012345678901234567890123456789]<a>=<1>\n" },
		{ "a b = c d\nA b = 2", "1[]<a b>=<c d>\n2[]<A b>=<2>\n" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct diag d = { 0 };
		struct err e = ERR_INIT;

		buf_reset(&b);
		put(t[i].s, strlen(t[i].s));
		assert_int_equal(inifile_read(path, show_key, &b, &d, &e), 0);
		assert_true(diag_empty(&d));
		assert_string_equal(buf_text(&b), t[i].want);
	}
	buf_free(&b);
}

static void show_section(void *ctx, const char *section, int line)
{
	buf_fmt(ctx, "%d[%s]\n", line, section != NULL ? section : "?");
}

static void ini_lists(void **state)
{
	static const char text[] = "\xef\xbb\xbf" "a=0\n[s]\na=1\n[s]\na=2\na=3\n [t u] \n[s]\n[open\na=4\n[1234567890123456789012345678901234567890123456789]";
	struct buf b = BUF_INIT, said = BUF_INIT;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(inifile_parse_list(path, text, sizeof text - 1, show_section, show_key, &b, &d, NULL), 0);
	complaints(&said, &d);
	assert_string_equal(buf_text(&said), "6: 'a' stands twice in [s]\n9: ']' is missing\n");
	assert_string_equal(buf_text(&b), "1[]<a>=<0>\n2[s]\n3[s]<a>=<1>\n4[s]\n5[s]<a>=<2>\n7[t u]\n8[s]\n9[?]\n10[s]<a>=<4>\n"
	                    "11[1234567890123456789012345678901234567890123456789]\n");
	diag_free(&d);
	buf_free(&b);
	buf_free(&said);
}

static void ini_complains(void **state)
{
	static const char text[] =
		"[s]\n" "novalue\n" "a=1\n" "[open\n" "[]\n" "[t] x\n" "=3\n" "b:c = 2\n" "colon: 3\n" "u=\xff\n" "n=\0x\n" "a=2\n" "[s]\n" "a = 3\n"
		"[12345678901234567890123456789012345678901234567890]\n" "last=9";
	static const char want[] =
		"2: neither [section], key = value nor comment\n4: ']' is missing\n5: the section has no name\n6: text after ']'\n7: no name before '='\n"
		"8: ':' in a key\n9: neither [section], key = value nor comment\n10: not UTF-8\n11: NUL byte\n12: 'a' stands twice in [s]\n14: 'a' stands twice in [s]\n"
		"15: the section's name is too long\n";
	struct buf b = BUF_INIT, said = BUF_INIT;
	struct diag d = { 0 };

	(void)state;
	put(text, sizeof text - 1);
	assert_int_equal(inifile_read(path, show_key, &b, &d, NULL), 0);
	complaints(&said, &d);
	assert_string_equal(buf_text(&said), want);
	assert_string_equal(buf_text(&b), "3[s]<a>=<1>\n16[s]<last>=<9>\n");
	diag_free(&d);
	buf_free(&b);
	buf_free(&said);
}

/* inih would cut a long line in two and take the rest for a line of its own. */
static void ini_long_lines(void **state)
{
	struct buf b = BUF_INIT, got = BUF_INIT;

	(void)state;
	for (size_t n = 190; n <= 4002; n = n < 210 ? n + 1 : n < 3990 ? 3990 : n + 1) {
		struct diag d = { 0 };

		buf_reset(&b);
		buf_reset(&got);
		buf_str(&b, "[s]\nk=");
		while (b.n < 4 + n)
			buf_ch(&b, (char)('a' + b.n % 26));
		put(b.p, b.n);
		assert_int_equal(inifile_read(path, show_key, &got, &d, NULL), 0);
		if (n <= 4000) {
			assert_true(diag_empty(&d));
			assert_int_equal(got.n, strlen("2[s]<k>=<>\n") + n - 2);
			assert_int_equal(strncmp(buf_text(&got) + 9, b.p + 6, n - 2), 0);
		} else {
			assert_int_equal(d.n, 1);
			assert_string_equal(d.line[0] + strlen(path), ":2: line longer than 4000 bytes");
			assert_string_equal(buf_text(&got), "");
		}
		diag_free(&d);
	}
	buf_free(&b);
	buf_free(&got);
}

static void ini_missing(void **state)
{
	struct err e = ERR_INIT;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(inifile_read("/tmp/psabill-none", show_key, NULL, &d, &e), -1);
	assert_int_equal(e.code, ERR_NOINPUT);
	err_clear(&e);
	assert_int_equal(inifile_read("/tmp", show_key, NULL, &d, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_true(diag_empty(&d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_reads), cmocka_unit_test(csv_complains), cmocka_unit_test(csv_stops), cmocka_unit_test(csv_headings),
		cmocka_unit_test(csv_writes), cmocka_unit_test(csv_quotes), cmocka_unit_test(csv_round_trip), cmocka_unit_test(ini_reads),
		cmocka_unit_test(ini_lists), cmocka_unit_test(ini_complains), cmocka_unit_test(ini_long_lines), cmocka_unit_test(ini_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
