#include "cli/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/near.h"
#include "base/num.h"
#include "billing/identifier.h"
#include "billing/money.h"
#include "cli/app.h"
#include "cli/configkeys.h"
#include "cli/prompt.h"

static int index_of(const char *section, const char *key)
{
	for (size_t i = 0; i < configkeys_n; i++)
		if (strcmp(configkeys_table[i].section, section) == 0 && strcmp(configkeys_table[i].key, key) == 0)
			return (int)i;
	return -1;
}

const char *answers_of(const struct answers *a, const char *section, const char *key)
{
	int i = index_of(section, key);

	return i < 0 ? NULL : a->value[i];
}

/* What a value of the seller's lacks that the table does not know; NULL: nothing. */
static const char *wrong_identifier(const char *key, const char *value)
{
	if (value[0] == '\0')
		return NULL;
	if (strcmp(key, "iban") == 0 && !identifier_iban_ok(value))
		return "is no IBAN: its check digits are wrong, or a digit is missing";
	if (strcmp(key, "vat_id") == 0 && (!identifier_vat_shape(value) || !identifier_vat_prefix_ok(value)))
		return "is no VAT id, such as DE123456789";
	if (strcmp(key, "vat_id") == 0 && !identifier_vat_digits_ok(value))
		return "is no German VAT id: its check digit is wrong";
	if (strcmp(key, "email") == 0 && !identifier_email_ok(value))
		return "is no e-mail address";
	if (strcmp(key, "country") == 0 && !identifier_country_ok(value))
		return "is no country code of two capital letters, such as DE";
	return NULL;
}

/* NULL, or what is wrong with the value. */
static const char *set_value(struct answers *a, int i, const char *value, struct pool *pool)
{
	const struct configkeys_key *k = &configkeys_table[i];
	struct config scratch = { .path = "" };
	const char *wrong = strpbrk(value, "\r\n") != NULL ? "must not hold a line break" : configkeys_assign(&scratch, k, value, "", pool);

	if (wrong == NULL && strcmp(k->section, "seller") == 0)
		wrong = wrong_identifier(k->key, value);
	if (wrong == NULL)
		a->value[i] = value[0] == '\0' && k->value[0] == '\0' ? NULL : pool_dup(pool, value);
	return wrong;
}

static const char *set_rate(struct answers *a, const char *value, struct pool *pool)
{
	char *price = pool_dup(pool, value), *comma = price == NULL ? NULL : strchr(price, ',');
	int64_t e4;

	if (comma != NULL && strchr(price, '.') == NULL)
		*comma = '.';
	if (price == NULL || num_parse(price, MONEY_RATE_SCALE, &e4) < 0 || e4 <= 0 || e4 > INT64_C(1000000000000))
		return "is no price per hour, such as 95 or 95.50";
	a->rate = price;
	return NULL;
}

static int unknown_setting(const char *name, struct err *e)
{
	struct near_search near;
	char known[80], best[80];

	near_start(&near, name);
	for (size_t i = 0; i < configkeys_n; i++) {
		snprintf(known, sizeof known, "%s.%s", configkeys_table[i].section, configkeys_table[i].key);
		near_offer(&near, known);
		if (near.best == known) {
			memcpy(best, known, sizeof best);
			near.best = best;
		}
	}
	if (near.best != NULL)
		return err_set(e, ERR_USAGE, "--set %.60s: there is no such setting; did you mean %s?", name, near.best);
	return err_set(e, ERR_USAGE, "--set %.60s: there is no such setting; psabill.conf(5) lists all, such as seller.name", name);
}

static int set_option(struct answers *a, const char *text, struct pool *pool, struct err *e)
{
	const char *equals = strchr(text, '=');
	const char *dot = strchr(text, '.'), *wrong;
	char *section, *key;
	int i;

	if (equals == NULL || dot == NULL || dot > equals)
		return err_set(e, ERR_USAGE, "--set takes SECTION.KEY=VALUE, such as seller.name=Studio, not '%.60s'", text);
	section = pool_dupn(pool, text, (size_t)(dot - text));
	key = pool_dupn(pool, dot + 1, (size_t)(equals - dot) - 1);
	if (section == NULL || key == NULL)
		return err_nomem(e);
	i = index_of(section, key);
	if (i < 0)
		return unknown_setting(pool_fmt(pool, "%s.%s", section, key), e);
	wrong = set_value(a, i, equals + 1, pool);
	return wrong == NULL ? 0 : err_set(e, ERR_USAGE, "--set %.80s: %s", text, wrong);
}

int answers_from_options(const struct options *o, struct pool *pool, struct answers *out, struct err *e)
{
	const char *wrong;

	for (size_t i = 0; i < o->set.n; i++)
		if (set_option(out, o->set.v[i], pool, e) < 0)
			return -1;
	if (o->rate != NULL && (wrong = set_rate(out, o->rate, pool)) != NULL)
		return err_set(e, ERR_USAGE, "--rate %.40s %s", o->rate, wrong);
	return pool_failed(pool) ? err_nomem(e) : 0;
}

