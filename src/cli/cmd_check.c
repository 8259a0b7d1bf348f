#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/inputs.h"

/* One line per thing that was looked at; the worst status so far. */
struct checking { int quiet; enum err_code worst; struct err first; };

static void report(struct checking *c, const char *what, const struct err *e, const char *detail)
{
	if (!c->quiet)
		printf("%-10s %s%s%s\n", what, e->code == ERR_OK ? "ok" : "FAILED", detail[0] == '\0' ? "" : "  ", detail);
	if (e->code == ERR_OK)
		return;
	app_complain(e);
	if (c->first.code == ERR_OK)
		c->first = *e;
	c->worst = err_worse(c->worst, e->code);
}

static void check_templates(struct app *a, struct checking *c)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct inputs *t = inputs_load(a, &d, &e);

	app_print(&d);
	if (t == NULL && e.code == ERR_OK)
		err_set(&e, ERR_CONFIG, "templates have %zu problems", d.n);
	report(c, "templates", &e, "");
	inputs_free(t);
	diag_free(&d);
}

static void check_ledger(struct app *a, struct checking *c)
{
	struct err e = ERR_INIT;
	char detail[160] = "not there yet; the first run makes it";
	uint8_t head[SHA_LEN];
	int64_t events = 0;

	if (access(a->cfg.ledger, F_OK) == 0 && app_open_store(a, STORE_READ, &e) == 0) {
		struct store_run open;
		int found = chain_verify(a->store, &events, head, &e) < 0 ? -1 : store_run_unfinished(a->store, 1, 0, &open, &e);

		snprintf(detail, sizeof detail, "%lld events%s%s", (long long)events, found == 1 ? ", unfinished: " : "", found == 1 ? open.id : "");
	}
	report(c, "ledger", &e, detail);
}

static void check_out(struct app *a, struct checking *c)
{
	struct err e = ERR_INIT;
	int fd = file_open_dir(a->cfg.out_dir, &e);

	if (fd < 0)
		err_ctx(&e, "output folder ([output] dir; make it, or name another)");
	if (fd >= 0) {
		if (faccessat(fd, ".", W_OK, AT_EACCESS) != 0)
			err_sys(&e, ERR_CANTCREAT, "output folder %s is not writable", a->cfg.out_dir);
		close(fd);
	}
	report(c, "output", &e, a->cfg.out_dir);
}

static void check_awork(struct app *a, struct checking *c)
{
	struct err e = ERR_INIT;
	char detail[120] = "";

	if (app_connect(a, &e) == 0) {
		struct buf name = BUF_INIT;

		text_clean(&name, a->workspace_name == NULL ? "" : a->workspace_name, 0);
		snprintf(detail, sizeof detail, "workspace %.60s%s%s", buf_text(&name), name.n > 0 ? ", " : "", a->workspace);
		buf_free(&name);
		if (a->store != NULL) {
			char *known = store_meta(a->store, "workspace_id", &e);

			if (known != NULL && strcmp(known, a->workspace) != 0)
				err_set(&e, ERR_CONFIG, "the token belongs to workspace %s, the ledger to %s", a->workspace, known);
			free(known);
		}
	}
	report(c, "awork", &e, detail);
}

static void check_customers(struct app *a, struct checking *c)
{
	struct err none = ERR_INIT;
	char detail[120];
	size_t incomplete = 0, held = 0;

	for (size_t i = 0; i < a->customers.n; i++) {
		const struct customer *x = &a->customers.v[i];
		struct buf missing = BUF_INIT, name = BUF_INIT;

		complete_customer(x, &a->complete, &missing);
		text_clean(&name, x->company_name == NULL ? x->company_id : x->company_name, 0);
		if (x->hold != NULL)
			held++;
		else if (missing.n > 0) {
			incomplete++;
			if (!c->quiet)
				printf("           %s:%d: %s is held until filled in: %s\n", a->cfg.customers, x->line, buf_text(&name), buf_text(&missing));
		}
		buf_free(&missing);
		buf_free(&name);
	}
	if (!c->quiet && a->customers.n == 0)
		printf("           %s: no customer yet: `psabill customers` fetches them\n", a->cfg.customers);
	if (!c->quiet && a->rates.n == 0)
		printf("           %s: no price yet: every entry would be held (no_rate)\n", a->cfg.rates);
	snprintf(detail, sizeof detail, "%zu customers, %zu incomplete, %zu on hold; %zu rates", a->customers.n, incomplete, held, a->rates.n);
	report(c, "customers", &none, detail);
}

enum err_code cmd_check(struct app *a, struct err *e)
{
	struct checking c = { .quiet = a->opt.quiet, .worst = ERR_OK, .first = ERR_INIT };
	struct buf settings = BUF_INIT;

	if (app_load(a, 1, e) < 0)
		return e->code;
	config_show(&a->cfg, &settings);
	if (!a->opt.quiet)
		printf("%s\n", buf_text(&settings));
	buf_free(&settings);
	check_customers(a, &c);
	check_templates(a, &c);
	check_out(a, &c);
	check_ledger(a, &c);
	check_awork(a, &c);
	if (c.worst == ERR_OK && !a->opt.quiet)
		printf("\n%s\n", a->customers.n == 0 ? "next: `psabill customers` fetches the companies; look customers.csv over, then `psabill check` again" :
		    a->rates.n == 0 ? "next: fill prices into rates.csv, then `psabill run --dry-run` shows what would be billed" :
		    "ready; `psabill run --dry-run` shows what would be billed");
	if (c.worst != ERR_OK)
		err_set(e, c.worst, "not ready to run");
	return c.worst;
}
