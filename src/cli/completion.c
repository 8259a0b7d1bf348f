#include "cli/completion.h"

#include <string.h>

#include "cli/options.h"

/* What can stand for a value or an operand. */
enum sort { NOTHING, FILES, FOLDERS, WORDS };

static int is_words(const char *s)
{
	return strchr(s, '|') != NULL && strpbrk(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

static enum sort sort_of(const char *value)
{
	if (value == NULL || *value == '\0')
		return NOTHING;
	return strstr(value, "FILE") != NULL ? FILES : strstr(value, "DIR") != NULL ? FOLDERS : is_words(value) || strcmp(value, "PERIOD") == 0 ? WORDS : NOTHING;
}

/* The words, with blanks between. */
static void words(FILE *f, const char *value)
{
	if (!is_words(value))
		value = "last-month|this-month"; /* a period */
	for (; *value != '\0'; value++)
		fputc(*value == '|' ? ' ' : *value, f);
}

static int takes(const struct options_row *r, const struct options_command *c)
{
	return r->bits == OPTIONS_ALL || (c != NULL && (r->bits & c->bit));
}

/* The first part of a help text, without what a quoted word of a shell or a specification of zsh cannot hold. */
static void brief(FILE *f, const char *help)
{
	const char *end = strstr(help, "; ");

	for (const char *s = help; *s != '\0' && s != end; s++)
		if (strchr("'[]:\\`$\"", *s) == NULL)
			fputc(*s, f);
}

/* ---- bash ---- */

static void bash_names(FILE *f, const struct options_row *r, const char *between)
{
	if (r->id < 256)
		fprintf(f, "-%c%s", r->id, between);
	fprintf(f, "--%s", r->name);
}

static void bash_value(FILE *f, const char *value)
{
	switch (sort_of(value)) {
	case FILES: fprintf(f, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"); break;
	case FOLDERS: fprintf(f, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")"); break;
	case WORDS:
		fprintf(f, "mapfile -t COMPREPLY < <(compgen -W '");
		words(f, value);
		fprintf(f, "' -- \"$cur\")");
		break;
	case NOTHING: fputc(':', f); break;
	}
}

static void bash_options(FILE *f, const struct options_command *c)
{
	const char *between = "";

	for (size_t i = 0; i < options_nrows; i++)
		if (takes(&options_rows[i], c)) {
			fputs(between, f);
			bash_names(f, &options_rows[i], " ");
			between = " ";
		}
}

static void bash_with_value(FILE *f)
{
	const char *between = "";

	for (size_t i = 0; i < options_nrows; i++)
		if (options_rows[i].kind != OPTIONS_FLAG) {
			fputs(between, f);
			bash_names(f, &options_rows[i], "|");
			between = "|";
		}
}

static void bash(FILE *f)
{
	fprintf(f, "# Completions of psabill for bash, written by `psabill completion bash`.\n_psabill()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' options='' i\n\n"
	    "\tCOMPREPLY=()\n"
	    "\t# --name=value comes as three words.\n"
	    "\tif [[ $cur == '=' ]]; then\n\t\tcur=''\n\telif [[ $prev == '=' ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	bash_with_value(f);
	fprintf(f, ")\n\t\t\ti=$((i + 1))\n\t\t\t[[ ${COMP_WORDS[i]} == '=' ]] && i=$((i + 1))\n\t\t\t;;\n\t\t-*) ;;\n\t\t*)\n"
	    "\t\t\tcommand=${COMP_WORDS[i]}\n\t\t\tbreak\n\t\t\t;;\n\t\tesac\n\tdone\n\tcase $prev in\n");
	for (size_t i = 0; i < options_nrows; i++)
		if (options_rows[i].kind != OPTIONS_FLAG) {
			fprintf(f, "\t");
			bash_names(f, &options_rows[i], "|");
			fprintf(f, ") ");
			bash_value(f, options_rows[i].value);
			fprintf(f, "; return ;;\n");
		}
	fprintf(f, "\tesac\n\tcase $command in\n");
	for (size_t i = 0; i < options_ncommands; i++) {
		fprintf(f, "\t%s)\n\t\toptions='", options_commands[i].name);
		bash_options(f, &options_commands[i]);
		fprintf(f, "'\n");
		if (sort_of(options_commands[i].operands) != NOTHING) {
			fprintf(f, "\t\tif [[ $cur != -* ]]; then ");
			bash_value(f, options_commands[i].operands);
			fprintf(f, "; fi\n");
		}
		fprintf(f, "\t\t;;\n");
	}
	fprintf(f, "\t'')\n\t\toptions='");
	bash_options(f, NULL);
	fprintf(f, "'\n\t\tif [[ $cur != -* ]]; then mapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; i < options_ncommands; i++)
		fprintf(f, "%s%s", i > 0 ? " " : "", options_commands[i].name);
	fprintf(f, "' -- \"$cur\"); fi\n\t\t;;\n\tesac\n"
	    "\tif [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\"); fi\n}\ncomplete -F _psabill psabill\n");
}

/* ---- zsh ---- */

static void zsh_value(FILE *f, const char *value)
{
	fprintf(f, ":%s:", is_words(value) ? "value" : value);
	switch (sort_of(value)) {
	case FILES: fprintf(f, "_files"); break;
	case FOLDERS: fprintf(f, "_files -/"); break;
	case WORDS:
		fputc('(', f);
		words(f, value);
		fputc(')', f);
		break;
	case NOTHING: fputc(' ', f); break;
	}
}

static void zsh_option(FILE *f, const struct options_row *r)
{
	const char *many = r->kind == OPTIONS_LIST ? "*" : "";

	if (r->id < 256)
		fprintf(f, "'(-%c --%s)'{-%c%s,--%s%s}'[", r->id, r->name, r->id, r->kind == OPTIONS_FLAG ? "" : "+", r->name, r->kind == OPTIONS_FLAG ? "" : "=");
	else
		fprintf(f, "'%s--%s%s[", many, r->name, r->kind == OPTIONS_FLAG ? "" : "=");
	brief(f, r->help);
	fputc(']', f);
	if (r->kind != OPTIONS_FLAG)
		zsh_value(f, r->value);
	fputc('\'', f);
}

static void zsh(FILE *f)
{
	fprintf(f, "#compdef psabill\n# Completions of psabill for zsh, written by `psabill completion zsh`.\n_psabill() {\n"
	    "\tlocal context curcontext=\"$curcontext\" state line ret=1\n\ttypeset -A opt_args\n\tlocal -a every commands\n\tevery=(\n");
	for (size_t i = 0; i < options_nrows; i++)
		if (options_rows[i].bits == OPTIONS_ALL) {
			fprintf(f, "\t\t");
			zsh_option(f, &options_rows[i]);
			fputc('\n', f);
		}
	fprintf(f, "\t)\n\tcommands=(\n");
	for (size_t i = 0; i < options_ncommands; i++) {
		fprintf(f, "\t\t'%s:", options_commands[i].name);
		brief(f, options_commands[i].help);
		fprintf(f, "'\n");
	}
	fprintf(f, "\t)\n\t_arguments -C -s -S $every '1:command:->command' '*::argument:->argument' && ret=0\n\tcase $state in\n"
	    "\tcommand) _describe -t commands command commands && ret=0 ;;\n\targument)\n\t\tcase $words[1] in\n");
	for (size_t i = 0; i < options_ncommands; i++) {
		fprintf(f, "\t\t%s)\n\t\t\t_arguments -s -S $every", options_commands[i].name);
		for (size_t k = 0; k < options_nrows; k++)
			if (options_rows[k].bits != OPTIONS_ALL && (options_rows[k].bits & options_commands[i].bit)) {
				fprintf(f, " \\\n\t\t\t\t");
				zsh_option(f, &options_rows[k]);
			}
		if (options_commands[i].operands[0] != '\0') {
			fprintf(f, " \\\n\t\t\t\t'1");
			/* A mere message would keep zsh from inserting an option. */
			if (sort_of(options_commands[i].operands) == NOTHING)
				fprintf(f, ":%s:_guard \"^-*\" %s", options_commands[i].operands, options_commands[i].operands);
			else
				zsh_value(f, options_commands[i].operands[0] == '[' ? "DIR" : options_commands[i].operands);
			fprintf(f, "'");
		}
		fprintf(f, " && ret=0\n\t\t\t;;\n");
	}
	fprintf(f, "\t\tesac\n\t\t;;\n\tesac\n\treturn ret\n}\n"
	    "if [[ ${funcstack[1]} == _psabill ]]; then _psabill \"$@\"; else compdef _psabill psabill; fi\n");
}

/* ---- fish ---- */

static void fish_value(FILE *f, const char *value)
{
	switch (sort_of(value)) {
	case FILES: fprintf(f, " -r -F"); break;
	case FOLDERS: fprintf(f, " -x -a '(__fish_complete_directories)'"); break;
	case WORDS:
		fprintf(f, " -x -a '");
		words(f, value);
		fputc('\'', f);
		break;
	case NOTHING: fprintf(f, " -x"); break;
	}
}

static void fish_option(FILE *f, const struct options_row *r)
{
	const char *before = " -n '__fish_seen_subcommand_from ";

	fprintf(f, "complete -c psabill");
	if (r->bits != OPTIONS_ALL) {
		for (size_t i = 0; i < options_ncommands; i++)
			if (r->bits & options_commands[i].bit) {
				fprintf(f, "%s%s", before, options_commands[i].name);
				before = " ";
			}
		fputc('\'', f);
	}
	if (r->id < 256)
		fprintf(f, " -s %c", r->id);
	fprintf(f, " -l %s -d '", r->name);
	brief(f, r->help);
	fputc('\'', f);
	if (r->kind != OPTIONS_FLAG)
		fish_value(f, r->value);
	fputc('\n', f);
}

static void fish(FILE *f)
{
	fprintf(f, "# Completions of psabill for fish, written by `psabill completion fish`.\ncomplete -c psabill -f\n");
	for (size_t i = 0; i < options_ncommands; i++) {
		fprintf(f, "complete -c psabill -n __fish_use_subcommand -a %s -d '", options_commands[i].name);
		brief(f, options_commands[i].help);
		fprintf(f, "'\n");
		if (sort_of(options_commands[i].operands) != NOTHING) {
			fprintf(f, "complete -c psabill -n '__fish_seen_subcommand_from %s'", options_commands[i].name);
			fish_value(f, options_commands[i].operands);
			fputc('\n', f);
		}
	}
	for (size_t i = 0; i < options_nrows; i++)
		fish_option(f, &options_rows[i]);
}

int completion_write(FILE *f, const char *shell, struct err *e)
{
	if (strcmp(shell, "bash") == 0)
		bash(f);
	else if (strcmp(shell, "zsh") == 0)
		zsh(f);
	else if (strcmp(shell, "fish") == 0)
		fish(f);
	else
		return err_set(e, ERR_USAGE, "completions are made for bash, zsh and fish, not for '%.40s'", shell);
	return 0;
}
