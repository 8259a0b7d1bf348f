#include "ledger/names.h"

#include <stdlib.h>
#include <string.h>

#define SETS 4096 /* a power of two */
#define WAYS 4

struct pair { int64_t number; uint64_t hash; size_t nid; char text[]; /* id and name, each with its end */ };

/* Where pairs were found last, by what they say and by their numbers: others that belong there take their places, so that memory is bounded. */
struct names { struct pair *said[SETS][WAYS], *numbered[SETS * WAYS]; };

static struct names *memory_of(struct store *s, struct err *e)
{
	if (s->names == NULL && (s->names = calloc(1, sizeof *s->names)) == NULL)
		err_nomem(e);
	return s->names;
}

void names_forget(struct store *s)
{
	if (s->names == NULL)
		return;
	for (size_t i = 0; i < SETS * WAYS; i++) {
		free(s->names->said[i / WAYS][i % WAYS]);
		free(s->names->numbered[i]);
	}
	free(s->names);
	s->names = NULL;
}

static uint64_t add_hash(uint64_t h, const char *s, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, s, n < sizeof v ? n : sizeof v);
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* Ids are random from their first digits on, so these and the beginning of the name tell nearly all pairs apart. */
static uint64_t hash_of(const char *id, size_t nid, const char *name, size_t nname)
{
	const size_t more = nid > 8 ? 8 : nid;

	return add_hash(add_hash(add_hash(nid ^ nname << 32, id, nid), id + more, nid - more), name, nname);
}

static void keep(struct pair **slot, int64_t number, uint64_t hash, const char *id, size_t nid, const char *name, size_t nname)
{
	struct pair *p = malloc(sizeof *p + nid + nname + 2);

	/* Without memory it is looked up again. */
	if (p == NULL)
		return;
	*p = (struct pair){ .number = number, .hash = hash, .nid = nid };
	memcpy(p->text, id, nid + 1);
	memcpy(p->text + nid + 1, name, nname + 1);
	free(*slot);
	*slot = p;
}

static int find_or_make(struct store *s, const char *id, const char *name, int64_t *number, struct err *e)
{
	static const char find[] = "SELECT number FROM name WHERE id=?1 AND name=?2", make[] = "INSERT INTO name(id,name) VALUES(?1,?2)";
	const struct db_arg *args = DB_ARGS(db_text(id), db_text(name));
	int rc = db_get_int(s, find, args, number, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (db_do_one(s, make, args, "name", e) < 0)
		return -1;
	*number = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static int says(const struct pair *p, uint64_t hash, const char *id, size_t nid, const char *name)
{
	return p != NULL && p->hash == hash && p->nid == nid && memcmp(p->text, id, nid + 1) == 0 && strcmp(p->text + nid + 1, name) == 0;
}

int names_put(struct store *s, const char *id, const char *name, int64_t *number, struct err *e)
{
	const size_t nid = id != NULL ? strlen(id) : 0, nname = name != NULL ? strlen(name) : 0;
	struct names *m;
	struct pair **set;
	uint64_t hash;

	*number = 0;
	if (nid == 0 && nname == 0)
		return 0;
	if ((m = memory_of(s, e)) == NULL)
		return -1;
	id = nid > 0 ? id : "";
	name = nname > 0 ? name : "";
	hash = hash_of(id, nid, name, nname);
	set = m->said[hash & (SETS - 1)];
	for (int i = 0; i < WAYS; i++)
		if (says(set[i], hash, id, nid, name)) {
			*number = set[i]->number;
			return 0;
		}
	if (find_or_make(s, id, name, number, e) < 0)
		return -1;
	keep(&set[*number % WAYS], *number, hash, id, nid, name, nname);
	return 0;
}

static int give(struct pool *pool, const char *id, const char *name, const char **pid, const char **pname, struct err *e)
{
	*pid = *id != '\0' ? pool_intern(pool, id) : NULL;
	*pname = *name != '\0' ? pool_intern(pool, name) : NULL;
	return pool_failed(pool) ? err_nomem(e) : 0;
}

int names_get(struct store *s, int64_t number, struct pool *pool, const char **id, const char **name, struct err *e)
{
	static const char sql[] = "SELECT id,name FROM name WHERE number=?1";
	struct names *m;
	struct pair **slot;
	sqlite3_stmt *st;
	int rc;

	if (number == 0)
		return give(pool, "", "", id, name, e);
	if ((m = memory_of(s, e)) == NULL)
		return -1;
	slot = &m->numbered[(uint64_t)number % (SETS * WAYS)];
	if (*slot != NULL && (*slot)->number == number)
		return give(pool, (*slot)->text, (*slot)->text + (*slot)->nid + 1, id, name, e);
	st = db_query(s, sql, DB_ARGS(db_int(number)), e);
	rc = st == NULL ? -1 : db_step(s, st, e);
	if (rc == 0)
		rc = err_set(e, ERR_DATA, "ledger: name %lld of a snapshot is missing", (long long)number);
	if (rc > 0) {
		/* A name that is NULL was purged. */
		const char *a = (const char *)sqlite3_column_text(st, 0), *b = sqlite3_column_type(st, 1) == SQLITE_NULL ? "" : (const char *)sqlite3_column_text(st, 1);

		if (a == NULL || b == NULL) {
			rc = err_nomem(e);
		} else {
			keep(slot, number, 0, a, strlen(a), b, strlen(b));
			rc = give(pool, a, b, id, name, e);
		}
	}
	db_end(s, st);
	return rc;
}
