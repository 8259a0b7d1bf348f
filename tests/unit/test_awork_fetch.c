/* Windows, paged days and reading again, against a small list that can move while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "awork/fetch.h"
#include "awork/reread.h"
#include "base/text.h"
#include "base/clock.h"
#include "test_awork_server.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ROWS 3000

/* The list: row i has id i; a date of DATE_NONE means undated, `gone` deleted. Order of creation is order of ids. */
static struct { date_t date; int gone, billed; } row[ROWS];
static int rows;
/* Called before a list request with its number; lets the world move. */
static void (*move)(int request);
static int size_max, drop, echo_page, list_max;
/* Rows created in one second; what the server makes of a condition on the creation. */
static int per_second;
static enum { CREATED, CREATED_REFUSED, CREATED_IGNORED, CREATED_MISREAD } created;

/* The first questions to windows with two ends, as they came. */
static struct { date_t from, to; } asked[100];
static int nasked, connections = 4;

static date_t literal(const char *target, const char *op)
{
	const char *at = strstr(target, op);
	date_t d;
	char text[11] = "";

	if (at == NULL || strstr(at, "datetime%27") == NULL)
		return DATE_NONE;
	memcpy(text, strstr(at, "datetime%27") + 11, 10);
	assert_int_equal(date_parse(text, &d), 0);
	return d;
}

static int number_of(const char *target, const char *name)
{
	const char *at = strstr(target, name);

	return at != NULL ? atoi(at + strlen(name)) : 0;
}

/* Seconds of the year; 0 without the condition. */
static int since_of(const char *target)
{
	const char *at = strstr(target, "createdOn%20ge%20datetime%27");
	int day, h, m, s;

	if (at == NULL || created == CREATED_IGNORED)
		return 0;
	assert_int_equal(sscanf(at + 28, "2026-01-%dT%d%%3A%d%%3A%d", &day, &h, &m, &s), 4);
	return (day - 1) * 86400 + h * 3600 + m * 60 + s + (created == CREATED_MISREAD ? 60 : 0);
}

static int second_of(int i)
{
	return i / per_second * 7;
}

static int desc;

static int by_date(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	int c = row[x].date < row[y].date ? -1 : row[x].date > row[y].date;

	return c != 0 ? (desc ? -c : c) : x - y;
}

static void put_row(struct buf *b, int i)
{
	char date[16];

	buf_fmt(b, "{\"id\":\"00000000-0000-4000-8000-%012d\",\"isBillable\":true,\"isBilled\":%s,\"duration\":60", i, row[i].billed ? "true" : "false");
	buf_fmt(b, ",\"createdOn\":\"2026-01-%02dT%02d:%02d:%02d.%03dZ\"", second_of(i) / 86400 + 1, second_of(i) / 3600 % 24, second_of(i) / 60 % 60, second_of(i) % 60, i % per_second);
	if (row[i].date != DATE_NONE)
		buf_fmt(b, ",\"startDateLocal\":\"%sT00:00:00\"", date_fmt(date, row[i].date));
	buf_ch(b, '}');
}

static void list(const char *target, struct buf *out)
{
	date_t from = literal(target, "ge%20"), to = literal(target, "lt%20");
	const char *ids = strstr(target, "id%20eq%20guid%27"), *billed = strstr(target, "isBilled%20eq%20");
	int since = since_of(target), page = number_of(target, "page="), size = number_of(target, "pageSize="), match[ROWS], n = 0, sent = 0, listed = 0;
	struct buf body = BUF_INIT, head = BUF_INIT;

	if (from != DATE_NONE && to != DATE_NONE && size > 1 && strstr(target, "createdOn%20ge") == NULL && nasked < (int)COUNT(asked)) {
		asked[nasked].from = from;
		asked[nasked++].to = to;
	}
	size = size_max > 0 && size > size_max ? size_max : size;
	if (created == CREATED_REFUSED && strstr(target, "createdOn%20ge") != NULL) {
		server_answer(out, 400, "", "{\"code\":\"invalid-filter-or-order\"}");
		return;
	}
	if (ids != NULL) {
		for (const char *at = ids; (at = strstr(at, "guid%27")) != NULL; at++) {
			int i = atoi(at + strlen("guid%2700000000-0000-4000-8000-"));

			if (++listed > list_max) {
				server_answer(out, 414, "", "");
				return;
			}
			if (i < rows && !row[i].gone)
				match[n++] = i;
		}
	}
	for (int i = 0; i < rows && ids == NULL; i++)
		if (!row[i].gone && second_of(i) >= since && (billed == NULL || row[i].billed == (billed[strlen("isBilled%20eq%20")] == 't')) && (from == DATE_NONE || (row[i].date != DATE_NONE && row[i].date >= from)) &&
		    (to == DATE_NONE || (row[i].date != DATE_NONE && row[i].date < to)))
			match[n++] = i;
	desc = strstr(target, "%20desc") != NULL;
	if (strstr(target, "orderby=startDateLocal") != NULL)
		qsort(match, (size_t)n, sizeof *match, by_date);
	buf_ch(&body, '[');
	for (int k = echo_page ? 0 : (page - 1) * size; k < n && sent < size - (size > 1 ? drop : 0); k++) {
		buf_str(&body, sent++ > 0 ? "," : "");
		put_row(&body, match[k]);
	}
	buf_ch(&body, ']');
	buf_fmt(&head, "aw-page: %d\r\naw-pagesize: %d\r\naw-items: %d\r\naw-totalitems: %d\r\n", page, size, sent, n);
	server_answer(out, 200, buf_text(&head), buf_text(&body));
	buf_free(&body);
	buf_free(&head);
}

