#include "awork/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "awork/entryjson.h"
#include "base/jdoc.h"

/* No text is longer than JDOC_TEXT_MAX, and few are long at all. */
#define ENTRY_MAX ((size_t)4 * 1024 * 1024)

/* A row was received. */
static struct entry *new_row(struct page *p, struct err *e)
{
	p->rows++;
	if (buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) == 0)
		return &p->v[p->n];
	err_nomem(e);
	return NULL;
}

static int keep_row(struct page *p, const char created[20], struct err *e)
{
	const struct entry *x = &p->v[p->n];
	const char *broken = filter_violated(p->filter, x);
	int order = strcmp(created, p->second);

	if (broken != NULL)
		return err_set(e, ERR_PROTOCOL, "awork ignored the filter (condition %s): entry %s", broken, x->id);
	memcpy(p->last, x->id, sizeof p->last);
	p->early |= strcmp(created, p->filter->since) < 0;
	p->disorder |= created[0] == '\0' || order < 0;
	if (order != 0) {
		p->before = p->n;
		memcpy(p->second, created, sizeof p->second);
	}
	p->n++;
	return 0;
}

/* One complete element of the array. */
static int take_row(void *ctx, const char *text, size_t n, struct err *e)
{
	struct page *p = ctx;
	struct entry *x = new_row(p, e);
	char created[20];

	if (x == NULL)
		return -1;
	if (entryjson_read(text, n, p->lean, p->pool, x, created, e) < 0)
		return err_ctx(e, "page %d, row %zu", p->number, p->rows);
	return keep_row(p, created, e);
}

/* The same where the text begins with one that lies whole in it. */
static int64_t take_whole(void *ctx, const char *text, size_t n, struct err *e)
{
	struct page *p = ctx;
	struct entry *x;
	char created[20];
	size_t used;

	if (p->tape == NULL && (p->tape = entryjson_tape()) == NULL)
		return err_nomem(e);
	used = jtape_begin(p->tape, text, n);
	if (used == 0)
		return 0;
	x = new_row(p, e);
	if (x == NULL)
		return -1;
	if (entryjson_take(p->tape, p->lean, p->pool, x, created, e) < 0)
		return err_ctx(e, "page %d, row %zu", p->number, p->rows);
	return keep_row(p, created, e) < 0 ? -1 : (int64_t)used;
}

int page_init(struct page *p, const struct filter *f, int number, struct err *e)
{
	memset(p, 0, sizeof *p);
	p->filter = f;
	p->number = number;
	p->pool = pool_new();
	p->cut = jdoc_cut_new(ENTRY_MAX, take_row, p);
	if (p->pool == NULL || p->cut == NULL) {
		page_free(p);
		return err_nomem(e);
	}
	jdoc_cut_begin(p->cut, take_whole);
	return 0;
}

void page_restart(void *page)
{
	struct page *p = page;

	pool_reset(p->pool);
	jdoc_cut_reset(p->cut);
	p->n = p->rows = 0;
	p->body = PAGE_BODY_NONE;
	p->before = 0;
	p->early = p->disorder = 0;
	p->why[0] = p->last[0] = p->second[0] = '\0';
}

/* Whether the body is an array at all: a login page or an error object with status 200 is broken transport, not bad data. */
static void look(struct page *p, const char *text, size_t n)
{
	static const char before[] = " \t\r\n\xef\xbb\xbf";

	for (size_t i = 0; i < n && p->body == PAGE_BODY_NONE; i++)
		if (text[i] == '\0' || strchr(before, text[i]) == NULL)
			p->body = text[i] == '[' ? PAGE_BODY_ARRAY : PAGE_BODY_OTHER;
}

