/* Where the ledger lies: folder, file system, mode and owner of the file. The file itself is never opened here once it exists. */
#ifndef LEDGER_PLACE_H
#define LEDGER_PLACE_H

#include "base/err.h"

struct place {
	int dirfd;        /* -1: the folder does not exist */
	char *path;       /* absolute, without links in the folder's part; owned */
	const char *name; /* last part of path */
	int exists;       /* as of the last place_look() */
};

/* Zero-initialize *p; close it on failure, too. A missing folder is no error. Network file system: ERR_CONFIG. */
int place_open(struct place *p, const char *path, struct err *e);
void place_close(struct place *p);
/* Fills exists. A link, no regular file, another owner, access for group or others: ERR_CONFIG. */
int place_look(struct place *p, struct err *e);
/* Makes the empty file, mode 0600 whatever the umask, durable. It must not exist. */
int place_create(struct place *p, struct err *e);
/* The file system's name when it is one on which locks or syncs cannot be relied on (statfs f_type), else NULL. */
const char *place_network(unsigned long f_type);

#endif
