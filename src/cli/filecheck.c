#include "cli/filecheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/stage.h"

struct known { char *name; uint8_t sha[SHA_LEN]; int64_t size; int met; };

struct checking {
	struct known *v; /* by name */
	size_t n, cap;
	const char *folder;
	void (*each)(void *ctx, const char *sentence);
	void *ctx;
	struct filecheck_counts *sum;
};

static void say(struct checking *c, const char *name, const char *what)
{
	char sentence[1500];

	snprintf(sentence, sizeof sentence, "%.400s/%.900s %s", c->folder, name, what);
	c->each(c->ctx, sentence);
}

static int on_known(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct checking *c = ctx;
	struct known *k;

	if (buf_grow(&c->v, &c->cap, c->n + 1, sizeof *c->v) < 0)
		return err_nomem(e);
	k = &c->v[c->n];
	*k = (struct known){ .name = strdup(name), .size = size };
	memcpy(k->sha, sha, SHA_LEN);
	if (k->name == NULL)
		return err_nomem(e);
	c->n++;
	return 0;
}

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct known *)element)->name);
}

static int on_disk(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct checking *c = ctx;
	struct known *k = c->n == 0 ? NULL : bsearch(name, c->v, c->n, sizeof *c->v, compare_name);

	(void)e;
	if (c->sum->turn != NULL)
		c->sum->turn(c->sum->ctx);
	if (k == NULL) {
		if (strcmp(name, "run.json") != 0)
			say(c, name, "is not in the ledger");
		return 0;
	}
	k->met = 1;
	c->sum->files++;
	c->sum->bytes += size;
	if (size != k->size || memcmp(sha, k->sha, SHA_LEN) != 0)
		say(c, name, "was changed after it was issued");
	return 0;
}

int filecheck_run(struct app *a, const struct store_run *run, void (*each)(void *ctx, const char *sentence), void *ctx, struct filecheck_counts *sum, struct err *e)
{
	struct checking c = { .each = each, .ctx = ctx, .sum = sum };
	struct stage *st = NULL;
	int published = 0, rc = -1;

	if (query_files(a->store, run->id, on_known, &c, e) < 0)
		goto out;
	st = stage_find(a->cfg.out_dir, run->period.label, run->id, &published, e);
	if (st == NULL && e->code != ERR_OK)
		goto out;
	c.folder = st == NULL ? run->id : stage_target(st);
	if (st == NULL || !published) {
		if (c.n > 0)
			say(&c, "", "is missing");
		rc = 0;
		goto out;
	}
	if (stage_each(st, on_disk, &c, e) < 0)
		goto out;
	for (size_t i = 0; i < c.n; i++)
		if (!c.v[i].met)
			say(&c, c.v[i].name, "is missing");
	rc = 0;
out:
	stage_free(st);
	for (size_t i = 0; i < c.n; i++)
		free(c.v[i].name);
	free(c.v);
	return rc;
}
