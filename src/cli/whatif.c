/* run --dry-run --compare: the entries of the snapshot are selected, priced and composed a second time, with other settings, before anything is planned. */
#include "cli/whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "cli/configkeys.h"
#include "cli/portion.h"
#include "cli/progress.h"
#include "cli/run.h"

struct whatif {
	struct app app;             /* the alternative: settings and tables of its own; options, connection and ledger are the run's */
	struct run run;             /* what it would bill; empty but while it is priced */
	struct pool *pool;
	struct config_changes changes;
	size_t key[OPTIONS_MANY];
	const char *value[OPTIONS_MANY];
	struct whatif_change change[OPTIONS_MANY];
	struct whatif_table table;
	int whole;                  /* both sides are in the table */
};

int whatif_options(const struct options *o, struct err *e)
{
	if (o->compare.n > 0 && !o->dry_run)
		return err_set(e, ERR_USAGE, "--compare is for --dry-run alone: it shows what another setting would change; to bill so, set it in psabill.conf");
	return 0;
}

/* The words of WHATIF_KEYS: 1 while there is one more. */
static int next_key(const char **p, char word[32])
{
	size_t n = strcspn(*p, ",");

	snprintf(word, 32, "%.*s", (int)n, *p);
	*p += n;
	*p += strspn(*p, ", ");
	return n > 0;
}

static int can_be_compared(const char *key)
{
	char word[32];

	for (const char *p = WHATIF_KEYS; next_key(&p, word);)
		if (strcmp(word, key) == 0)
			return 1;
	return 0;
}

static int unknown(const char *name, int is_setting, struct err *e)
{
	struct near_search near;
	char words[16][32];
	size_t n = 0;

	near_start(&near, name);
	for (const char *p = WHATIF_KEYS; n < 16 && next_key(&p, words[n]); n++)
		near_offer(&near, words[n]);
	return err_set(e, ERR_USAGE, "--compare %.60s: %s%s%s; these can be compared: %s", name, is_setting ? "this setting changes neither prices nor lines" : "there is no such setting",
	    near.best != NULL ? "; did you mean " : "", near.best != NULL ? near.best : "", WHATIF_KEYS);
}

/* KEY or SECTION.KEY. */
static int find_key(const char *name, size_t *out, struct err *e)
{
	const char *dot = strchr(name, '.'), *key = dot == NULL ? name : dot + 1;
	int is_setting = 0;

	for (size_t i = 0; i < configkeys_n; i++) {
		const struct configkeys_key *k = &configkeys_table[i];

		if (strcmp(k->key, key) != 0 || (dot != NULL && (strlen(k->section) != (size_t)(dot - name) || strncmp(k->section, name, (size_t)(dot - name)) != 0)))
			continue;
		is_setting = 1;
		*out = i;
		if (can_be_compared(key))
			return 0;
	}
	return unknown(name, is_setting, e);
}

static int read_one(struct whatif *w, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *wrong;
	struct config scratch = { .path = "" };
	size_t *key = &w->key[w->changes.n];
	char *name;

	if (equals == NULL || equals == text)
		return err_set(e, ERR_USAGE, "--compare takes KEY=VALUE, such as round_mode=up, not '%.60s'; these can be compared: %s", text, WHATIF_KEYS);
	name = pool_dupn(w->pool, text, (size_t)(equals - text));
	if (name == NULL)
		return err_nomem(e);
	if (find_key(name, key, e) < 0)
		return -1;
	for (size_t i = 0; i < w->changes.n; i++)
		if (w->key[i] == *key)
			return err_set(e, ERR_USAGE, "--compare names %s twice; all of them together are one alternative", configkeys_table[*key].key);
	wrong = configkeys_assign(&scratch, &configkeys_table[*key], equals + 1, "", w->pool);
	if (wrong != NULL)
		return err_set(e, ERR_USAGE, "--compare: %s = %.80s: %s", configkeys_table[*key].key, equals + 1, wrong);
	w->value[w->changes.n++] = equals + 1;
	return pool_failed(w->pool) ? err_nomem(e) : 0;
}

