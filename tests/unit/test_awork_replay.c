/* Reading a dump: which answer a question gets; files that are cut, turned, foreign, too long or followed by more. */
#include "test_awork_dumps.h"

#include <errno.h>
#include <time.h>

#define LINE(get, body) "{\"get\":\"" get "\",\"status\":200,\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"application/json\",\"body\":\"" body "\"}\n"
#define END(n) "{\"end\":" #n ",\"exit\":0}\n"

static struct replay *opened(void)
{
	struct err e = ERR_INIT;
	struct replay *p = replay_open(path, &e);

	if (p == NULL)
		fail_msg("%s", e.msg);
	return p;
}

/* The file is refused, in that line, with these words. */
static void is_refused(enum err_code code, int line, const char *says)
{
	struct err e = ERR_INIT;
	struct replay *p = replay_open(path, &e);
	char where[160];

	if (p != NULL)
		fail_msg("taken, instead of: line %d, %s", line, says);
	snprintf(where, sizeof where, "%s, line %d: ", path, line);
	if (e.code != code || strstr(e.msg, says) == NULL || (line > 0 && strstr(e.msg, where) == NULL))
		fail_msg("%d '%s', instead of: line %d, %s", (int)e.code, e.msg, line, says);
}

static void answer_is(struct replay *p, const char *get, const char *query, const char *want)
{
	struct asker a = { .dones = 0 };
	struct err e = ERR_INIT;
	const struct http_request r = question(&a, get, query, 0);

	if (replay_serve(p, &r, &e) < 0)
		fail_msg("%s: %s", get, e.msg);
	if (strcmp(buf_text(&a.body), want) != 0 || a.dones != 1 || a.status != 200)
		fail_msg("%s: '%s' instead of '%s'", get, buf_text(&a.body), want);
	forget(&a);
}

static void the_nth_asking_gets_the_nth_answer(void **state)
{
	static const char *const orders[] = { "aaabc", "baaca", "cbaaa", "abaca", "caaba", "acbaa" };

	(void)state;
	put_text(HEAD LINE("/a", "a1") LINE("/b", "b1") LINE("/a", "a2") LINE("/c", "c1") LINE("/a", "a3") END(5));
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct replay *p = opened();
		int n = 0;

		for (const char *q = orders[i]; *q != '\0'; q++) {
			char get[4] = { '/', *q, '\0' }, want[4] = { *q, '1', '\0' };

			if (*q == 'a')
				want[1] = (char)('1' + n++);
			answer_is(p, get, NULL, want);
		}
		/* Further ones get the last. */
		answer_is(p, "/a", NULL, "a3");
		answer_is(p, "/c", NULL, "c1");
		answer_is(p, "/a", NULL, "a3");
		replay_free(p);
	}
}

/* Random files and random orders, against an array for each question. */
static void any_order(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (int round = 0; round < 200; round++) {
		int asked[6] = { 0 }, there[6] = { 0 }, of[40];
		size_t n = 1 + (seed = seed * 1664525 + 1013904223) / 65536 % 40;
		struct buf b = BUF_INIT;
		struct replay *p;

		buf_str(&b, HEAD);
		for (size_t i = 0; i < n; i++) {
			of[i] = (int)((seed = seed * 1664525 + 1013904223) / 65536 % 6);
			buf_fmt(&b, LINE("/q?n=%d", "%d.%d"), of[i], of[i], there[of[i]]++);
		}
		buf_fmt(&b, "{\"end\":%zu,\"exit\":0}\n", n);
		put_packed(b.p, b.n);
		buf_free(&b);
		p = opened();
		for (size_t i = 0; i < 2 * n; i++) {
			int q = of[(seed = seed * 1664525 + 1013904223) / 65536 % n], k = asked[q] < there[q] ? asked[q] : there[q] - 1;
			char query[8], want[16];

			asked[q]++;
			snprintf(query, sizeof query, "n=%d", q);
			snprintf(want, sizeof want, "%d.%d", q, k);
			answer_is(p, "/q", query, want);
		}
		replay_free(p);
	}
}

