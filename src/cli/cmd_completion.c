#include <stdio.h>

#include "cli/commands.h"
#include "cli/completion.h"

enum err_code cmd_completion(struct app *a, struct err *e)
{
	return completion_write(stdout, a->opt.arg[0], e) < 0 ? e->code : ERR_OK;
}
