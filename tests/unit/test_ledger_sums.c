/* One reading of all claims vouches for what the audit's statements say, and for nothing that one of them would find. */
#include "test_ledger_common.h"

#include "ledger/audit.h"
#include "ledger/sums.h"

/* Two closed runs and a resting one whose sums are right, which those of the fixture's documents are not. */
static void sound(struct fixture *f)
{
	open_store(f, STORE_WRITE);
	plan_run(f, 0, 9);
	publish(f);
	finish(f);
	plan_run(f, 10, 14);
	publish(f);
	finish(f);
	plan_run(f, 20, 24);
	publish(f);
	ok(f, store_run_set_resting(f->s, &f->run, 1, &f->e));
	close_store(f);
	tamper(f, "UPDATE claim SET state='VERIFIED' WHERE id<=13;"
	    "UPDATE run SET totals=(SELECT json_object('billed',count(*),'billed_secs',sum(c.secs)) FROM claim c JOIN invoice i ON i.no=c.invoice WHERE i.run=run.id) WHERE state='CLOSED'");
}

/* Of the laws that are summed up; amounts of the fixture's documents are rough. */
static void count_finding(void *ctx, const char *what, const char *sentence)
{
	int *n = ctx;

	(void)what;
	*n += strncmp(sentence, "claim on entry", 14) == 0 || strstr(sentence, " s, its entries ") != NULL || strstr(sentence, ", its claims are ") != NULL;
}

static int found(struct fixture *f)
{
	struct audit_counts counts;
	int n = 0;

	ok(f, audit_ledger(f->s, count_finding, &n, &counts, &f->e));
	return n;
}

static void sound_ledgers_hold(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	assert_int_equal(sums_hold(f->s, &f->e), 1); /* nothing yet */
	close_store(f);
	assert_int_equal(unlink(f->path), 0);
	sound(f);
	open_store(f, STORE_READ);
	assert_int_equal(sums_hold(f->s, &f->e), 1);
}

#define LOOSE "DROP TRIGGER line_u; DROP TRIGGER line_d; DROP TRIGGER claim_u; DROP TRIGGER claim_d; DROP TRIGGER claim_l; DROP TRIGGER invoice_s; DROP TRIGGER run_s; PRAGMA foreign_keys=OFF;"

static void what_is_off_is_not_vouched_for(void **state)
{
	/* stands: the statements find nothing either, since what it is compared with is missing. */
	static const struct { const char *sql; int stands; } t[] = {
		{ "UPDATE claim SET secs=secs+1 WHERE id=2", 0 },
		{ "UPDATE claim SET billed_secs=billed_secs-1 WHERE id=2", 0 },
		{ "UPDATE claim SET secs=secs+1 WHERE id=1; UPDATE claim SET secs=secs-1 WHERE id=2", 0 },
		{ "UPDATE claim SET pos=1 WHERE id=2", 0 },
		{ "UPDATE claim SET invoice='RE-2026-00043' WHERE id=1", 0 },
		{ "DELETE FROM claim WHERE id=5", 0 },
		{ "INSERT INTO claim(entry,invoice,pos,secs,billed_secs,fp,state,live) SELECT 'x',invoice,pos,0,0,fp,state,live FROM claim WHERE id=1", 0 },
		{ "UPDATE claim SET state='CLAIMED' WHERE id=3", 0 },
		{ "UPDATE claim SET state='VOIDED',live=NULL WHERE id=3", 0 },
		{ "UPDATE invoice SET state='VOIDED' WHERE no='RE-2026-00042'", 0 },
		{ "UPDATE claim SET snap=snap+1 WHERE id=3", 0 },
		{ "UPDATE claim SET date='2026-03-30' WHERE id=3", 0 },
		{ "UPDATE claim SET date=NULL WHERE id=3", 0 },
		{ "UPDATE snap SET entry='y' WHERE id=3", 0 },
		{ "UPDATE snap SET run='R0002' WHERE id=3", 0 },
		{ "UPDATE line SET secs=secs+1 WHERE invoice='RE-2026-00043' AND pos=2", 0 },
		{ "UPDATE line SET facts=CAST(json_set(CAST(facts AS TEXT),'$.entries',7) AS BLOB) WHERE invoice='RE-2026-00043' AND pos=2", 0 },
		{ "UPDATE line SET facts=CAST(json_set(CAST(facts AS TEXT),'$.billed_secs',7) AS BLOB) WHERE invoice='RE-2026-00043' AND pos=2", 0 },
		{ "UPDATE line SET facts=CAST(json_set(CAST(facts AS TEXT),'$.billed_secs',CAST(json_extract(CAST(facts AS TEXT),'$.billed_secs') AS TEXT)) AS BLOB) WHERE pos=2", 0 },
		{ "UPDATE run SET totals=json_set(totals,'$.billed',8) WHERE id='R0001'", 0 },
		{ "UPDATE run SET totals=json_set(totals,'$.billed_secs',8) WHERE id='R0002'", 0 },
		{ "UPDATE run SET totals=json_remove(json_set(totals,'$.billed_secs',8),'$.billed') WHERE id='R0002'", 0 },
		{ "UPDATE run SET totals=json_remove(totals,'$.billed') WHERE id='R0002'", 1 },
		{ "UPDATE run SET totals=NULL", 1 },
		{ "UPDATE claim SET snap=NULL WHERE id=4", 1 },
		{ "UPDATE claim SET state='DRIFT' WHERE id=4", 1 },
	};
	struct fixture *f = *state;
	char all[2048];

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		int n;

		sound(f);
		snprintf(all, sizeof all, LOOSE "%s", t[i].sql);
		tamper(f, all);
		open_store(f, STORE_READ);
		n = found(f);
		if (sums_hold(f->s, &f->e) != t[i].stands || (n == 0) != t[i].stands)
			fail_msg("%s: %d findings", t[i].sql, n);
		close_store(f);
		assert_int_equal(unlink(f->path), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sound_ledgers_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_off_is_not_vouched_for, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
