/* A folder that is replaced as a whole: what it replaces, and what it must not touch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "output/outfolder.h"

static const char *const names[] = { "a.csv", "b.json" };

struct fixture { char dir[64], path[160]; struct err e; };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "/tmp/test-outfolder-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_INIT;
	int fd = file_open_dir("/tmp", &e), rc = file_remove_tree_at(fd, f->dir + 5, &e);

	close(fd);
	free(f);
	return rc;
}

static const char *at(struct fixture *f, const char *rel)
{
	snprintf(f->path, sizeof f->path, "%s/%s", f->dir, rel);
	return f->path;
}

static void put(struct fixture *f, const char *rel, const char *text)
{
	assert_int_equal(file_create(at(f, rel), text, strlen(text), 0600, &f->e), 0);
}

static struct outfolder *begin(struct fixture *f, const char *rel)
{
	err_clear(&f->e);
	return outfolder_new(at(f, rel), names, 2, &f->e);
}

/* One file with this text, published. */
static void publish(struct fixture *f, const char *rel, const char *text)
{
	struct outfolder *o = begin(f, rel);
	char file[256];

	if (o == NULL)
		fail_msg("%s", f->e.msg);
	snprintf(file, sizeof file, "%s/a.csv", outfolder_dir(o));
	assert_int_equal(file_create(file, text, strlen(text), 0600, &f->e), 0);
	if (outfolder_publish(o, &f->e) < 0)
		fail_msg("%s", f->e.msg);
	outfolder_free(o);
}

static void holds(struct fixture *f, const char *rel, const char *text)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read(at(f, rel), 1000, &b, &f->e), 0);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

static void refused(struct fixture *f, const char *rel)
{
	assert_null(begin(f, rel));
	assert_int_equal(f->e.code, ERR_CANTCREAT);
	err_clear(&f->e);
}

static void replaced(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	publish(f, "x/y/z", "one");
	holds(f, "x/y/z/a.csv", "one");
	put(f, "x/y/z/b.json", "old");
	publish(f, "x/y/z//", "two");
	holds(f, "x/y/z/a.csv", "two");
	assert_int_equal(stat(at(f, "x/y/z/b.json"), &st), -1);
	assert_int_equal(stat(at(f, "x/y/.stage-z"), &st), -1);
	outfolder_free(NULL);
}

static void given_up(void **state)
{
	struct fixture *f = *state;
	struct outfolder *o;
	struct stat st;

	publish(f, "z", "one");
	o = begin(f, "z");
	assert_non_null(o);
	assert_int_equal(stat(at(f, ".stage-z"), &st), 0);
	outfolder_free(o);
	assert_int_equal(stat(at(f, ".stage-z"), &st), -1);
	holds(f, "z/a.csv", "one");
}

static void not_ours(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(at(f, "run"), 0700), 0);
	put(f, "run/run.json", "{}");
	refused(f, "run");
	refused(f, "run/new");
	refused(f, "run/new/er");
	assert_int_equal(mkdir(at(f, "mine"), 0700), 0);
	put(f, "mine/letter.txt", "x");
	refused(f, "mine");
	holds(f, "mine/letter.txt", "x");
	put(f, "file", "x");
	refused(f, "file");
	assert_int_equal(symlink("mine", at(f, "link")), 0);
	refused(f, "link");
	refused(f, "..");
	refused(f, ".");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replaced, setup, teardown), cmocka_unit_test_setup_teardown(given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(not_ours, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
