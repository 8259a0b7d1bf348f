#include "ledger/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Version 1 is the schema of the settlement protocol, section 2, plus snap.date (for the orders by date; raw can be purged).
 * claim.state has its CHECK as a chain of OR: for an IN of more than two texts SQLite builds a temporary table at every insert and update. */
static const char tables_1[] =
	"CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT;"
	"CREATE TABLE series(name TEXT PRIMARY KEY, first INTEGER NOT NULL, next INTEGER NOT NULL CHECK(next>=first)) STRICT;"
	"CREATE TABLE run(id TEXT PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL CHECK(kind IN('bill','void')),"
	" state TEXT NOT NULL CHECK(state IN('OPEN','SNAPSHOT','PLANNED','RENDERED','PUBLISHING','PUBLISHED','MARKING','VERIFYING',"
	" 'CLOSED','CLOSED_EXC','ABORTED')), period_from TEXT, cutoff TEXT NOT NULL /* exclusive */, invoice_date TEXT,"
	" resting INTEGER NOT NULL DEFAULT 0, config_sha BLOB NOT NULL, tool TEXT NOT NULL, totals TEXT) STRICT;"
	"CREATE TABLE snap(run TEXT NOT NULL REFERENCES run, entry TEXT NOT NULL, fp BLOB NOT NULL, secs INTEGER, date TEXT,"
	" updated_on TEXT, res_ver TEXT, raw BLOB /* fingerprinted fields and names */, held TEXT /* reason or NULL */,"
	" PRIMARY KEY(run,entry)) STRICT;"
	"CREATE TABLE invoice(no TEXT PRIMARY KEY, series TEXT NOT NULL REFERENCES series, n INTEGER NOT NULL, run TEXT NOT NULL REFERENCES run,"
	" company TEXT NOT NULL, currency TEXT NOT NULL, secs INTEGER NOT NULL, net_minor INTEGER NOT NULL, tax_minor INTEGER NOT NULL,"
	" gross_minor INTEGER NOT NULL CHECK(gross_minor=net_minor+tax_minor), facts BLOB NOT NULL /* all that renderers read, canonical JSON */,"
	" state TEXT NOT NULL CHECK(state IN('RESERVED','ISSUED','VOIDING','VOIDED')), voids TEXT UNIQUE REFERENCES invoice(no), reason TEXT,"
	" UNIQUE(series,n), CHECK((voids IS NULL)=(reason IS NULL))) STRICT;"
	"CREATE TABLE line(invoice TEXT NOT NULL REFERENCES invoice, pos INTEGER NOT NULL, facts BLOB NOT NULL, secs INTEGER NOT NULL,"
	" net_minor INTEGER NOT NULL, PRIMARY KEY(invoice,pos)) STRICT;"
	"CREATE TABLE claim(id INTEGER PRIMARY KEY, entry TEXT NOT NULL, invoice TEXT NOT NULL, pos INTEGER NOT NULL,"
	" secs INTEGER NOT NULL CHECK(secs>=0), billed_secs INTEGER NOT NULL, fp BLOB NOT NULL, delta_secs INTEGER,"
	" state TEXT NOT NULL CHECK(state='CLAIMED' OR state='SENT' OR state='MARKED' OR state='VERIFIED'"
	" OR state='UNMARKED_AUTH' OR state='UNMARKED_REJECTED' OR state='UNMARKED_UNKNOWN' OR state='GONE'"
	" OR state='DRIFT' OR state='FOREIGN' OR state='REOPENED' OR state='VOIDED'),"
	" FOREIGN KEY(invoice,pos) REFERENCES line(invoice,pos)) STRICT;"
	"CREATE TABLE file(run TEXT NOT NULL REFERENCES run, name TEXT NOT NULL, sha256 BLOB NOT NULL CHECK(length(sha256)=32),"
	" size INTEGER NOT NULL, PRIMARY KEY(run,name)) STRICT;"
	"CREATE TABLE attempt(id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES run, chunk INTEGER, billed INTEGER, ids_sha BLOB,"
	" state TEXT, http INTEGER, trace_id TEXT) STRICT;"
	"CREATE TABLE event(seq INTEGER PRIMARY KEY, run TEXT, kind TEXT NOT NULL, body TEXT NOT NULL, prev BLOB NOT NULL,"
	" hash BLOB NOT NULL UNIQUE) STRICT;";

