#include "ledger/claim.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/claim_list.h"
#include "ledger/snap_row.h"

#define TO(state) (1u << (state))
#define UNMARKED (TO(CLAIM_UNMARKED_AUTH) | TO(CLAIM_UNMARKED_REJECTED) | TO(CLAIM_UNMARKED_UNKNOWN))
#define FOUND (TO(CLAIM_GONE) | TO(CLAIM_DRIFT) | TO(CLAIM_FOREIGN))

/* Settlement protocol, sections 3, 5, 6, 7. To stay in a state is always allowed, to become VOIDED for every live claim. MARKED goes back
 * to SENT when reading shows that nothing was marked. REOPENED needs that the entry was, or may have been, billed before. */
static const unsigned edges[CLAIM_STATES] = {
	[CLAIM_CLAIMED] = TO(CLAIM_SENT) | TO(CLAIM_MARKED) | UNMARKED | FOUND,
	[CLAIM_SENT] = TO(CLAIM_MARKED) | UNMARKED | FOUND | TO(CLAIM_REOPENED),
	[CLAIM_MARKED] = TO(CLAIM_SENT) | TO(CLAIM_VERIFIED) | UNMARKED | FOUND | TO(CLAIM_REOPENED),
	[CLAIM_VERIFIED] = UNMARKED | FOUND | TO(CLAIM_REOPENED),
	[CLAIM_UNMARKED_AUTH] = TO(CLAIM_SENT) | TO(CLAIM_MARKED) | UNMARKED | FOUND | TO(CLAIM_REOPENED),
	[CLAIM_UNMARKED_REJECTED] = TO(CLAIM_SENT) | TO(CLAIM_MARKED) | UNMARKED | FOUND | TO(CLAIM_REOPENED),
	[CLAIM_UNMARKED_UNKNOWN] = TO(CLAIM_SENT) | TO(CLAIM_MARKED) | UNMARKED | FOUND | TO(CLAIM_REOPENED),
	[CLAIM_DRIFT] = FOUND | TO(CLAIM_REOPENED),
	[CLAIM_FOREIGN] = FOUND | TO(CLAIM_REOPENED),
	[CLAIM_GONE] = TO(CLAIM_REOPENED), /* a 404 that did not last */
	[CLAIM_REOPENED] = TO(CLAIM_GONE),
};

const char *claim_state_name(enum claim_state st)
{
	static const char *const name[CLAIM_STATES] = { "CLAIMED", "SENT", "MARKED", "VERIFIED", "UNMARKED_AUTH", "UNMARKED_REJECTED",
		"UNMARKED_UNKNOWN", "GONE", "DRIFT", "FOREIGN", "REOPENED", "VOIDED" };

	return (unsigned)st < CLAIM_STATES ? name[st] : "?";
}

int claim_state_column(struct store *s, sqlite3_stmt *st, int col, enum claim_state *out, struct err *e)
{
	char text[24];

	if (db_copy(s, st, col, text, sizeof text, e) < 0)
		return -1;
	for (int i = 0; i < CLAIM_STATES; i++)
		if (strcmp(text, claim_state_name((enum claim_state)i)) == 0) {
			*out = (enum claim_state)i;
			return 0;
		}
	return err_set(e, ERR_DATA, "ledger: '%s' is no state of a claim", text);
}

int claim_live(struct store *s, const char *entry, enum claim_state *state, char *invoice, struct err *e)
{
	static const char sql[] = "SELECT state,invoice FROM claim WHERE entry=?1 AND live IS NOT NULL";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	enum claim_state found;
	char number[32];
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && (claim_state_column(s, st, 0, &found, e) < 0 || db_copy(s, st, 1, number, sizeof number, e) < 0))
		rc = -1;
	db_end(s, st);
	if (rc > 0 && state != NULL)
		*state = found;
	if (rc > 0 && invoice != NULL)
		memcpy(invoice, number, sizeof number);
	return rc;
}

int claim_fee_live(struct store *s, const char *key, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM fee WHERE key=?1 AND state<>'VOIDED'";
	int64_t one;

	return db_get_int(s, sql, DB_ARGS(db_text(key)), &one, e);
}

static int read_claim(struct store *s, sqlite3_stmt *st, struct claim *c, struct err *e)
{
	c->id = sqlite3_column_int64(st, 7);
	c->pos = sqlite3_column_int(st, 2);
	c->secs = sqlite3_column_int64(st, 4);
	if (db_copy(s, st, 0, c->entry, sizeof c->entry, e) < 0 || db_copy(s, st, 1, c->invoice, sizeof c->invoice, e) < 0 ||
	    db_copy_date(s, st, 3, &c->date, e) < 0 || db_copy_blob(s, st, 5, c->fp, SHA_LEN, e) < 0)
		return -1;
	return claim_state_column(s, st, 6, &c->state, e);
}

