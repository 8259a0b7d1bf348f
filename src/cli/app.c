#include "cli/app.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "awork/master.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/customers.h"
#include "cli/rates.h"
#include "cli/step.h"
#include "cli/termsfile.h"

#define PACE_SAID_MS 3000 /* a wait for the request limit that is worth a word */

volatile int app_stop;

void app_complain(const struct err *e)
{
	log_complaint(e->msg);
}

void app_print(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		log_complaint(d->line[i]);
}

/* A missing table joins the list, so that it is seen together with what else is wrong. */
static int note_missing(int rc, const char *path, const char *next, struct diag *d, int *missing, struct err *e)
{
	if (rc == 0 || e->code != ERR_NOINPUT)
		return rc;
	diag_add(d, path, 0, "is missing; %s", next);
	(*missing)++;
	err_clear(e);
	return 0;
}

/* Each series of numbers must be told from every other. */
static void check_numbers(const struct app *a, struct diag *d)
{
	const struct config *c = &a->cfg;

	if (c->cancellation_format != NULL && number_clash(c->number_format, c->cancellation_format))
		diag_add(d, c->path, 0, "[billing] number_format and cancellation_format differ in the digits of {SEQ} alone: both could give the same number");
	for (size_t i = 0; i < a->customers.n; i++) {
		const struct customer *x = &a->customers.v[i];

		if (number_clash(x->number_format, c->number_format) || (c->cancellation_format != NULL && number_clash(x->number_format, c->cancellation_format)))
			diag_add(d, c->customers, x->line, "number_format %s differs from that of psabill.conf in the digits of {SEQ} alone: both could give the same number",
			    x->number_format);
		for (size_t k = 0; k < i; k++)
			if (number_clash(x->number_format, a->customers.v[k].number_format))
				diag_add(d, c->customers, x->line, "number_format %s and that of line %d differ in the digits of {SEQ} alone", x->number_format,
				    a->customers.v[k].line);
	}
}

int app_load(struct app *a, int tables, struct err *e)
{
	struct diag d = { 0 };
	int missing = 0, rc = -1;

	a->pool = pool_new();
	if (a->pool == NULL)
		return err_nomem(e);
	if (config_load_changed(a->opt.config, a->changes, a->pool, &a->cfg, &d, e) < 0)
		goto out;
	if (tables) {
		const struct config *c = &a->cfg;

		if (note_missing(rates_load(c->rates, c->currency, a->pool, &a->rates, &d, e), c->rates, "`psabill init` writes one to start from", &d, &missing, e) < 0 ||
		    note_missing(customers_load(c->customers, c, a->pool, &a->customers, &d, e), c->customers, "`psabill customers` makes it from awork's addresses", &d, &missing, e) < 0)
			goto out;
		check_numbers(a, &d);
		if (c->terms != NULL && note_missing(termsfile_load(c->terms, &a->customers, a->pool, &a->terms, &d, e), c->terms, "it is named by [files] terms; an example is among the installed documents, or empty the key", &d, &missing, e) < 0)
			goto out;
	}
	a->complete = (struct complete_rules){ .seller = &a->cfg.seller, .booking = a->cfg.datev ? &a->cfg.booking : NULL };
	rc = 0;
	if (!diag_empty(&d)) {
		size_t n = d.n + (size_t)d.lost;

		app_print(&d);
		rc = err_set(e, n == (size_t)missing ? ERR_NOINPUT : ERR_CONFIG, "%zu problem%s in the settings, nothing was done", n, n == 1 ? "" : "s");
	}
out:
	diag_free(&d);
	return rc;
}

/* The file that systemd's LoadCredential=token:... or SetCredential= made. 1, 0: there is none, -1. */
static int read_credential(struct app *a, struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *path;
	int rc = 0;

	if (dir == NULL || dir[0] != '/')
		return 0;
	path = file_join(dir, "token");
	if (path == NULL)
		return err_nomem(e);
	if (access(path, F_OK) == 0)
		rc = file_read_secret(path, &a->token, e) < 0 ? -1 : 1;
	free(path);
	return rc;
}

/* What a person does who has none. */
#define NEW_KEY "make one in awork (Settings, Integrations, API client), put it into a file of its own: (umask 077; cat >%s)"

static int no_token_file(const char *path, struct err *e)
{
	err_clear(e);
	return err_set(e, ERR_NOINPUT, "the file with the API key, %s ([awork] token_file), is not there: " NEW_KEY, path, path);
}

int app_token_ok(const char *s, size_t n)
{
	return n > 0 && strlen(s) == n && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") == n;
}

int app_read_token(struct app *a, struct err *e)
{
	const char *s = getenv("PSABILL_AWORK_TOKEN");
	int found = s != NULL && s[0] != '\0';

	a->token_from = "PSABILL_AWORK_TOKEN";
	if (found)
		buf_str(&a->token, s);
	else if ((found = read_credential(a, e)) < 0)
		return -1;
	else
		a->token_from = found ? "the credential token" : a->cfg.token_file;
	if (!found && a->cfg.token_file == NULL)
		return err_set(e, ERR_CONFIG, "no API key: " NEW_KEY ", and name it in %s: [awork] token_file = token (or set PSABILL_AWORK_TOKEN)", "token", a->cfg.path);
	if (!found && file_read_secret(a->cfg.token_file, &a->token, e) < 0)
		return e->code == ERR_NOINPUT ? no_token_file(a->cfg.token_file, e) : err_ctx(e, "API key");
	unsetenv("PSABILL_AWORK_TOKEN");
	if (!buf_ok(&a->token))
		return err_nomem(e);
	s = buf_text(&a->token);
	if (!app_token_ok(s, a->token.n))
		return err_set(e, ERR_CONFIG, "the API key (%s) is empty or holds characters that none has, such as blanks, quotes or a byte order mark; copy it from awork once more, alone", a->token_from);
	log_secret(s);
	return 0;
}

