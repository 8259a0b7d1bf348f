/* The files of one document, from its facts: XLSX, CSV, XRechnung with the time sheet in it. */
#ifndef CLI_DOCUMENTS_H
#define CLI_DOCUMENTS_H

#include "cli/inputs.h"
#include "output/source.h"

/* Writes the files of v into dir ("…/invoices"), each under its final name. ERR_NOINPUT when its template is not among the inputs. */
int documents_write(const struct source *src, const struct inputs *in, const struct invoice *v, const char *dir, struct err *e);

#endif
