#include "ledger/move.h"

#include <stdlib.h>

#include "ledger/db.h"

/* What is wrong, after rows first to last should all have become m->to. */
static int tell(struct store *s, const struct move *m, struct err *e)
{
	static const char sql[] = "SELECT 'the claim on entry '||entry||' is '||state FROM claim WHERE id BETWEEN ?1 AND ?2 AND state<>?3 ORDER BY id LIMIT 1";
	struct err mine = ERR_INIT;
	char *what = db_get_text(s, sql, DB_ARGS(db_int(m->first), db_int(m->first + m->n - 1), db_text(claim_state_name(m->to))), &mine);

	if (mine.code != ERR_OK)
		return err_set(e, mine.code, "%s", mine.msg);
	err_set(e, ERR_SOFTWARE, "%s, not %s as it was read, and cannot become %s", what == NULL ? "a claim is gone or moved already" : what, claim_state_name(m->from),
	    claim_state_name(m->to));
	free(what);
	return -1;
}

/* OR FAIL: after an error the caller rolls all back, so SQLite need not keep a journal for the statement beside that of the transaction. */
int move_end(struct store *s, struct move *m, struct err *e)
{
	static const char sql[] = "UPDATE OR FAIL claim SET state=?4 WHERE id BETWEEN ?1 AND ?2 AND state=?3";
	const struct move now = *m;

	*m = (struct move){ .n = 0 };
	if (now.n == 0)
		return 0;
	if (db_need_transaction(s, e) < 0 || db_do(s, sql, DB_ARGS(db_int(now.first), db_int(now.first + now.n - 1), db_text(claim_state_name(now.from)), db_text(claim_state_name(now.to))), e) < 0)
		return -1;
	return sqlite3_changes64(s->db) == now.n ? 0 : tell(s, &now, e);
}

int move_claim(struct store *s, struct move *m, int64_t id, enum claim_state from, enum claim_state to, struct err *e)
{
	if (to == CLAIM_VOIDED || !claim_may(from, to))
		return err_set(e, ERR_SOFTWARE, "claim %lld cannot go from %s to %s", (long long)id, claim_state_name(from), claim_state_name(to));
	if (m->n > 0 && id == m->first + m->n && from == m->from && to == m->to) {
		m->n++;
		return 0;
	}
	if (move_end(s, m, e) < 0)
		return -1;
	*m = (struct move){ .first = id, .n = 1, .from = from, .to = to };
	return 0;
}
