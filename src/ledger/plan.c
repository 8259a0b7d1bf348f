#include "ledger/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/jout.h"
#include "base/text.h"
#include "billing/facts.h"
#include "ledger/chain.h"
#include "ledger/claim_list.h"
#include "ledger/ranks.h"
#include "ledger/store_run.h"

#define NUMBER_ROOM 32 /* struct claim and its kin */

int plan_next_number(struct store *s, const char *series, int64_t first, int64_t *n, struct err *e)
{
	static const char make[] = "INSERT INTO series(name,first,next) VALUES(?1,?2,?2) ON CONFLICT(name) DO NOTHING";
	static const char take[] = "UPDATE series SET next=next+1 WHERE name=?1";
	static const char get[] = "SELECT next-1 FROM series WHERE name=?1";

	if (db_need_transaction(s, e) < 0 || db_do(s, make, DB_ARGS(db_text(series), db_int(first)), e) < 0 ||
	    db_do_one(s, take, DB_ARGS(db_text(series)), "number series", e) < 0)
		return -1;
	return db_get_int(s, get, DB_ARGS(db_text(series)), n, e) < 0 ? -1 : 0;
}

static int put_line(struct store *s, const char *number, const struct invoice_line *l, struct err *e)
{
	static const char sql[] = "INSERT INTO line(invoice,pos,facts,secs,net_minor) VALUES(?1,?2,?3,?4,?5)";

	buf_reset(&s->text);
	facts_write_line(l, &s->text);
	if (!buf_ok(&s->text))
		return err_nomem(e);
	return db_do_one(s, sql, DB_ARGS(db_text(number), db_int(l->pos), db_blob(s->text.p, s->text.n), db_int(l->secs),
	    db_int(l->net_minor)), "line", e);
}

static int put_document(struct store *s, const char *run, const struct invoice *v, const char *reason, struct err *e)
{
	static const char sql[] = "INSERT INTO invoice(no,series,n,run,company,currency,secs,net_minor,tax_minor,gross_minor,facts,state,"
		"voids,reason) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,'RESERVED',?12,?13)";

	if (db_need_transaction(s, e) < 0)
		return -1;
	if (v->number == NULL || v->series == NULL || strlen(v->number) >= NUMBER_ROOM)
		return err_set(e, ERR_SOFTWARE, "a document needs a number of at most %d characters and a series", NUMBER_ROOM - 1);
	buf_reset(&s->text);
	facts_write_invoice(v, &s->text);
	if (!buf_ok(&s->text))
		return err_nomem(e);
	if (db_do_one(s, sql, DB_ARGS(db_text(v->number), db_text(v->series), db_int(v->n), db_text(run), db_text(v->company_id),
	    db_text(v->currency), db_int(v->secs), db_int(v->net_minor), db_int(v->tax_minor), db_int(v->gross_minor),
	    db_blob(s->text.p, s->text.n), db_text(v->cancels), db_text(reason)), "document", e) < 0)
		return err_ctx(e, "%s", v->number);
	for (size_t i = 0; i < v->nlines; i++)
		if (put_line(s, v->number, &v->lines[i], e) < 0)
			return err_ctx(e, "%s", v->number);
	return 0;
}

int plan_put_invoice(struct store *s, const char *run, const struct invoice *v, struct err *e)
{
	if (v->cancels != NULL)
		return err_set(e, ERR_SOFTWARE, "a cancellation is no plain invoice");
	return put_document(s, run, v, NULL, e);
}

/* Its entries will be billed anew as they are then: what corrected them must go first. */
static int check_corrected(struct store *s, const char *number, struct err *e)
{
	static const char sql[] = "SELECT k.invoice||', line '||k.pos FROM claim c JOIN correction k ON k.claim=c.id AND k.state='BILLED'"
		" WHERE c.invoice=?1 AND c.live IS NOT NULL ORDER BY k.invoice,k.pos LIMIT 1";
	struct err mine = ERR_INIT;
	char *on = db_get_text(s, sql, DB_ARGS(db_text(number)), &mine);
	int rc = 0;

	if (mine.code != ERR_OK)
		return err_set(e, mine.code, "%s", mine.msg);
	if (on != NULL)
		rc = err_set(e, ERR_USAGE, "%s is corrected by %s: cancel that document first", number, on);
	free(on);
	return rc;
}