int page_piece(void *page, const char *text, size_t n, struct err *e)
{
	struct page *p = page;

	look(p, text, n);
	if (p->body == PAGE_BODY_OTHER)
		return 0;
	if (jdoc_cut_feed(p->cut, text, n, e) < 0)
		return err_ctx(e, "GET /timeentries, page %d", p->number);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

static int same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int same(const struct entry *a, const struct entry *b)
{
	return a->shape == b->shape && a->billable == b->billable && a->billed == b->billed && a->external == b->external &&
	       a->task_private == b->task_private && a->local_ok == b->local_ok && a->has_secs == b->has_secs && a->date == b->date &&
	       a->secs == b->secs && a->break_secs == b->break_secs && same_text(a->start_time, b->start_time) &&
	       same_text(a->company_id, b->company_id) && same_text(a->company_name, b->company_name) &&
	       same_text(a->project_id, b->project_id) && same_text(a->project_name, b->project_name) && same_text(a->task_id, b->task_id) &&
	       same_text(a->task_name, b->task_name) && same_text(a->user_id, b->user_id) && same_text(a->user_name, b->user_name) &&
	       same_text(a->work_id, b->work_id) && same_text(a->work_name, b->work_name) && same_text(a->note, b->note) &&
	       same_text(a->updated_on, b->updated_on) && same_text(a->updated_by, b->updated_by) && same_text(a->res_ver, b->res_ver);
}

/* Whether the rows before the last second are parted from the others: a full page of a longer list without repeated ids, in the order of creation. */
static int part(struct page *p)
{
	size_t i = 0, k = p->before;

	if (p->disorder || k == 0 || (int64_t)p->rows != p->page_size || p->total <= p->page_size)
		return 0;
	qsort(p->v, k, sizeof *p->v, by_id);
	qsort(p->v + k, p->n - k, sizeof *p->v, by_id);
	for (size_t n = 1; n < p->n; n++)
		if (n != p->before && strcmp(p->v[n].id, p->v[n - 1].id) == 0)
			return 0;
	while (i < p->before && k < p->n) {
		int c = strcmp(p->v[i].id, p->v[k].id);

		if (c == 0)
			return 0;
		if (c < 0)
			i++;
		else
			k++;
	}
	return 1;
}

/* Sorts the rows by id and drops repeated ones. */
static int unite(struct page *p, struct err *e)
{
	size_t k = 0;

	if (p->n == 0 || part(p))
		return 0;
	p->before = 0;
	qsort(p->v, p->n, sizeof *p->v, by_id);
	for (size_t i = 1; i < p->n; i++) {
		if (strcmp(p->v[i].id, p->v[k].id) != 0)
			p->v[++k] = p->v[i];
		else if (!same(&p->v[i], &p->v[k]))
			return err_set(e, ERR_DATA, "time entry %s stands twice in one answer, with different contents", p->v[i].id);
	}
	p->n = k + 1;
	return 0;
}

static enum page_verdict unusable(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static enum page_verdict unusable(struct page *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(p->why, sizeof p->why, fmt, ap) < 0)
		p->why[0] = '\0';
	va_end(ap);
	return PAGE_SHORT;
}

static int check_number(const char *name, int64_t v, struct err *e)
{
	if (v >= 0)
		return 0;
	return err_set(e, ERR_PROTOCOL, "GET /timeentries: header %s %s, so completeness cannot be proven", name,
	    v == -1 ? "is missing" : "is no number or stands twice");
}

/* What the headers say about any page; the rows come later. */
static int check_head(struct page *p, const struct http_answer *a, int asked_size, struct err *e)
{
	if (check_number("aw-totalitems", a->aw_total, e) < 0 || check_number("aw-page", a->aw_page, e) < 0 ||
	    check_number("aw-items", a->aw_items, e) < 0)
		return -1;
	if (a->aw_page_size == -2 || a->aw_page_size == 0)
		return check_number("aw-pagesize", -2, e);
	if (a->aw_page != p->number)
		return err_set(e, ERR_PROTOCOL, "GET /timeentries: page %d was asked, aw-page says %lld", p->number, (long long)a->aw_page);
	p->total = a->aw_total;
	p->page_size = a->aw_page_size > 0 && a->aw_page_size < asked_size ? a->aw_page_size : asked_size;
	return 0;
}

enum page_verdict page_finish(struct page *p, const struct http_answer *a, int asked_size, struct err *e)
{
	struct err cut = ERR_INIT;

	jtape_free(p->tape);
	p->tape = NULL;
	if (a->status == 204)
		return unusable(p, "status 204, no list");
	if (a->status != 200) {
		answer_unexpected(a, "GET /timeentries", e);
		return PAGE_BAD;
	}
	if (p->body != PAGE_BODY_ARRAY)
		return unusable(p, "%s", p->body == PAGE_BODY_NONE ? "empty body" : "the body is no JSON array");
	if (jdoc_cut_end(p->cut, &cut) < 0)
		return unusable(p, "the body ends inside the list, after %zu entries", jdoc_cut_count(p->cut));
	if (check_head(p, a, asked_size, e) < 0 || unite(p, e) < 0)
		return PAGE_BAD;
	if (a->aw_items != (int64_t)p->rows && a->aw_items != (int64_t)p->n)
		return unusable(p, "aw-items says %lld, the body has %zu", (long long)a->aw_items, p->rows);
	/* A row that stands twice does not count: the page is not larger for it. */
	if ((int64_t)p->n > p->page_size) {
		err_set(e, ERR_PROTOCOL, "GET /timeentries: %zu entries on a page of %lld", p->n, (long long)p->page_size);
		return PAGE_BAD;
	}
	return PAGE_OK;
}

void page_free(struct page *p)
{
	pool_free(p->pool);
	jdoc_cut_free(p->cut);
	jtape_free(p->tape);
	free(p->v);
	p->pool = NULL;
	p->cut = NULL;
	p->tape = NULL;
	p->v = NULL;
	p->n = p->cap = 0;
}
