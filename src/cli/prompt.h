/* Questions on a terminal: asked on standard error, answered on standard input. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "base/buf.h"
#include "base/err.h"

/* True when a person can be asked: both are terminals. */
int prompt_possible(void);
/* One line, blanks at both ends removed; an empty one is the standard (NULL or "": an empty answer). -1 when there will be none: end of input, Ctrl-C,
 * SIGTERM (ERR_TEMPFAIL). */
int prompt_line(const char *question, const char *standard, struct buf *out, struct err *e);
/* The same without showing what is typed. */
int prompt_secret(const char *question, struct buf *out, struct err *e);

#endif
