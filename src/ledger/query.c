#include "ledger/query.h"

#include <stdlib.h>
#include <string.h>

#include "billing/facts.h"
#include "ledger/claim_list.h"
#include "ledger/store_run.h"

#define EXCEPTION "('UNMARKED_AUTH','UNMARKED_REJECTED','UNMARKED_UNKNOWN','GONE','DRIFT','FOREIGN','REOPENED')"

#define OF_RUN "FROM invoice i CROSS JOIN claim c ON c.invoice=i.no WHERE i.run=r.id"
#define IS_EXCEPTION "(c.state IN" EXCEPTION ")"
#define RUN_SELECT "SELECT " STORE_RUN_COLUMNS ",(SELECT count(*) FROM invoice i WHERE i.run=r.id),"

static int read_run(struct store *s, sqlite3_stmt *st, struct query_run *out, struct err *e)
{
	struct query_run q = { .invoices = sqlite3_column_int64(st, STORE_RUN_NCOLUMNS), .entries = sqlite3_column_int64(st, STORE_RUN_NCOLUMNS + 1),
		.secs = sqlite3_column_int64(st, STORE_RUN_NCOLUMNS + 2), .exceptions = sqlite3_column_int64(st, STORE_RUN_NCOLUMNS + 3) };

	if (store_run_row(s, st, &q.run, e) < 0)
		return -1;
	*out = q;
	return 0;
}

