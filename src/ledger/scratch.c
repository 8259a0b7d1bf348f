#include "ledger/scratch.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/schema.h"

/* Documents and lines come as skeletons without facts: claims point to them, but a dry run renders its own documents only.
 * Runs keep their seq, so that the next number goes on. Snapshots, files, attempts and events stay behind.
 * NOT INDEXED: the partial index would be taken for the condition and lead through the claims in the order of their random ids. */
static const char copy[] =
	"INSERT INTO main.meta(k,v) SELECT k,v FROM src.meta;"
	"INSERT INTO main.series(name,first,next) SELECT name,first,next FROM src.series;"
	"INSERT INTO main.run(id,seq,kind,state,period_from,cutoff,invoice_date,resting,config_sha,tool,totals)"
	" SELECT id,seq,kind,state,period_from,cutoff,invoice_date,resting,config_sha,tool,totals FROM src.run;"
	"INSERT INTO main.claim(id,entry,invoice,pos,secs,billed_secs,fp,delta_secs,state,rate_line,date,live)"
	" SELECT id,entry,invoice,pos,secs,billed_secs,fp,delta_secs,state,rate_line,date,live FROM src.claim NOT INDEXED WHERE live IS NOT NULL;"
	"INSERT INTO main.invoice(no,series,n,run,company,currency,secs,net_minor,tax_minor,gross_minor,facts,state)"
	" SELECT no,series,n,run,company,currency,secs,net_minor,tax_minor,gross_minor,x'',state FROM src.invoice"
	" WHERE state<>'VOIDED' AND voids IS NULL;"
	"INSERT INTO main.line(invoice,pos,facts,secs,net_minor)"
	" SELECT l.invoice,l.pos,x'',l.secs,l.net_minor FROM src.line l JOIN src.invoice i ON i.no=l.invoice"
	" WHERE i.state<>'VOIDED' AND i.voids IS NULL;"
	"INSERT INTO main.fee(id,key,invoice,pos,state) SELECT id,key,invoice,pos,state FROM src.fee WHERE state<>'VOIDED';"
	"INSERT INTO main.correction(id,claim,company,currency,date,delta_secs,billed_secs,facts,state)"
	" SELECT id,claim,company,currency,date,delta_secs,billed_secs,facts,state FROM src.correction WHERE state='OPEN';"
	"INSERT INTO main.apply(id,seq,state,file_sha,undoes,tool) SELECT id,seq,state,file_sha,undoes,tool FROM src.apply;"
	"INSERT INTO main.apply_hold(id,entry,text,apply) SELECT id,entry,text,apply FROM src.apply_hold WHERE released IS NULL;";

/* "file:" URI of a path: all bytes but the unreserved ones are percent-encoded (RFC 3986). */
static void uri_of(struct buf *b, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	buf_str(b, "file://");
	for (; *path != '\0'; path++)
		if (strchr(plain, *path) != NULL)
			buf_ch(b, *path);
		else
			buf_fmt(b, "%%%02X", (unsigned)(unsigned char)*path);
	buf_str(b, "?mode=ro");
}

static int attach(struct store *s, const char *path, struct err *e)
{
	static const char sql[] = "ATTACH ?1 AS src";
	struct buf uri = BUF_INIT;
	int rc = -1;

	uri_of(&uri, path);
	if (!buf_ok(&uri))
		err_nomem(e);
	else
		rc = db_do(s, sql, DB_ARGS(db_text(buf_text(&uri))), e);
	buf_free(&uri);
	return rc;
}

static int refuse_unfinished(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT id||' ('||state||')' FROM src.run WHERE"
		" state NOT IN('CLOSED','CLOSED_EXC','ABORTED') AND resting=0 ORDER BY seq LIMIT 1";
	struct err mine = ERR_INIT;
	char *open = db_get_text(s, sql, DB_NOARGS, &mine);

	if (mine.code != ERR_OK)
		return err_set(e, mine.code, "%s", mine.msg);
	if (open == NULL)
		return 0;
	err_set(e, ERR_TEMPFAIL, "run %s is unfinished: a dry run can only show what comes after it", open);
	free(open);
	return -1;
}

/* Inside one transaction, so that the ledger is read as of one moment. */
static int copy_all(struct store *s, struct err *e)
{
	int version;

	if (schema_version(s, 1, &version, e) < 0 || schema_check(s, 1, e) < 0)
		return -1;
	if (version == 0)
		return 0;
	if (version < SCHEMA_VERSION)
		return err_set(e, ERR_CONFIG, "the ledger has the older version %d; the next run brings it up to date", version);
	if (refuse_unfinished(s, e) < 0)
		return -1;
	return db_script(s, copy, e);
}

static int fill_from(struct store *s, const char *path, struct err *e)
{
	if (attach(s, path, e) < 0 || db_script(s, "PRAGMA foreign_keys=OFF;PRAGMA src.mmap_size=0;PRAGMA src.cache_size=-8192;BEGIN", e) < 0)
		return -1;
	if (copy_all(s, e) < 0) {
		store_rollback(s);
		return -1;
	}
	return db_script(s, "COMMIT", e);
}

int scratch_fill(struct store *s, const char *path, struct err *e)
{
	if (schema_tables(s, e) < 0)
		return -1;
	if (path != NULL) {
		if (fill_from(s, path, e) < 0)
			return err_ctx(e, "reading the ledger for a dry run");
		/* Cached statements would keep the attached file open. */
		db_forget(s);
		if (db_script(s, "DETACH src;PRAGMA foreign_keys=ON", e) < 0)
			return -1;
	}
	return schema_laws(s, e);
}
