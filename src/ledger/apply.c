#include "ledger/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jdoc.h"
#include "base/jout.h"
#include "ledger/chain.h"
#include "ledger/db.h"
#include "ledger/hold.h"
#include "ledger/query.h"

#ifndef PSABILL_VERSION
#define PSABILL_VERSION "0"
#endif

#define COLUMNS "a.id,a.seq,a.state='OPEN',(SELECT count(*) FROM apply_item i WHERE i.apply=a.id)," \
	"(SELECT count(*) FROM apply_item i WHERE i.apply=a.id AND i.state NOT IN('PLANNED','SENT','CLAIMED','DONE')),a.file_sha,a.undoes"

static int put_item(struct store *s, const char *id, const struct applyplan_item *i, struct err *e)
{
	static const char sql[] = "INSERT INTO apply_item(apply,pos,line,action,entry,date,value,name,key,before,after,state)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)";
	const int local = applyplan_is_local(i->action);
	struct entry want;
	uint8_t key[SHA_LEN];
	struct pool *pool = NULL;
	char date[16];
	int rc = -1;

	if (i->action == APPLYPLAN_CREATE) {
		pool = pool_new();
		if (pool == NULL || (entry_read(i->value, strlen(i->value), pool, &want, e) == 0 && applyplan_key(&want, key) < 0)) {
			err_nomem(e);
			goto out;
		}
		if (e != NULL && e->code != ERR_OK)
			goto out;
	}
	if (db_do_one(s, sql, DB_ARGS(db_text(id), db_int(i->pos), db_int(i->line), db_text(applyplan_name(i->action)),
	    db_text(i->entry[0] != '\0' ? i->entry : NULL), db_date(date, i->date), db_text(i->value), db_text(i->name),
	    db_blob(i->action == APPLYPLAN_CREATE ? key : NULL, SHA_LEN), db_text(i->before), db_text(NULL),
	    db_text(applyplan_state_name(local ? APPLYPLAN_DONE : APPLYPLAN_PLANNED))), "item of an apply", e) < 0)
		goto out;
	if (i->action == APPLYPLAN_HOLD)
		rc = hold_put(s, i->entry, i->value, id, e);
	else
		rc = i->action == APPLYPLAN_RELEASE ? hold_release(s, i->entry, id, e) : 0;
out:
	pool_free(pool);
	return rc;
}

/* Over what was planned, item by item: so that the event proves it. A new entry has no id yet. */
static void digest_plan(struct sha *sha, const struct applyplan_item *i)
{
	const char *const part[] = { applyplan_name(i->action), i->action == APPLYPLAN_CREATE ? "" : i->entry, i->value, i->before };
	char pos[32];

	sha_add(sha, pos, (size_t)snprintf(pos, sizeof pos, "%d:%d", i->pos, i->line) + 1);
	for (size_t k = 0; k < sizeof part / sizeof *part; k++)
		sha_add(sha, part[k] != NULL ? part[k] : "", (part[k] != NULL ? strlen(part[k]) : 0) + 1);
}

static int append_open(struct store *s, const struct apply_run *r, const uint8_t items[SHA_LEN], struct err *e)
{
	char hex[SHA_HEX];
	struct buf b = BUF_INIT;
	struct jout j;
	int rc;

	jout_init(&j, &b, 0);
	jout_object(&j, NULL);
	jout_text(&j, "apply", r->id);
	jout_opt(&j, "undoes", r->undoes);
	jout_text(&j, "file_sha256", sha_hex(hex, r->file_sha));
	jout_int(&j, "items", r->items);
	jout_text(&j, "items_sha256", sha_hex(hex, items));
	jout_end_object(&j);
	rc = buf_ok(&b) ? chain_append(s, r->id, "apply:OPEN", buf_text(&b), e) : err_nomem(e);
	buf_free(&b);
	return rc;
}

static int put_run(struct store *s, struct apply_run *r, struct err *e)
{
	static const char next[] = "SELECT coalesce(max(seq),0)+1 FROM apply";
	static const char insert[] = "INSERT INTO apply(id,seq,state,file_sha,undoes,tool) VALUES(?1,?2,'OPEN',?3,?4,?5)";

	if (db_get_int(s, next, DB_NOARGS, &r->seq, e) < 0)
		return -1;
	snprintf(r->id, sizeof r->id, "A%04lld", (long long)r->seq);
	return db_do_one(s, insert, DB_ARGS(db_text(r->id), db_int(r->seq), db_blob(r->file_sha, SHA_LEN), db_text(r->undoes[0] != '\0' ? r->undoes : NULL),
	    db_text("psabill " PSABILL_VERSION)), "new apply", e);
}

