/* config, rates, customers: what people edit. */
#include "test_billing_common.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csvfile.h"
#include "base/file.h"
#include "cli/config.h"
#include "cli/customers.h"
#include "cli/rates.h"

static char dir[] = "/tmp/psabill-test-XXXXXX";
static char path[64]; /* of the file under test, in dir */

extern char **environ;

static int setup(void **state)
{
	(void)state;
	/* What the person who runs the tests has set must not count. */
	for (char **v = environ; *v != NULL;) {
		char name[200];

		if (strncmp(*v, "PSABILL_", 8) != 0) {
			v++;
			continue;
		}
		snprintf(name, sizeof name, "%.*s", (int)strcspn(*v, "="), *v);
		unsetenv(name);
		v = environ;
	}
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	struct err e = ERR_INIT;
	int fd = file_open_dir("/tmp", &e), rc;

	(void)state;
	rc = fd < 0 ? -1 : file_remove_tree_at(fd, strrchr(dir, '/') + 1, &e);
	if (fd >= 0)
		close(fd);
	return rc;
}

static void put(const char *name, const char *text)
{
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static void get(struct buf *b)
{
	struct err e = ERR_INIT;

	buf_reset(b);
	if (file_read(path, 1 << 20, b, &e) < 0)
		fail_msg("%s", e.msg);
}

/* The complaints without the folder's name, each followed by a line break. */
static const char *complaints(const struct diag *d)
{
	static char text[8000];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->n; i++) {
		const char *s = d->line[i];

		if (strncmp(s, dir, strlen(dir)) == 0)
			s += strlen(dir) + 1;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", s);
		assert_true(n < sizeof text);
	}
	return text;
}

/* One complaint that begins so and holds that. */
static void complains(const struct diag *d, const char *begin, const char *holds)
{
	const char *text = complaints(d);

	if (d->n != 1 || strncmp(text, begin, strlen(begin)) != 0 || strstr(text, holds) == NULL)
		fail_msg("must be '%s ... %s', but is:\n%s", begin, holds, text);
}

/* psabill.conf */

#define SELLER "[seller]\nname = Studio\nstreet = Weg 1\nzip = 10115\ncity = Berlin\nvat_id = DE123456789\n"
static const char seller[] = SELLER;
/* With two keys that need each other, so that each can be changed alone. */
static const char basis[] = SELLER "[billing]\ndiscount_days = 3\ndiscount_rate = 1\n";

struct loaded {
	struct pool *pool;
	struct config c;
	struct diag d;
	struct err e;
	int rc;
};

static void load(struct loaded *l)
{
	memset(l, 0, sizeof *l);
	memset(&l->c, 0x55, sizeof l->c);
	l->pool = pool_new();
	l->rc = config_load(path, l->pool, &l->c, &l->d, &l->e);
}

static void load_good(struct loaded *l)
{
	load(l);
	if (l->rc < 0 || !diag_empty(&l->d))
		fail_msg("%s%s", l->e.msg, complaints(&l->d));
}

static void unload(struct loaded *l)
{
	diag_free(&l->d);
	pool_free(l->pool);
}

/* A setting as config_show() tells it: value and origin. */
static void shown(const struct config *c, const char *name, char value[200], char origin[200])
{
	struct buf b = BUF_INIT;
	char line[100], *at, *end, *from;

	buf_ch(&b, '\n');
	config_show(c, &b);
	snprintf(line, sizeof line, "\n%s = ", name);
	at = strstr(b.p, line);
	if (at == NULL)
		fail_msg("%s is not shown", name);
	at += strlen(line);
	end = strchr(at, '\n');
	*end = '\0';
	from = strrchr(at, '(');
	snprintf(origin, 200, "%s", from);
	while (from > at && from[-1] == ' ')
		from--;
	snprintf(value, 200, "%.*s", (int)(from - at), at);
	buf_free(&b);
}

static void is_shown(const struct config *c, const char *name, const char *value, const char *origin)
{
	char v[200], o[200];

	shown(c, name, v, o);
	if (strcmp(v, value) != 0 || strcmp(o, origin) != 0)
		fail_msg("%s is '%s' %s, must be '%s' %s", name, v, o, value, origin);
}

/* Every key: another good value, how it is shown when that differs ("/" stands for the folder), and values that are refused. "" is an empty value. */
static const struct {
	const char *section, *key, *good, *show;
	const char *bad[6];
} keys[] = {
	{ "awork", "base_url", "http://127.0.0.1:8080/api/v1", NULL, { "", "ftp://x", "api.awork.com", "HTTPS//x" } },
	{ "awork", "token_file", "secrets/token", "/secrets/token", { NULL } },
	{ "awork", "ca_file", "/etc/ca.pem", NULL, { NULL } },
	{ "awork", "proxy", "http://proxy:3128", NULL, { NULL } },
	{ "awork", "connections", "32", NULL, { "0", "33", "-1", "x", "1.5", "" } },
	{ "awork", "page_size", "1", NULL, { "0", "1001" } },
	{ "awork", "batch_size", "250", NULL, { "0", "1001" } },
	{ "awork", "rate_share", "100", NULL, { "0", "101", "80%" } },
	{ "awork", "retry_minutes", "0", NULL, { "601", "-1", "15m" } },
	{ "run", "timezone", "America/New_York", NULL, { "", "Europe/Nowhere", "CET-1", "../x" } },
	{ "run", "late", "invoice", NULL, { "", "Include", "later" } },
	{ "run", "external", "bill", NULL, { "", "yes" } },
	{ "run", "retainer", "bill", NULL, { "", "1" } },
	{ "run", "exclude_projects", "b | a|| c x", NULL, { NULL } },
	{ "seller", "name", "Other \xc3\xa4", NULL, { NULL } },
	{ "seller", "street", "Gasse 2", NULL, { NULL } },
	{ "seller", "zip", "80331", NULL, { NULL } },
	{ "seller", "city", "M\xc3\xbcnchen", NULL, { NULL } },
	{ "seller", "country", "AT", NULL, { "", "de", "DEU", "D", "D1" } },
	{ "seller", "vat_id", "ATU12345678", NULL, { NULL } },
	{ "seller", "tax_number", "12/345/67890", NULL, { NULL } },
	{ "seller", "contact", "Office", NULL, { NULL } },
	{ "seller", "phone", "+49 30 1", NULL, { NULL } },
	{ "seller", "email", "a@example.org", NULL, { NULL } },
	{ "seller", "iban", "DE89370400440532013000", NULL, { NULL } },
	{ "seller", "bic", "COBADEFFXXX", NULL, { NULL } },
	{ "seller", "endpoint", "b@example.org", NULL, { NULL } },
	{ "seller", "endpoint_scheme", "9930", NULL, { NULL } },
	{ "seller", "register_id", "HRB 12345", NULL, { NULL } },
	{ "seller", "legal_info", "Amtsgericht Berlin; Ada L.", NULL, { NULL } },
	{ "billing", "invoice_per", "project", NULL, { "", "company" } },
	{ "billing", "group_by", "entry", NULL, { "", "task", "project task" } },
	{ "billing", "quantity", "minutes", NULL, { "", "seconds", "lump_sum" } },
	{ "billing", "round_mode", "up", NULL, { "", "ceil" } },
	{ "billing", "round_minutes", "1440", NULL, { "0", "1441", "7.5", "" } },
	{ "billing", "round_scope", "line", NULL, { "", "day" } },
	{ "billing", "currency", "CHF", NULL, { "", "eur", "EURO", "XXX" } },
	{ "billing", "tax_category", "AE", NULL, { "", "s", "Z" } },
	{ "billing", "tax_rate", "7.5", NULL, { "", "19%", "7,5", "-1", "100.01", "7.123" } },
	{ "billing", "due_days", "365", NULL, { "366", "-1", "two weeks" } },
	{ "billing", "number_format", "{YY}-{SEQ:4}", NULL, { "", "RE-2026", "re-{SEQ}", "{SEQ}{SEQ}", "1234567890123456789{SEQ:2}" } },
	{ "billing", "number_start", "999999999", NULL, { "0", "1000000000" } },
	{ "billing", "cancellation_format", "ST-{YYYY}-{SEQ:5}", NULL, { "ST", "st-{SEQ}", "{SEQ}{SEQ}" } },
	{ "billing", "discount_days", "365", NULL, { NULL } },
	{ "billing", "discount_rate", "2.25", NULL, { NULL } },
	{ "billing", "note", "Danke \xe2\x82\xac", NULL, { NULL } },
	{ "billing", "language", "pt-br", NULL, { "", "DE", "../x", "de/at", "de at", "abcdefghijklmnopqrstu" } },
	{ "brakes", "run", "warn", NULL, { "", "halt", "Stop" } },
	{ "brakes", "run_percent", "100", NULL, { "99", "100001", "3x" } },
	{ "brakes", "customer", "off", NULL, { "", "no" } },
	{ "brakes", "customer_percent", "100000", NULL, { "99", "" } },
	{ "brakes", "customer_from", "0", NULL, { "-1", "1000000001", "10.50" } },
	{ "brakes", "gone", "stop", NULL, { "" } },
	{ "brakes", "gone_periods", "12", NULL, { "0", "13" } },
	{ "brakes", "day", "warn", NULL, { "24" } },
	{ "brakes", "day_minutes", "600", NULL, { "0", "100001" } },
	{ "brakes", "overlap", "stop", NULL, { "yes" } },
	{ "output", "dir", "/srv/out", NULL, { "" } },
	{ "output", "formats", "csv,  xlsx", NULL, { "", "pdf", "xlsx pdf", "xlsxcsv", "XLSX", "datev" } },
	{ "output", "attach", "csv, xlsx", NULL, { "", "xrechnung", "csv xrechnung", "none csv", "datev", "csv datev" } },
	{ "output", "metrics_file", "/var/lib/metrics/psabill.prom", NULL, { NULL } },
	{ "output", "csv_profile", "neutral, excel-de xero", NULL, { "Neutral", "a b c d e f g h i", "a a", "../x", "abcdefghijklmnopqrstu", "a;b" } },
	{ "datev", "consultant", "9999999", NULL, { "", "-1", "10000000", "x" } },
	{ "datev", "client", "99999", NULL, { "", "-1", "100000" } },
	{ "datev", "fiscal_month", "12", NULL, { "", "0", "13" } },
	{ "datev", "account_length", "8", NULL, { "", "3", "9" } },
	{ "datev", "chart", "04", NULL, { "4", "SKR04", "05" } },
	{ "datev", "accounts", "S 19: 8400, S 7: 8300/9, AE: 8336", NULL, { "8400", "S: 8400", "X 19: 8400", "AE 19: 8336", "S 19: 84a0", "S 19: 1, S 19: 2" } },
	{ "datev", "debtors", "customer_number", NULL, { "", "number", "Account" } },
	{ "datev", "lock", "yes", NULL, { "", "1", "Yes" } },
	{ "ledger", "path", "db/l.db", "/db/l.db", { "" } },
	{ "ledger", "copy", "no", NULL, { "", "1", "No" } },
	{ "files", "rates", "r.csv", "/r.csv", { "" } },
	{ "files", "customers", "c.csv", "/c.csv", { "" } },
	{ "files", "terms", "terms.csv", "/terms.csv", { NULL } },
	{ "files", "templates", "t", "/t", { NULL } },
};

