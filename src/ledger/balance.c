#include "ledger/balance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "ledger/claim_list.h"
#include "ledger/ranks.h"
#include "ledger/snap.h"

/* The columns behind company and currency, as they stand in the table and in struct conserve_customer. */
static const struct { const char *name; size_t at; int is_money; } sums[] = {
	{ "documents", offsetof(struct conserve_customer, documents), 0 }, { "entries", offsetof(struct conserve_customer, entries), 0 },
	{ "tracked seconds", offsetof(struct conserve_customer, secs), 0 }, { "billed seconds", offsetof(struct conserve_customer, billed_secs), 0 },
	{ "lines of time", offsetof(struct conserve_customer, lines_minor), 1 }, { "value of tracked time", offsetof(struct conserve_customer, value_minor), 1 },
	{ "fees and corrections", offsetof(struct conserve_customer, others_minor), 1 }, { "discounts", offsetof(struct conserve_customer, allowance_minor), 1 },
	{ "net", offsetof(struct conserve_customer, net_minor), 1 }, { "VAT", offsetof(struct conserve_customer, tax_minor), 1 },
	{ "gross", offsetof(struct conserve_customer, gross_minor), 1 },
};
#define SUMS (sizeof sums / sizeof *sums)

static int64_t *sum_of(struct conserve_customer *c, size_t i)
{
	return (int64_t *)(void *)((char *)c + sums[i].at);
}

int balance_put(struct store *s, const char *run, const struct conserve_customer *c, struct err *e)
{
	static const char sql[] = "INSERT INTO balance VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)";

	if (db_need_transaction(s, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(run), db_text(c->company_id), db_text(c->currency), db_int(c->documents), db_int(c->entries), db_int(c->secs),
	    db_int(c->billed_secs), db_int(c->lines_minor), db_int(c->value_minor), db_int(c->others_minor), db_int(c->allowance_minor), db_int(c->net_minor),
	    db_int(c->tax_minor), db_int(c->gross_minor)), "balance", e);
}

