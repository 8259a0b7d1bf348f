#include "cli/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inifile.h"
#include "base/near.h"
#include "billing/complete.h"
#include "cli/configkeys.h"

extern char **environ;

enum { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_CHANGE };

struct loading { struct config *c; struct pool *pool; const char *dir; struct diag *d; };

int config_language_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 20 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int find_key(const char *section, const char *key)
{
	for (size_t i = 0; i < configkeys_n; i++)
		if (strcmp(configkeys_table[i].section, section) == 0 && strcmp(configkeys_table[i].key, key) == 0)
			return (int)i;
	return -1;
}

static const char *set(struct loading *l, int i, const char *value)
{
	l->c->text[i] = pool_dup(l->pool, value);
	return configkeys_assign(l->c, &configkeys_table[i], value, l->dir, l->pool);
}

/* Says where the key belongs, or what it may have been meant to be. */
static void unknown_key(struct loading *l, const char *section, const char *key, int line)
{
	struct near_search near, other;
	int known = 0;

	near_start(&near, key);
	near_start(&other, section);
	for (size_t i = 0; configkeys_sections[i].section != NULL; i++) {
		known |= strcmp(configkeys_sections[i].section, section) == 0;
		near_offer(&other, configkeys_sections[i].section);
	}
	if (!known && other.best != NULL) {
		diag_add(l->d, l->c->path, line, "there is no section [%.60s]; did you mean [%s]?", section, other.best);
		return;
	}
	for (size_t i = 0; i < configkeys_n; i++)
		if (strcmp(configkeys_table[i].key, key) == 0) {
			diag_add(l->d, l->c->path, line, "key '%.60s' is not known in [%.60s]; it belongs into [%s]", key, section, configkeys_table[i].section);
			return;
		} else if (strcmp(configkeys_table[i].section, section) == 0) {
			near_offer(&near, configkeys_table[i].key);
		}
	for (size_t i = 0; near.best == NULL && i < configkeys_n; i++)
		near_offer(&near, configkeys_table[i].key);
	if (near.best != NULL)
		diag_add(l->d, l->c->path, line, "key '%.60s' is not known in [%.60s]; did you mean '%s'?", key, section, near.best);
	else
		diag_add(l->d, l->c->path, line, "key '%.60s' is not known in [%.60s]; `psabill check` and psabill.conf(5) list all keys", key, section);
}

static void on_key(void *ctx, const char *section, const char *key, const char *value, int line)
{
	struct loading *l = ctx;
	int i = find_key(section, key);
	const char *wrong;

	if (i < 0) {
		unknown_key(l, section, key, line);
		return;
	}
	wrong = set(l, i, value);
	if (wrong != NULL)
		diag_add(l->d, l->c->path, line, "%s = %.80s: %s", key, value, wrong);
	l->c->source[i] = FROM_FILE;
	l->c->line[i] = line;
}

/* "PSABILL_SECTION_KEY" */
static void variable_name(char out[80], const struct configkeys_key *k)
{
	snprintf(out, 80, "PSABILL_%s_%s", k->section, k->key);
	for (; *out != '\0'; out++)
		if (*out >= 'a' && *out <= 'z')
			*out = (char)(*out - 'a' + 'A');
}

static void unknown_variable(struct loading *l, const char *name)
{
	struct near_search near;
	char known[80], best[80];

	near_start(&near, name);
	for (size_t i = 0; i < configkeys_n; i++) {
		variable_name(known, &configkeys_table[i]);
		near_offer(&near, known);
		if (near.best == known) {
			memcpy(best, known, sizeof best);
			near.best = best;
		}
	}
	if (near.best != NULL)
		diag_add(l->d, "environment", 0, "%.100s is no setting; did you mean %s?", name, near.best);
	else
		diag_add(l->d, "environment", 0, "%.100s is no setting; see psabill check", name);
}

/* One variable of ours, NAME=VALUE. */
static void read_variable(struct loading *l, const char *v)
{
	size_t n = strcspn(v, "=");
	char name[80];

	for (size_t i = 0; i < configkeys_n; i++) {
		const char *wrong;

		variable_name(name, &configkeys_table[i]);
		if (strlen(name) != n || strncmp(v, name, n) != 0 || v[n] != '=')
			continue;
		wrong = set(l, (int)i, v + n + 1);
		if (wrong != NULL)
			diag_add(l->d, "environment", 0, "%s=%.80s: %s", name, v + n + 1, wrong);
		l->c->source[i] = FROM_ENVIRONMENT;
		return;
	}
	snprintf(name, sizeof name, "%.*s", (int)n, v);
	unknown_variable(l, name);
}

