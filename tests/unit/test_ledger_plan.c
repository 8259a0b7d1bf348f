/* The laws of the ledger: plans, numbers, what cannot be changed any more, claims. */
#include "test_ledger_common.h"

static void double_claim_is_refused(void **state)
{
	struct fixture *f = *state;
	struct compose_item item;
	char id[37], no[32];
	enum claim_state st;
	struct document d;
	int64_t n;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 10);
	publish(f);
	finish(f);
	new_run(f, "bill");
	snapshot(f, 3, 5);
	item = item_of(f, 3);
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
	document_of(&d, n, 3, 5);
	ok(f, plan_put_invoice(f->s, f->run.id, &d.v, &f->e));
	refused(f, ERR_SOFTWARE, put_claim(f, &item, d.number));
	store_rollback(f->s);
	id_of(id, 3);
	assert_int_equal(claim_live(f->s, id, &st, no, &f->e), 1);
	assert_int_equal(st, CLAIM_CLAIMED);
	assert_string_equal(no, "RE-2026-00042");
	id_of(id, 99);
	assert_int_equal(claim_live(f->s, id, NULL, NULL, &f->e), 0);
}

static void claims_come_from_the_snapshot_only(void **state)
{
	struct fixture *f = *state;
	struct compose_item item, other;
	uint8_t want[SHA_LEN];
	struct document d;
	struct claim_brief *v;
	struct claim whole;
	struct entry x = entry_of(1);
	size_t count;
	int64_t n;

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	snapshot(f, 0, 3);
	item = item_of(f, 1);
	other = item_of(f, 77);
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
	document_of(&d, n, 0, 3);
	ok(f, plan_put_invoice(f->s, f->run.id, &d.v, &f->e));
	refused(f, ERR_SOFTWARE, put_claim(f, &other, d.number));
	item.secs++;
	refused(f, ERR_SOFTWARE, put_claim(f, &item, d.number));
	item.secs--;
	item.date++;
	refused(f, ERR_SOFTWARE, put_claim(f, &item, d.number));
	item.date--;
	other.snap = item.snap; /* another entry's row */
	refused(f, ERR_SOFTWARE, put_claim(f, &other, d.number));
	item.snap++;
	refused(f, ERR_SOFTWARE, put_claim(f, &item, d.number));
	item.snap--;
	ok(f, snap_hold(f->s, f->run.id, x.id, "on_invoice", &f->e));
	refused(f, ERR_SOFTWARE, put_claim(f, &item, d.number));
	ok(f, snap_hold(f->s, f->run.id, x.id, NULL, &f->e));
	item.pos = 9;
	refused(f, ERR_SOFTWARE, put_claim(f, &item, d.number));
	item.pos = 2;
	ok(f, put_claim(f, &item, d.number));
	ok(f, claim_list(f->s, f->run.id, 0, &v, &count, &f->e));
	assert_int_equal(count, 1);
	assert_int_equal(entry_fingerprint(&x, want), 0);
	assert_memory_equal(v[0].fp, want, CLAIM_FP);
	assert_int_equal(v[0].key.date, x.date);
	assert_memory_equal(v[0].key.id, item.id, 16);
	ok(f, claim_get(f->s, v[0].id, &whole, &f->e));
	assert_true(strcmp(whole.entry, x.id) == 0 && strcmp(whole.invoice, d.number) == 0 && whole.pos == 2 && whole.secs == x.secs && whole.date == x.date);
	assert_memory_equal(whole.fp, want, SHA_LEN);
	refused(f, ERR_SOFTWARE, claim_get(f->s, v[0].id + 1, &whole, &f->e));
	free(v);
}

/* A claim that would be fine while planning, for an entry whose own was taken away. */
static int late_claim(struct fixture *f)
{
	struct compose_item item = item_of(f, 3);
	int rc;

	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(sql(f, "DELETE FROM claim WHERE entry LIKE '%000000000003'"), SQLITE_OK);
	rc = put_claim(f, &item, "RE-2026-00042");
	store_rollback(f->s);
	return rc;
}