int balance_each(struct store *s, const char *run, int (*each)(void *ctx, const struct conserve_customer *c, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT company,currency,documents,entries,secs,billed_secs,lines_minor,value_minor,others_minor,allowance_minor,net_minor,"
		"tax_minor,gross_minor FROM balance WHERE run=?1 ORDER BY company,currency";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	char company[64], currency[8];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		struct conserve_customer c = { .company_id = company, .currency = currency };

		for (size_t i = 0; i < SUMS; i++)
			*sum_of(&c, i) = sqlite3_column_int64(st, 2 + (int)i);
		if (db_copy(s, st, 0, company, sizeof company, e) < 0 || db_copy(s, st, 1, currency, sizeof currency, e) < 0 || each(ctx, &c, e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	return rc;
}

/* The rows made again, by company and currency. */
struct proving {
	struct store *s;
	const char *run;
	struct pool *pool;
	struct conserve_customer *v;
	size_t n, cap;
	void (*each)(void *ctx, const char *sentence);
	void *ctx;
	size_t next;             /* of v, while the kept rows are walked */
	int64_t kept;
};

static void differs(struct proving *p, const char *company, const char *currency, const char *what, int64_t kept, int64_t now)
{
	char sentence[320];

	snprintf(sentence, sizeof sentence, "%s, company %s (%s): %s are %lld in the proof and %lld in the ledger", p->run, company, currency, what, (long long)kept,
	    (long long)now);
	p->each(p->ctx, sentence);
}

static int add_customer(struct proving *p, sqlite3_stmt *st, struct err *e)
{
	if (buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) < 0)
		return err_nomem(e);
	p->v[p->n] = (struct conserve_customer){
		.company_id = pool_dup(p->pool, (const char *)sqlite3_column_text(st, 0)), .currency = pool_dup(p->pool, (const char *)sqlite3_column_text(st, 1)),
		.documents = sqlite3_column_int64(st, 2), .net_minor = sqlite3_column_int64(st, 3), .tax_minor = sqlite3_column_int64(st, 4),
		.gross_minor = sqlite3_column_int64(st, 5),
	};
	if (p->v[p->n].company_id == NULL || p->v[p->n].currency == NULL)
		return err_nomem(e);
	p->n++;
	return 0;
}

/* The customer of a row that comes in the same order; NULL when there is none. */
static struct conserve_customer *customer_at(struct proving *p, size_t *at, sqlite3_stmt *st)
{
	const char *company = (const char *)sqlite3_column_text(st, 0), *currency = (const char *)sqlite3_column_text(st, 1);

	while (*at < p->n && company != NULL && currency != NULL && (strcmp(p->v[*at].company_id, company) != 0 || strcmp(p->v[*at].currency, currency) != 0))
		++*at;
	return company == NULL || currency == NULL || *at == p->n ? NULL : &p->v[*at];
}

static int no_customer(struct proving *p, struct err *e)
{
	return err_set(e, ERR_DATA, "%s: lines or claims of a customer without a document", p->run);
}

static int read_documents(struct proving *p, struct err *e)
{
	static const char sql[] = "SELECT company,currency,count(*),sum(net_minor),sum(tax_minor),sum(gross_minor) FROM invoice WHERE run=?1 AND voids IS NULL"
		" GROUP BY company,currency ORDER BY company,currency";
	sqlite3_stmt *st = db_query(p->s, sql, DB_ARGS(db_text(p->run)), e);
	int rc = -1;

	while (st != NULL && (rc = db_step(p->s, st, e)) > 0)
		if (add_customer(p, st, e) < 0) {
			rc = -1;
			break;
		}
	db_end(p->s, st);
	return rc;
}

/* What the claims of a document come to. */
struct claimed { int64_t entries, secs, billed_secs; };

/* As they lie, which is not by document; at[]: one per place. */
static int sum_claims(struct proving *p, const struct ranks *documents, struct claimed *at, struct err *e)
{
	static const char sql[] = "SELECT invoice,secs,billed_secs FROM claim WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
	struct claim_list_span span;
	sqlite3_stmt *st;
	int rc = -1;

	if (claim_list_span(p->s, p->run, &span, e) < 0)
		return -1;
	st = db_query(p->s, sql, DB_ARGS(db_int(span.first), db_int(span.last)), e);
	while (st != NULL && (rc = db_step(p->s, st, e)) > 0) {
		const char *number = (const char *)sqlite3_column_text(st, 0);
		const struct ranks_document *of = number != NULL ? ranks_find(documents, number) : NULL;

		if (number == NULL || (of != NULL && (num_add(&at[of->place].secs, sqlite3_column_int64(st, 1)) < 0 ||
		    num_add(&at[of->place].billed_secs, sqlite3_column_int64(st, 2)) < 0))) {
			rc = number == NULL ? err_nomem(e) : err_set(e, ERR_DATA, "%s: the seconds of the claims overflow", p->run);
			break;
		}
		if (of != NULL)
			at[of->place].entries++;
	}
	db_end(p->s, st);
	return rc;
}

/* Cancellations have no claims of their own. */
static int share_claims(struct proving *p, const struct ranks *documents, const struct claimed *at, struct err *e)
{
	static const char sql[] = "SELECT company,currency,no FROM invoice WHERE run=?1 AND voids IS NULL ORDER BY company,currency";
	sqlite3_stmt *st = db_query(p->s, sql, DB_ARGS(db_text(p->run)), e);
	size_t next = 0;
	int rc = -1;

	while (st != NULL && (rc = db_step(p->s, st, e)) > 0) {
		struct conserve_customer *c = customer_at(p, &next, st);
		const char *number = (const char *)sqlite3_column_text(st, 2);
		const struct ranks_document *of = number != NULL ? ranks_find(documents, number) : NULL;

		if (c == NULL || of == NULL) {
			rc = number == NULL ? err_nomem(e) : no_customer(p, e);
			break;
		}
		c->entries += at[of->place].entries;
		if (num_add(&c->secs, at[of->place].secs) < 0 || num_add(&c->billed_secs, at[of->place].billed_secs) < 0) {
			rc = err_set(e, ERR_DATA, "%s: the seconds of the claims overflow", p->run);
			break;
		}
	}
	db_end(p->s, st);
	return rc;
}

static int read_claims(struct proving *p, struct err *e)
{
	struct ranks documents = { .n = 0 };
	struct claimed *at = NULL;
	int rc = ranks_read(p->s, p->run, &documents, e);

	if (rc == 0 && (at = calloc(documents.n + 1, sizeof *at)) == NULL)
		rc = err_nomem(e);
	if (rc == 0)
		rc = sum_claims(p, &documents, at, e) < 0 ? -1 : share_claims(p, &documents, at, e);
	free(at);
	ranks_free(&documents);
	return rc;
}

/* Each line with the seconds of its claims is priced again. */
static int read_lines(struct proving *p, struct err *e)
{
	static const char sql[] = "SELECT i.company,i.currency,l.net_minor,l.secs,json_extract(CAST(l.facts AS TEXT),'$.price_e4'),"
		"json_extract(CAST(l.facts AS TEXT),'$.fee') IS NULL AND json_extract(CAST(l.facts AS TEXT),'$.correction') IS NULL"
		" FROM invoice i CROSS JOIN line l ON l.invoice=i.no WHERE i.run=?1 AND i.voids IS NULL ORDER BY i.company,i.currency";
	sqlite3_stmt *st = db_query(p->s, sql, DB_ARGS(db_text(p->run)), e);
	struct conserve_customer *last = NULL;
	conserve_exact exact = 0;
	size_t at = 0;
	int rc = -1, off = 0;

	while (st != NULL && (rc = db_step(p->s, st, e)) > 0) {
		struct conserve_customer *c = customer_at(p, &at, st);
		int is_time = sqlite3_column_int(st, 5), decimals;

		if (c == NULL) {
			rc = no_customer(p, e);
			break;
		}
		if (c != last)
			exact = 0;
		last = c;
		decimals = money_decimals(c->currency);
		off |= num_add(is_time ? &c->lines_minor : &c->others_minor, sqlite3_column_int64(st, 2));
		if (is_time)
			exact += (conserve_exact)sqlite3_column_int64(st, 3) * sqlite3_column_int64(st, 4);
		c->value_minor = conserve_value(exact, decimals < 0 ? 0 : decimals, &off);
	}
	db_end(p->s, st);
	return rc == 0 && off ? err_set(e, ERR_DATA, "%s: the sums of the lines overflow", p->run) : rc;
}

static int on_kept(void *ctx, const struct conserve_customer *kept, struct err *e)
{
	struct proving *p = ctx;
	struct conserve_customer *now = p->next < p->n ? &p->v[p->next] : NULL, want = *kept;

	(void)e;
	p->kept++;
	while (now != NULL && strcmp(now->company_id, kept->company_id) < 0) {
		differs(p, now->company_id, now->currency, "documents", 0, now->documents);
		now = ++p->next < p->n ? &p->v[p->next] : NULL;
	}
	if (now == NULL || strcmp(now->company_id, kept->company_id) != 0 || strcmp(now->currency, kept->currency) != 0) {
		differs(p, kept->company_id, kept->currency, "documents", kept->documents, 0);
		return 0;
	}
	p->next++;
	now->allowance_minor = now->lines_minor + now->others_minor - now->net_minor;
	for (size_t i = 0; i < SUMS; i++)
		if (*sum_of(&want, i) != *sum_of(now, i))
			differs(p, kept->company_id, kept->currency, sums[i].name, *sum_of(&want, i), *sum_of(now, i));
	if (now->gross_minor != now->net_minor + now->tax_minor)
		differs(p, kept->company_id, kept->currency, "net and VAT", now->gross_minor, now->net_minor + now->tax_minor);
	return 0;
}

static int check_fetched(struct proving *p, struct err *e)
{
	struct snap_sums read;
	int64_t entries = 0, secs = 0;
	char sentence[200];

	if (snap_sums(p->s, p->run, &read, e) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		entries += p->v[i].entries;
		secs += p->v[i].secs;
	}
	snprintf(sentence, sizeof sentence, "%s: %lld entries and %lld s were read, %lld and %lld s are billed, %lld and %lld s held", p->run, (long long)read.entries,
	    (long long)read.secs, (long long)entries, (long long)secs, (long long)read.held, (long long)read.held_secs);
	if (read.entries != entries + read.held || read.secs != secs + read.held_secs)
		p->each(p->ctx, sentence);
	return 0;
}

static int is_balanced_version(struct store *s, const char *run, int64_t *rows, struct err *e)
{
	static const char sql[] = "SELECT count(*) FROM balance WHERE run=?1";

	return db_get_int(s, sql, DB_ARGS(db_text(run)), rows, e);
}

int balance_check(struct store *s, const char *run, int kept, void (*each)(void *ctx, const char *sentence), void *ctx, struct err *e)
{
	struct proving p = { .s = s, .run = run, .pool = pool_new(), .each = each, .ctx = ctx };
	int64_t rows = 0;
	int rc = -1;

	if (p.pool == NULL) {
		err_nomem(e);
		goto out;
	}
	if (is_balanced_version(s, run, &rows, e) < 0)
		goto out;
	if (rows == 0 && !kept) {
		rc = 0;
		goto out;
	}
	if (read_documents(&p, e) < 0 || read_claims(&p, e) < 0 || read_lines(&p, e) < 0 || balance_each(s, run, on_kept, &p, e) < 0)
		goto out;
	for (; p.next < p.n; p.next++)
		differs(&p, p.v[p.next].company_id, p.v[p.next].currency, "documents", 0, p.v[p.next].documents);
	rc = check_fetched(&p, e);
out:
	free(p.v);
	pool_free(p.pool);
	return rc;
}

int balance_past(struct store *s, const char *run,
    int (*each)(void *ctx, const char *company, const char *currency, date_t from, date_t cutoff, int64_t net_minor, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT i.company,i.currency,r.period_from,r.cutoff,sum(i.net_minor) FROM run r CROSS JOIN invoice i ON i.run=r.id"
		" WHERE r.kind='bill' AND r.id<>?1 AND r.period_from IS NOT NULL AND i.state='ISSUED' AND i.voids IS NULL GROUP BY 1,2,3,4 ORDER BY 1,2,3,4";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	char company[64], currency[8];
	date_t from, cutoff;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, company, sizeof company, e) < 0 || db_copy(s, st, 1, currency, sizeof currency, e) < 0 ||
		    db_copy_date(s, st, 2, &from, e) < 0 || db_copy_date(s, st, 3, &cutoff, e) < 0 ||
		    each(ctx, company, currency, from, cutoff, sqlite3_column_int64(st, 4), e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}
