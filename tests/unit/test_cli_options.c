/* options. */
#include "test_billing_common.h"

#include "base/buf.h"
#include "cli/help.h"
#include "cli/options.h"

#define ARGS 200

/* The words of a line, as main() gets them; borrowed until the next call. */
static int parse(const char *line, struct options *o, struct err *e)
{
	static char text[4000];
	static char *argv[ARGS + 2];
	char *save = NULL;
	int argc = 0;

	snprintf(text, sizeof text, "psabill %s", line);
	for (char *t = strtok_r(text, " ", &save); t != NULL; t = strtok_r(NULL, " ", &save)) {
		assert_true(argc < ARGS);
		argv[argc++] = t;
	}
	argv[argc] = NULL;
	err_clear(e);
	return options_parse(argc, argv, o, e);
}

static void add_text(struct buf *b, const char *name, const char *s)
{
	if (s != NULL)
		buf_fmt(b, " %s=%s", name, s);
}

static void add_list(struct buf *b, const char *name, const struct options_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		add_text(b, name, l->v[i]);
	assert_null(l->v[l->n]);
}

/* Everything that is set, in one line. */
static void tell(const struct options *o, struct buf *b)
{
	const struct {
		const char *name;
		int on;
	} flags[] = {
		{ "quiet", o->quiet },
		{ "verbose", o->verbose },
		{ "log_json", o->log_json },
		{ "help", o->help },
		{ "version", o->version },
		{ "dry_run", o->dry_run },
		{ "no_mark", o->no_mark },
		{ "strict", o->strict },
		{ "accept_short", o->accept_short },
		{ "json", o->json },
		{ "numbers", o->numbers },
		{ "yes", o->yes },
	};

	buf_reset(b);
	buf_str(b, o->command == NULL ? "-" : o->command);
	add_text(b, "config", o->config);
	for (size_t i = 0; i < COUNT(flags); i++)
		if (flags[i].on)
			buf_fmt(b, " %s", flags[i].name);
	add_text(b, "period", o->period);
	add_text(b, "date", o->date);
	add_list(b, "company", &o->company);
	add_list(b, "project", &o->project);
	add_list(b, "user", &o->user);
	add_list(b, "work", &o->work);
	add_text(b, "wait", o->wait);
	add_text(b, "reason", o->reason);
	add_text(b, "output", o->output);
	add_list(b, "set", &o->set);
	add_text(b, "rate", o->rate);
	for (size_t i = 0; i < o->nargs; i++)
		add_text(b, "arg", o->arg[i]);
}

