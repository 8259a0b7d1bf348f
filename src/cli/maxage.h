/* --max-age: is the last closed run young enough, and nothing left half-way? */
#ifndef CLI_MAXAGE_H
#define CLI_MAXAGE_H

#include "cli/app.h"

/* "35d", "48h", "2w", "90m" into seconds; 0, or -1 with ERR_USAGE. */
int maxage_parse(const char *s, int64_t *out_sec, struct err *e);
/* When the last billing run was closed, in seconds since 1970; -1 when there is none that the ledger knows the time of. */
int maxage_closed(const struct app *a, int64_t *closed_utc, struct err *e);
/* The option of this call: 0 fine or not asked for, 1 too old, never, or a run is unfinished: *out says which. -1. */
int maxage_check(const struct app *a, struct buf *out, struct err *e);

#endif
