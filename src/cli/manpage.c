#include "cli/manpage.h"

#include <string.h>

#include "cli/configkeys.h"
#include "cli/options.h"
#include "cli/optiontext.h"
#include "output/csvfields.h"
#include "output/templatekeys.h"

#define COLUMNS 78

/* One word as mdoc takes it: no escape by accident, no request at the start of a line. */
static size_t word(FILE *f, const char *s, size_t n, int starts)
{
	if (starts && n > 0 && (*s == '.' || *s == '\''))
		fputs("\\&", f);
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\\')
			fputs("\\e", f);
		else if (s[i] == '-' && i + 1 < n && s[i + 1] == '-')
			fputs("\\-", f);
		else
			fputc(s[i], f);
	return n;
}

/* Text in short lines, each sentence on a line of its own; a line break in s begins a paragraph. */
static void text(FILE *f, const char *s)
{
	size_t column = 0;

	while (*s != '\0') {
		size_t n = strcspn(s, " \n");
		int ends = n > 0 && strchr(".!?", s[n - 1]) != NULL;

		if (column > 0 && column + 1 + n > COLUMNS) {
			fputc('\n', f);
			column = 0;
		} else if (column > 0) {
			fputc(' ', f);
			column++;
		}
		column += word(f, s, n, column == 0);
		s += n;
		if (*s == '\n')
			fputs("\n.Pp\n", f);
		else if (ends && *s == ' ')
			fputc('\n', f);
		if (*s == '\n' || ends)
			column = 0;
		s += *s != '\0';
	}
	fputc('\n', f);
}

/* Words behind a macro: none of them is a macro itself. */
static void words(FILE *f, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, " ");

		fputs(" \\&", f);
		for (size_t i = 0; i < n; i++)
			fputs(s[i] == '"' ? "\\(dq" : s[i] == '\\' ? "\\e" : (char[2]){ s[i], '\0' }, f);
		s += n + (s[n] == ' ');
	}
}

/* [WHAT] or WHAT in the synopsis of a command. */
static void operands(FILE *f, const char *s)
{
	if (*s == '\0')
		return;
	if (*s == '[')
		fprintf(f, " Op Ar %.*s", (int)strlen(s) - 2, s + 1);
	else
		fprintf(f, " Ar %s", s);
}

static void option(FILE *f, const struct options_row *r)
{
	fputs(".It Fl ", f);
	if (r->id < 256)
		fprintf(f, "%c , Fl ", r->id);
	fprintf(f, "\\-%s", r->name);
	if (r->value != NULL)
		fprintf(f, " Ar %s", r->value);
	fputc('\n', f);
	text(f, r->help);
}

static void options(FILE *f, int bit)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (size_t i = 0; i < options_nrows; i++)
		if (bit == OPTIONS_ALL ? options_rows[i].bits == OPTIONS_ALL : options_rows[i].bits != OPTIONS_ALL && (options_rows[i].bits & bit))
			option(f, &options_rows[i]);
	fputs(".El\n", f);
}

static int has_options(int bit)
{
	for (size_t i = 0; i < options_nrows; i++)
		if (options_rows[i].bits != OPTIONS_ALL && (options_rows[i].bits & bit))
			return 1;
	return 0;
}

static void common(FILE *f)
{
	options(f, OPTIONS_ALL);
}

static void synopsis(FILE *f)
{
	for (size_t i = 0; i < options_ncommands; i++) {
		fprintf(f, ".Nm\n.Op Fl c Ar FILE\n.Cm %s\n", options_commands[i].name);
		if (has_options(options_commands[i].bit))
			fputs(".Op Ar options\n", f);
		if (options_commands[i].operands[0] == '[')
			fprintf(f, ".Op Ar %.*s\n", (int)strlen(options_commands[i].operands) - 2, options_commands[i].operands + 1);
		else if (options_commands[i].operands[0] != '\0')
			fprintf(f, ".Ar %s\n", options_commands[i].operands);
	}
}

static void commands(FILE *f)
{
	for (size_t i = 0; i < options_ncommands; i++) {
		const struct options_command *c = &options_commands[i];
		const struct optiontext *t = optiontext_of(c->name);

		fprintf(f, ".Ss %s\n.Bd -ragged\n.Nm\n.Cm %s%s", c->name, c->name, has_options(c->bit) ? " Op Ar options" : "");
		operands(f, c->operands);
		fputs("\n.Ed\n.Pp\n", f);
		text(f, c->help);
		if (t != NULL) {
			fputs(".Pp\n", f);
			text(f, t->about);
		}
		if (has_options(c->bit))
			options(f, c->bit);
		if (t == NULL)
			continue;
		fputs(".Pp\nExamples:\n.Bl -tag -width Ds\n", f);
		for (size_t k = 0; k < sizeof t->example / sizeof *t->example && t->example[k].line != NULL; k++) {
			fputs(".It Ic", f);
			words(f, t->example[k].line);
			fputc('\n', f);
			text(f, t->example[k].does);
		}
		fputs(".El\n", f);
	}
}

