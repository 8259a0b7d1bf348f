/* Requests per period, with the headers that report them. Used under the mutex of route.c. */
#ifndef SANDBOX_LIMIT_H
#define SANDBOX_LIMIT_H

#include "http.h"

/* 0: no limit. */
void limit_set(unsigned requests, unsigned seconds);
/* Counts the request and sets the headers; false with a 429 when there are too many. */
bool limit_take(struct answer *a);

#endif
