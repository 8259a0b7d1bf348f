/* XML files: the only place that knows libxml2. Written in one pass without a tree, indented, UTF-8 without byte order mark. */
#ifndef OUTPUT_XMLOUT_H
#define OUTPUT_XMLOUT_H

#include <stdint.h>
#include "base/err.h"

struct xmlout;

struct xmlout_attr { const char *name, *value; }; /* an array of them ends with { NULL, NULL } */

/* Creates the file (O_EXCL; ERR_CANTCREAT when it is there) and opens the root element. Names are qualified names, borrowed until
 * xmlout_end(). libxml2's error functions of this thread are replaced until then, so writers must end in the reverse order of their
 * beginning. NULL on error. */
struct xmlout *xmlout_new(const char *path, const char *root, const struct xmlout_attr *attrs, struct err *e);

/* Everything between xmlout_new() and xmlout_end() does nothing once something failed: the first error is kept for xmlout_end(). */

/* A group. It appears with its first element; one without leaves no trace. Up to 8 deep. */
void xmlout_open(struct xmlout *x, const char *name);
void xmlout_close(struct xmlout *x);

/* An element with text, as text_clean() leaves it (that is stricter than XML), without blanks at its ends. NULL, or a text that would show
 * nothing (text_is_blank()): no element. attrs may be NULL; attributes get the same cleaning. */
void xmlout_text(struct xmlout *x, const char *name, const char *text);
void xmlout_with(struct xmlout *x, const char *name, const struct xmlout_attr *attrs, const char *text);
/* The same, but line feeds and tabs stay, also at the ends. */
void xmlout_lines(struct xmlout *x, const char *name, const char *text);
/* With one attribute. */
void xmlout_coded(struct xmlout *x, const char *name, const char *attr, const char *value, const char *text);
/* An amount of a currency, with its decimals and the attribute currencyID. */
void xmlout_amount(struct xmlout *x, const char *name, int64_t minor, const char *currency);
/* The bytes of a file as Base64, lines of 72 characters, read in pieces. An empty file: no element. ERR_NOINPUT, ERR_IO. */
void xmlout_file(struct xmlout *x, const char *name, const struct xmlout_attr *attrs, const char *path);

/* For a caller that found no memory for a text. */
void xmlout_nomem(struct xmlout *x);

/* Closes the root and the file, frees x. -1 with the first error; then the file is gone. NULL is allowed and gives -1. Not yet fsynced. */
int xmlout_end(struct xmlout *x, struct err *e);

/* Reads a file (no network, no entities, no document type) and gives each element that holds no other, in order: at is its path of
 * qualified names, "Invoice/cac:Price/cbc:PriceAmount". Borrowed during the call; -1 from each stops. ERR_IO when it cannot be read; ERR_SOFTWARE
 * when it is not well-formed. */
int xmlout_read(const char *path, int (*each)(void *ctx, const char *at, const char *text, struct err *e), void *ctx, struct err *e);

#endif
