/* The ledger's file: place, mode, lock, versions, runs, the scratch copy of a dry run. */
#include "test_ledger_common.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "ledger/place.h"
#include "ledger/schema.h"

static void open_refused(struct fixture *f, enum store_mode mode, enum err_code want, const char *says)
{
	err_clear(&f->e);
	assert_null(store_open(f->path, mode, 0, &f->e));
	if (f->e.code != want || strstr(f->e.msg, says) == NULL)
		fail_msg("wanted %d with '%s', got %d: %s", (int)want, says, (int)f->e.code, f->e.msg);
	err_clear(&f->e);
}

static int64_t files_in(const char *dir)
{
	DIR *d = opendir(dir);
	int64_t n = 0;

	assert_non_null(d);
	for (struct dirent *x; (x = readdir(d)) != NULL;)
		n++;
	closedir(d);
	return n - 2;
}

static void is_made_private(void **state)
{
	struct fixture *f = *state;
	mode_t old = umask(0777);
	struct stat st;
	char lock[128];

	open_store(f, STORE_WRITE);
	umask(0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(lock, sizeof lock, "%s.lock", f->path);
	assert_int_equal(stat(lock, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	close_store(f);
	umask(old);
	assert_int_equal(files_in(f->dir), 2); /* no journal is left */
	open_store(f, STORE_READ);
	refused(f, ERR_CANTCREAT, store_set_meta(f->s, "a", "b", &f->e));
}

static void unsafe_files_are_refused(void **state)
{
	struct fixture *f = *state;
	char other[128];

	open_refused(f, STORE_READ, ERR_NOINPUT, "no ledger");
	assert_int_equal(files_in(f->dir), 0);
	open_store(f, STORE_WRITE);
	close_store(f);
	assert_int_equal(chmod(f->path, 0644), 0);
	for (int mode = STORE_WRITE; mode <= STORE_SCRATCH; mode++)
		open_refused(f, (enum store_mode)mode, ERR_CONFIG, "0644");
	assert_int_equal(chmod(f->path, 0600), 0);
	snprintf(other, sizeof other, "%s/elsewhere", f->dir);
	assert_int_equal(rename(f->path, other), 0);
	assert_int_equal(symlink(other, f->path), 0);
	open_refused(f, STORE_WRITE, ERR_CONFIG, "link");
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	open_refused(f, STORE_WRITE, ERR_CONFIG, "regular");
	assert_non_null(place_network(0x6969));
	assert_non_null(place_network(0xfffffffffe534d42ul)); /* a signed f_type, widened */
	assert_non_null(place_network(0x65735546));
	assert_null(place_network(0xef53));
	snprintf(f->path, sizeof f->path, "%s/none/ledger", f->dir);
	open_refused(f, STORE_WRITE, ERR_CANTCREAT, "folder");
	open_refused(f, STORE_READ, ERR_NOINPUT, "no ledger");
	snprintf(f->path, sizeof f->path, "%s/", f->dir);
	open_refused(f, STORE_WRITE, ERR_CONFIG, "no path");
}

static void foreign_files_are_refused(void **state)
{
	struct fixture *f = *state;
	char junk[8192], set[40], newer[40];
	struct err e = ERR_INIT;

	open_store(f, STORE_WRITE);
	assert_int_equal(number(f, "PRAGMA user_version"), SCHEMA_VERSION);
	close_store(f);
	snprintf(set, sizeof set, "PRAGMA user_version=%d", SCHEMA_VERSION + 1);
	snprintf(newer, sizeof newer, "version %d", SCHEMA_VERSION + 1);
	tamper(f, set);
	for (int mode = STORE_WRITE; mode <= STORE_SCRATCH; mode++)
		open_refused(f, (enum store_mode)mode, ERR_CONFIG, newer);
	tamper(f, "PRAGMA user_version=1; PRAGMA application_id=5");
	open_refused(f, STORE_WRITE, ERR_CONFIG, "no ledger of psabill");
	assert_int_equal(unlink(f->path), 0);
	memset(junk, 'x', sizeof junk);
	assert_int_equal(file_create(f->path, junk, sizeof junk, 0600, &e), 0);
	open_refused(f, STORE_WRITE, ERR_DATA, "not a database");
	open_refused(f, STORE_READ, ERR_DATA, "not a database");
	assert_int_equal(unlink(f->path), 0);
	/* a crash right after the file was made */
	assert_int_equal(file_create(f->path, "", 0, 0600, &e), 0);
	open_refused(f, STORE_READ, ERR_NOINPUT, "empty");
	open_store(f, STORE_SCRATCH);
	close_store(f);
	open_store(f, STORE_WRITE);
}

static void open_beside(struct fixture *f)
{
	err_clear(&f->e);
	f->s = store_open_beside(f->path, 0, &f->e);
	if (f->s == NULL)
		fail_msg("open beside: %s", f->e.msg);
}

/* Nothing is answered and nothing changed, however often it is asked. */
static void damage_is_found_beside(struct fixture *f)
{
	char *value;

	for (int first = 0; first < 3; first++) {
		open_beside(f);
		for (int i = 0; i < 2; i++) {
			if (first == 0)
				refused(f, ERR_DATA, store_begin(f->s, &f->e));
			if (first == 1)
				refused(f, ERR_DATA, store_checked(f->s, &f->e));
			value = store_meta(f->s, "workspace_id", &f->e);
			assert_null(value);
			assert_int_equal(f->e.code, ERR_DATA);
			assert_non_null(strstr(f->e.msg, "is damaged"));
			assert_non_null(strstr(f->e.msg, f->path));
			err_clear(&f->e);
			refused(f, ERR_DATA, store_run_new(f->s, "bill", &f->run.period, (const uint8_t[SHA_LEN]){ 0 }, &f->run, &f->e));
		}
		close_store(f);
	}
}

static void damage_is_found(void **state)
{
	struct fixture *f = *state;
	char zero[256] = { 0 };
	struct stat st;
	int fd;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 200);
	close_store(f);
	assert_int_equal(stat(f->path, &st), 0);
	fd = open(f->path, O_RDWR);
	assert_true(fd >= 0);
	/* the last page belongs to data that opening alone does not read */
	assert_int_equal(pwrite(fd, zero, sizeof zero, st.st_size - 8192), sizeof zero);
	close(fd);
	open_refused(f, STORE_WRITE, ERR_DATA, "");
	damage_is_found_beside(f);
	open_refused(f, STORE_SCRATCH, ERR_DATA, "");
	open_store(f, STORE_READ);
	refused(f, ERR_DATA, store_check(f->s, &f->e));
	close_store(f);
	assert_int_equal(truncate(f->path, st.st_size / 2 + 100), 0);
	open_refused(f, STORE_WRITE, ERR_DATA, "");
}

static void the_check_goes_on_beside(void **state)
{
	struct fixture *f = *state;

	/* a new ledger and one that nothing is asked of */
	open_beside(f);
	new_run(f, "bill");
	close_store(f);
	open_beside(f);
	close_store(f);
	open_beside(f);
	ok(f, store_checked(f->s, &f->e));
	ok(f, store_checked(f->s, &f->e));
	ok(f, store_set_meta(f->s, "workspace_id", "w", &f->e));
	close_store(f);
	/* what is changed waits for it, and gets the file for itself */
	open_beside(f);
	ok(f, store_begin(f->s, &f->e));
	ok(f, store_set_meta(f->s, "workspace_id", "x", &f->e));
	ok(f, store_commit(f->s, &f->e));
}

/* A child that opens the ledger says "x" and waits until its pipe closes. */
static pid_t holder(struct fixture *f, enum store_mode mode, int *stop)
{
	int up[2], down[2];
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(up) | pipe(down), 0);
	pid = fork();
	if (pid == 0) {
		struct store *s = store_open(f->path, mode, 0, NULL);

		close(down[1]);
		c = s != NULL ? 'x' : 'n';
		if (write(up[1], &c, 1) != 1 || read(down[0], &c, 1) != 0)
			_exit(1);
		_exit(0); /* without closing: the lock ends with the process */
	}
	close(up[1]);
	close(down[0]);
	assert_int_equal(read(up[0], &c, 1), 1);
	close(up[0]);
	assert_int_equal(c, 'x');
	*stop = down[1];
	return pid;
}

static void release(pid_t pid, int stop)
{
	int status;

	close(stop);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void processes_exclude_each_other(void **state)
{
	struct fixture *f = *state;
	char who[32];
	int stop, stop2;
	pid_t pid;

	open_store(f, STORE_WRITE);
	close_store(f);
	pid = holder(f, STORE_WRITE, &stop);
	snprintf(who, sizeof who, "pid %ld on ", (long)pid);
	for (int mode = STORE_WRITE; mode <= STORE_SCRATCH; mode++)
		open_refused(f, (enum store_mode)mode, ERR_TEMPFAIL, who);
	release(pid, stop);
	open_store(f, STORE_WRITE);
	close_store(f);
	pid = holder(f, STORE_READ, &stop);
	open_refused(f, STORE_WRITE, ERR_TEMPFAIL, "in use");
	open_store(f, STORE_READ);
	close_store(f);
	open_store(f, STORE_SCRATCH);
	close_store(f);
	/* whoever waits gets it once it is free */
	stop2 = fork();
	if (stop2 == 0) {
		struct store *s;

		close(stop); /* or the holder would not see the end of its pipe */
		s = store_open(f->path, STORE_WRITE, 20000, NULL);

		_exit(s != NULL && store_close(s, NULL) == 0 ? 0 : 1);
	}
	usleep(150000);
	assert_int_equal(waitpid(stop2, NULL, WNOHANG), 0);
	release(pid, stop);
	assert_int_equal(waitpid(stop2, &stop, 0), stop2);
	assert_int_equal(stop, 0);
}

static void runs_move_along_edges(void **state)
{
	static const char *const bill[RUN_ABORTED + 1] = { "01000000001", "00100000111", "00010000001", "00001000001", "00000100000", "00000010000", "00000001000",
		"00000000110", "00000000000", "00000000000", "00000000000" };
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	for (int kind = 0; kind < 2; kind++) {
		new_run(f, kind == 0 ? "bill" : "void");
		for (int from = RUN_OPEN; from <= RUN_ABORTED; from++)
			for (int to = RUN_OPEN; to <= RUN_ABORTED; to++) {
				struct store_run r = f->run;
				char set[96];
				int want = bill[from][to] == '1', got;

				if (kind == 1 && (from == RUN_OPEN || from == RUN_SNAPSHOT))
					want = from == RUN_OPEN && (to == RUN_PLANNED || to == RUN_ABORTED);
				ok(f, store_begin(f->s, &f->e));
				snprintf(set, sizeof set, "UPDATE run SET state='%s' WHERE id='%s'", store_state_name((enum store_state)from), r.id);
				assert_int_equal(sql(f, set), SQLITE_OK);
				r.state = (enum store_state)from;
				err_clear(&f->e);
				got = store_run_state(f->s, &r, (enum store_state)to, "{\"a\":1}", &f->e) == 0;
				if (got != want)
					fail_msg("%s %s -> %s: %d %s", r.kind, store_state_name((enum store_state)from), store_state_name((enum store_state)to), got, f->e.msg);
				if (!got)
					assert_int_equal(f->e.code, ERR_SOFTWARE);
				err_clear(&f->e);
				store_rollback(f->s);
			}
		go(f, RUN_ABORTED);
	}
	refused(f, ERR_SOFTWARE, store_run_state(f->s, &f->run, RUN_OPEN, NULL, &f->e)); /* outside of a transaction */
}

static void stale_runs_are_noticed(void **state)
{
	struct fixture *f = *state;
	struct store_run other;

	open_store(f, STORE_WRITE);
	assert_int_equal(store_run_unfinished(f->s, 1, 0, &other, &f->e), 0);
	new_run(f, "bill");
	other = f->run;
	go(f, RUN_SNAPSHOT);
	ok(f, store_begin(f->s, &f->e));
	refused(f, ERR_SOFTWARE, store_run_state(f->s, &other, RUN_ABORTED, NULL, &f->e));
	store_rollback(f->s);
	refused(f, ERR_SOFTWARE, store_run_new(f->s, "bill", &f->run.period, (const uint8_t[SHA_LEN]){ 0 }, &other, &f->e));
	assert_int_equal(store_run_unfinished(f->s, 0, 0, &other, &f->e), 1);
	assert_int_equal(other.state, RUN_SNAPSHOT);
	assert_string_equal(other.period.label, "2026-03");
	assert_int_equal(other.invoice_date, DATE_NONE);
	ok(f, store_run_set_resting(f->s, &f->run, 1, &f->e));
	ok(f, store_run_set_date(f->s, &f->run, 20000, &f->e));
	ok(f, store_run_set_totals(f->s, &f->run, "{\"n\":1}", &f->e));
	assert_int_equal(store_run_unfinished(f->s, 0, 0, &other, &f->e), 0);
	assert_int_equal(store_run_unfinished(f->s, 1, 0, &other, &f->e), 1);
	assert_int_equal(other.resting, 1);
	assert_int_equal(other.invoice_date, 20000);
	new_run(f, "void");
	assert_string_equal(f->run.id, "R0002");
	assert_int_equal(store_run_unfinished(f->s, 1, 0, &other, &f->e), 1);
	assert_string_equal(other.id, "R0002");
}

static void meta_and_totals_round_trip(void **state)
{
	struct fixture *f = *state;
	char *v;

	open_store(f, STORE_WRITE);
	assert_null(store_meta(f->s, "workspace_id", &f->e));
	assert_int_equal(f->e.code, ERR_OK);
	ok(f, store_set_meta(f->s, "workspace_id", "a'b", &f->e));
	ok(f, store_set_meta(f->s, "workspace_id", "\xc3\xa4", &f->e));
	new_run(f, "bill");
	assert_null(store_run_totals(f->s, f->run.id, &f->e));
	ok(f, store_run_set_totals(f->s, &f->run, "{}", &f->e));
	close_store(f);
	open_store(f, STORE_READ);
	v = store_meta(f->s, "workspace_id", &f->e);
	assert_string_equal(v, "\xc3\xa4");
	free(v);
	v = store_run_totals(f->s, f->run.id, &f->e);
	assert_string_equal(v, "{}");
	free(v);
}

/* Names, sizes, times and contents of all files in the folder. */
static void picture(struct fixture *f, struct buf *out)
{
	struct dirent **list;
	int n = scandir(f->dir, &list, NULL, alphasort);

	assert_true(n >= 0);
	buf_reset(out);
	for (int i = 0; i < n; i++) {
		char path[400];
		struct stat st;

		if (strcmp(list[i]->d_name, "..") == 0) {
			free(list[i]);
			continue;
		}
		snprintf(path, sizeof path, "%s/%s", f->dir, list[i]->d_name);
		assert_int_equal(stat(path, &st), 0);
		buf_fmt(out, "%s %lld %lld.%09ld\n", list[i]->d_name, (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
		if (S_ISREG(st.st_mode))
			ok(f, file_read(path, 1 << 26, out, &f->e));
		free(list[i]);
	}
	free(list);
	assert_true(buf_ok(out));
}

static void scratch_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;
	enum claim_state st;
	char id[37], no[32], lock[128];
	char *v;

	picture(f, &before);
	open_store(f, STORE_SCRATCH);
	assert_int_equal(plan_run(f, 0, 5), 42);
	assert_string_equal(f->run.id, "R0001");
	close_store(f);
	picture(f, &after);
	assert_int_equal(before.n, after.n);
	assert_memory_equal(before.p, after.p, after.n);

	open_store(f, STORE_WRITE);
	ok(f, store_set_meta(f->s, "workspace_id", "w", &f->e));
	plan_run(f, 0, 50);
	publish(f);
	finish(f);
	close_store(f);
	for (int locked = 1; locked >= 0; locked--) {
		snprintf(lock, sizeof lock, "%s.lock", f->path);
		if (!locked)
			assert_int_equal(unlink(lock), 0); /* a restored backup has none */
		picture(f, &before);
		open_store(f, STORE_SCRATCH);
		v = store_meta(f->s, "workspace_id", &f->e);
		assert_string_equal(v, "w");
		free(v);
		id_of(id, 49);
		assert_int_equal(claim_live(f->s, id, &st, no, &f->e), 1);
		assert_string_equal(no, "RE-2026-00042");
		assert_int_equal(plan_run(f, 50, 70), 43);
		assert_string_equal(f->run.id, "R0002");
		assert_int_equal(number(f, "PRAGMA foreign_keys"), 1);
		assert_int_equal(number(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
		publish(f);
		finish(f);
		close_store(f);
		picture(f, &after);
		assert_int_equal(before.n, after.n);
		assert_memory_equal(before.p, after.p, after.n);
	}
	buf_free(&before);
	buf_free(&after);
}

static void scratch_refuses_unfinished(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	close_store(f);
	open_refused(f, STORE_SCRATCH, ERR_TEMPFAIL, "R0001 (OPEN)");
	open_store(f, STORE_WRITE);
	ok(f, store_run_set_resting(f->s, &f->run, 1, &f->e));
	close_store(f);
	open_store(f, STORE_SCRATCH);
}

static void hot_journal_is_told(void **state)
{
	struct fixture *f = *state;
	int64_t v;
	pid_t pid;
	int status;

	open_store(f, STORE_WRITE);
	plan_run(f, 0, 3);
	ok(f, plan_drop(f->s, &f->run, "x", &f->e));
	close_store(f);
	pid = fork();
	if (pid == 0) {
		struct fixture g = *f;

		/* a cache of one page makes SQLite write into the file before the commit */
		g.s = store_open(g.path, STORE_WRITE, 0, NULL);
		if (g.s == NULL || sql(&g, "PRAGMA cache_spill=1; PRAGMA cache_size=1; BEGIN; UPDATE snap SET held='x'; UPDATE meta SET v='x';"
		    "INSERT INTO snap(run,entry,fp) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<5000) SELECT 'R0001','k'||x,x'00' FROM c") != SQLITE_OK)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	open_refused(f, STORE_SCRATCH, ERR_TEMPFAIL, "cut off");
	open_refused(f, STORE_READ, ERR_TEMPFAIL, "cut off");
	/* who rolls back keeps the file for itself, so that nobody checks it beside */
	open_beside(f);
	assert_null(f->s->check);
	ok(f, store_set_meta(f->s, "workspace_id", "x", &f->e));
	ok(f, db_get_int(f->s, "SELECT count(*) FROM snap WHERE held IS NULL", DB_NOARGS, &v, &f->e));
	assert_int_equal(v, 3);
}

static void settings_hold(void **state)
{
	struct fixture *f = *state;
	int on = 0;

	open_store(f, STORE_WRITE);
	assert_int_equal(number(f, "PRAGMA synchronous"), 3);
	assert_int_equal(number(f, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(f, "PRAGMA trusted_schema"), 0);
	assert_int_equal(number(f, "PRAGMA cell_size_check"), 1);
	assert_int_equal(number(f, "PRAGMA recursive_triggers"), 1);
	assert_int_equal(sqlite3_db_config(f->s->db, SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
	assert_int_equal(on, 1);
	assert_int_equal(sqlite3_db_config(f->s->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &on), SQLITE_OK);
	assert_int_equal(on, 0);
	assert_int_not_equal(sql(f, "ATTACH ':memory:' AS x"), SQLITE_OK);
	assert_int_not_equal(sql(f, "SELECT load_extension('x')"), SQLITE_OK);
	assert_int_not_equal(sql(f, "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema"), SQLITE_OK);
	assert_int_equal(sql(f, "INSERT INTO meta(k,v) VALUES('a',NULL)"), SQLITE_CONSTRAINT_NOTNULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_made_private, setup, teardown),
		cmocka_unit_test_setup_teardown(unsafe_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(foreign_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(processes_exclude_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(runs_move_along_edges, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_runs_are_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(meta_and_totals_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch_refuses_unfinished, setup, teardown),
		cmocka_unit_test_setup_teardown(the_check_goes_on_beside, setup, teardown),
		cmocka_unit_test_setup_teardown(hot_journal_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(settings_hold, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
