#include "awork/master.h"

#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "awork/contact.h"
#include "awork/list.h"
#include "base/buf.h"
#include "base/near.h"
#include "base/text.h"

/* ---- the caller ---- */

struct me {
	struct http *h;
	struct pool *pool;
	struct master_me *out;
	int unusable;
};

static int send_me(struct me *m, int again, struct err *e);

static const char *id_of(struct pool *pool, const jdoc_val *v)
{
	char id[37];

	return jdoc_get_text(v, "id") != NULL && text_uuid(id, jdoc_get_text(v, "id")) == 0 ? pool_intern(pool, id) : NULL;
}

static const char *name_of(struct pool *pool, const jdoc_val *v, const char *member)
{
	char *s = pool_dup(pool, jdoc_get_text(v, member));

	return s != NULL ? text_trim(s) : NULL;
}

static int on_me(void *ctx, const struct http_answer *a, struct err *e)
{
	struct me *m = ctx;
	struct master_me me = { NULL, NULL, NULL };
	struct jdoc *d;
	const jdoc_val *workspace;
	int rc = -1;

	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, "GET /me", e);
	d = jdoc_parse(a->body, a->body_len, NULL);
	if (d == NULL || !jdoc_is_object(jdoc_root(d))) {
		if (++m->unusable < http_tries(m->h))
			rc = send_me(m, m->unusable, e);
		else
			err_set(e, ERR_PROTOCOL, "GET /me: no JSON object in %d answers: is [awork] base_url right? The path of awork's API is /api/v1", m->unusable);
		goto out;
	}
	workspace = jdoc_get(jdoc_root(d), "workspace");
	me.user_id = id_of(m->pool, jdoc_root(d));
	me.workspace_id = id_of(m->pool, workspace);
	me.workspace_name = name_of(m->pool, workspace, "name");
	if (pool_failed(m->pool)) {
		err_nomem(e);
	} else if (me.user_id == NULL || me.workspace_id == NULL) {
		err_set(e, ERR_PROTOCOL, "GET /me: awork names no %s", me.user_id == NULL ? "user" : "workspace");
	} else {
		*m->out = me;
		rc = 0;
	}
out:
	jdoc_free(d);
	return rc;
}

static int send_me(struct me *m, int again, struct err *e)
{
	struct http_request r = { .method = "GET", .path = "/me", .again = again, .done = on_me, .ctx = m };

	return http_add(m->h, &r, e);
}

int master_me_ask(struct http *h, struct pool *pool, struct master_me *out, struct err *e)
{
	struct me *m = pool_alloc(pool, sizeof *m);

	if (m == NULL)
		return err_nomem(e);
	*m = (struct me){ h, pool, out, 0 };
	return send_me(m, 0, e);
}

int master_me(struct http *h, struct pool *pool, struct master_me *out, struct err *e)
{
	return master_me_ask(h, pool, out, e) < 0 ? -1 : http_run(h, e);
}

/* ---- lists ---- */

struct filling {
	enum master_kind kind;
	struct pool *pool;
	struct master_list list;
	size_t cap;
};

static const char *user_name(struct pool *pool, const jdoc_val *v)
{
	const char *first = name_of(pool, v, "firstName"), *last = name_of(pool, v, "lastName");

	if (first == NULL || first[0] == '\0')
		return last;
	return last == NULL || last[0] == '\0' ? first : pool_fmt(pool, "%s %s", first, last);
}

static int flag(const jdoc_val *v, const char *member)
{
	int b = 0;

	return jdoc_bool(jdoc_get(v, member), &b) && b;
}

static int add_item(void *ctx, const jdoc_val *v, struct err *e)
{
	struct filling *f = ctx;
	struct master_item *x;
	const jdoc_val *company = jdoc_get(v, "company");
	const char *plain = jdoc_get_text(v, "companyId");
	char id[37];

	if (buf_grow(&f->list.v, &f->cap, f->list.n + 1, sizeof *f->list.v) < 0)
		return err_nomem(e);
	x = &f->list.v[f->list.n++];
	memset(x, 0, sizeof *x);
	x->id = id_of(f->pool, v);
	x->name = f->kind == MASTER_USERS ? user_name(f->pool, v) : name_of(f->pool, v, "name");
	x->external = flag(v, "isExternal");
	if (f->kind == MASTER_PROJECTS) {
		x->retainer = flag(v, "isRetainer");
		x->company_name = name_of(f->pool, company, "name");
		x->company_id = company != NULL ? id_of(f->pool, company) : plain != NULL && text_uuid(id, plain) == 0 ? pool_intern(f->pool, id) : NULL;
	}
	return pool_failed(f->pool) ? err_nomem(e) : 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct master_item *)a)->id, ((const struct master_item *)b)->id);
}

static const char *path_of(enum master_kind kind)
{
	static const char *const path[] = { "/companies", "/projects", "/users", "/typeofwork" };

	return path[kind];
}

static const char *extra_of(enum master_kind kind)
{
	return kind == MASTER_USERS || kind == MASTER_WORKS ? "showArchived=true" : NULL;
}

