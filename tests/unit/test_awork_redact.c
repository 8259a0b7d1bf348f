/* Redacted answers: nobody can be told from them, and what bills is as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "awork/redact.h"
#include "base/jdoc.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct redact *table(void)
{
	struct err e = ERR_INIT;
	struct redact *r = redact_new(&e);

	if (r == NULL)
		fail_msg("%s", e.msg);
	return r;
}

/* Owned by the caller. */
static char *body(struct redact *r, const char *text, size_t n)
{
	struct buf b = BUF_INIT;

	redact_body(r, text, n, &b);
	assert_true(buf_ok(&b));
	buf_str(&b, "");
	return b.p != NULL ? b.p : strdup("");
}

static char *text(struct redact *r, const char *s)
{
	return body(r, s, strlen(s));
}

static void what_stays(void **state)
{
	static const char *const same[] = {
		"", "{}", "[]", "[1,-2.5e+3,true,false,null]", " {\r\n\t\"duration\" : 3600 , \"a\":[ ] }", "{\"startDateLocal\":\"2026-10-01\"}", "{\"startTimeLocal\":\"08:00:00\"}",
		"{\"updatedOn\":\"2026-10-01T08:00:00.123Z\"}", "{\"createdAt\":\"2026-10-01T08:00:00+02:00\"}", "{\"type\":\"project-task\"}", "{\"baseType\":\"projecttask\"}",
		"{\"status\":\"done\"}", "{\"currency\":\"EUR\"}", "{\"timezone\":\"Europe/Berlin\"}", "{\"code\":\"not-found\"}", "{\"name\":\"\"}", "{\"isBilled\":true,\"note\":null}",
		"{\"customerNumber\":4711}", "{\"filter.by\":1,\"aw_x\":2,\"$ref\":3,\"@id\":4}",
	};
	struct redact *r = table();

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		char *got = text(r, same[i]);

		if (strcmp(got, same[i]) != 0)
			fail_msg("%s became %s", same[i], got);
		free(got);
	}
	redact_free(r);
}

/* word: must not be left. */
static void what_goes(void **state)
{
	static const struct { const char *text, *word; } t[] = {
		{ "{\"name\":\"Nordlicht\"}", "Nordlicht" }, { "{\"note\":\"12:30\"}", "12:30" }, { "{\"note\":\"2026-10-01\"}", "2026" }, { "{\"date\":\"Frau Geheim\"}", "Geheim" },
		{ "{\"date\":\"0431 123456\"}", "0431" }, { "{\"type\":\"Frau Geheim\"}", "Geheim" }, { "{\"type\":\"geheim@kunde.example\"}", "geheim" },
		{ "{\"email\":\"geheim@kunde.example\"}", "geheim" }, { "{\"email\":\"geheim@kunde.example\"}", "kunde" }, { "[\"Geheim\"]", "Geheim" }, { "\"Geheim\"", "Geheim" },
		{ "{\"x\":\"a \\\"Geheim\\\" b\"}", "Geheim" }, { "{\"x\":\"\\u0047eheim\"}", "eheim" }, { "{\"Frau Geheim\":1}", "Geheim" }, { "{\"x\":\"Geheim", "Geheim" },
		{ "{\"x\":Geheim}", "Geheim" }, { "Geheim", "Geheim" }, { "<html>Geheim</html>", "Geheim" }, { "{\"zip\":24103}", "24103" }, { "{\"phoneNumber\":431123456}", "431123456" },
		{ "{\"vatId\":136695976}", "136695976" }, { "{\"iban\":\"DE02120300000000202051\"}", "1203" }, { "{\"note\":\"01234567-89ab-cdef-0123-456789abcdef\"}", "89ab-cdef" },
		{ "{\"status\":\"a-status-word-that-is-far-longer-than-any-status-word-of-aworks-own\"}", "longer" },
		/* What is no JSON has no numbers that bill. */
		{ "Error: customer 4711, phone 0431123456", "4711" }, { "Error: customer 4711, phone 0431123456", "0431123456" }, { "<p>4711</p>", "4711" }, { "4711 Geheim", "4711" },
	};
	struct redact *r = table();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char *got = text(r, t[i].text);

		if (strstr(got, t[i].word) != NULL)
			fail_msg("%s became %s", t[i].text, got);
		free(got);
	}
	redact_free(r);
}

/* One text is one pseudonym, another text another; nobody can make them again. */
static void pseudonyms(void **state)
{
	struct redact *r = table(), *other = table();
	char *a = text(r, "{\"name\":\"Acme\"}"), *b = text(r, "{\"title\":\"Acme\"}"), *c = text(r, "{\"name\":\"Acme \"}"), *d = text(other, "{\"name\":\"Acme\"}");
	char *mail = text(r, "{\"name\":\"a@b.example\"}"), *zip = text(r, "{\"zip\":\"24103\",\"zip\":24103}");

	(void)state;
	assert_string_equal(strchr(a, ':'), strchr(b, ':'));
	assert_string_not_equal(a, c);
	assert_string_not_equal(a, d);
	assert_non_null(strstr(mail, "@example.invalid\""));
	/* Numbers that name somebody keep their length, and are numbers still. */
	assert_int_equal(strspn(strrchr(zip, ':') + 1, "123456789"), 5);
	assert_string_equal(strrchr(zip, ':') + 6, "}");
	free(a);
	free(b);
	free(c);
	free(d);
	free(mail);
	free(zip);
	redact_free(r);
	redact_free(other);
	redact_free(NULL);
}

