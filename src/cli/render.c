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
#include "output/csvprofileout.h"
#include "output/datev.h"
#include "output/summaryxlsx.h"
#include "output/whatifout.h"

static int path_of(const struct run *r, const char *name, char *out, size_t size, struct err *e)
{
	int n = snprintf(out, size, "%s/%s", stage_dir(r->stage), name);

	return n < 0 || (size_t)n >= size ? err_set(e, ERR_CANTCREAT, "the path of the output folder is too long") : 0;
}

/* Whoever goes through the documents and their entries, side by side. */
struct takers {
	struct taker v[7 + CONFIG_PROFILES_MAX];
	size_t n;
};

/* What the pages for people are made from. */
struct sums {
	struct summarydata data;
	struct summarylines lines;
};

/* rc: whether the next one could be made. Its name: what, then name. */
static int add(struct takers *t, const char *what, const char *name, int rc, struct err *e)
{
	struct taker *next = &t->v[t->n];

	snprintf(next->name, sizeof next->name, "%s%s", what, name);
	if (rc < 0)
		return next->name[0] != '\0' ? err_ctx(e, "%s", next->name) : -1;
	t->n++;
	return 0;
}

/* The files of the run as a whole. A void has no held entries and nothing to sum up. */
static int add_lists(struct run *r, struct takers *t, struct err *e)
{
	static const struct { const char *name; int (*open)(struct taker *, const char *, struct err *); int of_void; } table[] = {
		{ "entries.csv", csvout_entries, 1 }, { "lines.csv", csvout_lines, 1 }, { "invoices.csv", csvout_invoices, 1 }, { "held.csv", csvout_held, 0 },
	};
	char path[4096];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if ((table[i].of_void || !run_is_void(r)) &&
		    add(t, "", table[i].name, path_of(r, table[i].name, path, sizeof path, e) < 0 ? -1 : table[i].open(&t->v[t->n], path, e), e) < 0)
			return -1;
	return 0;
}

/* What other programs import, as profiles say. */
static int add_profiles(struct run *r, const struct source *src, const struct inputs *in, struct takers *t, struct err *e)
{
	const struct setup *s = inputs_setup(in);

	for (size_t i = 0; i < s->nprofiles; i++)
		if (add(t, "CSV profile ", s->profiles[i], csvprofileout(&t->v[t->n], inputs_profile(in, i), src, stage_dir(r->stage), e), e) < 0)
			return -1;
	return 0;
}

static int add_sums(const struct source *src, struct sums *sums, struct takers *t, struct err *e)
{
	if (add(t, "", "summary.xlsx", summarydata_take(&t->v[t->n], &sums->data, &src->period, e), e) < 0)
		return -1;
	return add(t, "", PAGE_NAME, summarylines_take(&t->v[t->n], &sums->lines, e), e);
}

static void meanwhile(void *ctx)
{
	recheck_turn(ctx);
}

/* Each document, the lists and the sums, from one walk. */
static int write_walked(struct run *r, const struct source *src, const struct inputs *in, struct sums *sums, struct err *e)
{
	struct takers t = { .n = 0 };
	char dir[4096];

	if (path_of(r, "invoices", dir, sizeof dir, e) < 0)
		return -1;
	if (add(&t, "", "", documents_take(&t.v[t.n], src, in, dir, step_alone(), meanwhile, r, e), e) < 0 || add_lists(r, &t, e) < 0 ||
	    (!run_is_void(r) && add_sums(src, sums, &t, e) < 0) || add_profiles(r, src, in, &t, e) < 0)
		return taker_close(t.v, t.n, -1, e);
	return taker_walk(src, NULL, t.v, t.n, e);
}

/* For people, both from one count. */
static int write_summaries(struct run *r, const struct source *src, const struct inputs *in, const struct sums *sums, struct err *e)
{
	char path[4096];

	if (path_of(r, "summary.xlsx", path, sizeof path, e) < 0 || summaryxlsx_write(&sums->data, src, inputs_summary(in), path, e) < 0)
		return err_ctx(e, "summary.xlsx");
	if (path_of(r, PAGE_NAME, path, sizeof path, e) < 0 || page_write(r, src, &sums->data, &sums->lines, in, path, e) < 0)
		return err_ctx(e, PAGE_NAME);
	return 0;
}

static int write_compared(struct run *r, struct err *e)
{
	char path[4096];

	if (path_of(r, "compare.csv", path, sizeof path, e) < 0 || whatifout_csv(whatif_table(r), path, e) < 0)
		return err_ctx(e, "compare.csv");
	return 0;
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

static int write_bookings(struct run *r, const struct source *src, const struct setup *s, struct err *e)
{
	struct datev_counts counts = { 0, 0, 0 };
	char path[4096], label[NUMBER_LEN] = "";

	if (src->heads(src->ctx, on_first, label, e) < 0 || path_of(r, "datev", path, sizeof path, e) < 0 ||
	    datev_write(src, &s->booking, label, path, &counts, e) < 0)
		return err_ctx(e, "DATEV");
	if (counts.skipped > 0)
		log_write(LOG_WARN, "datev", "%lld documents are not in EUR: book them by hand", (long long)counts.skipped);
	return 0;
}

/* Templates and settings come from the ledger, so that a run is finished as it was planned, whatever was edited meanwhile. */
static int render_all(struct run *r, const struct inputs *in, struct err *e)
{
	struct sums sums;
	struct source src;
	int rc;

	memset(&sums, 0, sizeof sums);
	source_of_run(r, &src);
	rc = write_walked(r, &src, in, &sums, e);
	if (rc == 0 && whatif_table(r) != NULL)
		rc = write_compared(r, e);
	if (rc == 0 && !run_is_void(r))
		rc = write_summaries(r, &src, in, &sums, e);
	if (rc == 0 && inputs_setup(in)->datev)
		rc = write_bookings(r, &src, inputs_setup(in), e);
	summarydata_free(&sums.data);
	summarylines_free(&sums.lines);
	return rc;
}

int render_into_stage(struct run *r, struct err *e)
{
	struct inputs *kept = inputs_of_run(r->app->store, r->row.id, e);
	int rc = -1;

	if (kept == NULL && e->code != ERR_OK)
		return -1;
	stage_free(r->stage);
	r->stage = stage_new(r->app->cfg.out_dir, r->row.period.label, r->app->opt.dry_run ? "draft" : r->row.id, r->app->opt.dry_run, e);
	progress_stage("render", r->documents);
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