/* The base without the key, then the key by itself; returns the key's line. */
static int put_key(size_t i, const char *value)
{
	char text[1000] = "", needle[40];
	const char *at, *p = basis;
	int line = 2;

	snprintf(needle, sizeof needle, "\n%s = ", keys[i].key);
	at = strstr(basis, needle);
	if (at != NULL) {
		strncat(text, basis, (size_t)(at + 1 - basis));
		p = strchr(at + 1, '\n') + 1;
	}
	strcat(text, p);
	for (p = text; *p != '\0'; p++)
		line += *p == '\n';
	snprintf(text + strlen(text), sizeof text - strlen(text), "[%s]\n%s = %s\n", keys[i].section, keys[i].key, value);
	put("psabill.conf", text);
	return line;
}

static const char *show_of(size_t i, char out[200])
{
	const char *s = keys[i].show == NULL ? keys[i].good : keys[i].show;

	snprintf(out, 200, "%s%s", keys[i].show != NULL && s[0] == '/' ? dir : "", s);
	return out;
}

/* Each key alone changes itself, nothing else, and the digest. */
static void config_good(void **state)
{
	struct loaded base, l;
	uint8_t sha[SHA_LEN], same[SHA_LEN];
	char name[80], other[80], want[200], origin[200], a[200], b[200], o[200];

	(void)state;
	put("psabill.conf", basis);
	load_good(&base);
	assert_int_equal(config_sha(&base.c, sha), 0);
	for (size_t i = 0; i < COUNT(keys); i++) {
		int line = put_key(i, keys[i].good);

		load_good(&l);
		snprintf(name, sizeof name, "%s.%s", keys[i].section, keys[i].key);
		snprintf(origin, sizeof origin, "(%s:%d)", path, line);
		is_shown(&l.c, name, show_of(i, want), origin);
		assert_int_equal(config_sha(&l.c, same), 0);
		assert_memory_not_equal(sha, same, SHA_LEN);
		for (size_t k = 0; k < COUNT(keys); k++) {
			snprintf(other, sizeof other, "%s.%s", keys[k].section, keys[k].key);
			shown(&base.c, other, a, o);
			shown(&l.c, other, b, o);
			if ((strcmp(a, b) == 0) != (k != i))
				fail_msg("%s = %s: %s is '%s' after '%s'", name, keys[i].good, other, b, a);
		}
		unload(&l);
	}
	put("psabill.conf", basis);
	load_good(&l);
	assert_int_equal(config_sha(&l.c, same), 0);
	assert_memory_equal(sha, same, SHA_LEN);
	unload(&l);
	unload(&base);
}

static void config_bad(void **state)
{
	char begin[200];

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		for (size_t k = 0; k < COUNT(keys[i].bad) && keys[i].bad[k] != NULL; k++) {
			struct loaded l;
			int line = put_key(i, keys[i].bad[k]);

			load(&l);
			assert_int_equal(l.rc, 0);
			snprintf(begin, sizeof begin, "psabill.conf:%d: %s = %s: ", line, keys[i].key, keys[i].bad[k]);
			complains(&l.d, begin, "");
			unload(&l);
		}
}

/* The environment goes before the file, also with its errors; an empty value counts. */
static void config_environment(void **state)
{
	char name[80], key[80], want[200], begin[200];
	struct loaded l;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		snprintf(name, sizeof name, "PSABILL_%s_%s", keys[i].section, keys[i].key);
		for (char *p = name; *p != '\0'; p++)
			*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
		snprintf(key, sizeof key, "%s.%s", keys[i].section, keys[i].key);
		put("psabill.conf", basis);
		setenv(name, keys[i].good, 1);
		load_good(&l);
		is_shown(&l.c, key, show_of(i, want), "(environment)");
		unload(&l);
		for (size_t k = 0; k < COUNT(keys[i].bad) && keys[i].bad[k] != NULL; k++) {
			put_key(i, keys[i].good);
			setenv(name, keys[i].bad[k], 1);
			load(&l);
			snprintf(begin, sizeof begin, "environment: %s=%s: ", name, keys[i].bad[k]);
			complains(&l.d, begin, "");
			unload(&l);
		}
		unsetenv(name);
	}
	put("psabill.conf",
	    "[seller]\nname = Studio\nstreet = Weg 1\nzip = 10115\ncity = Berlin\nvat_id = DE123456789\nphone = 1\n[billing]\ndue_days = "
	    "30\n");
	setenv("PSABILL_BILLING_DUE_DAYS", "7", 1);
	setenv("PSABILL_SELLER_PHONE", "", 1);
	setenv("PSABILL_AWORK_TOKEN", "secret-token", 1);
	load_good(&l);
	assert_int_equal(l.c.due_days, 7);
	assert_null(l.c.seller.phone);
	is_shown(&l.c, "seller.phone", "", "(environment)");
	unload(&l);
	unsetenv("PSABILL_BILLING_DUE_DAYS");
	unsetenv("PSABILL_SELLER_PHONE");
	unsetenv("PSABILL_AWORK_TOKEN");
	load_good(&l);
	assert_int_equal(l.c.due_days, 30);
	assert_string_equal(l.c.seller.phone, "1");
	unload(&l);
}

/* A variable that is none of ours by a letter: its value may be a secret and is not repeated. */
static void config_environment_unknown(void **state)
{
	static const char *const names[] = { "PSABILL_TOKEN", "PSABILL_AWORK_TOKENS", "PSABILL_BILLING_DUE", "PSABILL_BILLING_DUE_DAYSX",
		"PSABILL_billing_due_days", "PSABILL_" };
	char begin[100];

	(void)state;
	put("psabill.conf", seller);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct loaded l;

		setenv(names[i], "s3cret", 1);
		load(&l);
		snprintf(begin, sizeof begin, "environment: %s is no setting", names[i]);
		complains(&l.d, begin, "");
		assert_null(strstr(l.d.line[0], "s3cret"));
		unload(&l);
		unsetenv(names[i]);
	}
}

static void config_all_at_once(void **state)
{
	struct loaded l;

	(void)state;
	put("psabill.conf",
	    "[seller]\nnmae = Studio\n\n[awork]\nconnections = 99\nlate = hold\n[biling]\ncurrency = EUR\nodd = 1\n[billing]\ndue_days = "
	    "x\ndue_days = 4\nno sign\n"
	    "[run]\ntimezone = Mars/Base\n[output]\nformats =\n");
	setenv("PSABILL_RUN_LATE", "never", 1);
	load(&l);
	unsetenv("PSABILL_RUN_LATE");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.d.n, 16); /* these, and the five things that an empty [seller] lacks */
	assert_true(says(&l.d, "psabill.conf:2: key 'nmae' is not known in [seller]"));
	assert_true(says(&l.d, "psabill.conf:5: connections = 99: must be a whole number from 1 to 32"));
	assert_true(says(&l.d, "psabill.conf:6: key 'late' is not known in [awork]; it belongs into [run]"));
	assert_true(says(&l.d, "psabill.conf:8: there is no section [biling]; did you mean [billing]?"));
	assert_true(says(&l.d, "psabill.conf:9: there is no section [biling]; did you mean [billing]?"));
	assert_true(says(&l.d, "psabill.conf:11: due_days = x: must be a whole number from 0 to 365"));
	assert_true(says(&l.d, "psabill.conf:12: 'due_days' stands twice in [billing]"));
	assert_true(says(&l.d, "psabill.conf:13: "));
	assert_true(says(&l.d, "psabill.conf:15: timezone = Mars/Base: is no time zone"));
	assert_true(says(&l.d, "psabill.conf:17: formats = : must name at least one"));
	assert_true(says(&l.d, "environment: PSABILL_RUN_LATE=never: is not allowed here: "));
	unload(&l);
}

