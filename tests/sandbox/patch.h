/* Surgery on JSON text, for answers that no correct writer would produce. */
#ifndef SANDBOX_PATCH_H
#define SANDBOX_PATCH_H

#include "buf.h"

/* Replaces the value of a member of the object that starts at offset from and ends the buffer by the raw text, adds the
   member when it is not there, removes it when raw is NULL. */
void patch_member(struct buf *b, size_t from, const char *name, const char *raw);

#endif
