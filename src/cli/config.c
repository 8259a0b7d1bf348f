#include "cli/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/inifile.h"
#include "base/num.h"
#include "base/text.h"

extern char **environ;

enum kind { TEXT, PATH, URL, INT, PERCENT, WORD, ZONE, CURRENCY, COUNTRY, NUMBER, LIST, MINUTES, FORMATS, LANGUAGE };

struct key {
	const char *section, *key;
	enum kind kind;
	const char *value;          /* default */
	int64_t min, max;           /* INT */
	int (*parse)(const char *s, void *to); /* WORD */
	size_t offset;
	const char *help;
};

#define AT(member) offsetof(struct config, member)

static int parse_late(const char *s, void *to)
{
	static const char *const words[] = { "include", "separate", "hold" };

	for (int i = 0; i < 3; i++)
		if (strcmp(s, words[i]) == 0) {
			*(enum select_late *)to = (enum select_late)i;
			return 0;
		}
	return -1;
}

static int parse_bill(const char *s, void *to)
{
	if (strcmp(s, "hold") != 0 && strcmp(s, "bill") != 0)
		return -1;
	*(int *)to = strcmp(s, "bill") == 0;
	return 0;
}

static int parse_category(const char *s, void *to)
{
	static const char *const words[] = { "S", "AE", "E", "O", "G" };

	for (size_t i = 0; i < 5; i++)
		if (strcmp(s, words[i]) == 0) {
			*(const char **)to = words[i];
			return 0;
		}
	return -1;
}

static int parse_per(const char *s, void *to) { return customer_per_parse(s, to); }
static int parse_group(const char *s, void *to) { return customer_group_parse(s, to); }
static int parse_quantity(const char *s, void *to)
{
	enum customer_quantity q;

	if (customer_quantity_parse(s, &q) < 0 || q == QUANTITY_LUMP)
		return -1;
	*(enum customer_quantity *)to = q;
	return 0;
}
static int parse_mode(const char *s, void *to) { return rounding_mode_parse(s, to); }
static int parse_scope(const char *s, void *to) { return rounding_scope_parse(s, to); }

