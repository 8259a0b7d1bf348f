/* Corrections in bulk: what was asked for, as it was and as it became, intent before effect. Kept for good. */
#ifndef LEDGER_APPLY_H
#define LEDGER_APPLY_H

#include "base/pool.h"
#include "billing/applyplan.h"
#include "ledger/store.h"

struct apply_run {
	char id[16];             /* "A0007" */
	int64_t seq;
	int open;                /* not carried out to the end */
	int64_t items, exceptions;
	uint8_t file_sha[SHA_LEN];
	char undoes[16];         /* of an undo: which; else "" */
};

/* A new one with its items, in state PLANNED (local ones DONE), inside the caller's transaction, with its event. Fills *out. Another open one: ERR_SOFTWARE. */
int apply_new(struct store *s, const uint8_t file_sha[SHA_LEN], const char *undoes, const struct applyplan_item *v, size_t n, struct apply_run *out, struct err *e);
/* The open one: 1 found, 0 none, -1. */
int apply_unfinished(struct store *s, struct apply_run *out, struct err *e);
/* 1 found, 0 none, -1. */
int apply_find(struct store *s, const char *id, struct apply_run *out, struct err *e);
/* Its items by position. The array is owned by caller (free()), the texts belong to the pool. */
int apply_items(struct store *s, const char *id, struct pool *pool, struct applyplan_item **v, size_t *n, struct err *e);
/* Records where an item stands (state, entry, after, note, seen), inside the caller's transaction. From a final state nothing leads on: ERR_SOFTWARE. */
int apply_move(struct store *s, const char *id, const struct applyplan_item *i, struct err *e);
/* Closes it inside the caller's transaction, with the event: every item must be final. */
int apply_close(struct store *s, struct apply_run *r, struct err *e);
/* Each one, in order. */
int apply_each(struct store *s, int (*each)(void *ctx, const struct apply_run *r, struct err *e), void *ctx, struct err *e);
/* Whether its rows are what its events in the chain recorded: *plan what was asked for, *outcome what became of it (1 while it is open). 0, or -1. */
int apply_is_recorded(struct store *s, const struct apply_run *r, int *plan, int *outcome, struct err *e);
/* What was made from an equal row before and not deleted by an apply since: 1 found, 0 none, -1. */
int apply_created(struct store *s, const uint8_t key[SHA_LEN], char entry[37], char id[16], struct err *e);
/* 1 when an apply made this entry, 0, -1. */
int apply_made(struct store *s, const char *entry, struct err *e);

/* 1 when an apply deleted this entry, 0, -1. */
int apply_deleted(struct store *s, const char *entry, struct err *e);

/* Attempts: the row precedes the request. trace_id may be NULL. */
int apply_attempt_new(struct store *s, const char *id, const char *operation, int64_t ids, const uint8_t ids_sha[SHA_LEN], int64_t *attempt, struct err *e);
int apply_attempt_done(struct store *s, int64_t attempt, const char *state, long http, const char *trace_id, struct err *e);

#endif
