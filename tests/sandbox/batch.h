/* Operations on many entries. Used under the mutex of route.c. */
#ifndef SANDBOX_BATCH_H
#define SANDBOX_BATCH_H

#include "http.h"
#include "store.h"

enum verdict { VERDICT_OK, VERDICT_NOT_FOUND, VERDICT_UNAUTHORIZED, VERDICT_BAD_REQUEST, VERDICT_COUNT };

/* POST /timeentries/batch/{operation}: 207 with the buckets. */
void batch_run(const char *operation, const json_t *form, const struct token *t, const json_t *plan, struct answer *a);
/* POST /timeentries/setbilled and its relatives: 204 for all or nothing. False when there is no such form. */
bool batch_old(const char *operation, const json_t *form, const struct token *t, struct answer *a);

/* Whether this token may edit the entry at all. */
bool batch_may_edit(const struct entry *e, const struct token *t);

#endif
