/* UTF-8 to Windows-1252, for programs that know nothing else. Never a '?' for what it lacks. */
#ifndef BASE_CP1252_H
#define BASE_CP1252_H

#include "base/buf.h"
#include "base/err.h"

/* Appends s. Characters that Windows-1252 has stay as they are; other Latin letters become their base letter (s-cedilla becomes s),
 * typographic characters their plain form; a combining mark joins its letter or is dropped after it; zero-width characters are dropped.
 * All others are refused, control characters among them: ERR_CONFIG "U+0416 is not in Windows-1252", and *out is as before.
 * Memory: see buf_ok(). */
int cp1252_add(struct buf *out, const char *s, struct err *e);

/* The same, leaving out what would be refused. Returns the number of characters left out. */
size_t cp1252_add_known(struct buf *out, const char *s);

#endif
