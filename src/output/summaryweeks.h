/* Tracked time by week of the period, billed and held. A period of many weeks is divided by months, one of many months by years. */
#ifndef OUTPUT_SUMMARYWEEKS_H
#define OUTPUT_SUMMARYWEEKS_H

#include "billing/period.h"

#define SUMMARYWEEKS_MAX 54 /* spans of a period: a year has 53 weeks, or 54 that it touches */

enum summaryweeks_unit { SUMMARYWEEKS_WEEK, SUMMARYWEEKS_MONTH, SUMMARYWEEKS_YEAR };

struct summaryweeks_span {
	date_t from, to;    /* half-open, within the period */
	int64_t secs, held; /* as tracked */
};

struct summaryweeks {
	enum summaryweeks_unit unit;
	struct period period;
	struct summaryweeks_span v[SUMMARYWEEKS_MAX]; /* the last one takes what is left of a period of more years than that */
	size_t n;
	struct summaryweeks_span earlier, undated;    /* before the period; of no date */
};

void summaryweeks_init(struct summaryweeks *w, const struct period *p);
/* Adds time of a day (DATE_NONE: of none). -1 on overflow. */
int summaryweeks_add(struct summaryweeks *w, date_t day, int64_t secs, int64_t held);
/* The number of the week that the day is in, ISO 8601. */
int summaryweeks_number(date_t day);

#endif
