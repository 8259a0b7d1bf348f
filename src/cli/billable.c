#include "cli/billable.h"

#include <stdlib.h>
#include <string.h>

#include "base/sorter.h"
#include "base/text.h"

#define SPANS_PART 2 /* the buffer for times is this much smaller: they are */

/* An entry as it is kept; its own texts follow: note and start time, each with its end. */
struct kept {
	uint8_t id[16];
	const struct shared *shared;
	const struct rate *rate;
	int64_t secs, snap;
	date_t date;
	uint8_t late, has_note, has_start;
};

/* Texts of a customer's entries, once. */
struct shared { struct compose_texts texts; const struct customer *customer; };

struct billable {
	const struct customer_table *customers;
	struct pool *pool;
	uint32_t *place;                  /* of each customer of the table */
	const struct customer **at;       /* the customer at each place */
	size_t *entries;                  /* and how many it has */
	int people;                       /* users and types of work are kept whether lines show them or not */
	struct shared **slot;             /* open addressing by the texts' addresses: equal texts are one; a power of two, at most half full */
	size_t nslot, nshared;
	struct naming *projects, *details, *users;
	struct sorter *items, *spans;     /* spans: NULL when nobody asks for times */
	struct buf record;
	struct sorter_record next;
	int has_next;
	struct compose_item *v;           /* of the customer at hand */
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
	b->entries = calloc(n + 1, sizeof *b->entries);
	if (b->place == NULL || b->at == NULL || b->entries == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		b->at[i] = &b->customers->v[i];
	qsort(b->at, n, sizeof *b->at, compare_customer);
	for (size_t i = 0; i < n; i++)
		b->place[b->at[i] - b->customers->v] = (uint32_t)i;
	return 0;
}

struct billable *billable_new(const struct customer_table *customers, const char *dir, size_t limit_bytes, int times, int people, struct pool *pool, struct err *e)
{
	struct billable *b = calloc(1, sizeof *b);

	if (b == NULL) {
		err_nomem(e);
		return NULL;
	}
	*b = (struct billable){ .customers = customers, .pool = pool, .people = people, .projects = naming_new(), .details = naming_new(), .users = naming_new(), .texts = pool_new() };
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
	free(b->entries);
	free(b->slot);
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
	struct brake_span span = { .date = x->date, .start_sec = entry_start_sec(x) };
	uint8_t key[BRAKE_SPAN_KEY];

	if (b->spans == NULL || x->user_id == NULL || x->date == DATE_NONE)
		return 0;
	memcpy(span.entry, k->id, sizeof span.entry);
	if (text_uuid_pack(span.user, x->user_id) < 0)
		return is_bad_id(x, e);
	brake_span_key(&span, key);
	if (sorter_add(b->spans, key, sizeof key, &x->secs, sizeof x->secs, e) < 0)
		return -1;
	return naming_add(b->users, NULL, pool_intern(b->pool, x->user_id), pool_intern(b->pool, x->user_name), x->updated_on, x->id, e);
}

static struct shared **slot_of(const struct billable *b, const struct shared *s)
{
	uint64_t h = (uint64_t)(uintptr_t)s->customer;
	size_t at;

