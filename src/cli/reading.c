#include "cli/reading.h"

#include <stdlib.h>

#define SIDE_BY_SIDE 2

struct portion { struct reading *of; struct claim_brief *v; size_t n; struct reread *read; };

struct reading {
	struct run *r;
	struct reading_spec spec;
	int more;                /* portions that were not begun */
	struct portion at[SIDE_BY_SIDE]; /* read: NULL when it is free */
};

static int on_item(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct portion *p = ctx;

	return p->of->spec.each(p->of->spec.ctx, &p->v[item], now, e);
}

static void end(struct portion *p)
{
	reread_free(p->read);
	free(p->v);
	p->read = NULL;
	p->v = NULL;
}

static int begin(struct reading *g, struct portion *p, struct err *e)
{
	const struct app *a = g->r->app;

	p->of = g;
	g->more = g->spec.next(g->spec.ctx, &p->v, &p->n, e);
	if (g->more <= 0)
		return g->more;
	p->read = reread_new(a->http, &p->v->key, sizeof *p->v, p->n, (int)a->cfg.page_size, g->spec.how, on_item, p, e);
	return p->read == NULL ? -1 : 0;
}

/* 1: answers are to come, 0: no more of this portion, -1. */
static int go_on(struct reading *g, struct portion *p, struct err *e)
{
	int rc;

	/* The next portion is begun when all questions of the one before are on their way. */
	if (p->read == NULL && (!g->more || http_queued(g->r->app->http)))
		return 0;
	if (p->read == NULL && begin(g, p, e) < 0)
		return -1;
	if (p->read == NULL)
		return 0;
	rc = reread_more(p->read, e);
	if (rc == 0) {
		rc = g->spec.done != NULL ? g->spec.done(g->spec.ctx, p->v, p->n, e) : 0;
		end(p);
	}
	return rc;
}

struct reading *reading_new(struct run *r, const struct reading_spec *spec, struct err *e)
{
	struct reading *g = calloc(1, sizeof *g);

	if (g == NULL) {
		err_nomem(e);
		return NULL;
	}
	*g = (struct reading){ .r = r, .spec = *spec, .more = 1 };
	return g;
}

int reading_turn(struct reading *g, int wait, struct err *e)
{
	int busy;

	do {
		busy = 0;
		for (struct portion *p = g->at; p < g->at + SIDE_BY_SIDE; p++) {
			int rc = go_on(g, p, e);

			if (rc < 0)
				return -1;
			busy |= rc;
		}
	} while (!busy && g->more);
	return !busy ? 0 : http_turn(g->r->app->http, wait, e) < 0 ? -1 : 1;
}

void reading_free(struct reading *g)
{
	int left = 0;

	if (g == NULL)
		return;
	for (struct portion *p = g->at; p < g->at + SIDE_BY_SIDE; p++)
		left |= p->read != NULL;
	if (left)
		http_drop(g->r->app->http);
	for (struct portion *p = g->at; p < g->at + SIDE_BY_SIDE; p++)
		end(p);
	free(g);
}
