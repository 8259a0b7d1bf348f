/* The scanner against jansson on the same bytes: whatever it accepts, the slow way accepts with equal members; what it leaves is refused or read there.
 * PSABILL_TEST_ROUNDS: how many mutated texts (`make fuzz` sets it). */
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
#include "base/jtape.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint64_t state_of_chance;

static uint32_t chance(uint32_t below)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return (uint32_t)(state_of_chance >> 32) % below;
}

/* What stands in texts and numbers of the generated documents, also pieces that mutations put anywhere. */
static const char *const pieces[] = {
	"\"", "\\", "\\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t", "\\u0000", "\\u00e4", "\\uD83D\\uDE00", "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\ud83d\\ud83d\\ude00",
	"\\u12", "\\x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xed\xa0\x80",
	"\xf0\x80\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5", "\x80", "\xff", "\x1f", "\x7f", "\t", "\n", "\xef\xbb\xbf", "{", "}",
	"[", "]", ",", ":", "{}", "[]", "0", "01", "-", "-0", "-01", "1.5", "1.", ".5", "1e5", "1e999", "-1E-999", "1e", "123456789012345678", "1234567890123456789",
	"9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999", "true", "false", "null", "nul", "True", "NaN", "Infinity", " ", "/**/",
	"\"id\":1,", "\"id\":\"x\",", "\"a\":{\"a\":1,\"a\":1},", "[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]", "0.000000000000000000000000000000000001",
};

static const char *piece(void)
{
	return pieces[chance(COUNT(pieces))];
}

static void put_text(struct buf *b)
{
	static const char *const plain[] = { "id", "name", "2a408383-ae39-ed11-ae83-38563d6848fe", "project", "note with \xc3\xa4 and \\\"quotes\\\"", "", "a\\u0000b",
		"\\ud83d\\ude00 \\ud83d", "startDateLocal", "a longer text that spans more than sixteen bytes, and then some" };

	buf_fmt(b, "\"%s", plain[chance(COUNT(plain))]);
	if (chance(3) == 0)
		buf_fmt(b, "%u", chance(1000));
	buf_str(b, "\"");
}

static void put_value(struct buf *b, int depth)
{
	static const char *const scalars[] = { "0", "-0", "17", "-3600", "1.5", "637993625322118356", "2.25", "true", "false", "null" };
	uint32_t n = chance(depth == 0 ? 30 : 5), kind = depth == 0 ? 0 : depth > 4 ? 2 + chance(3) : chance(5);

	if (kind > 1) {
		if (kind == 2)
			buf_str(b, scalars[chance(COUNT(scalars))]);
		else
			put_text(b);
		return;
	}
	buf_str(b, kind == 0 ? "{" : "[");
	for (uint32_t i = 0; i < n; i++) {
		buf_str(b, i > 0 ? chance(4) == 0 ? " ,\r\n" : "," : "");
		if (kind == 0)
			buf_fmt(b, "\"key%u\"%s", chance(300) == 0 ? 0 : i, chance(5) == 0 ? " : " : ":");
		put_value(b, depth + 1);
	}
	buf_str(b, kind == 0 ? "}" : "]");
}

static void mutate(struct buf *b, struct buf *out)
{
	size_t at = chance((uint32_t)b->n + 1), cut = chance(3) == 0 ? chance(12) : 0;
	const char *s = chance(4) != 0 ? piece() : "";

	cut = cut > b->n - at ? b->n - at : cut;
	buf_reset(out);
	buf_add(out, b->p, at);
	buf_str(out, s);
	buf_add(out, b->p + at + cut, b->n - at - cut);
	if (out->n > 0 && chance(5) == 0)
		out->p[chance((uint32_t)out->n)] = (char)chance(256);
	assert_true(buf_ok(out));
}

/* What is wanted: names at up to three levels, in an order of no meaning. Tapes for all texts, one after the other: what they have learned of one must not show in another. */
static const char *const names[] = { "id", "name", "a", "b", "x", "", "key0", "key1", "key2", "key3", "key4", "key7", "key11", "key19", "a longer name than places have room for" };

#define NAMES ((uint32_t)COUNT(names))
#define WANTS (1 + 12 * NAMES)

static struct jtape_want wants[WANTS];
static struct jtape *many, *slowly;

static void want_all(void)
{
	uint32_t n = 1;

	for (uint32_t of = 0; n < WANTS; of++)
		for (uint32_t i = 0; i < NAMES; i++)
			wants[n++] = (struct jtape_want){ names[i], of };
}

