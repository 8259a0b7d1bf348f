/* jdoc, jdoc_cut, jout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/jdoc.h"
#include "base/jout.h"
#include "base/jtape.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* From a copy of the exact size, so that a look past the end shows under ASan. */
static struct jdoc *parse_n(const char *s, size_t n, struct err *e)
{
	char *copy = malloc(n > 0 ? n : 1);
	struct jdoc *d;

	assert_non_null(copy);
	memcpy(copy, s, n);
	d = jdoc_parse(copy, n, e);
	assert_memory_equal(copy, s, n);
	free(copy);
	return d;
}

static struct jdoc *parse(const char *s)
{
	return parse_n(s, strlen(s), NULL);
}

static void accepts(void **state)
{
	static const char *const good[] = {
		"{}", "[]", " [ ] ", "\xef\xbb\xbf{\"a\":1}", "1", "-0", "\"x\"", "null", "true", "[1,2.5,1e3,-1E-2]", "\t\r\n{\"a\":[{}]}\n",
		"{\"a\":1,\"A\":2}", "\"\\u00e4\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\x7f\"", "[9223372036854775807,-9223372036854775808]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct err e = ERR_INIT;
		struct jdoc *d = parse_n(good[i], strlen(good[i]), &e);

		if (d == NULL)
			fail_msg("refused %s: %s", good[i], e.msg);
		jdoc_free(d);
	}
	jdoc_free(NULL);
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"", " ", "\xef\xbb\xbf", "\xef\xbb", "\xef\xbb\xbf\xef\xbb\xbf{}", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}", "NaN", "[Infinity]", "[-Infinity]",
		"01", "[-01]", "[+1]", "[1,]", "[,1]", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "[1 2]", "{\"a\" 1}", "{\"a\":}", "[1}", "{\"a\":1]", "[", "{", "\"",
		"[1", "{} {}", "[]]", "1 2", "{}x", "// c\n{}", "{}/* c */", "# c\n{}", "[1.]", "[.5]", "[1e]", "[0x10]", "[1e999]", "[-1e999]",
		"[9223372036854775808]", "[-9223372036854775809]", "\"\n\"", "\"\t\"", "\"\x01\"", "\"\\x\"", "\"\\u12\"", "\"\\u123g\"", "\"\\", "\"\\u", "\"\\u0000", "\"\\ud83d\\u", "\"\\ud83d\\ude0", "\"\\ud83d",
		"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc3\"", "tru", "nul", "True", "[undefined]", "{\"a\":1}\xff",
		"{\"\\u0000\":1,\"\\ufffd\":2}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = ERR_INIT;
		struct jdoc *d = parse_n(bad[i], strlen(bad[i]), &e);

		if (d != NULL)
			fail_msg("accepted %s", bad[i]);
		assert_int_equal(e.code, ERR_DATA);
		assert_int_equal(strncmp(e.msg, "JSON at byte ", 13), 0);
	}
	assert_null(jdoc_parse("{}\0", 3, NULL));
	assert_null(jdoc_parse("\"a\0b\"", 5, NULL));
	assert_null(jdoc_parse("\0", 1, NULL));
}

static void messages(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_null(jdoc_parse("\xef\xbb\xbf{\"a\":1,\"a\":2}", 16, &e));
	assert_string_equal(e.msg, "JSON at byte 13: duplicate object key near '\"a\"'");
	err_clear(&e);
	/* The text beside an error may be somebody's name or a note. */
	assert_null(jdoc_parse("[\"Erika\" \"Mustermann\"]", 22, &e));
	assert_null(strstr(e.msg, "Mustermann"));
	assert_non_null(strstr(e.msg, "']' expected"));
}

static void nest(struct buf *b, int depth)
{
	buf_reset(b);
	for (int i = 0; i < depth; i++)
		buf_str(b, i % 2 ? "{\"a\":" : "[");
	buf_str(b, depth % 2 ? "" : "1");
	while (depth-- > 0)
		buf_ch(b, depth % 2 ? '}' : ']');
}

static void depth(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct jdoc *d;

	(void)state;
	nest(&b, 32);
	d = jdoc_parse(b.p, b.n, NULL);
	assert_non_null(d);
	jdoc_free(d);
	nest(&b, 33);
	assert_null(jdoc_parse(b.p, b.n, &e));
	assert_non_null(strstr(e.msg, "more than 32 levels"));
	buf_free(&b);
	d = parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"]");
	assert_non_null(d);
	jdoc_free(d);
}

