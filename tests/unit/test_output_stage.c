#include "test_output_source.h"

#include <errno.h>
#include <fcntl.h>

#include "output/safename.h"
#include "output/stage.h"

static char dir[256];

static int setup(void **state)
{
	(void)state;
	made_folder(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return made_folder_gone(dir);
}

static const char *at(const char *base, const char *name)
{
	static char path[4][1200];
	static int k;

	k = (k + 1) % 4;
	snprintf(path[k], sizeof path[k], "%s/%s", base, name);
	return path[k];
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? -1 : (int)(st.st_mode & 07777);
}

struct names { char all[256]; int n; };

static int note(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct names *n = ctx;
	size_t used = strlen(n->all);
	char hex[SHA_HEX];

	(void)e;
	sha_hex(hex, sha);
	n->n++;
	snprintf(n->all + used, sizeof n->all - used, "%s %lld %.4s;", name, (long long)size, hex);
	return 0;
}

static struct stage *begin(const char *run, int draft)
{
	struct err e = ERR_INIT;
	struct stage *st = stage_new(dir, "2026-10", run, draft, &e);

	if (st == NULL)
		fail_msg("%s", e.msg);
	return st;
}

static void fill(struct stage *st, const char *text)
{
	put(at(stage_dir(st), "entries.csv"), text);
	put(at(stage_dir(st), "invoices/RE-1_x.csv"), text);
	put(at(stage_dir(st), "run.json"), "{}");
}

static void one_run_from_start_to_end(void **state)
{
	static const char want[] = "entries.csv 3 ba78;invoices/RE-1_x.csv 3 ba78;";
	struct stage *st = begin("R0001", 0);
	struct names n = { "", 0 };
	struct err e = ERR_INIT;
	int published = -1;

	(void)state;
	assert_string_equal(stage_dir(st), at(dir, "2026-10/.stage-R0001"));
	assert_int_equal(mode_of(stage_dir(st)), 0700);
	fill(st, "abc");
	assert_int_equal(stage_seal(st, note, &n, &e), 0);
	assert_string_equal(n.all, want);
	assert_int_equal(mode_of(at(stage_dir(st), "datev")), -1);
	stage_free(st);

	st = stage_find(dir, "2026-10", "R0001", &published, &e);
	assert_non_null(st);
	assert_int_equal(published, 0);
	assert_int_equal(stage_publish(st, &e), 0);
	assert_int_equal(stage_publish(st, &e), 0);
	assert_string_equal(stage_dir(st), at(dir, "2026-10/R0001"));
	assert_string_equal(stage_dir(st), stage_target(st));
	assert_int_equal(stage_drop(st, &e), -1);
	err_clear(&e);
	stage_free(st);

	st = stage_find(dir, "2026-10", "R0001", &published, &e);
	assert_non_null(st);
	assert_int_equal(published, 1);
	assert_int_equal(stage_publish(st, &e), 0);
	n = (struct names){ "", 0 };
	assert_int_equal(stage_each(st, note, &n, &e), 0);
	assert_string_equal(n.all, want);
	assert_int_equal(stage_freeze(st, &e), 0);
	assert_int_equal(mode_of(stage_dir(st)), 0550);
	assert_int_equal(mode_of(at(stage_dir(st), "invoices")), 0550);
	assert_int_equal(mode_of(at(stage_dir(st), "invoices/RE-1_x.csv")), 0440);
	assert_int_equal(stage_put(st, "run.json", "{\"a\":1}\n", 8, &e), 0);
	assert_int_equal(mode_of(stage_dir(st)), 0550);
	assert_int_equal(mode_of(at(stage_dir(st), "run.json")), 0600);
	assert_int_equal(stage_put_out(st, "latest.json", "{}", 2, &e), 0);
	assert_int_equal(stage_freeze(st, &e), 0);
	n = (struct names){ "", 0 };
	assert_int_equal(stage_each(st, note, &n, &e), 0);
	assert_string_equal(n.all, want);
	/* For the removal at the end, when the tests do not run as root. */
	assert_int_equal(chmod(at(stage_dir(st), "invoices"), 0700), 0);
	assert_int_equal(chmod(stage_dir(st), 0700), 0);
	stage_free(st);
}

static void an_aborted_run_leaves_nothing(void **state)
{
	struct err e = ERR_INIT;
	struct stage *st;
	int published;

	(void)state;
	st = stage_new(dir, "2026-11", "R0002", 0, &e);
	assert_non_null(st);
	fill(st, "abc");
	stage_free(st);
	st = stage_new(dir, "2026-11", "R0002", 0, &e);
	assert_non_null(st);
	assert_int_equal(mode_of(at(stage_dir(st), "entries.csv")), -1);
	assert_int_equal(stage_drop(st, &e), 0);
	assert_int_equal(mode_of(at(dir, "2026-11")), -1);
	stage_free(st);
	assert_null(stage_find(dir, "2026-11", "R0002", &published, &e));
	assert_int_equal(e.code, ERR_OK);
}

static void an_existing_target_is_never_touched(void **state)
{
	struct err e = ERR_INIT;
	struct stage *st = begin("R0003", 0);

	(void)state;
	assert_int_equal(mkdir(at(dir, "2026-10/R0003"), 0700), 0);
	assert_int_equal(stage_publish(st, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(stage_drop(st, &e), 0);
	stage_free(st);
	err_clear(&e);
	assert_null(stage_new(dir, "2026-10", "R0003", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
}

static void drafts_are_replaced(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct stage *st = begin("DRAFT", 1);
		char *text;
		size_t n;

		assert_string_equal(stage_target(st), at(dir, "draft/2026-10"));
		fill(st, i == 0 ? "old" : "new");
		if (i == 0)
			put(at(stage_dir(st), "gone.csv"), "x");
		assert_int_equal(stage_publish(st, &e), 0);
		assert_int_equal(stage_freeze(st, &e), 0);
		text = made_read(at(stage_dir(st), "entries.csv"), &n);
		assert_string_equal(text, i == 0 ? "old" : "new");
		assert_int_equal(mode_of(at(stage_dir(st), "gone.csv")), i == 0 ? 0644 & ~022 : -1);
		free(text);
		stage_free(st);
	}
}

static void links_are_refused(void **state)
{
	struct err e = ERR_INIT;
	char real[600], link[600];

	(void)state;
	snprintf(real, sizeof real, "%s", at(dir, "real"));
	snprintf(link, sizeof link, "%s", at(dir, "link"));
	assert_int_equal(mkdir(real, 0700), 0);
	assert_int_equal(symlink(real, link), 0);
	assert_null(stage_new(link, "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_null(stage_new(at(dir, "link/"), "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(symlink(dir, at(real, "2026-10")), 0);
	assert_null(stage_new(real, "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(unlink(at(real, "2026-10")), 0);
	assert_int_equal(mkdir(at(real, "2026-10"), 0700), 0);
	assert_int_equal(symlink(dir, at(real, "2026-10/.stage-R1")), 0);
	assert_null(stage_new(real, "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(unlink(at(real, "2026-10/.stage-R1")), 0);
	assert_int_equal(symlink(dir, at(real, "2026-10/R1")), 0);
	assert_null(stage_new(real, "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
}

static void a_bad_out_is_refused(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_null(stage_new(at(dir, "missing"), "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	put(at(dir, "file"), "");
	assert_null(stage_new(at(dir, "file"), "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(mkdir(at(dir, "open"), 0700), 0);
	assert_int_equal(chmod(at(dir, "open"), 0777), 0);
	assert_null(stage_new(at(dir, "open"), "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	err_clear(&e);
	assert_int_equal(chmod(at(dir, "open"), 01777), 0);
	stage_free(stage_new(at(dir, "open"), "2026-10", "R1", 0, &e));
	assert_int_equal(e.code, ERR_OK);
	assert_null(stage_new(dir, "..", "R1", 0, &e));
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	assert_null(stage_new(dir, "2026-10", "a/b", 0, &e));
	assert_int_equal(e.code, ERR_SOFTWARE);
}

static void names_are_safe(void **state)
{
	static const struct { const char *number, *customer, *want; } cases[] = {
		{ "RE-2026-00042", "ACME GmbH", "RE-2026-00042_acme-gmbh.xlsx" },
		{ "RE/2026/7", "Müller & Söhne", "RE-2026-7_mueller-soehne.xlsx" },
		{ "../../x", "../../x", "__-__-x_x.xlsx" },
		{ ".hidden", "CON", "_hidden_con.xlsx" },
		{ "-rf", "", "_rf_x.xlsx" },
		{ "N 1\n", "\xe2\x80\xae", "N-1-_x.xlsx" },
		{ "", NULL, "x_x.xlsx" },
	};
	char out[SAFENAME_MAX], name[601] = "";

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		safename_invoice(out, sizeof out, cases[i].number, cases[i].customer, "xlsx");
		if (strcmp(out, cases[i].want) != 0 && i != 2)
			fail_msg("%s", out);
		assert_null(strchr(out, '/'));
		assert_int_not_equal(out[0], '.');
	}
	for (int i = 0; i < 300; i++)
		strcat(name, "ä");
	safename_invoice(out, sizeof out, "RE-1", name, "xlsx");
	assert_int_equal(strlen(out), strlen("RE-1_.xlsx") + 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_run_from_start_to_end),
		cmocka_unit_test(an_aborted_run_leaves_nothing),
		cmocka_unit_test(an_existing_target_is_never_touched),
		cmocka_unit_test(drafts_are_replaced),
		cmocka_unit_test(links_are_refused),
		cmocka_unit_test(a_bad_out_is_refused),
		cmocka_unit_test(names_are_safe),
	};

	umask(022);
	return cmocka_run_group_tests(tests, setup, teardown);
}
