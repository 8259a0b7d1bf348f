#include "awork/list.h"

#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "base/text.h"

#define PAGE_SIZE 1000
#define PAGES_MAX 200 /* 200,000 companies or projects: more is no list of master data */
#define ROUNDS_MAX 5

struct leaf {
	struct list *l;
	int number, unusable;
	struct jdoc *doc; /* NULL until it is there */
	int64_t total, page_size;
};

struct list {
	struct http *h;
	const char *path, *extra;
	struct leaf *leaf;
	int leaves;
	int maybe; /* the first page is asked on the chance */
};

static int send_leaf(struct leaf *p, int again, const char *why, struct err *e);

static int unusable(struct leaf *p, const char *why, struct err *e)
{
	if (++p->unusable < http_tries(p->l->h))
		return send_leaf(p, p->unusable, why, e);
	return err_set(e, ERR_PROTOCOL, "GET %s: no usable list in %d answers: %s", p->l->path, p->unusable, why);
}

static int judge_leaf(struct leaf *p, const struct http_answer *a, struct err *e)
{
	struct err parse = ERR_INIT;

	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, p->l->path, e);
	jdoc_free(p->doc);
	p->doc = jdoc_parse(a->body, a->body_len, &parse);
	if (p->doc == NULL && parse.code == ERR_OS)
		return err_nomem(e);
	if (p->doc == NULL || !jdoc_is_array(jdoc_root(p->doc)))
		return unusable(p, p->doc == NULL ? parse.msg : "the body is no JSON array", e);
	if (a->aw_total < 0 || a->aw_page == -2 || a->aw_items == -2 || a->aw_page_size == -2)
		return err_set(e, ERR_PROTOCOL, "GET %s: header %s %s, so completeness cannot be proven", p->l->path,
		    a->aw_total < 0 ? "aw-totalitems" : "aw-page, aw-items or aw-pagesize",
		    a->aw_total == -1 ? "is missing" : "is no number or stands twice");
	if (a->aw_page >= 0 && a->aw_page != p->number)
		return err_set(e, ERR_PROTOCOL, "GET %s: page %d was asked, aw-page says %lld", p->l->path, p->number, (long long)a->aw_page);
	if (a->aw_items >= 0 && a->aw_items != (int64_t)jdoc_len(jdoc_root(p->doc)))
		return unusable(p, "aw-items and the body differ", e);
	p->total = a->aw_total;
	p->page_size = a->aw_page_size > 0 && a->aw_page_size < PAGE_SIZE ? a->aw_page_size : PAGE_SIZE;
	return 0;
}

static int on_leaf(void *ctx, const struct http_answer *a, struct err *e)
{
	struct leaf *p = ctx;
	struct err ignored = ERR_INIT;

	if (!p->l->maybe)
		return judge_leaf(p, a, e);
	/* One that is no good is asked for again when it is needed, and complained about then. */
	p->unusable = http_tries(p->l->h);
	if (a->broken != NULL || a->status != 200 || judge_leaf(p, a, &ignored) < 0) {
		jdoc_free(p->doc);
		p->doc = NULL;
	}
	p->unusable = 0;
	return 0;
}

static int send_leaf(struct leaf *p, int again, const char *why, struct err *e)
{
	struct http_request r = { .method = "GET", .path = p->l->path, .again = again, .again_why = why, .maybe = p->l->maybe, .done = on_leaf, .ctx = p };
	struct buf query = BUF_INIT;
	int rc;

	buf_fmt(&query, "page=%d&pageSize=%d&orderby=id", p->number, PAGE_SIZE);
	if (p->l->extra != NULL)
		buf_fmt(&query, "&%s", p->l->extra);
	r.query = query.p;
	rc = buf_ok(&query) ? http_add(p->l->h, &r, e) : err_nomem(e);
	buf_free(&query);
	return rc;
}

static void drop(struct list *l)
{
	for (int i = 0; i < l->leaves; i++)
		jdoc_free(l->leaf[i].doc);
	free(l->leaf);
	l->leaf = NULL;
	l->leaves = 0;
}

static int more_leaves(struct list *l, int n, struct err *e)
{
	struct leaf *v = realloc(l->leaf, (size_t)n * sizeof *v);

	if (v == NULL)
		return err_nomem(e);
	memset(v + l->leaves, 0, (size_t)(n - l->leaves) * sizeof *v);
	for (int i = l->leaves; i < n; i++)
		v[i].number = i + 1;
	l->leaf = v;
	l->leaves = n;
	for (int i = 0; i < n; i++)
		v[i].l = l;
	return 0;
}