static void long_text(void **state)
{
	char *p = malloc(JDOC_TEXT_MAX + 16);
	struct err e = ERR_INIT;
	struct jdoc *d;

	(void)state;
	assert_non_null(p);
	memset(p, 'a', JDOC_TEXT_MAX + 16);
	p[0] = '"';
	p[JDOC_TEXT_MAX + 1] = '"';
	d = jdoc_parse(p, JDOC_TEXT_MAX + 2, NULL);
	assert_non_null(d);
	assert_int_equal(strlen(jdoc_text(jdoc_root(d))), JDOC_TEXT_MAX);
	jdoc_free(d);
	p[JDOC_TEXT_MAX + 1] = 'a';
	p[JDOC_TEXT_MAX + 2] = '"';
	assert_null(jdoc_parse(p, JDOC_TEXT_MAX + 3, &e));
	assert_non_null(strstr(e.msg, "longer than"));
	/* An escape counts as what it stands for. */
	memcpy(p + 1, "\\n", 2);
	d = jdoc_parse(p, JDOC_TEXT_MAX + 3, NULL);
	assert_non_null(d);
	jdoc_free(d);
	free(p);
}

static void escapes(void **state)
{
	static const struct { const char *s, *want; } t[] = {
		{ "\"a\\u0000b\"", "a\xef\xbf\xbd" "b" }, { "\"\\ud800\"", "\xef\xbf\xbd" }, { "\"\\uDFFFx\"", "\xef\xbf\xbdx" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" }, { "\"\\uD83Dx\\ude00\"", "\xef\xbf\xbdx\xef\xbf\xbd" },
		{ "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80" }, { "\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A" }, { "\"\\\\u0000\"", "\\u0000" }, { "\"\\\\\\u0000\"", "\\\xef\xbf\xbd" },
		{ "\"\\ud83d\\n\"", "\xef\xbf\xbd\n" }, { "\"\\u0001\\uffff\"", "\x01\xef\xbf\xbf" }, { "\"\\ud83d\\u0000\"", "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct jdoc *d = parse(t[i].s);

		assert_non_null(d);
		assert_string_equal(jdoc_text(jdoc_root(d)), t[i].want);
		jdoc_free(d);
	}
}

static void note_key(void *ctx, const char *key, const jdoc_val *v)
{
	buf_fmt(ctx, "%s:%s ", key, jdoc_kind(v));
}

static void values(void **state)
{
	struct jdoc *d = parse("{\"z\":637993625322118356,\"s\":\"t\",\"f\":false,\"t\":true,\"n\":null,\"r\":1.0,\"a\":[1,null],\"o\":{\"s\":\"in\"},\"b\":-9223372036854775808}");
	const jdoc_val *root;
	struct buf keys = BUF_INIT;
	int64_t v = 1;
	int b = -1;

	(void)state;
	assert_non_null(d);
	root = jdoc_root(d);
	assert_true(jdoc_is_object(root));
	assert_false(jdoc_is_array(root));
	assert_true(jdoc_int(jdoc_get(root, "z"), &v));
	assert_true(v == INT64_C(637993625322118356));
	assert_true(jdoc_int(jdoc_get(root, "b"), &v));
	assert_true(v == INT64_MIN);
	assert_false(jdoc_int(jdoc_get(root, "r"), &v));
	assert_false(jdoc_int(jdoc_get(root, "s"), &v));
	assert_false(jdoc_int(NULL, &v));
	assert_true(v == INT64_MIN);
	assert_true(jdoc_bool(jdoc_get(root, "t"), &b) && b == 1);
	assert_true(jdoc_bool(jdoc_get(root, "f"), &b) && b == 0);
	assert_false(jdoc_bool(jdoc_get(root, "z"), &b));
	assert_null(jdoc_get(root, "n"));
	assert_null(jdoc_get(root, "none"));
	assert_null(jdoc_get(NULL, "none"));
	assert_null(jdoc_get(jdoc_get(root, "a"), "none"));
	assert_null(jdoc_text(jdoc_get(root, "z")));
	assert_string_equal(jdoc_get_text(jdoc_get(root, "o"), "s"), "in");
	assert_null(jdoc_get_text(root, "o"));
	assert_int_equal(jdoc_len(jdoc_get(root, "a")), 2);
	assert_int_equal(jdoc_len(root), 0);
	assert_string_equal(jdoc_kind(jdoc_at(jdoc_get(root, "a"), 1)), "null");
	assert_string_equal(jdoc_kind(jdoc_at(jdoc_get(root, "a"), 2)), "absent");
	jdoc_each(root, note_key, &keys);
	assert_string_equal(buf_text(&keys), "z:integer s:string f:false t:true n:null r:real a:array o:object b:integer ");
	buf_reset(&keys);
	jdoc_each(jdoc_get(root, "a"), note_key, &keys);
	assert_string_equal(buf_text(&keys), "");
	buf_free(&keys);
	jdoc_free(d);
}

/* The elements, each followed by '|'. */
static int collect(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(ctx, p, n);
	buf_ch(ctx, '|');
	return 0;
}

/* An object of the piece by the scanner. */
static int64_t collect_whole(void *ctx, const char *p, size_t n, struct err *e)
{
	static const struct jtape_want none[1];
	struct jtape *t = jtape_new(none, 1);
	size_t used;

	assert_non_null(t);
	used = jtape_begin(t, p, n);
	jtape_free(t);
	return used > 0 && collect(ctx, p, used, e) < 0 ? -1 : (int64_t)used;
}

/* Feeds s in pieces that end at a and b; copies them so that a read past a piece shows under ASan. 0 when all was accepted. */
static int cut(struct jdoc_cut *c, const char *s, size_t n, size_t a, size_t b, struct err *e)
{
	size_t at[4] = { 0, a, b, n };
	int rc = 0;

	jdoc_cut_reset(c);
	for (int i = 0; i < 3 && rc == 0; i++) {
		size_t k = at[i + 1] - at[i];
		char *piece = malloc(k > 0 ? k : 1);

		assert_non_null(piece);
		memcpy(piece, s + at[i], k);
		rc = jdoc_cut_feed(c, piece, k, e);
		free(piece);
	}
	return rc == 0 ? jdoc_cut_end(c, e) : rc;
}

static void cut_splits(void **state)
{
	static const struct { const char *s, *want; size_t count; } good[] = {
		{ "\xef\xbb\xbf [ {\"a\":\"x\\\"]}\\\\\"} ,\n[1,[2]],\"s,]\\\"\" , -1.5e3,null , true]\r\n", "{\"a\":\"x\\\"]}\\\\\"}|[1,[2]]|\"s,]\\\"\"|-1.5e3|null|true|", 6 },
		{ "[]", "", 0 }, { "\t[ \n]  ", "", 0 }, { "[1]", "1|", 1 }, { "[{}]", "{}|", 1 }, { "[\"\"]", "\"\"|", 1 }, { "[[[]],{\"k\":\"\\u005d]]\"}]", "[[]]|{\"k\":\"\\u005d]]\"}|", 2 },
	};
	struct buf got = BUF_INIT;
	struct jdoc_cut *c = jdoc_cut_new(1000, collect, &got);

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; i < 2 * COUNT(good); i++) {
		size_t k = i % COUNT(good), n = strlen(good[k].s);

		jdoc_cut_begin(c, i == k ? NULL : collect_whole);

		for (size_t a = 0; a <= n; a++)
			for (size_t b = a; b <= n; b++) {
				struct err e = ERR_INIT;

				buf_reset(&got);
				if (cut(c, good[k].s, n, a, b, &e) < 0)
					fail_msg("%s at %zu, %zu: %s", good[k].s, a, b, e.msg);
				assert_string_equal(buf_text(&got), good[k].want);
				assert_int_equal(jdoc_cut_count(c), good[k].count);
			}
		/* Cut short anywhere before the bracket that closes it, it is no array. */
		for (size_t short_n = 0; short_n < (size_t)(strrchr(good[k].s, ']') - good[k].s); short_n++)
			assert_int_equal(cut(c, good[k].s, short_n, short_n / 2, short_n, NULL), -1);
	}
	jdoc_cut_free(c);
	jdoc_cut_free(NULL);
	buf_free(&got);
}

