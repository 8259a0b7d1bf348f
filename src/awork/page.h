/* One page of a list: parsed while it arrives, judged when it is complete. */
#ifndef AWORK_PAGE_H
#define AWORK_PAGE_H

#include "awork/filter.h"
#include "awork/http.h"
#include "base/pool.h"

struct page {
	struct pool *pool;      /* texts of the entries */
	struct entry *v;        /* each id once, sorted by id; with `before` > 0 the first `before` for themselves, and the others */
	size_t n, cap;
	int64_t total;          /* aw-totalitems */
	int64_t page_size;      /* as the server applied it */
	char last[37];          /* id of the last row in awork's order; v is sorted by id */
	/* A full page of a longer list, in the order of creation: how many rows were created before the second in which the last one was, and that second. 0: unknown. */
	size_t before;
	char second[20];
	int early;              /* a row was created before filter.since: the condition was not understood */
	char why[160];          /* PAGE_SHORT: what was wrong with it */
	/* private */
	struct jdoc_cut *cut;
	struct jtape *tape;     /* of the row at hand; NULL until there is one */
	const struct filter *filter;
	int lean;               /* as in struct ask */
	int number;
	size_t rows;            /* as received, repeated ones included */
	int disorder;           /* not in the order of creation, or a row does not say when */
	enum { PAGE_BODY_NONE, PAGE_BODY_ARRAY, PAGE_BODY_OTHER } body;
};

/* What a finished page can be. */
enum page_verdict {
	PAGE_OK,        /* items = rows, page as asked, rows <= page size */
	PAGE_SHORT,     /* a body that does not match aw-items, is cut, or is no JSON array: ask again. Fewer rows than the total promises
	                 * (awork-io/awork issue #120) are for the caller to see: a page may rightly be a part */
	PAGE_BAD        /* *e says why: missing header, ignored filter, malformed entry... */
};

/* *f is borrowed until page_free(). */
int page_init(struct page *p, const struct filter *f, int number, struct err *e);
/* The three callbacks of a request; restart and piece take the page as their ctx. */
void page_restart(void *page);
int page_piece(void *page, const char *p, size_t n, struct err *e);
/* asked_size: the pageSize of the request. Rows equal in all members are kept once; one id with two contents is ERR_DATA. */
enum page_verdict page_finish(struct page *p, const struct http_answer *a, int asked_size, struct err *e);
/* Allowed on a zeroed page, and twice. */
void page_free(struct page *p);

#endif