static const struct key keys[] = {
	{ "awork", "base_url", URL, "https://api.awork.com/api/v1", 0, 0, NULL, AT(base_url), "where awork answers; https, or http to a loopback address" },
	{ "awork", "token_file", PATH, "", 0, 0, NULL, AT(token_file), "file with the API key, readable by its owner alone; PSABILL_AWORK_TOKEN goes first" },
	{ "awork", "ca_file", PATH, "", 0, 0, NULL, AT(ca_file), "certificates of a private authority, instead of the system's" },
	{ "awork", "proxy", TEXT, "", 0, 0, NULL, AT(proxy), "proxy; the environment's proxy settings are not used" },
	{ "awork", "connections", INT, "8", 1, 32, NULL, AT(connections), "requests in flight" },
	{ "awork", "page_size", INT, "1000", 1, 1000, NULL, AT(page_size), "entries per page" },
	{ "awork", "batch_size", INT, "100", 1, 1000, NULL, AT(batch_size), "entries per marking request" },
	{ "awork", "retry_minutes", INT, "15", 0, 600, NULL, AT(retry_minutes), "total time that a run may spend waiting for another try" },
	{ "run", "timezone", ZONE, "Europe/Berlin", 0, 0, NULL, AT(timezone), "zone that decides what 'today' and 'last month' are" },
	{ "run", "late", WORD, "include", 0, 0, parse_late, AT(late), "entries from before the period: include | separate (lines of their own) | hold" },
	{ "run", "external", WORD, "hold", 0, 0, parse_bill, AT(external), "entries of connected workspaces: hold | bill" },
	{ "run", "retainer", WORD, "hold", 0, 0, parse_bill, AT(retainer), "entries of retainer projects: hold | bill" },
	{ "run", "exclude_projects", LIST, "", 0, 0, NULL, AT(excluded), "projects never billed: ids or exact names, separated by |" },
	{ "seller", "name", TEXT, "", 0, 0, NULL, AT(seller.name), "legal name (BT-27)" },
	{ "seller", "street", TEXT, "", 0, 0, NULL, AT(seller.street), "BT-35" },
	{ "seller", "zip", TEXT, "", 0, 0, NULL, AT(seller.zip), "BT-38" },
	{ "seller", "city", TEXT, "", 0, 0, NULL, AT(seller.city), "BT-37" },
	{ "seller", "country", COUNTRY, "DE", 0, 0, NULL, AT(seller.country), "ISO 3166-1 code of two letters (BT-40)" },
	{ "seller", "vat_id", TEXT, "", 0, 0, NULL, AT(seller.vat_id), "VAT id (BT-31); this or tax_number is needed" },
	{ "seller", "tax_number", TEXT, "", 0, 0, NULL, AT(seller.tax_number), "tax number (BT-32)" },
	{ "seller", "contact", TEXT, "", 0, 0, NULL, AT(seller.contact), "person or department (BT-41)" },
	{ "seller", "phone", TEXT, "", 0, 0, NULL, AT(seller.phone), "BT-42" },
	{ "seller", "email", TEXT, "", 0, 0, NULL, AT(seller.email), "BT-43" },
	{ "seller", "iban", TEXT, "", 0, 0, NULL, AT(seller.iban), "account that customers pay to (BT-84)" },
	{ "seller", "bic", TEXT, "", 0, 0, NULL, AT(seller.bic), "BT-86" },
	{ "seller", "endpoint", TEXT, "", 0, 0, NULL, AT(seller.endpoint), "electronic address (BT-34)" },
	{ "seller", "endpoint_scheme", TEXT, "EM", 0, 0, NULL, AT(seller.endpoint_scheme), "its scheme: EM e-mail, 0204 Leitweg-ID, 9930 German VAT id" },
	{ "billing", "invoice_per", WORD, "customer", 0, 0, parse_per, AT(per), "one invoice per: customer | project" },
	{ "billing", "group_by", WORD, "project_task", 0, 0, parse_group, AT(group_by), "one line per: project | project_task | project_user | project_type_of_work | entry" },
	{ "billing", "quantity", WORD, "hours", 0, 0, parse_quantity, AT(quantity), "printed quantity: hours (two decimals) | minutes (whole); amounts follow what is printed" },
	{ "billing", "round_mode", WORD, "none", 0, 0, parse_mode, AT(rounding.mode), "rounding of time: none | nearest | up | down" },
	{ "billing", "round_minutes", MINUTES, "15", 1, 1440, NULL, AT(rounding.step_sec), "to a multiple of these minutes" },
	{ "billing", "round_scope", WORD, "entry", 0, 0, parse_scope, AT(rounding.scope), "what is rounded: entry | line (after summing)" },
	{ "billing", "currency", CURRENCY, "EUR", 0, 0, NULL, AT(currency), "ISO 4217 code" },
	{ "billing", "tax_category", WORD, "S", 0, 0, parse_category, AT(tax_category), "S standard | AE reverse charge | E exempt | O not taxable | G export" },
	{ "billing", "tax_rate", PERCENT, "19", 0, 0, NULL, AT(tax_pct_e2), "per cent, for category S" },
	{ "billing", "due_days", INT, "14", 0, 365, NULL, AT(due_days), "days until payment is due" },
	{ "billing", "number_format", NUMBER, "RE-{YYYY}-{SEQ:5}", 0, 0, NULL, AT(number_format), "{YYYY} {YY} {MM} {SEQ} {SEQ:digits}; A-Z 0-9 - / ; with {YYYY} counting starts over each year" },
	{ "billing", "number_start", INT, "1", 1, 999999999, NULL, AT(number_start), "first number of a new series" },
	{ "billing", "language", LANGUAGE, "de", 0, 0, NULL, AT(language), "language of documents: names the templates invoice.LANGUAGE.ini and summary.LANGUAGE.ini" },
	{ "output", "dir", PATH, "out", 0, 0, NULL, AT(out_dir), "folder for documents; must exist" },
	{ "output", "formats", FORMATS, "xlsx csv", 0, 0, NULL, AT(xlsx), "files per invoice: xlsx csv" },
	{ "ledger", "path", PATH, "ledger.db", 0, 0, NULL, AT(ledger), "the ledger, a SQLite database on a local disk" },
	{ "files", "rates", PATH, "rates.csv", 0, 0, NULL, AT(rates), "rate card" },
	{ "files", "customers", PATH, "customers.csv", 0, 0, NULL, AT(customers), "customers" },
	{ "files", "templates", PATH, "", 0, 0, NULL, AT(templates), "folder with your own templates (default: the installed ones)" },
};
#define NKEYS (sizeof keys / sizeof *keys)
_Static_assert(NKEYS <= 64, "struct config holds the sources of 64 keys");

