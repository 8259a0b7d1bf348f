/* The safety brakes: earlier periods from the ledger, findings told all at once, a stop before anything has a number, releases recorded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/run.h"

#define SENTENCES 5 /* in the message of a stop; run.json and a dry run show all */
#define LENGTH_DIFFERS 3 /* days by which periods of one kind differ: months have 28 to 31 */

/* name: for the page alone, of the user or the customer; or NULL. Sentences go into logs and the ledger, where no names are. */
struct brakes_told { struct brake_finding f; const char *action, *what, *name; };

/* Earlier periods as the ledger has them, before they are counted back from this one. */
struct past { struct run *r; struct brake_past *v; date_t *from; size_t n, cap; size_t cap_from; date_t periods[BRAKE_PERIODS]; int nperiods; };

/* Keeps the newest periods, newest first. */
static void note_period(struct past *p, date_t from)
{
	int at = 0;

	while (at < p->nperiods && p->periods[at] > from)
		at++;
	if (at == BRAKE_PERIODS || (at < p->nperiods && p->periods[at] == from))
		return;
	if (p->nperiods < BRAKE_PERIODS)
		p->nperiods++;
	for (int i = p->nperiods - 1; i > at; i--)
		p->periods[i] = p->periods[i - 1];
	p->periods[at] = from;
}

static int on_past(void *ctx, const char *company, const char *currency, date_t from, date_t cutoff, int64_t net_minor, struct err *e)
{
	struct past *p = ctx;
	const struct period *now = &p->r->rules.period;
	int64_t differ = (int64_t)(cutoff - from) - (now->to - now->from);
	int is_now = from == now->from && cutoff == now->to;

	if (!is_now && (cutoff > now->from || differ > LENGTH_DIFFERS || differ < -LENGTH_DIFFERS))
		return 0;
	if (buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) < 0 || buf_grow(&p->from, &p->cap_from, p->n + 1, sizeof *p->from) < 0)
		return err_nomem(e);
	p->v[p->n] = (struct brake_past){ pool_intern(p->r->pool, company), pool_intern(p->r->pool, currency), is_now ? 0 : -1, net_minor };
	p->from[p->n++] = from;
	if (!is_now)
		note_period(p, from);
	return pool_failed(p->r->pool) ? err_nomem(e) : 0;
}

/* Counts the periods back; what is too long ago goes. */
static void number_periods(struct past *p)
{
	size_t k = 0;

	for (size_t i = 0; i < p->n; i++) {
		for (int n = 0; n < p->nperiods && p->v[i].period < 0; n++)
			if (p->periods[n] == p->from[i])
				p->v[i].period = n + 1;
		if (p->v[i].period >= 0)
			p->v[k++] = p->v[i];
	}
	p->n = k;
}

static int is_released(const struct options *o, enum brake_kind kind)
{
	for (size_t i = 0; i < o->release.n; i++)
		if (strcmp(o->release.v[i], brake_name(kind)) == 0)
			return 1;
	return 0;
}

static const char *name_of(const struct run *r, const struct brake_finding *f)
{
	const struct customer *c;

	if (f->more > 0 || f->kind == BRAKE_RUN)
		return NULL;
	if (f->kind == BRAKE_DAY || f->kind == BRAKE_OVERLAP)
		return billable_user_name(r->items, f->subject);
	c = customer_find(&r->app->customers, f->subject);
	return c == NULL ? NULL : c->party.name != NULL ? c->party.name : c->company_name;
}

static int on_finding(void *ctx, const struct brake_finding *f, struct err *e)
{
	struct run *r = ctx;
	struct buf b = BUF_INIT;
	struct brakes_told *t;

	if (buf_grow(&r->brakes, &r->cap_brakes, r->nbrakes + 1, sizeof *r->brakes) < 0)
		return err_nomem(e);
	t = &r->brakes[r->nbrakes];
	brake_describe(f, &b);
	*t = (struct brakes_told){ .f = *f, .what = buf_ok(&b) ? pool_dup(r->pool, buf_text(&b)) : NULL, .name = name_of(r, f) };
	/* Borrowed during the call. */
	t->f.subject = pool_dup(r->pool, f->subject);
	t->f.entry = t->f.other = NULL;
	t->action = r->app->cfg.brakes.action[f->kind] == BRAKE_WARN ? "warn" : is_released(&r->app->opt, f->kind) ? "released" : "stop";
	buf_free(&b);
	if (t->what == NULL || pool_failed(r->pool))
		return err_nomem(e);
	r->nbrakes++;
	log_write(LOG_NOTE, "brake", "%s, %s: %s", brake_name(f->kind), t->action, t->what);
	return 0;
}

static int stops(const struct brakes_told *t)
{
	return strcmp(t->action, "stop") == 0;
}

