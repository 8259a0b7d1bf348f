/* apply FILE.csv: entries put right in bulk, as a table with the column `action` asks for; apply --undo A0007: taken back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/advance.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/prompt.h"

static int read_options(const struct applying *w, struct err *e)
{
	const struct options *o = &w->a->opt;
	const int ways = (o->nargs > 0) + (o->undo != NULL) + o->give_up;

	if (ways == 0)
		return err_set(e, ERR_USAGE, "apply needs FILE.csv, or --undo A0001, or --give-up");
	if (ways > 1)
		return err_set(e, ERR_USAGE, "FILE.csv, --undo and --give-up exclude each other");
	if (o->give_up && o->dry_run)
		return err_set(e, ERR_USAGE, "--give-up and --dry-run exclude each other");
	return 0;
}

/* A dry run leaves the ledger alone: an unbound one is compared with nothing. */
static int check_workspace(struct app *a, struct err *e)
{
	char *known;
	int bound;

	if (!a->opt.dry_run)
		return app_bind_workspace(a, e);
	known = store_meta(a->store, "workspace_id", e);
	bound = known != NULL;
	free(known);
	return bound ? app_bind_workspace(a, e) : e->code == ERR_OK ? 0 : -1;
}

static int open_all(struct applying *w, struct err *e)
{
	struct app *a = w->a;
	enum store_mode mode = !a->opt.dry_run ? STORE_WRITE : STORE_READ;

	progress_setup(!a->opt.quiet && !a->opt.json);
	if (read_options(w, e) < 0 || app_load(a, 1, e) < 0 || app_read_token(a, e) < 0)
		return -1;
	if (a->opt.nargs > 0 && applyread_file(w, e) < 0)
		return -1;
	if (a->opt.dry_run && access(a->cfg.ledger, F_OK) != 0)
		mode = STORE_SCRATCH;
	return app_open_store(a, mode, e) < 0 || app_connect(a, e) < 0 || check_workspace(a, e) < 0 ? -1 : preflight_place(a, e);
}

/* What stopped in the middle comes first: a run by its own command, an apply here. 1 when an apply was finished and nothing else is to be done, 0, -1. */
static int settle(struct applying *w, struct err *e)
{
	struct app *a = w->a;
	struct store_run run;
	int found = store_run_unfinished(a->store, 0, 0, &run, e);

	if (found > 0)
		return err_set(e, ERR_TEMPFAIL, "run %s is unfinished: psabill run finishes it; then entries can be changed", run.id);
	if (found == 0)
		found = apply_unfinished(a->store, &w->row, e);
	if (found < 0)
		return -1;
	if (found == 0) {
		w->row = (struct apply_run){ .open = 0 };
		return a->opt.give_up ? err_set(e, ERR_USAGE, "no apply is unfinished: there is nothing to give up") : 0;
	}
	if (a->opt.dry_run)
		return err_set(e, ERR_TEMPFAIL, "%s is unfinished: a dry run can only show what comes after it", w->row.id);
	if (a->opt.give_up)
		return applyfinish_give_up(w, e) < 0 ? -1 : 1;
	log_write(LOG_NOTE, "apply", "%s was interrupted: going on", w->row.id);
	if (applyfinish_run(w, e) < 0)
		return -1;
	if (memcmp(w->row.file_sha, w->file_sha, SHA_LEN) == 0 && (a->opt.undo != NULL) == (w->row.undoes[0] != '\0'))
		return 1;
	/* Another one: told, and gone on with what was asked for. */
	if (applyprint_result(w, w->row.exceptions > 0 ? ERR_ATTENTION : ERR_OK, e) < 0)
		return -1;
	if (w->row.exceptions > 0)
		w->r.worst = ERR_ATTENTION;
	w->row = (struct apply_run){ .open = 0 };
	return 0;
}

static int plan(struct applying *w, struct err *e)
{
	struct app *a = w->a;
	int rc;

	if (collect_prepare(&w->r, e) < 0)
		return -1;
	rc = a->opt.undo != NULL ? applyundo_items(w, a->opt.undo, e) : applyresolve_rows(w, e);
	if (rc == 0)
		rc = applycheck_plan(w, e);
	if (rc < 0)
		return -1;
	progress_end();
	if (diag_empty(&w->diag))
		return 0;
	return err_set(e, ERR_DATA, "%zu problem%s in %s, nothing was changed", w->diag.n + (size_t)w->diag.lost, w->diag.n + (size_t)w->diag.lost == 1 ? "" : "s", w->file);
}

