#include "awork/reread.h"

#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "awork/ask.h"
#include "awork/entryjson.h"
#include "awork/known.h"
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

/* What is asked next. */
enum phase { LIKELY_DAYS, DAYS, LISTS, SHORTER_LISTS, SINGLE, ALL_READ };

struct reread {
	struct http *h;
	struct known known; /* what is looked for */
	unsigned char *is;  /* of each item */
	enum reread_how how;
	enum phase phase;
	size_t waiting;     /* questions without a final answer */
	struct pool *pool, *asked; /* asked: what questions by id hold on to */
	int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e);
	void *ctx;
	int page_size, list; /* list: ids in one question */
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

	r->waiting--;
	if (a->status == 404)
		return report(r, k->item, NULL, e);
	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, "GET /timeentries/{id}", e);
	text_uuid_unpack(id, known_key(&r->known, k->item)->id);
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

	text_uuid_unpack(path + strlen(path), known_key(&k->r->known, k->item)->id);
	k->r->waiting++;
	return http_add(k->r->h, &r, e);
}

static int read_missing(struct reread *r, struct err *e)
{
	for (size_t i = 0; i < r->known.n; i++) {
		struct single *k;

		if (r->is[i] & SEEN)
			continue;
		if ((k = pool_alloc(r->asked, sizeof *k)) == NULL)
			return err_nomem(e);
		*k = (struct single){ r, i };
		if (send_one(k, 0, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- by pages and lists ---- */

/* An entry that comes twice is reported as it was read first; what changes later is the next reading's matter. */
static int take_rows(struct reread *r, const struct page *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t item;

		if (known_find(&r->known, p->v[i].id, &item) && !(r->is[item] & SEEN) && report(r, item, &p->v[i], e) < 0)
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
	p->ask = (struct ask){ .http = r->h, .filter = { .from = DATE_NONE, .to = DATE_NONE }, .orderby = "createdOn,id", .number = 1, .size = r->page_size,
		.lean = r->how == REREAD_UNBILLED || r->how == REREAD_BILLED,
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

	p->r->waiting--;
	page_free(&a->page);
	return rc;
}

static int send(struct part *p, struct err *e)
{
	p->r->waiting++;
	return ask_send(&p->ask, 0, e);
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
		if (send(p, e) < 0)
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
	return send(p, e) < 0 ? -1 : send_pages(r, &p->ask, 2, p->asked, r->page_size, e);
}

/* Days that hold many items which were not seen yet. */
static int read_days(struct reread *r, enum filter_likely likely, int gap, struct err *e)
{
	size_t want = 0;
	date_t first = DATE_NONE, last = DATE_NONE;

	for (size_t i = 0; i <= r->known.n; i++) {
		date_t d = i < r->known.n ? known_key(&r->known, known_at(&r->known, i))->date : DATE_NONE;

		if (d != DATE_NONE && (r->is[known_at(&r->known, i)] & SEEN))
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
	p->ids[p->nids] = text_uuid_unpack(id, known_key(&p->r->known, item)->id);
	p->items[p->nids++] = (uint32_t)item;
	p->ids[p->nids] = NULL;
	return 0;
}

/* One question for every so many ids. */
static int ask_lists(struct reread *r, struct err *e)
{
	const size_t most = (size_t)r->list;
	struct part *p = NULL;

	for (size_t i = 0; i < r->known.n; i++) {
		const size_t item = known_at(&r->known, i);

		if (r->is[item] & (SEEN | LISTED))
			continue;
		if (((p == NULL || p->nids == most) && new_list(r, most, &p) < 0) || add_to_list(p, item) < 0)
			return err_nomem(e);
	}
	for (p = r->parts; p != NULL; p = p->next) {
		p->ask.filter.entries = p->ids;
		p->ask.may_refuse = 1;
		p->ask.done = on_list;
		if (send(p, e) < 0)
			return -1;
	}
	return 0;
}

/* Where awork took no question that long: of what none of the others had. */
static int ask_shorter(struct reread *r, struct err *e)
{
	int refused = 0;

	for (const struct part *p = r->parts; p != NULL; p = p->next)
		refused |= p->ask.refused;
	free_parts(r);
	pool_reset(r->asked);
	r->list /= 2;
	if (refused && r->list >= LIST_MIN)
		return ask_lists(r, e);
	r->phase = SINGLE;
	return 0;
}

/* Days first, then lists; those few that are left then are asked for one by one. */
static int ask_next(struct reread *r, struct err *e)
{
	if (r->phase == SHORTER_LISTS)
		return ask_shorter(r, e);
	free_parts(r);
	switch (r->phase++) {
	case LIKELY_DAYS:
		/* Unbilled entries are those that a run has fetched, whenever they were booked; billed ones are all of the past. */
		if (r->left > FEW && r->how == REREAD_UNBILLED)
			return read_days(r, FILTER_UNBILLED, INT32_MAX, e);
		return r->left > FEW && r->how == REREAD_BILLED ? read_days(r, FILTER_BILLED, GAP_DAYS, e) : 0;
	case DAYS:
		return r->left > FEW ? read_days(r, FILTER_ANY, GAP_DAYS, e) : 0;
	case LISTS:
		return r->left > FEW && r->list >= LIST_MIN ? ask_lists(r, e) : 0;
	default:
		return read_missing(r, e);
	}
}

int reread_more(struct reread *r, struct err *e)
{
	while (r->waiting == 0 && r->phase != ALL_READ)
		if (ask_next(r, e) < 0)
			return -1;
	return r->waiting > 0;
}

struct reread *reread_new(struct http *h, const struct entry_key *items, size_t stride, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e)
{
	struct reread *r = calloc(1, sizeof *r);

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	*r = (struct reread){ .h = h, .how = how, .phase = how == REREAD_BY_ID ? SINGLE : LIKELY_DAYS, .each = each, .ctx = ctx, .left = n,
		.page_size = page_size < 1 ? 1 : page_size > 1000 ? 1000 : page_size, .is = calloc(n + 1, 1), .pool = pool_new(), .asked = pool_new() };
	r->list = LIST < r->page_size ? LIST : r->page_size;
	if (r->is == NULL || r->pool == NULL || r->asked == NULL)
		err_nomem(e);
	else if (known_init(&r->known, items, stride, n, e) == 0)
		return r;
	reread_free(r);
	return NULL;
}

void reread_free(struct reread *r)
{
	if (r == NULL)
		return;
	free_parts(r);
	known_free(&r->known);
	free(r->is);
	pool_free(r->pool);
	pool_free(r->asked);
	free(r);
}

int reread_entries(struct http *h, const struct entry_key *items, size_t stride, size_t n, int page_size, enum reread_how how,
    int (*each)(void *ctx, size_t item, const struct entry *now, struct err *e), void *ctx, struct err *e)
{
	struct reread *r;
	int rc;

	if (n == 0)
		return 0;
	if ((r = reread_new(h, items, stride, n, page_size, how, each, ctx, e)) == NULL)
		return -1;
	while ((rc = reread_more(r, e)) > 0 && (rc = http_run(h, e)) == 0)
		;
	reread_free(r);
	return rc;
}