static void what_is_asked(void **state)
{
	struct asker a = { .dones = 0 };
	struct http_request r = question(&a, "/a", NULL, 0);
	struct err e = ERR_INIT;
	struct replay *p;

	(void)state;
	put_text(HEAD LINE("/a?x=1", "with") LINE("/a", "without") LINE("/a/x=1", "path") END(3));
	p = opened();
	answer_is(p, "/a", "x=1", "with");
	answer_is(p, "/a", NULL, "without");
	answer_is(p, "/a/x=1", NULL, "path");
	assert_int_equal(replay_bytes(p), strlen("withwithoutpath"));
	r.path = "/nobody";
	r.query = "page=7";
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_true(strstr(e.msg, "no answer to GET /nobody?page=7") != NULL && strstr(e.msg, "SOURCE_DATE_EPOCH=1793606400") != NULL && strstr(e.msg, "2026-11-02") != NULL);
	err_clear(&e);
	r.method = "POST";
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	assert_int_equal(a.dones, 0);
	replay_free(p);
	put_text(HEAD END(0));
	p = opened();
	err_clear(&e);
	r.method = "GET";
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	replay_free(p);
}

/* A run that stopped at a refused list had asked more at the same time: asked from its dump, it stops at the same place. */
static void what_the_run_left(void **state)
{
	static const char *const names[] = { "/never", "/whole", "/left", "/part", "/last" };
	struct http_config c = { .from_dump = path, .tries = 1, .max_requests = 10 };
	struct asker a[COUNT(names)];
	struct err e = ERR_INIT;
	struct http *h;

	(void)state;
	memset(a, 0, sizeof a);
	put_text(HEAD LINE("/whole", "[]") "{\"get\":\"/part\",\"status\":200,\"whole\":0,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"body\":\"[1,\"}\n" END(2));
	for (int refuse = 1; refuse >= 0; refuse--) {
		h = http_open(&c, &e);
		assert_non_null(h);
		for (size_t i = 0; i < COUNT(names); i++) {
			const struct http_request r = question(&a[i], names[i], NULL, i == 3 && refuse);

			if (i == 3 && !refuse)
				continue;
			assert_int_equal(http_add(h, &r, &e), 0);
		}
		a[3].refuse_after = 2;
		assert_int_equal(http_run(h, &e), -1);
		if (refuse)
			assert_string_equal(e.msg, "the reader has enough");
		else
			assert_non_null(strstr(e.msg, "no answer to GET /never"));
		for (size_t i = 0; i < COUNT(names); i++) {
			assert_int_equal(a[i].dones, i == 1);
			a[i].dones = 0;
			forget(&a[i]);
		}
		err_clear(&e);
		http_close(h);
	}
}

static void how_it_is_handed_over(void **state)
{
	struct asker a = { .dones = 0 };
	struct http_request r = question(&a, "/list", NULL, 1);
	struct err e = ERR_INIT;
	struct replay *p;

	(void)state;
	put_text(HEAD
	    "{\"get\":\"/list\",\"status\":200,\"whole\":1,\"page\":2,\"page_size\":1000,\"items\":7,\"total\":1007,\"type\":\"a/b\",\"body\":\"[\\u0041\\/\\\\\\\"\\b\\f\\n\\r\\t\\u00ff]\"}\n"
	    "{\"get\":\"/gone\",\"status\":404,\"whole\":1,\"page\":-1,\"page_size\":-2,\"items\":-1,\"total\":-1,\"type\":\"\",\"body\":\"no\"}\n"
	    "{\"get\":\"/hex\",\"status\":200,\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"hex\":\"00ff0a\"}\n"
	    "{\"get\":\"/part\",\"status\":200,\"whole\":0,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"body\":\"[1,\"}\n" END(4));
	p = opened();
	assert_int_equal(replay_serve(p, &r, &e), 0);
	assert_int_equal(a.dones, 1);
	assert_true(a.page == 2 && a.size == 1000 && a.items == 7 && a.total == 1007 && a.restarts == 0);
	assert_string_equal(a.type, "a/b");
	assert_memory_equal(a.pieces.p, "[A/\\\"\b\f\n\r\t\xff]", 12);
	assert_int_equal(a.pieces.n, 12);
	assert_int_equal(a.body.n, 0);
	forget(&a);
	/* Pieces are for 200 alone. */
	r.path = "/gone";
	assert_int_equal(replay_serve(p, &r, &e), 0);
	assert_true(a.status == 404 && a.npieces == 0 && a.size == -2);
	assert_string_equal(buf_text(&a.body), "no");
	forget(&a);
	r = question(&a, "/hex", NULL, 0);
	assert_int_equal(replay_serve(p, &r, &e), 0);
	assert_int_equal(a.body.n, 3);
	assert_memory_equal(a.body.p, "\0\xff\n", 3);
	forget(&a);
	/* Its run stopped in it: the same error at last, or that it did. */
	r = question(&a, "/part", NULL, 1);
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_true(e.code == ERR_DATA && strstr(e.msg, "line 5") != NULL && a.dones == 0);
	assert_string_equal(buf_text(&a.pieces), "[1,");
	forget(&a);
	err_clear(&e);
	a.refuse_after = 2;
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_string_equal(e.msg, "the reader has enough");
	forget(&a);
	r = question(&a, "/hex", NULL, 0);
	err_clear(&e);
	a.refuse = 1;
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_string_equal(e.msg, "the caller says no");
	err_clear(&e);
	a.refuse = 2;
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	forget(&a);
	replay_free(p);
}

