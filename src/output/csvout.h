/* The CSV files of a run: entries, lines, invoices, held, and two per invoice. RFC 4180, UTF-8, ISO dates, decimal point; text cells guarded.
 * Headings are stable. */
#ifndef OUTPUT_CSVOUT_H
#define OUTPUT_CSVOUT_H

#include "output/taker.h"

/* Each makes a taker that writes one file at path, and reads it back (row count) when it is closed: then it is on disk, not yet fsynced. */
int csvout_entries(struct taker *out, const char *path, struct err *e);
int csvout_lines(struct taker *out, const char *path, struct err *e);
int csvout_invoices(struct taker *out, const char *path, struct err *e);
int csvout_held(struct taker *out, const char *path, struct err *e);
/* One invoice: its lines in the columns of lines.csv, at once. (csvout_entries() over one invoice is its time sheet.) */
int csvout_invoice(const struct invoice *v, const char *path, struct err *e);

/* A discount as a row among the lines, as lines.csv has it after the lines of its invoice: no position, project or time; quantity 1, unit LS,
 * rate and net are minus the discount's amount. So the nets of a VAT group add up to its base. Texts are borrowed from *a. ERR_SOFTWARE when it
 * overflows. */
int csvout_discount(const struct invoice *v, const struct invoice_allowance *a, struct invoice_line *out, struct err *e);

#endif
