/* Indexes that do not hold what their tables hold, and the audit that asks for them in a thread. */
#include "test_ledger_common.h"

struct told { char text[4096]; int n; };

static int on_told(void *ctx, const char *sentence, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	t->n++;
	strncat(t->text, sentence, sizeof t->text - strlen(t->text) - 2);
	strcat(t->text, "\n");
	return 0;
}

static void say_database(void *ctx, const char *what, const char *sentence)
{
	if (strcmp(what, "database") == 0)
		(void)on_told(ctx, sentence, NULL);
}

/* The two runs of the fixture, one document cancelled by hand: every index has rows. */
static void fill(struct fixture *f)
{
	open_store(f, STORE_WRITE);
	plan_run(f, 0, 40);
	publish(f);
	finish(f);
	plan_run(f, 40, 50);
	close_store(f);
	tamper(f, "UPDATE claim SET state='VOIDED',live=NULL WHERE id%7=3; UPDATE snap SET held='running' WHERE id%5=2");
}

/* An index that SQLite does not know of while its table changes, and knows again afterwards. */
static void behind_its_back(struct fixture *f, const char *index, const char *change)
{
	char sql[1000];

	snprintf(sql, sizeof sql, "PRAGMA writable_schema=ON; CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name='%s'; DELETE FROM sqlite_schema WHERE name='%s'", index, index);
	tamper(f, sql);
	tamper(f, change);
	tamper(f, "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema SELECT * FROM hidden");
}

static void what_an_index_lacks_is_told(void **state)
{
	static const struct { const char *index, *change, *says; } cases[] = {
		{ "one_live_claim", "DROP TRIGGER claim_u; UPDATE claim SET entry=entry||'x' WHERE id=5", "missing from index one_live_claim" },
		{ "one_live_claim", "DROP TRIGGER claim_l; UPDATE claim SET live=1,state='CLAIMED' WHERE live IS NULL", "missing from index one_live_claim" },
		{ "one_live_claim", "UPDATE claim SET live=NULL,state='VOIDED' WHERE id=5", "wrong # of entries in index one_live_claim" },
		{ "claim_by_line", "DROP TRIGGER claim_u; UPDATE claim SET pos=pos+1 WHERE id=5", "missing from index claim_by_line" },
		{ "claim_by_line", "DROP TRIGGER claim_u; UPDATE claim SET id=1000 WHERE id=5", "missing from index claim_by_line" },
		{ "voided_claim", "DROP TRIGGER claim_u; UPDATE claim SET entry=(SELECT entry FROM claim WHERE id=1) WHERE id=10", "missing from index voided_claim" },
		{ "snap_held", "UPDATE snap SET held='external' WHERE id=12", "missing from index snap_held" },
		{ "snap_held", "UPDATE snap SET date=NULL WHERE id=12", "missing from index snap_held" },
		{ "snap_held", "UPDATE snap SET held=NULL WHERE id=12", "wrong # of entries in index snap_held" },
		{ "event_by_run", "DROP TRIGGER event_u; UPDATE event SET kind='other' WHERE seq=3", "missing from index event_by_run" },
	};
	struct fixture *f = *state;
	struct audit_counts counts;
	struct told now, all;
	char keep[300], back[300];

	fill(f);
	snprintf(keep, sizeof keep, "VACUUM INTO '%s.sound'", f->path);
	tamper(f, keep);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(back, sizeof back, "cp '%s.sound' '%s'", f->path, f->path);
		assert_int_equal(system(back), 0);
		open_store(f, STORE_READ);
		memset(&now, 0, sizeof now);
		ok(f, intact_check(f->s, on_told, &now, &f->e));
		assert_int_equal(now.n, 0);
		close_store(f);
		behind_its_back(f, cases[i].index, cases[i].change);
		open_store(f, STORE_READ);
		memset(&now, 0, sizeof now);
		memset(&all, 0, sizeof all);
		ok(f, store_check(f->s, &f->e));
		ok(f, intact_check(f->s, on_told, &now, &f->e));
		if (now.n == 0 || strstr(now.text, cases[i].says) == NULL)
			fail_msg("%s: %s: %s", cases[i].index, cases[i].change, now.text);
		/* A law that runs into it ends the audit. */
		if (audit_ledger(f->s, say_database, &all, &counts, &f->e) < 0)
			assert_int_equal(f->e.code, ERR_DATA);
		else if (strstr(all.text, cases[i].says) == NULL)
			fail_msg("%s: %s: %s", cases[i].index, cases[i].change, all.text);
		close_store(f);
	}
	snprintf(back, sizeof back, "rm -f '%s.sound'", f->path);
	assert_int_equal(system(back), 0);
}

static void say_all(void *ctx, const char *what, const char *sentence)
{
	(void)on_told(ctx, what, NULL);
	(void)on_told(ctx, sentence, NULL);
}

/* What is found before, by, and after what a thread may look at: told in one order, however it was looked at, and while the owner goes on reading. */
static void a_thread_tells_the_same(void **state)
{
	static const enum audit_how ways[] = { AUDIT_ALONE, AUDIT_HALVES, AUDIT_BESIDE };
	struct fixture *f = *state;
	struct audit_counts counts;
	struct told now[3];

	fill(f);
	tamper(f, "DROP TRIGGER claim_u; UPDATE claim SET date='2026-03-31' WHERE id=9; UPDATE claim SET snap=7777 WHERE id=11; UPDATE run SET state='MARKING' WHERE id='R0002'");
	behind_its_back(f, "snap_held", "UPDATE snap SET held='external' WHERE id=12");
	open_store(f, STORE_READ);
	for (size_t i = 0; i < 3; i++) {
		struct audit *a = audit_begin(f->s, ways[i], &f->e);

		memset(&now[i], 0, sizeof now[i]);
		assert_non_null(a);
		assert_int_equal(number(f, "SELECT count(*) FROM claim"), 50);
		ok(f, audit_end(a, say_all, &now[i], &counts, &f->e));
		assert_int_equal(counts.claims, 50);
		assert_string_equal(now[i].text, now[0].text);
		audit_drop(audit_begin(f->s, ways[i], &f->e));
	}
	if (strncmp(now[0].text, "claims\n", 7) != 0 || strstr(now[0].text, "database\ntable claim, row 11 refers to a missing row of snap\ndatabase\nrow") == NULL ||
	    strstr(now[0].text, "snap_held\nstates\nrun R0002 is MARKING") == NULL)
		fail_msg("%s", now[0].text);
	close_store(f);
	audit_drop(NULL);
}

/* A damaged file is the one thing that is told. */
static void damage_is_told_alone(void **state)
{
	static const enum audit_how ways[] = { AUDIT_ALONE, AUDIT_HALVES, AUDIT_BESIDE };
	struct fixture *f = *state;
	struct audit_counts counts;

	fill(f);
	tamper(f, "DROP TRIGGER claim_u; UPDATE claim SET date='2026-03-31' WHERE id=9; CREATE TABLE lost(x); PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name='lost'");
	open_store(f, STORE_READ);
	for (size_t i = 0; i < 3; i++) {
		struct told now = { .n = 0 };
		struct audit *a = audit_begin(f->s, ways[i], &f->e);

		assert_non_null(a);
		assert_int_equal(audit_end(a, say_all, &now, &counts, &f->e), -1);
		assert_int_equal(f->e.code, ERR_DATA);
		assert_non_null(strstr(f->e.msg, "the ledger is damaged: *** in database main ***"));
		assert_int_equal(now.n, 0);
		err_clear(&f->e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_an_index_lacks_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_tells_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_told_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
