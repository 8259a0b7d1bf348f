/* Inside entry.c only: an entry's canonical JSON as entry_write() writes it, read back member by member. */
#ifndef BILLING_ENTRYTEXT_H
#define BILLING_ENTRYTEXT_H

#include "billing/entry.h"

/* As entry_write(). */
void entrytext_write(const struct entry *x, struct buf *out);
/* 1: *out is what the general way makes of the n bytes; 0: they are left to it, be they wrong or written by something else; -1 when the pool is out of memory. */
int entrytext_read(const char *json, size_t n, struct pool *pool, struct entry *out);

#endif
