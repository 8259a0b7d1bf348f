/* The parts of the man pages (mdoc) that tables hold: commands, options, exit statuses, settings, templates. */
#ifndef CLI_MANPAGE_H
#define CLI_MANPAGE_H

#include <stdio.h>

/* Writes the part called so; -1 when there is none of this name. */
int manpage_part(FILE *f, const char *name);

#endif
