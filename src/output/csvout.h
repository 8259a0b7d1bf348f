/* The CSV files of a run: entries, lines, invoices, held, and one per invoice. RFC 4180, UTF-8, ISO dates, decimal point; text cells guarded. Headings are stable. */
#ifndef OUTPUT_CSVOUT_H
#define OUTPUT_CSVOUT_H

#include "output/source.h"

/* Each writes one file at path, reads it back (row count) and returns when it is on disk, not yet fsynced. */
int csvout_entries(const struct source *src, const char *path, struct err *e);
int csvout_lines(const struct source *src, const char *path, struct err *e);
int csvout_invoices(const struct source *src, const char *path, struct err *e);
int csvout_held(const struct source *src, const char *path, struct err *e);
/* One invoice: its lines in the columns of lines.csv. */
int csvout_invoice(const struct source *src, const struct invoice *v, const char *path, struct err *e);

#endif
