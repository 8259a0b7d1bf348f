#include "cli/books.h"

#include <stdlib.h>
#include <string.h>

#include "billing/money.h"

struct comparing {
	struct app *a;
	const struct booksfile *b;
	struct pool *pool;
	struct reconcile_report *r;
};

/* All rows of one number. */
struct rows { const struct booksfile_row *v; size_t n; };

static int on_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct comparing *c = ctx;
	struct reconcile_report *r = c->r;

	if (strcmp(q->state, "RESERVED") == 0)
		return 0;
	if (buf_grow(&r->book, &r->cap_book, r->nbook + 1, sizeof *r->book) < 0)
		return err_nomem(e);
	r->book[r->nbook++] = (struct reconcile_book){
		.number = pool_dup(c->pool, v->number), .company = pool_intern(c->pool, v->buyer.name), .currency = pool_intern(c->pool, v->currency), .date = v->date,
		.ours_minor = v->gross_minor, .paid = -1,
	};
	return pool_failed(c->pool) ? err_nomem(e) : 0;
}

static int on_run(void *ctx, const struct store_run *run, struct err *e)
{
	struct comparing *c = ctx;

	if (run->state == RUN_ABORTED || run->period.from >= c->r->period.to || run->period.to <= c->r->period.from)
		return 0;
	return query_invoices(c->a->store, run->id, NULL, on_invoice, c, e);
}

static int by_number(const void *a, const void *b)
{
	return strcmp(((const struct reconcile_book *)a)->number, ((const struct reconcile_book *)b)->number);
}

static struct rows rows_of(const struct booksfile *b, const char *number)
{
	size_t low = 0, high = b->n;
	struct rows r;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(b->v[mid].number, number) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	r = (struct rows){ b->v + low, 0 };
	while (low + r.n < b->n && strcmp(r.v[r.n].number, number) == 0)
		r.n++;
	return r;
}

static int64_t power(int n)
{
	int64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

/* The sum of rows, in the currency's minor units; *exact 0 when there are smaller parts. */
static int sum_of(struct rows rows, int decimals, int64_t *minor, int *exact, struct err *e)
{
	int64_t sum = 0, unit = power(BOOKSFILE_SCALE - decimals);
	int overflow = 0;

	for (size_t i = 0; i < rows.n; i++)
		if (num_add(&sum, rows.v[i].gross_e4) < 0)
			return err_set(e, ERR_DATA, "the amounts of %s in the books overflow", rows.v[0].number);
	*minor = num_div_round(sum, unit, &overflow);
	*exact = sum % unit == 0;
	return 0;
}

static int add(struct comparing *c, const struct reconcile_book *k, enum reconcile_class class, const char *change, int64_t minor, struct err *e)
{
	struct reconcile_report *r = c->r;

	if (change == NULL || buf_grow(&r->v, &r->cap, r->n + 1, sizeof *r->v) < 0)
		return err_nomem(e);
	r->v[r->n++] = (struct reconcile_finding){
		.class = class, .invoice = k->number, .date = k->date, .company = k->company, .change = change, .has_money = k->currency != NULL, .minor = minor,
		.currency = k->currency,
	};
	return 0;
}

/* Worst last, so that the sheet shows the worst. */
static int judge(struct comparing *c, struct reconcile_book *k, struct rows rows, struct err *e)
{
	char ours[NUM_MAX], theirs[NUM_MAX];
	int64_t diff = -k->ours_minor;
	int exact = 1;

	money_fmt(ours, k->ours_minor, k->currency);
	if (rows.n == 0) {
		k->class = RECONCILE_BOOKS_MISSING;
		return add(c, k, k->class, pool_fmt(c->pool, "%s %s is not in the books", ours, k->currency), diff, e);
	}
	k->has_theirs = 1;
	k->paid = rows.v[0].paid;
	for (size_t i = 1; i < rows.n; i++)
		k->paid = rows.v[i].paid < k->paid ? rows.v[i].paid : k->paid;
	k->their_currency = rows.v[0].currency;
	if (rows.n > 1 && !c->b->parts) {
		k->class = RECONCILE_BOOKS_TWICE;
		if (add(c, k, k->class, pool_fmt(c->pool, "stands in lines %d and %d of the books", rows.v[0].line, rows.v[1].line), k->ours_minor, e) < 0)
			return -1;
		rows.n = 1;
	}
	if (sum_of(rows, money_decimals(k->currency), &k->theirs_minor, &exact, e) < 0)
		return -1;
	for (size_t i = 0; i < rows.n; i++)
		if (rows.v[i].currency != NULL && strcmp(rows.v[i].currency, k->currency) != 0) {
			k->class = RECONCILE_BOOKS_CURRENCY;
			return add(c, k, k->class, pool_fmt(c->pool, "%s -> %s in line %d of the books", k->currency, rows.v[i].currency, rows.v[i].line), k->ours_minor, e);
		}
	money_fmt(theirs, k->theirs_minor, k->currency);
	if (k->theirs_minor != k->ours_minor || !exact) {
		k->class = RECONCILE_BOOKS_AMOUNT;
		if (num_add(&diff, k->theirs_minor) < 0)
			return err_set(e, ERR_DATA, "the amount of %s in the books overflows", k->number);
		return add(c, k, k->class, pool_fmt(c->pool, "%s -> %s%s in line %d of the books", ours, theirs, exact ? "" : " and a fraction", rows.v[0].line), diff, e);
	}
	if (k->paid == 0 && k->class == RECONCILE_AGREED) {
		k->class = RECONCILE_BOOKS_OPEN;
		return add(c, k, k->class, pool_dup(c->pool, "not paid"), k->ours_minor, e);
	}
	return 0;
}

/* Rows whose number the ledger never gave. Documents of other periods may stand there, too. */
static int judge_extra(struct comparing *c, struct rows rows, struct err *e)
{
	const char *currency = rows.v[0].currency != NULL ? rows.v[0].currency : c->a->cfg.currency;
	int decimals = money_decimals(currency), known, exact;
	struct reconcile_book k = { .number = rows.v[0].number, .currency = decimals < 0 ? NULL : currency, .date = rows.v[0].date };
	char run[16];
	int64_t minor;

	known = query_run_of(c->a->store, k.number, run, e);
	if (known != 0)
		return known < 0 ? -1 : 0;
	if (sum_of(rows, decimals < 0 ? 2 : decimals, &minor, &exact, e) < 0)
		return -1;
	return add(c, &k, RECONCILE_BOOKS_EXTRA, pool_fmt(c->pool, "line %d of the books: a number that was never given", rows.v[0].line), minor, e);
}

int books_compare(struct app *a, const struct booksfile *b, struct pool *pool, struct reconcile_report *r, struct err *e)
{
	struct comparing c = { a, b, pool, r };

	if (store_run_each(a->store, on_run, &c, e) < 0)
		return -1;
	if (r->nbook > 0)
		qsort(r->book, r->nbook, sizeof *r->book, by_number);
	for (size_t i = 0; i < r->nbook; i++)
		if (judge(&c, &r->book[i], rows_of(b, r->book[i].number), e) < 0)
			return -1;
	for (size_t i = 0; i < b->n;) {
		struct rows rows = rows_of(b, b->v[i].number);

		if (judge_extra(&c, rows, e) < 0)
			return -1;
		i += rows.n;
	}
	return 0;
}
