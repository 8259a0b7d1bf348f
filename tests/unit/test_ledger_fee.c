/* Fixed fees, inputs, cancellations, series, resting runs: what the ledger keeps beside the claims. */
#include "test_ledger_common.h"

#define KEY "c0000000-0000-4000-8000-000000000001  2026-03"
#define KEY2 "c0000000-0000-4000-8000-000000000001 Hosting 2026-03"
#define INV "RE-2026-00042"

/* A run up to PLANNED with one document over entries from..to-1 and fees on its first line; returns its number. */
static int64_t plan_with_fees(struct fixture *f, int from, int to, const char *key, const char *key2)
{
	char no[32];
	int64_t n;

	new_run(f, "bill");
	snapshot(f, from, to);
	ok(f, store_begin(f->s, &f->e));
	n = put_document(f, from, to);
	snprintf(no, sizeof no, "RE-2026-%05d", (int)n);
	if (key != NULL)
		ok(f, plan_put_fee(f->s, key, no, 1, &f->e));
	if (key2 != NULL)
		ok(f, plan_put_fee(f->s, key2, no, 2, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	return n;
}

static void is_live(struct fixture *f, const char *key, int want)
{
	int is = claim_fee_live(f->s, key, &f->e);

	if (is != want)
		fail_msg("%s: %d %s", key, is, f->e.msg);
}

static void fee_is_billed_once(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	is_live(f, KEY, 0);
	plan_with_fees(f, 0, 4, KEY, KEY2);
	is_live(f, KEY, 1); /* from planning on */
	is_live(f, KEY2, 1);
	is_live(f, "c0000000-0000-4000-8000-000000000001  2026-04", 0);
	is_live(f, "", 0);
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, "other", INV, 1, &f->e)); /* outside of a transaction */
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, KEY, INV, 2, &f->e));
	assert_int_equal(plan_put_fee(f->s, KEY, INV, 2, &f->e), -1);
	assert_non_null(strstr(f->e.msg, "fee " KEY " on " INV));
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, "other", INV, 3, &f->e));          /* no such line */
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, "other", "RE-2026-00043", 1, &f->e)); /* no such document */
	ok(f, plan_put_fee(f->s, "other", INV, 1, &f->e));
	store_rollback(f->s);
	publish(f);
	finish(f);
	is_live(f, KEY, 1);
	new_run(f, "bill");
	snapshot(f, 4, 6);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(put_document(f, 4, 6), 43);
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, KEY, "RE-2026-00043", 1, &f->e));
	ok(f, plan_put_fee(f->s, "c0000000-0000-4000-8000-000000000001  2026-04", "RE-2026-00043", 1, &f->e));
	store_rollback(f->s);
}

