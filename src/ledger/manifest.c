#include "ledger/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "base/num.h"
#include "ledger/claim_list.h"
#include "ledger/ranks.h"

/* A member whose value is canonical JSON already; what jout would write for an object. p: NULL where SQLite had no memory for it. */
static void member_raw(struct jout *j, const char *key, const void *p, size_t n)
{
	if (p == NULL) {
		j->b->failed = 1;
		return;
	}
	buf_fmt(j->b, "%s\"%s\":", j->comma ? "," : "", key);
	buf_add(j->b, p, n);
	j->comma = 1;
}

static int manifest_lines(struct store *s, const char *number, struct jout *j, struct err *e)
{
	static const char sql[] = "SELECT facts,pos,secs,net_minor FROM line WHERE invoice=?1 ORDER BY pos";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(number)), e);
	int rc = -1;

	jout_array(j, "lines");
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		jout_object(j, NULL);
		jout_int(j, "pos", sqlite3_column_int64(st, 1));
		jout_int(j, "secs", sqlite3_column_int64(st, 2));
		jout_int(j, "net_minor", sqlite3_column_int64(st, 3));
		member_raw(j, "facts", sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
		jout_end_object(j);
	}
	jout_end_array(j);
	db_end(s, st);
	return rc;
}

/* Claims by number and digest, so that the event stays small for a month of any size: SHA-256 over a line "entry pos secs billed_secs fp" LF each, by line and entry. */
struct digest { int64_t n; uint8_t sha[SHA_LEN]; };

/* Keys are the document's place, line, entry; this and the fingerprint are the record. */
struct record { int64_t pos, secs, billed_secs; uint32_t place; };
#define KEY_HEAD (4 + 8)

static int add_claim(sqlite3_stmt *st, const struct ranks *ranks, struct sorter *sorter, struct buf *key, struct buf *b, struct err *e)
{
	const char *number = (const char *)sqlite3_column_text(st, 0), *entry = (const char *)sqlite3_column_text(st, 1);
	const void *fp = sqlite3_column_blob(st, 5);
	const struct ranks_document *of;
	uint8_t head[KEY_HEAD];
	struct record x;

	if (number == NULL || entry == NULL || (fp == NULL && sqlite3_column_bytes(st, 5) > 0))
		return err_nomem(e);
	/* Of another run, whose rows lie between. */
	if ((of = ranks_find(ranks, number)) == NULL)
		return 0;
	memset(&x, 0, sizeof x); /* its padding goes to a file, too */
	x.pos = sqlite3_column_int64(st, 2);
	x.secs = sqlite3_column_int64(st, 3);
	x.billed_secs = sqlite3_column_int64(st, 4);
	x.place = of->place;
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(x.place >> (24 - 8 * i));
	sorter_key_int(head + 4, x.pos);
	buf_reuse(key);
	buf_add(key, head, sizeof head);
	buf_add(key, entry, (size_t)sqlite3_column_bytes(st, 1));
	buf_reuse(b);
	buf_add(b, &x, sizeof x);
	buf_add(b, fp, (size_t)sqlite3_column_bytes(st, 5));
	return buf_ok(key) && buf_ok(b) ? sorter_add(sorter, key->p, key->n, b->p, b->n, e) : err_nomem(e);
}

