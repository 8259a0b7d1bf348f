/* unbilled: work in progress. Read, selected, priced and composed as the next run would do it, in memory: nothing is written but the report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/simplified.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "billing/money.h"
#include "billing/unbilled.h"
#include "billing/worth.h"
#include "cli/commands.h"
#include "cli/portion.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "output/outfolder.h"
#include "output/unbilledout.h"
#include "output/unbilledxlsx.h"

#define NAME 44  /* its column, and what of the end of a long one is kept */
#define TAIL 12
#define SHOWN 60 /* rows of the table; the files have all */

struct wip {
	struct run r;
	struct unbilled_report u;
	char period[32];   /* as --period would say it: the month of the day, up to it */
	char folder[16];
};

static int read_options(struct wip *w, struct err *e)
{
	struct app *a = w->r.app;
	char first[16], last[16];

	if (unbilled_parse_by(a->opt.by == NULL ? "company" : a->opt.by, &w->u, e) < 0)
		return -1;
	if (a->opt.as_of != NULL && date_parse(a->opt.as_of, &w->u.as_of) < 0)
		return err_set(e, ERR_USAGE, "--as-of '%.40s' is no date, such as 2026-10-31", a->opt.as_of);
	if (a->opt.as_of == NULL && clock_local_date(a->cfg.timezone, clock_document_utc(), &w->u.as_of) < 0)
		return err_set(e, ERR_CONFIG, "time zone '%s' is unknown", a->cfg.timezone);
	date_fmt(w->folder, w->u.as_of);
	snprintf(w->period, sizeof w->period, "%s..%s", date_fmt(first, date_month_start(w->u.as_of, 0)), date_fmt(last, w->u.as_of));
	a->opt.period = w->period;
	return 0;
}

static int open_all(struct wip *w, struct err *e)
{
	struct app *a = w->r.app;

	progress_setup(!a->opt.quiet && !a->opt.json);
	w->u.customers = &a->customers;
	if (app_load(a, 1, e) < 0 || read_options(w, e) < 0 || app_read_token(a, e) < 0)
		return -1;
	if (app_open_store(a, STORE_SCRATCH, e) < 0 || app_connect(a, e) < 0 || app_bind_workspace(a, e) < 0)
		return -1;
	return collect_prepare(&w->r, e);
}

/* The entries of one line share what the line comes to. */
static int add_line(struct wip *w, const struct compose_item *items, size_t n, const struct invoice *v, struct err *e)
{
	const struct invoice_line *line = NULL;
	int64_t *secs = calloc(n, sizeof *secs), *share = calloc(n, sizeof *share);
	int rc = 0;

	for (size_t i = 0; i < v->nlines && line == NULL; i++)
		if (v->lines[i].pos == items[0].pos)
			line = &v->lines[i];
	if (secs == NULL || share == NULL)
		rc = err_nomem(e);
	else if (line == NULL)
		rc = err_set(e, ERR_SOFTWARE, "an entry for %s stands on no line", v->company_name);
	for (size_t i = 0; i < n && rc == 0; i++)
		secs[i] = items[i].billed_secs > 0 ? items[i].billed_secs : 0;
	if (rc == 0)
		rounding_share(secs, (int64_t)n, line->net_minor, share);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct compose_texts *t = items[i].texts;
		const struct entry x = { .has_secs = 1, .secs = items[i].secs, .date = items[i].date, .company_id = v->company_id, .company_name = t->company_name,
			.project_id = t->project_id, .project_name = t->project_name, .user_id = t->user_id, .user_name = t->user_name, .work_id = t->work_id, .work_name = t->work_name };

		rc = unbilled_add(&w->u, &x, 0, v->currency, share[i], e);
	}
	free(secs);
	free(share);
	return rc;
}

