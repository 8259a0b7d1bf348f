/* What the ledger's tests share: a folder of their own, entries, a document with lines, raw SQL beside the program. */
#ifndef TEST_LEDGER_COMMON_H
#define TEST_LEDGER_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/text.h"
#include "base/file.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

struct fixture {
	char dir[64], path[96];
	struct store *s;
	struct store_run run;
	struct err e;
};

#define ok(f, call) do { if ((call) < 0) fail_msg("%s: %s", #call, (f)->e.msg); } while (0)
#define refused(f, want, call) do { err_clear(&(f)->e); assert_int_equal((call), -1); assert_int_equal((f)->e.code, (want)); err_clear(&(f)->e); } while (0)

static inline void open_store(struct fixture *f, enum store_mode mode)
{
	err_clear(&f->e);
	f->s = store_open(f->path, mode, 0, &f->e);
	if (f->s == NULL)
		fail_msg("open: %s", f->e.msg);
}

static inline void close_store(struct fixture *f)
{
	struct store *s = f->s;

	f->s = NULL;
	ok(f, store_close(s, &f->e));
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "/tmp/test-ledger-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/ledger #1%%.db", f->dir);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_INIT;
	int fd = file_open_dir("/tmp", &e), rc;

	rc = store_close(f->s, &e);
	if (fd < 0 || file_remove_tree_at(fd, f->dir + 5, &e) < 0)
		rc = -1;
	if (fd >= 0)
		close(fd);
	free(f);
	return rc;
}

static inline void id_of(char id[37], int k)
{
	snprintf(id, 37, "%08x-0000-4000-8000-%012x", (unsigned)k * 2654435761u, (unsigned)k);
}

/* Entry k: in March 2026, every tenth from before, 15 minutes and k seconds, with texts that need care. */
static inline struct entry entry_of(int k)
{
	struct entry x = { .shape = ENTRY_COMPLETE, .billable = 1, .local_ok = 1, .has_secs = 1, .secs = 900 + k, .start_time = "09:00:00",
		.company_id = "c0000000-0000-4000-8000-000000000001", .company_name = "M\xc3\xbcller \"&\" S\xc3\xb6hne", .project_id = "b0000000-0000-4000-8000-000000000001",
		.project_name = "'; DROP TABLE claim; --", .user_id = "a0000000-0000-4000-8000-000000000001", .user_name = "J\xc3\xb6rg \xf0\x9f\x98\x80",
		.note = "line one\nline \"two\"\t\\ =cmd()", .updated_on = "2026-03-31T10:00:00Z", .res_ver = "637993625322118356" };

	id_of(x.id, k);
	x.date = date_from_ymd(2026, 3, 1 + k % 28) - (k % 10 == 9 ? 40 : 0);
	return x;
}

/* All members, as canonical JSON. */
static inline void same_entry(const struct entry *a, const struct entry *b)
{
	struct buf m = BUF_INIT, n = BUF_INIT;

	entry_write(a, &m);
	entry_write(b, &n);
	assert_string_equal(buf_text(&m), buf_text(&n));
	buf_free(&m);
	buf_free(&n);
}

static inline void new_run(struct fixture *f, const char *kind)
{
	struct period p;
	uint8_t sha[SHA_LEN] = { 7 };

	period_make(date_from_ymd(2026, 3, 1), date_from_ymd(2026, 4, 1), &p);
	ok(f, store_run_new(f->s, kind, &p, sha, &f->run, &f->e));
}

