/* One run: what its steps hand on to each other. run.c holds the pipeline; each step has a file of its own. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "awork/filter.h"
#include "billing/brake.h"
#include "billing/compose.h"
#include "billing/conserve.h"
#include "billing/whatif.h"
#include "cli/app.h"
#include "cli/billable.h"
#include "cli/inputs.h"
#include "output/report.h"
#include "output/stage.h"

struct run {
	struct app *app;
	struct store_run row;       /* the run in the ledger */
	date_t date;                /* invoice date */
	struct select_rules rules;
	struct filter filter;       /* as sent to awork and checked here */
	struct pool *pool;          /* texts of this attempt */
	struct billable *items;     /* billable entries, until they are planned */
	int people;                 /* with their users, types of work and companies: billable.h */
	int64_t documents;          /* of the plan */
	struct conserve_totals totals;
	struct conserve_customer *customers; /* of the plan */
	size_t ncustomers;
	struct ahead *ahead;        /* what was asked before it was needed, or NULL: ahead.c */
	struct inputs *inputs;      /* templates and settings of a new run */
	struct voiding *voiding;    /* of a void: cmd_void.c */
	struct terms_fee *fees;     /* due in the period and not billed yet */
	size_t nfees;
	struct compose_correction *corrections; /* of billed time, that wait for an invoice */
	size_t ncorrections, cap_corrections;
	struct whatif *whatif;      /* of --compare, or NULL: whatif.c */
	int silent;                 /* what --compare prices: it issues nothing, and says nothing of its own */
	struct brakes_told *brakes; /* findings of the brakes: brakes.c */
	size_t nbrakes, cap_brakes;
	struct stage *stage;
	const char *held_sha;       /* idle_digest() of the snapshot while nothing changes it, or NULL */
	int64_t fetched_rows;       /* as awork delivered them; more than entries when one moved while reading */
	int64_t shortfall, undated;
	int64_t held_fees;          /* due, but the customer cannot be invoiced */
	int64_t unbooked;           /* documents that are not in the DATEV file: in another currency than EUR */
	int64_t disputed;           /* billed entries that awork shows as unbilled now */
	struct expected *expected;  /* the same ones, to be read again; NULL in a dry run */
	struct recheck *recheck;    /* they are on their way: recheck.c */
	int64_t rechecked_ms;       /* boot clock when the last of them had come */
	int64_t exceptions;         /* claims that became one in this process */
	int64_t rounded;            /* entries that awork shows a second off what was billed, as it rounds durations */
	int64_t protocol_alarms;    /* answers that name ids nobody sent */
	enum err_code worst;        /* of what did not stop the run */
	int failed;                 /* the process stops on an error: what run.json says of it is not the run's last word */
};

/* The whole monthly job. Returns the exit status; *e says why when it is not 0 or 3. */
enum err_code run_command(struct app *a, struct err *e);

/* What run and void share: everything that is opened and read before (bills: entries will be read); a run that cannot go on is rolled back; the report, the summary and the exit status. */
int run_open(struct run *r, int bills, struct err *e);
int run_abandon(struct run *r, const char *why);
enum err_code run_end(struct run *r, int rc, struct err *e);
int run_is_void(const struct run *r);

/* The steps, in order. */
/* preflight.c: the output folder is there and writable (ERR_CANTCREAT). */
int preflight_output(struct run *r, struct err *e);
/* ERR_USAGE for a period that begins after today: all that is open would be billed under a wrong one. */
int preflight_period(const struct run *r, struct err *e);
/* ERR_DATA when the output folder knows a run that the ledger does not. */
int preflight_history(struct run *r, struct err *e);
/* The ledger is this machine's (ERR_CONFIG; --adopt-host binds it) and the clock is not behind it by more than a day (ERR_CONFIG). Nothing for a dry run. */
int preflight_place(struct app *a, struct err *e);
/* Room for three times what the collected entries will take, where documents and ledger go: ERR_IO with both figures. */
int preflight_space(struct run *r, struct err *e);
/* settle.c: finishes or rolls back what an earlier run left open, tries refused marks of closed runs once more. r->row is empty afterwards. */
int settle_open_runs(struct run *r, struct err *e);
/* ahead.c: asks on the chance, between app_dial() and app_meet(); after an error http_run() must not be called any more. Afterwards the answers, or where they are not fresh and whole those to the same
 * question asked anew, as master_list() and fetch_entries(). */
int ahead_ask(struct run *r, struct err *e);
void ahead_answered(struct run *r);
struct master_list;
int ahead_projects(struct run *r, struct master_list *out, struct err *e);
struct fetch_spec;
struct fetch_result;
int ahead_fetch(struct run *r, const struct fetch_spec *spec, struct fetch_result *out, struct err *e);
void ahead_forget(struct run *r);
/* collect.c: the period, and the filter but for names. */
int collect_period(struct run *r, struct err *e);
/* Fetch, select, price into the snapshot of a new run. */
int collect_prepare(struct run *r, struct err *e);
int collect_entries(struct run *r, struct err *e);
/* Retainer projects into the rules, where they are held. */
int collect_retainers(struct run *r, struct err *e);
/* Select and price once more, from the snapshot: items and totals as collect_entries() leaves them, by the rules of r; nothing is written. each (or NULL) is told of
 * every entry what it is now and what the snapshot says: reasons, or NULL. */
