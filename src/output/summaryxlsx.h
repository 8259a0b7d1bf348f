/* summary.xlsx: per company, project, user and type of work; two charts; formulas that recompute; a sheet of checks whose cells must be 0. */
#ifndef OUTPUT_SUMMARYXLSX_H
#define OUTPUT_SUMMARYXLSX_H

#include "output/summarydata.h"
#include "output/template.h"

/* d: what the source was read to. */
int summaryxlsx_write(const struct summarydata *d, const struct source *src, const struct template *t, const char *path, struct err *e);

#endif
