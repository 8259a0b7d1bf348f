/* explain ENTRY-ID | NUMBER[:LINE]: how an entry became money, step by step, or what an invoice line is made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "billing/select.h"
#include "cli/commands.h"
#include "ledger/trace.h"

struct explaining {
	struct app *a;
	const char *entry;   /* NULL: lines are explained */
	int pos;             /* the line; 0: all */
	int64_t seen, claims;
	int found;
};

static void say(const char *label, const char *text)
{
	struct buf b = BUF_INIT;

	text_clean(&b, text, 0);
	printf("  %-10s %s\n", label, buf_text(&b));
	buf_free(&b);
}

static const char *or_none(const char *s)
{
	return s == NULL ? "-" : s;
}

static void print_entry(const struct entry *x)
{
	struct buf b = BUF_INIT;
	char date[16];

	buf_fmt(&b, "%s %s, %lld s", date_fmt(date, x->date), x->start_time == NULL ? "" : x->start_time, (long long)x->secs);
	say("entry", buf_text(&b));
	buf_reset(&b);
	buf_fmt(&b, "%s / %s / %s, by %s, %s", or_none(x->company_name), or_none(x->project_name), or_none(x->task_name), or_none(x->user_name), or_none(x->work_name));
	say("", buf_text(&b));
	if (x->note != NULL)
		say("note", x->note);
	buf_free(&b);
}

static int on_seen(void *ctx, const char *run, const struct entry *x, const char *held, struct err *e)
{
	struct explaining *w = ctx;
	struct buf b = BUF_INIT;

	(void)e;
	if (w->seen++ == 0)
		printf("entry %s\n", w->entry);
	if (held == NULL)
		buf_fmt(&b, "in %s: taken for billing", run);
	else
		buf_fmt(&b, "in %s: held, %s - %s", run, held, select_advice(held));
	say("read", buf_text(&b));
	if (x == NULL)
		say("entry", "its snapshot was purged");
	else
		print_entry(x);
	buf_free(&b);
	return 0;
}

static void print_rounding(const struct invoice *v, const struct trace_claim *c)
{
	struct buf b = BUF_INIT;

	if (v->rounding.mode == ROUNDING_NONE)
		buf_fmt(&b, "none: %lld s", (long long)c->secs);
	else
		buf_fmt(&b, "%s to %lld min per %s: %lld s -> %lld s", rounding_mode_name(v->rounding.mode), (long long)v->rounding.step_sec / 60,
		    rounding_scope_name(v->rounding.scope), (long long)c->secs, (long long)c->billed_secs);
	say("rounding", buf_text(&b));
	buf_free(&b);
}

static void print_line(const struct invoice *v, const struct invoice_line *l)
{
	char quantity[NUM_MAX], price[NUM_MAX], net[NUM_MAX], pct[NUM_MAX];
	struct buf b = BUF_INIT;

	invoice_quantity_fmt(quantity, l->unit, l->quantity);
	num_fmt_short(price, l->price_e4, MONEY_RATE_SCALE, 2);
	money_fmt(net, l->net_minor, v->currency);
	num_fmt_short(pct, l->tax_pct_e2, MONEY_PCT_SCALE, 0);
	buf_fmt(&b, "%s:%d, %d entries, %lld s -> %lld s billed = %s %s x %s = %s %s, VAT %s %s %%: %s", v->number, l->pos, l->entries, (long long)l->secs,
	    (long long)l->billed_secs, quantity, invoice_unit_code(l->unit), price, net, v->currency, l->tax_category, pct, l->description);
	say("line", buf_text(&b));
	if (l->correction != NULL)
		say("corrects", l->correction);
	buf_free(&b);
}

static void print_document(const struct invoice *v, const struct query_invoice *q)
{
	char lines[NUM_MAX], allowance[NUM_MAX], net[NUM_MAX], tax[NUM_MAX], gross[NUM_MAX], date[16];
	struct buf b = BUF_INIT;

	money_fmt(lines, v->lines_minor, v->currency);
	money_fmt(allowance, v->allowance_minor, v->currency);
	money_fmt(net, v->net_minor, v->currency);
	money_fmt(tax, v->tax_minor, v->currency);
	money_fmt(gross, v->gross_minor, v->currency);
	buf_fmt(&b, "%s of %s for %s, %s, run %s: lines %s - discounts %s = net %s + VAT %s = %s %s", v->number, date_fmt(date, v->date), or_none(v->buyer.name), q->state,
	    q->run, lines, allowance, net, tax, gross, v->currency);
	say("document", buf_text(&b));
	if (v->cancels != NULL)
		say("cancels", v->cancels);
	buf_free(&b);
}

static int on_claimed_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	const struct trace_claim *c = ctx;

	(void)e;
	print_rounding(v, c);
	for (size_t i = 0; i < v->nlines; i++)
		if (v->lines[i].pos == c->pos)
			print_line(v, &v->lines[i]);
	print_document(v, q);
	return 0;
}

struct attempts { int64_t n; struct trace_attempt last; };

static int on_attempt(void *ctx, const struct trace_attempt *a, struct err *e)
{
	struct attempts *t = ctx;

	(void)e;
	t->n++;
	t->last = *a;
	return 0;
}