static void cut_refuses(void **state)
{
	static const char *const bad[] = {
		"", " ", "{}", "1", "\"[]\"", "null", "[1,]", "[,1]", "[,]", "[1 2]", "[{} {}]", "[\"a\"\"b\"]", "[{}{}]", "[1]]", "[1],", "[1] x", "[][]", "[", "[1", "[1,",
		"[{]}]", "[[}]", "[{\"a\":1]", "[}", "[:]", "[1:2]", "[1\"a\"]", "[1{}]", "[{}1]", "[+1]", "[\xff]", "\xef\xbb[]", "\xef[]", " \xef\xbb\xbf[]", "x[]",
		"\xef\xbb\xbf\xef\xbb\xbf[]", "[\xef\xbb\xbf]", "[]\xef\xbb\xbf", "[1;2]", "[true//c\n]",
	};
	struct buf got = BUF_INIT;
	struct jdoc_cut *c = jdoc_cut_new(1000, collect, &got);

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(bad); i++) {
		size_t k = i % COUNT(bad), n = strlen(bad[k]);

		jdoc_cut_begin(c, i == k ? NULL : collect_whole);
		for (size_t a = 0; a <= n; a++) {
			struct err e = ERR_INIT;

			if (cut(c, bad[k], n, a, n, &e) == 0)
				fail_msg("accepted %s at %zu", bad[k], a);
			assert_int_equal(e.code, ERR_DATA);
		}
	}
	/* Once refused, it stays so until the reset. */
	jdoc_cut_reset(c);
	assert_int_equal(jdoc_cut_feed(c, "{", 1, NULL), -1);
	assert_int_equal(jdoc_cut_feed(c, "[]", 2, NULL), -1);
	assert_int_equal(jdoc_cut_feed(c, "", 0, NULL), -1);
	assert_int_equal(jdoc_cut_end(c, NULL), -1);
	jdoc_cut_free(c);
	buf_free(&got);
}

