/* Entries in the order of documents: those of one document as they stand, those of a run sorted, for they and their snapshots are stored in the order of reading. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sorter.h"
#include "base/text.h"
#include "billing/facts.h"
#include "ledger/claim_list.h"
#include "ledger/query.h"
#include "ledger/ranks.h"
#include "ledger/snap_row.h"

#define ROWS_PER_RESET 1024

void query_entries_beside(struct store *s, int (*turn)(void *ctx, struct err *e), void *ctx)
{
	s->beside = turn;
	s->beside_ctx = ctx;
}

static int go_beside(struct store *s, struct err *e)
{
	return s->beside != NULL ? s->beside(s->beside_ctx, e) : 0;
}

/* What the entries of one line share, read once per line. */
struct line_now {
	char invoice[32];
	int pos;
	int64_t price_e4;
	date_t period_from; /* entries from before it are late */
	char currency[8];
	struct pool *pool;
};

static int enter_line(struct store *s, struct line_now *now, const char *number, int pos, struct err *e)
{
	static const char sql[] = "SELECT l.facts,i.currency,r.period_from FROM line l JOIN invoice i ON i.no=l.invoice"
		" JOIN run r ON r.id=i.run WHERE l.invoice=?1 AND l.pos=?2";
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(number), db_int(pos)), e);
	struct invoice_line l;
	int rc;

	if (st == NULL)
		return -1;
	pool_reset(now->pool);
	rc = db_step(s, st, e);
	if (rc == 0)
		rc = err_set(e, ERR_DATA, "ledger: line %d of %s is missing", pos, number);
	else if (rc > 0)
		rc = facts_read_line(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), now->pool, &l, e);
	if (rc == 0)
		rc = db_copy(s, st, 1, now->currency, sizeof now->currency, e) < 0 ? -1 : db_copy_date(s, st, 2, &now->period_from, e);
	db_end(s, st);
	if (rc < 0)
		return err_ctx(e, "line %d of %s", pos, number);
	snprintf(now->invoice, sizeof now->invoice, "%s", number);
	now->pos = pos;
	now->price_e4 = l.price_e4;
	return 0;
}

/* Who is told, and what lasts from one entry to the next. */
struct telling {
	struct store *s;
	struct line_now now;
	struct pool *pool;
	int64_t rows;
	int (*each)(void *ctx, const struct invoice_entry *x, struct err *e);
	void *ctx;
};

static int tell(struct telling *t, const char *number, int pos, const uint8_t id[16], int64_t billed_secs, const struct snap_row_bare *row, struct err *e)
{
	struct line_now *now = &t->now;
	uint8_t packed[16];
	struct invoice_entry x;
	char text[37];

	if (++t->rows % ROWS_PER_RESET == 0)
		pool_reset(t->pool);
	if (go_beside(t->s, e) < 0)
		return -1;
	if ((pos != now->pos || strcmp(number, now->invoice) != 0) && enter_line(t->s, now, number, pos, e) < 0)
		return -1;
	if (row == NULL)
		return err_set(e, ERR_DATA, "ledger: the snapshot of entry %s on %s is missing or was purged", text_uuid_unpack(text, id), number);
	if (snap_row_entry(t->s, row, t->pool, &x.entry, e) < 0)
		return err_ctx(e, "ledger: entry %s on %s", text_uuid_unpack(text, id), number);
	if (text_uuid_pack(packed, x.entry.id) < 0 || memcmp(packed, id, sizeof packed) != 0)
		return err_set(e, ERR_DATA, "ledger: the claim on entry %s refers to the snapshot of %s", text_uuid_unpack(text, id), x.entry.id);
	x.invoice = now->invoice;
	x.pos = pos;
	x.billed_secs = billed_secs;
	x.price_e4 = now->price_e4;
	x.currency = now->currency;
	x.late = x.entry.date < now->period_from;
	return t->each(t->ctx, &x, e) < 0 ? -1 : 0;
}

static int read_id(struct store *s, sqlite3_stmt *st, int col, uint8_t id[16], struct err *e)
{
	char text[37];

	if (db_copy(s, st, col, text, sizeof text, e) < 0)
		return -1;
	return text_uuid_pack(id, text) < 0 ? err_set(e, ERR_DATA, "ledger: '%s' is no id of an entry", text) : 0;
}

/* ---- as they stand ---- */

static int tell_row(struct telling *t, sqlite3_stmt *st, struct err *e)
{
	struct snap_row_bare row;
	uint8_t id[16];
	char number[32];
	int there = snap_row_get(t->s, st, 4, &row, e);

	if (there < 0 || db_copy(t->s, st, 0, number, sizeof number, e) < 0 || read_id(t->s, st, 2, id, e) < 0)
		return -1;
	return tell(t, number, sqlite3_column_int(st, 1), id, sqlite3_column_int64(st, 3), there ? &row : NULL, e);
}

#define STANDING "SELECT i.no,c.pos,c.entry,c.billed_secs," SNAP_ROW " FROM invoice i CROSS JOIN claim c ON c.invoice=i.no LEFT JOIN snap p ON p.id=c.snap "
#define IN_ORDER "ORDER BY i.series,i.n,c.pos,c.date,c.entry"

