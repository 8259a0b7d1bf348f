#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/help.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
	app_stop = 1;
}

/* A descriptor 0, 1 or 2 that the caller closed would be given to the ledger or to a connection, and a message be written into it. What stands in
 * for 1 and 2 can only be read, so that writing fails as it should. */
static int reserve_descriptors(struct err *e)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return err_sys(e, ERR_OS, "descriptor %d cannot be reserved", fd);
	return 0;
}

/* No core with the token in it; a write to a closed pipe or past a size limit is an error and no death. */
static int harden(struct err *e)
{
	struct rlimit none = { 0, 0 };
	struct sigaction act = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	/* Pages of entries come and go in pieces of 64 KiB; as mappings of their own they go back to the system, instead of leaving holes between what stays. */
	mallopt(M_MMAP_THRESHOLD, 48 * 1024);
	umask(077);
	unsetenv("SSLKEYLOGFILE");
	if (reserve_descriptors(e) < 0)
		return -1;
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		return err_sys(e, ERR_OS, "core dumps cannot be turned off");
	if (sigaction(SIGINT, &act, NULL) != 0 || sigaction(SIGTERM, &act, NULL) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    sigaction(SIGXFSZ, &ignore, NULL) != 0)
		return err_sys(e, ERR_OS, "signals cannot be set up");
	return clock_init(e);
}

static enum err_code dispatch(struct app *a, struct err *e)
{
	static const struct { const char *name; enum err_code (*run)(struct app *, struct err *); } table[] = {
		{ "init", cmd_init }, { "check", cmd_check }, { "customers", cmd_customers }, { "run", cmd_run }, { "void", cmd_void }, { "apply", cmd_apply }, { "unbilled", cmd_unbilled }, { "render", cmd_render },
		{ "verify", cmd_verify }, { "explain", cmd_explain }, { "reconcile", cmd_reconcile },
		{ "list", cmd_list }, { "status", cmd_status }, { "show", cmd_show }, { "completion", cmd_completion },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(a->opt.command, table[i].name) == 0)
			return table[i].run(a, e);
	return err_set(e, ERR_SOFTWARE, "command %s has no function", a->opt.command) < 0 ? e->code : ERR_OK;
}

static void print_version(void)
{
	printf("psabill %s\n%s\nSQLite %s\n", PSABILL_VERSION, http_version(), store_version());
}

int main(int argc, char **argv)
{
	struct app a = { 0 };
	struct err e = ERR_INIT, closing = ERR_INIT;
	enum err_code status;

	metrics_begin(&a);
	if (harden(&e) < 0 || options_parse(argc, argv, &a.opt, &e) < 0) {
		log_setup(LOG_QUIET, a.opt.log_json);
		app_complain(&e);
		return (int)e.code;
	}
	if (a.opt.version) {
		print_version();
		return fflush(stdout) == 0 && !ferror(stdout) ? 0 : (int)ERR_IO;
	}
	if (a.opt.help || a.opt.command == NULL) {
		help_write(a.opt.help ? stdout : stderr, a.opt.command);
		return !a.opt.help ? (int)ERR_USAGE : fflush(stdout) == 0 && !ferror(stdout) ? 0 : (int)ERR_IO;
	}
	log_setup(a.opt.verbose ? LOG_DEBUG : LOG_QUIET, a.opt.log_json);
	status = dispatch(&a, &e);
	/* Every command's results are on standard output, or it did not do its job. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status != ERR_IO) {
		err_sys(&e, ERR_IO, "the result could not be written to standard output");
		status = err_worse(status, ERR_IO);
	}
	if (e.code != ERR_OK && status != ERR_OK)
		app_complain(&e);
	metrics_write(&a, status);
	if (app_close(&a, &closing) < 0) {
		app_complain(&closing);
		status = err_worse(status, closing.code);
	}
	if (caught != 0 && status != 0 && status != ERR_ATTENTION) {
		signal(caught, SIG_DFL);
		raise(caught);
	}
	return (int)status;
}