static void issued_documents_cannot_change(void **state)
{
	static const char *const always[] = { "UPDATE invoice SET facts=x'00'", "UPDATE invoice SET net_minor=1,gross_minor=1+tax_minor", "UPDATE line SET facts=x'00'",
		"UPDATE line SET secs=secs+1", "UPDATE claim SET secs=1", "UPDATE claim SET fp=x'00'", "UPDATE claim SET entry='x'", "UPDATE file SET size=1",
		"UPDATE event SET body='x'", "DELETE FROM event", "DELETE FROM event WHERE seq=(SELECT max(seq) FROM event)", "DELETE FROM run", "UPDATE run SET cutoff='2026-01-01'",
		"INSERT INTO event(seq,kind,body,prev,hash) VALUES(1000,'x','{}',x'00',x'00')",
		"INSERT OR REPLACE INTO event(seq,kind,body,prev,hash) VALUES(1,'x','{}',x'00',x'00')" };
	static const char *const issued[] = { "DELETE FROM claim", "DELETE FROM line", "DELETE FROM invoice", "DELETE FROM file",
		"UPDATE invoice SET state='RESERVED'", "UPDATE run SET state='PLANNED'", "UPDATE run SET state='ABORTED'",
		"INSERT INTO line(invoice,pos,facts,secs,net_minor) SELECT no,9,x'00',1,1 FROM invoice",
		"INSERT INTO file(run,name,sha256,size) SELECT id,'x',zeroblob(32),1 FROM run",
		"INSERT OR REPLACE INTO line(invoice,pos,facts,secs,net_minor) SELECT invoice,pos,x'00',1,1 FROM line" };
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 4);
	put_files(f);
	ok(f, store_begin(f->s, &f->e));
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (sql(f, always[i]) != SQLITE_CONSTRAINT_TRIGGER)
			fail_msg("before: %s: %s", always[i], sqlite3_errmsg(f->s->db));
	/* before the point of no return a plan can go, claims first */
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sql(f, issued[i]), SQLITE_OK);
	assert_int_equal(sql(f, "UPDATE invoice SET state='ISSUED'"), SQLITE_OK); /* no row left */
	store_rollback(f->s);
	assert_int_equal(sql(f, "UPDATE invoice SET state='ISSUED'"), SQLITE_CONSTRAINT_TRIGGER);
	refused(f, ERR_SOFTWARE, late_claim(f)); /* no longer planning */
	go(f, RUN_PUBLISHING);
	for (size_t i = 0; i < sizeof issued / sizeof *issued; i++)
		if (sql(f, issued[i]) != SQLITE_CONSTRAINT_TRIGGER)
			fail_msg("publishing: %s: %s", issued[i], sqlite3_errmsg(f->s->db));
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_issue(f->s, f->run.id, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PUBLISHED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	for (size_t i = 0; i < sizeof issued / sizeof *issued; i++)
		if (sql(f, issued[i]) != SQLITE_CONSTRAINT_TRIGGER)
			fail_msg("published: %s: %s", issued[i], sqlite3_errmsg(f->s->db));
}

static void numbers_have_no_gap(void **state)
{
	struct fixture *f = *state;
	int64_t n;

	open_store(f, STORE_WRITE);
	assert_int_equal(plan_run(f, 0, 6), 42);
	ok(f, plan_drop(f->s, &f->run, "edited", &f->e));
	assert_int_equal(f->run.state, RUN_ABORTED);
	/* No number was given: the series begins anew, with the first number that the configuration has then. */
	assert_int_equal(number(f, "SELECT count(*) FROM series"), 0);
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 7, &n, &f->e));
	store_rollback(f->s);
	assert_int_equal(n, 7);
	assert_int_equal(number(f, "SELECT count(*) FROM invoice") + number(f, "SELECT count(*) FROM line") + number(f, "SELECT count(*) FROM claim"), 0);
	assert_int_equal(number(f, "SELECT count(*) FROM snap"), 6);
	assert_int_equal(plan_run(f, 0, 6), 42);
	put_files(f);
	ok(f, plan_drop(f->s, &f->run, "edited again", &f->e));
	assert_int_equal(number(f, "SELECT count(*) FROM file"), 0);
	assert_int_equal(plan_run(f, 0, 6), 42);
	publish(f);
	finish(f);
	assert_string_equal(f->run.id, "R0003");
	new_run(f, "bill");
	snapshot(f, 6, 12);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(put_document(f, 6, 9), 43);
	assert_int_equal(put_document(f, 9, 12), 44);
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, plan_drop(f->s, &f->run, "two documents", &f->e));
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 1, &n, &f->e));
	store_rollback(f->s);
	assert_int_equal(n, 43);
	assert_int_equal(number(f, "SELECT next-max(n) FROM series,invoice"), 1);
}

