/* What documents are rendered from beside the ledger's facts: templates, logos and the settings of output. Read from disk for a new run, kept in the ledger with
 * it, and read from there for every rendering. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/app.h"
#include "cli/setup.h"
#include "output/csvprofile.h"
#include "output/template.h"

struct inputs;

/* From disk: invoice.NAME.ini for the default language and every customer, summary.LANGUAGE.ini, csv.NAME.ini of each profile, the logos that templates name.
 * All problems go to *d; NULL on any error (*e or *d says why). */
struct inputs *inputs_load(const struct app *a, struct diag *d, struct err *e);
/* From the ledger. NULL without an error when the run has none: it was planned by a program that did not keep them. */
struct inputs *inputs_of_run(struct store *s, const char *run, struct err *e);
/* Into the ledger, inside the caller's transaction. */
int inputs_save(const struct inputs *in, struct store *s, const char *run, struct err *e);
void inputs_free(struct inputs *in);

const struct setup *inputs_setup(const struct inputs *in);
/* NULL when there is none of this name. */
const struct template *inputs_invoice(const struct inputs *in, const char *name);
const struct template *inputs_summary(const struct inputs *in);
/* By the index in setup.profiles. */
const struct csvprofile *inputs_profile(const struct inputs *in, size_t i);

#endif
