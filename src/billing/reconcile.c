#include "billing/reconcile.h"

#include <stdlib.h>
#include <string.h>

#define AWORK_ROUNDING 1 /* seconds: durations are end minus start, rounded */

static const struct { const char *name; int difference, damage; } classes[RECONCILE_CLASSES] = {
	[RECONCILE_AGREED] = { "agreed", 0, 0 }, [RECONCILE_NOTED] = { "noted", 0, 0 }, [RECONCILE_ELSEWHERE] = { "billed_elsewhere", 0, 0 },
	[RECONCILE_HELD] = { "held", 0, 0 }, [RECONCILE_CHANGED] = { "changed", 1, 0 }, [RECONCILE_REOPENED] = { "reopened", 1, 0 },
	[RECONCILE_UNMARKED] = { "unmarked", 1, 0 }, [RECONCILE_PENDING] = { "pending", 1, 0 }, [RECONCILE_GONE] = { "gone", 1, 0 },
	[RECONCILE_FOREIGN] = { "foreign", 1, 0 }, [RECONCILE_FORGOTTEN] = { "forgotten", 1, 0 }, [RECONCILE_BOOKS_OPEN] = { "books_open", 0, 0 },
	[RECONCILE_BOOKS_MISSING] = { "books_missing", 1, 0 }, [RECONCILE_BOOKS_EXTRA] = { "books_extra", 1, 0 },
	[RECONCILE_BOOKS_TWICE] = { "books_twice", 1, 0 }, [RECONCILE_BOOKS_AMOUNT] = { "books_amount", 1, 0 },
	[RECONCILE_BOOKS_CURRENCY] = { "books_currency", 1, 0 }, [RECONCILE_FILE] = { "file", 1, 1 }, [RECONCILE_LEDGER] = { "ledger", 1, 1 },
};

const char *reconcile_name(enum reconcile_class c)
{
	return classes[c].name;
}

int reconcile_is_difference(enum reconcile_class c)
{
	return classes[c].difference;
}

int reconcile_is_damage(enum reconcile_class c)
{
	return classes[c].damage;
}

