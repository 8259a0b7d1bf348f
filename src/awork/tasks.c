#include "awork/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "awork/list.h"
#include "base/text.h"

static const char *id_of(struct pool *pool, const jdoc_val *v, const char *member)
{
	const char *s = jdoc_get_text(v, member);
	char id[37];

	return s != NULL && text_uuid(id, s) == 0 ? pool_intern(pool, id) : NULL;
}

static void read_task(const jdoc_val *v, struct pool *pool, struct tasks_item *out)
{
	char *name = pool_dup(pool, jdoc_get_text(v, "name"));

	out->id = id_of(pool, v, "id");
	out->name = name != NULL ? text_trim(name) : NULL;
	out->project_id = id_of(pool, v, "projectId");
	if (out->project_id == NULL)
		out->project_id = id_of(pool, jdoc_get(v, "project"), "id");
	out->work_id = id_of(pool, v, "typeOfWorkId");
}

struct filling { struct pool *pool; struct tasks_item *v; size_t n, cap; };

static int on_task(void *ctx, const jdoc_val *v, struct err *e)
{
	struct filling *f = ctx;

	if (buf_grow(&f->v, &f->cap, f->n + 1, sizeof *f->v) < 0)
		return err_nomem(e);
	read_task(v, f->pool, &f->v[f->n++]);
	return pool_failed(f->pool) ? err_nomem(e) : 0;
}

int tasks_of_project(struct http *h, const char *project_id, struct pool *pool, struct tasks_list *out, struct err *e)
{
	struct filling f = { .pool = pool };
	struct tasks_item *v = NULL;
	char path[96];
	int rc = -1;

	snprintf(path, sizeof path, "/projects/%s/projecttasks", project_id);
	if (list_read(h, path, NULL, on_task, &f, e) == 0) {
		v = pool_alloc(pool, (f.n + 1) * sizeof *v);
		rc = v != NULL ? 0 : err_nomem(e);
	}
	if (rc == 0) {
		if (f.n > 0)
			memcpy(v, f.v, f.n * sizeof *v);
		*out = (struct tasks_list){ v, f.n };
	}
	free(f.v);
	return rc;
}

/* ---- by id ---- */

struct asking { struct http *h; struct pool *pool; const char *id; struct tasks_item *out; int unusable; };

static int send_one(struct asking *t, int again, struct err *e);

static int on_one(void *ctx, const struct http_answer *a, struct err *e)
{
	struct asking *t = ctx;
	struct jdoc *d;
	int rc = 0;

	memset(t->out, 0, sizeof *t->out);
	if (a->status == 404)
		return 0;
	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, "GET /tasks/{id}", e);
	d = jdoc_parse(a->body, a->body_len, NULL);
	if (d != NULL)
		read_task(jdoc_root(d), t->pool, t->out);
	jdoc_free(d);
	if (pool_failed(t->pool))
		return err_nomem(e);
	if (t->out->id == NULL || strcmp(t->out->id, t->id) != 0) {
		if (++t->unusable < http_tries(t->h))
			rc = send_one(t, t->unusable, e);
		else
			rc = err_set(e, ERR_PROTOCOL, "GET /tasks/%s: no such task in %d answers", t->id, t->unusable);
	}
	return rc;
}

static int send_one(struct asking *t, int again, struct err *e)
{
	char path[64];
	struct http_request r = { .method = "GET", .path = path, .again = again, .again_why = "it is another task", .done = on_one, .ctx = t };

	snprintf(path, sizeof path, "/tasks/%s", t->id);
	return http_add(t->h, &r, e);
}

int tasks_by_id(struct http *h, const char *const *ids, size_t n, struct pool *pool, struct tasks_item *out, struct err *e)
{
	struct asking *v = calloc(n + 1, sizeof *v);
	int rc = 0;

	if (v == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n && rc == 0; i++) {
		v[i] = (struct asking){ .h = h, .pool = pool, .id = ids[i], .out = &out[i] };
		rc = text_is_uuid(ids[i]) ? send_one(&v[i], 0, e) : err_set(e, ERR_SOFTWARE, "task without id");
	}
	if (rc == 0)
		rc = http_run(h, e);
	free(v);
	return rc;
}
