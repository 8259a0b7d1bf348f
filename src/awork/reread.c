#include "awork/reread.h"

#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "awork/ask.h"
#include "awork/entryjson.h"
#include "base/pool.h"
#include "base/text.h"

#define GAP_DAYS 3     /* more days without an item begin another cluster */
#define CLUSTER_MIN 20 /* fewer items of a cluster are asked for by lists of ids */
#define FEW 3          /* items that are asked for one by one */
#define LIST 50        /* ids in one question: an URL of 3 KB */
#define LIST_MIN 6     /* awork refuses even so few: one by one */

/* An item's state: bits, and above them how many answers in a row were no entry. */
#define SEEN 1u
#define LISTED 2u /* a list of ids has been answered that had it */
#define UNUSABLE 4u

struct reread {
	struct http *h;
	const char *items;  /* n of them, stride bytes each; a key is first in each */
	size_t stride, n;
	unsigned char *is;  /* of each */
	uint32_t *slot;     /* item and 1, by id */
	size_t slots;
	uint32_t *order;    /* items by date; NULL: as they stand */
	struct pool *pool, *asked; /* asked: what questions by id hold on to */
	int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e);
	void *ctx;
	int page_size, list; /* list: ids in one question */
	int lean;           /* only what is compared */
	size_t left;        /* not seen yet */
	struct part *parts; /* what has been asked */
};

/* A question for one entry. */
struct single { struct reread *r; size_t item; };

/* A question to the list of entries: a page of some days, or a list of ids. */
struct part {
	struct part *next;
	struct reread *r;
	struct ask ask;
	size_t want;                 /* items in these days that were not seen when the first page was asked */
	size_t asked;                /* pages that were asked with it */
	const char **ids;            /* a list; NULL-terminated */
	uint32_t *items;             /* of the list */
	size_t nids;
};

static const struct entry_key *key_of(const struct reread *r, size_t item)
{
	return (const struct entry_key *)(const void *)(r->items + item * r->stride);
}

/* The i-th by date. */
static size_t item_at(const struct reread *r, size_t i)
{
	return r->order != NULL ? r->order[i] : i;
}

/* By a table: open addressing, a power of two, at most two thirds full; 0 is free. */
static size_t slot_of(const struct reread *r, const uint8_t id[16])
{
	uint64_t a, b;

	memcpy(&a, id, 8);
	memcpy(&b, id + 8, 8);
	a = (a ^ b * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return (size_t)(a >> 32) & (r->slots - 1);
}

/* 1: one of them. */
static int find(const struct reread *r, const char *id, size_t *item)
{
	uint8_t packed[16];

	if (text_uuid_pack(packed, id) < 0)
		return 0;
	for (size_t k = slot_of(r, packed); r->slot[k] != 0; k = (k + 1) & (r->slots - 1))
		if (memcmp(key_of(r, r->slot[k] - 1)->id, packed, sizeof packed) == 0) {
			*item = r->slot[k] - 1;
			return 1;
		}
	return 0;
}

/* Dates first to last, those without one at the end. */
static int compare_date(date_t a, date_t b)
{
	if ((a == DATE_NONE) != (b == DATE_NONE))
		return a == DATE_NONE ? 1 : -1;
	return a < b ? -1 : a > b;
}

/* Equal ones by id, so that equal input asks equal questions. */
static int by_date(const void *a, const void *b)
{
	const struct entry_key *x = *(const struct entry_key *const *)a, *y = *(const struct entry_key *const *)b;
	int c = compare_date(x->date, y->date);

	return c != 0 ? c : memcmp(x->id, y->id, sizeof x->id);
}

static int report(struct reread *r, size_t item, const struct entry *now, struct err *e)
{
	r->is[item] |= SEEN;
	r->left--;
	return r->each(r->ctx, item, now, e);
}

/* ---- by id ---- */

static int send_one(struct single *k, int again, struct err *e);

/* An object from its first to its last byte: what is wrong inside is bad data; anything else did not arrive whole. */
static int looks_whole(const char *p, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	while (n > 0 && strchr(" \t\r\n\xef\xbb\xbf", *p) != NULL) {
		p++;
		n--;
	}
	return n >= 2 && p[0] == '{' && p[n - 1] == '}';
}

static int on_one(void *ctx, const struct http_answer *a, struct err *e)
{
	struct single *k = ctx;
	struct reread *r = k->r;
	unsigned char *is = &r->is[k->item];
	struct entry x;
	char id[37];

	if (a->status == 404)
		return report(r, k->item, NULL, e);
	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, "GET /timeentries/{id}", e);
	text_uuid_unpack(id, key_of(r, k->item)->id);
	if (!looks_whole(a->body, a->body_len)) {
		const int unusable = *is / UNUSABLE + 1;

		*is = (unsigned char)(*is + UNUSABLE);
		if (unusable < http_tries(r->h))
			return send_one(k, unusable, e);
		return err_set(e, ERR_PROTOCOL, "GET /timeentries/%s: no JSON object in %d answers", id, unusable);
	}
	pool_reset(r->pool);
	if (entryjson_read(a->body, a->body_len, 0, r->pool, &x, NULL, e) < 0)
		return err_ctx(e, "GET /timeentries/%s", id);
	if (strcmp(x.id, id) != 0)
		return err_set(e, ERR_PROTOCOL, "GET /timeentries/%s: awork answered with entry %s", id, x.id);
	return report(r, k->item, &x, e);
}

