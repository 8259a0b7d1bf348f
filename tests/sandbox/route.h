/* Which request goes where. */
#ifndef SANDBOX_ROUTE_H
#define SANDBOX_ROUTE_H

#include "http.h"
#include "store.h"

/* Fills in the answer. Sleeps for the faults that ask for it, so it is called without the mutex. */
void route_serve(struct request *r, struct answer *a);
/* Every API request waits so long. */
void route_latency(int64_t ms);

#endif