#define RUN_STATE "(SELECT state FROM run WHERE id="
#define LINE_STATE "(SELECT r.state FROM invoice i JOIN run r ON r.id=i.run WHERE i.no="
#define REFUSE(why) " BEGIN SELECT RAISE(ABORT,'" why "'); END;"

/* An insert into an issued document would change it as an update does; the run's own states must not lead back before the point of no return.
 * Those of claims stand with version 4. Claims have no triggers for insert and change of state: with one, SQLite keeps a statement journal for each of 100,000 rows.
 * plan_claims_put() and claim_move() hold these two laws. */
static const char laws_1[] =
	"CREATE INDEX invoice_by_run ON invoice(run,series,n);"
	"CREATE INDEX event_by_run ON event(run,kind);"

	"CREATE TRIGGER event_u BEFORE UPDATE ON event" REFUSE("event is append-only")
	"CREATE TRIGGER event_d BEFORE DELETE ON event" REFUSE("event is append-only")
	"CREATE TRIGGER event_i BEFORE INSERT ON event WHEN new.seq<>(SELECT coalesce(max(seq),0)+1 FROM event)" REFUSE("event is append-only")

	"CREATE TRIGGER run_d BEFORE DELETE ON run" REFUSE("runs are kept")
	"CREATE TRIGGER run_u BEFORE UPDATE OF id,seq,kind,period_from,cutoff,config_sha,tool ON run" REFUSE("runs are kept")
	"CREATE TRIGGER run_s BEFORE UPDATE OF state ON run WHEN old.state<>new.state AND (old.state IN('CLOSED','CLOSED_EXC','ABORTED')"
	" OR (old.state IN('PUBLISHING','PUBLISHED','MARKING','VERIFYING') AND new.state IN('OPEN','SNAPSHOT','PLANNED','RENDERED','ABORTED')))"
	REFUSE("the run is past the point of no return")

	"CREATE TRIGGER invoice_i BEFORE INSERT ON invoice WHEN new.state<>'RESERVED' OR " RUN_STATE "new.run)"
	" NOT IN('OPEN','SNAPSHOT','PLANNED')" REFUSE("document is issued")
	"CREATE TRIGGER invoice_d BEFORE DELETE ON invoice WHEN old.state<>'RESERVED' OR " RUN_STATE "old.run)"
	" NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER invoice_u BEFORE UPDATE OF no,series,n,run,company,currency,secs,net_minor,tax_minor,gross_minor,facts,voids,reason"
	" ON invoice"
	REFUSE("document is issued")
	"CREATE TRIGGER invoice_s BEFORE UPDATE OF state ON invoice WHEN NOT((old.state='RESERVED' AND new.state='ISSUED' AND " RUN_STATE "old.run)"
	" IN('PUBLISHING','PUBLISHED')) OR (old.state='ISSUED' AND new.state='VOIDING') OR (old.state='VOIDING' AND new.state IN('ISSUED','VOIDED')))"
	REFUSE("document cannot change to this state")

	"CREATE TRIGGER line_i BEFORE INSERT ON line WHEN " LINE_STATE "new.invoice) NOT IN('OPEN','SNAPSHOT','PLANNED')" REFUSE("document is issued")
	"CREATE TRIGGER line_d BEFORE DELETE ON line WHEN " LINE_STATE "old.invoice) NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER line_u BEFORE UPDATE ON line" REFUSE("document is issued")

	"CREATE TRIGGER file_i BEFORE INSERT ON file WHEN " RUN_STATE "new.run) NOT IN('PLANNED','RENDERED')" REFUSE("files are published")
	"CREATE TRIGGER file_d BEFORE DELETE ON file WHEN " RUN_STATE "old.run) NOT IN('PLANNED','RENDERED')" REFUSE("files are published")
	"CREATE TRIGGER file_u BEFORE UPDATE ON file" REFUSE("files are published");