static void config_whole(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{ "[seller]\nstreet = Weg 1\nzip = 1\ncity = B\nvat_id = X\n", "[seller] name is empty" },
		{ "[seller]\nname = S\nzip = 1\ncity = B\nvat_id = X\n", "[seller] street is empty" },
		{ "[seller]\nname = S\nstreet = W\ncity = B\nvat_id = X\n", "[seller] zip is empty" },
		{ "[seller]\nname = S\nstreet = W\nzip = 1\ncity =\nvat_id = X\n", "[seller] city is empty" },
		{ "[seller]\nname = S\nstreet = W\nzip = 1\ncity = B\n", "[seller] needs vat_id or tax_number" },
		{ "[seller]\nname = S\nstreet = W\nzip = 1\ncity = B\ntax_number = 1\n[billing]\ntax_rate = 0\n",
		    "tax_rate is 0 with tax_category S" },
	};
	struct loaded l;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		put("psabill.conf", t[i].text);
		load(&l);
		complains(&l.d, "psabill.conf: ", t[i].says);
		unload(&l);
	}
	put("psabill.conf", "");
	load(&l);
	assert_int_equal(l.d.n, 5);
	unload(&l);
	put("psabill.conf",
	    "[seller]\nname = S\nstreet = W\nzip = 1\ncity = B\ntax_number = 1\n[billing]\ntax_rate = 0\ntax_category = E\n");
	load_good(&l);
	unload(&l);
}

/* What the members hold, not only what is shown. */
static void config_members(void **state)
{
	struct loaded l;
	char text[400];

	(void)state;
	put("psabill.conf", seller);
	load_good(&l);
	assert_string_equal(l.c.path, path);
	assert_string_equal(l.c.base_url, "https://api.awork.com/api/v1");
	assert_true(
	    l.c.token_file == NULL && l.c.ca_file == NULL && l.c.proxy == NULL && l.c.templates == NULL && l.c.seller.phone == NULL);
	assert_true(l.c.connections == 8 && l.c.page_size == 1000 && l.c.batch_size == 1000 && l.c.rate_share == 80 && l.c.retry_minutes == 15);
	assert_string_equal(l.c.timezone, "Europe/Berlin");
	assert_true(l.c.late == LATE_INCLUDE && l.c.external == 0 && l.c.retainer == 0);
	assert_int_equal(l.c.nexcluded, 0);
	assert_true(l.c.terms == NULL && l.c.cancellation_format == NULL && l.c.note == NULL && l.c.discount_days == 0 && l.c.discount_pct_e2 == 0);
	assert_true(l.c.seller.register_id == NULL && l.c.seller.legal_info == NULL && l.c.nprofiles == 0 && l.c.attach == FORMAT_CSV && !l.c.datev);
	assert_true(l.c.booking.consultant == 0 && l.c.booking.client == 0 && l.c.booking.fiscal_month == 1 && l.c.booking.account_length == 4 &&
	    l.c.booking.chart == NULL && l.c.booking.lock == 0 && l.c.booking.naccounts == 0);
	assert_string_equal(l.c.seller.country, "DE");
	assert_string_equal(l.c.seller.endpoint_scheme, "EM");
	assert_true(l.c.per == PER_CUSTOMER && l.c.group_by == GROUP_PROJECT_TASK && l.c.quantity == QUANTITY_HOURS);
	assert_true(l.c.rounding.mode == ROUNDING_NONE && l.c.rounding.scope == ROUNDING_ENTRY && l.c.rounding.step_sec == 900);
	assert_string_equal(l.c.currency, "EUR");
	assert_string_equal(l.c.tax_category, "S");
	assert_true(l.c.tax_pct_e2 == 1900 && l.c.due_days == 14 && l.c.number_start == 1 && l.c.formats == (FORMAT_XLSX | FORMAT_CSV));
	assert_string_equal(l.c.number_format, "RE-{YYYY}-{SEQ:5}");
	snprintf(text, sizeof text, "%s/out", dir);
	assert_string_equal(l.c.out_dir, text);
	unload(&l);

	snprintf(text, sizeof text,
	    "%s[run]\nlate = hold\nexternal = bill\nexclude_projects = Zoo | AAAAAAAA-0000-4000-8000-00000000000A|Internal\n"
	    "[billing]\nround_mode = down\ncurrency = CHF\nnumber_format = A{SEQ}\n",
	    seller);
	put("psabill.conf", text);
	load_good(&l);
	assert_true(l.c.late == LATE_HOLD && l.c.external == 1 && l.c.rounding.mode == ROUNDING_DOWN);
	/* Sorted, as select needs it; ids as awork entries carry them. */
	assert_int_equal(l.c.nexcluded, 3);
	assert_string_equal(l.c.excluded[0], "Internal");
	assert_string_equal(l.c.excluded[1], "Zoo");
	assert_string_equal(l.c.excluded[2], "aaaaaaaa-0000-4000-8000-00000000000a");
	unload(&l);
}

/* Lists and words: what is typed and what is meant. */
static void config_lists(void **state)
{
	static const struct { const char *text; unsigned formats, attach; int datev; size_t profiles; } t[] = {
		{ "formats = csv", FORMAT_CSV, FORMAT_CSV, 0, 0 },
		{ "formats = ,csv , xlsx,", FORMAT_CSV | FORMAT_XLSX, FORMAT_CSV, 0, 0 },
		{ "formats = csv csv", FORMAT_CSV, FORMAT_CSV, 0, 0 },
		{ "attach = none", FORMAT_XLSX | FORMAT_CSV, 0, 0, 0 },
		{ "attach = xlsx", FORMAT_XLSX | FORMAT_CSV, FORMAT_XLSX, 0, 0 },
		{ "attach = xlsx,csv", FORMAT_XLSX | FORMAT_CSV, FORMAT_XLSX | FORMAT_CSV, 0, 0 },
		{ "csv_profile = neutral", FORMAT_XLSX | FORMAT_CSV, FORMAT_CSV, 0, 1 },
		{ "csv_profile = a, b c,d e f g h", FORMAT_XLSX | FORMAT_CSV, FORMAT_CSV, 0, 8 },
		{ "csv_profile =", FORMAT_XLSX | FORMAT_CSV, FORMAT_CSV, 0, 0 },
	};
	static const struct { const char *word; enum select_late late; } late[] = { { "include", LATE_INCLUDE }, { "separate", LATE_SEPARATE },
		{ "invoice", LATE_INVOICE }, { "hold", LATE_HOLD } };
	struct loaded l;
	char text[400];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		snprintf(text, sizeof text, "%s[output]\n%s\n", seller, t[i].text);
		put("psabill.conf", text);
		load_good(&l);
		if (l.c.formats != t[i].formats || l.c.attach != t[i].attach || l.c.datev != t[i].datev || l.c.nprofiles != t[i].profiles)
			fail_msg("%s: %u %u %d %zu", t[i].text, l.c.formats, l.c.attach, l.c.datev, l.c.nprofiles);
		unload(&l);
	}
	for (size_t i = 0; i < COUNT(late); i++) {
		snprintf(text, sizeof text, "%s[run]\nlate = %s\n", seller, late[i].word);
		put("psabill.conf", text);
		load_good(&l);
		assert_int_equal(l.c.late, late[i].late);
		unload(&l);
	}
	snprintf(text, sizeof text, "%s[output]\ncsv_profile = neutral excel-de\n[files]\nterms = t.csv\n[datev]\nchart = 03\nlock = yes\n", seller);
	put("psabill.conf", text);
	load_good(&l);
	assert_string_equal(l.c.profiles[0], "neutral");
	assert_string_equal(l.c.profiles[1], "excel-de");
	snprintf(text, sizeof text, "%s/t.csv", dir);
	assert_string_equal(l.c.terms, text);
	assert_string_equal(l.c.booking.chart, "03");
	assert_int_equal(l.c.booking.lock, 1);
	unload(&l);
	/* The cash discount is days and rate, or neither. */
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "%s[billing]\n%s\n", seller, i == 0 ? "discount_days = 7" : "discount_rate = 2");
		put("psabill.conf", text);
		load(&l);
		complains(&l.d, "psabill.conf: [billing] discount_days and discount_rate belong together", "");
		unload(&l);
	}
}

