/* HTTP to awork. Many requests in flight, driven by http_run(). When a request has a `piece`, a thread beside it (awork/pump.h) moves the network, inflates and calls `piece`; it is
 * gone when http_run() returns. All other callbacks are called by the thread that called http_run() or http_turn(). */
#ifndef AWORK_HTTP_H
#define AWORK_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct http;

struct http_config {
	const char *base_url;  /* https, or http to a loopback address only; no user, query or fragment */
	const char *token;     /* borrowed until http_close() */
	const char *ca_file;   /* private CA or NULL */
	const char *proxy;     /* or NULL: none, whatever the environment says */
	const char *user_agent;
	int connections;       /* requests in flight, 1..32 */
	int rate_share;        /* percent of the workspace's request limit that may be used, 1..100; 0: all of it */
	int tries;             /* per GET, 1..10 */
	int64_t budget_ms;     /* total waiting time for retries of the whole run */
	int64_t connect_ms, total_ms; /* per request */
	int64_t max_requests;  /* per run */
	size_t max_body;       /* decoded bytes per answer */
	const char *from_dump; /* answers come from this file (awork/replay.h), nothing is sent and no token needed; or NULL */
	const char *save_dump; /* answers go into this file, too (awork/dump.h); or NULL */
	int redact;            /* with save_dump: without what tells about people */
	int one_thread;        /* all of it by the caller's thread: the same, but no faster than one processor */
};

/* What came back. Header values are borrowed until the callback returns; -1 for a number that was absent, -2 for one that is none. */
struct http_answer {
	long status;
	int64_t aw_page, aw_page_size, aw_items, aw_total;
	const char *trace_id;      /* "" when absent */
	const char *content_type;
	const char *body;          /* whole body, unless the request had a `piece` callback that took it; NUL-terminated */
	size_t body_len;
	/* Transport trouble (status 0 or a body that did not arrive whole): what curl said; NULL when the answer is whole. */
	const char *broken;
	int maybe_applied;         /* the request may have reached awork although no whole answer came */
};

struct http_request {
	const char *method;       /* "GET" or "POST" */
	const char *path;         /* below base_url, "/timeentries"; letters, digits, '/', '-', '_' only */
	const char *query;        /* encoded, without '?', or NULL */
	const char *body;         /* POST: JSON, copied */
	/* 0 for a new question. n > 0: the n-th repetition because the answer was whole but not usable; it waits as the n-th retry does,
	 * from the same budget, and counts as a retry. */
	int again;
	const char *again_why;    /* with `again`: what was wrong with the answers so far; borrowed during http_add() */
	/* 1: before all that waits in the queue, so that what belongs together is not held in memory for long. */
	int soon;
	/* 1, GET: asked on the chance, before it is known to be needed. One try; `done` gets whatever came of it (`broken` also tells of what would have ended http_run()) and must do without. */
	int maybe;
	/* Optional for 200 answers of GET: pieces of the decoded body as they arrive; `restart` is called before another try. -1 from piece
	 * ends the transfer as an error that is not retried. `piece` may be called by another thread, never while `restart` or `done` of the same request runs: it may touch what
	 * belongs to the request, and nothing else that changes. */
	int (*piece)(void *ctx, const char *p, size_t n, struct err *e);
	void (*restart)(void *ctx);
	/* Called exactly once, when the answer is final: after the last try of a GET, after the only try of a POST. May add requests.
	 * -1 ends http_run() with *e. */
	int (*done)(void *ctx, const struct http_answer *a, struct err *e);
	void *ctx;
};

struct http_stats { int64_t requests, retries, bytes; };

/* ERR_CONFIG for a bad base_url, or a token that cannot stand in a header. */
struct http *http_open(const struct http_config *c, struct err *e);

/* Queues a request; texts are copied. */
int http_add(struct http *h, const struct http_request *r, struct err *e);

/* Drives all requests to their end. GET is tried again after 408, 429, 5xx and broken transport, honouring Retry-After, then
 * RateLimit-Reset, else 1 s doubling to 60 s with full jitter, within tries and budget; POST never. A waiting request does not hold up
 * others, but while a 429 with a time is waited for, no further request is begun: awork's limits are shared by all requests of a workspace. Once
 * an answer has named the limit (RateLimit-Limit, -Remaining, -Reset), requests wait so that the part beyond rate_share stays free for others; that
 * is no retry and takes nothing from the budget.
 * Answers that are final: any other status goes to `done`, for a POST 429, 5xx and broken transport as well. `done` may call http_add(),
 * not http_run().
 * Errors: ERR_UNAVAILABLE when a GET never got a whole answer, got 429/5xx until tries or budget ended, or (POST, too) TLS could not be
 * trusted: at once, nothing was sent; ERR_NOPERM for 401 and 403; ERR_PROTOCOL for 3xx, a body over max_body, headers over 64 KiB, more
 * than max_requests; ERR_CONFIG for an unreadable ca_file; ERR_TEMPFAIL when stop was set. After -1 all requests are gone without a call of
 * `done`, and http_run() may be used again. */
int http_run(struct http *h, struct err *e);

/* One turn of http_run(), for work that goes on beside others: sends what can be sent and deals with one answer at most; wait: until something happens. 1: there is more to do,
 * 0: nothing is left, -1 as for http_run(). Between two turns `piece` may be called by the other thread. */
int http_turn(struct http *h, int wait, struct err *e);
/* Whether requests wait to be sent. */
int http_queued(const struct http *h);
/* Gives up all requests without a call of `done`. */
void http_drop(struct http *h);

/* One request, wait for it: as http_add() + http_run(). */
int http_do(struct http *h, const struct http_request *r, struct err *e);

/* Waits before a POST is sent again: honours what the last answer asked for (Retry-After, RateLimit-Reset), else `attempt`
 * decides; takes from the budget. -1: budget gone or stop set (ERR_TEMPFAIL). */
int http_wait(struct http *h, int attempt, struct err *e);

/* From a signal handler's flag: when *stop becomes non-zero http_run() ends with ERR_TEMPFAIL. */
void http_stop_flag(struct http *h, const volatile int *stop);
/* Called now and then while waiting, to show it; may be NULL. */
void http_tick(struct http *h, void (*tick)(void *ctx), void *ctx);

/* Milliseconds until another request may begin because the share of the request limit is used up; 0: nothing waits for that. */
int64_t http_paced_ms(const struct http *h);

/* Tries per GET as configured: the measure for repetitions that callers ask for, too. */
int http_tries(const struct http *h);
/* Version of the library underneath, one line. */
const char *http_version(void);

/* Processor time that the other thread has taken so far. */
int64_t http_cpu_us(const struct http *h);
struct http_stats http_stats(const struct http *h);
/* Ends the dump, if one is made, and gives it its name; status: what the program ends with. ERR_IO, ERR_CANTCREAT: there is none. */
int http_end_dump(struct http *h, int status, struct err *e);
void http_close(struct http *h);

/* Percent-encodes a query value (RFC 3986 unreserved characters stay). Owned by caller; NULL when out of memory. */
char *http_escape(const char *s);

#endif