static unsigned spoil; /* bit k: the k-th request of a server is answered with 500 */

static int serve(struct server *s, const char *method, const char *target, const char *body, struct buf *out)
{
	struct buf one = BUF_INIT;
	int i;

	(void)method;
	(void)body;
	if (s->requests <= 32 && (spoil >> (s->requests - 1) & 1) != 0) {
		server_answer(out, 500, "", "");
		return 0;
	}
	if (strncmp(target, "/api/timeentries?", 17) == 0) {
		if (move != NULL)
			move(s->requests);
		list(target, out);
		return 0;
	}
	i = atoi(target + strlen("/api/timeentries/00000000-0000-4000-8000-"));
	if (i >= rows || row[i].gone) {
		server_answer(out, 404, "", "{\"code\":\"not-found\"}");
	} else {
		put_row(&one, i);
		server_answer(out, 200, "", buf_text(&one));
	}
	buf_free(&one);
	return 0;
}

static int count[ROWS];
static int64_t sunk;

static int sink(void *ctx, const struct entry *v, size_t n, struct err *e)
{
	(void)ctx;
	(void)e;
	for (size_t i = 0; i < n; i++)
		count[atoi(v[i].id + 24)]++;
	sunk += (int64_t)n;
	return 0;
}

/* `n` rows over `days` days that end before 2026-11-01, more of them towards the end. */
static void fill(int n, int days)
{
	date_t end = date_from_ymd(2026, 11, 1);

	rows = n;
	for (int i = 0; i < n; i++) {
		int64_t at = (int64_t)i * 7919 % n;

		row[i].date = end - 1 - (date_t)(at * at * days / n / n);
		row[i].gone = row[i].billed = 0;
	}
	move = NULL;
	size_max = drop = echo_page = 0;
	list_max = 1000;
	per_second = 1;
	created = CREATED;
	memset(count, 0, sizeof count);
	sunk = 0;
}

struct outcome { int rc; struct err e; struct fetch_result r; int64_t requests; };

static struct http *open_http(const struct server *s)
{
	struct http_config c = { .base_url = s->url, .token = "t", .connections = connections, .tries = 2, .budget_ms = 60000, .connect_ms = 2000, .total_ms = 5000,
		.max_requests = 5000, .max_body = 10000000 };
	struct err e = ERR_INIT;
	struct http *h = http_open(&c, &e);

	assert_non_null(h);
	return h;
}

static struct outcome fetch(date_t from, date_t hint, date_t to, int page_size, int accept_short)
{
	struct fetch_spec spec = { .filter = { .billable = 1, .from = from, .to = to }, .hint = hint, .page_size = page_size, .accept_short = accept_short, .sink = sink };
	struct outcome o = { .e = ERR_INIT };
	struct server s;
	struct http *h;

	server_start(&s, serve, NULL);
	h = open_http(&s);
	o.rc = fetch_entries(h, &spec, &o.r, &o.e);
	o.requests = http_stats(h).requests;
	http_close(h);
	server_stop(&s);
	return o;
}

static int each_once(void)
{
	for (int i = 0; i < rows; i++)
		if (count[i] != 1)
			return 0;
	return 1;
}

