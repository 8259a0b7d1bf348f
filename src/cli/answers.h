/* What `init` is told: by options, or by a person on a terminal; each answer checked when it is given. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "base/buf.h"
#include "base/pool.h"
#include "cli/config.h"
#include "cli/options.h"

struct answers {
	const char *value[CONFIG_KEYS_MAX]; /* of the settings, in the order of their table; NULL: the default */
	const char *rate;                   /* price per hour; NULL: none */
	struct buf token;                   /* for the token file; empty: none was typed */
};

/* --set SECTION.KEY=VALUE and --rate. ERR_USAGE says what is wrong and what was meant. Texts belong to the pool. */
int answers_from_options(const struct options *o, struct pool *pool, struct answers *out, struct err *e);
/* Asks for what no option said; dir is where the files go. ERR_TEMPFAIL: stopped. */
int answers_ask(const char *dir, struct pool *pool, struct answers *out, struct err *e);
/* The value of a setting, NULL: none given. */
const char *answers_of(const struct answers *a, const char *section, const char *key);

#endif
