/* Companies, projects, tasks, users, types of work: the objects nested in entries and those of their own endpoints. */
#ifndef SANDBOX_MASTER_H
#define SANDBOX_MASTER_H

#include "store.h"

/* Builds all of them anew; needed after loading and after a rename. */
void master_render(void);

#endif
