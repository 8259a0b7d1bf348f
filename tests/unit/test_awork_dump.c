/* Writing a dump: what stands in it, what its caller is told meanwhile, what happens when it cannot be written; and that it is read back as it was. */
#include "test_awork_dumps.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"

#define TOKEN "secret/token+1"

static struct dump *begun(const char *token, int redact)
{
	struct err e = ERR_INIT;
	struct dump *d = dump_open(path, token, redact, &e);

	if (d == NULL)
		fail_msg("%s", e.msg);
	return d;
}

static void finished(struct dump *d)
{
	struct err e = ERR_INIT;

	if (dump_finish(d, 0, &e) < 0)
		fail_msg("%s", e.msg);
	dump_free(d);
}

static struct http_answer answer(long status, const char *body, size_t n)
{
	return (struct http_answer){ .status = status, .aw_page = 1, .aw_page_size = 1000, .aw_items = 7, .aw_total = -1, .trace_id = "t", .content_type = "application/json",
		.body = body, .body_len = n };
}

/* What the transport does: the teed request gets the body in pieces, or whole. */
static int play(struct dump *d, struct asker *a, const char *get, const char *query, int piecewise, long status, const char *body, size_t n, size_t piece)
{
	const struct http_request r = question(a, get, query, piecewise);
	struct http_answer x = answer(status, piecewise && status == 200 ? "" : body, piecewise && status == 200 ? 0 : n);
	struct http_request out;
	struct err e = ERR_INIT;

	assert_int_equal(dump_tee(d, &r, &out, &e), 0);
	assert_true((out.piece != NULL) == piecewise);
	for (size_t at = 0; piecewise && status == 200 && at < n; at += piece)
		if (out.piece(out.ctx, body + at, n - at < piece ? n - at : piece, &e) < 0)
			return -1;
	return out.done(out.ctx, &x, &e);
}

static void text_is(const char *want)
{
	struct buf b = BUF_INIT;

	get_unpacked(&b);
	if (strcmp(buf_text(&b), want) != 0)
		fail_msg("the dump is\n%s\ninstead of\n%s", buf_text(&b), want);
	buf_free(&b);
}

