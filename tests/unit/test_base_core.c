/* err, buf, pool, sha, log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jdoc.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/sha.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void err_first_wins(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_ctx(&e, "nothing yet"), -1);
	assert_string_equal(e.msg, "");
	assert_int_equal(err_set(&e, ERR_DATA, "page %d", 3), -1);
	assert_int_equal(err_set(&e, ERR_IO, "later"), -1);
	assert_int_equal(err_nomem(&e), -1);
	assert_int_equal(err_ctx(&e, "customer %s", "ACME"), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_string_equal(e.msg, "customer ACME: page 3");
	err_clear(&e);
	assert_int_equal(e.code, ERR_OK);
	assert_string_equal(e.msg, "");
	assert_int_equal(err_set(NULL, ERR_IO, "no place"), -1);
	assert_int_equal(err_ctx(NULL, "no place"), -1);
	err_set(&e, ERR_OK, "a failure is never ERR_OK");
	assert_int_equal(e.code, ERR_SOFTWARE);
}

static void err_system(void **state)
{
	static const struct { int errnum; enum err_code want; } t[] = {
		{ ENOENT, ERR_IO }, { ENOMEM, ERR_OS }, { EMFILE, ERR_OS }, { ENFILE, ERR_OS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;
		char want[128];

		errno = t[i].errnum;
		assert_int_equal(err_sys(&e, ERR_IO, "%s", "file"), -1);
		assert_int_equal(errno, t[i].errnum);
		assert_int_equal(e.code, t[i].want);
		snprintf(want, sizeof want, "file: %s", strerror(t[i].errnum));
		assert_string_equal(e.msg, want);
	}
}

static void err_long(void **state)
{
	struct err e = ERR_INIT;
	char big[4000];

	(void)state;
	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	errno = EIO;
	err_sys(&e, ERR_IO, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	err_ctx(&e, "%s", big);
	err_ctx(&e, "front");
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	assert_int_equal(strncmp(e.msg, "front: aaa", 10), 0);
}

static void err_order(void **state)
{
	static const enum err_code best_first[] = {
		ERR_OK, ERR_ATTENTION, ERR_UNAVAILABLE, ERR_TEMPFAIL, ERR_IO, ERR_NOPERM, ERR_PROTOCOL, ERR_DATA, ERR_SOFTWARE, ERR_NOINPUT,
	};
	static const enum err_code top[] = { ERR_USAGE, ERR_NOINPUT, ERR_CANTCREAT, ERR_CONFIG };

	(void)state;
	for (size_t i = 0; i < COUNT(best_first); i++)
		for (size_t k = 0; k < COUNT(best_first); k++)
			assert_int_equal(err_worse(best_first[i], best_first[k]), best_first[i > k ? i : k]);
	for (size_t i = 0; i < COUNT(top); i++)
		assert_int_equal(err_worse(ERR_SOFTWARE, top[i]), top[i]);
	assert_int_equal(err_worse(ERR_OS, ERR_NOPERM), ERR_NOPERM);
	assert_int_equal(err_worse(ERR_OS, ERR_TEMPFAIL), ERR_OS);
}

static void diags(void **state)
{
	struct diag d = { 0 };

	(void)state;
	assert_true(diag_empty(&d));
	for (int i = 1; i <= 40; i++)
		diag_add(&d, "rates.csv", i, "bad rate '%s'", "x");
	diag_add(&d, "rates.csv", 0, "no heading");
	assert_false(diag_empty(&d));
	assert_int_equal(d.n, 41);
	assert_string_equal(d.line[0], "rates.csv:1: bad rate 'x'");
	assert_string_equal(d.line[39], "rates.csv:40: bad rate 'x'");
	assert_string_equal(d.line[40], "rates.csv: no heading");
	diag_free(&d);
	assert_true(diag_empty(&d));
	d.lost = 1;
	assert_false(diag_empty(&d));
}

static void bufs(void **state)
{
	struct buf b = BUF_INIT;
	char big[1000];
	char *kept;

	(void)state;
	assert_string_equal(buf_text(&b), "");
	memset(big, 'z', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	buf_add(&b, "a\0b", 3);
	buf_add(&b, NULL, 0);
	buf_str(&b, "cd");
	buf_ch(&b, 'e');
	buf_fmt(&b, "%d", 42);
	assert_int_equal(b.n, 8);
	assert_memory_equal(b.p, "a\0bcde42", 9);
	buf_fmt(&b, "%s!", big);
	assert_int_equal(b.n, 8 + 1000);
	assert_int_equal(b.p[b.n], '\0');
	assert_int_equal(b.p[b.n - 1], '!');
	kept = b.p;
	buf_reset(&b);
	assert_string_equal(buf_text(&b), "");
	assert_ptr_equal(b.p, kept);
	/* Too much: sticky, and what was there stays whole. */
	buf_str(&b, "ok");
	buf_add(&b, big, SIZE_MAX - 1);
	assert_false(buf_ok(&b));
	buf_str(&b, "more");
	assert_string_equal(buf_text(&b), "ok");
	buf_reset(&b);
	assert_true(buf_ok(&b));
	buf_free(&b);
	assert_null(b.p);
}

