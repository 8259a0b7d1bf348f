/* text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void utf8(void **state)
{
	static const struct { const char *s; size_t n; int ok; } t[] = {
		{ "", 0, 1 }, { "abc", 3, 1 }, { "a\0b", 3, 1 }, { "\xc3\xa4", 2, 1 }, { "\xe2\x82\xac", 3, 1 }, { "\xf0\x9f\x98\x80", 4, 1 },
		{ "\x7f", 1, 1 }, { "\xc2\x80", 2, 1 }, { "\xdf\xbf", 2, 1 }, { "\xe0\xa0\x80", 3, 1 }, { "\xef\xbf\xbf", 3, 1 },
		{ "\xf0\x90\x80\x80", 4, 1 }, { "\xf4\x8f\xbf\xbf", 4, 1 }, { "\xed\x9f\xbf", 3, 1 }, { "\xee\x80\x80", 3, 1 },
		/* overlong */
		{ "\xc0\x80", 2, 0 }, { "\xc1\xbf", 2, 0 }, { "\xe0\x80\x80", 3, 0 }, { "\xe0\x9f\xbf", 3, 0 }, { "\xf0\x80\x80\x80", 4, 0 }, { "\xf0\x8f\xbf\xbf", 4, 0 },
		/* surrogates */
		{ "\xed\xa0\x80", 3, 0 }, { "\xed\xbf\xbf", 3, 0 },
		/* above U+10FFFF, old five- and six-byte forms */
		{ "\xf4\x90\x80\x80", 4, 0 }, { "\xf5\x80\x80\x80", 4, 0 }, { "\xf8\x88\x80\x80\x80", 5, 0 }, { "\xff", 1, 0 },
		/* cut, stray */
		{ "\x80", 1, 0 }, { "\xc3", 1, 0 }, { "\xe2\x82", 2, 0 }, { "\xf0\x9f\x98", 3, 0 }, { "\xc3(", 2, 0 }, { "\xe2(\xa1", 3, 0 }, { "a\xa4z", 3, 0 },
		{ "\xe2\x28\x82\xac", 4, 0 }, { "\xf0\x9f\x41\x80", 4, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (text_is_utf8(t[i].s, t[i].n) != t[i].ok)
			fail_msg("row %zu", i);
}

static void code_points(void **state)
{
	int len;

	(void)state;
	assert_int_equal(text_next("A", &len), 'A');
	assert_int_equal(len, 1);
	assert_int_equal(text_next("\xc3\xa4x", &len), 0xe4);
	assert_int_equal(len, 2);
	assert_int_equal(text_next("\xe2\x82\xac", &len), 0x20ac);
	assert_int_equal(len, 3);
	assert_int_equal(text_next("\xf0\x9f\x98\x80", &len), 0x1f600);
	assert_int_equal(len, 4);
	assert_int_equal(text_next("\xe2", &len), 0xfffd);
	assert_int_equal(len, 1);
}