static int differ(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

static const char *or_none(const char *s)
{
	return s == NULL ? "none" : s;
}

static void comma(struct buf *out, size_t start)
{
	if (out->n > start)
		buf_str(out, ", ");
}

/* Names for people; the ids decide. */
static void say_place(struct buf *out, size_t start, const char *what, const char *id, const char *name, const char *now_id, const char *now_name)
{
	if (!differ(id, now_id))
		return;
	comma(out, start);
	if (name != NULL && now_name != NULL && strcmp(name, now_name) == 0)
		buf_fmt(out, "%s %s -> %s", what, or_none(id), or_none(now_id));
	else
		buf_fmt(out, "%s %s -> %s", what, or_none(name != NULL ? name : id), or_none(now_name != NULL ? now_name : now_id));
}

static void say_secs(struct buf *out, const struct entry *x)
{
	if (x->has_secs)
		buf_fmt(out, "%lld", (long long)x->secs);
	else
		buf_str(out, "none");
}

static void say_number(struct buf *out, size_t start, const char *what, int64_t was, int64_t now)
{
	if (was == now)
		return;
	comma(out, start);
	buf_fmt(out, "%s %lld -> %lld", what, (long long)was, (long long)now);
}

static void say_text(struct buf *out, size_t start, const char *what, const char *was, const char *now)
{
	if (!differ(was, now))
		return;
	comma(out, start);
	buf_fmt(out, "%s %s -> %s", what, or_none(was), or_none(now));
}

static void describe(struct buf *out, const struct entry *was, const struct entry *now)
{
	size_t start = out->n;
	char a[16], b[16];

	if (was->has_secs != now->has_secs || (was->has_secs && was->secs != now->secs)) {
		buf_str(out, "duration ");
		say_secs(out, was);
		buf_str(out, " -> ");
		say_secs(out, now);
	}
	say_number(out, start, "isBillable", was->billable, now->billable);
	say_number(out, start, "break", was->break_secs, now->break_secs);
	if (was->date != now->date) {
		comma(out, start);
		buf_fmt(out, "date %s -> %s", was->date == DATE_NONE ? "none" : date_fmt(a, was->date), now->date == DATE_NONE ? "none" : date_fmt(b, now->date));
	}
	say_text(out, start, "start", was->start_time, now->start_time);
	say_place(out, start, "company", was->company_id, was->company_name, now->company_id, now->company_name);
	say_place(out, start, "project", was->project_id, was->project_name, now->project_id, now->project_name);
	say_place(out, start, "task", was->task_id, was->task_name, now->task_id, now->task_name);
	say_place(out, start, "user", was->user_id, was->user_name, now->user_id, now->user_name);
	say_place(out, start, "type of work", was->work_id, was->work_name, now->work_id, now->work_name);
	if (differ(was->note, now->note)) {
		comma(out, start);
		buf_str(out, "note");
	}
	say_number(out, start, "isExternal", was->external, now->external);
}

/* 0 equal, 1 a second off and nothing else, 2 changed. */
static int compare_entries(const struct reconcile_claim *c, const struct entry *was, const struct entry *now, struct buf *what)
{
	struct entry then, near = *now;
	size_t start = what->n, all;
	int64_t off;

	if (was == NULL) {
		buf_fmt(what, "duration %lld -> ", (long long)c->secs);
		say_secs(what, now);
		buf_str(what, ", the rest is unknown: its snapshot was purged");
		return 2;
	}
	then = *was;
	then.has_secs = 1;
	then.secs = c->secs;
	describe(what, &then, now);
	all = what->n;
	if (all == start)
		return 0;
	off = now->secs - then.secs;
	near.secs = then.secs;
	if (!now->has_secs || off > AWORK_ROUNDING || off < -AWORK_ROUNDING)
		return 2;
	describe(what, &then, &near);
	if (what->n == all)
		return 1;
	what->n = all; /* the second description was only to see whether there is one */
	what->p[all] = '\0';
	return 2;
}

static enum reconcile_class unbilled(const struct reconcile_claim *c)
{
	switch (c->mark) {
	case RECONCILE_NEVER_SENT:
	case RECONCILE_SENT:
		return RECONCILE_PENDING;
	case RECONCILE_REFUSED:
		return RECONCILE_UNMARKED;
	case RECONCILE_DONE:
	case RECONCILE_BY_OTHERS:
		break;
	}
	return RECONCILE_REOPENED;
}

void reconcile_classify(const struct reconcile_claim *c, const struct entry *was, const struct entry *now, int same, struct reconcile_verdict *out,
    struct buf *what)
{
	int changed = 0;

	*out = (struct reconcile_verdict){ .class = RECONCILE_AGREED };
	if (now == NULL) {
		out->class = RECONCILE_GONE;
		out->delta_secs = -c->secs;
		return;
	}
	out->now_secs = now->billable && now->has_secs && now->secs > 0 ? now->secs : 0;
	out->delta_secs = out->now_secs - c->secs;
	if (!same || out->delta_secs != 0)
		changed = compare_entries(c, was, now, what);
	out->moved = was != NULL && differ(was->company_id, now->company_id);
	/* All of it was taken back by a correction, and nothing of it is billable: settled. */
	if (!now->billable && c->secs == 0)
		changed = 0;
	if (c->voiding)
		out->class = RECONCILE_PENDING;
	else if (!now->billable)
		out->class = changed == 2 ? RECONCILE_CHANGED : RECONCILE_AGREED; /* awork clears isBilled with isBillable */
	else if (!now->billed)
		out->class = unbilled(c);
	else if (c->mark == RECONCILE_BY_OTHERS || c->mark == RECONCILE_NEVER_SENT)
		out->class = RECONCILE_FOREIGN;
	else
		out->class = changed == 2 ? RECONCILE_CHANGED : changed == 1 ? RECONCILE_NOTED : RECONCILE_AGREED;
}

int64_t reconcile_billed_delta(struct reconcile_line *l, int64_t was_billed, int64_t now_secs, int64_t delta_secs)
{
	int64_t before;

	if (l->rounding.mode == ROUNDING_NONE)
		return delta_secs;
	if (l->rounding.scope == ROUNDING_ENTRY)
		return rounding_apply(&l->rounding, now_secs) - was_billed;
	before = rounding_apply(&l->rounding, l->secs);
	l->secs = l->secs + delta_secs > 0 ? l->secs + delta_secs : 0;
	return rounding_apply(&l->rounding, l->secs) - before;
}

int64_t reconcile_value(const struct reconcile_line *l, int64_t billed_secs, int *overflow)
{
	return invoice_line_net(l->unit, invoice_quantity(l->unit, billed_secs), l->price_e4, l->decimals, overflow);
}

static int compare_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

int reconcile_compare(const struct reconcile_finding *a, const struct reconcile_finding *b)
{
	int c = (a->class > b->class) - (a->class < b->class);

	if (c == 0)
		c = compare_text(a->invoice, b->invoice);
	if (c == 0)
		c = (a->pos > b->pos) - (a->pos < b->pos);
	if (c == 0)
		c = (a->date > b->date) - (a->date < b->date);
	if (c == 0)
		c = compare_text(a->entry, b->entry);
	return c != 0 ? c : compare_text(a->change, b->change);
}

static int compare_finding(const void *a, const void *b)
{
	return reconcile_compare(a, b);
}

int reconcile_count(struct reconcile_report *r, enum reconcile_class class, const char *currency, int64_t n, int64_t secs, int64_t minor, struct err *e)
{
	struct reconcile_sum *s;
	size_t i = 0;

	if (currency == NULL)
		currency = "";
	while (i < r->nsums && (r->sums[i].class < class || (r->sums[i].class == class && strcmp(r->sums[i].currency, currency) < 0)))
		i++;
	if (i == r->nsums || r->sums[i].class != class || strcmp(r->sums[i].currency, currency) != 0) {
		if (buf_grow(&r->sums, &r->cap_sums, r->nsums + 1, sizeof *r->sums) < 0)
			return err_nomem(e);
		memmove(&r->sums[i + 1], &r->sums[i], (r->nsums++ - i) * sizeof *r->sums);
		r->sums[i] = (struct reconcile_sum){ .class = class };
		strncat(r->sums[i].currency, currency, sizeof r->sums[i].currency - 1);
	}
	s = &r->sums[i];
	s->n += n;
	return num_add(&s->secs, secs) < 0 || num_add(&s->minor, minor) < 0 ? err_set(e, ERR_SOFTWARE, "a sum of the reconciliation overflows") : 0;
}

int reconcile_close(struct reconcile_report *r, struct err *e)
{
	if (r->n > 0)
		qsort(r->v, r->n, sizeof *r->v, compare_finding);
	for (size_t i = 0; i < r->n; i++) {
		const struct reconcile_finding *f = &r->v[i];

		if (reconcile_count(r, f->class, f->has_money ? f->currency : NULL, 1, f->secs, f->has_money ? f->minor : 0, e) < 0)
			return -1;
	}
	return 0;
}

int64_t reconcile_differences(const struct reconcile_report *r)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->nsums; i++)
		if (reconcile_is_difference(r->sums[i].class))
			n += r->sums[i].n;
	return n;
}