static int stop_second(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)p;
	(void)n;
	return ++*(int *)ctx == 2 ? err_set(e, ERR_PROTOCOL, "enough") : 0;
}

static void cut_limits(void **state)
{
	struct buf b = BUF_INIT, got = BUF_INIT;
	struct jdoc_cut *c = jdoc_cut_new(6, collect, &got);
	struct err e = ERR_INIT;
	int calls = 0;

	(void)state;
	for (size_t a = 0; a <= 10; a++) {
		buf_reset(&got);
		assert_int_equal(cut(c, "[\"1234\",1]", 10, a, 10, NULL), 0);
		assert_string_equal(buf_text(&got), "\"1234\"|1|");
		assert_int_equal(cut(c, "[\"12345\"] ", 10, a, 10, NULL), -1);
		assert_int_equal(cut(c, "[12345678]", 10, a, 10, NULL), -1);
	}
	/* The limit holds before the element ends, so that memory stays bounded. */
	jdoc_cut_reset(c);
	assert_int_equal(jdoc_cut_feed(c, "[\"12345", 7, &e), 0);
	assert_int_equal(jdoc_cut_feed(c, "678", 3, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	jdoc_cut_free(c);

	err_clear(&e);
	c = jdoc_cut_new(1000, stop_second, &calls);
	assert_int_equal(jdoc_cut_feed(c, "[1,2,3,4]", 9, &e), -1);
	assert_int_equal(e.code, ERR_PROTOCOL);
	assert_int_equal(calls, 2);
	assert_int_equal(jdoc_cut_feed(c, "", 0, NULL), -1);
	jdoc_cut_free(c);

	c = jdoc_cut_new(1000, collect, &got);
	for (int n = 32; n <= 33; n++) {
		nest(&b, n);
		jdoc_cut_reset(c);
		assert_int_equal(jdoc_cut_feed(c, "[", 1, NULL), 0);
		assert_int_equal(jdoc_cut_feed(c, b.p, b.n, NULL), n == 32 ? 0 : -1);
	}
	jdoc_cut_free(c);
	buf_free(&b);
	buf_free(&got);
}

static void write_sample(struct jout *j)
{
	jout_object(j, NULL);
	jout_text(j, "t", "a\"\\\n\r\t\x01\x7f\xc3\xa4\xff");
	jout_text(j, "n", NULL);
	jout_opt(j, "left out", "");
	jout_opt(j, "left out", NULL);
	jout_opt(j, "o", "x");
	jout_int(j, "i", INT64_MIN);
	jout_bool(j, "y", 5);
	jout_dec(j, "d", -1205, 2);
	jout_array(j, "e");
	jout_end_array(j);
	jout_array(j, "a");
	jout_int(j, NULL, 1);
	jout_object(j, NULL);
	jout_end_object(j);
	jout_end_array(j);
	jout_bool(j, "z", 0);
	jout_end_object(j);
}

static void jout_writes(void **state)
{
	static const char flat[] = "{\"t\":\"a\\\"\\\\\\n\\r\\t\\u0001\x7f\xc3\xa4\xef\xbf\xbd\",\"n\":null,\"o\":\"x\",\"i\":-9223372036854775808,\"y\":true,"
		"\"d\":\"-12.05\",\"e\":[],\"a\":[1,{}],\"z\":false}";
	static const char deep[] = "{\n  \"t\": \"a\\\"\\\\\\n\\r\\t\\u0001\x7f\xc3\xa4\xef\xbf\xbd\",\n  \"n\": null,\n  \"o\": \"x\",\n  \"i\": -9223372036854775808,\n"
		"  \"y\": true,\n  \"d\": \"-12.05\",\n  \"e\": [],\n  \"a\": [\n    1,\n    {}\n  ],\n  \"z\": false\n}";
	struct buf b = BUF_INIT;
	struct jdoc *d;
	struct jout j;

	(void)state;
	jout_init(&j, &b, 0);
	write_sample(&j);
	assert_string_equal(buf_text(&b), flat);
	d = jdoc_parse(b.p, b.n, NULL);
	assert_non_null(d);
	assert_string_equal(jdoc_get_text(jdoc_root(d), "t"), "a\"\\\n\r\t\x01\x7f\xc3\xa4\xef\xbf\xbd");
	jdoc_free(d);
	buf_reset(&b);
	jout_init(&j, &b, 2);
	write_sample(&j);
	assert_string_equal(buf_text(&b), deep);
	buf_reset(&b);
	jout_init(&j, &b, 0);
	jout_text(&j, NULL, "\xe2\x82");
	assert_string_equal(buf_text(&b), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	buf_free(&b);
}

#ifndef __SANITIZE_ADDRESS__
/* The k-th allocation fails, for all k: no document at all, or the whole one. jansson's lexer drops characters that it finds no room for. */
static long fail_in;
void *__libc_malloc(size_t n);

void *malloc(size_t n)
{
	return fail_in > 0 && --fail_in == 0 ? NULL : __libc_malloc(n);
}

static void starves(void **state)
{
	static const char text[] = "[{\"entityId\":\"0000000e-0000-4000-8000-000000000042\",\"n\":123456789012345678,\"r\":12.34567890123456789},"
		"\"a text that is longer than the sixteen bytes that a lexer starts with\"]";
	long k;
	int whole = 0, refused = 0;

	(void)state;
	for (k = 1; whole == 0; k++) {
		struct err e = ERR_INIT;
		struct jdoc *d;

		assert_true(k < 1000);
		fail_in = k;
		d = jdoc_parse(text, sizeof text - 1, &e);
		whole = fail_in > 0; /* fewer allocations than k */
		fail_in = 0;
		if (d == NULL) {
			assert_int_equal(e.code, ERR_OS);
			refused++;
			continue;
		}
		assert_string_equal(jdoc_get_text(jdoc_at(jdoc_root(d), 0), "entityId"), "0000000e-0000-4000-8000-000000000042");
		assert_string_equal(jdoc_text(jdoc_at(jdoc_root(d), 1)), "a text that is longer than the sixteen bytes that a lexer starts with");
		jdoc_free(d);
	}
	assert_true(refused > 10);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(starves),
#endif
		cmocka_unit_test(accepts), cmocka_unit_test(refuses), cmocka_unit_test(messages), cmocka_unit_test(depth), cmocka_unit_test(long_text),
		cmocka_unit_test(escapes), cmocka_unit_test(values), cmocka_unit_test(cut_splits), cmocka_unit_test(cut_refuses),
		cmocka_unit_test(cut_limits), cmocka_unit_test(jout_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