/* Before the point of no return a fee can go, afterwards not; never can it be made another. */
static void fee_laws(void **state)
{
	static const char *const always[] = { "UPDATE fee SET key='x'", "UPDATE fee SET pos=2", "UPDATE fee SET invoice='x'", "UPDATE fee SET id=99",
		"UPDATE input SET name='x'", "UPDATE input SET run='x'", "UPDATE blob SET body=x'00'", "DELETE FROM blob", "UPDATE blob SET sha256=zeroblob(32)",
		"INSERT OR REPLACE INTO blob(sha256,body) SELECT sha256,x'00' FROM blob" };
	static const char *const issued[] = { "DELETE FROM fee", "INSERT INTO fee(key,invoice,pos,state) SELECT 'x',no,1,'BILLED' FROM invoice", "DELETE FROM input",
		"INSERT INTO input(run,name,sha256) SELECT id,'x',sha256 FROM run,blob LIMIT 1",
		"INSERT OR REPLACE INTO fee(id,key,invoice,pos,state) SELECT id,'y',invoice,pos,state FROM fee",
		"INSERT OR REPLACE INTO input(run,name,sha256) SELECT run,name,sha256 FROM input" };
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	snapshot(f, 0, 4);
	ok(f, store_begin(f->s, &f->e));
	put_document(f, 0, 4);
	ok(f, plan_put_fee(f->s, KEY, INV, 1, &f->e));
	ok(f, input_put(f->s, f->run.id, "a.ini", "x", 1, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	for (int past = 0; past < 2; past++) {
		for (size_t i = 0; i < sizeof always / sizeof *always; i++)
			if (sql(f, always[i]) != SQLITE_CONSTRAINT_TRIGGER)
				fail_msg("%d: %s: %s", past, always[i], sqlite3_errmsg(f->s->db));
		if (past == 0) {
			ok(f, store_begin(f->s, &f->e));
			assert_int_equal(sql(f, issued[0]), SQLITE_OK);
			assert_int_equal(sql(f, issued[2]), SQLITE_OK);
			assert_int_equal(sql(f, "UPDATE fee SET state='NONSENSE'"), SQLITE_OK); /* no row left */
			store_rollback(f->s);
			assert_int_equal(sql(f, "UPDATE fee SET state='NONSENSE'"), SQLITE_CONSTRAINT_CHECK);
			publish(f);
		}
	}
	for (size_t i = 0; i < sizeof issued / sizeof *issued; i++)
		if (sql(f, issued[i]) != SQLITE_CONSTRAINT_TRIGGER)
			fail_msg("issued: %s: %s", issued[i], sqlite3_errmsg(f->s->db));
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(plan_put_fee(f->s, "late", INV, 1, &f->e), -1);
	err_clear(&f->e);
	assert_int_equal(input_put(f->s, f->run.id, "late", "x", 1, &f->e), -1);
	store_rollback(f->s);
	assert_int_equal(sql(f, "UPDATE fee SET state='VOIDED'"), SQLITE_OK);
	assert_int_equal(sql(f, "UPDATE fee SET state='BILLED'"), SQLITE_CONSTRAINT_TRIGGER); /* voided is final */
}

/* A dropped plan gives fees, inputs and the rows of the rate card back; contents stay, they hurt nobody. */
static void drop_gives_back(void **state)
{
	static const struct rate rate = { .line = 3, .project = "Relaunch", .from = DATE_NONE, .to = DATE_NONE, .price_e4 = 950000, .currency = "EUR" };
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	for (int round = 0; round < 3; round++) {
		struct compose_item item = item_of(f, 0);

		item.rate = &rate;
		new_run(f, "bill");
		snapshot(f, 0, 4);
		ok(f, store_begin(f->s, &f->e));
		assert_int_equal(put_document(f, 0, 4), 42);
		ok(f, plan_put_fee(f->s, KEY, INV, 1, &f->e));
		ok(f, plan_put_fee(f->s, KEY2, INV, 1, &f->e));
		ok(f, input_put(f->s, f->run.id, "invoice.de.ini", "one", 3, &f->e));
		ok(f, input_put(f->s, f->run.id, "summary.de.ini", "two", 3, &f->e));
		ok(f, plan_put_rates(f->s, f->run.id, &item, 1, &f->e));
		ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
		ok(f, store_commit(f->s, &f->e));
		if (round == 1)
			put_files(f); /* also when rendered */
		assert_int_equal(number(f, "SELECT (SELECT count(*) FROM fee)+(SELECT count(*) FROM input)+(SELECT count(*) FROM rate)"), 5);
		ok(f, plan_drop(f->s, &f->run, "x", &f->e));
		assert_int_equal(number(f, "SELECT (SELECT count(*) FROM fee)+(SELECT count(*) FROM input)+(SELECT count(*) FROM rate)"), 0);
		assert_int_equal(number(f, "SELECT count(*) FROM blob"), 2);
		is_live(f, KEY, 0);
		is_live(f, KEY2, 0);
	}
	/* Only its own: those of an issued run stay. */
	plan_with_fees(f, 0, 4, KEY, NULL);
	publish(f);
	finish(f);
	plan_with_fees(f, 4, 8, KEY2, NULL);
	ok(f, plan_drop(f->s, &f->run, "x", &f->e));
	is_live(f, KEY, 1);
	is_live(f, KEY2, 0);
}

/* A run of kind void up to PLANNED that cancels a number over entries from..to-1; returns its own number. */
static int64_t plan_void(struct fixture *f, const char *cancels, int from, int to)
{
	struct document d;
	int64_t n;

	new_run(f, "void");
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
	document_of(&d, n, from, to);
	d.v.type = INVOICE_CANCELLATION;
	d.v.cancels = cancels;
	ok(f, plan_put_cancellation(f->s, f->run.id, &d.v, "wrong address", &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	return n;
}

static void finish_void(struct fixture *f)
{
	publish(f);
	go(f, RUN_MARKING);
	go(f, RUN_VERIFYING);
	refused(f, ERR_SOFTWARE, plan_voided(f->s, f->run.id, &f->e)); /* outside of a transaction */
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_voided(f->s, f->run.id, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_CLOSED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

/* A fee is free again when the cancellation is through, not before; then it can be billed and cancelled any number of times. */
static void void_frees_fees(void **state)
{
	struct fixture *f = *state;
	char by[32], no[32], cancelled[32];

	open_store(f, STORE_WRITE);
	plan_with_fees(f, 20, 24, "of another document", NULL);
	publish(f);
	finish(f);
	for (int round = 0; round < 3; round++) {
		int64_t n = plan_with_fees(f, 0, 4, KEY, KEY2);

		snprintf(no, sizeof no, "RE-2026-%05d", (int)n);
		publish(f);
		finish(f);
		snprintf(by, sizeof by, "untouched");
		assert_int_equal(query_cancelled_by(f->s, no, by, &f->e), 0);
		assert_string_equal(by, "untouched");
		/* Planned and dropped. */
		snprintf(cancelled, sizeof cancelled, "RE-2026-%05d", (int)plan_void(f, no, 0, 4));
		assert_int_equal(query_cancelled_by(f->s, no, by, &f->e), 1);
		assert_string_equal(by, cancelled);
		is_live(f, KEY, 1);
		ok(f, plan_drop(f->s, &f->run, "x", &f->e));
		assert_int_equal(query_cancelled_by(f->s, no, by, &f->e), 0);
		is_live(f, KEY, 1);
		/* The whole way. */
		assert_int_equal(plan_void(f, no, 0, 4), n + 1);
		is_live(f, KEY, 1);
		finish_void(f);
		is_live(f, KEY, 0);
		is_live(f, KEY2, 0);
		is_live(f, "of another document", 1);
		assert_int_equal(query_cancelled_by(f->s, no, by, &f->e), 1);
		assert_string_equal(by, cancelled);
		assert_int_equal(query_cancelled_by(f->s, cancelled, by, &f->e), 0);
		assert_int_equal(query_cancelled_by(f->s, "RE-2026-99999", by, &f->e), 0);
	}
	assert_int_equal(number(f, "SELECT count(*) FROM fee WHERE state='VOIDED'"), 6);
}

static void cancellations_refused(void **state)
{
	struct fixture *f = *state;
	struct document d;
	int64_t n;

	open_store(f, STORE_WRITE);
	plan_with_fees(f, 0, 4, KEY, NULL);
	document_of(&d, 43, 0, 4);
	d.v.type = INVOICE_CANCELLATION;
	d.v.cancels = INV;
	refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "x", &f->e)); /* outside of a transaction */
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "x", &f->e)); /* not issued yet */
	store_rollback(f->s);
	publish(f);
	finish(f);
	plan_void(f, INV, 0, 4);
	finish_void(f);
	new_run(f, "void");
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
	document_of(&d, n, 0, 4);
	d.v.cancels = INV;
	refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "again", &f->e)); /* voided already */
	d.v.cancels = "RE-2026-77777";
	refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "x", &f->e));
	d.v.cancels = NULL;
	refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, "x", &f->e));
	d.v.cancels = "RE-2026-00043";
	refused(f, ERR_SOFTWARE, plan_put_cancellation(f->s, f->run.id, &d.v, NULL, &f->e));
	store_rollback(f->s);
}