static void wrong_lines(void **state)
{
#define A "{\"get\":\"/a\",\"status\":"
#define Z ",\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"body\":\"x\"}\n"
	static const struct { const char *text; int line; const char *says; } t[] = {
		{ "", 1, "the file is empty" }, { "\n", 1, "no dump of psabill" }, { "{}\n", 1, "no dump of psabill" }, { HEAD, 2, "the file is cut off" },
		{ "{\"psabill_dump\":2,\"at\":1,\"redacted\":0}\n" END(0), 1, "another version" }, { "{\"psabill_dump\":10,\"at\":1,\"redacted\":0}\n" END(0), 1, "another version" },
		{ "{\"psabill_dump\":\"1\",\"at\":1}\n" END(0), 1, "another version" }, { "{\"psabill_dump\":1}\n" END(0), 1, "damaged" },
		{ "{\"psabill_dump\":1,\"at\":1,\"redacted\":0,\"more\":1}\n" END(0), 1, "damaged" }, { LINE("/a", "x") END(1), 1, "no dump of psabill" },
		{ HEAD HEAD END(0), 2, "damaged" }, { HEAD LINE("/a", "x"), 3, "cut off" }, { HEAD LINE("/a", "x") END(0), 3, "lines are missing" }, { HEAD LINE("/a", "x") END(2), 3, "lines are missing" },
		{ HEAD LINE("/a", "x") "{\"end\":1,\"exit\":0}", 3, "cut off" }, { HEAD LINE("/a", "x") "{\"end\":1}\n", 3, "damaged" },
		/* More behind its end. */
		{ HEAD END(0) END(0), 3, "more behind its end" }, { HEAD END(0) "\n", 3, "more behind its end" }, { HEAD END(0) LINE("/a", "x"), 3, "more behind its end" },
		{ HEAD END(0) "x", 3, "cut off" },
		/* One line of another shape. */
		{ HEAD "\n" END(0), 2, "damaged" }, { HEAD A "200" Z "x" END(1), 3, "damaged" }, { HEAD A "99" Z END(1), 2, "damaged" }, { HEAD A "600" Z END(1), 2, "damaged" },
		{ HEAD A "-200" Z END(1), 2, "damaged" }, { HEAD A "2e2" Z END(1), 2, "damaged" }, { HEAD A "99999999999999999999" Z END(1), 2, "damaged" },
		{ HEAD A "999999999999999999999999999999" Z END(1), 2, "damaged" }, { HEAD A "" Z END(1), 2, "damaged" }, { HEAD A " 200" Z END(1), 2, "damaged" },
		{ HEAD A "2-0" Z END(1), 2, "damaged" }, { HEAD A "200,\"whole\":1,\"page\":-3,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"body\":\"x\"}\n" END(1), 2, "damaged" },
		{ HEAD LINE("/a", "\\q") END(1), 2, "damaged" }, { HEAD LINE("/a", "\\u0100") END(1), 2, "damaged" }, { HEAD LINE("/a", "\\u00g0") END(1), 2, "damaged" },
		{ HEAD LINE("/a", "\\u00") END(1), 2, "damaged" }, { HEAD LINE("/a", "x\ty") END(1), 2, "damaged" }, { HEAD LINE("/a", "\"") END(1), 2, "damaged" },
		{ HEAD LINE("/a", "\\") END(1), 2, "damaged" }, { HEAD LINE("\\", "x") END(1), 2, "damaged" },
		{ HEAD A "200,\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"hex\":\"abc\"}\n" END(1), 2, "damaged" },
		{ HEAD A "200,\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"hex\":\"AB\"}\n" END(1), 2, "damaged" },
		{ HEAD A "200,\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\"}\n" END(1), 2, "damaged" },
		{ HEAD LINE("/a", "x") A "200" END(2), 3, "damaged" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		put_text(t[i].text);
		is_refused(ERR_DATA, t[i].line, t[i].says);
	}
	/* A NUL ends no text. */
	put_packed(HEAD "\0\n" END(0), sizeof HEAD - 1 + 2 + sizeof END(0) - 1);
	is_refused(ERR_DATA, 2, "a byte that no dump has");
}

static void wrong_files(void **state)
{
	char other[128];

	(void)state;
	put_file("", 0);
	is_refused(ERR_DATA, 1, "the file is empty");
	put_file(HEAD END(0), sizeof HEAD - 1 + sizeof END(0) - 1);
	is_refused(ERR_DATA, 1, "no gzip file");
	unlink(path);
	is_refused(ERR_NOINPUT, 0, "No such file");
	assert_int_equal(mkdir(path, 0700), 0);
	is_refused(ERR_NOINPUT, 0, "is no file");
	rmdir(path);
	/* Nobody writes into it: opened without waiting for somebody who does. */
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	is_refused(ERR_NOINPUT, 0, "is no file");
	alarm(0);
	unlink(path);
	put_text(HEAD END(0));
	snprintf(other, sizeof other, "%s/none", folder);
	setenv("TMPDIR", other, 1);
	is_refused(ERR_IO, 0, "temporary file");
	/* A relative one is none. */
	setenv("TMPDIR", "none", 1);
	replay_free(opened());
	setenv("TMPDIR", folder, 1);
	replay_free(NULL);
}

static void get_dump(struct buf *packed)
{
	put_text(HEAD LINE("/a", "{\\\"id\\\":17}") LINE("/b", "second") LINE("/a", "third") END(3));
	get_file(packed);
}

/* At every byte: never taken. */
static void cut_off(void **state)
{
	struct buf packed = BUF_INIT;

	(void)state;
	get_dump(&packed);
	for (size_t n = 0; n < packed.n; n++) {
		struct err e = ERR_INIT;
		struct replay *p;

		put_file(packed.p, n);
		p = replay_open(path, &e);
		if (p != NULL || e.code != ERR_DATA)
			fail_msg("%zu of %zu bytes: %s", n, packed.n, p != NULL ? "taken" : e.msg);
	}
	buf_free(&packed);
}

/* Every bit turned: refused, or one that means nothing (in the header of gzip, behind the last bit of the compressed data), and the answers are the same. */
static void turned_bits(void **state)
{
	struct buf packed = BUF_INIT;

	(void)state;
	get_dump(&packed);
	for (size_t i = 0; i < packed.n * 8; i++) {
		struct err e = ERR_INIT;
		struct replay *p;

		packed.p[i / 8] ^= (char)(1 << i % 8);
		put_file(packed.p, packed.n);
		p = replay_open(path, &e);
		if (p == NULL ? e.code != ERR_DATA : i / 8 >= 10 && i / 8 != packed.n - 9)
			fail_msg("bit %zu of byte %zu: %s", i % 8, i / 8, p != NULL ? "taken" : e.msg);
		if (p != NULL) {
			answer_is(p, "/a", NULL, "{\"id\":17}");
			answer_is(p, "/b", NULL, "second");
		}
		replay_free(p);
		packed.p[i / 8] ^= (char)(1 << i % 8);
	}
	buf_free(&packed);
}

/* What stands behind the compressed stream: another one is read on and refused, padding of tapes and file systems is none of the dump. */
static void trailing(void **state)
{
	struct buf packed = BUF_INIT, twice = BUF_INIT;
	struct replay *p;

	(void)state;
	get_dump(&packed);
	buf_add(&twice, packed.p, packed.n);
	buf_add(&twice, packed.p, packed.n);
	put_file(twice.p, twice.n);
	is_refused(ERR_DATA, 6, "more behind its end");
	buf_reset(&twice);
	buf_add(&twice, packed.p, packed.n);
	for (int i = 0; i < 512; i++)
		buf_ch(&twice, '\0');
	put_file(twice.p, twice.n);
	p = opened();
	answer_is(p, "/a", NULL, "{\"id\":17}");
	replay_free(p);
	buf_free(&twice);
	buf_free(&packed);
}

/* Bodies and lines around the sizes in which they are read; thousands of lines. */
static void sizes(void **state)
{
	static const size_t t[] = { 0, 1, 65536 - 140, 65536, 65537, 131072, 1000000 };
	struct buf b = BUF_INIT;
	struct replay *p;

	(void)state;
	buf_str(&b, HEAD);
	for (size_t i = 0; i < COUNT(t); i++) {
		buf_fmt(&b, "{\"get\":\"/n/%zu\",\"status\":200,\"whole\":1,\"page\":-1,\"page_size\":-1,\"items\":-1,\"total\":-1,\"type\":\"\",\"body\":\"", i);
		for (size_t k = 0; k < t[i]; k++)
			buf_ch(&b, (char)('a' + (k * 7 + k / 255) % 26));
		buf_str(&b, "\"}\n");
	}
	for (int i = 0; i < 5000; i++)
		buf_fmt(&b, LINE("/few", "%d"), i);
	buf_fmt(&b, "{\"end\":%zu,\"exit\":0}\n", COUNT(t) + 5000);
	put_packed(b.p, b.n);
	buf_free(&b);
	p = opened();
	for (size_t i = COUNT(t); i-- > 0;) {
		struct asker a = { .dones = 0 };
		struct err e = ERR_INIT;
		char get[32];
		const struct http_request r = question(&a, get, NULL, 1);

		snprintf(get, sizeof get, "/n/%zu", i);
		assert_int_equal(replay_serve(p, &r, &e), 0);
		assert_int_equal(a.pieces.n, t[i]);
		for (size_t k = 0; k < t[i]; k++)
			assert_true(a.pieces.p[k] == (char)('a' + (k * 7 + k / 255) % 26));
		forget(&a);
	}
	for (int i = 0; i < 5001; i++) {
		char want[16];

		snprintf(want, sizeof want, "%d", i < 5000 ? i : 4999);
		answer_is(p, "/few", NULL, want);
	}
	replay_free(p);
}

/* The first line, and then a block of 4 KiB again and again, without a line break. */
static void put_repeated(const char *mode, const struct buf *block, int mib)
{
	gzFile gz = gzopen(path, mode);

	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, HEAD, sizeof HEAD - 1), sizeof HEAD - 1);
	for (int i = 0; i < mib * 256; i++)
		assert_int_equal(gzwrite(gz, block->p, (unsigned)block->n), (int)block->n);
	assert_int_equal(gzclose(gz), Z_OK);
}