/* Asked on the chance: the four counts are not asked again; when one of them is no good, all are, and nothing is said of it. */
static void in_two_steps(void **state)
{
	const struct fetch_spec spec = { .filter = { .billable = 1, .from = DATE_NONE, .to = date_from_ymd(2026, 11, 1) }, .hint = date_from_ymd(2026, 10, 1), .page_size = 100, .sink = sink };
	struct outcome whole;

	(void)state;
	for (int n = 0; n <= 500; n += 250) {
		fill(n, 40);
		whole = fetch(DATE_NONE, spec.hint, spec.filter.to, 100, 0);
		assert_int_equal(whole.rc, 0);
		for (int bad = -1; bad <= 4; bad++) {
			struct fetch_result r;
			struct err e = ERR_INIT;
			struct fetch *f;
			struct server s;
			struct http *h;

			fill(n, 40);
			server_start(&s, serve, NULL);
			h = open_http(&s);
			f = fetch_ask(h, &spec, &e);
			assert_non_null(f);
			/* 4: it is given up before anything was answered */
			if (bad < 4) {
				spoil = bad < 0 ? 0 : 1u << bad;
				assert_int_equal(http_run(h, &e), 0);
				assert_int_equal(sunk, 0);
				assert_int_equal(http_stats(h).requests, 4);
				assert_int_equal(fetch_take(f, &spec, &r, &e), 0);
				spoil = 0;
				assert_true(each_once());
				assert_int_equal(r.entries, n);
				assert_int_equal(http_stats(h).retries, 0);
				assert_int_equal(http_stats(h).requests, whole.requests + (bad < 0 ? 0 : 4));
			}
			http_close(h);
			if (bad == 4)
				fetch_free(f);
			server_stop(&s);
		}
	}
}

static void complete(void **state)
{
	static const struct { int n, days, size, clamp; } rows_of[] = {
		{ 0, 1, 100, 0 }, { 1, 1, 100, 0 }, { 100, 40, 100, 0 }, { 101, 40, 100, 0 }, { 2000, 40, 100, 0 }, { 3000, 900, 100, 0 }, { 3000, 30, 1000, 0 },
		{ 500, 1, 30, 0 }, { 600, 400, 100, 7 }, { 60, 3, 1, 0 }, { 200, 1, 100, 0 },
	};
	date_t first = date_from_ymd(2026, 10, 1), to = date_from_ymd(2026, 11, 1);

	(void)state;
	for (size_t i = 0; i < COUNT(rows_of); i++) {
		date_t hints[] = { first, DATE_NONE, to };

		for (size_t k = 0; k < COUNT(hints); k++) {
			struct outcome o;

			fill(rows_of[i].n, rows_of[i].days);
			size_max = rows_of[i].clamp;
			o = fetch(DATE_NONE, hints[k], to, rows_of[i].size, 0);
			if (o.rc < 0 || !each_once() || sunk != rows || o.r.entries != rows || o.r.undated != 0 || o.r.shortfall != 0)
				fail_msg("%zu/%zu: %s, %lld of %d", i, k, o.e.msg, (long long)sunk, rows);
			if (rows_of[i].clamp == 0 && rows_of[i].size >= 100 && 2 * o.requests > 3 * ((rows + rows_of[i].size - 1) / rows_of[i].size) + 20)
				fail_msg("%zu/%zu: %lld requests", i, k, (long long)o.requests);
		}
	}
	fill(1500, 300);
	assert_int_equal(fetch(DATE_NONE, DATE_NONE, DATE_NONE, 100, 0).rc, 0);
	assert_true(each_once());
	fill(1500, 300);
	assert_int_equal(fetch(to - 400, DATE_NONE, DATE_NONE, 100, 0).rc, 0);
	assert_true(each_once());
	fill(1500, 300);
	assert_int_equal(fetch(to - 400, DATE_NONE, to, 100, 0).rc, 0);
	assert_true(each_once());
}

static void undated(void **state)
{
	struct outcome o;

	(void)state;
	fill(300, 60);
	row[5].date = row[77].date = row[78].date = DATE_NONE;
	/* Later than the range: no concern of the fetch. */
	row[9].date = date_from_ymd(2026, 12, 24);
	o = fetch(DATE_NONE, date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), 100, 0);
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.r.undated, 3);
	assert_int_equal(o.r.entries, 296);
	assert_true(count[5] == 0 && count[9] == 0);
}