/* The token and the test builds' stop point are no settings. */
static void read_environment(struct loading *l)
{
	for (char **v = environ; *v != NULL; v++)
		if (strncmp(*v, "PSABILL_", 8) == 0 && strncmp(*v, "PSABILL_AWORK_TOKEN=", 20) != 0 && strncmp(*v, "PSABILL_STOP_AT=", 16) != 0)
			read_variable(l, *v);
}

static void on_seller(void *ctx, const char *sentence)
{
	struct loading *l = ctx;

	diag_add(l->d, l->c->path, 0, "%s", sentence);
}

static void check_datev(struct loading *l)
{
	const struct booking_rules *b = &l->c->booking;

	if (!l->c->datev)
		return;
	if (b->consultant < 1001)
		diag_add(l->d, l->c->path, 0, "[datev] consultant (Beraternummer) must be a number from 1001 to 9999999");
	if (b->client < 1)
		diag_add(l->d, l->c->path, 0, "[datev] client (Mandantennummer) must be a number from 1 to 99999");
	if (b->naccounts == 0)
		diag_add(l->d, l->c->path, 0, "[datev] accounts is empty: the revenue accounts, such as S 19: 8400, S 7: 8300");
	for (size_t i = 0; i < b->naccounts; i++)
		if (strlen(b->accounts[i].account) != (size_t)b->account_length)
			diag_add(l->d, l->c->path, 0, "[datev] account %s does not have the %lld digits of account_length", b->accounts[i].account,
			    (long long)b->account_length);
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
	complete_seller(&c->seller, c->formats, on_seller, l);
	if ((c->discount_days == 0) != (c->discount_pct_e2 == 0))
		diag_add(l->d, c->path, 0, "[billing] discount_days and discount_rate belong together");
	/* The collector passes over a file of another name in silence. */
	if (c->metrics_file != NULL && (strlen(c->metrics_file) < 6 || strcmp(c->metrics_file + strlen(c->metrics_file) - 5, ".prom") != 0)) {
		diag_add(l->d, c->path, c->line[find_key("output", "metrics_file")], "[output] metrics_file must end in .prom: the textfile collector reads no other file");
		l->c->metrics_file = NULL;
	}
	check_datev(l);
	if (strcmp(c->tax_category, "S") == 0 && c->tax_pct_e2 == 0)
		diag_add(l->d, c->path, 0, "[billing] tax_rate is 0 with tax_category S; use category E, O, G or AE for invoices without VAT");
}

static int is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int no_configuration(const char *path, int named, struct err *e)
{
	err_clear(e);
	if (named)
		return err_set(e, ERR_NOINPUT, "%s is not there; -c names the psabill.conf to read, `psabill init DIR` writes one", path);
	return err_set(e, ERR_NOINPUT, "there is no psabill.conf in this folder and no /etc/psabill/psabill.conf; write one with `psabill init`, or name one with -c FILE");
}

/* From here on all that is wrong is so because of them: without them the settings were looked at before. */
static int read_changes(struct loading *l, const struct config_changes *changes, struct err *e)
{
	l->dir = "";
	l->c->path = changes->label;
	for (size_t i = 0; i < changes->n; i++) {
		if (set(l, (int)changes->key[i], changes->value[i]) != NULL)
			return err_set(e, ERR_SOFTWARE, "the value of %s was taken before and is refused now", configkeys_table[changes->key[i]].key);
		l->c->source[changes->key[i]] = FROM_CHANGE;
	}
	return 0;
}

/* Only the zone depends on something outside of the program. errno: what the look at it left behind. */
static int default_refused(const struct configkeys_key *k, struct err *e)
{
	if (k->kind != KEY_ZONE)
		return err_set(e, ERR_SOFTWARE, "default of %s.%s is refused", k->section, k->key);
	if (errno != 0 && errno != ENOENT)
		return err_sys(e, ERR_IO, "time zone database");
	return err_set(e, ERR_CONFIG, "the time zone database does not know %s, the default of [%s] %s: install it (Debian: tzdata)", k->value, k->section, k->key);
}

