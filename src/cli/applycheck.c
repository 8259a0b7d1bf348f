/* The plan as a whole: refused with every reason in one go, or what is left to be done, and what it is worth. */
#include <stdlib.h>
#include <string.h>

#include "awork/reread.h"
#include "cli/apply.h"

#define SINGLES_MAX 15000 /* requests of their own that one apply may need */

static const char *ref(const struct applyplan_item *i)
{
	return applyplan_name(i->action);
}

static void refuse(struct applying *w, const struct applyplan_item *i, const char *sentence)
{
	diag_add(&w->diag, w->file, i->line, "%s of entry %s: %s", ref(i), i->entry, sentence);
}

static struct apply_sum *sum_of(struct applying *w, const char *currency)
{
	for (size_t k = 0; k < w->nsums; k++)
		if (strcmp(w->sums[k].currency, currency) == 0)
			return &w->sums[k];
	if (w->nsums == APPLY_CURRENCIES)
		return NULL;
	w->sums[w->nsums] = (struct apply_sum){ .currency = currency };
	return &w->sums[w->nsums++];
}

/* Adds what an entry is worth, before or after; x NULL: it is not there. */
static int add_worth(struct applying *w, const struct entry *x, int after, struct err *e)
{
	struct worth v = { 0 };
	struct apply_sum *s;

	if (x != NULL && worth_of(&w->r.rules, w->a->cfg.quantity, x, &v, e) < 0)
		return -1;
	*(after ? &w->secs_after : &w->secs_before) += v.secs;
	s = v.has_money ? sum_of(w, v.currency) : NULL;
	if (s != NULL && num_add(after ? &s->after_minor : &s->before_minor, v.minor) < 0)
		return err_set(e, ERR_SOFTWARE, "the sum of the changes overflows");
	return 0;
}

/* A deletion that an apply made before is as wanted; any other unknown id is a mistake. 1: as wanted, 0, -1. */
static int was_deleted(struct applying *w, const struct applyplan_item *i, struct err *e)
{
	return i->action == APPLYPLAN_DELETE ? apply_deleted(w->a->store, i->entry, e) : 0;
}

/* What the ledger alone knows of: 1 keep, 0 as wanted already, -1. */
static int check_local(struct applying *w, struct applyplan_item *i, struct err *e)
{
	char *text = hold_of(w->a->store, i->entry, e);
	int keep;

	if (text == NULL && e->code != ERR_OK)
		return -1;
	if (i->action == APPLYPLAN_HOLD) {
		keep = text == NULL || strcmp(text, i->value) != 0;
	} else {
		keep = text != NULL;
		i->value = pool_dup(w->pool, text);
	}
	free(text);
	return pool_failed(w->pool) ? err_nomem(e) : keep;
}

static int keep_before(struct applying *w, struct applyplan_item *i, const struct entry *now, struct err *e)
{
	struct buf b = BUF_INIT;

	entry_write(now, &b);
	i->before = buf_ok(&b) ? pool_dup(w->pool, buf_text(&b)) : NULL;
	i->date = now->date;
	buf_free(&b);
	return i->before != NULL ? 0 : err_nomem(e);
}

/* All changes of one entry; those that are left move to w->v[*kept]. */
static int check_entry(struct applying *w, const struct applyplan_item *v, size_t n, size_t *kept, struct err *e)
{
	const struct apply_known *k = applyresolve_find(w, v->entry);
	char invoice[NUMBER_LEN] = "";
	struct entry x = { .date = DATE_NONE };
	int gone = 0, claimed = claim_live(w->a->store, v->entry, NULL, invoice, e);

	if (claimed < 0)
		return -1;
	if (k != NULL && k->found)
		x = k->now;
	for (size_t i = 0; i < n; i++) {
		struct applyplan_item item = v[i];
		const char *why = NULL;
		int rc = 1;

		for (size_t j = 0; j < i && why == NULL; j++) {
			why = applyplan_contradiction(&v[j], &v[i]);
			rc &= !applyplan_same(&v[j], &v[i]);
		}
		if (why != NULL) {
			diag_add(&w->diag, w->file, item.line, "%s of entry %s contradicts line %d: %s", ref(&item), item.entry, v[i - 1].line, why);
			continue;
		}
		if (rc == 0) {
			w->already++;
			continue;
		}
		if (k == NULL || !k->found) {
			rc = was_deleted(w, &item, e);
			if (rc == 0)
				refuse(w, &item, "awork knows no such entry");
			w->already += rc > 0;
		} else if (claimed) {
			diag_add(&w->diag, w->file, item.line, "%s of entry %s: it stands on invoice %s; psabill void %s --reason TEXT comes first", ref(&item), item.entry,
			    invoice, invoice);
		} else if (applyplan_is_local(item.action)) {
			rc = check_local(w, &item, e);
			w->already += rc == 0;
			if (rc > 0)
				w->v[(*kept)++] = item;
		} else if (applyplan_is_wanted(&item, &x)) {
			w->already++;
		} else if ((why = applyplan_forbidden(&item, &x)) != NULL) {
			refuse(w, &item, why);
		} else {
			if (keep_before(w, &item, &k->now, e) < 0)
				return -1;
			w->v[(*kept)++] = item;
			applyplan_make(&item, &x);
			gone |= item.action == APPLYPLAN_DELETE;
		}
		if (rc < 0)
			return -1;
	}
	if (k == NULL || !k->found)
		return 0;
	return add_worth(w, &k->now, 0, e) < 0 ? -1 : add_worth(w, gone ? NULL : &x, 1, e);
}

