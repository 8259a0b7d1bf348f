#include "ledger/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/worker.h"
#include "ledger/apply.h"
#include "ledger/balance.h"
#include "ledger/chain.h"
#include "ledger/intact.h"
#include "ledger/manifest.h"
#include "ledger/query.h"
#include "ledger/reader.h"
#include "ledger/store_run.h"
#include "ledger/sums.h"

#define CACHE_KIB 4096 /* of a thread: what it reads, it reads as it lies */
#define ROWS_MAX 20 /* per law: a broken ledger must not print for ever */

/* Part of an audit: what one thread does through one connection, and what it found, for what the other one finds is told in between. */
struct auditing {
	struct store *s;
	struct pool *pool;
	struct finding { const char *what, *sentence; } *v;
	size_t n, cap;
	size_t early;     /* of v, told before those of the file, when it came to the others */
	int came;
	int lost;         /* findings that memory could not hold */
	int damaged;      /* the file: then nothing else counts */
	int done, rc;
	struct err why;
	struct audit_counts counts;
};

struct audit {
	struct store *s;
	struct store *reader;  /* of the thread, or NULL */
	struct worker *worker; /* does what was begun, or NULL */
	int whole;             /* all of it was begun, not only the file */
	struct auditing file, content;
};

static void find(struct auditing *a, const char *what, const char *sentence)
{
	const char *kept = pool_dup(a->pool, sentence);

	if (kept == NULL || buf_grow(&a->v, &a->cap, a->n + 1, sizeof *a->v) < 0)
		a->lost = 1;
	else
		a->v[a->n++] = (struct finding){ what, kept };
}

/* Each statement gives one text per row that breaks the law. Claims are looked at as they lie, which is not by document. summed: sums_hold() vouches for all of these at once, and they are asked
 * only when it does not. */
