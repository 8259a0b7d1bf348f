/* The files of each document, from its facts: XLSX, CSV, XRechnung with the time sheet in it. */
#ifndef CLI_DOCUMENTS_H
#define CLI_DOCUMENTS_H

#include "cli/inputs.h"
#include "output/taker.h"

/* Makes a taker that writes the files of every document into dir ("…/invoices"), each under its final name, and counts them in the progress. Unless alone is set, workbooks are closed
 * and read back by a second thread while the next ones are written. in, src and dir stay until the taker is closed. While it has to be waited for, meanwhile()
 * is called (NULL: nothing). ERR_NOINPUT when the template of a document is not among the inputs. */
int documents_take(struct taker *out, const struct source *src, const struct inputs *in, const char *dir, int alone, void (*meanwhile)(void *ctx), void *ctx, struct err *e);

#endif
