/* From rows to items: the entries as awork shows them now, and ids for names. */
#include <stdlib.h>
#include <string.h>

#include "awork/master.h"
#include "awork/reread.h"
#include "awork/tasks.h"
#include "base/text.h"
#include "cli/apply.h"
#include "cli/progress.h"

/* What one kind of names was resolved to last: tables repeat themselves. */
struct memo { const char *value, *id; };

struct project_tasks { const char *project; struct tasks_list tasks; };

struct resolving {
	struct applying *w;
	struct master_list lists[4];
	int loaded[4];
	struct memo memo[4];
	struct project_tasks *by_project;
	size_t nby_project, cap_by_project;
	const char **task_ids;       /* sorted; of rows that name a task by its id */
	struct tasks_item *tasks;
	size_t ntasks;
};

/* ---- entries ---- */

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct apply_known *)a)->id, ((const struct apply_known *)b)->id);
}

static int id_is(const void *key, const void *member)
{
	return strcmp(key, ((const struct apply_known *)member)->id);
}

struct apply_known *applyresolve_find(const struct applying *w, const char *id)
{
	return w->nknown == 0 ? NULL : bsearch(id, w->known, w->nknown, sizeof *w->known, id_is);
}

static int on_entry(void *ctx, size_t item, const struct entry *now, struct err *e)
{
	struct applying *w = ctx;
	struct apply_known *k = &w->known[item];
	struct buf b = BUF_INIT;
	int rc = 0;

	if (now == NULL)
		return 0;
	/* Copied by way of its canonical form: the same that the ledger keeps. */
	entry_write(now, &b);
	if (!buf_ok(&b))
		rc = err_nomem(e);
	else
		rc = entry_read(b.p, b.n, w->pool, &k->now, e);
	if (rc == 0) {
		k->found = 1;
		k->now.local_ok = now->local_ok;
		k->now.task_private = now->task_private;
	}
	buf_free(&b);
	return rc;
}

int applyresolve_known(struct applying *w, struct err *e)
{
	struct entry_key *items = calloc(w->nknown + 1, sizeof *items);
	size_t k = 0;
	int rc;

	if (items == NULL)
		return err_nomem(e);
	if (w->nknown > 0)
		qsort(w->known, w->nknown, sizeof *w->known, by_id);
	for (size_t i = 0; i < w->nknown; i++)
		if (k == 0 || strcmp(w->known[k - 1].id, w->known[i].id) != 0)
			w->known[k++] = w->known[i];
	w->nknown = k;
	rc = 0;
	for (size_t i = 0; i < k && rc == 0; i++)
		rc = entry_key_of(&items[i], w->known[i].id, w->known[i].date, e);
	progress_stage("read", (int64_t)k);
	if (rc == 0)
		rc = reread_entries(w->a->http, items, sizeof *items, k, (int)w->a->cfg.page_size, REREAD_ANY, on_entry, w, e);
	free(items);
	return rc;
}

static int read_known(struct applying *w, struct err *e)
{
	w->known = calloc(w->nrows + 1, sizeof *w->known);
	if (w->known == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < w->nrows; i++)
		if (w->rows[i].entry[0] != '\0') {
			memcpy(w->known[w->nknown].id, w->rows[i].entry, sizeof w->known->id);
			w->known[w->nknown++].date = w->rows[i].date;
		}
	return applyresolve_known(w, e);
}

/* ---- names ---- */