/* A line that no answer can fill, and too many of them; in a file that is large enough to hold them honestly. */
static void too_much(void **state)
{
	struct buf b = BUF_INIT, noise = BUF_INIT;
	uint32_t seed = 3;

	(void)state;
	for (int i = 0; i < 4096; i++)
		buf_ch(&noise, i < 512 ? (char)('a' + (seed = seed * 1664525 + 1013904223) / 65536 % 26) : 'x');
	put_repeated("wb1", &noise, 161);
	is_refused(ERR_DATA, 2, "longer than any answer can be");
	buf_str(&b, HEAD);
	for (int i = 0; i < 100001; i++)
		buf_fmt(&b, LINE("/%x", "%x"), (unsigned)i * 40503u, (unsigned)i * 2654435761u);
	buf_fmt(&b, "{\"end\":%d,\"exit\":0}\n", 100001);
	put_packed(b.p, b.n);
	is_refused(ERR_DATA, 100002, "more answers than a run can ask for");
	/* A bomb is refused before it is unpacked. */
	memset(noise.p, 'a', noise.n);
	put_repeated("wb9", &noise, 100);
	is_refused(ERR_DATA, 2, "more than 200 times");
	buf_free(&b);
	buf_free(&noise);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_asking_gets_the_nth_answer), cmocka_unit_test(any_order), cmocka_unit_test(what_is_asked), cmocka_unit_test(what_the_run_left),
		cmocka_unit_test(how_it_is_handed_over),
		cmocka_unit_test(wrong_lines), cmocka_unit_test(wrong_files), cmocka_unit_test(cut_off), cmocka_unit_test(turned_bits), cmocka_unit_test(trailing), cmocka_unit_test(sizes),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
