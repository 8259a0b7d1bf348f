/* XRechnung 3.0 (UBL 2.1): an invoice (380) or its cancellation (384, the exact negative) as the legal original. */
#ifndef OUTPUT_XRECHNUNG_H
#define OUTPUT_XRECHNUNG_H

#include "billing/invoice.h"

/* A file to embed (BT-125), for example the time sheet. */
struct xrechnung_attachment {
	const char *path;        /* read in pieces */
	const char *name;        /* BT-125 file name, unique within the invoice (BR-DE-22) */
	const char *mime;        /* text/csv, or that of XLSX (BR-CL-24) */
	const char *description; /* BT-123 */
};

/* Writes the document and reads it back: well-formed, number, line count and totals as in *v. Text that XML cannot carry is replaced by a
 * blank; an element that would be empty is left out (R008), an empty file is not attached. File names of attachments are cleaned and made
 * unique. ERR_SOFTWARE when *v does not balance or lacks what complete_customer() demands, or when what was written does not say the same;
 * ERR_CANTCREAT, ERR_IO; ERR_NOINPUT for an attachment. Nothing stays at path then. */
int xrechnung_write(const struct invoice *v, const struct xrechnung_attachment *a, size_t n, const char *path, struct err *e);

#endif
