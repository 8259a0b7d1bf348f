/* rates.csv: company,project,user,type_of_work,valid_from,valid_to,rate,currency (id or exact name; empty = any; rows that begin with # are comments). */
#ifndef CLI_RATES_H
#define CLI_RATES_H

#include "base/pool.h"
#include "billing/rate.h"

/* Reads and checks the card, ties included; default_currency stands in for an empty cell. Problems go to *d with file:line. -1: the file cannot be read (*e). */
int rates_load(const char *path, const char *default_currency, struct pool *pool, struct rate_card *out, struct diag *d, struct err *e);

/* The heading row and commented examples, for `init`. */
const char *rates_example(void);

#endif
