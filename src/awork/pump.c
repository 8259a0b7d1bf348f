#include "awork/pump.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 200 /* for the network; what else there is wakes the thread */

struct queue { struct wire_slot *first, *last; };

struct pump {
	struct wire *wire;
	int alone;           /* there is to be no thread */
	int there;           /* there is one */
	int busy;
	int bell, call;      /* readable: there is something for the caller, for the thread; -1: no thread so far */
	pthread_t thread;
	int64_t cpu_us;      /* of threads that are gone */
	pthread_mutex_t lock;
	/* under the lock */
	struct queue begun, ended;
	int quit;
	struct err lost;     /* the thread cannot go on */
};

static void put(struct queue *q, struct wire_slot *s)
{
	s->next = NULL;
	if (q->first == NULL)
		q->first = s;
	else
		q->last->next = s;
	q->last = s;
}

static struct wire_slot *take(struct queue *q)
{
	struct wire_slot *s = q->first;

	if (s != NULL)
		q->first = s->next;
	return s;
}

/* The counters are never full, and nobody waits for them under the lock. */
static void ring(int fd)
{
	while (eventfd_write(fd, 1) < 0 && errno == EINTR)
		;
}

static void hush(int fd)
{
	eventfd_t rung;

	(void)!eventfd_read(fd, &rung);
}

/* ---- the thread ---- */

static void hand_over(struct pump *p, struct wire_slot *s, enum wire_end end)
{
	int first;

	s->end = end;
	pthread_mutex_lock(&p->lock);
	first = p->ended.first == NULL;
	put(&p->ended, s);
	pthread_mutex_unlock(&p->lock);
	if (first)
		ring(p->bell);
}

/* Sends what was begun meanwhile. 0: to be ended. */
static int take_in(struct pump *p)
{
	struct wire_slot *s, *next;
	int go;

	pthread_mutex_lock(&p->lock);
	go = !p->quit;
	s = p->begun.first;
	p->begun.first = NULL;
	pthread_mutex_unlock(&p->lock);
	for (; go && s != NULL; s = next) {
		next = s->next;
		if (wire_send(p->wire, s) < 0)
			hand_over(p, s, WIRE_HOPELESS);
	}
	return go;
}

static int turn(struct pump *p, struct err *e)
{
	struct wire_slot *s;
	enum wire_end end;
	int moved = wire_move(p->wire, e);

	if (moved < 0)
		return -1;
	while ((end = wire_next(p->wire, &s, e)) != WIRE_NONE)
		hand_over(p, s, end);
	if (e->code != ERR_OK)
		return -1;
	if (moved == 0 && wire_wait(p->wire, p->call, wire_busy(p->wire) > 0 ? WAIT_MS : -1, e) < 0)
		return -1;
	hush(p->call);
	return 0;
}

static void *work(void *ctx)
{
	struct pump *p = ctx;
	struct err e = ERR_INIT;

	while (take_in(p)) {
		if (turn(p, &e) == 0)
			continue;
		pthread_mutex_lock(&p->lock);
		p->lost = e;
		pthread_mutex_unlock(&p->lock);
		ring(p->bell);
		break;
	}
	return NULL;
}

/* ---- the caller ---- */

