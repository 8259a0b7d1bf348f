#include "cli/billable.h"

#include <stdlib.h>
#include <string.h>

#include "base/sorter.h"
#include "base/text.h"

#define SPANS_PART 2 /* the buffer for times is this much smaller: they are */

/* An entry as it is kept; its own texts follow: note and start time, each with its end. */
struct kept {
	uint8_t id[16];
	date_t date;
	int32_t start_sec;
	int64_t secs, snap;
	const struct rate *rate;
	const char *company_name, *project_id, *project_name, *task_id, *task_name, *user_id, *user_name, *work_id, *work_name;
	uint8_t late, has_note, has_start;
};

struct billable {
	const struct customer_table *customers;
	struct pool *pool;
	uint32_t *place;                  /* of each customer of the table */
	const struct customer **at;       /* the customer at each place */
	struct naming *projects, *details, *users;
	struct sorter *items, *spans;     /* spans: NULL when nobody asks for times */
	struct buf record;
	struct sorter_record next;
	int has_next;
	struct compose_item *v;
	size_t cap;
	struct pool *texts;               /* of v */
};

static int compare_text(const char *a, const char *b)
{
	if (a == b)
		return 0;
	return a == NULL ? -1 : b == NULL ? 1 : strcmp(a, b);
}

/* As compose orders invoices. */
static int compare_customer(const void *pa, const void *pb)
{
	const struct customer *a = *(const struct customer *const *)pa, *b = *(const struct customer *const *)pb;
	int c = compare_text(a->party.name, b->party.name);

	return c != 0 ? c : compare_text(a->company_id, b->company_id);
}

