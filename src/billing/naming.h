/* One name per id: while a run fetches, somebody may rename a project, and half of its entries carry the old name. The entry updated last decides. */
#ifndef BILLING_NAMING_H
#define BILLING_NAMING_H

#include <stddef.h>
#include "base/err.h"

/* A name that an id was seen with, for an owner (any pointer; several may share an id). */
struct naming_row {
	const void *owner;
	const char *id, *name;   /* borrowed; name may be NULL */
	char updated_on[40];     /* of the entry that decides: the newest, and of several the one with the greatest id */
	char entry[37];
	size_t next;             /* of the same id: 1 + index, 0: none */
};

struct naming;

/* Owned by caller. NULL when out of memory. */
struct naming *naming_new(void);
/* NULL is allowed. */
void naming_free(struct naming *n);

/* Takes note of an id and its name on an entry; id and name are borrowed until naming_free(). An id that is NULL has no name. ERR_OS. */
int naming_add(struct naming *n, const void *owner, const char *id, const char *name, const char *updated_on, const char *entry, struct err *e);

/* The name that an id has for all its entries and owners; `name` when the id was never seen. */
const char *naming_of(const struct naming *n, const char *id, const char *name);

/* What was seen, in the order of its first sight: rows 0 .. count - 1, borrowed until the next naming_add(). */
size_t naming_count(const struct naming *n);
const struct naming_row *naming_row(const struct naming *n, size_t i);
/* True when row a decides over row b. */
int naming_is_newer(const struct naming_row *a, const struct naming_row *b);

#endif
