/* report.html: a run for the person who approves it. Its totals first, then what needs a look, then customers, projects and rates, hours, held and late entries, rounding, the
 * conservation proof. Made from what stands in the ledger before the run is issued, so that it is a document like the others. */
#ifndef OUTPUT_RUNPAGE_H
#define OUTPUT_RUNPAGE_H

#include "output/report.h"
#include "output/summarydata.h"
#include "output/summarylines.h"
#include "output/template.h"

/* What a customer was billed in an earlier period, and in this one by earlier runs; net. company: its name, or NULL. */
struct runpage_past {
	const char *company_id, *company, *currency;
	int64_t before_minor, already_minor;
};

struct runpage {
	const char *tool;               /* "psabill 1.0" */
	const char *language;           /* of documents: de or en */
	int64_t made_utc;               /* when it was planned */
	const struct summarylines *lines;
	const struct report *report;    /* totals, noted, customers (by company, currency), brakes */
	const char *before;             /* the period that past is of; NULL: the ledger knows none */
	const struct runpage_past *past; /* by company, currency */
	size_t npast;
};

/* Every sum on the page is held against the others first: ERR_SOFTWARE names the one that differs. ERR_CANTCREAT, ERR_IO, ERR_OS. */
int runpage_write(const struct runpage *in, const struct source *src, const struct summarydata *d, const struct template *t, const char *path, struct err *e);

#endif
