/* The items that take a finished apply back, last ones first; what awork cannot take back is told. */
#include <stdlib.h>
#include <string.h>

#include "cli/apply.h"

/* The entry is not as the apply left it: taking that back would overrule a person. */
static int is_as_left(const struct applyplan_item *i, const struct entry *after, const struct entry *now)
{
	return i->action == APPLYPLAN_CREATE ? applyplan_is_untouched(&(struct applyplan_item){ .action = APPLYPLAN_DELETE }, after, now) :
	    applyplan_is_untouched(i, after, now);
}

static void cannot(struct applying *w, const struct applyplan_item *i, const char *why)
{
	diag_add(&w->notes, w->file, i->line, "%s of entry %s cannot be undone: %s", applyplan_name(i->action), i->entry, why);
}

static int add_inverse(struct applying *w, const struct applyplan_item *i, const struct entry *was, struct err *e)
{
	struct applyplan_item out[2];
	const char *why;
	int n = applyplan_inverse(i, was, out, &why);

	if (n == 0)
		cannot(w, i, why);
	for (int k = 0; k < n; k++) {
		out[k].line = i->line;
		out[k].project_id = was->project_id;
		out[k].project_name = was->project_name;
		out[k].company_id = was->company_id;
		out[k].company_name = was->company_name;
		if (buf_grow(&w->v, &w->cap, w->n + 1, sizeof *w->v) < 0)
			return err_nomem(e);
		w->v[w->n++] = out[k];
	}
	return 0;
}

static int add_item(struct applying *w, const struct applyplan_item *i, struct err *e)
{
	const struct apply_known *k = applyresolve_find(w, i->entry);
	struct entry was = { .date = DATE_NONE }, after;
	char invoice[NUMBER_LEN] = "", note[128];
	int live;

	if (i->before != NULL && entry_read(i->before, strlen(i->before), w->pool, &was, e) < 0)
		return -1;
	if (i->action == APPLYPLAN_DELETE || applyplan_is_local(i->action))
		return add_inverse(w, i, &was, e);
	if (k == NULL || !k->found) {
		cannot(w, i, "deleted in awork");
		return 0;
	}
	live = claim_live(w->a->store, i->entry, NULL, invoice, e);
	if (live < 0)
		return -1;
	if (live > 0) {
		snprintf(note, sizeof note, "it stands on invoice %s by now; psabill void comes first", invoice);
		cannot(w, i, note);
		return 0;
	}
	if (i->after == NULL || entry_read(i->after, strlen(i->after), w->pool, &after, e) < 0)
		return i->after == NULL ? err_set(e, ERR_DATA, "ledger: item %d of %s has no outcome", i->pos, w->file) : -1;
	if (!is_as_left(i, &after, &k->now)) {
		cannot(w, i, "somebody changed it since");
		return 0;
	}
	return add_inverse(w, i, &was, e);
}

int applyundo_items(struct applying *w, const char *id, struct err *e)
{
	struct applyplan_item *v = NULL;
	struct apply_run old;
	size_t n = 0;
	int rc = apply_find(w->a->store, id, &old, e);

	w->file = id;
	if (rc == 0)
		return err_set(e, ERR_USAGE, "'%.40s' is no apply in %s", id, w->a->cfg.ledger);
	if (rc < 0 || apply_items(w->a->store, id, w->pool, &v, &n, e) < 0)
		return -1;
	memcpy(w->file_sha, old.file_sha, SHA_LEN);
	w->known = calloc(n + 1, sizeof *w->known);
	rc = w->known == NULL ? err_nomem(e) : 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		if (v[i].entry[0] != '\0') {
			memcpy(w->known[w->nknown].id, v[i].entry, sizeof v[i].entry);
			w->known[w->nknown++].date = v[i].date;
		}
	if (rc == 0)
		rc = applyresolve_known(w, e);
	for (size_t i = n; i > 0 && rc == 0; i--)
		if (v[i - 1].state == APPLYPLAN_DONE)
			rc = add_item(w, &v[i - 1], e);
	free(v);
	return rc;
}
