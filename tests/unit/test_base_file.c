/* file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char root[] = "/tmp/psabill-test-XXXXXX";
static int top = -1;

static int setup(void **state)
{
	(void)state;
	umask(022);
	if (mkdtemp(root) == NULL || chdir(root) < 0)
		return -1;
	top = file_open_dir(root, NULL);
	return top < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	int tmp = file_open_dir("/tmp", NULL);

	(void)state;
	close(top);
	if (tmp < 0 || chdir("/") < 0 || file_remove_tree_at(tmp, root + 5, NULL) < 0)
		return -1;
	return close(tmp);
}

/* Every test leaves the folder empty, so that leftovers of the functions show. */
static int emptied(void **state)
{
	static const char *const names[] = { "a", "b", "d", "f", "l", "p", "out", "seen", "deep" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (file_remove_tree_at(top, names[i], NULL) < 0)
			return -1;
	return rmdir(root) == 0 ? mkdir(root, 0700) : -1;
}

static int reopen(void **state)
{
	(void)state;
	if (top >= 0)
		close(top);
	top = file_open_dir(root, NULL);
	return top < 0 || chdir(root) < 0 ? -1 : 0;
}

static void put(const char *name, const void *p, size_t n, mode_t mode)
{
	int fd;

	/* A read-only one of before could not be opened by anybody but root. */
	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, p, n, NULL), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void reads(void **state)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char big[70000];

	(void)state;
	memset(big, 'x', sizeof big);
	put("f", big, sizeof big, 0644);
	buf_str(&b, "before");
	assert_int_equal(file_read("f", sizeof big, &b, &e), 0);
	assert_int_equal(b.n, sizeof big + 6);
	assert_memory_equal(b.p, "beforexx", 8);
	assert_int_equal(file_read("f", sizeof big - 1, &b, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	err_clear(&e);
	assert_int_equal(file_read("none", 10, &b, &e), -1);
	assert_int_equal(e.code, ERR_NOINPUT);
	err_clear(&e);
	assert_int_equal(file_read(".", 10, &b, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	buf_free(&b);
}

static void secret_file(void **state)
{
	static const struct { const char *s; size_t n; mode_t mode; const char *want; } t[] = {
		{ "tok", 3, 0600, "tok" }, { "tok\n", 4, 0400, "tok" }, { "tok\r\n", 5, 0600, "tok" }, { "tok\n\n", 5, 0600, "tok\n" }, { " tok ", 5, 0700, " tok " },
		{ "tok", 3, 0644, NULL }, { "tok", 3, 0640, NULL }, { "tok", 3, 0604, NULL }, { "tok", 3, 0602, NULL }, { "tok", 3, 0610, NULL },
		{ "", 0, 0600, NULL }, { "\n", 1, 0600, NULL }, { "a\0b", 3, 0600, NULL },
	};

	(void)state;
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		struct buf b = BUF_INIT;
		struct err e = ERR_INIT;

		put("f", t[i].s, t[i].n, t[i].mode);
		assert_int_equal(file_read_secret("f", &b, &e), t[i].want != NULL ? 0 : -1);
		assert_int_equal(e.code, t[i].want != NULL ? ERR_OK : ERR_CONFIG);
		assert_string_equal(buf_text(&b), t[i].want != NULL ? t[i].want : "");
		/* The message must not quote what the file holds. */
		assert_null(strstr(e.msg, "tok"));
		buf_free(&b);
		unlink("f");
	}
}

static void secret_odd(void **state)
{
	static const struct { const char *name; enum err_code want; } t[] = {
		{ "l", ERR_CONFIG }, { "p", ERR_CONFIG }, { "d", ERR_CONFIG }, { "big", ERR_CONFIG }, { "none", ERR_NOINPUT }, { "/dev/null", ERR_CONFIG },
	};
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char big[5000];

	(void)state;
	memset(big, 'x', sizeof big);
	put("f", "tok", 3, 0600);
	put("big", big, sizeof big, 0600);
	assert_int_equal(symlink("f", "l"), 0);
	assert_int_equal(mkfifo("p", 0600), 0);
	assert_int_equal(mkdir("d", 0700), 0);
	alarm(10); /* a fifo opened the wrong way hangs */
	for (size_t i = 0; i < COUNT(t); i++) {
		err_clear(&e);
		assert_int_equal(file_read_secret(t[i].name, &b, &e), -1);
		assert_int_equal(e.code, t[i].want);
		if (*t[i].name == 'p' || *t[i].name == 'd')
			assert_non_null(strstr(e.msg, "not a regular file"));
	}
	alarm(0);
	assert_int_equal(b.n, 0);
	put("big", big, 4096, 0600);
	assert_int_equal(file_read_secret("big", &b, NULL), 0);
	assert_int_equal(b.n, 4096);
	put("big", big, 4097, 0600);
	assert_int_equal(file_read_secret("big", &b, NULL), -1);
	unlink("big");
	/* Somebody else's file; only root can make one for the test. */
	if (geteuid() == 0) {
		assert_int_equal(chown("f", 1, 1), 0);
		assert_int_equal(file_read_secret("f", &b, NULL), -1);
	}
	buf_free(&b);
}

static void secret_credentials(void **state)
{
	struct buf b = BUF_INIT;
	char path[128], dir[128];

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	snprintf(dir, sizeof dir, "%s/d", root);
	snprintf(path, sizeof path, "%s/d/tok", root);
	put(path, "x", 1, 0440);
	assert_int_equal(file_read_secret(path, &b, NULL), -1);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(file_read_secret(path, &b, NULL), 0);
	put(path, "x", 1, 0444);
	assert_int_equal(file_read_secret(path, &b, NULL), -1);
	put("f", "x", 1, 0440);
	snprintf(path, sizeof path, "%s/d/../f", root);
	assert_int_equal(file_read_secret(path, &b, NULL), -1);
	snprintf(path, sizeof path, "%s/f", root);
	assert_int_equal(file_read_secret(path, &b, NULL), -1);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	buf_free(&b);
}

static void same(const char *name, const char *want)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read(name, 1000, &b, NULL), 0);
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

static int count_file(void *ctx, const char *rel, struct err *e)
{
	(void)rel;
	(void)e;
	++*(int *)ctx;
	return 0;
}

static int files(void)
{
	int n = 0;

	assert_int_equal(file_walk_at(top, count_file, &n, NULL), 0);
	return n;
}

static void replaces(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/tmp/x", "../x" };
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(file_replace_at(top, "f", "one", 3, 0640, &e), 0);
	same("f", "one");
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* A link is replaced, not written through. */
	put("out", "untouched", 9, 0644);
	assert_int_equal(unlink("f"), 0);
	assert_int_equal(symlink("out", "f"), 0);
	assert_int_equal(file_replace_at(top, "f", "two", 3, 0644, &e), 0);
	assert_int_equal(lstat("f", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	same("f", "two");
	same("out", "untouched");
	/* What a killed process left is no hindrance, and gone afterwards. */
	put(".f.tmp", "old", 3, 0400);
	assert_int_equal(file_replace_at(top, "f", "", 0, 0644, &e), 0);
	same("f", "");
	/* A folder of that name: refused, nothing left behind. */
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(file_replace_at(top, "d", "x", 1, 0644, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(files(), 2);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(file_replace_at(top, bad[i], "x", 1, 0644, NULL), -1);
	assert_int_equal(files(), 2);
}

static void creates(void **state)
{
	struct err e = ERR_INIT;
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "%s/f", root);
	assert_int_equal(file_create(path, "one", 3, 0644, &e), 0);
	same("f", "one");
	assert_int_equal(file_create(path, "two", 3, 0644, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	same("f", "one");
	err_clear(&e);
	assert_int_equal(file_create("a", "rel", 3, 0600, &e), 0);
	same("a", "rel");
	assert_int_equal(symlink("nowhere", "l"), 0);
	assert_int_equal(file_create("l", "x", 1, 0600, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(file_create("none/f", "x", 1, 0600, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(access("nowhere", F_OK), -1);
}

/* A full disk: the old file stays, no temporary file is left, and the status is that of a disk error. */
static void disk_full(void **state)
{
	struct rlimit old, small;
	struct err e = ERR_INIT, e2 = ERR_INIT;
	char big[5000];
	int rc, rc2;

	(void)state;
	memset(big, 'x', sizeof big);
	assert_int_equal(file_replace_at(top, "f", "one", 3, 0640, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	small = old;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = file_replace_at(top, "f", big, sizeof big, 0640, &e);
	rc2 = file_create("a", big, sizeof big, 0640, &e2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, -1);
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(rc2, -1);
	assert_int_equal(e2.code, ERR_IO);
	same("f", "one");
	assert_int_equal(files(), 1);
}

static void write_errors(void **state)
{
	struct err e = ERR_INIT;
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, "x", 1, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	close(fd);
	assert_int_equal(file_write_all(-1, "x", 0, NULL), 0);
	assert_int_equal(file_sync_dir(-1, NULL), -1);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Signals end a write to a full pipe early (a short count or EINTR): the loop must go on where it stopped. */
static void write_short(void **state)
{
	char *p = malloc(1000000);
	int fd[2], status;
	size_t bad = 0, at = 0;
	pid_t child;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 1000000; i++)
		p[i] = (char)(i % 251);
	assert_int_equal(pipe(fd), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sigaction sa = { .sa_handler = on_alarm };
		struct itimerval it = { .it_interval = { .tv_usec = 500 }, .it_value = { .tv_usec = 500 } };

		close(fd[0]);
		if (sigaction(SIGALRM, &sa, NULL) < 0 || setitimer(ITIMER_REAL, &it, NULL) < 0)
			_exit(2);
		_exit(file_write_all(fd[1], p, 1000000, NULL) == 0 ? 0 : 1);
	}
	close(fd[1]);
	for (;;) {
		char block[777];
		ssize_t n = read(fd[0], block, sizeof block);

		if (n <= 0)
			break;
		if (at % 7 == 0)
			usleep(1000);
		for (ssize_t i = 0; i < n; i++, at++)
			bad += block[i] != (char)(at % 251);
	}
	close(fd[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(at, 1000000);
	assert_int_equal(bad, 0);
	free(p);
}

static void dirs(void **state)
{
	struct err e = ERR_INIT;
	char path[128];
	struct stat st;
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s//a/./b/c/", root);
	assert_int_equal(file_make_dirs(path, 0750, &e), 0);
	assert_int_equal(file_make_dirs(path, 0700, &e), 0);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(file_make_dirs("b/x", 0700, &e), 0);
	put("f", "x", 1, 0600);
	assert_int_equal(file_make_dirs("f", 0700, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(file_make_dirs("f/x", 0700, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	/* The operator may have put a link into the way to the folder; below it none is followed. */
	assert_int_equal(symlink("a", "l"), 0);
	assert_int_equal(file_make_dirs("l/y", 0700, NULL), 0);
	assert_int_equal(stat("a/y", &st), 0);
	err_clear(&e);
	assert_int_equal(file_open_dir_at(top, "l", &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(file_make_dir_at(top, "l", 0700, NULL), -1);
	assert_int_equal(file_make_dir_at(top, "f", 0700, NULL), -1);
	assert_int_equal(file_open_dir("none", NULL), -1);
	assert_int_equal(file_open_dir_at(top, "a/b", NULL), -1);
	assert_int_equal(file_open_dir_at(top, "..", NULL), -1);
	for (int i = 0; i < 2; i++) {
		fd = file_make_dir_at(top, "d", 0700, NULL);
		assert_true(fd >= 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
}

static int list_file(void *ctx, const char *rel, struct err *e)
{
	if (strcmp(rel, "stop") == 0)
		return err_set(e, ERR_DATA, "stopped");
	buf_fmt(ctx, "%s\n", rel);
	return 0;
}

static void walks(void **state)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	int fd;

	(void)state;
	assert_int_equal(file_make_dirs("d/a/b", 0700, NULL), 0);
	assert_int_equal(file_make_dirs("d/empty", 0700, NULL), 0);
	put("d/z", "", 0, 0600);
	put("d/a-b", "", 0, 0600);
	put("d/a/b/x", "", 0, 0600);
	put("d/a/B", "", 0, 0600);
	put("d/.hidden", "", 0, 0600);
	put("d/\xc3\xa4", "", 0, 0600);
	assert_int_equal(symlink("../a", "d/link"), 0);
	assert_int_equal(symlink(".", "d/loop"), 0);
	assert_int_equal(mkfifo("d/p", 0600), 0);
	fd = file_open_dir("d", NULL);
	/* Twice: the descriptor's own offset must not matter. */
	for (int i = 0; i < 2; i++) {
		buf_reset(&b);
		assert_int_equal(file_walk_at(fd, list_file, &b, &e), 0);
		assert_string_equal(buf_text(&b), ".hidden\na-b\na/B\na/b/x\nz\n\xc3\xa4\n");
	}
	put("d/stop", "", 0, 0600);
	buf_reset(&b);
	assert_int_equal(file_walk_at(fd, list_file, &b, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_string_equal(buf_text(&b), ".hidden\na-b\na/B\na/b/x\n");
	close(fd);
	buf_free(&b);
}

static void removes(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/tmp" };
	char name[32];

	(void)state;
	assert_int_equal(file_make_dirs("out", 0700, NULL), 0);
	put("out/kept", "", 0, 0600);
	assert_int_equal(file_make_dirs("d/a/b", 0700, NULL), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "d/a/%d", i);
		put(name, "", 0, 0600);
	}
	assert_int_equal(symlink("../out", "d/link"), 0);
	assert_int_equal(symlink("out", "l"), 0);
	assert_int_equal(file_remove_tree_at(top, "d", NULL), 0);
	assert_int_equal(access("d", F_OK), -1);
	assert_int_equal(file_remove_tree_at(top, "d", NULL), 0);
	assert_int_equal(file_remove_tree_at(top, "l", NULL), 0);
	assert_int_equal(access("out/kept", F_OK), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(file_remove_tree_at(top, bad[i], NULL), -1);
}

static void joins(void **state)
{
	static const struct { const char *dir, *name, *want; } t[] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "/", "b", "/b" }, { "", "b", "b" }, { NULL, "b", "b" }, { "a", "/b", "/b" }, { NULL, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char *s = file_join(t[i].dir, t[i].name);

		assert_string_equal(s, t[i].want);
		free(s);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reopen, emptied)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads), TEST(secret_file), TEST(secret_odd), TEST(secret_credentials), TEST(replaces), TEST(creates), TEST(disk_full),
		TEST(write_errors), TEST(write_short), TEST(dirs), TEST(walks), TEST(removes), TEST(joins),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