int query_runs(struct store *s, int (*each)(void *ctx, const struct query_run *r, struct err *e), void *ctx, struct err *e)
{
	/* Claims are met once, as they lie, for all runs together. */
	static const char sql[] = RUN_SELECT "coalesce(t.entries,0),coalesce(t.secs,0),coalesce(t.exceptions,0) FROM run r LEFT JOIN"
		" (SELECT i.run AS run,count(*) AS entries,sum(c.secs) AS secs,sum" IS_EXCEPTION " AS exceptions FROM claim c CROSS JOIN invoice i ON i.no=c.invoice"
		" GROUP BY i.run) t ON t.run=r.id ORDER BY r.seq DESC";
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	struct query_run q;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (read_run(s, st, &q, e) < 0 || each(ctx, &q, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int query_run(struct store *s, const char *id, struct query_run *out, struct err *e)
{
	static const char sql[] = RUN_SELECT "(SELECT count(*) " OF_RUN "),(SELECT coalesce(sum(c.secs),0) " OF_RUN "),"
		"(SELECT count(*) " OF_RUN " AND " IS_EXCEPTION ") FROM run r WHERE r.id=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(id)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && read_run(s, st, out, e) < 0)
		rc = -1;
	db_end(s, st);
	return rc;
}

int query_run_of(struct store *s, const char *number, char run[16], struct err *e)
{
	static const char sql[] = "SELECT run FROM invoice WHERE no=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(number)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && db_copy(s, st, 0, run, 16, e) < 0)
		rc = -1;
	db_end(s, st);
	return rc;
}

int query_state_of(struct store *s, const char *number, char state[12], struct err *e)
{
	static const char sql[] = "SELECT state FROM invoice WHERE no=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(number)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && db_copy(s, st, 0, state, 12, e) < 0)
		rc = -1;
	db_end(s, st);
	return rc;
}

int query_cancelled_by(struct store *s, const char *number, char by[32], struct err *e)
{
	static const char sql[] = "SELECT no FROM invoice WHERE voids=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(number)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && db_copy(s, st, 0, by, 32, e) < 0)
		rc = -1;
	db_end(s, st);
	return rc;
}

int query_series(struct store *s, int (*each)(void *ctx, const char *name, int64_t first, int64_t next, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT name,first,next FROM series ORDER BY name";
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	char name[64];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, name, sizeof name, e) < 0 || each(ctx, name, sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2), e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

/* One statement per way in, so that each uses its index: by number (primary key), by run, all by series and n. Both given: ?1 is checked,
 * too. */
#define WAYS(name, select, order) \
	static const char name##_all[] = select " WHERE ?1 IS NULL AND ?2 IS NULL " order; \
	static const char name##_run[] = select " WHERE i.run=?1 AND ?2 IS NULL " order; \
	static const char name##_number[] = select " WHERE i.no=?2 AND (?1 IS NULL OR i.run=?1) " order
#define WAY(name, run, number) ((number) != NULL ? name##_number : (run) != NULL ? name##_run : name##_all)

struct lines {
	struct invoice_line *v;
	size_t cap;
};

static int read_lines(struct store *s, struct invoice *v, struct lines *lines, struct pool *pool, struct err *e)
{
	static const char sql[] = "SELECT facts,pos,secs,net_minor FROM line WHERE invoice=?1 ORDER BY pos";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(v->number)), e);
	size_t n = 0;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		const char *facts = sqlite3_column_blob(st, 0);
		struct invoice_line *l;

		if (buf_grow(&lines->v, &lines->cap, n + 1, sizeof *lines->v) < 0) {
			rc = err_nomem(e);
			break;
		}
		l = &lines->v[n];
		rc = facts_read_line(facts, (size_t)sqlite3_column_bytes(st, 0), pool, l, e);
		if (rc == 0 && (l->pos != sqlite3_column_int64(st, 1) || l->secs != sqlite3_column_int64(st, 2) ||
		    l->net_minor != sqlite3_column_int64(st, 3)))
			rc = err_set(e, ERR_DATA, "line %d contradicts its facts", l->pos);
		if (rc < 0)
			break;
		n++;
	}
	db_end(s, st);
	v->lines = lines->v;
	v->nlines = n;
	return rc;
}

/* The columns repeat what the facts say, for SQL; both must agree. */
static int read_invoice(struct store *s, sqlite3_stmt *st, struct pool *pool, struct invoice *v, struct query_invoice *q, struct err *e)
{
	const char *facts = sqlite3_column_blob(st, 0);
	char no[32];

	if (db_copy(s, st, 1, no, sizeof no, e) < 0 || db_copy(s, st, 2, q->state, sizeof q->state, e) < 0 ||
	    db_copy(s, st, 3, q->run, sizeof q->run, e) < 0)
		return -1;
	if (facts_read_invoice(facts, (size_t)sqlite3_column_bytes(st, 0), pool, v, e) < 0)
		return err_ctx(e, "ledger: document %s", no);
	if (v->number == NULL || strcmp(v->number, no) != 0 || v->n != sqlite3_column_int64(st, 4) ||
	    v->gross_minor != sqlite3_column_int64(st, 5) || v->secs != sqlite3_column_int64(st, 6))
		return err_set(e, ERR_DATA, "ledger: document %s contradicts its facts", no);
	return 0;
}

/* lines NULL: they are not read. */
static int each_invoice(struct store *s, const char *run, const char *number, struct lines *lines,
    int (*each)(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e), void *ctx, struct err *e)
{
	WAYS(sql, "SELECT i.facts,i.no,i.state,i.run,i.n,i.gross_minor,i.secs FROM invoice i", "ORDER BY i.series,i.n");
	struct pool *pool = pool_new();
	struct query_invoice q;
	struct invoice v;
	sqlite3_stmt *st;
	int rc = -1;

	if (pool == NULL)
		return err_nomem(e);
	st = db_query(s, WAY(sql, run, number), DB_ARGS(db_text(run), db_text(number)), e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		pool_reset(pool);
		rc = read_invoice(s, st, pool, &v, &q, e);
		if (rc == 0 && lines != NULL && read_lines(s, &v, lines, pool, e) < 0)
			rc = err_ctx(e, "ledger: document %s", v.number);
		if (rc < 0 || each(ctx, &v, &q, e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	pool_free(pool);
	return rc;
}

int query_invoices(struct store *s, const char *run, const char *number,
    int (*each)(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e), void *ctx, struct err *e)
{
	struct lines lines = { NULL, 0 };
	int rc = each_invoice(s, run, number, &lines, each, ctx, e);

	free(lines.v);
	return rc;
}

int query_document(struct store *s, const char *run, const char *number, struct pool *pool, struct invoice *out, struct err *e)
{
	static const char sql[] = "SELECT i.facts,i.no,i.state,i.run,i.n,i.gross_minor,i.secs FROM invoice i WHERE i.no=?1 AND i.run=?2";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(number), db_text(run)), e);
	struct lines lines = { NULL, 0 };
	struct query_invoice q;
	int rc = -1;

	if (st == NULL || (rc = db_step(s, st, e)) <= 0)
		goto out;
	rc = read_invoice(s, st, pool, out, &q, e);
	if (rc == 0 && read_lines(s, out, &lines, pool, e) < 0)
		rc = err_ctx(e, "ledger: document %s", out->number);
	if (rc < 0)
		goto out;
	out->lines = pool_alloc(pool, (out->nlines + 1) * sizeof *out->lines);
	if (out->lines == NULL)
		rc = err_nomem(e);
	else if (out->nlines > 0)
		memcpy(out->lines, lines.v, out->nlines * sizeof *out->lines);
	rc = rc < 0 ? -1 : 1;
out:
	db_end(s, st);
	free(lines.v);
	return rc;
}

int query_heads(struct store *s, const char *run, int (*each)(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e), void *ctx, struct err *e)
{
	return each_invoice(s, run, NULL, NULL, each, ctx, e);
}

int query_numbers(struct store *s, const char *run, const char *number, int (*each)(void *ctx, const char *number, int has_seconds, struct err *e), void *ctx, struct err *e)
{
	WAYS(sql, "SELECT i.no,EXISTS(SELECT 1 FROM claim c WHERE c.invoice=coalesce(i.voids,i.no) AND (c.secs%60<>0 OR c.billed_secs%60<>0)) FROM invoice i", "ORDER BY i.series,i.n");
	sqlite3_stmt *st = db_query(s, WAY(sql, run, number), DB_ARGS(db_text(run), db_text(number)), e);
	char no[32];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, no, sizeof no, e) < 0 || each(ctx, no, sqlite3_column_int(st, 1), e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int query_files(struct store *s, const char *run,
    int (*each)(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT name,sha256,size FROM file WHERE run=?1 ORDER BY name";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	uint8_t sha[SHA_LEN];
	char name[1024];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, name, sizeof name, e) < 0 || db_copy_blob(s, st, 1, sha, SHA_LEN, e) < 0 ||
		    each(ctx, name, sha, sqlite3_column_int64(st, 2), e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int query_exceptions(struct store *s, const char *run,
    int (*each)(void *ctx, const char *entry, const char *invoice, const char *state, const char *old, const char *now, struct err *e),
    void *ctx, struct err *e)
{
	static const char sql[] = "SELECT c.entry,c.invoice,c.state,CASE WHEN c.delta_secs IS NULL THEN NULL ELSE c.secs END,c.secs+c.delta_secs"
		" FROM claim c CROSS JOIN invoice i ON i.no=c.invoice WHERE c.id BETWEEN ?2 AND ?3 AND c.state IN" EXCEPTION " AND i.run=?1 ORDER BY i.series,i.n,c.pos,c.entry";
	char entry[37], invoice[32], state[24], old[24], now[24];
	struct claim_list_span span;
	sqlite3_stmt *st;
	int rc = -1;

	if (claim_list_span(s, run, &span, e) < 0)
		return -1;
	st = db_query(s, sql, DB_ARGS(db_text(run), db_int(span.first), db_int(span.last)), e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, entry, sizeof entry, e) < 0 || db_copy(s, st, 1, invoice, sizeof invoice, e) < 0 ||
		    db_copy(s, st, 2, state, sizeof state, e) < 0 || db_copy(s, st, 3, old, sizeof old, e) < 0 ||
		    db_copy(s, st, 4, now, sizeof now, e) < 0 ||
		    each(ctx, entry, invoice, state, old[0] != '\0' ? old : NULL, now[0] != '\0' ? now : NULL, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int query_events(struct store *s, const char *run, const char *kind,
    int (*each)(void *ctx, const char *body, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT body FROM event WHERE run IS ?1 AND kind=?2 ORDER BY seq";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run), db_text(kind)), e);
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		const char *body = (const char *)sqlite3_column_text(st, 0);

		if (body == NULL)
			err_nomem(e);
		if (body == NULL || each(ctx, body, e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	return rc;
}
