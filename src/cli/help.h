/* --help, from the table of options.c. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

/* The help of one command, or of the program when command is NULL; no line is longer than the terminal, or 80 where there is none. */
void help_write(FILE *f, const char *command);

#endif
