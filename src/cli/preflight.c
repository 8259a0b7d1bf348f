/* What must fit before a run begins: the ledger knows every run whose documents are there. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/highwater.h"
#include "cli/run.h"
#include "output/history.h"

static int on_run(void *ctx, const struct query_run *q, struct err *e)
{
	int64_t *highest = ctx;

	(void)e;
	if (q->run.seq > *highest)
		*highest = q->run.seq;
	return 0;
}

int preflight_output(struct run *r, struct err *e)
{
	int fd = file_open_dir(r->app->cfg.out_dir, e), rc = 0;

	if (fd < 0)
		return err_ctx(e, "output folder ([output] dir; it must be there)");
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		rc = err_sys(e, ERR_CANTCREAT, "output folder %s", r->app->cfg.out_dir);
	close(fd);
	return rc;
}

int preflight_history(struct run *r, struct err *e)
{
	int64_t on_disk = 0, in_ledger = 0;
	char folder[64];

	if (history_highest(r->app->cfg.out_dir, &on_disk, folder, e) < 0 || query_runs(r->app->store, on_run, &in_ledger, e) < 0)
		return -1;
	if (on_disk <= in_ledger)
		return highwater_check(r->app, e);
	return err_set(e, ERR_DATA, "%s/%s is published, but the ledger %s ends with run R%04lld: it was lost or restored from an old copy, and would number and "
	    "bill again what is out already. Put the newest ledger back, or give a new one an empty output folder of its own",
	    r->app->cfg.out_dir, folder, r->app->cfg.ledger, (long long)in_ledger);
}
