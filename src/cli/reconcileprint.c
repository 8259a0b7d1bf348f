#include "cli/reconcileprint.h"

#include <stdio.h>

#include "base/text.h"
#include "billing/money.h"

#define SHOWN 100 /* differences; the files have all */

static const char *hours_of(char out[NUM_MAX], int64_t secs)
{
	num_fmt(out, invoice_quantity(QUANTITY_HOURS, secs), 2);
	return out;
}

static void print_sums(const struct reconcile_report *r)
{
	char hours[NUM_MAX], money[NUM_MAX];

	printf("\n  %-18s %8s %12s %16s\n", "class", "count", "hours", "money");
	for (size_t i = 0; i < r->nsums; i++) {
		const struct reconcile_sum *s = &r->sums[i];

		money[0] = '\0';
		if (s->currency[0] != '\0')
			money_fmt(money, s->minor, s->currency);
		printf("%c %-18s %8lld %12s %16s %s\n", reconcile_is_difference(s->class) ? '!' : ' ', reconcile_name(s->class), (long long)s->n,
		    hours_of(hours, s->secs), money, s->currency);
	}
}

static void print_finding(const struct reconcile_finding *f)
{
	struct buf b = BUF_INIT, line = BUF_INIT;
	char text[NUM_MAX];

	buf_str(&b, reconcile_name(f->class));
	if (f->entry != NULL)
		buf_fmt(&b, " %s", f->entry);
	if (f->invoice != NULL)
		buf_fmt(&b, " %s", f->invoice);
	if (f->pos > 0)
		buf_fmt(&b, ":%d", f->pos);
	if (f->class == RECONCILE_FORGOTTEN)
		buf_fmt(&b, " %s, %s, %s", date_fmt(text, f->date), f->company != NULL ? f->company : "no company", f->project != NULL ? f->project : "no project");
	if (f->change != NULL && f->change[0] != '\0')
		buf_fmt(&b, " %s", f->change);
	if (f->reason != NULL)
		buf_fmt(&b, ", would be held: %s", f->reason);
	if (f->entry != NULL)
		buf_fmt(&b, ", %s h", hours_of(text, f->secs));
	if (f->has_money) {
		money_fmt(text, f->minor, f->currency);
		buf_fmt(&b, ", %s %s", text, f->currency);
	}
	if (f->proposed)
		buf_str(&b, ", correction waits for the next invoice");
	text_clean(&line, buf_text(&b), 0);
	printf("  %s\n", buf_text(&line));
	buf_free(&b);
	buf_free(&line);
}

static void print_findings(const struct reconcile_report *r)
{
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (!reconcile_is_difference(r->v[i].class))
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		if (shown++ == 0)
			printf("\n");
		print_finding(&r->v[i]);
	}
	if (more > 0)
		printf("  and %zu more\n", more);
}

void reconcileprint_text(const struct reconcile_report *r, const char *folder)
{
	printf("Reconciliation %s\n", r->period.label);
	if (r->unfinished != NULL)
		printf("\n  run %s is unfinished: the next psabill run finishes it\n", r->unfinished);
	print_sums(r);
	print_findings(r);
	if (r->books != NULL)
		printf("\n  %zu documents compared with the books\n", r->nbook);
	if (r->remarked > 0)
		printf("\n  %lld entries marked that awork had refused\n", (long long)r->remarked);
	if (r->proposed > 0 || r->withdrawn > 0 || r->open_corrections > 0)
		printf("\n  corrections: %lld proposed, %lld withdrawn; %lld wait for the next invoice\n", (long long)r->proposed, (long long)r->withdrawn,
		    (long long)r->open_corrections);
	printf("\n%s\n", folder);
}
