/* What the parts of a workbook's package say about each other. */
#ifndef OUTPUT_XLSXPACKAGE_H
#define OUTPUT_XLSXPACKAGE_H

#include "base/buf.h"
#include "base/err.h"

/* Zero-initialized; each a list of names between line feeds. */
struct xlsxpackage {
	struct buf parts, targets, overrides, defaults;
};

/* True for the parts whose text xlsxpackage_add() needs: content types and relationships. */
int xlsxpackage_wants(const char *name);
/* A part of the package by its name; text: NULL for those that it does not want. */
void xlsxpackage_add(struct xlsxpackage *p, const char *name, const char *text);
/* Every relationship leads to a part, to every part leads one, every part has a content type of its own, or its extension one (ECMA-376 part 2, 9.1.2 and 9.3).
 * libxlsxwriter 1.1.4 leaves out a relationship or a type when it has no memory for it, and reports success. -1: ERR_IO, ERR_OS. */
int xlsxpackage_check(const struct xlsxpackage *p, struct err *e);
void xlsxpackage_free(struct xlsxpackage *p);

#endif