static void arrays(void **state)
{
	size_t cap = 0;
	int *a = NULL;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(buf_grow(&a, &cap, i + 1, sizeof *a), 0);
		assert_true(cap > i);
		a[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(a[i], i);
	assert_int_equal(buf_grow(&a, &cap, SIZE_MAX / 4, sizeof *a), -1);
	assert_int_equal(a[999], 999);
	free(a);
}

static void pools(void **state)
{
	struct pool *p = pool_new();
	char *prev = NULL;

	(void)state;
	assert_non_null(p);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 3000; n++) {
			size_t size = n % 97 == 0 ? 40000 : n;
			char *m = pool_alloc(p, size);

			assert_non_null(m);
			assert_int_equal((uintptr_t)m % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				assert_true(m[i] == 0);
			memset(m, 0xa5, size);
			assert_ptr_not_equal(m, prev);
			prev = m;
			assert_non_null(pool_dup(p, "odd"));
		}
		pool_reset(p);
	}
	assert_null(pool_dup(p, NULL));
	assert_null(pool_intern(p, NULL));
	assert_string_equal(pool_dupn(p, "abcdef", 3), "abc");
	assert_string_equal(pool_fmt(p, "%s-%d", "x", 7), "x-7");
	assert_false(pool_failed(p));
	assert_null(pool_alloc(p, SIZE_MAX - 3));
	assert_true(pool_failed(p));
	pool_reset(p);
	assert_false(pool_failed(p));
	pool_free(p);
	pool_free(NULL);
}

static void pool_reuses_memory(void **state)
{
	struct pool *p = pool_new();
	void *first[300];

	(void)state;
	for (size_t i = 0; i < COUNT(first); i++)
		first[i] = pool_alloc(p, 1000);
	pool_reset(p);
	for (size_t i = 0; i < COUNT(first); i++)
		assert_ptr_equal(pool_alloc(p, 1000), first[i]);
	pool_free(p);
}

static void interning(void **state)
{
	struct pool *p = pool_new();
	static const char *kept[5000];
	char s[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 5000; i++) {
			snprintf(s, sizeof s, "key-%d", i);
			kept[i] = pool_intern(p, s);
			assert_ptr_not_equal(kept[i], s);
			assert_string_equal(kept[i], s);
		}
		for (int i = 0; i < 5000; i++) {
			snprintf(s, sizeof s, "key-%d", i);
			assert_ptr_equal(pool_intern(p, s), kept[i]);
		}
		assert_ptr_equal(pool_intern(p, ""), pool_intern(p, ""));
		pool_reset(p);
		/* Nothing of before the reset may be found: its memory is handed out again. */
		memset(pool_alloc(p, 16000), 'q', 16000);
		assert_string_equal(pool_intern(p, "key-1"), "key-1");
		pool_reset(p);
	}
	pool_free(p);
}

