/* The settings: psabill.conf and the environment over defaults. One table drives reading, `check` and the file that `init` writes. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/sha.h"
#include "billing/booking.h"
#include "billing/brake.h"
#include "billing/compose.h"
#include "billing/number.h"

#define CONFIG_KEYS_MAX 96
#define CONFIG_PROFILES_MAX 8

struct config {
	const char *path;          /* of psabill.conf */
	/* [awork] */
	const char *base_url, *token_file, *ca_file, *proxy;
	int64_t connections, page_size, batch_size, rate_share, retry_minutes;
	/* [run] */
	const char *timezone;
	enum select_late late;
	int external, retainer;    /* 1: bill */
	const char **excluded;     /* sorted ids or names */
	size_t nexcluded;
	/* [seller] */
	struct party seller;
	/* [billing] */
	enum customer_per per;
	enum customer_group group_by;
	enum customer_quantity quantity;
	struct rounding rounding;  /* step_sec from round_minutes */
	const char *currency, *tax_category, *number_format, *cancellation_format, *language, *note;
	int64_t tax_pct_e2, due_days, number_start, discount_days, discount_pct_e2;
	/* [brakes] */
	struct brake_rules brakes;
	/* [output] */
	const char *out_dir;
	const char *metrics_file;  /* or NULL */
	unsigned formats, attach;  /* enum customer_format */
	int datev;
	const char *profiles[CONFIG_PROFILES_MAX];
	size_t nprofiles;
	/* [datev] */
	struct booking_rules booking;
	int debtor_is_number;      /* the customer number stands in for an empty debtor_account */
	/* [ledger], [files] */
	int ledger_copy;
	const char *ledger, *rates, *customers, *terms, *templates;
	/* private: each value as typed and where it came from */
	const char *text[CONFIG_KEYS_MAX];
	unsigned char source[CONFIG_KEYS_MAX];
	int line[CONFIG_KEYS_MAX];
};

/* Reads the file (NULL: ./psabill.conf, else /etc/psabill/psabill.conf) and PSABILL_<SECTION>_<KEY>. Paths are relative to the file's folder. Every
 * problem goes to *d with file:line, or with the variable's name. -1: *e says that the file cannot be read. Texts belong to the pool. */
int config_load(const char *path, struct pool *pool, struct config *out, struct diag *d, struct err *e);

/* The same with values that go before the environment: rows of configkeys_table (values that configkeys_assign() takes) and their texts. Paths among them are
 * relative to the current folder. What does not fit together is told under `label`. */
struct config_changes { const char *label; const size_t *key; const char *const *value; size_t n; };
int config_load_changed(const char *path, const struct config_changes *changes, struct pool *pool, struct config *out, struct diag *d, struct err *e);

/* Every setting: "section.key = value   (default | file:line | environment)". */
void config_show(const struct config *c, struct buf *out);

/* A commented psabill.conf with every key and its default; where values (in the order of the table; NULL: none at all) has another one, that. */
void config_example(struct buf *out, const char *const *values);

/* True for 1 to 20 lower-case letters, digits and hyphens: what can name a template. */
int config_language_ok(const char *s);

/* SHA-256 over all values: what a run was made with. 0 or -1 (memory). */
int config_sha(const struct config *c, uint8_t out[SHA_LEN]);

#endif
