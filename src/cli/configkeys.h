/* The table of settings, and what each kind of value may be. */
#ifndef CLI_CONFIGKEYS_H
#define CLI_CONFIGKEYS_H

#include "cli/config.h"

enum configkeys_kind { KEY_TEXT, KEY_PATH, KEY_URL, KEY_INT, KEY_PERCENT, KEY_WORD, KEY_ZONE, KEY_CURRENCY, KEY_COUNTRY, KEY_NUMBER, KEY_LIST, KEY_MINUTES, KEY_FORMATS, KEY_LANGUAGE, KEY_ATTACH, KEY_PROFILES, KEY_ACCOUNTS };

struct configkeys_key {
	const char *section, *key;
	enum configkeys_kind kind;
	const char *value;          /* default */
	int64_t min, max;           /* KEY_INT */
	int (*parse)(const char *s, void *to); /* KEY_WORD */
	size_t offset;              /* into struct config */
	const char *help;
};
extern const struct configkeys_key configkeys_table[];
extern const size_t configkeys_n;

/* In the order of the keys; a row of NULL ends it. */
extern const struct configkeys_section { const char *section, *help; } configkeys_sections[];

/* A key's value into the configuration; NULL, or what is wrong with it. Texts belong to pool; dir is where relative paths start. */
const char *configkeys_assign(struct config *c, const struct configkeys_key *k, const char *value, const char *dir, struct pool *pool);
/* A list of formats ("xlsx csv xrechnung") to bits of enum customer_format; *datev is NULL where DATEV files cannot be chosen. 0 or -1. */
int configkeys_formats(const char *s, unsigned *formats, int *datev);

#endif
