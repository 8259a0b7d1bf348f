#include "awork/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "awork/dump.h"
#include "awork/job.h"
#include "awork/pacer.h"
#include "awork/pump.h"
#include "awork/replay.h"
#include "awork/retry.h"
#include "base/buf.h"
#include "base/clock.h"

#define POLL_MS 200 /* how long a stop flag may go unseen */

struct http {
	struct pump *pump;     /* NULL: the answers come from the dump below */
	struct replay *replay;
	struct dump *dump;     /* what is read is written there, too; or NULL */
	int tries, running;
	int64_t max_requests;
	struct job_list jobs;
	struct job_budget budget;
	struct pacer pacer;
	int64_t hold_ms;  /* no further request before this instant */
	int64_t asked_ms; /* what the last answer of a POST asked to wait, or -1 */
	int64_t tick_ms;
	uint64_t random;
	const volatile int *stop;
	void (*tick)(void *ctx);
	void *tick_ctx;
	struct http_stats stats;
};

/* xorshift64*: jitter needs no more. */
static uint32_t next_random(struct http *h)
{
	h->random ^= h->random >> 12;
	h->random ^= h->random << 25;
	h->random ^= h->random >> 27;
	return (uint32_t)((h->random * 2685821657736338717u) >> 32);
}

static int stopped(const struct http *h)
{
	return h->stop != NULL && *h->stop != 0;
}

struct http *http_open(const struct http_config *c, struct err *e)
{
	struct http *h = calloc(1, sizeof *h);

	if (h == NULL) {
		err_nomem(e);
		return NULL;
	}
	h->tries = c->tries < 1 ? 1 : c->tries;
	h->max_requests = c->max_requests;
	h->budget.left_ms = c->budget_ms;
	pacer_init(&h->pacer, c->rate_share == 0 ? 100 : c->rate_share);
	h->asked_ms = -1;
	if (getrandom(&h->random, sizeof h->random, 0) != (ssize_t)sizeof h->random || h->random == 0)
		h->random = (uint64_t)clock_boot_ms() | 1;
	if (c->from_dump != NULL)
		h->replay = replay_open(c->from_dump, e);
	else
		h->pump = pump_open(c, e);
	if ((h->pump != NULL || h->replay != NULL) &&
	    (c->save_dump == NULL || (h->dump = dump_open(c->save_dump, c->token, c->redact, e)) != NULL))
		return h;
	http_close(h);
	return NULL;
}

int http_add(struct http *h, const struct http_request *r, struct err *e)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-_";
	struct http_request teed;
	struct job *j;

	if (r->path[0] != '/' || r->path[strspn(r->path, plain)] != '\0' || (strcmp(r->method, "POST") == 0) != (r->body != NULL))
		return err_set(e, ERR_SOFTWARE, "malformed request %s %s", r->method, r->path);
	if (h->dump != NULL) {
		if (dump_tee(h->dump, r, &teed, e) < 0)
			return -1;
		r = &teed;
	}
	j = job_new(r);
	if (j == NULL)
		return err_nomem(e);
	if (r->again > 0 && h->replay == NULL) {
		int64_t now = clock_boot_ms(), wait = retry_wait_ms(r->again, -1, next_random(h));

		if (job_charge(&h->budget, now, wait) < 0) {
			job_free(j);
			return err_set(e, ERR_PROTOCOL, "%s %s: no usable answer (%s), and the time for retries is used up", r->method, r->path,
			    r->again_why != NULL && r->again_why[0] != '\0' ? r->again_why : "rows and total differ");
		}
		j->due_ms = now + wait;
		h->stats.retries++;
	}
	job_put(&h->jobs, j);
	return 0;
}

static int begin(struct http *h, struct wire_slot *s, struct job *j, struct err *e)
{
	if (h->stats.requests >= h->max_requests) {
		err_set(e, ERR_PROTOCOL, "more than %lld requests in one run: stopped", (long long)h->max_requests);
		goto bad;
	}
	if (j->tries > 0 && j->r.restart != NULL)
		j->r.restart(j->r.ctx);
	if (pump_begin(h->pump, s, &j->r, j, e) < 0)
		goto bad;
	j->tries++;
	h->stats.requests++;
	pacer_began(&h->pacer);
	return 0;
bad:
	job_free(j);
	return -1;
}

