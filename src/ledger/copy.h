/* A copy of the ledger beside it, made when a run closes: the way back when the ledger is lost. */
#ifndef LEDGER_COPY_H
#define LEDGER_COPY_H

#include "ledger/store.h"

/* PATH.copy, replaced durably; mode 0600. Outside of a transaction only. ERR_IO and as store_open(). */
int copy_make(struct store *s, const char *path, struct err *e);

#endif