static void shas(void **state)
{
	static const struct { const char *s, *want; } t[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct sha *h = sha_new();
	uint8_t d[SHA_LEN], d2[SHA_LEN];
	char hex[SHA_HEX];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		size_t n = strlen(t[i].s);

		sha_of(t[i].s, n, d);
		assert_string_equal(sha_hex(hex, d), t[i].want);
		sha_add(h, t[i].s, n / 2);
		sha_add(h, t[i].s + n / 2, n - n / 2);
		sha_end(h, d2);
		assert_memory_equal(d, d2, SHA_LEN);
		memset(d2, 0, sizeof d2);
		assert_int_equal(sha_unhex(t[i].want, d2), 0);
		assert_memory_equal(d, d2, SHA_LEN);
	}
	sha_free(h);
	assert_int_equal(sha_unhex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", d), 0);
	assert_int_equal(d[0], 0xba);
	assert_int_equal(sha_unhex("ba", d2), -1);
	assert_int_equal(sha_unhex("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", d2), -1);
	assert_int_equal(sha_unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0", d2), -1);
}

static void sha_file(void **state)
{
	FILE *f = tmpfile();
	struct err e = ERR_INIT;
	uint8_t d[SHA_LEN], want[SHA_LEN];
	struct buf b = BUF_INIT;
	int64_t size = -1;

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 50000; i++)
		buf_fmt(&b, "%d,", i);
	assert_int_equal(fwrite(b.p, 1, b.n, f), b.n);
	assert_int_equal(fflush(f), 0);
	sha_of(b.p, b.n, want);
	assert_int_equal(sha_of_fd(fileno(f), d, &size, &e), 0);
	assert_memory_equal(d, want, SHA_LEN);
	assert_int_equal(size, b.n);
	assert_int_equal(sha_of_fd(-1, d, &size, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	buf_free(&b);
	fclose(f);
}

static int as_journal; /* JOURNAL_STREAM names the file that stderr is */

/* Runs log calls with stderr in a file and gives back what they wrote. */
static void captured(struct buf *out, enum log_level level, int json, const char *text)
{
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	char block[4096];
	size_t n;

	assert_non_null(f);
	assert_true(saved >= 0);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	if (as_journal) {
		char name[64];
		struct stat st;

		assert_int_equal(fstat(fileno(f), &st), 0);
		snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
		assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
	}
	log_setup(level, json);
	log_write(LOG_ERROR, "run.error", "%s", text);
	log_write(LOG_NOTE, "run.note", "%s", text);
	log_write(LOG_DEBUG, "run.debug", "%s", text);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(f);
	buf_reset(out);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(out, block, n);
	fclose(f);
}

static size_t lines(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

static void log_plain(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	captured(&out, LOG_QUIET, 0, "x");
	assert_int_equal(out.n, 0);
	captured(&out, LOG_ERROR, 0, "one\n2026-01-01T00:00:00Z error forged");
	assert_int_equal(lines(buf_text(&out)), 1);
	assert_string_equal(buf_text(&out) + 20, " error run.error one 2026-01-01T00:00:00Z error forged\n");
	assert_int_equal(out.p[10], 'T');
	captured(&out, LOG_NOTE, 0, "x");
	assert_int_equal(lines(buf_text(&out)), 2);
	captured(&out, LOG_DEBUG, 0, "x");
	assert_int_equal(lines(buf_text(&out)), 3);
	assert_int_equal(log_level_now(), LOG_DEBUG);
	/* Inherited, but stderr goes elsewhere. */
	assert_int_equal(setenv("JOURNAL_STREAM", "9:1", 1), 0);
	captured(&out, LOG_NOTE, 0, "x");
	assert_int_equal(strncmp(buf_text(&out), "20", 2), 0);
	as_journal = 1;
	captured(&out, LOG_NOTE, 0, "x");
	as_journal = 0;
	assert_int_equal(strncmp(buf_text(&out), "<3>20", 5), 0);
	assert_non_null(strstr(buf_text(&out), "\n<6>20"));
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	buf_free(&out);
}

/* What the program ends with is told whatever the level, and a line names its run. */
static void log_of_a_run(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	log_run("R0007");
	captured(&out, LOG_ERROR, 0, "x");
	assert_string_equal(buf_text(&out) + 20, " error R0007 run.error x\n");
	captured(&out, LOG_ERROR, 1, "x");
	assert_non_null(strstr(buf_text(&out), "\"run\":\"R0007\""));
	log_run(NULL);
	captured(&out, LOG_ERROR, 1, "x");
	assert_null(strstr(buf_text(&out), "\"run\""));
	buf_free(&out);
}

static void log_hides_secret(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	log_secret("to\"ken");
	for (int json = 0; json < 2; json++) {
		captured(&out, LOG_ERROR, json, "Bearer to\"ken, again to\"kento\"ken.");
		assert_non_null(strstr(buf_text(&out), "Bearer [secret], again [secret][secret]."));
		assert_null(strstr(buf_text(&out), "ken,"));
	}
	log_secret("");
	captured(&out, LOG_ERROR, 0, "x");
	assert_int_equal(lines(buf_text(&out)), 1);
	log_secret(NULL);
	captured(&out, LOG_ERROR, 0, "to\"ken");
	assert_non_null(strstr(buf_text(&out), "to\"ken"));
	buf_free(&out);
}

static void log_json(void **state)
{
	static const char text[] = "quote \" backslash \\ line\nbreak \x01 \xff";
	struct buf out = BUF_INIT;
	struct jdoc *d;

	(void)state;
	captured(&out, LOG_ERROR, 1, text);
	assert_int_equal(lines(buf_text(&out)), 1);
	d = jdoc_parse(out.p, out.n, NULL);
	assert_non_null(d);
	assert_string_equal(jdoc_get_text(jdoc_root(d), "level"), "error");
	assert_string_equal(jdoc_get_text(jdoc_root(d), "event"), "run.error");
	assert_string_equal(jdoc_get_text(jdoc_root(d), "message"), "quote \" backslash \\ line\nbreak \x01 \xef\xbf\xbd");
	jdoc_free(d);
	buf_free(&out);
	log_setup(LOG_NOTE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_first_wins), cmocka_unit_test(err_system), cmocka_unit_test(err_long), cmocka_unit_test(err_order),
		cmocka_unit_test(diags), cmocka_unit_test(bufs), cmocka_unit_test(arrays), cmocka_unit_test(pools),
		cmocka_unit_test(pool_reuses_memory), cmocka_unit_test(interning), cmocka_unit_test(shas), cmocka_unit_test(sha_file),
		cmocka_unit_test(log_plain), cmocka_unit_test(log_of_a_run), cmocka_unit_test(log_hides_secret), cmocka_unit_test(log_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
