/* One row of a table with the column `action`, understood. Pure. */
#ifndef BILLING_APPLYROW_H
#define BILLING_APPLYROW_H

#include "billing/applyplan.h"

/* The cells, NULL where the table has no such column. Borrowed. */
struct applyrow_cells { const char *entry, *action, *value, *date, *user, *project, *task, *work, *seconds, *duration, *start, *note, *billable; };

struct applyrow {
	int line;
	enum applyplan_action action;
	char entry[37];      /* "" of a new one */
	const char *value;   /* as typed: name or id, text of a hold; NULL: none */
	date_t date;         /* DATE_NONE: not told, or not readable and not needed */
	/* of a new entry, as typed: names or ids */
	const char *user, *project, *task, *work, *note;
	int64_t secs;
	char start[16];      /* "HH:MM:SS", "" when it has none */
	int billable;
};

/* The action cell holds the word and its value ("set-project Website"), or the value stands in a column of its own. 1, 0 when the action is empty, or -1 with a sentence in *why. Texts
 * belong to the pool. */
int applyrow_parse(const struct applyrow_cells *c, struct pool *pool, struct applyrow *out, struct buf *why);

#endif