static int read_options(struct whatif *w, const struct options *o, const struct config *c, struct err *e)
{
	for (size_t i = 0; i < o->compare.n; i++)
		if (read_one(w, o->compare.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < w->changes.n; i++) {
		const struct configkeys_key *k = &configkeys_table[w->key[i]];

		w->change[i] = (struct whatif_change){ pool_fmt(w->pool, "%s.%s", k->section, k->key), c->text[w->key[i]], w->value[i] };
	}
	return pool_failed(w->pool) ? err_nomem(e) : 0;
}

int whatif_open(struct run *r, struct err *e)
{
	struct whatif *w;

	if (r->app->opt.compare.n == 0)
		return 0;
	w = r->whatif = calloc(1, sizeof *w);
	if (w == NULL || (w->pool = pool_new()) == NULL)
		return err_nomem(e);
	w->changes = (struct config_changes){ .label = "--compare", .key = w->key, .value = w->value };
	w->table = (struct whatif_table){ .pool = w->pool, .changes = w->change };
	if (read_options(w, &r->app->opt, &r->app->cfg, e) < 0)
		return -1;
	w->table.nchanges = w->changes.n;
	w->app.opt = r->app->opt;
	w->app.changes = &w->changes;
	return app_load(&w->app, 1, e) < 0 ? err_ctx(e, "--compare") : 0;
}

/* The run's rules with the alternative's settings and tables; names that options filter by, holds and claims are the same. */
static int take_rules(struct run *x, const struct run *r, struct err *e)
{
	struct app *a = x->app;

	x->row = r->row;
	x->date = r->date;
	x->rules = r->rules;
	x->rules.customers = &a->customers;
	x->rules.complete = &a->complete;
	x->rules.rates = &a->rates;
	x->rules.late = a->cfg.late;
	x->rules.bill_external = a->cfg.external;
	x->rules.bill_retainer = a->cfg.retainer;
	x->rules.excluded_projects = a->cfg.excluded;
	x->rules.nexcluded = a->cfg.nexcluded;
	return !a->cfg.retainer && r->app->cfg.retainer ? collect_retainers(x, e) : 0;
}

static int on_entry(void *ctx, const struct entry *x, const struct select_verdict *now, const char *before, struct err *e)
{
	struct run *r = ctx;
	struct whatif *w = r->whatif;

	if (before != NULL && whatif_add_held(&w->table, WHATIF_NOW, x, customer_find(&r->app->customers, x->company_id), e) < 0)
		return -1;
	return now->held == NULL ? 0 : whatif_add_held(&w->table, WHATIF_WITH, x, customer_find(&w->app.customers, x->company_id), e);
}

/* By its own rules the run must find what it found when it read the entries: else the snapshot does not hold all that counts. */
static int on_same(void *ctx, const struct entry *x, const struct select_verdict *now, const char *before, struct err *e)
{
	(void)ctx;
	if ((now->held == NULL) == (before == NULL) && (before == NULL || strcmp(now->held, before) == 0))
		return 0;
	return err_set(e, ERR_SOFTWARE, "entry %s of the snapshot is %s, and was %s when it was read", x->id, now->held == NULL ? "billable" : now->held, before == NULL ? "billable" : before);
}

static int on_portion(void *ctx, struct portion *p, struct err *e)
{
	struct whatif *w = ctx;

	return whatif_add_plan(&w->table, WHATIF_WITH, &p->plan, e);
}

static int price(struct run *x, struct run *r, struct err *e)
{
	if (take_rules(x, r, e) < 0 || collect_again(x, on_entry, r, e) < 0 || fees_collect(x, e) < 0 || corrections_collect(x, e) < 0)
		return -1;
	return portion_each(x, on_portion, r->whatif, e);
}

/* One after the other, so that a comparison takes the memory of one run: the run's own items go, and come back from the snapshot. */
int whatif_price(struct run *r, struct err *e)
{
	struct whatif *w = r->whatif;
	int rc;

	if (w == NULL)
		return 0;
	progress_stage("compare", r->totals.fetched);
	run_forget(r);
	w->app.store = r->app->store;
	w->app.http = r->app->http;
	w->run = (struct run){ .app = &w->app, .silent = 1 };
	rc = price(&w->run, r, e);
	run_forget(&w->run);
	w->app.store = NULL;
	w->app.http = NULL;
	if (rc < 0)
		return err_ctx(e, "--compare");
	return collect_again(r, on_same, NULL, e);
}

int whatif_add(struct run *r, const struct compose_plan *part, struct err *e)
{
	return r->whatif == NULL ? 0 : whatif_add_plan(&r->whatif->table, WHATIF_NOW, part, e);
}

int whatif_end(struct run *r, struct err *e)
{
	struct whatif *w = r->whatif;

	if (w == NULL)
		return 0;
	if (whatif_close(&w->table, e) < 0)
		return -1;
	w->whole = 1;
	return 0;
}

const struct whatif_table *whatif_table(const struct run *r)
{
	return r->whatif == NULL || !r->whatif->whole ? NULL : &r->whatif->table;
}

void whatif_free(struct whatif *w)
{
	if (w == NULL)
		return;
	run_forget(&w->run);
	free(w->table.v);
	pool_free(w->app.pool);
	pool_free(w->pool);
	free(w);
}
