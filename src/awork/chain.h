/* A window larger than a page without paging: each answer begins where the one before it ended, by createdOn. Creation never changes, and an answer is one look at the list, so rows
 * cannot slip away between two answers as they do over the border of two pages; that each answer counts what the one before left over proves the condition. */
#ifndef AWORK_CHAIN_H
#define AWORK_CHAIN_H

#include "awork/window.h"

/* Whether the window's page can be the first of a chain. */
int chain_can(const struct window *w);
/* Goes on behind the window's page. */
int chain_start(struct window *w, struct err *e);

#endif
