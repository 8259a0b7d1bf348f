/* Writing the files of a CSV profile. */
#ifndef OUTPUT_CSVPROFILEOUT_H
#define OUTPUT_CSVPROFILEOUT_H

#include "output/csvprofile.h"
#include "output/taker.h"

/* Makes a taker that writes the files of the profile into dir, new ones only: "FILE.NAME.csv", and "FILE.NAME-2.csv" and so on where the target limits the number of invoices; a file
 * without rows has its headings. Each is read back (rows, bytes) and not yet fsynced. Rows pass through, so that memory does not grow with them. After an error the files that are not complete
 * are gone. p, src and dir stay until it is closed. */
int csvprofileout(struct taker *out, const struct csvprofile *p, const struct source *src, const char *dir, struct err *e);

#endif
