/* Creating and changing single entries through the API's own forms. Used under the mutex of route.c. */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include "http.h"
#include "store.h"

void form_seed(uint64_t seed);
void form_create(const json_t *form, const struct token *t, struct answer *a);
void form_update(struct entry *e, const json_t *form, const struct token *t, struct answer *a);
void form_remove_breaks(struct entry *e, const struct token *t, struct answer *a);
void form_delete(struct entry *e, const struct token *t, struct answer *a);

#endif
