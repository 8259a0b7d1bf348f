#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/customers.h"
#include "cli/rates.h"

/* Writes one file unless it is there; says which. */
static int write_one(const char *dir, const char *name, const char *text, int quiet, struct err *e)
{
	char *path = file_join(dir, name);
	int rc = -1;

	if (path == NULL)
		return err_nomem(e);
	if (access(path, F_OK) == 0) {
		if (!quiet)
			printf("kept   %s\n", path);
		rc = 0;
	} else if (file_create(path, text, strlen(text), 0640, e) == 0) {
		if (!quiet)
			printf("wrote  %s\n", path);
		rc = 0;
	}
	free(path);
	return rc;
}

static int make_out(const char *dir, int quiet, struct err *e)
{
	char *path = file_join(dir, "out");
	int rc = 0;

	if (path == NULL)
		return err_nomem(e);
	if (access(path, F_OK) != 0) {
		rc = file_make_dirs(path, 0750, e);
		if (rc == 0 && !quiet)
			printf("made   %s/\n", path);
	} else if (!quiet) {
		printf("kept   %s/\n", path);
	}
	free(path);
	return rc;
}

static const char next_steps[] =
	"\nnext:\n"
	"  1. psabill.conf: fill in [seller] and [awork] token_file (a file with the API key, chmod 600)\n"
	"  2. rates.csv: your prices per hour\n"
	"  3. psabill customers       fetches companies and addresses into customers.csv; look them over\n"
	"  4. psabill check           says what is missing\n"
	"  5. psabill run --dry-run   shows what would be billed; nothing changes\n";

enum err_code cmd_init(struct app *a, struct err *e)
{
	const char *dir = a->opt.nargs > 0 ? a->opt.arg[0] : ".";
	struct buf conf = BUF_INIT;
	int rc = -1;

	config_example(&conf);
	if (!buf_ok(&conf))
		err_nomem(e);
	else if (file_make_dirs(dir, 0750, e) == 0 && write_one(dir, "psabill.conf", buf_text(&conf), a->opt.quiet, e) == 0 &&
	    write_one(dir, "rates.csv", rates_example(), a->opt.quiet, e) == 0 &&
	    write_one(dir, "customers.csv", customers_example(), a->opt.quiet, e) == 0 && make_out(dir, a->opt.quiet, e) == 0)
		rc = 0;
	buf_free(&conf);
	if (rc == 0 && !a->opt.quiet)
		fputs(next_steps, stdout);
	return rc == 0 ? ERR_OK : e->code;
}
