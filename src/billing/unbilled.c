#include "billing/unbilled.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define TOTALS_MAX (sizeof ((struct unbilled_report *)0)->total / sizeof(struct unbilled_row))

static const char *const names[UNBILLED_DIMENSIONS] = { "company", "project", "user", "type-of-work", "week" };
static const char *const ages[UNBILLED_AGES] = { "0-30", "31-60", "61-90", "older" };

const char *unbilled_by_name(enum unbilled_by b)
{
	return names[b];
}

const char *unbilled_age_name(int age)
{
	return ages[age];
}

int unbilled_age(date_t as_of, date_t d)
{
	int64_t days = d == DATE_NONE ? INT32_MAX : (int64_t)as_of - d;

	return days <= 30 ? 0 : days <= 60 ? 1 : days <= 90 ? 2 : 3;
}

int unbilled_parse_by(const char *text, struct unbilled_report *r, struct err *e)
{
	r->nby = 0;
	for (const char *p = text;; p++) {
		size_t n = strcspn(p, ","), k = 0;

		while (k < UNBILLED_DIMENSIONS && (strlen(names[k]) != n || strncmp(names[k], p, n) != 0))
			k++;
		if (k == UNBILLED_DIMENSIONS)
			return err_set(e, ERR_USAGE, "--by takes company, project, user, type-of-work, week, divided by commas, not '%.40s'", p);
		for (size_t i = 0; i < r->nby; i++)
			if (r->by[i] == k)
				return err_set(e, ERR_USAGE, "--by names %s twice", names[k]);
		r->by[r->nby++] = (enum unbilled_by)k;
		p += n;
		if (*p == '\0')
			return 0;
	}
}

/* ISO 8601: the week of its Thursday, "2026-W40". */
static const char *week_of(struct pool *pool, date_t d)
{
	date_t thursday;
	int weekday, year;

	if (d == DATE_NONE)
		return NULL;
	weekday = (int)(((int64_t)d + 3) % 7); /* 1970-01-01 was a Thursday; Monday is 0 */
	if (weekday < 0)
		weekday += 7;
	thursday = d - weekday + 3;
	year = date_to_ymd(thursday).year;
	return pool_fmt(pool, "%04d-W%02d", year, (int)(thursday - date_from_ymd(year, 1, 1)) / 7 + 1);
}

static void set_keys(struct unbilled_report *r, const struct entry *x, struct unbilled_row *row)
{
	for (size_t i = 0; i < r->nby; i++) {
		const char *key = NULL, *name = NULL;

		switch (r->by[i]) {
		case UNBILLED_COMPANY:
			key = x->company_id;
			name = x->company_name;
			break;
		case UNBILLED_PROJECT:
			key = x->project_id;
			name = x->project_name;
			break;
		case UNBILLED_USER:
			key = x->user_id;
			name = x->user_name;
			break;
		case UNBILLED_WORK:
			key = x->work_id;
			name = x->work_name;
			break;
		default:
			key = name = week_of(r->pool, x->date);
			break;
		}
		row->key[r->by[i]] = pool_intern(r->pool, key);
		row->name[r->by[i]] = pool_intern(r->pool, name != NULL ? name : key);
	}
}

int unbilled_add(struct unbilled_report *r, const struct entry *x, int held, const char *currency, int64_t minor, struct err *e)
{
	const int64_t secs = x->has_secs && x->secs > 0 ? x->secs : 0;
	const int age = unbilled_age(r->as_of, x->date);
	struct unbilled_row *row;

	if (buf_grow(&r->v, &r->cap, r->n + 1, sizeof *r->v) < 0)
		return err_nomem(e);
	row = &r->v[r->n++];
	memset(row, 0, sizeof *row);
	set_keys(r, x, row);
	row->currency = pool_intern(r->pool, currency);
	row->entries = 1;
	row->secs = row->age_secs[age] = secs;
	row->minor = row->age_minor[age] = minor;
	if (held) {
		row->held_secs = secs;
		row->held_minor = minor;
	}
	return pool_failed(r->pool) ? err_nomem(e) : 0;
}

static int compare_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL); /* what belongs to nothing stands last */
	return strcmp(a, b);
}

/* By name, then id, dimension by dimension, then currency. */
static int compare(const void *a, const void *b)
{
	const struct unbilled_row *x = a, *y = b;
	int c = 0;

	for (int i = 0; i < UNBILLED_DIMENSIONS && c == 0; i++) {
		c = compare_text(x->name[i], y->name[i]);
		if (c == 0)
			c = compare_text(x->key[i], y->key[i]);
	}
	return c != 0 ? c : compare_text(x->currency, y->currency);
}