/* A long wait that is no trouble looks like a hanging program: said once for each. */
static void say_pace(void *ctx)
{
	struct app *a = ctx;
	int64_t wait = http_paced_ms(a->http), now = clock_boot_ms();

	if (wait < PACE_SAID_MS || now < a->pace_said_ms)
		return;
	a->pace_said_ms = now + wait;
	log_write(LOG_NOTE, "pace", "%lld %% of awork's request limit are used; waiting %lld s, so that the rest stays free for others (rate_share)", (long long)a->cfg.rate_share,
	    (long long)((wait + 999) / 1000));
}

int app_dial(struct app *a, struct err *e)
{
	struct http_config c = {
		.base_url = a->cfg.base_url, .ca_file = a->cfg.ca_file, .proxy = a->cfg.proxy, .user_agent = "psabill/" PSABILL_VERSION,
		.connections = (int)a->cfg.connections, .rate_share = (int)a->cfg.rate_share, .tries = 5,
		.budget_ms = a->cfg.retry_minutes * 60000, .connect_ms = 10000, .total_ms = 120000, .max_requests = 20000, .max_body = 64 * 1024 * 1024,
		.from_dump = a->opt.from_dump, .save_dump = a->opt.save_dump, .redact = a->opt.redact, .one_thread = step_alone(),
	};

	if (a->token.n == 0 && a->opt.from_dump == NULL && app_read_token(a, e) < 0)
		return -1;
	c.token = buf_text(&a->token);
	a->http = http_open(&c, e);
	if (a->http == NULL)
		return -1;
	http_stop_flag(a->http, &app_stop);
	http_tick(a->http, say_pace, a);
	return master_me_ask(a->http, a->pool, &a->me, e);
}

static int ask_who(struct app *a, struct err *e)
{
	const struct master_me *me = &a->me;

	if (http_run(a->http, e) < 0)
		return e->code == ERR_NOPERM ? err_ctx(e, "API key (%s)", a->token_from) :
		    e->code == ERR_UNAVAILABLE ? err_ctx(e, "awork is not reachable at %s ([awork] base_url), nothing was done", a->cfg.base_url) : -1;
	snprintf(a->workspace, sizeof a->workspace, "%s", me->workspace_id == NULL ? "" : me->workspace_id);
	a->workspace_name = me->workspace_name;
	snprintf(a->api_user, sizeof a->api_user, "%s", me->user_id == NULL ? "" : me->user_id);
	return 0;
}

int app_meet(struct app *a, struct err *e)
{
	struct err damage = ERR_INIT;

	if (ask_who(a, e) == 0)
		return 0;
	/* A damaged ledger is the worse news. */
	if (a->store != NULL && store_checked(a->store, &damage) < 0) {
		err_clear(e);
		err_set(e, damage.code, "%s", damage.msg);
	}
	return -1;
}

int app_connect(struct app *a, struct err *e)
{
	return app_dial(a, e) < 0 ? -1 : app_meet(a, e);
}

int app_open_store(struct app *a, enum store_mode mode, struct err *e)
{
	int64_t wait = 0;

	if (a->opt.wait != NULL && num_parse_int(a->opt.wait, 0, 86400, &wait) < 0)
		return err_set(e, ERR_USAGE, "--wait takes seconds from 0 to 86400");
	a->store = mode == STORE_WRITE && !step_alone() ? store_open_beside(a->cfg.ledger, wait * 1000, e) : store_open(a->cfg.ledger, mode, wait * 1000, e);
	return a->store == NULL ? -1 : 0;
}

int app_bind_workspace(struct app *a, struct err *e)
{
	char *known = store_meta(a->store, "workspace_id", e);
	int rc = 0;

	if (known == NULL && e->code != ERR_OK)
		return -1;
	if (known == NULL) {
		if (store_begin(a->store, e) < 0)
			return -1;
		rc = store_set_meta(a->store, "workspace_id", a->workspace, e) < 0 || store_set_meta(a->store, "api_user_id", a->api_user, e) < 0 ? -1 :
		    store_commit(a->store, e);
		if (rc < 0)
			store_rollback(a->store);
	} else if (strcmp(known, a->workspace) != 0) {
		rc = err_set(e, ERR_CONFIG, "the token belongs to workspace %s, the ledger %s to workspace %s; one ledger serves one workspace", a->workspace,
		    a->cfg.ledger, known);
	}
	free(known);
	return rc;
}

/* The folder called so beside the program, when it is there; NULL when not. */
static char *beside_program(const char *name)
{
	char exe[PATH_MAX], *slash, *path;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash != NULL)
		*slash = '\0';
	path = file_join(exe, name);
	if (path != NULL && access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *app_templates(const struct app *a)
{
	char *path;

	if (a->cfg.templates != NULL)
		return strdup(a->cfg.templates);
	/* Installed, perhaps not where it was built for; or started from build/VARIANT/. */
	if ((path = beside_program("../share/psabill/templates")) != NULL || access(PSABILL_DATADIR "/templates", R_OK) == 0)
		return path != NULL ? path : strdup(PSABILL_DATADIR "/templates");
	path = beside_program("../../templates");
	return path != NULL ? path : strdup(PSABILL_DATADIR "/templates");
}

int app_close(struct app *a, struct err *e)
{
	int rc = 0;

	http_close(a->http);
	if (a->store != NULL)
		rc = store_close(a->store, e);
	log_secret(NULL);
	if (a->token.p != NULL)
		explicit_bzero(a->token.p, a->token.cap);
	buf_free(&a->token);
	pool_free(a->pool);
	return rc;
}