static const struct { const char *section, *help; } sections[] = {
	{ "awork", "The workspace that is billed." },
	{ "run", "What is billed." },
	{ "seller", "Who bills." },
	{ "billing", "How it is billed. Columns of customers.csv override currency, tax, due days, language, rounding and grouping." },
	{ "output", "What is written." },
	{ "ledger", "What was billed: keep it, copy it, never edit it." },
	{ "files", "Where prices, customers and templates are." },
};

enum { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT };

struct loading { struct config *c; struct pool *pool; const char *dir; struct diag *d; };

int config_language_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 20 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* Splits by | into a sorted, NULL-free array. */
static int parse_list(struct loading *l, const char *s, struct config *c)
{
	char *copy = pool_dup(l->pool, s), *save = NULL, id[37];
	size_t n = 1;

	for (const char *p = s; *p != '\0'; p++)
		n += *p == '|';
	c->excluded = pool_alloc(l->pool, n * sizeof *c->excluded);
	c->nexcluded = 0;
	if (copy == NULL || c->excluded == NULL)
		return -1;
	for (char *t = strtok_r(copy, "|", &save); t != NULL; t = strtok_r(NULL, "|", &save)) {
		t = text_trim(t);
		if (*t == '\0')
			continue;
		/* Ids as entries carry them. */
		if (text_uuid(id, t) == 0)
			memcpy(t, id, sizeof id);
		size_t i = c->nexcluded++;
		for (; i > 0 && strcmp(c->excluded[i - 1], t) > 0; i--)
			c->excluded[i] = c->excluded[i - 1];
		c->excluded[i] = t;
	}
	return 0;
}

static int parse_formats(const char *s, struct config *c)
{
	char word[16];
	int n;

	c->xlsx = c->csv = 0;
	for (s += strspn(s, " ,"); *s != '\0'; s += n, s += strspn(s, " ,")) {
		n = (int)strcspn(s, " ,");
		if (n >= (int)sizeof word)
			return -1;
		memcpy(word, s, (size_t)n);
		word[n] = '\0';
		if (strcmp(word, "xlsx") == 0)
			c->xlsx = 1;
		else if (strcmp(word, "csv") == 0)
			c->csv = 1;
		else
			return -1;
	}
	return c->xlsx || c->csv ? 0 : -1;
}

/* A key's value into the configuration; NULL or what is wrong with it. */
static const char *assign(struct loading *l, const struct key *k, const char *s)
{
	void *to = (char *)l->c + k->offset;
	const char **text = to;
	int64_t n;
	struct err e = ERR_INIT;

	switch (k->kind) {
	case TEXT: case URL:
		*text = *s == '\0' ? NULL : pool_dup(l->pool, s);
		if (k->kind == URL && strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0)
			return "must start with https:// (or http:// to a loopback address)";
		break;
	case PATH:
		if (*s == '\0') {
			if (k->value[0] != '\0')
				return "must not be empty";
			*text = NULL;
		} else {
			char *joined = file_join(l->dir, s);

			*text = pool_dup(l->pool, joined);
			free(joined);
		}
		break;
	case INT: case MINUTES:
		if (num_parse_int(s, k->min, k->max, &n) < 0)
			return pool_fmt(l->pool, "must be a whole number from %lld to %lld", (long long)k->min, (long long)k->max);
		*(int64_t *)to = k->kind == MINUTES ? n * 60 : n;
		break;
	case PERCENT:
		if (num_parse(s, MONEY_PCT_SCALE, &n) < 0 || n < 0 || n > 10000)
			return "must be a percentage from 0 to 100 with at most two decimals and a decimal point";
		*(int64_t *)to = n;
		break;
	case WORD:
		if (k->parse(s, to) < 0)
			return pool_fmt(l->pool, "is not allowed here: %s", k->help);
		break;
	case ZONE:
		if (!clock_zone_exists(s))
			return "is no time zone of the IANA database, such as Europe/Berlin";
		*text = pool_dup(l->pool, s);
		break;
	case CURRENCY:
		if (money_decimals(s) < 0)
			return "is no currency of ISO 4217, such as EUR";
		*text = pool_dup(l->pool, s);
		break;
	case COUNTRY:
		if (strlen(s) != 2 || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
			return "is no country code of two capital letters, such as DE";
		*text = pool_dup(l->pool, s);
		break;
	case NUMBER:
		if (number_check(s, &e) < 0)
			return pool_fmt(l->pool, "is refused: %s", e.msg);
		*text = pool_dup(l->pool, s);
		break;
	case LIST:
		if (parse_list(l, s, l->c) < 0)
			return "cannot be held in memory";
		break;
	case FORMATS:
		if (parse_formats(s, l->c) < 0)
			return "must name at least one of xlsx csv, nothing else";
		break;
	case LANGUAGE:
		if (!config_language_ok(s))
			return "must be lower-case letters, digits or hyphens, at most 20: it names the template invoice.LANGUAGE.ini";
		*text = pool_dup(l->pool, s);
		break;
	}
	return NULL;
}

static int find_key(const char *section, const char *key)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, key) == 0)
			return (int)i;
	return -1;
}