/* Without a thread the program only takes longer. Signals are for the caller's thread. */
static void start(struct pump *p)
{
	sigset_t all, before;

	if (p->bell < 0)
		p->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->call < 0)
		p->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigfillset(&all);
	if (p->bell < 0 || p->call < 0 || pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
		p->alone = 1;
		return;
	}
	p->there = pthread_create(&p->thread, NULL, work, p) == 0;
	p->alone = !p->there;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct pump *pump_open(const struct http_config *c, struct err *e)
{
	struct pump *p = calloc(1, sizeof *p);

	if (p == NULL) {
		err_nomem(e);
		return NULL;
	}
	*p = (struct pump){ .bell = -1, .call = -1, .alone = c->one_thread, .lock = PTHREAD_MUTEX_INITIALIZER };
	p->wire = wire_open(c, e);
	if (p->wire == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

struct wire_slot *pump_idle(struct pump *p)
{
	return wire_idle(p->wire);
}

int pump_busy(const struct pump *p)
{
	return p->busy;
}

/* begun: NULL to end it. */
static void tell(struct pump *p, struct wire_slot *begun)
{
	pthread_mutex_lock(&p->lock);
	if (begun != NULL)
		put(&p->begun, begun);
	else
		p->quit = 1;
	pthread_mutex_unlock(&p->lock);
	ring(p->call);
}

int pump_begin(struct pump *p, struct wire_slot *s, const struct http_request *r, void *owner, struct err *e)
{
	if (r->piece != NULL && !p->there && !p->alone)
		start(p);
	if (wire_begin(p->wire, s, r, owner, e) < 0)
		return -1;
	if (p->there) {
		tell(p, s);
	} else if (wire_send(p->wire, s) < 0) {
		err_set(e, s->fail.code, "%s", s->fail.msg);
		wire_release(s);
		return -1;
	}
	p->busy++;
	return 0;
}

int pump_move(struct pump *p, struct err *e)
{
	return p->there ? 0 : wire_move(p->wire, e);
}

/* Of what has ended before the thread was lost, nothing is lost. */
static struct wire_slot *next_ended(struct pump *p, struct err *e)
{
	struct wire_slot *s;

	pthread_mutex_lock(&p->lock);
	s = take(&p->ended);
	if (s == NULL && p->lost.code != ERR_OK)
		err_set(e, p->lost.code, "%s", p->lost.msg);
	pthread_mutex_unlock(&p->lock);
	return s;
}

int pump_next(struct pump *p, struct wire_slot **s, struct err *e)
{
	struct err lost = ERR_INIT;
	enum wire_end end;

	if (p->there) {
		*s = next_ended(p, &lost);
	} else {
		end = wire_next(p->wire, s, &lost);
		if (end == WIRE_NONE)
			*s = NULL;
		else
			(*s)->end = end;
	}
	if (*s == NULL)
		return lost.code != ERR_OK ? err_set(e, lost.code, "%s", lost.msg) : 0;
	p->busy--;
	return 1;
}

int pump_wait(struct pump *p, int ms, struct err *e)
{
	struct pollfd bell = { .fd = p->bell, .events = POLLIN };

	if (!p->there)
		return wire_wait(p->wire, -1, ms, e);
	if (poll(&bell, 1, ms) < 0 && errno != EINTR)
		return err_sys(e, ERR_OS, "waiting for the network");
	hush(p->bell);
	return 0;
}

/* Of the thread so far. */
static int64_t thread_us(const struct pump *p)
{
	struct timespec t;
	clockid_t its;

	/* It may have ended by itself. */
	if (!p->there || pthread_getcpuclockid(p->thread, &its) != 0 || clock_gettime(its, &t) < 0)
		return 0;
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t pump_cpu_us(const struct pump *p)
{
	return p->cpu_us + thread_us(p);
}

void pump_rest(struct pump *p)
{
	if (!p->there)
		return;
	p->cpu_us += thread_us(p);
	tell(p, NULL);
	pthread_join(p->thread, NULL);
	p->there = p->quit = 0;
}

void pump_abort(struct pump *p, void (*forget)(void *owner))
{
	pump_rest(p);
	wire_abort(p->wire, forget);
	p->begun.first = p->ended.first = NULL;
	err_clear(&p->lost);
	p->busy = 0;
}

const char *pump_host(const struct pump *p)
{
	return wire_host(p->wire);
}

int64_t pump_bytes(const struct pump *p)
{
	return wire_bytes(p->wire);
}

void pump_close(struct pump *p)
{
	if (p == NULL)
		return;
	pump_rest(p);
	wire_close(p->wire);
	if (p->bell >= 0)
		close(p->bell);
	if (p->call >= 0)
		close(p->call);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