static void what_stands_in_it(void **state)
{
	struct dump *d = begun(NULL, 0);
	struct asker a = { .dones = 0 };
	struct stat st;

	(void)state;
	/* Under its name only when it is whole. */
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(files(), 1);
	assert_int_equal(play(d, &a, "/list", "page=1&pageSize=1000", 1, 200, "[1,\"\\n\"]", 8, 3), 0);
	assert_string_equal(buf_text(&a.pieces), "[1,\"\\n\"]");
	assert_true(a.dones == 1 && a.npieces == 3 && a.page == 1 && a.size == 1000 && a.items == 7 && a.total == -1);
	forget(&a);
	assert_int_equal(play(d, &a, "/gone", NULL, 1, 404, "no\ttext", 7, 1), 0);
	assert_true(a.dones == 1 && a.npieces == 0 && a.status == 404);
	assert_string_equal(buf_text(&a.body), "no\ttext");
	forget(&a);
	assert_int_equal(play(d, &a, "/me", NULL, 0, 200, "", 0, 1), 0);
	forget(&a);
	finished(d);
	assert_int_equal(files(), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	text_is("{\"psabill_dump\":1,\"at\":1793606400,\"redacted\":0}\n"
		"{\"get\":\"/list?page=1&pageSize=1000\",\"status\":200,\"whole\":1,\"page\":1,\"page_size\":1000,\"items\":7,\"total\":-1,\"type\":\"application/json\",\"body\":\"[1,\\\"\\\\n\\\"]\"}\n"
		"{\"get\":\"/gone\",\"status\":404,\"whole\":1,\"page\":1,\"page_size\":1000,\"items\":7,\"total\":-1,\"type\":\"application/json\",\"body\":\"no\\ttext\"}\n"
		"{\"get\":\"/me\",\"status\":200,\"whole\":1,\"page\":1,\"page_size\":1000,\"items\":7,\"total\":-1,\"type\":\"application/json\",\"body\":\"\"}\n"
		"{\"end\":3,\"exit\":0}\n");
	unlink(path);
}

/* A repeated try begins the body anew; what never came whole is not kept; a POST passes by. */
static void tries(void **state)
{
	struct dump *d = begun(NULL, 0);
	struct asker a = { .dones = 0 };
	const struct http_request r = question(&a, "/list", NULL, 1), post = { .method = "POST", .path = "/x", .body = "{}", .done = on_done, .ctx = &a };
	struct http_answer x = answer(200, "", 0), broken = answer(0, "", 0);
	struct http_request out;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dump_tee(d, &r, &out, &e), 0);
	assert_int_equal(out.piece(out.ctx, "[1,2", 4, &e), 0);
	out.restart(out.ctx);
	assert_int_equal(out.piece(out.ctx, "[3]", 3, &e), 0);
	assert_int_equal(out.done(out.ctx, &x, &e), 0);
	assert_true(a.restarts == 1 && a.dones == 1);
	assert_string_equal(buf_text(&a.pieces), "[3]");
	forget(&a);
	assert_int_equal(dump_tee(d, &r, &out, &e), 0);
	broken.broken = "reset by peer";
	assert_int_equal(out.done(out.ctx, &broken, &e), 0);
	assert_int_equal(a.dones, 1);
	forget(&a);
	assert_int_equal(dump_tee(d, &post, &out, &e), 0);
	assert_memory_equal(&out, &post, sizeof post);
	/* What the caller's done says goes on. */
	a.refuse = 1;
	assert_int_equal(play(d, &a, "/me", NULL, 0, 200, "{}", 2, 1), -1);
	forget(&a);
	/* Still on its way at the end: it is in no dump. */
	assert_int_equal(dump_tee(d, &r, &out, &e), 0);
	assert_int_equal(out.piece(out.ctx, "[", 1, &e), 0);
	finished(d);
	text_is("{\"psabill_dump\":1,\"at\":1793606400,\"redacted\":0}\n"
		"{\"get\":\"/list\",\"status\":200,\"whole\":1,\"page\":1,\"page_size\":1000,\"items\":7,\"total\":-1,\"type\":\"application/json\",\"body\":\"[3]\"}\n"
		"{\"get\":\"/me\",\"status\":200,\"whole\":1,\"page\":1,\"page_size\":1000,\"items\":7,\"total\":-1,\"type\":\"application/json\",\"body\":\"{}\"}\n"
		"{\"end\":2,\"exit\":0}\n");
	forget(&a);
	unlink(path);
}

/* The one that its reader refused: as far as it came, and the same error comes out of it. */
static void refused_in_the_middle(void **state)
{
	struct dump *d = begun(NULL, 0);
	struct asker a = { .refuse_after = 4 };
	struct http_request r = question(&a, "/list", NULL, 1);
	struct err e = ERR_INIT;
	struct replay *p;

	(void)state;
	assert_int_equal(play(d, &a, "/list", NULL, 1, 200, "[1,2,3]", 7, 2), -1);
	assert_true(a.dones == 0 && a.npieces == 2);
	finished(d);
	forget(&a);
	p = replay_open(path, &e);
	assert_non_null(p);
	a.refuse_after = 4;
	assert_int_equal(replay_serve(p, &r, &e), -1);
	assert_string_equal(e.msg, "the reader has enough");
	assert_string_equal(buf_text(&a.pieces), "[1,2");
	replay_free(p);
	forget(&a);
	unlink(path);
}

