/* One question to the list of time entries: asked until the answer is a page. */
#ifndef AWORK_ASK_H
#define AWORK_ASK_H

#include "awork/page.h"

struct ask {
	struct http *http;
	struct filter filter;
	const char *orderby;  /* encoded, static */
	int number, size;     /* page and pageSize */
	int lean;             /* rows without what entryjson_take() leaves out then */
	int soon;             /* as in struct http_request */
	int may_refuse;       /* awork may not take the expression: then `done` is called with `refused` set and a page without rows */
	int refused;
	int maybe;            /* as in struct http_request; then `done` is not called for what is no page */
	int come;             /* the answer was a page */
	int unusable;         /* answers in a row that were no page */
	struct page page;
	/* The page is PAGE_OK, whatever its total says. May send this or other questions. */
	int (*done)(struct ask *a, struct err *e);
	void *owner;
};

/* Sends it; the page of an earlier answer is given up. again: as in struct http_request. *a must stay where it is until `done`. */
int ask_send(struct ask *a, int again, struct err *e);

#endif