/* 1 yes, 0 no, -1 nobody can be asked. */
static int confirm(const struct applying *w, struct err *e)
{
	struct buf answer = BUF_INIT;
	char question[80];
	int rc;

	if (w->a->opt.yes)
		return 1;
	if (!prompt_possible())
		return err_set(e, ERR_USAGE, "nobody can be asked here: --yes carries the %zu changes out, --dry-run shows them", w->n);
	fflush(stdout);
	snprintf(question, sizeof question, "Carry out these %zu changes?", w->n);
	rc = prompt_line(question, "no", &answer, e);
	if (rc == 0)
		rc = strchr("yYjJ", buf_text(&answer)[0]) != NULL && answer.n > 0;
	buf_free(&answer);
	return rc;
}

static int begin(void *ctx, struct err *e)
{
	struct applying *w = ctx;

	return apply_new(w->a->store, w->file_sha, w->a->opt.undo, w->v, w->n, &w->row, e);
}

static int carry_out(struct applying *w, struct err *e)
{
	int rc;

	if (!w->a->opt.json && !w->a->opt.quiet)
		applyprint_plan(w, w->a->opt.dry_run);
	if (w->a->opt.dry_run)
		return 0;
	rc = confirm(w, e);
	if (rc <= 0) {
		if (rc == 0)
			printf("Nothing was changed.\n");
		return rc;
	}
	return advance_work(&w->r, begin, w, "A1", e) < 0 ? -1 : applyfinish_run(w, e);
}

static int work(struct applying *w, struct err *e)
{
	int rc = settle(w, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (plan(w, e) < 0)
		return -1;
	if (w->n > 0)
		return carry_out(w, e);
	if (!w->a->opt.json && !w->a->opt.quiet) {
		for (size_t i = 0; i < w->notes.n; i++)
			printf("%s\n", w->notes.line[i]);
		printf("%s: nothing to do%s\n", w->file, w->already > 0 ? ", all is as wanted" : w->notes.n > 0 ? "" : ", no action is filled in");
	}
	return 0;
}

static enum err_code status_of(const struct applying *w)
{
	enum err_code status = err_worse(w->r.worst, w->row.exceptions > 0 || w->notes.n > 0 ? ERR_ATTENTION : ERR_OK);

	return w->r.protocol_alarms > 0 ? err_worse(status, ERR_PROTOCOL) : status;
}

enum err_code cmd_apply(struct app *a, struct err *e)
{
	struct applying w = { .a = a, .r = { .app = a }, .pool = pool_new(), .file = a->opt.nargs > 0 ? a->opt.arg[0] : a->opt.undo };
	enum err_code status;
	int rc = w.pool == NULL ? err_nomem(e) : open_all(&w, e);

	if (rc == 0)
		rc = work(&w, e);
	progress_end();
	app_print(&w.diag);
	/* What is begun is resumed by the next one. */
	if (rc < 0 && w.row.open && e->code == ERR_UNAVAILABLE)
		e->code = ERR_TEMPFAIL;
	status = rc < 0 ? err_worse(e->code, w.r.worst) : status_of(&w);
	if (a->store != NULL && (rc == 0 || w.row.open)) {
		struct err late = ERR_INIT;

		if (applyprint_result(&w, status, &late) < 0)
			status = err_worse(status, late.code);
	}
	if (rc == 0 && status != ERR_OK)
		err_set(e, status, "done, but a person is needed: %s", w.row.exceptions > 0 ? "some entries could not be changed as asked" : w.notes.n > 0 ?
		    "some changes cannot be undone" : w.r.protocol_alarms > 0 ? "awork's answers name ids that were never sent" : "an earlier apply has exceptions");
	free(w.rows);
	free(w.known);
	free(w.v);
	diag_free(&w.diag);
	diag_free(&w.notes);
	run_forget(&w.r);
	pool_free(w.pool);
	return status;
}
