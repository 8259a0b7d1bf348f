/* What snapshots have in common is kept once, found again, never guessed, and not remembered past a rollback. */
#include "test_ledger_common.h"

#include "ledger/names.h"
#include "ledger/snap_row.h"

static int64_t put(struct fixture *f, const char *id, const char *name)
{
	int64_t number;

	ok(f, names_put(f->s, id, name, &number, &f->e));
	return number;
}

static void got(struct fixture *f, int64_t number, const char *id, const char *name)
{
	struct pool *pool = pool_new();
	const char *a = "?", *b = "?";

	ok(f, names_get(f->s, number, pool, &a, &b, &f->e));
	assert_true((a == NULL) == (id == NULL) && (b == NULL) == (name == NULL));
	if (id != NULL)
		assert_string_equal(a, id);
	if (name != NULL)
		assert_string_equal(b, name);
	pool_free(pool);
}

static void pairs_are_kept_once(void **state)
{
	static const struct { const char *id, *name; } pair[] = {
		{ "a0000000-0000-4000-8000-000000000001", "J\xc3\xb6rg" }, { "a0000000-0000-4000-8000-000000000001", "J\xc3\xb6rg " },
		{ "a0000000-0000-4000-8000-000000000001", NULL }, { NULL, "J\xc3\xb6rg" }, { "a", "bc" }, { "ab", "c" }, { "abc", NULL }, { NULL, "abc" },
		{ "'; DROP TABLE name; --", "\"\n\\" },
	};
	enum { N = sizeof pair / sizeof *pair };
	struct fixture *f = *state;
	int64_t numbers[N];

	open_store(f, STORE_WRITE);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(put(f, NULL, NULL), 0);
	assert_int_equal(put(f, "", ""), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			int64_t n = put(f, pair[i].id, pair[i].name);

			assert_true(n > 0 && (round == 0 || n == numbers[i]));
			numbers[i] = n;
			for (int k = 0; k < i; k++)
				assert_int_not_equal(numbers[k], n);
		}
		/* Whether they are remembered or looked up. */
		if (round == 1)
			names_forget(f->s);
	}
	assert_int_equal(number(f, "SELECT count(*) FROM name"), N);
	ok(f, store_commit(f->s, &f->e));
	close_store(f);
	open_store(f, STORE_READ);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N; i++)
			got(f, numbers[i], pair[i].id, pair[i].name);
	got(f, 0, NULL, NULL);
	{
		const char *a, *b;
		struct pool *pool = pool_new();

		refused(f, ERR_DATA, names_get(f->s, N + 1, pool, &a, &b, &f->e));
		pool_free(pool);
	}
}

/* Many more than are remembered, so that they take each other's places. */
static void more_than_are_remembered(void **state)
{
	enum { N = 60000, AGAIN = 37 };
	struct fixture *f = *state;
	char id[37], name[16];

	open_store(f, STORE_WRITE);
	ok(f, store_begin(f->s, &f->e));
	for (int i = 0; i < N; i++) {
		id_of(id, i);
		snprintf(name, sizeof name, "%d", i);
		assert_int_equal(put(f, id, name), i + 1);
	}
	for (int i = 0; i < N; i += AGAIN) {
		id_of(id, i);
		snprintf(name, sizeof name, "%d", i);
		assert_int_equal(put(f, id, name), i + 1);
		got(f, i + 1, id, name);
	}
	assert_int_equal(number(f, "SELECT count(*) FROM name"), N);
	ok(f, store_commit(f->s, &f->e));
}

/* The next one gets the number of what was undone. */
static void nothing_is_remembered_past_a_rollback(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(put(f, "x", "gone"), 1);
	got(f, 1, "x", "gone");
	store_rollback(f->s);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(put(f, "y", "there"), 1);
	got(f, 1, "y", "there");
	assert_int_equal(put(f, "x", "gone"), 2);
	ok(f, store_commit(f->s, &f->e));
}

