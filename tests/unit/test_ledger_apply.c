/* Corrections in bulk in the ledger: intent before effect, no way back from an end, proven by the chain; and entries on hold. */
#include "test_ledger_common.h"

#define N 4

static char before[1000], made[1000];

/* Two changes of one entry, a deletion of another, a new one. */
static void items_of(struct applyplan_item v[N])
{
	struct entry x = entry_of(3), new = entry_of(4);
	struct buf b = BUF_INIT;

	entry_write(&x, &b);
	snprintf(before, sizeof before, "%s", buf_text(&b));
	buf_reset(&b);
	entry_write(&new, &b);
	snprintf(made, sizeof made, "%s", buf_text(&b));
	buf_free(&b);
	memset(v, 0, N * sizeof *v);
	for (int i = 0; i < N; i++)
		v[i] = (struct applyplan_item){ .pos = i + 1, .line = 10 + i, .date = x.date, .before = before };
	v[0].action = APPLYPLAN_SET_PROJECT;
	v[0].value = "b0000000-0000-4000-8000-000000000009";
	v[0].name = "\"Neu\" \xc3\xa4";
	v[1].action = APPLYPLAN_SET_BILLABLE;
	v[2].action = APPLYPLAN_DELETE;
	v[3].action = APPLYPLAN_CREATE;
	v[3].value = made;
	v[3].before = NULL;
	id_of(v[0].entry, 3);
	id_of(v[1].entry, 3);
	id_of(v[2].entry, 5);
}

static struct apply_run begin(struct fixture *f, const struct applyplan_item *v, size_t n)
{
	static const uint8_t sha[SHA_LEN] = { 9, 8, 7 };
	struct apply_run r;

	ok(f, store_begin(f->s, &f->e));
	ok(f, apply_new(f->s, sha, NULL, v, n, &r, &f->e));
	ok(f, store_commit(f->s, &f->e));
	return r;
}

static void move(struct fixture *f, const struct apply_run *r, struct applyplan_item *i, enum applyplan_state to)
{
	i->state = to;
	ok(f, store_begin(f->s, &f->e));
	ok(f, apply_move(f->s, r->id, i, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

static void close_it(struct fixture *f, struct apply_run *r)
{
	ok(f, store_begin(f->s, &f->e));
	ok(f, apply_close(f->s, r, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

static void items_come_back(void **state)
{
	struct fixture *f = *state;
	struct applyplan_item v[N], *got;
	struct apply_run r, found;
	struct pool *pool = pool_new();
	size_t n;

	open_store(f, STORE_WRITE);
	items_of(v);
	r = begin(f, v, N);
	assert_string_equal(r.id, "A0001");
	assert_int_equal(apply_unfinished(f->s, &found, &f->e), 1);
	assert_int_equal(found.items, N);
	assert_int_equal(found.open, 1);
	assert_int_equal(found.file_sha[1], 8);
	ok(f, apply_items(f->s, r.id, pool, &got, &n, &f->e));
	assert_int_equal(n, N);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i].action, v[i].action);
		assert_int_equal(got[i].state, APPLYPLAN_PLANNED);
		assert_int_equal(got[i].line, v[i].line);
		assert_int_equal(got[i].date, v[i].date);
		assert_string_equal(got[i].entry, v[i].entry);
		assert_true(v[i].before == NULL ? got[i].before == NULL : strcmp(got[i].before, v[i].before) == 0);
	}
	assert_string_equal(got[0].name, v[0].name);
	assert_string_equal(got[3].value, made);
	free(got);
	pool_free(pool);
	assert_int_equal(apply_find(f->s, "A0001", &found, &f->e), 1);
	assert_int_equal(apply_find(f->s, "A0002", &found, &f->e), 0);
}

static void one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct applyplan_item v[N];
	struct apply_run r, other;
	static const uint8_t sha[SHA_LEN] = { 1 };

	open_store(f, STORE_WRITE);
	items_of(v);
	refused(f, ERR_SOFTWARE, apply_new(f->s, sha, NULL, v, N, &other, &f->e)); /* no transaction */
	r = begin(f, v, 1);
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, apply_new(f->s, sha, NULL, v, N, &other, &f->e));
	store_rollback(f->s);
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, apply_close(f->s, &r, &f->e)); /* its item is not final */
	store_rollback(f->s);
	move(f, &r, &v[0], APPLYPLAN_SENT);
	move(f, &r, &v[0], APPLYPLAN_DONE);
	close_it(f, &r);
	assert_int_equal(apply_unfinished(f->s, &other, &f->e), 0);
	assert_string_equal(begin(f, v, N).id, "A0002");
}

