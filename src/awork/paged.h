/* A window that no date and no instant of creation divides, by pages. */
#ifndef AWORK_PAGED_H
#define AWORK_PAGED_H

#include "awork/window.h"

/* The window's page is page 1; the others follow all at once. ERR_TEMPFAIL: did not hold still; ERR_PROTOCOL: total and pages never agreed. */
int paged_start(struct window *w, struct err *e);
void paged_free(struct window *w);

#endif
