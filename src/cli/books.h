/* The ledger's documents of a period against the accounting system's list. */
#ifndef CLI_BOOKS_H
#define CLI_BOOKS_H

#include "billing/reconcile.h"
#include "cli/app.h"
#include "cli/booksfile.h"

/* Adds each document and its row to r->book, and what is off to r->v. Texts belong to pool. */
int books_compare(struct app *a, const struct booksfile *b, struct pool *pool, struct reconcile_report *r, struct err *e);

#endif