/* What DATEV files need is asked for when they are wanted, all of it at once. */
static void config_datev(void **state)
{
	struct loaded l;
	char text[500];

	(void)state;
	snprintf(text, sizeof text, "%s[datev]\nconsultant = 5\n", seller);
	put("psabill.conf", text);
	load_good(&l);
	assert_int_equal(l.c.datev, 0);
	unload(&l);
	snprintf(text, sizeof text, "%s[output]\nformats = csv datev\n[datev]\nconsultant = 1000\n", seller);
	put("psabill.conf", text);
	load(&l);
	assert_true(l.c.datev == 1 && l.c.formats == FORMAT_CSV);
	assert_int_equal(l.d.n, 3);
	assert_true(says(&l.d, "[datev] consultant") && says(&l.d, "[datev] client") && says(&l.d, "[datev] accounts is empty"));
	unload(&l);
	snprintf(text, sizeof text, "%s[output]\nformats = csv datev\n[datev]\nconsultant = 1001\nclient = 1\naccounts = S 19: 8400, AE: 83360\n", seller);
	put("psabill.conf", text);
	load(&l);
	complains(&l.d, "psabill.conf: [datev] account 83360", "4 digits");
	assert_int_equal(l.c.booking.naccounts, 2);
	unload(&l);
	/* The environment goes first, also when it is empty. */
	snprintf(text, sizeof text, "%s[datev]\naccounts = S 19: 8400\nchart = 04\n[run]\nexclude_projects = A|B\n[output]\ncsv_profile = neutral\n", seller);
	put("psabill.conf", text);
	setenv("PSABILL_DATEV_ACCOUNTS", "", 1);
	setenv("PSABILL_DATEV_CHART", "", 1);
	setenv("PSABILL_RUN_EXCLUDE_PROJECTS", "", 1);
	setenv("PSABILL_OUTPUT_CSV_PROFILE", "", 1);
	load_good(&l);
	unsetenv("PSABILL_DATEV_ACCOUNTS");
	unsetenv("PSABILL_DATEV_CHART");
	unsetenv("PSABILL_RUN_EXCLUDE_PROJECTS");
	unsetenv("PSABILL_OUTPUT_CSV_PROFILE");
	assert_true(l.c.booking.chart == NULL && l.c.nexcluded == 0 && l.c.nprofiles == 0);
	assert_int_equal(l.c.booking.naccounts, 0);
	unload(&l);
	/* datev alone is no format of an invoice. */
	snprintf(text, sizeof text, "%s[output]\nformats = datev\n", seller);
	put("psabill.conf", text);
	load(&l);
	complains(&l.d, "psabill.conf:8: formats = datev: ", "at least one");
	unload(&l);
}

static void config_paths(void **state)
{
	struct loaded l;
	char cwd[4096];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof cwd));
	snprintf(path, sizeof path, "%s/missing.conf", dir);
	load(&l);
	assert_int_equal(l.rc, -1);
	assert_int_equal(l.e.code, ERR_NOINPUT);
	assert_non_null(strstr(l.e.msg, "psabill init"));
	unload(&l);

	/* Without a name: the file here, and paths as they stand. */
	put("psabill.conf", seller);
	assert_int_equal(chdir(dir), 0);
	memset(&l, 0, sizeof l);
	l.pool = pool_new();
	assert_int_equal(config_load(NULL, l.pool, &l.c, &l.d, &l.e), 0);
	assert_true(diag_empty(&l.d));
	assert_string_equal(l.c.path, "psabill.conf");
	assert_string_equal(l.c.rates, "rates.csv");
	unload(&l);
	assert_int_equal(chdir(cwd), 0);
}

/* The example is what the program does without it; every key of it is in the table above. */
static void config_example_file(void **state)
{
	struct buf b = BUF_INIT, on = BUF_INIT;
	struct loaded l, base;
	size_t nkeys = 0;
	uint8_t a[SHA_LEN], c[SHA_LEN];

	(void)state;
	config_example(&b, NULL);
	put("psabill.conf", b.p);
	load(&l);
	assert_int_equal(l.d.n, 5); /* only what is missing */
	unload(&l);
	buf_str(&on, seller);
	for (char *p = b.p, *end; *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		*end = '\0';
		if (p[0] == '#' && p[1] != ' ') {
			char key[60];
			size_t k = 0;

			nkeys++;
			snprintf(key, sizeof key, "%.*s", (int)strcspn(p + 1, " "), p + 1);
			while (k < COUNT(keys) && strcmp(keys[k].key, key) != 0)
				k++;
			if (k == COUNT(keys))
				fail_msg("%s is not tested", key);
			/* Empty seller data would undo the base. */
			if (strcmp(strchr(p, '=') + 1, " ") != 0)
				buf_fmt(&on, "%s\n", p + 1);
		} else {
			buf_fmt(&on, "%s\n", p);
		}
	}
	assert_int_equal(nkeys, COUNT(keys));
	put("psabill.conf", on.p);
	load_good(&l);
	put("psabill.conf", seller);
	load_good(&base);
	assert_int_equal(config_sha(&l.c, a) | config_sha(&base.c, c), 0);
	assert_memory_equal(a, c, SHA_LEN);
	unload(&l);
	unload(&base);
	buf_free(&b);
	buf_free(&on);
}

/* rates.csv */

#define HEAD "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n"

static void rates_good(void **state)
{
	struct pool *pool = pool_new();
	struct rate_card c;
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	put("rates.csv",
	    HEAD "# a comment, with cells\r\n"
		 "\"Acme, \"\"GmbH\"\"\",AAAAAAAA-0000-4000-8000-00000000000A,Ada,Consulting,2026-07-01,2026-12-31,110.5,CHF\r\n"
		 ",,,,,,0,\r\n\r\n \"'=1+1\" ,,,,,,99.1234,\r\n,,,x,,,100000000,JPY\r\n");
	assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
	assert_string_equal(complaints(&d), "");
	assert_int_equal(c.n, 4);
	assert_int_equal(c.v[0].line, 3);
	assert_string_equal(c.v[0].company, "Acme, \"GmbH\"");
	assert_string_equal(c.v[0].project, "aaaaaaaa-0000-4000-8000-00000000000a");
	assert_string_equal(c.v[0].user, "Ada");
	assert_string_equal(c.v[0].work, "Consulting");
	assert_true(c.v[0].from == day("2026-07-01") && c.v[0].to == day("2026-12-31") && c.v[0].price_e4 == 1105000);
	assert_string_equal(c.v[0].currency, "CHF");
	assert_true(c.v[1].company == NULL && c.v[1].project == NULL && c.v[1].user == NULL && c.v[1].work == NULL);
	assert_int_equal(c.v[0].tax_pct_e2, -1);
	assert_true(c.v[1].from == DATE_NONE && c.v[1].to == DATE_NONE && c.v[1].price_e4 == 0 && c.v[1].line == 4);
	assert_string_equal(c.v[1].currency, "EUR");
	assert_string_equal(c.v[2].company, "=1+1");
	assert_int_equal(c.v[2].price_e4, 991234);
	assert_int_equal(c.v[3].price_e4, INT64_C(1000000000000));
	pool_free(pool);
}

/* Headings in any order, only those that are needed, with semicolons, a byte order mark and short rows. */
static void rates_shapes(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} t[] = {
		{ "rate\n95\n", 1 },
		{ "\xef\xbb\xbf"
		  "rate;user\r\n95;Ada\r\n80\r\n",
		    2 },
		{ "currency,rate,company\nEUR,95,Acme\n", 1 },
		{ HEAD, 0 },
		{ "# first a comment\n" HEAD ",,,,,,95,EUR\n", 1 },
		{ "rate,currency", 0 },
		{ "rate,user\r95,Ada\r", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct pool *pool = pool_new();
		struct rate_card c;
		struct diag d = { 0 };
		struct err e = ERR_INIT;

		put("rates.csv", t[i].text);
		assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
		assert_string_equal(complaints(&d), "");
		assert_int_equal(c.n, t[i].n);
		if (c.n > 0)
			assert_int_equal(c.v[0].price_e4, 950000);
		pool_free(pool);
	}
}

/* As a German spreadsheet program saves it: semicolons, decimal commas, its own dates, a byte order mark. */
static void rates_german(void **state)
{
	struct pool *pool = pool_new();
	struct rate_card c;
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	put("rates.csv", "\xef\xbb\xbf" "company;valid_from;valid_to;rate;tax_rate\r\nA;01.07.2026;31.12.2026;95,5;5,5\r\nB;1.7.2026;2026-12-31;95.5;\r\nC;;;95,0001;7\r\n");
	assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
	assert_string_equal(complaints(&d), "");
	assert_int_equal(c.n, 3);
	assert_true(c.v[0].price_e4 == 955000 && c.v[1].price_e4 == 955000 && c.v[2].price_e4 == 950001 && c.v[0].tax_pct_e2 == 550 && c.v[2].tax_pct_e2 == 700);
	for (int i = 0; i < 2; i++)
		assert_true(c.v[i].from == day("2026-07-01") && c.v[i].to == day("2026-12-31"));
	pool_free(pool);
}

