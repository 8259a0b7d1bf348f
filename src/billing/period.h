/* The period of a run: a half-open range of local dates [from, to). */
#ifndef BILLING_PERIOD_H
#define BILLING_PERIOD_H

#include "base/date.h"
#include "base/err.h"

struct period {
	date_t from, to;  /* to is exclusive */
	char label[32];   /* "2026-10", "2026-Q3" or "2026-10-01..2026-10-15"; also the folder's name */
};

/* Reads last-month, this-month, YYYY-MM, YYYY-Qn or FROM..TO (TO is the last day, inclusive). today decides the relative ones.
 * ERR_USAGE says what is allowed. */
int period_parse(const char *s, date_t today, struct period *out, struct err *e);

/* The canonical label of a range: "2026-10" for a whole month, "2026-Q3" for a whole quarter, else "FROM..LAST". */
void period_make(date_t from, date_t to, struct period *out);

#endif
