/* Ledgers of versions 1 and 3 are brought to the newest version with all it holds, or left as it was; the scratch copy of a dry run knows the fees. */
#include "test_ledger_common.h"

#include "ledger/audit.h"
#include "ledger/schema.h"
#include "test_ledger_version1.h"
#include "test_ledger_version3.h"

/* The tables of version 1 with their columns then. */
static const struct { const char *name, *columns, *order; } tables[] = {
	{ "meta", "k,v", "k" },
	{ "series", "name,first,next", "name" },
	{ "run", "id,seq,kind,state,period_from,cutoff,invoice_date,resting,config_sha,tool,totals", "id" },
	{ "snap", "run,entry,fp,secs,date,updated_on,res_ver,raw,held", "run,entry" },
	{ "invoice", "no,series,n,run,company,currency,secs,net_minor,tax_minor,gross_minor,facts,state,voids,reason", "no" },
	{ "line", "invoice,pos,facts,secs,net_minor", "invoice,pos" },
	{ "claim", "id,entry,invoice,pos,secs,billed_secs,fp,delta_secs,state", "id" },
	{ "file", "run,name,sha256,size", "run,name" },
	{ "attempt", "id,run,chunk,billed,ids_sha,state,http,trace_id", "id" },
	{ "event", "seq,run,kind,body,prev,hash", "seq" },
};
#define NTABLES (sizeof tables / sizeof *tables)

static void run_sql(sqlite3 *db, const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%.80s: %s", text, why);
}

/* Everything that a query gives, in SQLite's own notation. */
static void dump(sqlite3 *db, const char *query, struct buf *out)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, query, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++)
			buf_fmt(out, "%s|", (const char *)sqlite3_column_text(st, i));
		buf_ch(out, '\n');
	}
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
}

static void dump_version1(sqlite3 *db, struct buf *out)
{
	char query[800];

	buf_reset(out);
	for (size_t i = 0; i < NTABLES; i++) {
		char columns[600] = "", copy[300], *save = NULL;

		snprintf(copy, sizeof copy, "%s", tables[i].columns);
		for (char *c = strtok_r(copy, ",", &save); c != NULL; c = strtok_r(NULL, ",", &save))
			snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%squote(%s)", columns[0] == '\0' ? "" : ",", c);
		buf_fmt(out, "%s\n", tables[i].name);
		snprintf(query, sizeof query, "SELECT %s FROM %s ORDER BY %s", columns, tables[i].name, tables[i].order);
		dump(db, query, out);
	}
	assert_true(buf_ok(out));
}

static sqlite3 *raw_open(struct fixture *f)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	return db;
}

