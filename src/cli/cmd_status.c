/* status: where things stand and what comes next, from the ledger alone; for people and for monitoring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jout.h"
#include "cli/commands.h"
#include "cli/highwater.h"
#include "cli/maxage.h"

struct status {
	struct app *a;
	struct query_run last;      /* the newest closed billing run; seq 0: none */
	struct query_run open;      /* the unfinished run; seq 0: none */
	int64_t runs, resting, exceptions, corrections, holds;
	struct apply_run apply;     /* the open one; seq 0: none */
	int64_t closed_utc;         /* of last; -1: not known */
	struct buf behind;          /* the ledger is older than the documents: why */
	struct buf overdue;         /* what --max-age complains of */
};

static int on_run(void *ctx, const struct query_run *q, struct err *e)
{
	struct status *s = ctx;
	int closed = q->run.state == RUN_CLOSED || q->run.state == RUN_CLOSED_EXC;

	(void)e;
	s->runs++;
	s->exceptions += q->exceptions;
	if (closed && strcmp(q->run.kind, "bill") == 0 && s->last.run.seq == 0)
		s->last = *q;
	if (!closed && q->run.state != RUN_ABORTED && q->run.resting)
		s->resting++;
	else if (!closed && q->run.state != RUN_ABORTED)
		s->open = *q;
	return 0;
}

static int on_correction(void *ctx, const struct correction *c, struct err *e)
{
	struct status *s = ctx;

	(void)c;
	(void)e;
	s->corrections++;
	return 0;
}

static int on_hold(void *ctx, const char *entry, const char *text, struct err *e)
{
	struct status *s = ctx;

	(void)entry;
	(void)text;
	(void)e;
	s->holds++;
	return 0;
}

static int gather(struct status *s, struct err *e)
{
	struct err behind = ERR_INIT;
	struct store *store = s->a->store;

	if (query_runs(store, on_run, s, e) < 0 || correction_each_open(store, on_correction, s, e) < 0 || hold_each(store, on_hold, s, e) < 0 ||
	    apply_unfinished(store, &s->apply, e) < 0 || maxage_closed(s->a, &s->closed_utc, e) < 0)
		return -1;
	if (highwater_check(s->a, &behind) < 0) {
		if (behind.code != ERR_DATA)
			return err_set(e, behind.code, "%s", behind.msg);
		buf_str(&s->behind, behind.msg);
	}
	return maxage_check(s->a, &s->overdue, e) < 0 ? -1 : 0;
}

/* The command that leads on. */
static const char *next_command(const struct status *s)
{
	if (s->behind.n > 0)
		return "psabill verify";
	if (s->open.run.seq > 0 || s->resting > 0)
		return "psabill run";
	if (s->apply.seq > 0)
		return "psabill apply";
	return s->last.run.state == RUN_CLOSED_EXC || s->exceptions > 0 ? "psabill reconcile" : s->last.run.seq == 0 ? "psabill run --dry-run" : NULL;
}

static char *closed_at(const struct status *s, char out[32])
{
	return clock_fmt_utc(out, s->closed_utc);
}

static void print_text(const struct status *s)
{
	const char *next = next_command(s);
	char at[32];

	printf("ledger      %s: %lld runs%s%s\n", s->a->cfg.ledger, (long long)s->runs, s->behind.n > 0 ? "; " : "", s->behind.n > 0 ? buf_text(&s->behind) : "");
	if (s->last.run.seq == 0)
		printf("last run    none is closed\n");
	else
		printf("last run    %s, period %s, %s%s%s: %lld invoices, %lld entries\n", s->last.run.id, s->last.run.period.label, store_state_name(s->last.run.state),
		    s->closed_utc < 0 ? "" : " at ", s->closed_utc < 0 ? "" : closed_at(s, at), (long long)s->last.invoices, (long long)s->last.entries);
	if (s->open.run.seq > 0)
		printf("unfinished  %s, period %s, stopped in %s\n", s->open.run.id, s->open.run.period.label, store_state_name(s->open.run.state));
	if (s->resting > 0)
		printf("resting     %lld runs wait to be marked\n", (long long)s->resting);
	if (s->apply.seq > 0)
		printf("unfinished  %s, %lld rows\n", s->apply.id, (long long)s->apply.items);
	if (s->exceptions > 0)
		printf("exceptions  %lld entries are not as they were billed: psabill show RUN tells which\n", (long long)s->exceptions);
	if (s->corrections > 0)
		printf("corrections %lld wait for the next invoice of their customer\n", (long long)s->corrections);
	if (s->holds > 0)
		printf("on hold     %lld entries\n", (long long)s->holds);
	if (next != NULL)
		printf("next        %s\n", next);
}

