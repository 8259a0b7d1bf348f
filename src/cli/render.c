/* Every document of a run into its stage, from the ledger alone; hashed into the ledger when all of it is on disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/advance.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/step.h"
#include "output/csvout.h"
#include "output/invoicexlsx.h"
#include "output/safename.h"
#include "output/summaryxlsx.h"

struct rendering {
	struct run *r;
	const struct source *src;
	int64_t done;
};

static int path_of(const struct run *r, const char *folder, const char *name, char *out, size_t size, struct err *e)
{
	int n = snprintf(out, size, "%s/%s%s", stage_dir(r->stage), folder, name);

	return n < 0 || (size_t)n >= size ? err_set(e, ERR_CANTCREAT, "the path of the output folder is too long") : 0;
}

static int on_invoice(void *ctx, const struct invoice *v, struct err *e)
{
	struct rendering *x = ctx;
	const struct config *c = &x->r->app->cfg;
	char name[128], path[4096];

	if (c->xlsx) {
		const struct template *t = templates_invoice(x->r->templates, v->language);

		if (t == NULL)
			return err_set(e, ERR_NOINPUT, "template invoice.%s.ini is missing", v->language);
		if (path_of(x->r, "invoices/", safename_invoice(name, sizeof name, v->number, v->buyer.name, "xlsx"), path, sizeof path, e) < 0 ||
		    invoicexlsx_write(x->src, v, t, path, e) < 0)
			return err_ctx(e, "invoice %s", v->number);
	}
	if (c->csv) {
		if (path_of(x->r, "invoices/", safename_invoice(name, sizeof name, v->number, v->buyer.name, "csv"), path, sizeof path, e) < 0 ||
		    csvout_invoice(x->src, v, path, e) < 0)
			return err_ctx(e, "invoice %s", v->number);
	}
	progress_set(++x->done, 0);
	return 0;
}

/* The files of the run as a whole. */
static int write_lists(struct run *r, const struct source *src, struct err *e)
{
	static const struct { const char *name; int (*write)(const struct source *, const char *, struct err *); } table[] = {
		{ "entries.csv", csvout_entries }, { "lines.csv", csvout_lines }, { "invoices.csv", csvout_invoices }, { "held.csv", csvout_held },
	};
	char path[4096];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (path_of(r, "", table[i].name, path, sizeof path, e) < 0 || table[i].write(src, path, e) < 0)
			return err_ctx(e, "%s", table[i].name);
	if (path_of(r, "", "summary.xlsx", path, sizeof path, e) < 0 || summaryxlsx_write(src, templates_summary(r->templates), path, e) < 0)
		return err_ctx(e, "summary.xlsx");
	return 0;
}

int render_into_stage(struct run *r, struct err *e)
{
	struct source src;
	struct rendering x = { .r = r, .src = &src };

	source_of_run(r, &src);
	stage_free(r->stage);
	r->stage = stage_new(r->app->cfg.out_dir, r->row.period.label, r->app->opt.dry_run ? "draft" : r->row.id, r->app->opt.dry_run, e);
	if (r->stage == NULL)
		return -1;
	progress_stage("render", (int64_t)r->plan.n);
	if (src.invoices(src.ctx, on_invoice, &x, e) < 0 || write_lists(r, &src, e) < 0)
		return -1;
	progress_stage("sync", 0);
	return 0;
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
