#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "awork/master.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/customers.h"
#include "cli/progress.h"

/* Member states of the European Union: a business there is billed with reverse charge (Directive 2006/112/EC, articles 44 and 196). */
static const char *const eu[] = { "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL",
	"PL", "PT", "RO", "SE", "SI", "SK" };

static int in_eu(const char *country)
{
	for (size_t i = 0; i < sizeof eu / sizeof *eu; i++)
		if (strcmp(country, eu[i]) == 0)
			return 1;
	return 0;
}

/* A proposal for a new row, for a person to confirm; NULL: as the configuration says. */
static const char *propose_tax(const struct config *c, const char *country)
{
	if (country == NULL || strcmp(country, c->seller.country) == 0 || !in_eu(c->seller.country) || strcmp(c->tax_category, "S") != 0)
		return NULL;
	return in_eu(country) ? "AE" : "O";
}

static void say(const struct app *a, const struct master_item *company, const char *what)
{
	struct buf b = BUF_INIT;

	if (a->opt.quiet)
		return;
	text_clean(&b, company->name == NULL ? company->id : company->name, 0);
	printf("%s: %s\n", buf_text(&b), what);
	buf_free(&b);
}

/* A code of two letters, whatever case it was typed in; anything else is left to a person. */
static const char *country_of(struct pool *pool, const char *s)
{
	char code[3] = "";

	if (s == NULL || strlen(s) != 2)
		return NULL;
	for (int i = 0; i < 2; i++)
		code[i] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 'a' + 'A') : s[i];
	return strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2 ? pool_dup(pool, code) : NULL;
}

static int collect(struct app *a, struct master_list *companies, struct customers_found **out, struct err *e)
{
	struct master_contact *contacts;
	struct customers_found *found;

	if (master_list(a->http, MASTER_COMPANIES, a->pool, companies, e) < 0)
		return -1;
	contacts = pool_alloc(a->pool, (companies->n + 1) * sizeof *contacts);
	found = pool_alloc(a->pool, (companies->n + 1) * sizeof *found);
	if (contacts == NULL || found == NULL)
		return err_nomem(e);
	progress_stage("customers", (int64_t)companies->n);
	if (master_contacts(a->http, companies, a->pool, contacts, e) < 0)
		return -1;
	progress_set((int64_t)companies->n, (int64_t)companies->n);
	progress_end();
	for (size_t i = 0; i < companies->n; i++) {
		const struct master_contact *k = &contacts[i];
		struct customers_found *f = &found[i];

		*f = (struct customers_found){ companies->v[i].id, companies->v[i].name, k->customer_number, k->street, k->zip, k->city,
			country_of(a->pool, k->country), k->vat_id, k->email, NULL };
		f->tax_category = propose_tax(&a->cfg, f->country);
		if (k->country != NULL && f->country == NULL)
			say(a, &companies->v[i], "the country in awork is no code of two letters; fill in the column country");
		if (k->problem != NULL)
			say(a, &companies->v[i], pool_fmt(a->pool, "%s; fill in its row", k->problem));
		if (f->tax_category != NULL)
			say(a, &companies->v[i], strcmp(f->tax_category, "AE") == 0 ? "abroad, in the EU: a new row proposes tax category AE (reverse charge); please confirm" :
			    "outside the EU: a new row proposes tax category O (not taxable); please confirm");
	}
	*out = found;
	return 0;
}

enum err_code cmd_customers(struct app *a, struct err *e)
{
	struct customers_found *found = NULL;
	struct customers_merge merge = { 0, 0, 0 };
	struct master_list companies;
	struct diag d = { 0 };
	int rc = -1;

	progress_setup(!a->opt.quiet);
	if (app_load(a, 0, e) < 0 || app_connect(a, e) < 0 || collect(a, &companies, &found, e) < 0)
		goto out;
	if (customers_merge(a->cfg.customers, found, companies.n, &merge, &d, e) < 0)
		goto out;
	app_print(&d);
	if (!diag_empty(&d)) {
		err_set(e, ERR_CONFIG, "%s has %zu problems, nothing was written", a->cfg.customers, d.n);
		goto out;
	}
	if (!a->opt.quiet)
		printf("%s: %zu customers, %zu added, %zu completed\n", a->cfg.customers, merge.rows, merge.added, merge.filled);
	if (!a->opt.quiet && isatty(STDOUT_FILENO))
		printf("\nnext: look it over, then psabill check\n");
	rc = 0;
out:
	progress_end();
	diag_free(&d);
	return rc == 0 ? ERR_OK : e->code;
}
