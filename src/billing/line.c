#include "billing/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DESCRIPTION_MAX 200 /* characters; recipients may cut longer names (BT-153) */

/* Words that stand in a description where awork has no name. */
struct words { const char *language, *no_task, *former_user, *late, *fee, *correction, *hours; };
static const struct words word_table[] = {
	{ "en", "without task", "former team member", "late booking", "Fixed fee", "Correction of", "h" },
	{ "de", "ohne Aufgabe", "ehemaliges Teammitglied", "Nachtrag", "Pauschale", "Korrektur zu", "Std." },
};

static const struct words *words_of(const char *language)
{
	for (size_t i = 0; i < sizeof word_table / sizeof *word_table; i++)
		if (language != NULL && strcmp(language, word_table[i].language) == 0)
			return &word_table[i];
	return &word_table[0];
}

int64_t line_tax_pct(const struct compose_item *x)
{
	return x->rate->tax_pct_e2 >= 0 && strcmp(x->customer->tax_category, "S") == 0 ? x->rate->tax_pct_e2 : x->customer->tax_pct_e2;
}

static void add_date(struct buf *b, date_t d, const char *language)
{
	struct date_ymd y = date_to_ymd(d);
	char iso[16];

	if (language != NULL && strcmp(language, "de") == 0)
		buf_fmt(b, "%02d.%02d.%04d", y.day, y.month, y.year);
	else
		buf_str(b, date_fmt(iso, d));
}

static void add_name(struct buf *b, const char *name)
{
	text_clean(b, name, 0);
}

/* " (late booking FROM - TO)" for a line of late entries of their own; the line of a single entry has its date anyway. */
static void add_late(struct buf *b, const struct invoice_line *l, const struct compose_rules *r, const char *language)
{
	if (!l->late || r->late != LATE_SEPARATE)
		return;
	buf_fmt(b, " (%s ", words_of(language)->late);
	add_date(b, l->from, language);
	if (l->to != l->from) {
		buf_str(b, " - ");
		add_date(b, l->to, language);
	}
	buf_ch(b, ')');
}

/* "Project: detail", for single entries with date and note, for late ones with their dates. */
static const char *describe(const struct compose_item *item, const struct invoice_line *l, const struct compose_rules *r, struct pool *pool)
{
	const struct customer *c = item->customer;
	const struct words *w = words_of(c->language);
	const struct compose_texts *x = item->texts;
	const char *note = item->own == NULL ? NULL : item->own->note;
	struct buf b = BUF_INIT, late = BUF_INIT;
	const char *out = NULL;

	if (c->group_by == GROUP_ENTRY) {
		add_date(&b, item->date, c->language);
		buf_ch(&b, ' ');
	}
	add_name(&b, x->project_name == NULL ? x->project_id : x->project_name);
	if (c->group_by == GROUP_PROJECT_TASK || (c->group_by == GROUP_ENTRY && x->task_name != NULL)) {
		buf_str(&b, ": ");
		add_name(&b, x->task_name == NULL ? w->no_task : x->task_name);
	} else if (c->group_by == GROUP_PROJECT_USER) {
		buf_str(&b, ": ");
		add_name(&b, x->user_name == NULL ? w->former_user : x->user_name);
	} else if (c->group_by == GROUP_PROJECT_WORK && x->work_name != NULL) {
		buf_str(&b, ": ");
		add_name(&b, x->work_name);
	}
	if (c->group_by == GROUP_ENTRY && note != NULL) {
		buf_str(&b, " - ");
		add_name(&b, note);
	}
	if (c->group_by != GROUP_ENTRY)
		add_late(&late, l, r, c->language);
	/* A long name gives way, the dates of late entries stay. */
	if (buf_ok(&b) && buf_ok(&late))
		out = pool_fmt(pool, "%.*s%s", (int)text_prefix(buf_text(&b), DESCRIPTION_MAX - text_len(buf_text(&late))), buf_text(&b), buf_text(&late));
	buf_free(&b);
	buf_free(&late);
	return out;
}

/* "6:20", with seconds where there are any. */
static void add_hours(char out[32], int64_t secs)
{
	int n = snprintf(out, 32, "%lld:%02d", (long long)(secs / 3600), (int)(secs / 60 % 60));

	if (secs % 60 != 0)
		snprintf(out + n, (size_t)(32 - n), ":%02d", (int)(secs % 60));
}

/* What rounding of time did, for the customer (BT-127). */
static const char *line_note(const struct invoice_line *l, const char *language, struct pool *pool)
{
	const struct words *w = words_of(language);
	char tracked[32], billed[32], text[128];

	if (l->secs == l->billed_secs)
		return NULL;
	add_hours(tracked, l->secs);
	add_hours(billed, l->billed_secs);
	if (w == &word_table[1])
		snprintf(text, sizeof text, "erfasst %s Std., gerundet berechnet %s Std.", tracked, billed);
	else
		snprintf(text, sizeof text, "tracked %s h, billed %s h after rounding", tracked, billed);
	return pool_dup(pool, text);
}

