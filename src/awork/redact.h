/* Answers of awork without what tells about people: for bug reports. Texts that name somebody or something become pseudonyms, the same text always the same one.
 * Kept: the shape of the JSON, member names, numbers, true and false, dates and times (in members that are called so), enumerations, currencies, order and
 * repetition. Replaced: every other text (names, notes, addresses, e-mails, telephone numbers), ids (by other ids), and digits of numbers that identify
 * (zip, telephone, VAT, IBAN). Not JSON at all: nothing of it is kept but its structure characters. */
#ifndef AWORK_REDACT_H
#define AWORK_REDACT_H

#include "base/buf.h"
#include "base/err.h"

struct redact;

/* A new table of pseudonyms, which nobody can make again: it begins with a random number that is written nowhere. NULL: *e says why. */
struct redact *redact_new(struct err *e);
/* Appends to *out. Any bytes are fine; *out may have failed. */
void redact_body(struct redact *r, const char *text, size_t n, struct buf *out);
/* A path or query: ids become the ids that they are in bodies. */
void redact_path(struct redact *r, const char *path, struct buf *out);
void redact_free(struct redact *r);

#endif
