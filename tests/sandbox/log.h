/* What was asked and what it changed. Used under the mutex of route.c. */
#ifndef SANDBOX_LOG_H
#define SANDBOX_LOG_H

#include "http.h"

/* Also appends every record to the file as a line of its own; NULL for memory only. */
bool log_open(const char *path);
void log_close(void);
void log_clear(void);

/* An entry's isBilled changed; kept for the record of the running request. who: admin, user or edit. */
void log_effect(const struct uuid *id, bool from, bool to, const char *who);
void log_begin(void);
/* rows and total below 0: not a list. status 0: no answer was sent. */
void log_request(const struct request *r, int status, const char *token, int64_t rows, int64_t total, const char *rules);
/* All records so far as a JSON array. */
void log_write(struct buf *b);

#endif
