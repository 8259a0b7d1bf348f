/* Issued files on disk against the ledger's list. */
#ifndef CLI_FILECHECK_H
#define CLI_FILECHECK_H

#include "cli/app.h"

struct filecheck_counts {
	int64_t files, bytes;
	void (*turn)(void *ctx); /* called with every file, for work that goes on beside it; or NULL */
	void *ctx;
};

/* Calls `each` with every difference of a run's folder: a file or the folder missing, changed, or not in the ledger. Adds up what was hashed. -1 when something cannot be
 * read. */
int filecheck_run(struct app *a, const struct store_run *run, void (*each)(void *ctx, const char *sentence), void *ctx, struct filecheck_counts *sum, struct err *e);

#endif