static void drop_refuses(void **state)
{
	struct fixture *f = *state;
	struct store_run stale;
	int64_t n;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 4);
	stale = f->run;
	/* a number was taken after the run's */
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 1, &n, &f->e));
	ok(f, store_commit(f->s, &f->e));
	refused(f, ERR_DATA, plan_drop(f->s, &f->run, "x", &f->e));
	assert_int_equal(sql(f, "UPDATE series SET next=next-1"), SQLITE_OK);
	/* not within the caller's transaction: it has one of its own */
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, plan_drop(f->s, &f->run, "x", &f->e));
	store_rollback(f->s);
	put_files(f);
	refused(f, ERR_SOFTWARE, plan_drop(f->s, &stale, "x", &f->e));
	go(f, RUN_PUBLISHING);
	refused(f, ERR_SOFTWARE, plan_drop(f->s, &f->run, "x", &f->e));
	assert_int_equal(f->run.state, RUN_PUBLISHING);
	assert_int_equal(number(f, "SELECT count(*) FROM claim"), 4);
	close_store(f);
	/* an issued document in a run that says it is only planned */
	tamper(f, "DROP TRIGGER run_s; DROP TRIGGER invoice_s; UPDATE run SET state='RENDERED'; UPDATE invoice SET state='ISSUED'");
	open_store(f, STORE_WRITE);
	f->run.state = RUN_RENDERED;
	refused(f, ERR_DATA, plan_drop(f->s, &f->run, "x", &f->e));
}

static void claim_states_move_along_edges(void **state)
{
	/* rows from, columns to: C S M V Ua Ur Uu G D F R Vo */
	static const char *const allowed[12] = { "111011111101", "011011111111", "011111111111", "000111111111", "011011111111", "011011111111", "011011111111",
		"000000010011", "000000011111", "000000011111", "000000010011", "000000000000" };
	struct fixture *f = *state;
	char id[37], set[128];
	int64_t delta = -60, count[12];

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 1);
	id_of(id, 0);
	refused(f, ERR_SOFTWARE, claim_move(f->s, id, CLAIM_SENT, NULL, &f->e));
	for (int from = 0; from < 12; from++)
		for (int to = 0; to < 12; to++) {
			int want = allowed[from][to] == '1', got;

			ok(f, store_begin(f->s, &f->e));
			snprintf(set, sizeof set, "UPDATE claim SET state='%s'%s", claim_state_name((enum claim_state)from), from == CLAIM_VOIDED ? ",live=NULL" : "");
			assert_int_equal(sql(f, set), SQLITE_OK);
			got = claim_move(f->s, id, (enum claim_state)to, &delta, &f->e) == 0;
			if (got != want)
				fail_msg("%s -> %s: %d", claim_state_name((enum claim_state)from), claim_state_name((enum claim_state)to), got);
			if (got) {
				ok(f, claim_counts(f->s, f->run.id, count, &f->e));
				assert_int_equal(count[to], 1);
			}
			err_clear(&f->e);
			store_rollback(f->s);
		}
}

/* What makes a claim the only one of its entry says nothing of its state but that it is live: a change of state writes no index. */
static void state_changes_touch_no_index(void **state)
{
	struct fixture *f = *state;
	sqlite3_stmt *st;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 2);
	assert_int_equal(sqlite3_prepare_v2(f->s->db, "EXPLAIN UPDATE claim SET state='SENT' WHERE id=1", -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *op = (const char *)sqlite3_column_text(st, 1);

		if (strncmp(op, "Idx", 3) == 0 || strcmp(op, "OpenEphemeral") == 0)
			fail_msg("%s", op);
	}
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sql(f, "UPDATE claim SET state='VOIDED'"), SQLITE_CONSTRAINT_CHECK);
	assert_int_equal(sql(f, "UPDATE claim SET live=NULL"), SQLITE_CONSTRAINT_CHECK);
	assert_int_equal(sql(f, "UPDATE claim SET live=2"), SQLITE_CONSTRAINT_CHECK);
	assert_int_equal(sql(f, "UPDATE claim SET snap=NULL"), SQLITE_CONSTRAINT_TRIGGER);
	assert_int_equal(sql(f, "UPDATE claim SET date='2026-01-01'"), SQLITE_CONSTRAINT_TRIGGER);
	assert_int_equal(sql(f, "UPDATE claim SET state='VOIDED',live=NULL"), SQLITE_OK);
	assert_int_equal(sql(f, "UPDATE claim SET state='SENT',live=1"), SQLITE_CONSTRAINT_TRIGGER);
}