/* The tape has what `slowly` has. */
static void same(struct jtape *t)
{
	for (uint32_t i = 0; i < WANTS; i++) {
		const struct jnode *x = jtape_get(t, i), *y = jtape_get(slowly, i);
		int64_t n = 0, m = 0;
		size_t k = 0;

		assert_string_equal(jtape_kind(x), jtape_kind(y));
		assert_int_equal(jtape_int(x, &n), jtape_int(y, &m));
		assert_true(n == m);
		if (jtape_text(slowly, y) == NULL)
			continue;
		assert_string_equal(jtape_text(t, x), jtape_text(slowly, y));
		assert_memory_equal(jtape_span(t, x, &k), jtape_text(slowly, y), strlen(jtape_text(slowly, y)));
		assert_int_equal(k, strlen(jtape_text(slowly, y)));
	}
}

static void begun(const char *p, size_t n, int fast)
{
	struct err e = ERR_INIT;
	size_t used = jtape_begin(many, p, n);

	if (used == 0) {
		if (fast && (p[0] == '{' || p[0] == '['))
			fail_msg("not begun: %.*s", (int)n, p);
		return;
	}
	if (jtape_slow(slowly, p, used, &e) < 0)
		fail_msg("only the scanner accepts the beginning of %.*s", (int)n, p);
	same(many);
}

/* 1: the scanner took it, 0: left to the slow way, which accepts it; -1: refused. By a tape that has read many texts and by one that has read none. */
static int compare(const char *p, size_t n)
{
	struct jtape *fresh = jtape_new(wants, WANTS);
	struct err e = ERR_INIT;
	char *exact = malloc(n > 0 ? n : 1); /* so that a sanitizer sees a read behind the end */
	int fast, slow;

	assert_true(fresh != NULL && exact != NULL);
	memcpy(exact, p, n);
	begun(exact, n, jtape_scan(many, exact, n) == 0);
	fast = jtape_scan(many, exact, n) == 0;
	slow = jtape_slow(slowly, exact, n, &e) == 0;
	if (fast && !slow)
		fail_msg("only the scanner accepts %.*s", (int)n, p);
	if (fast)
		same(many);
	if (fast != (jtape_scan(fresh, exact, n) == 0))
		fail_msg("read before or not, that makes a difference: %.*s", (int)n, p);
	if (fast)
		same(fresh);
	assert_int_equal(jtape_read(many, exact, n, &e), slow ? 0 : -1);
	if (slow)
		same(many);
	jtape_free(fresh);
	free(exact);
	return fast ? 1 : slow ? 0 : -1;
}

static void generated(void **state)
{
	const char *rounds = getenv("PSABILL_TEST_ROUNDS");
	long n = rounds != NULL ? atol(rounds) : 10000;
	long seen[3] = { 0 };
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	state_of_chance = 88172645463325252u;
	for (long i = 0; i < n; i++) {
		buf_reset(&a);
		put_value(&a, 0);
		assert_true(buf_ok(&a));
		seen[compare(a.p, a.n) + 1]++;
		for (int k = 0; k < 4; k++) {
			mutate(&a, &b);
			seen[compare(b.p, b.n) + 1]++;
			if (k % 2 == 1)
				mutate(&b, &a);
		}
	}
	/* A generator that makes one kind alone would prove nothing. */
	assert_true(seen[0] > n / 2 && seen[1] > n / 50 && seen[2] > n / 2);
	buf_free(&a);
	buf_free(&b);
}

/* Each piece alone, in a text, as a key, as a member, before and behind a value, and in an array. */
static void placed(void **state)
{
	static const char *const forms[] = { "%s", "\"%s\"", "{\"%s\":1}", "{\"a\":%s}", "%s{}", "{}%s", "[%s]", "[1%s]", "[-%s]", "{\"a\":\"b%s", "{\"x\":[{\"a%s\":1}]}",
		"{\"a\":\"0123456789abcde%s0123456789abcdef\"}", "{\"a\":1%s,\"b\":2}" };

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++)
		for (size_t k = 0; k < COUNT(pieces); k++) {
			const char *at = strstr(forms[i], "%s");
			struct buf b = BUF_INIT;

			buf_add(&b, forms[i], (size_t)(at - forms[i]));
			buf_str(&b, pieces[k]);
			buf_str(&b, at + 2);
			assert_true(buf_ok(&b));
			compare(b.p, b.n);
			for (size_t n = 0; n < b.n; n++)
				compare(b.p, n);
			buf_free(&b);
		}
}