/* Invoices come in the order of an index and lines in the order of another, so SQLite sorts the entries of one line at a time. */
static int tell_standing(struct telling *t, const char *run, const char *number, struct err *e)
{
	static const char all[] = STANDING IN_ORDER, one[] = STANDING "WHERE i.no=?2 AND (?1 IS NULL OR i.run=?1) " IN_ORDER;
	sqlite3_stmt *st = number == NULL ? db_query(t->s, all, DB_NOARGS, e) : db_query(t->s, one, DB_ARGS(db_text(run), db_text(number)), e);
	int rc = -1;

	while (st != NULL && (rc = db_step(t->s, st, e)) > 0)
		if (tell_row(t, st, e) < 0) {
			rc = -1;
			break;
		}
	db_end(t->s, st);
	return rc;
}

/* ---- sorted ---- */

/* A record of the sorter; the snapshot follows, packed. Its key is place, line, date, id. */
struct record { int64_t billed_secs; int32_t pos; uint32_t place; uint8_t id[16]; uint8_t has_snap; };
#define KEY (4 + 8 + 8 + 16)

static int add_row(struct store *s, sqlite3_stmt *st, const struct ranks *ranks, struct sorter *sorter, struct buf *b, struct err *e)
{
	const struct ranks_document *of;
	char number[32];
	struct snap_row_bare row;
	struct record x;
	uint8_t key[KEY];
	date_t date;
	int there;

	if (db_copy(s, st, 0, number, sizeof number, e) < 0)
		return -1;
	of = ranks_find(ranks, number);
	/* Of another run, whose rows lie between. */
	if (of == NULL)
		return 0;
	memset(&x, 0, sizeof x); /* its padding goes to a file, too */
	x.billed_secs = sqlite3_column_int64(st, 3);
	x.pos = sqlite3_column_int(st, 1);
	x.place = of->place;
	if ((there = snap_row_get(s, st, 5, &row, e)) < 0 || read_id(s, st, 2, x.id, e) < 0 || db_copy_date(s, st, 4, &date, e) < 0)
		return -1;
	for (int i = 0; i < 4; i++)
		key[i] = (uint8_t)(x.place >> (24 - 8 * i));
	sorter_key_int(key + 4, x.pos);
	sorter_key_int(key + 12, date);
	memcpy(key + 20, x.id, sizeof x.id);
	x.has_snap = there != 0;
	buf_reset(b);
	buf_add(b, &x, sizeof x);
	if (there)
		snap_row_pack(&row, b);
	return buf_ok(b) ? sorter_add(sorter, key, sizeof key, b->p, b->n, e) : err_nomem(e);
}

/* Claims and their snapshots side by side, both in the order of rows. */
static int add_rows(struct store *s, const char *run, const struct ranks *ranks, struct sorter *sorter, struct err *e)
{
	static const char sql[] = "SELECT c.invoice,c.pos,c.entry,c.billed_secs,c.date," SNAP_ROW " FROM claim c LEFT JOIN snap p ON p.id=c.snap WHERE c.id BETWEEN ?1 AND ?2 ORDER BY c.id";
	struct claim_list_span span;
	struct buf b = BUF_INIT;
	sqlite3_stmt *st;
	int rc = -1;

	if (claim_list_span(s, run, &span, e) < 0)
		return -1;
	st = db_query(s, sql, DB_ARGS(db_int(span.first), db_int(span.last)), e);
	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (add_row(s, st, ranks, sorter, &b, e) < 0 || go_beside(s, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	buf_free(&b);
	return rc;
}

static int tell_records(struct telling *t, const struct ranks *ranks, struct sorter *sorter, struct err *e)
{
	struct sorter_record r;
	int rc = sorter_sort(sorter, e);

	while (rc == 0 && (rc = sorter_next(sorter, &r, e)) > 0) {
		const struct record *x = r.payload;
		struct snap_row_bare row;

		if (x->has_snap)
			snap_row_unpack(x + 1, &row);
		rc = tell(t, ranks->v[ranks->at[x->place]].no, x->pos, x->id, x->billed_secs, x->has_snap ? &row : NULL, e);
	}
	return rc;
}

static int tell_sorted(struct telling *t, const char *run, struct err *e)
{
	struct ranks ranks = { .n = 0 };
	struct sorter *sorter = ranks_sorter(t->s, e);
	int rc = -1;

	if (sorter != NULL && ranks_read(t->s, run, &ranks, e) == 0 && add_rows(t->s, run, &ranks, sorter, e) == 0)
		rc = tell_records(t, &ranks, sorter, e);
	sorter_free(sorter);
	ranks_free(&ranks);
	return rc;
}

int query_entries(struct store *s, const char *run, const char *number,
    int (*each)(void *ctx, const struct invoice_entry *x, struct err *e), void *ctx, struct err *e)
{
	struct telling t = { .s = s, .now = { .pos = -1, .pool = pool_new() }, .pool = pool_new(), .each = each, .ctx = ctx };
	int rc = -1;

	if (t.pool == NULL || t.now.pool == NULL)
		err_nomem(e);
	else
		rc = run != NULL && number == NULL ? tell_sorted(&t, run, e) : tell_standing(&t, run, number, e);
	pool_free(t.pool);
	pool_free(t.now.pool);
	return rc;
}
