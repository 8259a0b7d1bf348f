#include "cli/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "billing/money.h"
#include "cli/run.h"
#include "cli/source.h"

#define OLD_MAX ((size_t)64 * 1024)
#define LOCK_TRIES 40 /* of 50 ms */

/* Each stands in the file behind a comment of its own, "# psabill run". */
static const char *const parts[] = { "run", "reconcile", "verify", "ledger" };
enum { PARTS = 4, LEDGER_PART = 3 };

void metrics_begin(struct app *a)
{
	a->metrics.begun_ms = clock_boot_ms();
}

static int on_invoice(void *ctx, const struct invoice *v, struct err *e)
{
	struct metrics *m = ctx;
	size_t i = 0;

	while (i < m->nnet && strcmp(m->net[i].currency, v->currency) != 0)
		i++;
	if (i == METRICS_CURRENCIES)
		return err_set(e, ERR_SOFTWARE, "more than %d currencies in one run", METRICS_CURRENCIES);
	if (i == m->nnet) {
		snprintf(m->net[i].currency, sizeof m->net[i].currency, "%s", v->currency);
		m->nnet++;
	}
	m->invoices++;
	return num_add(&m->net[i].net_minor, v->net_minor) < 0 ? err_set(e, ERR_SOFTWARE, "the sum of the run overflows") : 0;
}

void metrics_of_run(struct run *r)
{
	struct metrics *m = &r->app->metrics;
	struct source src;
	struct err e = ERR_INIT;

	if (r->app->cfg.metrics_file == NULL || r->app->opt.dry_run || r->row.id[0] == '\0' || (!run_is_issued(r) && r->row.state != RUN_CLOSED))
		return;
	source_of_run(r, &src);
	if (src.heads(src.ctx, on_invoice, m, &e) < 0) {
		log_write(LOG_WARN, "metrics", "%s", e.msg);
		return;
	}
	m->fetched = r->totals.fetched;
	m->billed = r->totals.billed;
	m->held = r->totals.held;
	m->known = 1;
}

void metrics_of_reconcile(struct app *a, const struct reconcile_report *r)
{
	for (size_t i = 0; i < r->nsums; i++)
		a->metrics.differences[r->sums[i].class] += r->sums[i].n;
	a->metrics.known = 1;
}

void metrics_of_verify(struct app *a, int64_t findings)
{
	a->metrics.findings = findings;
	a->metrics.known = 1;
}

/* ---- the text: Prometheus text format 0.0.4 ---- */

static void head(struct buf *b, const char *part, const char *name, const char *help)
{
	buf_fmt(b, "# HELP psabill_%s%s %s\n# TYPE psabill_%s%s gauge\n", part, name, help, part, name);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void labelled(struct buf *b, const char *name, const char *label, const char *value)
{
	buf_fmt(b, "psabill_%s{%s=\"", name, label);
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_str(b, "\\n");
			continue;
		}
		if (*value == '\\' || *value == '"')
			buf_ch(b, '\\');
		buf_ch(b, *value);
	}
	buf_str(b, "\"} ");
}

/* last_run_exit_code and its like: what every command has. */
static void add_end(struct buf *b, const char *command, int64_t ms, enum err_code status)
{
	char part[24];

	snprintf(part, sizeof part, "last_%s_", command);
	head(b, part, "timestamp_seconds", "When it ended.");
	buf_fmt(b, "psabill_%stimestamp_seconds %lld\n", part, (long long)clock_wall_utc());
	head(b, part, "success", "1: it did its job (exit status 0 or 3).");
	buf_fmt(b, "psabill_%ssuccess %d\n", part, status == ERR_OK || status == ERR_ATTENTION);
	head(b, part, "exit_code", "Exit status.");
	buf_fmt(b, "psabill_%sexit_code %d\n", part, (int)status);
	head(b, part, "duration_seconds", "How long it took.");
	buf_fmt(b, "psabill_%sduration_seconds %lld.%03lld\n", part, (long long)(ms / 1000), (long long)(ms % 1000));
}

static void add_run(struct buf *b, const struct metrics *m)
{
	const struct { const char *state; int64_t n; } entries[] = { { "fetched", m->fetched }, { "billed", m->billed }, { "held", m->held } };

	head(b, "last_run_", "entries", "Time entries by what became of them.");
	for (size_t i = 0; i < 3; i++) {
		labelled(b, "last_run_entries", "state", entries[i].state);
		buf_fmt(b, "%lld\n", (long long)entries[i].n);
	}
	head(b, "last_run_", "invoices", "Documents issued.");
	buf_fmt(b, "psabill_last_run_invoices %lld\n", (long long)m->invoices);
	if (m->nnet > 0)
		head(b, "last_run_", "net_amount", "Net amount billed, in units of the currency.");
	for (size_t i = 0; i < m->nnet; i++) {
		char net[NUM_MAX];

		money_fmt(net, m->net[i].net_minor, m->net[i].currency);
		labelled(b, "last_run_net_amount", "currency", m->net[i].currency);
		buf_fmt(b, "%s\n", net);
	}
}

