/* Marking, for runs, repetitions and debts. */
#ifndef CLI_MARK_H
#define CLI_MARK_H

#include "cli/run.h"

/* Sets the entries of these claims billed: read, send, record, until each is MARKED or an exception. By date, as claim_list() gives them. run: whose claims they are. */
int mark_list(struct run *r, const char *run, struct claim_brief *v, size_t n, struct err *e);

#endif
