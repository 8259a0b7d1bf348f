/* Memory that is freed together, and strings kept once: an arena with an intern table. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool;

/* NULL when out of memory. */
struct pool *pool_new(void);
/* Frees everything ever handed out. NULL is allowed. */
void pool_free(struct pool *p);
/* Forgets everything handed out, keeps the memory for use again (for per-page pools). */
void pool_reset(struct pool *p);

/* Zeroed memory, aligned for any type; borrowed until pool_free(). NULL when out of memory. */
void *pool_alloc(struct pool *p, size_t n);
/* A copy of s (NULL gives NULL). */
char *pool_dup(struct pool *p, const char *s);
char *pool_dupn(struct pool *p, const char *s, size_t n);
char *pool_fmt(struct pool *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The one copy of s in this pool: equal strings give equal pointers (NULL gives NULL). */
const char *pool_intern(struct pool *p, const char *s);
/* The same of the n bytes at s, among which is no NUL. */
const char *pool_internn(struct pool *p, const char *s, size_t n);
/* True once any call on this pool returned NULL for lack of memory. */
int pool_failed(const struct pool *p);

#endif