static int begin_ready(struct http *h, struct err *e)
{
	int64_t now = clock_boot_ms();
	struct wire_slot *s;

	while (now >= h->hold_ms && pacer_wait_ms(&h->pacer, now) == 0 && (s = pump_idle(h->pump)) != NULL) {
		struct job *j = job_take(&h->jobs, now);

		if (j == NULL)
			break;
		if (begin(h, s, j, e) < 0)
			return -1;
	}
	return 0;
}

static int denied(struct wire_slot *s, struct err *e)
{
	struct buf b = BUF_INIT;

	answer_explain(s->body.p, s->body.n, &b);
	if (b.n == 0)
		buf_str(&b, "no reason given");
	if (s->head.trace_id[0] != '\0')
		buf_fmt(&b, " (trace-id %s)", s->head.trace_id);
	err_set(e, ERR_NOPERM, "%s %s: awork answered %ld: %s. It needs a valid API key of an administrator "
	    "(awork answers 401 for a missing permission, too)", s->r->method, s->r->path, s->head.status, buf_text(&b));
	buf_free(&b);
	return -1;
}

static int redirected(struct wire_slot *s, struct err *e)
{
	s->head.location[strcspn(s->head.location, "?#")] = '\0';
	return err_set(e, ERR_PROTOCOL, "%s %s: redirected (%ld) to %s: never followed. Is [awork] base_url right?", s->r->method, s->r->path,
	    s->head.status, s->head.location[0] != '\0' && strchr(s->head.location, '@') == NULL ? s->head.location : "an unknown place");
}

static int64_t server_wait(const struct wire_slot *s)
{
	int64_t ms = retry_after_ms(s->head.retry_after[0] != '\0' ? s->head.retry_after : NULL, clock_wall_utc());

	return ms >= 0 ? ms : retry_reset_ms(s->head.reset[0] != '\0' ? s->head.reset : NULL);
}

/* Puts the job among the waiting, or says why there is no further try. */
static int try_again(struct http *h, struct wire_slot *s, struct err *e)
{
	struct job *j = s->owner;
	int64_t asked = s->broken == NULL ? server_wait(s) : -1;
	int64_t now = clock_boot_ms(), wait = retry_wait_ms(j->tries, asked, next_random(h));
	int last = j->tries >= h->tries;
	struct buf b = BUF_INIT;

	if (!last && job_charge(&h->budget, now, wait) == 0) {
		j->due_ms = now + wait;
		if (s->head.status == 429 && asked >= 0 && h->hold_ms < j->due_ms)
			h->hold_ms = j->due_ms;
		h->stats.retries++;
		s->owner = NULL;
		job_put(&h->jobs, j);
		return 0;
	}
	if (s->broken == NULL) {
		buf_fmt(&b, "awork answered %ld: ", s->head.status);
		answer_explain(s->body.p, s->body.n, &b);
	}
	err_set(e, ERR_UNAVAILABLE, "%s %s at %s: %s%s%s (%d %s%s)", j->r.method, j->r.path, pump_host(h->pump),
	    s->broken != NULL ? s->broken : buf_text(&b), s->head.trace_id[0] != '\0' ? " trace-id " : "", s->head.trace_id,
	    j->tries, j->tries == 1 ? "try" : "tries",
	    last ? "" : ", the time for retries is used up");
	buf_free(&b);
	return -1;
}

