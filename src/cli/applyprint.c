/* What an apply would change, and what became of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "base/text.h"
#include "billing/money.h"
#include "cli/apply.h"

#define SHOWN 200 /* lines; --dry-run shows all */

static const char *hours_of(char out[NUM_MAX], int64_t secs)
{
	num_fmt(out, invoice_quantity(QUANTITY_HOURS, secs), 2);
	return out;
}

static void print_clean(const char *text)
{
	struct buf line = BUF_INIT;

	text_clean(&line, text, 0);
	printf("%s\n", buf_text(&line));
	buf_free(&line);
}

/* "1.50 h, Acme GmbH / Website / Alva Beispiel". */
static void describe(struct buf *b, const struct entry *x)
{
	char date[16], hours[NUM_MAX];

	buf_fmt(b, "%s  %7s h  %s / %s / %s", x->date == DATE_NONE ? "no date   " : date_fmt(date, x->date), hours_of(hours, x->has_secs ? x->secs : 0),
	    x->company_name != NULL ? x->company_name : "no company", x->project_name != NULL ? x->project_name : "no project",
	    x->user_name != NULL ? x->user_name : "no user");
}

static void put_worth(struct buf *b, const struct applying *w, const struct entry *x)
{
	struct worth v = { 0 };
	struct err ignored = ERR_INIT;
	char money[NUM_MAX];

	if (x != NULL && worth_of(&w->r.rules, w->a->cfg.quantity, x, &v, &ignored) == 0 && v.has_money) {
		money_fmt(money, v.minor, v.currency);
		buf_fmt(b, "%s %s%s%s", money, v.currency, v.held != NULL ? ", held: " : "", v.held != NULL ? v.held : "");
	} else {
		buf_fmt(b, "%s", v.unbilled ? v.held != NULL ? v.held : "no rate" : "nothing to bill");
	}
}

/* One line per change; the last one of an entry says what it is worth, before and after. x: the entry with its earlier changes made. */
static void print_item(const struct applying *w, const struct applyplan_item *i, const struct entry *before, struct entry *x, int last)
{
	struct buf b = BUF_INIT;

	buf_fmt(&b, "  line %-5d ", i->line);
	describe(&b, x);
	buf_fmt(&b, "  %s: ", applyplan_name(i->action));
	applyplan_words(i, x, &b);
	applyplan_make(i, x);
	if (last && !applyplan_is_local(i->action)) {
		buf_str(&b, "; ");
		if (i->action != APPLYPLAN_CREATE) {
			put_worth(&b, w, before);
			buf_str(&b, " -> ");
		}
		put_worth(&b, w, i->action == APPLYPLAN_DELETE ? NULL : x);
	}
	if (i->entry[0] != '\0')
		buf_fmt(&b, "  (%s)", i->entry);
	print_clean(buf_text(&b));
	buf_free(&b);
}

/* The items of one entry, one behind the other; of the new entries each alone. */
struct block { size_t from, to; int line; };

static int by_line(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->from > y->from) - (x->from < y->from);
}

static void print_block(const struct applying *w, const struct block *b, struct pool *page)
{
	const struct apply_known *k = NULL;
	struct entry x = { .date = DATE_NONE };
	struct err ignored = ERR_INIT;

	if (w->v[b->from].action == APPLYPLAN_CREATE) {
		pool_reset(page);
		if (entry_read(w->v[b->from].value, strlen(w->v[b->from].value), page, &x, &ignored) < 0)
			return;
		x.local_ok = 1;
	} else {
		k = applyresolve_find(w, w->v[b->from].entry);
		x = k->now;
	}
	for (size_t i = b->from; i < b->to; i++)
		print_item(w, &w->v[i], k != NULL ? &k->now : NULL, &x, i + 1 == b->to);
}

