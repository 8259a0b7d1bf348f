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

struct reread;

/* One item's state, in the order of items. */
struct known {
	struct reread *r;
	const struct reread_item *item;
	unsigned char seen, listed; /* listed: a list of ids has been answered that had it */
	int unusable; /* answers in a row that were no entry */
};

struct reread {
	struct http *h;
	struct known *v;
	size_t n;
	uint32_t *slot;     /* index into v and 1, by id */
	size_t slots;
	const struct reread_item *items;
	struct pool *pool;
	int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e);
	void *ctx;
	int page_size, list; /* list: ids in one question */
	int lean;           /* only what is compared */
	size_t left;        /* not seen yet */
	struct part *parts; /* what has been asked */
};

/* A question to the list of entries: a page of some days, or a list of ids. */
struct part {
	struct part *next;
	struct reread *r;
	struct ask ask;
	size_t want;                 /* items in these days that were not seen when the first page was asked */
	size_t asked;                /* pages that were asked with it */
	const char *ids[LIST + 1];   /* a list; NULL-terminated */
};

/* By a table: open addressing, a power of two, at most half full; 0 is free. */
static size_t slot_of(const struct reread *r, const char *id)
{
	uint64_t a, b;

	memcpy(&a, id, 8);
	memcpy(&b, id + 28, 8);
	a = (a ^ b * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return (size_t)(a >> 32) & (r->slots - 1);
}

/* NULL: not one of them. */
static struct known *find(const struct reread *r, const char *id)
{
	for (size_t k = slot_of(r, id); r->slot[k] != 0; k = (k + 1) & (r->slots - 1))
		if (memcmp(r->v[r->slot[k] - 1].item->id, id, 36) == 0)
			return &r->v[r->slot[k] - 1];
	return NULL;
}

/* Dates first to last, those without one at the end; equal ones by id, so that equal input asks equal questions. */
static int by_date(const void *a, const void *b)
{
	const struct reread_item *x = (*(struct known *const *)a)->item, *y = (*(struct known *const *)b)->item;

	if (x->date != y->date)
		return (x->date == DATE_NONE) != (y->date == DATE_NONE) ? (x->date == DATE_NONE) - (y->date == DATE_NONE) : x->date < y->date ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int report(struct known *k, const struct entry *now, struct err *e)
{
	k->seen = 1;
	k->r->left--;
	return k->r->each(k->r->ctx, (size_t)(k->item - k->r->items), now, e);
}

/* ---- by id ---- */

static int send_one(struct known *k, int again, struct err *e);

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
	struct known *k = ctx;
	struct entry x;

	if (a->status == 404)
		return report(k, NULL, e);
	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, "GET /timeentries/{id}", e);
	if (!looks_whole(a->body, a->body_len)) {
		if (++k->unusable < http_tries(k->r->h))
			return send_one(k, k->unusable, e);
		return err_set(e, ERR_PROTOCOL, "GET /timeentries/%s: no JSON object in %d answers", k->item->id, k->unusable);
	}
	pool_reset(k->r->pool);
	if (entryjson_read(a->body, a->body_len, 0, k->r->pool, &x, NULL, e) < 0)
		return err_ctx(e, "GET /timeentries/%s", k->item->id);
	if (strcmp(x.id, k->item->id) != 0)
		return err_set(e, ERR_PROTOCOL, "GET /timeentries/%s: awork answered with entry %s", k->item->id, x.id);
	return report(k, &x, e);
}

static int send_one(struct known *k, int again, struct err *e)
{
	char path[64] = "/timeentries/";
	struct http_request r = { .method = "GET", .path = path, .again = again, .done = on_one, .ctx = k };

	strcat(path, k->item->id); /* a UUID: checked in index_items() */
	return http_add(k->r->h, &r, e);
}

static int read_missing(struct reread *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].seen && send_one(&r->v[i], 0, e) < 0)
			return -1;
	return http_run(r->h, e);
}

/* ---- by pages and lists ---- */