static int send_one(struct single *k, int again, struct err *e)
{
	char path[64] = "/timeentries/";
	struct http_request r = { .method = "GET", .path = path, .again = again, .done = on_one, .ctx = k };

	text_uuid_unpack(path + strlen(path), key_of(k->r, k->item)->id);
	return http_add(k->r->h, &r, e);
}

static int read_missing(struct reread *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		struct single *k;

		if (r->is[i] & SEEN)
			continue;
		if ((k = pool_alloc(r->asked, sizeof *k)) == NULL)
			return err_nomem(e);
		*k = (struct single){ r, i };
		if (send_one(k, 0, e) < 0)
			return -1;
	}
	return http_run(r->h, e);
}

/* ---- by pages and lists ---- */

/* An entry that comes twice is reported as it was read first; what changes later is the next reading's matter. */
static int take_rows(struct reread *r, const struct page *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t item;

		if (find(r, p->v[i].id, &item) && !(r->is[item] & SEEN) && report(r, item, &p->v[i], e) < 0)
			return -1;
	}
	return 0;
}

static struct part *new_part(struct reread *r)
{
	struct part *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->r = r;
	p->next = r->parts;
	r->parts = p;
	p->ask = (struct ask){ .http = r->h, .filter = { .from = DATE_NONE, .to = DATE_NONE }, .orderby = "createdOn,id", .number = 1, .size = r->page_size, .lean = r->lean,
		.owner = p };
	return p;
}

static void free_parts(struct reread *r)
{
	while (r->parts != NULL) {
		struct part *p = r->parts;

		r->parts = p->next;
		page_free(&p->ask.page);
		free(p);
	}
}

static int on_page(struct ask *a, struct err *e)
{
	struct part *p = a->owner;
	int rc = take_rows(p->r, &a->page, e);

	page_free(&a->page);
	return rc;
}

/* Further pages of what the first one asks for. */
static int send_pages(struct reread *r, const struct ask *first, size_t from, size_t to, int size, struct err *e)
{
	for (size_t i = from; i <= to; i++) {
		struct part *p = new_part(r);

		if (p == NULL)
			return err_nomem(e);
		p->ask.filter = first->filter;
		p->ask.size = size;
		p->ask.number = (int)i;
		p->ask.done = on_page;
		if (ask_send(&p->ask, 0, e) < 0)
			return -1;
	}
	return 0;
}