int collect_again(struct run *r, int (*each)(void *ctx, const struct entry *x, const struct select_verdict *now, const char *before, struct err *e), void *ctx, struct err *e);
/* bill.c: finds billed entries that awork shows as unbilled; compose and plan in one transaction. */
int bill_disputes(struct run *r, struct err *e);
int bill_plan(struct run *r, struct err *e);
/* The conservation proof once more, from what stands in the ledger: ERR_SOFTWARE names the first sum that differs. */
int bill_prove(struct run *r, struct err *e);
int bill_store_totals(struct run *r, struct err *e);
/* Takes the next number of a format's series for a document, inside the caller's transaction. */
int bill_number(struct run *r, struct invoice *v, const char *format, struct err *e);
/* brakes.c: what is far from usual in the composed plan. ERR_DATA when a brake stops the run; in a dry run nothing stops. */
int brakes_check(struct run *r, struct err *e);
/* The findings as events, inside the caller's transaction. */
int brakes_record(struct run *r, struct err *e);
/* And as lines of the page for people. */
void brakes_print(const struct run *r);
/* ERR_USAGE when --release names no brake. */
int brakes_options(const struct options *o, struct err *e);
/* whatif.c, for --compare: reads what is to be compared and loads the alternative (ERR_USAGE, ERR_CONFIG, ERR_NOINPUT); prices the collected entries by it, and leaves the run's
 * own as they were; adds the run's plan, part by part; sums up. Nothing without --compare. */
int whatif_open(struct run *r, struct err *e);
/* ERR_USAGE without --dry-run. */
int whatif_options(const struct options *o, struct err *e);
int whatif_price(struct run *r, struct err *e);
int whatif_add(struct run *r, const struct compose_plan *part, struct err *e);
int whatif_end(struct run *r, struct err *e);
/* NULL without --compare, and as long as one side is missing. */
const struct whatif_table *whatif_table(const struct run *r);
void whatif_free(struct whatif *w);
/* whatifprint.c: the table for people, on standard output. ERR_OS. */
int whatifprint_table(const struct whatif_table *t, struct err *e);
/* fees.c: the fixed fees that are due and can be billed now. */
int fees_collect(struct run *r, struct err *e);
/* corrections.c: the corrections that wait and can be billed now. */
int corrections_collect(struct run *r, struct err *e);
/* idle.c: 1 when there is nothing to bill and no other held entry than last time: the run is closed, no folder appears; else 0. */
int idle_close(struct run *r, struct err *e);
/* SHA-256 over the held entries and their reasons. */
int idle_digest(struct run *r, char out[SHA_HEX], struct err *e);
/* render.c: every document into the stage, read back, hashed into the ledger. */
int render_documents(struct run *r, struct err *e);
int render_into_stage(struct run *r, struct err *e);
/* recheck.c: the entries that are about to be planned are read again. recheck_beside() is called for every row of what goes on meanwhile, also by query_entries();
 * recheck_turn() where somebody waits. recheck_plan() does
 * what is left, or all of it: 1 when they are as they were, 0 when the plan must be made anew. recheck_end() gives up what was begun. */
int recheck_begin(struct run *r, struct err *e);
int recheck_beside(struct run *r, struct err *e);
void recheck_turn(struct run *r);
void recheck_end(struct run *r);
int recheck_plan(struct run *r, struct err *e);
/* The files on disk against the ledger's list: ERR_DATA names the first that differs. */
int recheck_files(struct run *r, struct err *e);
/* publish.c: the point of no return (0 when too much time went by since the recheck), the rename, documents issued. */
int publish_commit(struct run *r, struct err *e);
int publish_folder(struct run *r, struct err *e);
int publish_issue(struct run *r, struct err *e);
/* mark.c: each claim set billed in awork, every outcome recorded. */
int mark_claims(struct run *r, struct err *e);
/* unmark.c: the entries of what a void cancels set unbilled in awork, and released. What awork refuses rests: ERR_NOPERM, or ERR_TEMPFAIL; a later run tries again. */
int unmark_roll_forward(struct run *r, struct err *e);
/* prove.c: read back from awork what the ledger says is billed. */
int prove_claims(struct run *r, struct err *e);
/* close.c: state, run.json, latest.json, modes. */
#define CLOSE_META "files_of" /* meta key: the last closed run whose files are all there */
int close_run(struct run *r, struct err *e);
/* What the plan stored beside its sums: shortfall, undated, disputed. */
int close_read_totals(struct run *r, struct err *e);
/* run.json as text; and written beside the documents (latest.json too, once the run is closed). */
int close_report(struct run *r, enum err_code exit_status, struct buf *out, struct err *e);
/* Totals, noted figures, customers and brakes of a run that is planned, as the ledger has them; *out is borrowed from what is returned, until it is freed. */
struct close_plan;
struct close_plan *close_plan(struct run *r, struct report *out, struct err *e);
void close_plan_free(struct close_plan *p);
int close_write_report(struct run *r, enum err_code exit_status, struct err *e);
/* verdict.c: the exit status of a run that did not stop, and one sentence on what a person has to look at: standard error is empty exactly when it is 0. */
enum err_code verdict_of(const struct run *r);
void verdict_explain(struct run *r, enum err_code status, struct err *e);
/* summary.c: the line, table or JSON on standard output. */
int summary_print(struct run *r, enum err_code exit_status, struct err *e);

/* dumping.c: ERR_USAGE when the options about dumps do not go together. */
int dumping_options(const struct options *o, struct err *e);
/* Ends the dump, also of a run that failed: it is the one that somebody wants to look into. A dump that cannot be written never stops a run, but is told: the worse of status and that. */
enum err_code dumping_end(struct app *a, enum err_code status, struct err *e);

/* Forgets what the attempt collected; the ledger is not touched. */
void run_forget(struct run *r);
/* From the point of no return to the end; steps that are done are skipped. */
int run_roll_forward(struct run *r, struct err *e);
/* Documents are out: a failure from here on is resumed by the next run. */
int run_is_issued(const struct run *r);

#endif
