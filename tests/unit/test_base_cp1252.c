/* cp1252. */
#include "test_billing_common.h"

#include "base/cp1252.h"
#include "base/text.h"

static const char *strict(struct buf *b, const char *s)
{
	struct err e = ERR_INIT;

	buf_reset(b);
	if (cp1252_add(b, s, &e) < 0)
		fail_msg("'%s': %s", s, e.msg);
	assert_true(buf_ok(b));
	return buf_text(b);
}

static int encode(char *out, uint32_t c)
{
	if (c < 0x80)
		return sprintf(out, "%c", (int)c);
	if (c < 0x800)
		return sprintf(out, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	if (c < 0x10000)
		return sprintf(out, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
	return sprintf(out, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)), (int)(0x80 | (c >> 6 & 0x3f)),
	    (int)(0x80 | (c & 0x3f)));
}

/* Every byte that the table defines, from the character that stands for it. */
static void exact_characters(void **state)
{
	static const char *const high[32] = { "€", NULL, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", NULL, "Ž", NULL,
		NULL, "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", NULL, "ž", "Ÿ" };
	struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0x20; i < 0x100; i++) {
		char s[8];
		const char *t;

		if (i == 0x7f || (i >= 0x80 && i < 0xa0 && high[i - 0x80] == NULL))
			continue;
		encode(s, (uint32_t)i);
		t = strict(&b, i >= 0x80 && i < 0xa0 ? high[i - 0x80] : s);
		assert_int_equal(b.n, 1);
		assert_int_equal((unsigned char)*t, i);
	}
	buf_free(&b);
}

static void transliterated(void **state)
{
	static const struct { const char *from, *to; } t[] = {
		{ "", "" },
		{ "Müller & Söhne", "M\xfcller & S\xf6hne" },
		{ "M\x75\xcc\x88ller", "M\xfcller" },                 /* decomposed */
		{ "e\xcc\x81\xcc\xa3", "\xe9" },
		{ "q\xcc\x88x", "qx" },
		{ "\xc5\x82\xcc\x81", "l" },
		{ "Știința Țării Băncă Iași", "Stiinta Tarii Banca Iasi" },
		{ "Şişecam İstanbul ığ", "Sisecam Istanbul ig" },
		{ "Zażółć gęślą jaźń ŁÓDŹ", "Zaz\xf3lc gesla jazn L\xd3" "DZ" },
		{ "Příliš žluťoučký kůň ďábelské", "Pr\xedli\x9a \x9elutouck\xfd kun d\xe1" "belsk\xe9" },
		{ "Ľubomír ŇĽŔ ĺŕ", "Lubom\xedr NLR lr" },
		{ "Győr Űr őű", "Gyor Ur ou" },
		{ "Đorđe Ćirić Ǆ ǉ", "Dorde Ciric D\x8e lj" },
		{ "Āņē Ķ ģ ļ ž", "Ane K g l \x9e" },
		{ "Ŧħŋ Œuvre", "Thn \x8cuvre" },
		{ "Nguyễn Thị Ước", "Nguy\xean Thi U\xf3" "c" },
		{ "Əliyev Ɔ ɛ", "Eliyev O e" },
		{ "GROẞ", "GROSS" },
		{ "Ǿ ǽ Ǻ", "\xd8 \xe6 \xc5" },
		{ "ĳ ﬁ ﬄ", "ij fi ffl" },
		{ "a\xe2\x80\x90" "b\xe2\x80\x91" "c−d", "a-b-c-d" },
		{ "1\xe2\x80\xaf" "000\xe2\x80\x89m²", "1\xa0" "000 m\xb2" },
		{ "O\xca\xbc" "Neil № 5", "O\x92Neil No 5" },
		{ "ＡＢＣ１２", "ABC12" },
		{ "a\xe2\x80\x8b" "b\xef\xb8\x8f\xef\xbb\xbf", "ab" },
		{ "⅓ → x₂ ⁴", "1/3 -> x2 4" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_string_equal(strict(&b, t[i].from), t[i].to);
		buf_reset(&b);
		assert_int_equal(cp1252_add_known(&b, t[i].from), 0);
		assert_string_equal(buf_text(&b), t[i].to);
	}
	buf_free(&b);
}

static void refused(void **state)
{
	static const struct { const char *from, *says, *rest; size_t lost; } t[] = {
		{ "Жук", "U+0416 ", "", 3 },
		{ "Müller Жук GmbH", "U+0416 ", "M\xfcller  GmbH", 3 },
		{ "中文", "U+4E2D ", "", 2 },
		{ "a😀b", "U+1F600 ", "ab", 1 },
		{ "Ωmega", "U+03A9 ", "mega", 1 },
		{ "a\tb", "U+0009 ", "ab", 1 },
		{ "a\x7f", "U+007F ", "a", 1 },
		{ "a\xc2\x81", "U+0081 ", "a", 1 },
		{ "a\xc2\x80", "U+0080 ", "a", 1 },
		{ "\xcc\x88x", "U+0308 ", "x", 1 },
		{ "1\xcc\x88", "U+0308 ", "1", 1 },
		{ "a\xd0\xb5\xcc\x88", "U+0435 ", "a", 2 }, /* a decomposed Cyrillic letter leaves its mark to nobody */
		{ "a\xef\xbf\xbe", "U+FFFE ", "a", 1 },
		{ "a\xef\xbf\xbd", "U+FFFD ", "a", 1 },
		{ "a\xff" "b", "U+FFFD ", "ab", 1 },
		{ "a\xe2\x82", "U+FFFD ", "a", 2 },
		{ "\xe2\x80\xae" "abc", "U+202E ", "abc", 1 },
		{ "\xf4\x8f\xbf\xbf", "U+10FFFF ", "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct buf b = BUF_INIT;
		struct err e = ERR_INIT;

		buf_str(&b, "before");
		assert_int_equal(cp1252_add(&b, t[i].from, &e), -1);
		assert_int_equal(e.code, ERR_CONFIG);
		if (strncmp(e.msg, t[i].says, strlen(t[i].says)) != 0)
			fail_msg("%zu: %s", i, e.msg);
		assert_string_equal(buf_text(&b), "before");
		assert_int_equal(b.n, 6);
		buf_reset(&b);
		assert_int_equal(cp1252_add_known(&b, t[i].from), t[i].lost);
		assert_string_equal(buf_text(&b), t[i].rest);
		buf_free(&b);
	}
}

/* All of Unicode: what comes out is text that Windows-1252 defines, and a '?' only from a question mark. */
static void nothing_strange_comes_out(void **state)
{
	struct buf b = BUF_INIT;
	size_t known = 0, latin = 0;

	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		struct err e = ERR_INIT;
		char s[8];

		if (c >= 0xd800 && c < 0xe000)
			continue;
		encode(s, c);
		assert_int_equal(text_len(s), 1);
		buf_reset(&b);
		if (cp1252_add(&b, s, &e) < 0)
			continue;
		known++;
		latin += c >= 0x100 && c < 0x180;
		for (size_t i = 0; i < b.n; i++) {
			unsigned char x = (unsigned char)b.p[i];

			if (x < 0x20 || x == 0x7f || memchr("\x81\x8d\x8f\x90\x9d", x, 5) != NULL || (x == '?' && c != '?' && c != 0xff1f))
				fail_msg("U+%04X gives byte %02x", (unsigned)c, x);
		}
	}
	assert_int_equal(latin, 128); /* Latin Extended-A is complete */
	assert_in_range(known, 900, 1400);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_characters),
		cmocka_unit_test(transliterated),
		cmocka_unit_test(refused),
		cmocka_unit_test(nothing_strange_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
