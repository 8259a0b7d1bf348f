/* The register of numbers: every number of every series, and what became of it. */
#ifndef CLI_REGISTER_H
#define CLI_REGISTER_H

#include "cli/app.h"

/* Prints it on standard output, as JSON when asked for. A number that was given and stands on no document is ERR_DATA, after all of the register was
 * printed. */
int register_print(struct app *a, struct err *e);

#endif