/* The first page says how many there are; those that were not expected follow all at once, unless lists of the ids that are still missing are fewer questions. */
static int on_first_page(struct ask *a, struct err *e)
{
	struct part *p = a->owner;
	struct reread *r = p->r;
	size_t before = r->left, more;
	int64_t size = a->page.page_size, total = a->page.total;

	if (on_page(a, e) < 0)
		return -1;
	p->want -= p->want < before - r->left ? p->want : before - r->left;
	more = total > size ? (size_t)((total - 1) / size) : 0;
	return more <= (p->want + (size_t)r->list - 1) / (size_t)r->list ? send_pages(r, a, p->asked + 1, more + 1, (int)size, e) : 0;
}

static int send_days(struct reread *r, date_t first, date_t last, size_t want, enum filter_likely likely, struct err *e)
{
	struct part *p = new_part(r);

	if (p == NULL)
		return err_nomem(e);
	p->want = want;
	p->ask.filter.from = first;
	p->ask.filter.to = last + 1;
	p->ask.filter.likely = likely;
	p->ask.done = on_first_page;
	/* As many pages as the items fill are needed if nothing has changed. */
	p->asked = (want + (size_t)r->page_size - 1) / (size_t)r->page_size;
	return ask_send(&p->ask, 0, e) < 0 ? -1 : send_pages(r, &p->ask, 2, p->asked, r->page_size, e);
}

/* Days that hold many items which were not seen yet. */
static int read_days(struct reread *r, enum filter_likely likely, int gap, struct err *e)
{
	size_t want = 0;
	date_t first = DATE_NONE, last = DATE_NONE;

	for (size_t i = 0; i <= r->n; i++) {
		date_t d = i < r->n ? key_of(r, item_at(r, i))->date : DATE_NONE;

		if (d != DATE_NONE && (r->is[item_at(r, i)] & SEEN))
			continue;
		if (want > 0 && (d == DATE_NONE || d - last > gap)) {
			if (want >= CLUSTER_MIN && send_days(r, first, last, want, likely, e) < 0)
				return -1;
			want = 0;
		}
		if (d == DATE_NONE)
			break;
		if (want++ == 0)
			first = d;
		last = d;
	}
	if (http_run(r->h, e) < 0)
		return -1;
	free_parts(r);
	return 0;
}

static int on_list(struct ask *a, struct err *e)
{
	struct part *p = a->owner;

	for (size_t i = 0; !a->refused && i < p->nids; i++)
		p->r->is[p->items[i]] |= LISTED;
	return on_page(a, e);
}

static int new_list(struct reread *r, size_t most, struct part **out)
{
	struct part *p = new_part(r);

	if (p == NULL || (p->ids = pool_alloc(r->asked, (most + 1) * sizeof *p->ids)) == NULL || (p->items = pool_alloc(r->asked, most * sizeof *p->items)) == NULL)
		return -1;
	p->ids[0] = NULL;
	*out = p;
	return 0;
}

static int add_to_list(struct part *p, size_t item)
{
	char *id = pool_alloc(p->r->asked, 37);

	if (id == NULL)
		return -1;
	p->ids[p->nids] = text_uuid_unpack(id, key_of(p->r, item)->id);
	p->items[p->nids++] = (uint32_t)item;
	p->ids[p->nids] = NULL;
	return 0;
}

/* One question for every `most` ids. 1: awork took none of the questions that long, 0, -1. */
static int ask_lists(struct reread *r, size_t most, struct err *e)
{
	struct part *p = NULL;
	int refused = 0;

	for (size_t i = 0; i < r->n; i++) {
		const size_t item = item_at(r, i);

		if (r->is[item] & (SEEN | LISTED))
			continue;
		if (((p == NULL || p->nids == most) && new_list(r, most, &p) < 0) || add_to_list(p, item) < 0)
			return err_nomem(e);
	}
	for (p = r->parts; p != NULL; p = p->next) {
		p->ask.filter.entries = p->ids;
		p->ask.may_refuse = 1;
		p->ask.done = on_list;
		if (ask_send(&p->ask, 0, e) < 0)
			return -1;
	}
	if (http_run(r->h, e) < 0)
		return -1;
	for (p = r->parts; p != NULL; p = p->next)
		refused |= p->ask.refused;
	free_parts(r);
	pool_reset(r->asked);
	return refused;
}