static void print_verdict(const struct trace_claim *c, const struct attempts *t)
{
	struct buf b = BUF_INIT;

	buf_fmt(&b, "%lld requests of %s", (long long)t->n, c->run);
	if (t->n > 0)
		buf_fmt(&b, "; the last: %s, HTTP %d%s%s", t->last.state, t->last.http, t->last.trace_id[0] == '\0' ? "" : ", trace ", t->last.trace_id);
	say("marking", buf_text(&b));
	buf_reset(&b);
	buf_str(&b, c->state);
	if (c->has_delta && c->delta_secs != 0)
		buf_fmt(&b, ", %+lld s since it was billed", (long long)c->delta_secs);
	say("verdict", buf_text(&b));
	buf_free(&b);
}

static int on_claim(void *ctx, const struct trace_claim *c, struct err *e)
{
	struct explaining *w = ctx;
	struct trace_claim copy = *c;
	struct attempts t = { .n = 0 };
	struct buf b = BUF_INIT;
	char price[NUM_MAX];

	w->claims++;
	num_fmt_short(price, c->price_e4, MONEY_RATE_SCALE, 2);
	if (c->rate_line > 0)
		buf_fmt(&b, "%s %s per hour, row %lld of rates.csv: %s", price, c->currency, (long long)c->rate_line, c->rate_keys);
	else
		buf_str(&b, "billed by a version that did not keep the row of rates.csv; the price is on the line");
	say("rate", buf_text(&b));
	buf_free(&b);
	if (query_invoices(w->a->store, NULL, c->invoice, on_claimed_document, &copy, e) < 0 || trace_attempts(w->a->store, c->run, on_attempt, &t, e) < 0)
		return -1;
	print_verdict(c, &t);
	return 0;
}

static int on_correction(void *ctx, const struct trace_correction *c, struct err *e)
{
	struct buf b = BUF_INIT;

	(void)ctx;
	(void)e;
	buf_fmt(&b, "%s on %s:%d, %+lld s tracked, %+lld s billed: ", c->entry, c->from, c->from_pos, (long long)c->delta_secs, (long long)c->billed_secs);
	if (c->invoice[0] == '\0')
		buf_str(&b, "waits for the customer's next invoice");
	else
		buf_fmt(&b, "stands on %s:%d%s", c->invoice, c->pos, strcmp(c->state, "VOIDED") == 0 ? ", which is cancelled" : "");
	say("correction", buf_text(&b));
	buf_free(&b);
	return 0;
}

static int explain_entry(struct explaining *w, struct err *e)
{
	struct store *s = w->a->store;

	if (trace_seen(s, w->entry, on_seen, w, e) < 0 || trace_claims(s, w->entry, on_claim, w, e) < 0)
		return -1;
	if (trace_corrections(s, w->entry, NULL, 0, on_correction, w, e) < 0)
		return -1;
	if (w->seen + w->claims == 0)
		return err_set(e, ERR_USAGE, "no run has ever read entry %s; is it of this workspace, billable and not yet billed?", w->entry);
	if (w->claims == 0)
		printf("  billed     on no invoice\n");
	return 0;
}

static int on_entry(void *ctx, const struct invoice_entry *x, struct err *e)
{
	struct explaining *w = ctx;
	struct buf b = BUF_INIT;
	char date[16];

	(void)e;
	if (w->pos != 0 && x->pos != w->pos)
		return 0;
	buf_fmt(&b, "%d  %s  %s  %lld s -> %lld s  %s, %s", x->pos, x->entry.id, date_fmt(date, x->entry.date), (long long)x->entry.secs, (long long)x->billed_secs,
	    or_none(x->entry.user_name), or_none(x->entry.task_name));
	say("", buf_text(&b));
	buf_free(&b);
	return 0;
}

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct explaining *w = ctx;

	w->found = 1;
	print_document(v, q);
	for (size_t i = 0; i < v->nlines; i++)
		if (w->pos == 0 || v->lines[i].pos == w->pos) {
			w->found = 2;
			print_line(v, &v->lines[i]);
		}
	if (w->found < 2)
		return err_set(e, ERR_USAGE, "%s has no line %d, but 1 to %zu", v->number, w->pos, v->nlines);
	printf("  entries    line, id, date, tracked -> billed, person, task\n");
	if (query_entries(w->a->store, NULL, v->cancels == NULL ? v->number : v->cancels, on_entry, w, e) < 0)
		return -1;
	return trace_corrections(w->a->store, NULL, v->number, w->pos, on_correction, w, e);
}

static int explain_number(struct explaining *w, const char *arg, struct err *e)
{
	const char *colon = strrchr(arg, ':');
	char *number = colon == NULL ? strdup(arg) : strndup(arg, (size_t)(colon - arg));
	int64_t pos = 0;
	int rc = -1;

	if (number == NULL)
		return err_nomem(e);
	if (colon != NULL && num_parse_int(colon + 1, 1, 1000000, &pos) < 0)
		err_set(e, ERR_USAGE, "'%.60s': after the colon stands the number of a line", arg);
	else {
		w->pos = (int)pos;
		rc = query_invoices(w->a->store, NULL, number, on_document, w, e);
		if (rc == 0 && !w->found)
			rc = err_set(e, ERR_USAGE, "'%.60s' is no id of an entry and no invoice in %s; psabill list shows the invoices, entry ids stand in entries.csv and held.csv", number, w->a->cfg.ledger);
	}
	free(number);
	return rc;
}

enum err_code cmd_explain(struct app *a, struct err *e)
{
	struct explaining w = { .a = a };
	char id[37];

	if (app_load(a, 0, e) < 0 || app_open_store(a, STORE_READ, e) < 0)
		return e->code;
	if (text_uuid(id, a->opt.arg[0]) == 0) {
		w.entry = id;
		explain_entry(&w, e);
	} else {
		explain_number(&w, a->opt.arg[0], e);
	}
	return e->code;
}
