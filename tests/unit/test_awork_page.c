/* One page: header lines, bodies in pieces, verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "awork/answer.h"
#include "awork/page.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ROW(n, more) "{\"id\":\"00000000-0000-4000-8000-00000000000" n "\",\"isBillable\":true,\"isBilled\":false" more "}"

struct head { int64_t page, size, items, total; };

static enum page_verdict verdict(const char *body, size_t step, long status, struct head h, struct page *p, struct err *e)
{
	static const struct filter f = { .billable = 1, .from = DATE_NONE, .to = DATE_NONE };
	struct http_answer a = { .status = status, .aw_page = h.page, .aw_page_size = h.size, .aw_items = h.items, .aw_total = h.total, .trace_id = "t", .body = "" };
	size_t n = strlen(body);

	assert_int_equal(page_init(p, &f, 1, e), 0);
	for (size_t i = 0; i < n; i += step)
		if (page_piece(p, body + i, n - i < step ? n - i : step, e) < 0)
			return PAGE_BAD;
	return page_finish(p, &a, 10, e);
}

static void verdicts(void **state)
{
	static const struct { const char *body; long status; struct head h; int verdict; int code; size_t n; const char *words; } rows[] = {
		{ "[]", 200, { 1, 10, 0, 0 }, PAGE_OK, 0, 0, "" },
		{ "\xef\xbb\xbf [ ] \n", 200, { 1, 10, 0, 0 }, PAGE_OK, 0, 0, "" },
		{ "[" ROW("1", "") "," ROW("2", "") "]", 200, { 1, 10, 2, 2 }, PAGE_OK, 0, 2, "" },
		{ "[" ROW("1", "") "]", 200, { 1, 1, 1, 7 }, PAGE_OK, 0, 1, "" },
		{ "[" ROW("1", "") "]", 200, { 1, -1, 1, 7 }, PAGE_OK, 0, 1, "" },
		{ "[" ROW("1", "") "," ROW("1", "") "]", 200, { 1, 10, 2, 1 }, PAGE_OK, 0, 1, "" },
		{ "[" ROW("1", "") "," ROW("1", ",\"duration\":1") "]", 200, { 1, 10, 2, 1 }, PAGE_BAD, ERR_DATA, 0, "stands twice" },
		{ "[" ROW("1", "") "]", 200, { 1, 10, 2, 2 }, PAGE_SHORT, 0, 1, "aw-items says 2" },
		{ "[" ROW("1", "") ",", 200, { 1, 10, 2, 2 }, PAGE_SHORT, 0, 0, "ends inside" },
		{ "[" ROW("1", ""), 200, { 1, 10, 1, 1 }, PAGE_SHORT, 0, 0, "ends inside" },
		{ "", 200, { 1, 10, 0, 0 }, PAGE_SHORT, 0, 0, "empty body" },
		{ "", 204, { -1, -1, -1, -1 }, PAGE_SHORT, 0, 0, "204" },
		{ "{\"code\":\"x\"}", 200, { -1, -1, -1, -1 }, PAGE_SHORT, 0, 0, "no JSON array" },
		{ "<html>[]", 200, { -1, -1, -1, -1 }, PAGE_SHORT, 0, 0, "no JSON array" },
		{ "[]", 200, { 1, 10, 0, -1 }, PAGE_BAD, ERR_PROTOCOL, 0, "aw-totalitems is missing" },
		{ "[]", 200, { 1, 10, 0, -2 }, PAGE_BAD, ERR_PROTOCOL, 0, "aw-totalitems is no number" },
		{ "[]", 200, { -1, 10, 0, 0 }, PAGE_BAD, ERR_PROTOCOL, 0, "aw-page is missing" },
		{ "[]", 200, { 1, 10, -1, 0 }, PAGE_BAD, ERR_PROTOCOL, 0, "aw-items is missing" },
		{ "[]", 200, { 1, 0, 0, 0 }, PAGE_BAD, ERR_PROTOCOL, 0, "aw-pagesize" },
		{ "[]", 200, { 2, 10, 0, 0 }, PAGE_BAD, ERR_PROTOCOL, 0, "aw-page says 2" },
		{ "[" ROW("1", "") "," ROW("2", "") "]", 200, { 1, 1, 2, 2 }, PAGE_BAD, ERR_PROTOCOL, 0, "2 entries on a page of 1" },
		{ "[{\"id\":\"00000000-0000-4000-8000-000000000009\",\"isBillable\":true,\"isBilled\":true}]", 200, { 1, 10, 1, 1 }, PAGE_BAD, ERR_PROTOCOL, 0,
		  "ignored the filter (condition isBilled eq false): entry 00000000-0000-4000-8000-000000000009" },
		{ "[" ROW("1", ",\"duration\":1.5") "]", 200, { 1, 10, 1, 1 }, PAGE_BAD, ERR_DATA, 0, "duration is real" },
		{ "[1]", 200, { 1, 10, 1, 1 }, PAGE_BAD, ERR_DATA, 0, "expected an object" },
		{ "[" ROW("1", "") ",]", 200, { 1, 10, 1, 1 }, PAGE_BAD, ERR_DATA, 0, "JSON" },
		{ "[] []", 200, { 1, 10, 0, 0 }, PAGE_BAD, ERR_DATA, 0, "JSON" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t step = 1; step < 300; step = step * 3 + 1) {
			struct err e = ERR_INIT;
			struct page p;
			int v = (int)verdict(rows[i].body, step, rows[i].status, rows[i].h, &p, &e);

			if (v != rows[i].verdict || (int)e.code != rows[i].code || strstr(v == PAGE_SHORT ? p.why : e.msg, rows[i].words) == NULL ||
			    (v == PAGE_OK && p.n != rows[i].n))
				fail_msg("row %zu step %zu: verdict %d, %d %s, %s", i, step, v, (int)e.code, e.msg, p.why);
			page_free(&p);
			page_free(&p);
		}
	}
}

static void restart(void **state)
{
	static const struct filter f = { .from = DATE_NONE, .to = DATE_NONE };
	struct http_answer a = { .status = 200, .aw_page = 1, .aw_page_size = 5, .aw_items = 1, .aw_total = 1, .trace_id = "", .body = "" };
	struct err e = ERR_INIT;
	struct page p;

	(void)state;
	assert_int_equal(page_init(&p, &f, 1, &e), 0);
	assert_int_equal(page_piece(&p, "[" ROW("1", "") ",{\"id", sizeof "[" ROW("1", "") ",{\"id" - 1, &e), 0);
	page_restart(&p);
	assert_int_equal(page_piece(&p, "[" ROW("2", "") "]", sizeof "[" ROW("2", "") "]" - 1, &e), 0);
	assert_int_equal(page_finish(&p, &a, 10, &e), PAGE_OK);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.page_size, 5);
	assert_string_equal(p.v[0].id, "00000000-0000-4000-8000-000000000002");
	page_free(&p);
}

static void line(struct answer_head *h, const char *s)
{
	answer_line(h, s, strlen(s));
}

static void header_lines(void **state)
{
	struct answer_head h;

	(void)state;
	answer_reset(&h);
	line(&h, "HTTP/1.1 103 Early Hints\r\n");
	line(&h, "aw-totalitems: 7\r\n");
	line(&h, "HTTP/2 200 \r\n");
	assert_int_equal(h.status, 200);
	assert_int_equal(h.total, -1);
	line(&h, "AW-TotalItems:\t 6100 \r\n");
	line(&h, "aw-page: 1\r\n");
	line(&h, "Aw-PageSize: many\r\n");
	line(&h, "aw-items: 5\r\n");
	line(&h, "aw-items: 5\r\n");
	line(&h, "request-id: r\r\n");
	line(&h, "trace-id: 5a4d\r\n");
	line(&h, "traceparent: 00-1\r\n");
	line(&h, "Content-Type: text/\x01plain\r\n");
	line(&h, "nonsense\r\n");
	line(&h, ":\r\n");
	line(&h, "\r\n");
	assert_int_equal(h.total, 6100);
	assert_int_equal(h.page, 1);
	assert_int_equal(h.page_size, -2);
	assert_int_equal(h.items, -2);
	assert_string_equal(h.trace_id, "5a4d");
	assert_string_equal(h.content_type, "text/ plain");
	line(&h, "HTTP/1.1 200 OK\r\n");
	line(&h, "aw-page: -1\r\n");
	line(&h, "aw-items: 99999999999999999999999999\r\n");
	line(&h, "aw-totalitems: 5, 5\r\n");
	line(&h, "aw-pagesize:\r\n");
	assert_true(h.page == -2 && h.items == -2 && h.total == -2 && h.page_size == -2);
}

static void explanations(void **state)
{
	static const struct { const char *body, *text; } rows[] = {
		{ "", "" }, { "{\"code\":\"c\",\"description\":\"d\\u202e\"}", "c: d " }, { "{\"code\":\"c\"}", "c" }, { "{\"description\":\"d\"}", "d" },
		{ "{\"error\":\"invalid_client\"}", "invalid_client" }, { "  <html>\r\nbad\x1b[31m</html>", "<html> bad [31m</html>" }, { "{}", "{}" },
	};
	char big[5000];
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_reset(&b);
		answer_explain(rows[i].body, strlen(rows[i].body), &b);
		assert_string_equal(buf_text(&b), rows[i].text);
	}
	memset(big, 'x', sizeof big);
	buf_reset(&b);
	answer_explain(big, sizeof big, &b);
	assert_int_equal(b.n, 203);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts), cmocka_unit_test(restart), cmocka_unit_test(header_lines), cmocka_unit_test(explanations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