int apply_new(struct store *s, const uint8_t file_sha[SHA_LEN], const char *undoes, const struct applyplan_item *v, size_t n, struct apply_run *out, struct err *e)
{
	struct apply_run r = { .open = 1, .items = (int64_t)n }, other;
	struct sha *sha = sha_new();
	uint8_t items[SHA_LEN];
	int rc = -1, open;

	if (sha == NULL)
		return err_nomem(e);
	memcpy(r.file_sha, file_sha, SHA_LEN);
	snprintf(r.undoes, sizeof r.undoes, "%s", undoes != NULL ? undoes : "");
	open = db_need_transaction(s, e) < 0 ? -1 : apply_unfinished(s, &other, e);
	if (open > 0)
		err_set(e, ERR_SOFTWARE, "apply %s is unfinished: no other can begin", other.id);
	if (open != 0 || put_run(s, &r, e) < 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (put_item(s, r.id, &v[i], e) < 0)
			goto out;
		digest_plan(sha, &v[i]);
	}
	sha_end(sha, items);
	if (append_open(s, &r, items, e) < 0)
		goto out;
	*out = r;
	rc = 0;
out:
	sha_free(sha);
	return rc;
}

static int read_run(struct store *s, sqlite3_stmt *st, struct apply_run *r, struct err *e)
{
	r->seq = sqlite3_column_int64(st, 1);
	r->open = sqlite3_column_int(st, 2);
	r->items = sqlite3_column_int64(st, 3);
	r->exceptions = sqlite3_column_int64(st, 4);
	return db_copy(s, st, 0, r->id, sizeof r->id, e) < 0 || db_copy_blob(s, st, 5, r->file_sha, SHA_LEN, e) < 0 ||
	    db_copy(s, st, 6, r->undoes, sizeof r->undoes, e) < 0 ? -1 : 0;
}

static int one_run(struct store *s, const char *sql, const struct db_arg *args, struct apply_run *out, struct err *e)
{
	sqlite3_stmt *st = db_query(s, sql, args, e);
	struct apply_run r;
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && read_run(s, st, &r, e) < 0)
		rc = -1;
	if (rc > 0)
		*out = r;
	db_end(s, st);
	return rc;
}

int apply_unfinished(struct store *s, struct apply_run *out, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM apply a WHERE a.state='OPEN'";

	return one_run(s, sql, DB_NOARGS, out, e);
}

int apply_find(struct store *s, const char *id, struct apply_run *out, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM apply a WHERE a.id=?1";

	return one_run(s, sql, DB_ARGS(db_text(id)), out, e);
}

static int read_item(struct store *s, sqlite3_stmt *st, struct pool *pool, struct applyplan_item *i, struct err *e)
{
	const char *action = (const char *)sqlite3_column_text(st, 2), *state = (const char *)sqlite3_column_text(st, 10);
	const char **const text[] = { &i->value, &i->name, &i->before, &i->after, &i->note, &i->seen };
	static const int col[] = { 5, 6, 7, 8, 9, 11 };

	i->pos = sqlite3_column_int(st, 0);
	i->line = sqlite3_column_int(st, 1);
	if (action == NULL || state == NULL || applyplan_parse(action, strlen(action), &i->action) < 0 || applyplan_state_parse(state, &i->state) < 0)
		return err_set(e, ERR_DATA, "ledger: item %d of an apply has no known action or state", i->pos);
	for (size_t k = 0; k < sizeof col / sizeof *col; k++)
		*text[k] = pool_dup(pool, (const char *)sqlite3_column_text(st, col[k]));
	if (db_copy(s, st, 3, i->entry, sizeof i->entry, e) < 0 || db_copy_date(s, st, 4, &i->date, e) < 0)
		return -1;
	return pool_failed(pool) ? err_nomem(e) : 0;
}