/* Version 2: what documents are rendered from beside the facts (templates, settings; each stored once, by its SHA-256), fixed
 * fees, claimed once per month, which row of the rate card priced an entry, and corrections of billed time that changed afterwards:
 * delta_secs as tracked and billed_secs to be billed, both against the claim and its earlier corrections; facts are those of the corrected line. */
static const char tables_2[] =
	"CREATE TABLE blob(sha256 BLOB PRIMARY KEY CHECK(length(sha256)=32), body BLOB NOT NULL) STRICT;"
	"CREATE TABLE input(run TEXT NOT NULL REFERENCES run, name TEXT NOT NULL, sha256 BLOB NOT NULL REFERENCES blob, PRIMARY KEY(run,name)) STRICT;"
	"CREATE TABLE fee(id INTEGER PRIMARY KEY, key TEXT NOT NULL, invoice TEXT NOT NULL, pos INTEGER NOT NULL,"
	" state TEXT NOT NULL CHECK(state='BILLED' OR state='VOIDED'), FOREIGN KEY(invoice,pos) REFERENCES line(invoice,pos)) STRICT;"
	"CREATE TABLE rate(run TEXT NOT NULL REFERENCES run, line INTEGER NOT NULL /* of rates.csv */, keys TEXT NOT NULL, price_e4 INTEGER NOT NULL,"
	" currency TEXT NOT NULL, PRIMARY KEY(run,line)) STRICT;"
	"CREATE TABLE correction(id INTEGER PRIMARY KEY, claim INTEGER NOT NULL REFERENCES claim(id), company TEXT NOT NULL, currency TEXT NOT NULL,"
	" date TEXT, delta_secs INTEGER NOT NULL, billed_secs INTEGER NOT NULL, facts BLOB NOT NULL,"
	" state TEXT NOT NULL CHECK(state='OPEN' OR state='BILLED' OR state='VOIDED'), invoice TEXT, pos INTEGER,"
	" FOREIGN KEY(invoice,pos) REFERENCES line(invoice,pos), CHECK((state='OPEN')=(invoice IS NULL)), CHECK((invoice IS NULL)=(pos IS NULL))) STRICT;"
	"ALTER TABLE claim ADD COLUMN rate_line INTEGER;";

static const char laws_2[] =
	"CREATE UNIQUE INDEX one_live_fee ON fee(key) WHERE state<>'VOIDED';"
	"CREATE INDEX fee_by_line ON fee(invoice,pos);"
	"CREATE TRIGGER blob_u BEFORE UPDATE ON blob" REFUSE("inputs are kept")
	"CREATE TRIGGER blob_d BEFORE DELETE ON blob" REFUSE("inputs are kept")
	"CREATE TRIGGER input_i BEFORE INSERT ON input WHEN " RUN_STATE "new.run) NOT IN('OPEN','SNAPSHOT','PLANNED')" REFUSE("document is issued")
	"CREATE TRIGGER input_d BEFORE DELETE ON input WHEN " RUN_STATE "old.run) NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER input_u BEFORE UPDATE ON input" REFUSE("document is issued")
	"CREATE TRIGGER rate_i BEFORE INSERT ON rate WHEN " RUN_STATE "new.run) NOT IN('OPEN','SNAPSHOT','PLANNED')" REFUSE("document is issued")
	"CREATE TRIGGER rate_d BEFORE DELETE ON rate WHEN " RUN_STATE "old.run) NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER rate_u BEFORE UPDATE ON rate" REFUSE("document is issued")
	"CREATE TRIGGER fee_i BEFORE INSERT ON fee WHEN " LINE_STATE "new.invoice) NOT IN('OPEN','SNAPSHOT','PLANNED')" REFUSE("document is issued")
	"CREATE TRIGGER fee_d BEFORE DELETE ON fee WHEN " LINE_STATE "old.invoice) NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER fee_u BEFORE UPDATE OF id,key,invoice,pos ON fee" REFUSE("document is issued")
	"CREATE TRIGGER fee_s BEFORE UPDATE OF state ON fee WHEN old.state='VOIDED'" REFUSE("document is issued")

	"CREATE UNIQUE INDEX one_open_correction ON correction(claim) WHERE state='OPEN';"
	"CREATE INDEX correction_by_claim ON correction(claim);"
	"CREATE INDEX correction_by_line ON correction(invoice,pos);"
	"CREATE TRIGGER correction_i BEFORE INSERT ON correction WHEN new.state<>'OPEN'" REFUSE("a correction begins open")
	"CREATE TRIGGER correction_d BEFORE DELETE ON correction WHEN old.state<>'OPEN'" REFUSE("document is issued")
	"CREATE TRIGGER correction_u BEFORE UPDATE OF id,claim,company,currency,date,facts ON correction" REFUSE("document is issued")
	"CREATE TRIGGER correction_v BEFORE UPDATE OF delta_secs,billed_secs ON correction WHEN old.state<>'OPEN'" REFUSE("document is issued")
	"CREATE TRIGGER correction_s BEFORE UPDATE OF state,invoice,pos ON correction WHEN NOT("
	"(old.state='OPEN' AND new.state='BILLED' AND " LINE_STATE "new.invoice) IN('OPEN','SNAPSHOT','PLANNED'))"
	" OR (old.state='BILLED' AND new.state='OPEN' AND " LINE_STATE "old.invoice) IN('PLANNED','RENDERED'))"
	" OR (old.state='BILLED' AND new.state='VOIDED' AND new.invoice=old.invoice AND new.pos=old.pos))" REFUSE("document is issued");

