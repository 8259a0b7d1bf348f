/* Claims of a run in rows, inside of the ledger floor; what others call stands in claim.h. */
#ifndef LEDGER_CLAIM_LIST_H
#define LEDGER_CLAIM_LIST_H

#include "ledger/claim.h"
#include "ledger/db.h"

/* A column that names a state. ERR_DATA. */
int claim_state_column(struct store *s, sqlite3_stmt *st, int col, enum claim_state *out, struct err *e);

/* Where the claims of a run stand: n of them between two rows, among those of other runs at most a few. They are read in the order of rows, not by their documents, whose claims stand all over. */
struct claim_list_span { int64_t first, last, n; };
int claim_list_span(struct store *s, const char *run, struct claim_list_span *out, struct err *e);
/* What was found by claim_list_span() is remembered, where nobody else writes; whoever makes claims or deletes them, or may have undone that, tells. */
void claim_list_changed(struct store *s);
/* Behind "SELECT ... FROM claim c ": those of run ?1 in the span ?2 to ?3, which is what they are sorted by. */
#define CLAIM_LIST_WHERE "WHERE c.id BETWEEN ?2 AND ?3 AND +c.invoice IN (SELECT no FROM invoice WHERE run=?1)"
#define CLAIM_LIST_ORDER " ORDER BY c.id"
#define CLAIM_LIST_OF_RUN CLAIM_LIST_WHERE CLAIM_LIST_ORDER
/* As claim_list(), of entries dated from one day to another, both included; from DATE_NONE: of those without a date. They stand in that span. */
int claim_list_between(struct store *s, const char *run, unsigned states, const struct claim_list_span *span, date_t from, date_t to, struct claim_brief **v, size_t *n, struct err *e);

#endif