static const struct law { const char *what, *sql; int summed; } laws[] = {
	{ "claims", "SELECT 'entry '||entry||' is on '||count(*)||' live documents' FROM claim WHERE live IS NOT NULL GROUP BY entry HAVING count(*)>1", 0 },
	{ "claims", "SELECT 'claim on entry '||c.entry||' refers to the snapshot of '||p.entry||' in '||p.run FROM claim c CROSS JOIN snap p ON p.id=c.snap"
	    " JOIN invoice i ON i.no=c.invoice WHERE p.entry<>c.entry OR p.run<>i.run OR p.date IS NOT c.date", 1 },
	{ "claims", "SELECT 'fee '||key||' is on '||count(*)||' live documents' FROM fee WHERE state<>'VOIDED' GROUP BY key HAVING count(*)>1", 0 },
	{ "claims", "SELECT 'correction of entry '||c.entry||' on '||k.invoice||', line '||k.pos||' is not what the line says' FROM correction k"
	    " JOIN claim c ON c.id=k.claim JOIN line l ON l.invoice=k.invoice AND l.pos=k.pos"
	    " WHERE json_extract(CAST(l.facts AS TEXT),'$.correction') IS NOT c.entry OR json_extract(CAST(l.facts AS TEXT),'$.correction_secs') IS NOT k.billed_secs", 0 },
	{ "claims", "SELECT 'line '||l.pos||' of '||l.invoice||' corrects an entry, but no correction is recorded' FROM line l"
	    " WHERE json_extract(CAST(l.facts AS TEXT),'$.correction') IS NOT NULL"
	    " AND NOT EXISTS(SELECT 1 FROM correction k WHERE k.invoice=l.invoice AND k.pos=l.pos)", 0 },
	{ "states", "SELECT 'correction on '||k.invoice||', line '||k.pos||' is '||k.state||', its document '||i.state FROM correction k"
	    " JOIN invoice i ON i.no=k.invoice WHERE (k.state='VOIDED')<>(i.state='VOIDED')", 0 },
	{ "numbers", "SELECT 'series '||s.name||': numbers '||s.first||' to '||(s.next-1)||' were given, '||count(i.no)||' documents bear one' FROM series s"
	    " LEFT JOIN invoice i ON i.series=s.name GROUP BY s.name HAVING s.next-s.first<>count(i.no) OR coalesce(min(i.n),s.first)<>s.first"
	    " OR coalesce(max(i.n)+1,s.first)<>s.next", 0 },
	{ "states", "SELECT 'document '||i.no||' is '||i.state||' in a run that is '||r.state FROM invoice i JOIN run r ON r.id=i.run"
	    " WHERE (i.state='RESERVED' AND r.state NOT IN('PLANNED','RENDERED','PUBLISHING'))"
	    " OR (i.state<>'RESERVED' AND r.state NOT IN('PUBLISHED','MARKING','VERIFYING','CLOSED','CLOSED_EXC'))", 0 },
	{ "states", "SELECT 'runs are unfinished: '||ids FROM (SELECT group_concat(id,' ') AS ids,count(*) AS n FROM run"
	    " WHERE state NOT IN('CLOSED','CLOSED_EXC','ABORTED') AND resting=0) WHERE n>1", 0 },
	{ "states", "SELECT 'document '||o.no||' is '||o.state||', but '||coalesce(c.no||' cancels it in a run that is '||r.state,'nothing cancels it')"
	    " FROM invoice o LEFT JOIN invoice c ON c.voids=o.no LEFT JOIN run r ON r.id=c.run"
	    " WHERE (o.state IN('VOIDING','VOIDED'))<>(c.no IS NOT NULL) OR (o.state='VOIDED')<>coalesce(r.state IN('CLOSED','CLOSED_EXC'),0)", 0 },
	{ "states", "SELECT 'claim on entry '||c.entry||' is '||c.state||', its document '||i.no||' is '||i.state FROM claim c JOIN invoice i ON i.no=c.invoice"
	    " WHERE (c.state='VOIDED')<>(i.state='VOIDED')", 1 },
	{ "states", "SELECT 'claim on entry '||c.entry||' is '||c.state||' in '||r.id||', which is '||r.state FROM claim c JOIN invoice i ON i.no=c.invoice"
	    " JOIN run r ON r.id=i.run WHERE r.state IN('CLOSED','CLOSED_EXC') AND c.state='CLAIMED'", 1 },
	{ "sums", "SELECT 'line '||l.pos||' of '||l.invoice||' has '||l.secs||' s, its entries '||coalesce(t.secs,0) FROM line l"
	    " JOIN invoice i ON i.no=l.invoice LEFT JOIN (SELECT invoice,pos,count(*) AS n,sum(secs) AS secs,sum(billed_secs) AS billed FROM claim NOT INDEXED"
	    " GROUP BY invoice,pos) t ON t.invoice=l.invoice AND t.pos=l.pos WHERE i.voids IS NULL AND (l.secs<>coalesce(t.secs,0)"
	    " OR json_extract(CAST(l.facts AS TEXT),'$.billed_secs')<>coalesce(t.billed,0) OR json_extract(CAST(l.facts AS TEXT),'$.entries')<>coalesce(t.n,0))", 1 },
	{ "sums", "SELECT 'run '||r.id||' closed with '||coalesce(json_extract(r.totals,'$.billed'),'?')||' entries and '||coalesce(json_extract(r.totals,'$.billed_secs'),'?')"
	    "||' s billed, its claims are '||coalesce(t.n,0)||' and '||coalesce(t.secs,0)||' s' FROM run r LEFT JOIN (SELECT i.run AS run,count(*) AS n,sum(c.secs) AS secs"
	    " FROM claim c CROSS JOIN invoice i ON i.no=c.invoice GROUP BY i.run) t ON t.run=r.id WHERE r.kind='bill' AND r.state IN('CLOSED','CLOSED_EXC')"
	    " AND r.totals IS NOT NULL AND (json_extract(r.totals,'$.billed')<>coalesce(t.n,0) OR json_extract(r.totals,'$.billed_secs')<>coalesce(t.secs,0))", 1 },
	{ "sums", "SELECT 'cancellation '||c.no||' is not the negative of '||o.no FROM invoice c JOIN invoice o ON o.no=c.voids"
	    " WHERE c.net_minor<>-o.net_minor OR c.tax_minor<>-o.tax_minor OR c.secs<>-o.secs OR c.currency<>o.currency OR c.company<>o.company", 0 },
};

