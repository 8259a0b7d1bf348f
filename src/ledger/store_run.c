#include "ledger/store_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "ledger/chain.h"

#ifndef PSABILL_VERSION
#define PSABILL_VERSION "0"
#endif

#define TO(state) (1u << (state))

/* Settlement protocol, sections 3, 4, 7. A bill run without any entry closes from SNAPSHOT; a void has nothing to fetch. */
static const unsigned edges[2][RUN_ABORTED + 1] = {
	{ /* bill */
		[RUN_OPEN] = TO(RUN_SNAPSHOT) | TO(RUN_ABORTED),
		[RUN_SNAPSHOT] = TO(RUN_PLANNED) | TO(RUN_CLOSED) | TO(RUN_CLOSED_EXC) | TO(RUN_ABORTED),
		[RUN_PLANNED] = TO(RUN_RENDERED) | TO(RUN_ABORTED),
		[RUN_RENDERED] = TO(RUN_PUBLISHING) | TO(RUN_ABORTED),
		[RUN_PUBLISHING] = TO(RUN_PUBLISHED),
		[RUN_PUBLISHED] = TO(RUN_MARKING),
		[RUN_MARKING] = TO(RUN_VERIFYING),
		[RUN_VERIFYING] = TO(RUN_CLOSED) | TO(RUN_CLOSED_EXC),
	},
	{ /* void */
		[RUN_OPEN] = TO(RUN_PLANNED) | TO(RUN_ABORTED),
		[RUN_PLANNED] = TO(RUN_RENDERED) | TO(RUN_ABORTED),
		[RUN_RENDERED] = TO(RUN_PUBLISHING) | TO(RUN_ABORTED),
		[RUN_PUBLISHING] = TO(RUN_PUBLISHED),
		[RUN_PUBLISHED] = TO(RUN_MARKING),
		[RUN_MARKING] = TO(RUN_VERIFYING),
		[RUN_VERIFYING] = TO(RUN_CLOSED) | TO(RUN_CLOSED_EXC),
	},
};

int store_run_edge(const char *kind, enum store_state from, enum store_state to)
{
	return (unsigned)from <= RUN_ABORTED && (unsigned)to <= RUN_ABORTED && (edges[strcmp(kind, "void") == 0][from] & TO(to)) != 0;
}

static int parse_state(const char *text, enum store_state *out, struct err *e)
{
	for (int st = RUN_OPEN; st <= RUN_ABORTED; st++)
		if (strcmp(text, store_state_name((enum store_state)st)) == 0) {
			*out = (enum store_state)st;
			return 0;
		}
	return err_set(e, ERR_DATA, "ledger: '%s' is no state of a run", text);
}

int store_run_row(struct store *s, sqlite3_stmt *st, struct store_run *r, struct err *e)
{
	struct store_run v = { .seq = sqlite3_column_int64(st, 1), .resting = sqlite3_column_int(st, 7) != 0 };
	date_t from, to;
	char state[16];

	if (db_copy(s, st, 0, v.id, sizeof v.id, e) < 0 || db_copy(s, st, 2, v.kind, sizeof v.kind, e) < 0 ||
	    db_copy(s, st, 3, state, sizeof state, e) < 0 || parse_state(state, &v.state, e) < 0 || db_copy_date(s, st, 4, &from, e) < 0 ||
	    db_copy_date(s, st, 5, &to, e) < 0 || db_copy_date(s, st, 6, &v.invoice_date, e) < 0)
		return -1;
	if (to == DATE_NONE || from == DATE_NONE)
		return err_set(e, ERR_DATA, "ledger: run %s has no period", v.id);
	period_make(from, to, &v.period);
	*r = v;
	return 0;
}

int store_run_now(struct store *s, const char *run, enum store_state *out, struct err *e)
{
	static const char sql[] = "SELECT state FROM run WHERE id=?1";
	struct err mine = ERR_INIT;
	char *text = db_get_text(s, sql, DB_ARGS(db_text(run)), &mine);
	int rc;

	if (text == NULL)
		return err_set(e, mine.code != ERR_OK ? mine.code : ERR_SOFTWARE, "%s", mine.code != ERR_OK ? mine.msg : "the run is not in the ledger");
	rc = parse_state(text, out, e);
	free(text);
	return rc;
}

