/* Requests that wait for their turn or for their next try; the waiting time they may take together. No curl here. */
#ifndef AWORK_JOB_H
#define AWORK_JOB_H

#include "awork/http.h"

struct job {
	struct job *next;
	struct http_request r; /* texts owned */
	int tries;             /* begun so far */
	int64_t due_ms;        /* CLOCK_BOOTTIME; 0: at once */
};

/* First in, first out, but for `soon`; `waiting` are those with a due time. Zero-initialize. */
struct job_list {
	struct job *first, *last;
	struct job *waiting;
};

/* Copies the request's texts. NULL when out of memory. */
struct job *job_new(const struct http_request *r);
void job_free(struct job *j);

/* Takes the job: into the queue, or among the waiting when it has a due time. */
void job_put(struct job_list *l, struct job *j);
/* Gives the next job that is due, or NULL; owned by caller. Those that waited go first. */
struct job *job_take(struct job_list *l, int64_t now_ms);
/* Gives the first one in the queue that fits, else the first one; those that wait are left out. NULL: the queue is empty. Owned by caller. */
struct job *job_pick(struct job_list *l, int (*fits)(void *ctx, const struct http_request *r), void *ctx);
/* When the earliest waiting job is due, INT64_MAX when none waits. */
int64_t job_next_due(const struct job_list *l);
int job_none(const struct job_list *l);
void job_drop_all(struct job_list *l);

/* Waiting time of a run. Waits that overlap count once: it is the time the run stands still, not their sum. */
struct job_budget { int64_t left_ms, until_ms; };
/* 0 and the budget reduced, or -1 and nothing changed when the wait does not fit. */
int job_charge(struct job_budget *b, int64_t now_ms, int64_t wait_ms);

#endif