static const struct law references =
	{ "database", "SELECT 'table '||\"table\"||', row '||coalesce(rowid,'?')||' refers to a missing row of '||parent FROM pragma_foreign_key_check", 0 };

static int check_law(struct auditing *a, const struct law *law, struct err *e)
{
	sqlite3_stmt *st = db_query(a->s, law->sql, DB_NOARGS, e);
	char sentence[512];
	int rc = -1, rows = 0;

	while (st != NULL && (rc = db_step(a->s, st, e)) > 0 && rows++ < ROWS_MAX) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (text == NULL) {
			rc = err_nomem(e);
			break;
		}
		snprintf(sentence, sizeof sentence, "%s", text);
		find(a, law->what, sentence);
	}
	db_end(a->s, st);
	return rc < 0 ? err_ctx(e, "checking %s", law->what) : 0;
}

struct telling { struct auditing *a; int rows; };

/* 1: enough. */
static int on_unsound(void *ctx, const char *sentence, struct err *e)
{
	struct telling *t = ctx;
	char kept[512];

	(void)e;
	snprintf(kept, sizeof kept, "%s", sentence);
	find(t->a, "database", kept);
	return ++t->rows == ROWS_MAX;
}

static int check_indexes(struct auditing *a, struct err *e)
{
	struct telling t = { a, 0 };

	return intact_check(a->s, on_unsound, &t, e) < 0 ? err_ctx(e, "checking database") : 0;
}

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	struct auditing *a = ctx;
	struct err off = ERR_INIT;

	(void)q;
	(void)e;
	a->counts.documents++;
	if (invoice_check(v, &off) < 0)
		find(a, "sums", off.msg);
	return 0;
}

/* The states of one run as its events tell them. */
struct walking { struct auditing *a; const struct query_run *q; int at; };

static int on_state(void *ctx, const char *kind, struct err *e)
{
	struct walking *w = ctx;
	char sentence[160];
	int to = -1;

	(void)e;
	for (int st = RUN_OPEN; st <= RUN_ABORTED; st++)
		if (strcmp(kind + 6, store_state_name((enum store_state)st)) == 0)
			to = st;
	if (to < 0 || !(w->at < 0 ? to == RUN_OPEN : store_run_edge(w->q->run.kind, (enum store_state)w->at, (enum store_state)to))) {
		snprintf(sentence, sizeof sentence, "run %s went from %s to %s", w->q->run.id, w->at < 0 ? "nothing" : store_state_name((enum store_state)w->at), kind + 6);
		find(w->a, "states", sentence);
	}
	w->at = to;
	return 0;
}

static int walk_states(struct walking *w, struct err *e)
{
	static const char sql[] = "SELECT kind FROM event WHERE run=?1 AND substr(kind,1,6)='state:' ORDER BY seq";
	struct store *s = w->a->s;
	sqlite3_stmt *st = db_query(s, sql, DB_ARGS(db_text(w->q->run.id)), e);
	char kind[32];
	int rc = -1;

	while (st != NULL && (rc = db_step(s, st, e)) > 0)
		if (db_copy(s, st, 0, kind, sizeof kind, e) < 0 || on_state(w, kind, e) < 0) {
			rc = -1;
			break;
		}
	db_end(s, st);
	return rc;
}

struct recorded { struct buf now; int met, same; };

