/* For benchmarks: bodies of list pages are kept, so that the server costs little more than sending them. A page is found again by the
   state of its rows, never by the question: filters, windows and changes are answered as without it. Used under the mutex of route.c. */
#ifndef SANDBOX_KEEP_H
#define SANDBOX_KEEP_H

#include "buf.h"
#include "store.h"

/* Keeps at most so many bytes; 0: nothing. */
void keep_limit(size_t bytes);
bool keep_on(void);

struct keep_key {
    uint64_t a, b;
};

/* The page of these rows in this form; plain or compressed. */
struct keep_key keep_key(const uint32_t *rows, size_t n, bool simplified, bool gzip);
/* The kept body, or NULL. It stays as it is until keep_free(). */
const struct buf *keep_find(struct keep_key k);
/* Takes the body over. NULL when the limit is reached: the body is still the caller's. */
const struct buf *keep_put(struct keep_key k, struct buf *body);

/* Remembers who billed what at the moment; keep_restore() goes back to it. False when entries came or went in between. */
void keep_snapshot(void);
bool keep_restore(void);
void keep_free(void);

#endif