/* All pages of one reading: the first alone, since it says how many there are. */
static int read_leaves(struct list *l, int again, struct err *e)
{
	int64_t pages;

	if (more_leaves(l, 1, e) < 0)
		return -1;
	if (l->leaf[0].doc == NULL && (send_leaf(&l->leaf[0], again, "rows and total differ", e) < 0 || http_run(l->h, e) < 0))
		return -1;
	pages = (l->leaf[0].total + l->leaf[0].page_size - 1) / l->leaf[0].page_size;
	if (pages <= 1)
		return 0;
	if (pages > PAGES_MAX)
		return err_set(e, ERR_PROTOCOL, "GET %s: %lld elements cannot be right", l->path, (long long)l->leaf[0].total);
	if (more_leaves(l, (int)pages, e) < 0)
		return -1;
	for (int i = 1; i < l->leaves; i++)
		if (send_leaf(&l->leaf[i], 0, NULL, e) < 0)
			return -1;
	return http_run(l->h, e);
}

static int by_text(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Different ids in all pages; *rows counts the elements. -1 with *e: out of memory, or an element without id. */
static int64_t unique_ids(const struct list *l, int64_t *rows, struct err *e)
{
	const char **id;
	int64_t unique = 0;
	size_t n = 0;

	*rows = 0;
	for (int i = 0; i < l->leaves; i++)
		*rows += (int64_t)jdoc_len(jdoc_root(l->leaf[i].doc));
	id = calloc((size_t)*rows + 1, sizeof *id);
	if (id == NULL)
		return err_nomem(e);
	for (int i = 0; i < l->leaves; i++) {
		const jdoc_val *a = jdoc_root(l->leaf[i].doc);

		for (size_t k = 0; k < jdoc_len(a); k++) {
			id[n] = jdoc_get_text(jdoc_at(a, k), "id");
			if (!text_is_uuid(id[n++])) {
				free(id);
				return err_set(e, ERR_DATA, "GET %s: element without usable id", l->path);
			}
		}
	}
	qsort(id, n, sizeof *id, by_text);
	for (size_t i = 0; i < n; i++)
		unique += i == 0 || strcasecmp(id[i], id[i - 1]) != 0;
	free(id);
	return unique;
}

/* 1: complete; 0: read again; -1. */
static int is_complete(const struct list *l, int64_t *unique, struct err *e)
{
	int64_t rows;
	int steady = 1;

	*unique = unique_ids(l, &rows, e);
	if (*unique < 0)
		return -1;
	for (int i = 1; i < l->leaves; i++)
		steady &= l->leaf[i].total == l->leaf[0].total && l->leaf[i].page_size == l->leaf[0].page_size;
	return steady && *unique == rows && rows == l->leaf[0].total;
}

static int read_all(struct list *l, int (*each)(void *ctx, const jdoc_val *v, struct err *e), void *ctx, struct err *e)
{
	int64_t unique = 0, total = 0;
	int whole = 0;

	for (int round = 0; round < ROUNDS_MAX && !whole; round++) {
		if (round > 0)
			drop(l);
		if (read_leaves(l, round, e) < 0 || (whole = is_complete(l, &unique, e)) < 0)
			return -1;
		total = l->leaf[0].total;
	}
	if (!whole)
		return err_set(e, ERR_PROTOCOL, "GET %s: awork counts %lld, its pages hold %lld, in %d readings", l->path, (long long)total, (long long)unique, ROUNDS_MAX);
	for (int i = 0; i < l->leaves; i++) {
		const jdoc_val *a = jdoc_root(l->leaf[i].doc);

		for (size_t k = 0; k < jdoc_len(a); k++)
			if (each(ctx, jdoc_at(a, k), e) < 0)
				return -1;
	}
	return 0;
}

int list_read(struct http *h, const char *path, const char *extra, int (*each)(void *ctx, const jdoc_val *v, struct err *e),
    void *ctx, struct err *e)
{
	struct list l = { .h = h, .path = path, .extra = extra };
	int rc = read_all(&l, each, ctx, e);

	drop(&l);
	return rc;
}

struct list *list_ask(struct http *h, const char *path, const char *extra, struct err *e)
{
	struct list *l = calloc(1, sizeof *l);

	if (l == NULL) {
		err_nomem(e);
		return NULL;
	}
	*l = (struct list){ .h = h, .path = path, .extra = extra, .maybe = 1 };
	if (more_leaves(l, 1, e) == 0 && send_leaf(&l->leaf[0], 0, NULL, e) == 0)
		return l;
	list_free(l);
	return NULL;
}

int list_take(struct list *l, int (*each)(void *ctx, const jdoc_val *v, struct err *e), void *ctx, struct err *e)
{
	int rc;

	l->maybe = 0;
	rc = read_all(l, each, ctx, e);
	list_free(l);
	return rc;
}

void list_free(struct list *l)
{
	if (l == NULL)
		return;
	drop(l);
	free(l);
}
