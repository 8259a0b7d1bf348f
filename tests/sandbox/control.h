/* The endpoints below /_sandbox, for tests. Used under the mutex of route.c. */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "http.h"

void control_serve(const struct request *r, struct answer *a);

#endif
