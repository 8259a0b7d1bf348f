/* Corrections in bulk: what reading, planning, sending and telling hand on to each other. */
#ifndef CLI_APPLY_H
#define CLI_APPLY_H

#include "billing/applyplan.h"
#include "billing/applyrow.h"
#include "billing/worth.h"
#include "cli/run.h"

#define APPLY_CURRENCIES 16

/* An entry that the table names, as awork shows it now. */
struct apply_known {
	char id[37];
	date_t date;             /* where the table says that it is */
	int found;
	struct entry now;        /* texts belong to the pool */
};

/* Worth before and after, per currency. */
struct apply_sum { const char *currency; int64_t before_minor, after_minor; };

struct applying {
	struct app *a;
	struct run r;            /* rules for pricing; transactions */
	struct pool *pool;
	const char *file;        /* as told, or the undone apply */
	uint8_t file_sha[SHA_LEN];
	struct applyrow *rows;
	size_t nrows, cap_rows;
	struct apply_known *known; /* by id */
	size_t nknown;
	struct applyplan_item *v;  /* planned changes: by entry, action; new entries behind */
	size_t n, cap;
	int64_t already;         /* rows that ask for what is */
	int64_t secs_before, secs_after; /* billable and unbilled, of the entries named */
	struct apply_sum sums[APPLY_CURRENCIES];
	size_t nsums;
	struct diag diag;        /* why the whole table is refused */
	struct diag notes;       /* what an undo cannot take back */
	struct apply_run row;
	const char *fallback[4]; /* older forms that stood in for a batch operation */
	size_t nfallback;
};

/* applyread.c: the table's rows. ERR_NOINPUT, ERR_IO. */
int applyread_file(struct applying *w, struct err *e);
/* applyresolve.c: reads the entries that the rows name, and turns rows into items: names become ids. */
int applyresolve_rows(struct applying *w, struct err *e);
/* Reads the entries of known[] as awork shows them now. */
int applyresolve_known(struct applying *w, struct err *e);
/* The known entry, or NULL. */
struct apply_known *applyresolve_find(const struct applying *w, const char *id);
/* applyundo.c: the items that take a finished apply back. */
int applyundo_items(struct applying *w, const char *id, struct err *e);
/* applycheck.c: contradictions, what is forbidden, what is done already; worth before and after. Everything wrong goes to w->diag. */
int applycheck_plan(struct applying *w, struct err *e);

/* applyfinish.c: carries an open apply (w->row) out to its end and closes it. */
int applyfinish_run(struct applying *w, struct err *e);
/* The same for what an earlier process left open; awork's refusal keeps nobody from billing. */
int applyfinish_settle(struct run *r, struct err *e);
/* Closes an open apply as it stands: nothing more is sent. */
int applyfinish_give_up(struct applying *w, struct err *e);
/* applysend.c: makes the changes of existing entries among the items, until each item is final. ERR_NOPERM, ERR_TEMPFAIL, ERR_PROTOCOL: to be resumed. */
int applysend_all(struct applying *w, struct applyplan_item *v, size_t n, struct err *e);
/* Puts an item into a final state inside a transaction; now, note: NULL for none. */
int applysend_settled(struct applying *w, struct applyplan_item *i, enum applyplan_state to, const struct entry *now, const char *note, struct err *e);
/* applycreate.c: makes the new entries among the items. */
int applycreate_all(struct applying *w, struct applyplan_item *v, size_t n, struct err *e);

/* applyprint.c: the plan, and what became of it. */
void applyprint_plan(const struct applying *w, int all);
int applyprint_result(struct applying *w, enum err_code status, struct err *e);
/* An apply as the ledger keeps it, item by item: 1, 0 when there is none of this id, -1. */
int applyprint_recorded(struct app *a, const char *id, struct err *e);

#endif
