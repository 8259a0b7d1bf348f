/* The thread beside the caller: what runs where, that nothing depends on it, and what happens when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>

#include "awork/http.h"
#include "base/clock.h"
#include "test_awork_server.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define MANY 300

/* ---- what the system refuses ---- */

static atomic_int no_threads, no_poll;
static _Thread_local int is_test; /* the test's own thread */

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *ctx)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
	    (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))(uintptr_t)dlsym(RTLD_NEXT, "pthread_create");

	return is_test && no_threads ? EAGAIN : next(t, a, f, ctx);
}

static int fake_poll(struct pollfd *p, nfds_t n, int ms)
{
	int (*next)(struct pollfd *, nfds_t, int) = (int (*)(struct pollfd *, nfds_t, int))(uintptr_t)dlsym(RTLD_NEXT, "poll");

	if (!is_test && no_poll) {
		errno = ENOMEM;
		return -1;
	}
	return next(p, n, ms);
}

int poll(struct pollfd *p, nfds_t n, int ms)
{
	return fake_poll(p, n, ms);
}

int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size);

int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size)
{
	(void)size;
	return fake_poll(p, n, ms);
}

/* ---- a request and its server ---- */

struct asked {
	char path[16], again[16];
	struct http *http;  /* `done` asks for `again` */
	struct buf got;
	int pieces, foreign, done, restarts, wrong; /* foreign: pieces by another thread */
	int blocked;        /* that thread gets no SIGINT */
	long status;
	sem_t *wait, *post; /* `done` waits, `piece` posts */
	int seconds;
	atomic_int *ahead;  /* answers begun to be read and not dealt with */
	int most;
};

static int on_piece(void *ctx, const char *p, size_t n, struct err *e)
{
	struct asked *a = ctx;
	sigset_t now;

	if (a->ahead != NULL && a->pieces == 0)
		atomic_fetch_add(a->ahead, 1);
	a->pieces++;
	a->foreign += !is_test;
	a->blocked |= pthread_sigmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGINT) && sigismember(&now, SIGTERM);
	buf_add(&a->got, p, n);
	if (a->post != NULL)
		sem_post(a->post);
	return memchr(p, '!', n) != NULL ? err_set(e, ERR_DATA, "not this") : 0;
}

static void on_restart(void *ctx)
{
	struct asked *a = ctx;

	a->wrong |= !is_test;
	a->restarts++;
	buf_reset(&a->got);
}

static int on_done(void *ctx, const struct http_answer *answer, struct err *e)
{
	struct asked *a = ctx;
	struct timespec until;

	a->wrong |= !is_test;
	a->done++;
	a->status = answer->status;
	if (a->ahead != NULL) {
		a->most = atomic_load(a->ahead);
		(void)clock_sleep_ms(10);
		atomic_fetch_sub(a->ahead, 1);
	}
	if (a->wait != NULL) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += a->seconds;
		if (sem_timedwait(a->wait, &until) < 0)
			return err_set(e, ERR_SOFTWARE, "nothing was read meanwhile");
	}
	if (a->again[0] != '\0') {
		struct http_request r = { .method = "GET", .path = a->path, .piece = on_piece, .restart = on_restart, .done = on_done, .ctx = a };

		memcpy(a->path, a->again, sizeof a->path);
		a->again[0] = '\0';
		return http_add(a->http, &r, e);
	}
	return 0;
}

static struct http *open_http(const char *url, int connections, int one_thread)
{
	struct http_config c = { .base_url = url, .token = "token", .user_agent = "test", .connections = connections, .tries = 4, .budget_ms = 60000, .connect_ms = 2000,
		.total_ms = 3000, .max_requests = 10000, .max_body = 1000000, .one_thread = one_thread };
	struct err e = ERR_INIT;
	struct http *h = http_open(&c, &e);

	if (h == NULL)
		fail_msg("%s", e.msg);
	return h;
}

static void ask(struct http *h, struct asked *a, const char *path)
{
	struct http_request r = { .method = "GET", .path = a->path, .piece = on_piece, .restart = on_restart, .done = on_done, .ctx = a };
	struct err e = ERR_INIT;

	snprintf(a->path, sizeof a->path, "%s", path);
	assert_int_equal(http_add(h, &r, &e), 0);
}

