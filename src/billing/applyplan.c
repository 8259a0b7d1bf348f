#include "billing/applyplan.h"

#include <string.h>
#include <strings.h>

static const struct { const char *name; unsigned char value, local; } actions[APPLYPLAN_ACTIONS] = {
	[APPLYPLAN_SET_UNBILLED] = { "set-unbilled", 0, 0 },
	[APPLYPLAN_SET_PROJECT] = { "set-project", 1, 0 },
	[APPLYPLAN_SET_TASK] = { "set-task", 1, 0 },
	[APPLYPLAN_SET_USER] = { "set-user", 1, 0 },
	[APPLYPLAN_SET_WORK] = { "set-type-of-work", 1, 0 },
	[APPLYPLAN_SET_BILLABLE] = { "set-billable", 0, 0 },
	[APPLYPLAN_SET_UNBILLABLE] = { "set-unbillable", 0, 0 },
	[APPLYPLAN_SET_BILLED] = { "set-billed", 0, 0 },
	[APPLYPLAN_REMOVE_BREAKS] = { "remove-breaks", 0, 0 },
	[APPLYPLAN_DELETE] = { "delete", 0, 0 },
	[APPLYPLAN_CREATE] = { "create", 0, 0 },
	[APPLYPLAN_HOLD] = { "hold", 1, 1 },
	[APPLYPLAN_RELEASE] = { "release", 0, 1 },
};

static const char *const states[APPLYPLAN_STATES] = { "PLANNED", "SENT", "CLAIMED", "DONE", "AUTH", "REJECTED", "UNKNOWN", "GONE", "CHANGED" };

const char *applyplan_name(enum applyplan_action a)
{
	return (unsigned)a < APPLYPLAN_ACTIONS ? actions[a].name : "?";
}

int applyplan_parse(const char *word, size_t n, enum applyplan_action *out)
{
	for (int i = 0; i < APPLYPLAN_ACTIONS; i++)
		if (strlen(actions[i].name) == n && strncasecmp(word, actions[i].name, n) == 0) {
			*out = (enum applyplan_action)i;
			return 0;
		}
	return -1;
}

int applyplan_has_value(enum applyplan_action a)
{
	return actions[a].value;
}

int applyplan_is_local(enum applyplan_action a)
{
	return actions[a].local;
}

const char *applyplan_state_name(enum applyplan_state s)
{
	return (unsigned)s < APPLYPLAN_STATES ? states[s] : "?";
}

int applyplan_state_parse(const char *s, enum applyplan_state *out)
{
	for (int i = 0; i < APPLYPLAN_STATES; i++)
		if (strcmp(states[i], s) == 0) {
			*out = (enum applyplan_state)i;
			return 0;
		}
	return -1;
}

int applyplan_is_final(enum applyplan_state s)
{
	return s >= APPLYPLAN_DONE;
}

