/* The schema of the ledger, its migrations, and the settings of a connection. */
#ifndef LEDGER_SCHEMA_H
#define LEDGER_SCHEMA_H

#include "ledger/db.h"

#define SCHEMA_APPLICATION_ID 0x70736162 /* "psab" */
#define SCHEMA_VERSION 5

/* Switches off what a ledger never needs, then sets each pragma of the mode and reads it back. */
int schema_settings(struct store *s, struct err *e);
/* The version of the database "main" or "src"; 0 when it is empty. A foreign or newer one: ERR_CONFIG. */
int schema_version(struct store *s, int src, int *version, struct err *e);
/* Brings "main" from a version to SCHEMA_VERSION, each step in a transaction of its own. */
int schema_migrate(struct store *s, int from, struct err *e);
/* quick_check of "main" or "src"; damage: ERR_DATA. */
int schema_check(struct store *s, int src, struct err *e);
/* For a scratch database: the tables alone, and then indexes and triggers, which would slow down or refuse the copying in between. */
int schema_tables(struct store *s, struct err *e);
int schema_laws(struct store *s, struct err *e);

#endif
