/* A list of master data, read completely: all pages, each element once. */
#ifndef AWORK_LIST_H
#define AWORK_LIST_H

#include "awork/http.h"
#include "base/jdoc.h"

struct list;

/* Asks for the first page on the chance that the list will be needed: http_run() brings the answer. Owned by caller; path and extra are static. */
struct list *list_ask(struct http *h, const char *path, const char *extra, struct err *e);
/* As list_read(), with that answer if it is usable. Takes l. */
int list_take(struct list *l, int (*each)(void *ctx, const jdoc_val *v, struct err *e), void *ctx, struct err *e);
void list_free(struct list *l);

/* Reads `path` with `extra` in its query ("showArchived=true" or NULL). `each` gets every element of a complete list, borrowed during
 * the call; it is not called before completeness is proven. ERR_PROTOCOL, ERR_TEMPFAIL as fetch_entries(). */
int list_read(struct http *h, const char *path, const char *extra, int (*each)(void *ctx, const jdoc_val *v, struct err *e),
    void *ctx, struct err *e);

#endif
