/* run.json: what happened, in numbers. */
#ifndef OUTPUT_REPORT_H
#define OUTPUT_REPORT_H

#include "base/buf.h"
#include "base/sha.h"
#include "billing/conserve.h"
#include "billing/whatif.h"
#include "output/source.h"

/* what: a sentence for people, or NULL; old and now: seconds, or NULL. */
struct report_exception { const char *entry, *invoice, *kind, *old, *now, *what; };
struct report_count { const char *name; int64_t n; };
/* A finding of the safety brakes; action: stop (of a dry run), warn, released. All but brake, action and what may be NULL. */
struct report_brake { const char *brake, *action, *subject, *unit, *value, *usual, *what; };
struct report_file { const char *path; int64_t bytes; char sha256[SHA_HEX]; };

struct report {
	const char *run, *state;
	int exit, issued;
	struct period period;
	int64_t entries_fetched, entries_billed, entries_held, entries_late;
	int64_t secs_fetched, secs_billed, secs_held;
	struct { int64_t verified, refused, gone, changed, foreign, reopened, unknown; } marked;
	const struct report_exception *exceptions; size_t nexceptions;
	const struct report_count *held; size_t nheld;         /* by reason */
	const struct report_file *files; size_t nfiles;        /* by name */
	const struct report_count *noted; size_t nnoted;
	const struct conserve_customer *customers; size_t ncustomers;
	const struct report_brake *brakes; size_t nbrakes;
	const struct whatif_table *compare;                    /* of run --compare, or NULL */
	int64_t requests, retries, shortfall;
};

/* Appends run.json (keys as documented in the README, additive only; money as decimal strings). period.to is the last day, period.cutoff the day after.
 * src may be NULL: then "invoices" is empty. */
int report_write(const struct report *r, const struct source *src, struct buf *out, struct err *e);

#endif