/* ---- new entries ---- */

struct key { uint8_t sha[SHA_LEN]; size_t at; int line; };

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int c = memcmp(x->sha, y->sha, SHA_LEN);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

static int on_made(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	(void)item;
	(void)e;
	*(int *)ctx = now != NULL;
	return 0;
}

/* 1 when an earlier apply made exactly this one and it is still there, 0, -1. */
static int made_before(struct applying *w, const struct key *k, struct err *e)
{
	char entry[37], id[16];
	struct entry_key key;
	int rc = apply_created(w->a->store, k->sha, entry, id, e), there = 0;

	if (rc <= 0)
		return rc;
	if (entry_key_of(&key, entry, DATE_NONE, e) < 0 || reread_entries(w->a->http, &key, sizeof key, 1, (int)w->a->cfg.page_size, REREAD_BY_ID, on_made, &there, e) < 0)
		return -1;
	return there;
}

static int check_new(struct applying *w, struct applyplan_item *v, size_t n, size_t *kept, struct err *e)
{
	struct key *keys = calloc(n + 1, sizeof *keys);
	int rc = keys == NULL ? err_nomem(e) : 0;
	struct entry want;

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = entry_read(v[i].value, strlen(v[i].value), w->pool, &want, e);
		if (rc == 0 && applyplan_key(&want, keys[i].sha) < 0)
			rc = err_nomem(e);
		keys[i].at = i;
		keys[i].line = v[i].line;
	}
	if (rc == 0)
		qsort(keys, n, sizeof *keys, by_key);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct applyplan_item *item = &v[keys[i].at];

		if (i > 0 && memcmp(keys[i - 1].sha, keys[i].sha, SHA_LEN) == 0) {
			diag_add(&w->diag, w->file, item->line, "create: the same new entry as in line %d; two of them must differ, in the note for instance", keys[i - 1].line);
			continue;
		}
		rc = made_before(w, &keys[i], e);
		if (rc > 0) {
			w->already++;
			rc = 0;
			item->line = -1;
		}
	}
	free(keys);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (v[i].line < 0)
			continue;
		rc = entry_read(v[i].value, strlen(v[i].value), w->pool, &want, e);
		want.local_ok = 1;
		if (rc == 0)
			rc = add_worth(w, &want, 1, e);
		w->v[(*kept)++] = v[i];
	}
	return rc;
}

static void count_singles(struct applying *w)
{
	int64_t singles = 0;

	for (size_t i = 0; i < w->n; i++)
		singles += w->v[i].action == APPLYPLAN_CREATE || w->v[i].action == APPLYPLAN_REMOVE_BREAKS;
	if (singles > SINGLES_MAX)
		diag_add(&w->diag, w->file, 0, "%lld rows of create and remove-breaks need a request each; at most %d at a time, split the file", (long long)singles, SINGLES_MAX);
}

int applycheck_plan(struct applying *w, struct err *e)
{
	size_t kept = 0, news = 0;
	int rc = 0;

	if (w->n > 0)
		qsort(w->v, w->n, sizeof *w->v, applyplan_compare);
	/* New ones have no id yet: they stand first. */
	while (news < w->n && w->v[news].entry[0] == '\0')
		news++;
	rc = check_new(w, w->v, news, &kept, e);
	for (size_t from = news, to; from < w->n && rc == 0; from = to) {
		struct applyplan_item *own;

		for (to = from + 1; to < w->n && strcmp(w->v[to].entry, w->v[from].entry) == 0;)
			to++;
		/* What is kept is written over what was looked at. */
		own = malloc((to - from) * sizeof *own);
		if (own == NULL)
			return err_nomem(e);
		memcpy(own, w->v + from, (to - from) * sizeof *own);
		rc = check_entry(w, own, to - from, &kept, e);
		free(own);
	}
	w->n = kept;
	for (size_t i = 0; i < w->n; i++)
		w->v[i].pos = (int)i + 1;
	count_singles(w);
	return rc;
}