static void no_way_back(void **state)
{
	static const enum applyplan_state ends[] = { APPLYPLAN_DONE, APPLYPLAN_AUTH, APPLYPLAN_REJECTED, APPLYPLAN_UNKNOWN, APPLYPLAN_GONE, APPLYPLAN_CHANGED };
	struct fixture *f = *state;
	struct applyplan_item v[N];

	open_store(f, STORE_WRITE);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct apply_run r;

		items_of(v);
		r = begin(f, v, 1);
		move(f, &r, &v[0], APPLYPLAN_SENT);
		move(f, &r, &v[0], APPLYPLAN_CLAIMED);
		move(f, &r, &v[0], APPLYPLAN_SENT);
		move(f, &r, &v[0], ends[i]);
		for (int to = 0; to < APPLYPLAN_STATES; to++) {
			v[0].state = (enum applyplan_state)to;
			ok(f, store_begin(f->s, &f->e));
			refused(f, ERR_SOFTWARE, apply_move(f->s, r.id, &v[0], &f->e));
			store_rollback(f->s);
		}
		close_it(f, &r);
		assert_int_equal(r.exceptions, ends[i] != APPLYPLAN_DONE);
	}
}

static void the_chain_proves_it(void **state)
{
	static const struct { const char *sql; int plan, outcome; } rows[] = {
		{ "UPDATE apply_item SET value='x' WHERE pos=1", 0, 1 }, { "UPDATE apply_item SET line=line+1 WHERE pos=2", 0, 1 },
		{ "UPDATE apply_item SET action='set-unbillable' WHERE pos=2", 0, 1 }, { "UPDATE apply_item SET before='{}' WHERE pos=1", 0, 1 },
		{ "UPDATE apply_item SET state='GONE' WHERE pos=3", 1, 0 }, { "UPDATE apply_item SET after='{}' WHERE pos=1", 1, 0 },
	};
	struct fixture *f = *state;
	struct applyplan_item v[N];
	struct apply_run r;
	int plan, outcome;

	open_store(f, STORE_WRITE);
	items_of(v);
	r = begin(f, v, N);
	ok(f, apply_is_recorded(f->s, &r, &plan, &outcome, &f->e));
	assert_true(plan && outcome);
	for (int i = 0; i < N; i++) {
		if (v[i].action == APPLYPLAN_CREATE)
			id_of(v[i].entry, 7);
		v[i].after = v[i].action == APPLYPLAN_DELETE ? NULL : before;
		move(f, &r, &v[i], APPLYPLAN_DONE);
	}
	close_it(f, &r);
	ok(f, apply_is_recorded(f->s, &r, &plan, &outcome, &f->e));
	assert_true(plan && outcome);
	/* The laws of the ledger refuse these changes; somebody who takes the laws out is found. */
	close_store(f);
	tamper(f, "DROP TRIGGER apply_item_u");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tamper(f, "CREATE TABLE kept AS SELECT * FROM apply_item");
		tamper(f, rows[i].sql);
		open_store(f, STORE_READ);
		ok(f, apply_is_recorded(f->s, &r, &plan, &outcome, &f->e));
		if (plan != rows[i].plan || outcome != rows[i].outcome)
			fail_msg("%s: %d %d", rows[i].sql, plan, outcome);
		close_store(f);
		tamper(f, "UPDATE apply_item SET (value,line,action,before,state,after)=(SELECT value,line,action,before,state,after FROM kept WHERE kept.apply=apply_item.apply AND kept.pos=apply_item.pos)");
		tamper(f, "DROP TABLE kept");
	}
	open_store(f, STORE_READ);
	ok(f, apply_is_recorded(f->s, &r, &plan, &outcome, &f->e));
	assert_true(plan && outcome);
}