/* What a run is rendered from comes back by name, byte for byte. */
struct reading { struct buf b; int n, stop; };

static int on_input(void *ctx, const char *name, const void *p, size_t n, struct err *e)
{
	struct reading *r = ctx;

	assert_non_null(p);
	buf_fmt(&r->b, "%s=", name);
	buf_add(&r->b, p, n);
	buf_ch(&r->b, '\n');
	return ++r->n == r->stop ? err_set(e, ERR_IO, "stopped") : 0;
}

static void inputs_are(struct fixture *f, const char *run, const char *want, size_t n)
{
	struct reading r = { .b = BUF_INIT };

	ok(f, input_each(f->s, run, on_input, &r, &f->e));
	assert_int_equal(r.b.n, n);
	assert_memory_equal(buf_text(&r.b), want, n);
	buf_free(&r.b);
}

static void inputs_round_trip(void **state)
{
	static const char want[] = "a=\nb.png=\0\xff\0\nz'\"=template\n\x7a\xc3\xa4=template\n";
	struct fixture *f = *state;
	struct reading r = { .b = BUF_INIT, .stop = 2 };
	char long_name[129];

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	refused(f, ERR_SOFTWARE, input_put(f->s, f->run.id, "x", "y", 1, &f->e)); /* outside of a transaction */
	inputs_are(f, f->run.id, "", 0);
	snapshot(f, 0, 4);
	ok(f, store_begin(f->s, &f->e));
	put_document(f, 0, 4);
	ok(f, input_put(f->s, f->run.id, "z\xc3\xa4", "template", 8, &f->e));
	ok(f, input_put(f->s, f->run.id, "z'\"", "template", 8, &f->e));
	ok(f, input_put(f->s, f->run.id, "b.png", "\0\xff\0", 3, &f->e));
	ok(f, input_put(f->s, f->run.id, "a", "", 0, &f->e));
	assert_int_equal(number(f, "SELECT count(*) FROM blob"), 3); /* each content once */
	assert_int_equal(input_put(f->s, f->run.id, "a", "other", 5, &f->e), -1);
	assert_non_null(strstr(f->e.msg, "a: "));
	err_clear(&f->e);
	assert_int_equal(input_put(f->s, "R0099", "a", "other", 5, &f->e), -1);
	err_clear(&f->e);
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	inputs_are(f, f->run.id, want, sizeof want - 1);
	inputs_are(f, "R0099", "", 0);
	publish(f);
	finish(f);
	close_store(f);
	open_store(f, STORE_READ);
	inputs_are(f, "R0001", want, sizeof want - 1);
	/* The reader can stop it. */
	assert_int_equal(input_each(f->s, "R0001", on_input, &r, &f->e), -1);
	assert_int_equal(f->e.code, ERR_IO);
	assert_int_equal(r.n, 2);
	buf_free(&r.b);
	close_store(f);
	open_store(f, STORE_WRITE);
	/* For a cancellation, which is rendered with what the invoice was rendered with. */
	new_run(f, "void");
	refused(f, ERR_SOFTWARE, input_copy(f->s, "R0001", f->run.id, &f->e));
	ok(f, store_begin(f->s, &f->e));
	ok(f, input_copy(f->s, "R0001", f->run.id, &f->e));
	assert_int_equal(input_copy(f->s, "R0001", f->run.id, &f->e), -1); /* they are there */
	err_clear(&f->e);
	ok(f, store_commit(f->s, &f->e));
	inputs_are(f, "R0002", want, sizeof want - 1);
	ok(f, store_begin(f->s, &f->e));
	ok(f, input_copy(f->s, "R0098", "R0002", &f->e)); /* a run that has none */
	memset(long_name, 'n', 128);
	long_name[128] = '\0';
	if (input_put(f->s, f->run.id, long_name, "x", 1, &f->e) == 0) {
		struct reading all = { .b = BUF_INIT };

		/* What was taken must come back: else the run could never be rendered. */
		ok(f, input_each(f->s, f->run.id, on_input, &all, &f->e));
		buf_free(&all.b);
	}
	store_rollback(f->s);
}