int config_load(const char *path, struct pool *pool, struct config *out, struct diag *d, struct err *e)
{
	return config_load_changed(path, NULL, pool, out, d, e);
}

int config_load_changed(const char *path, const struct config_changes *changes, struct pool *pool, struct config *out, struct diag *d, struct err *e)
{
	struct loading l = { out, pool, "", d };
	const char *slash;
	int named = path != NULL;

	memset(out, 0, sizeof *out);
	if (path == NULL)
		path = access("psabill.conf", F_OK) != 0 && access("/etc/psabill/psabill.conf", F_OK) == 0 ? "/etc/psabill/psabill.conf" : "psabill.conf";
	if (named && is_folder(path))
		return err_set(e, ERR_NOINPUT, "%s is a folder: -c names the file in it, such as %s%spsabill.conf", path, path, path[strlen(path) - 1] == '/' ? "" : "/");
	out->path = pool_dup(pool, path);
	slash = strrchr(path, '/');
	if (slash != NULL)
		l.dir = slash == path ? "/" : pool_dupn(pool, path, (size_t)(slash - path));
	if (out->path == NULL || l.dir == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < configkeys_n; i++) {
		errno = 0;
		if (set(&l, (int)i, configkeys_table[i].value) != NULL && configkeys_table[i].value[0] != '\0')
			return default_refused(&configkeys_table[i], e);
	}
	if (inifile_read(path, on_key, &l, d, e) < 0)
		return e->code == ERR_NOINPUT ? no_configuration(path, named, e) : -1;
	read_environment(&l);
	if (changes != NULL && read_changes(&l, changes, e) < 0)
		return -1;
	check_whole(&l);
	return pool_failed(pool) ? err_nomem(e) : 0;
}

/* As typed; of a path, where it leads. */
static const char *value(const struct config *c, size_t i)
{
	const struct configkeys_key *k = &configkeys_table[i];
	const char *path = k->kind == KEY_PATH ? *(const char *const *)(const void *)((const char *)c + k->offset) : NULL;

	return path != NULL ? path : c->text[i] == NULL ? "" : c->text[i];
}

void config_show(const struct config *c, struct buf *out)
{
	for (size_t i = 0; i < configkeys_n; i++) {
		size_t from = out->n;

		buf_fmt(out, "%s.%s = ", configkeys_table[i].section, configkeys_table[i].key);
		buf_str(out, value(c, i));
		while (buf_ok(out) && out->n < from + 48)
			buf_ch(out, ' ');
		if (c->source[i] == FROM_FILE)
			buf_fmt(out, "  (%s:%d)\n", c->path, c->line[i]);
		else
			buf_str(out, c->source[i] == FROM_ENVIRONMENT ? "  (environment)\n" : "  (default)\n");
	}
}

void config_example(struct buf *out, const char *const *values)
{
	size_t s = 0;

	buf_str(out, "# psabill.conf: every setting with its default. Remove the # of a line to change it.\n"
	    "# The environment goes first: PSABILL_<SECTION>_<KEY>. Paths are relative to this file.\n");
	for (size_t i = 0; i < configkeys_n; i++) {
		if (i == 0 || strcmp(configkeys_table[i].section, configkeys_table[i - 1].section) != 0) {
			while (strcmp(configkeys_sections[s].section, configkeys_table[i].section) != 0)
				s++;
			buf_fmt(out, "\n# %s\n[%s]\n", configkeys_sections[s].help, configkeys_sections[s].section);
		}
		buf_fmt(out, "# %s\n", configkeys_table[i].help);
		if (values != NULL && values[i] != NULL && strcmp(values[i], configkeys_table[i].value) != 0)
			buf_fmt(out, "%s = %s\n", configkeys_table[i].key, values[i]);
		else
			buf_fmt(out, "#%s = %s\n", configkeys_table[i].key, configkeys_table[i].value);
	}
}

int config_sha(const struct config *c, uint8_t out[SHA_LEN])
{
	struct buf b = BUF_INIT;
	int ok;

	for (size_t i = 0; i < configkeys_n; i++) {
		buf_fmt(&b, "%s.%s=", configkeys_table[i].section, configkeys_table[i].key);
		buf_str(&b, value(c, i));
		buf_ch(&b, '\n');
	}
	ok = buf_ok(&b);
	if (ok)
		sha_of(b.p, b.n, out);
	buf_free(&b);
	return ok ? 0 : -1;
}
