/* The HTTP client against a scripted server on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "awork/http.h"
#include "base/clock.h"
#include "test_awork_server.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define TOKEN "unit-test-key_0123456789.~+/=="

struct seen {
	int done, pieces, restarts;
	long status;
	int64_t total;
	int maybe_applied;
	char broken[200], body[4096], trace[80];
	struct http *chain; /* asks again from within done */
};

static int on_done(void *ctx, const struct http_answer *a, struct err *e)
{
	struct seen *s = ctx;

	s->done++;
	s->status = a->status;
	s->total = a->aw_total;
	s->maybe_applied = a->maybe_applied;
	snprintf(s->broken, sizeof s->broken, "%s", a->broken != NULL ? a->broken : "");
	snprintf(s->body, sizeof s->body, "%s", a->body);
	snprintf(s->trace, sizeof s->trace, "%s", a->trace_id);
	if (s->chain != NULL && s->done < 5) {
		struct http_request r = { .method = "GET", .path = "/x", .done = on_done, .ctx = s };

		return http_add(s->chain, &r, e);
	}
	return 0;
}

static int on_piece(void *ctx, const char *p, size_t n, struct err *e)
{
	struct seen *s = ctx;

	(void)p;
	(void)n;
	s->pieces++;
	return strncmp(p, "refuse", n < 6 ? n : 6) == 0 ? err_set(e, ERR_DATA, "not this") : 0;
}

static void on_restart(void *ctx)
{
	((struct seen *)ctx)->restarts++;
}

static struct http *open_http(const char *url, int tries)
{
	struct http_config c = { .base_url = url, .token = TOKEN, .user_agent = "test", .connections = 4, .tries = tries, .budget_ms = 20000, .connect_ms = 2000,
		.total_ms = 3000, .max_requests = 1000, .max_body = 100000 };
	struct err e = ERR_INIT;
	struct http *h = http_open(&c, &e);

	if (h == NULL)
		fail_msg("%s", e.msg);
	return h;
}