/* What the next run would bill: before discounts, without fixed fees and corrections, which are no time of these entries. */
static int on_portion(void *ctx, struct portion *p, struct err *e)
{
	for (size_t from = 0, to; from < p->n; from = to) {
		const struct compose_item *x = &p->items[from];

		for (to = from + 1; to < p->n && p->items[to].invoice == x->invoice && p->items[to].pos == x->pos;)
			to++;
		if (add_line(ctx, x, to - from, &p->plan.invoices[x->invoice], e) < 0)
			return -1;
	}
	return 0;
}

/* What it would hold: priced all the same when a rate fits. What stands on an invoice is no work in progress, whatever awork says. */
static int on_held(void *ctx, const struct entry *x, const char *reason, struct err *e)
{
	struct wip *w = ctx;
	struct worth v;

	if (strcmp(reason, HELD_ON_INVOICE) == 0) {
		w->u.on_invoice++;
		w->u.on_invoice_secs += x->has_secs && x->secs > 0 ? x->secs : 0;
		return 0;
	}
	if (worth_of(&w->r.rules, w->r.app->cfg.quantity, x, &v, e) < 0)
		return -1;
	return unbilled_add(&w->u, x, 1, v.has_money ? v.currency : NULL, v.minor, e);
}

static int collect(struct wip *w, struct err *e)
{
	struct run *r = &w->r;

	if (collect_entries(r, e) < 0)
		return -1;
	w->u.undated = r->undated;
	w->u.read = r->totals.fetched;
	w->u.read_secs = r->totals.fetched_secs;
	if (simplified_count(r->app->http, &r->filter, &w->u.listed, &w->u.listed_secs, e) < 0)
		return -1;
	if (portion_each(r, on_portion, w, e) < 0 || snap_each_held(r->app->store, r->row.id, on_held, w, e) < 0)
		return -1;
	return unbilled_close(&w->u, e);
}

/* ---- telling ---- */

static const char *hours_of(char out[NUM_MAX], int64_t secs)
{
	num_fmt(out, invoice_quantity(QUANTITY_HOURS, secs), 2);
	return out;
}

static void print_figures(const struct unbilled_row *x)
{
	char t[NUM_MAX];

	printf(" %9s h", hours_of(t, x->secs));
	if (x->currency != NULL)
		money_fmt(t, x->minor, x->currency);
	printf(" %14s %-7s", x->currency != NULL ? t : "", x->currency != NULL ? x->currency : "no rate");
	for (int i = 0; i < UNBILLED_AGES; i++)
		printf(" %10s", hours_of(t, x->age_secs[i]));
	printf(" %10s\n", hours_of(t, x->held_secs));
}

static void print_row(const struct unbilled_report *u, const struct unbilled_row *x)
{
	struct buf raw = BUF_INIT, line = BUF_INIT;
	size_t len;

	for (size_t i = 0; i < u->nby; i++)
		buf_fmt(&raw, "%s%s", i > 0 ? " / " : "", x->label[u->by[i]] != NULL ? x->label[u->by[i]] : "none");
	text_clean(&line, buf_text(&raw), 0);
	/* Too long: the middle goes, for what tells two of one name apart stands at the end. */
	len = text_len(buf_text(&line));
	if (len > NAME)
		printf("  %.*s...%s  ", (int)text_prefix(buf_text(&line), NAME - 3 - TAIL), buf_text(&line), buf_text(&line) + text_prefix(buf_text(&line), len - TAIL));
	else
		printf("  %s%*s", buf_text(&line), (int)(NAME + 2 - len), "");
	print_figures(x);
	buf_free(&raw);
	buf_free(&line);
}

static void print_text(const struct wip *w, const char *folder)
{
	const struct unbilled_report *u = &w->u;
	char t[NUM_MAX];

	printf("Unbilled time as of %s, at today's rates\n\n  %-46s %9s   %14s %-7s %10s %10s %10s %10s %10s\n", w->folder, "", "hours", "value", "", "0-30 days", "31-60", "61-90",
	    "older", "held");
	for (size_t i = 0; i < u->n && i < SHOWN; i++)
		print_row(u, &u->v[i]);
	if (u->n > SHOWN)
		printf("  and %zu more\n", u->n - SHOWN);
	printf("\n");
	for (size_t i = 0; i < u->ntotals; i++) {
		printf("  %-46s", "total");
		print_figures(&u->total[i]);
	}
	if (u->on_invoice > 0)
		printf("  on an invoice already, but not billed in awork: %lld entries, %s h\n", (long long)u->on_invoice, hours_of(t, u->on_invoice_secs));
	if (u->undated > 0)
		printf("  without a date, so in no figure: %lld entries\n", (long long)u->undated);
	printf("\n%s\n", folder);
}

