/* The lock beside the ledger: an OFD lock on PATH.lock. It ends with the process, so nobody ever has to judge whether it is stale. */
#ifndef LEDGER_LOCK_H
#define LEDGER_LOCK_H

#include <stdint.h>
#include "base/err.h"
#include "ledger/place.h"

/* exclusive: makes the file when missing and writes pid and host into it, for people. Shared: *fd is -1 when there is no lock file, so that
 * reading makes nothing; whoever writes makes it first. Busy after wait_ms (for a writer behind readers alone at least two seconds): ERR_TEMPFAIL that names the holder. */
int lock_take(const struct place *p, int exclusive, int64_t wait_ms, int *fd, struct err *e);
/* -1 is allowed. */
void lock_drop(int fd);

#endif