/* asked: or NULL, then h is asked. */
static int fill(struct list *asked, struct http *h, enum master_kind kind, struct pool *pool, struct master_list *out, struct err *e)
{
	struct filling f = { .kind = kind, .pool = pool };
	struct master_item *v = NULL;
	int rc = -1;

	if ((asked != NULL ? list_take(asked, add_item, &f, e) : list_read(h, path_of(kind), extra_of(kind), add_item, &f, e)) < 0)
		goto out;
	v = pool_alloc(pool, (f.list.n + 1) * sizeof *v);
	if (v == NULL) {
		err_nomem(e);
		goto out;
	}
	if (f.list.n > 0) {
		memcpy(v, f.list.v, f.list.n * sizeof *v);
		qsort(v, f.list.n, sizeof *v, by_id);
	}
	out->v = v;
	out->n = f.list.n;
	rc = 0;
out:
	free(f.list.v);
	return rc;
}

int master_list(struct http *h, enum master_kind kind, struct pool *pool, struct master_list *out, struct err *e)
{
	return fill(NULL, h, kind, pool, out, e);
}

struct list *master_ask(struct http *h, enum master_kind kind, struct err *e)
{
	return list_ask(h, path_of(kind), extra_of(kind), e);
}

int master_take(struct list *l, enum master_kind kind, struct pool *pool, struct master_list *out, struct err *e)
{
	return fill(l, NULL, kind, pool, out, e);
}

/* ---- contact infos ---- */

struct company {
	struct http *h;
	struct pool *pool;
	const char *id;
	struct master_contact *out;
	int unusable;
};

static int send_company(struct company *c, int again, struct err *e);

static int on_company(void *ctx, const struct http_answer *a, struct err *e)
{
	struct company *c = ctx;
	struct jdoc *d;
	int rc;

	memset(c->out, 0, sizeof *c->out);
	if (a->status == 404) {
		c->out->problem = "awork does not know the company any more";
		return 0;
	}
	if (a->status != 200 && a->status != 204)
		return answer_unexpected(a, "GET /companies/{id}/contactinfo", e);
	d = jdoc_parse(a->body, a->body_len, NULL);
	/* Whether this list has paging headers is not documented: one that has them must agree with its body. */
	if (d != NULL && jdoc_is_array(jdoc_root(d)) && (a->aw_total < 0 || a->aw_total == (int64_t)jdoc_len(jdoc_root(d))))
		rc = contact_pick(jdoc_root(d), c->pool, c->out, e);
	else if (++c->unusable < http_tries(c->h))
		rc = send_company(c, c->unusable, e);
	else
		rc = err_set(e, ERR_PROTOCOL, "GET /companies/%s/contactinfo: no complete list in %d answers", c->id, c->unusable);
	jdoc_free(d);
	return rc;
}

static int send_company(struct company *c, int again, struct err *e)
{
	struct http_request r = { .method = "GET", .query = "page=1&pageSize=1000", .again = again, .done = on_company, .ctx = c };
	struct buf path = BUF_INIT;
	int rc;

	buf_fmt(&path, "/companies/%s/contactinfo", c->id);
	r.path = path.p;
	rc = buf_ok(&path) ? http_add(c->h, &r, e) : err_nomem(e);
	buf_free(&path);
	return rc;
}

int master_contacts(struct http *h, const struct master_list *companies, struct pool *pool, struct master_contact *out, struct err *e)
{
	struct company *v = calloc(companies->n + 1, sizeof *v);
	int rc = -1;

	if (v == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < companies->n; i++) {
		v[i] = (struct company){ .h = h, .pool = pool, .id = companies->v[i].id, .out = &out[i] };
		if (!text_is_uuid(v[i].id)) {
			err_set(e, ERR_SOFTWARE, "company without id");
			goto out;
		}
		if (send_company(&v[i], 0, e) < 0)
			goto out;
	}
	rc = http_run(h, e);
out:
	free(v);
	return rc;
}

/* ---- names from the command line ---- */

/* The name that holds the text, whatever the case, or is nearly it; NULL: none. */
static const char *nearest(const struct master_list *l, const char *text)
{
	struct near_search near;

	near_start(&near, text);
	for (size_t i = 0; text[0] != '\0' && i < l->n; i++) {
		if (l->v[i].name == NULL)
			continue;
		if (strcasestr(l->v[i].name, text) != NULL)
			return l->v[i].name;
		near_offer(&near, l->v[i].name);
	}
	return near.best;
}

int master_resolve(const struct master_list *l, const char *what, const char *name_or_id, const char **id, struct err *e)
{
	struct buf want = BUF_INIT, found = BUF_INIT;
	const struct master_item *hit = NULL;
	char *text;
	int matches = 0, rc = -1;

	buf_str(&want, name_or_id);
	if (!buf_ok(&want) || want.p == NULL) {
		err_nomem(e);
		goto out;
	}
	text = text_trim(want.p);
	for (size_t i = 0; i < l->n; i++) {
		const struct master_item *x = &l->v[i];

		if (strcasecmp(x->id, text) != 0 && (x->name == NULL || text[0] == '\0' || strcmp(x->name, text) != 0))
			continue;
		hit = x;
		if (matches++ < 5)
			buf_fmt(&found, "%s%s", matches > 1 ? ", " : "", x->id);
	}
	if (matches == 1) {
		*id = hit->id;
		rc = 0;
	} else if (matches == 0) {
		const char *meant = nearest(l, text);

		err_set(e, ERR_USAGE, "awork has no %s '%s' (the exact name or the id is needed)%s%s%s", what, text, meant == NULL ? "" : "; did you mean '",
		    meant == NULL ? "" : meant, meant == NULL ? "" : "'?");
	} else {
		err_set(e, ERR_USAGE, "awork has %d of %s '%s', use an id: %s%s", matches, what, text, buf_text(&found), matches > 5 ? ", ..." : "");
	}
out:
	buf_free(&want);
	buf_free(&found);
	return rc;
}