static int read_lists(struct reread *r, struct err *e)
{
	int rc = 1;

	for (; rc == 1 && r->list >= LIST_MIN; r->list /= 2)
		rc = ask_lists(r, (size_t)r->list, e);
	return rc < 0 ? -1 : 0;
}

/* Those few that are left then are asked for one by one. */
static int read_many(struct reread *r, enum reread_how how, struct err *e)
{
	/* Unbilled entries are those that a run has fetched, whenever they were booked; billed ones are all of the past. */
	if (r->left > FEW && how == REREAD_UNBILLED && read_days(r, FILTER_UNBILLED, INT32_MAX, e) < 0)
		return -1;
	if (r->left > FEW && how == REREAD_BILLED && read_days(r, FILTER_BILLED, GAP_DAYS, e) < 0)
		return -1;
	if (r->left > FEW && read_days(r, FILTER_ANY, GAP_DAYS, e) < 0)
		return -1;
	return r->left > FEW ? read_lists(r, e) : 0;
}

static int sort_items(struct reread *r, struct err *e)
{
	const struct entry_key **at = calloc(r->n, sizeof *at);

	r->order = calloc(r->n, sizeof *r->order);
	if (at == NULL || r->order == NULL) {
		free(at);
		return err_nomem(e);
	}
	for (size_t i = 0; i < r->n; i++)
		at[i] = key_of(r, i);
	qsort(at, r->n, sizeof *at, by_date);
	for (size_t i = 0; i < r->n; i++)
		r->order[i] = (uint32_t)((size_t)((const char *)at[i] - r->items) / r->stride);
	free(at);
	return 0;
}

static int index_items(struct reread *r, struct err *e)
{
	int ordered = 1;

	for (size_t i = 0; i < r->n; i++) {
		size_t k;

		for (k = slot_of(r, key_of(r, i)->id); r->slot[k] != 0; k = (k + 1) & (r->slots - 1))
			;
		r->slot[k] = (uint32_t)i + 1;
		ordered &= i == 0 || compare_date(key_of(r, i - 1)->date, key_of(r, i)->date) <= 0;
	}
	/* Claims come so from the ledger. */
	return ordered ? 0 : sort_items(r, e);
}

int reread_entries(struct http *h, const struct entry_key *items, size_t stride, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e)
{
	struct reread r = { .h = h, .n = n, .items = (const char *)items, .stride = stride, .each = each, .ctx = ctx, .left = n,
		.lean = how == REREAD_UNBILLED || how == REREAD_BILLED, .page_size = page_size < 1 ? 1 : page_size > 1000 ? 1000 : page_size };
	int rc = -1;

	if (n == 0)
		return 0;
	r.list = LIST < r.page_size ? LIST : r.page_size;
	if (n > UINT32_MAX / 4)
		return err_nomem(e);
	for (r.slots = 16; r.slots < n + n / 2; r.slots *= 2)
		;
	r.slot = calloc(r.slots, sizeof *r.slot);
	r.is = calloc(n, 1);
	r.pool = pool_new();
	r.asked = pool_new();
	if (r.slot == NULL || r.is == NULL || r.pool == NULL || r.asked == NULL) {
		err_nomem(e);
		goto out;
	}
	if (index_items(&r, e) < 0 || (how != REREAD_BY_ID && read_many(&r, how, e) < 0) || read_missing(&r, e) < 0)
		goto out;
	rc = 0;
out:
	free_parts(&r);
	free(r.slot);
	free(r.is);
	free(r.order);
	pool_free(r.pool);
	pool_free(r.asked);
	return rc;
}