/* Nothing of the token in any form, wherever it stands; the length of the body stays. */
static void the_token(void **state)
{
	static const struct { const char *body; int stars; } t[] = {
		{ TOKEN, 14 }, { "x" TOKEN TOKEN "y", 28 }, { "{\"key\":\"secret\\/token+1\"}", 15 }, { "secret/token+", 0 }, { "secret/tokensecret/token+1", 14 }, { "", 0 },
	};
	struct dump *d = begun(TOKEN, 0);
	struct buf b = BUF_INIT;
	struct asker a = { .dones = 0 };
	struct err e = ERR_INIT;
	struct replay *p;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int piecewise = 0; piecewise < 2; piecewise++) {
			char get[32];

			snprintf(get, sizeof get, "/%zu%d", i, piecewise);
			assert_int_equal(play(d, &a, get, NULL, piecewise, 200, t[i].body, strlen(t[i].body), 3), 0);
			/* The caller reads what awork said. */
			assert_string_equal(buf_text(piecewise ? &a.pieces : &a.body), t[i].body);
			forget(&a);
		}
	finished(d);
	get_unpacked(&b);
	assert_null(strstr(buf_text(&b), TOKEN));
	assert_null(strstr(buf_text(&b), "secret\\/token+1"));
	assert_null(strstr(buf_text(&b), "secret\\\\/token+1"));
	buf_free(&b);
	p = replay_open(path, &e);
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(t); i++) {
		char get[32];
		const struct http_request r = question(&a, get, NULL, 0);
		int stars = 0;

		snprintf(get, sizeof get, "/%zu1", i);
		assert_int_equal(replay_serve(p, &r, &e), 0);
		assert_int_equal(a.body.n, strlen(t[i].body));
		for (const char *s = buf_text(&a.body); *s != '\0'; s++)
			stars += *s == '*';
		if (stars != t[i].stars)
			fail_msg("'%s' is '%s'", t[i].body, buf_text(&a.body));
		forget(&a);
	}
	replay_free(p);
	unlink(path);
}

/* Random bodies, texts and bytes, in random pieces: read back byte by byte, to both kinds of callers; in flight side by side, ending in another order. */
static void there_and_back(void **state)
{
	enum { N = 60 };
	static char body[N][3000];
	static struct asker a[N];
	struct http_request out[N];
	size_t len[N], order[N];
	uint32_t seed = 11;
	struct dump *d = begun(TOKEN, 0);
	struct err e = ERR_INIT;
	struct replay *p;

	(void)state;
#define DRAW(n) ((seed = seed * 1664525 + 1013904223) / 65536 % (n))
	for (size_t i = 0; i < N; i++) {
		char get[32], query[16];
		const struct http_request r = question(&a[i], get, i % 3 ? query : NULL, i % 2);

		snprintf(get, sizeof get, "/of/%zu", i);
		snprintf(query, sizeof query, "n=%zu", i);
		len[i] = DRAW(10) == 0 ? 0 : DRAW(3000);
		order[i] = i;
		for (size_t k = 0; k < len[i]; k++)
			body[i][k] = i % 4 == 0 ? (char)DRAW(256) : i % 4 == 1 ? (char)(1 + DRAW(127)) : "\"\\/{}[]:,\n\t\x01 aZ0"[DRAW(17)];
		assert_int_equal(dump_tee(d, &r, &out[i], &e), 0);
	}
	for (size_t i = N; i-- > 1;) {
		size_t k = DRAW(i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
	for (size_t j = 0; j < N; j++) {
		size_t i = order[j];
		struct http_answer x = answer(200, i % 2 ? "" : body[i], i % 2 ? 0 : len[i]);

		body[i][len[i]] = '\0';
		for (size_t at = 0, n; i % 2 && at < len[i]; at += n) {
			n = 1 + DRAW(700);
			n = n > len[i] - at ? len[i] - at : n;
			assert_int_equal(out[i].piece(out[i].ctx, body[i] + at, n, &e), 0);
		}
		assert_int_equal(out[i].done(out[i].ctx, &x, &e), 0);
	}
	finished(d);
	p = replay_open(path, &e);
	if (p == NULL)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < N; i++) {
		char get[32], query[16];
		struct asker b = { .dones = 0 };
		const struct http_request r = question(&b, get, i % 3 ? query : NULL, i % 5 > 1);
		const struct buf *got = i % 5 > 1 ? &b.pieces : &b.body, *told = i % 2 ? &a[i].pieces : &a[i].body;

		snprintf(get, sizeof get, "/of/%zu", i);
		snprintf(query, sizeof query, "n=%zu", i);
		assert_int_equal(replay_serve(p, &r, &e), 0);
		assert_int_equal(got->n, len[i]);
		assert_int_equal(told->n, len[i]);
		if (len[i] > 0) {
			assert_memory_equal(got->p, body[i], len[i]);
			assert_memory_equal(told->p, body[i], len[i]);
		}
		assert_true(b.status == 200 && b.page == 1 && b.size == 1000 && b.items == 7 && b.total == -1);
		forget(&b);
		forget(&a[i]);
	}
	replay_free(p);
	unlink(path);
}

static void where_it_cannot_be(void **state)
{
	char there[128], none[128], slash[128];
	const struct { const char *where; const char *says; } t[] = { { there, "there already" }, { none, "No such file" }, { slash, "folder" }, { folder, "there already" } };
	struct buf b = BUF_INIT;

	(void)state;
	put_file("precious", 8);
	snprintf(there, sizeof there, "%s", path);
	snprintf(none, sizeof none, "%s/none/x", folder);
	snprintf(slash, sizeof slash, "%s/", folder);
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;

		assert_null(dump_open(t[i].where, NULL, 0, &e));
		if (e.code != ERR_CANTCREAT || strstr(e.msg, t[i].says) == NULL)
			fail_msg("%s: %d %s", t[i].where, (int)e.code, e.msg);
	}
	get_file(&b);
	assert_string_equal(buf_text(&b), "precious");
	buf_free(&b);
	assert_int_equal(files(), 1);
	unlink(path);
}