static int deliver(struct http *h, struct wire_slot *s, struct err *e)
{
	const struct http_request *r = s->r;
	struct http_answer a = {
		.status = s->head.status, .aw_page = s->head.page, .aw_page_size = s->head.page_size, .aw_items = s->head.items,
		.aw_total = s->head.total, .trace_id = s->head.trace_id, .content_type = s->head.content_type, .body = buf_text(&s->body),
		.body_len = s->body.n, .broken = s->end == WIRE_HOPELESS ? s->fail.msg : s->broken, .maybe_applied = s->sent,
	};

	/* Of several in flight the longest wait that was asked for. */
	if (strcmp(r->method, "POST") == 0 && retry_status(s->head.status) && server_wait(s) > h->asked_ms)
		h->asked_ms = server_wait(s);
	if (r->done(r->ctx, &a, e) == 0)
		return 0;
	return err_set(e, ERR_SOFTWARE, "%s %s: refused without a reason", r->method, r->path);
}

static int judge(struct http *h, struct wire_slot *s, struct err *e)
{
	int get = strcmp(s->r->method, "GET") == 0;
	long status = s->head.status;

	if (s->r->maybe) {
		const int64_t asked = status == 429 ? server_wait(s) : -1;

		if (asked >= 0 && h->hold_ms < clock_boot_ms() + asked)
			h->hold_ms = clock_boot_ms() + asked;
		return deliver(h, s, e);
	}
	if (s->end == WIRE_HOPELESS)
		return err_set(e, s->fail.code, "%s", s->fail.msg);
	if (s->end == WIRE_BROKEN)
		return get ? try_again(h, s, e) : deliver(h, s, e);
	if (status == 401 || status == 403)
		return denied(s, e);
	if (status >= 300 && status < 400)
		return redirected(s, e);
	return get && retry_status(status) ? try_again(h, s, e) : deliver(h, s, e);
}

static const char *text_or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

/* Takes one transfer that has ended. 1: there was one, 0, -1. */
static int finish_one(struct http *h, struct err *e)
{
	struct wire_slot *s = NULL;
	int rc = pump_next(h->pump, &s, e);

	if (rc <= 0)
		return rc;
	pacer_ended(&h->pacer, clock_boot_ms(), text_or_null(s->head.limit), text_or_null(s->head.left), text_or_null(s->head.reset));
	rc = judge(h, s, e);
	job_free(s->owner);
	wire_release(s);
	return rc < 0 ? -1 : 1;
}

static void forget(void *job)
{
	job_free(job);
}

static void drop_all(struct http *h)
{
	if (h->pump != NULL)
		pump_abort(h->pump, forget);
	h->pacer.in_flight = 0;
	job_drop_all(&h->jobs);
}

static void call_tick(struct http *h)
{
	int64_t now = clock_boot_ms();

	if (h->tick == NULL || now - h->tick_ms < POLL_MS / 2)
		return;
	h->tick_ms = now;
	h->tick(h->tick_ctx);
}

static int wait_ms(struct http *h)
{
	int64_t now = clock_boot_ms(), due = job_next_due(&h->jobs), paced = now + pacer_wait_ms(&h->pacer, now);

	/* With all slots taken only the network can bring news. */
	if (pump_idle(h->pump) == NULL)
		return POLL_MS;
	if (h->jobs.first != NULL)
		due = now;
	if (due < h->hold_ms)
		due = h->hold_ms;
	if (due < paced)
		due = paced;
	if (due <= now)
		return 0;
	return due - now < POLL_MS ? (int)(due - now) : POLL_MS;
}

static int step(struct http *h, int wait, struct err *e)
{
	int moved, ended;

	if (stopped(h))
		return err_set(e, ERR_TEMPFAIL, "stopped by a signal");
	if (begin_ready(h, e) < 0 || (moved = pump_move(h->pump, e)) < 0)
		return -1;
	/* One at a time: whoever takes its place goes out before the next one is dealt with. */
	ended = finish_one(h, e);
	if (ended < 0)
		return -1;
	call_tick(h);
	if (!wait || moved > 0 || ended > 0 || (pump_busy(h->pump) == 0 && job_none(&h->jobs)))
		return 0;
	return pump_wait(h->pump, wait_ms(h), e);
}

