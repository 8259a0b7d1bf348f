/* summary.xlsx: per company, project, user and type of work; two charts; formulas that recompute; a sheet of checks whose cells must be 0. */
#ifndef OUTPUT_SUMMARYXLSX_H
#define OUTPUT_SUMMARYXLSX_H

#include "output/source.h"
#include "output/template.h"

int summaryxlsx_write(const struct source *src, const struct template *t, const char *path, struct err *e);

#endif
