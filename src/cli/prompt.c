#include "cli/prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/app.h"

int prompt_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Byte by byte, so that nothing of the next answer is taken and a signal is seen at once. */
static int read_line(struct buf *out, struct err *e)
{
	char c;

	buf_reset(out);
	while (!app_stop) {
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (c == '\n')
			return buf_ok(out) ? 0 : err_nomem(e);
		if (out->n > 2000)
			return err_set(e, ERR_USAGE, "that line is too long; nothing was written");
		buf_ch(out, c);
	}
	fputc('\n', stderr);
	return err_set(e, ERR_TEMPFAIL, "stopped; nothing was written");
}

int prompt_line(const char *question, const char *standard, struct buf *out, struct err *e)
{
	char *trimmed;

	if (standard != NULL && standard[0] != '\0')
		fprintf(stderr, "%s [%s]: ", question, standard);
	else
		fprintf(stderr, "%s: ", question);
	fflush(stderr);
	if (read_line(out, e) < 0)
		return -1;
	if (out->n > 0) {
		trimmed = text_trim(out->p);
		memmove(out->p, trimmed, strlen(trimmed) + 1);
		out->n = strlen(out->p);
	}
	if (out->n == 0 && standard != NULL)
		buf_str(out, standard);
	return buf_ok(out) ? 0 : err_nomem(e);
}

int prompt_secret(const char *question, struct buf *out, struct err *e)
{
	struct termios shown, hidden;
	int known = tcgetattr(STDIN_FILENO, &shown) == 0, rc;

	if (known) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	rc = prompt_line(question, NULL, out, e);
	if (known)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	if (rc == 0)
		fputc('\n', stderr);
	return rc;
}
