/* Entries that come before the claims are loaded are judged as those that come later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cli/compareparts.h"
#include "test_awork_server.h"
#include "test_ledger_common.h"

#define ROWS 60

static int status;

static void put_row(struct buf *b, int i)
{
	char id[37];

	id_of(id, i);
	buf_fmt(b, "%s{\"id\":\"%s\",\"isBillable\":true,\"isBilled\":true,\"duration\":%d,\"createdOn\":\"2026-10-02T08:%02d:00Z\",\"startDateLocal\":\"2026-10-%02dT00:00:00\",", i > 0 ? "," : "", id, 60 * i,
	    i, i % 28 + 1);
	buf_fmt(b, "\"project\":{\"id\":\"0000000%d-0000-4000-8000-000000000000\",\"name\":\"project %d\",", i % 7, i % 7);
	buf_fmt(b, "\"company\":{\"id\":\"1000000%d-0000-4000-8000-000000000000\",\"name\":\"company %d\"}},\"note\":\"note %d\"}", i % 3, i % 3, i);
}

static int serve(struct server *s, const char *method, const char *target, const char *body, struct buf *out)
{
	struct buf rows = BUF_INIT, head = BUF_INIT;

	(void)s;
	(void)method;
	(void)target;
	(void)body;
	buf_ch(&rows, '[');
	for (int i = 0; i < ROWS; i++)
		put_row(&rows, i);
	buf_ch(&rows, ']');
	buf_fmt(&head, "aw-page: 1\r\naw-pagesize: 1000\r\naw-items: %d\r\naw-totalitems: %d\r\n", ROWS, ROWS);
	server_answer(out, status, status == 200 ? buf_text(&head) : "", status == 200 ? buf_text(&rows) : "{}");
	buf_free(&rows);
	buf_free(&head);
	return 0;
}

static int64_t corrected(int i)
{
	return i % 6 == 4 ? 7 : 0;
}

/* Each second entry has a claim, some of which were corrected. */
static void claim(struct compare *c)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < ROWS; i += 2) {
		struct claim_review v = { .corrected_secs = corrected(i), .claim = { .pos = i + 1, .secs = 30, .state = CLAIM_VERIFIED } };

		id_of(v.claim.entry, i);
		strcpy(v.claim.invoice, "RE-1");
		assert_int_equal(compareparts_append(c, &v, &e), 0);
	}
	compareparts_order(c);
}

static void tell(const struct compare *c, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct compare_outcome *o = c->claims[i].out;

		assert_non_null(o);
		assert_int_equal(o->corrected_secs, corrected(c->claims[i].pos - 1));
		assert_int_equal(c->claims[i].secs, 30 + o->corrected_secs);
		buf_fmt(out, "%d %s %s %s %s\n", c->claims[i].pos, reconcile_name(o->verdict.class), o->what, o->company, o->project);
	}
	for (size_t i = 0; i < c->nloose; i++)
		buf_fmt(out, "%s %s %s %lld\n", reconcile_name(c->loose[i].class), c->loose[i].entry, c->loose[i].project, (long long)c->loose[i].secs);
}

enum when { NOT_BEFORE, BEFORE, GIVEN_UP };

static int compare(struct store *s, enum when when, struct buf *out, struct err *e)
{
	struct run r = { .filter = { .from = DATE_NONE, .to = DATE_NONE } };
	struct reconcile_report report = { .n = 0 };
	struct app a = { .store = s };
	struct compare c = { .r = &r, .report = &report, .pool = pool_new(), .page = pool_new(), .outcomes = pool_new() };
	struct server server;
	struct http_config config = { .token = "t", .connections = 2, .tries = 1, .budget_ms = 1000, .connect_ms = 2000, .total_ms = 5000, .max_requests = 10, .max_body = 1000000 };
	int rc = -1;

	server_start(&server, serve, NULL);
	config.base_url = server.url;
	a.cfg.page_size = 1000;
	a.http = http_open(&config, e);
	assert_non_null(a.http);
	r.app = &a;
	r.rules.period.from = date_from_ymd(2026, 10, 1);
	r.rules.period.to = date_from_ymd(2026, 11, 1);
	assert_int_equal(compareahead_begin(&c, e), 0);
	for (int i = 0; when == BEFORE && i < 300; i++) {
		compareahead_turn(&c);
		(void)clock_sleep_ms(1);
	}
	if (when == BEFORE)
		assert_true(http_stats(a.http).requests > 0);
	if (when != GIVEN_UP) {
		claim(&c);
		rc = compareahead_loaded(&c, e) < 0 || compareahead_end(&c, e) < 0 ? -1 : 0;
	}
	if (rc == 0)
		tell(&c, out);
	compare_forget(&c);
	assert_null(c.ahead);
	/* Nothing of it is left on the wire. */
	assert_int_equal(http_run(a.http, &(struct err)ERR_INIT), 0);
	http_close(a.http);
	server_stop(&server);
	pool_free(c.pool);
	free(report.v);
	return rc;
}

static void early_ones_are_judged_alike(void **state)
{
	struct buf late = BUF_INIT, early = BUF_INIT, none = BUF_INIT;
	struct fixture *f = *state;
	struct err e = ERR_INIT;

	status = 200;
	assert_int_equal(compare(f->s, NOT_BEFORE, &late, &e), 0);
	assert_int_equal(compare(f->s, BEFORE, &early, &e), 0);
	assert_string_equal(buf_text(&early), buf_text(&late));
	assert_non_null(strstr(buf_text(&early), "changed duration 30 -> 1440, the rest is unknown: its snapshot was purged company 0 project 3\n"));
	assert_non_null(strstr(buf_text(&early), "billed_elsewhere 8ff34739-0000-4000-8000-000000000009 project 2 540\n"));
	assert_int_equal(compare(f->s, GIVEN_UP, &none, &e), -1);
	assert_int_equal(e.code, ERR_OK);
	buf_free(&late);
	buf_free(&early);
	buf_free(&none);
}

/* It is told by whoever waits for the answers, in the same words. */
static void what_fails_early_is_told_later(void **state)
{
	struct err late = ERR_INIT, early = ERR_INIT;
	struct buf none = BUF_INIT;
	struct fixture *f = *state;

	status = 404;
	assert_int_equal(compare(f->s, NOT_BEFORE, &none, &late), -1);
	assert_int_equal(compare(f->s, BEFORE, &none, &early), -1);
	assert_int_equal(late.code, ERR_PROTOCOL);
	assert_int_equal(early.code, late.code);
	assert_string_equal(early.msg, late.msg);
	buf_free(&none);
}

static int open_one(void **state)
{
	setup(state);
	open_store(*state, STORE_WRITE);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(early_ones_are_judged_alike, open_one, teardown), cmocka_unit_test_setup_teardown(what_fails_early_is_told_later, open_one, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