static void on_key(void *ctx, const char *section, const char *key, const char *value, int line)
{
	struct loading *l = ctx;
	int i = find_key(section, key);
	const char *wrong;

	if (i < 0) {
		const char *elsewhere = NULL;

		for (size_t k = 0; k < NKEYS; k++)
			if (strcmp(keys[k].key, key) == 0)
				elsewhere = keys[k].section;
		if (elsewhere != NULL)
			diag_add(l->d, l->c->path, line, "key '%.60s' is not known in [%.60s]; it belongs into [%s]", key, section, elsewhere);
		else
			diag_add(l->d, l->c->path, line, "key '%.60s' is not known in [%.60s]", key, section);
		return;
	}
	wrong = assign(l, &keys[i], value);
	if (wrong != NULL)
		diag_add(l->d, l->c->path, line, "%s = %.80s: %s", key, value, wrong);
	l->c->source[i] = FROM_FILE;
	l->c->line[i] = line;
}

/* PSABILL_<SECTION>_<KEY>; the token and the test builds' stop point are no settings. */
static void read_environment(struct loading *l)
{
	for (char **v = environ; *v != NULL; v++) {
		char name[80];
		size_t i;

		if (strncmp(*v, "PSABILL_", 8) != 0 || strncmp(*v, "PSABILL_AWORK_TOKEN=", 20) == 0 || strncmp(*v, "PSABILL_STOP_AT=", 16) == 0)
			continue;
		for (i = 0; i < NKEYS; i++) {
			size_t n = 0;

			snprintf(name, sizeof name, "PSABILL_%s_%s=", keys[i].section, keys[i].key);
			for (n = 0; name[n] != '\0'; n++)
				if (name[n] >= 'a' && name[n] <= 'z')
					name[n] = (char)(name[n] - 'a' + 'A');
			if (strncmp(*v, name, n) == 0) {
				const char *wrong = assign(l, &keys[i], *v + n);

				if (wrong != NULL)
					diag_add(l->d, "environment", 0, "%s%.80s: %s", name, *v + n, wrong);
				l->c->source[i] = FROM_ENVIRONMENT;
				break;
			}
		}
		if (i == NKEYS)
			diag_add(l->d, "environment", 0, "%.*s is no setting; see psabill check", (int)strcspn(*v, "="), *v);
	}
}

/* What no single key shows. */
static void check_whole(struct loading *l)
{
	const struct config *c = l->c;
	const struct { const char *value, *key; } need[] = {
		{ c->seller.name, "name" }, { c->seller.street, "street" }, { c->seller.zip, "zip" }, { c->seller.city, "city" },
	};

	for (size_t i = 0; i < sizeof need / sizeof *need; i++)
		if (need[i].value == NULL)
			diag_add(l->d, c->path, 0, "[seller] %s is empty; an invoice must name it (UStG section 14 (4))", need[i].key);
	if (c->seller.vat_id == NULL && c->seller.tax_number == NULL)
		diag_add(l->d, c->path, 0, "[seller] needs vat_id or tax_number (UStG section 14 (4))");
	if (strcmp(c->tax_category, "S") == 0 && c->tax_pct_e2 == 0)
		diag_add(l->d, c->path, 0, "[billing] tax_rate is 0 with tax_category S; use category E, O, G or AE for invoices without VAT");
}

