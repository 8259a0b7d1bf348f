/* File names of documents: number + "_" + slug, safe whatever the customer is called. */
#ifndef OUTPUT_SAFENAME_H
#define OUTPUT_SAFENAME_H

#include <stddef.h>

/* "RE-2026-00042_acme-gmbh.xlsx", to stand below "invoices/". What is not [A-Za-z0-9._-] in the number becomes '-'. SAFENAME_MAX bytes always suffice.
 * Returns out. */
#define SAFENAME_MAX 128
char *safename_invoice(char *out, size_t size, const char *number, const char *customer, const char *extension);

#endif