int applyplan_compare(const void *a, const void *b)
{
	const struct applyplan_item *x = a, *y = b;
	int c = strcmp(x->entry, y->entry);

	if (c != 0)
		return c;
	if (x->action != y->action)
		return x->action < y->action ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static int same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int applyplan_same(const struct applyplan_item *a, const struct applyplan_item *b)
{
	return a->action == b->action && same_text(a->value, b->value);
}

static int pair(const struct applyplan_item *a, const struct applyplan_item *b, enum applyplan_action x, enum applyplan_action y)
{
	return (a->action == x && b->action == y) || (a->action == y && b->action == x);
}

const char *applyplan_contradiction(const struct applyplan_item *a, const struct applyplan_item *b)
{
	if (applyplan_same(a, b))
		return NULL;
	if (a->action == APPLYPLAN_DELETE || b->action == APPLYPLAN_DELETE)
		return "an entry that is deleted cannot be changed as well";
	if (a->action == b->action)
		return "two values for one entry";
	if (pair(a, b, APPLYPLAN_SET_PROJECT, APPLYPLAN_SET_TASK))
		return "set-task sets the project of the task, set-project takes the task away: one of them";
	if (pair(a, b, APPLYPLAN_SET_BILLABLE, APPLYPLAN_SET_UNBILLABLE) || pair(a, b, APPLYPLAN_SET_BILLED, APPLYPLAN_SET_UNBILLED) ||
	    pair(a, b, APPLYPLAN_HOLD, APPLYPLAN_RELEASE))
		return "one is the opposite of the other";
	if (pair(a, b, APPLYPLAN_SET_BILLED, APPLYPLAN_SET_UNBILLABLE))
		return "what is not billable cannot be billed";
	return NULL;
}

const char *applyplan_forbidden(const struct applyplan_item *i, const struct entry *x)
{
	int running = x->shape == ENTRY_RUNNING;

	switch (i->action) {
	case APPLYPLAN_SET_BILLED:
		if (running)
			return "its timer runs: stop it in awork first";
		return x->billable ? NULL : "it is not billable: a row with set-billable must come with it";
	case APPLYPLAN_REMOVE_BREAKS:
		return running ? "its timer runs or is paused: awork would start it again" : NULL;
	default:
		return NULL;
	}
}

int applyplan_is_wanted(const struct applyplan_item *i, const struct entry *now)
{
	if (i->action == APPLYPLAN_DELETE)
		return now == NULL;
	if (now == NULL)
		return 0;
	switch (i->action) {
	case APPLYPLAN_SET_UNBILLED:
		return !now->billed;
	case APPLYPLAN_SET_BILLED:
		return now->billed;
	case APPLYPLAN_SET_BILLABLE:
		return now->billable;
	case APPLYPLAN_SET_UNBILLABLE:
		return !now->billable;
	case APPLYPLAN_SET_PROJECT:
		return same_text(now->project_id, i->value);
	case APPLYPLAN_SET_TASK:
		return same_text(now->task_id, i->value);
	case APPLYPLAN_SET_USER:
		return same_text(now->user_id, i->value);
	case APPLYPLAN_SET_WORK:
		return same_text(now->work_id, i->value);
	case APPLYPLAN_REMOVE_BREAKS:
		return now->break_secs == 0;
	default:
		return 0;
	}
}

static int same_for_billing(const struct entry *a, const struct entry *b)
{
	uint8_t x[SHA_LEN], y[SHA_LEN];

	return entry_fingerprint(a, x) == 0 && entry_fingerprint(b, y) == 0 && memcmp(x, y, SHA_LEN) == 0 && a->billed == b->billed;
}

int applyplan_is_untouched(const struct applyplan_item *i, const struct entry *was, const struct entry *now)
{
	switch (i->action) {
	case APPLYPLAN_SET_UNBILLED:
	case APPLYPLAN_SET_BILLED:
		return was->billed == now->billed;
	case APPLYPLAN_SET_BILLABLE:
	case APPLYPLAN_SET_UNBILLABLE:
		return was->billable == now->billable;
	case APPLYPLAN_SET_PROJECT:
	case APPLYPLAN_SET_TASK:
		return same_text(was->project_id, now->project_id) && same_text(was->task_id, now->task_id);
	case APPLYPLAN_SET_USER:
		return same_text(was->user_id, now->user_id);
	case APPLYPLAN_SET_WORK:
		return same_text(was->work_id, now->work_id);
	case APPLYPLAN_REMOVE_BREAKS:
		return was->break_secs == now->break_secs && was->secs == now->secs;
	default:
		return same_for_billing(was, now);
	}
}

void applyplan_make(const struct applyplan_item *i, struct entry *x)
{
	switch (i->action) {
	case APPLYPLAN_SET_UNBILLED:
	case APPLYPLAN_SET_BILLED:
		x->billed = i->action == APPLYPLAN_SET_BILLED;
		break;
	case APPLYPLAN_SET_BILLABLE:
		x->billable = 1;
		break;
	case APPLYPLAN_SET_UNBILLABLE:
		x->billable = x->billed = 0;
		break;
	case APPLYPLAN_SET_PROJECT:
	case APPLYPLAN_SET_TASK:
		x->task_id = i->action == APPLYPLAN_SET_TASK ? i->value : NULL;
		x->task_name = i->action == APPLYPLAN_SET_TASK ? i->name : NULL;
		x->project_id = i->action == APPLYPLAN_SET_TASK ? i->project_id : i->value;
		x->project_name = i->action == APPLYPLAN_SET_TASK ? i->project_name : i->name;
		x->company_id = i->company_id;
		x->company_name = i->company_name;
		x->task_private = 0;
		break;
	case APPLYPLAN_SET_USER:
		x->user_id = i->value;
		x->user_name = i->name;
		break;
	case APPLYPLAN_SET_WORK:
		x->work_id = i->value;
		x->work_name = i->name;
		break;
	case APPLYPLAN_REMOVE_BREAKS:
		x->break_secs = 0;
		break;
	default:
		break;
	}
}

static const char *shown(const char *name, const char *id)
{
	return name != NULL && name[0] != '\0' ? name : id != NULL ? id : "none";
}

void applyplan_words(const struct applyplan_item *i, const struct entry *was, struct buf *out)
{
	const char *to = shown(i->name, i->value);

	switch (i->action) {
	case APPLYPLAN_SET_UNBILLED:
	case APPLYPLAN_SET_BILLED:
		buf_fmt(out, "%s -> %s", was->billed ? "billed" : "unbilled", i->action == APPLYPLAN_SET_BILLED ? "billed" : "unbilled");
		break;
	case APPLYPLAN_SET_BILLABLE:
	case APPLYPLAN_SET_UNBILLABLE:
		buf_fmt(out, "%s -> %s", was->billable ? "billable" : "not billable", i->action == APPLYPLAN_SET_BILLABLE ? "billable" : "not billable");
		if (was->billed && i->action == APPLYPLAN_SET_UNBILLABLE)
			buf_str(out, " (and unbilled)");
		break;
	case APPLYPLAN_SET_PROJECT:
		buf_fmt(out, "project %s -> %s", shown(was->project_name, was->project_id), to);
		if (was->task_id != NULL)
			buf_fmt(out, ", task %s -> none", shown(was->task_name, was->task_id));
		break;
	case APPLYPLAN_SET_TASK:
		buf_fmt(out, "task %s -> %s", shown(was->task_name, was->task_id), to);
		if (i->project_id != NULL && !same_text(was->project_id, i->project_id))
			buf_fmt(out, ", project %s -> %s", shown(was->project_name, was->project_id), shown(i->project_name, i->project_id));
		break;
	case APPLYPLAN_SET_USER:
		buf_fmt(out, "user %s -> %s", shown(was->user_name, was->user_id), to);
		break;
	case APPLYPLAN_SET_WORK:
		buf_fmt(out, "type of work %s -> %s", shown(was->work_name, was->work_id), to);
		break;
	case APPLYPLAN_REMOVE_BREAKS:
		buf_fmt(out, "breaks %lld s -> 0 s (awork computes the duration anew)", (long long)was->break_secs);
		break;
	case APPLYPLAN_DELETE:
		buf_str(out, "deleted");
		break;
	case APPLYPLAN_CREATE:
		buf_str(out, "new entry");
		break;
	case APPLYPLAN_HOLD:
		buf_fmt(out, "on hold: %s", i->value);
		break;
	case APPLYPLAN_RELEASE:
		buf_str(out, "released");
		break;
	case APPLYPLAN_ACTIONS:
		break;
	}
}

static struct applyplan_item turn(const struct applyplan_item *i, enum applyplan_action to, const char *value, const char *name)
{
	struct applyplan_item out = { .action = to, .line = 0, .date = i->date, .value = value, .name = name };

	memcpy(out.entry, i->entry, sizeof out.entry);
	return out;
}

/* Back to the task, or to the project without one. */
static int back_to_place(const struct applyplan_item *i, const struct entry *was, struct applyplan_item *out, const char **why)
{
	if (was->task_id == NULL && was->project_id == NULL) {
		*why = "it had no project, and awork cannot take one away";
		return 0;
	}
	*out = was->task_id != NULL ? turn(i, APPLYPLAN_SET_TASK, was->task_id, was->task_name) :
	    turn(i, APPLYPLAN_SET_PROJECT, was->project_id, was->project_name);
	return 1;
}

int applyplan_inverse(const struct applyplan_item *i, const struct entry *was, struct applyplan_item out[2], const char **why)
{
	*why = NULL;
	switch (i->action) {
	case APPLYPLAN_SET_UNBILLED:
		out[0] = turn(i, APPLYPLAN_SET_BILLED, NULL, NULL);
		return 1;
	case APPLYPLAN_SET_BILLED:
		out[0] = turn(i, APPLYPLAN_SET_UNBILLED, NULL, NULL);
		return 1;
	case APPLYPLAN_SET_BILLABLE:
		out[0] = turn(i, APPLYPLAN_SET_UNBILLABLE, NULL, NULL);
		return 1;
	case APPLYPLAN_SET_UNBILLABLE:
		out[0] = turn(i, APPLYPLAN_SET_BILLABLE, NULL, NULL);
		if (!was->billed)
			return 1;
		out[1] = turn(i, APPLYPLAN_SET_BILLED, NULL, NULL);
		return 2;
	case APPLYPLAN_SET_PROJECT:
	case APPLYPLAN_SET_TASK:
		return back_to_place(i, was, &out[0], why);
	case APPLYPLAN_SET_USER:
		if (was->user_id == NULL) {
			*why = "its user was deleted, and awork cannot set none";
			return 0;
		}
		out[0] = turn(i, APPLYPLAN_SET_USER, was->user_id, was->user_name);
		return 1;
	case APPLYPLAN_SET_WORK:
		if (was->work_id == NULL) {
			*why = "it had no type of work, and awork cannot set none";
			return 0;
		}
		out[0] = turn(i, APPLYPLAN_SET_WORK, was->work_id, was->work_name);
		return 1;
	case APPLYPLAN_CREATE:
		out[0] = turn(i, APPLYPLAN_DELETE, NULL, NULL);
		return 1;
	case APPLYPLAN_HOLD:
		out[0] = turn(i, APPLYPLAN_RELEASE, NULL, NULL);
		return 1;
	case APPLYPLAN_RELEASE:
		out[0] = turn(i, APPLYPLAN_HOLD, i->value, NULL);
		return 1;
	case APPLYPLAN_REMOVE_BREAKS:
		*why = "awork cannot set breaks";
		return 0;
	case APPLYPLAN_DELETE:
		*why = "awork cannot bring a deleted entry back";
		return 0;
	case APPLYPLAN_ACTIONS:
		break;
	}
	return 0;
}

/* Hours, minutes and seconds; awork adds fractions of its own. */
static int same_time(const char *want, const char *got)
{
	return want == NULL || (got != NULL && strncmp(want, got, 8) == 0);
}

/* An empty note may come back as none. */
static const char *filled(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

int applyplan_is_created(const struct entry *want, const struct entry *x)
{
	return x->date == want->date && x->has_secs && x->secs == want->secs && same_text(x->user_id, want->user_id) &&
	    same_text(x->project_id, want->project_id) && same_text(x->task_id, want->task_id) && same_text(x->work_id, want->work_id) &&
	    x->billable == want->billable && same_text(filled(x->note), filled(want->note)) && same_time(want->start_time, x->start_time);
}

int applyplan_key(const struct entry *want, uint8_t out[SHA_LEN])
{
	return entry_fingerprint(want, out);
}
