/* The page of a run (report.html): what it says beside the ledger's facts is kept when the run is planned, so that it is written again to the same bytes. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "cli/inputs.h"
#include "cli/run.h"
#include "output/summarydata.h"
#include "output/summarylines.h"

#define PAGE_NAME "report.html"

/* The time, the program, and what the customers were billed before; inside the caller's transaction. */
int page_save(struct run *r, struct err *e);
/* Nothing is written for a run that was planned by a program without pages. */
int page_write(struct run *r, const struct source *src, const struct summarydata *d, const struct summarylines *lines, const struct inputs *in, const char *path, struct err *e);

#endif