/* As they lie, which is not by document. */
static int add_claims(struct store *s, const char *run, const struct ranks *ranks, struct sorter *sorter, struct err *e)
{
	static const char sql[] = "SELECT invoice,entry,pos,secs,billed_secs,fp FROM claim WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
	struct buf key = BUF_INIT, b = BUF_INIT;
	struct claim_list_span span;
	sqlite3_stmt *st;
	int rc = -1;

	if (claim_list_span(s, run, &span, e) < 0)
		return -1;
	st = db_query(s, sql, DB_ARGS(db_int(span.first), db_int(span.last)), e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (add_claim(st, ranks, sorter, &key, &b, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	buf_free(&key);
	buf_free(&b);
	return rc;
}

static void write_claim(struct buf *b, const struct sorter_record *r, const struct record *x)
{
	static const char digit[] = "0123456789abcdef";
	const int64_t numbers[] = { x->pos, x->secs, x->billed_secs };
	const uint8_t *fp = (const uint8_t *)r->payload + sizeof *x;
	const size_t n = r->n - sizeof *x;
	char text[NUM_MAX], *hex;

	buf_reuse(b);
	buf_add(b, (const uint8_t *)r->key + KEY_HEAD, r->nkey - KEY_HEAD);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		buf_ch(b, ' ');
		buf_add(b, text, (size_t)num_fmt(text, numbers[i], 0));
	}
	buf_ch(b, ' ');
	if ((hex = buf_room(b, 2 * n + 1)) == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digit[fp[i] >> 4];
		hex[2 * i + 1] = digit[fp[i] & 15];
	}
	hex[2 * n] = '\n';
	buf_took(b, 2 * n + 1);
}

/* All of one document come together; at[]: one digest per place. */
static int digest_sorted(struct sorter *sorter, struct digest *at, size_t n, struct err *e)
{
	struct sha *sha = sha_new();
	struct buf b = BUF_INIT;
	struct sorter_record r;
	int rc = sha == NULL ? err_nomem(e) : sorter_sort(sorter, e);
	size_t now = 0;

	while (rc == 0 && (rc = sorter_next(sorter, &r, e)) > 0) {
		const struct record *x = r.payload;

		for (; now < x->place; now++)
			sha_end(sha, at[now].sha);
		write_claim(&b, &r, x);
		sha_add(sha, b.p, b.n);
		at[now].n++;
		rc = buf_ok(&b) ? 0 : err_nomem(e);
	}
	for (; rc == 0 && now < n; now++)
		sha_end(sha, at[now].sha);
	buf_free(&b);
	sha_free(sha);
	return rc;
}

/* One for each document of the run, by number; owned by caller. */
static struct digest *digest_claims(struct store *s, const char *run, struct err *e)
{
	struct sorter *sorter = ranks_sorter(s, e);
	struct ranks ranks = { .n = 0 };
	struct digest *at = NULL;

	if (sorter == NULL || ranks_read(s, run, &ranks, e) < 0)
		goto out;
	at = calloc(ranks.n + 1, sizeof *at);
	if (at == NULL) {
		err_nomem(e);
	} else if (add_claims(s, run, &ranks, sorter, e) < 0 || digest_sorted(sorter, at, ranks.n, e) < 0) {
		free(at);
		at = NULL;
	}
out:
	sorter_free(sorter);
	ranks_free(&ranks);
	return at;
}

static void manifest_claims(const struct digest *d, struct jout *j)
{
	char hex[SHA_HEX];

	jout_object(j, "claims");
	jout_int(j, "n", d->n);
	jout_text(j, "sha256", sha_hex(hex, d->sha));
	jout_end_object(j);
}

static int manifest_document(struct store *s, sqlite3_stmt *st, const struct digest *claims, struct jout *j, struct err *e)
{
	static const char *const text[] = { "number", "series", "company", "currency", "voids", "reason" };
	static const char *const number[] = { "n", "secs", "net_minor", "tax_minor", "gross_minor" };
	char no[32];

	if (db_copy(s, st, 0, no, sizeof no, e) < 0)
		return -1;
	jout_object(j, NULL);
	for (int i = 0; i < 6; i++)
		jout_opt(j, text[i], (const char *)sqlite3_column_text(st, i));
	for (int i = 0; i < 5; i++)
		jout_int(j, number[i], sqlite3_column_int64(st, 6 + i));
	member_raw(j, "facts", sqlite3_column_blob(st, 11), (size_t)sqlite3_column_bytes(st, 11));
	if (manifest_lines(s, no, j, e) < 0)
		return -1;
	manifest_claims(claims, j);
	jout_end_object(j);
	return 0;
}

static int manifest_documents(struct store *s, const char *run, struct jout *j, struct err *e)
{
	static const char sql[] = "SELECT no,series,company,currency,voids,reason,n,secs,net_minor,tax_minor,gross_minor,facts FROM invoice"
		" WHERE run=?1 ORDER BY series,n";
	struct digest *claims = digest_claims(s, run, e);
	sqlite3_stmt *st = claims == NULL ? NULL : db_query(s, sql, DB_ARGS(db_text(run)), e);
	size_t place = 0;
	int rc = -1;

	jout_array(j, "documents");
	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (manifest_document(s, st, &claims[place++], j, e) < 0) {
			rc = -1;
			break;
		}
	jout_end_array(j);
	db_end(s, st);
	free(claims);
	return rc;
}

static int manifest_inputs(struct store *s, const char *run, struct jout *j, struct err *e)
{
	static const char sql[] = "SELECT name,sha256 FROM input WHERE run=?1 ORDER BY name";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	uint8_t sha[SHA_LEN];
	char hex[SHA_HEX];
	int rc = -1, n = 0;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (db_copy_blob(s, st, 1, sha, SHA_LEN, e) < 0) {
			rc = -1;
			break;
		}
		/* Runs of ledgers of version 1 have none, and their events no such member. */
		if (n++ == 0)
			jout_array(j, "inputs");
		jout_object(j, NULL);
		jout_text(j, "name", (const char *)sqlite3_column_text(st, 0));
		jout_text(j, "sha256", sha_hex(hex, sha));
		jout_end_object(j);
	}
	if (n > 0)
		jout_end_array(j);
	db_end(s, st);
	return rc;
}

static int manifest_balance(struct store *s, const char *run, struct jout *j, struct err *e)
{
	static const char sql[] = "SELECT company,currency,json_array(documents,entries,secs,billed_secs,lines_minor,value_minor,others_minor,allowance_minor,"
		"net_minor,tax_minor,gross_minor) FROM balance WHERE run=?1 ORDER BY company,currency";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	int rc = -1, n = 0;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		/* Runs of ledgers before version 3 have none, and their events no such member. */
		if (n++ == 0)
			jout_array(j, "balance");
		jout_object(j, NULL);
		jout_text(j, "company", (const char *)sqlite3_column_text(st, 0));
		jout_text(j, "currency", (const char *)sqlite3_column_text(st, 1));
		member_raw(j, "sums", sqlite3_column_text(st, 2), (size_t)sqlite3_column_bytes(st, 2));
		jout_end_object(j);
	}
	if (n > 0)
		jout_end_array(j);
	db_end(s, st);
	return rc;
}

