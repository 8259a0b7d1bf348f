/* A second thread that does jobs, one after the other in the order in which they came. */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include <stddef.h>
#include "base/err.h"

struct worker;

/* A job, done once and freed by what does it. rc < 0: one before it failed or all is given up; then it only leaves nothing behind, and its answer counts for nothing. */
typedef int worker_job(void *job, int rc, struct err *e);

/* At most `room` jobs wait. alone: there is to be no thread; then, and where none can be made, worker_put() does the job itself. NULL: ERR_OS. */
struct worker *worker_new(size_t room, int alone, struct err *e);
/* Hands a job over in any case; waits while there is no room. -1 with the error of the first job that failed, in the order of the jobs. */
int worker_put(struct worker *w, worker_job *work, void *job, struct err *e);
/* While whoever hands jobs over has to wait, turn() is called every now and then. */
void worker_meanwhile(struct worker *w, void (*turn)(void *ctx), void *ctx);
/* Waits until all is done; as worker_put(). */
int worker_wait(struct worker *w, struct err *e);
/* Waits, ends the thread and frees w (NULL is allowed). rc < 0: what is not begun is given up. Returns what it came to, with the first job's error when rc was 0. */
int worker_end(struct worker *w, int rc, struct err *e);

#endif
