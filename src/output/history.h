/* What the output folder knows of earlier runs: the ledger must know it, too. */
#ifndef OUTPUT_HISTORY_H
#define OUTPUT_HISTORY_H

#include <stdint.h>
#include "base/err.h"

/* The highest run number among the published folders OUT/PERIOD/R0007; 0 when there is none. folder gets its path below out ("" for none). A missing out folder holds nothing. */
int history_highest(const char *out_dir, int64_t *seq, char folder[64], struct err *e);

#endif
