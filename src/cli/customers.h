/* customers.csv: awork companies with billing data. Read for billing; extended, never overwritten, by `customers`. */
#ifndef CLI_CUSTOMERS_H
#define CLI_CUSTOMERS_H

#include "base/pool.h"
#include "billing/customer.h"
#include "cli/config.h"

/* Reads the table; the configuration's defaults fill empty cells. Problems go to *d with file:line. -1: the file cannot be read (*e). */
int customers_load(const char *path, const struct config *c, struct pool *pool, struct customer_table *out, struct diag *d, struct err *e);

/* What awork knows of one company. */
struct customers_found {
	const char *company_id, *company_name, *number, *street, *zip, *city, *country, *vat_id, *email;
	const char *tax_category; /* a proposal for new rows, NULL: leave empty */
};

struct customers_merge { size_t rows, added, filled; };

/* Merges companies into the file (created when missing): a new row for an unknown id, empty address cells of known ones filled, everything else as it was. Writes only when something changed. */
int customers_merge(const char *path, const struct customers_found *found, size_t n, struct customers_merge *out, struct diag *d, struct err *e);

/* The heading row, for `init`. */
const char *customers_example(void);

#endif
