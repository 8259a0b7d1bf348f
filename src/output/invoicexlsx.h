/* One invoice as a workbook: the document as a page, and the time sheet behind it. */
#ifndef OUTPUT_INVOICEXLSX_H
#define OUTPUT_INVOICEXLSX_H

#include "output/source.h"
#include "output/template.h"

/* Writes path (with unnamed temporary files in the same folder), reads it back: every sheet closed, row counts as written. */
int invoicexlsx_write(const struct source *src, const struct invoice *v, const struct template *t, const char *path, struct err *e);

#endif