int claim_get(struct store *s, int64_t id, struct claim *out, struct err *e)
{
	static const char sql[] = "SELECT entry,invoice,pos,date,secs,fp,state,id FROM claim WHERE id=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_int(id)), e);
	struct claim c;
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0)
		rc = read_claim(s, st, &c, e) < 0 ? -1 : 1;
	db_end(s, st);
	if (rc > 0)
		*out = c;
	return rc > 0 ? 0 : rc < 0 ? -1 : err_set(e, ERR_SOFTWARE, "the ledger has no claim %lld", (long long)id);
}

int claim_shorten(const struct claim *c, struct claim_brief *out, struct err *e)
{
	struct claim_brief b = { .state = (uint8_t)c->state, .id = c->id };

	if (entry_key_of(&b.key, c->entry, c->date, e) < 0)
		return -1;
	memcpy(b.fp, c->fp, CLAIM_FP);
	*out = b;
	return 0;
}

/* 1 when a closed run may have debts, 0, -1. None arise after the end of a run that had none: its event counts the claims by state. One without a count proves nothing. */
static int may_have_debts(struct store *s, const char *but_run, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM run r JOIN event v ON v.run=r.id AND v.kind='state:'||r.state WHERE r.invoice_date IS NOT NULL AND r.state IN('CLOSED','CLOSED_EXC')"
		" AND r.id IS NOT ?1 AND (v.body='{}' OR v.body GLOB '*\"SENT\"*' OR v.body GLOB '*\"MARKED\"*' OR v.body GLOB '*\"UNMARKED_*')"
		" AND EXISTS(SELECT 1 FROM invoice i WHERE i.run=r.id AND i.state='ISSUED') LIMIT 1";
	int64_t one;

	return db_get_int(s, sql, DB_ARGS(db_text(but_run)), &one, e);
}

