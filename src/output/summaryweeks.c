#include "output/summaryweeks.h"

#include <string.h>

#include "base/num.h"

/* 1970-01-01 was a Thursday. */
static date_t monday_of(date_t d)
{
	int weekday = (int)((d % 7 + 7 + 3) % 7);

	return d - weekday;
}

static date_t year_start(int year)
{
	return date_from_ymd(year, 1, 1);
}

/* The first day of the span behind the one that d is in. */
static date_t next_start(enum summaryweeks_unit unit, date_t d)
{
	if (unit == SUMMARYWEEKS_WEEK)
		return monday_of(d) + 7;
	return unit == SUMMARYWEEKS_MONTH ? date_month_start(d, 1) : year_start(date_to_ymd(d).year + 1);
}

/* 1 when the period fits into spans of this unit. */
static int divide(struct summaryweeks *w, enum summaryweeks_unit unit)
{
	date_t from = w->period.from;

	w->unit = unit;
	for (w->n = 0; w->n < SUMMARYWEEKS_MAX && from < w->period.to; w->n++) {
		date_t to = next_start(unit, from);

		w->v[w->n] = (struct summaryweeks_span){ .from = from, .to = to < w->period.to ? to : w->period.to };
		from = to;
	}
	return from >= w->period.to;
}

void summaryweeks_init(struct summaryweeks *w, const struct period *p)
{
	memset(w, 0, sizeof *w);
	w->period = *p;
	w->earlier.from = w->earlier.to = w->undated.from = w->undated.to = DATE_NONE;
	if (!divide(w, SUMMARYWEEKS_WEEK) && !divide(w, SUMMARYWEEKS_MONTH) && !divide(w, SUMMARYWEEKS_YEAR))
		w->v[w->n - 1].to = p->to;
}

int summaryweeks_add(struct summaryweeks *w, date_t day, int64_t secs, int64_t held)
{
	struct summaryweeks_span *s = day == DATE_NONE ? &w->undated : &w->earlier;

	/* What is dated behind the period is not read; should it come, it counts for the last span. */
	for (size_t i = 0; day != DATE_NONE && i < w->n && day >= w->v[i].from; i++)
		s = &w->v[i];
	return num_add(&s->secs, secs) < 0 || num_add(&s->held, held) < 0 ? -1 : 0;
}

int summaryweeks_number(date_t day)
{
	/* The week belongs to the year of its Thursday. */
	date_t thursday = monday_of(day) + 3;

	return (thursday - year_start(date_to_ymd(thursday).year)) / 7 + 1;
}
