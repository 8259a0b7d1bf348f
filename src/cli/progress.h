/* A progress line per stage on a terminal; with -v the time of each stage in the log; silence elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

/* on: the caller wants it and standard error is a terminal. */
void progress_setup(int on);
/* Starts a stage; total 0: not known. Ends the one before. */
void progress_stage(const char *name, int64_t total);
/* Where the stage stands; total 0 keeps the former. Redraws at most ten times a second. */
void progress_set(int64_t done, int64_t total);
/* Part of the processor time of the current stage is another one's, which goes on beside it. One such stage at a time. */
void progress_aside(const char *name, int64_t cpu_us);
/* Ends the current stage with its final figures. */
void progress_end(void);

#endif