int claim_list_debts(struct store *s, const char *but_run, struct claim **v, size_t *n, struct err *e)
{
	/* As they lie: few of all claims ever are one. */
	static const char sql[] = "SELECT c.entry,c.invoice,c.pos,c.date,c.secs,c.fp,c.state,c.id FROM claim c CROSS JOIN invoice i ON i.no=c.invoice JOIN run r ON r.id=i.run"
		" WHERE c.state IN('SENT','MARKED','UNMARKED_AUTH','UNMARKED_REJECTED','UNMARKED_UNKNOWN')"
		" AND i.state='ISSUED' AND r.state IN('CLOSED','CLOSED_EXC') AND i.run IS NOT ?1 ORDER BY c.date,c.entry";
	struct claim *list = NULL;
	size_t cap = 0, count = 0;
	sqlite3_stmt *st;
	int rc = may_have_debts(s, but_run, e);

	if (rc < 0)
		return -1;
	st = rc > 0 ? db_query(s, sql, DB_ARGS(db_text(but_run)), e) : NULL;
	if (rc > 0)
		rc = -1;
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (buf_grow(&list, &cap, count + 1, sizeof *list) < 0) {
			rc = err_nomem(e);
			break;
		}
		if (read_claim(s, st, &list[count++], e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	if (rc < 0) {
		free(list);
		return -1;
	}
	*v = list;
	*n = count;
	return 0;
}

#define REVIEW "SELECT c.entry,c.invoice,c.pos,c.date,c.secs,c.fp,c.state,c.id,c.billed_secs,i.state='VOIDING'," \
	"(SELECT coalesce(sum(k.delta_secs),0) FROM correction k WHERE k.claim=c.id AND k.state='BILLED')," \
	"(SELECT coalesce(sum(k.billed_secs),0) FROM correction k WHERE k.claim=c.id AND k.state='BILLED')," \
	"EXISTS(SELECT 1 FROM correction k WHERE k.claim=c.id AND k.state='OPEN')" \
	" FROM claim c "

static int read_review(struct store *s, sqlite3_stmt *st, struct claim_review *v, struct err *e)
{
	if (read_claim(s, st, &v->claim, e) < 0)
		return -1;
	v->billed_secs = sqlite3_column_int64(st, 8);
	v->voiding = sqlite3_column_int(st, 9);
	v->corrected_secs = sqlite3_column_int64(st, 10);
	v->corrected_billed = sqlite3_column_int64(st, 11);
	v->proposed = sqlite3_column_int(st, 12);
	return 0;
}

/* The order is that of the index over live claims. */
int claim_review_period(struct store *s, date_t from, date_t to, int (*each)(void *ctx, const struct claim_review *c, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = REVIEW "NOT INDEXED CROSS JOIN invoice i ON i.no=c.invoice JOIN run r ON r.id=i.run WHERE c.live IS NOT NULL"
		" AND ((r.period_from<?2 AND r.cutoff>?1) OR (c.date>=?1 AND c.date<?2)) ORDER BY c.id";
	char a[16], b[16];
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_date(a, from), db_date(b, to)), e);
	struct claim_review v;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (read_review(s, st, &v, e) < 0 || each(ctx, &v, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

int claim_review_entry(struct store *s, const char *entry, struct claim_review *out, struct err *e)
{
	static const char sql[] = REVIEW "JOIN invoice i ON i.no=c.invoice WHERE c.entry=?1 AND c.live IS NOT NULL";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	struct claim_review v;
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && read_review(s, st, &v, e) < 0)
		rc = -1;
	db_end(s, st);
	if (rc > 0)
		*out = v;
	return rc;
}

/* 1 found, 0 no live claim, -1. */
static int find_live(struct store *s, const char *entry, int64_t *id, enum claim_state *state, struct err *e)
{
	static const char sql[] = "SELECT id,state FROM claim WHERE entry=?1 AND live IS NOT NULL";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0) {
		*id = sqlite3_column_int64(st, 0);
		if (claim_state_column(s, st, 1, state, e) < 0)
			rc = -1;
	}
	db_end(s, st);
	return rc;
}

int claim_may(enum claim_state from, enum claim_state to)
{
	return (unsigned)to < CLAIM_STATES && ((edges[from] | TO(from) | TO(CLAIM_VOIDED)) & TO(to)) != 0;
}

int claim_move(struct store *s, const char *entry, enum claim_state to, const int64_t *delta_secs, struct err *e)
{
	static const char move[] = "UPDATE claim SET state=?2,delta_secs=coalesce(?3,delta_secs) WHERE id=?1";
	static const char release[] = "UPDATE claim SET state=?2,live=NULL,delta_secs=coalesce(?3,delta_secs) WHERE id=?1";
	enum claim_state from;
	int64_t id;
	int rc;

	if (db_need_transaction(s, e) < 0)
		return -1;
	rc = find_live(s, entry, &id, &from, e);
	if (rc == 0)
		return err_set(e, ERR_SOFTWARE, "entry %s has no live claim", entry);
	if (rc < 0)
		return -1;
	if (!claim_may(from, to))
		return err_set(e, ERR_SOFTWARE, "the claim on entry %s cannot go from %s to %s", entry, claim_state_name(from), claim_state_name(to));
	return db_do_one(s, to == CLAIM_VOIDED ? release : move, DB_ARGS(db_int(id), db_text(claim_state_name(to)), db_opt_int(delta_secs)), "claim", e);
}

int claim_snapshot(struct store *s, const char *entry, struct pool *pool, struct entry *out, struct err *e)
{
	static const char sql[] = "SELECT " SNAP_ROW " FROM claim c JOIN snap p ON p.id=c.snap WHERE c.entry=?1 AND c.live IS NOT NULL";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(entry)), e);
	struct snap_row_bare row;
	int rc = st == NULL ? -1 : db_step(s, st, e);

	if (rc > 0 && (rc = snap_row_get(s, st, 0, &row, e)) > 0)
		rc = snap_row_entry(s, &row, pool, out, e) < 0 ? -1 : 1;
	db_end(s, st);
	return rc;
}

int claim_counts(struct store *s, const char *run, int64_t count[CLAIM_STATES], struct err *e)
{
	static const char sql[] = "SELECT c.state FROM claim c " CLAIM_LIST_OF_RUN;
	int64_t found[CLAIM_STATES] = { 0 };
	struct claim_list_span span;
	enum claim_state state;
	sqlite3_stmt *st;
	int rc = -1;

	if (claim_list_span(s, run, &span, e) < 0)
		return -1;
	st = db_query(s, sql, DB_ARGS(db_text(run), db_int(span.first), db_int(span.last)), e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (claim_state_column(s, st, 0, &state, e) < 0) {
			rc = -1;
			break;
		}
		found[state]++;
	}
	db_end(s, st);
	if (rc == 0)
		memcpy(count, found, sizeof found);
	return rc;
}

int claim_attempt_new(struct store *s, const char *run, int chunk, int billed, const uint8_t ids_sha[SHA_LEN], int64_t *id, struct err *e)
{
	static const char sql[] = "INSERT INTO attempt(run,chunk,billed,ids_sha,state) VALUES(?1,?2,?3,?4,'SENT')";

	if (db_need_transaction(s, e) < 0 ||
	    db_do_one(s, sql, DB_ARGS(db_text(run), db_int(chunk), db_int(billed != 0), db_blob(ids_sha, SHA_LEN)), "attempt", e) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int claim_attempt_done(struct store *s, int64_t id, const char *state, long http, const char *trace_id, struct err *e)
{
	static const char sql[] = "UPDATE attempt SET state=?2,http=?3,trace_id=?4 WHERE id=?1";

	return db_do_one(s, sql, DB_ARGS(db_int(id), db_text(state), db_int(http), db_text(trace_id)), "attempt", e);
}
