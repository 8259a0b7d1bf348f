/* terms.csv: discounts, monthly fixed fees, cost centres. */
#ifndef CLI_TERMSFILE_H
#define CLI_TERMSFILE_H

#include "base/err.h"
#include "base/pool.h"
#include "billing/terms.h"

/* Reads company,project,valid_from,valid_to,discount,fee,name,description,tax_rate,cost_centre. A company that customers.csv does not have is an error: its terms would
 * never be billed. Problems go to *d with file:line; -1: *e says that the file cannot be read. Texts belong to pool, customers are borrowed. */
int termsfile_load(const char *path, const struct customer_table *customers, struct pool *pool, struct terms *out, struct diag *d, struct err *e);

#endif
