/* A folder of reports that is replaced as a whole: written beside its target, made visible by one rename. Never inside a run's folder. */
#ifndef OUTPUT_OUTFOLDER_H
#define OUTPUT_OUTFOLDER_H

#include <stddef.h>
#include "base/err.h"

struct outfolder;

/* Begins the replacement of path; missing folders above it are made. files: the names that the folder may hold; when another one lies there, or path is within a run's
 * folder (one with a run.json): ERR_CANTCREAT. NULL: ERR_CANTCREAT, ERR_IO, ERR_OS. */
struct outfolder *outfolder_new(const char *path, const char *const *files, size_t n, struct err *e);
/* Where to write; borrowed. */
const char *outfolder_dir(const struct outfolder *f);
/* Syncs what was written, and puts it in the place of what was there. */
int outfolder_publish(struct outfolder *f, struct err *e);
/* Frees it; what is not published is removed. NULL is allowed. */
void outfolder_free(struct outfolder *f);

#endif