/* Version 3: the proof of each run, per customer (struct conserve_customer); corrections in bulk (what was asked for, as it was and as it became) and entries on hold. An item's key tells new entries apart; seen are the
 * ids of equal ones from before it was sent. */
static const char tables_3[] =
	"CREATE TABLE balance(run TEXT NOT NULL REFERENCES run, company TEXT NOT NULL, currency TEXT NOT NULL, documents INTEGER NOT NULL,"
	" entries INTEGER NOT NULL, secs INTEGER NOT NULL, billed_secs INTEGER NOT NULL, lines_minor INTEGER NOT NULL, value_minor INTEGER NOT NULL,"
	" others_minor INTEGER NOT NULL, allowance_minor INTEGER NOT NULL, net_minor INTEGER NOT NULL, tax_minor INTEGER NOT NULL, gross_minor INTEGER NOT NULL,"
	" PRIMARY KEY(run,company,currency)) STRICT;"
	"CREATE TABLE apply(id TEXT PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, state TEXT NOT NULL CHECK(state='OPEN' OR state='CLOSED' OR state='CLOSED_EXC'),"
	" file_sha BLOB NOT NULL CHECK(length(file_sha)=32), undoes TEXT REFERENCES apply, tool TEXT NOT NULL) STRICT;"
	"CREATE TABLE apply_item(apply TEXT NOT NULL REFERENCES apply, pos INTEGER NOT NULL, line INTEGER NOT NULL, action TEXT NOT NULL, entry TEXT, date TEXT,"
	" value TEXT, name TEXT, key BLOB, before TEXT, after TEXT, note TEXT, seen TEXT, state TEXT NOT NULL CHECK(state='PLANNED' OR state='SENT'"
	" OR state='CLAIMED' OR state='DONE' OR state='AUTH' OR state='REJECTED' OR state='UNKNOWN' OR state='GONE' OR state='CHANGED'),"
	" PRIMARY KEY(apply,pos), CHECK((action='create')=(key IS NOT NULL))) STRICT;"
	"CREATE TABLE apply_attempt(id INTEGER PRIMARY KEY, apply TEXT NOT NULL REFERENCES apply, operation TEXT NOT NULL, ids INTEGER NOT NULL,"
	" ids_sha BLOB NOT NULL, state TEXT NOT NULL, http INTEGER, trace_id TEXT) STRICT;"
	"CREATE TABLE apply_hold(id INTEGER PRIMARY KEY, entry TEXT NOT NULL, text TEXT NOT NULL, apply TEXT NOT NULL REFERENCES apply,"
	" released TEXT REFERENCES apply) STRICT;";

