/* reconcile: ledger, awork, files and books against each other. Without --remark and --propose nothing is written but the report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/books.h"
#include "cli/commands.h"
#include "cli/compare.h"
#include "cli/filecheck.h"
#include "cli/highwater.h"
#include "cli/page.h"
#include "cli/progress.h"
#include "cli/reconcileprint.h"
#include "cli/step.h"
#include "output/outfolder.h"
#include "output/reconcileout.h"
#include "output/reconcilepage.h"
#include "output/reconcilexlsx.h"

struct reconciling {
	struct app *a;
	struct run r;
	struct pool *pool;
	struct reconcile_report report;
	struct compare compare;
	struct booksfile books;
	struct filecheck_counts files;
	int writes;                /* --remark or --propose */
	int damaged, nomem;
	char unfinished[16];
};

static void find(struct reconciling *w, enum reconcile_class class, const char *sentence)
{
	struct reconcile_report *r = &w->report;
	const char *kept = pool_dup(w->pool, sentence);

	w->damaged = 1;
	if (kept == NULL || buf_grow(&r->v, &r->cap, r->n + 1, sizeof *r->v) < 0)
		w->nomem = 1;
	else
		r->v[r->n++] = (struct reconcile_finding){ .class = class, .date = DATE_NONE, .change = kept };
}

static void on_ledger(void *ctx, const char *what, const char *sentence)
{
	(void)what;
	find(ctx, RECONCILE_LEDGER, sentence);
}

static void on_file(void *ctx, const char *sentence)
{
	find(ctx, RECONCILE_FILE, sentence);
}

static void turn(void *ctx)
{
	struct reconciling *w = ctx;

	compareahead_turn(&w->compare);
}

static int on_run(void *ctx, const struct store_run *run, struct err *e)
{
	struct reconciling *w = ctx;
	const struct period *p = &w->report.period;

	if (run->state < RUN_PUBLISHED || run->state == RUN_ABORTED || run->period.from >= p->to || run->period.to <= p->from)
		return 0;
	return filecheck_run(w->a, run, on_file, w, &w->files, e);
}

static int end_audit(struct reconciling *w, struct audit *audit, struct err *e)
{
	struct audit_counts counts;

	if (audit_end(audit, on_ledger, w, &counts, e) < 0)
		return -1;
	return w->nomem ? err_nomem(e) : 0;
}

/* The ledger against the high-water file, and the period's files against the ledger. */
static int check_files(struct reconciling *w, struct err *e)
{
	struct err behind = ERR_INIT;

	w->files.turn = turn;
	w->files.ctx = w;
	if (highwater_check(w->a, &behind) < 0) {
		if (behind.code != ERR_DATA)
			return err_set(e, behind.code, "%s", behind.msg);
		find(w, RECONCILE_LEDGER, behind.msg);
	}
	if (store_run_each(w->a->store, on_run, w, e) < 0)
		return -1;
	return w->nomem ? err_nomem(e) : 0;
}

static int check_options(const struct reconciling *w, struct err *e)
{
	const struct options *o = &w->a->opt;

	if (o->books_profile != NULL && o->books == NULL)
		return err_set(e, ERR_USAGE, "--books-profile says how to read --books FILE.csv, which is missing");
	if (o->books != NULL && o->company.n + o->project.n + o->user.n + o->work.n > 0)
		return err_set(e, ERR_USAGE, "--books compares whole documents: not together with --company, --project, --user or --type-of-work");
	return 0;
}

static int read_books(struct reconciling *w, struct err *e)
{
	const struct options *o = &w->a->opt;
	struct diag d = { 0 };
	char *dir;
	int rc;

	if (o->books == NULL)
		return 0;
	dir = app_templates(w->a);
	rc = dir == NULL ? err_nomem(e) : booksfile_read(dir, o->books_profile == NULL ? "neutral" : o->books_profile, o->books, w->pool, &w->books, &d, e);
	free(dir);
	app_print(&d);
	if (rc == 0 && !diag_empty(&d))
		rc = err_set(e, ERR_CONFIG, "%zu problems in the books, nothing was compared", d.n + (size_t)d.lost);
	diag_free(&d);
	w->report.books = o->books;
	return rc;
}

/* A ledger that no run has bound yet has billed nothing. */
static int check_workspace(struct app *a, struct err *e)
{
	char *known = store_meta(a->store, "workspace_id", e);
	int bound = known != NULL;

	free(known);
	return bound ? app_bind_workspace(a, e) : e->code == ERR_OK ? 0 : -1;
}

