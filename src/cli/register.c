#include "cli/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "base/text.h"

struct series { char name[64]; int64_t first, next; };

struct printing {
	struct app *a;
	struct series *v;
	size_t n, cap, at;     /* at: the series whose numbers are being printed */
	int64_t expected;      /* the number that comes next in it */
	int64_t missing;
	int open;              /* JSON: the array of the series at `at` */
	int64_t dropped;
	struct jout *j;        /* NULL: text */
};

static int on_series(void *ctx, const char *name, int64_t first, int64_t next, struct err *e)
{
	struct printing *p = ctx;

	if (buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) < 0)
		return err_nomem(e);
	snprintf(p->v[p->n].name, sizeof p->v[p->n].name, "%s", name);
	p->v[p->n].first = first;
	p->v[p->n++].next = next;
	return 0;
}

static int on_run(void *ctx, const struct store_run *run, struct err *e)
{
	struct printing *p = ctx;

	(void)e;
	p->dropped += run->state == RUN_ABORTED;
	return 0;
}

static void begin_series(struct printing *p)
{
	const struct series *s = &p->v[p->at];

	p->expected = s->first;
	p->open = 1;
	if (p->j == NULL) {
		printf("%s%s: first %lld, next %lld\n", p->at == 0 ? "" : "\n", s->name, (long long)s->first, (long long)s->next);
		return;
	}
	jout_object(p->j, NULL);
	jout_text(p->j, "series", s->name);
	jout_int(p->j, "first", s->first);
	jout_int(p->j, "next", s->next);
	jout_array(p->j, "numbers");
}

/* Numbers up to (not including) `until` that stand on no document. */
static void print_missing(struct printing *p, int64_t until)
{
	if (p->expected >= until)
		return;
	p->missing += until - p->expected;
	if (p->j == NULL) {
		printf("  %lld to %lld  MISSING: given, but on no document of the ledger\n", (long long)p->expected, (long long)until - 1);
	} else {
		jout_object(p->j, NULL);
		jout_int(p->j, "n", p->expected);
		jout_int(p->j, "to", until - 1);
		jout_text(p->j, "state", "MISSING");
		jout_end_object(p->j);
	}
	p->expected = until;
}

static void end_series(struct printing *p)
{
	print_missing(p, p->v[p->at].next);
	p->open = 0;
	if (p->j == NULL)
		return;
	jout_end_array(p->j);
	jout_end_object(p->j);
}

/* "cancels RE-1", "cancelled by RE-2", "reserved by an unfinished run". */
static int explain(struct printing *p, const struct invoice *v, const struct query_invoice *q, struct buf *out, struct err *e)
{
	char by[NUMBER_LEN] = "";
	int found = query_cancelled_by(p->a->store, v->number, by, e);

	if (found < 0)
		return -1;
	if (v->cancels != NULL)
		buf_fmt(out, "cancels %s: %s", v->cancels, v->reason == NULL ? "" : v->reason);
	else if (found)
		buf_fmt(out, "%s by %s", strcmp(q->state, "VOIDED") == 0 ? "cancelled" : "being cancelled", by);
	else if (strcmp(q->state, "RESERVED") == 0)
		buf_str(out, "reserved by a run that is not finished");
	return 0;
}

static void print_number(struct printing *p, const struct invoice *v, const struct query_invoice *q, const char *what)
{
	char date[16], gross[NUM_MAX];
	struct buf name = BUF_INIT, why = BUF_INIT;

	money_fmt(gross, v->gross_minor, v->currency);
	date_fmt(date, v->date);
	if (p->j == NULL) {
		text_clean(&name, v->buyer.name == NULL ? "" : v->buyer.name, 0);
		text_clean(&why, what, 0);
		printf("  %-20s %-8s %-7s %s %14s %s  %s%s%s\n", v->number, q->state, q->run, date, gross, v->currency, buf_text(&name), why.n > 0 ? "; " : "",
		    buf_text(&why));
	} else {
		jout_object(p->j, NULL);
		jout_text(p->j, "number", v->number);
		jout_int(p->j, "n", v->n);
		jout_int(p->j, "type", v->type);
		jout_text(p->j, "state", q->state);
		jout_text(p->j, "run", q->run);
		jout_text(p->j, "date", date);
		jout_text(p->j, "gross", gross);
		jout_text(p->j, "currency", v->currency);
		jout_text(p->j, "legal_name", v->buyer.name);
		jout_opt(p->j, "what", what);
		jout_end_object(p->j);
	}
	buf_free(&name);
	buf_free(&why);
}

/* Documents come by series and number, as the series do. */
static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct printing *p = ctx;
	struct buf what = BUF_INIT;

	while (p->at < p->n && strcmp(p->v[p->at].name, v->series) != 0) {
		if (!p->open)
			begin_series(p);
		end_series(p);
		p->at++;
	}
	if (p->at == p->n)
		return err_set(e, ERR_DATA, "ledger: %s is of series %s, which is not there", v->number, v->series);
	if (!p->open)
		begin_series(p);
	print_missing(p, v->n);
	p->expected = v->n + 1;
	if (explain(p, v, q, &what, e) < 0) {
		buf_free(&what);
		return -1;
	}
	print_number(p, v, q, buf_text(&what));
	buf_free(&what);
	return 0;
}

static int print_all(struct printing *p, struct err *e)
{
	struct store *s = p->a->store;

	if (query_series(s, on_series, p, e) < 0 || store_run_each(s, on_run, p, e) < 0 || query_invoices(s, NULL, NULL, on_document, p, e) < 0)
		return -1;
	for (; p->at < p->n; p->at++) {
		if (!p->open)
			begin_series(p);
		end_series(p);
	}
	if (p->dropped > 0 && p->j == NULL)
		printf("\n%lld runs were rolled back before they issued anything; their numbers were given out again.\n", (long long)p->dropped);
	return 0;
}

int register_print(struct app *a, struct err *e)
{
	struct printing p = { .a = a };
	struct buf b = BUF_INIT;
	struct jout j;
	int rc;

	if (a->opt.json) {
		jout_init(&j, &b, 2);
		p.j = &j;
		jout_object(&j, NULL);
		jout_array(&j, "series");
	}
	rc = print_all(&p, e);
	if (rc == 0 && p.j != NULL) {
		jout_end_array(&j);
		jout_int(&j, "rolled_back", p.dropped);
		jout_end_object(&j);
		rc = buf_ok(&b) ? 0 : err_nomem(e);
		printf("%s\n", buf_text(&b));
	}
	if (rc == 0 && p.missing > 0)
		rc = err_set(e, ERR_DATA, "%lld numbers were given and stand on no document: was the ledger edited or restored from an old copy?", (long long)p.missing);
	buf_free(&b);
	free(p.v);
	return rc;
}