int plan_put_cancellation(struct store *s, const char *run, const struct invoice *v, const char *reason, struct err *e)
{
	static const char sql[] = "UPDATE invoice SET state='VOIDING' WHERE no=?1 AND state='ISSUED'";

	if (v->cancels == NULL || reason == NULL || *reason == '\0')
		return err_set(e, ERR_SOFTWARE, "a cancellation needs the document it cancels and a reason");
	if (db_need_transaction(s, e) < 0 || check_corrected(s, v->cancels, e) < 0 ||
	    db_do_one(s, sql, DB_ARGS(db_text(v->cancels)), "document to cancel", e) < 0)
		return -1;
	return put_document(s, run, v, reason, e);
}

struct plan_claims { struct store *s; char run[16]; struct ranks documents; };

struct plan_claims *plan_claims_new(struct store *s, const char *run, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM run WHERE id=?1 AND (state='SNAPSHOT' OR state='PLANNED' OR state='OPEN')";
	struct plan_claims *p;
	int64_t one;
	int planning;

	if (db_need_transaction(s, e) < 0 || (planning = db_get_int(s, sql, DB_ARGS(db_text(run)), &one, e)) < 0)
		return NULL;
	if (!planning) {
		err_set(e, ERR_SOFTWARE, "claims of %s, which is not being planned", run);
		return NULL;
	}
	p = calloc(1, sizeof *p);
	if (p == NULL) {
		err_nomem(e);
		return NULL;
	}
	p->s = s;
	strncat(p->run, run, sizeof p->run - 1);
	if (ranks_read(s, run, &p->documents, e) == 0)
		return p;
	plan_claims_free(p);
	return NULL;
}

/* The fingerprint comes from the snapshot, for the item may have let its note go. What is held, is another entry, has another date or other seconds there, or belongs to
 * another run gives NULL, which the column refuses. One row of VALUES: an INSERT from a SELECT would cost a statement journal each time. */
int plan_claims_put(struct plan_claims *p, const struct compose_item *item, const char *number, struct err *e)
{
	static const char sql[] = "INSERT INTO claim(entry,invoice,pos,secs,billed_secs,rate_line,snap,date,state,live,fp) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,'CLAIMED',1,"
		"(SELECT fp FROM snap WHERE id=?7 AND entry=?1 AND secs=?4 AND date IS ?8 AND held IS NULL AND run=?9))";
	struct store *s = p->s;
	char id[37], date[16];

	text_uuid_unpack(id, item->id);
	if (ranks_find(&p->documents, number) == NULL)
		return err_set(e, ERR_SOFTWARE, "entry %s on %s, which is no document of %s", id, number, p->run);
	if (db_need_transaction(s, e) < 0)
		return -1;
	claim_list_changed(s);
	if (db_do_one(s, sql, DB_ARGS(db_text(id), db_text(number), db_int(item->pos), db_int(item->secs), db_int(item->billed_secs),
	    db_int(item->rate == NULL ? 0 : item->rate->line), db_int(item->snap), db_date(date, item->date), db_text(p->run)), "claim", e) < 0)
		return err_ctx(e, "entry %s on %s", id, number);
	return 0;
}

void plan_claims_free(struct plan_claims *p)
{
	if (p == NULL)
		return;
	ranks_free(&p->documents);
	free(p);
}

/* "project=Relaunch, user=..., 2026-07-01 to ...": what the row is for; "any entry" when it is for all. */
static void describe_rate(const struct rate *r, struct buf *out)
{
	const struct { const char *name, *value; } keys[] = { { "company", r->company }, { "project", r->project }, { "user", r->user }, { "type_of_work", r->work } };
	char from[16], to[16];
	int n = 0;

	for (size_t i = 0; i < 4; i++)
		if (keys[i].value != NULL)
			buf_fmt(out, "%s%s=%s", n++ > 0 ? ", " : "", keys[i].name, keys[i].value);
	if (n == 0)
		buf_str(out, "any entry");
	if (r->from != DATE_NONE || r->to != DATE_NONE)
		buf_fmt(out, ", %s to %s", date_fmt(from, r->from), date_fmt(to, r->to));
}