/* The state of an item has no trigger, as that of a claim: apply_move() holds the law that an outcome is final. */
#define APPLY_OPEN(id) "(SELECT state FROM apply WHERE id=" id ")='OPEN'"
static const char laws_3[] =
	"CREATE TRIGGER balance_i BEFORE INSERT ON balance WHEN " RUN_STATE "new.run) NOT IN('OPEN','SNAPSHOT','PLANNED')" REFUSE("document is issued")
	"CREATE TRIGGER balance_d BEFORE DELETE ON balance WHEN " RUN_STATE "old.run) NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER balance_u BEFORE UPDATE ON balance" REFUSE("document is issued")
	"CREATE UNIQUE INDEX one_open_apply ON apply(state) WHERE state='OPEN';"
	"CREATE INDEX apply_item_by_entry ON apply_item(entry);"
	"CREATE INDEX apply_item_by_key ON apply_item(key) WHERE key IS NOT NULL;"
	"CREATE UNIQUE INDEX one_hold ON apply_hold(entry) WHERE released IS NULL;"
	"CREATE TRIGGER apply_i BEFORE INSERT ON apply WHEN new.state<>'OPEN'" REFUSE("an apply begins open")
	"CREATE TRIGGER apply_d BEFORE DELETE ON apply" REFUSE("applies are kept")
	"CREATE TRIGGER apply_u BEFORE UPDATE OF id,seq,file_sha,undoes,tool ON apply" REFUSE("applies are kept")
	"CREATE TRIGGER apply_s BEFORE UPDATE OF state ON apply WHEN old.state<>'OPEN'" REFUSE("the apply is closed")
	"CREATE TRIGGER apply_item_i BEFORE INSERT ON apply_item WHEN NOT " APPLY_OPEN("new.apply") REFUSE("the apply is closed")
	"CREATE TRIGGER apply_item_d BEFORE DELETE ON apply_item" REFUSE("applies are kept")
	"CREATE TRIGGER apply_item_u BEFORE UPDATE OF apply,pos,line,action,date,value,name,key,before ON apply_item" REFUSE("applies are kept")
	"CREATE TRIGGER apply_attempt_d BEFORE DELETE ON apply_attempt" REFUSE("applies are kept")
	"CREATE TRIGGER apply_attempt_u BEFORE UPDATE OF id,apply,operation,ids,ids_sha ON apply_attempt" REFUSE("applies are kept")
	"CREATE TRIGGER apply_attempt_s BEFORE UPDATE OF state ON apply_attempt WHEN old.state<>'SENT'" REFUSE("applies are kept")
	"CREATE TRIGGER apply_hold_d BEFORE DELETE ON apply_hold" REFUSE("holds are kept")
	"CREATE TRIGGER apply_hold_u BEFORE UPDATE OF id,entry,text,apply ON apply_hold" REFUSE("holds are kept")
	"CREATE TRIGGER apply_hold_r BEFORE UPDATE OF released ON apply_hold WHEN old.released IS NOT NULL" REFUSE("holds are kept");

/* Version 4: snapshots have a number of their own, in the order of reading, and claims point to theirs: made in its order, both are read side by side. What makes a claim the only
 * one of its entry is a column that stays as it is while the state changes, so that a change of state touches no index. Both tables are made anew; laws of the old ones go with them.
 * A claim without a snapshot is one of a ledger that had lost it, or in the copy for a dry run. */
