/* A list of master data, read completely: all pages, each element once. */
#ifndef AWORK_LIST_H
#define AWORK_LIST_H

#include "awork/http.h"
#include "base/jdoc.h"

/* Reads `path` with `extra` in its query ("showArchived=true" or NULL). `each` gets every element of a complete list, borrowed during
 * the call; it is not called before completeness is proven. ERR_PROTOCOL, ERR_TEMPFAIL as fetch_entries(). */
int list_read(struct http *h, const char *path, const char *extra, int (*each)(void *ctx, const jdoc_val *v, struct err *e),
    void *ctx, struct err *e);

#endif