/* An entry that comes twice is reported as it was read first; what changes later is the next reading's matter. */
static int take_rows(struct reread *r, const struct page *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct known *k = find(r, p->v[i].id);

		if (k != NULL && !k->seen && report(k, &p->v[i], e) < 0)
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

/* Days that hold many items which were not seen yet. at: by date. */
static int read_days(struct reread *r, struct known *const *at, enum filter_likely likely, int gap, struct err *e)
{
	size_t want = 0;
	date_t first = DATE_NONE, last = DATE_NONE;

	for (size_t i = 0; i <= r->n; i++) {
		date_t d = i < r->n ? at[i]->item->date : DATE_NONE;

		if (d != DATE_NONE && at[i]->seen)
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

	for (size_t i = 0; !a->refused && p->ids[i] != NULL; i++)
		find(p->r, p->ids[i])->listed = 1;
	return on_page(a, e);
}

/* One question for every `most` ids. 1: awork took none of the questions that long, 0, -1. */
static int ask_lists(struct reread *r, struct known *const *at, size_t most, struct err *e)
{
	struct part *p = NULL;
	size_t n = 0;
	int refused = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (at[i]->seen || at[i]->listed)
			continue;
		if (n == 0 && (p = new_part(r)) == NULL)
			return err_nomem(e);
		p->ids[n++] = at[i]->item->id;
		n = n < most ? n : 0;
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
	return refused;
}

static int read_lists(struct reread *r, struct known *const *at, struct err *e)
{
	int rc = 1;

	for (; rc == 1 && r->list >= LIST_MIN; r->list /= 2)
		rc = ask_lists(r, at, (size_t)r->list, e);
	return rc < 0 ? -1 : 0;
}

/* Those few that are left then are asked for one by one. */
static int read_many(struct reread *r, struct known *const *at, enum reread_how how, struct err *e)
{
	/* Unbilled entries are those that a run has fetched, whenever they were booked; billed ones are all of the past. */
	if (r->left > FEW && how == REREAD_UNBILLED && read_days(r, at, FILTER_UNBILLED, INT32_MAX, e) < 0)
		return -1;
	if (r->left > FEW && how == REREAD_BILLED && read_days(r, at, FILTER_BILLED, GAP_DAYS, e) < 0)
		return -1;
	if (r->left > FEW && read_days(r, at, FILTER_ANY, GAP_DAYS, e) < 0)
		return -1;
	return r->left > FEW ? read_lists(r, at, e) : 0;
}

static int index_items(struct reread *r, struct known **at, struct err *e)
{
	int ordered = 1;

	for (size_t i = 0; i < r->n; i++) {
		size_t k;

		if (!text_is_uuid(r->items[i].id))
			return err_set(e, ERR_SOFTWARE, "entry to read again has no UUID");
		r->v[i].r = r;
		r->v[i].item = &r->items[i];
		for (k = slot_of(r, r->items[i].id); r->slot[k] != 0; k = (k + 1) & (r->slots - 1))
			;
		r->slot[k] = (uint32_t)i + 1;
		at[i] = &r->v[i];
		ordered &= i == 0 || by_date(&at[i - 1], &at[i]) <= 0;
	}
	/* Claims come so from the ledger. */
	if (!ordered)
		qsort(at, r->n, sizeof *at, by_date);
	return 0;
}

int reread_entries(struct http *h, const struct reread_item *items, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e)
{
	struct reread r = { .h = h, .n = n, .items = items, .each = each, .ctx = ctx, .left = n, .lean = how == REREAD_UNBILLED || how == REREAD_BILLED,
		 .page_size = page_size < 1 ? 1 : page_size > 1000 ? 1000 : page_size };
	struct known **at = NULL;
	int rc = -1;

	if (n == 0)
		return 0;
	r.list = LIST < r.page_size ? LIST : r.page_size;
	if (n > UINT32_MAX / 4)
		return err_nomem(e);
	for (r.slots = 16; r.slots < 2 * n; r.slots *= 2)
		;
	r.slot = calloc(r.slots, sizeof *r.slot);
	r.v = calloc(n, sizeof *r.v);
	at = calloc(n, sizeof *at);
	r.pool = pool_new();
	if (r.slot == NULL || r.v == NULL || at == NULL || r.pool == NULL) {
		err_nomem(e);
		goto out;
	}
	if (index_items(&r, at, e) < 0 || (how != REREAD_BY_ID && read_many(&r, at, how, e) < 0) || read_missing(&r, e) < 0)
		goto out;
	rc = 0;
out:
	free_parts(&r);
	free(r.slot);
	free(r.v);
	free(at);
	pool_free(r.pool);
	return rc;
}
