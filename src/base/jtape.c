#include "base/jtape.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/jdoc.h"
#include "base/jscan.h"

#define NODES 160 /* an entry of awork has about a hundred members */
#define HINTS 128

/* Where a member was found last: texts of one list are alike. By the address of the name. */
struct hint {
	const char *key;
	uint32_t n, parent, at;
};

struct jtape {
	struct jscan s;
	const char *in;
	char *texts;      /* scanned: as long as the input; a text is decoded to where it stands there, its NUL over the closing quote */
	size_t cap;       /* of texts */
	struct jdoc *doc; /* the slow way: keys and texts are borrowed from it */
	struct hint hint[HINTS];
};

static const char *const kinds[] = { "object", "array", "string", "integer", "real", "true", "false", "null" };

struct jtape *jtape_new(void)
{
	struct jtape *t = calloc(1, sizeof *t);

	if (t != NULL && buf_grow(&t->s.v, &t->s.cap, NODES, sizeof *t->s.v) == 0)
		return t;
	jtape_free(t);
	return NULL;
}

void jtape_free(struct jtape *t)
{
	if (t == NULL)
		return;
	free(t->s.v);
	free(t->texts);
	jdoc_free(t->doc);
	free(t);
}

/* Forgets the value before. */
static void forget(struct jtape *t)
{
	jdoc_free(t->doc);
	t->doc = NULL;
	t->s.n = 0;
}

/* Room for the texts of n bytes of input. */
static int take_input(struct jtape *t, const char *p, size_t n)
{
	t->in = p;
	return buf_grow(&t->texts, &t->cap, n + 1, 1);
}

static int scan(struct jtape *t, const char *p, size_t n)
{
	forget(t);
	return jscan_value(&t->s, p, n) == 0 ? take_input(t, p, n) : -1;
}

size_t jtape_begin(struct jtape *t, const char *p, size_t n)
{
	size_t used;

	forget(t);
	used = jscan_part(&t->s, p, n);
	return used > 0 && take_input(t, p, used) == 0 ? used : 0;
}

struct jtape *jtape_scan(const char *p, size_t n)
{
	struct jtape *t = jtape_new();

	if (t == NULL || scan(t, p, n) == 0)
		return t;
	jtape_free(t);
	return NULL;
}

/* An object of the document whose members go onto the tape. */
struct copying {
	struct jtape *t;
	size_t self, last;
	int failed;
};

static int copy_value(struct jtape *t, size_t at, const jdoc_val *v);

static void copy_member(void *ctx, const char *key, const jdoc_val *v)
{
	struct copying *c = ctx;
	int64_t at = c->failed ? -1 : jscan_push(&c->t->s);

	if (at < 0) {
		c->failed = 1;
		return;
	}
	c->t->s.v[at].key = key;
	c->t->s.v[at].key_len = (uint32_t)strlen(key);
	c->t->s.v[at].parent = (uint32_t)c->self;
	if (c->last == c->self)
		c->t->s.v[c->self].first = (uint32_t)at;
	else
		c->t->s.v[c->last].next = (uint32_t)at;
	c->last = (size_t)at;
	c->failed = copy_value(c->t, (size_t)at, v) < 0;
}

/* As deep as JDOC_DEPTH at most. */
static int copy_value(struct jtape *t, size_t at, const jdoc_val *v)
{
	struct jnode *x = &t->s.v[at];
	struct copying c = { t, at, at, 0 };

	while (strcmp(kinds[x->kind], jdoc_kind(v)) != 0)
		x->kind++;
	x->plain = 1;
	if (x->kind == JTAPE_STRING) {
		x->text = jdoc_text(v);
		x->len = (uint32_t)strlen(x->text);
	} else if (!jdoc_int(v, &x->num)) {
		x->num = 0;
	}
	jdoc_each(v, copy_member, &c);
	return c.failed ? -1 : 0;
}

static int slow(struct jtape *t, const char *p, size_t n, struct err *e)
{
	forget(t);
	t->doc = jdoc_parse(p, n, e);
	if (t->doc == NULL)
		return -1;
	return jscan_push(&t->s) == 0 && copy_value(t, 0, jdoc_root(t->doc)) == 0 ? 0 : err_nomem(e);
}

struct jtape *jtape_slow(const char *p, size_t n, struct err *e)
{
	struct jtape *t = jtape_new();

	if (t == NULL)
		err_nomem(e);
	else if (slow(t, p, n, e) == 0)
		return t;
	jtape_free(t);
	return NULL;
}

int jtape_read(struct jtape *t, const char *p, size_t n, struct err *e)
{
	return scan(t, p, n) == 0 ? 0 : slow(t, p, n, e);
}

struct jtape *jtape_parse(const char *p, size_t n, struct err *e)
{
	struct jtape *t = jtape_new();

	if (t == NULL)
		err_nomem(e);
	else if (jtape_read(t, p, n, e) == 0)
		return t;
	jtape_free(t);
	return NULL;
}

const struct jnode *jtape_root(const struct jtape *t)
{
	return t->s.v;
}

const struct jnode *jtape_at(const struct jtape *t, uint32_t index)
{
	return index != 0 ? &t->s.v[index] : NULL;
}

static const struct jnode *not_null(const struct jnode *v)
{
	return v->kind != JTAPE_NULL ? v : NULL;
}

const struct jnode *jtape_get(struct jtape *t, const struct jnode *v, const char *key)
{
	uint32_t parent;
	struct hint *h;
	size_t n;

	if (!jtape_is_object(v))
		return NULL;
	parent = (uint32_t)(v - t->s.v);
	h = &t->hint[((uintptr_t)key ^ (uintptr_t)key >> 8 ^ parent * 7) % HINTS];
	if (h->key == key && h->parent == parent && h->at < t->s.n) {
		const struct jnode *m = &t->s.v[h->at];

		/* The name at this address may be another one by now. */
		if (m->parent == parent && m->key_len == h->n && strncmp(key, m->key, h->n) == 0 && key[h->n] == '\0')
			return not_null(m);
	}
	n = strlen(key);
	for (uint32_t at = v->first; at != 0; at = v->next) {
		v = &t->s.v[at];
		if (v->key_len == n && memcmp(v->key, key, n) == 0) {
			*h = (struct hint){ key, (uint32_t)n, parent, at };
			return not_null(v);
		}
	}
	return NULL;
}

int jtape_is_object(const struct jnode *v)
{
	return v != NULL && v->kind == JTAPE_OBJECT;
}

const char *jtape_text(struct jtape *t, const struct jnode *v)
{
	char *out;

	if (v == NULL || v->kind != JTAPE_STRING)
		return NULL;
	if (v->plain)
		return v->text;
	out = t->texts + (v->text - t->in);
	if (v->escaped) {
		jscan_unescape(out, v->text, v->len);
	} else {
		memcpy(out, v->text, v->len);
		out[v->len] = '\0';
	}
	return out;
}

int jtape_int(const struct jnode *v, int64_t *out)
{
	if (v == NULL || v->kind != JTAPE_INTEGER)
		return 0;
	*out = v->num;
	return 1;
}

int jtape_bool(const struct jnode *v, int *out)
{
	if (v == NULL || (v->kind != JTAPE_TRUE && v->kind != JTAPE_FALSE))
		return 0;
	*out = v->kind == JTAPE_TRUE;
	return 1;
}

const char *jtape_kind(const struct jnode *v)
{
	return v != NULL ? kinds[v->kind] : "absent";
}

const char *jtape_get_text(struct jtape *t, const struct jnode *v, const char *key)
{
	return jtape_text(t, jtape_get(t, v, key));
}
