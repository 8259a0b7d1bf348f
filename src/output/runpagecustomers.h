/* The parts of a run's page about customers: amounts, comparison, projects and rates, rounding, proof. */
#ifndef OUTPUT_RUNPAGECUSTOMERS_H
#define OUTPUT_RUNPAGECUSTOMERS_H

#include "output/runpageparts.h"

void runpagecustomers_amounts(struct runpageparts *w);
/* Against the period before. ERR_OS, ERR_SOFTWARE. */
int runpagecustomers_comparison(struct runpageparts *w, struct err *e);
void runpagecustomers_projects(struct runpageparts *w);
void runpagecustomers_rounding(struct runpageparts *w);
void runpagecustomers_proof(struct runpageparts *w);

#endif
