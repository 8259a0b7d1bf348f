/* All claims of a run, some days at a time: however many there are, a list of them stays short. */
#include <stdlib.h>
#include <string.h>

#include "ledger/claim_list.h"

/* Where the claims of a day stand. */
struct day { date_t date; int64_t first, last, n; };

struct claim_days {
	struct store *s;
	char run[16];
	unsigned states;
	size_t most;
	struct claim_list_span span;
	struct day *v;    /* by date, that of claims without one at the end; empty: all of them are one portion */
	size_t n, cap, at;
	int whole;        /* that portion is still to come */
};

static int is_before(date_t a, date_t b)
{
	return a != DATE_NONE && (b == DATE_NONE || a < b);
}

/* Claims of a day mostly follow each other. */
static struct day *find_day(struct claim_days *d, date_t date)
{
	size_t lo = 0, hi = d->n;

	if (d->at < d->n && d->v[d->at].date == date)
		return &d->v[d->at];
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;

		if (is_before(d->v[mid].date, date))
			lo = mid + 1;
		else
			hi = mid;
	}
	d->at = lo;
	if (lo < d->n && d->v[lo].date == date)
		return &d->v[lo];
	if (buf_grow(&d->v, &d->cap, d->n + 1, sizeof *d->v) < 0)
		return NULL;
	memmove(d->v + lo + 1, d->v + lo, (d->n - lo) * sizeof *d->v);
	d->v[lo] = (struct day){ .date = date };
	d->n++;
	return &d->v[lo];
}

static int count_days(struct claim_days *d, struct err *e)
{
	static const char sql[] = "SELECT c.id,c.date FROM claim c " CLAIM_LIST_OF_RUN;
	sqlite3_stmt *st = db_query(d->s, sql, DB_ARGS(db_text(d->run), db_int(d->span.first), db_int(d->span.last)), e);
	int rc = -1;

	while (st != NULL && (rc = db_step(d->s, st, e)) > 0) {
		const int64_t id = sqlite3_column_int64(st, 0);
		struct day *day;
		date_t date;

		if (db_copy_date(d->s, st, 1, &date, e) < 0 || ((day = find_day(d, date)) == NULL && err_nomem(e) < 0)) {
			rc = -1;
			break;
		}
		if (day->n++ == 0)
			day->first = id;
		day->last = id;
	}
	db_end(d->s, st);
	d->at = 0;
	return rc;
}

struct claim_days *claim_days_new(struct store *s, const char *run, unsigned states, size_t most, struct err *e)
{
	struct claim_days *d = calloc(1, sizeof *d);

	if (d == NULL) {
		err_nomem(e);
		return NULL;
	}
	d->s = s;
	d->states = states;
	d->most = most;
	strncat(d->run, run, sizeof d->run - 1);
	if (claim_list_span(s, run, &d->span, e) == 0) {
		d->whole = d->span.n <= (int64_t)most;
		if (d->whole || count_days(d, e) == 0)
			return d;
	}
	claim_days_free(d);
	return NULL;
}

static int next_days(struct claim_days *d, struct claim_brief **v, size_t *n, struct err *e)
{
	struct day sum = d->v[d->at];
	date_t last = sum.date;

	for (d->at++; sum.date != DATE_NONE && d->at < d->n && d->v[d->at].date != DATE_NONE && (size_t)(sum.n + d->v[d->at].n) <= d->most; d->at++) {
		const struct day *more = &d->v[d->at];

		sum.n += more->n;
		sum.first = more->first < sum.first ? more->first : sum.first;
		sum.last = more->last > sum.last ? more->last : sum.last;
		last = more->date;
	}
	return claim_list_between(d->s, d->run, d->states, &(struct claim_list_span){ sum.first, sum.last, sum.n }, sum.date, last, v, n, e);
}

int claim_days_next(struct claim_days *d, struct claim_brief **v, size_t *n, struct err *e)
{
	*v = NULL;
	*n = 0;
	while (d->whole || d->at < d->n) {
		if (d->whole ? claim_list(d->s, d->run, d->states, v, n, e) < 0 : next_days(d, v, n, e) < 0)
			return -1;
		d->whole = 0;
		if (*n > 0)
			return 1;
		free(*v);
		*v = NULL;
	}
	return 0;
}

int64_t claim_days_count(const struct claim_days *d)
{
	return d->span.n;
}

void claim_days_free(struct claim_days *d)
{
	if (d == NULL)
		return;
	free(d->v);
	free(d);
}
