/* The settings that documents depend on beside their facts; kept in the ledger with the run, so that they can be rendered again. */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "cli/config.h"

struct setup {
	const char *language;      /* of summary.xlsx: names summary.LANGUAGE.ini */
	unsigned attach;           /* enum customer_format: time sheets embedded into an XRechnung */
	int datev;                 /* booking files are written, by these rules: */
	struct booking_rules booking;
	const char *profiles[CONFIG_PROFILES_MAX];
	size_t nprofiles;
};

/* Texts are borrowed from the configuration. */
void setup_of_config(const struct config *c, struct setup *out);
/* Appends canonical JSON. */
void setup_write(const struct setup *s, struct buf *out);
/* Reads it back; texts belong to pool. ERR_DATA. */
int setup_read(const char *json, size_t n, struct pool *pool, struct setup *out, struct err *e);

#endif
