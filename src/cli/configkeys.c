#include "cli/configkeys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "base/text.h"

#define AT(member) offsetof(struct config, member)

static int parse_late(const char *s, void *to)
{
	static const char *const words[] = { "include", "separate", "invoice", "hold" };

	for (int i = 0; i < 4; i++)
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

static int parse_yes(const char *s, void *to)
{
	if (strcmp(s, "yes") != 0 && strcmp(s, "no") != 0)
		return -1;
	*(int *)to = strcmp(s, "yes") == 0;
	return 0;
}

static int parse_debtors(const char *s, void *to)
{
	if (strcmp(s, "account") != 0 && strcmp(s, "customer_number") != 0)
		return -1;
	*(int *)to = strcmp(s, "customer_number") == 0;
	return 0;
}

static int parse_chart(const char *s, void *to)
{
	if (*s != '\0' && strcmp(s, "03") != 0 && strcmp(s, "04") != 0)
		return -1;
	*(const char **)to = *s == '\0' ? NULL : s[1] == '3' ? "03" : "04";
	return 0;
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
static int parse_brake(const char *s, void *to) { return brake_action_parse(s, to); }
static int parse_mode(const char *s, void *to) { return rounding_mode_parse(s, to); }
static int parse_scope(const char *s, void *to) { return rounding_scope_parse(s, to); }

const struct configkeys_key configkeys_table[] = {
	{ "awork", "base_url", KEY_URL, "https://api.awork.com/api/v1", 0, 0, NULL, AT(base_url), "where awork answers; https, or http to a loopback address" },
	{ "awork", "token_file", KEY_PATH, "", 0, 0, NULL, AT(token_file), "file with the API key, readable by its owner alone; PSABILL_AWORK_TOKEN and a systemd credential called token go first" },
	{ "awork", "ca_file", KEY_PATH, "", 0, 0, NULL, AT(ca_file), "certificates of a private authority, instead of the system's" },
	{ "awork", "proxy", KEY_TEXT, "", 0, 0, NULL, AT(proxy), "proxy; the environment's proxy settings are not used" },
	{ "awork", "connections", KEY_INT, "8", 1, 32, NULL, AT(connections), "requests in flight" },
	{ "awork", "page_size", KEY_INT, "1000", 1, 1000, NULL, AT(page_size), "entries per page" },
	{ "awork", "batch_size", KEY_INT, "1000", 1, 1000, NULL, AT(batch_size), "entries per marking request" },
	{ "awork", "rate_share", KEY_INT, "80", 1, 100, NULL, AT(rate_share), "percent of awork's request limit (for the whole workspace) that a run uses; the rest stays free for others" },
	{ "awork", "retry_minutes", KEY_INT, "15", 0, 600, NULL, AT(retry_minutes), "total time that a run may spend waiting for another try" },
	{ "run", "timezone", KEY_ZONE, "Europe/Berlin", 0, 0, NULL, AT(timezone), "zone that decides what 'today' and 'last month' are" },
	{ "run", "late", KEY_WORD, "include", 0, 0, parse_late, AT(late), "entries from before the period: include | separate (lines of their own) | invoice (an invoice of their own) | hold" },
	{ "run", "external", KEY_WORD, "hold", 0, 0, parse_bill, AT(external), "entries of connected workspaces: hold | bill" },
	{ "run", "retainer", KEY_WORD, "hold", 0, 0, parse_bill, AT(retainer), "entries of retainer projects: hold | bill" },
	{ "run", "exclude_projects", KEY_LIST, "", 0, 0, NULL, AT(excluded), "projects never billed: ids or exact names, separated by |" },
	{ "seller", "name", KEY_TEXT, "", 0, 0, NULL, AT(seller.name), "legal name (BT-27)" },
	{ "seller", "street", KEY_TEXT, "", 0, 0, NULL, AT(seller.street), "BT-35" },
	{ "seller", "zip", KEY_TEXT, "", 0, 0, NULL, AT(seller.zip), "BT-38" },
	{ "seller", "city", KEY_TEXT, "", 0, 0, NULL, AT(seller.city), "BT-37" },
	{ "seller", "country", KEY_COUNTRY, "DE", 0, 0, NULL, AT(seller.country), "ISO 3166-1 code of two letters (BT-40)" },
	{ "seller", "vat_id", KEY_TEXT, "", 0, 0, NULL, AT(seller.vat_id), "VAT id (BT-31); this or tax_number is needed" },
	{ "seller", "tax_number", KEY_TEXT, "", 0, 0, NULL, AT(seller.tax_number), "tax number (BT-32)" },
	{ "seller", "contact", KEY_TEXT, "", 0, 0, NULL, AT(seller.contact), "person or department (BT-41)" },
	{ "seller", "phone", KEY_TEXT, "", 0, 0, NULL, AT(seller.phone), "BT-42" },
	{ "seller", "email", KEY_TEXT, "", 0, 0, NULL, AT(seller.email), "BT-43" },
	{ "seller", "iban", KEY_TEXT, "", 0, 0, NULL, AT(seller.iban), "account that customers pay to (BT-84)" },
	{ "seller", "bic", KEY_TEXT, "", 0, 0, NULL, AT(seller.bic), "BT-86" },
	{ "seller", "endpoint", KEY_TEXT, "", 0, 0, NULL, AT(seller.endpoint), "electronic address (BT-34)" },
	{ "seller", "endpoint_scheme", KEY_TEXT, "EM", 0, 0, NULL, AT(seller.endpoint_scheme), "its scheme: EM e-mail, 0204 Leitweg-ID, 9930 German VAT id" },
	{ "seller", "register_id", KEY_TEXT, "", 0, 0, NULL, AT(seller.register_id), "legal registration, such as HRB 12345 (BT-30); needed without a vat_id" },
	{ "seller", "legal_info", KEY_TEXT, "", 0, 0, NULL, AT(seller.legal_info), "court of registration, managing directors (BT-33)" },
	{ "billing", "invoice_per", KEY_WORD, "customer", 0, 0, parse_per, AT(per), "one invoice per: customer | project" },
	{ "billing", "group_by", KEY_WORD, "project_task", 0, 0, parse_group, AT(group_by), "one line per: project | project_task | project_user | project_type_of_work | entry" },
	{ "billing", "quantity", KEY_WORD, "hours", 0, 0, parse_quantity, AT(quantity), "printed quantity: hours (two decimals) | minutes (whole); amounts follow what is printed" },
	{ "billing", "round_mode", KEY_WORD, "none", 0, 0, parse_mode, AT(rounding.mode), "rounding of time: none | nearest | up | down" },
	{ "billing", "round_minutes", KEY_MINUTES, "15", 1, 1440, NULL, AT(rounding.step_sec), "to a multiple of these minutes" },
	{ "billing", "round_scope", KEY_WORD, "entry", 0, 0, parse_scope, AT(rounding.scope), "what is rounded: entry | line (after summing)" },
	{ "billing", "currency", KEY_CURRENCY, "EUR", 0, 0, NULL, AT(currency), "ISO 4217 code" },
	{ "billing", "tax_category", KEY_WORD, "S", 0, 0, parse_category, AT(tax_category), "S standard | AE reverse charge | E exempt | O not taxable | G export" },
	{ "billing", "tax_rate", KEY_PERCENT, "19", 0, 0, NULL, AT(tax_pct_e2), "per cent, for category S" },
	{ "billing", "due_days", KEY_INT, "14", 0, 365, NULL, AT(due_days), "days until payment is due" },
	{ "billing", "number_format", KEY_NUMBER, "RE-{YYYY}-{SEQ:5}", 0, 0, NULL, AT(number_format), "{YYYY} {YY} {MM} {SEQ} {SEQ:digits}; A-Z 0-9 - / ; with {YYYY} counting starts over each year" },
	{ "billing", "number_start", KEY_INT, "1", 1, 999999999, NULL, AT(number_start), "first number of a new series" },
	{ "billing", "cancellation_format", KEY_NUMBER, "", 0, 0, NULL, AT(cancellation_format), "series of cancellations; empty: that of the invoices" },
	{ "billing", "discount_days", KEY_INT, "0", 0, 365, NULL, AT(discount_days), "cash discount (Skonto) for payment within these days; 0: none" },
	{ "billing", "discount_rate", KEY_PERCENT, "0", 0, 0, NULL, AT(discount_pct_e2), "cash discount in per cent" },
	{ "billing", "note", KEY_TEXT, "", 0, 0, NULL, AT(note), "a text for every invoice (BT-22)" },
	{ "billing", "language", KEY_LANGUAGE, "de", 0, 0, NULL, AT(language), "language of documents: de | en; names the templates invoice.LANGUAGE.ini and summary.LANGUAGE.ini" },
	{ "brakes", "run", KEY_WORD, "stop", 0, 0, parse_brake, AT(brakes.action[BRAKE_RUN]), "the period's total is far above or below the median of earlier periods (3 are needed): stop | warn | off" },
	{ "brakes", "run_percent", KEY_INT, "300", 100, 100000, NULL, AT(brakes.run_pct), "far: more than this per cent of the median, or the median more than this per cent of the total" },
	{ "brakes", "customer", KEY_WORD, "stop", 0, 0, parse_brake, AT(brakes.action[BRAKE_CUSTOMER]), "a customer's total is far above its median: stop | warn | off" },
	{ "brakes", "customer_percent", KEY_INT, "500", 100, 100000, NULL, AT(brakes.customer_pct), "far: more than this per cent of the median" },
	{ "brakes", "customer_from", KEY_INT, "1000", 0, 1000000000, NULL, AT(brakes.customer_from), "totals up to this amount, in the customer's currency, are never far" },
	{ "brakes", "gone", KEY_WORD, "warn", 0, 0, parse_brake, AT(brakes.action[BRAKE_GONE]), "a customer billed in each of the last periods has nothing to bill: stop | warn | off" },
	{ "brakes", "gone_periods", KEY_INT, "3", 1, 12, NULL, AT(brakes.gone_periods), "how many periods that are" },
	{ "brakes", "day", KEY_WORD, "stop", 0, 0, parse_brake, AT(brakes.action[BRAKE_DAY]), "a user tracked too much billable time on one day: stop | warn | off" },
	{ "brakes", "day_minutes", KEY_MINUTES, "1440", 1, 100000, NULL, AT(brakes.day_secs), "too much: more than these minutes" },
	{ "brakes", "overlap", KEY_WORD, "warn", 0, 0, parse_brake, AT(brakes.action[BRAKE_OVERLAP]), "two billable entries of a user cover the same time: stop | warn | off" },
	{ "output", "dir", KEY_PATH, "out", 0, 0, NULL, AT(out_dir), "folder for documents; must exist" },
	{ "output", "formats", KEY_FORMATS, "xlsx csv", 0, 0, NULL, AT(formats), "files per invoice: xlsx csv xrechnung; and datev: booking files per run" },
	{ "output", "attach", KEY_ATTACH, "csv", 0, 0, NULL, AT(attach), "time sheet embedded into the XRechnung: csv | xlsx | csv xlsx | none" },
	{ "output", "csv_profile", KEY_PROFILES, "", 0, 0, NULL, AT(profiles), "further CSV files, by the templates csv.NAME.ini: neutral excel-de xero quickbooks" },
	{ "output", "metrics_file", KEY_PATH, "", 0, 0, NULL, AT(metrics_file), "figures of the last run, reconcile and verify for node_exporter's textfile collector; must end in .prom" },
	{ "datev", "consultant", KEY_INT, "0", 0, 9999999, NULL, AT(booking.consultant), "Beraternummer, from 1001" },
	{ "datev", "client", KEY_INT, "0", 0, 99999, NULL, AT(booking.client), "Mandantennummer, from 1" },
	{ "datev", "fiscal_month", KEY_INT, "1", 1, 12, NULL, AT(booking.fiscal_month), "month in which the fiscal year begins" },
	{ "datev", "account_length", KEY_INT, "4", 4, 8, NULL, AT(booking.account_length), "digits of general ledger accounts; debtors have one more" },
	{ "datev", "chart", KEY_WORD, "", 0, 0, parse_chart, AT(booking.chart), "chart of accounts (Sachkontenrahmen): 03 | 04, or empty" },
	{ "datev", "accounts", KEY_ACCOUNTS, "", 0, 0, NULL, AT(booking), "revenue accounts, to be confirmed by the tax adviser: S 19: 8400, S 7: 8300, AE: 8336, O: 8338" },
	{ "datev", "debtors", KEY_WORD, "account", 0, 0, parse_debtors, AT(debtor_is_number), "debtor accounts: account (column debtor_account) | customer_number (where that is empty)" },
	{ "datev", "lock", KEY_WORD, "no", 0, 0, parse_yes, AT(booking.lock), "lock the batch after import (Festschreibung): yes | no" },
	{ "ledger", "path", KEY_PATH, "ledger.db", 0, 0, NULL, AT(ledger), "the ledger, a SQLite database on a local disk" },
	{ "ledger", "copy", KEY_WORD, "yes", 0, 0, parse_yes, AT(ledger_copy), "copy it to PATH.copy when a run closes, as the way back: yes | no" },
	{ "files", "rates", KEY_PATH, "rates.csv", 0, 0, NULL, AT(rates), "rate card" },
	{ "files", "customers", KEY_PATH, "customers.csv", 0, 0, NULL, AT(customers), "customers" },
	{ "files", "terms", KEY_PATH, "", 0, 0, NULL, AT(terms), "discounts, monthly fees and cost centres (terms.csv); empty: none" },
	{ "files", "templates", KEY_PATH, "", 0, 0, NULL, AT(templates), "folder with your own templates (default: the installed ones)" },
};
const size_t configkeys_n = sizeof configkeys_table / sizeof *configkeys_table;
_Static_assert(sizeof configkeys_table / sizeof *configkeys_table <= CONFIG_KEYS_MAX, "struct config remembers where each key came from");

const struct configkeys_section configkeys_sections[] = {
	{ "awork", "The workspace that is billed." },
	{ "run", "What is billed." },
	{ "seller", "Who bills." },
	{ "billing", "How it is billed. Columns of customers.csv override currency, tax, due days, language, rounding and grouping." },
	{ "brakes", "When a run stops before anything is issued, so that a person looks; run --release NAME lets it pass once. A dry run only tells." },
	{ "output", "What is written." },
	{ "datev", "Booking files for DATEV, when [output] formats names datev." },
	{ "ledger", "What was billed: keep it, copy it, never edit it." },
	{ "files", "Where prices, customers and templates are." },
	{ NULL, NULL },
};

/* Splits by | into a sorted, NULL-free array. */
static int parse_list(const char *s, struct config *c, struct pool *pool)
{
	char *copy = pool_dup(pool, s), *save = NULL, id[37];
	size_t n = 1;

	for (const char *p = s; *p != '\0'; p++)
		n += *p == '|';
	c->excluded = pool_alloc(pool, n * sizeof *c->excluded);
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

/* The next word of a list separated by blanks or commas. 1, 0 at the end, -1 when it is too long. */
static int next_word(const char **s, char *word, size_t size)
{
	size_t n;

	*s += strspn(*s, " ,");
	n = strcspn(*s, " ,");
	if (n >= size)
		return -1;
	memcpy(word, *s, n);
	word[n] = '\0';
	*s += n;
	return n > 0;
}

int configkeys_formats(const char *s, unsigned *formats, int *datev)
{
	static const struct { const char *word; unsigned bit; } table[] = { { "xlsx", FORMAT_XLSX }, { "csv", FORMAT_CSV }, { "xrechnung", FORMAT_XRECHNUNG } };
	unsigned bits = 0;
	int found = 0, rc;
	char word[16];

	while ((rc = next_word(&s, word, sizeof word)) > 0) {
		size_t i = 0;

		while (i < 3 && strcmp(word, table[i].word) != 0)
			i++;
		if (i < 3)
			bits |= table[i].bit;
		else if (datev != NULL && strcmp(word, "datev") == 0)
			found = 1;
		else
			return -1;
	}
	if (rc < 0 || bits == 0)
		return -1;
	*formats = bits;
	if (datev != NULL)
		*datev = found;
	return 0;
}

static int parse_attach(const char *s, unsigned *out)
{
	*out = 0;
	return strcmp(s, "none") == 0 ? 0 : configkeys_formats(s, out, NULL) < 0 || (*out & FORMAT_XRECHNUNG) != 0 ? -1 : 0;
}

static int parse_profiles(const char *s, struct config *c, struct pool *pool)
{
	char word[24];
	int rc;

	c->nprofiles = 0;
	while ((rc = next_word(&s, word, sizeof word)) > 0) {
		if (c->nprofiles == CONFIG_PROFILES_MAX || !config_language_ok(word))
			return -1;
		for (size_t i = 0; i < c->nprofiles; i++)
			if (strcmp(c->profiles[i], word) == 0)
				return -1;
		c->profiles[c->nprofiles++] = pool_dup(pool, word);
	}
	return rc;
}

/* A key's value into the configuration; NULL or what is wrong with it. */
const char *configkeys_assign(struct config *c, const struct configkeys_key *k, const char *s, const char *dir, struct pool *pool)
{
	void *to = (char *)c + k->offset;
	const char **text = to;
	int64_t n;
	struct err e = ERR_INIT;

	switch (k->kind) {
	case KEY_TEXT: case KEY_URL:
		*text = *s == '\0' ? NULL : pool_dup(pool, s);
		if (k->kind == KEY_URL && strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0)
			return "must start with https:// (or http:// to a loopback address)";
		break;
	case KEY_PATH:
		if (*s == '\0') {
			if (k->value[0] != '\0')
				return "must not be empty";
			*text = NULL;
		} else {
			char *joined = file_join(dir, s);

			*text = pool_dup(pool, joined);
			free(joined);
		}
		break;
	case KEY_INT: case KEY_MINUTES:
		if (num_parse_int(s, k->min, k->max, &n) < 0)
			return pool_fmt(pool, "must be a whole number from %lld to %lld", (long long)k->min, (long long)k->max);
		*(int64_t *)to = k->kind == KEY_MINUTES ? n * 60 : n;
		break;
	case KEY_PERCENT:
		if (num_parse(s, MONEY_PCT_SCALE, &n) < 0 || n < 0 || n > 10000)
			return "must be a percentage from 0 to 100 with at most two decimals and a decimal point";
		*(int64_t *)to = n;
		break;
	case KEY_WORD:
		if (k->parse(s, to) < 0)
			return pool_fmt(pool, "is not allowed here: %s", k->help);
		break;
	case KEY_ZONE:
		if (!clock_zone_exists(s))
			return "is no time zone of the IANA database, such as Europe/Berlin";
		*text = pool_dup(pool, s);
		break;
	case KEY_CURRENCY:
		if (money_decimals(s) < 0)
			return "is no currency of ISO 4217, such as EUR";
		*text = pool_dup(pool, s);
		break;
	case KEY_COUNTRY:
		if (strlen(s) != 2 || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
			return "is no country code of two capital letters, such as DE";
		*text = pool_dup(pool, s);
		break;
	case KEY_NUMBER:
		if (*s == '\0' && k->value[0] == '\0') {
			*text = NULL;
			break;
		}
		if (number_check(s, &e) < 0)
			return pool_fmt(pool, "is refused: %s", e.msg);
		*text = pool_dup(pool, s);
		break;
	case KEY_LIST:
		if (parse_list(s, c, pool) < 0)
			return "cannot be held in memory";
		break;
	case KEY_FORMATS:
		if (configkeys_formats(s, &c->formats, &c->datev) < 0)
			return "must name at least one of xlsx csv xrechnung, and datev where wanted, nothing else";
		break;
	case KEY_ATTACH:
		if (parse_attach(s, to) < 0)
			return "must be csv, xlsx, csv xlsx or none";
		break;
	case KEY_PROFILES:
		if (parse_profiles(s, c, pool) < 0)
			return "must be names of profiles (csv.NAME.ini), each once, at most 8";
		break;
	case KEY_ACCOUNTS:
		c->booking.naccounts = 0;
		if (*s != '\0')
			return booking_parse_accounts(s, pool, to);
		break;
	case KEY_LANGUAGE:
		if (!config_language_ok(s))
			return "must be lower-case letters, digits or hyphens, at most 20: it names the template invoice.LANGUAGE.ini";
		*text = pool_dup(pool, s);
		break;
	}
	return NULL;
}
