/* verify: the ledger against itself, and every issued file against the ledger. */
#include <stdio.h>
#include <string.h>

#include "base/jout.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/filecheck.h"
#include "cli/highwater.h"
#include "cli/maxage.h"
#include "cli/step.h"

struct verifying {
	struct app *a;
	struct jout *j;      /* NULL: text */
	int64_t findings;
	struct audit_counts ledger;
	struct filecheck_counts files;
};

static void on_finding(void *ctx, const char *what, const char *sentence)
{
	struct verifying *v = ctx;
	struct buf b = BUF_INIT;

	v->findings++;
	if (v->j != NULL) {
		jout_object(v->j, NULL);
		jout_text(v->j, "what", what);
		jout_text(v->j, "finding", sentence);
		jout_end_object(v->j);
		return;
	}
	text_clean(&b, sentence, 0);
	printf("%-9s %s\n", what, buf_text(&b));
	buf_free(&b);
}

static void on_file(void *ctx, const char *sentence)
{
	on_finding(ctx, "file", sentence);
}

/* Runs that were rolled back have no folder, those that are being published or staged are settled by the next run. */
static int on_run(void *ctx, const struct store_run *run, struct err *e)
{
	struct verifying *v = ctx;

	if (run->state < RUN_PUBLISHED || run->state == RUN_ABORTED)
		return 0;
	return filecheck_run(v->a, run, on_file, v, &v->files, e);
}

static int verify(struct verifying *v, struct err *e)
{
	struct store *s = v->a->store;
	struct err behind = ERR_INIT;
	struct audit *audit = audit_begin(s, step_alone() ? AUDIT_ALONE : AUDIT_HALVES, e);

	if (audit == NULL || audit_end(audit, on_finding, v, &v->ledger, e) < 0)
		return -1;
	if (highwater_check(v->a, &behind) < 0) {
		if (behind.code != ERR_DATA)
			return err_set(e, behind.code, "%s", behind.msg);
		on_finding(v, "history", behind.msg);
	}
	return store_run_each(s, on_run, v, e);
}

static void write_counts(struct verifying *v, struct jout *j)
{
	jout_int(j, "events", v->ledger.events);
	jout_int(j, "runs", v->ledger.runs);
	jout_int(j, "documents", v->ledger.documents);
	jout_int(j, "entries", v->ledger.claims);
	jout_int(j, "files", v->files.files);
	jout_int(j, "bytes", v->files.bytes);
}

enum err_code cmd_verify(struct app *a, struct err *e)
{
	struct verifying v = { .a = a };
	struct buf b = BUF_INIT, overdue = BUF_INIT;
	struct jout j;
	int64_t limit;

	if ((a->opt.max_age != NULL && maxage_parse(a->opt.max_age, &limit, e) < 0) || app_load(a, 0, e) < 0 || app_open_store(a, STORE_READ, e) < 0)
		return e->code;
	if (a->opt.json) {
		jout_init(&j, &b, 2);
		v.j = &j;
		jout_object(&j, NULL);
		jout_array(&j, "findings");
	}
	if (verify(&v, e) == 0)
		metrics_of_verify(a, v.findings);
	if (e->code == ERR_OK && a->opt.json) {
		jout_end_array(&j);
		write_counts(&v, &j);
		jout_end_object(&j);
		if (buf_ok(&b))
			printf("%s\n", buf_text(&b));
		else
			err_nomem(e);
	} else if (e->code == ERR_OK && !a->opt.quiet) {
		printf("%lld events, %lld runs, %lld documents with %lld entries, %lld files (%lld bytes): %s\n", (long long)v.ledger.events, (long long)v.ledger.runs,
		    (long long)v.ledger.documents, (long long)v.ledger.claims, (long long)v.files.files, (long long)v.files.bytes,
		    v.findings == 0 ? "sound" : "NOT SOUND");
	}
	buf_free(&b);
	if (e->code == ERR_OK && v.findings == 0 && maxage_check(a, &overdue, e) > 0)
		err_set(e, ERR_ATTENTION, "%s", buf_text(&overdue));
	buf_free(&overdue);
	if (e->code == ERR_OK && v.findings > 0)
		err_set(e, ERR_DATA, "%lld findings: ledger and files do not prove each other; restore both from a copy of the same day before you bill again", (long long)v.findings);
	return e->code;
}