/* What a person needs to decide, and the options that let it pass. */
static int refuse(const struct run *r, struct err *e)
{
	struct buf said = BUF_INIT, options = BUF_INIT;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < r->nbrakes; i++)
		if (stops(&r->brakes[i]) && n++ < SENTENCES)
			buf_fmt(&said, "%s%s", said.n > 0 ? "; " : "", r->brakes[i].what);
	if (n > SENTENCES)
		buf_fmt(&said, "; and %zu more", n - SENTENCES);
	for (int k = 0; k < BRAKE_KINDS; k++)
		for (size_t i = 0; i < r->nbrakes; i++)
			if (r->brakes[i].f.kind == (enum brake_kind)k && stops(&r->brakes[i])) {
				buf_fmt(&options, " --release %s", brake_name((enum brake_kind)k));
				break;
			}
	rc = !buf_ok(&said) || !buf_ok(&options) ? err_nomem(e) : err_set(e, ERR_DATA, "a brake stopped the run, nothing was issued: %s. Look at run --dry-run; if it is right, "
	    "repeat this run with%s", buf_text(&said), buf_text(&options));
	buf_free(&said);
	buf_free(&options);
	return rc;
}

int brakes_check(struct run *r, struct err *e)
{
	struct past p = { .r = r };
	struct brake_rules rules = r->app->cfg.brakes;
	const struct options *o = &r->app->opt;
	int rc = -1;

	rules.filtered = o->company.n + o->project.n + o->user.n + o->work.n > 0;
	if (balance_past(r->app->store, r->row.id, on_past, &p, e) < 0)
		goto out;
	number_periods(&p);
	if (brake_sums(&rules, p.v, p.n, p.nperiods, r->customers, r->ncustomers, on_finding, r, e) < 0 ||
	    billable_times(r->items, &rules, on_finding, r, e) < 0)
		goto out;
	rc = 0;
	for (size_t i = 0; i < r->nbrakes && rc == 0 && !o->dry_run; i++)
		if (stops(&r->brakes[i]))
			rc = refuse(r, e);
out:
	free(p.v);
	free(p.from);
	return rc;
}

static void write_finding(struct jout *j, const struct brakes_told *t)
{
	const struct brake_finding *f = &t->f;
	int scale = f->currency != NULL ? money_decimals(f->currency) : 0;

	jout_object(j, NULL);
	jout_text(j, "brake", brake_name(f->kind));
	jout_text(j, "action", t->action);
	if (f->more == 0) {
		jout_text(j, "subject", f->subject);
		jout_text(j, "unit", f->currency != NULL ? f->currency : "s");
		jout_dec(j, "value", f->value, scale);
		if (f->kind != BRAKE_OVERLAP)
			jout_dec(j, "usual", f->usual, scale);
	}
	jout_text(j, "what", t->what);
	jout_end_object(j);
}

int brakes_record(struct run *r, struct err *e)
{
	struct buf b = BUF_INIT;
	struct jout j;
	int rc;

	if (r->nbrakes == 0)
		return 0;
	jout_init(&j, &b, 0);
	jout_array(&j, NULL);
	for (size_t i = 0; i < r->nbrakes; i++)
		write_finding(&j, &r->brakes[i]);
	jout_end_array(&j);
	rc = !buf_ok(&b) ? err_nomem(e) : chain_append(r->app->store, r->row.id, "brakes", buf_text(&b), e);
	buf_free(&b);
	return rc;
}

/* A sentence with the name of whom it is about. */
static void print_what(const struct brakes_told *t)
{
	struct buf name = BUF_INIT;

	text_clean(&name, t->name == NULL ? "" : t->name, 0);
	printf("%s%s%s%s\n", t->what, name.n > 0 ? " (" : "", buf_text(&name), name.n > 0 ? ")" : "");
	buf_free(&name);
}

/* What only warns is one line per kind: the page is for decisions. */
void brakes_print(const struct run *r)
{
	if (r->nbrakes > 0)
		printf("\n  brakes\n");
	for (size_t i = 0, n; i < r->nbrakes; i += n) {
		const struct brakes_told *t = &r->brakes[i];
		int64_t count = 0;

		for (n = 0; i + n < r->nbrakes && t[n].f.kind == t->f.kind; n++)
			count += t[n].f.more > 0 ? t[n].f.more : 1;
		for (size_t k = 0; k < n && strcmp(t->action, "warn") != 0; k++) {
			printf("  %-8s %-8s ", brake_name(t->f.kind), stops(t) ? "STOPS" : t->action);
			print_what(&t[k]);
		}
		if (strcmp(t->action, "warn") == 0) {
			printf("  %-8s %-8s ", brake_name(t->f.kind), t->action);
			if (count > 1)
				printf("%lld times, all in run.json; ", (long long)count);
			print_what(t);
		}
	}
}

int brakes_options(const struct options *o, struct err *e)
{
	enum brake_kind kind;

	for (size_t i = 0; i < o->release.n; i++)
		if (brake_parse(o->release.v[i], &kind) < 0)
			return err_set(e, ERR_USAGE, "--release %.40s: there is no such brake; they are run, customer, gone, day, overlap", o->release.v[i]);
	return 0;
}