/* An id is one other id in bodies and paths and in any case of letters. */
static void ids(void **state)
{
#define ID "01234567-89ab-cdef-0123-456789abcdef"
	struct redact *r = table();
	struct buf path = BUF_INIT;
	char *a = text(r, "{\"id\":\"" ID "\",\"projectId\":\"01234567-89AB-CDEF-0123-456789ABCDEF\",\"x\":\"01234567-89ab-cdef-0123-456789abcdee\"}");
	char first[37], second[37], third[37];

	(void)state;
	assert_int_equal(sscanf(a, "{\"id\":\"%36[0-9a-f-]\",\"projectId\":\"%36[0-9a-f-]\",\"x\":\"%36[0-9a-f-]\"}", first, second, third), 3);
	assert_string_equal(first, second);
	assert_string_not_equal(first, third);
	assert_string_not_equal(first, ID);
	assert_true(strlen(first) == 36 && first[8] == '-' && first[13] == '-' && first[14] == '4' && first[18] == '-' && first[19] == '8' && first[23] == '-');
	redact_path(r, "/projects/" ID "/x?filterby=projectId%20eq%20" ID "&page=1", &path);
	{
		char want[200];

		snprintf(want, sizeof want, "/projects/%s/x?filterby=projectId%%20eq%%20%s&page=1", first, first);
		assert_string_equal(buf_text(&path), want);
	}
	buf_free(&path);
	free(a);
	redact_free(r);
}

/* Shape, order and repetition of a document. */
static void compare(const jdoc_val *a, const jdoc_val *b)
{
	int64_t x, y;

	assert_string_equal(jdoc_kind(a), jdoc_kind(b));
	assert_int_equal(jdoc_len(a), jdoc_len(b));
	if (jdoc_int(a, &x) && jdoc_int(b, &y))
		assert_int_equal(x, y);
	for (size_t i = 0; jdoc_is_array(a) && i < jdoc_len(a); i++)
		compare(jdoc_at(a, i), jdoc_at(b, i));
}

struct members { const jdoc_val *other; };

static void on_member(void *ctx, const char *key, const jdoc_val *v)
{
	const struct members *m = ctx;

	/* A member that is null is as one that is absent. */
	if (v == NULL || strcmp(jdoc_kind(v), "null") == 0) {
		assert_null(jdoc_get(m->other, key));
		return;
	}
	assert_non_null(jdoc_get(m->other, key));
	if (jdoc_is_object(v)) {
		struct members inner = { jdoc_get(m->other, key) };

		jdoc_each(v, on_member, &inner);
	} else {
		compare(v, jdoc_get(m->other, key));
	}
}

static void shape(void **state)
{
	static const char *const t[] = {
		"{\"id\":\"" ID "\",\"duration\":3600,\"project\":{\"id\":\"" ID "\",\"name\":\"Stra\xc3\x9f" "e \\\"1\\\"\",\"company\":{\"name\":\"\\u00e4\\n\",\"tags\":[\"a\",\"a\",\"b\"]}},\"note\":null,\"x\":1.5,\"y\":[[],{}]}",
	};
	struct redact *r = table();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;
		char *got = text(r, t[i]);
		struct jdoc *a = jdoc_parse(t[i], strlen(t[i]), &e), *b = jdoc_parse(got, strlen(got), &e);
		struct members m;

		if (a == NULL || b == NULL)
			fail_msg("%s: %s", got, e.msg);
		m.other = jdoc_root(b);
		jdoc_each(jdoc_root(a), on_member, &m);
		{
			const jdoc_val *tags = jdoc_get(jdoc_get(jdoc_get(m.other, "project"), "company"), "tags");

			assert_string_equal(jdoc_text(jdoc_at(tags, 0)), jdoc_text(jdoc_at(tags, 1)));
			assert_string_not_equal(jdoc_text(jdoc_at(tags, 0)), jdoc_text(jdoc_at(tags, 2)));
		}
		jdoc_free(a);
		jdoc_free(b);
		free(got);
	}
	redact_free(r);
}

/* Any bytes, cut anywhere: no crash, no canary. It is never the value of a member whose words are awork's own. */
static void anything(void **state)
{
	static const char *const parts[] = { "{", "}", "[", "]", ":", ",", "\"", "\\", "\\\"", "\"note\":\"", "\"name\":", "\"zip\":", "123", "-1e5", "true", "null", " ", "\n", "\xc3\xa4", "\xff", "\0",
		"CANARY", "\"CANARY with blanks\"", "\"x CANARY\":1", "x" };
	uint32_t seed = 21;
	struct redact *r = table();

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct buf b = BUF_INIT;
		char *got;

		for (int n = 1 + (int)((seed = seed * 1664525 + 1013904223) / 65536 % 20); n > 0; n--) {
			size_t k = (seed = seed * 1664525 + 1013904223) / 65536 % COUNT(parts);

			buf_add(&b, parts[k], k == 20 ? 1 : strlen(parts[k]));
		}
		got = body(r, b.p, b.n);
		/* A bare word before a colon may be the name of a member, which stays. */
		if (strstr(got, "CANARY with") != NULL || strstr(got, "x CANARY") != NULL)
			fail_msg("round %d: %.*s became %s", round, (int)b.n, b.p, got);
		free(got);
		buf_free(&b);
	}
	redact_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays), cmocka_unit_test(what_goes), cmocka_unit_test(pseudonyms), cmocka_unit_test(ids), cmocka_unit_test(shape), cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
