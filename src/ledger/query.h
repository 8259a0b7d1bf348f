/* Reading the ledger: runs, documents, entries. Everything passed to a callback is borrowed during the call. */
#ifndef LEDGER_QUERY_H
#define LEDGER_QUERY_H

#include "billing/invoice.h"
#include "ledger/store.h"

struct query_run { struct store_run run; int64_t invoices, entries, secs; int64_t exceptions; };
/* Newest first, with their claims counted: store_run_each() is cheaper. */
int query_runs(struct store *s, int (*each)(void *ctx, const struct query_run *r, struct err *e), void *ctx, struct err *e);
/* 1 found, 0 not, -1. */
int query_run(struct store *s, const char *id, struct query_run *out, struct err *e);

struct query_invoice { char state[12]; char run[16]; };
/* Invoices with lines, by series and n; of one run, one number, or all (NULL). */
int query_invoices(struct store *s, const char *run, const char *number,
    int (*each)(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e), void *ctx, struct err *e);
/* One document of a run, with its lines; all of it belongs to pool. 1 found, 0 not, -1. */
int query_document(struct store *s, const char *run, const char *number, struct pool *pool, struct invoice *out, struct err *e);
/* As query_invoices() of one run or all (NULL), without the lines, which are most of the reading. */
int query_heads(struct store *s, const char *run, int (*each)(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e), void *ctx, struct err *e);
/* The run whose document bears a number: 1 found (run is filled), 0 not, -1. */
int query_run_of(struct store *s, const char *number, char run[16], struct err *e);
/* A document's state ("ISSUED", "VOIDING", …): 1 found, 0 none, -1. */
int query_state_of(struct store *s, const char *number, char state[12], struct err *e);
/* The document that cancels a number: 1 found, 0 none, -1. */
int query_cancelled_by(struct store *s, const char *number, char by[32], struct err *e);
/* Number series by name: the first value given and the next one to give. */
int query_series(struct store *s, int (*each)(void *ctx, const char *name, int64_t first, int64_t next, struct err *e), void *ctx, struct err *e);
/* Entries on documents by number (series and n), line, date, id, voided ones included; of one run and/or one number (NULL: any). */
int query_entries(struct store *s, const char *run, const char *number,
    int (*each)(void *ctx, const struct invoice_entry *x, struct err *e), void *ctx, struct err *e);
/* While query_entries() reads, turn() is called for every row, for work that goes on beside it; it may read the ledger, but not by query_entries(). NULL ends that. */
void query_entries_beside(struct store *s, int (*turn)(void *ctx, struct err *e), void *ctx);
/* Numbers of documents by series and n; of one run and/or one number (NULL: any). has_seconds: a time of its entries (of what it cancels, when it is a cancellation), tracked or billed, is not in
 * whole minutes. */
int query_numbers(struct store *s, const char *run, const char *number, int (*each)(void *ctx, const char *number, int has_seconds, struct err *e), void *ctx, struct err *e);
/* Files by name. */
int query_files(struct store *s, const char *run, int (*each)(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e), void *ctx, struct err *e);
/* Claims of a run that are an exception, by document, line, id: entry, invoice, state name, seconds when claimed and now (NULL both when no difference was
 * recorded). */
int query_exceptions(struct store *s, const char *run,
    int (*each)(void *ctx, const char *entry, const char *invoice, const char *state, const char *old, const char *now, struct err *e), void *ctx, struct err *e);
/* Events of a kind of a run (bodies), oldest first. run NULL: those of no run. */
int query_events(struct store *s, const char *run, const char *kind, int (*each)(void *ctx, const char *body, struct err *e), void *ctx, struct err *e);

#endif