/* 1 and the item, 0 with a line of diag, -1. */
static int look_up(struct resolving *s, enum master_kind kind, const char *what, const char *value, int line, const struct master_item **out, struct err *e)
{
	struct memo *m = &s->memo[kind];
	struct err why = ERR_INIT;
	struct applying *w = s->w;

	if (!s->loaded[kind] && master_list(w->a->http, kind, w->pool, &s->lists[kind], e) < 0)
		return -1;
	s->loaded[kind] = 1;
	if (m->value == NULL || strcmp(m->value, value) != 0) {
		if (master_resolve(&s->lists[kind], what, value, &m->id, &why) < 0) {
			if (why.code != ERR_USAGE)
				return err_set(e, why.code, "%s", why.msg);
			diag_add(&w->diag, w->file, line, "%s", why.msg);
			m->value = NULL;
			return 0;
		}
		m->value = value;
	}
	for (size_t lo = 0, hi = s->lists[kind].n; lo < hi;) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(s->lists[kind].v[mid].id, m->id);

		if (c == 0) {
			*out = &s->lists[kind].v[mid];
			return 1;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return err_set(e, ERR_SOFTWARE, "%s %s is in no list", what, m->id);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All tasks that rows name by id, in one go. */
static int load_tasks(struct resolving *s, struct err *e)
{
	struct applying *w = s->w;
	size_t k = 0;
	char id[37];

	s->task_ids = pool_alloc(w->pool, (w->nrows + 1) * sizeof *s->task_ids);
	if (s->task_ids == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < w->nrows; i++) {
		const char *t = w->rows[i].action == APPLYPLAN_SET_TASK ? w->rows[i].value : w->rows[i].action == APPLYPLAN_CREATE ? w->rows[i].task : NULL;

		if (t != NULL && text_uuid(id, t) == 0)
			s->task_ids[s->ntasks++] = pool_intern(w->pool, id);
	}
	if (s->ntasks == 0)
		return 0;
	qsort(s->task_ids, s->ntasks, sizeof *s->task_ids, by_text);
	for (size_t i = 0; i < s->ntasks; i++)
		if (k == 0 || strcmp(s->task_ids[k - 1], s->task_ids[i]) != 0)
			s->task_ids[k++] = s->task_ids[i];
	s->ntasks = k;
	s->tasks = pool_alloc(w->pool, k * sizeof *s->tasks);
	if (s->tasks == NULL || pool_failed(w->pool))
		return err_nomem(e);
	return tasks_by_id(w->a->http, s->task_ids, k, w->pool, s->tasks, e);
}

static int tasks_in(struct resolving *s, const char *project, const struct tasks_list **out, struct err *e)
{
	size_t i = 0;

	while (i < s->nby_project && strcmp(s->by_project[i].project, project) != 0)
		i++;
	if (i == s->nby_project) {
		if (buf_grow(&s->by_project, &s->cap_by_project, i + 1, sizeof *s->by_project) < 0)
			return err_nomem(e);
		s->by_project[i].project = project;
		if (tasks_of_project(s->w->a->http, project, s->w->pool, &s->by_project[i].tasks, e) < 0)
			return -1;
		s->nby_project++;
	}
	*out = &s->by_project[i].tasks;
	return 0;
}

/* A task by its id, or by its name within a project. As look_up(). */
static int find_task(struct resolving *s, const char *value, const char *project, int line, const struct tasks_item **out, struct err *e)
{
	struct applying *w = s->w;
	const struct tasks_list *all = NULL;
	const struct tasks_item *hit = NULL;
	size_t matches = 0;
	char id[37];

	if (text_uuid(id, value) == 0) {
		const char *key = id;
		const char *const *at = bsearch(&key, s->task_ids, s->ntasks, sizeof *s->task_ids, by_text);

		*out = at != NULL ? &s->tasks[at - (const char *const *)s->task_ids] : NULL;
		if (*out != NULL && (*out)->id != NULL)
			return 1;
		diag_add(&w->diag, w->file, line, "awork has no task %s", id);
		return 0;
	}
	if (project == NULL) {
		diag_add(&w->diag, w->file, line, "task '%.80s': without a project a task is known by its id only", value);
		return 0;
	}
	if (tasks_in(s, project, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].id != NULL && all->v[i].name != NULL && strcmp(all->v[i].name, value) == 0) {
			hit = &all->v[i];
			matches++;
		}
	if (matches == 1) {
		*out = hit;
		return 1;
	}
	diag_add(&w->diag, w->file, line, matches == 0 ? "the project has no task '%.80s' (the exact name or the id is needed)" :
	    "the project has more than one task '%.80s', use an id", value);
	return 0;
}

/* ---- items ---- */

static int put_project(struct resolving *s, const char *value, int line, const struct master_item **p, struct err *e)
{
	return look_up(s, MASTER_PROJECTS, "project", value, line, p, e);
}

static int take_task(struct resolving *s, const struct applyrow *x, struct applyplan_item *i, struct err *e)
{
	const struct apply_known *k = applyresolve_find(s->w, x->entry);
	const struct tasks_item *t;
	const struct master_item *p;
	int rc = find_task(s, x->value, k != NULL && k->found ? k->now.project_id : NULL, x->line, &t, e);

	if (rc <= 0)
		return rc;
	i->value = t->id;
	i->name = t->name;
	if (t->project_id == NULL) {
		diag_add(&s->w->diag, s->w->file, x->line, "task '%.80s' belongs to no project: time on it can never be billed", t->name != NULL ? t->name : t->id);
		return 0;
	}
	rc = put_project(s, t->project_id, x->line, &p, e);
	if (rc > 0) {
		i->project_id = p->id;
		i->project_name = p->name;
		i->company_id = p->company_id;
		i->company_name = p->company_name;
	}
	return rc;
}

static int take_value(struct resolving *s, const struct applyrow *x, struct applyplan_item *i, struct err *e)
{
	const struct master_item *m;
	int rc;

	switch (i->action) {
	case APPLYPLAN_SET_TASK:
		return take_task(s, x, i, e);
	case APPLYPLAN_SET_PROJECT:
		rc = put_project(s, x->value, x->line, &m, e);
		break;
	case APPLYPLAN_SET_USER:
		rc = look_up(s, MASTER_USERS, "user", x->value, x->line, &m, e);
		break;
	case APPLYPLAN_SET_WORK:
		rc = look_up(s, MASTER_WORKS, "type of work", x->value, x->line, &m, e);
		break;
	default:
		i->value = x->value;
		return 1;
	}
	if (rc > 0) {
		i->value = m->id;
		i->name = m->name;
		i->company_id = m->company_id;
		i->company_name = m->company_name;
	}
	return rc;
}

/* The new entry as it will be. */
static int take_new(struct resolving *s, const struct applyrow *x, struct applyplan_item *i, struct err *e)
{
	struct applying *w = s->w;
	struct entry n = { .id = "00000000-0000-0000-0000-000000000000", .date = x->date, .secs = x->secs, .has_secs = 1, .local_ok = 1,
		.billable = (uint8_t)x->billable, .note = x->note, .shape = x->start[0] != '\0' ? ENTRY_COMPLETE : ENTRY_DURATION_ONLY };
	const struct master_item *project = NULL, *user = NULL, *work = NULL;
	const struct tasks_item *task = NULL;
	struct buf b = BUF_INIT;
	int rc, all = 1;

	if (x->project != NULL && (rc = put_project(s, x->project, x->line, &project, e)) <= 0)
		return rc;
	if (x->task != NULL && (rc = find_task(s, x->task, project != NULL ? project->id : NULL, x->line, &task, e)) <= 0)
		return rc;
	if (task != NULL && task->project_id != NULL && project == NULL && (rc = put_project(s, task->project_id, x->line, &project, e)) <= 0)
		return rc;
	if (task != NULL && (project == NULL || task->project_id == NULL || strcmp(task->project_id, project->id) != 0)) {
		diag_add(&w->diag, w->file, x->line, "the task belongs to another project");
		all = 0;
	}
	if ((rc = look_up(s, MASTER_USERS, "user", x->user, x->line, &user, e)) < 0)
		return -1;
	all &= rc;
	if (x->work == NULL && (task == NULL || task->work_id == NULL)) {
		diag_add(&w->diag, w->file, x->line, "create needs the column type_of_work, or a task that has one");
		return 0;
	}
	if ((rc = look_up(s, MASTER_WORKS, "type of work", x->work != NULL ? x->work : task->work_id, x->line, &work, e)) < 0)
		return -1;
	if (!all || rc == 0)
		return 0;
	n.start_time = x->start[0] != '\0' ? x->start : NULL;
	n.project_id = project->id;
	n.project_name = project->name;
	n.company_id = project->company_id;
	n.company_name = project->company_name;
	n.task_id = task != NULL ? task->id : NULL;
	n.task_name = task != NULL ? task->name : NULL;
	n.user_id = user->id;
	n.user_name = user->name;
	n.work_id = work->id;
	n.work_name = work->name;
	entry_write(&n, &b);
	i->value = buf_ok(&b) ? pool_dup(w->pool, buf_text(&b)) : NULL;
	buf_free(&b);
	return i->value != NULL ? 1 : err_nomem(e);
}

static int take_rows(struct resolving *s, struct err *e)
{
	struct applying *w = s->w;

	for (size_t k = 0; k < w->nrows; k++) {
		const struct applyrow *x = &w->rows[k];
		struct applyplan_item *i;
		int rc;

		if (buf_grow(&w->v, &w->cap, w->n + 1, sizeof *w->v) < 0)
			return err_nomem(e);
		i = &w->v[w->n];
		*i = (struct applyplan_item){ .line = x->line, .action = x->action, .date = x->date };
		memcpy(i->entry, x->entry, sizeof i->entry);
		rc = x->action == APPLYPLAN_CREATE ? take_new(s, x, i, e) : take_value(s, x, i, e);
		if (rc < 0)
			return -1;
		w->n += (size_t)rc;
	}
	return 0;
}

int applyresolve_rows(struct applying *w, struct err *e)
{
	struct resolving s = { .w = w };
	int rc = read_known(w, e) < 0 || load_tasks(&s, e) < 0 || take_rows(&s, e) < 0 ? -1 : 0;

	free(s.by_project);
	return rc;
}
