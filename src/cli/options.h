/* The command line: one table of commands and options drives the parser and all that is told about it. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>
#include <stdio.h>
#include "base/err.h"

#define OPTIONS_MANY 64 /* repeats of one option */

/* A repeatable option's values, NULL-terminated; borrowed from argv. */
struct options_list { const char *v[OPTIONS_MANY + 1]; size_t n; };

struct options {
	const char *command;   /* NULL: none given */
	const char *config;    /* -c */
	int quiet, verbose, log_json;
	int help, version;
	/* of commands */
	const char *period;
	const char *date;
	struct options_list company, project, user, work, release;
	int dry_run, no_mark, strict, accept_short, json;
	const char *wait;
	const char *reason, *output; /* void; render */
	const char *save_dump, *from_dump; /* run */
	int redact;
	struct options_list compare;           /* run */
	int numbers;                 /* list */
	const char *max_age;         /* status, verify */
	int adopt_host;              /* run, void, apply */
	const char *books, *books_profile; /* reconcile */
	int remark, propose;
	int yes;                     /* init, apply */
	struct options_list set;
	const char *rate;
	int give_up;                 /* apply */
	const char *undo;
	const char *as_of, *by;      /* unbilled */
	const char *arg[2];    /* operands */
	size_t nargs;
};

/* The table: one row per command, one per option. The parser, --help, the completions and the man page are made from it. */
struct options_command { const char *name; int bit; const char *operands; size_t min, max; const char *help; };
extern const struct options_command options_commands[];
extern const size_t options_ncommands;

enum options_kind { OPTIONS_FLAG, OPTIONS_VALUE, OPTIONS_LIST };
struct options_row {
	int id;            /* the short option's letter, or a number above all letters */
	const char *name;
	enum options_kind kind;
	int bits;          /* OPTIONS_ALL, or those of the commands that take it */
	size_t offset;     /* into struct options */
	const char *value; /* its name in the help; of words divided by '|', one is the value */
	const char *help;
};
#define OPTIONS_ALL 1
extern const struct options_row options_rows[];
extern const size_t options_nrows;

/* Reads argv by POSIX and GNU habits (getopt_long). ERR_USAGE names the option and suggests what is near. */
int options_parse(int argc, char **argv, struct options *out, struct err *e);
/* True when the name is a command. */
int options_is_command(const char *name);
/* The command, or NULL. */
const struct options_command *options_command_of(const char *name);

#endif