/* One after the other, in the order of asking; those without an answer last. */
static int step_replay(struct http *h, struct err *e)
{
	struct job *j;
	int rc;

	if (stopped(h))
		return err_set(e, ERR_TEMPFAIL, "stopped by a signal");
	j = job_pick(&h->jobs, replay_answers, h->replay);
	if (j == NULL)
		return err_set(e, ERR_SOFTWARE, "a request waits in a run from a dump");
	h->stats.requests++;
	rc = replay_serve(h->replay, &j->r, e);
	job_free(j);
	call_tick(h);
	return rc;
}

static int is_busy(const struct http *h)
{
	return (h->pump != NULL && pump_busy(h->pump) > 0) || !job_none(&h->jobs);
}

int http_turn(struct http *h, int wait, struct err *e)
{
	int rc = 0;

	if (h->running)
		return err_set(e, ERR_SOFTWARE, "a request is driven from within another one");
	h->running = 1;
	if (is_busy(h))
		rc = h->pump != NULL ? step(h, wait, e) : step_replay(h, e);
	if (rc < 0)
		drop_all(h);
	else if (h->pump != NULL && !is_busy(h))
		pump_rest(h->pump);
	h->running = 0;
	return rc < 0 ? -1 : is_busy(h);
}

int http_run(struct http *h, struct err *e)
{
	int rc;

	h->asked_ms = -1;
	while ((rc = http_turn(h, 1, e)) > 0)
		;
	return rc;
}

void http_drop(struct http *h)
{
	drop_all(h);
}

int http_queued(const struct http *h)
{
	return !job_none(&h->jobs);
}

int http_do(struct http *h, const struct http_request *r, struct err *e)
{
	return http_add(h, r, e) < 0 ? -1 : http_run(h, e);
}

int http_wait(struct http *h, int attempt, struct err *e)
{
	int64_t now = clock_boot_ms(), wait = retry_wait_ms(attempt, h->asked_ms, next_random(h));
	int64_t until = now + wait;

	if (job_charge(&h->budget, now, wait) < 0)
		return err_set(e, ERR_TEMPFAIL, "awork asks to wait, and the time for retries is used up");
	while ((now = clock_boot_ms()) < until) {
		if (stopped(h))
			return err_set(e, ERR_TEMPFAIL, "stopped by a signal");
		/* A signal ends the sleep early; the loop sees why. */
		(void)clock_sleep_ms(until - now < POLL_MS ? until - now : POLL_MS);
		call_tick(h);
	}
	return 0;
}

void http_stop_flag(struct http *h, const volatile int *stop)
{
	h->stop = stop;
}

void http_tick(struct http *h, void (*tick)(void *ctx), void *ctx)
{
	h->tick = tick;
	h->tick_ctx = ctx;
}

int64_t http_paced_ms(const struct http *h)
{
	return h->jobs.first != NULL ? pacer_wait_ms(&h->pacer, clock_boot_ms()) : 0;
}

int http_tries(const struct http *h)
{
	return h->tries;
}

int64_t http_cpu_us(const struct http *h)
{
	return h->pump != NULL ? pump_cpu_us(h->pump) : 0;
}

struct http_stats http_stats(const struct http *h)
{
	struct http_stats s = h->stats;

	s.bytes = h->pump != NULL ? pump_bytes(h->pump) : replay_bytes(h->replay);
	return s;
}

int http_end_dump(struct http *h, int status, struct err *e)
{
	int rc = h == NULL || h->dump == NULL ? 0 : dump_finish(h->dump, status, e);

	if (h != NULL) {
		dump_free(h->dump);
		h->dump = NULL;
	}
	return rc;
}

void http_close(struct http *h)
{
	if (h == NULL)
		return;
	drop_all(h);
	pump_close(h->pump);
	dump_free(h->dump);
	replay_free(h->replay);
	free(h);
}

char *http_escape(const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	struct buf b = BUF_INIT;

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL) {
			buf_ch(&b, *s);
		} else {
			buf_ch(&b, '%');
			buf_ch(&b, hex[c >> 4]);
			buf_ch(&b, hex[c & 15]);
		}
	}
	buf_add(&b, "", 0);
	if (!buf_ok(&b) || b.p == NULL) {
		buf_free(&b);
		return NULL;
	}
	return b.p;
}

const char *http_version(void)
{
	return wire_version();
}
