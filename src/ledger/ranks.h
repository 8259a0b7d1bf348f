/* Sorting claims, which lie in the order of reading, by their documents; inside of the ledger floor. */
#ifndef LEDGER_RANKS_H
#define LEDGER_RANKS_H

#include "base/sorter.h"
#include "ledger/db.h"

/* The documents of a run; place: that of each in the order of numbers (series and n). */
struct ranks_document { char no[32]; uint32_t place; };
struct ranks {
	struct ranks_document *v; /* by number */
	uint32_t *at;             /* of each place: index into v */
	size_t n, cap;
};

/* Fills zeros; ranks_free() whatever is returned. */
int ranks_read(struct store *s, const char *run, struct ranks *r, struct err *e);
/* NULL: none of them. */
const struct ranks_document *ranks_find(const struct ranks *r, const char *number);
void ranks_free(struct ranks *r);
/* A sorter whose file lies beside the ledger, where there is room for as much. Owned by caller. */
struct sorter *ranks_sorter(struct store *s, struct err *e);

#endif