static void rates_bad(void **state)
{
	static const struct {
		const char *text, *begin, *holds;
	} t[] = {
		{ HEAD ",,,,,,,EUR\n", "rates.csv:2: rate is empty", "" },
		{ HEAD "\n,,,,,,x,EUR\n", "rates.csv:3: rate 'x'", "" },
		{ HEAD ",,,,,,-1,EUR\n", "rates.csv:2: rate '-1'", "" },
		{ HEAD ",,,,,,\"95,50\",EUR\n", "rates.csv:2: rate '95,50'", "decimal point" },
		{ HEAD ",,,,,,1.00001,EUR\n", "rates.csv:2: rate '1.00001'", "" },
		{ HEAD ",,,,,,100000000.0001,EUR\n", "rates.csv:2: rate '100000000.0001'", "" },
		{ HEAD ",,,,,,95 EUR,EUR\n", "rates.csv:2: rate '95 EUR'", "" },
		{ HEAD ",,,,,,95,eur\n", "rates.csv:2: currency 'eur'", "ISO 4217" },
		{ HEAD ",,,,2026-02-30,,95,EUR\n", "rates.csv:2: valid_from '2026-02-30'", "" },
		{ HEAD ",,,,,10/01/2026,95,EUR\n", "rates.csv:2: valid_to '10/01/2026'", "" },
		{ HEAD ",,,,2026-10-02,2026-10-01,95,EUR\n", "rates.csv:2: valid_to lies before", "" },
		{ "company,project\nA,B\n", "rates.csv:1: column 'rate' is missing", "" },
		{ HEAD "A,,,,,,95,EUR\nB,,,,,,95,EUR\nA,,,,,,96,EUR\n", "rates.csv:4: ties with line 2", "" },
		{ HEAD "AAAAAAAA-0000-4000-8000-00000000000A,,,,,,95,\naaaaaaaa-0000-4000-8000-00000000000a,,,,,,96,\n",
		    "rates.csv:3: ties with line 2", "" },
		{ "company;rate\nA;1,234\n", "rates.csv:2: rate '1,234'", "decimal point" }, /* thousands, or not */
		{ "company;rate\nA;1.234,50\n", "rates.csv:2: rate '1.234,50'", "decimal point" },
		{ "company;rate\nA;95,5,0\n", "rates.csv:2: rate '95,5,0'", "decimal point" },
		{ "Company,rate\nA,95\n", "rates.csv:1: unknown heading 'Company'; did you mean 'company'?", "" },
		{ "PK\3\4workbook", "rates.csv: is a workbook", "CSV UTF-8" },
		/* An amount with a decimal comma would lose its cents: 95,50 are two cells. */
		{ "company,rate\nA,95,50\n", "rates.csv:2: ", "3 cells" },
		{ HEAD ",,,,,,95,EUR,x\n", "rates.csv:2: ", "9 cells" },
		{ "rates,currency\n95,EUR\n", "rates.csv:1: ", "unknown heading 'rates'" },
		{ "", "rates.csv: is empty", "company,project" },
		{ "# nothing but this\n", "rates.csv: is empty", "company,project" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct pool *pool = pool_new();
		struct rate_card c;
		struct diag d = { 0 };
		struct err e = ERR_INIT;

		put("rates.csv", t[i].text);
		assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
		if (strncmp(t[i].text, "company,project\n", 16) == 0 || strncmp(t[i].text, "rates,", 6) == 0)
			assert_true(d.n >= 2 && strstr(complaints(&d), t[i].begin) != NULL);
		else
			complains(&d, t[i].begin, t[i].holds);
		diag_free(&d);
		pool_free(pool);
	}
}

/* The VAT rate of a price: optional as a column and as a cell; 0 is none, since category S needs a rate above 0. */
static void rates_tax(void **state)
{
	static const struct { const char *cell; int64_t pct; } t[] = { { "", -1 }, { "7", 700 }, { "19.00", 1900 }, { "0.01", 1 }, { "100", 10000 }, { "0", 0 },
		{ "0.00", 0 }, { "-1", 0 }, { "100.01", 0 }, { "7,5", 0 }, { "7.125", 0 }, { "19%", 0 }, { "x", 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct pool *pool = pool_new();
		struct rate_card c;
		struct diag d = { 0 };
		struct err e = ERR_INIT;
		char text[100], begin[60];

		snprintf(text, sizeof text, "user,rate,tax_rate\nAda,95,\"%s\"\n", t[i].cell);
		put("rates.csv", text);
		assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
		if (t[i].pct != 0) {
			assert_string_equal(complaints(&d), "");
			assert_int_equal(c.v[0].tax_pct_e2, t[i].pct);
		} else {
			snprintf(begin, sizeof begin, "rates.csv:2: tax_rate '%s'", t[i].cell);
			complains(&d, begin, "above 0");
		}
		diag_free(&d);
		pool_free(pool);
	}
}

static void rates_all_at_once(void **state)
{
	struct pool *pool = pool_new();
	struct rate_card c;
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	put("rates.csv", HEAD "A,,,,x,y,z,eur\nB,,,,,,95,EUR\nB,,,,,,95,EUR\nB,,,,,,95,EUR\n");
	assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
	assert_int_equal(d.n, 7); /* four in line 2, three pairs */
	diag_free(&d);
	snprintf(path, sizeof path, "%s/missing.csv", dir);
	assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), -1);
	assert_int_equal(e.code, ERR_NOINPUT);
	put("rates.csv", rates_example());
	assert_int_equal(rates_load(path, "EUR", pool, &c, &d, &e), 0);
	assert_true(diag_empty(&d) && c.n == 0);
	pool_free(pool);
}

/* customers.csv */

#define ID1 "11111111-0000-4000-8000-00000000000a"
#define ID2 "22222222-0000-4000-8000-00000000000b"
#define ID3 "33333333-0000-4000-8000-00000000000c"
#define COLUMNS24                                                                                                             \
	"company_id,company_name,customer_number,legal_name,street,zip,city,country,vat_id,tax_category,tax_rate,currency,buyer_" \
	"reference,endpoint,"                                                                                                     \
	"endpoint_scheme,email,due_days,language,round_mode,round_minutes,round_scope,group_by,debtor_account,hold"
#define NEWER ",order_reference,contract_reference,note,template,number_format,formats,discount_days,discount_rate"
/* The heading of the first release, and that of new files. */
#define CHEAD COLUMNS24 "\r\n"
#define NHEAD COLUMNS24 NEWER "\r\n"

struct table {
	struct pool *pool;
	struct config c;
	struct customer_table t;
	struct diag d;
	struct err e;
	int rc;
};

static void load_customers_with(struct table *l, const char *text, int days, int pct_e2)
{
	memset(l, 0, sizeof *l);
	l->pool = pool_new();
	l->c.currency = "EUR";
	l->c.language = "de";
	l->c.tax_category = "S";
	l->c.tax_pct_e2 = 1900;
	l->c.due_days = 14;
	l->c.rounding = (struct rounding){ ROUNDING_NEAREST, ROUNDING_LINE, 360 };
	l->c.group_by = GROUP_PROJECT_USER;
	l->c.number_format = "RE-{SEQ}";
	l->c.formats = FORMAT_XLSX;
	l->c.note = "Danke";
	l->c.discount_days = days;
	l->c.discount_pct_e2 = pct_e2;
	if (text != NULL)
		put("customers.csv", text);
	l->rc = customers_load(path, &l->c, l->pool, &l->t, &l->d, &l->e);
}

static void load_customers(struct table *l, const char *text)
{
	load_customers_with(l, text, 10, 200);
}

static void unload_customers(struct table *l)
{
	diag_free(&l->d);
	pool_free(l->pool);
}

static void customers_good(void **state)
{
	struct table l;
	const struct customer *c;

	(void)state;
	load_customers(&l,
	    CHEAD ID2 ",,,,,,,,,,,,,,,,,,,,,,,\r\n"
		      "11111111-0000-4000-8000-00000000000A,Acme,K-1,\"Acme \"\"X\"\", GmbH\",Weg "
		      "1,01067,Dresden,DE,DE1,S,7.5,CHF,PO,e@x,EM,m@x,30,en,up,15,entry,entry,10001,later\r\n");
	assert_int_equal(l.rc, 0);
	assert_string_equal(complaints(&l.d), "");
	assert_int_equal(l.t.n, 2);
	c = customer_find(&l.t, ID1);
	assert_non_null(c);
	assert_int_equal(c->line, 3);
	assert_string_equal(c->company_name, "Acme");
	assert_string_equal(c->number, "K-1");
	assert_string_equal(c->party.name, "Acme \"X\", GmbH");
	assert_string_equal(c->party.street, "Weg 1");
	assert_string_equal(c->party.zip, "01067");
	assert_string_equal(c->party.city, "Dresden");
	assert_string_equal(c->party.country, "DE");
	assert_string_equal(c->party.vat_id, "DE1");
	assert_string_equal(c->party.endpoint, "e@x");
	assert_string_equal(c->party.endpoint_scheme, "EM");
	assert_string_equal(c->party.email, "m@x");
	assert_string_equal(c->tax_category, "S");
	assert_int_equal(c->tax_pct_e2, 750);
	assert_string_equal(c->currency, "CHF");
	assert_string_equal(c->buyer_reference, "PO");
	assert_int_equal(c->due_days, 30);
	assert_string_equal(c->language, "en");
	assert_true(c->rounding.mode == ROUNDING_UP && c->rounding.step_sec == 900 && c->rounding.scope == ROUNDING_ENTRY &&
	    c->group_by == GROUP_ENTRY);
	assert_string_equal(c->debtor_account, "10001");
	assert_string_equal(c->hold, "later");
	/* Empty cells take the configuration's values, or stay unknown. */
	c = customer_find(&l.t, ID2);
	assert_non_null(c);
	assert_true(c->company_name == NULL && c->number == NULL && c->party.name == NULL && c->party.country == NULL && c->hold == NULL);
	assert_string_equal(c->tax_category, "S");
	assert_int_equal(c->tax_pct_e2, 1900);
	assert_string_equal(c->currency, "EUR");
	assert_string_equal(c->language, "de");
	assert_int_equal(c->due_days, 14);
	assert_true(c->rounding.mode == ROUNDING_NEAREST && c->rounding.step_sec == 360 && c->rounding.scope == ROUNDING_LINE &&
	    c->group_by == GROUP_PROJECT_USER);
	unload_customers(&l);
}

