/* The templates of a run: one per language in use, read before anything is numbered. */
#ifndef CLI_TEMPLATES_H
#define CLI_TEMPLATES_H

#include "cli/app.h"
#include "output/template.h"

struct templates;

/* Reads invoice.LANGUAGE.ini for the default language and every customer's, and summary.LANGUAGE.ini for the default. Problems go to *d; NULL on
 * any error (*e or *d says why). */
struct templates *templates_load(const struct app *a, struct diag *d, struct err *e);
const struct template *templates_invoice(const struct templates *t, const char *language);
const struct template *templates_summary(const struct templates *t);
void templates_free(struct templates *t);

#endif
