/* The reduced list of time entries (GET /timeentries/simplified, schema SimplifiedTimeTracking): enough to count by. It lacks end, time zone and isExternal, on which it depends
 * whether an entry can be billed, and the names that a rate card may use. */
#ifndef AWORK_SIMPLIFIED_H
#define AWORK_SIMPLIFIED_H

#include "awork/filter.h"
#include "awork/http.h"

/* Entries and seconds (negative and absent durations count as 0) of a filter on isBillable, isBilled and dates; each condition is checked again here. ERR_PROTOCOL when awork ignored
 * one, and as list_read(). */
int simplified_count(struct http *h, const struct filter *f, int64_t *entries, int64_t *secs, struct err *e);

#endif