static int merge(struct unbilled_row *to, const struct unbilled_row *from, struct err *e)
{
	int bad = num_add(&to->entries, from->entries) | num_add(&to->secs, from->secs) | num_add(&to->minor, from->minor) |
	    num_add(&to->held_secs, from->held_secs) | num_add(&to->held_minor, from->held_minor);

	for (int i = 0; i < UNBILLED_AGES; i++)
		bad |= num_add(&to->age_secs[i], from->age_secs[i]) | num_add(&to->age_minor[i], from->age_minor[i]);
	return bad ? err_set(e, ERR_SOFTWARE, "the sum of unbilled time overflows") : 0;
}

static int add_total(struct unbilled_report *r, const struct unbilled_row *row, struct err *e)
{
	size_t k = 0;

	while (k < r->ntotals && r->total[k].currency != row->currency)
		k++;
	if (k == TOTALS_MAX)
		return err_set(e, ERR_SOFTWARE, "more currencies than a report holds");
	if (k == r->ntotals) {
		memset(&r->total[k], 0, sizeof r->total[k]);
		r->total[r->ntotals++].currency = row->currency;
	}
	return merge(&r->total[k], row, e);
}

static const char *number_of(const struct unbilled_report *r, int dimension, const char *id)
{
	const struct customer *c = dimension == UNBILLED_COMPANY && r->customers != NULL && id != NULL ? customer_find(r->customers, id) : NULL;

	return c == NULL ? NULL : c->number;
}

/* True when each id among n rows has a customer number of its own. */
static int numbers_tell(const struct unbilled_report *r, int dimension, const struct unbilled_row *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *number;

		if (i > 0 && v[i].key[dimension] == v[i - 1].key[dimension])
			continue;
		number = number_of(r, dimension, v[i].key[dimension]);
		if (number == NULL)
			return 0;
		for (size_t k = 0; k < i; k++)
			if ((k == 0 || v[k].key[dimension] != v[k - 1].key[dimension]) && v[k].key[dimension] != v[i].key[dimension] && strcmp(number_of(r, dimension, v[k].key[dimension]), number) == 0)
				return 0;
	}
	return 1;
}

/* Characters of an id that tell it from the next one of n rows: 8, or more. */
static int telling(const struct unbilled_row *v, size_t n, int dimension)
{
	int most = 8;

	for (size_t i = 1; i < n; i++) {
		const char *a = v[i - 1].key[dimension], *b = v[i].key[dimension];
		int same = 0;

		while (a != b && a != NULL && b != NULL && a[same] != '\0' && a[same] == b[same])
			same++;
		if (same >= most)
			most = same + 1;
	}
	return most;
}

/* Whether the rows a and b are of one name in a dimension, within the same of all dimensions before it. */
static int is_one_name(const struct unbilled_row *a, const struct unbilled_row *b, int dimension)
{
	for (int i = 0; i < dimension; i++)
		if (a->key[i] != b->key[i])
			return 0;
	return a->name[dimension] != NULL && a->name[dimension] == b->name[dimension];
}

/* Rows are sorted, so those of one name stand together, and among them those of one id. */
static int put_labels(struct unbilled_report *r, int dimension, struct err *e)
{
	for (size_t from = 0, to; from < r->n; from = to) {
		struct unbilled_row *v = &r->v[from];
		int alike, numbers, digits;

		for (to = from + 1; to < r->n && is_one_name(v, &r->v[to], dimension);)
			to++;
		alike = v->key[dimension] != r->v[to - 1].key[dimension];
		digits = alike ? telling(v, to - from, dimension) : 0;
		numbers = alike && numbers_tell(r, dimension, v, to - from);
		for (size_t i = 0; i < to - from; i++) {
			const char *id = v[i].key[dimension];

			v[i].label[dimension] = !alike || id == NULL ? v[i].name[dimension] :
			    numbers ? pool_fmt(r->pool, "%s (%s)", v[i].name[dimension], number_of(r, dimension, id)) : pool_fmt(r->pool, "%s (%.*s)", v[i].name[dimension], digits, id);
		}
	}
	return pool_failed(r->pool) ? err_nomem(e) : 0;
}

int unbilled_close(struct unbilled_report *r, struct err *e)
{
	size_t kept = 0;

	if (r->n > 0)
		qsort(r->v, r->n, sizeof *r->v, compare);
	for (size_t i = 0; i < r->n; i++) {
		if (add_total(r, &r->v[i], e) < 0)
			return -1;
		if (kept > 0 && compare(&r->v[kept - 1], &r->v[i]) == 0) {
			if (merge(&r->v[kept - 1], &r->v[i], e) < 0)
				return -1;
		} else {
			r->v[kept++] = r->v[i];
		}
	}
	r->n = kept;
	for (int i = 0; i < UNBILLED_DIMENSIONS; i++)
		if (put_labels(r, i, e) < 0)
			return -1;
	if (r->ntotals > 0)
		qsort(r->total, r->ntotals, sizeof *r->total, compare);
	return 0;
}
