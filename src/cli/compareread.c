/* Reading: the period's windows once, what is unbilled before it, and by id what was not met. */
#include <stdlib.h>
#include <string.h>

#include "awork/fetch.h"
#include "awork/reread.h"
#include "base/text.h"
#include "cli/compareparts.h"

#define CONFIRM_BY_ID 200 /* more than so many claims that look unbilled are read by windows again */

static enum reconcile_mark mark_of(enum claim_state s)
{
	switch (s) {
	case CLAIM_CLAIMED:
		return RECONCILE_NEVER_SENT;
	case CLAIM_SENT:
	case CLAIM_MARKED:
		return RECONCILE_SENT;
	case CLAIM_UNMARKED_AUTH:
	case CLAIM_UNMARKED_REJECTED:
	case CLAIM_UNMARKED_UNKNOWN:
		return RECONCILE_REFUSED;
	case CLAIM_FOREIGN:
		return RECONCILE_BY_OTHERS;
	default:
		return RECONCILE_DONE;
	}
}

/* The entry as claimed: 1, 0 when its snapshot was purged, -1. */
static int read_snapshot(struct compare *c, const char *entry, struct entry *out, struct err *e)
{
	pool_reset(c->page);
	return claim_snapshot(c->r->app->store, entry, c->page, out, e);
}

static const char *name_of(struct compare *c, const char *name, const char *id)
{
	return pool_intern(c->pool, name != NULL ? name : id);
}

/* named: who it is, NULL when nobody knows any more. */
static int take_outcome(struct compare *c, struct compare_claim *k, const struct reconcile_verdict *verdict, const char *what, const struct entry *named, struct err *e)
{
	if (k->out == NULL && (k->out = pool_alloc(c->outcomes, sizeof *k->out)) == NULL)
		return err_nomem(e);
	*k->out = (struct compare_outcome){ .corrected_secs = k->out->corrected_secs, .verdict = *verdict, .what = pool_dup(c->pool, what) };
	if (named != NULL) {
		k->out->company = name_of(c, named->company_name, named->company_id);
		k->out->project = name_of(c, named->project_name, named->project_id);
		k->out->user = name_of(c, named->user_name, named->user_id);
	}
	return pool_failed(c->pool) ? err_nomem(e) : 0;
}

/* now: NULL when it is deleted. */
static int judge(struct compare *c, struct compare_claim *k, const struct entry *now, struct err *e)
{
	const struct reconcile_claim claim = { .mark = mark_of((enum claim_state)k->state), .voiding = k->voiding, .secs = k->secs };
	struct buf what = BUF_INIT;
	uint8_t fp[SHA_LEN];
	struct reconcile_verdict verdict;
	struct entry was;
	char entry[37];
	int same = 0, known = 0, rc = 0;

	if (now != NULL && entry_fingerprint(now, fp) < 0)
		return err_nomem(e);
	same = now != NULL && memcmp(fp, k->fp, CLAIM_FP) == 0;
	if (!same || (k->out != NULL && k->out->corrected_secs != 0))
		known = read_snapshot(c, text_uuid_unpack(entry, k->id), &was, e);
	if (known < 0)
		return -1;
	reconcile_classify(&claim, known ? &was : NULL, now, same, &verdict, &what);
	k->met = 1;
	/* An entry may be read twice; the last reading counts. */
	if (k->out != NULL)
		*k->out = (struct compare_outcome){ .corrected_secs = k->out->corrected_secs, .verdict = verdict };
	if (verdict.class != RECONCILE_AGREED)
		rc = take_outcome(c, k, &verdict, buf_text(&what), now != NULL ? now : known ? &was : NULL, e);
	if (rc == 0 && !buf_ok(&what))
		rc = err_nomem(e);
	buf_free(&what);
	return rc;
}

/* What the settings keep from being billed on purpose; all else that is held waits for a person. */
static int is_deliberate(const char *held)
{
	return strcmp(held, HELD_EXTERNAL) == 0 || strcmp(held, HELD_EXCLUDED) == 0 || strcmp(held, HELD_RETAINER) == 0 || strcmp(held, HELD_ON_HOLD) == 0;
}

static int value_of(struct compare *c, const struct entry *x, const struct select_verdict *v, struct reconcile_finding *f, struct err *e)
{
	const struct customer *k = v->customer;
	const struct reconcile_line l = { c->r->app->cfg.quantity, v->rate->price_e4, money_decimals(k->currency), k->rounding, 0 };
	int overflow = 0;

	f->has_money = 1;
	f->currency = k->currency;
	f->minor = reconcile_value(&l, k->rounding.scope == ROUNDING_ENTRY ? rounding_apply(&k->rounding, x->secs) : x->secs, &overflow);
	return overflow ? err_set(e, ERR_SOFTWARE, "the value of entry %s overflows", x->id) : 0;
}