static void write_run(struct jout *j, const char *key, const struct query_run *q)
{
	char date[16];

	if (q->run.seq == 0) {
		jout_text(j, key, NULL);
		return;
	}
	jout_object(j, key);
	jout_text(j, "run", q->run.id);
	jout_text(j, "state", store_state_name(q->run.state));
	jout_text(j, "from", date_fmt(date, q->run.period.from));
	jout_text(j, "to", date_fmt(date, q->run.period.to - 1));
	jout_int(j, "invoices", q->invoices);
	jout_int(j, "entries", q->entries);
	jout_end_object(j);
}

static int print_json(const struct status *s, enum err_code code, struct err *e)
{
	struct buf b = BUF_INIT;
	struct jout j;
	char at[32];

	jout_init(&j, &b, 2);
	jout_object(&j, NULL);
	jout_int(&j, "exit", code);
	jout_text(&j, "ledger", s->a->cfg.ledger);
	jout_int(&j, "runs", s->runs);
	write_run(&j, "last", &s->last);
	jout_text(&j, "closed_at", s->closed_utc < 0 ? NULL : closed_at(s, at));
	write_run(&j, "unfinished", &s->open);
	jout_int(&j, "resting", s->resting);
	jout_text(&j, "unfinished_apply", s->apply.seq > 0 ? s->apply.id : NULL);
	jout_int(&j, "exceptions", s->exceptions);
	jout_int(&j, "corrections", s->corrections);
	jout_int(&j, "holds", s->holds);
	jout_text(&j, "behind", s->behind.n > 0 ? buf_text(&s->behind) : NULL);
	jout_text(&j, "overdue", s->overdue.n > 0 ? buf_text(&s->overdue) : NULL);
	jout_text(&j, "next", next_command(s));
	jout_end_object(&j);
	if (buf_ok(&b))
		printf("%s\n", buf_text(&b));
	else
		err_nomem(e);
	buf_free(&b);
	return e->code == ERR_OK ? 0 : -1;
}

static enum err_code verdict(struct status *s, struct err *e)
{
	if (s->behind.n > 0)
		err_set(e, ERR_DATA, "%s", buf_text(&s->behind));
	else if (s->overdue.n > 0)
		err_set(e, ERR_ATTENTION, "%s", buf_text(&s->overdue));
	else if (s->open.run.seq > 0)
		err_set(e, ERR_ATTENTION, "%s is unfinished (%s): run again and it finishes", s->open.run.id, store_state_name(s->open.run.state));
	else if (s->apply.seq > 0)
		err_set(e, ERR_ATTENTION, "%s is unfinished: psabill apply finishes it, or the next run", s->apply.id);
	return e->code;
}

enum err_code cmd_status(struct app *a, struct err *e)
{
	struct status s = { .a = a, .closed_utc = -1, .behind = BUF_INIT, .overdue = BUF_INIT };
	struct err why = ERR_INIT;
	enum err_code code;
	int64_t limit;

	if ((a->opt.max_age != NULL && maxage_parse(a->opt.max_age, &limit, e) < 0) || app_load(a, 0, e) < 0 || app_open_store(a, STORE_READ, e) < 0)
		return e->code;
	if (gather(&s, e) == 0) {
		code = verdict(&s, &why);
		if (a->opt.json)
			print_json(&s, code, e);
		else if (!a->opt.quiet)
			print_text(&s);
		if (e->code == ERR_OK && code != ERR_OK)
			err_set(e, code, "%s", why.msg);
	}
	buf_free(&s.behind);
	buf_free(&s.overdue);
	return e->code;
}
