/* Corrections in the ledger: one open per claim, billed once, given back. */
#include "test_ledger_common.h"

static struct correction correction_of(int k, int64_t secs)
{
	struct entry x = entry_of(k);
	struct correction c = { .pos = k % 2 + 1, .company = "c0000000-0000-4000-8000-000000000001", .currency = "EUR", .date = x.date, .delta_secs = secs,
		.billed_secs = secs };

	memcpy(c.entry, x.id, sizeof c.entry);
	snprintf(c.invoice, sizeof c.invoice, "RE-2026-00042");
	c.line = (struct invoice_line){ .pos = c.pos, .description = "\"x\"\n", .from = x.date, .to = x.date, .unit = QUANTITY_HOURS, .price_e4 = 950000,
		.tax_category = "S", .tax_pct_e2 = 1900 };
	return c;
}

static void propose(struct fixture *f, int k, int64_t secs)
{
	struct correction c = correction_of(k, secs);

	ok(f, store_begin(f->s, &f->e));
	ok(f, correction_propose(f->s, &c, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

static void start(struct fixture *f)
{
	open_store(f, STORE_WRITE);
	plan_run(f, 0, 10);
	publish(f);
	ok(f, store_begin(f->s, &f->e));
	for (int k = 0; k < 10; k++) {
		char id[37];

		id_of(id, k);
		ok(f, claim_move(f->s, id, CLAIM_MARKED, NULL, &f->e));
		ok(f, claim_move(f->s, id, CLAIM_VERIFIED, NULL, &f->e));
	}
	ok(f, store_commit(f->s, &f->e));
	finish(f);
}

static int on_open(void *ctx, const struct correction *v, struct err *e)
{
	int64_t *sum = ctx;

	(void)e;
	assert_string_equal(v->line.description, "\"x\"\n");
	assert_string_equal(v->currency, "EUR");
	sum[0]++;
	sum[1] += v->billed_secs;
	return 0;
}

static void open_ones(struct fixture *f, int64_t n, int64_t secs)
{
	int64_t sum[2] = { 0, 0 };

	ok(f, correction_each_open(f->s, on_open, sum, &f->e));
	assert_int_equal(sum[0], n);
	assert_int_equal(sum[1], secs);
}

static void one_open_per_claim(void **state)
{
	struct fixture *f = *state;
	struct correction c;
	char id[37];

	start(f);
	propose(f, 3, 1800);
	propose(f, 4, -600);
	propose(f, 3, 900); /* in the place of the first */
	open_ones(f, 2, 300);
	c = correction_of(3, 900);
	assert_int_equal(correction_is_open(f->s, &c, &f->e), 1);
	c.billed_secs = 901;
	assert_int_equal(correction_is_open(f->s, &c, &f->e), 0);
	assert_int_equal(sql(f, "INSERT INTO correction(claim,company,currency,delta_secs,billed_secs,facts,state) SELECT claim,company,currency,1,1,facts,'OPEN' FROM correction") &
	    0xff, SQLITE_CONSTRAINT);
	/* Not of this line, of no claim, outside of a transaction. */
	c = correction_of(5, 60);
	refused(f, ERR_SOFTWARE, correction_propose(f->s, &c, &f->e));
	ok(f, store_begin(f->s, &f->e));
	c.pos = 1;
	assert_int_equal(correction_propose(f->s, &c, &f->e), -1);
	err_clear(&f->e);
	id_of(id, 4);
	assert_int_equal(correction_withdraw(f->s, id, &f->e), 1);
	assert_int_equal(correction_withdraw(f->s, id, &f->e), 0);
	ok(f, store_commit(f->s, &f->e));
	open_ones(f, 1, 900);
	assert_int_equal(number(f, "SELECT count(*) FROM event WHERE kind IN('correction','correction withdrawn')"), 4);
}

/* A run that bills the open correction on line 1 of its own document, up to PLANNED. */
static void bill(struct fixture *f, int from, int64_t secs)
{
	char id[37], no[32];
	int64_t n;

	new_run(f, "bill");
	snapshot(f, from, from + 2);
	ok(f, store_begin(f->s, &f->e));
	n = put_document(f, from, from + 2);
	snprintf(no, sizeof no, "RE-2026-%05d", (int)n);
	id_of(id, 3);
	refused(f, ERR_SOFTWARE, plan_put_correction(f->s, id, secs + 1, no, 1, &f->e));
	ok(f, plan_put_correction(f->s, id, secs, no, 1, &f->e));
	refused(f, ERR_SOFTWARE, plan_put_correction(f->s, id, secs, no, 1, &f->e));
	ok(f, store_run_set_date(f->s, &f->run, date_from_ymd(2026, 5, 1), &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

static void billed_once_and_given_back(void **state)
{
	struct fixture *f = *state;
	struct claim_review v;
	char id[37];

	start(f);
	propose(f, 3, 1800);
	bill(f, 20, 1800);
	open_ones(f, 0, 0);
	ok(f, plan_drop(f->s, &f->run, "test", &f->e));
	open_ones(f, 1, 1800);
	bill(f, 20, 1800);
	publish(f);
	id_of(id, 3);
	assert_int_equal(claim_review_entry(f->s, id, &v, &f->e), 1);
	assert_true(v.corrected_secs == 1800 && v.corrected_billed == 1800 && !v.proposed && v.billed_secs == 903);
	/* What stands on a document is kept. */
	assert_int_equal(sql(f, "DELETE FROM correction") & 0xff, SQLITE_CONSTRAINT);
	assert_int_equal(sql(f, "UPDATE correction SET state='OPEN',invoice=NULL,pos=NULL") & 0xff, SQLITE_CONSTRAINT);
	assert_int_equal(sql(f, "UPDATE correction SET billed_secs=1") & 0xff, SQLITE_CONSTRAINT);
	assert_int_equal(sql(f, "UPDATE correction SET pos=2") & 0xff, SQLITE_CONSTRAINT);
	/* Another one may follow. */
	propose(f, 3, -60);
	open_ones(f, 1, -60);
	assert_int_equal(claim_review_entry(f->s, id, &v, &f->e), 1);
	assert_true(v.corrected_secs == 1800 && v.proposed);
}

struct reviewing { int64_t last; int n; };

static int on_review(void *ctx, const struct claim_review *v, struct err *e)
{
	struct reviewing *r = ctx;

	(void)e;
	assert_true(v->claim.id > r->last && v->claim.entry[0] != '\0');
	r->last = v->claim.id;
	r->n++;
	return 0;
}

static void reviewed(void **state)
{
	static const struct { int from, to, n; } table[] = { { 1, 32, 10 }, { 32, 60, 0 }, { -60, 1, 1 }, { 5, 6, 10 } };
	struct fixture *f = *state;
	date_t march = date_from_ymd(2026, 3, 1) - 1;

	start(f);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct reviewing r = { 0, 0 };

		ok(f, claim_review_period(f->s, march + table[i].from, march + table[i].to, on_review, &r, &f->e));
		assert_int_equal(r.n, table[i].n);
	}
}

/* A dry run offers what is open, and leaves the ledger alone. */
static void scratch(void **state)
{
	struct fixture *f = *state;
	char id[37];

	start(f);
	propose(f, 3, 1800);
	close_store(f);
	open_store(f, STORE_SCRATCH);
	open_ones(f, 1, 1800);
	bill(f, 30, 1800);
	open_ones(f, 0, 0);
	close_store(f);
	open_store(f, STORE_WRITE);
	open_ones(f, 1, 1800);
	id_of(id, 3);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(correction_withdraw(f->s, id, &f->e), 1);
	ok(f, store_commit(f->s, &f->e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_open_per_claim, setup, teardown),
		cmocka_unit_test_setup_teardown(billed_once_and_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(reviewed, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
