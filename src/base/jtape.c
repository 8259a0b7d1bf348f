#include "base/jtape.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/jdoc.h"
#include "base/jscan.h"

struct jtape {
	struct jlearn l;
	struct jnode *v;  /* by number of what is wanted, and one more for all that is not */
	const char *in;
	char *texts;      /* as long as the input: a text is decoded to where it stands there, its NUL over the closing quote */
	size_t cap;       /* of texts */
	struct jdoc *doc; /* the slow way: texts are borrowed from it */
};

static const char *const kinds[] = { "absent", "object", "array", "string", "integer", "real", "true", "false", "null" };

struct jtape *jtape_new(const struct jtape_want *want, size_t n)
{
	struct jtape *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->v = calloc(n + 1, sizeof *t->v);
	if (jlearn_init(&t->l, want, n) == 0 && t->v != NULL)
		return t;
	jtape_free(t);
	return NULL;
}

void jtape_free(struct jtape *t)
{
	if (t == NULL)
		return;
	jlearn_free(&t->l);
	free(t->v);
	free(t->texts);
	jdoc_free(t->doc);
	free(t);
}

static void forget(struct jtape *t)
{
	jdoc_free(t->doc);
	t->doc = NULL;
}

/* Room for the texts of n bytes of input. */
static int take_input(struct jtape *t, const char *p, size_t n)
{
	t->in = p;
	return buf_grow(&t->texts, &t->cap, n + 1, 1);
}

int jtape_scan(struct jtape *t, const char *p, size_t n)
{
	forget(t);
	return jscan_value(&t->l, t->v, p, n) == 0 ? take_input(t, p, n) : -1;
}

size_t jtape_begin(struct jtape *t, const char *p, size_t n)
{
	size_t used;

	forget(t);
	used = jscan_part(&t->l, t->v, p, n);
	return used > 0 && take_input(t, p, used) == 0 ? used : 0;
}

static void note(struct jnode *v, const jdoc_val *d)
{
	*v = (struct jnode){ .plain = 1 };
	while (strcmp(kinds[v->kind], jdoc_kind(d)) != 0)
		v->kind++;
	if (v->kind == JTAPE_STRING) {
		v->text = jdoc_text(d);
		v->len = (uint32_t)strlen(v->text);
	}
	jdoc_int(d, &v->num);
}

int jtape_slow(struct jtape *t, const char *p, size_t n, struct err *e)
{
	const jdoc_val **d;

	forget(t);
	t->doc = jdoc_parse(p, n, e);
	if (t->doc == NULL)
		return -1;
	d = calloc(t->l.nwant + 1, sizeof *d);
	if (d == NULL)
		return err_nomem(e);
	d[0] = jdoc_root(t->doc);
	note(&t->v[0], d[0]);
	for (size_t i = 1; i < t->l.nwant; i++) {
		d[i] = jdoc_get(d[t->l.want[i].of], t->l.want[i].key);
		note(&t->v[i], d[i]);
	}
	free(d);
	return 0;
}

int jtape_read(struct jtape *t, const char *p, size_t n, struct err *e)
{
	return jtape_scan(t, p, n) == 0 ? 0 : jtape_slow(t, p, n, e);
}

const struct jnode *jtape_get(const struct jtape *t, uint32_t want)
{
	const struct jnode *v = &t->v[want];

	return v->kind != JTAPE_ABSENT && v->kind != JTAPE_NULL ? v : NULL;
}

const struct jnode *jtape_nodes(const struct jtape *t)
{
	return t->v;
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

const char *jtape_span(struct jtape *t, const struct jnode *v, size_t *n)
{
	char *out;

	if (v == NULL || v->kind != JTAPE_STRING)
		return NULL;
	*n = v->len;
	if (!v->escaped)
		return v->text;
	out = t->texts + (v->text - t->in);
	*n = jscan_unescape(out, v->text, v->len);
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
	return kinds[v != NULL ? v->kind : JTAPE_ABSENT];
}