static void short_pages(void **state)
{
	date_t to = date_from_ymd(2026, 11, 1);
	struct outcome o;

	(void)state;
	fill(50, 3);
	drop = 58;
	o = fetch(to - 40, DATE_NONE, to, 100, 0);
	assert_int_equal(o.rc, -1);
	assert_int_equal(o.e.code, ERR_PROTOCOL);
	assert_non_null(strstr(o.e.msg, "awork counts 50, its answer holds 42, in 3 answers"));
	fill(50, 3);
	drop = 58;
	o = fetch(to - 40, DATE_NONE, to, 100, 1);
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.r.shortfall, 8);
	/* On one day that is paged. */
	fill(250, 1);
	drop = 5;
	o = fetch(to - 1, DATE_NONE, to, 100, 0);
	assert_int_equal(o.e.code, ERR_PROTOCOL);
	assert_non_null(strstr(o.e.msg, "awork counts 250, its pages hold 240"));
	fill(250, 1);
	drop = 5;
	o = fetch(to - 1, DATE_NONE, to, 100, 1);
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.r.shortfall, 10);
	fill(250, 1);
	per_second = 500;
	echo_page = 1;
	o = fetch(to - 1, DATE_NONE, to, 100, 0);
	assert_int_equal(o.e.code, ERR_PROTOCOL);
	assert_non_null(strstr(o.e.msg, "pages ignored"));
}

/* One row goes and another comes, so that the total stays: only ids tell. */
static void swap_once(int request)
{
	if (request == 3) {
		row[0].gone = 1;
		row[249].gone = 0;
	}
}

static void swap_always(int request)
{
	row[request % 100].gone = 1;
	row[(request + 50) % 100].gone = 0;
}

static void delete_once(int request)
{
	if (request == 3)
		row[0].gone = 1;
}

static void move_a_day(int together)
{
	date_t to = date_from_ymd(2026, 11, 1);
	struct outcome o;

	fill(250, 1);
	per_second = together;
	row[249].gone = 1;
	move = swap_once;
	o = fetch(to - 1, DATE_NONE, to, 100, 0);
	assert_int_equal(o.rc, 0);
	for (int i = 1; i < 249; i++)
		assert_int_equal(count[i], 1);
	fill(250, 1);
	per_second = together;
	move = delete_once;
	o = fetch(to - 1, DATE_NONE, to, 100, 0);
	assert_int_equal(o.rc, 0);
	for (int i = 1; i < 250; i++)
		assert_int_equal(count[i], 1);
	assert_in_range(sunk, 249, 250);
	fill(250, 1);
	per_second = together;
	for (int i = 0; i < 100; i++)
		row[i].gone = i % 2;
	move = swap_always;
	o = fetch(to - 1, DATE_NONE, to, 100, 0);
	assert_true(o.rc == 0 || o.e.code == ERR_TEMPFAIL || o.e.code == ERR_PROTOCOL);
}

static void moving_day(void **state)
{
	(void)state;
	move_a_day(1);
	move_a_day(500); /* all created in one second: paged */
}

/* Days with more entries than a page, in the order of creation. */
static void chains(void **state)
{
	static const struct { int together, created, most; } rows_of[] = {
		{ 1, CREATED, 31 }, { 7, CREATED, 33 }, { 99, CREATED, 62 }, { 100, CREATED, 70 }, { 500, CREATED, 70 }, { 1, CREATED_REFUSED, 80 }, { 1, CREATED_IGNORED, 80 },
		{ 1, CREATED_MISREAD, 140 },
	};
	date_t to = date_from_ymd(2026, 11, 1);

	(void)state;
	for (size_t i = 0; i < COUNT(rows_of); i++)
		for (int days = 1; days <= 5; days += 2) {
			struct outcome o;

			fill(3000, days);
			per_second = rows_of[i].together;
			created = rows_of[i].created;
			o = fetch(to - days, DATE_NONE, to, 100, 0);
			if (o.rc < 0 || !each_once() || o.r.entries != rows || o.requests > rows_of[i].most + days)
				fail_msg("%zu, %d days: %s, %lld of %d, %lld requests", i, days, o.e.msg, (long long)sunk, rows, (long long)o.requests);
		}
}