/* Contents that somebody changed are not rendered from. */
static void inputs_are_proven(void **state)
{
	struct fixture *f = *state;
	struct reading r = { .b = BUF_INIT };

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	ok(f, store_begin(f->s, &f->e));
	ok(f, input_put(f->s, f->run.id, "a.ini", "one", 3, &f->e));
	ok(f, input_put(f->s, f->run.id, "b.ini", "two", 3, &f->e));
	ok(f, store_commit(f->s, &f->e));
	close_store(f);
	tamper(f, "DROP TRIGGER blob_u; UPDATE blob SET body=CAST('tw0' AS BLOB) WHERE body=CAST('two' AS BLOB)");
	open_store(f, STORE_WRITE);
	assert_int_equal(input_each(f->s, f->run.id, on_input, &r, &f->e), -1);
	assert_int_equal(f->e.code, ERR_DATA);
	assert_non_null(strstr(f->e.msg, "b.ini of R0001"));
	assert_int_equal(r.n, 1);
	buf_free(&r.b);
}

static int on_series(void *ctx, const char *name, int64_t first, int64_t next, struct err *e)
{
	struct reading *r = ctx;

	buf_fmt(&r->b, "%s %lld %lld\n", name, (long long)first, (long long)next);
	return ++r->n == r->stop ? err_set(e, ERR_IO, "stopped") : 0;
}

