/* Time entries as awork writes them. */
#ifndef SANDBOX_RENDER_H
#define SANDBOX_RENDER_H

#include "store.h"

/* isBilled as the reader sees it: with stale, as it was before a write that the index has not taken in. */
bool render_billed(const struct entry *e, bool stale);
void render_entry(struct buf *b, const struct entry *e, bool stale);
void render_simplified(struct buf *b, const struct entry *e, bool stale);

#endif
