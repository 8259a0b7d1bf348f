/* CSV profiles: which files with which columns, in which form, as INI files that people edit (csv.NAME.ini). */
#ifndef OUTPUT_CSVPROFILE_H
#define OUTPUT_CSVPROFILE_H

#include "output/source.h"

struct csvprofile;

/* Reads a profile from text; file stands in messages. Unknown sections, keys, fields and bad values go to *d with file:line, all in one go. NULL: *d or *e says why. */
struct csvprofile *csvprofile_parse(const char *name, const char *file, const char *text, size_t n, struct diag *d, struct err *e);
void csvprofile_free(struct csvprofile *p);

/* Writes the files of the profile into dir: "FILE.NAME.csv", and "FILE.NAME-2.csv" and so on where the target limits the number of invoices. Read back: rows. */
int csvprofile_write(const struct csvprofile *p, const struct source *src, const char *dir, struct err *e);

#endif