static void clean(void **state)
{
	static const struct { const char *s, *line, *lines; } t[] = {
		{ "", "", "" }, { "plain \xc3\xa4", "plain \xc3\xa4", "plain \xc3\xa4" },
		{ "a\nb\tc", "a b c", "a\nb\tc" }, { "a\r\nb\rc\n\rd", "a b c  d", "a\nb\nc\n\nd" }, { "end\r\n", "end ", "end\n" },
		{ "a\x01\x1b[31m\x7fz", "a  [31m z", "a  [31m z" }, { "\xc2\x80\xc2\x85\xc2\x9f.", "   .", "   ." }, { "\xc2\xa0", "\xc2\xa0", "\xc2\xa0" },
		{ "x\xe2\x80\xaey", "x y", "x y" }, { "\xe2\x80\xaa\xe2\x80\xad", "  ", "  " }, { "\xe2\x81\xa6\xe2\x81\xa9", "  ", "  " },
		{ "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "   ", "   " }, { "\xe2\x80\xa8\xe2\x80\xa9", "  ", "  " }, { "\xef\xbb\xbfq", " q", " q" },
		{ "\xef\xb7\x90\xef\xb7\xaf\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbe", "     ", "     " },
		{ "\xef\xb7\x8f\xef\xb7\xb0\xe2\x80\x8d\xf0\x9f\x98\x80", "\xef\xb7\x8f\xef\xb7\xb0\xe2\x80\x8d\xf0\x9f\x98\x80", "\xef\xb7\x8f\xef\xb7\xb0\xe2\x80\x8d\xf0\x9f\x98\x80" },
		{ "bad\xff\xc3(", "bad\xef\xbf\xbd\xef\xbf\xbd(", "bad\xef\xbf\xbd\xef\xbf\xbd(" }, { "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		buf_reset(&b);
		text_clean(&b, t[i].s, 0);
		assert_string_equal(buf_text(&b), t[i].line);
		buf_reset(&b);
		text_clean(&b, t[i].s, 1);
		assert_string_equal(buf_text(&b), t[i].lines);
		assert_true(buf_ok(&b));
	}
	buf_free(&b);
}

static void slug(void **state)
{
	static const struct { const char *s, *want; } t[] = {
		{ "", "x" }, { "---", "x" }, { "\xe6\x97\xa5\xe6\x9c\xac", "x" }, { "ACME GmbH", "acme-gmbh" }, { "  A  &  B  ", "a-b" },
		{ "M\xc3\xbcller & S\xc3\xb6hne", "mueller-soehne" }, { "\xc3\x84\xc3\x96\xc3\x9c", "aeoeue" }, { "Stra\xc3\x9f" "e \xe1\xba\x9e", "strasse-ss" },
		{ "Mu\xcc\x88ller", "mueller" }, { "Re\xcc\x81my", "remy" }, { "\xc3\xa9\xc3\xa8\xc3\xaa\xc3\xab", "eeee" }, { "\xc5\x81\xc3\xb3" "d\xc5\xba", "lodz" },
		{ "\xc4\x8c\xc5\x99\xc5\xbe\xc4\x9f\xc4\xb1\xc5\x9f", "crzgis" }, { "\xc8\x99\xc8\x9b", "st" }, { "\xc3\x98re\xc3\xa5", "orea" },
		{ "\xc5\x92uvre \xc3\x86ro", "oeuvre-aero" }, { "\xc3\xb1\xc3\xa7\xc3\xbe\xc3\xb0", "ncthd" }, { "2\xc3\x97" "3\xc3\xb7", "2-3" },
		{ "../../etc/passwd", "etc-passwd" }, { "a.b_c\x01", "a-b-c" }, { "CON", "con" }, { "bad\xff!", "bad" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4z", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaae" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char out[41];

		assert_string_equal(text_slug(out, t[i].s), t[i].want);
	}
}

static void uuid(void **state)
{
	static const char *const bad[] = {
		"", "0b7d9f8a-0c1b-4b7e-9f0e-00000000000", "0b7d9f8a-0c1b-4b7e-9f0e-0000000000000", "0b7d9f8a00c1b-4b7e-9f0e-000000000000",
		"0b7d9f8a-0c1b-4b7e-9f0e-00000000000g", "{b7d9f8a-0c1b-4b7e-9f0e-00000000000}", "0b7d9f8a-0c1b-4b7e-9f0e_000000000000",
	};
	char out[37] = "unset";

	(void)state;
	assert_true(text_is_uuid("0B7D9F8A-0c1b-4b7e-9f0e-0000000000Ff"));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(text_is_uuid(bad[i]));
		assert_int_equal(text_uuid(out, bad[i]), -1);
	}
	assert_int_equal(text_uuid(out, NULL), -1);
	assert_string_equal(out, "unset");
	assert_int_equal(text_uuid(out, "0B7D9F8A-0c1b-4b7e-9f0e-0000000000Ff"), 0);
	assert_string_equal(out, "0b7d9f8a-0c1b-4b7e-9f0e-0000000000ff");
}

static void uuid_packed(void **state)
{
	static const char *const ids[] = { "00000000-0000-0000-0000-000000000000", "0b7d9f8a-0c1b-4b7e-9f0e-0000000000ff", "0b7d9f8a-0c1b-4b7e-9f0f-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff" };
	static const char *const bad[] = { "", "0b7d9f8a", "0b7d9f8a-0c1b-4b7e-9f0e-0000000000f", "0b7d9f8a-0c1b-4b7e-9f0e-0000000000ff0", "0b7d9f8a-0c1b-4b7e-9f0e-0000000000Ff",
		"0b7d9f8a00c1b-4b7e-9f0e-0000000000ff", "0b7d9f8a-0c1b-4b7e-9f0e-0000000000f-" };
	uint8_t before[16], out[16];
	char back[37];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_int_equal(text_uuid_pack(out, ids[i]), 0);
		assert_string_equal(text_uuid_unpack(back, out), ids[i]);
		if (i > 0)
			assert_true(memcmp(before, out, sizeof out) < 0);
		memcpy(before, out, sizeof out);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(text_uuid_pack(out, bad[i]), -1);
	assert_memory_equal(out, before, sizeof out);
	/* Every byte at every place. */
	for (size_t at = 0; at < 36; at++)
		for (int c = 1; c < 256; c++) {
			char id[37];

			strcpy(id, ids[1]);
			id[at] = (char)c;
			if (text_uuid_pack(out, id) == 0)
				assert_string_equal(text_uuid_unpack(back, out), id);
			assert_int_equal(text_uuid_pack(out, id), (at == 8 || at == 13 || at == 18 || at == 23 ? c == '-' : strchr("0123456789abcdef", c) != NULL) ? 0 : -1);
		}
}

/* Every byte at every place. */
static void plain(void **state)
{
	char t[48];

	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 40; at++) {
			int is = c >= ' ' && c < 0x7f;

			memset(t, 'a', sizeof t);
			t[at] = (char)c;
			if (text_plain(t, 40) != (is ? 40 : at) || text_plain(t, at) != at)
				fail_msg("byte %d at %zu: %zu", c, at, text_plain(t, 40));
		}
}

static void small(void **state)
{
	static const struct { const char *s, *want; } trim[] = {
		{ "", "" }, { "  ", "" }, { "a", "a" }, { " \t a b \r\n", "a b" }, { "a ", "a" }, { " a", "a" }, { "\xc2\xa0", "\xc2\xa0" },
	};
	const char *s = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t prefix[] = { 0, 1, 3, 6, 10, 10, 10 };

	(void)state;
	for (size_t i = 0; i < COUNT(trim); i++) {
		char t[16];

		strcpy(t, trim[i].s);
		assert_string_equal(text_trim(t), trim[i].want);
	}
	assert_int_equal(text_len(""), 0);
	assert_int_equal(text_len(s), 4);
	for (size_t n = 0; n < COUNT(prefix); n++)
		assert_int_equal(text_prefix(s, n), prefix[n]);
}

static void blank(void **state)
{
	static const struct { const char *s; int blank; } t[] = {
		{ NULL, 1 }, { "", 1 }, { " \t\r\n", 1 }, { "\xc2\xa0", 1 }, { "\xe2\x80\x8b\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xa0", 1 },
		{ "\xe3\x80\x80\xe3\x85\xa4\xef\xbe\xa0", 1 }, { "\x01\x7f\xc2\x85\xe2\x80\xae\xef\xbb\xbf\xef\xbf\xbe\xf3\xa0\x80\xa0", 1 },
		{ "\xc2\xad\xef\xb8\x8f\xe1\x9a\x80", 1 }, { "\xf0\x9f\xbf\xbf", 1 }, { " x", 0 }, { "\xc2\xa0.", 0 }, { "0", 0 }, { "\xff", 0 }, { "\xc2\xa1", 0 },
		{ "\xef\xbf\xbd", 0 }, { "\xf0\x9f\x98\x80", 0 }, { "\xe2\x82\xac", 0 }, { "\xef\xbf\xbc", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (text_is_blank(t[i].s) != t[i].blank)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8), cmocka_unit_test(code_points), cmocka_unit_test(clean), cmocka_unit_test(plain), cmocka_unit_test(slug), cmocka_unit_test(uuid), cmocka_unit_test(uuid_packed),
		cmocka_unit_test(small), cmocka_unit_test(blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
