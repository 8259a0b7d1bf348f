/* One invoice as a workbook: the document as a page, and the time sheet behind it. */
#ifndef OUTPUT_INVOICEXLSX_H
#define OUTPUT_INVOICEXLSX_H

#include "output/taker.h"
#include "output/template.h"

/* Begins path (with unnamed temporary files in the same folder) and writes the page; *out takes the entries of that one document, which stays until its end. When *out is closed, by whatever
 * thread, the workbook is read back: every sheet closed, row counts as written. What is not closed well leaves no file. */
int invoicexlsx(struct taker *out, const struct source *src, const struct source_document *d, const struct template *t, const char *path, struct err *e);

#endif
