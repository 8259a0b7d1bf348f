/* Sorts more records than memory holds: a buffer is filled, sorted and written to a temporary file as a run; in the end the runs are merged. */
#ifndef BASE_SORTER_H
#define BASE_SORTER_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct sorter;

#define SORTER_LIMIT ((size_t)4 * 1024 * 1024) /* a good size of the buffer: a larger one sorts no faster */

/* Where a sorter's file goes: `wanted` when it can be written, else $TMPDIR, else /tmp. Borrowed. */
const char *sorter_folder(const char *wanted);

/* Sorts with a buffer of limit_bytes; what it does not hold goes into a file in dir that has no name and that nobody else can read. Without need of it nothing touches
 * the disk. While it merges, a sorter takes no more than it took before, but for records larger than their share of the buffer. Owned by caller. NULL: ERR_OS. */
struct sorter *sorter_new(const char *dir, size_t limit_bytes, struct err *e);

/* Adds a record: copies of both. Keys are compared byte by byte, a shorter one comes before those that it begins; records of one key stay in the order in which they were
 * added. Not after sorter_sort(): ERR_SOFTWARE. ERR_IO, ERR_OS. */
int sorter_add(struct sorter *s, const void *key, size_t nkey, const void *payload, size_t n, struct err *e);

/* Ends adding; a second call starts reading over. ERR_IO, ERR_OS. */
int sorter_sort(struct sorter *s, struct err *e);

/* The next record in order, borrowed until the next call; the payload is aligned for any integer or pointer. 1, 0 after the last one, -1 (ERR_IO, ERR_OS). */
struct sorter_record { const void *key, *payload; size_t nkey, n; };
int sorter_next(struct sorter *s, struct sorter_record *out, struct err *e);

/* Records that were added. */
int64_t sorter_count(const struct sorter *s);

/* Frees memory and file. NULL is allowed. */
void sorter_free(struct sorter *s);

/* v as 8 bytes of a key: in numeric order, negative ones first. */
void sorter_key_int(uint8_t out[8], int64_t v);

#endif
