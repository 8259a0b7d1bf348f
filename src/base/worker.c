#include "base/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define MOMENT_NS 1000000

struct job { worker_job *work; void *job; };

struct worker {
	int alone;
	void (*meanwhile)(void *ctx);
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	struct job *v;        /* a ring of `room` jobs */
	size_t room, first, n;
	int busy, quit;
	int rc;               /* of the jobs so far */
	struct err e;         /* the first one's that failed */
};

/* ---- the thread ---- */

/* rc < 0: *e belongs to a job that came before. */
static int done(const struct job *j, int rc, struct err *e)
{
	struct err unheard = ERR_INIT;

	return j->work(j->job, rc, rc < 0 ? &unheard : e) < 0 ? -1 : rc;
}

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct err e = ERR_INIT;

	pthread_mutex_lock(&w->lock);
	while (w->n > 0 || !w->quit) {
		struct job j;
		int rc = w->rc;

		if (w->n == 0) {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		j = w->v[w->first];
		w->first = (w->first + 1) % w->room;
		w->n--;
		w->busy = 1;
		pthread_cond_broadcast(&w->changed);
		pthread_mutex_unlock(&w->lock);
		rc = done(&j, rc, &e);
		pthread_mutex_lock(&w->lock);
		if (w->rc == 0 && rc < 0) {
			w->rc = -1;
			w->e = e;
		}
		w->busy = 0;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are for the main thread. */
static int begin(struct worker *w)
{
	pthread_condattr_t clock;
	sigset_t all, before;
	int rc;

	if (pthread_condattr_init(&clock) != 0)
		return -1;
	/* One that nobody sets. */
	rc = pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) != 0 || pthread_mutex_init(&w->lock, NULL) != 0 ? -1 : 0;
	if (rc == 0)
		rc = pthread_cond_init(&w->changed, &clock);
	pthread_condattr_destroy(&clock);
	if (rc < 0)
		return -1;
	if (rc != 0) {
		pthread_mutex_destroy(&w->lock);
		return -1;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		return 0;
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	return -1;
}

/* ---- whoever hands jobs over ---- */

struct worker *worker_new(size_t room, int alone, struct err *e)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL || (w->v = calloc(room > 0 ? room : 1, sizeof *w->v)) == NULL) {
		free(w);
		err_nomem(e);
		return NULL;
	}
	w->room = room > 0 ? room : 1;
	w->e = (struct err)ERR_INIT;
	w->alone = alone || begin(w) < 0;
	return w;
}

void worker_meanwhile(struct worker *w, void (*turn)(void *ctx), void *ctx)
{
	w->meanwhile = turn;
	w->ctx = ctx;
}

/* Until something changes, or for a moment. */
static void await(struct worker *w)
{
	struct timespec until;

	if (w->meanwhile == NULL) {
		pthread_cond_wait(&w->changed, &w->lock);
		return;
	}
	pthread_mutex_unlock(&w->lock);
	w->meanwhile(w->ctx);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += MOMENT_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&w->lock);
	/* What has changed before is seen a moment later. */
	(void)pthread_cond_timedwait(&w->changed, &w->lock, &until);
}

/* Under the lock, or alone. */
static int came_to(const struct worker *w, struct err *e)
{
	return w->rc == 0 ? 0 : err_set(e, w->e.code, "%s", w->e.msg);
}

int worker_put(struct worker *w, worker_job *job, void *arg, struct err *e)
{
	const struct job j = { job, arg };
	int rc;

	if (w->alone) {
		w->rc = done(&j, w->rc, &w->e);
		return came_to(w, e);
	}
	pthread_mutex_lock(&w->lock);
	while (w->n == w->room)
		await(w);
	w->v[(w->first + w->n++) % w->room] = j;
	pthread_cond_broadcast(&w->changed);
	rc = came_to(w, e);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int worker_wait(struct worker *w, struct err *e)
{
	int rc;

	if (w->alone)
		return came_to(w, e);
	pthread_mutex_lock(&w->lock);
	while (w->n > 0 || w->busy)
		await(w);
	rc = came_to(w, e);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int worker_end(struct worker *w, int rc, struct err *e)
{
	if (w == NULL)
		return rc;
	if (!w->alone) {
		pthread_mutex_lock(&w->lock);
		while (rc == 0 && w->meanwhile != NULL && (w->n > 0 || w->busy))
			await(w);
		w->quit = 1;
		if (rc < 0)
			w->rc = -1;
		pthread_cond_broadcast(&w->changed);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
		pthread_cond_destroy(&w->changed);
		pthread_mutex_destroy(&w->lock);
	}
	if (rc == 0)
		rc = came_to(w, e);
	free(w->v);
	free(w);
	return rc;
}