static void series_are_told(void **state)
{
	static const struct { const char *name; int64_t first; int numbers; } t[] = { { "ST-2026-{SEQ}", 1, 1 }, { "RE-2026-{SEQ:5}", 42, 3 },
		{ "RE-2026-{SEQ:4}", 7, 1 }, { "RE-2025-{SEQ:5}", 999999999, 2 } };
	struct fixture *f = *state;
	struct reading r = { .b = BUF_INIT };
	int64_t n;

	open_store(f, STORE_WRITE);
	ok(f, query_series(f->s, on_series, &r, &f->e));
	assert_int_equal(r.n, 0);
	ok(f, store_begin(f->s, &f->e));
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (int k = 0; k < t[i].numbers; k++) {
			/* The first value counts when the series is new, not later. */
			ok(f, plan_next_number(f->s, t[i].name, t[i].first + k * 1000, &n, &f->e));
			assert_int_equal(n, t[i].first + k);
		}
	ok(f, store_commit(f->s, &f->e));
	ok(f, query_series(f->s, on_series, &r, &f->e));
	assert_string_equal(buf_text(&r.b), "RE-2025-{SEQ:5} 999999999 1000000001\nRE-2026-{SEQ:4} 7 8\nRE-2026-{SEQ:5} 42 45\nST-2026-{SEQ} 1 2\n");
	buf_reset(&r.b);
	r.n = 0;
	r.stop = 2;
	assert_int_equal(query_series(f->s, on_series, &r, &f->e), -1);
	assert_int_equal(f->e.code, ERR_IO);
	assert_int_equal(r.n, 2);
	buf_free(&r.b);
}

static void unfinished_is(struct fixture *f, int resting, int64_t after, int64_t want)
{
	struct store_run r = { .seq = 77 };

	assert_int_equal(store_run_unfinished(f->s, resting, after, &r, &f->e), want != 0);
	assert_int_equal(r.seq, want == 0 ? 77 : want);
}

/* Resting runs are walked from the oldest on; one that does not rest comes first whatever `after` says. */
static void resting_runs_in_order(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	for (int i = 1; i <= 5; i++) {
		plan_run(f, i * 10, i * 10 + 2);
		publish(f);
		if (i == 3)
			finish(f);
		else
			ok(f, store_run_set_resting(f->s, &f->run, 1, &f->e));
	}
	unfinished_is(f, 0, 0, 0);
	unfinished_is(f, 0, 3, 0);
	unfinished_is(f, 1, 0, 1);
	unfinished_is(f, 1, 1, 2);
	unfinished_is(f, 1, 2, 4);
	unfinished_is(f, 1, 3, 4);
	unfinished_is(f, 1, 4, 5);
	unfinished_is(f, 1, 5, 0);
	unfinished_is(f, 1, INT64_MAX, 0);
	new_run(f, "bill");
	for (int64_t after = 0; after <= 6; after++) {
		unfinished_is(f, 0, after, 6);
		unfinished_is(f, 1, after, 6);
	}
	go(f, RUN_ABORTED);
	unfinished_is(f, 1, 0, 1);
	/* Two that do not rest cannot be: told, not settled one after the other. */
	assert_int_equal(sql(f, "UPDATE run SET resting=0 WHERE seq IN(2,4)"), SQLITE_OK);
	refused(f, ERR_DATA, store_run_unfinished(f->s, 0, 0, &f->run, &f->e));
	refused(f, ERR_DATA, store_run_unfinished(f->s, 1, 9, &f->run, &f->e));
	assert_int_equal(sql(f, "UPDATE run SET resting=1 WHERE seq=4"), SQLITE_OK);
	unfinished_is(f, 0, 9, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fee_is_billed_once, setup, teardown),
		cmocka_unit_test_setup_teardown(fee_laws, setup, teardown),
		cmocka_unit_test_setup_teardown(drop_gives_back, setup, teardown),
		cmocka_unit_test_setup_teardown(void_frees_fees, setup, teardown),
		cmocka_unit_test_setup_teardown(cancellations_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(inputs_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(inputs_are_proven, setup, teardown),
		cmocka_unit_test_setup_teardown(series_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(resting_runs_in_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