int apply_items(struct store *s, const char *id, struct pool *pool, struct applyplan_item **v, size_t *n, struct err *e)
{
	static const char sql[] = "SELECT pos,line,action,entry,date,value,name,before,after,note,state,seen FROM apply_item WHERE apply=?1 ORDER BY pos";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(id)), e);
	struct applyplan_item *list = NULL;
	size_t cap = 0, count = 0;
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0) {
		if (buf_grow(&list, &cap, count + 1, sizeof *list) < 0) {
			rc = err_nomem(e);
			break;
		}
		memset(&list[count], 0, sizeof *list);
		if (read_item(s, st, pool, &list[count++], e) < 0) {
			rc = -1;
			break;
		}
	}
	db_end(s, st);
	if (rc < 0) {
		free(list);
		return -1;
	}
	*v = list;
	*n = count;
	return 0;
}

int apply_move(struct store *s, const char *id, const struct applyplan_item *i, struct err *e)
{
	static const char sql[] = "UPDATE apply_item SET state=?3,entry=?4,after=?5,note=?6,seen=?7 WHERE apply=?1 AND pos=?2"
		" AND state IN('PLANNED','SENT','CLAIMED')";

	if (db_need_transaction(s, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(id), db_int(i->pos), db_text(applyplan_state_name(i->state)), db_text(i->entry[0] != '\0' ? i->entry : NULL),
	    db_text(i->after), db_text(i->note), db_text(i->seen)), "item of an apply", e);
}

/* Over what became of it. */
static void digest_outcome(struct sha *sha, const struct applyplan_item *i)
{
	const char *const part[] = { applyplan_state_name(i->state), i->entry, i->after };

	for (size_t k = 0; k < sizeof part / sizeof *part; k++)
		sha_add(sha, part[k] != NULL ? part[k] : "", (part[k] != NULL ? strlen(part[k]) : 0) + 1);
}

/* Number of items per state, and a digest over what each became. */
static int sum_up(struct store *s, const struct apply_run *r, struct jout *j, int64_t *exceptions, struct err *e)
{
	struct pool *pool = pool_new();
	struct sha *sha = sha_new();
	struct applyplan_item *v = NULL;
	int64_t count[APPLYPLAN_STATES] = { 0 };
	uint8_t d[SHA_LEN];
	char hex[SHA_HEX];
	size_t n = 0;
	int rc = -1;

	*exceptions = 0;
	if (pool == NULL || sha == NULL) {
		err_nomem(e);
		goto out;
	}
	if (apply_items(s, r->id, pool, &v, &n, e) < 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (!applyplan_is_final(v[i].state)) {
			err_set(e, ERR_SOFTWARE, "item %d of %s is still %s", v[i].pos, r->id, applyplan_state_name(v[i].state));
			goto out;
		}
		count[v[i].state]++;
		*exceptions += v[i].state != APPLYPLAN_DONE;
		digest_outcome(sha, &v[i]);
	}
	sha_end(sha, d);
	for (int k = 0; k < APPLYPLAN_STATES; k++)
		if (count[k] > 0)
			jout_int(j, applyplan_state_name((enum applyplan_state)k), count[k]);
	jout_text(j, "outcomes_sha256", sha_hex(hex, d));
	rc = 0;
out:
	free(v);
	sha_free(sha);
	pool_free(pool);
	return rc;
}

int apply_close(struct store *s, struct apply_run *r, struct err *e)
{
	static const char sql[] = "UPDATE apply SET state=?2 WHERE id=?1 AND state='OPEN'";
	struct buf b = BUF_INIT;
	struct jout j;
	int64_t exceptions = 0;
	int rc = -1;

	if (db_need_transaction(s, e) < 0)
		return -1;
	jout_init(&j, &b, 0);
	jout_object(&j, NULL);
	jout_text(&j, "apply", r->id);
	if (sum_up(s, r, &j, &exceptions, e) < 0)
		goto out;
	jout_end_object(&j);
	if (!buf_ok(&b)) {
		err_nomem(e);
		goto out;
	}
	if (db_do_one(s, sql, DB_ARGS(db_text(r->id), db_text(exceptions > 0 ? "CLOSED_EXC" : "CLOSED")), "apply", e) < 0 ||
	    chain_append(s, r->id, "apply:CLOSED", buf_text(&b), e) < 0)
		goto out;
	r->open = 0;
	r->exceptions = exceptions;
	rc = 0;
out:
	buf_free(&b);
	return rc;
}

int apply_created(struct store *s, const uint8_t key[SHA_LEN], char entry[37], char id[16], struct err *e)
{
	static const char sql[] = "SELECT c.entry,c.apply FROM apply_item c WHERE c.key=?1 AND c.state='DONE' AND NOT EXISTS"
		"(SELECT 1 FROM apply_item d WHERE d.entry=c.entry AND d.action='delete' AND d.state='DONE') ORDER BY c.apply DESC";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_blob(key, SHA_LEN)), e);
	int rc;

	if (st == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0 && (db_copy(s, st, 0, entry, 37, e) < 0 || db_copy(s, st, 1, id, 16, e) < 0))
		rc = -1;
	db_end(s, st);
	return rc;
}