/* In the order of the file: whoever wrote it compares line by line. How many were printed; the items of an entry stay together. */
static size_t print_items(const struct applying *w, size_t shown)
{
	struct block *blocks = calloc(w->n + 1, sizeof *blocks);
	struct pool *page = pool_new();
	size_t n = 0, printed = 0;

	for (size_t i = 0, to; i < w->n && blocks != NULL; i = to) {
		int line = w->v[i].line;

		for (to = i + 1; to < w->n && w->v[i].entry[0] != '\0' && strcmp(w->v[to].entry, w->v[i].entry) == 0; to++)
			line = w->v[to].line < line ? w->v[to].line : line;
		blocks[n++] = (struct block){ i, to, line };
	}
	if (n > 0)
		qsort(blocks, n, sizeof *blocks, by_line);
	for (size_t i = 0; i < n && printed < shown && page != NULL; i++) {
		print_block(w, &blocks[i], page);
		printed += blocks[i].to - blocks[i].from;
	}
	if (blocks == NULL || page == NULL)
		printf("  (the changes one by one: out of memory)\n");
	free(blocks);
	pool_free(page);
	return printed;
}

static size_t count_entries(const struct applying *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += i == 0 || w->v[i].entry[0] == '\0' || strcmp(w->v[i - 1].entry, w->v[i].entry) != 0;
	return n;
}

void applyprint_plan(const struct applying *w, int all)
{
	const size_t entries = count_entries(w);
	size_t shown;
	char a[NUM_MAX], b[NUM_MAX];

	printf("%s: %zu change%s of %zu entr%s\n", w->file, w->n, w->n == 1 ? "" : "s", entries, entries == 1 ? "y" : "ies");
	shown = print_items(w, all || w->n <= SHOWN ? w->n : SHOWN);
	if (shown < w->n)
		printf("  and %zu more; --dry-run shows all\n", w->n - shown);
	if (w->already > 0)
		printf("  %lld row%s ask%s for what is already\n", (long long)w->already, w->already == 1 ? "" : "s", w->already == 1 ? "s" : "");
	for (size_t i = 0; i < w->notes.n; i++)
		print_clean(w->notes.line[i]);
	printf("Billable and unbilled time of these entries, at today's rates: %s h -> %s h\n", hours_of(a, w->secs_before), hours_of(b, w->secs_after));
	for (size_t i = 0; i < w->nsums; i++) {
		money_fmt(a, w->sums[i].before_minor, w->sums[i].currency);
		money_fmt(b, w->sums[i].after_minor, w->sums[i].currency);
		printf("  %s %s -> %s %s\n", a, w->sums[i].currency, b, w->sums[i].currency);
	}
}

static void put_counts(const struct applyplan_item *v, size_t n, int64_t count[APPLYPLAN_STATES])
{
	memset(count, 0, APPLYPLAN_STATES * sizeof *count);
	for (size_t i = 0; i < n; i++)
		count[v[i].state]++;
}

static void print_json(struct applying *w, const struct applyplan_item *v, size_t n, enum err_code status)
{
	int64_t count[APPLYPLAN_STATES];
	struct buf b = BUF_INIT;
	struct jout j;

	put_counts(v, n, count);
	jout_init(&j, &b, 2);
	jout_object(&j, NULL);
	jout_int(&j, "schema", 1);
	jout_opt(&j, "apply", w->row.id);
	jout_opt(&j, "undoes", w->row.undoes);
	jout_text(&j, "state", w->row.id[0] == '\0' ? "NOTHING" : w->row.open ? "OPEN" : w->row.exceptions > 0 ? "CLOSED_EXC" : "CLOSED");
	jout_int(&j, "exit", (int)status);
	jout_int(&j, "already", w->already);
	jout_object(&j, "changes");
	for (int i = 0; i < APPLYPLAN_STATES; i++)
		if (count[i] > 0)
			jout_int(&j, applyplan_state_name((enum applyplan_state)i), count[i]);
	jout_end_object(&j);
	jout_array(&j, "items");
	for (size_t i = 0; i < n; i++) {
		jout_object(&j, NULL);
		jout_int(&j, "line", v[i].line);
		jout_text(&j, "action", applyplan_name(v[i].action));
		jout_opt(&j, "entry", v[i].entry);
		jout_text(&j, "state", applyplan_state_name(v[i].state));
		jout_opt(&j, "note", v[i].note);
		jout_end_object(&j);
	}
	jout_end_array(&j);
	jout_array(&j, "not_undone");
	for (size_t i = 0; i < w->notes.n; i++)
		jout_text(&j, NULL, w->notes.line[i]);
	jout_end_array(&j);
	jout_array(&j, "older_forms");
	for (size_t i = 0; i < w->nfallback; i++)
		jout_text(&j, NULL, w->fallback[i]);
	jout_end_array(&j);
	jout_end_object(&j);
	printf("%s\n", buf_text(&b));
	buf_free(&b);
}