/* On no document. */
static int take_loose(struct compare *c, const struct entry *x, struct err *e)
{
	struct reconcile_finding f = { .class = RECONCILE_ELSEWHERE, .date = x->date, .secs = x->has_secs && x->secs > 0 ? x->secs : 0 };
	struct select_verdict v;

	if (!x->billed) {
		if (select_entry(&c->r->rules, x, &v, e) < 0)
			return -1;
		f.class = v.held != NULL && is_deliberate(v.held) ? RECONCILE_HELD : RECONCILE_FORGOTTEN;
		f.reason = v.held;
		if (v.held == NULL && value_of(c, x, &v, &f, e) < 0)
			return -1;
	}
	f.entry = pool_dup(c->pool, x->id);
	f.company = name_of(c, x->company_name, x->company_id);
	f.project = name_of(c, x->project_name, x->project_id);
	f.user = name_of(c, x->user_name, x->user_id);
	if (pool_failed(c->pool) || buf_grow(&c->loose, &c->cap_loose, c->nloose + 1, sizeof *c->loose) < 0)
		return err_nomem(e);
	c->loose[c->nloose++] = f;
	return 0;
}

int compareread_rows(struct compare *c, const struct entry *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct compare_claim *k = compareparts_find(c, v[i].id);
		struct claim_review other;
		int live;

		if (k == NULL) {
			live = claim_review_entry(c->r->app->store, v[i].id, &other, e);
			if (live < 0 || (live > 0 && compareparts_add(c, &other, e) < 0))
				return -1;
			k = compareparts_find(c, v[i].id);
		}
		if ((k != NULL ? judge(c, k, &v[i], e) : take_loose(c, &v[i], e)) < 0)
			return -1;
	}
	return 0;
}

static int on_entries(void *ctx, const struct entry *v, size_t n, struct err *e)
{
	return compareread_rows(ctx, v, n, e);
}

/* What is billable and unbilled from before the period. */
static int fetch_earlier(struct compare *c, struct err *e)
{
	struct fetch_spec spec = {
		.filter = c->r->filter, .hint = DATE_NONE, .page_size = (int)c->r->app->cfg.page_size, .sink = on_entries, .ctx = c,
	};
	struct fetch_result result;

	spec.filter.billable = 1;
	spec.filter.from = DATE_NONE;
	spec.filter.to = c->r->rules.period.from;
	if (fetch_entries(c->r->app->http, &spec, &result, e) < 0)
		return -1;
	c->undated += result.undated;
	return 0;
}

struct reading { struct compare *c; size_t *at; };

static int on_read(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct reading *r = ctx;

	return judge(r->c, &r->c->claims[r->at[item]], now, e);
}

static int looks_unbilled(const struct compare_claim *k)
{
	const enum reconcile_class class = compareparts_class(k);

	return class == RECONCILE_REOPENED || class == RECONCILE_UNMARKED;
}

/* missing: those that no window returned; else those that look unbilled, since lists may lag behind a write. */
static int read_claims(struct compare *c, int missing, struct err *e)
{
	struct entry_key *items = calloc(c->n + 1, sizeof *items);
	struct reading r = { c, calloc(c->n + 1, sizeof *r.at) };
	size_t n = 0;
	int rc = -1;

	if (items == NULL || r.at == NULL) {
		err_nomem(e);
		goto out;
	}
	for (size_t i = 0; i < c->n; i++)
		if (missing ? !c->claims[i].met : looks_unbilled(&c->claims[i])) {
			memcpy(items[n].id, c->claims[i].id, sizeof items->id);
			items[n].date = c->claims[i].date;
			r.at[n++] = i;
		}
	rc = reread_entries(c->r->app->http, items, sizeof *items, n, (int)c->r->app->cfg.page_size, !missing && n <= CONFIRM_BY_ID ? REREAD_BY_ID : REREAD_ANY, on_read, &r, e);
out:
	free(items);
	free(r.at);
	return rc;
}

int compareread_all(struct compare *c, struct err *e)
{
	if ((c->ahead == NULL && compareahead_begin(c, e) < 0) || compareahead_end(c, e) < 0 || fetch_earlier(c, e) < 0)
		return -1;
	return read_claims(c, 1, e) < 0 || read_claims(c, 0, e) < 0 ? -1 : compareparts_add_documents(c, e);
}