static int order_customers(struct billable *b)
{
	size_t n = b->customers->n;

	b->place = calloc(n + 1, sizeof *b->place);
	b->at = calloc(n + 1, sizeof *b->at);
	if (b->place == NULL || b->at == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		b->at[i] = &b->customers->v[i];
	qsort(b->at, n, sizeof *b->at, compare_customer);
	for (size_t i = 0; i < n; i++)
		b->place[b->at[i] - b->customers->v] = (uint32_t)i;
	return 0;
}

struct billable *billable_new(const struct customer_table *customers, const char *dir, size_t limit_bytes, int times, struct pool *pool, struct err *e)
{
	struct billable *b = calloc(1, sizeof *b);

	if (b == NULL) {
		err_nomem(e);
		return NULL;
	}
	*b = (struct billable){ .customers = customers, .pool = pool, .projects = naming_new(), .details = naming_new(), .users = naming_new(), .texts = pool_new() };
	if (b->projects == NULL || b->details == NULL || b->users == NULL || b->texts == NULL || order_customers(b) < 0)
		err_nomem(e);
	else if ((b->items = sorter_new(dir, limit_bytes, e)) != NULL && (!times || (b->spans = sorter_new(dir, limit_bytes / SPANS_PART, e)) != NULL))
		return b;
	billable_free(b);
	return NULL;
}

void billable_free(struct billable *b)
{
	if (b == NULL)
		return;
	free(b->place);
	free(b->at);
	naming_free(b->projects);
	naming_free(b->details);
	naming_free(b->users);
	sorter_free(b->items);
	sorter_free(b->spans);
	buf_free(&b->record);
	free(b->v);
	pool_free(b->texts);
	free(b);
}

static int is_bad_id(const struct entry *x, struct err *e)
{
	return err_set(e, ERR_SOFTWARE, "an id of entry %.40s is no UUID", x->id);
}

static int add_span(struct billable *b, const struct kept *k, const struct entry *x, struct err *e)
{
	struct brake_span span = { .date = x->date, .start_sec = k->start_sec };
	uint8_t key[BRAKE_SPAN_KEY];

	if (b->spans == NULL || x->user_id == NULL || x->date == DATE_NONE)
		return 0;
	memcpy(span.entry, k->id, sizeof span.entry);
	if (text_uuid_pack(span.user, x->user_id) < 0)
		return is_bad_id(x, e);
	brake_span_key(&span, key);
	return sorter_add(b->spans, key, sizeof key, &x->secs, sizeof x->secs, e) < 0 ? -1 : naming_add(b->users, NULL, k->user_id, k->user_name, x->updated_on, x->id, e);
}

static int put(struct billable *b, const struct kept *k, const char *note, const char *start, const struct customer *c, struct err *e)
{
	uint32_t place = (uint32_t)billable_place(b, c);
	uint8_t key[4] = { (uint8_t)(place >> 24), (uint8_t)(place >> 16), (uint8_t)(place >> 8), (uint8_t)place };

	buf_reset(&b->record);
	buf_add(&b->record, k, sizeof *k);
	if (k->has_note)
		buf_add(&b->record, note, strlen(note) + 1);
	if (k->has_start)
		buf_add(&b->record, start, strlen(start) + 1);
	return buf_ok(&b->record) ? sorter_add(b->items, key, sizeof key, b->record.p, b->record.n, e) : err_nomem(e);
}

int billable_add(struct billable *b, const struct entry *x, const struct select_verdict *v, int64_t snap, struct err *e)
{
	const int whole = v->customer->group_by == GROUP_ENTRY, with_task = whole || v->customer->group_by == GROUP_PROJECT_TASK;
	struct entry named = *x;
	struct kept k;

	/* Its padding goes to a file, too. */
	memset(&k, 0, sizeof k);
	if (text_uuid_pack(k.id, x->id) < 0)
		return is_bad_id(x, e);
	k.date = x->date;
	k.start_sec = entry_start_sec(x);
	k.secs = x->secs;
	k.snap = snap;
	k.rate = v->rate;
	k.late = v->late != 0;
	k.company_name = pool_intern(b->pool, x->company_name);
	named.project_id = k.project_id = pool_intern(b->pool, x->project_id);
	named.project_name = k.project_name = pool_intern(b->pool, x->project_name);
	named.task_id = k.task_id = with_task ? pool_intern(b->pool, x->task_id) : NULL;
	named.task_name = k.task_name = with_task ? pool_intern(b->pool, x->task_name) : NULL;
	named.user_id = k.user_id = pool_intern(b->pool, x->user_id);
	named.user_name = k.user_name = pool_intern(b->pool, x->user_name);
	named.work_id = k.work_id = pool_intern(b->pool, x->work_id);
	named.work_name = k.work_name = pool_intern(b->pool, x->work_name);
	if (pool_failed(b->pool))
		return err_nomem(e);
	k.has_note = whole && x->note != NULL;
	k.has_start = whole && x->start_time != NULL;
	if (compose_note_names(b->projects, b->details, v->customer, &named, e) < 0 || add_span(b, &k, x, e) < 0)
		return -1;
	return put(b, &k, x->note, x->start_time, v->customer, e);
}

int64_t billable_count(const struct billable *b)
{
	return b == NULL ? 0 : sorter_count(b->items);
}

size_t billable_place(const struct billable *b, const struct customer *c)
{
	return b->place[c - b->customers->v];
}

const struct customer *billable_customer(const struct billable *b, size_t place)
{
	return b->at[place];
}

static int step(struct billable *b, struct err *e)
{
	b->has_next = sorter_next(b->items, &b->next, e);
	return b->has_next < 0 ? -1 : 0;
}

int billable_start(struct billable *b, struct err *e)
{
	return sorter_sort(b->items, e) < 0 ? -1 : step(b, e);
}

static size_t place_of(const struct sorter_record *r)
{
	const uint8_t *key = r->key;

	return (size_t)key[0] << 24 | (size_t)key[1] << 16 | (size_t)key[2] << 8 | key[3];
}

int billable_next(struct billable *b, size_t *place, struct err *e)
{
	(void)e;
	if (b->has_next > 0)
		*place = place_of(&b->next);
	return b->has_next;
}

static void unpack(struct billable *b, const struct kept *k, const struct customer *c, struct compose_item *out)
{
	const char *text = (const char *)(k + 1);
	struct entry *x = &out->entry;

	memset(out, 0, sizeof *out);
	text_uuid_unpack(x->id, k->id);
	x->has_secs = 1;
	x->secs = k->secs;
	x->date = k->date;
	x->company_id = c->company_id;
	x->company_name = k->company_name;
	x->project_id = k->project_id;
	x->project_name = k->project_name;
	x->task_id = k->task_id;
	x->task_name = k->task_name;
	x->user_id = k->user_id;
	x->user_name = k->user_name;
	x->work_id = k->work_id;
	x->work_name = k->work_name;
	x->note = k->has_note ? pool_dup(b->texts, text) : NULL;
	x->start_time = k->has_start ? pool_dup(b->texts, k->has_note ? text + strlen(text) + 1 : text) : NULL;
	out->customer = c;
	out->rate = k->rate;
	out->late = k->late;
	out->start_sec = k->start_sec;
	out->snap = k->snap;
	compose_settle_names(b->projects, b->details, out);
}

int billable_load(struct billable *b, size_t place, struct compose_item **items, size_t *n, struct err *e)
{
	size_t k = 0;

	pool_reset(b->texts);
	while (b->has_next > 0 && place_of(&b->next) == place) {
		if (buf_grow(&b->v, &b->cap, k + 1, sizeof *b->v) < 0)
			return err_nomem(e);
		unpack(b, b->next.payload, b->at[place], &b->v[k++]);
		if (step(b, e) < 0)
			return -1;
	}
	if (pool_failed(b->texts))
		return err_nomem(e);
	*items = b->v;
	*n = k;
	return 0;
}

const char *billable_user_name(const struct billable *b, const char *user_id)
{
	return naming_of(b->users, user_id, NULL);
}

const struct naming *billable_projects(const struct billable *b)
{
	return b->projects;
}

static int next_span(void *ctx, struct brake_span *out, struct err *e)
{
	struct sorter_record r;
	int64_t secs;
	int rc = sorter_next(ctx, &r, e);

	if (rc > 0) {
		memcpy(&secs, r.payload, sizeof secs);
		brake_span_read(r.key, secs, out);
	}
	return rc;
}

int billable_times(struct billable *b, const struct brake_rules *r, brake_each *each, void *ctx, struct err *e)
{
	if (b->spans == NULL)
		return 0;
	return sorter_sort(b->spans, e) < 0 ? -1 : brake_times(r, next_span, b->spans, each, ctx, e);
}