static void exits(FILE *f)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (size_t i = 0; i < optiontext_nexits; i++) {
		char line[256];

		snprintf(line, sizeof line, "%s%s%s", optiontext_exits[i].meaning, optiontext_exits[i].then[0] == '\0' ? "" : "; ", optiontext_exits[i].then);
		fprintf(f, ".It %d\n", optiontext_exits[i].code);
		text(f, line);
	}
	fputs(".El\n", f);
}

static void environment(FILE *f)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (size_t i = 0; i < optiontext_nvariables; i++) {
		fprintf(f, ".It Ev %s\n", optiontext_variables[i].name);
		text(f, optiontext_variables[i].meaning);
	}
	fputs(".El\n", f);
}

static void keys(FILE *f)
{
	for (size_t s = 0, i = 0; configkeys_sections[s].section != NULL; s++) {
		const char *section = configkeys_sections[s].section;

		fprintf(f, ".Ss Section %s\n", section);
		text(f, configkeys_sections[s].help);
		fputs(".Bl -tag -width Ds\n", f);
		for (; i < configkeys_n && strcmp(configkeys_table[i].section, section) == 0; i++) {
			fprintf(f, ".It Cm %s", configkeys_table[i].key);
			if (configkeys_table[i].value[0] != '\0') {
				fputs(" = Ar", f);
				words(f, configkeys_table[i].value);
			}
			fputc('\n', f);
			text(f, configkeys_table[i].help);
		}
		fputs(".El\n", f);
	}
}

/* The keys of one section, when entry i is the first of it. */
static void template_section(FILE *f, int of, size_t i)
{
	const char *section = templatekeys_all[i].section, *between = "";

	for (size_t k = 0; k < i; k++)
		if ((templatekeys_all[k].of & of) && strcmp(templatekeys_all[k].section, section) == 0)
			return;
	fprintf(f, ".It [%s]\n", section);
	for (; i < TEMPLATE_KEYS; i++)
		if ((templatekeys_all[i].of & of) && strcmp(templatekeys_all[i].section, section) == 0) {
			fprintf(f, "%s%s", between, templatekeys_all[i].key);
			between = ",\n";
		}
	fputc('\n', f);
}

/* Sections of invoice.NAME.ini or summary.NAME.ini with their keys. */
static void template_keys(FILE *f, int of)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (size_t i = 0; i < TEMPLATE_KEYS; i++)
		if (templatekeys_all[i].of & of)
			template_section(f, of, i);
	fputs(".El\n", f);
}

static void column_list(FILE *f, int of)
{
	fputs(".Bl -column -compact \"group discounts\" \"incl. fixed fees\" \"order\"\n.It Em section Ta Em heading Ta Em order\n", f);
	for (size_t i = 0; i < templatekeys_nfields; i++)
		if (templatekeys_fields[i].of & of)
			fprintf(f, ".It [%s] Ta \\&%s Ta %d\n", templatekeys_fields[i].section, templatekeys_fields[i].heading, templatekeys_fields[i].order);
	fputs(".El\n", f);
}

static void invoice_template(FILE *f)
{
	template_keys(f, TEMPLATEKEYS_INVOICE);
	fputs(".Pp\nColumns, with the heading and the place that they have without a template:\n.Pp\n", f);
	column_list(f, TEMPLATEKEYS_INVOICE);
}

static void summary_template(FILE *f)
{
	template_keys(f, TEMPLATEKEYS_SUMMARY);
	fputs(".Pp\nColumns:\n.Pp\n", f);
	column_list(f, TEMPLATEKEYS_SUMMARY);
}

static void csv_fields(FILE *f)
{
	fputs(".Bl -tag -width Ds\n", f);
	for (unsigned rows = 1; rows <= CSVFIELDS_HELD; rows <<= 1) {
		const char *between = "";

		fprintf(f, ".It rows = %s\n", csvfields_rows_name(rows));
		for (size_t i = 0; csvfields_name(i) != NULL; i++) {
			const char *name = csvfields_name(i);
			size_t k = 0;

			/* One name may stand for several fields, each in files of its own. */
			while (k < i && strcmp(csvfields_name(k), name) != 0)
				k++;
			if (k < i || !(csvfields_rows_with(name, strlen(name)) & rows))
				continue;
			fprintf(f, "%s%s", between, name);
			between = ",\n";
		}
		fputc('\n', f);
	}
	fputs(".El\n", f);
}

int manpage_part(FILE *f, const char *name)
{
	static const struct { const char *name; void (*write)(FILE *f); } parts[] = {
		{ "synopsis", synopsis }, { "commands", commands }, { "options", common }, { "exits", exits }, { "environment", environment }, { "keys", keys },
		{ "invoice-template", invoice_template }, { "summary-template", summary_template }, { "csv-fields", csv_fields },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcmp(name, parts[i].name) == 0) {
			parts[i].write(f);
			return 0;
		}
	return -1;
}
