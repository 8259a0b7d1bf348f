#include "cli/options.h"

#include <getopt.h>
#include <string.h>

#include "base/near.h"

/* Which commands take an option. */
enum { ALL = OPTIONS_ALL, INIT = 2, CHECK = 4, CUSTOMERS = 8, RUN = 16, LIST = 32, SHOW = 64, VOID = 128, RENDER = 256, VERIFY = 512, EXPLAIN = 1024, RECONCILE = 2048,
	COMPLETION = 1 << 20, APPLY = 1 << 21, UNBILLED = 1 << 22, STATUS = 1 << 23 };

const struct options_command options_commands[] = {
	{ "init", INIT, "[DIR]", 0, 1, "ask who bills, write psabill.conf, rates.csv and customers.csv to start from; never overwrites" },
	{ "check", CHECK, "", 0, 0, "validate configuration, templates, ledger and token; show every setting and where it came from" },
	{ "customers", CUSTOMERS, "", 0, 0, "fetch companies and billing addresses, merge them into customers.csv; never overwrites what a person typed" },
	{ "run", RUN, "", 0, 0, "fetch, plan, write, mark, verify: the monthly job" },
	{ "reconcile", RECONCILE, "", 0, 0, "compare ledger, awork, files and, with --books, the accounting system, entry by entry" },
	{ "void", VOID, "NUMBER", 1, 1, "cancel an invoice: cancellation document, entries set unbilled in awork" },
	{ "unbilled", UNBILLED, "", 0, 0, "work in progress: unbilled hours and their value at today's rates, by age" },
	{ "apply", APPLY, "[FILE.csv]", 0, 1, "put entries right in bulk, as the column action of a table asks for" },
	{ "render", RENDER, "NUMBER", 1, 1, "write a document again from the ledger, byte-identical" },
	{ "verify", VERIFY, "", 0, 0, "hash chain and laws of the ledger, checksums of every issued file" },
	{ "explain", EXPLAIN, "ID", 1, 1, "an entry's way to money (its id), or what an invoice or a line is made of (NUMBER or NUMBER:LINE)" },
	{ "status", STATUS, "", 0, 0, "the last run, what is unfinished, what waits, what comes next; for people and monitoring" },
	{ "list", LIST, "", 0, 0, "runs and invoices in the ledger" },
	{ "show", SHOW, "ID", 1, 1, "one run (R0007), apply (A0007) or invoice (its number), whole" },
	{ "completion", COMPLETION, "bash|zsh|fish", 1, 1, "write the completions of a shell to standard output" },
};
#define NCOMMANDS (sizeof options_commands / sizeof *options_commands)
const size_t options_ncommands = NCOMMANDS;