/* Columns that came later: cells win over the configuration, empty ones take it. */
static void customers_newer(void **state)
{
	struct table l;
	const struct customer *c;

	(void)state;
	load_customers(&l,
	    "company_id,language,order_reference,contract_reference,note,template,number_format,formats,discount_days,discount_rate\r\n" ID1
	    ",en,PO-7,V-3,\"Merci,\nA\",acme-2,AC-{YY}-{SEQ:3},csv xrechnung,30,2.5\r\n" ID2 ",en,,,,,,,,\r\n" ID3 ",,,,,,,,0,3\r\n");
	assert_int_equal(l.rc, 0);
	assert_string_equal(complaints(&l.d), "");
	c = customer_find(&l.t, ID1);
	assert_string_equal(c->order_reference, "PO-7");
	assert_string_equal(c->contract_reference, "V-3");
	assert_string_equal(c->note, "Merci,\nA");
	assert_string_equal(c->template, "acme-2");
	assert_string_equal(c->number_format, "AC-{YY}-{SEQ:3}");
	assert_true(c->formats == (FORMAT_CSV | FORMAT_XRECHNUNG) && c->discount_days == 30 && c->discount_pct_e2 == 250);
	c = customer_find(&l.t, ID2);
	assert_true(c->order_reference == NULL && c->contract_reference == NULL);
	assert_string_equal(c->note, "Danke");
	assert_string_equal(c->template, "en");
	assert_string_equal(c->number_format, "RE-{SEQ}");
	assert_true(c->formats == FORMAT_XLSX && c->discount_days == 10 && c->discount_pct_e2 == 200);
	/* No days: no cash discount, whatever the rate. */
	c = customer_find(&l.t, ID3);
	assert_string_equal(c->template, "de");
	assert_true(c->discount_days == 0 && c->discount_pct_e2 == 0);
	unload_customers(&l);
}