static int insert_run(struct store *s, struct store_run *r, const uint8_t config_sha[SHA_LEN], struct err *e)
{
	static const char next[] = "SELECT coalesce(max(seq),0)+1 FROM run";
	static const char insert[] = "INSERT INTO run(id,seq,kind,state,period_from,cutoff,config_sha,tool) VALUES(?1,?2,?3,'OPEN',?4,?5,?6,?7)";
	char from[16], to[16], hex[SHA_HEX];
	struct jout j;

	if (db_get_int(s, next, DB_NOARGS, &r->seq, e) < 0)
		return -1;
	if (r->seq < 1 || r->seq > INT64_C(99999999999999))
		return err_set(e, ERR_DATA, "ledger: no run number left");
	snprintf(r->id, sizeof r->id, "R%04lld", (long long)r->seq);
	if (db_do_one(s, insert, DB_ARGS(db_text(r->id), db_int(r->seq), db_text(r->kind), db_date(from, r->period.from),
	    db_date(to, r->period.to), db_blob(config_sha, SHA_LEN), db_text("psabill " PSABILL_VERSION)), "new run", e) < 0)
		return -1;
	buf_reset(&s->text);
	jout_init(&j, &s->text, 0);
	jout_object(&j, NULL);
	jout_text(&j, "kind", r->kind);
	jout_text(&j, "from", from);
	jout_text(&j, "cutoff", to);
	jout_text(&j, "config_sha256", sha_hex(hex, config_sha));
	jout_text(&j, "tool", "psabill " PSABILL_VERSION);
	jout_end_object(&j);
	return buf_ok(&s->text) ? chain_append(s, r->id, "state:OPEN", buf_text(&s->text), e) : err_nomem(e);
}

int store_run_new(struct store *s, const char *kind, const struct period *period, const uint8_t config_sha[SHA_LEN],
    struct store_run *r, struct err *e)
{
	struct store_run v = { .state = RUN_OPEN, .period = *period, .invoice_date = DATE_NONE }, other;
	int open;

	if (strcmp(kind, "bill") != 0 && strcmp(kind, "void") != 0)
		return err_set(e, ERR_SOFTWARE, "'%s' is no kind of run", kind);
	if (period->from == DATE_NONE || period->to == DATE_NONE)
		return err_set(e, ERR_SOFTWARE, "a run needs a period");
	memcpy(v.kind, kind, strlen(kind) + 1);
	if (store_begin(s, e) < 0)
		return -1;
	open = store_run_unfinished(s, 0, 0, &other, e);
	if (open > 0)
		err_set(e, ERR_SOFTWARE, "run %s is unfinished: no other can begin", other.id);
	if (open != 0 || insert_run(s, &v, config_sha, e) < 0 || store_commit(s, e) < 0) {
		store_rollback(s);
		return -1;
	}
	*r = v;
	return 0;
}

