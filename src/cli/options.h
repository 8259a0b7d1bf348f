/* The command line: one table of commands and options drives the parser and --help. */
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
	struct options_list company, project, user, work;
	int dry_run, no_mark, strict, accept_short, json;
	const char *wait;
	const char *reason, *output; /* void; render */
	int numbers;                 /* list */
	const char *books, *books_profile; /* reconcile */
	int remark, propose;
	const char *arg[2];    /* operands */
	size_t nargs;
};

/* Reads argv by POSIX and GNU habits (getopt_long). ERR_USAGE names the option and suggests what is near. */
int options_parse(int argc, char **argv, struct options *out, struct err *e);
/* The help of one command, or of the program when command is NULL. */
void options_help(FILE *f, const char *command);
/* True when the name is a command. */
int options_is_command(const char *name);

#endif
