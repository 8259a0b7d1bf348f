/* Answers out of a dump (awork/dump.h) in place of awork's. */
#ifndef AWORK_REPLAY_H
#define AWORK_REPLAY_H

#include "awork/http.h"

struct replay;

/* Reads the whole dump once and checks it, line by line, into a temporary file without a name; memory holds an index. ERR_NOINPUT: no such file. ERR_DATA with
 * the line: no dump, damaged, cut off, or far larger than its compressed size can honestly be. */
struct replay *replay_open(const char *path, struct err *e);

/* Answers a request from the dump: the n-th asking of one question gets the n-th answer, further ones the last. ERR_DATA when the dump has none: it was made with
 * other options, settings or another ledger, or on another day. A request that writes is ERR_SOFTWARE: a dry run has none. */
int replay_serve(struct replay *p, const struct http_request *r, struct err *e);
/* Whether there is an answer: for job_pick(). A run that fails leaves questions without one that it had asked at the same time. */
int replay_answers(void *replay, const struct http_request *r);

int64_t replay_bytes(const struct replay *p); /* of bodies served */
void replay_free(struct replay *p);

#endif
