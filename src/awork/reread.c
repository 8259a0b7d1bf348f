#include "awork/reread.h"

#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "awork/entryjson.h"
#include "awork/fetch.h"
#include "base/pool.h"
#include "base/text.h"

#define GAP_DAYS 3    /* more days without an item begin another cluster */
#define WINDOW_MIN 20 /* fewer items of a cluster are asked for one by one */

struct reread;

/* One item's state, in the order of ids. */
struct known {
	struct reread *r;
	const struct reread_item *item;
	int seen;
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
	if (entryjson_read(a->body, a->body_len, k->r->pool, &x, e) < 0)
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

/* ---- by windows ---- */

/* An entry that moved between two windows comes twice: it is reported as it was read first; what changes later is the next
 * reading's matter. */
static int on_entries(void *ctx, const struct entry *v, size_t n, struct err *e)
{
	struct reread *r = ctx;

	for (size_t i = 0; i < n; i++) {
		struct known *k = bsearch(v[i].id, r->v, r->n, sizeof *r->v, id_is);

		if (k != NULL && !k->seen && report(k, &v[i], e) < 0)
			return -1;
	}
	return 0;
}

static int read_cluster(struct reread *r, date_t first, date_t last, int page_size, struct err *e)
{
	struct fetch_spec s = {
		/* A window that stays short is no reason to stop: what it lacks is asked for by id. */
		.filter = { .from = first, .to = last + 1 }, .hint = DATE_NONE, .page_size = page_size, .accept_short = 1, .sink = on_entries, .ctx = r,
	};
	struct fetch_result out;

	return fetch_entries(r->h, &s, &out, e);
}

static int read_clusters(struct reread *r, struct known **at, int page_size, struct err *e)
{
	size_t from = 0;

	for (size_t i = 1; i <= r->n; i++) {
		int end = i == r->n || at[i]->item->date == DATE_NONE || at[i]->item->date - at[i - 1]->item->date > GAP_DAYS;

		if (!end)
			continue;
		if (at[from]->item->date != DATE_NONE && i - from >= WINDOW_MIN &&
		    read_cluster(r, at[from]->item->date, at[i - 1]->item->date, page_size, e) < 0)
			return -1;
		from = i;
	}
	return 0;
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

int reread_entries(struct http *h, const struct reread_item *items, size_t n, int page_size, int always_by_id,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e)
{
	struct reread r = { .h = h, .n = n, .items = items, .each = each, .ctx = ctx };
	struct known **at = NULL;
	int rc = -1;

	if (n == 0)
		return 0;
	r.v = calloc(n, sizeof *r.v);
	at = calloc(n, sizeof *at);
	r.pool = pool_new();
	if (r.v == NULL || at == NULL || r.pool == NULL) {
		err_nomem(e);
		goto out;
	}
	if (index_items(&r, at, e) < 0 || (!always_by_id && read_clusters(&r, at, page_size, e) < 0) || read_missing(&r, e) < 0)
		goto out;
	rc = 0;
out:
	free(r.v);
	free(at);
	pool_free(r.pool);
	return rc;
}
