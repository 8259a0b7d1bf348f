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

/* One item's state, in the order of ids. */
struct known {
	struct reread *r;
	const struct reread_item *item;
	unsigned char seen, listed; /* listed: a list of ids has been answered that had it */
	int unusable; /* answers in a row that were no entry */
};

struct reread {
	struct http *h;
	struct known *v; /* sorted by id */
	size_t n;
	const struct reread_item *items;
	struct pool *pool;
	int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e);
	void *ctx;
	int page_size, list; /* list: ids in one question */
	size_t left;        /* not seen yet */
	struct part *parts; /* what has been asked */
};

/* A question to the list of entries: a page of some days, or a list of ids. */
struct part {
	struct part *next;
	struct reread *r;
	struct ask ask;
	size_t want;                 /* items in these days that were not seen when the first page was asked */
	const char *ids[LIST + 1];   /* a list; NULL-terminated */
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->item->id, ((const struct known *)b)->item->id);
}

static int id_is(const void *key, const void *member)
{
	return strcmp(key, ((const struct known *)member)->item->id);
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
	if (entryjson_read(a->body, a->body_len, k->r->pool, &x, NULL, e) < 0)
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
		struct known *k = bsearch(p->v[i].id, r->v, r->n, sizeof *r->v, id_is);

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
	p->ask = (struct ask){ .http = r->h, .filter = { .from = DATE_NONE, .to = DATE_NONE }, .orderby = "createdOn,id", .number = 1, .size = r->page_size, .owner = p };
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

/* The first page says how many there are; the others follow all at once, unless lists of the ids that are still missing are fewer questions. */
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
	for (size_t i = 0; i < more && more <= (p->want + (size_t)r->list - 1) / (size_t)r->list; i++) {
		struct part *next = new_part(r);

		if (next == NULL)
			return err_nomem(e);
		next->ask.filter = a->filter;
		next->ask.size = (int)size;
		next->ask.number = (int)i + 2;
		next->ask.done = on_page;
		if (ask_send(&next->ask, 0, e) < 0)
			return -1;
	}
	return 0;
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
	return ask_send(&p->ask, 0, e);
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

	for (size_t i = 0; !a->refused && p->ids[i] != NULL; i++) {
		struct known *k = bsearch(p->ids[i], p->r->v, p->r->n, sizeof *p->r->v, id_is);

		k->listed = 1;
	}
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
	for (size_t i = 0; i < r->n; i++) {
		if (!text_is_uuid(r->items[i].id))
			return err_set(e, ERR_SOFTWARE, "entry to read again has no UUID");
		r->v[i].r = r;
		r->v[i].item = &r->items[i];
	}
	qsort(r->v, r->n, sizeof *r->v, by_id);
	for (size_t i = 0; i < r->n; i++)
		at[i] = &r->v[i];
	qsort(at, r->n, sizeof *at, by_date);
	return 0;
}

int reread_entries(struct http *h, const struct reread_item *items, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e)
{
	struct reread r = { .h = h, .n = n, .items = items, .each = each, .ctx = ctx, .left = n, .page_size = page_size < 1 ? 1 : page_size > 1000 ? 1000 : page_size };
	struct known **at = NULL;
	int rc = -1;

	if (n == 0)
		return 0;
	r.list = LIST < r.page_size ? LIST : r.page_size;
	r.v = calloc(n, sizeof *r.v);
	at = calloc(n, sizeof *at);
	r.pool = pool_new();
	if (r.v == NULL || at == NULL || r.pool == NULL) {
		err_nomem(e);
		goto out;
	}
	if (index_items(&r, at, e) < 0 || (how != REREAD_BY_ID && read_many(&r, at, how, e) < 0) || read_missing(&r, e) < 0)
		goto out;
	rc = 0;
out:
	free_parts(&r);
	free(r.v);
	free(at);
	pool_free(r.pool);
	return rc;
}
