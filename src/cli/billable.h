/* The billable entries of a run: kept on their way in, given back customer by customer. Memory grows with customers, projects, tasks and people, not with entries. */
#ifndef CLI_BILLABLE_H
#define CLI_BILLABLE_H

#include "billing/brake.h"
#include "billing/compose.h"

struct billable;

/* customers: of the verdicts; dir: a folder for what does not fit into limit_bytes (base/sorter.h); times: also keeps what brake_times() wants to see;
 * people: users, types of work and the companies' names are kept whether lines show them or not (with many people, then, memory grows). pool takes texts.
 * All borrowed until billable_free(). Owned by caller. NULL: ERR_OS. */
struct billable *billable_new(const struct customer_table *customers, const char *dir, size_t limit_bytes, int times, int people, struct pool *pool, struct err *e);
/* NULL is allowed. */
void billable_free(struct billable *b);

/* Keeps an entry that is billable by its verdict; the note only where a line will show it. snap: its row of the snapshot, in whose order claims are made. ERR_IO, ERR_OS. */
int billable_add(struct billable *b, const struct entry *x, const struct select_verdict *v, int64_t snap, struct err *e);
/* Entries kept; 0 of NULL. */
int64_t billable_count(const struct billable *b);

/* Customers in the order in which their documents are numbered: by name, then id. The place of one, which is one of the table's. */
size_t billable_place(const struct billable *b, const struct customer *c);
const struct customer *billable_customer(const struct billable *b, size_t place);

/* From here on entries are read; nothing is added any more. A second call reads them over. ERR_IO, ERR_OS. */
int billable_start(struct billable *b, struct err *e);
/* The place of the next customer who has entries: 1, 0 after the last one, -1. */
int billable_next(struct billable *b, size_t *place, struct err *e);
/* All entries of the customer at a place, which is not behind the next one; none when it has none. Names are settled; borrowed until the next call. ERR_IO, ERR_OS. */
int billable_load(struct billable *b, size_t place, struct compose_item **items, size_t *n, struct err *e);

/* Of a kept entry's user the newest name, or NULL. */
const char *billable_user_name(const struct billable *b, const char *user_id);
/* Projects of kept entries, by customer (owner), id and name. */
const struct naming *billable_projects(const struct billable *b);

/* brake_times() over the kept entries. */
int billable_times(struct billable *b, const struct brake_rules *r, brake_each *each, void *ctx, struct err *e);

#endif