static void made_and_deleted(void **state)
{
	struct fixture *f = *state;
	struct applyplan_item v[N];
	struct entry want = entry_of(4);
	uint8_t key[SHA_LEN];
	struct apply_run r;
	char entry[37], id[16], new[37];

	open_store(f, STORE_WRITE);
	items_of(v);
	assert_int_equal(applyplan_key(&want, key), 0);
	r = begin(f, v, N);
	assert_int_equal(apply_created(f->s, key, entry, id, &f->e), 0);
	for (int i = 0; i < 3; i++)
		move(f, &r, &v[i], APPLYPLAN_DONE);
	id_of(new, 77);
	memcpy(v[3].entry, new, sizeof new);
	move(f, &r, &v[3], APPLYPLAN_DONE);
	close_it(f, &r);
	assert_int_equal(apply_created(f->s, key, entry, id, &f->e), 1);
	assert_string_equal(entry, new);
	assert_string_equal(id, "A0001");
	assert_int_equal(apply_made(f->s, new, &f->e), 1);
	assert_int_equal(apply_made(f->s, v[0].entry, &f->e), 0);
	assert_int_equal(apply_deleted(f->s, v[2].entry, &f->e), 1);
	assert_int_equal(apply_deleted(f->s, new, &f->e), 0);
	/* Deleted again, it is as if it had never been made. */
	v[2].pos = 1;
	memcpy(v[2].entry, new, sizeof new);
	r = begin(f, &v[2], 1);
	v[2].state = APPLYPLAN_PLANNED;
	move(f, &r, &v[2], APPLYPLAN_DONE);
	assert_int_equal(apply_created(f->s, key, entry, id, &f->e), 0);
}

static void attempts(void **state)
{
	static const uint8_t sha[SHA_LEN] = { 5 };
	struct fixture *f = *state;
	struct applyplan_item v[N];
	struct apply_run r;
	int64_t attempt;

	open_store(f, STORE_WRITE);
	items_of(v);
	r = begin(f, v, N);
	refused(f, ERR_SOFTWARE, apply_attempt_new(f->s, r.id, "set-billable", 3, sha, &attempt, &f->e)); /* no transaction */
	ok(f, store_begin(f->s, &f->e));
	ok(f, apply_attempt_new(f->s, r.id, "set-billable", 3, sha, &attempt, &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, store_begin(f->s, &f->e));
	ok(f, apply_attempt_done(f->s, attempt, "ANSWERED", 207, NULL, &f->e));
	refused(f, ERR_SOFTWARE, apply_attempt_done(f->s, attempt, "LOST", 0, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	assert_int_equal(number(f, "SELECT count(*) FROM apply_attempt WHERE state='ANSWERED' AND http=207 AND ids=3"), 1);
}

static int on_hold(void *ctx, const char *entry, const char *text, struct err *e)
{
	struct buf *b = ctx;

	(void)e;
	buf_fmt(b, "%.8s %s;", entry, text);
	return 0;
}

static void held(struct fixture *f, const char *wanted)
{
	struct buf b = BUF_INIT;

	ok(f, hold_each(f->s, on_hold, &b, &f->e));
	assert_string_equal(buf_text(&b), wanted);
	buf_free(&b);
}

static void holds(void **state)
{
	struct fixture *f = *state;
	struct applyplan_item v[2];
	struct apply_run r;
	char *text;

	open_store(f, STORE_WRITE);
	memset(v, 0, sizeof v);
	for (int i = 0; i < 2; i++) {
		v[i] = (struct applyplan_item){ .pos = i + 1, .line = 2 + i, .action = APPLYPLAN_HOLD, .value = i == 0 ? "ask \"M\xc3\xbcller\"" : "twice", .before = "{}" };
		snprintf(v[i].entry, sizeof v[i].entry, "%08d-0000-4000-8000-000000000000", 2 - i);
	}
	refused(f, ERR_SOFTWARE, hold_put(f->s, v[0].entry, "x", "A0001", &f->e)); /* no transaction */
	r = begin(f, v, 2); /* local: done at once */
	close_it(f, &r);
	held(f, "00000001 twice;00000002 ask \"M\xc3\xbcller\";");
	v[0].value = "again";
	r = begin(f, v, 1);
	close_it(f, &r);
	text = hold_of(f->s, v[0].entry, &f->e);
	assert_string_equal(text, "again");
	free(text);
	v[0].action = v[1].action = APPLYPLAN_RELEASE;
	r = begin(f, v, 1);
	close_it(f, &r);
	held(f, "00000001 twice;");
	assert_null(hold_of(f->s, v[0].entry, &f->e));
	assert_int_equal(f->e.code, ERR_OK);
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, hold_release(f->s, v[0].entry, r.id, &f->e)); /* is not on hold */
	store_rollback(f->s);
	assert_int_equal(number(f, "SELECT count(*) FROM apply_hold"), 3); /* kept for good */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(items_come_back, setup, teardown), cmocka_unit_test_setup_teardown(one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(no_way_back, setup, teardown), cmocka_unit_test_setup_teardown(the_chain_proves_it, setup, teardown),
		cmocka_unit_test_setup_teardown(made_and_deleted, setup, teardown), cmocka_unit_test_setup_teardown(attempts, setup, teardown),
		cmocka_unit_test_setup_teardown(holds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
