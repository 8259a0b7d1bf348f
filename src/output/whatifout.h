/* The comparison of a dry run with another setting, for machines. */
#ifndef OUTPUT_WHATIFOUT_H
#define OUTPUT_WHATIFOUT_H

#include "base/jout.h"
#include "billing/whatif.h"

/* compare.csv: all customers, the figures of both sides and the difference in money. The heading is stable. Writes and reads back as csvout.h's. */
int whatifout_csv(const struct whatif_table *t, const char *path, struct err *e);
/* The member "compare" of run.json. ERR_SOFTWARE when a currency is unknown or a difference overflows. */
int whatifout_json(const struct whatif_table *t, struct jout *j, struct err *e);

#endif
