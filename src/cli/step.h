/* Stop points for crash tests: builds with PSABILL_STEPS end at the k-th one when PSABILL_STOP_AT=k; release builds have none. */
#ifndef CLI_STEP_H
#define CLI_STEP_H

#include <stddef.h>

#ifdef PSABILL_STEPS
/* Counts one durable effect, named after the step of the settlement protocol; _exit(100) at the chosen one. */
void step_hit(const char *name);
/* Whether SWEEP_ONE_THREAD is set: what is counted call by call must come in one order. */
int step_alone(void);
/* How many claims are held at a time: `most`, or SWEEP_PORTION where that is set, so that few entries make many portions. */
size_t step_portion(size_t most);
#else
#define step_hit(name) ((void)0)
#define step_alone() 0
#define step_portion(most) (most)
#endif

#endif
