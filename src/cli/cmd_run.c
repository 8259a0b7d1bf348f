#include "cli/commands.h"
#include "cli/run.h"

enum err_code cmd_run(struct app *a, struct err *e)
{
	return run_command(a, e);
}
