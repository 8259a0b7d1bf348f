/* quick_check of a ledger that is to be written, while its owner does something else. */
#ifndef LEDGER_CHECK_H
#define LEDGER_CHECK_H

#include "ledger/store.h"

/* Begins quick_check on the ledger that *s has open and has read from, in a thread and through a connection of its own: SQLite keeps the locks of both apart, and nobody closes its file beside
 * it. From then on each statement on *s waits for the result first (db.c), so that nothing is read, decided or written before it is known. Where that cannot be, it is done at once by *s. */
int check_begin(struct store *s, struct err *e);
/* Waits for the result. ERR_DATA: damaged, and so it stays: each further statement fails, too. 0 when nothing was begun. */
int check_wait(struct store *s, struct err *e);
/* Ends it, with or without a result, before the connection of *s is closed. */
void check_end(struct store *s);

#endif
