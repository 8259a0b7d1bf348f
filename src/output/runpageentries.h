/* The parts of a run's page about documents and entries: hours in pictures, held and late entries, brakes, invoices, files. */
#ifndef OUTPUT_RUNPAGEENTRIES_H
#define OUTPUT_RUNPAGEENTRIES_H

#include "output/runpageparts.h"

void runpageentries_hours(struct runpageparts *w);
/* The reasons, and what to do; the entries one by one. */
void runpageentries_held(struct runpageparts *w);
void runpageentries_held_list(struct runpageparts *w);
void runpageentries_late(struct runpageparts *w);
void runpageentries_brakes(struct runpageparts *w);
int runpageentries_invoices(struct runpageparts *w, struct err *e);

#endif
