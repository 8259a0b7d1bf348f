#include "billing/rate.h"

#include <string.h>

static int names(const char *key, const char *id, const char *name)
{
	return key == NULL || (id != NULL && strcmp(key, id) == 0) || (name != NULL && strcmp(key, name) == 0);
}

static int fits(const struct rate *r, const struct entry *x)
{
	if ((r->from != DATE_NONE && x->date < r->from) || (r->to != DATE_NONE && x->date > r->to))
		return 0;
	return names(r->project, x->project_id, x->project_name) && names(r->company, x->company_id, x->company_name) &&
	    names(r->work, x->work_id, x->work_name) && names(r->user, x->user_id, x->user_name);
}

static int rank(const struct rate *r)
{
	return (r->project != NULL) * 8 + (r->company != NULL) * 4 + (r->work != NULL) * 2 + (r->user != NULL);
}

/* DATE_NONE is the smallest date, so an open start loses against any date. */
static int beats(const struct rate *a, const struct rate *b)
{
	return rank(a) != rank(b) ? rank(a) > rank(b) : a->from > b->from;
}

const struct rate *rate_find(const struct rate_card *c, const struct entry *x)
{
	const struct rate *best = NULL;

	for (size_t i = 0; i < c->n; i++)
		if ((best == NULL || beats(&c->v[i], best)) && fits(&c->v[i], x))
			best = &c->v[i];
	return best;
}

const struct rate *rate_conflict(const struct rate_card *c, const struct entry *x, const struct rate *found)
{
	for (size_t i = 0; i < c->n; i++)
		if (&c->v[i] != found && rank(&c->v[i]) == rank(found) && c->v[i].from == found->from && fits(&c->v[i], x))
			return &c->v[i];
	return NULL;
}

static int same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int overlap(const struct rate *a, const struct rate *b)
{
	return (a->to == DATE_NONE || b->from == DATE_NONE || b->from <= a->to) &&
	    (b->to == DATE_NONE || a->from == DATE_NONE || a->from <= b->to);
}

void rate_check(const struct rate_card *c, const char *file, struct diag *d)
{
	for (size_t i = 1; i < c->n; i++) {
		const struct rate *b = &c->v[i];

		for (size_t k = 0; k < i; k++) {
			const struct rate *a = &c->v[k];

			if (a->from == b->from && same(a->project, b->project) && same(a->company, b->company) && same(a->work, b->work) &&
			    same(a->user, b->user) && overlap(a, b))
				diag_add(d, file, b->line, "ties with line %d: same keys, same valid_from, overlapping validity; "
				    "give one of them a later valid_from or end the other with valid_to", a->line);
		}
	}
}
