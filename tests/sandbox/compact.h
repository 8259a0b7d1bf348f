/* The compact form back from memory, for /_sandbox/state: what was derived at loading is written out. */
#ifndef SANDBOX_COMPACT_H
#define SANDBOX_COMPACT_H

#include "store.h"

void compact_write(struct buf *b, const struct entry *e);

#endif
