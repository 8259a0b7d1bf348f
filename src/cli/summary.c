/* What a run says on standard output: one line for machines, a page for people at a terminal, JSON on demand. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/page.h"
#include "cli/run.h"
#include "cli/source.h"

#define CURRENCIES 16
#define NAME_WIDTH 34

/* Sums over the invoices of the run, one per currency. */
struct sums {
	struct { char currency[4]; int64_t net, gross; } v[CURRENCIES];
	size_t n;
	int64_t invoices, entries, secs;
	FILE *table; /* NULL: only sums */
};

static int add_currency(struct sums *s, const struct invoice *v, struct err *e)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->v[i].currency, v->currency) != 0)
		i++;
	if (i == CURRENCIES)
		return err_set(e, ERR_SOFTWARE, "more than %d currencies in one run", CURRENCIES);
	if (i == s->n) {
		snprintf(s->v[i].currency, sizeof s->v[i].currency, "%s", v->currency);
		s->v[i].net = s->v[i].gross = 0;
		s->n++;
	}
	if (num_add(&s->v[i].net, v->net_minor) < 0 || num_add(&s->v[i].gross, v->gross_minor) < 0)
		return err_set(e, ERR_SOFTWARE, "the sum of the run overflows");
	return 0;
}

static int on_invoice(void *ctx, const struct invoice *v, struct err *e)
{
	struct sums *s = ctx;
	char net[NUM_MAX], gross[NUM_MAX], hours[NUM_MAX];
	struct buf name = BUF_INIT;
	int bytes, pad; /* printf() counts bytes, a terminal characters */

	s->invoices++;
	s->entries += v->entries;
	if (num_add(&s->secs, v->secs) < 0 || add_currency(s, v, e) < 0)
		return -1;
	if (s->table == NULL)
		return 0;
	text_clean(&name, v->buyer.name == NULL ? "" : v->buyer.name, 0);
	money_fmt(net, v->net_minor, v->currency);
	money_fmt(gross, v->gross_minor, v->currency);
	invoice_quantity_fmt(hours, QUANTITY_HOURS, invoice_quantity(QUANTITY_HOURS, v->billed_secs));
	bytes = (int)text_prefix(buf_text(&name), NAME_WIDTH);
	pad = NAME_WIDTH - (int)text_len(buf_text(&name));
	fprintf(s->table, "  %-22s %.*s%*s %7d %10s h %13s %13s %s\n", v->number, bytes, buf_text(&name), pad > 0 ? pad : 0, "", v->entries, hours, net, gross,
	    v->currency);
	buf_free(&name);
	return 0;
}

static int on_reason(void *ctx, const char *reason, int64_t n, int64_t secs, struct err *e)
{
	char hours[NUM_MAX];

	(void)e;
	num_fmt(hours, invoice_quantity(QUANTITY_HOURS, secs), 2);
	fprintf(ctx, "  %-20s %7lld %10s h  %s\n", reason, (long long)n, hours, select_advice(reason));
	return 0;
}

static const char *state_of(const struct run *r)
{
	return r->app->opt.dry_run ? "DRAFT" : store_state_name(r->row.state);
}

/* For people: invoices, held entries with what to do, where the documents are. */
static int print_page(struct run *r, struct source *src, struct sums *s, struct err *e)
{
	s->table = stdout;
	if (run_is_void(r))
		printf("Void %s, %s\n", r->row.id, state_of(r));
	else
		printf("%s %s, period %s, %s: %lld entries read, %lld billed, %lld held\n", r->app->opt.dry_run ? "Draft" : "Run", r->row.id, r->row.period.label, state_of(r),
	    (long long)r->totals.fetched, (long long)r->totals.billed, (long long)r->totals.held);
	if (r->documents > 0 || run_is_void(r))
		printf("\n  %-22s %-*s %7s %12s %13s %13s\n", "number", NAME_WIDTH, "customer", "entries", "billed", "net", "gross");
	if (src->heads(src->ctx, on_invoice, s, e) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		char net[NUM_MAX], gross[NUM_MAX];

		money_fmt(net, s->v[i].net, s->v[i].currency);
		money_fmt(gross, s->v[i].gross, s->v[i].currency);
		printf("  %-22s %-*s %7s %12s %13s %13s %s\n", "", NAME_WIDTH, "", "", "", net, gross, s->v[i].currency);
	}
	if (r->totals.held > 0) {
		printf("\n  held                 entries       tracked  what to do\n");
		if (snap_each_reason(r->app->store, r->row.id, on_reason, stdout, e) < 0)
			return -1;
	}
	brakes_print(r);
	if (r->held_fees > 0)
		printf("\n  %lld fixed fees were due and are held: complete the customers that psabill check names\n", (long long)r->held_fees);
	if (r->unbooked > 0)
		printf("\n  %lld documents are not in EUR and not in the DATEV file: book them by hand\n", (long long)r->unbooked);
	if (r->stage != NULL)
		printf("\n%s\n", stage_target(r->stage));
	if (r->stage != NULL && r->app->opt.dry_run)
		printf("To look at in a browser: %s/" PAGE_NAME "\nA draft: nothing is numbered, recorded or marked. psabill run bills it.\n", stage_target(r->stage));
	if (r->stage == NULL && r->row.state == RUN_CLOSED)
		printf("\nNothing to bill.\n");
	return 0;
}

static int print_line(struct run *r, enum err_code status, struct source *src, struct sums *s, struct err *e)
{
	int64_t n[CLAIM_STATES] = { 0 }, exceptions = 0;

	if (src->heads(src->ctx, on_invoice, s, e) < 0 || claim_counts(r->app->store, r->row.id, n, e) < 0)
		return -1;
	for (int i = CLAIM_UNMARKED_AUTH; i <= CLAIM_REOPENED; i++)
		exceptions += n[i];
	printf("psabill run=%lld state=%s invoices=%lld entries=%lld held=%lld seconds=%lld", (long long)r->row.seq, state_of(r), (long long)s->invoices,
	    (long long)s->entries, (long long)r->totals.held, (long long)s->secs);
	for (size_t i = 0; i < s->n; i++) {
		char net[NUM_MAX];

		money_fmt(net, s->v[i].net, s->v[i].currency);
		printf(" net_%s=%s", s->v[i].currency, net);
	}
	printf(" marked=%lld verified=%lld exceptions=%lld ponr=%d exit=%d\n", (long long)(n[CLAIM_MARKED] + n[CLAIM_VERIFIED] + n[CLAIM_DRIFT]),
	    (long long)n[CLAIM_VERIFIED], (long long)exceptions, run_is_issued(r), (int)status);
	return 0;
}

static int print_json(struct run *r, enum err_code status, struct err *e)
{
	struct buf b = BUF_INIT;
	int rc = close_report(r, status, &b, e);

	if (rc == 0)
		fputs(buf_text(&b), stdout);
	buf_free(&b);
	return rc;
}

int summary_print(struct run *r, enum err_code status, struct err *e)
{
	struct sums s = { .n = 0 };
	struct source src;
	int rc;

	if (r->app->opt.quiet && !r->app->opt.json)
		return 0;
	source_of_run(r, &src);
	if (r->app->opt.json)
		rc = print_json(r, status, e);
	else if (isatty(STDOUT_FILENO))
		rc = print_page(r, &src, &s, e);
	else
		rc = print_line(r, status, &src, &s, e);
	if (rc < 0)
		return -1;
	if (!r->app->opt.json && whatif_table(r) != NULL && whatifprint_table(whatif_table(r), e) < 0)
		return -1;
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(e, ERR_IO, "the summary could not be written to standard output");
	return 0;
}