static const char tables_4[] =
	"CREATE TABLE snap4(id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES run, entry TEXT NOT NULL, fp BLOB NOT NULL, secs INTEGER, date TEXT,"
	" updated_on TEXT, res_ver TEXT, raw BLOB /* fingerprinted fields and names */, held TEXT /* reason or NULL */, UNIQUE(run,entry)) STRICT;"
	"INSERT INTO snap4(run,entry,fp,secs,date,updated_on,res_ver,raw,held) SELECT run,entry,fp,secs,date,updated_on,res_ver,raw,held FROM snap ORDER BY rowid;"
	"DROP TABLE snap;"
	"ALTER TABLE snap4 RENAME TO snap;"
	"CREATE TABLE claim4(id INTEGER PRIMARY KEY, entry TEXT NOT NULL, invoice TEXT NOT NULL, pos INTEGER NOT NULL,"
	" secs INTEGER NOT NULL CHECK(secs>=0), billed_secs INTEGER NOT NULL, fp BLOB NOT NULL, delta_secs INTEGER,"
	" state TEXT NOT NULL CHECK(state='CLAIMED' OR state='SENT' OR state='MARKED' OR state='VERIFIED'"
	" OR state='UNMARKED_AUTH' OR state='UNMARKED_REJECTED' OR state='UNMARKED_UNKNOWN' OR state='GONE'"
	" OR state='DRIFT' OR state='FOREIGN' OR state='REOPENED' OR state='VOIDED'), rate_line INTEGER, snap INTEGER REFERENCES snap(id),"
	" date TEXT /* of the entry */, live INTEGER /* 1, NULL when VOIDED */, FOREIGN KEY(invoice,pos) REFERENCES line(invoice,pos),"
	" CHECK((state='VOIDED')=(live IS NULL)), CHECK(live IS NULL OR live=1)) STRICT;"
	"INSERT INTO claim4(id,entry,invoice,pos,secs,billed_secs,fp,delta_secs,state,rate_line,snap,date,live)"
	" SELECT c.id,c.entry,c.invoice,c.pos,c.secs,c.billed_secs,c.fp,c.delta_secs,c.state,c.rate_line,p.id,p.date,CASE WHEN c.state<>'VOIDED' THEN 1 END"
	" FROM claim c LEFT JOIN invoice i ON i.no=c.invoice LEFT JOIN snap p ON p.run=i.run AND p.entry=c.entry ORDER BY c.id;"
	"DROP TABLE claim;"
	"ALTER TABLE claim4 RENAME TO claim;";

static const char laws_4[] =
	"CREATE UNIQUE INDEX one_live_claim ON claim(entry) WHERE live IS NOT NULL;"
	"CREATE INDEX voided_claim ON claim(entry) WHERE live IS NULL;"
	"CREATE INDEX claim_by_line ON claim(invoice,pos);"
	"CREATE INDEX snap_held ON snap(run,held,date,entry) WHERE held IS NOT NULL;"
	"CREATE TRIGGER claim_d BEFORE DELETE ON claim WHEN " LINE_STATE "old.invoice) NOT IN('PLANNED','RENDERED')" REFUSE("document is issued")
	"CREATE TRIGGER claim_u BEFORE UPDATE OF id,entry,invoice,pos,secs,billed_secs,fp,rate_line,snap,date ON claim" REFUSE("document is issued")
	"CREATE TRIGGER claim_l BEFORE UPDATE OF live ON claim WHEN old.live IS NULL" REFUSE("a cancelled claim stays so");

/* Version 5: what snapshots have in common is kept once, ids of awork with their names, and what stands in a column no longer stands in raw, too. One column for all: each
 * more takes quick_check as long as the bytes it saves. It is NULL in a snapshot of an earlier version, whose raw has everything. */
static const char tables_5[] =
	"CREATE TABLE name(number INTEGER PRIMARY KEY, id TEXT NOT NULL /* of awork, or '' */, name TEXT /* '' for none, NULL when purged */, UNIQUE(id,name)) STRICT;"
	"ALTER TABLE snap ADD COLUMN names TEXT /* numbers, 0 for none: company project task user typeOfWork updatedBy */;";

static const char laws_5[] =
	"CREATE TRIGGER name_d BEFORE DELETE ON name" REFUSE("names are kept")
	"CREATE TRIGGER name_u BEFORE UPDATE ON name WHEN new.number<>old.number OR new.id<>old.id OR new.name IS NOT NULL" REFUSE("names are kept");

