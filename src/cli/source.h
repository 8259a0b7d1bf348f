/* A run in the ledger, as the renderers see it. */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "cli/run.h"
#include "output/source.h"

/* Fills *out for a run; borrowed until the run's data end. The entries of a cancellation are those of the invoice that it cancels, with negative times. */
void source_of_run(struct run *r, struct source *out);

#endif