static void names_are_kept(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	ok(f, store_begin(f->s, &f->e));
	put(f, "a", "b");
	ok(f, store_commit(f->s, &f->e));
	assert_int_equal(sql(f, "DELETE FROM name"), SQLITE_CONSTRAINT_TRIGGER);
	assert_int_equal(sql(f, "UPDATE name SET name='c'"), SQLITE_CONSTRAINT_TRIGGER);
	assert_int_equal(sql(f, "UPDATE name SET id='c'"), SQLITE_CONSTRAINT_TRIGGER);
	assert_int_equal(sql(f, "UPDATE name SET number=7,name=NULL"), SQLITE_CONSTRAINT_TRIGGER);
	assert_int_equal(sql(f, "INSERT OR REPLACE INTO name(number,id,name) VALUES(1,'a','z')"), SQLITE_CONSTRAINT_TRIGGER);
	/* A person's name can be purged: who it was is told by the id. */
	assert_int_equal(sql(f, "UPDATE name SET name=NULL"), SQLITE_OK);
	names_forget(f->s);
	got(f, 1, "a", NULL);
}

static int same_as_put(void *ctx, const struct entry *x, const char *reason, int64_t snap, struct err *e)
{
	(void)e;
	assert_null(reason);
	assert_true(snap == 1);
	same_entry(x, ctx);
	return 0;
}

/* Each member for itself absent, and from bytes it is what it is from its row. */
static void entries_come_back_whole(void **state)
{
	struct fixture *f = *state;

	for (int without = -1; without < 18; without++) {
		struct pool *pool = pool_new();
		struct snap_row_bare row, again;
		struct buf bytes = BUF_INIT;
		struct entry x = entry_of(3), y;
		const char **text[] = { &x.start_time, &x.company_id, &x.company_name, &x.project_id, &x.project_name, &x.task_id, &x.task_name, &x.user_id, &x.user_name,
			&x.work_id, &x.work_name, &x.note, &x.updated_on, &x.updated_by, &x.res_ver };
		sqlite3_stmt *st;

		x.task_id = "d0000000-0000-4000-8000-000000000001";
		x.task_name = "Task";
		x.work_id = "e0000000-0000-4000-8000-000000000001";
		x.work_name = "Work";
		x.updated_by = x.user_id;
		x.break_secs = 60;
		x.task_private = 1;
		if (without >= 0 && without < 15)
			*text[without] = NULL;
		else if (without == 15)
			x.has_secs = 0, x.secs = 0;
		else if (without == 16)
			x.date = DATE_NONE;
		else if (without == 17)
			x.local_ok = 0, x.billed = 1, x.external = 1, x.billable = 0, x.shape = ENTRY_RUNNING;
		open_store(f, STORE_WRITE);
		new_run(f, "bill");
		ok(f, store_begin(f->s, &f->e));
		ok(f, snap_put(f->s, f->run.id, &x, NULL, NULL, &f->e));
		ok(f, store_commit(f->s, &f->e));
		ok(f, snap_each(f->s, f->run.id, same_as_put, &x, &f->e));
		st = db_query(f->s, "SELECT " SNAP_ROW " FROM snap p", DB_NOARGS, &f->e);
		assert_int_equal(db_step(f->s, st, &f->e), 1);
		assert_int_equal(snap_row_get(f->s, st, 0, &row, &f->e), 1);
		buf_ch(&bytes, 'x');
		snap_row_pack(&row, &bytes);
		db_end(f->s, st);
		snap_row_unpack(bytes.p + 1, &again);
		ok(f, snap_row_entry(f->s, &again, pool, &y, &f->e));
		same_entry(&y, &x);
		buf_free(&bytes);
		pool_free(pool);
		close_store(f);
		assert_int_equal(unlink(f->path), 0);
	}
}

/* What does not name all of them is not guessed. */
static void damaged_names_are_refused(void **state)
{
	static const char *const names[] = { "", "1", "1 2 3 4 5", "1 1 0 1 0 ", "1 2 0 1 0 0 ", "1 2 0 1 0 0 0", " 1 2 0 1 0 0", "1  2 0 1 0 0", "1 2 0 1 0 x", "1 2 0 -1 0 0",
		"1,2,0,1,0,0", "1 2 0 1 0 99", "1 2 0 1 0 9999999999999999999" };
	struct fixture *f = *state;
	struct entry x = entry_of(3);
	char set[128];

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	snapshot(f, 3, 4);
	ok(f, snap_each(f->s, f->run.id, same_as_put, &x, &f->e));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(set, sizeof set, "UPDATE snap SET names='%s'", names[i]);
		assert_int_equal(sql(f, set), SQLITE_OK);
		refused(f, ERR_DATA, snap_each(f->s, f->run.id, same_as_put, &x, &f->e));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pairs_are_kept_once, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_are_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_remembered_past_a_rollback, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_come_back_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_names_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
