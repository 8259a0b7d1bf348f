/* --save-dump, --from-dump and --redact: what goes together, and the end of a dump. */
#include "cli/run.h"

int dumping_options(const struct options *o, struct err *e)
{
	if (o->from_dump != NULL && !o->dry_run)
		return err_set(e, ERR_USAGE, "--from-dump is for --dry-run alone: what is issued and marked must be read from awork itself");
	if (o->redact && o->save_dump == NULL)
		return err_set(e, ERR_USAGE, "--redact says how to write the file of --save-dump, which is missing");
	return 0;
}

enum err_code dumping_end(struct app *a, enum err_code status, struct err *e)
{
	struct err late = ERR_INIT;

	if (http_end_dump(a->http, (int)status, &late) == 0)
		return status;
	if (e->code != ERR_OK)
		app_complain(&late);
	err_set(e, late.code, "%s", late.msg);
	return err_worse(status, late.code);
}