/* Given up: nothing stays, whatever is still on its way. */
static void given_up(void **state)
{
	struct dump *d = begun(NULL, 0);
	struct asker a = { .dones = 0 };
	const struct http_request r = question(&a, "/list", NULL, 1);
	struct http_request out;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(play(d, &a, "/me", NULL, 0, 200, "{}", 2, 1), 0);
	assert_int_equal(dump_tee(d, &r, &out, &e), 0);
	dump_free(d);
	assert_int_equal(files(), 0);
	forget(&a);
	dump_free(NULL);
}

/* A disk that is full: the run goes on and its callers are told everything; the end says it, and there is no file. */
static void full_disk(void **state)
{
	struct rlimit before, small = { 20000, 20000 };
	struct asker a = { .dones = 0 };
	struct err e = ERR_INIT;
	struct dump *d = begun(NULL, 0);
	static char body[100000];
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)('!' + DRAW(90));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(play(d, &a, "/list", NULL, 1, 200, body, sizeof body, 10000), 0);
		assert_int_equal(a.pieces.n, sizeof body);
		forget(&a);
	}
	assert_int_equal(dump_finish(d, 0, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(e.code, ERR_IO);
	dump_free(d);
	assert_int_equal(files(), 0);
}

/* With names replaced: paths and bodies alike, and what is replaced is what the token was blotted out of. */
static void redacted(void **state)
{
	struct dump *d = begun(TOKEN, 1);
	struct asker a = { .dones = 0 };
	struct buf b = BUF_INIT;
	const char *body = "{\"id\":\"01234567-89ab-cdef-0123-456789abcdef\",\"name\":\"Nordlicht\",\"key\":\"" TOKEN "\"}", *id;

	(void)state;
	assert_int_equal(play(d, &a, "/companies/01234567-89ab-cdef-0123-456789abcdef", "x=01234567-89AB-CDEF-0123-456789ABCDEF", 0, 200, body, strlen(body), 1), 0);
	assert_string_equal(buf_text(&a.body), body);
	forget(&a);
	finished(d);
	get_unpacked(&b);
	assert_null(strstr(buf_text(&b), "Nordlicht"));
	assert_null(strstr(buf_text(&b), "01234567"));
	assert_non_null(strstr(buf_text(&b), "\"redacted\":1}"));
	id = strstr(buf_text(&b), "/companies/");
	assert_non_null(id);
	id += strlen("/companies/");
	assert_int_equal(strncmp(id, id + 36 + strlen("?x="), 36), 0);
	{
		char quoted[64];

		snprintf(quoted, sizeof quoted, "\\\"id\\\":\\\"%.36s\\\"", id);
		assert_non_null(strstr(buf_text(&b), quoted));
	}
	buf_free(&b);
	unlink(path);
}

static int begin_all(void **state)
{
	struct err e = ERR_INIT;

	setenv("SOURCE_DATE_EPOCH", "1793606400", 1);
	return clock_init(&e) < 0 ? -1 : make_folder(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_in_it), cmocka_unit_test(tries), cmocka_unit_test(refused_in_the_middle), cmocka_unit_test(the_token), cmocka_unit_test(there_and_back),
		cmocka_unit_test(where_it_cannot_be), cmocka_unit_test(given_up), cmocka_unit_test(full_disk), cmocka_unit_test(redacted),
	};

	return cmocka_run_group_tests(tests, begin_all, remove_folder);
}