int store_run_each(struct store *s, int (*each)(void *ctx, const struct store_run *r, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " STORE_RUN_COLUMNS " FROM run r ORDER BY r.seq DESC";
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	struct store_run r;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (store_run_row(s, st, &r, e) < 0 || each(ctx, &r, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int store_run_newest(struct store *s, int64_t *seq, struct err *e)
{
	static const char sql[] = "SELECT coalesce(max(seq),0) FROM run";

	return db_get_int(s, sql, DB_NOARGS, seq, e) < 0 ? -1 : 0;
}

int store_run_closed(struct store *s, const struct period *p, int issued, struct store_run *r, struct err *e)
{
	static const char sql[] = "SELECT " STORE_RUN_COLUMNS " FROM run r WHERE r.state IN('CLOSED','CLOSED_EXC') AND (?1 IS NULL OR (r.period_from=?1 AND r.cutoff=?2))"
		" AND (NOT ?3 OR r.invoice_date IS NOT NULL) ORDER BY r.seq DESC LIMIT 1";
	char from[16], to[16];
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_date(from, p == NULL ? DATE_NONE : p->from), db_date(to, p == NULL ? DATE_NONE : p->to), db_int(issued != 0)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && store_run_row(s, st, r, e) < 0)
		rc = -1;
	db_end(s, st);
	return rc;
}

int store_run_unfinished(struct store *s, int resting, int64_t after, struct store_run *r, struct err *e)
{
	static const char sql[] = "SELECT " STORE_RUN_COLUMNS " FROM run r WHERE r.state NOT IN" STORE_RUN_TERMINAL
		" AND (r.resting=0 OR (?1 AND r.seq>?2)) ORDER BY r.resting<>0, r.seq";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_int(resting != 0), db_int(after)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && store_run_row(s, st, r, e) < 0)
		rc = -1;
	if (rc > 0 && !r->resting) {
		int more = db_step(s, st, e);

		if (more < 0)
			rc = -1;
		else if (more > 0 && sqlite3_column_int(st, 7) == 0)
			rc = err_set(e, ERR_DATA, "ledger: two runs are unfinished, %s and a later one", r->id);
	}
	db_end(s, st);
	return rc;
}

int store_run_state(struct store *s, struct store_run *r, enum store_state to, const char *event_body, struct err *e)
{
	static const char sql[] = "UPDATE run SET state=?3 WHERE id=?1 AND state=?2";
	static const char closed[] = "INSERT INTO meta(k,v) SELECT '" STORE_CLOSED_TIME "',v FROM meta WHERE k='" CHAIN_TIME "' ON CONFLICT(k) DO UPDATE SET v=excluded.v";
	char kind[32];

	if (db_need_transaction(s, e) < 0)
		return -1;
	if (!store_run_edge(r->kind, r->state, to))
		return err_set(e, ERR_SOFTWARE, "run %s cannot go from %s to %s", r->id, store_state_name(r->state), store_state_name(to));
	if (db_do_one(s, sql, DB_ARGS(db_text(r->id), db_text(store_state_name(r->state)), db_text(store_state_name(to))),
	    "state of the run", e) < 0)
		return -1;
	snprintf(kind, sizeof kind, "state:%s", store_state_name(to));
	if (chain_append(s, r->id, kind, event_body != NULL ? event_body : "{}", e) < 0)
		return -1;
	if ((to == RUN_CLOSED || to == RUN_CLOSED_EXC) && strcmp(r->kind, "bill") == 0 && db_do_one(s, closed, DB_NOARGS, "time of the run's end", e) < 0)
		return -1;
	r->state = to;
	return 0;
}

int store_run_set_resting(struct store *s, struct store_run *r, int resting, struct err *e)
{
	static const char sql[] = "UPDATE run SET resting=?2 WHERE id=?1";

	if (db_do_one(s, sql, DB_ARGS(db_text(r->id), db_int(resting != 0)), "resting run", e) < 0)
		return -1;
	r->resting = resting != 0;
	return 0;
}

int store_run_set_date(struct store *s, struct store_run *r, date_t invoice_date, struct err *e)
{
	static const char sql[] = "UPDATE run SET invoice_date=?2 WHERE id=?1";
	char room[16];

	if (db_do_one(s, sql, DB_ARGS(db_text(r->id), db_date(room, invoice_date)), "invoice date of the run", e) < 0)
		return -1;
	r->invoice_date = invoice_date;
	return 0;
}

int store_run_set_totals(struct store *s, const struct store_run *r, const char *totals_json, struct err *e)
{
	static const char sql[] = "UPDATE run SET totals=?2 WHERE id=?1";

	return db_do_one(s, sql, DB_ARGS(db_text(r->id), db_text(totals_json)), "totals of the run", e);
}

char *store_run_totals(struct store *s, const char *run, struct err *e)
{
	static const char sql[] = "SELECT totals FROM run WHERE id=?1";

	return db_get_text(s, sql, DB_ARGS(db_text(run)), e);
}