static void good(void **state)
{
	static const struct {
		const char *line, *want;
	} t[] = {
		{ "", "-" },
		{ "--help", "- help" },
		{ "-h", "- help" },
		{ "--version", "- version" },
		{ "-V", "- version" },
		{ "run", "run" },
		{ "check", "check" },
		{ "customers", "customers" },
		{ "list", "list" },
		{ "init", "init" },
		{ "init -y", "init yes" },
		{ "init --yes --set a.b=c --set d.e=f --rate 95 x", "init yes set=a.b=c set=d.e=f rate=95 arg=x" },
		{ "init somewhere", "init arg=somewhere" },
		{ "show R0007", "show arg=R0007" },
		{ "-c a.conf run", "run config=a.conf" },
		{ "-ca.conf run", "run config=a.conf" },
		{ "--config=a.conf run", "run config=a.conf" },
		{ "--config a.conf run", "run config=a.conf" },
		{ "run -c a.conf", "run config=a.conf" },
		{ "-c a -c b run", "run config=b" },
		{ "-c -q run", "run config=-q" },
		{ "-q run", "run quiet" },
		{ "-v run", "run verbose" },
		{ "-qn run", "run quiet dry_run" },
		{ "run -nq", "run quiet dry_run" },
		{ "-nc a run", "run config=a dry_run" },
		{ "--log-format json run", "run log_json" },
		{ "--log-format=text run", "run" },
		{ "--log-format=json --log-format=text run", "run" },
		{ "run --period 2026-10 --date=2026-11-03 --wait 5", "run period=2026-10 date=2026-11-03 wait=5" },
		{ "run --dry-run --no-mark --strict --accept-short --json", "run dry_run no_mark strict accept_short json" },
		{ "run -n", "run dry_run" },
		{ "run --company A --company B --project P --user U --type-of-work W --user X",
		    "run company=A company=B project=P user=U user=X work=W" },
		{ "--period last-month run --json", "run json period=last-month" },
		{ "list --json", "list json" },
		{ "show --json R1", "show json arg=R1" },
		{ "show R1 --json", "show json arg=R1" },
		{ "show -- --odd", "show arg=--odd" },
		{ "-- run", "run" },
		{ "show -- -x", "show arg=-x" },
		{ "init -", "init arg=-" },
		{ "run --help", "run help" },
		{ "show --help", "show help" },
		{ "-v -v -v run", "run verbose" },
		/* Unambiguous beginnings, as GNU programs take them. */
		{ "run --per 2026-10 --dry", "run dry_run period=2026-10" },
		{ "run --compan A", "run company=A" },
		{ "run --company=", "run company=" },
		{ "run --period=a=b", "run period=a=b" },
		{ "void RE-1 --reason wrong", "void reason=wrong arg=RE-1" },
		{ "void --reason=a --reason=b --date 2026-11-21 --wait 3 --json RE-1", "void json date=2026-11-21 wait=3 reason=b arg=RE-1" },
		{ "void RE-1", "void arg=RE-1" },
		{ "void --reason= RE-1", "void reason= arg=RE-1" },
		{ "void --help", "void help" },
		{ "help", "- help" },
		{ "help void", "void help" },
		{ "-q help run", "run quiet help" },
		{ "render RE-1", "render arg=RE-1" },
		{ "render -o out RE-1", "render output=out arg=RE-1" },
		{ "render RE-1 -oout", "render output=out arg=RE-1" },
		{ "render RE-1 --output=out", "render output=out arg=RE-1" },
		{ "list --numbers --json", "list json numbers" },
		{ "verify", "verify" },
		{ "verify --json -q", "verify quiet json" },
		{ "explain RE-1:2", "explain arg=RE-1:2" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct options o;
		struct err e = ERR_INIT;

		memset(&o, 0x55, sizeof o);
		if (parse(t[i].line, &o, &e) < 0)
			fail_msg("'%s': %s", t[i].line, e.msg);
		tell(&o, &b);
		if (strcmp(buf_text(&b), t[i].want) != 0)
			fail_msg("'%s' is '%s'", t[i].line, buf_text(&b));
	}
	buf_free(&b);
}

static void bad(void **state)
{
	static const struct {
		const char *line, *says, *also;
	} t[] = {
		{ "rum", "'rum' is no command", "'run'" },
		{ "RUN", "'RUN' is no command", "'run'" },
		{ "bill", "'bill' is no command", "'run'" },
		{ "dry-run", "'dry-run' is no command", "'run --dry-run'" },
		{ "help rum", "'rum' is no command", "'run'" },
		{ "help run extra", "'extra'", "no operand" },
		{ "shwo R1", "'shwo'", "'show'" },
		{ "custmers", "'custmers'", "'customers'" },
		{ "Run", "'Run'", "'run'" },
		{ "frobnicate", "'frobnicate' is no command", "--help" },
		{ "x", "'x'", "--help" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is no command", "--help" },
		{ "--xyzzy run", "'--xyzzy'", "--help" },
		{ "run --perod 2026-10", "'--perod'", "'--period'" },
		{ "run --dryrun", "'--dryrun'", "'--dry-run'" },
		{ "list --jsn", "'--jsn'", "'--json'" },
		{ "--confg=x run", "'--confg=x'", "'--config'" },
		{ "--quite run", "'--quite'", "'--quiet'" },
		{ "-x run", "'-x'", "--help" },
		{ "run -qx", "'-x'", "--help" },
		{ "run -xq", "'-x'", "--help" },
		{ "-xq run", "'-x'", "--help" },
		{ "run -nxq", "'-x'", "--help" },
		{ "run --quiet=1", "'--quiet=1'", "takes no value" },
		{ "run --ver", "'--ver'", "begins several" },
		{ "completion", "completion needs bash|zsh|fish", "" },
		{ "ab", "'ab' is no command", "--help" },
		{ "run --period", "'--period' needs a value", "" },
		{ "-c", "'-c' needs a value", "" },
		{ "run -nc", "'-nc' needs a value", "" },
		{ "run extra", "'extra': run takes no operand", "" },
		{ "show", "show needs ID", "" },
		{ "show a b", "'b': show takes ID", "" },
		{ "init a b", "'b': init takes [DIR]", "" },
		{ "list R1", "'R1': list takes no operand", "" },
		{ "list --period 2026-10", "--period is no option of list", "" },
		{ "check --dry-run", "--dry-run is no option of check", "" },
		{ "--dry-run", "--dry-run is no option of psabill alone", "" },
		{ "customers --json", "--json is no option of customers", "" },
		{ "list --wait 1", "--wait is no option of list", "" },
		{ "customers --wait 1", "--wait is no option of customers", "" },
		{ "init --strict", "--strict is no option of init", "" },
		{ "void", "void needs NUMBER", "" },
		{ "void a b", "'b': void takes NUMBER", "" },
		{ "void a --reason", "'--reason' needs a value", "" },
		{ "void a --dry-run", "--dry-run is no option of void", "" },
		{ "void a --period 2026-10", "--period is no option of void", "" },
		{ "void a -o x", "--output is no option of void", "" },
		{ "vod a", "'vod'", "'void'" },
		{ "run --reason x", "--reason is no option of run", "" },
		{ "render", "render needs NUMBER", "" },
		{ "render a b", "'b': render takes NUMBER", "" },
		{ "render a -o", "'-o' needs a value", "" },
		{ "render a --json", "--json is no option of render", "" },
		{ "rendr a", "'rendr'", "'render'" },
		{ "verify x", "'x': verify takes no operand", "" },
		{ "explain", "explain needs ID", "" },
		{ "explain x --json", "--json is no option of explain", "" },
		{ "verify --wait 1", "--wait is no option of verify", "" },
		{ "run -o x", "--output is no option of run", "" },
		{ "show R1 --numbers", "--numbers is no option of show", "" },
		{ "-q -v run", "exclude each other", "" },
		{ "run --log-format xml", "text or json", "" },
		{ "--log-format= run", "text or json", "" },
		/* However many options stand before it. */
		{ "list -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v -v --period 2026-10",
		    "--period is no option of list", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct options o;
		struct err e = ERR_INIT;

		if (parse(t[i].line, &o, &e) != -1)
			fail_msg("'%s' was accepted", t[i].line);
		assert_int_equal(e.code, ERR_USAGE);
		if (strstr(e.msg, t[i].says) == NULL || strstr(e.msg, t[i].also) == NULL)
			fail_msg("'%s': %s", t[i].line, e.msg);
	}
}

/* A parse that broke off inside a cluster leaves nothing behind. */
static void again(void **state)
{
	struct options o;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(parse("-xvn run", &o, &e), -1);
	assert_int_equal(parse("run --json", &o, &e), 0);
	assert_true(o.json && !o.verbose && !o.dry_run && o.nargs == 0);
}

static void many(void **state)
{
	struct buf b = BUF_INIT;
	struct options o;
	struct err e = ERR_INIT;

	(void)state;
	buf_str(&b, "run");
	for (int i = 0; i < OPTIONS_MANY; i++)
		buf_fmt(&b, " --user=u%d", i);
	assert_int_equal(parse(b.p, &o, &e), 0);
	assert_int_equal(o.user.n, OPTIONS_MANY);
	assert_string_equal(o.user.v[OPTIONS_MANY - 1], "u63");
	assert_null(o.user.v[OPTIONS_MANY]);
	buf_str(&b, " --user=v");
	assert_int_equal(parse(b.p, &o, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.msg, "--user"));
	buf_free(&b);
}

static const char *const commands[] = { "init", "check", "customers", "run", "list", "show", "void", "render", "verify", "explain", "status", "completion" };

/* Options that the help of a command lists, the six of every command among them. */
static int options_of(const char *command)
{
	static const struct { const char *name; int n; } t[] = { { "run", 24 }, { "init", 9 }, { "void", 11 }, { "list", 8 }, { "customers", 6 }, { "show", 7 }, { "render", 7 }, { "verify", 8 }, { "status", 9 } };

	for (size_t i = 0; i < COUNT(t); i++)
		if (strcmp(t[i].name, command) == 0)
			return t[i].n;
	return 6;
}

static int has_operand(const char *command)
{
	return strcmp(command, "show") == 0 || strcmp(command, "void") == 0 || strcmp(command, "render") == 0 || strcmp(command, "explain") == 0 || strcmp(command, "completion") == 0;
}

/* Two options of one number would be one option. */
static void numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_nrows; i++)
		for (size_t k = 0; k < i; k++)
			if (options_rows[i].id == options_rows[k].id || strcmp(options_rows[i].name, options_rows[k].name) == 0)
				fail_msg("--%s and --%s", options_rows[i].name, options_rows[k].name);
	for (size_t i = 0; i < options_ncommands; i++)
		for (size_t k = 0; k < i; k++)
			if (options_commands[i].bit & options_commands[k].bit)
				fail_msg("%s and %s", options_commands[i].name, options_commands[k].name);
}

static void names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++)
		assert_true(options_is_command(commands[i]));
	assert_false(options_is_command("runs") || options_is_command("") || options_is_command("Run") || options_is_command(NULL));
}

