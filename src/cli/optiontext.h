/* What is told about commands beyond the rows of options.c: paragraphs, examples, exit statuses. For --help and the man page. */
#ifndef CLI_OPTIONTEXT_H
#define CLI_OPTIONTEXT_H

#include <stddef.h>

struct optiontext_example { const char *line, *does; };

struct optiontext {
	const char *command;
	const char *about; /* sentences; a line break begins a paragraph */
	struct optiontext_example example[6]; /* as many as have a line */
};
/* NULL when nothing is told about the command. */
const struct optiontext *optiontext_of(const char *command);

struct optiontext_exit { int code; const char *meaning, *then; };
extern const struct optiontext_exit optiontext_exits[];
extern const size_t optiontext_nexits;

struct optiontext_variable { const char *name, *meaning; };
extern const struct optiontext_variable optiontext_variables[];
extern const size_t optiontext_nvariables;

#endif