static int on_manifest(void *ctx, const char *body, struct err *e)
{
	struct recorded *r = ctx;

	(void)e;
	r->met = 1;
	r->same = strcmp(body, buf_text(&r->now)) == 0;
	return 0;
}

/* The chain holds what was issued; the tables must say the same. */
static int check_manifest(struct auditing *a, const char *run, struct err *e)
{
	struct recorded r = { .now = BUF_INIT };
	char sentence[160];
	int rc = -1;

	if (manifest_write(a->s, run, &r.now, e) == 0)
		rc = query_events(a->s, run, "state:PUBLISHING", on_manifest, &r, e);
	if (rc == 0 && r.met && !r.same) {
		snprintf(sentence, sizeof sentence, "documents, lines, entries or files of %s are not what the chain recorded when it was issued", run);
		find(a, "chain", sentence);
	}
	buf_free(&r.now);
	return rc;
}

static void on_balance(void *ctx, const char *sentence)
{
	struct auditing *a = ctx;

	find(a, "sums", sentence);
}

static int on_run(void *ctx, const struct query_run *q, struct err *e)
{
	struct auditing *a = ctx;
	struct walking w = { a, q, -1 };
	char sentence[160];

	a->counts.runs++;
	a->counts.claims += q->entries;
	if (walk_states(&w, e) < 0)
		return -1;
	if (w.at != (int)q->run.state) {
		snprintf(sentence, sizeof sentence, "run %s is %s, its last event says %s", q->run.id, store_state_name(q->run.state),
		    w.at < 0 ? "nothing" : store_state_name((enum store_state)w.at));
		find(a, "states", sentence);
	}
	if (q->run.state == RUN_ABORTED)
		return 0;
	return check_manifest(a, q->run.id, e) < 0 ? -1 : balance_check(a->s, q->run.id, 0, on_balance, a, e);
}

static int on_apply(void *ctx, const struct apply_run *r, struct err *e)
{
	struct auditing *a = ctx;
	char sentence[160];
	int plan, outcome;

	if (apply_is_recorded(a->s, r, &plan, &outcome, e) < 0)
		return -1;
	if (!plan || !outcome) {
		snprintf(sentence, sizeof sentence, "%s of %s are not what the chain recorded", plan ? "outcomes" : "changes", r->id);
		find(a, "chain", sentence);
	}
	return 0;
}

/* What the ledger says. */
static int check_content(struct auditing *a, struct err *e)
{
	struct err broken = ERR_INIT;
	uint8_t head[SHA_LEN];
	int summed;

	if (chain_verify(a->s, &a->counts.events, head, &broken) < 0) {
		if (broken.code != ERR_DATA)
			return err_set(e, broken.code, "%s", broken.msg);
		find(a, "chain", broken.msg);
		err_clear(&broken);
	}
	if ((summed = sums_hold(a->s, e)) < 0)
		return err_ctx(e, "checking sums");
	for (size_t i = 0; i < sizeof laws / sizeof *laws; i++)
		if (!(summed && laws[i].summed) && check_law(a, &laws[i], e) < 0)
			return -1;
	a->early = a->n;
	a->came = 1;
	if (query_runs(a->s, on_run, a, e) < 0 || apply_each(a->s, on_apply, a, e) < 0)
		return -1;
	if (query_invoices(a->s, NULL, NULL, on_document, a, &broken) < 0) {
		if (broken.code != ERR_DATA)
			return err_set(e, broken.code, "%s", broken.msg);
		find(a, "documents", broken.msg);
	}
	return 0;
}

/* What holds it. */
static int check_file(struct auditing *a, struct err *e)
{
	if (store_check(a->s, e) < 0) {
		a->damaged = 1;
		return -1;
	}
	return check_law(a, &references, e) < 0 ? -1 : check_indexes(a, e);
}