static void void_takes_the_whole_way(void **state)
{
	struct fixture *f = *state;
	struct document d;
	struct claim_brief *v;
	char entry[37];
	int64_t n, id;
	uint8_t sha[SHA_LEN] = { 9 };
	size_t count;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 6);
	publish(f);
	finish(f);
	for (int round = 0; round < 2; round++) {
		new_run(f, "void");
		ok(f, store_begin(f->s, &f->e));
		ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
		assert_int_equal(n, 43);
		document_of(&d, n, 0, 6);
		d.v.type = INVOICE_CANCELLATION;
		d.v.cancels = "RE-2026-00042";
		refused(f, ERR_SOFTWARE, plan_put_invoice(f->s, f->run.id, &d.v, &f->e));
		refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "", &f->e));
		ok(f, plan_put_cancellation(f->s, f->run.id, &d.v, "wrong address", &f->e));
		refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "again", &f->e));
		ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
		ok(f, store_commit(f->s, &f->e));
		if (round == 0) {
			ok(f, plan_drop(f->s, &f->run, "interrupted", &f->e));
			assert_int_equal(number(f, "SELECT count(*) FROM invoice WHERE state='ISSUED'"), 1);
			assert_int_equal(number(f, "SELECT next FROM series"), 43);
		}
	}
	publish(f);
	go(f, RUN_MARKING);
	ok(f, claim_list_invoice(f->s, "RE-2026-00042", 0, &v, &count, &f->e));
	assert_int_equal(count, 6);
	ok(f, store_begin(f->s, &f->e));
	ok(f, claim_attempt_new(f->s, f->run.id, 0, 0, sha, &id, &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, claim_attempt_done(f->s, id, "DONE", 207, NULL, &f->e));
	refused(f, ERR_SOFTWARE, claim_attempt_done(f->s, id + 1, "DONE", 207, NULL, &f->e));
	go(f, RUN_VERIFYING);
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_voided(f->s, f->run.id, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_CLOSED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	text_uuid_unpack(entry, v[0].key.id);
	assert_int_equal(claim_live(f->s, entry, NULL, NULL, &f->e), 0);
	refused(f, ERR_SOFTWARE, claim_move(f->s, entry, CLAIM_REOPENED, NULL, &f->e));
	free(v);
	assert_int_equal(number(f, "SELECT count(*) FROM invoice WHERE state='VOIDED'"), 1);
	/* voided is final, and billing again makes a new document */
	assert_int_equal(plan_run(f, 0, 6), 44);
}

static void debts_are_listed(void **state)
{
	struct fixture *f = *state;
	struct claim *v;
	size_t n;
	char id[37];

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 4);
	publish(f);
	id_of(id, 2);
	ok(f, store_begin(f->s, &f->e));
	ok(f, claim_move(f->s, id, CLAIM_UNMARKED_AUTH, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, claim_list_debts(f->s, NULL, &v, &n, &f->e));
	assert_int_equal(n, 0); /* its run is not over */
	free(v);
	finish(f);
	ok(f, claim_list_debts(f->s, NULL, &v, &n, &f->e));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].entry, id);
	free(v);
	ok(f, claim_list_debts(f->s, f->run.id, &v, &n, &f->e));
	assert_int_equal(n, 0);
	free(v);
}

