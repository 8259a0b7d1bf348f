/* The high-water file beside the documents: how far the ledger had come when a run closed. A ledger that is behind it was lost or restored from an old copy. */
#ifndef CLI_HIGHWATER_H
#define CLI_HIGHWATER_H

#include "cli/app.h"

#define HIGHWATER_NAME "high-water.json"

/* Appends the file's text: last run, number of events and head of the chain, next number per series. */
int highwater_write(struct store *s, struct buf *out, struct err *e);
/* ERR_DATA when the file in the output folder knows more than the ledger, or another chain. A missing file says nothing. */
int highwater_check(const struct app *a, struct err *e);

#endif
