/* Inside of the ledger floor: an entry's row in a snapshot, from a statement or from the bytes it was packed into. */
#ifndef LEDGER_SNAP_ROW_H
#define LEDGER_SNAP_ROW_H

#include "base/num.h"
#include "billing/entry.h"
#include "ledger/db.h"

/* Of snap p, in the order in which snap_row_get() reads them. */
#define SNAP_ROW "p.raw,p.secs,p.date,p.updated_on,p.res_ver,p.names"

/* The order of numbers in snap.names. */
enum { SNAP_COMPANY, SNAP_PROJECT, SNAP_TASK, SNAP_USER, SNAP_WORK, SNAP_UPDATED_BY, SNAP_NAMES };

/* As it lies: raw has the id and what stands in no column, texts have no end. A row from before version 5 has everything in raw (whole). */
struct snap_row_bare {
	const char *raw, *updated_on, *res_ver;
	uint32_t nraw, nupdated_on, nres_ver;
	date_t date;
	int64_t secs, names[SNAP_NAMES];
	uint8_t whole, has_secs;
};

/* Reads the columns from `col` on; texts are borrowed from the row. 1, 0 when the snapshot was purged or there is none, -1. */
int snap_row_get(struct store *s, sqlite3_stmt *st, int col, struct snap_row_bare *out, struct err *e);

/* Appends it as bytes for this process only; what is read back borrows from them. `at` needs no alignment. */
void snap_row_pack(const struct snap_row_bare *x, struct buf *out);
void snap_row_unpack(const void *at, struct snap_row_bare *out);

/* The entry; texts go to the pool. ERR_DATA. */
int snap_row_entry(struct store *s, const struct snap_row_bare *x, struct pool *pool, struct entry *out, struct err *e);

/* What a row keeps of the entry: its raw, appended, and snap.names, inside the caller's transaction. */
#define SNAP_NAMES_TEXT (SNAP_NAMES * 21 + NUM_MAX)
int snap_row_put(struct store *s, const struct entry *x, struct buf *raw, char names[SNAP_NAMES_TEXT], struct err *e);

#endif