static inline void go(struct fixture *f, enum store_state to)
{
	ok(f, store_begin(f->s, &f->e));
	ok(f, store_run_state(f->s, &f->run, to, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

/* Entries from..to-1 into the snapshot, state SNAPSHOT. */
static inline void snapshot(struct fixture *f, int from, int to)
{
	ok(f, store_begin(f->s, &f->e));
	for (int k = from; k < to; k++) {
		struct entry x = entry_of(k);

		ok(f, snap_put(f->s, f->run.id, &x, NULL, NULL, &f->e));
	}
	ok(f, store_run_state(f->s, &f->run, RUN_SNAPSHOT, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

struct document {
	struct invoice v;
	struct invoice_line line[2];
	struct invoice_tax tax;
	char number[32];
};

/* A document over entries from..to-1: the even ones on line 1, the odd ones on line 2. */
static inline void document_of(struct document *d, int64_t n, int from, int to)
{
	struct invoice *v = &d->v;

	memset(d, 0, sizeof *d);
	snprintf(d->number, sizeof d->number, "RE-2026-%05d", (int)n);
	*v = (struct invoice){ .number = d->number, .series = "RE-2026-{SEQ:5}", .n = n, .type = INVOICE_COMMERCIAL, .date = date_from_ymd(2026, 4, 1),
		.due = date_from_ymd(2026, 4, 15), .from = date_from_ymd(2026, 3, 1), .to = date_from_ymd(2026, 3, 28),
		.company_id = "c0000000-0000-4000-8000-000000000001", .company_name = "M\xc3\xbcller \"&\" S\xc3\xb6hne", .currency = "EUR", .language = "de",
		.due_days = 14, .rounding = { ROUNDING_NONE, ROUNDING_LINE, 60 }, .lines = d->line, .nlines = 2, .taxes = &d->tax, .ntaxes = 1 };
	period_make(date_from_ymd(2026, 3, 1), date_from_ymd(2026, 4, 1), &v->period);
	v->seller.name = "Wir\nGmbH";
	v->buyer.name = "M\xc3\xbcller \"&\" S\xc3\xb6hne KG \\ \xe2\x82\xac";
	for (int i = 0; i < 2; i++)
		d->line[i] = (struct invoice_line){ .pos = i + 1, .description = i == 0 ? "Beratung; \"quoted\"" : "<b>&amp;</b>", .late = i,
			.from = v->from, .to = v->to, .unit = QUANTITY_HOURS, .price_e4 = 950000 + i, .tax_category = "S", .tax_pct_e2 = 1900 };
	for (int k = from; k < to; k++) {
		struct invoice_line *l = &d->line[k % 2];

		l->secs += 900 + k;
		l->billed_secs += 900 + k;
		l->entries++;
	}
	for (int i = 0; i < 2; i++) {
		d->line[i].quantity = d->line[i].billed_secs / 36;
		d->line[i].net_minor = d->line[i].quantity * 95;
		v->secs += d->line[i].secs;
		v->billed_secs += d->line[i].billed_secs;
		v->net_minor += d->line[i].net_minor;
		v->entries += d->line[i].entries;
	}
	v->tax_minor = v->net_minor * 19 / 100;
	v->gross_minor = v->net_minor + v->tax_minor;
	d->tax = (struct invoice_tax){ "S", 1900, v->net_minor, v->tax_minor };
}

/* As the run's snapshot has it; its row is 0 when it has none. */
static inline struct compose_item item_of(struct fixture *f, int k)
{
	static const char row[] = "SELECT id FROM snap WHERE run=?1 AND entry=?2";
	const struct entry x = entry_of(k);
	struct compose_item item = { .secs = x.secs, .date = x.date, .pos = k % 2 + 1, .billed_secs = 900 + k };

	assert_int_equal(text_uuid_pack(item.id, x.id), 0);
	ok(f, db_get_int(f->s, row, DB_ARGS(db_text(f->run.id), db_text(x.id)), &item.snap, &f->e));
	return item;
}

static inline int put_claim(struct fixture *f, const struct compose_item *item, const char *number)
{
	struct plan_claims *p = plan_claims_new(f->s, f->run.id, &f->e);
	int rc = p == NULL ? -1 : plan_claims_put(p, item, number, &f->e);

	plan_claims_free(p);
	return rc;
}

/* Takes the next number for a document over these entries, inside the caller's transaction. */
static inline int64_t put_document(struct fixture *f, int from, int to)
{
	struct document d;
	int64_t n;

	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
	document_of(&d, n, from, to);
	ok(f, plan_put_invoice(f->s, f->run.id, &d.v, &f->e));
	for (int k = from; k < to; k++) {
		struct compose_item item = item_of(f, k);

		ok(f, put_claim(f, &item, d.number));
	}
	return n;
}

/* A run up to PLANNED with one document over entries from..to-1; returns its number in the series. */
static inline int64_t plan_run(struct fixture *f, int from, int to)
{
	int64_t n;

	new_run(f, "bill");
	snapshot(f, from, to);
	ok(f, store_begin(f->s, &f->e));
	n = put_document(f, from, to);
	ok(f, store_run_set_date(f->s, &f->run, date_from_ymd(2026, 4, 1), &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	return n;
}

static inline void put_files(struct fixture *f)
{
	uint8_t sha[SHA_LEN] = { 1, 2, 3 };

	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_drop_files(f->s, f->run.id, &f->e));
	ok(f, plan_put_file(f->s, f->run.id, "lines.csv", sha, 12, &f->e));
	ok(f, plan_put_file(f->s, f->run.id, "entries.csv", sha, INT64_C(5000000000), &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_RENDERED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
}

/* From PLANNED over the point of no return to PUBLISHED. */
static inline void publish(struct fixture *f)
{
	struct buf b = BUF_INIT;

	put_files(f);
	ok(f, store_begin(f->s, &f->e));
	ok(f, manifest_write(f->s, f->run.id, &b, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PUBLISHING, buf_text(&b), &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_issue(f->s, f->run.id, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PUBLISHED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	buf_free(&b);
}

static inline void finish(struct fixture *f)
{
	go(f, RUN_MARKING);
	go(f, RUN_VERIFYING);
	go(f, RUN_CLOSED);
}

/* SQL through the program's own connection; the SQLite result code. */
static inline int sql(struct fixture *f, const char *text)
{
	return sqlite3_exec(f->s->db, text, NULL, NULL, NULL);
}

/* SQL as somebody with a shell would do it: the store must be closed. */
static inline void tamper(struct fixture *f, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline int64_t number(struct fixture *f, const char *text)
{
	int64_t v = -1;

	ok(f, db_get_int(f->s, text, DB_NOARGS, &v, &f->e));
	return v;
}

#endif
