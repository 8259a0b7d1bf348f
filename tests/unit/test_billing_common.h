/* What the billing tests share: dates and ids in one word, a seeded generator. */
#ifndef TEST_BILLING_COMMON_H
#define TEST_BILLING_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/err.h"
#include "base/text.h"
#include "billing/conserve.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline date_t day(const char *s)
{
	date_t d = DATE_NONE;

	if (s != NULL && date_parse(s, &d) < 0)
		fail_msg("'%s' is no date", s);
	return d;
}

/* xorshift64: the same numbers on every machine. */
static inline uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline size_t below(uint64_t *seed, size_t n) { return (size_t)(draw(seed) >> 11) % n; }

static inline void shuffle(void *array, size_t n, size_t size, uint64_t *seed)
{
	char *v = array, *t = malloc(size);

	assert_non_null(t);
	for (size_t i = n; i > 1; i--) {
		size_t k = below(seed, i);

		memcpy(t, v + (i - 1) * size, size);
		memmove(v + (i - 1) * size, v + k * size, size);
		memcpy(v + k * size, t, size);
	}
	free(t);
}

/* True when exactly one line of the diagnosis contains s. */
static inline int says(const struct diag *d, const char *s)
{
	int n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += strstr(d->line[i], s) != NULL;
	return n == 1;
}

/* A billable entry as the tests write it; what compose_run() makes of it is filled by compose_all(). */
struct test_item {
	struct entry entry;
	const struct customer *customer;
	const struct rate *rate;
	int late, invoice, pos;
	int64_t billed_secs;
};

struct test_items { struct compose_item *v; struct compose_texts *texts; struct compose_own *own; };

static inline struct test_items items_of(const struct test_item *v, size_t n)
{
	struct test_items s = { calloc(n + 1, sizeof *s.v), calloc(n + 1, sizeof *s.texts), calloc(n + 1, sizeof *s.own) };

	assert_true(s.v != NULL && s.texts != NULL && s.own != NULL);
	for (size_t i = 0; i < n; i++) {
		const struct entry *x = &v[i].entry;

		s.texts[i] = (struct compose_texts){ x->company_name, x->project_id, x->project_name, x->task_id, x->task_name, x->user_id, x->user_name, x->work_id, x->work_name };
		s.own[i] = (struct compose_own){ x->note, x->start_time };
		s.v[i] = (struct compose_item){ .texts = &s.texts[i], .own = &s.own[i], .customer = v[i].customer, .rate = v[i].rate, .secs = x->secs, .date = x->date, .late = v[i].late,
			.snap = (int64_t)i, .invoice = v[i].invoice, .pos = v[i].pos, .billed_secs = v[i].billed_secs };
		assert_int_equal(text_uuid_pack(s.v[i].id, x->id), 0);
	}
	return s;
}

static inline void drop_items(struct test_items *s)
{
	free(s->v);
	free(s->texts);
	free(s->own);
}

/* Settles names and composes; v comes back in the order of the plan, with what an item is given. */
static inline int compose_all(const struct compose_rules *r, struct test_item *v, size_t n, struct pool *pool, struct compose_plan *out, struct err *e)
{
	struct test_items s = items_of(v, n);
	struct naming *projects = naming_new(), *details = naming_new();
	struct test_item *was = calloc(n + 1, sizeof *was);
	int rc;

	assert_true(projects != NULL && details != NULL && was != NULL);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(compose_note_names(projects, details, v[i].customer, &s.texts[i], v[i].entry.id, v[i].entry.updated_on, e), 0);
	for (size_t i = 0; i < n; i++)
		compose_settle_names(projects, details, v[i].customer, &s.texts[i]);
	rc = compose_run(r, s.v, n, pool, out, e);
	if (n > 0)
		memcpy(was, v, n * sizeof *v);
	for (size_t i = 0; i < n && rc == 0; i++) {
		v[i] = was[s.v[i].snap];
		v[i].invoice = s.v[i].invoice;
		v[i].pos = s.v[i].pos;
		v[i].billed_secs = s.v[i].billed_secs;
	}
	free(was);
	naming_free(projects);
	naming_free(details);
	drop_items(&s);
	return rc;
}

/* Both proofs of a plan that is one part; *t holds fetched and held. */
static inline int prove_all(const struct compose_plan *plan, const struct test_item *v, size_t n, struct conserve_totals *t, struct err *e)
{
	struct test_items s = items_of(v, n);
	int rc;

	t->billed = t->billed_secs = t->rounded_secs = t->late = 0;
	rc = conserve_prove(plan, s.v, n, t, e) < 0 ? -1 : conserve_balance(t, e);
	drop_items(&s);
	return rc;
}

#endif
