/* init: questions, files, the first try of the token, what comes next. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/customers.h"
#include "cli/prompt.h"
#include "cli/rates.h"

struct starting {
	struct app *app;
	const char *dir;
	struct answers answers;
	int fresh;     /* psabill.conf was written now */
	int has_token; /* to be tried */
};

static int is_there(const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	int there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

/* Writes one file unless it is there; says which. */
static int write_one(const struct starting *s, const char *name, const char *text, mode_t mode, struct err *e)
{
	char *path = file_join(s->dir, name);
	int quiet = s->app->opt.quiet, rc = -1;

	if (path == NULL)
		return err_nomem(e);
	if (access(path, F_OK) == 0) {
		if (!quiet)
			printf("kept   %s\n", path);
		rc = 0;
	} else if (file_create(path, text, strlen(text), mode, e) == 0) {
		if (!quiet)
			printf("wrote  %s\n", path);
		rc = 0;
	}
	free(path);
	return rc;
}

static int make_out(const struct starting *s, struct err *e)
{
	char *path = file_join(s->dir, "out");
	int quiet = s->app->opt.quiet, rc = 0;

	if (path == NULL)
		return err_nomem(e);
	if (access(path, F_OK) != 0) {
		rc = file_make_dirs(path, 0750, e);
		if (rc == 0 && !quiet)
			printf("made   %s/\n", path);
	} else if (!quiet) {
		printf("kept   %s/\n", path);
	}
	free(path);
	return rc;
}

static int write_files(struct starting *s, struct err *e)
{
	struct buf conf = BUF_INIT, rates = BUF_INIT;
	const char *token = answers_of(&s->answers, "awork", "token_file");
	int rc = -1;

	config_example(&conf, s->answers.value);
	buf_str(&rates, rates_example());
	if (s->answers.rate != NULL)
		buf_fmt(&rates, ",,,,,,%s,\r\n", s->answers.rate);
	s->fresh = !is_there(s->dir, "psabill.conf");
	if (!buf_ok(&conf) || !buf_ok(&rates))
		err_nomem(e);
	else if ((s->dir[0] == '\0' || file_make_dirs(s->dir, 0750, e) == 0) && (s->answers.token.n == 0 || write_one(s, token, buf_text(&s->answers.token), 0600, e) == 0) &&
	    write_one(s, "psabill.conf", buf_text(&conf), 0640, e) == 0 && write_one(s, "rates.csv", buf_text(&rates), 0640, e) == 0 &&
	    write_one(s, "customers.csv", customers_example(), 0640, e) == 0 && make_out(s, e) == 0)
		rc = 0;
	buf_free(&conf);
	buf_free(&rates);
	return rc;
}

static int has_token(const struct starting *s)
{
	const char *given = getenv("PSABILL_AWORK_TOKEN"), *file = answers_of(&s->answers, "awork", "token_file");

	return (given != NULL && given[0] != '\0') || (file != NULL && is_there(s->dir, file));
}

/* GET /me with the settings as they were written. The files stay, whatever it says. */
static enum err_code try_token(struct starting *s, struct err *e)
{
	struct app *a = s->app;
	char *path = file_join(s->dir, "psabill.conf");
	struct diag ignored = { 0 }; /* what is still to be filled in */
	int rc = -1;

	if (path == NULL)
		err_nomem(e);
	else if (config_load(path, a->pool, &a->cfg, &ignored, e) == 0) {
		a->cfg.retry_minutes = 0; /* a person waits */
		rc = app_connect(a, e);
	}
	free(path);
	diag_free(&ignored);
	if (rc == 0) {
		if (!a->opt.quiet) {
			struct buf name = BUF_INIT;

			text_clean(&name, a->workspace_name == NULL ? a->workspace : a->workspace_name, 0);
			printf("awork  ok, the API key works: workspace %s\n", buf_text(&name));
			buf_free(&name);
		}
		return ERR_OK;
	}
	err_ctx(e, e->code == ERR_NOPERM ? "the files are written, but awork did not take the API key" : "the files are written, but the API key could not be tried");
	return ERR_ATTENTION;
}

static void step(int *n, const char *what)
{
	printf("  %d. %s\n", ++*n, what);
}

/* What is left to be done, in order; the first line is the next thing. */
static void say_next(const struct starting *s)
{
	static const char *const needed[] = { "name", "street", "zip", "city" };
	const struct answers *a = &s->answers;
	struct buf missing = BUF_INIT;
	int n = 0, whole = !s->fresh;

	for (size_t i = 0; s->fresh && i < sizeof needed / sizeof *needed; i++)
		if (answers_of(a, "seller", needed[i]) == NULL)
			buf_fmt(&missing, " %s", needed[i]);
	if (s->fresh && answers_of(a, "seller", "vat_id") == NULL && answers_of(a, "seller", "tax_number") == NULL)
		buf_str(&missing, " vat_id (or tax_number)");
	printf("\nnext:\n");
	if (s->dir[0] != '\0' && strcmp(s->dir, ".") != 0)
		printf("  %d. cd %s\n", ++n, s->dir);
	if (missing.n > 0)
		printf("  %d. psabill.conf: fill in [seller]%s\n", ++n, buf_text(&missing));
	if (s->fresh && !s->has_token) {
		if (answers_of(a, "awork", "token_file") == NULL)
			step(&n, "put the API key into a file: (umask 077; cat >token), paste it, Enter, Ctrl-D; psabill.conf: [awork] token_file = token");
		else
			printf("  %d. put the API key into its file: (umask 077; cat >%s), paste it, Enter, Ctrl-D\n", ++n, answers_of(a, "awork", "token_file"));
	}
	if (!whole && a->rate == NULL)
		step(&n, "rates.csv: fill in your prices per hour");
	step(&n, "psabill customers       fetches companies and addresses into customers.csv; look them over");
	step(&n, "psabill check           says what is missing");
	step(&n, "psabill run --dry-run   shows what would be billed; nothing changes");
	buf_free(&missing);
}

enum err_code cmd_init(struct app *a, struct err *e)
{
	struct starting s = { .app = a, .dir = a->opt.nargs > 0 ? a->opt.arg[0] : "", .answers = { .token = BUF_INIT } };
	enum err_code status = ERR_OK;
	int rc = -1;

	a->pool = pool_new();
	if (a->pool == NULL)
		err_nomem(e);
	else if (answers_from_options(&a->opt, a->pool, &s.answers, e) == 0) {
		rc = 0;
		/* Where the settings are kept there is nothing to ask for. */
		if (!a->opt.yes && !a->opt.quiet && !is_there(s.dir, "psabill.conf") && prompt_possible())
			rc = answers_ask(s.dir, a->pool, &s.answers, e);
		if (rc == 0)
			rc = write_files(&s, e);
		s.has_token = has_token(&s);
		if (rc == 0 && s.fresh && s.has_token)
			status = try_token(&s, e);
		if (rc == 0 && !a->opt.quiet)
			say_next(&s);
	}
	if (s.answers.token.p != NULL)
		explicit_bzero(s.answers.token.p, s.answers.token.cap);
	buf_free(&s.answers.token);
	return rc == 0 ? status : e->code;
}
