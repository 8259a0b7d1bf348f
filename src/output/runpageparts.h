/* What the parts of a run's page hand on to each other. */
#ifndef OUTPUT_RUNPAGEPARTS_H
#define OUTPUT_RUNPAGEPARTS_H

#include "output/htmlpage.h"
#include "output/runpage.h"

struct runpageparts {
	struct htmlpage p;
	const struct runpage *in;
	const struct source *src;
	const struct summarydata *d;
	struct conserve_customer total[SUMMARYDATA_CURRENCIES_MAX]; /* of all customers, by d->currency */
	const struct summarydata_group **by_key;                    /* the companies */
};

/* The name of a customer by its id; the id itself of one that is not billed here. */
const char *runpageparts_company(const struct runpageparts *w, const char *id);
/* The customer's first row of the proof, NULL when there is none; those in other currencies follow it up to the end of the list. */
const struct conserve_customer *runpageparts_first(const struct runpageparts *w, const char *id);
/* The index in d->currency, -1 for another one. */
int runpageparts_currency(const struct runpageparts *w, const char *code);
/* Adds up, and holds every sum of the page against the others. */
int runpageparts_prove(struct runpageparts *w, struct err *e);

#endif
