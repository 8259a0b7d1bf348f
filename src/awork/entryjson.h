/* One time entry from awork's JSON (schema TimeTracking; unknown members ignored, null and absent alike). */
#ifndef AWORK_ENTRYJSON_H
#define AWORK_ENTRYJSON_H

#include "base/jtape.h"
#include "base/pool.h"
#include "billing/entry.h"

/* A tape for texts of entries. NULL when out of memory. */
struct jtape *entryjson_tape(void);
/* What such a tape has read. Texts go to the pool. ERR_DATA names the entry and member: an id that is no UUID, flags that are missing or no booleans, a duration that is no 32-bit
 * integer, dates and times that cannot be read, a text where an object is expected.
 * lean: without names, updatedOn and resourceVersion, and without the shape, which their absence makes ENTRY_COMPLETE: what is fingerprinted, and updatedBy.
 * created: createdOn to the second, "2026-03-01T08:15:00", "" when it is absent or no instant in UTC; may be NULL. */
int entryjson_take(struct jtape *t, int lean, struct pool *pool, struct entry *out, char created[20], struct err *e);
/* The same from the text. */
int entryjson_read(const char *p, size_t n, int lean, struct pool *pool, struct entry *out, char created[20], struct err *e);

#endif
