/* The second step of reading a CSV profile: patterns become parts, and what no single line shows is checked. */
#ifndef OUTPUT_CSVPROFILECHECK_H
#define OUTPUT_CSVPROFILECHECK_H

#include "output/csvprofileparts.h"

/* Complaints go to *d with file:line. -1 only when out of memory. */
int csvprofilecheck_all(struct csvprofile *p, const char *path, struct diag *d, struct err *e);

#endif
