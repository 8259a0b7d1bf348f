/* How a run ended that did not stop: its exit status, and the sentence that goes with it. */
#include "cli/run.h"

enum err_code verdict_of(const struct run *r)
{
	enum err_code code = r->worst;

	if (r->protocol_alarms > 0)
		code = err_worse(code, ERR_PROTOCOL);
	if (r->row.state == RUN_CLOSED_EXC || r->disputed > 0 || r->shortfall > 0 || r->undated > 0)
		code = err_worse(code, ERR_ATTENTION);
	if (r->app->opt.strict && (r->totals.held > 0 || r->held_fees > 0))
		code = err_worse(code, ERR_ATTENTION);
	return code;
}

void verdict_explain(struct run *r, enum err_code status, struct err *e)
{
	struct buf b = BUF_INIT;
	int64_t n[CLAIM_STATES] = { 0 };
	struct err ignored = ERR_INIT;
	const struct { int64_t n; const char *what; } parts[] = {
		{ r->protocol_alarms, "ids in awork's answers that were never sent" }, { r->disputed, "billed entries that are unbilled in awork" },
		{ r->shortfall, "entries that awork counts and does not show" }, { r->undated, "entries without a date" },
		{ r->app->opt.strict ? r->totals.held : 0, "held entries" }, { r->app->opt.strict ? r->held_fees : 0, "held fixed fees" },
	};

	if (claim_counts(r->app->store, r->row.id, n, &ignored) == 0)
		for (int i = CLAIM_UNMARKED_AUTH; i <= CLAIM_REOPENED; i++)
			if (n[i] > 0)
				buf_fmt(&b, "%s%lld %s", b.n > 0 ? ", " : "", (long long)n[i], claim_state_name((enum claim_state)i));
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].n > 0)
			buf_fmt(&b, "%s%lld %s", b.n > 0 ? ", " : "", (long long)parts[i].n, parts[i].what);
	err_set(e, status, "done, but a person is needed: %s%s%s", b.n > 0 ? buf_text(&b) :
	    r->worst == ERR_NOPERM || r->worst == ERR_TEMPFAIL ? "a void or an apply rests, since awork refused it" : "an earlier run has exceptions",
	    n[CLAIM_UNMARKED_AUTH] > 0 ? "; awork refused the right to mark: use an API key with administrator rights" : "",
	    r->stage != NULL ? "; see run.json" : "; see psabill list");
	buf_free(&b);
}
