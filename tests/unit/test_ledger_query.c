/* What goes into the ledger comes out again: snapshots, documents, entries, events. */
#include "test_ledger_common.h"

#include "base/sorter.h"
#include "ledger/snap_row.h"

struct seen {
	struct fixture *f;
	int n, from;
	int64_t secs;
	char last[256];
};

static int each_held(void *ctx, const struct entry *x, const char *reason, struct err *e)
{
	struct seen *s = ctx;
	char key[256], date[16];

	(void)e;
	snprintf(key, sizeof key, "%s %s %s", reason, date_fmt(date, x->date), x->id);
	assert_true(strcmp(s->last, key) < 0);
	snprintf(s->last, sizeof s->last, "%s", key);
	s->n++;
	return 0;
}

static int each_reason(void *ctx, const char *reason, int64_t n, int64_t secs, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	s->n += (int)n;
	s->secs += secs;
	snprintf(s->last, sizeof s->last, "%s", reason);
	return 0;
}

static void snapshot_replaces_and_sums(void **state)
{
	static const char *const reason[] = { NULL, "no_rate", "external" };
	struct fixture *f = *state;
	struct seen s = { .f = f };
	struct snap_sums sums;
	uint8_t digest[SHA_LEN], again[SHA_LEN];
	struct entry x;

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	x = entry_of(1);
	refused(f, ERR_SOFTWARE, snap_put(f->s, f->run.id, &x, NULL, NULL, &f->e)); /* outside of a transaction */
	ok(f, store_begin(f->s, &f->e));
	for (int round = 0; round < 2; round++)
		for (int k = 0; k < 3000; k++) {
			x = entry_of(k);
			x.secs = round == 0 ? 1 : 10;
			ok(f, snap_put(f->s, f->run.id, &x, round == 0 ? "late" : reason[k % 3], NULL, &f->e));
		}
	x = entry_of(3000);
	x.has_secs = 0;
	ok(f, snap_put(f->s, f->run.id, &x, "running", NULL, &f->e));
	x = entry_of(3001);
	x.secs = -5;
	x.date = DATE_NONE;
	ok(f, snap_put(f->s, f->run.id, &x, "no_date", NULL, &f->e));
	ok(f, snap_hold(f->s, f->run.id, entry_of(0).id, "on_invoice", &f->e));
	refused(f, ERR_SOFTWARE, snap_hold(f->s, f->run.id, "nobody", "on_invoice", &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, snap_sums(f->s, f->run.id, &sums, &f->e));
	assert_int_equal(sums.entries, 3002);
	assert_int_equal(sums.secs, 30000);
	assert_int_equal(sums.held, 2003);
	assert_int_equal(sums.held_secs, 20010);
	assert_int_equal(number(f, "SELECT count(*) FROM snap WHERE secs IS NULL"), 1);
	ok(f, snap_each_held(f->s, f->run.id, each_held, &s, &f->e));
	assert_int_equal(s.n, 2003);
	memset(&s, 0, sizeof s);
	ok(f, snap_each_held_for(f->s, f->run.id, "no_rate", each_held, &s, &f->e));
	assert_int_equal(s.n, number(f, "SELECT count(*) FROM snap WHERE held='no_rate'"));
	ok(f, snap_held_digest(f->s, f->run.id, digest, &f->e));
	ok(f, snap_held_digest(f->s, f->run.id, again, &f->e));
	assert_memory_equal(digest, again, SHA_LEN);
	ok(f, snap_held_digest(f->s, "R0009", again, &f->e));
	assert_memory_not_equal(digest, again, SHA_LEN);
	memset(&s, 0, sizeof s);
	ok(f, snap_each_reason(f->s, f->run.id, each_reason, &s, &f->e));
	assert_int_equal(s.n, 2003);
	assert_int_equal(s.secs, 20010);
	assert_string_equal(s.last, "running");
	ok(f, snap_sums(f->s, "R0009", &sums, &f->e));
	assert_int_equal(sums.entries + sums.secs, 0);
}

static void same_invoice(const struct invoice *a, const struct invoice *b)
{
	assert_string_equal(a->number, b->number);
	assert_string_equal(a->series, b->series);
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->date, b->date);
	assert_string_equal(a->period.label, b->period.label);
	assert_string_equal(a->buyer.name, b->buyer.name);
	assert_string_equal(a->seller.name, b->seller.name);
	assert_null(a->cancels);
	assert_int_equal(a->gross_minor, b->gross_minor);
	assert_int_equal(a->secs, b->secs);
	assert_int_equal(a->ntaxes, b->ntaxes);
	assert_int_equal(a->taxes[0].base_minor, b->taxes[0].base_minor);
	assert_int_equal(a->nlines, b->nlines);
	for (size_t i = 0; i < a->nlines; i++) {
		assert_int_equal(a->lines[i].pos, b->lines[i].pos);
		assert_string_equal(a->lines[i].description, b->lines[i].description);
		assert_int_equal(a->lines[i].quantity, b->lines[i].quantity);
		assert_int_equal(a->lines[i].price_e4, b->lines[i].price_e4);
		assert_int_equal(a->lines[i].net_minor, b->lines[i].net_minor);
		assert_int_equal(a->lines[i].late, b->lines[i].late);
	}
}

