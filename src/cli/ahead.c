/* What a run asks awork together with GET /me, since hardly one goes by without it: the projects, and how many entries there are. Kept in memory until the caller is known; whatever is missing, or was asked too
 * early after all, is asked again where it is needed. */
#include <stdlib.h>

#include "awork/fetch.h"
#include "awork/master.h"
#include "base/clock.h"
#include "cli/run.h"

#define FRESH_MS 60000

struct ahead {
	struct list *projects;
	struct fetch *fetch;
	int64_t until_ms, requests; /* of http_stats(), once they were answered: who settles what an earlier run left may change what was counted */
};

int ahead_ask(struct run *r, struct err *e)
{
	const struct app *a = r->app;
	const int named = a->opt.company.n + a->opt.project.n + a->opt.user.n + a->opt.work.n > 0;
	struct err ignored = ERR_INIT;

	/* A dump has its answers in the order in which they are needed. What is wrong with the period is told later. */
	if (a->opt.from_dump != NULL || a->opt.save_dump != NULL || collect_period(r, &ignored) < 0)
		return 0;
	r->ahead = calloc(1, sizeof *r->ahead);
	if (r->ahead == NULL)
		return err_nomem(e);
	if (!a->cfg.retainer && (r->ahead->projects = master_ask(a->http, MASTER_PROJECTS, e)) == NULL)
		return -1;
	if (!named) {
		const struct fetch_spec spec = { .filter = r->filter, .hint = r->rules.period.from, .page_size = (int)a->cfg.page_size };

		r->ahead->fetch = fetch_ask(a->http, &spec, e);
		if (r->ahead->fetch == NULL)
			return -1;
	}
	return 0;
}

void ahead_answered(struct run *r)
{
	if (r->ahead == NULL)
		return;
	r->ahead->until_ms = clock_boot_ms() + FRESH_MS;
	r->ahead->requests = http_stats(r->app->http).requests;
}

static int is_fresh(const struct run *r)
{
	return r->ahead != NULL && clock_boot_ms() < r->ahead->until_ms && http_stats(r->app->http).requests == r->ahead->requests;
}

int ahead_projects(struct run *r, struct master_list *out, struct err *e)
{
	struct app *a = r->app;
	struct list *l;
	int rc;

	if (!is_fresh(r) || r->ahead->projects == NULL)
		return master_list(a->http, MASTER_PROJECTS, a->pool, out, e);
	l = r->ahead->projects;
	r->ahead->projects = NULL;
	rc = master_take(l, MASTER_PROJECTS, a->pool, out, e);
	/* Further pages of the list change nothing. */
	r->ahead->requests = http_stats(a->http).requests;
	return rc;
}

int ahead_fetch(struct run *r, const struct fetch_spec *spec, struct fetch_result *out, struct err *e)
{
	struct fetch *f;

	if (!is_fresh(r) || r->ahead->fetch == NULL)
		return fetch_entries(r->app->http, spec, out, e);
	f = r->ahead->fetch;
	r->ahead->fetch = NULL;
	return fetch_take(f, spec, out, e);
}

void ahead_forget(struct run *r)
{
	if (r->ahead == NULL)
		return;
	list_free(r->ahead->projects);
	fetch_free(r->ahead->fetch);
	free(r->ahead);
	r->ahead = NULL;
}