static char *help_of(const char *command)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	help_write(f, command);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Every option that the help of a command shows is taken by it, and no option of another command is shown. */
static void help(void **state)
{
	char *all = help_of(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		char *text = help_of(commands[i]), *save = NULL;
		int options = 0;

		assert_non_null(strstr(all, commands[i]));
		assert_non_null(strstr(text, commands[i]));
		for (char *l = strtok_r(text, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save)) {
			char name[40], value[40] = "", line[200];
			struct options o;
			struct err e = ERR_INIT;
			char *at = strstr(l, "--");

			if (strncmp(l, "  ", 2) != 0 || at == NULL || at - l > 8)
				continue;
			options++;
			assert_true(sscanf(at, "%39s %39s", name, value) >= 1);
			snprintf(line, sizeof line, "%s %s %s%s", commands[i], has_operand(commands[i]) ? "x" : "", name,
			    strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ|-") > 1 ? " x"
				: strcmp(value, "text|json") == 0             ? "=json"
									      : "");
			if (parse(line, &o, &e) < 0)
				fail_msg("%s: %s", line, e.msg);
		}
		assert_int_equal(options, options_of(commands[i]));
		free(text);
	}
	assert_null(strstr(all, "--dry-run"));
	assert_non_null(strstr(all, "--config FILE"));
	assert_non_null(strstr(all, "Exit status"));
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(again),
		cmocka_unit_test(many),
		cmocka_unit_test(names),
		cmocka_unit_test(numbers),
		cmocka_unit_test(help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