int config_load(const char *path, struct pool *pool, struct config *out, struct diag *d, struct err *e)
{
	struct loading l = { out, pool, "", d };
	const char *slash;

	memset(out, 0, sizeof *out);
	if (path == NULL)
		path = access("psabill.conf", F_OK) != 0 && access("/etc/psabill/psabill.conf", F_OK) == 0 ? "/etc/psabill/psabill.conf" : "psabill.conf";
	out->path = pool_dup(pool, path);
	slash = strrchr(path, '/');
	if (slash != NULL)
		l.dir = slash == path ? "/" : pool_dupn(pool, path, (size_t)(slash - path));
	if (out->path == NULL || l.dir == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < NKEYS; i++)
		if (assign(&l, &keys[i], keys[i].value) != NULL && keys[i].value[0] != '\0')
			return err_set(e, ERR_SOFTWARE, "default of %s.%s is refused", keys[i].section, keys[i].key);
	if (inifile_read(path, on_key, &l, d, e) < 0)
		return e->code == ERR_NOINPUT ? err_ctx(e, "no configuration; write one with `psabill init`") : -1;
	read_environment(&l);
	check_whole(&l);
	return pool_failed(pool) ? err_nomem(e) : 0;
}

static void add_value(const struct config *c, const struct key *k, struct buf *out)
{
	const void *at = (const char *)c + k->offset;
	char text[NUM_MAX];
	static const char *const late[] = { "include", "separate", "hold" };

	switch (k->kind) {
	case INT:
		buf_fmt(out, "%lld", (long long)*(const int64_t *)at);
		break;
	case MINUTES:
		buf_fmt(out, "%lld", (long long)*(const int64_t *)at / 60);
		break;
	case PERCENT:
		num_fmt_short(text, *(const int64_t *)at, MONEY_PCT_SCALE, 0);
		buf_str(out, text);
		break;
	case LIST:
		for (size_t i = 0; i < c->nexcluded; i++)
			buf_fmt(out, "%s%s", i > 0 ? " | " : "", c->excluded[i]);
		break;
	case FORMATS:
		buf_fmt(out, "%s%s%s", c->xlsx ? "xlsx" : "", c->xlsx && c->csv ? " " : "", c->csv ? "csv" : "");
		break;
	case WORD:
		if (k->parse == parse_late)
			buf_str(out, late[c->late]);
		else if (k->parse == parse_bill)
			buf_str(out, *(const int *)at ? "bill" : "hold");
		else if (k->parse == parse_per)
			buf_str(out, c->per == PER_CUSTOMER ? "customer" : "project");
		else if (k->parse == parse_group)
			buf_str(out, customer_group_name(c->group_by));
		else if (k->parse == parse_quantity)
			buf_str(out, customer_quantity_name(c->quantity));
		else if (k->parse == parse_mode)
			buf_str(out, rounding_mode_name(c->rounding.mode));
		else if (k->parse == parse_scope)
			buf_str(out, rounding_scope_name(c->rounding.scope));
		else
			buf_str(out, c->tax_category);
		break;
	default:
		if (*(const char *const *)at != NULL)
			buf_str(out, *(const char *const *)at);
	}
}

void config_show(const struct config *c, struct buf *out)
{
	for (size_t i = 0; i < NKEYS; i++) {
		size_t from = out->n;

		buf_fmt(out, "%s.%s = ", keys[i].section, keys[i].key);
		add_value(c, &keys[i], out);
		while (buf_ok(out) && out->n < from + 48)
			buf_ch(out, ' ');
		if (c->source[i] == FROM_FILE)
			buf_fmt(out, "  (%s:%d)\n", c->path, c->line[i]);
		else
			buf_str(out, c->source[i] == FROM_ENVIRONMENT ? "  (environment)\n" : "  (default)\n");
	}
}

void config_example(struct buf *out)
{
	size_t s = 0;

	buf_str(out, "# psabill.conf: every setting with its default. Remove the # of a line to change it.\n"
	    "# The environment goes first: PSABILL_<SECTION>_<KEY>. Paths are relative to this file.\n");
	for (size_t i = 0; i < NKEYS; i++) {
		if (i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0) {
			while (strcmp(sections[s].section, keys[i].section) != 0)
				s++;
			buf_fmt(out, "\n# %s\n[%s]\n", sections[s].help, sections[s].section);
		}
		buf_fmt(out, "# %s\n#%s = %s\n", keys[i].help, keys[i].key, keys[i].value);
	}
}

int config_sha(const struct config *c, uint8_t out[SHA_LEN])
{
	struct buf b = BUF_INIT;
	int ok;

	for (size_t i = 0; i < NKEYS; i++) {
		buf_fmt(&b, "%s.%s=", keys[i].section, keys[i].key);
		add_value(c, &keys[i], &b);
		buf_ch(&b, '\n');
	}
	ok = buf_ok(&b);
	if (ok)
		sha_of(b.p, b.n, out);
	buf_free(&b);
	return ok ? 0 : -1;
}