/* Answers by script: one letter a request, the last one for ever. */
static int scripted(struct server *s, const char *method, const char *target, const char *body, struct buf *out)
{
	const char *script = s->ctx;
	size_t n = strlen(script), at = (size_t)s->requests - 1;

	(void)method;
	(void)target;
	(void)body;
	switch (script[at < n ? at : n - 1]) {
	case '2': server_answer(out, 200, "aw-totalitems: 7\r\ntrace-id: t1\r\n", "[1]"); return 0;
	case '7': server_answer(out, 207, "", "{}"); return 0;
	case '4': server_answer(out, 404, "", "{\"code\":\"not-found\"}"); return 0;
	case '1': server_answer(out, 401, "trace-id: t401\r\n", "{\"code\":\"unauthorized\",\"description\":\"key " TOKEN " is bad\"}"); return 0;
	case '3': server_answer(out, 302, "Location: http://127.0.0.1:9/login?token=" TOKEN "\r\n", ""); return 0;
	case '5': server_answer(out, 503, "Retry-After: 0\r\n", "<h1>busy</h1>"); return 0;
	case '9': server_answer(out, 429, "RateLimit-Reset: 1\r\n", "{}"); return 0;
	case 'w': server_answer(out, 429, "Retry-After: 500\r\n", "{}"); return 0;
	case 'c': return 1;
	case 's': buf_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1"); return 1;
	case 'd': buf_str(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1"); return 1;
	case 'g': buf_str(out, "garbage\r\n\r\n"); return 1;
	case 'r': server_answer(out, 200, "", "refuse this"); return 0;
	case 'B':
		buf_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n");
		for (int i = 0; i < 200000; i++)
			buf_ch(out, ' ');
		return 0;
	case 'H':
		buf_str(out, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 2000; i++)
			buf_fmt(out, "x-%d: %040d\r\n", i, i);
		buf_str(out, "\r\n");
		return 1;
	default: server_answer(out, 500, "", ""); return 0;
	}
}

static void gets(void **state)
{
	static const struct { const char *script; int tries, code, requests; long status; const char *words; } rows[] = {
		{ "2", 5, ERR_OK, 1, 200, "" },
		{ "552", 5, ERR_OK, 3, 200, "" },
		{ "9s2", 5, ERR_OK, 3, 200, "" },
		{ "c2", 5, ERR_OK, 2, 200, "" },
		{ "s2", 5, ERR_OK, 2, 200, "" },
		{ "g2", 5, ERR_OK, 2, 200, "" },
		{ "d", 5, ERR_OK, 1, 200, "" }, /* curl takes it for whole: the layer above counts */
		{ "4", 5, ERR_OK, 1, 404, "" },
		{ "7", 5, ERR_OK, 1, 207, "" },
		{ "5", 3, ERR_UNAVAILABLE, 3, 0, "awork answered 503: <h1>busy</h1> (3 tries)" },
		{ "s", 2, ERR_UNAVAILABLE, 2, 0, "(2 tries)" },
		{ "w", 3, ERR_UNAVAILABLE, 1, 0, "time for retries is used up" },
		{ "1", 5, ERR_NOPERM, 1, 0, "unauthorized: key ****" },
		{ "3", 5, ERR_PROTOCOL, 1, 0, "redirected (302) to http://127.0.0.1:9/login: never followed" },
		{ "B", 5, ERR_PROTOCOL, 1, 0, "answer larger than 100000 bytes" },
		{ "H", 5, ERR_PROTOCOL, 1, 0, "headers larger" },
		{ "r", 5, ERR_DATA, 1, 0, "not this" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct seen seen = { 0 };
		struct http_request r = { .method = "GET", .path = "/timeentries", .query = "page=1", .piece = on_piece, .restart = on_restart, .done = on_done, .ctx = &seen };
		struct server s;
		struct http *h;
		int rc;

		server_start(&s, scripted, (void *)(uintptr_t)rows[i].script);
		h = open_http(s.url, rows[i].tries);
		rc = http_do(h, &r, &e);
		if ((rc < 0) != (rows[i].code != ERR_OK) || (int)e.code != rows[i].code || s.requests != rows[i].requests || seen.done != (rc == 0) ||
		    seen.status != rows[i].status || strstr(e.msg, rows[i].words) == NULL || strstr(e.msg, TOKEN) != NULL)
			fail_msg("%s: rc %d code %d requests %d status %ld: %s", rows[i].script, rc, (int)e.code, s.requests, seen.status, e.msg);
		assert_int_equal(http_stats(h).requests, rows[i].requests);
		assert_int_equal(seen.restarts, rc == 0 ? rows[i].requests - 1 : seen.restarts);
		http_close(h);
		server_stop(&s);
	}
}

/* Once and only once, also on a connection that was used before: curl alone would send it again. */
static void posts(void **state)
{
	static const struct { const char *script; long status; int maybe, broken; } rows[] = {
		{ "27", 207, 1, 0 }, { "2c", 0, 1, 1 }, { "25", 503, 1, 0 }, { "29", 429, 1, 0 }, { "2s", 200, 1, 1 }, { "24", 404, 1, 0 }, { "2g", 0, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct seen get = { 0 }, post = { 0 };
		struct http_request g = { .method = "GET", .path = "/me", .done = on_done, .ctx = &get };
		struct http_request p = { .method = "POST", .path = "/timeentries/batch/setIsBilled", .body = "{\"a\":1}", .done = on_done, .ctx = &post };
		struct server s;
		struct http *h;

		server_start(&s, scripted, (void *)(uintptr_t)rows[i].script);
		h = open_http(s.url, 5);
		assert_int_equal(http_do(h, &g, &e), 0);
		assert_string_equal(get.body, "[1]");
		assert_string_equal(get.trace, "t1");
		assert_int_equal(get.total, 7);
		assert_non_null(strstr(s.last, "Authorization: Bearer " TOKEN "\r\n"));
		assert_non_null(strstr(s.last, "Accept-Encoding: gzip\r\n"));
		assert_int_equal(http_do(h, &p, &e), 0);
		assert_int_equal(s.posts, 1);
		assert_int_equal(post.done, 1);
		assert_int_equal(post.status, rows[i].status);
		assert_int_equal(post.maybe_applied, rows[i].maybe);
		assert_int_equal(post.broken[0] != '\0', rows[i].broken);
		assert_non_null(strstr(s.last, "Content-Type: application/json\r\n"));
		assert_null(strstr(s.last, "Expect"));
		http_close(h);
		server_stop(&s);
	}
}

static void nobody_listens(void **state)
{
	struct err e = ERR_INIT;
	struct seen seen = { 0 };
	struct http_request p = { .method = "POST", .path = "/x", .body = "{}", .done = on_done, .ctx = &seen };
	struct http_request g = { .method = "GET", .path = "/x", .done = on_done, .ctx = &seen };
	struct server s;
	struct http *h;
	char script[] = "2";

	(void)state;
	server_start(&s, scripted, script);
	server_stop(&s);
	h = open_http(s.url, 2);
	assert_int_equal(http_do(h, &p, &e), 0);
	assert_int_equal(seen.status, 0);
	assert_int_equal(seen.maybe_applied, 0);
	assert_int_equal(http_do(h, &g, &e), -1);
	assert_int_equal(e.code, ERR_UNAVAILABLE);
	assert_int_equal(seen.done, 1);
	http_close(h);
}

static void chained(void **state)
{
	struct err e = ERR_INIT;
	struct seen seen = { 0 };
	struct http_request r = { .method = "GET", .path = "/x", .done = on_done, .ctx = &seen };
	struct server s;
	char script[] = "2";

	(void)state;
	server_start(&s, scripted, script);
	seen.chain = open_http(s.url, 1);
	assert_int_equal(http_do(seen.chain, &r, &e), 0);
	assert_int_equal(seen.done, 5);
	http_close(seen.chain);
	server_stop(&s);
}

static volatile int stop;

static void set_stop(void *ctx)
{
	(void)ctx;
	stop = 1;
}

/* A stop ends the run while a request waits for its next try; the handle can be used afterwards. */
static void stopping(void **state)
{
	struct err e = ERR_INIT;
	struct seen seen = { 0 };
	struct http_request r = { .method = "GET", .path = "/x", .done = on_done, .ctx = &seen };
	struct server s;
	struct http *h;
	char script[] = "99992";
	int64_t from = clock_boot_ms();

	(void)state;
	server_start(&s, scripted, script);
	h = open_http(s.url, 9);
	stop = 0;
	http_stop_flag(h, &stop);
	http_tick(h, set_stop, NULL);
	assert_int_equal(http_do(h, &r, &e), -1);
	assert_int_equal(e.code, ERR_TEMPFAIL);
	assert_true(clock_boot_ms() - from < 900);
	http_tick(h, NULL, NULL);
	stop = 0;
	err_clear(&e);
	assert_int_equal(http_do(h, &r, &e), 0);
	assert_int_equal(seen.done, 1);
	http_close(h);
	server_stop(&s);
}

/* http_wait() honours what the answer of the POST asked for. */
static void waiting(void **state)
{
	struct err e = ERR_INIT;
	struct seen seen = { 0 };
	struct http_request p = { .method = "POST", .path = "/x", .body = "{}", .done = on_done, .ctx = &seen };
	struct server s;
	struct http *h;
	char script[] = "9w";
	int64_t from;

	(void)state;
	server_start(&s, scripted, script);
	h = open_http(s.url, 1);
	assert_int_equal(http_do(h, &p, &e), 0);
	from = clock_boot_ms();
	assert_int_equal(http_wait(h, 1, &e), 0);
	assert_in_range(clock_boot_ms() - from, 1000, 1400);
	assert_int_equal(http_do(h, &p, &e), 0);
	assert_int_equal(http_wait(h, 1, &e), -1);
	assert_int_equal(e.code, ERR_TEMPFAIL);
	http_close(h);
	server_stop(&s);
}

static void limits(void **state)
{
	struct http_config c = { .token = TOKEN, .connections = 2, .tries = 1, .connect_ms = 1000, .total_ms = 1000, .max_requests = 2, .max_body = 10 };
	struct err e = ERR_INIT;
	struct seen seen = { 0 };
	struct http_request r = { .method = "GET", .path = "/x", .done = on_done, .ctx = &seen };
	struct server s;
	struct http *h;
	char script[] = "2";

	(void)state;
	server_start(&s, scripted, script);
	c.base_url = s.url;
	h = http_open(&c, &e);
	assert_non_null(h);
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_add(h, &r, &e), 0);
	assert_int_equal(http_run(h, &e), -1);
	assert_int_equal(e.code, ERR_PROTOCOL);
	err_clear(&e);
	r.path = "/../x?y";
	assert_int_equal(http_add(h, &r, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	http_close(h);
	server_stop(&s);
}

static void configuration(void **state)
{
	static const struct { const char *url, *token; int ok; } rows[] = {
		{ "https://api.awork.com/api/v1", "a", 1 }, { "https://api.awork.com/api/v1/", "a", 1 }, { "http://localhost:1/x", "a", 1 },
		{ "http://127.0.0.1", "a", 1 }, { "http://127.9.9.9/", "a", 1 }, { "http://[::1]:8080/", "a", 1 }, { "http://127.1/", "a", 1 },
		{ "http://api.awork.com/api/v1", "a", 0 }, { "http://127.0.0.1.example.org/", "a", 0 }, { "http://localhost.example.org/", "a", 0 },
		{ "http://[::ffff:127.0.0.1]/", "a", 0 }, { "http://128.0.0.1/", "a", 0 }, { "ftp://127.0.0.1/", "a", 0 }, { "file:///etc/passwd", "a", 0 },
		{ "https://user@h/", "a", 0 }, { "https://u:p@h/", "a", 0 }, { "https://h/?a=b", "a", 0 }, { "https://h/#f", "a", 0 }, { "https://h/?", "a", 0 },
		{ "https://", "a", 0 }, { "", "a", 0 }, { NULL, "a", 0 }, { "api.awork.com", "a", 0 }, { "https://a b/", "a", 0 }, { "https://h\r\nX: y/", "a", 0 },
		{ "https://h/", "", 0 }, { "https://h/", NULL, 0 }, { "https://h/", "a\r\nX: y", 0 }, { "https://h/", "a b", 0 }, { "https://h/", "===", 0 },
		{ "https://h/", "a=b", 0 }, { "https://h/", "abc-._~+/9==", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_config c = { .base_url = rows[i].url, .token = rows[i].token, .connections = 1, .tries = 1, .connect_ms = 1, .total_ms = 1, .max_requests = 1 };
		struct err e = ERR_INIT;
		struct http *h = http_open(&c, &e);

		if ((h != NULL) != rows[i].ok || (h == NULL && e.code != ERR_CONFIG))
			fail_msg("%s %s: %d %s", rows[i].url, rows[i].token, (int)e.code, e.msg);
		http_close(h);
	}
}

static void escaping(void **state)
{
	char *s = http_escape("a eq 'ä' & b=c/~-._?");

	(void)state;
	assert_string_equal(s, "a%20eq%20%27%C3%A4%27%20%26%20b%3Dc%2F~-._%3F");
	free(s);
	s = http_escape("");
	assert_string_equal(s, "");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gets), cmocka_unit_test(posts), cmocka_unit_test(nobody_listens), cmocka_unit_test(chained), cmocka_unit_test(stopping),
		cmocka_unit_test(waiting), cmocka_unit_test(limits), cmocka_unit_test(configuration), cmocka_unit_test(escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