/* /a/N: a body of N times 100 bytes. /f/N: every third N first fails, in one of four ways. /r: "!". /s: never. */
static int serve(struct server *s, const char *method, const char *target, const char *body, struct buf *out)
{
	static int asked[MANY];
	const char *path = target + strlen("/api");
	int n = path[1] == 'a' || path[1] == 'f' ? atoi(path + 3) : 0;
	struct buf b = BUF_INIT;

	(void)method;
	(void)body;
	if (s->ctx != NULL) {
		memset(asked, 0, sizeof asked);
		s->ctx = NULL;
	}
	if (path[1] == 's')
		return 0;
	if (path[1] == 'f' && n % 3 == 0 && asked[n % MANY]++ == 0) {
		if (n % 12 < 3)
			return 1;
		if (n % 12 < 6)
			server_answer(out, 503, "Retry-After: 0\r\n", "busy");
		else if (n % 12 < 9)
			buf_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[1, 2, 3");
		else
			buf_str(out, "no answer at all\r\n\r\n");
		return n % 12 < 3 || n % 12 >= 6;
	}
	for (int i = 0; i < n; i++)
		buf_fmt(&b, "%100d", i);
	server_answer(out, 200, "", path[1] == 'r' ? "!" : buf_text(&b));
	buf_free(&b);
	return 0;
}

static void begin(struct server *s)
{
	is_test = 1;
	server_start(s, serve, s);
}

/* ---- the tests ---- */

static void who_runs_what(void **state)
{
	static const struct { int one_thread, refused, foreign; } rows[] = { { 0, 0, 1 }, { 1, 0, 0 }, { 0, 1, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked a[4] = { 0 };
		struct err e = ERR_INIT;
		struct server s;
		struct http *h;
		sigset_t now;

		begin(&s);
		h = open_http(s.url, 2, rows[i].one_thread);
		no_threads = rows[i].refused;
		for (int k = 0; k < 4; k++)
			ask(h, &a[k], k == 0 ? "/f/3" : "/a/50");
		assert_int_equal(http_run(h, &e), 0);
		no_threads = 0;
		for (int k = 0; k < 4; k++) {
			assert_true(a[k].done == 1 && a[k].status == 200 && !a[k].wrong);
			assert_int_equal(a[k].got.n, k == 0 ? 300 : 5000);
			assert_int_equal(a[k].foreign, rows[i].foreign ? a[k].pieces : 0);
			assert_int_equal(a[k].blocked, rows[i].foreign);
			buf_free(&a[k].got);
		}
		assert_int_equal(a[0].restarts, 1);
		assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
		assert_false(sigismember(&now, SIGINT));
		http_close(h);
		server_stop(&s);
	}
}

/* While one answer is dealt with the next one is read; and no more of them than there are connections. */
static void beside(void **state)
{
	struct asked a[2] = { 0 }, many[40] = { 0 };
	struct err e = ERR_INIT;
	struct server s;
	struct http *h;
	atomic_int ahead = 0;
	sem_t read;

	(void)state;
	begin(&s);
	h = open_http(s.url, 1, 0);
	sem_init(&read, 0, 0);
	ask(h, &a[0], "/a/1");
	ask(h, &a[1], "/a/1");
	a[1].post = &read;
	a[0].wait = &read;
	a[0].seconds = 1;
	/* One connection: its slot is taken until `done` returns. */
	assert_int_equal(http_run(h, &e), -1);
	assert_string_equal(e.msg, "nothing was read meanwhile");
	http_close(h);
	buf_free(&a[0].got);
	buf_free(&a[1].got);
	err_clear(&e);
	memset(a, 0, sizeof a);
	h = open_http(s.url, 2, 0);
	ask(h, &a[0], "/a/1");
	ask(h, &a[1], "/a/1");
	a[0].post = a[1].post = a[0].wait = a[1].wait = &read;
	a[0].seconds = a[1].seconds = 10;
	assert_int_equal(http_run(h, &e), 0);
	http_close(h);
	h = open_http(s.url, 3, 0);
	for (size_t i = 0; i < COUNT(many); i++) {
		many[i].ahead = &ahead;
		ask(h, &many[i], "/a/1");
	}
	assert_int_equal(http_run(h, &e), 0);
	for (size_t i = 0; i < COUNT(many); i++) {
		assert_in_range(many[i].most, 1, 3);
		buf_free(&many[i].got);
	}
	http_close(h);
	buf_free(&a[0].got);
	buf_free(&a[1].got);
	sem_destroy(&read);
	server_stop(&s);
}

/* Whatever fails on the way: with the thread and without, every request ends alike. */
static void alike(void **state)
{
	static struct asked a[2][MANY];

	(void)state;
	memset(a, 0, sizeof a);
	for (int alone = 0; alone < 2; alone++) {
		struct err e = ERR_INIT;
		struct server s;
		struct http *h;

		begin(&s);
		h = open_http(s.url, 5, alone);
		for (int i = 0; i < MANY; i++) {
			char path[16];

			snprintf(path, sizeof path, "/%c/%d", i % 7 == 6 ? 'a' : 'f', i);
			if (i % 11 == 10)
				snprintf(a[alone][i].again, sizeof a[alone][i].again, "/a/%d", i + 1);
			a[alone][i].http = h;
			ask(h, &a[alone][i], path);
		}
		if (http_run(h, &e) < 0)
			fail_msg("%s", e.msg);
		http_close(h);
		server_stop(&s);
	}
	for (int i = 0; i < MANY; i++) {
		struct asked *x = &a[0][i], *y = &a[1][i];

		assert_true(x->done == y->done && x->status == y->status && x->got.n == y->got.n && !x->wrong && !y->wrong);
		/* On a connection that was used before and is closed curl asks again by itself. */
		assert_true(i % 12 == 0 || (x->restarts == y->restarts && x->restarts == (i % 3 == 0 && i % 7 != 6)));
		assert_true(i == 0 || memcmp(x->got.p, y->got.p, x->got.n) == 0);
		buf_free(&x->got);
		buf_free(&y->got);
	}
}

static volatile int stop;

static void set_stop(void *ctx)
{
	(void)ctx;
	stop = 1;
}

/* What is under way is taken back before http_run() returns: nobody is called any more, and the next run is as the first. */
static void taken_back(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct asked a[6] = { 0 };
		struct err e = ERR_INIT;
		struct server s;
		struct http *h;
		int64_t from = clock_boot_ms();

		begin(&s);
		h = open_http(s.url, 4, 0);
		ask(h, &a[0], how == 0 ? "/r" : "/a/9");
		ask(h, &a[1], "/s");
		ask(h, &a[2], "/a/5000");
		ask(h, &a[3], "/a/5000");
		ask(h, &a[4], "/a/1");
		if (how == 1) {
			stop = 0;
			http_stop_flag(h, &stop);
			http_tick(h, set_stop, NULL);
		}
		no_poll = how == 2;
		assert_int_equal(http_run(h, &e), -1);
		no_poll = 0;
		assert_int_equal(e.code, how == 0 ? ERR_DATA : how == 1 ? ERR_TEMPFAIL : ERR_OS);
		assert_true(how != 2 || strstr(e.msg, "waiting for the network") != NULL);
		assert_true(clock_boot_ms() - from < 2000);
		for (int i = 0; i < 5; i++)
			buf_free(&a[i].got);
		http_tick(h, NULL, NULL);
		stop = 0;
		err_clear(&e);
		ask(h, &a[5], "/a/2");
		assert_int_equal(http_run(h, &e), 0);
		assert_int_equal(a[5].got.n, 200);
		buf_free(&a[5].got);
		http_close(h);
		server_stop(&s);
	}
}

/* What was begun without a thread goes on with it: the first request has no `piece`. */
static void late(void **state)
{
	struct asked first = { 0 }, second = { 0 };
	struct http_request r = { .method = "GET", .path = "/a/7", .done = on_done, .ctx = &first };
	struct err e = ERR_INIT;
	struct server s;
	struct http *h;

	(void)state;
	begin(&s);
	h = open_http(s.url, 4, 0);
	assert_int_equal(http_add(h, &r, &e), 0);
	ask(h, &second, "/a/8");
	assert_int_equal(http_run(h, &e), 0);
	assert_true(first.done == 1 && first.pieces == 0 && second.done == 1 && second.got.n == 800 && second.foreign == second.pieces);
	assert_int_equal(http_stats(h).bytes, 1500);
	buf_free(&second.got);
	http_close(h);
	server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(who_runs_what), cmocka_unit_test(beside), cmocka_unit_test(alike), cmocka_unit_test(taken_back), cmocka_unit_test(late) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
