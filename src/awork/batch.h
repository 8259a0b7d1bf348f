/* POST /timeentries/batch/{operation}: one chunk, and what became of each id. */
#ifndef AWORK_BATCH_H
#define AWORK_BATCH_H

#include "awork/http.h"

enum batch_outcome {
	BATCH_OK,            /* claimed by awork; reading back proves */
	BATCH_NOT_FOUND,
	BATCH_UNAUTHORIZED,
	BATCH_BAD_REQUEST,
	BATCH_UNRESOLVED     /* in no bucket, in two, or no usable answer */
};

enum batch_answer {
	BATCH_ANSWERED,      /* outcome[] holds */
	BATCH_LOST,          /* broken connection, time-out, 5xx: read before anything is sent again; all ids unresolved */
	BATCH_AGAIN,         /* 429: not applied, same chunk after http_wait() */
	BATCH_TOO_LARGE,     /* 413 or code request-body-too-large: halve */
	BATCH_REFUSED,       /* 400: bisect */
	BATCH_ABSENT         /* 404 (batch_send() alone): awork has no such operation; nothing was applied */
};

struct batch_report {
	enum batch_answer answer;
	long http;
	char trace_id[80];
	int foreign;         /* ids in `ok` that were never sent */
	int doubled;         /* ids in two buckets */
	char note[256];      /* what awork said, for event and log */
};

/* A change of many entries, by awork's names (schema TimeEntryBatchOperationForm). Borrowed. */
struct batch_change {
	const char *operation;  /* "setProject", "delete", ... */
	const char *member;     /* that holds the new value, beside timeEntryIds; NULL: none */
	const char *id;         /* the new value; NULL: the flag */
	int flag;
	const char *old;        /* the older form that stands in for it: "delete", "setbilled"; NULL: none */
};

/* Sends one chunk (at most 1000 unique ids) and sorts the answer. outcome has n elements. Errors: ERR_NOPERM for 401 and 403, ERR_PROTOCOL for 3xx, else as http_run(). */
int batch_send(struct http *h, const struct batch_change *c, const char *const *ids, size_t n, enum batch_outcome *outcome, struct batch_report *report, struct err *e);
/* The same through c->old, POST /timeentries/{old}, for a server without the operation. It applies all or nothing and names no id: 204 leaves all unresolved, to be read back; 404 is
 * BATCH_REFUSED, too. Without an older form: ERR_PROTOCOL. */
int batch_send_old(struct http *h, const struct batch_change *c, const char *const *ids, size_t n, enum batch_outcome *outcome, struct batch_report *report, struct err *e);

/* setIsBilled. Sends one chunk (at most 1000 unique ids) and sorts the answer. outcome has n elements. Errors: ERR_NOPERM for 401 and 403, ERR_PROTOCOL for 404 and 3xx, else as http_run(). */
int batch_set_billed(struct http *h, const char *const *ids, size_t n, int billed, enum batch_outcome *outcome, struct batch_report *report, struct err *e);

/* One of several chunks in flight. All is borrowed until `done` was called: once, when the answer is there, outcome and report filled as batch_set_billed() does; not when http_run() fails.
 * -1 from done ends http_run(). */
struct batch_post {
	const char *const *ids;
	size_t n;
	enum batch_outcome *outcome;
	struct batch_report *report;
	int (*done)(void *ctx, struct batch_post *p, struct err *e);
	void *ctx;
};

/* Queues a chunk for http_run(); the errors of batch_set_billed() are those of http_run() then. */
int batch_add_billed(struct http *h, struct batch_post *p, int billed, struct err *e);

/* Sorts the body of a 207 into outcome[] (pure; for tests and fuzzing). 0, or -1 when it is no usable answer (all unresolved). */
int batch_sort(const char *body, size_t len, const char *const *ids, size_t n, enum batch_outcome *outcome, struct batch_report *report);

#endif
