/* Compose and plan: invoices with lines and numbers, claims on the entries, in one transaction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/reread.h"
#include "base/jout.h"
#include "base/sorter.h"
#include "base/text.h"
#include "billing/number.h"
#include "cli/advance.h"
#include "cli/exception.h"
#include "cli/page.h"
#include "cli/portion.h"
#include "cli/progress.h"
#include "cli/run.h"

/* Entries that were billed and that awork shows as unbilled: somebody re-opened them, or the list lags. Read again, by id at last, before anything is said. */
struct disputes {
	struct run *r;
	struct entry_key *v;
	unsigned char *open; /* of v: unbilled in the last reading */
	size_t n, cap;
};

/* A mark that was refused or not sent yet is a debt, not a dispute. */
static int is_debt(enum claim_state s)
{
	return s == CLAIM_CLAIMED || s == CLAIM_SENT || s == CLAIM_UNMARKED_AUTH || s == CLAIM_UNMARKED_REJECTED || s == CLAIM_UNMARKED_UNKNOWN;
}

static int on_held(void *ctx, const struct entry *x, const char *reason, struct err *e)
{
	struct disputes *d = ctx;
	enum claim_state state = CLAIM_CLAIMED;
	char invoice[NUMBER_LEN] = "", document[12] = "";

	(void)reason;
	if (claim_live(d->r->app->store, x->id, &state, invoice, e) < 0 || query_state_of(d->r->app->store, invoice, document, e) < 0)
		return -1;
	/* A void that rests set them unbilled itself. */
	if (is_debt(state) || strcmp(document, "VOIDING") == 0)
		return 0;
	if (buf_grow(&d->v, &d->cap, d->n + 1, sizeof *d->v) < 0)
		return err_nomem(e);
	return entry_key_of(&d->v[d->n++], x->id, x->date, e);
}

static int on_read(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct disputes *d = ctx;

	(void)e;
	d->open[item] = now != NULL && !now->billed;
	return 0;
}

static int read_disputes(struct disputes *d, int by_id, struct err *e)
{
	size_t k = 0;

	memset(d->open, 0, d->n + 1);
	if (d->n > 0 && reread_entries(d->r->app->http, d->v, sizeof *d->v, d->n, (int)d->r->app->cfg.page_size, by_id ? REREAD_BY_ID : REREAD_ANY, on_read, d, e) < 0)
		return -1;
	for (size_t i = 0; i < d->n; i++)
		if (d->open[i])
			d->v[k++] = d->v[i];
	d->n = k;
	return 0;
}

static int reopen(void *ctx, struct err *e)
{
	struct disputes *d = ctx;

	for (size_t i = 0; i < d->n; i++) {
		struct claim c = { .state = CLAIM_VERIFIED };
		char run[16] = "";

		text_uuid_unpack(c.entry, d->v[i].id);
		if (claim_live(d->r->app->store, c.entry, &c.state, c.invoice, e) < 0 || query_run_of(d->r->app->store, c.invoice, run, e) < 0)
			return -1;
		if (c.state != CLAIM_REOPENED && exception_record(d->r, run, &c, CLAIM_REOPENED, NULL, "unbilled in awork after it was billed", e) < 0)
			return -1;
	}
	return 0;
}

int bill_disputes(struct run *r, struct err *e)
{
	struct disputes d = { .r = r };
	int rc = -1;

	r->disputed = 0;
	if (snap_each_held_for(r->app->store, r->row.id, HELD_ON_INVOICE, on_held, &d, e) < 0)
		goto out;
	d.open = calloc(d.n + 1, 1);
	if (d.open == NULL) {
		err_nomem(e);
		goto out;
	}
	if (read_disputes(&d, 0, e) < 0 || read_disputes(&d, 1, e) < 0)
		goto out;
	r->disputed = (int64_t)d.n;
	/* A dry run only counts. */
	rc = d.n == 0 || r->app->opt.dry_run ? 0 : advance_work(r, reopen, &d, "D4 disputes", e);
out:
	free(d.open);
	free(d.v);
	return rc;
}

