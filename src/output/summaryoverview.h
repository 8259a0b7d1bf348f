/* The first and the last sheet of summary.xlsx: totals with charts, and the checks whose cells must be 0. */
#ifndef OUTPUT_SUMMARYOVERVIEW_H
#define OUTPUT_SUMMARYOVERVIEW_H

#include "output/summarysheets.h"

void summaryoverview_totals(struct summarysheets *m);
void summaryoverview_checks(struct summarysheets *m);

#endif