/* migration[v] leads from version v to v + 1; parts end with NULL. */
static const char *const migration[SCHEMA_VERSION][3] = {
	{ tables_1, laws_1, NULL },
	{ tables_2, laws_2, NULL },
	{ tables_3, laws_3, NULL },
	{ tables_4, laws_4, NULL },
	{ tables_5, laws_5, NULL },
};

#define W (1u << STORE_WRITE)
#define R (1u << STORE_READ)
#define S (1u << STORE_SCRATCH)

/* recursive_triggers: without it INSERT OR REPLACE deletes rows past the delete triggers. The cache holds the indexes that the random ids
 * of a plan hit; every time it overflows the journal is synced. */
static const struct { unsigned modes; const char *set, *get, *want; } pragmas[] = {
	{ W, "PRAGMA locking_mode=EXCLUSIVE", "PRAGMA main.locking_mode", "exclusive" },
	{ W, "PRAGMA journal_mode=DELETE", "PRAGMA main.journal_mode", "delete" },
	{ R, NULL, "PRAGMA main.journal_mode", "delete" },
	{ W, "PRAGMA synchronous=EXTRA", "PRAGMA main.synchronous", "3" },
	{ W | R | S, "PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1" },
	{ W | R | S, "PRAGMA recursive_triggers=ON", "PRAGMA recursive_triggers", "1" },
	{ W | R | S, "PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0" },
	{ W | R | S, "PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", "1" },
	{ W | R, "PRAGMA mmap_size=0", "PRAGMA main.mmap_size", "0" },
	{ W | S, "PRAGMA cache_size=-16384", "PRAGMA main.cache_size", "-16384" },
	{ R, "PRAGMA cache_size=-16384", "PRAGMA main.cache_size", "-16384" },
	{ R, "PRAGMA query_only=ON", "PRAGMA query_only", "1" },
};

static int switches(struct store *s, struct err *e)
{
	static const struct { int op, want; } sw[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 }, { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 }, { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 }, { SQLITE_DBCONFIG_ENABLE_TRIGGER, 1 }, { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 }, { SQLITE_DBCONFIG_DQS_DDL, 0 },
	};

	for (size_t i = 0; i < sizeof sw / sizeof *sw; i++) {
		int now = -1, rc = sqlite3_db_config(s->db, sw[i].op, sw[i].want, &now);

		if (rc != SQLITE_OK)
			return db_fail(s, rc, e);
		if (now != sw[i].want)
			return err_set(e, ERR_SOFTWARE, "ledger: SQLite setting %d stays %d", sw[i].op, now);
	}
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, s->mode == STORE_SCRATCH ? 1 : 0);
	return 0;
}

