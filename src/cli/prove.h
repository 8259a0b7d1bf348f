/* Verification, shared by prove.c and settle.c. */
#ifndef CLI_PROVE_H
#define CLI_PROVE_H

#include "cli/run.h"

/* Reads the MARKED claims of a run back from awork: VERIFIED, or an exception. */
int prove_marked(struct run *r, const char *run, struct err *e);

#endif