static int each_entry(void *ctx, const struct invoice_entry *x, struct err *e)
{
	struct seen *s = ctx;
	struct entry want;
	char key[256], date[16];
	int k;

	(void)e;
	k = (int)strtol(x->entry.id + 24, NULL, 16);
	want = entry_of(k);
	assert_string_equal(x->entry.id, want.id);
	assert_string_equal(x->entry.note, want.note);
	assert_string_equal(x->entry.project_name, want.project_name);
	assert_string_equal(x->entry.user_name, want.user_name);
	assert_int_equal(x->entry.secs, 900 + k);
	assert_int_equal(x->billed_secs, 900 + k);
	assert_int_equal(x->pos, k % 2 + 1);
	assert_int_equal(x->price_e4, 950000 + k % 2);
	assert_int_equal(x->late, k % 10 == 9);
	assert_string_equal(x->currency, "EUR");
	snprintf(key, sizeof key, "%s %d %s %s", x->invoice, x->pos, date_fmt(date, x->entry.date), x->entry.id);
	assert_true(strcmp(s->last, key) < 0);
	snprintf(s->last, sizeof s->last, "%s", key);
	s->n++;
	return 0;
}

/* Looks into the ledger while the walk over the documents is under way. */
static int each_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct seen *s = ctx, entries = { .f = s->f };
	struct document d;
	int from = v->n == 42 ? 0 : 30, to = v->n == 42 ? 30 : 40;

	document_of(&d, v->n, from, to);
	same_invoice(v, &d.v);
	assert_string_equal(q->state, "ISSUED");
	assert_string_equal(q->run, v->n == 42 ? "R0001" : "R0002");
	assert_int_equal(query_entries(s->f->s, NULL, v->number, each_entry, &entries, e), 0);
	assert_int_equal(entries.n, to - from);
	if (s->from++ == 0) {
		struct seen inner = { .f = s->f, .from = 1 };

		assert_int_equal(query_invoices(s->f->s, NULL, NULL, each_invoice, &inner, e), 0);
		assert_int_equal(inner.n, 2);
		inner = (struct seen){ .f = s->f, .from = 1 };
		assert_int_equal(query_invoices(s->f->s, q->run, NULL, each_invoice, &inner, e), 0);
		assert_int_equal(inner.n, 1);
	}
	s->n++;
	return 0;
}

static int each_head(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	assert_int_equal(v->nlines, 0);
	assert_true(v->net_minor != 0);
	assert_string_equal(q->state, "ISSUED");
	snprintf(s->last + strlen(s->last), sizeof s->last - strlen(s->last), "%s ", v->number);
	return 0;
}

static int each_file(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	assert_string_equal(name, s->n++ == 0 ? "entries.csv" : "lines.csv");
	assert_int_equal(sha[2], 3);
	s->secs += size;
	return 0;
}

static int each_run(void *ctx, const struct query_run *r, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	assert_string_equal(r->run.id, s->n == 0 ? "R0002" : "R0001");
	assert_int_equal(r->invoices, 1);
	assert_int_equal(r->entries, s->n == 0 ? 10 : 30);
	s->secs += r->secs;
	s->n++;
	return 0;
}

