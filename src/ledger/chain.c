#include "ledger/chain.h"

#include <string.h>

#include "base/clock.h"
#include "ledger/db.h"

static void add_u64(struct sha *h, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	sha_add(h, b, sizeof b);
}

static void add_text(struct sha *h, const void *p, size_t n)
{
	add_u64(h, p != NULL ? n : UINT64_MAX);
	if (p != NULL)
		sha_add(h, p, n);
}

struct event {
	int64_t seq;
	const char *run, *kind, *body;
	size_t nrun, nkind, nbody;
};

static void hash_event(struct sha *h, const uint8_t prev[SHA_LEN], const struct event *ev, uint8_t out[SHA_LEN])
{
	sha_add(h, prev, SHA_LEN);
	add_u64(h, (uint64_t)ev->seq);
	add_text(h, ev->run, ev->nrun);
	add_text(h, ev->kind, ev->nkind);
	add_text(h, ev->body, ev->nbody);
	sha_end(h, out);
}

int chain_append(struct store *s, const char *run, const char *kind, const char *body, struct err *e)
{
	static const char last[] = "SELECT seq,hash FROM event ORDER BY seq DESC LIMIT 1";
	static const char insert[] = "INSERT INTO event(seq,run,kind,body,prev,hash) VALUES(?1,?2,?3,?4,?5,?6)";
	static const char wall[] = "INSERT INTO meta(k,v) VALUES('" CHAIN_TIME "',CAST(?1 AS TEXT)) ON CONFLICT(k) DO UPDATE SET v=excluded.v";
	struct event ev = { 1, run, kind, body, run != NULL ? strlen(run) : 0, strlen(kind), strlen(body) };
	uint8_t prev[SHA_LEN] = { 0 }, hash[SHA_LEN];
	sqlite3_stmt *st;
	int rc;

	if (db_need_transaction(s, e) < 0)
		return -1;
	st = db_query(s, last, DB_NOARGS, e);
	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0) {
		ev.seq = sqlite3_column_int64(st, 0) + 1;
		rc = db_copy_blob(s, st, 1, prev, SHA_LEN, e);
	}
	db_end(s, st);
	if (rc < 0)
		return -1;
	hash_event(s->sha, prev, &ev, hash);
	if (db_do_one(s, wall, DB_ARGS(db_int(clock_wall_utc())), "time of the event", e) < 0)
		return -1;
	return db_do_one(s, insert, DB_ARGS(db_int(ev.seq), db_text(run), db_text(kind), db_text(body), db_blob(prev, SHA_LEN),
	    db_blob(hash, SHA_LEN)), "event", e);
}

/* The column's bytes; a text that memory cannot hold is an error, a NULL none. */
static int get_text(sqlite3_stmt *st, int col, const char **p, size_t *n, struct err *e)
{
	*p = (const char *)sqlite3_column_text(st, col);
	*n = (size_t)sqlite3_column_bytes(st, col);
	return *p == NULL && sqlite3_column_type(st, col) != SQLITE_NULL ? err_nomem(e) : 0;
}

static int check_row(struct store *s, sqlite3_stmt *st, int64_t want, uint8_t head[SHA_LEN], struct err *e)
{
	struct event ev = { .seq = sqlite3_column_int64(st, 0) };
	uint8_t prev[SHA_LEN], stored[SHA_LEN], hash[SHA_LEN];

	if (ev.seq != want)
		return err_set(e, ERR_DATA, "hash chain: event %lld is missing", (long long)want);
	if (get_text(st, 1, &ev.run, &ev.nrun, e) < 0 || get_text(st, 2, &ev.kind, &ev.nkind, e) < 0 ||
	    get_text(st, 3, &ev.body, &ev.nbody, e) < 0)
		return -1;
	if (db_copy_blob(s, st, 4, prev, SHA_LEN, e) < 0 || db_copy_blob(s, st, 5, stored, SHA_LEN, e) < 0)
		return err_ctx(e, "hash chain, event %lld", (long long)want);
	if (memcmp(prev, head, SHA_LEN) != 0)
		return err_set(e, ERR_DATA, "hash chain: event %lld does not follow the one before", (long long)want);
	hash_event(s->sha, prev, &ev, hash);
	if (memcmp(hash, stored, SHA_LEN) != 0)
		return err_set(e, ERR_DATA, "hash chain: event %lld was changed", (long long)want);
	memcpy(head, hash, SHA_LEN);
	return 0;
}

int chain_verify(struct store *s, int64_t *n, uint8_t head[SHA_LEN], struct err *e)
{
	static const char sql[] = "SELECT seq,run,kind,body,prev,hash FROM event ORDER BY seq";
	sqlite3_stmt *st = db_query(s, sql, DB_NOARGS, e);
	uint8_t now[SHA_LEN] = { 0 };
	int64_t count = 0;
	int rc;

	if (st == NULL)
		return -1;
	while ((rc = db_step(s, st, e)) > 0) {
		if (check_row(s, st, count + 1, now, e) < 0) {
			rc = -1;
			break;
		}
		count++;
	}
	db_end(s, st);
	if (rc < 0)
		return -1;
	*n = count;
	memcpy(head, now, SHA_LEN);
	return 0;
}

int chain_hash_at(struct store *s, int64_t seq, uint8_t hash[SHA_LEN], struct err *e)
{
	static const char sql[] = "SELECT hash FROM event WHERE seq=?1";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_int(seq)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && db_copy_blob(s, st, 0, hash, SHA_LEN, e) < 0)
		rc = -1;
	db_end(s, st);
	return rc;
}

int chain_head(struct store *s, int64_t *seq, uint8_t hash[SHA_LEN], struct err *e)
{
	static const char sql[] = "SELECT max(seq) FROM event";
	int64_t last = 0;

	if (db_get_int(s, sql, DB_NOARGS, &last, e) < 0)
		return -1;
	memset(hash, 0, SHA_LEN);
	if (last > 0 && chain_hash_at(s, last, hash, e) < 0)
		return -1;
	*seq = last;
	return 0;
}
