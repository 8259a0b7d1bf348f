/* The text file for a metrics collector (node_exporter's textfile collector): what the last run, reconcile and verify came to, [output] metrics_file.
 * Figures and fixed words only: no customer, no name, no number of a document. */
#ifndef CLI_METRICS_H
#define CLI_METRICS_H

#include "base/err.h"
#include "billing/reconcile.h"

struct app;
struct run;

#define METRICS_CURRENCIES 16

/* What a command hands on while it knows it. */
struct metrics {
	int64_t begun_ms;              /* boot clock */
	int known;                     /* the figures below were filled */
	int64_t fetched, billed, held, invoices;
	struct { char currency[4]; int64_t net_minor; } net[METRICS_CURRENCIES];
	size_t nnet;
	int64_t differences[RECONCILE_CLASSES];
	int64_t findings;              /* of verify */
};

void metrics_begin(struct app *a);
/* A run that is issued, or that had nothing to bill, before its plan is forgotten. Anything else has no figures. */
void metrics_of_run(struct run *r);
void metrics_of_reconcile(struct app *a, const struct reconcile_report *r);
void metrics_of_verify(struct app *a, int64_t findings);

/* Replaces the file in one step (mode 0644) after run, reconcile and verify; what it holds of the two other commands stays. Nothing for other commands, a
 * dry run, and a command line that was refused. A file that cannot be written is a complaint and changes nothing else. */
void metrics_write(struct app *a, enum err_code status);

#endif
