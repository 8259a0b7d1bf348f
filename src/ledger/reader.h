/* A second connection to a ledger that is open, for a thread that only reads. */
#ifndef LEDGER_READER_H
#define LEDGER_READER_H

#include "ledger/store.h"

/* It sees the ledger as it is now until reader_close(): a transaction holds the shared lock. SQLite keeps the locks of both connections apart, and nobody closes its file beside it. cache_kib: of pages.
 * NULL where that cannot be: no memory, SQLite without threads, or *s keeps the file to itself since it has written. Owned by caller; closed before *s is. */
struct store *reader_open(struct store *s, int cache_kib);
/* Makes what the reader's thread asks for fail as soon as can be; may be called by any thread until it is closed. */
void reader_stop(struct store *reader);
/* NULL is allowed. */
void reader_close(struct store *reader);

#endif