static void do_part(struct auditing *a, struct store *s, int (*check)(struct auditing *a, struct err *e))
{
	a->done = 1;
	a->s = s;
	a->why = (struct err)ERR_INIT;
	a->rc = check(a, &a->why);
	if (a->rc == 0 && a->lost)
		a->rc = err_nomem(&a->why);
}

/* rc < 0: it is not wanted any more. */
static int work(void *job, int rc, struct err *e)
{
	struct audit *a = job;

	(void)e;
	if (rc < 0)
		return 0;
	do_part(&a->file, a->reader, check_file);
	if (a->whole && !a->file.damaged)
		do_part(&a->content, a->reader, check_content);
	return 0;
}

static void free_audit(struct audit *a)
{
	reader_close(a->reader);
	free(a->file.v);
	free(a->content.v);
	pool_free(a->file.pool);
	pool_free(a->content.pool);
	free(a);
}

struct audit *audit_begin(struct store *s, enum audit_how how, struct err *e)
{
	struct audit *a = calloc(1, sizeof *a);
	struct err ignored = ERR_INIT;

	if (a == NULL || (a->file.pool = pool_new()) == NULL || (a->content.pool = pool_new()) == NULL) {
		if (a != NULL)
			free_audit(a);
		err_nomem(e);
		return NULL;
	}
	a->s = s;
	a->whole = how == AUDIT_BESIDE;
	if (how == AUDIT_ALONE || (a->reader = reader_open(s, CACHE_KIB)) == NULL)
		return a;
	if ((a->worker = worker_new(1, 0, &ignored)) == NULL) {
		reader_close(a->reader);
		a->reader = NULL;
		return a;
	}
	/* What came of it stands in the parts. */
	(void)worker_put(a->worker, work, a, &ignored);
	return a;
}

/* A damaged file first, then in the order of the checks, of which those of the file stand among those of the content. */
static int tell(const struct audit *a, void (*each)(void *ctx, const char *what, const char *sentence), void *ctx, struct err *e)
{
	const struct auditing *f = &a->file, *c = &a->content;
	const size_t early = c->came ? c->early : c->n;

	if (f->damaged)
		return err_set(e, f->why.code, "%s", f->why.msg);
	for (size_t i = 0; i < early; i++)
		each(ctx, c->v[i].what, c->v[i].sentence);
	if (c->rc < 0 && !c->came)
		return err_set(e, c->why.code, "%s", c->why.msg);
	for (size_t i = 0; i < f->n; i++)
		each(ctx, f->v[i].what, f->v[i].sentence);
	if (f->rc < 0)
		return err_set(e, f->why.code, "%s", f->why.msg);
	for (size_t i = early; i < c->n; i++)
		each(ctx, c->v[i].what, c->v[i].sentence);
	return c->rc < 0 ? err_set(e, c->why.code, "%s", c->why.msg) : 0;
}

int audit_end(struct audit *a, void (*each)(void *ctx, const char *what, const char *sentence), void *ctx, struct audit_counts *out, struct err *e)
{
	int rc;

	if (a->worker == NULL)
		do_part(&a->file, a->s, check_file);
	/* A thread that looks at the file may yet find it damaged; meanwhile the content is looked at. */
	if ((a->worker == NULL && !a->file.damaged) || (a->worker != NULL && !a->whole))
		do_part(&a->content, a->s, check_content);
	(void)worker_end(a->worker, 0, NULL);
	rc = tell(a, each, ctx, e);
	if (rc == 0)
		*out = a->content.counts;
	free_audit(a);
	return rc;
}

void audit_drop(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->reader != NULL)
		reader_stop(a->reader);
	(void)worker_end(a->worker, -1, NULL);
	free_audit(a);
}

int audit_ledger(struct store *s, void (*each)(void *ctx, const char *what, const char *sentence), void *ctx, struct audit_counts *out, struct err *e)
{
	struct audit *a = audit_begin(s, AUDIT_ALONE, e);

	return a == NULL ? -1 : audit_end(a, each, ctx, out, e);
}