#define FLAG OPTIONS_FLAG
#define VALUE OPTIONS_VALUE
#define MANY OPTIONS_LIST
#define AT(member) offsetof(struct options, member)
const struct options_row options_rows[] = {
	{ 'c', "config", VALUE, ALL, AT(config), "FILE", "configuration (default: ./psabill.conf, else /etc/psabill/psabill.conf)" },
	{ 'q', "quiet", FLAG, ALL, AT(quiet), NULL, "no summary, no progress" },
	{ 'v', "verbose", FLAG, ALL, AT(verbose), NULL, "log what happens on standard error" },
	{ 256, "log-format", VALUE, ALL, AT(log_json), "text|json", "form of the log (default: text)" },
	{ 'h', "help", FLAG, ALL, AT(help), NULL, "this help" },
	{ 'V', "version", FLAG, ALL, AT(version), NULL, "version of psabill and its libraries" },
	{ 257, "period", VALUE, RUN | RECONCILE, AT(period), "PERIOD", "last-month | this-month | 2026-10 | 2026-Q3 | 2026-10-01..2026-10-15 (default: last-month)" },
	{ 258, "company", MANY, RUN | RECONCILE, AT(company), "NAME|ID", "only entries of this company; repeatable" },
	{ 259, "project", MANY, RUN | RECONCILE, AT(project), "NAME|ID", "only entries of this project; repeatable" },
	{ 260, "user", MANY, RUN | RECONCILE, AT(user), "NAME|ID", "only entries of this user; repeatable" },
	{ 261, "type-of-work", MANY, RUN | RECONCILE, AT(work), "NAME|ID", "only entries of this type of work; repeatable" },
	{ 262, "date", VALUE, RUN | VOID, AT(date), "YYYY-MM-DD", "invoice date (default: today in [run] timezone)" },
	{ 'n', "dry-run", FLAG, RUN | APPLY, AT(dry_run), NULL, "change nothing; run: write a preview marked as draft; apply: show what would change" },
	{ 263, "no-mark", FLAG, RUN, AT(no_mark), NULL, "documents now, marking by the next run" },
	{ 264, "strict", FLAG, RUN, AT(strict), NULL, "exit 3 when entries were held, too" },
	{ 265, "accept-short", FLAG, RUN, AT(accept_short), NULL, "go on when awork's total stays above its rows (exit 3)" },
	{ 274, "release", MANY, RUN, AT(release), "NAME", "let a brake pass this once: run | customer | gone | day | overlap; repeatable" },
	{ 330, "save-dump", VALUE, RUN, AT(save_dump), "FILE", "keep what awork answered, compressed, to run it again; FILE must not be there yet" },
	{ 331, "redact", FLAG, RUN, AT(redact), NULL, "with --save-dump: names, notes, addresses and ids are replaced, times and money stay: for bug reports" },
	{ 332, "from-dump", VALUE, RUN, AT(from_dump), "FILE", "with --dry-run: without awork, from what --save-dump kept" },
	{ 333, "compare", MANY, RUN, AT(compare), "KEY=VALUE", "with --dry-run: show per customer what another setting would change, such as round_mode=up or rates=new.csv; repeatable" },
	{ 266, "wait", VALUE, RUN | VOID | RECONCILE | APPLY | UNBILLED | STATUS, AT(wait), "SECONDS", "wait for a ledger in use (default: 0)" },
	{ 268, "reason", VALUE, VOID, AT(reason), "TEXT", "why the invoice is cancelled; kept in the ledger and printed on the cancellation" },
	{ 'o', "output", VALUE, RENDER | RECONCILE | UNBILLED, AT(output), "DIR", "folder for the files; render: an existing one (default: the current one), nothing in it is overwritten; "
	    "reconcile, unbilled: replaced as a whole (default: reconcile/PERIOD, unbilled/DATE in the output folder)" },
	{ 270, "books", VALUE, RECONCILE, AT(books), "FILE.csv", "the accounting system's list of documents" },
	{ 271, "books-profile", VALUE, RECONCILE, AT(books_profile), "NAME", "how to read it: templates/books.NAME.ini (default: neutral)" },
	{ 272, "remark", FLAG, RECONCILE, AT(remark), NULL, "mark once more what awork refused to mark; never what a person unbilled" },
	{ 273, "propose", FLAG, RECONCILE, AT(propose), NULL, "record corrections of what changed; the next run puts them onto the customer's invoice" },
	{ 275, "max-age", VALUE, STATUS | VERIFY, AT(max_age), "AGE", "exit 3 when the last run was closed longer ago (35d, 48h, 6w), or one is unfinished" },
	{ 276, "adopt-host", FLAG, RUN | VOID | APPLY, AT(adopt_host), NULL, "the ledger was moved to this machine for good: bind it to it" },
	{ 269, "numbers", FLAG, LIST, AT(numbers), NULL, "every number of every series, and what became of it" },
	{ 'y', "yes", FLAG, INIT | APPLY, AT(yes), NULL, "ask nothing; init: defaults, and what options say (as without a terminal); apply: carry the changes out" },
	{ 300, "set", MANY, INIT, AT(set), "SECTION.KEY=VALUE", "a setting for psabill.conf, such as seller.name=Studio; repeatable" },
	{ 301, "rate", VALUE, INIT, AT(rate), "PRICE", "a price per hour for all work, into rates.csv" },
	{ 320, "undo", VALUE, APPLY, AT(undo), "A0001", "take back what an apply changed, where awork allows it" },
	{ 322, "as-of", VALUE, UNBILLED, AT(as_of), "YYYY-MM-DD", "time up to this day (default: today in [run] timezone)" },
	{ 323, "by", VALUE, UNBILLED, AT(by), "LIST", "groups: company, project, user, type-of-work, week, divided by commas (default: company)" },
	{ 321, "give-up", FLAG, APPLY, AT(give_up), NULL, "close an interrupted apply as it stands; nothing more is sent" },
	{ 267, "json", FLAG, RUN | VOID | VERIFY | STATUS | LIST | SHOW | RECONCILE | APPLY | UNBILLED, AT(json), NULL, "the result as JSON on standard output" },
};
#define NROWS (sizeof options_rows / sizeof *options_rows)
const size_t options_nrows = NROWS;

