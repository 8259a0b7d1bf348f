/* Completions for shells, from the table of options.c. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>
#include "base/err.h"

/* shell: bash, zsh or fish; any other is ERR_USAGE. */
int completion_write(FILE *f, const char *shell, struct err *e);

#endif
