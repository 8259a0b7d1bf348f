#include "ledger/sums.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "ledger/db.h"

#define LINES_MOST ((size_t)128 * 1024)

/* A number that may be missing, and then is not compared. */
struct number { int64_t v; int there; };

struct run { char id[16]; int closed; struct number entries, billed_secs; int64_t n, secs; };

/* Lines of a document follow each other, by position. */
struct document { char no[32]; size_t run, first, lines; int voided, cancels; };
struct line { struct number billed_secs, entries; int64_t pos, secs, n, sum_secs, sum_billed_secs; };

struct sums {
	struct store *s;
	struct run *runs;
	struct document *documents; /* by number, as texts */
	struct line *lines;
	size_t nrun, crun, ndocument, cdocument, nline, cline;
	size_t *slot;               /* open addressing by number: place of the document + 1; a power of two */
	size_t nslot;
	int off;                    /* something does not hold, or is more than is held */
};

static size_t slot_of(const struct sums *x, const char *number)
{
	uint64_t h = 14695981039346656037u;
	size_t at;

	for (const char *p = number; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	for (at = (size_t)(h ^ h >> 32) & (x->nslot - 1); x->slot[at] != 0 && strcmp(x->documents[x->slot[at] - 1].no, number) != 0;)
		at = (at + 1) & (x->nslot - 1);
	return at;
}

static struct document *find_document(const struct sums *x, const char *number)
{
	size_t at = slot_of(x, number);

	return x->slot[at] == 0 ? NULL : &x->documents[x->slot[at] - 1];
}

static struct number number_of(struct sums *x, sqlite3_stmt *st, int col)
{
	const int type = sqlite3_column_type(st, col);

	x->off |= type != SQLITE_INTEGER && type != SQLITE_NULL;
	return (struct number){ sqlite3_column_int64(st, col), type == SQLITE_INTEGER };
}

static int differs(struct number kept, int64_t now)
{
	return kept.there && kept.v != now;
}

static int read_runs(struct sums *x, struct err *e)
{
	static const char sql[] = "SELECT id,kind='bill' AND state IN('CLOSED','CLOSED_EXC'),state IN('CLOSED','CLOSED_EXC'),json_extract(totals,'$.billed'),json_extract(totals,'$.billed_secs')"
		" FROM run";
	sqlite3_stmt *st = db_query(x->s, sql, DB_NOARGS, e);
	int rc = -1;

	while (st != NULL && (rc = db_step(x->s, st, e)) > 0) {
		struct run *r;

		rc = -1;
		if (buf_grow(&x->runs, &x->crun, x->nrun + 1, sizeof *x->runs) < 0) {
			err_nomem(e);
			break;
		}
		r = &x->runs[x->nrun++];
		*r = (struct run){ .closed = sqlite3_column_int(st, 2) };
		if (sqlite3_column_int(st, 1)) {
			r->entries = number_of(x, st, 3);
			r->billed_secs = number_of(x, st, 4);
		}
		if (db_copy(x->s, st, 0, r->id, sizeof r->id, e) < 0)
			break;
	}
	db_end(x->s, st);
	return rc;
}

static int add_document(struct sums *x, sqlite3_stmt *st, struct err *e)
{
	struct document *d;
	char run[16];

	if (buf_grow(&x->documents, &x->cdocument, x->ndocument + 1, sizeof *x->documents) < 0)
		return err_nomem(e);
	d = &x->documents[x->ndocument++];
	*d = (struct document){ .voided = sqlite3_column_int(st, 2), .cancels = sqlite3_column_int(st, 3) };
	if (db_copy(x->s, st, 0, d->no, sizeof d->no, e) < 0 || db_copy(x->s, st, 1, run, sizeof run, e) < 0)
		return -1;
	while (d->run < x->nrun && strcmp(x->runs[d->run].id, run) != 0)
		d->run++;
	x->off |= d->run == x->nrun;
	return 0;
}

static int read_documents(struct sums *x, struct err *e)
{
	static const char sql[] = "SELECT no,run,state='VOIDED',voids IS NOT NULL FROM invoice ORDER BY no";
	sqlite3_stmt *st = db_query(x->s, sql, DB_NOARGS, e);
	int rc = -1;

	while (st != NULL && (rc = db_step(x->s, st, e)) > 0 && x->ndocument < LINES_MOST)
		if (add_document(x, st, e) < 0) {
			rc = -1;
			break;
		}
	db_end(x->s, st);
	x->off |= rc > 0;
	if (rc < 0 || x->off)
		return rc < 0 ? -1 : 0;
	for (x->nslot = 16; x->nslot < 2 * x->ndocument;)
		x->nslot *= 2;
	x->slot = calloc(x->nslot, sizeof *x->slot);
	if (x->slot == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < x->ndocument; i++)
		x->slot[slot_of(x, x->documents[i].no)] = i + 1;
	return 0;
}

static int add_line(struct sums *x, sqlite3_stmt *st, struct err *e)
{
	struct document *d;
	char number[32];

	if (db_copy(x->s, st, 0, number, sizeof number, e) < 0)
		return -1;
	if (buf_grow(&x->lines, &x->cline, x->nline + 1, sizeof *x->lines) < 0)
		return err_nomem(e);
	d = find_document(x, number);
	if (d == NULL) {
		x->off = 1;
		return 0;
	}
	if (d->lines == 0)
		d->first = x->nline;
	d->lines++;
	x->lines[x->nline++] = (struct line){ .pos = sqlite3_column_int64(st, 1), .secs = sqlite3_column_int64(st, 2), .billed_secs = number_of(x, st, 3),
		.entries = number_of(x, st, 4) };
	return 0;
}

static int read_lines(struct sums *x, struct err *e)
{
	static const char sql[] = "SELECT invoice,pos,secs,json_extract(CAST(facts AS TEXT),'$.billed_secs'),json_extract(CAST(facts AS TEXT),'$.entries') FROM line ORDER BY invoice,pos";
	sqlite3_stmt *st = db_query(x->s, sql, DB_NOARGS, e);
	int rc = -1;

	while (st != NULL && (rc = db_step(x->s, st, e)) > 0 && x->nline < LINES_MOST && !x->off)
		if (add_line(x, st, e) < 0) {
			rc = -1;
			break;
		}
	db_end(x->s, st);
	x->off |= rc > 0;
	return rc < 0 ? -1 : 0;
}

/* Positions count from 1 without a gap, or nearly so. */
static struct line *find_line(const struct sums *x, const struct document *d, int64_t pos)
{
	size_t lo = 0, hi = d->lines;

	if (pos >= 1 && pos <= (int64_t)d->lines && x->lines[d->first + (size_t)pos - 1].pos == pos)
		return &x->lines[d->first + (size_t)pos - 1];
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;

		if (x->lines[d->first + mid].pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < d->lines && x->lines[d->first + lo].pos == pos ? &x->lines[d->first + lo] : NULL;
}

static int same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What cannot be looked up is a matter of references, which have a check of their own; here it is only not vouched for. */
static int add_claim(struct sums *x, sqlite3_stmt *st)
{
	const char *number = (const char *)sqlite3_column_text(st, 0), *state = (const char *)sqlite3_column_text(st, 4);
	const struct document *d = number == NULL ? NULL : find_document(x, number);
	struct line *l = d == NULL ? NULL : find_line(x, d, sqlite3_column_int64(st, 1));
	struct run *r;

	if (l == NULL || state == NULL)
		return 0;
	r = &x->runs[d->run];
	if (sqlite3_column_type(st, 7) != SQLITE_NULL && (!same((const char *)sqlite3_column_text(st, 5), (const char *)sqlite3_column_text(st, 7)) ||
	    !same(r->id, (const char *)sqlite3_column_text(st, 8)) || !same((const char *)sqlite3_column_text(st, 6), (const char *)sqlite3_column_text(st, 9))))
		return 0;
	if ((strcmp(state, "VOIDED") == 0) != d->voided || (r->closed && strcmp(state, "CLAIMED") == 0))
		return 0;
	r->n++;
	l->n++;
	return num_add(&r->secs, sqlite3_column_int64(st, 2)) == 0 && num_add(&l->sum_secs, sqlite3_column_int64(st, 2)) == 0 &&
	    num_add(&l->sum_billed_secs, sqlite3_column_int64(st, 3)) == 0;
}

static int read_claims(struct sums *x, struct err *e)
{
	static const char sql[] = "SELECT c.invoice,c.pos,c.secs,c.billed_secs,c.state,c.entry,c.date,p.entry,p.run,p.date FROM claim c LEFT JOIN snap p ON p.id=c.snap ORDER BY c.id";
	sqlite3_stmt *st = db_query(x->s, sql, DB_NOARGS, e);
	int rc = -1;

	while (st != NULL && (rc = db_step(x->s, st, e)) > 0 && !x->off)
		x->off = !add_claim(x, st);
	db_end(x->s, st);
	return rc < 0 ? -1 : 0;
}

static int compare(const struct sums *x)
{
	for (size_t i = 0; i < x->ndocument; i++)
		for (size_t k = 0; k < x->documents[i].lines && !x->documents[i].cancels; k++) {
			const struct line *l = &x->lines[x->documents[i].first + k];

			if (l->secs != l->sum_secs || differs(l->billed_secs, l->sum_billed_secs) || differs(l->entries, l->n))
				return 0;
		}
	for (size_t i = 0; i < x->nrun; i++)
		if (differs(x->runs[i].entries, x->runs[i].n) || differs(x->runs[i].billed_secs, x->runs[i].secs))
			return 0;
	return 1;
}

int sums_hold(struct store *s, struct err *e)
{
	struct sums x = { .s = s };
	int rc = -1;

	if (read_runs(&x, e) == 0 && read_documents(&x, e) == 0 && (x.off || read_lines(&x, e) == 0) && (x.off || read_claims(&x, e) == 0))
		rc = !x.off && compare(&x);
	free(x.runs);
	free(x.documents);
	free(x.lines);
	free(x.slot);
	return rc;
}