const struct options_command *options_command_of(const char *name)
{
	for (size_t i = 0; name != NULL && i < NCOMMANDS; i++)
		if (strcmp(options_commands[i].name, name) == 0)
			return &options_commands[i];
	return NULL;
}

int options_is_command(const char *name)
{
	return options_command_of(name) != NULL;
}

/* What the job is called elsewhere. */
static const char *called(const char *name)
{
	static const struct { const char *name, *here; } table[] = {
		{ "bill", "run" }, { "invoice", "run" }, { "dry-run", "run --dry-run" }, { "preview", "run --dry-run" }, { "cancel", "void" }, { "storno", "void" }, { "setup", "init" },
		{ "config", "check" }, { "test", "check" }, { "doctor", "check" }, { "log", "list" }, { "ls", "list" }, { "history", "list" }, { "wip", "unbilled" }, { "undo", "apply --undo" },
		{ "version", "--version" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].here;
	return NULL;
}

static int unknown_command(const char *name, struct err *e)
{
	struct near_search near;

	near_start(&near, name);
	for (size_t i = 0; i < NCOMMANDS; i++)
		near_offer(&near, options_commands[i].name);
	if (called(name) != NULL)
		near.best = called(name);
	if (near.best != NULL)
		return err_set(e, ERR_USAGE, "'%.40s' is no command; did you mean '%s'?", name, near.best);
	return err_set(e, ERR_USAGE, "'%.40s' is no command; see psabill --help", name);
}

static const struct options_row *row_of(int id)
{
	for (size_t i = 0; i < NROWS; i++)
		if (options_rows[i].id == id)
			return &options_rows[i];
	return NULL;
}

/* The command may stand behind the option, so that all options are near. */
static int unknown_option(const char *arg, struct err *e)
{
	struct near_search near;
	char name[40] = "";

	/* Of a cluster such as -qx getopt points at the letter only. */
	if (optopt > 0 && optopt < 256 && row_of(optopt) == NULL)
		return err_set(e, ERR_USAGE, "'-%c' is no option; see psabill --help", optopt);
	if (strncmp(arg, "--", 2) == 0) {
		size_t n = strcspn(arg + 2, "=");

		if (n < sizeof name)
			memcpy(name, arg + 2, n);
	}
	near_start(&near, name);
	for (size_t i = 0; i < NROWS; i++) {
		if (strcmp(name, options_rows[i].name) == 0)
			return err_set(e, ERR_USAGE, "'%.60s': --%s takes no value; see psabill COMMAND --help", arg, name);
		if (name[0] != '\0' && strncmp(name, options_rows[i].name, strlen(name)) == 0)
			return err_set(e, ERR_USAGE, "'%.60s' begins several options, such as --%s; write it out", arg, options_rows[i].name);
		near_offer(&near, options_rows[i].name);
	}
	if (near.best != NULL)
		return err_set(e, ERR_USAGE, "'%.60s' is no option; did you mean '--%s'?", arg, near.best);
	return err_set(e, ERR_USAGE, "'%.60s' is no option; see psabill COMMAND --help", arg);
}

/* Stores one option's value. */
static int store(struct options *o, const struct options_row *r, const char *value, struct err *e)
{
	char *at = (char *)o + r->offset;
	struct options_list *list = (struct options_list *)(void *)at;

	if (r->id == 256) {
		if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
			return err_set(e, ERR_USAGE, "--log-format takes text or json");
		o->log_json = strcmp(value, "json") == 0;
	} else if (r->kind == FLAG) {
		*(int *)(void *)at = 1;
	} else if (r->kind == VALUE) {
		*(const char **)(void *)at = value;
	} else {
		if (list->n == OPTIONS_MANY)
			return err_set(e, ERR_USAGE, "--%s was given more than %d times", r->name, OPTIONS_MANY);
		list->v[list->n++] = value;
	}
	return 0;
}

static void build_tables(struct option *longs, char *shorts)
{
	size_t s = 0;

	shorts[s++] = ':'; /* our messages, not getopt's */
	for (size_t i = 0; i < NROWS; i++) {
		longs[i] = (struct option){ options_rows[i].name, options_rows[i].kind == FLAG ? no_argument : required_argument, NULL, options_rows[i].id };
		if (options_rows[i].id < 256) {
			shorts[s++] = (char)options_rows[i].id;
			if (options_rows[i].kind != FLAG)
				shorts[s++] = ':';
		}
	}
	longs[NROWS] = (struct option){ NULL, 0, NULL, 0 };
	shorts[s] = '\0';
}

/* The operands after the options: the command, then its own. */
static int read_operands(int argc, char **argv, struct options *o, const struct options_command **c, struct err *e)
{
	int i = optind;

	/* As many programs have it: `help COMMAND` is COMMAND --help. */
	if (i < argc && strcmp(argv[i], "help") == 0) {
		o->help = 1;
		i++;
	}
	if (i >= argc)
		return 0;
	o->command = argv[i];
	*c = options_command_of(argv[i]);
	if (*c == NULL)
		return unknown_command(argv[i], e);
	for (i++; i < argc; i++) {
		if (o->nargs >= (*c)->max)
			return err_set(e, ERR_USAGE, "'%.60s': %s takes %s", argv[i], (*c)->name, (*c)->max == 0 ? "no operand" : (*c)->operands);
		o->arg[o->nargs++] = argv[i];
	}
	if (!o->help && o->nargs < (*c)->min)
		return err_set(e, ERR_USAGE, "%s needs %s", (*c)->name, (*c)->operands);
	return 0;
}

int options_parse(int argc, char **argv, struct options *out, struct err *e)
{
	struct option longs[NROWS + 1];
	unsigned char given[NROWS] = { 0 };
	char shorts[2 * NROWS + 2];
	const struct options_command *c = NULL;
	int id;

	memset(out, 0, sizeof *out);
	/* For messages only: getopt_long() moves the operands behind the options, so the command is known for sure at the end. */
	for (int i = 1; i < argc && c == NULL; i++)
		c = options_command_of(argv[i]);
	build_tables(longs, shorts);
	opterr = 0;
	optind = 0; /* glibc and musl: forget an earlier parse, also one that broke off */
	while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct options_row *r = row_of(id);

		if (id == ':')
			return err_set(e, ERR_USAGE, "'%.60s' needs a value", argv[optind - 1]);
		if (r == NULL)
			return unknown_option(argv[optind - 1], e);
		if (store(out, r, optarg, e) < 0)
			return -1;
		given[r - options_rows] = 1;
	}
	if (read_operands(argc, argv, out, &c, e) < 0)
		return -1;
	for (size_t i = 0; i < NROWS; i++)
		if (given[i] && options_rows[i].bits != ALL && (c == NULL || !(options_rows[i].bits & c->bit)))
			return err_set(e, ERR_USAGE, "--%s is no option of %s", options_rows[i].name, c == NULL ? "psabill alone" : c->name);
	if (out->quiet && out->verbose)
		return err_set(e, ERR_USAGE, "--quiet and --verbose exclude each other");
	return 0;
}
