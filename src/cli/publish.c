/* The point of no return, and what makes the run visible. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/advance.h"
#include "cli/run.h"
#include "cli/step.h"

#define RECHECK_MAX_MS 60000 /* a stopped or suspended process must not issue what it checked an hour ago */

int publish_commit(struct run *r, struct err *e)
{
	struct buf manifest = BUF_INIT;
	int rc = -1;

	if (bill_prove(r, e) < 0 || manifest_write(r->app->store, r->row.id, &manifest, e) < 0)
		goto out;
	if (clock_boot_ms() - r->rechecked_ms > RECHECK_MAX_MS)
		rc = 0;
	else if (advance_run(r, RUN_PUBLISHING, buf_text(&manifest), NULL, "D8", e) == 0)
		rc = 1;
out:
	buf_free(&manifest);
	return rc;
}

/* The folder of a run that an earlier process left: published, staged, or damaged and then rendered again to the same bytes. */
static int find_folder(struct run *r, struct err *e)
{
	struct err damage = ERR_INIT;
	int published = 0;

	r->stage = stage_find(r->app->cfg.out_dir, r->row.period.label, r->row.id, &published, e);
	if (r->stage == NULL && e->code != ERR_OK)
		return -1;
	if (r->stage != NULL && published)
		return recheck_files(r, e) < 0 ? err_ctx(e, "%s is issued and not finished, and its documents are not as they were issued; move its folder away and run again, "
		    "then it is written anew from the ledger", r->row.id) : 0;
	if (r->stage != NULL && recheck_files(r, &damage) == 0)
		return 0;
	log_write(LOG_WARN, "publish", "%s: the stage is not whole (%s), rendering it again", r->row.id, r->stage == NULL ? "missing" : damage.msg);
	if (render_into_stage(r, e) < 0 || stage_seal(r->stage, NULL, NULL, e) < 0)
		return -1;
	return recheck_files(r, e) < 0 ? err_ctx(e, "rendered again, %s differs from what the ledger recorded (were templates or settings changed?)", r->row.id) : 0;
}

int publish_folder(struct run *r, struct err *e)
{
	if (r->stage == NULL && find_folder(r, e) < 0)
		return -1;
	if (stage_publish(r->stage, e) < 0)
		return -1;
	step_hit("D9");
	return 0;
}

static int issue(struct run *r, struct err *e)
{
	return plan_issue(r->app->store, r->row.id, e);
}

int publish_issue(struct run *r, struct err *e)
{
	return advance_run(r, RUN_PUBLISHED, NULL, issue, "D10", e);
}