/* The event that ended a run tells whether there is anything to look for among its claims. */
static void debts_are_counted_at_the_end(void **state)
{
	static const struct { enum store_state end; const char *body; size_t debts; } as[] = {
		{ RUN_CLOSED_EXC, "{\"UNMARKED_AUTH\":1,\"VERIFIED\":3}", 1 }, { RUN_CLOSED_EXC, "{\"SENT\":1}", 2 }, { RUN_CLOSED, "{\"VERIFIED\":4}", 2 },
	};
	struct fixture *f = *state;
	struct claim *v;
	size_t n;
	char id[37];

	open_store(f, STORE_WRITE);
	ok(f, claim_list_debts(f->s, NULL, &v, &n, &f->e));
	assert_int_equal(n, 0);
	free(v);
	for (int i = 0; i < 3; i++) {
		plan_run(f, i * 4, i * 4 + 4);
		publish(f);
		go(f, RUN_MARKING);
		go(f, RUN_VERIFYING);
		ok(f, store_begin(f->s, &f->e));
		for (int k = 0; k < 4; k++) {
			id_of(id, i * 4 + k);
			ok(f, claim_move(f->s, id, CLAIM_SENT, NULL, &f->e));
			ok(f, claim_move(f->s, id, CLAIM_MARKED, NULL, &f->e));
			ok(f, claim_move(f->s, id, k == 0 && i < 2 ? CLAIM_UNMARKED_AUTH : CLAIM_VERIFIED, NULL, &f->e));
		}
		ok(f, store_run_state(f->s, &f->run, as[i].end, as[i].body, &f->e));
		ok(f, store_commit(f->s, &f->e));
		ok(f, claim_list_debts(f->s, NULL, &v, &n, &f->e));
		assert_int_equal(n, as[i].debts);
		free(v);
	}
}

/* By date, those without one at the end, then by row; only the run's own, though another run's rows stand between. */
static void claims_are_listed(void **state)
{
	struct fixture *f = *state;
	struct claim_brief *v;
	int64_t count[CLAIM_STATES];
	char first[16];
	size_t n;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 60);
	publish(f);
	finish(f);
	memcpy(first, f->run.id, sizeof first);
	plan_run(f, 60, 64);
	publish(f);
	/* As a ledger of version 3 may have them; and an entry without a date. */
	assert_int_equal(sql(f, "DROP TRIGGER claim_u; UPDATE claim SET id=30000 WHERE id=30; UPDATE claim SET date=NULL WHERE id=7; UPDATE claim SET state='SENT' WHERE id IN(8,62)"), SQLITE_OK);
	ok(f, claim_list(f->s, first, 0, &v, &n, &f->e));
	assert_int_equal(n, 60);
	for (size_t i = 1; i < n; i++)
		assert_true(v[i].key.date == DATE_NONE ? i == n - 1 : v[i - 1].key.date < v[i].key.date || (v[i - 1].key.date == v[i].key.date && v[i - 1].id < v[i].id));
	free(v);
	ok(f, claim_list(f->s, first, 1u << CLAIM_SENT, &v, &n, &f->e));
	assert_true(n == 1 && v[0].id == 8 && v[0].state == CLAIM_SENT && v[0].note == 0);
	free(v);
	ok(f, claim_list(f->s, f->run.id, 0, &v, &n, &f->e));
	assert_int_equal(n, 4);
	free(v);
	ok(f, claim_counts(f->s, first, count, &f->e));
	assert_true(count[CLAIM_SENT] == 1 && count[CLAIM_CLAIMED] == 59);
	ok(f, claim_list(f->s, "R0099", 0, &v, &n, &f->e));
	assert_int_equal(n, 0);
	free(v);
	ok(f, claim_list_invoice(f->s, "RE-2026-00043", 1u << CLAIM_CLAIMED, &v, &n, &f->e));
	assert_int_equal(n, 3);
	free(v);
}

