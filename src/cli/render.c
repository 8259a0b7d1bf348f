/* Every document of a run into its stage, from the ledger alone; hashed into the ledger when all of it is on disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/advance.h"
#include "cli/documents.h"
#include "cli/page.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/step.h"
#include "output/csvout.h"
#include "output/datev.h"
#include "output/summaryxlsx.h"
#include "output/whatifout.h"

struct rendering {
	const struct source *src;
	const struct inputs *in;
	char dir[4096]; /* of documents */
	int64_t done;
};

static int on_invoice(void *ctx, const struct invoice *v, struct err *e)
{
	struct rendering *x = ctx;

	if (documents_write(x->src, x->in, v, x->dir, e) < 0)
		return -1;
	progress_set(++x->done, 0);
	return 0;
}

static int path_of(const struct run *r, const char *name, char *out, size_t size, struct err *e)
{
	int n = snprintf(out, size, "%s/%s", stage_dir(r->stage), name);

	return n < 0 || (size_t)n >= size ? err_set(e, ERR_CANTCREAT, "the path of the output folder is too long") : 0;
}

/* For people, both from one count. */
static int write_summaries(struct run *r, const struct source *src, const struct inputs *in, struct err *e)
{
	struct summarydata d;
	char path[4096];
	int rc = summarydata_read(&d, src, e);

	if (rc == 0 && (path_of(r, "summary.xlsx", path, sizeof path, e) < 0 || summaryxlsx_write(&d, src, inputs_summary(in), path, e) < 0))
		rc = err_ctx(e, "summary.xlsx");
	if (rc == 0 && (path_of(r, PAGE_NAME, path, sizeof path, e) < 0 || page_write(r, src, &d, in, path, e) < 0))
		rc = err_ctx(e, PAGE_NAME);
	summarydata_free(&d);
	return rc;
}

/* The files of the run as a whole. A void has no held entries and nothing to sum up. */
static int write_lists(struct run *r, const struct source *src, const struct inputs *in, struct err *e)
{
	static const struct { const char *name; int (*write)(const struct source *, const char *, struct err *); int of_void; } table[] = {
		{ "entries.csv", csvout_entries, 1 }, { "lines.csv", csvout_lines, 1 }, { "invoices.csv", csvout_invoices, 1 }, { "held.csv", csvout_held, 0 },
	};
	char path[4096];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if ((table[i].of_void || !run_is_void(r)) && (path_of(r, table[i].name, path, sizeof path, e) < 0 || table[i].write(src, path, e) < 0))
			return err_ctx(e, "%s", table[i].name);
	if (whatif_table(r) != NULL && (path_of(r, "compare.csv", path, sizeof path, e) < 0 || whatifout_csv(whatif_table(r), path, e) < 0))
		return err_ctx(e, "compare.csv");
	return run_is_void(r) ? 0 : write_summaries(r, src, in, e);
}

/* The first document's number, as part of a file name. A run's id would differ after a run that was rolled back, and the bytes of a run must not. */
static int on_first(void *ctx, const struct invoice *v, struct err *e)
{
	char *label = ctx;

	(void)e;
	if (label[0] != '\0')
		return 0;
	snprintf(label, NUMBER_LEN, "%s", v->number);
	for (char *c = label; *c != '\0'; c++)
		if (*c == '/')
			*c = '-';
	return 0;
}

/* What other programs import. */
static int write_exports(struct run *r, const struct source *src, const struct inputs *in, struct err *e)
{
	const struct setup *s = inputs_setup(in);
	struct datev_counts counts = { 0, 0, 0 };
	char path[4096], label[NUMBER_LEN] = "";

	for (size_t i = 0; i < s->nprofiles; i++)
		if (csvprofile_write(inputs_profile(in, i), src, stage_dir(r->stage), e) < 0)
			return err_ctx(e, "CSV profile %s", s->profiles[i]);
	if (!s->datev)
		return 0;
	if (src->invoices(src->ctx, on_first, label, e) < 0 || path_of(r, "datev", path, sizeof path, e) < 0 ||
	    datev_write(src, &s->booking, label, path, &counts, e) < 0)
		return err_ctx(e, "DATEV");
	if (counts.skipped > 0)
		log_write(LOG_WARN, "datev", "%lld documents are not in EUR: book them by hand", (long long)counts.skipped);
	return 0;
}

/* Templates and settings come from the ledger, so that a run is finished as it was planned, whatever was edited meanwhile. */
static int render_all(struct run *r, const struct inputs *in, struct err *e)
{
	struct source src;
	struct rendering x = { .src = &src, .in = in };

	source_of_run(r, &src);
	if (path_of(r, "invoices", x.dir, sizeof x.dir, e) < 0 || src.invoices(src.ctx, on_invoice, &x, e) < 0)
		return -1;
	return write_lists(r, &src, in, e) < 0 || write_exports(r, &src, in, e) < 0 ? -1 : 0;
}

int render_into_stage(struct run *r, struct err *e)
{
	struct inputs *kept = inputs_of_run(r->app->store, r->row.id, e);
	int rc = -1;

	if (kept == NULL && e->code != ERR_OK)
		return -1;
	stage_free(r->stage);
	r->stage = stage_new(r->app->cfg.out_dir, r->row.period.label, r->app->opt.dry_run ? "draft" : r->row.id, r->app->opt.dry_run, e);
	progress_stage("render", (int64_t)r->plan.n);
	if (r->stage != NULL)
		rc = render_all(r, kept == NULL ? r->inputs : kept, e);
	inputs_free(kept);
	progress_stage("sync", 0);
	return rc;
}

static int on_file(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct run *r = ctx;

	if (strcmp(name, "run.json") == 0)
		return 0;
	return plan_put_file(r->app->store, r->row.id, name, sha, size, e);
}

static int record_files(struct run *r, struct err *e)
{
	if (plan_drop_files(r->app->store, r->row.id, e) < 0)
		return -1;
	return stage_seal(r->stage, on_file, r, e);
}

int render_documents(struct run *r, struct err *e)
{
	if (render_into_stage(r, e) < 0)
		return -1;
	step_hit("D5");
	if (advance_run(r, RUN_RENDERED, NULL, record_files, "D6", e) < 0 || close_write_report(r, 0, e) < 0)
		return -1;
	return r->app->opt.dry_run ? stage_publish(r->stage, e) : 0;
}