static void customers_tax(void **state)
{
	static const struct {
		const char *category, *rate;
		int64_t default_pct;
		const char *default_category, *want;
		int64_t pct;
		const char *bad;
	} t[] = {
		{ "", "", 1900, "S", "S", 1900, NULL },
		{ "", "", 1900, "AE", "AE", 0, NULL },
		{ "AE", "", 1900, "S", "AE", 0, NULL },
		{ "E", "0", 1900, "S", "E", 0, NULL },
		{ "O", "0.00", 1900, "S", "O", 0, NULL },
		{ "G", "", 1900, "S", "G", 0, NULL },
		{ "S", "7", 1900, "AE", "S", 700, NULL },
		{ "", "7", 1900, "S", "S", 700, NULL },
		{ "S", "", 1900, "AE", "S", 1900, NULL },
		{ "S", "100", 1900, "S", "S", 10000, NULL },
		{ "s", "", 1900, "S", NULL, 0, "tax_category 's'" },
		{ "S", "0", 1900, "S", NULL, 0, "tax_rate '0'" },
		{ "AE", "19", 1900, "S", NULL, 0, "tax_rate '19'" },
		{ "S", "19%", 1900, "S", NULL, 0, "tax_rate '19%'" },
		{ "S", "-1", 1900, "S", NULL, 0, "tax_rate '-1'" },
		{ "S", "100.01", 1900, "S", NULL, 0, "tax_rate '100.01'" },
		{ "S", "7.123", 1900, "S", NULL, 0, "tax_rate '7.123'" },
		/* The configuration is for customers without VAT; this one has it, and no rate anywhere. */
		{ "S", "", 0, "E", NULL, 0, "tax_rate" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct table l = { .pool = pool_new() };
		char text[200];

		l.c = (struct config){
			.currency = "EUR", .language = "de", .tax_category = t[i].default_category, .tax_pct_e2 = t[i].default_pct
		};
		snprintf(text, sizeof text, "company_id,tax_category,tax_rate\n" ID1 ",%s,%s\n", t[i].category, t[i].rate);
		put("customers.csv", text);
		assert_int_equal(customers_load(path, &l.c, l.pool, &l.t, &l.d, &l.e), 0);
		if (t[i].bad != NULL) {
			complains(&l.d, "customers.csv:2: ", t[i].bad);
		} else {
			assert_string_equal(complaints(&l.d), "");
			assert_string_equal(l.t.v[0].tax_category, t[i].want);
			assert_int_equal(l.t.v[0].tax_pct_e2, t[i].pct);
		}
		unload_customers(&l);
	}
}

static void customers_bad(void **state)
{
	static const struct {
		const char *text, *begin, *holds;
	} t[] = {
		{ "company_id\nx\n", "customers.csv:2: company_id 'x' is no id", "" },
		{ "company_id,zip\n,1\n", "customers.csv:2: company_id '' is no id", "" },
		{ "company_id,country\n" ID1 ",Germany\n", "customers.csv:2: country 'Germany'", "" },
		{ "company_id,country\n" ID1 ",de\n", "customers.csv:2: country 'de'", "" },
		{ "company_id,currency\n" ID1 ",Euro\n", "customers.csv:2: currency 'Euro'", "" },
		{ "company_id,due_days\n" ID1 ",366\n", "customers.csv:2: due_days '366'", "" },
		{ "company_id,due_days\n" ID1 ",-1\n", "customers.csv:2: due_days '-1'", "" },
		{ "company_id,language\n" ID1 ",DE\n", "customers.csv:2: language 'DE'", "" },
		{ "company_id,language\n" ID1 ",../x\n", "customers.csv:2: language '../x'", "" },
		{ "company_id,language\n" ID1 ",abcdefghijklmnopqrstu\n", "customers.csv:2: language", "" },
		{ "company_id,round_mode\n" ID1 ",Up\n", "customers.csv:2: round_mode 'Up'", "" },
		{ "company_id,round_minutes\n" ID1 ",0\n", "customers.csv:2: round_minutes '0'", "" },
		{ "company_id,round_minutes\n" ID1 ",1441\n", "customers.csv:2: round_minutes '1441'", "" },
		{ "company_id,round_scope\n" ID1 ",day\n", "customers.csv:2: round_scope 'day'", "" },
		{ "company_id,group_by\n" ID1 ",user\n", "customers.csv:2: group_by 'user'", "" },
		{ "company_id,language,template\n" ID1 ",DE,acme\n", "customers.csv:2: language 'DE'", "" },
		{ "company_id,template\n" ID1 ",Acme\n", "customers.csv:2: template 'Acme'", "" },
		{ "company_id,template\n" ID1 ",../x\n", "customers.csv:2: template '../x'", "" },
		{ "company_id,template\n" ID1 ",abcdefghijklmnopqrstu\n", "customers.csv:2: template", "" },
		{ "company_id,number_format\n" ID1 ",RE\n", "customers.csv:2: number_format 'RE' is refused", "exactly one {SEQ}" },
		{ "company_id,number_format\n" ID1 ",re-{SEQ}\n", "customers.csv:2: number_format 're-{SEQ}' is refused", "A-Z" },
		{ "company_id,number_format\n" ID1 ",1234567890123456789{SEQ:2}\n", "customers.csv:2: number_format", "20 characters" },
		{ "company_id,formats\n" ID1 ",pdf\n", "customers.csv:2: formats 'pdf'", "xlsx csv xrechnung" },
		{ "company_id,formats\n" ID1 ",csv datev\n", "customers.csv:2: formats 'csv datev'", "" },
		{ "company_id,discount_days\n" ID1 ",366\n", "customers.csv:2: discount_days '366'", "" },
		{ "company_id,discount_days\n" ID1 ",-1\n", "customers.csv:2: discount_days '-1'", "" },
		{ "company_id,discount_rate\n" ID1 ",2%\n", "customers.csv:2: discount_rate '2%'", "" },
		{ "company_id,discount_rate\n" ID1 ",100.01\n", "customers.csv:2: discount_rate '100.01'", "" },
		{ "company_id,discount_rate\n" ID1 ",-1\n", "customers.csv:2: discount_rate '-1'", "" },
		{ "company_id,discount_days,discount_rate\n" ID1 ",5,0\n", "customers.csv:2: discount_days without discount_rate", "" },
		{ "company_id,zip\n" ID1 ",1\n" ID2 ",\n11111111-0000-4000-8000-00000000000A,\n",
		    "customers.csv:4: company_id stands in line 2 already", "" },
		{ "company_id,zip\n" ID1 ",1,2\n", "customers.csv:2: ", "3 cells" },
		{ "zip,city\n1,B\n", "customers.csv:1: column 'company_id' is missing", "" },
		{ "company_id,tax\n" ID1 ",1\n", "customers.csv:1: unknown heading 'tax'", "" },
		{ "", "customers.csv: is empty", "psabill customers" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct table l;

		load_customers(&l, t[i].text);
		assert_int_equal(l.rc, 0);
		if (strncmp(t[i].text, "zip", 3) == 0)
			assert_true(l.d.n == 2 && strstr(complaints(&l.d), t[i].begin) != NULL);
		else
			complains(&l.d, t[i].begin, t[i].holds);
		unload_customers(&l);
	}
}

/* A rate that the configuration gives no days for is no rate; days of 0 in the row say that none is meant. */
static void customers_rate_alone(void **state)
{
	static const struct { const char *text, *begin; } t[] = {
		{ "company_id,discount_rate\n" ID1 ",2\n", "customers.csv:2: discount_rate without discount_days" },
		{ "company_id,discount_days,discount_rate\n" ID1 ",0,2\n", NULL },
		{ "company_id,discount_rate\n" ID1 ",0\n", NULL },
		{ "company_id,discount_days,discount_rate\n" ID1 ",7,2\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct table l;

		load_customers_with(&l, t[i].text, 0, 0);
		assert_int_equal(l.rc, 0);
		if (t[i].begin != NULL)
			complains(&l.d, t[i].begin, "");
		else
			assert_string_equal(complaints(&l.d), "");
		unload_customers(&l);
	}
}

/* A whole row of mistakes is told in one go; ten rows of one id name each other in order. */
static void customers_all_at_once(void **state)
{
	struct table l;
	struct buf b = BUF_INIT;

	(void)state;
	load_customers(&l, NHEAD "x,,,,,,,d,,Q,,eur,,,,,x,X,x,x,x,x,,,,,,X,x,x,x,x\r\n");
	assert_int_equal(l.d.n, 15);
	unload_customers(&l);
	buf_str(&b, "company_id\n");
	for (int i = 0; i < 10; i++)
		buf_str(&b, ID1 "\n");
	load_customers(&l, b.p);
	assert_int_equal(l.d.n, 9);
	for (size_t i = 0; i < 9; i++) {
		char want[100];

		snprintf(want, sizeof want, "customers.csv:%zu: company_id stands in line %zu already\n", i + 3, i + 2);
		assert_non_null(strstr(complaints(&l.d), want));
	}
	unload_customers(&l);
	buf_free(&b);
	snprintf(path, sizeof path, "%s/missing.csv", dir);
	load_customers(&l, NULL);
	assert_int_equal(l.rc, -1);
	assert_int_equal(l.e.code, ERR_NOINPUT);
	unload_customers(&l);
	load_customers(&l, customers_example());
	assert_true(l.rc == 0 && diag_empty(&l.d) && l.t.n == 0);
	assert_string_equal(customers_example(), NHEAD);
	unload_customers(&l);
}

static struct customers_merge merge(const struct customers_found *f, size_t n)
{
	struct customers_merge m = { 77, 77, 77 };
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	if (customers_merge(path, f, n, &m, &d, &e) < 0 || !diag_empty(&d))
		fail_msg("%s%s", e.msg, complaints(&d));
	return m;
}

static void merge_is(const struct customers_found *f, size_t n, size_t rows, size_t added, size_t filled)
{
	struct customers_merge m = merge(f, n);

	assert_int_equal(m.rows, rows);
	assert_int_equal(m.added, added);
	assert_int_equal(m.filled, filled);
}

static void file_is(const char *want)
{
	struct buf b = BUF_INIT;

	get(&b);
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

/* The second time nothing is to do: the file is not touched, nor would its bytes be others. */
static void twice(const struct customers_found *f, size_t n, size_t rows)
{
	struct stat before, after;
	struct buf b = BUF_INIT;

	get(&b);
	assert_int_equal(stat(path, &before), 0);
	merge_is(f, n, rows, 0, 0);
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	file_is(b.p);
	buf_free(&b);
}

static const struct customers_found acme = { ID1, "Acme", "K-1", "Weg 1", "10115", "Berlin", "DE", "DE1", "m@x", "AE" };

static void merge_new(void **state)
{
	static const struct customers_found two[] = {
		{ ID2, "B\xc3\xa4r, \"GmbH\"\nx", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL },
		{ ID1, "Acme", "K-1", "Weg 1", "10115", "Berlin", "DE", "DE1", "m@x", "AE" },
	};
	static const char want[] =
	    NHEAD ID2 ",\"B\xc3\xa4r, \"\"GmbH\"\"\nx\",,\"B\xc3\xa4r, \"\"GmbH\"\"\nx\",,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n" ID1
		      ",\"Acme\",\"K-1\",\"Acme\",\"Weg 1\",\"10115\",\"Berlin\",\"DE\",\"DE1\",AE,,,,,,\"m@x\",,,,,,,,,,,,,,,,\r\n";
	struct table l;

	(void)state;
	snprintf(path, sizeof path, "%s/customers.csv", dir);
	unlink(path);
	merge_is(two, 2, 2, 2, 0);
	file_is(want);
	twice(two, 2, 2);
	/* Once more in another order, and a company twice. */
	{
		const struct customers_found other[] = { two[1], two[0], two[1] };

		twice(other, 3, 2);
	}
	load_customers(&l, NULL);
	assert_true(l.rc == 0 && diag_empty(&l.d) && l.t.n == 2);
	assert_string_equal(customer_find(&l.t, ID2)->party.name, "B\xc3\xa4r, \"GmbH\"\nx");
	unload_customers(&l);
	/* Nothing found, nothing there: no file. */
	unlink(path);
	merge_is(two, 0, 0, 0, 0);
	assert_int_equal(access(path, F_OK), -1);
	/* The same company twice is one row. */
	{
		const struct customers_found same[] = { acme, acme };

		merge_is(same, 2, 1, 1, 0);
	}
	/* An empty file is as good as none. */
	put("customers.csv", "");
	merge_is(&acme, 1, 1, 1, 0);
	twice(&acme, 1, 1);
}

/* What a person typed stays; only empty cells are filled, the address as a whole. */
static void merge_typed(void **state)
{
	static const struct {
		const char *row, *want;
		size_t filled;
	} t[] = {
		{ ID1 ",n,1,l,s,z,c,AT,v,S,7,CHF,b,e,EM,mail,3,en,up,6,line,entry,10,no", NULL, 0 },
		{ ID1 ",,,,,,,,,,,,,,,,,,,,,,,", ID1 ",,\"K-1\",,\"Weg 1\",\"10115\",\"Berlin\",\"DE\",\"DE1\",,,,,,,\"m@x\",,,,,,,,", 1 },
		{ ID1 ",,,,Other 2,,,,,,,,,,,,,,,,,,,", ID1 ",,\"K-1\",,\"Other 2\",,,,\"DE1\",,,,,,,\"m@x\",,,,,,,,", 1 },
		{ ID1 ",,,,,80331,,,,,,,,,,,,,,,,,,", ID1 ",,\"K-1\",,,\"80331\",,,\"DE1\",,,,,,,\"m@x\",,,,,,,,", 1 },
		{ ID1 ",,K-2,,,,Bonn,,DE2,,,,,,,a@b,,,,,,,,", NULL, 0 },
		{ ID1 ",,K-2,,,,Bonn,,DE2,,,,,,,,,,,,,,,", ID1 ",,\"K-2\",,,,\"Bonn\",,\"DE2\",,,,,,,\"m@x\",,,,,,,,", 1 },
		{ "11111111-0000-4000-8000-00000000000A,x,K-2,,s,,,,DE2,,,,,,,a@b,,,,,,,,", NULL, 0 },
		{ "11111111-0000-4000-8000-00000000000A,x,,,s,,,,DE2,,,,,,,a@b,,,,,,,,",
		    "11111111-0000-4000-8000-00000000000A,\"x\",\"K-1\",,\"s\",,,,\"DE2\",,,,,,,\"a@b\",,,,,,,,", 1 },
	};
	char text[1000], want[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		snprintf(text, sizeof text, CHEAD ID3 ",\"keep \"\"me\"\" \",,,,,,,,,,,,,,,,,,,,,,\r\n%s\r\n", t[i].row);
		put("customers.csv", text);
		merge_is(&acme, 1, 2, 0, t[i].filled);
		if (t[i].want == NULL) {
			file_is(text);
		} else {
			snprintf(want, sizeof want, CHEAD ID3 ",\"keep \"\"me\"\"\",,,,,,,,,,,,,,,,,,,,,,\r\n%s\r\n", t[i].want);
			file_is(want);
		}
		twice(&acme, 1, 2);
	}
}

/* Semicolons, other column orders and a byte order mark are read; cells keep what stands in them, but for the decimal comma: between commas it would be none. */
static void merge_shapes(void **state)
{
	static const char *const t[] = {
		"\xef\xbb\xbf"
		"hold;company_id;tax_rate;city\r\n\"a,b\";" ID3 ";19,5;K\xc3\xb6ln\r\n",
		"city,hold,tax_rate,company_id\nK\xc3\xb6ln,\"a,b\",\"19,5\"," ID3,
	};
	static const char *const rate[] = { "19.5", "\"19,5\"" };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		put("customers.csv", t[i]);
		merge_is(&acme, 1, 2, 1, 0);
		char want[1024];

		snprintf(want, sizeof want, CHEAD ID3 ",,,,,,\"K\xc3\xb6ln\",,,,%s,,,,,,,,,,,,,\"a,b\"\r\n" ID1
				  ",\"Acme\",\"K-1\",\"Acme\",\"Weg 1\",\"10115\",\"Berlin\",\"DE\",\"DE1\",AE,,,,,,\"m@x\",,,,,,,,\r\n", rate[i]);
		file_is(want);
		twice(&acme, 1, 2);
	}
}

/* A file keeps the columns that it has: of the newer ones those in its heading are written, with what stands in them, and no other. */
static void merge_keeps_columns(void **state)
{
	static const char *const newer[] = { "order_reference", "contract_reference", "note", "template", "number_format", "formats", "discount_days",
		"discount_rate" };
	static const char *const cells[] = { "PO 7", "=V", "a,\"b\"", "acme", "A-{SEQ:3}", "csv xlsx", "30", "2.5" };

	(void)state;
	for (unsigned mask = 0; mask < 256; mask++) {
		struct buf b = BUF_INIT, want = BUF_INIT;
		struct csvfile_out o = { .b = &b, .sep = ',', .guard = 1 }, w = { .b = &want, .sep = ',', .guard = 1 };
		size_t columns = 24;

		/* What is read stands in another order, the id last. */
		for (int i = 7; i >= 0; i--)
			if (mask >> i & 1)
				csvfile_bare(&o, newer[i]);
		csvfile_bare(&o, "company_id");
		csvfile_end(&o);
		for (int i = 7; i >= 0; i--)
			if (mask >> i & 1)
				csvfile_text(&o, cells[i]);
		csvfile_bare(&o, ID3);
		csvfile_end(&o);
		put("customers.csv", b.p);
		merge_is(&(const struct customers_found){ .company_id = ID1, .company_name = "Acme" }, 1, 2, 1, 0);
		buf_str(&want, COLUMNS24);
		for (int i = 0; i < 8; i++)
			if (mask >> i & 1) {
				buf_fmt(&want, ",%s", newer[i]);
				columns++;
			}
		buf_str(&want, "\r\n" ID3);
		w.column = 1;
		for (int i = 0; i < 23; i++)
			csvfile_bare(&w, "");
		for (int i = 0; i < 8; i++)
			if (mask >> i & 1)
				csvfile_text(&w, cells[i]);
		csvfile_end(&w);
		buf_str(&want, ID1 ",\"Acme\",,\"Acme\"");
		for (size_t i = 4; i < columns; i++)
			buf_ch(&want, ',');
		buf_str(&want, "\r\n");
		file_is(buf_text(&want));
		twice(&(const struct customers_found){ .company_id = ID1, .company_name = "Acme" }, 1, 2);
		buf_free(&b);
		buf_free(&want);
	}
	/* Of an unknown file and an empty one nothing is to be kept: all columns. */
	put("customers.csv", "");
	merge_is(&acme, 1, 1, 1, 0);
	{
		struct buf b = BUF_INIT;

		get(&b);
		assert_memory_equal(b.p, NHEAD, sizeof NHEAD - 1);
		buf_free(&b);
	}
}

/* Names that a spreadsheet would compute are kept as names, through any number of merges. */
static void merge_formulas(void **state)
{
	static const char *const odd[] = {
		"=1+1",
		"+49 30 1",
		"-x",
		"@SUM(A1)",
		"=HYPERLINK(\"http://x\",\"y\")",
		"'=1+1",
		"''",
		"'",
		"\xef\xbc\x9d\x31",
		"a=1",
		"=",
		"- Strich -",
		"\"",
		",",
		";",
		"line\nbreak",
		"=\n1",
		"caf\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		const struct customers_found f[] = { { ID1, odd[i], odd[i], odd[i], odd[i], odd[i], "DE", odd[i], odd[i], NULL },
			{ .company_id = ID2, .company_name = "B" }, { .company_id = ID3, .company_name = odd[i] } };
		const char *kept = strcmp(odd[i], "'=1+1") == 0 ? "=1+1" : odd[i];
		struct table l;
		struct buf first = BUF_INIT;

		unlink(path);
		merge_is(f, 1, 1, 1, 0);
		twice(f, 1, 1);
		get(&first);
		/* Each time that the file is written anew the row must come out the same. */
		for (size_t more = 2; more <= 3; more++) {
			struct buf now = BUF_INIT;

			merge_is(f, more, more, 1, 0);
			twice(f, more, more);
			get(&now);
			if (strcmp(kept, odd[i]) == 0)
				assert_memory_equal(now.p, first.p, first.n);
			load_customers(&l, NULL);
			assert_true(l.rc == 0 && diag_empty(&l.d));
			assert_string_equal(customer_find(&l.t, ID1)->party.name, kept);
			assert_string_equal(customer_find(&l.t, ID1)->party.street, kept);
			assert_string_equal(customer_find(&l.t, ID1)->company_name, kept);
			unload_customers(&l);
			assert_null(strstr(now.p, ",="));
			assert_null(strstr(now.p, ",\"="));
			assert_null(strstr(now.p, ",\"@"));
			buf_free(&now);
		}
		buf_free(&first);
	}
}

/* Blanks are nothing: a cell of them would be filled again each time. */
static void merge_blanks(void **state)
{
	static const struct customers_found f = { ID1, "  Acme  ", " ", "", "\t", "Bonn ", "", " ", "\n", NULL };

	(void)state;
	unlink(path);
	merge_is(&f, 1, 1, 1, 0);
	file_is(NHEAD ID1 ",\"Acme\",,\"Acme\",,,\"Bonn\",,,,,,,,,,,,,,,,,,,,,,,,,\r\n");
	twice(&f, 1, 1);
}

/* A file with mistakes is left alone, whatever was found. */
static void merge_refuses(void **state)
{
	static const char *const t[] = { "company_id,mine\n" ID2 ",x\n", "name\nx\n", CHEAD ID2 ",\"open\r\n", CHEAD ID2 ",\xff\r\n",
		"company_id,zip\n" ID2 ",1,2\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customers_merge m = { 0, 0, 0 };
		struct diag d = { 0 };
		struct err e = ERR_INIT;

		put("customers.csv", t[i]);
		assert_int_equal(customers_merge(path, &acme, 1, &m, &d, &e), 0);
		assert_false(diag_empty(&d));
		assert_int_equal(m.added, 0);
		diag_free(&d);
		file_is(t[i]);
	}
}

/* The file can stand in the current folder, and must stand in one. */
static void merge_places(void **state)
{
	char cwd[4096];
	struct customers_merge m;
	struct diag d = { 0 };
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	assert_non_null(getcwd(cwd, sizeof cwd));
	assert_int_equal(chdir(dir), 0);
	snprintf(path, sizeof path, "here.csv");
	merge_is(&acme, 1, 1, 1, 0);
	assert_int_equal(stat("here.csv", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(chdir(cwd), 0);
	snprintf(path, sizeof path, "%s/nowhere/customers.csv", dir);
	assert_int_equal(customers_merge(path, &acme, 1, &m, &d, &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_good),
		cmocka_unit_test(config_bad),
		cmocka_unit_test(config_environment),
		cmocka_unit_test(config_environment_unknown),
		cmocka_unit_test(config_all_at_once),
		cmocka_unit_test(config_whole),
		cmocka_unit_test(config_members),
		cmocka_unit_test(config_lists),
		cmocka_unit_test(config_datev),
		cmocka_unit_test(config_paths),
		cmocka_unit_test(config_example_file),
		cmocka_unit_test(rates_good),
		cmocka_unit_test(rates_shapes),
		cmocka_unit_test(rates_german),
		cmocka_unit_test(rates_bad),
		cmocka_unit_test(rates_tax),
		cmocka_unit_test(rates_all_at_once),
		cmocka_unit_test(customers_good),
		cmocka_unit_test(customers_newer),
		cmocka_unit_test(customers_tax),
		cmocka_unit_test(customers_bad),
		cmocka_unit_test(customers_rate_alone),
		cmocka_unit_test(customers_all_at_once),
		cmocka_unit_test(merge_new),
		cmocka_unit_test(merge_typed),
		cmocka_unit_test(merge_shapes),
		cmocka_unit_test(merge_keeps_columns),
		cmocka_unit_test(merge_formulas),
		cmocka_unit_test(merge_blanks),
		cmocka_unit_test(merge_refuses),
		cmocka_unit_test(merge_places),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
