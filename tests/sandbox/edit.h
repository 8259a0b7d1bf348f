/* Changes to the workspace: the compact form of an entry, the control endpoint's edits, renames. */
#ifndef SANDBOX_EDIT_H
#define SANDBOX_EDIT_H

#include "store.h"

/* All return false with a reason in why. */
bool edit_insert(const json_t *compact, char *why, size_t why_size);
/* Takes over the given members; null removes one. Marks the entry as updated unless the members say when that was. */
bool edit_set(struct entry *e, const json_t *members, int by, char *why, size_t why_size);
/* An array of edits, or one. They are applied in order up to the first that fails. */
bool edit_apply(const json_t *edits, char *why, size_t why_size);

/* Marks as changed now: updatedOn, updatedBy, resourceVersion. */
void edit_updated(struct entry *e, int by);
void edit_set_billed(struct entry *e, bool billed, int by, const char *token);

#endif