static void raw_dump(struct fixture *f, struct buf *out)
{
	sqlite3 *db = raw_open(f);

	dump_version1(db, out);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The whole way of a cancellation; returns its number. */
static int64_t cancel(struct fixture *f, const char *number, int from, int to)
{
	struct document d;
	int64_t n;

	new_run(f, "void");
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 42, &n, &f->e));
	document_of(&d, n, from, to);
	d.v.type = INVOICE_CANCELLATION;
	d.v.cancels = number;
	for (int i = 0; i < 2; i++) {
		d.line[i].quantity = -d.line[i].quantity;
		d.line[i].net_minor = -d.line[i].net_minor;
		d.line[i].secs = -d.line[i].secs;
		d.line[i].billed_secs = -d.line[i].billed_secs;
	}
	d.v.secs = -d.v.secs;
	d.v.billed_secs = -d.v.billed_secs;
	d.v.net_minor = -d.v.net_minor;
	d.v.tax_minor = -d.v.tax_minor;
	d.v.gross_minor = -d.v.gross_minor;
	d.tax.base_minor = -d.tax.base_minor;
	d.tax.tax_minor = -d.tax.tax_minor;
	ok(f, plan_put_cancellation(f->s, f->run.id, &d.v, "wrong", &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	publish(f);
	go(f, RUN_MARKING);
	go(f, RUN_VERIFYING);
	ok(f, store_begin(f->s, &f->e));
	ok(f, plan_voided(f->s, f->run.id, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_CLOSED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	return n;
}

/* A finished run with an entry that drifted, a cancelled one, a dropped one, a resting one. */
static void history(struct fixture *f)
{
	int64_t n, delta = -60;
	uint8_t sha[SHA_LEN] = { 5 };
	char id[37];

	ok(f, store_set_meta(f->s, "workspace_id", "w\xc3\xa4'", &f->e));
	plan_run(f, 0, 9);
	publish(f);
	ok(f, store_begin(f->s, &f->e));
	ok(f, claim_attempt_new(f->s, f->run.id, 0, 1, sha, &n, &f->e));
	id_of(id, 3);
	ok(f, claim_move(f->s, id, CLAIM_DRIFT, &delta, &f->e));
	ok(f, store_commit(f->s, &f->e));
	ok(f, claim_attempt_done(f->s, n, "DONE", 207, "trace", &f->e));
	finish(f);
	plan_run(f, 10, 14);
	publish(f);
	finish(f);
	assert_int_equal(cancel(f, "RE-2026-00043", 10, 14), 44);
	plan_run(f, 20, 24);
	ok(f, plan_drop(f->s, &f->run, "x", &f->e));
	plan_run(f, 20, 24);
	publish(f);
	ok(f, store_run_set_resting(f->s, &f->run, 1, &f->e));
}

/* Before version 5 a snapshot's raw had all members. */
static const char whole_snapshots[] = "UPDATE main.snap SET raw=(SELECT CAST(json_patch(CAST(raw AS TEXT),json_object('duration',p.secs,'startDateLocal',p.date,"
	"'companyId',nullif(c.id,''),'company',nullif(c.name,''),'projectId',nullif(j.id,''),'project',nullif(j.name,''),'taskId',nullif(t.id,''),'task',nullif(t.name,''),"
	"'userId',nullif(u.id,''),'user',nullif(u.name,''),'typeOfWorkId',nullif(w.id,''),'typeOfWork',nullif(w.name,''),"
	"'updatedOn',p.updated_on,'updatedBy',nullif(y.id,''),'resourceVersion',p.res_ver)) AS BLOB)"
	" FROM newer.snap p JOIN (SELECT id,'['||replace(names,' ',',')||']' AS v FROM newer.snap) n ON n.id=p.id LEFT JOIN newer.name c ON c.number=n.v->>0"
	" LEFT JOIN newer.name j ON j.number=n.v->>1 LEFT JOIN newer.name t ON t.number=n.v->>2 LEFT JOIN newer.name u ON u.number=n.v->>3"
	" LEFT JOIN newer.name w ON w.number=n.v->>4 LEFT JOIN newer.name y ON y.number=n.v->>5"
	" WHERE p.run=snap.run AND p.entry=snap.entry)";

static int write_snapshot(void *ctx, const struct entry *x, const char *reason, int64_t snap, struct err *e)
{
	(void)snap;
	(void)e;
	entry_write(x, ctx);
	buf_str(ctx, reason != NULL ? reason : "-");
	return 0;
}

/* The entries of all runs, as they are read. */
static void read_snapshots(struct fixture *f, struct buf *out)
{
	buf_reset(out);
	for (int k = 1; k <= 5; k++) {
		char run[16];

		snprintf(run, sizeof run, "R%04d", k);
		ok(f, snap_each(f->s, run, write_snapshot, out, &f->e));
	}
	assert_true(buf_ok(out) && out->n > 10000);
}

/* Writes the ledger anew as the first release would have it: its tables and laws, the rows copied. */
static void make_version1(struct fixture *f)
{
	char other[128], text[800];
	sqlite3 *db;

	snprintf(other, sizeof other, "%s/newer", f->dir);
	assert_int_equal(rename(f->path, other), 0);
	db = raw_open(f);
	/* Tables first, laws last: triggers would refuse the rows. */
	assert_non_null(strstr(version1, "CREATE UNIQUE INDEX one_live_claim"));
	snprintf(text, sizeof text, "ATTACH '%s' AS newer; PRAGMA foreign_keys=OFF", other);
	run_sql(db, text);
	{
		size_t n = (size_t)(strstr(version1, "CREATE UNIQUE INDEX one_live_claim") - version1);
		char *made = strndup(version1, n);

		assert_non_null(made);
		run_sql(db, made);
		for (size_t i = 0; i < NTABLES; i++) {
			snprintf(text, sizeof text, "INSERT INTO main.%s(%s) SELECT %s FROM newer.%s ORDER BY %s", tables[i].name, tables[i].columns, tables[i].columns,
			    tables[i].name, tables[i].order);
			run_sql(db, text);
		}
		run_sql(db, whole_snapshots);
		run_sql(db, version1 + n);
		free(made);
	}
	snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=1; DETACH newer", SCHEMA_APPLICATION_ID);
	run_sql(db, text);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(chmod(f->path, 0600), 0);
	assert_int_equal(unlink(other), 0);
}

/* As version 3 would have it: its tables, the rows of all of them, its laws. */
static void make_version3(struct fixture *f)
{
	char other[128], text[1600];
	struct buf names = BUF_INIT;
	char *save = NULL;
	sqlite3 *db;

	snprintf(other, sizeof other, "%s/newer", f->dir);
	assert_int_equal(rename(f->path, other), 0);
	db = raw_open(f);
	snprintf(text, sizeof text, "ATTACH '%s' AS newer; PRAGMA foreign_keys=OFF", other);
	run_sql(db, text);
	run_sql(db, version3_tables);
	dump(db, "SELECT t.name||' '||(SELECT group_concat(name,',') FROM pragma_table_info(t.name,'main')) FROM main.sqlite_schema t WHERE t.type='table'", &names);
	for (char *row = strtok_r(names.p, "|\n", &save); row != NULL; row = strtok_r(NULL, "|\n", &save)) {
		char *columns = strchr(row, ' ');

		assert_non_null(columns);
		*columns++ = '\0';
		snprintf(text, sizeof text, "INSERT INTO main.%s(%s) SELECT %s FROM newer.%s ORDER BY rowid", row, columns, columns, row);
		run_sql(db, text);
	}
	run_sql(db, whole_snapshots);
	run_sql(db, version3_laws);
	snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=3; DETACH newer", SCHEMA_APPLICATION_ID);
	run_sql(db, text);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(chmod(f->path, 0600), 0);
	assert_int_equal(unlink(other), 0);
	buf_free(&names);
}

static void schema_of(sqlite3 *db, struct buf *out)
{
	buf_reset(out);
	dump(db, "SELECT type,name,tbl_name,sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type,name", out);
}

/* The fixture's claims stay CLAIMED in closed runs and its amounts are rough; chain, numbers, claims, documents and database must be sound. */
static void say(void *ctx, const char *what, const char *sentence)
{
	(void)ctx;
	if (strcmp(what, "states") != 0 && strcmp(what, "sums") != 0)
		fail_msg("audit: %s: %s", what, sentence);
}

/* Nothing is lost, everything new is there, and both together are what a new ledger is. */
static void version_1_is_taken_over(void **state)
{
	struct fixture *f = *state;
	struct buf before = BUF_INIT, after = BUF_INIT, fresh = BUF_INIT, entries = BUF_INIT;
	struct audit_counts counts;
	struct document d;
	int64_t n;

	open_store(f, STORE_WRITE);
	schema_of(f->s->db, &fresh);
	history(f);
	read_snapshots(f, &entries);
	close_store(f);
	make_version1(f);
	raw_dump(f, &before);
	assert_true(before.n > 10000);
	open_store(f, STORE_WRITE);
	assert_int_equal(number(f, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_int_equal(number(f, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
	dump_version1(f->s->db, &after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	schema_of(f->s->db, &after);
	assert_string_equal(buf_text(&fresh), buf_text(&after));
	assert_int_equal(number(f, "SELECT (SELECT count(*) FROM blob)+(SELECT count(*) FROM input)+(SELECT count(*) FROM fee)"), 0);
	assert_int_equal(number(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	read_snapshots(f, &after);
	assert_string_equal(buf_text(&entries), buf_text(&after));
	buf_free(&entries);
	/* What was recorded at the points of no return is what stands there now. */
	ok(f, audit_ledger(f->s, say, NULL, &counts, &f->e));
	assert_true(counts.runs == 5 && counts.documents == 4);
	/* The old laws and the new ones. */
	assert_int_equal(sql(f, "UPDATE line SET secs=1"), SQLITE_CONSTRAINT_TRIGGER);
	new_run(f, "bill");
	snapshot(f, 0, 12);
	ok(f, store_begin(f->s, &f->e));
	{
		struct compose_item again = item_of(f, 3), free_again = item_of(f, 10);

		ok(f, plan_next_number(f->s, "RE-2026-{SEQ:5}", 1, &n, &f->e));
		assert_int_equal(n, 46);
		document_of(&d, n, 10, 12);
		ok(f, plan_put_invoice(f->s, f->run.id, &d.v, &f->e));
		refused(f, ERR_SOFTWARE, put_claim(f, &again, d.number));
		ok(f, put_claim(f, &free_again, d.number)); /* its invoice was cancelled */
	}
	ok(f, plan_put_fee(f->s, "k", d.number, 1, &f->e));
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, "k", d.number, 2, &f->e));
	ok(f, input_put(f->s, f->run.id, "a.ini", "x", 1, &f->e));
	ok(f, store_commit(f->s, &f->e));
	close_store(f);
	/* The second time nothing is to do. */
	raw_dump(f, &before);
	open_store(f, STORE_WRITE);
	close_store(f);
	raw_dump(f, &after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	buf_free(&before);
	buf_free(&after);
	buf_free(&fresh);
}

/* Snapshots are numbered as they were read, claims point to theirs, and what refers to claims still does. */
static void version_3_is_taken_over(void **state)
{
	static const char corrections[] = "INSERT INTO correction(claim,company,currency,delta_secs,billed_secs,facts,state) SELECT id,'c','EUR',1,1,x'00','OPEN' FROM claim WHERE id%3=1";
	struct fixture *f = *state;
	struct buf before = BUF_INIT, after = BUF_INIT, fresh = BUF_INIT;
	int64_t claims;

	open_store(f, STORE_WRITE);
	schema_of(f->s->db, &fresh);
	history(f);
	close_store(f);
	tamper(f, corrections);
	make_version3(f);
	raw_dump(f, &before);
	tamper(f, "CREATE TABLE claim4(x)"); /* in the way: all or nothing */
	assert_null(store_open(f->path, STORE_WRITE, 0, &f->e));
	assert_non_null(strstr(f->e.msg, "bringing the ledger from version 3 to 4"));
	tamper(f, "DROP TABLE claim4");
	raw_dump(f, &after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	open_store(f, STORE_WRITE);
	dump_version1(f->s->db, &after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	schema_of(f->s->db, &after);
	assert_string_equal(buf_text(&fresh), buf_text(&after));
	assert_int_equal(number(f, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_int_equal(number(f, "PRAGMA foreign_keys"), 1);
	claims = number(f, "SELECT count(*) FROM claim");
	assert_true(claims == 17 && number(f, "SELECT count(*) FROM claim WHERE state='VOIDED'") == 4);
	assert_int_equal(number(f, "SELECT count(*) FROM claim c JOIN invoice i ON i.no=c.invoice JOIN snap p ON p.id=c.snap AND p.entry=c.entry AND p.run=i.run AND p.date=c.date"), claims);
	assert_int_equal(number(f, "SELECT count(*) FROM claim WHERE (live IS NULL)=(state='VOIDED')"), claims);
	assert_int_equal(number(f, "SELECT count(*) FROM correction k JOIN claim c ON c.id=k.claim"), 6);
	assert_int_equal(number(f, "SELECT count(*) FROM snap a JOIN snap b ON b.id=a.id+1 AND b.run=a.run AND b.secs<a.secs"), 0); /* in the order of reading */
	assert_int_equal(sql(f, "INSERT INTO claim(entry,invoice,pos,secs,billed_secs,fp,state,live) SELECT entry,invoice,pos,secs,billed_secs,fp,'CLAIMED',1 FROM claim WHERE id=1"),
	    SQLITE_CONSTRAINT_UNIQUE);
	buf_free(&before);
	buf_free(&after);
	buf_free(&fresh);
}

/* References that do not hold are not taken over in silence. */
static void broken_version_3_is_left(void **state)
{
	struct fixture *f = *state;

	open_store(f, STORE_WRITE);
	history(f);
	close_store(f);
	make_version3(f);
	tamper(f, "PRAGMA foreign_keys=OFF; DROP TRIGGER line_d; DELETE FROM line WHERE pos=2");
	assert_null(store_open(f->path, STORE_WRITE, 0, &f->e));
	assert_int_equal(f->e.code, ERR_DATA);
	assert_non_null(strstr(f->e.msg, "from version 3 to 4: "));
	{
		struct buf version = BUF_INIT;
		sqlite3 *db = raw_open(f);

		dump(db, "SELECT user_version,(SELECT count(*) FROM pragma_table_info('claim') WHERE name='live') FROM pragma_user_version", &version);
		assert_string_equal(buf_text(&version), "3|0|\n");
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		buf_free(&version);
	}
}

/* Reading and dry runs change nothing, so they cannot bring it up to date: they say what does. */
static void only_writers_migrate(void **state)
{
	struct fixture *f = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;

	open_store(f, STORE_WRITE);
	history(f);
	close_store(f);
	make_version1(f);
	ok(f, file_read(f->path, 1 << 26, &before, &f->e));
	for (int mode = STORE_READ; mode <= STORE_SCRATCH; mode++) {
		err_clear(&f->e);
		assert_null(store_open(f->path, (enum store_mode)mode, 0, &f->e));
		assert_int_equal(f->e.code, ERR_CONFIG);
		assert_non_null(strstr(f->e.msg, "older version 1; the next run brings it up to date"));
	}
	err_clear(&f->e);
	ok(f, file_read(f->path, 1 << 26, &after, &f->e));
	assert_int_equal(before.n, after.n);
	assert_memory_equal(before.p, after.p, after.n);
	buf_free(&before);
	buf_free(&after);
}

/* A run that was planned by the old program: the new one can drop it or take it further. */
static void open_runs_go_on(void **state)
{
	struct fixture *f = *state;

	for (int further = 0; further < 2; further++) {
		struct audit_counts counts;

		open_store(f, STORE_WRITE);
		plan_run(f, 0, 4);
		close_store(f);
		make_version1(f);
		open_store(f, STORE_WRITE);
		assert_int_equal(store_run_unfinished(f->s, 0, 0, &f->run, &f->e), 1);
		assert_int_equal(f->run.state, RUN_PLANNED);
		if (further) {
			publish(f);
			finish(f);
			assert_int_equal(number(f, "SELECT count(*) FROM claim"), 4);
			ok(f, audit_ledger(f->s, say, NULL, &counts, &f->e));
		} else {
			ok(f, plan_drop(f->s, &f->run, "x", &f->e));
			assert_int_equal(number(f, "SELECT (SELECT count(*) FROM invoice)+(SELECT count(*) FROM claim)+(SELECT count(*) FROM series)"), 0);
		}
		close_store(f);
		assert_int_equal(unlink(f->path), 0);
	}
}

/* A migration that fails leaves version 1, and the next try succeeds. */
static void all_or_nothing(void **state)
{
	static const char *const in_the_way[] = { "CREATE TABLE blob(x)", "CREATE TABLE fee(x)", "CREATE TABLE fee_u(x); DROP TABLE fee_u; CREATE TABLE one_live_fee(x)",
		"CREATE TRIGGER fee_s BEFORE DELETE ON meta BEGIN SELECT 1; END" };
	static const char *const away[] = { "DROP TABLE blob", "DROP TABLE fee", "DROP TABLE one_live_fee", "DROP TRIGGER fee_s" };
	struct fixture *f = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;

	open_store(f, STORE_WRITE);
	history(f);
	close_store(f);
	make_version1(f);
	for (size_t i = 0; i < 4; i++) {
		sqlite3 *db;

		tamper(f, in_the_way[i]);
		db = raw_open(f);
		schema_of(db, &before);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		err_clear(&f->e);
		assert_null(store_open(f->path, STORE_WRITE, 0, &f->e));
		if (strstr(f->e.msg, "bringing the ledger from version 1 to 2") == NULL)
			fail_msg("%s: %s", in_the_way[i], f->e.msg);
		db = raw_open(f);
		schema_of(db, &after);
		assert_string_equal(buf_text(&before), buf_text(&after));
		buf_reset(&after);
		dump(db, "PRAGMA user_version", &after);
		assert_string_equal(buf_text(&after), "1|\n");
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		tamper(f, away[i]);
	}
	open_store(f, STORE_WRITE);
	assert_int_equal(number(f, "PRAGMA user_version"), SCHEMA_VERSION);
	buf_free(&before);
	buf_free(&after);
}

static int on_invoice(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	int *n = ctx;

	(void)q;
	(void)e;
	assert_true(v->nallowances == 0 && v->allowance_minor == 0 && v->lines_minor == v->net_minor && v->nlines == 2);
	assert_true(v->formats == (FORMAT_XLSX | FORMAT_CSV) && v->discount_days == 0);
	assert_string_equal(v->template, "de");
	assert_true(v->lines[0].fee == NULL && v->lines[0].cost_centre == NULL);
	++*n;
	return 0;
}

/* Documents as the first release wrote them are read, with what they lack made up as it was meant. */
static void old_documents_are_read(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	open_store(f, STORE_WRITE);
	history(f);
	close_store(f);
	make_version1(f);
	tamper(f, "DROP TRIGGER invoice_u; UPDATE invoice SET facts=CAST(json_remove(CAST(facts AS TEXT),'$.allowances','$.lines_minor','$.allowance_minor','$.formats',"
		"'$.discount_days','$.discount_pct_e2','$.cancels_date') AS BLOB); CREATE TRIGGER invoice_u BEFORE UPDATE OF no,series,n,run,company,currency,secs,"
		"net_minor,tax_minor,gross_minor,facts,voids,reason ON invoice BEGIN SELECT RAISE(ABORT,'document is issued'); END;");
	open_store(f, STORE_WRITE);
	assert_int_equal(number(f, "SELECT count(*) FROM invoice WHERE instr(CAST(facts AS TEXT),'allowance')>0"), 0);
	ok(f, query_invoices(f->s, NULL, NULL, on_invoice, &n, &f->e));
	assert_int_equal(n, 4);
}

/* A dry run must not bill a fee that the ledger has, and may bill one that was cancelled. */
static void scratch_knows_fees(void **state)
{
	struct fixture *f = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;

	open_store(f, STORE_WRITE);
	new_run(f, "bill");
	snapshot(f, 0, 4);
	ok(f, store_begin(f->s, &f->e));
	put_document(f, 0, 4);
	ok(f, plan_put_fee(f->s, "live", "RE-2026-00042", 1, &f->e));
	put_document(f, 0, 0);
	ok(f, plan_put_fee(f->s, "gone", "RE-2026-00043", 2, &f->e));
	ok(f, input_put(f->s, f->run.id, "a.ini", "x", 1, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	publish(f);
	finish(f);
	assert_int_equal(cancel(f, "RE-2026-00043", 0, 0), 44);
	assert_int_equal(number(f, "SELECT count(*) FROM fee WHERE state='VOIDED'"), 1);
	close_store(f);
	ok(f, file_read(f->path, 1 << 26, &before, &f->e));
	open_store(f, STORE_SCRATCH);
	assert_int_equal(claim_fee_live(f->s, "live", &f->e), 1);
	assert_int_equal(claim_fee_live(f->s, "gone", &f->e), 0);
	assert_int_equal(number(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	new_run(f, "bill");
	snapshot(f, 4, 6);
	ok(f, store_begin(f->s, &f->e));
	assert_int_equal(put_document(f, 4, 6), 45);
	refused(f, ERR_SOFTWARE, plan_put_fee(f->s, "live", "RE-2026-00045", 1, &f->e));
	ok(f, plan_put_fee(f->s, "gone", "RE-2026-00045", 1, &f->e));
	ok(f, plan_put_fee(f->s, "new", "RE-2026-00045", 1, &f->e));
	ok(f, input_put(f->s, f->run.id, "a.ini", "x", 1, &f->e));
	ok(f, store_run_state(f->s, &f->run, RUN_PLANNED, NULL, &f->e));
	ok(f, store_commit(f->s, &f->e));
	assert_int_equal(sql(f, "UPDATE fee SET key='x'"), SQLITE_CONSTRAINT_TRIGGER); /* its laws hold there, too */
	publish(f);
	finish(f);
	close_store(f);
	ok(f, file_read(f->path, 1 << 26, &after, &f->e));
	assert_int_equal(before.n, after.n);
	assert_memory_equal(before.p, after.p, after.n);
	open_store(f, STORE_READ);
	assert_int_equal(claim_fee_live(f->s, "new", &f->e), 0);
	buf_free(&before);
	buf_free(&after);
}

/* The same tables and laws as a ledger, in whatever order they were made. */
static void scratch_is_a_ledger(void **state)
{
	struct fixture *f = *state;
	struct buf a = BUF_INIT, b = BUF_INIT;

	open_store(f, STORE_WRITE);
	schema_of(f->s->db, &a);
	close_store(f);
	open_store(f, STORE_SCRATCH);
	schema_of(f->s->db, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	buf_free(&a);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(version_1_is_taken_over, setup, teardown),
		cmocka_unit_test_setup_teardown(version_3_is_taken_over, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_version_3_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(only_writers_migrate, setup, teardown),
		cmocka_unit_test_setup_teardown(open_runs_go_on, setup, teardown),
		cmocka_unit_test_setup_teardown(all_or_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(old_documents_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch_knows_fees, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch_is_a_ledger, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
