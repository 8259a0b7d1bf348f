/* INI files: the only place that knows inih. */
#ifndef BASE_INIFILE_H
#define BASE_INIFILE_H

#include <stddef.h>
#include "base/err.h"

/* Called for every key; section, key and value are borrowed during the call. */
typedef void inifile_cb(void *ctx, const char *section, const char *key, const char *value, int line);

/* Reads the whole file. Syntax errors, lines over 4,000 bytes, NUL bytes, bad UTF-8 and a key twice in one section go to *d with file:line. Values keep everything after
 * '=' (no inline comments), blanks at both ends removed. 0 (look at *d), or -1: ERR_NOINPUT when it does not exist, ERR_NOINPUT/ERR_IO otherwise. */
int inifile_read(const char *path, inifile_cb *cb, void *ctx, struct diag *d, struct err *e);
/* The same from text; path stands in messages only. */
int inifile_parse(const char *path, const char *text, size_t n, inifile_cb *cb, void *ctx, struct diag *d, struct err *e);

/* Called where a section begins, whether it has keys or not; section is NULL when its line is faulty. */
typedef void inifile_section_cb(void *ctx, const char *section, int line);

/* As inifile_parse(), for files whose sections are a list: each [section] line is a section of its own, so that the same name may come
 * again with the same keys. */
int inifile_parse_list(const char *path, const char *text, size_t n, inifile_section_cb *start, inifile_cb *cb, void *ctx, struct diag *d,
                       struct err *e);

#endif
