#include "ledger/trace.h"

#include "ledger/db.h"
#include "ledger/snap_row.h"

static int read_claim(struct store *s, sqlite3_stmt *st, struct trace_claim *c, struct err *e)
{
	*c = (struct trace_claim){
		.pos = sqlite3_column_int(st, 2), .secs = sqlite3_column_int64(st, 3), .billed_secs = sqlite3_column_int64(st, 4),
		.has_delta = sqlite3_column_type(st, 6) != SQLITE_NULL, .delta_secs = sqlite3_column_int64(st, 6), .rate_line = sqlite3_column_int64(st, 7),
		.price_e4 = sqlite3_column_int64(st, 9),
	};
	return db_copy(s, st, 0, c->invoice, sizeof c->invoice, e) < 0 || db_copy(s, st, 1, c->run, sizeof c->run, e) < 0 ||
	    db_copy(s, st, 5, c->state, sizeof c->state, e) < 0 || db_copy(s, st, 8, c->rate_keys, sizeof c->rate_keys, e) < 0 ||
	    db_copy(s, st, 10, c->currency, sizeof c->currency, e) < 0 ? -1 : 0;
}

int trace_claims(struct store *s, const char *entry, int (*each)(void *ctx, const struct trace_claim *c, struct err *e), void *ctx, struct err *e)
{
	/* Live and cancelled claims have an index each. */
	static const char sql[] = "SELECT c.invoice,i.run,c.pos,c.secs,c.billed_secs,c.state,c.delta_secs,c.rate_line,substr(r.keys,1,200),r.price_e4,r.currency"
		" FROM (SELECT * FROM claim WHERE entry=?1 AND live IS NULL UNION ALL SELECT * FROM claim WHERE entry=?1 AND live IS NOT NULL) c"
		" JOIN invoice i ON i.no=c.invoice LEFT JOIN rate r ON r.run=i.run AND r.line=c.rate_line ORDER BY c.id";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	struct trace_claim c;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (read_claim(s, st, &c, e) < 0 || each(ctx, &c, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int trace_seen(struct store *s, const char *entry, int (*each)(void *ctx, const char *run, const struct entry *x, const char *held, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT r.id,p.held," SNAP_ROW " FROM run r CROSS JOIN snap p ON p.run=r.id AND p.entry=?1 ORDER BY r.seq";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	struct pool *pool = pool_new();
	char run[16], held[32];
	struct entry x;
	int rc = -1;

	if (pool == NULL)
		err_nomem(e);
	while (pool != NULL && st != NULL && (rc = db_step(s, st, e)) > 0) {
		struct snap_row_bare row;
		const int there = snap_row_get(s, st, 2, &row, e);

		rc = -1;
		if (there < 0 || db_copy(s, st, 0, run, sizeof run, e) < 0 || db_copy(s, st, 1, held, sizeof held, e) < 0 ||
		    (there && snap_row_entry(s, &row, pool, &x, e) < 0) || each(ctx, run, there ? &x : NULL, held[0] == '\0' ? NULL : held, e) < 0)
			break;
		pool_reset(pool);
	}
	db_end(s, st);
	pool_free(pool);
	return rc;
}

int trace_attempts(struct store *s, const char *run, int (*each)(void *ctx, const struct trace_attempt *a, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT id,chunk,billed,http,state,substr(trace_id,1,79) FROM attempt WHERE run=?1 ORDER BY id";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		struct trace_attempt a = {
			.id = sqlite3_column_int64(st, 0), .chunk = sqlite3_column_int(st, 1), .billed = sqlite3_column_int(st, 2), .http = sqlite3_column_int(st, 3),
		};

		if (db_copy(s, st, 4, a.state, sizeof a.state, e) < 0 || db_copy(s, st, 5, a.trace_id, sizeof a.trace_id, e) < 0 || each(ctx, &a, e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	return rc;
}

static int read_correction(struct store *s, sqlite3_stmt *st, struct trace_correction *c, struct err *e)
{
	*c = (struct trace_correction){ .from_pos = sqlite3_column_int(st, 2), .pos = sqlite3_column_int(st, 5), .delta_secs = sqlite3_column_int64(st, 6),
		.billed_secs = sqlite3_column_int64(st, 7) };
	return db_copy(s, st, 0, c->entry, sizeof c->entry, e) < 0 || db_copy(s, st, 1, c->from, sizeof c->from, e) < 0 ||
	    db_copy(s, st, 3, c->state, sizeof c->state, e) < 0 || db_copy(s, st, 4, c->invoice, sizeof c->invoice, e) < 0 ? -1 : 0;
}

int trace_corrections(struct store *s, const char *entry, const char *number, int pos, int (*each)(void *ctx, const struct trace_correction *c, struct err *e), void *ctx,
    struct err *e)
{
	static const char of_entry[] = "SELECT c.entry,c.invoice,c.pos,k.state,k.invoice,k.pos,k.delta_secs,k.billed_secs FROM"
		" (SELECT * FROM claim WHERE entry=?1 AND live IS NULL UNION ALL SELECT * FROM claim WHERE entry=?1 AND live IS NOT NULL) c"
		" JOIN correction k ON k.claim=c.id ORDER BY k.id";
	static const char of_document[] = "SELECT c.entry,c.invoice,c.pos,k.state,k.invoice,k.pos,k.delta_secs,k.billed_secs FROM claim c"
		" JOIN correction k ON k.claim=c.id WHERE c.invoice=?1 AND (?2=0 OR c.pos=?2) ORDER BY k.id";
	sqlite3_stmt *st = entry != NULL ? db_query(s, of_entry, DB_ARGS(db_text(entry)), e) : db_query(s, of_document, DB_ARGS(db_text(number), db_int(pos)), e);
	struct trace_correction c;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (read_correction(s, st, &c, e) < 0 || each(ctx, &c, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}
