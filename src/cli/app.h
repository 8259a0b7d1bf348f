/* What a command works with: options, settings, tables, the connection to awork, the ledger. */
#ifndef CLI_APP_H
#define CLI_APP_H

#include "awork/http.h"
#include "awork/master.h"
#include "base/pool.h"
#include "billing/complete.h"
#include "billing/customer.h"
#include "billing/terms.h"
#include "billing/rate.h"
#include "cli/config.h"
#include "cli/metrics.h"
#include "cli/options.h"
#include "ledger/ledger.h"

struct app {
	struct options opt;
	struct config cfg;
	const struct config_changes *changes; /* to the settings, or NULL; borrowed */
	struct pool *pool;            /* texts of settings and tables */
	struct customer_table customers;
	struct rate_card rates;
	struct terms terms;
	struct complete_rules complete; /* what an invoice must name */
	struct buf token;
	const char *token_from;       /* for people: where the API key was found */
	struct http *http;
	int64_t pace_said_ms;         /* no further word about the wait for the request limit before this instant */
	struct store *store;
	struct master_me me;          /* the answer of GET /me */
	char workspace[37], api_user[37];
	const char *workspace_name;     /* for people; belongs to the pool, or NULL */
	struct metrics metrics;         /* for [output] metrics_file */
};

/* Set by SIGINT and SIGTERM. */
extern volatile int app_stop;

/* Settings, rate card and customers (tables: 0 only settings). Every problem of all files is printed on standard error in one go; returns 0 or -1 with *e saying
 * how many there were (ERR_CONFIG), or which file is missing (ERR_NOINPUT). */
int app_load(struct app *a, int tables, struct err *e);

/* The token (PSABILL_AWORK_TOKEN, then the credential "token" of systemd, then the file), checked; the variable is unset. ERR_CONFIG. */
int app_read_token(struct app *a, struct err *e);

/* True for n characters that an API key can have (RFC 6750 section 2.1, b64token). */
int app_token_ok(const char *s, size_t n);

/* In two steps: token and connection, GET /me asked for; its answer. Between them other GETs may be asked for. */
int app_dial(struct app *a, struct err *e);
int app_meet(struct app *a, struct err *e);
/* Token and connection; GET /me proves token and workspace, and fills workspace and api_user. */
int app_connect(struct app *a, struct err *e);

/* Opens the ledger, waiting as --wait says. */
int app_open_store(struct app *a, enum store_mode mode, struct err *e);

/* Compares the workspace with the one that the ledger belongs to; a new ledger is bound to it. ERR_CONFIG. */
int app_bind_workspace(struct app *a, struct err *e);

/* The folder with templates: [files] templates, else the installed ones (beside the program, then where it was built for), else those of the source tree. Owned by caller, NULL when out of memory. */
char *app_templates(const struct app *a);

/* Closes everything. 0, or -1 when the ledger could not be closed. */
int app_close(struct app *a, struct err *e);

/* "psabill: sentence" on standard error, cleaned of control characters; an object of the log with --log-format json. */
void app_complain(const struct err *e);
/* The same for each line of a list. */
void app_print(const struct diag *d);

#endif
