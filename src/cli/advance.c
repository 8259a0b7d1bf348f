#include "cli/advance.h"

#include "cli/step.h"

int advance_run(struct run *r, enum store_state to, const char *body, int (*work)(struct run *r, struct err *e), const char *step, struct err *e)
{
	struct store *s = r->app->store;
	struct store_run before = r->row;

	if (store_begin(s, e) < 0)
		return -1;
	if ((work != NULL && work(r, e) < 0) || (to != before.state && store_run_state(s, &r->row, to, body, e) < 0) || store_commit(s, e) < 0) {
		store_rollback(s);
		r->row = before;
		return -1;
	}
	(void)step;
	step_hit(step);
	return 0;
}

int advance_work(struct run *r, int (*work)(void *ctx, struct err *e), void *ctx, const char *step, struct err *e)
{
	struct store *s = r->app->store;

	if (store_begin(s, e) < 0)
		return -1;
	if (work(ctx, e) < 0 || store_commit(s, e) < 0) {
		store_rollback(s);
		return -1;
	}
	(void)step;
	step_hit(step);
	return 0;
}