int plan_put_rates(struct store *s, const char *run, const struct compose_item *items, size_t n, struct err *e)
{
	static const char sql[] = "INSERT INTO rate(run,line,keys,price_e4,currency) VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO NOTHING";
	const struct rate *last = NULL;

	if (db_need_transaction(s, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct rate *r = items[i].rate;

		/* Neighbours nearly always share their price. */
		if (r == last || r == NULL)
			continue;
		last = r;
		buf_reset(&s->text);
		describe_rate(r, &s->text);
		if (!buf_ok(&s->text))
			return err_nomem(e);
		if (db_do(s, sql, DB_ARGS(db_text(run), db_int(r->line), db_text(buf_text(&s->text)), db_int(r->price_e4), db_text(r->currency)), e) < 0)
			return err_ctx(e, "row %d of the rate card", r->line);
	}
	return 0;
}

int plan_put_fee(struct store *s, const char *key, const char *number, int pos, struct err *e)
{
	static const char sql[] = "INSERT INTO fee(key,invoice,pos,state) VALUES(?1,?2,?3,'BILLED')";

	if (db_need_transaction(s, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(key), db_text(number), db_int(pos)), "fee", e) < 0 ? err_ctx(e, "fee %s on %s", key, number) : 0;
}

int plan_put_correction(struct store *s, const char *entry, int64_t billed_secs, const char *number, int pos, struct err *e)
{
	static const char sql[] = "UPDATE correction SET state='BILLED',invoice=?3,pos=?4 WHERE state='OPEN' AND billed_secs=?2"
		" AND claim=(SELECT id FROM claim WHERE entry=?1 AND live IS NOT NULL)";

	if (db_need_transaction(s, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(entry), db_int(billed_secs), db_text(number), db_int(pos)), "correction", e) < 0 ?
	    err_ctx(e, "correction of entry %s on %s", entry, number) : 0;
}

int plan_put_file(struct store *s, const char *run, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	static const char sql[] = "INSERT INTO file(run,name,sha256,size) VALUES(?1,?2,?3,?4)";

	if (db_need_transaction(s, e) < 0)
		return -1;
	return db_do_one(s, sql, DB_ARGS(db_text(run), db_text(name), db_blob(sha, SHA_LEN), db_int(size)), "file", e);
}

int plan_drop_files(struct store *s, const char *run, struct err *e)
{
	static const char sql[] = "DELETE FROM file WHERE run=?1";

	return db_need_transaction(s, e) < 0 ? -1 : db_do(s, sql, DB_ARGS(db_text(run)), e);
}

/* Numbers can only go back when the run's documents are the dense top of each series. */
static int check_droppable(struct store *s, const char *run, struct err *e)
{
	static const char not_reserved[] = "SELECT count(*) FROM invoice WHERE run=?1 AND state<>'RESERVED'";
	static const char not_top[] = "SELECT count(*) FROM (SELECT i.series, min(i.n) AS lo, max(i.n) AS hi, count(*) AS c, s.next AS next"
		" FROM invoice i JOIN series s ON s.name=i.series WHERE i.run=?1 GROUP BY i.series) WHERE hi+1<>next OR hi-lo+1<>c";
	int64_t n = 0;

	if (db_get_int(s, not_reserved, DB_ARGS(db_text(run)), &n, e) < 0)
		return -1;
	if (n > 0)
		return err_set(e, ERR_DATA, "run %s cannot be rolled back: %lld of its documents are issued", run, (long long)n);
	if (db_get_int(s, not_top, DB_ARGS(db_text(run)), &n, e) < 0)
		return -1;
	if (n > 0)
		return err_set(e, ERR_DATA, "run %s cannot be rolled back: its numbers are not the last of their series", run);
	return 0;
}

static int delete_plan(struct store *s, const char *run, struct err *e)
{
	static const char claims[] = "DELETE FROM claim WHERE invoice IN (SELECT no FROM invoice WHERE run=?1)";
	static const char fees[] = "DELETE FROM fee WHERE invoice IN (SELECT no FROM invoice WHERE run=?1)";
	static const char corrections[] = "UPDATE correction SET state='OPEN',invoice=NULL,pos=NULL WHERE state='BILLED'"
		" AND invoice IN (SELECT no FROM invoice WHERE run=?1)";
	static const char inputs[] = "DELETE FROM input WHERE run=?1";
	static const char rates[] = "DELETE FROM rate WHERE run=?1";
	static const char balance[] = "DELETE FROM balance WHERE run=?1";
	static const char lines[] = "DELETE FROM line WHERE invoice IN (SELECT no FROM invoice WHERE run=?1)";
	static const char numbers[] = "UPDATE series SET next=(SELECT min(n) FROM invoice WHERE run=?1 AND series=name)"
		" WHERE name IN (SELECT series FROM invoice WHERE run=?1)";
	static const char voided[] = "UPDATE invoice SET state='ISSUED' WHERE state='VOIDING' AND no IN (SELECT voids FROM invoice WHERE run=?1)";
	static const char documents[] = "DELETE FROM invoice WHERE run=?1";
	/* A series that gave no number is begun anew, with the first number that the configuration has then. */
	static const char series[] = "DELETE FROM series WHERE next=first AND name NOT IN (SELECT series FROM invoice)";
	static const char *const all[] = { corrections, claims, fees, inputs, rates, balance, lines, numbers, voided, documents };

	claim_list_changed(s);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (db_do(s, all[i], DB_ARGS(db_text(run)), e) < 0)
			return -1;
	if (db_do(s, series, DB_NOARGS, e) < 0)
		return -1;
	return plan_drop_files(s, run, e);
}

static int drop(struct store *s, struct store_run *r, const char *why, struct err *e)
{
	enum store_state now;
	struct jout j;

	if (store_run_now(s, r->id, &now, e) < 0)
		return -1;
	if (now != r->state)
		return err_set(e, ERR_SOFTWARE, "run %s is %s, not %s", r->id, store_state_name(now), store_state_name(r->state));
	if (now > RUN_RENDERED)
		return err_set(e, ERR_SOFTWARE, "run %s is %s: past the point of no return nothing is rolled back", r->id, store_state_name(now));
	if (check_droppable(s, r->id, e) < 0 || delete_plan(s, r->id, e) < 0)
		return -1;
	buf_reset(&s->text);
	jout_init(&j, &s->text, 0);
	jout_object(&j, NULL);
	jout_text(&j, "why", why);
	jout_end_object(&j);
	return buf_ok(&s->text) ? store_run_state(s, r, RUN_ABORTED, buf_text(&s->text), e) : err_nomem(e);
}

int plan_drop(struct store *s, struct store_run *r, const char *why, struct err *e)
{
	struct store_run v = *r;

	if (store_begin(s, e) < 0)
		return -1;
	if (drop(s, &v, why, e) < 0 || store_commit(s, e) < 0) {
		store_rollback(s);
		return -1;
	}
	*r = v;
	return 0;
}

int plan_issue(struct store *s, const char *run, struct err *e)
{
	static const char sql[] = "UPDATE invoice SET state='ISSUED' WHERE run=?1 AND state='RESERVED'";

	return db_need_transaction(s, e) < 0 ? -1 : db_do(s, sql, DB_ARGS(db_text(run)), e);
}

int plan_voided(struct store *s, const char *run, struct err *e)
{
	static const char claims[] = "UPDATE claim SET state='VOIDED',live=NULL WHERE live IS NOT NULL"
		" AND invoice IN (SELECT voids FROM invoice WHERE run=?1)";
	static const char fees[] = "UPDATE fee SET state='VOIDED' WHERE state<>'VOIDED' AND invoice IN (SELECT voids FROM invoice WHERE run=?1)";
	static const char documents[] = "UPDATE invoice SET state='VOIDED' WHERE state='VOIDING'"
		" AND no IN (SELECT voids FROM invoice WHERE run=?1)";

	/* The correction that waits for an entry since then counts from what this one had billed: both become one again. */
	static const char drop[] = "DELETE FROM correction WHERE state='OPEN' AND claim IN (SELECT c.id FROM claim c JOIN invoice i ON i.voids=c.invoice"
		" WHERE i.run=?1)";
	static const char join[] = "UPDATE correction SET delta_secs=correction.delta_secs+o.delta_secs,billed_secs=correction.billed_secs+o.billed_secs"
		" FROM (SELECT claim,sum(delta_secs) AS delta_secs,sum(billed_secs) AS billed_secs FROM correction WHERE state='BILLED'"
		" AND invoice IN (SELECT voids FROM invoice WHERE run=?1) GROUP BY claim) o WHERE correction.claim=o.claim AND correction.state='OPEN'";
	static const char again[] = "INSERT INTO correction(claim,company,currency,date,delta_secs,billed_secs,facts,state)"
		" SELECT k.claim,k.company,k.currency,k.date,k.delta_secs,k.billed_secs,k.facts,'OPEN' FROM correction k WHERE k.state='BILLED'"
		" AND k.invoice IN (SELECT voids FROM invoice WHERE run=?1)"
		" AND NOT EXISTS(SELECT 1 FROM correction x WHERE x.claim=k.claim AND x.state='OPEN') ORDER BY k.id";
	static const char settled[] = "DELETE FROM correction WHERE state='OPEN' AND billed_secs=0";
	static const char corrections[] = "UPDATE correction SET state='VOIDED' WHERE state='BILLED' AND invoice IN (SELECT voids FROM invoice WHERE run=?1)";
	static const char *const all[] = { drop, join, again, corrections, claims, fees };

	if (db_need_transaction(s, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (db_do(s, all[i], DB_ARGS(db_text(run)), e) < 0)
			return -1;
	return db_do(s, settled, DB_NOARGS, e) < 0 ? -1 : db_do(s, documents, DB_ARGS(db_text(run)), e);
}
