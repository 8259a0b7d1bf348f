/* GET on collections: filter, order, page, headers. Used under the mutex of route.c. */
#ifndef SANDBOX_LIST_H
#define SANDBOX_LIST_H

#include "http.h"
#include "prop.h"

struct list_query {
    const struct request *r;
    const struct token *token;
    const json_t *plan;        /* active fault actions or NULL */
    int64_t rows, total;       /* out: for the log */
};

/* project: index of the only project wanted, -1 for all. */
void list_entries(struct list_query *q, int project, bool simplified, struct answer *a);
/* Takes the array of objects. */
void list_objects(struct list_query *q, enum table t, json_t *all, struct answer *a);
void list_free(void);

#endif
