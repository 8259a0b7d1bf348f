/* CSV profiles: which files with which columns, in which form, as INI files that people edit (csv.NAME.ini). */
#ifndef OUTPUT_CSVPROFILE_H
#define OUTPUT_CSVPROFILE_H

#include "base/err.h"

struct csvprofile;

/* Reads a profile from text; name is the NAME of csv.NAME.ini and becomes part of the files' names (letters, digits, - and _, at most 40;
 * else ERR_CONFIG); file stands in messages. Unknown sections, keys, fields and bad values go to *d with file:line, all in one go. NULL:
 * *d or *e says why. */
struct csvprofile *csvprofile_parse(const char *name, const char *file, const char *text, size_t n, struct diag *d, struct err *e);
void csvprofile_free(struct csvprofile *p);

#endif