/* The number of a draft says so, wherever it is copied to. */
int bill_number(struct run *r, struct invoice *v, const char *format, struct err *e)
{
	const struct config *c = &r->app->cfg;
	char series[64], number[NUMBER_LEN], run[16];
	int found;

	if (number_series(format, v->date, series, e) < 0 ||
	    plan_next_number(r->app->store, series, c->number_start, &v->n, e) < 0 || number_make(format, v->date, v->n, number, e) < 0)
		return -1;
	v->draft = r->app->opt.dry_run;
	v->series = pool_dup(r->pool, series);
	v->number = pool_fmt(r->pool, "%s%s", v->draft ? "DRAFT-" : "", number);
	if (v->series == NULL || v->number == NULL)
		return err_nomem(e);
	found = query_run_of(r->app->store, v->number, run, e);
	return found == 0 ? 0 : found < 0 ? -1 : err_set(e, ERR_CONFIG, "number %s stands on a document of %s already; change [billing] number_format or "
	    "number_start", v->number, run);
}

int bill_store_totals(struct run *r, struct err *e)
{
	const struct conserve_totals *t = &r->totals;
	char held_sha[SHA_HEX];
	struct buf b = BUF_INIT;
	struct jout j;
	int rc;

	if (r->held_sha == NULL && idle_digest(r, held_sha, e) < 0)
		return -1;

	jout_init(&j, &b, 0);
	jout_object(&j, NULL);
	jout_int(&j, "fetched", t->fetched);
	jout_int(&j, "billed", t->billed);
	jout_int(&j, "held", t->held);
	jout_int(&j, "late", t->late);
	jout_int(&j, "fetched_secs", t->fetched_secs);
	jout_int(&j, "billed_secs", t->billed_secs);
	jout_int(&j, "held_secs", t->held_secs);
	jout_int(&j, "rounded_secs", t->rounded_secs);
	jout_int(&j, "shortfall", r->shortfall);
	jout_int(&j, "undated", r->undated);
	jout_int(&j, "disputed", r->disputed);
	jout_int(&j, "fees_held", r->held_fees);
	jout_int(&j, "unbooked", r->unbooked);
	jout_text(&j, "held_sha", r->held_sha != NULL ? r->held_sha : held_sha);
	jout_end_object(&j);
	rc = buf_ok(&b) ? store_run_set_totals(r->app->store, &r->row, buf_text(&b), e) : err_nomem(e);
	buf_free(&b);
	return rc;
}

/* Fees and corrections: what is billed once beside the entries. */
static int put_others(struct run *r, const struct invoice *v, struct err *e)
{
	struct store *s = r->app->store;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		if (l->fee != NULL && plan_put_fee(s, l->fee, v->number, l->pos, e) < 0)
			return -1;
		if (l->correction != NULL && plan_put_correction(s, l->correction, l->correction_secs, v->number, l->pos, e) < 0)
			return -1;
	}
	return 0;
}

static int put_balance(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->ncustomers; i++)
		if (balance_put(r->app->store, r->row.id, &r->customers[i], e) < 0)
			return -1;
	return 0;
}

/* What is kept of an entry until its claim is made: behind all documents, in the order of the snapshot, whose rows claims are linked to and read back by. */
struct claiming { uint8_t entry[16]; const char *number; const struct rate *rate; int64_t snap, secs, billed_secs; date_t date; int pos; };

struct saving { struct run *r; struct sorter *claims; };

static int keep_claim(struct saving *w, const struct compose_item *x, const char *number, struct err *e)
{
	struct claiming c;
	uint8_t key[8];

	memset(&c, 0, sizeof c);
	c.number = number;
	c.rate = x->rate;
	c.snap = x->snap;
	c.date = x->date;
	c.secs = x->secs;
	c.billed_secs = x->billed_secs;
	c.pos = x->pos;
	memcpy(c.entry, x->id, sizeof c.entry);
	sorter_key_int(key, x->snap);
	return sorter_add(w->claims, key, sizeof key, &c, sizeof c, e) < 0 ? -1 : recheck_beside(w->r, e);
}

