/* The comparison as a table: three rows per customer whose figures differ, one for all the others. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/run.h"

#define NAME_WIDTH 34

struct shown { int64_t hours_e2, net, gross; };

static struct shown figures(const struct whatif_figures *f)
{
	return (struct shown){ invoice_quantity(QUANTITY_HOURS, f->billed_secs), f->net_minor, f->gross_minor };
}

/* "Acme GmbH", cut to the column; of two companies with one name the customer number tells, or the id. */
static int put_name(const struct whatif_row *row, struct err *e)
{
	struct buf raw = BUF_INIT, name = BUF_INIT;
	size_t room = NAME_WIDTH, len;
	int rc = 0;

	if (row->alike)
		buf_fmt(&raw, " (%.12s)", row->number != NULL ? row->number : row->company_id);
	room -= text_len(buf_text(&raw));
	text_clean(&name, row->name == NULL ? "(no company)" : row->name, 0);
	len = text_len(buf_text(&name));
	if (len > room)
		len = room;
	if (buf_ok(&raw) && buf_ok(&name))
		printf("  %.*s%s%*s", (int)text_prefix(buf_text(&name), room), buf_text(&name), buf_text(&raw), (int)(room - len), "");
	else
		rc = err_nomem(e);
	buf_free(&raw);
	buf_free(&name);
	return rc;
}

static void put_amount(int64_t minor, const char *currency, int is_change)
{
	char s[NUM_MAX], all[NUM_MAX + 1];

	money_fmt(s, minor, currency);
	snprintf(all, sizeof all, "%s%s", is_change && minor > 0 ? "+" : "", s);
	printf(" %15s", all);
}

static void put_figures(const char *label, const struct shown *x, const char *currency, int is_change)
{
	char s[NUM_MAX], hours[NUM_MAX + 1];

	num_fmt(s, x->hours_e2, 2);
	snprintf(hours, sizeof hours, "%s%s", is_change && x->hours_e2 > 0 ? "+" : "", s);
	printf("  %-10s %12s h", label, hours);
	if (currency[0] != '\0') {
		put_amount(x->net, currency, is_change);
		put_amount(x->gross, currency, is_change);
	}
	printf(" %s", currency);
}

/* Behind the difference: counts that differ, too. */
static void put_counts(const struct whatif_row *row)
{
	const struct whatif_figures *a = &row->f[WHATIF_NOW], *b = &row->f[WHATIF_WITH];
	const struct { const char *what; int64_t now, with; } counts[] = {
		{ "invoices", a->documents, b->documents }, { "lines", a->lines, b->lines }, { "entries", a->entries, b->entries }, { "held", a->held, b->held },
	};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		if (counts[i].now != counts[i].with)
			printf("  %s %lld -> %lld", counts[i].what, (long long)counts[i].now, (long long)counts[i].with);
}

/* The difference of what is shown, so that a person can add it up. */
static int put_row(const struct whatif_row *row, const char *total, struct err *e)
{
	const struct shown now = figures(&row->f[WHATIF_NOW]), with = figures(&row->f[WHATIF_WITH]);
	const struct shown change = { with.hours_e2 - now.hours_e2, with.net - now.net, with.gross - now.gross };

	if (total != NULL)
		printf("  %-*s", NAME_WIDTH, total);
	else if (put_name(row, e) < 0)
		return -1;
	put_figures("now", &now, row->currency, 0);
	printf("\n  %*s", NAME_WIDTH, "");
	put_figures("with", &with, row->currency, 0);
	printf("\n  %*s", NAME_WIDTH, "");
	put_figures("difference", &change, row->currency, 1);
	put_counts(row);
	printf("\n");
	return 0;
}

/* What stays as it is, per currency. */
static void put_others(const struct whatif_table *t, const char *currency)
{
	struct whatif_figures sum = { 0 };
	struct shown x;
	char what[64];
	long long n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].currency, currency) == 0 && !whatif_differs(&t->v[i])) {
			n++;
			sum.billed_secs += t->v[i].f[WHATIF_NOW].billed_secs;
			sum.net_minor += t->v[i].f[WHATIF_NOW].net_minor;
			sum.gross_minor += t->v[i].f[WHATIF_NOW].gross_minor;
		}
	if (n == 0)
		return;
	x = figures(&sum);
	snprintf(what, sizeof what, "%lld without a difference", n);
	printf("  %-*s", NAME_WIDTH, what);
	put_figures("", &x, currency, 0);
	printf("\n");
}

static const char *value_of(const char *text)
{
	return text == NULL || text[0] == '\0' ? "nothing" : text;
}

int whatifprint_table(const struct whatif_table *t, struct err *e)
{
	struct buf title = BUF_INIT, clean = BUF_INIT;
	int rc;

	for (size_t i = 0; i < t->nchanges; i++)
		buf_fmt(&title, "%s%s = %s (now: %s)", i > 0 ? ", " : "", t->changes[i].key, value_of(t->changes[i].with), value_of(t->changes[i].now));
	text_clean(&clean, buf_text(&title), 0);
	rc = buf_ok(&title) && buf_ok(&clean) ? 0 : err_nomem(e);
	printf("\nWith %s\n\n  %-*s  %-10s %14s %15s %15s\n", buf_text(&clean), NAME_WIDTH, "customer", "", "hours", "net", "gross");
	for (size_t i = 0; i < t->n && rc == 0; i++)
		if (whatif_differs(&t->v[i]))
			rc = put_row(&t->v[i], NULL, e);
	for (size_t i = 0; i < t->ntotals; i++)
		if (t->total[i].currency[0] != '\0')
			put_others(t, t->total[i].currency);
	for (size_t i = 0; i < t->ntotals && rc == 0; i++)
		if (t->total[i].currency[0] != '\0')
			rc = put_row(&t->total[i], "total", e);
	buf_free(&title);
	buf_free(&clean);
	return rc;
}