int schema_settings(struct store *s, struct err *e)
{
	if (switches(s, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++) {
		char *got;
		int same;

		if ((pragmas[i].modes & 1u << s->mode) == 0)
			continue;
		if (pragmas[i].set != NULL && db_script(s, pragmas[i].set, e) < 0)
			return -1;
		got = db_get_text(s, pragmas[i].get, DB_NOARGS, e);
		if (got == NULL && e != NULL && e->code != ERR_OK)
			return -1;
		same = got != NULL && strcmp(got, pragmas[i].want) == 0;
		if (!same)
			err_set(e, ERR_CONFIG, "ledger: %s gives '%s' instead of %s", pragmas[i].get, got != NULL ? got : "nothing", pragmas[i].want);
		free(got);
		if (!same)
			return -1;
	}
	return 0;
}

int schema_version(struct store *s, int src, int *version, struct err *e)
{
	int64_t id = 0, v = 0, n = 0;

	if (db_get_int(s, src ? "PRAGMA src.application_id" : "PRAGMA main.application_id", DB_NOARGS, &id, e) < 0 ||
	    db_get_int(s, src ? "PRAGMA src.user_version" : "PRAGMA main.user_version", DB_NOARGS, &v, e) < 0 ||
	    db_get_int(s, src ? "SELECT count(*) FROM src.sqlite_schema" : "SELECT count(*) FROM main.sqlite_schema", DB_NOARGS, &n, e) < 0)
		return -1;
	if (id == 0 && v == 0 && n == 0) {
		*version = 0;
		return 0;
	}
	if (id != SCHEMA_APPLICATION_ID)
		return err_set(e, ERR_CONFIG, "this SQLite file is no ledger of psabill (application_id %lld)", (long long)id);
	if (v > SCHEMA_VERSION)
		return err_set(e, ERR_CONFIG, "the ledger has version %lld, this program knows %d: use the newer program", (long long)v, SCHEMA_VERSION);
	if (v < 1)
		return err_set(e, ERR_DATA, "the ledger has version %lld but is not empty", (long long)v);
	*version = (int)v;
	return 0;
}

static int check_references(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT count(*) FROM pragma_foreign_key_check";
	int64_t n = 0;

	if (db_get_int(s, sql, DB_NOARGS, &n, e) < 0)
		return -1;
	return n == 0 ? 0 : err_set(e, ERR_DATA, "%lld rows of the ledger refer to rows that are missing", (long long)n);
}

static int migrate_step(struct store *s, int v, struct err *e)
{
	char end[128];

	if (db_script(s, "BEGIN EXCLUSIVE", e) < 0)
		return -1;
	for (int i = 0; migration[v][i] != NULL; i++)
		if (db_script(s, migration[v][i], e) < 0)
			return -1;
	if (check_references(s, e) < 0)
		return -1;
	snprintf(end, sizeof end, "PRAGMA application_id=%d;PRAGMA user_version=%d;COMMIT", SCHEMA_APPLICATION_ID, v + 1);
	return db_script(s, end, e);
}

int schema_migrate(struct store *s, int from, struct err *e)
{
	/* Of twice the usual size: what looks at all of the ledger reads half as often. */
	if (from == 0 && db_script(s, "PRAGMA page_size=8192", e) < 0)
		return -1;
	/* A table that others refer to can only be made anew while nobody looks at that; each step looks at its end. */
	if (from < SCHEMA_VERSION && db_script(s, "PRAGMA foreign_keys=OFF", e) < 0)
		return -1;
	for (int v = from; v < SCHEMA_VERSION; v++)
		if (migrate_step(s, v, e) < 0) {
			store_rollback(s);
			return err_ctx(e, "bringing the ledger from version %d to %d", v, v + 1);
		}
	/* Statements that were made ready before know the tables as they were. */
	db_forget(s);
	return from < SCHEMA_VERSION ? schema_settings(s, e) : 0;
}

/* A page that SQLite could not get is told in the words of the check: trouble of the disk or no memory, not of the data. */
static enum err_code check_code(struct store *s, const char *said)
{
	static const char mark[] = "error code=";
	const char *at = strstr(said, mark);
	const long code = at != NULL ? strtol(at + sizeof mark - 1, NULL, 10) & 0xff : 0;

	if (db_is_unreadable(s) || code == SQLITE_IOERR)
		return ERR_IO;
	return code == SQLITE_NOMEM || strstr(said, "failed to get page") != NULL ? ERR_OS : ERR_DATA;
}

int schema_check(struct store *s, int src, struct err *e)
{
	char *said = db_get_text(s, src ? "PRAGMA src.quick_check(1)" : "PRAGMA main.quick_check(1)", DB_NOARGS, e);
	enum err_code code;
	int rc = 0;

	if (said == NULL)
		return err_set(e, ERR_DATA, "the ledger could not be checked");
	if (strcmp(said, "ok") != 0) {
		code = check_code(s, said);
		rc = err_set(e, code, "the ledger %s: %.200s", code == ERR_DATA ? "is damaged" : "cannot be read", said);
	}
	free(said);
	return rc;
}

int schema_tables(struct store *s, struct err *e)
{
	for (int v = 0; v < SCHEMA_VERSION; v++)
		if (db_script(s, migration[v][0], e) < 0)
			return -1;
	return 0;
}

int schema_laws(struct store *s, struct err *e)
{
	for (int v = 0; v < SCHEMA_VERSION; v++)
		if (db_script(s, migration[v][1], e) < 0)
			return -1;
	return 0;
}
