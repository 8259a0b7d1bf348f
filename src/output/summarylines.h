/* What the lines of a run's documents come to per customer, project, price and VAT: the rates behind the amounts. Memory is per distinct row, never per line. */
#ifndef OUTPUT_SUMMARYLINES_H
#define OUTPUT_SUMMARYLINES_H

#include "base/pool.h"
#include "output/taker.h"

enum summarylines_what { OF_TIME, OF_CORRECTION, OF_FEE, OF_DISCOUNT };

struct summarylines_row {
	const char *company_id, *company, *project, *currency; /* company and project may be NULL */
	enum summarylines_what what;
	int64_t price_e4;        /* per hour; 0 for fees and discounts */
	char category[3];
	int64_t pct_e2;
	int64_t entries, secs, billed, net_minor; /* discounts are negative */
};

struct summarylines {
	struct pool *pool;
	struct summarylines_row *v; /* by company, currency, project, kind, price, VAT */
	size_t n, cap, room;
	const char *seller;         /* NULL without documents */
	const char *first, *last;   /* numbers of the documents */
};

/* Makes a taker that adds up into *s, which is whole once the taker is closed. ERR_OS, ERR_SOFTWARE on overflow. *s is always to be freed. */
int summarylines_take(struct taker *out, struct summarylines *s, struct err *e);
void summarylines_free(struct summarylines *s);

#endif