/* Every byte and every pair of bytes behind a lead byte of UTF-8. */
static void bytes(void **state)
{
	char text[] = "{\"a\":\"....\"}";

	(void)state;
	for (int c = 0; c < 256; c++)
		for (int d = 0; d < 256; d++) {
			static const char tails[][2] = { { '.', '.' }, { '\x80', '.' }, { '\x80', '\x80' }, { '\xbf', '\xc0' } };

			for (size_t k = 0; k < COUNT(tails); k++) {
				text[6] = (char)c;
				text[7] = (char)d;
				memcpy(text + 8, tails[k], 2);
				compare(text, sizeof text - 1);
			}
		}
}

/* Which way reads what. */
static void ways(void **state)
{
	static const struct { const char *json; int way; } rows[] = {
		{ "{\"a\":1,\"b\":[{\"a\":1},{\"a\":1}]}", 1 }, { " [1, 2.5 ,\"x\\u0000\"] ", 1 }, { "null", 1 }, { "\"\\ud800\"", 1 }, { "{\"\":0}", 1 },
		{ "\xef\xbb\xbf{}", 0 }, { "{\"\\u0061\":1}", 0 }, { "1e5", 0 }, { "9223372036854775807", 0 },
		{ "{\"a\":1,\"a\":1}", -1 }, { "{\"a\":1,\"\\u0061\":2}", -1 }, { "[{\"b\":{\"a\":1,\"c\":2,\"a\":null}}]", -1 }, { "1e999", -1 }, { "9223372036854775808", -1 },
		{ "{} x", -1 }, { "", -1 }, { "\"\xed\xa0\x80\"", -1 }, { "[1,]", -1 }, { "{\"a\":1,}", -1 }, { "[01]", -1 }, { "\"a\tb\"", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (compare(rows[i].json, strlen(rows[i].json)) != rows[i].way)
			fail_msg("%s", rows[i].json);
}

/* Limits: levels, bytes of a text, members of an object. */
static void limits(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (int depth = JDOC_DEPTH - 1; depth <= JDOC_DEPTH + 1; depth++) {
		buf_reset(&b);
		for (int i = 0; i < depth; i++)
			buf_str(&b, i % 2 == 0 ? "[" : "{\"a\":");
		buf_str(&b, "1");
		for (int i = depth; i-- > 0;)
			buf_str(&b, i % 2 == 0 ? "]" : "}");
		assert_int_equal(compare(b.p, b.n), depth <= JDOC_DEPTH ? 1 : -1);
	}
	for (int more = 0; more <= 1; more++) {
		buf_reset(&b);
		buf_str(&b, "{\"a\":\"");
		for (int i = 0; i < JDOC_TEXT_MAX + more; i++)
			buf_add(&b, "x", 1);
		buf_str(&b, "\"}");
		assert_int_equal(compare(b.p, b.n), more ? -1 : 1);
	}
	for (int twice = 0; twice <= 1; twice++)
		for (int n = 500; n <= 70000; n += 69500) {
			buf_reset(&b);
			for (int i = 0; i < n; i++)
				buf_fmt(&b, "%s\"key number %d\":%d", i > 0 ? "," : "{", i, i);
			buf_fmt(&b, ",\"key number %d\":1}", twice ? n / 2 : n);
			assert_int_equal(compare(b.p, b.n), twice ? -1 : n == 500 ? 1 : 0);
		}
	buf_free(&b);
}

/* Members in every order and twice, after others in every order. */
static void orders(void **state)
{
	static const char *const keys[] = { "a", "b", "id", "a longer name than places have room for" };

	(void)state;
	for (uint32_t k = 0; k < 5 * 5 * 5 * 5; k++) {
		char text[512] = "{\"x\":{";
		int seen[COUNT(keys)] = { 0 }, twice = 0;

		for (uint32_t i = k, n = 0; i > 0; i /= 5) {
			if (i % 5 == 4)
				continue;
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s\"%s\":%u", n++ > 0 ? "," : "", keys[i % 5], i);
			twice |= seen[i % 5]++;
		}
		strcat(text, "},\"y\":[{\"a\":1},{\"b\":2,\"a\":1}]}");
		assert_int_equal(compare(text, strlen(text)), twice ? -1 : 1);
	}
}

/* Keys that were made to look alike to the table are left to the slow way, which has another one. */
static void alike(void **state)
{
	(void)state;
	for (int twice = 0; twice <= 1; twice++) {
		struct buf b = BUF_INIT;

		for (int i = 0; i < 500; i++)
			buf_fmt(&b, "%s\"12345678%04d12345678\":%d", i > 0 ? "," : "{", i, i);
		buf_fmt(&b, ",\"12345678%04d12345678\":1}", twice ? 250 : 500);
		assert_int_equal(compare(b.p, b.n), twice ? -1 : 0);
		buf_free(&b);
	}
}

/* ---- a list in pieces: the same rows, or the same refusal, with the scanner at work on the pieces and without ---- */

static int each_row(void *ctx, const char *p, size_t n, struct err *e)
{
	struct buf *b = ctx;

	if (jtape_read(many, p, n, e) < 0)
		return -1;
	buf_add(b, p, n);
	buf_ch(b, '|');
	return 0;
}

static int64_t whole_row(void *ctx, const char *p, size_t n, struct err *e)
{
	struct buf *b = ctx;
	size_t used = jtape_begin(many, p, n);

	(void)e;
	buf_add(b, p, used);
	if (used > 0)
		buf_ch(b, '|');
	return (int64_t)used;
}

static int cut_list(const struct buf *list, int64_t (*begin)(void *ctx, const char *p, size_t n, struct err *e), size_t piece, struct buf *out)
{
	struct err e = ERR_INIT;
	struct jdoc_cut *c = jdoc_cut_new(100000, each_row, out);
	int rc = 0;

	assert_non_null(c);
	jdoc_cut_begin(c, begin);
	for (size_t i = 0; i < list->n && rc == 0; i += piece) {
		size_t n = list->n - i < piece ? list->n - i : piece;
		char *exact = malloc(n);

		assert_non_null(exact);
		memcpy(exact, list->p + i, n);
		rc = jdoc_cut_feed(c, exact, n, &e);
		free(exact);
	}
	if (rc == 0)
		rc = jdoc_cut_end(c, &e);
	jdoc_cut_free(c);
	return rc;
}

static void in_pieces(void **state)
{
	const char *rounds = getenv("PSABILL_TEST_ROUNDS");
	long n = (rounds != NULL ? atol(rounds) : 10000) / 4, good = 0;
	struct buf list = BUF_INIT, odd = BUF_INIT, a = BUF_INIT, b = BUF_INIT;

	(void)state;
	for (long i = 0; i < n; i++) {
		const struct buf *what = &list;
		size_t piece;
		int x, y;

		buf_reset(&list);
		buf_ch(&list, '[');
		for (uint32_t k = chance(4), first = k; k > 0; k--) {
			buf_str(&list, k < first ? chance(3) == 0 ? " , " : "," : "");
			put_value(&list, chance(9) == 0 ? 3 : 0);
		}
		buf_ch(&list, ']');
		if (chance(2) == 0) {
			mutate(&list, &odd);
			what = &odd;
		}
		if (what->n == 0)
			continue;
		piece = 1 + chance((uint32_t)what->n);
		buf_reset(&a);
		buf_reset(&b);
		x = cut_list(what, NULL, piece, &a);
		y = cut_list(what, whole_row, piece, &b);
		if (x != y || (x == 0 && (a.n != b.n || memcmp(buf_text(&a), buf_text(&b), a.n) != 0)))
			fail_msg("%d and %d in pieces of %zu: %.*s", x, y, piece, (int)what->n, what->p);
		good += x == 0;
	}
	assert_true(good > n / 4 && good < n);
	buf_free(&list);
	buf_free(&odd);
	buf_free(&a);
	buf_free(&b);
}

static int make_many(void **state)
{
	(void)state;
	want_all();
	many = jtape_new(wants, WANTS);
	slowly = jtape_new(wants, WANTS);
	return many != NULL && slowly != NULL ? 0 : -1;
}

static int free_many(void **state)
{
	(void)state;
	jtape_free(many);
	jtape_free(slowly);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways), cmocka_unit_test(limits), cmocka_unit_test(orders), cmocka_unit_test(alike), cmocka_unit_test(placed), cmocka_unit_test(bytes), cmocka_unit_test(generated), cmocka_unit_test(in_pieces),
	};

	return cmocka_run_group_tests(tests, make_many, free_many);
}
