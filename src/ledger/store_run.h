/* Runs, inside of the ledger floor; what others call stands in store.h. */
#ifndef LEDGER_STORE_RUN_H
#define LEDGER_STORE_RUN_H

#include "ledger/db.h"

/* The columns that store_run_row() reads, of a run called r, from column 0. */
#define STORE_RUN_COLUMNS "r.id,r.seq,r.kind,r.state,r.period_from,r.cutoff,r.invoice_date,r.resting"
#define STORE_RUN_NCOLUMNS 8
#define STORE_RUN_TERMINAL "('CLOSED','CLOSED_EXC','ABORTED')"
int store_run_row(struct store *s, sqlite3_stmt *st, struct store_run *r, struct err *e);
/* The state as the ledger has it now. An unknown run: ERR_SOFTWARE. */
int store_run_now(struct store *s, const char *run, enum store_state *out, struct err *e);
/* True when the protocol leads a run of this kind from one state to the other. */
int store_run_edge(const char *kind, enum store_state from, enum store_state to);

#endif
