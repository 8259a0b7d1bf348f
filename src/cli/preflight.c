/* What must fit before a run begins: this machine is the ledger's, the clock goes on from its last event, the ledger knows every run whose documents are there, and there is room. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/highwater.h"
#include "cli/run.h"
#include "output/history.h"

int preflight_output(struct run *r, struct err *e)
{
	int fd = file_open_dir(r->app->cfg.out_dir, e), rc = 0;

	if (fd < 0)
		return err_ctx(e, "output folder ([output] dir; make it, or name another)");
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		rc = err_sys(e, ERR_CANTCREAT, "output folder %s", r->app->cfg.out_dir);
	close(fd);
	return rc;
}

int preflight_period(const struct run *r, struct err *e)
{
	const struct period *p = &r->rules.period;
	char first[16], now[16];
	date_t today;

	if (clock_local_date(r->app->cfg.timezone, clock_document_utc(), &today) < 0)
		return err_set(e, ERR_CONFIG, "time zone '%s' is unknown", r->app->cfg.timezone);
	if (p->from <= today)
		return 0;
	return err_set(e, ERR_USAGE, "the period %s has not begun: its first day is %s, today is %s", p->label, date_fmt(first, p->from), date_fmt(now, today));
}

int preflight_history(struct run *r, struct err *e)
{
	int64_t on_disk = 0, in_ledger = 0;
	char folder[64];

	if (history_highest(r->app->cfg.out_dir, &on_disk, folder, e) < 0 || store_run_newest(r->app->store, &in_ledger, e) < 0)
		return -1;
	if (on_disk <= in_ledger)
		return highwater_check(r->app, e);
	return err_set(e, ERR_DATA, "%s/%s is published, but the ledger %s ends with run R%04lld: it was lost or restored from an old copy, and would number and "
	    "bill again what is out already. Put the newest ledger back (each run leaves %s.copy), or give a new one an empty output folder of its own",
	    r->app->cfg.out_dir, folder, r->app->cfg.ledger, (long long)in_ledger, r->app->cfg.ledger);
}

#define MACHINE "machine_id" /* meta key */
#define DAY_SEC 86400

/* SHA-256 over the id that the system gives a machine (machine-id(5)), which itself must not leave it. 1, 0 when there is none, as in some containers, -1. */
static int machine_of(char out[SHA_HEX], struct err *e)
{
	static const char *const paths[] = { "/etc/machine-id", "/var/lib/dbus/machine-id" };
	static const char purpose[] = "psabill ledger ";
	uint8_t digest[SHA_LEN];
	struct err ignored = ERR_INIT;
	struct buf b = BUF_INIT;
	struct sha *sha;
	int found = 0;

	for (size_t i = 0; i < sizeof paths / sizeof *paths && !found; i++) {
		buf_reset(&b);
		found = file_read(paths[i], 4096, &b, &ignored) == 0 && b.n >= 32 && strspn(buf_text(&b), "0123456789abcdef") == 32;
	}
	sha = found ? sha_new() : NULL;
	if (sha != NULL) {
		sha_add(sha, purpose, sizeof purpose - 1);
		sha_add(sha, b.p, 32);
		sha_end(sha, digest);
		sha_hex(out, digest);
		sha_free(sha);
	}
	buf_free(&b);
	return !found ? 0 : sha == NULL ? err_nomem(e) : 1;
}

static int bind_machine(struct app *a, const char *machine, const char *event, struct err *e)
{
	if (store_begin(a->store, e) < 0)
		return -1;
	if (store_set_meta(a->store, MACHINE, machine, e) < 0 || (event != NULL && chain_append(a->store, NULL, event, "{}", e) < 0) || store_commit(a->store, e) < 0) {
		store_rollback(a->store);
		return -1;
	}
	return 0;
}

static int check_machine(struct app *a, struct err *e)
{
	char machine[SHA_HEX], *known;
	int found = machine_of(machine, e), rc = 0;

	if (found <= 0)
		return found;
	known = store_meta(a->store, MACHINE, e);
	if (known == NULL)
		rc = e->code != ERR_OK ? -1 : bind_machine(a, machine, NULL, e);
	else if (strcmp(known, machine) != 0 && a->opt.adopt_host)
		rc = bind_machine(a, machine, "host adopted", e);
	else if (strcmp(known, machine) != 0)
		rc = err_set(e, ERR_CONFIG, "the ledger %s belongs to another machine: two copies of it, each billing on its own, would bill twice. Was it moved here for good, and "
		    "the other one put away? Then repeat this with --adopt-host", a->cfg.ledger);
	free(known);
	return rc;
}

static int check_clock(struct app *a, struct err *e)
{
	char *text = store_meta(a->store, CHAIN_TIME, e), now[32], then[32];
	int64_t last = 0, wall = clock_wall_utc();
	int rc = 0;

	if (text == NULL)
		return e->code == ERR_OK ? 0 : -1;
	if (num_parse_int(text, 0, INT64_MAX, &last) < 0)
		rc = err_set(e, ERR_DATA, "the ledger's time of its last event is no number: '%.40s'", text);
	else if (wall < last - DAY_SEC)
		rc = err_set(e, ERR_CONFIG, "the clock says %s, the ledger's last event was at %s: set the clock before you bill", clock_fmt_utc(now, wall), clock_fmt_utc(then, last));
	free(text);
	return rc;
}

int preflight_place(struct app *a, struct err *e)
{
	if (a->opt.dry_run)
		return 0;
	return check_machine(a, e) < 0 ? -1 : check_clock(a, e);
}

/* What an entry takes, on the generous side. Measured with 10,000 and 100,000 entries: 0.6 KB in the ledger and as much in its copy; 0.3 to 1 KB in tables and time sheets,
 * more formats more, and the temporary files of the workbooks beside them. */
#define LEDGER_BYTES 2048
#define OUTPUT_BYTES 3072
#define RESERVE 3

static int check_space(const char *what, const char *path, int64_t bytes, struct err *e)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return err_sys(e, ERR_IO, "%s %s", what, path);
	if ((__int128)fs.f_bavail * fs.f_frsize >= (__int128)bytes * RESERVE)
		return 0;
	return err_set(e, ERR_IO, "%s %s has %lld KiB free, the run needs about %lld and wants %d times as much: make room and run again", what, path,
	    (long long)((__int128)fs.f_bavail * fs.f_frsize / 1024), (long long)(bytes / 1024), RESERVE);
}

int preflight_space(struct run *r, struct err *e)
{
	int64_t n = billable_count(r->items);
	char *folder, *slash;
	int rc = 0;

	if (check_space("output folder", r->app->cfg.out_dir, n * OUTPUT_BYTES, e) < 0)
		return -1;
	if (r->app->opt.dry_run)
		return 0;
	folder = strdup(r->app->cfg.ledger);
	if (folder == NULL)
		return err_nomem(e);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder] = '\0';
	rc = check_space("folder of the ledger", slash == NULL ? "." : folder, n * LEDGER_BYTES, e);
	free(folder);
	return rc;
}
