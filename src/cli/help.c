#include "cli/help.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/options.h"
#include "cli/optiontext.h"

#define COLUMN 30 /* where explanations begin */

struct page { FILE *f; size_t width; };

static size_t width_of(FILE *f)
{
	struct winsize w;
	int fd = fileno(f);

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_col == 0)
		return 80;
	return w.ws_col < 40 ? 40 : w.ws_col > 120 ? 120 : w.ws_col;
}

static void blanks(const struct page *p, size_t n)
{
	while (n-- > 0)
		fputc(' ', p->f);
}

/* Words from the column `at` on; lines after the first begin at `indent`. A line break in s begins a paragraph. */
static void wrap(const struct page *p, const char *s, size_t at, size_t indent)
{
	size_t column = at;

	while (*s != '\0') {
		size_t n = strcspn(s, " \n"), shown;
		char word[128];

		snprintf(word, sizeof word, "%.*s", (int)n, s);
		shown = text_len(word);
		if (column > indent && column + 1 + shown > p->width - 1) {
			fputc('\n', p->f);
			blanks(p, indent);
			column = indent;
		} else if (column > indent) {
			fputc(' ', p->f);
			column++;
		}
		fputs(word, p->f);
		column += shown;
		s += n;
		if (*s == '\n') {
			fputs("\n\n", p->f);
			blanks(p, indent);
			column = indent;
		}
		s += *s != '\0';
	}
	fputc('\n', p->f);
}

/* left, then what it means, on the same line when there is room. */
static void entry(const struct page *p, const char *left, size_t column, const char *s)
{
	size_t n = 2 + strlen(left);

	fprintf(p->f, "  %s", left);
	if (n + 2 > column) {
		fputc('\n', p->f);
		n = 0;
	}
	blanks(p, column - n);
	wrap(p, s, column, column);
}

static void options(const struct page *p, int bits, int all)
{
	for (size_t i = 0; i < options_nrows; i++) {
		const struct options_row *r = &options_rows[i];
		char left[64];

		if (all ? r->bits != OPTIONS_ALL : r->bits == OPTIONS_ALL || !(r->bits & bits))
			continue;
		snprintf(left, sizeof left, "%s%c%s--%s%s%s", r->id < 256 ? "-" : "", r->id < 256 ? r->id : ' ', r->id < 256 ? ", " : "   ", r->name,
		    r->value == NULL ? "" : " ", r->value == NULL ? "" : r->value);
		entry(p, left, COLUMN, r->help);
	}
}

static void examples(const struct page *p, const struct optiontext *t)
{
	size_t n = sizeof t->example / sizeof *t->example;

	fprintf(p->f, "\nexamples:\n");
	for (size_t i = 0; i < n && t->example[i].line != NULL; i++) {
		fprintf(p->f, "  %s\n", t->example[i].line);
		blanks(p, 6);
		wrap(p, t->example[i].does, 6, 6);
	}
}

static void of_program(const struct page *p)
{
	fprintf(p->f, "psabill - the billing run for teams that track time in awork\n\nusage: psabill [-c FILE] [-q | -v] COMMAND [options]\n\ncommands:\n");
	for (size_t i = 0; i < options_ncommands; i++) {
		char left[64];

		snprintf(left, sizeof left, "%s %s", options_commands[i].name, options_commands[i].operands);
		entry(p, left, 18, options_commands[i].help);
	}
	fprintf(p->f, "\noptions of every command:\n");
	options(p, 0, 1);
	fprintf(p->f, "\nstart with:\n  psabill init\n\n`psabill COMMAND --help` shows a command's options and examples.\n");
}

static void of_command(const struct page *p, const struct options_command *c)
{
	const struct optiontext *t = optiontext_of(c->name);

	fprintf(p->f, "usage: psabill %s%s%s [options]\n\n", c->name, c->operands[0] == '\0' ? "" : " ", c->operands);
	wrap(p, c->help, 0, 0);
	if (t != NULL) {
		fputc('\n', p->f);
		wrap(p, t->about, 0, 0);
	}
	for (size_t i = 0; i < options_nrows; i++)
		if (options_rows[i].bits != OPTIONS_ALL && (options_rows[i].bits & c->bit)) {
			fprintf(p->f, "\noptions:\n");
			options(p, c->bit, 0);
			break;
		}
	fprintf(p->f, "\noptions of every command:\n");
	options(p, 0, 1);
	if (t != NULL)
		examples(p, t);
}

void help_write(FILE *f, const char *command)
{
	const struct options_command *c = options_command_of(command);
	struct page p = { f, width_of(f) };

	if (c == NULL)
		of_program(&p);
	else
		of_command(&p, c);
	fprintf(f, "\nExit status:\n");
	for (size_t i = 0; i < optiontext_nexits; i++) {
		const struct optiontext_exit *x = &optiontext_exits[i];
		char code[8], text[256];

		snprintf(code, sizeof code, "%2d", x->code);
		snprintf(text, sizeof text, "%s%s%s", x->meaning, x->then[0] == '\0' ? "" : "; ", x->then);
		entry(&p, code, 6, text);
	}
}
