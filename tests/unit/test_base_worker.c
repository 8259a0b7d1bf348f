/* Jobs of a second thread: their order, how many wait, what becomes of errors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/worker.h"

#define JOBS 200

static struct {
	pthread_mutex_t lock;
	int done[JOBS], rc[JOBS], n; /* numbers of jobs in the order in which they were done */
	pthread_t by;
	int held;                    /* jobs stand still */
	int fails[JOBS];
	int masked;                  /* signals are not for that thread */
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void begin(void)
{
	memset(seen.done, 0, sizeof seen.done);
	memset(seen.rc, 0, sizeof seen.rc);
	memset(seen.fails, 0, sizeof seen.fails);
	seen.n = seen.held = seen.masked = 0;
}

static int held(void)
{
	int is;

	pthread_mutex_lock(&seen.lock);
	is = seen.held;
	pthread_mutex_unlock(&seen.lock);
	return is;
}

static void hold(int on)
{
	pthread_mutex_lock(&seen.lock);
	seen.held = on;
	pthread_mutex_unlock(&seen.lock);
}

static int job(void *arg, int rc, struct err *e)
{
	int k = *(int *)arg;
	sigset_t now;

	free(arg); /* each is done once, or ASan says so */
	while (held())
		usleep(100);
	pthread_mutex_lock(&seen.lock);
	seen.done[seen.n] = k;
	seen.rc[seen.n++] = rc;
	seen.by = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	seen.masked = sigismember(&now, SIGTERM) && sigismember(&now, SIGINT);
	pthread_mutex_unlock(&seen.lock);
	return seen.fails[k] ? err_set(e, ERR_IO, "job %d failed", k) : 0;
}

static int put(struct worker *w, int k, struct err *e)
{
	int *arg = malloc(sizeof *arg);

	assert_non_null(arg);
	*arg = k;
	return worker_put(w, job, arg, e);
}

static void in_order(int alone)
{
	struct err e = ERR_INIT;
	struct worker *w = worker_new(3, alone, &e);

	begin();
	for (int k = 0; k < JOBS; k++)
		assert_int_equal(put(w, k, &e), 0);
	assert_int_equal(worker_wait(w, &e), 0);
	assert_int_equal(seen.n, JOBS);
	for (int k = 0; k < JOBS; k++)
		assert_true(seen.done[k] == k && seen.rc[k] == 0);
	assert_int_equal(pthread_equal(seen.by, pthread_self()) != 0, alone);
	assert_int_equal(seen.masked, !alone);
	assert_int_equal(worker_end(w, 0, &e), 0);
}

static void jobs_are_done_in_order(void **state)
{
	(void)state;
	in_order(0);
	in_order(1);
}

/* A job that fails: those behind it are only cleared away, and the caller hears of the first. */
static void first_of_errors(int alone)
{
	struct err e = ERR_INIT;
	struct worker *w = worker_new(4, alone, &e);

	begin();
	seen.fails[3] = seen.fails[5] = 1;
	for (int k = 0; k < 8; k++) {
		struct err now = ERR_INIT;

		if (put(w, k, &now) < 0)
			assert_string_equal(now.msg, "job 3 failed");
		else if (alone)
			assert_true(k < 3);
	}
	assert_int_equal(worker_wait(w, &e), -1);
	assert_string_equal(e.msg, "job 3 failed");
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(seen.n, 8);
	for (int k = 0; k < 8; k++)
		assert_true(seen.done[k] == k && seen.rc[k] == (k > 3 ? -1 : 0));
	err_clear(&e);
	assert_int_equal(worker_end(w, 0, &e), -1);
	assert_string_equal(e.msg, "job 3 failed");
}

static void the_first_error_is_told(void **state)
{
	(void)state;
	first_of_errors(0);
	first_of_errors(1);
}

static void *fill(void *arg)
{
	struct err e = ERR_INIT;

	for (int k = 0; k < 10; k++)
		put(arg, k, &e);
	return NULL;
}

/* One that is being done, and no more than there is room for; then everything is given up. */
static void no_more_wait_than_there_is_room_for(void **state)
{
	struct err e = ERR_INIT;
	struct worker *w = worker_new(2, 0, &e);
	pthread_t filler;

	(void)state;
	begin();
	hold(1);
	assert_int_equal(put(w, 100, &e), 0);
	assert_int_equal(put(w, 101, &e), 0);
	assert_int_equal(put(w, 102, &e), 0);
	assert_int_equal(pthread_create(&filler, NULL, fill, w), 0);
	usleep(20000);
	hold(0);
	pthread_join(filler, NULL);
	assert_int_equal(worker_end(w, -1, &e), -1);
	assert_int_equal(e.code, ERR_OK);
	assert_int_equal(seen.n, 13);
	assert_true(seen.done[0] == 100 && seen.done[3] == 0 && seen.done[12] == 9);
	assert_int_equal(worker_end(NULL, 0, &e), 0);
}

/* What is not begun when all is given up is cleared away. */
static void what_is_given_up_is_not_done(void **state)
{
	struct err e = ERR_INIT;
	struct worker *w = worker_new(3, 0, &e);

	(void)state;
	begin();
	seen.fails[0] = 1;
	for (int k = 0; k < 20; k++)
		put(w, k, &e);
	assert_int_equal(worker_end(w, -1, NULL), -1);
	assert_int_equal(seen.n, 20);
	for (int k = 1; k < 20; k++)
		assert_int_equal(seen.rc[k], -1);
}

static int turns;

static void on_turn(void *ctx)
{
	if (++*(int *)ctx == 5)
		hold(0);
}

/* Whoever waits, for room or for the end, has turns meanwhile; here the jobs stand still until there were some. */
static void turns_while_waiting(void **state)
{
	struct err e = ERR_INIT;
	struct worker *w = worker_new(2, 0, &e);

	(void)state;
	begin();
	worker_meanwhile(w, on_turn, &turns);
	for (int round = 0; round < 3; round++) {
		turns = 0;
		hold(1);
		for (int k = 0; k < (round == 0 ? 10 : 2); k++)
			assert_int_equal(put(w, k, &e), 0);
		if (round < 2)
			assert_int_equal(worker_wait(w, &e), 0);
		else
			assert_int_equal(worker_end(w, 0, &e), 0);
		assert_true(turns >= 5);
	}
	assert_int_equal(seen.n, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_are_done_in_order), cmocka_unit_test(the_first_error_is_told), cmocka_unit_test(no_more_wait_than_there_is_room_for),
		cmocka_unit_test(what_is_given_up_is_not_done), cmocka_unit_test(turns_while_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