/* Billed seconds of the items of one line; the sum is the line's. */
static int bill_seconds(struct compose_item *items, size_t n, struct invoice_line *l, struct err *e)
{
	const struct rounding *r = &items[0].customer->rounding;
	int64_t *secs, *share;

	for (size_t i = 0; i < n; i++) {
		items[i].billed_secs = r->scope == ROUNDING_ENTRY ? rounding_apply(r, items[i].secs) : items[i].secs;
		if (num_add(&l->secs, items[i].secs) < 0 || num_add(&l->billed_secs, items[i].billed_secs) < 0)
			return err_set(e, ERR_SOFTWARE, "the seconds of a line overflow");
	}
	if (r->scope == ROUNDING_ENTRY || r->mode == ROUNDING_NONE)
		return 0;
	l->billed_secs = rounding_apply(r, l->secs);
	secs = calloc(2 * n, sizeof *secs);
	if (secs == NULL)
		return err_nomem(e);
	share = secs + n;
	for (size_t i = 0; i < n; i++)
		secs[i] = items[i].secs;
	rounding_share(secs, (int64_t)n, l->billed_secs, share);
	for (size_t i = 0; i < n; i++)
		items[i].billed_secs = share[i];
	free(secs);
	return 0;
}

int line_of_items(const struct compose_rules *r, struct compose_item *items, size_t n, int pos, struct invoice_line *l, struct pool *pool, struct err *e)
{
	const struct customer *c = items[0].customer;
	int overflow = 0;

	memset(l, 0, sizeof *l);
	l->pos = pos;
	l->project_id = items[0].texts->project_id;
	l->project_name = items[0].texts->project_name;
	l->late = 1;
	l->from = l->to = items[0].date;
	for (size_t i = 0; i < n; i++) {
		items[i].pos = pos;
		l->late &= items[i].late != 0;
		if (items[i].date < l->from)
			l->from = items[i].date;
		if (items[i].date > l->to)
			l->to = items[i].date;
	}
	l->entries = (int)n;
	if (bill_seconds(items, n, l, e) < 0)
		return -1;
	l->unit = r->quantity;
	l->quantity = invoice_quantity(l->unit, l->billed_secs);
	l->price_e4 = items[0].rate->price_e4;
	l->net_minor = invoice_line_net(l->unit, l->quantity, l->price_e4, money_decimals(c->currency), &overflow);
	memcpy(l->tax_category, c->tax_category, sizeof l->tax_category);
	l->tax_pct_e2 = line_tax_pct(&items[0]);
	l->cost_centre = terms_cost_centre(r->terms, &r->period, c, l->project_id, l->project_name);
	if (overflow)
		return err_set(e, ERR_SOFTWARE, "the amount of a line for %s overflows", c->party.name);
	l->description = describe(items, l, r, pool);
	l->note = line_note(l, c->language, pool);
	return l->description == NULL || pool_failed(pool) ? err_nomem(e) : 0;
}

/* "Pauschale (10/2026)". */
int line_of_fee(const struct compose_rules *r, const struct terms_fee *f, int pos, struct invoice_line *l, struct pool *pool, struct err *e)
{
	const struct customer *c = f->customer;
	struct date_ymd month = date_to_ymd(f->from);
	struct buf b = BUF_INIT;
	int overflow = 0;

	memset(l, 0, sizeof *l);
	l->pos = pos;
	l->project_id = f->project_id;
	l->project_name = f->project_name;
	l->fee = pool_dup(pool, f->key);
	l->from = f->from;
	l->to = f->to;
	l->unit = QUANTITY_LUMP;
	l->quantity = invoice_quantity(l->unit, 0);
	l->price_e4 = f->term->fee_e4;
	l->net_minor = invoice_line_net(l->unit, l->quantity, l->price_e4, money_decimals(c->currency), &overflow);
	memcpy(l->tax_category, c->tax_category, sizeof l->tax_category);
	l->tax_pct_e2 = f->term->tax_pct_e2 >= 0 && strcmp(c->tax_category, "S") == 0 ? f->term->tax_pct_e2 : c->tax_pct_e2;
	l->cost_centre = terms_cost_centre(r->terms, &r->period, c, f->project_id, f->project_name);
	add_name(&b, f->term->description == NULL ? words_of(c->language)->fee : f->term->description);
	if (buf_ok(&b))
		l->description = pool_fmt(pool, "%.*s (%02d/%04d)", (int)text_prefix(buf_text(&b), DESCRIPTION_MAX - 10), buf_text(&b), month.month, month.year);
	buf_free(&b);
	if (overflow)
		return err_set(e, ERR_SOFTWARE, "the fixed fee for %s overflows", c->party.name);
	return l->description == NULL || pool_failed(pool) ? err_nomem(e) : 0;
}

int line_of_correction(const struct compose_correction *c, int pos, struct invoice_line *l, struct pool *pool, struct err *e)
{
	const struct words *w = words_of(c->customer->language);
	int64_t secs = c->billed_secs;
	char hours[32];
	int overflow = 0;

	*l = (struct invoice_line){
		.pos = pos, .correction = pool_dup(pool, c->entry), .correction_secs = secs, .cost_centre = c->line.cost_centre, .project_id = c->line.project_id,
		.project_name = c->line.project_name, .from = c->line.from, .to = c->line.to, .unit = c->line.unit, .price_e4 = c->line.price_e4,
		.tax_pct_e2 = c->line.tax_pct_e2,
	};
	memcpy(l->tax_category, c->line.tax_category, sizeof l->tax_category);
	l->quantity = invoice_quantity(l->unit, secs);
	l->net_minor = invoice_line_net(l->unit, l->quantity, l->price_e4, money_decimals(c->customer->currency), &overflow);
	if (overflow)
		return err_set(e, ERR_SOFTWARE, "the correction of %s, line %d, overflows", c->invoice, c->pos);
	add_hours(hours, secs < 0 ? -secs : secs);
	l->description = pool_fmt(pool, "%s %s:%d (%s%s %s)", w->correction, c->invoice, c->pos, secs < 0 ? "-" : "+", hours, w->hours);
	return l->description == NULL || pool_failed(pool) ? err_nomem(e) : 0;
}
