/* Verification, shared by prove.c and settle.c. */
#ifndef CLI_PROVE_H
#define CLI_PROVE_H

#include "cli/run.h"

/* Reads claims of a run back from awork, those in `states` (bit mask: MARKED, VERIFIED): VERIFIED, or an exception. */
int prove_marked(struct run *r, const char *run, unsigned states, struct err *e);

#endif