static int save_portion(void *ctx, struct portion *p, struct err *e)
{
	struct saving *w = ctx;
	struct run *r = w->r;
	struct store *s = r->app->store;
	size_t k = 0;

	for (size_t i = 0; i < p->plan.n; i++) {
		struct invoice *v = &p->plan.invoices[i];

		r->unbooked += r->app->cfg.datev && strcmp(v->currency, "EUR") != 0;
		if (bill_number(r, v, customer_find(&r->app->customers, v->company_id)->number_format, e) < 0 || plan_put_invoice(s, r->row.id, v, e) < 0 ||
		    put_others(r, v, e) < 0)
			return -1;
		for (; k < p->n && p->items[k].invoice == (int)i; k++)
			if (keep_claim(w, &p->items[k], v->number, e) < 0)
				return -1;
	}
	return plan_put_rates(s, r->row.id, p->items, p->n, e) < 0 ? -1 : whatif_add(r, &p->plan, e);
}

static int put_claims(struct saving *w, struct err *e)
{
	struct plan_claims *p = plan_claims_new(w->r->app->store, w->r->row.id, e);
	struct sorter_record x;
	int rc = p == NULL ? -1 : sorter_sort(w->claims, e);

	while (rc == 0 && (rc = sorter_next(w->claims, &x, e)) > 0) {
		const struct claiming *c = x.payload;
		struct compose_item item = { .snap = c->snap, .date = c->date, .secs = c->secs, .rate = c->rate, .pos = c->pos, .billed_secs = c->billed_secs };

		memcpy(item.id, c->entry, sizeof item.id);
		rc = plan_claims_put(p, &item, c->number, e) < 0 ? -1 : recheck_beside(w->r, e);
	}
	plan_claims_free(p);
	return rc;
}

static int save_documents(struct run *r, struct err *e)
{
	struct saving w = { r, sorter_new(sorter_folder(r->app->cfg.out_dir), SORTER_LIMIT / 2, e) };
	int rc = -1;

	if (w.claims != NULL && portion_each(r, save_portion, &w, e) == 0 && brakes_check(r, e) == 0) {
		/* Claims are in the sorter, or in the ledger; nothing else is asked of entries. */
		billable_free(r->items);
		r->items = NULL;
		rc = put_claims(&w, e);
	}
	sorter_free(w.claims);
	return rc;
}

/* Everything inside one transaction: all of the plan, or nothing. */
static int save_plan(struct run *r, struct err *e)
{
	struct store *s = r->app->store;

	r->unbooked = 0;
	if (save_documents(r, e) < 0 || put_balance(r, e) < 0 || brakes_record(r, e) < 0 || inputs_save(r->inputs, s, r->row.id, e) < 0 || page_save(r, e) < 0 ||
	    store_run_set_date(s, &r->row, r->date, e) < 0)
		return -1;
	return bill_store_totals(r, e);
}

static void on_unbalanced(void *ctx, const char *sentence)
{
	struct err *e = ctx;

	if (e->code == ERR_OK)
		err_set(e, ERR_SOFTWARE, "the run does not balance, nothing is issued: %s", sentence);
}

int bill_prove(struct run *r, struct err *e)
{
	struct err found = ERR_INIT;

	if (balance_check(r->app->store, r->row.id, !run_is_void(r), on_unbalanced, &found, e) < 0)
		return -1;
	return found.code == ERR_OK ? 0 : err_set(e, found.code, "%s", found.msg);
}

int bill_plan(struct run *r, struct err *e)
{
	progress_stage("plan", billable_count(r->items));
	return advance_run(r, RUN_PLANNED, NULL, save_plan, "D4", e);
}