	for (size_t i = 0; i < sizeof s->texts / sizeof(const char *); i++) {
		uint64_t v;

		memcpy(&v, (const char *)&s->texts + i * sizeof v, sizeof v);
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	for (at = (size_t)h & (b->nslot - 1); b->slot[at] != NULL && memcmp(b->slot[at], s, sizeof *s) != 0;)
		at = (at + 1) & (b->nslot - 1);
	return &b->slot[at];
}

static int grow_slots(struct billable *b)
{
	struct shared **old = b->slot;
	size_t nold = b->nslot;

	if (b->nslot > 2 * b->nshared)
		return 0;
	b->slot = calloc(nold == 0 ? 64 : 2 * nold, sizeof *b->slot);
	if (b->slot == NULL) {
		b->slot = old;
		return -1;
	}
	b->nslot = nold == 0 ? 64 : 2 * nold;
	for (size_t i = 0; i < nold; i++)
		if (old[i] != NULL)
			*slot_of(b, old[i]) = old[i];
	free(old);
	return 0;
}

/* What lines may show of it, and no more, so that few sets of texts serve many entries. */
static const struct shared *share(struct billable *b, const struct entry *x, const struct customer *c, struct err *e)
{
	const enum customer_group g = c->group_by;
	const int task = g == GROUP_ENTRY || g == GROUP_PROJECT_TASK, user = b->people || g == GROUP_PROJECT_USER, work = b->people || g == GROUP_PROJECT_WORK;
	struct pool *p = b->pool;
	const struct shared s = { .customer = c, .texts = {
		.company_name = b->people ? pool_intern(p, x->company_name) : NULL,
		.project_id = pool_intern(p, x->project_id), .project_name = pool_intern(p, x->project_name),
		.task_id = task ? pool_intern(p, x->task_id) : NULL, .task_name = task ? pool_intern(p, x->task_name) : NULL,
		.user_id = user ? pool_intern(p, x->user_id) : NULL, .user_name = user ? pool_intern(p, x->user_name) : NULL,
		.work_id = work ? pool_intern(p, x->work_id) : NULL, .work_name = work ? pool_intern(p, x->work_name) : NULL } };
	struct shared **slot;

	if (pool_failed(p) || grow_slots(b) < 0) {
		err_nomem(e);
		return NULL;
	}
	slot = slot_of(b, &s);
	if (*slot == NULL) {
		if ((*slot = pool_alloc(p, sizeof s)) == NULL) {
			err_nomem(e);
			return NULL;
		}
		**slot = s;
		b->nshared++;
	}
	return *slot;
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
	b->entries[place]++;
	return buf_ok(&b->record) ? sorter_add(b->items, key, sizeof key, b->record.p, b->record.n, e) : err_nomem(e);
}

int billable_add(struct billable *b, const struct entry *x, const struct select_verdict *v, int64_t snap, struct err *e)
{
	const int single = v->customer->group_by == GROUP_ENTRY;
	struct kept k;

	/* Its padding goes to a file, too. */
	memset(&k, 0, sizeof k);
	if (text_uuid_pack(k.id, x->id) < 0)
		return is_bad_id(x, e);
	if ((k.shared = share(b, x, v->customer, e)) == NULL)
		return -1;
	k.rate = v->rate;
	k.secs = x->secs;
	k.snap = snap;
	k.date = x->date;
	k.late = v->late != 0;
	k.has_note = single && x->note != NULL;
	k.has_start = single && x->start_time != NULL;
	if (compose_note_names(b->projects, b->details, v->customer, &k.shared->texts, x->id, x->updated_on, e) < 0 || add_span(b, &k, x, e) < 0)
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
	/* Each set of texts gets its settled names; the table by what it was is of no use any more. */
	for (size_t i = 0; i < b->nslot; i++)
		if (b->slot[i] != NULL)
			compose_settle_names(b->projects, b->details, b->slot[i]->customer, &b->slot[i]->texts);
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

static void unpack(struct billable *b, const struct kept *k, struct compose_item *out)
{
	const char *note = (const char *)(k + 1);
	struct compose_own *own = k->has_note || k->has_start ? pool_alloc(b->texts, sizeof *own) : NULL;

	*out = (struct compose_item){ .texts = &k->shared->texts, .own = own, .customer = k->shared->customer, .rate = k->rate, .secs = k->secs, .snap = k->snap, .date = k->date,
		.late = k->late };
	memcpy(out->id, k->id, sizeof out->id);
	if (own == NULL)
		return;
	own->note = k->has_note ? pool_dup(b->texts, note) : NULL;
	own->start_time = k->has_start ? pool_dup(b->texts, k->has_note ? note + strlen(note) + 1 : note) : NULL;
}

/* Once, for the customer with the most entries: room that grows from customer to customer leaves holes behind. */
static int make_room(struct billable *b, struct err *e)
{
	size_t most = 1;

	for (size_t i = 0; i < b->customers->n; i++)
		most = b->entries[i] > most ? b->entries[i] : most;
	b->v = calloc(most, sizeof *b->v);
	return b->v == NULL ? err_nomem(e) : 0;
}

int billable_load(struct billable *b, size_t place, struct compose_item **items, size_t *n, struct err *e)
{
	size_t k = 0;

	pool_reset(b->texts);
	if (b->v == NULL && make_room(b, e) < 0)
		return -1;
	while (b->has_next > 0 && place_of(&b->next) == place) {
		unpack(b, b->next.payload, &b->v[k++]);
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