static void add_reconcile(struct buf *b, const struct metrics *m)
{
	head(b, "last_reconcile_", "differences", "Differences between ledger, awork, files and books.");
	for (int c = 0; c < RECONCILE_CLASSES; c++)
		if (reconcile_is_difference((enum reconcile_class)c)) {
			labelled(b, "last_reconcile_differences", "class", reconcile_name((enum reconcile_class)c));
			buf_fmt(b, "%lld\n", (long long)m->differences[c]);
		}
}

/* Whether a run waits to be finished; nothing when the ledger did not come open. */
static void add_ledger(struct buf *b, struct app *a)
{
	struct err e = ERR_INIT;
	struct store_run row;
	int found = a->store == NULL ? -1 : store_run_unfinished(a->store, 0, 0, &row, &e);

	if (found < 0)
		return;
	head(b, "", "unfinished_run", "1: a run was interrupted, the next one finishes it.");
	buf_fmt(b, "psabill_unfinished_run %d\n", found);
}

static void add_part(struct buf *b, struct app *a, int part, enum err_code status)
{
	const struct metrics *m = &a->metrics;

	if (part == LEDGER_PART) {
		add_ledger(b, a);
		return;
	}
	add_end(b, parts[part], clock_boot_ms() - m->begun_ms, status);
	if (!m->known)
		return;
	if (part == 0)
		add_run(b, m);
	else if (part == 1)
		add_reconcile(b, m);
	else {
		head(b, "last_verify_", "findings", "What is damaged.");
		buf_fmt(b, "psabill_last_verify_findings %lld\n", (long long)m->findings);
	}
}

/* ---- the file ---- */

/* Lines of ours: what else got into the file is not carried on. */
static int is_ours(const char *line)
{
	return strncmp(line, "psabill_", 8) == 0 || strncmp(line, "# HELP psabill_", 15) == 0 || strncmp(line, "# TYPE psabill_", 15) == 0;
}

/* Copies a part of the file as it was. */
static void keep_part(struct buf *b, const char *old, int part)
{
	char mark[40];
	const char *p, *end;
	size_t n = (size_t)snprintf(mark, sizeof mark, "# psabill %s\n", parts[part]);

	for (p = old; strncmp(p, mark, n) != 0; p = end + 1)
		if ((end = strchr(p, '\n')) == NULL)
			return;
	for (p += n; is_ours(p) && (end = strchr(p, '\n')) != NULL; p = end + 1)
		buf_add(b, p, (size_t)(end + 1 - p));
}

/* Two commands that end at once write one after the other. */
static int lock_folder(int dir, struct err *e)
{
	for (int i = 0; flock(dir, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == LOCK_TRIES)
			return err_sys(e, ERR_TEMPFAIL, "its folder stays locked");
		(void)clock_sleep_ms(50);
	}
	return 0;
}

static int replace(struct app *a, int dir, const char *name, int mine, enum err_code status, struct err *e)
{
	struct buf old = BUF_INIT, b = BUF_INIT;
	struct err none = ERR_INIT;
	mode_t mask;
	int rc;

	/* One that cannot be read is made anew. */
	if (file_read(a->cfg.metrics_file, OLD_MAX, &old, &none) < 0)
		buf_reset(&old);
	for (int i = 0; i < PARTS; i++) {
		size_t before;

		buf_fmt(&b, "# psabill %s\n", parts[i]);
		before = b.n;
		if (i == mine || i == LEDGER_PART)
			add_part(&b, a, i, status);
		if (b.n == before)
			keep_part(&b, buf_text(&old), i);
	}
	mask = umask(022);
	rc = buf_ok(&b) ? file_replace_at(dir, name, b.p, b.n, 0644, e) : err_nomem(e);
	umask(mask);
	buf_free(&old);
	buf_free(&b);
	return rc;
}

static int write_file(struct app *a, int mine, enum err_code status, struct err *e)
{
	const char *path = a->cfg.metrics_file, *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int dir, rc = -1;

	if (folder == NULL)
		return err_nomem(e);
	dir = file_open_dir(folder, e);
	free(folder);
	if (dir < 0)
		return -1;
	if (lock_folder(dir, e) == 0)
		rc = replace(a, dir, slash == NULL ? path : slash + 1, mine, status, e);
	close(dir);
	return rc;
}

void metrics_write(struct app *a, enum err_code status)
{
	struct err e = ERR_INIT;
	int mine = 0;

	while (mine < LEDGER_PART && strcmp(a->opt.command, parts[mine]) != 0)
		mine++;
	if (a->cfg.metrics_file == NULL || mine == LEDGER_PART || a->opt.dry_run || status == ERR_USAGE)
		return;
	if (write_file(a, mine, status, &e) == 0)
		return;
	err_ctx(&e, "[output] metrics_file %s was not written (all else is as it says)", a->cfg.metrics_file);
	app_complain(&e);
}
