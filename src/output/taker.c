#include "output/taker.h"

struct walk { struct taker *v; size_t n; };

static int failed(const struct taker *t, struct err *e)
{
	return t->name[0] != '\0' ? err_ctx(e, "%s", t->name) : -1;
}

static int on_begin(void *arg, const struct source_document *d, struct err *e)
{
	const struct walk *w = arg;

	for (const struct taker *t = w->v; t < w->v + w->n; t++)
		if (t->begin != NULL && t->begin(t->me, d, e) < 0)
			return failed(t, e);
	return 0;
}

static int on_entry(void *arg, const struct invoice_entry *x, struct err *e)
{
	const struct walk *w = arg;

	for (const struct taker *t = w->v; t < w->v + w->n; t++)
		if (t->entry != NULL && t->entry(t->me, x, e) < 0)
			return failed(t, e);
	return 0;
}

static int on_end(void *arg, const struct invoice *v, struct err *e)
{
	const struct walk *w = arg;

	for (const struct taker *t = w->v; t < w->v + w->n; t++)
		if (t->end != NULL && t->end(t->me, v, e) < 0)
			return failed(t, e);
	return 0;
}

static int on_held(void *arg, const struct source_held *h, struct err *e)
{
	const struct walk *w = arg;

	for (const struct taker *t = w->v; t < w->v + w->n; t++)
		if (t->held != NULL && t->held(t->me, h, e) < 0)
			return failed(t, e);
	return 0;
}

static int want_held(const struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].held != NULL)
			return 1;
	return 0;
}

int taker_close(struct taker *takers, size_t n, int rc, struct err *e)
{
	for (struct taker *t = takers; t < takers + n; t++) {
		struct err unheard = ERR_INIT;

		if (t->close(t->me, rc, rc < 0 ? &unheard : e) < 0 && rc == 0)
			rc = failed(t, e);
	}
	return rc;
}

int taker_walk(const struct source *src, const char *number, struct taker *takers, size_t n, struct err *e)
{
	static const struct source_visitor visitor = { on_begin, on_entry, on_end };
	struct walk w = { takers, n };
	int rc = src->documents(src->ctx, number, &visitor, &w, e);

	if (rc == 0 && want_held(&w))
		rc = src->held(src->ctx, on_held, &w, e);
	return taker_close(takers, n, rc, e);
}
