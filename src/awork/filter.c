#include "awork/filter.h"

#include <string.h>

static void conjunction(struct buf *out, size_t start)
{
	if (out->n > start)
		buf_str(out, " and ");
}

/* (a eq guid'..' or a eq guid'..'): awork does not document the precedence of `and` over `or`. */
static void any_of(struct buf *out, size_t start, const char *property, const char *const *ids)
{
	if (ids == NULL || ids[0] == NULL)
		return;
	conjunction(out, start);
	buf_ch(out, '(');
	for (size_t i = 0; ids[i] != NULL; i++)
		buf_fmt(out, "%s%s eq guid'%s'", i > 0 ? " or " : "", property, ids[i]);
	buf_ch(out, ')');
}

/* Date members hold midnight, so half-open limits are exact. */
static void limit(struct buf *out, size_t start, const char *op, date_t d)
{
	char text[16];

	if (d == DATE_NONE)
		return;
	conjunction(out, start);
	buf_fmt(out, "startDateLocal %s datetime'%sT00:00:00'", op, date_fmt(text, d));
}

void filter_write(const struct filter *f, struct buf *out)
{
	size_t start = out->n;

	if (f->billable)
		buf_str(out, f->billable == FILTER_BILLABLE ? "isBillable eq true" : "isBillable eq true and isBilled eq false");
	limit(out, start, "ge", f->from);
	limit(out, start, "lt", f->to);
	any_of(out, start, "project/company/id", f->companies);
	any_of(out, start, "projectId", f->projects);
	any_of(out, start, "userId", f->users);
	any_of(out, start, "typeOfWorkId", f->works);
	any_of(out, start, "id", f->entries);
	if (f->since[0] != '\0') {
		conjunction(out, start);
		buf_fmt(out, "createdOn ge datetime'%s'", f->since);
	}
	if (f->likely != FILTER_ANY) {
		conjunction(out, start);
		buf_str(out, f->likely == FILTER_BILLED ? "isBilled eq true" : "isBillable eq true and isBilled eq false");
	}
}

static int fits(const char *const *ids, const char *id)
{
	if (ids == NULL || ids[0] == NULL)
		return 1;
	for (size_t i = 0; id != NULL && ids[i] != NULL; i++)
		if (strcasecmp(ids[i], id) == 0)
			return 1;
	return 0;
}

const char *filter_violated(const struct filter *f, const struct entry *x)
{
	if (f->billable && !x->billable)
		return "isBillable eq true";
	if (f->billable && f->billable != FILTER_BILLABLE && x->billed)
		return "isBilled eq false";
	if (f->from != DATE_NONE && (x->date == DATE_NONE || x->date < f->from))
		return "startDateLocal ge";
	if (f->to != DATE_NONE && (x->date == DATE_NONE || x->date >= f->to))
		return "startDateLocal lt";
	if (!fits(f->companies, x->company_id))
		return "project/company/id";
	if (!fits(f->projects, x->project_id))
		return "projectId";
	if (!fits(f->users, x->user_id))
		return "userId";
	if (!fits(f->works, x->work_id))
		return "typeOfWorkId";
	return NULL;
}