static void print_text(const struct applying *w, const struct applyplan_item *v, size_t n)
{
	int64_t count[APPLYPLAN_STATES];
	size_t shown = 0;

	put_counts(v, n, count);
	for (size_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		if (v[i].state == APPLYPLAN_DONE || shown == SHOWN)
			continue;
		shown++;
		buf_fmt(&b, "  line %d, %s of entry %s: %s%s%s", v[i].line, applyplan_name(v[i].action), v[i].entry[0] != '\0' ? v[i].entry : "(new)",
		    applyplan_state_name(v[i].state), v[i].note != NULL ? ", " : "", v[i].note != NULL ? v[i].note : "");
		print_clean(buf_text(&b));
		buf_free(&b);
	}
	for (size_t i = 0; i < w->nfallback; i++)
		printf("  awork knows no batch operation %s: the older form stood in for it\n", w->fallback[i]);
	printf("%s: %lld done", w->row.id, (long long)count[APPLYPLAN_DONE]);
	for (int i = APPLYPLAN_DONE + 1; i < APPLYPLAN_STATES; i++)
		if (count[i] > 0)
			printf(", %lld %s", (long long)count[i], applyplan_state_name((enum applyplan_state)i));
	if (w->row.open)
		printf("; not finished, apply again to go on");
	printf("\n");
}

int applyprint_result(struct applying *w, enum err_code status, struct err *e)
{
	struct applyplan_item *v = NULL;
	size_t n = 0;

	if (w->row.id[0] != '\0' && apply_items(w->a->store, w->row.id, w->pool, &v, &n, e) < 0)
		return -1;
	if (w->a->opt.json)
		print_json(w, v, n, status);
	else if (!w->a->opt.quiet && w->row.id[0] != '\0')
		print_text(w, v, n);
	free(v);
	return 0;
}

static void print_recorded(const struct applyplan_item *i, struct pool *page)
{
	struct buf b = BUF_INIT;
	struct entry was = { .date = DATE_NONE };
	struct err ignored = ERR_INIT;
	char date[16];

	pool_reset(page);
	if (i->before != NULL)
		(void)entry_read(i->before, strlen(i->before), page, &was, &ignored);
	buf_fmt(&b, "  line %-5d %-8s %-16s %s  %s  ", i->line, applyplan_state_name(i->state), applyplan_name(i->action), i->entry[0] != '\0' ? i->entry : "(new)",
	    date_fmt(date, i->date));
	applyplan_words(i, &was, &b);
	if (i->note != NULL)
		buf_fmt(&b, "; %s", i->note);
	print_clean(buf_text(&b));
	buf_free(&b);
}

int applyprint_recorded(struct app *a, const char *id, struct err *e)
{
	struct applying w = { .a = a, .pool = pool_new() };
	struct applyplan_item *v = NULL;
	struct pool *page = pool_new();
	size_t n = 0;
	int rc = w.pool == NULL || page == NULL ? err_nomem(e) : apply_find(a->store, id, &w.row, e);

	if (rc > 0 && apply_items(a->store, id, w.pool, &v, &n, e) < 0)
		rc = -1;
	if (rc > 0 && a->opt.json) {
		print_json(&w, v, n, w.row.exceptions > 0 ? ERR_ATTENTION : ERR_OK);
	} else if (rc > 0) {
		printf("%s%s%s\n", w.row.id, w.row.undoes[0] != '\0' ? ", undoes " : "", w.row.undoes);
		for (size_t i = 0; i < n; i++)
			print_recorded(&v[i], page);
	}
	free(v);
	pool_free(page);
	pool_free(w.pool);
	return rc;
}
