#include "cli/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define SETUP "setup.json"

/* One file, as it goes into the ledger, and what it was read as. */
struct one {
	char *name;
	struct buf body;
	struct template *template;
	struct csvprofile *profile;
};

struct inputs {
	struct one *v;
	size_t n, cap;
	struct setup setup;
	struct pool *pool;
};

static struct one *find(const struct inputs *in, const char *name)
{
	for (size_t i = 0; i < in->n; i++)
		if (strcmp(in->v[i].name, name) == 0)
			return &in->v[i];
	return NULL;
}

const struct setup *inputs_setup(const struct inputs *in)
{
	return &in->setup;
}

static const struct template *template_of(const struct inputs *in, const char *kind, const char *which)
{
	char name[64];
	const struct one *f;

	snprintf(name, sizeof name, "%s.%.20s.ini", kind, which);
	f = find(in, name);
	return f == NULL ? NULL : f->template;
}

const struct template *inputs_invoice(const struct inputs *in, const char *name)
{
	return template_of(in, "invoice", name);
}

const struct template *inputs_summary(const struct inputs *in)
{
	return template_of(in, "summary", in->setup.language);
}

const struct csvprofile *inputs_profile(const struct inputs *in, size_t i)
{
	char name[64];
	const struct one *f;

	snprintf(name, sizeof name, "csv.%.20s.ini", in->setup.profiles[i]);
	f = find(in, name);
	return f == NULL ? NULL : f->profile;
}

void inputs_free(struct inputs *in)
{
	if (in == NULL)
		return;
	for (size_t i = 0; i < in->n; i++) {
		free(in->v[i].name);
		buf_free(&in->v[i].body);
		template_free(in->v[i].template);
		csvprofile_free(in->v[i].profile);
	}
	free(in->v);
	pool_free(in->pool);
	free(in);
}

static struct inputs *new_inputs(struct err *e)
{
	struct inputs *in = calloc(1, sizeof *in);

	if (in != NULL && (in->pool = pool_new()) != NULL)
		return in;
	free(in);
	err_nomem(e);
	return NULL;
}

/* An empty entry for a file's body; its address holds until the next one is added. */
static struct one *add(struct inputs *in, const char *name, struct err *e)
{
	struct one *f;

	if (buf_grow(&in->v, &in->cap, in->n + 1, sizeof *in->v) < 0) {
		err_nomem(e);
		return NULL;
	}
	f = &in->v[in->n];
	memset(f, 0, sizeof *f);
	f->name = strdup(name);
	if (f->name == NULL) {
		err_nomem(e);
		return NULL;
	}
	in->n++;
	return f;
}

/* Reads what a file's name says that it is; pictures are taken when a template asks for them. */
static int parse(struct one *f, const char *path, struct diag *d, struct err *e)
{
	char profile[24];
	size_t n = strlen(f->name);

	if (n < 5 || strcmp(f->name + n - 4, ".ini") != 0)
		return 0;
	if (strncmp(f->name, "csv.", 4) == 0) {
		snprintf(profile, sizeof profile, "%.*s", (int)(n - 8), f->name + 4);
		f->profile = csvprofile_parse(profile, path, buf_text(&f->body), f->body.n, d, e);
		return f->profile == NULL ? -1 : 0;
	}
	f->template = template_parse(f->name, path, buf_text(&f->body), f->body.n, d, e);
	return f->template == NULL ? -1 : 0;
}

/* Gives every template its picture. dir: where pictures not yet known are read; NULL: all must be known. */
static int set_logos(struct inputs *in, const char *dir, struct diag *d, struct err *e)
{
	for (size_t i = 0; i < in->n; i++) {
		const char *logo = in->v[i].template == NULL ? NULL : template_logo(in->v[i].template);
		struct err why = ERR_INIT;
		struct one *f;
		char *path;

		if (logo == NULL)
			continue;
		f = find(in, logo);
		if (f == NULL && dir != NULL) {
			f = add(in, logo, e);
			path = file_join(dir, logo);
			if (f == NULL || path == NULL) {
				free(path);
				return err_nomem(e);
			}
			if (file_read(path, FILE_MAX, &f->body, &why) < 0)
				diag_add(d, in->v[i].name, 0, "logo: %s", why.msg);
			free(path);
		}
		if (f == NULL)
			return err_set(e, ERR_DATA, "ledger: the picture %s of %s is missing", logo, in->v[i].name);
		if (why.code == ERR_OK && template_set_logo(in->v[i].template, f->body.p, f->body.n, &why) < 0)
			diag_add(d, in->v[i].name, 0, "logo %s: %s", logo, why.msg);
	}
	return 0;
}