static int write_files(struct wip *w, struct outfolder *f, const struct buf *json, struct err *e)
{
	char *csv = file_join(outfolder_dir(f), "unbilled.csv"), *xlsx = file_join(outfolder_dir(f), "unbilled.xlsx"), *js = file_join(outfolder_dir(f), "unbilled.json");
	int rc = -1;

	if (csv == NULL || xlsx == NULL || js == NULL)
		err_nomem(e);
	else if (unbilledout_csv(&w->u, csv, e) == 0 && unbilledxlsx_write(&w->u, xlsx, e) == 0 && file_create(js, json->p, json->n, 0600, e) == 0)
		rc = outfolder_publish(f, e);
	free(csv);
	free(xlsx);
	free(js);
	return rc;
}

static int write_report(struct wip *w, const char *folder, const struct buf *json, struct err *e)
{
	static const char *const names[] = { "unbilled.csv", "unbilled.json", "unbilled.xlsx" };
	struct outfolder *f = outfolder_new(folder, names, 3, e);
	int rc = f == NULL ? -1 : write_files(w, f, json, e);

	outfolder_free(f);
	return rc;
}

static char *folder_of(const struct wip *w)
{
	const struct app *a = w->r.app;
	char *above, *folder;

	if (a->opt.output != NULL)
		return strdup(a->opt.output);
	above = file_join(a->cfg.out_dir, "unbilled");
	folder = above == NULL ? NULL : file_join(above, w->folder);
	free(above);
	return folder;
}

static int lists_agree(const struct unbilled_report *u)
{
	return u->listed == u->read && u->listed_secs == u->read_secs;
}

static enum err_code finish(struct wip *w, struct err *e)
{
	const struct unbilled_report *u = &w->u;
	enum err_code status = u->undated > 0 || !lists_agree(u) ? ERR_ATTENTION : ERR_OK;
	struct buf json = BUF_INIT;
	char *folder = folder_of(w);

	if (folder == NULL)
		err_nomem(e);
	else if (unbilledout_json(u, status, &json, e) == 0 && write_report(w, folder, &json, e) == 0) {
		progress_end();
		if (w->r.app->opt.json)
			fputs(buf_text(&json), stdout);
		else if (!w->r.app->opt.quiet)
			print_text(w, folder);
		if (!lists_agree(u))
			err_set(e, status, "awork's lists differ: GET /timeentries shows %lld entries of %lld s, GET /timeentries/simplified %lld of %lld s; somebody may be booking: run it again",
			    (long long)u->read, (long long)u->read_secs, (long long)u->listed, (long long)u->listed_secs);
		else if (status != ERR_OK)
			err_set(e, status, "%lld entries have no date and stand in no figure", (long long)u->undated);
	} else {
		status = err_worse(status, e->code);
	}
	buf_free(&json);
	free(folder);
	return e->code == ERR_OK ? status : err_worse(status, e->code);
}

enum err_code cmd_unbilled(struct app *a, struct err *e)
{
	struct wip w = { .r = { .app = a, .people = 1 }, .u = { .pool = pool_new() } };
	enum err_code status;

	if (w.u.pool == NULL)
		err_nomem(e);
	if (w.u.pool != NULL && open_all(&w, e) == 0 && collect(&w, e) == 0)
		status = finish(&w, e);
	else
		status = e->code;
	progress_end();
	run_forget(&w.r);
	free(w.u.v);
	pool_free(w.u.pool);
	return status;
}