/* Nine working days in eight parts: the one of two days comes first, for its chain is the longest. */
static void longest_first(void **state)
{
	date_t to = date_from_ymd(2026, 11, 1);
	int last = 0;

	(void)state;
	fill(3000, 12);
	connections = 1;
	nasked = 0;
	assert_int_equal(fetch(DATE_NONE, to - 12, to, 100, 0).rc, 0);
	connections = 4;
	assert_true(each_once());
	for (int i = 0; i < nasked; i++) {
		int weight = 0;

		for (date_t d = asked[i].from; d < asked[i].to; d++)
			weight += (d % 7 + 7) % 7 == 2 || (d % 7 + 7) % 7 == 3 ? 1 : 10;
		if (i == 0)
			assert_in_range(weight, 20, 29);
		else
			assert_in_range(weight, 1, last);
		last = weight;
	}
	assert_in_range(nasked, 8, 10);
	assert_in_range(last, 1, 19);
}

/* An entry is deleted and another booked while a chain is read: whatever is touched, what is not touched comes exactly once. */
static int moved_at;

static void move_once(int request)
{
	if (request == moved_at) {
		row[10].gone = row[555].gone = 1;
		row[0].gone = row[700].gone = 0;
	}
}

static void moving_chain(void **state)
{
	date_t to = date_from_ymd(2026, 11, 1);

	(void)state;
	for (moved_at = 1; moved_at < 12; moved_at++) {
		struct outcome o;

		fill(1000, 1);
		row[0].gone = row[700].gone = 1;
		move = move_once;
		o = fetch(to - 1, DATE_NONE, to, 100, 0);
		assert_int_equal(o.rc, 0);
		assert_in_range(o.requests, 10, 13);
		for (int i = 0; i < rows; i++)
			if (i != 0 && i != 10 && i != 555 && i != 700 && count[i] != 1)
				fail_msg("moved at %d: row %d came %d times", moved_at, i, count[i]);
	}
}

/* ---- reading again ---- */

static int reported[ROWS], missing;

static int each(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	const struct entry_key *items = ctx;
	char id[37];

	(void)e;
	reported[item]++;
	missing += now == NULL;
	if (now != NULL)
		assert_string_equal(now->id, text_uuid_unpack(id, items[item].id));
	return 0;
}

static int64_t reread(int n, enum reread_how how, date_t shift)
{
	static char ids[ROWS][40];
	static struct entry_key items[ROWS];
	struct err e = ERR_INIT;
	struct server s;
	struct http *h;
	int64_t requests;

	for (int i = 0; i < n; i++) {
		snprintf(ids[i], sizeof ids[i], "00000000-0000-4000-8000-%012d", i);
		assert_int_equal(entry_key_of(&items[i], ids[i], row[i].date == DATE_NONE ? DATE_NONE : row[i].date + shift, &e), 0);
	}
	memset(reported, 0, sizeof reported);
	missing = 0;
	server_start(&s, serve, NULL);
	h = open_http(&s);
	if (reread_entries(h, items, sizeof *items, (size_t)n, 100, how, each, items, &e) < 0)
		fail_msg("%s", e.msg);
	requests = http_stats(h).requests;
	http_close(h);
	server_stop(&s);
	for (int i = 0; i < n; i++)
		assert_int_equal(reported[i], 1);
	return requests;
}

static void reading_again(void **state)
{
	(void)state;
	fill(300, 30);
	assert_int_equal(reread(0, REREAD_ANY, 0), 0);
	assert_int_equal(reread(300, REREAD_ANY, 0), 3);
	assert_int_equal(reread(19, REREAD_ANY, 0), 1);
	assert_int_equal(reread(3, REREAD_ANY, 0), 3);
	assert_int_equal(reread(40, REREAD_BY_ID, 0), 40);
	row[3].gone = row[250].gone = 1;
	row[4].date = DATE_NONE;
	row[5].date -= 3000;
	/* Three pages, then a list of the four that they did not show, then the two that it did not show. */
	assert_int_equal(reread(300, REREAD_ANY, 0), 3 + 1 + 2);
	assert_int_equal(missing, 2);
	/* Remembered under dates where they no longer are. */
	fill(60, 3);
	assert_int_equal(reread(60, REREAD_ANY, 500), 1 + 2);
	fill(60, 3);
	drop = 98;
	reread(60, REREAD_ANY, 0);
	assert_int_equal(missing, 0);
	/* Few among many: pages of their days would be more questions than lists. */
	fill(3000, 30);
	assert_int_equal(reread(120, REREAD_ANY, 0), 1 + 1);
}