static int open_all(struct reconciling *w, struct err *e)
{
	struct app *a = w->a;

	progress_setup(!a->opt.quiet && !a->opt.json);
	if (check_options(w, e) < 0 || app_load(a, 1, e) < 0 || read_books(w, e) < 0 || app_read_token(a, e) < 0)
		return -1;
	/* Opening it for writing would make one. */
	if (w->writes && access(a->cfg.ledger, F_OK) != 0)
		return err_sys(e, ERR_NOINPUT, "ledger %s", a->cfg.ledger);
	if (app_open_store(a, w->writes ? STORE_WRITE : STORE_READ, e) < 0 || app_connect(a, e) < 0 || check_workspace(a, e) < 0)
		return -1;
	return collect_prepare(&w->r, e);
}

static int check_unfinished(struct reconciling *w, struct err *e)
{
	struct store_run row;
	int found = store_run_unfinished(w->a->store, 0, 0, &row, e);

	if (found <= 0)
		return found;
	memcpy(w->unfinished, row.id, sizeof w->unfinished);
	w->report.unfinished = w->unfinished;
	if (w->writes)
		return err_set(e, ERR_TEMPFAIL, "run %s is unfinished: psabill run finishes it; then marks and corrections can be recorded", row.id);
	return 0;
}

static int load(struct reconciling *w, struct err *e)
{
	struct compare *c = &w->compare;

	if (compare_load(c, e) < 0)
		return -1;
	if (!w->a->opt.remark || w->damaged)
		return 0;
	if (comparewrite_remark(c, e) < 0)
		return -1;
	compare_forget(c);
	return compare_load(c, e);
}

static int compare_loaded(struct reconciling *w, struct err *e)
{
	struct compare *c = &w->compare;
	int rc = compareread_all(c, e);

	if (rc == 0)
		rc = compare_price(c, e);
	if (rc == 0 && w->a->opt.propose && !w->damaged)
		rc = comparewrite_propose(c, e);
	if (rc == 0)
		rc = compare_report(c, e);
	compare_forget(c);
	if (rc == 0 && w->report.books != NULL)
		rc = books_compare(w->a, &w->books, w->pool, &w->report, e);
	return rc;
}

/* Awork is asked first, and read while the ledger and the files are. */
static int compare_beside(struct reconciling *w, struct err *e)
{
	if (compareahead_begin(&w->compare, e) < 0 || load(w, e) < 0 || check_files(w, e) < 0)
		return -1;
	return compare_loaded(w, e);
}

/* The ledger against itself while awork is read; what is to be written waits for it. */
static int check_beside(struct reconciling *w, struct err *e)
{
	struct audit *audit = audit_begin(w->a->store, AUDIT_BESIDE, e);
	struct err mine = ERR_INIT, other = ERR_INIT;
	int rc;

	if (audit == NULL)
		return -1;
	rc = compare_beside(w, &mine);
	if (rc < 0 && app_stop) {
		audit_drop(audit);
		return err_set(e, mine.code, "%s", mine.msg);
	}
	/* A ledger that cannot be trusted is the worse news. */
	if (end_audit(w, audit, &other) < 0)
		return err_set(e, other.code, "%s", other.msg);
	return rc < 0 ? err_set(e, mine.code, "%s", mine.msg) : 0;
}

static int check_first(struct reconciling *w, struct err *e)
{
	struct audit *audit = audit_begin(w->a->store, step_alone() ? AUDIT_ALONE : AUDIT_HALVES, e);

	return audit == NULL || end_audit(w, audit, e) < 0 || check_files(w, e) < 0 || load(w, e) < 0 ? -1 : compare_loaded(w, e);
}

static int reconcile(struct reconciling *w, struct err *e)
{
	w->report.period = w->r.rules.period;
	w->compare = (struct compare){ .r = &w->r, .report = &w->report, .pool = w->pool };
	w->r.rules.claimed = NULL;
	if (check_unfinished(w, e) < 0 || (w->writes || step_alone() ? check_first(w, e) : check_beside(w, e)) < 0)
		return -1;
	return reconcile_close(&w->report, e);
}

static int write_file(const char *dir, const char *name, const struct buf *b, struct err *e)
{
	char *path = file_join(dir, name);
	int rc = path == NULL ? err_nomem(e) : file_create(path, b->p, b->n, 0600, e);

	free(path);
	return rc;
}