static int each_exception(void *ctx, const char *entry, const char *invoice, const char *st, const char *old, const char *now,
    struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	(void)entry;
	assert_string_equal(invoice, "RE-2026-00043");
	if (strcmp(st, "DRIFT") == 0) {
		assert_string_equal(old, "930");
		assert_string_equal(now, "870");
	} else {
		assert_string_equal(st, "GONE");
		assert_null(old);
		assert_null(now);
	}
	s->n++;
	return 0;
}

static int stop_at_once(void *ctx, const struct invoice_entry *x, struct err *e)
{
	(void)ctx;
	(void)x;
	return err_set(e, ERR_USAGE, "enough");
}

static void two_runs(struct fixture *f)
{
	char id[37];
	int64_t delta = -60;

	plan_run(f, 0, 30);
	publish(f);
	finish(f);
	plan_run(f, 30, 40);
	publish(f);
	ok(f, store_begin(f->s, &f->e));
	id_of(id, 30);
	ok(f, claim_move(f->s, id, CLAIM_DRIFT, &delta, &f->e));
	id_of(id, 33);
	ok(f, claim_move(f->s, id, CLAIM_GONE, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

static void documents_round_trip(void **state)
{
	struct fixture *f = *state;
	struct seen s = { .f = f };
	struct query_run q;
	struct document d;
	struct invoice v;
	struct entry x, want = entry_of(7);
	struct pool *pool = pool_new();

	open_store(f, STORE_WRITE);
	two_runs(f);
	close_store(f);
	open_store(f, STORE_READ);
	ok(f, query_invoices(f->s, NULL, NULL, each_invoice, &s, &f->e));
	assert_int_equal(s.n, 2);
	document_of(&d, 43, 30, 40);
	assert_int_equal(query_document(f->s, "R0002", "RE-2026-00043", pool, &v, &f->e), 1);
	same_invoice(&v, &d.v);
	assert_int_equal(query_document(f->s, "R0001", "RE-2026-00043", pool, &v, &f->e), 0);
	s = (struct seen){ .f = f };
	ok(f, query_heads(f->s, NULL, each_head, &s, &f->e));
	ok(f, query_heads(f->s, "R0002", each_head, &s, &f->e));
	assert_string_equal(s.last, "RE-2026-00042 RE-2026-00043 RE-2026-00043 ");
	s = (struct seen){ .f = f };
	ok(f, query_entries(f->s, NULL, NULL, each_entry, &s, &f->e));
	assert_int_equal(s.n, 40);
	s = (struct seen){ .f = f };
	ok(f, query_entries(f->s, "R0001", "RE-2026-00043", each_entry, &s, &f->e));
	assert_int_equal(s.n, 0);
	refused(f, ERR_USAGE, query_entries(f->s, "R0001", NULL, stop_at_once, NULL, &f->e));
	ok(f, query_files(f->s, "R0002", each_file, &s, &f->e));
	assert_int_equal(s.secs, INT64_C(5000000012));
	s = (struct seen){ .f = f };
	ok(f, query_runs(f->s, each_run, &s, &f->e));
	assert_int_equal(s.secs, number(f, "SELECT sum(secs) FROM claim"));
	assert_int_equal(query_run(f->s, "R0002", &q, &f->e), 1);
	assert_int_equal(q.exceptions, 2);
	assert_int_equal(query_run(f->s, "R0003", &q, &f->e), 0);
	s = (struct seen){ .f = f };
	ok(f, query_exceptions(f->s, "R0002", each_exception, &s, &f->e));
	assert_int_equal(s.n, 2);
	assert_int_equal(claim_snapshot(f->s, want.id, pool, &x, &f->e), 1);
	same_entry(&x, &want);
	assert_int_equal(claim_snapshot(f->s, "nobody", pool, &x, &f->e), 0);
	pool_free(pool);
}

static int each_number(void *ctx, const char *no, int has_seconds, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	snprintf(s->last + strlen(s->last), sizeof s->last - strlen(s->last), "%s:%d ", no, has_seconds);
	return 0;
}

/* Which documents hold seconds, as tracked or as billed. */
static void numbers_of_documents(void **state)
{
	struct fixture *f = *state;
	struct seen s = { .f = f };

	open_store(f, STORE_WRITE);
	two_runs(f);
	ok(f, query_numbers(f->s, NULL, NULL, each_number, &s, &f->e));
	assert_string_equal(s.last, "RE-2026-00042:1 RE-2026-00043:1 ");
	close_store(f);
	tamper(f, "DROP TRIGGER claim_u; UPDATE claim SET secs=secs/60*60,billed_secs=billed_secs/60*60");
	open_store(f, STORE_READ);
	s.last[0] = '\0';
	ok(f, query_numbers(f->s, NULL, NULL, each_number, &s, &f->e));
	assert_string_equal(s.last, "RE-2026-00042:0 RE-2026-00043:0 ");
	close_store(f);
	tamper(f, "UPDATE claim SET billed_secs=billed_secs+1 WHERE id=(SELECT max(id) FROM claim)");
	open_store(f, STORE_READ);
	s.last[0] = '\0';
	ok(f, query_numbers(f->s, "R0002", NULL, each_number, &s, &f->e));
	ok(f, query_numbers(f->s, NULL, "RE-2026-00042", each_number, &s, &f->e));
	ok(f, query_numbers(f->s, "R0002", "RE-2026-00042", each_number, &s, &f->e));
	assert_string_equal(s.last, "RE-2026-00043:1 RE-2026-00042:0 ");
}

static int same_body(void *ctx, const char *body, struct err *e)
{
	(void)e;
	assert_string_equal(body, (const char *)ctx);
	return 0;
}

static void manifest_stays_the_same(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT, changed = BUF_INIT;

	open_store(f, STORE_WRITE);
	two_runs(f);
	ok(f, manifest_write(f->s, "R0002", &b, &f->e));
	ok(f, query_events(f->s, "R0002", "state:PUBLISHING", same_body, (void *)(uintptr_t)buf_text(&b), &f->e));
	assert_non_null(strstr(buf_text(&b), "\"path\":\"lines.csv\""));
	/* a second more on one claim shows */
	close_store(f);
	tamper(f, "DROP TRIGGER claim_u; UPDATE claim SET billed_secs=billed_secs+1 WHERE id=(SELECT max(id) FROM claim)");
	open_store(f, STORE_READ);
	ok(f, manifest_write(f->s, "R0002", &changed, &f->e));
	assert_int_equal(b.n, changed.n);
	assert_string_not_equal(buf_text(&b), buf_text(&changed));
	buf_free(&b);
	buf_free(&changed);
}

static void tampering_breaks_the_chain(void **state)
{
	static const struct { const char *sql, *says; } cases[] = {
		{ "UPDATE event SET body=replace(body,'\"secs\":','\"secs\": ') WHERE kind='state:PUBLISHING' AND run='R0001'", "event 5 was changed" },
		{ "UPDATE event SET kind='state:OPEN' WHERE seq=2", "event 2 was changed" },
		{ "UPDATE event SET run=NULL WHERE seq=3", "event 3 was changed" },
		{ "DELETE FROM event WHERE seq=4", "event 4 is missing" },
		{ "DELETE FROM event WHERE seq=1", "event 1 is missing" },
		{ "DELETE FROM event WHERE seq=4; UPDATE event SET seq=seq-1 WHERE seq>4", "event 4 does not follow" },
		{ "UPDATE event SET prev=zeroblob(32) WHERE seq=6", "event 6 does not follow" },
		{ "UPDATE event SET hash=x'00' WHERE seq=6", "event 6" },
	};
	struct fixture *f = *state;
	uint8_t head[SHA_LEN], again[SHA_LEN];
	char all[400];
	int64_t n;

	open_store(f, STORE_WRITE);
	ok(f, chain_verify(f->s, &n, head, &f->e));
	assert_int_equal(n, 0);
	assert_memory_equal(head, (const uint8_t[SHA_LEN]){ 0 }, SHA_LEN);
	refused(f, ERR_SOFTWARE, chain_append(f->s, NULL, "k", "{}", &f->e)); /* outside of a transaction */
	two_runs(f);
	ok(f, chain_verify(f->s, &n, head, &f->e));
	assert_int_equal(n, number(f, "SELECT count(*) FROM event"));
	close_store(f);
	tamper(f, "DROP TRIGGER event_u; DROP TRIGGER event_d; CREATE TABLE kept AS SELECT * FROM event");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(all, sizeof all, "DELETE FROM event; INSERT INTO event SELECT * FROM kept; %s", cases[i].sql);
		tamper(f, all);
		open_store(f, STORE_READ);
		assert_int_equal(chain_verify(f->s, &n, again, &f->e), -1);
		if (f->e.code != ERR_DATA || strstr(f->e.msg, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].sql, f->e.msg);
		err_clear(&f->e);
		close_store(f);
	}
	tamper(f, "DELETE FROM event; INSERT INTO event SELECT * FROM kept");
	open_store(f, STORE_READ);
	ok(f, chain_verify(f->s, &n, again, &f->e));
	assert_memory_equal(again, head, SHA_LEN);
}

static int count_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct seen *s = ctx;

	(void)v;
	(void)q;
	(void)e;
	s->n++;
	return 0;
}

/* Columns repeat the facts for SQL: a difference is told, not printed. */
static void columns_and_facts_agree(void **state)
{
	struct fixture *f = *state;
	struct seen s = { .f = f };

	open_store(f, STORE_WRITE);
	two_runs(f);
	close_store(f);
	tamper(f, "DROP TRIGGER line_u; UPDATE line SET net_minor=net_minor+1 WHERE invoice='RE-2026-00043' AND pos=2");
	open_store(f, STORE_READ);
	refused(f, ERR_DATA, query_invoices(f->s, NULL, NULL, count_invoice, &s, &f->e));
	assert_int_equal(s.n, 1);
	close_store(f);
	tamper(f, "UPDATE snap SET raw=NULL WHERE run='R0002'");
	open_store(f, STORE_READ);
	refused(f, ERR_DATA, query_entries(f->s, "R0002", NULL, each_entry, &s, &f->e));
}

static void find_claims(void *ctx, const char *what, const char *sentence)
{
	int *n = ctx;

	*n += strcmp(what, "claims") == 0 && strstr(sentence, "refers to the snapshot of") != NULL;
}

/* More entries than the sorter's buffer holds, two documents, rows in an order that has nothing to do with that of documents, and another run's row between them. */
static void entries_of_a_run_are_sorted(void **state)
{
	enum { MANY = 16000 };
	struct fixture *f = *state;
	struct seen s = { .f = f };
	struct audit_counts counts;
	int found = 0;

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	snapshot(f, 0, MANY);
	ok(f, store_begin(f->s, &f->e));
	put_document(f, 0, MANY / 2);
	put_document(f, MANY / 2, MANY);
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	publish(f);
	finish(f);
	assert_true(number(f, "SELECT sum(length(raw)) FROM snap") + MANY * (int64_t)sizeof(struct snap_row_bare) > (int64_t)SORTER_LIMIT);
	plan_run(f, MANY, MANY + 2);
	close_store(f);
	tamper(f, "DROP TRIGGER claim_u; UPDATE claim SET id=-id WHERE id%2=1; UPDATE claim SET id=100000 WHERE id=-16001");
	open_store(f, STORE_READ);
	ok(f, query_entries(f->s, "R0001", NULL, each_entry, &s, &f->e));
	assert_int_equal(s.n, MANY);
	refused(f, ERR_USAGE, query_entries(f->s, "R0001", NULL, stop_at_once, NULL, &f->e));
	s = (struct seen){ .f = f };
	ok(f, query_entries(f->s, "R0002", NULL, each_entry, &s, &f->e));
	assert_int_equal(s.n, 2);
	ok(f, query_entries(f->s, "R0003", NULL, stop_at_once, NULL, &f->e));
	close_store(f);
	/* A claim that points to another entry's snapshot. */
	tamper(f, "UPDATE claim SET snap=snap+1 WHERE id=2");
	open_store(f, STORE_READ);
	s = (struct seen){ .f = f };
	refused(f, ERR_DATA, query_entries(f->s, "R0001", NULL, each_entry, &s, &f->e));
	ok(f, audit_ledger(f->s, find_claims, &found, &counts, &f->e));
	assert_int_equal(found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(snapshot_replaces_and_sums, setup, teardown),
		cmocka_unit_test_setup_teardown(documents_round_trip, setup, teardown), cmocka_unit_test_setup_teardown(numbers_of_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(manifest_stays_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(tampering_breaks_the_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(columns_and_facts_agree, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_of_a_run_are_sorted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