/* The zone of this machine, when it is a place. */
static const char *local_zone(struct pool *pool)
{
	char path[256];
	ssize_t n = readlink("/etc/localtime", path, sizeof path - 1);
	const char *zone;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	zone = strstr(path, "zoneinfo/");
	if (zone == NULL || strchr(zone + 9, '/') == NULL || strncmp(zone + 9, "Etc/", 4) == 0 || !clock_zone_exists(zone + 9))
		return NULL;
	return pool_dup(pool, zone + 9);
}

/* An address without a path, as it stands in a browser, is completed. */
static int complete_url(struct buf *line)
{
	const char *s = buf_text(line), *host = strstr(s, "://"), *path = host == NULL ? NULL : strchr(host + 3, '/');

	if (host == NULL || host[3] == '\0' || (path != NULL && path[1] != '\0'))
		return 0;
	buf_str(line, path == NULL ? "/api/v1" : "api/v1");
	return buf_ok(line);
}

/* Asks until the answer is one. */
static int ask_setting(struct answers *a, const char *section, const char *key, const char *question, const char *standard, struct pool *pool, struct err *e)
{
	int i = index_of(section, key);
	struct buf line = BUF_INIT;
	const char *wrong = "";

	if (i < 0 || a->value[i] != NULL)
		return i < 0 ? err_set(e, ERR_SOFTWARE, "there is no setting %s.%s to ask for", section, key) : 0;
	if (standard == NULL)
		standard = configkeys_table[i].value;
	while (wrong != NULL) {
		if (prompt_line(question, standard, &line, e) < 0)
			break;
		if (configkeys_table[i].kind == KEY_URL && strcmp(key, "base_url") == 0 && complete_url(&line))
			fprintf(stderr, "    taken as %s\n", buf_text(&line));
		wrong = set_value(a, i, buf_text(&line), pool);
		if (wrong != NULL)
			fprintf(stderr, "    '%s' %s\n", buf_text(&line), wrong);
	}
	buf_free(&line);
	return wrong == NULL ? 0 : -1;
}

/* The API key goes into the token file; nothing is asked when that is there. */
static int ask_token(struct answers *a, const char *dir, struct err *e)
{
	char *path = file_join(dir, answers_of(a, "awork", "token_file") == NULL ? "token" : answers_of(a, "awork", "token_file"));
	int rc = -1;

	if (path == NULL)
		return err_nomem(e);
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "  %s is there already and stays as it is.\n", path);
		rc = 0;
	}
	while (rc < 0 && prompt_secret("  API key (awork: Settings, Integrations, API client; not shown; Enter: later)", &a->token, e) == 0) {
		if (a->token.n == 0 || app_token_ok(buf_text(&a->token), a->token.n))
			rc = 0;
		else
			fprintf(stderr, "    that holds characters that no API key has\n");
	}
	free(path);
	return rc;
}

static int ask_rate(struct answers *a, struct pool *pool, struct err *e)
{
	struct buf line = BUF_INIT;
	const char *wrong = a->rate == NULL ? "" : NULL;

	while (wrong != NULL) {
		if (prompt_line("  Price per hour, net, for all work, such as 95.00", NULL, &line, e) < 0)
			break;
		wrong = line.n == 0 ? NULL : set_rate(a, buf_text(&line), pool);
		if (wrong != NULL)
			fprintf(stderr, "    '%s' %s\n", buf_text(&line), wrong);
	}
	buf_free(&line);
	return wrong == NULL ? 0 : -1;
}

int answers_ask(const char *dir, struct pool *pool, struct answers *out, struct err *e)
{
	static const struct { const char *key, *question; } seller[] = {
		{ "name", "  Legal name" }, { "street", "  Street and number" }, { "zip", "  Postal code" }, { "city", "  City" }, { "country", "  Country" },
		{ "vat_id", "  VAT id, such as DE123456789" }, { "tax_number", "  Tax number (needed without a VAT id)" }, { "email", "  E-mail for questions about invoices" },
		{ "iban", "  IBAN that customers pay to" },
	};

	fprintf(stderr, "Enter takes what stands in [brackets]; without brackets it leaves the answer for later. Ctrl-C stops, and nothing is written.\n\nawork:\n");
	if (ask_setting(out, "awork", "base_url", "  Address of the API", NULL, pool, e) < 0 ||
	    ask_setting(out, "awork", "token_file", "  File with the API key", "token", pool, e) < 0 || ask_token(out, dir, e) < 0)
		return -1;
	fprintf(stderr, "\nWho bills (every invoice must name it):\n");
	for (size_t i = 0; i < sizeof seller / sizeof *seller; i++)
		if ((strcmp(seller[i].key, "tax_number") != 0 || answers_of(out, "seller", "vat_id") == NULL) &&
		    ask_setting(out, "seller", seller[i].key, seller[i].question, NULL, pool, e) < 0)
			return -1;
	fprintf(stderr, "\nBilling:\n");
	if (ask_setting(out, "run", "timezone", "  Time zone that decides what 'last month' is", local_zone(pool), pool, e) < 0)
		return -1;
	return ask_rate(out, pool, e);
}