static int write_files(struct reconciling *w, struct outfolder *f, const struct buf *json, struct err *e)
{
	char *csv = file_join(outfolder_dir(f), "reconcile.csv"), *xlsx = file_join(outfolder_dir(f), "reconcile.xlsx"), *page = file_join(outfolder_dir(f), PAGE_NAME);
	int rc = -1;

	if (csv == NULL || xlsx == NULL || page == NULL)
		err_nomem(e);
	else if (reconcileout_csv(&w->report, csv, e) == 0 && reconcilexlsx_write(&w->report, xlsx, e) == 0 &&
	    reconcilepage_write(&w->report, w->a->cfg.language, clock_document_utc(), "psabill " PSABILL_VERSION, page, e) == 0 && write_file(outfolder_dir(f), "reconcile.json", json, e) == 0)
		rc = outfolder_publish(f, e);
	free(csv);
	free(xlsx);
	free(page);
	return rc;
}

static int write_report(struct reconciling *w, const char *folder, const struct buf *json, struct err *e)
{
	static const char *const names[] = { "reconcile.csv", "reconcile.json", "reconcile.xlsx", PAGE_NAME };
	struct outfolder *f = outfolder_new(folder, names, sizeof names / sizeof *names, e);
	int rc = f == NULL ? -1 : write_files(w, f, json, e);

	outfolder_free(f);
	return rc;
}

static enum err_code status_of(const struct reconciling *w)
{
	enum err_code status = w->report.unfinished != NULL || reconcile_differences(&w->report) > 0 ? ERR_ATTENTION : ERR_OK;

	if (w->r.protocol_alarms > 0)
		status = err_worse(status, ERR_PROTOCOL);
	return w->damaged ? err_worse(status, ERR_DATA) : status;
}

static void explain(const struct reconciling *w, enum err_code status, const char *folder, struct err *e)
{
	const struct reconcile_report *r = &w->report;
	struct buf b = BUF_INIT;

	/* One sum per class and currency, side by side. */
	for (size_t i = 0, to; i < r->nsums; i = to) {
		int64_t n = 0;

		for (to = i; to < r->nsums && r->sums[to].class == r->sums[i].class; to++)
			n += r->sums[to].n;
		if (reconcile_is_difference(r->sums[i].class))
			buf_fmt(&b, "%s%lld %s", b.n > 0 ? ", " : "", (long long)n, reconcile_name(r->sums[i].class));
	}
	if (r->unfinished != NULL)
		buf_fmt(&b, "%srun %s is unfinished", b.n > 0 ? ", " : "", r->unfinished);
	err_set(e, status, "%s: %s%s; see %s", w->damaged ? "ledger and files do not prove each other" : "not all agrees", buf_text(&b),
	    w->damaged && w->writes ? "; nothing was marked or proposed" : "", folder);
	buf_free(&b);
}

/* The files, and what goes to standard output. */
static enum err_code finish(struct reconciling *w, struct err *e)
{
	enum err_code status = status_of(w);
	const struct options *o = &w->a->opt;
	struct buf json = BUF_INIT;
	char *folder;

	if (o->output != NULL) {
		folder = strdup(o->output);
	} else {
		char *above = file_join(w->a->cfg.out_dir, "reconcile");

		folder = above == NULL ? NULL : file_join(above, w->report.period.label);
		free(above);
	}
	if (folder == NULL)
		err_nomem(e);
	else if (reconcileout_json(&w->report, status, &json, e) == 0 && write_report(w, folder, &json, e) == 0) {
		progress_end();
		if (o->json)
			fputs(buf_text(&json), stdout);
		else if (!o->quiet)
			reconcileprint_text(&w->report, folder);
		metrics_of_reconcile(w->a, &w->report);
		if (status != ERR_OK)
			explain(w, status, folder, e);
	} else {
		status = err_worse(status, e->code);
	}
	buf_free(&json);
	free(folder);
	return e->code == ERR_OK ? status : err_worse(status, e->code);
}

enum err_code cmd_reconcile(struct app *a, struct err *e)
{
	struct reconciling w = { .a = a, .r = { .app = a }, .writes = a->opt.remark || a->opt.propose, .pool = pool_new() };
	enum err_code status;

	if (w.pool == NULL)
		err_nomem(e);
	else if (open_all(&w, e) == 0 && reconcile(&w, e) == 0) {
		status = finish(&w, e);
		goto out;
	}
	status = e->code;
out:
	progress_end();
	compare_forget(&w.compare);
	run_forget(&w.r);
	booksfile_free(&w.books);
	free(w.report.v);
	free(w.report.sums);
	free(w.report.book);
	pool_free(w.pool);
	return status;
}
