#include "awork/job.h"

#include <stdlib.h>
#include <string.h>

static int copy(const char **p)
{
	if (*p == NULL)
		return 0;
	*p = strdup(*p);
	return *p != NULL ? 0 : -1;
}

struct job *job_new(const struct http_request *r)
{
	struct job *j = calloc(1, sizeof *j);
	int bad;

	if (j == NULL)
		return NULL;
	j->r = *r;
	/* All four, so that none still points to the caller's text when the job is freed. */
	bad = copy(&j->r.method) < 0;
	bad |= copy(&j->r.path) < 0;
	bad |= copy(&j->r.query) < 0;
	bad |= copy(&j->r.body) < 0;
	if (bad) {
		job_free(j);
		return NULL;
	}
	return j;
}

void job_free(struct job *j)
{
	if (j == NULL)
		return;
	free((char *)(uintptr_t)j->r.method);
	free((char *)(uintptr_t)j->r.path);
	free((char *)(uintptr_t)j->r.query);
	free((char *)(uintptr_t)j->r.body);
	free(j);
}

void job_put(struct job_list *l, struct job *j)
{
	j->next = NULL;
	if (j->due_ms > 0) {
		j->next = l->waiting;
		l->waiting = j;
	} else if (j->r.soon && l->first != NULL) {
		j->next = l->first;
		l->first = j;
	} else if (l->last != NULL) {
		l->last->next = j;
		l->last = j;
	} else {
		l->first = l->last = j;
	}
}

struct job *job_take(struct job_list *l, int64_t now_ms)
{
	struct job *j;

	for (struct job **p = &l->waiting; *p != NULL; p = &(*p)->next) {
		j = *p;
		if (j->due_ms > now_ms)
			continue;
		*p = j->next;
		j->next = NULL;
		return j;
	}
	j = l->first;
	if (j == NULL)
		return NULL;
	l->first = j->next;
	if (l->first == NULL)
		l->last = NULL;
	j->next = NULL;
	return j;
}

struct job *job_pick(struct job_list *l, int (*fits)(void *ctx, const struct http_request *r), void *ctx)
{
	struct job *before = NULL;

	for (struct job *j = l->first; j != NULL; before = j, j = j->next) {
		if (!fits(ctx, &j->r))
			continue;
		*(before != NULL ? &before->next : &l->first) = j->next;
		if (l->last == j)
			l->last = before;
		j->next = NULL;
		return j;
	}
	return job_take(l, 0);
}

int64_t job_next_due(const struct job_list *l)
{
	int64_t due = INT64_MAX;

	for (const struct job *j = l->waiting; j != NULL; j = j->next)
		if (j->due_ms < due)
			due = j->due_ms;
	return due;
}

int job_none(const struct job_list *l)
{
	return l->first == NULL && l->waiting == NULL;
}

static void drop(struct job *j)
{
	while (j != NULL) {
		struct job *next = j->next;

		job_free(j);
		j = next;
	}
}

void job_drop_all(struct job_list *l)
{
	drop(l->first);
	drop(l->waiting);
	memset(l, 0, sizeof *l);
}

int job_charge(struct job_budget *b, int64_t now_ms, int64_t wait_ms)
{
	int64_t from = b->until_ms > now_ms ? b->until_ms : now_ms;
	int64_t until = now_ms + wait_ms;
	int64_t more = until > from ? until - from : 0;

	if (more > b->left_ms)
		return -1;
	b->left_ms -= more;
	if (until > b->until_ms)
		b->until_ms = until;
	return 0;
}
