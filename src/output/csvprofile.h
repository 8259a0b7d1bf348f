/* CSV profiles: which files with which columns, in which form, as INI files that people edit (csv.NAME.ini). */
#ifndef OUTPUT_CSVPROFILE_H
#define OUTPUT_CSVPROFILE_H

#include "output/source.h"

struct csvprofile;

/* Reads a profile from text; name is the NAME of csv.NAME.ini and becomes part of the files' names (letters, digits, - and _, at most 40;
 * else ERR_CONFIG); file stands in messages. Unknown sections, keys, fields and bad values go to *d with file:line, all in one go. NULL:
 * *d or *e says why. */
struct csvprofile *csvprofile_parse(const char *name, const char *file, const char *text, size_t n, struct diag *d, struct err *e);
void csvprofile_free(struct csvprofile *p);

/* Writes the files of the profile into dir, new ones only: "FILE.NAME.csv", and "FILE.NAME-2.csv" and so on where the target limits the
 * number of invoices; a file without rows has its headings. Each is read back (rows, bytes) and not yet fsynced. Rows pass through, so
 * that memory does not grow with them. After an error the file at fault is gone, files completed before it stay. */
int csvprofile_write(const struct csvprofile *p, const struct source *src, const char *dir, struct err *e);

#endif