static int manifest_files(struct store *s, const char *run, struct jout *j, struct err *e)
{
	static const char sql[] = "SELECT name,size,sha256 FROM file WHERE run=?1 ORDER BY name";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(run)), e);
	uint8_t sha[SHA_LEN];
	char hex[SHA_HEX];
	int rc = -1;

	jout_array(j, "files");
	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (db_copy_blob(s, st, 2, sha, SHA_LEN, e) < 0) {
			rc = -1;
			break;
		}
		jout_object(j, NULL);
		jout_text(j, "path", (const char *)sqlite3_column_text(st, 0));
		jout_int(j, "bytes", sqlite3_column_int64(st, 1));
		jout_text(j, "sha256", sha_hex(hex, sha));
		jout_end_object(j);
	}
	jout_end_array(j);
	db_end(s, st);
	return rc;
}

int manifest_write(struct store *s, const char *run, struct buf *out, struct err *e)
{
	struct jout j;

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	jout_text(&j, "run", run);
	if (manifest_documents(s, run, &j, e) < 0 || manifest_inputs(s, run, &j, e) < 0 || manifest_balance(s, run, &j, e) < 0 || manifest_files(s, run, &j, e) < 0)
		return -1;
	jout_end_object(&j);
	return buf_ok(out) ? 0 : err_nomem(e);
}