/* Whole days, together no more than wanted; those without a date by themselves, at the end; what has another state by then is left out. */
static void claims_by_days(void **state)
{
	struct fixture *f = *state;
	struct claim_days *d;
	struct claim_brief *v;
	size_t n, seen = 0, most = 0;
	date_t last = DATE_NONE;
	int rc;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 60);
	assert_int_equal(sql(f, "DROP TRIGGER claim_u; UPDATE claim SET id=30000 WHERE id=30; UPDATE claim SET date=NULL WHERE id IN(7,9);"
	    " UPDATE claim SET date='2026-10-09' WHERE id BETWEEN 20 AND 40; UPDATE claim SET state='SENT' WHERE id=8"), SQLITE_OK);
	assert_non_null(d = claim_days_new(f->s, f->run.id, 1u << CLAIM_CLAIMED, 10, &f->e));
	assert_int_equal(claim_days_count(d), 60);
	while ((rc = claim_days_next(d, &v, &n, &f->e)) > 0) {
		assert_true(n > 0 && (seen == 0 || last != DATE_NONE) && (v[0].key.date == DATE_NONE || last == DATE_NONE || v[0].key.date > last));
		for (size_t i = 0; i < n; i++)
			assert_true(v[i].id != 8 && (v[i].key.date == DATE_NONE) == (v[0].key.date == DATE_NONE));
		last = v[n - 1].key.date;
		if (v[0].key.date != last)
			assert_true(n <= 10);
		most = n > most ? n : most;
		seen += n;
		free(v);
	}
	ok(f, rc);
	assert_int_equal(seen, 59);
	assert_true(last == DATE_NONE && n == 0 && most >= 20);
	claim_days_free(d);
	/* Few enough: all of them, as a list. */
	assert_non_null(d = claim_days_new(f->s, f->run.id, 0, 60, &f->e));
	assert_int_equal(claim_days_next(d, &v, &n, &f->e), 1);
	assert_int_equal(n, 60);
	free(v);
	ok(f, claim_days_next(d, &v, &n, &f->e));
	claim_days_free(d);
	assert_non_null(d = claim_days_new(f->s, "R0099", 0, 60, &f->e));
	ok(f, claim_days_next(d, &v, &n, &f->e));
	claim_days_free(d);
}

/* Neighbours move in one statement, each along the law; a claim that is not as it was read stops all. */
static void many_move_together(void **state)
{
	struct fixture *f = *state;
	struct move m = { .n = 0 };

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 10);
	refused(f, ERR_SOFTWARE, (move_claim(f->s, &m, 1, CLAIM_CLAIMED, CLAIM_SENT, &f->e), move_end(f->s, &m, &f->e))); /* outside of a transaction */
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, move_claim(f->s, &m, 1, CLAIM_CLAIMED, CLAIM_VERIFIED, &f->e));
	refused(f, ERR_SOFTWARE, move_claim(f->s, &m, 1, CLAIM_CLAIMED, CLAIM_VOIDED, &f->e));
	for (int id = 1; id <= 10; id++)
		if (id != 5)
			ok(f, move_claim(f->s, &m, id, CLAIM_CLAIMED, id == 8 ? CLAIM_MARKED : CLAIM_SENT, &f->e));
	ok(f, move_end(f->s, &m, &f->e));
	ok(f, move_end(f->s, &m, &f->e));
	assert_int_equal(number(f, "SELECT group_concat(id,'') FROM claim WHERE state='SENT'"), 1234679 * 100 + 10);
	assert_int_equal(number(f, "SELECT count(*) FROM claim WHERE (state='CLAIMED' AND id=5) OR (state='MARKED' AND id=8)"), 2);
	/* 5 is not SENT; backwards is as good an order as any other. */
	ok(f, move_claim(f->s, &m, 6, CLAIM_SENT, CLAIM_MARKED, &f->e));
	ok(f, move_claim(f->s, &m, 5, CLAIM_SENT, CLAIM_MARKED, &f->e));
	err_clear(&f->e);
	assert_int_equal(move_end(f->s, &m, &f->e), -1);
	assert_true(f->e.code == ERR_SOFTWARE && strstr(f->e.msg, "000000000004 is CLAIMED, not SENT") != NULL);
	err_clear(&f->e);
	assert_int_equal(number(f, "SELECT count(*) FROM claim WHERE id=6 AND state='MARKED'"), 1);
	for (int id = 9; id <= 11; id++)
		ok(f, move_claim(f->s, &m, id, CLAIM_SENT, CLAIM_MARKED, &f->e));
	refused(f, ERR_SOFTWARE, move_end(f->s, &m, &f->e)); /* there is no eleventh */
	store_rollback(f->s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(double_claim_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(claims_come_from_the_snapshot_only, setup, teardown),
		cmocka_unit_test_setup_teardown(issued_documents_cannot_change, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_have_no_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(drop_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(claim_states_move_along_edges, setup, teardown),
		cmocka_unit_test_setup_teardown(state_changes_touch_no_index, setup, teardown),
		cmocka_unit_test_setup_teardown(void_takes_the_whole_way, setup, teardown),
		cmocka_unit_test_setup_teardown(debts_are_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(debts_are_counted_at_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(claims_are_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(claims_by_days, setup, teardown),
		cmocka_unit_test_setup_teardown(many_move_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
