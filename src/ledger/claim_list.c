#include "ledger/claim_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int claim_list_span(struct store *s, const char *run, struct claim_list_span *out, struct err *e)
{
	/* Read from the index by document alone. */
	static const char sql[] = "SELECT coalesce(min(c.id),0),coalesce(max(c.id),-1),count(*) FROM invoice i CROSS JOIN claim c ON c.invoice=i.no WHERE i.run=?1";
	sqlite3_stmt *st;
	int rc;

	if (s->span.run[0] != '\0' && strcmp(s->span.run, run) == 0) {
		*out = (struct claim_list_span){ s->span.first, s->span.last, s->span.n };
		return 0;
	}
	if ((st = db_query(s, sql, DB_ARGS(db_text(run)), e)) == NULL)
		return -1;
	rc = db_step(s, st, e);
	if (rc > 0)
		*out = (struct claim_list_span){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2) };
	db_end(s, st);
	if (rc > 0 && s->mode == STORE_WRITE && strlen(run) < sizeof s->span.run) {
		strcpy(s->span.run, run);
		s->span.first = out->first;
		s->span.last = out->last;
		s->span.n = out->n;
	}
	return rc < 0 ? -1 : 0;
}

void claim_list_changed(struct store *s)
{
	s->span.run[0] = '\0';
}

/* Those without a date at the end. */
static int by_date(const void *a, const void *b)
{
	const struct claim_brief *x = a, *y = b;

	if (x->key.date != y->key.date)
		return x->key.date == DATE_NONE ? 1 : y->key.date == DATE_NONE ? -1 : x->key.date < y->key.date ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int read_brief(struct store *s, sqlite3_stmt *st, struct claim_brief *c, struct err *e)
{
	enum claim_state state;
	uint8_t fp[SHA_LEN];
	char entry[37];
	date_t date;

	if (db_copy(s, st, 0, entry, sizeof entry, e) < 0 || db_copy_date(s, st, 1, &date, e) < 0 || db_copy_blob(s, st, 2, fp, SHA_LEN, e) < 0 ||
	    claim_state_column(s, st, 3, &state, e) < 0)
		return -1;
	*c = (struct claim_brief){ .state = (uint8_t)state, .id = sqlite3_column_int64(st, 4) };
	memcpy(c->fp, fp, CLAIM_FP);
	return entry_key_of(&c->key, entry, date, e);
}

/* Takes st; room is how many are expected. */
static int read_list(struct store *s, sqlite3_stmt *st, unsigned states, size_t room, struct claim_brief **v, size_t *n, struct err *e)
{
	struct claim_brief *list = NULL;
	size_t cap = room, count = 0;
	int rc = -1, ordered = 1;

	/* No more than is expected: buf_grow() would make room for nearly twice as many. */
	if (st == NULL || (list = calloc(room, sizeof *list)) == NULL) {
		db_end(s, st);
		return st == NULL ? -1 : err_nomem(e);
	}
	while ((rc = db_step(s, st, e)) > 0) {
		if (buf_grow(&list, &cap, count + 1, sizeof *list) < 0) {
			rc = err_nomem(e);
			break;
		}
		if (read_brief(s, st, &list[count], e) < 0) {
			rc = -1;
			break;
		}
		if (states != 0 && (states & 1u << list[count].state) == 0)
			continue;
		ordered &= count == 0 || by_date(&list[count - 1], &list[count]) < 0;
		count++;
	}
	db_end(s, st);
	if (rc < 0) {
		free(list);
		return -1;
	}
	if (!ordered)
		qsort(list, count, sizeof *list, by_date);
	*v = list;
	*n = count;
	return 0;
}

#define COLUMNS "SELECT c.entry,c.date,c.fp,c.state,c.id FROM claim c "

int claim_list(struct store *s, const char *run, unsigned states, struct claim_brief **v, size_t *n, struct err *e)
{
	static const char sql[] = COLUMNS CLAIM_LIST_OF_RUN;
	struct claim_list_span span;

	if (claim_list_span(s, run, &span, e) < 0)
		return -1;
	return read_list(s, db_query(s, sql, DB_ARGS(db_text(run), db_int(span.first), db_int(span.last)), e), states, states == 0 ? (size_t)span.n + 1 : 1, v, n, e);
}

int claim_list_between(struct store *s, const char *run, unsigned states, const struct claim_list_span *span, date_t from, date_t to, struct claim_brief **v, size_t *n, struct err *e)
{
	static const char dated[] = COLUMNS CLAIM_LIST_WHERE " AND c.date BETWEEN ?4 AND ?5" CLAIM_LIST_ORDER, undated[] = COLUMNS CLAIM_LIST_WHERE " AND c.date IS NULL" CLAIM_LIST_ORDER;
	const struct db_arg of = db_text(run), first = db_int(span->first), last = db_int(span->last);
	char a[16], b[16];

	return read_list(s, from == DATE_NONE ? db_query(s, undated, DB_ARGS(of, first, last), e)
	    : db_query(s, dated, DB_ARGS(of, first, last, db_date(a, from), db_date(b, to)), e), states, (size_t)span->n, v, n, e);
}

int claim_list_invoice(struct store *s, const char *number, unsigned states, struct claim_brief **v, size_t *n, struct err *e)
{
	static const char sql[] = COLUMNS "WHERE c.invoice=?1";

	return read_list(s, db_query(s, sql, DB_ARGS(db_text(number)), e), states, 1, v, n, e);
}
