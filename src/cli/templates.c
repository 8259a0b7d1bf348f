#include "cli/templates.h"

#include <stdlib.h>
#include <string.h>

struct one { const char *language; struct template *t; };
struct templates {
	struct one *v;
	size_t n, cap;
	struct template *summary;
};

const struct template *templates_invoice(const struct templates *t, const char *language)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].language, language) == 0)
			return t->v[i].t;
	return NULL;
}

const struct template *templates_summary(const struct templates *t)
{
	return t->summary;
}

void templates_free(struct templates *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		template_free(t->v[i].t);
	free(t->v);
	template_free(t->summary);
	free(t);
}

static struct template *read_one(const char *dir, const char *kind, const char *language, struct diag *d, struct err *e)
{
	char name[64];

	snprintf(name, sizeof name, "%s.%.20s.ini", kind, language);
	return template_read(dir, name, d, e);
}

static int add(struct templates *t, const char *dir, const char *language, struct diag *d, struct err *e)
{
	if (templates_invoice(t, language) != NULL)
		return 0;
	if (buf_grow(&t->v, &t->cap, t->n + 1, sizeof *t->v) < 0)
		return err_nomem(e);
	t->v[t->n].language = language;
	t->v[t->n].t = read_one(dir, "invoice", language, d, e);
	if (t->v[t->n].t == NULL)
		return -1;
	t->n++;
	return 0;
}

struct templates *templates_load(const struct app *a, struct diag *d, struct err *e)
{
	struct templates *t = calloc(1, sizeof *t);
	char *dir = app_templates(a);
	int rc = -1;

	if (t == NULL || dir == NULL) {
		err_nomem(e);
		goto out;
	}
	rc = add(t, dir, a->cfg.language, d, e);
	for (size_t i = 0; i < a->customers.n && e->code == ERR_OK; i++)
		rc |= add(t, dir, a->customers.v[i].language, d, e);
	if (e->code != ERR_OK)
		goto out;
	t->summary = read_one(dir, "summary", a->cfg.language, d, e);
	if (t->summary == NULL)
		rc = -1;
out:
	free(dir);
	if (rc < 0 || !diag_empty(d)) {
		templates_free(t);
		t = NULL;
	}
	return t;
}