static int load_file(struct inputs *in, const char *dir, const char *kind, const char *which, struct diag *d, struct err *e)
{
	struct one *f;
	char name[64];
	char *path;
	int rc = -1;

	snprintf(name, sizeof name, "%s.%.20s.ini", kind, which);
	if (find(in, name) != NULL)
		return 0;
	path = file_join(dir, name);
	f = add(in, name, e);
	if (path == NULL || f == NULL)
		err_nomem(e);
	else if (file_read(path, FILE_MAX, &f->body, e) == 0)
		rc = parse(f, path, d, e);
	free(path);
	return rc;
}

/* A template that is missing ends it; what is wrong inside of templates is collected. */
static int load_all(struct inputs *in, const struct app *a, const char *dir, struct diag *d, struct err *e)
{
	int rc = load_file(in, dir, "invoice", a->cfg.language, d, e);

	for (size_t i = 0; i < a->customers.n && e->code == ERR_OK; i++)
		rc |= load_file(in, dir, "invoice", a->customers.v[i].template, d, e);
	if (e->code == ERR_OK)
		rc |= load_file(in, dir, "summary", a->cfg.language, d, e);
	for (size_t i = 0; i < a->cfg.nprofiles && e->code == ERR_OK; i++)
		rc |= load_file(in, dir, "csv", a->cfg.profiles[i], d, e);
	return rc != 0 || e->code != ERR_OK ? -1 : set_logos(in, dir, d, e);
}

struct inputs *inputs_load(const struct app *a, struct diag *d, struct err *e)
{
	struct inputs *in = new_inputs(e);
	char *dir = app_templates(a);

	if (in != NULL && dir == NULL)
		err_nomem(e);
	if (in != NULL && dir != NULL)
		setup_of_config(&a->cfg, &in->setup);
	if (in == NULL || dir == NULL || load_all(in, a, dir, d, e) < 0 || !diag_empty(d)) {
		inputs_free(in);
		in = NULL;
	}
	free(dir);
	return in;
}

static int on_input(void *ctx, const char *name, const void *p, size_t n, struct err *e)
{
	struct inputs *in = ctx;
	struct one *f;

	if (strcmp(name, SETUP) == 0)
		return setup_read(p, n, in->pool, &in->setup, e);
	f = add(in, name, e);
	if (f == NULL)
		return -1;
	buf_add(&f->body, p, n);
	return buf_ok(&f->body) ? 0 : err_nomem(e);
}

struct inputs *inputs_of_run(struct store *s, const char *run, struct err *e)
{
	struct inputs *in = new_inputs(e);
	struct diag d = { 0 };
	int rc;

	if (in == NULL)
		return NULL;
	rc = input_each(s, run, on_input, in, e);
	for (size_t i = 0; i < in->n && rc == 0; i++)
		rc = parse(&in->v[i], in->v[i].name, &d, e);
	if (rc == 0)
		rc = set_logos(in, NULL, &d, e);
	/* They were checked when they were stored: an older program's template may hold a key that this one does not know. */
	if (!diag_empty(&d) && e->code == ERR_OK)
		rc = err_set(e, ERR_DATA, "the templates of %s in the ledger cannot be read by this version of psabill: %s", run, d.line[0]);
	diag_free(&d);
	if (rc < 0 || in->setup.language == NULL) {
		inputs_free(in);
		in = NULL;
	}
	return in;
}

int inputs_save(const struct inputs *in, struct store *s, const char *run, struct err *e)
{
	struct buf b = BUF_INIT;
	int rc = -1;

	setup_write(&in->setup, &b);
	if (!buf_ok(&b))
		err_nomem(e);
	else
		rc = input_put(s, run, SETUP, b.p, b.n, e);
	for (size_t i = 0; i < in->n && rc == 0; i++)
		rc = input_put(s, run, in->v[i].name, buf_text(&in->v[i].body), in->v[i].body.n, e);
	buf_free(&b);
	return rc;
}