/* Two readings by the same connections, a turn at a time: each has its own answers, and one that is given up takes nothing from the next. */
static void readings_side_by_side(void **state)
{
	static struct entry_key items[2][ROWS];
	struct err e = ERR_INIT;
	struct reread *r[2];
	struct server s;
	struct http *h;
	char id[40];
	int busy, turns = 0;

	(void)state;
	fill(600, 30);
	row[3].gone = row[500].gone = 1;
	for (int i = 0; i < 600; i++) {
		snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", i);
		assert_int_equal(entry_key_of(&items[i / 300][i % 300], id, row[i].date, &e), 0);
	}
	memset(reported, 0, sizeof reported);
	missing = 0;
	server_start(&s, serve, NULL);
	h = open_http(&s);
	assert_int_equal(http_turn(h, 0, &e), 0);
	for (int k = 0; k < 2; k++)
		assert_non_null(r[k] = reread_new(h, items[k], sizeof **items, 300, 100, REREAD_ANY, each, items[k], &e));
	do {
		busy = 0;
		for (int k = 0; k < 2; k++) {
			int rc = reread_more(r[k], &e);

			assert_true(rc >= 0);
			busy |= rc;
		}
		assert_true(http_turn(h, turns++ % 2, &e) >= 0);
	} while (busy);
	assert_int_equal(missing, 2);
	for (int i = 0; i < 300; i++)
		assert_int_equal(reported[i], 2);
	for (int k = 0; k < 2; k++)
		reread_free(r[k]);
	memset(reported, 0, sizeof reported);
	assert_non_null(r[0] = reread_new(h, items[0], sizeof **items, 300, 100, REREAD_ANY, each, items[0], &e));
	assert_int_equal(reread_more(r[0], &e), 1);
	assert_true(http_queued(h) && http_turn(h, 0, &e) == 1);
	http_drop(h);
	reread_free(r[0]);
	assert_int_equal(http_turn(h, 1, &e), 0);
	assert_int_equal(reread_entries(h, items[0], sizeof **items, 300, 100, REREAD_ANY, each, items[0], &e), 0);
	for (int i = 0; i < 300; i++)
		assert_int_equal(reported[i], 1);
	http_close(h);
	server_stop(&s);
}

static void reading_what_is_expected(void **state)
{
	(void)state;
	fill(300, 300);
	assert_int_equal(reread(300, REREAD_UNBILLED, 0), 3);
	for (int i = 0; i < 300; i++)
		row[i].billed = i < 200;
	/* 200 of them are not what was expected: read without that condition. */
	assert_in_range(reread(300, REREAD_UNBILLED, 0), 1 + 2 + 1, 12);
	assert_in_range(reread(300, REREAD_BILLED, 0), 2 + 2, 15);
	assert_int_equal(missing, 0);
	for (int i = 0; i < 300; i++)
		row[i].billed = 1;
	row[7].gone = row[8].gone = 1;
	assert_in_range(reread(300, REREAD_BILLED, 0), 3 + 2, 20);
	assert_int_equal(missing, 2);
}

static void thin_out(int request)
{
	for (int i = 0; i < 110 && request == 1; i++)
		row[i].gone = 1;
}

/* All pages that the items fill are asked for at once, whatever the first one will say; a server with smaller ones has more of them. */
static void expected_pages(void **state)
{
	(void)state;
	fill(300, 1);
	move = thin_out;
	assert_int_equal(reread(300, REREAD_ANY, 0), 3 + 3 + 110);
	assert_int_equal(missing, 110);
	fill(300, 1);
	size_max = 50;
	assert_int_equal(reread(300, REREAD_ANY, 0), 6);
	assert_int_equal(missing, 0);
}

/* A server that takes no long URLs, and one that knows no condition on ids. */
static void refused_lists(void **state)
{
	(void)state;
	fill(60, 60);
	list_max = 20;
	assert_int_equal(reread(60, REREAD_ANY, 1000), 1 + 2 + 2 + 5);
	list_max = 0;
	assert_int_equal(reread(60, REREAD_ANY, 1000), 1 + 2 + 3 + 5 + 10 + 60);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete), cmocka_unit_test(in_two_steps), cmocka_unit_test(undated), cmocka_unit_test(short_pages), cmocka_unit_test(moving_day), cmocka_unit_test(chains), cmocka_unit_test(longest_first), cmocka_unit_test(moving_chain), cmocka_unit_test(reading_again), cmocka_unit_test(readings_side_by_side),
		cmocka_unit_test(reading_what_is_expected), cmocka_unit_test(expected_pages), cmocka_unit_test(refused_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