int apply_made(struct store *s, const char *entry, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM apply_item WHERE entry=?1 AND action='create'";
	int64_t one;

	return db_get_int(s, sql, DB_ARGS(db_text(entry)), &one, e);
}

int apply_deleted(struct store *s, const char *entry, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM apply_item WHERE entry=?1 AND action='delete' AND state='DONE'";
	int64_t one;

	return db_get_int(s, sql, DB_ARGS(db_text(entry)), &one, e);
}

int apply_attempt_new(struct store *s, const char *id, const char *operation, int64_t ids, const uint8_t ids_sha[SHA_LEN], int64_t *attempt, struct err *e)
{
	static const char sql[] = "INSERT INTO apply_attempt(apply,operation,ids,ids_sha,state) VALUES(?1,?2,?3,?4,'SENT')";

	if (db_need_transaction(s, e) < 0 ||
	    db_do_one(s, sql, DB_ARGS(db_text(id), db_text(operation), db_int(ids), db_blob(ids_sha, SHA_LEN)), "attempt", e) < 0)
		return -1;
	*attempt = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int apply_attempt_done(struct store *s, int64_t attempt, const char *state, long http, const char *trace_id, struct err *e)
{
	static const char sql[] = "UPDATE apply_attempt SET state=?2,http=?3,trace_id=?4 WHERE id=?1 AND state='SENT'";

	return db_do_one(s, sql, DB_ARGS(db_int(attempt), db_text(state), db_int(http), db_text(trace_id)), "attempt", e);
}

/* A digest in the event of an apply, against the one of its rows. */
struct proof { const char *member; char hex[SHA_HEX]; int met, same; };

static int on_event(void *ctx, const char *body, struct err *e)
{
	struct proof *p = ctx;
	struct jdoc *d = jdoc_parse(body, strlen(body), e);
	const char *hex;

	if (d == NULL)
		return -1;
	hex = jdoc_get_text(jdoc_root(d), p->member);
	p->met = 1;
	p->same = hex != NULL && strcmp(hex, p->hex) == 0;
	jdoc_free(d);
	return 0;
}

/* 1 when the event of this kind is there and holds the digest of the items, 0, -1. */
static int is_proven(struct store *s, const char *id, const char *kind, const char *member, const struct applyplan_item *v, size_t n,
    void (*digest)(struct sha *sha, const struct applyplan_item *i), struct err *e)
{
	struct proof p = { .member = member };
	struct sha *sha = sha_new();
	uint8_t d[SHA_LEN];

	if (sha == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		digest(sha, &v[i]);
	sha_end(sha, d);
	sha_free(sha);
	sha_hex(p.hex, d);
	return query_events(s, id, kind, on_event, &p, e) < 0 ? -1 : p.met && p.same;
}

int apply_is_recorded(struct store *s, const struct apply_run *r, int *plan, int *outcome, struct err *e)
{
	struct pool *pool = pool_new();
	struct applyplan_item *v = NULL;
	int as_planned = -1, as_ended = -1;
	size_t n = 0;

	if (pool == NULL)
		err_nomem(e);
	else if (apply_items(s, r->id, pool, &v, &n, e) == 0) {
		as_planned = is_proven(s, r->id, "apply:OPEN", "items_sha256", v, n, digest_plan, e);
		as_ended = r->open || as_planned < 0 ? as_planned : is_proven(s, r->id, "apply:CLOSED", "outcomes_sha256", v, n, digest_outcome, e);
	}
	free(v);
	pool_free(pool);
	if (as_planned < 0 || as_ended < 0)
		return -1;
	*plan = as_planned;
	*outcome = r->open ? 1 : as_ended;
	return 0;
}

int apply_each(struct store *s, int (*each)(void *ctx, const struct apply_run *r, struct err *e), void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM apply a WHERE a.seq>?1 ORDER BY a.seq LIMIT 1";
	struct apply_run r = { .seq = 0 };
	int rc;

	while ((rc = one_run(s, sql, DB_ARGS(db_int(r.seq)), &r, e)) > 0)
		if (each(ctx, &r, e) < 0)
			return -1;
	return rc;
}
