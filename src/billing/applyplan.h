/* Changes of time entries asked for in a table: what each means, whether it is done already, what it leads to, how it is taken back. Pure. */
#ifndef BILLING_APPLYPLAN_H
#define BILLING_APPLYPLAN_H

#include "billing/entry.h"

/* In the order in which the changes of one entry are made. */
enum applyplan_action {
	APPLYPLAN_SET_UNBILLED, APPLYPLAN_SET_PROJECT, APPLYPLAN_SET_TASK, APPLYPLAN_SET_USER, APPLYPLAN_SET_WORK, APPLYPLAN_SET_BILLABLE,
	APPLYPLAN_SET_UNBILLABLE, APPLYPLAN_SET_BILLED, APPLYPLAN_REMOVE_BREAKS, APPLYPLAN_DELETE, APPLYPLAN_CREATE, APPLYPLAN_HOLD, APPLYPLAN_RELEASE,
	APPLYPLAN_ACTIONS
};
/* "set-project"; scripts and the ledger rely on the words. */
const char *applyplan_name(enum applyplan_action a);
/* The action of a word of n bytes, in any case: 0, or -1. */
int applyplan_parse(const char *word, size_t n, enum applyplan_action *out);
/* 1: the action needs a value behind its word. */
int applyplan_has_value(enum applyplan_action a);
/* 1: known to the ledger alone; awork is not asked. */
int applyplan_is_local(enum applyplan_action a);

enum applyplan_state {
	APPLYPLAN_PLANNED,
	APPLYPLAN_SENT,     /* intent: perhaps applied */
	APPLYPLAN_CLAIMED,  /* awork says so; reading back proves */
	APPLYPLAN_DONE,     /* read back as wanted */
	/* and what needs a person: */
	APPLYPLAN_AUTH, APPLYPLAN_REJECTED, APPLYPLAN_UNKNOWN, APPLYPLAN_GONE, APPLYPLAN_CHANGED,
	APPLYPLAN_STATES
};
const char *applyplan_state_name(enum applyplan_state s);
int applyplan_state_parse(const char *s, enum applyplan_state *out);
/* 1 when nothing more becomes of it. */
int applyplan_is_final(enum applyplan_state s);

/* One change of one entry. Texts are borrowed; NULL: none. */
struct applyplan_item {
	int pos, line;              /* its place; the row of the file, 0: none */
	enum applyplan_action action;
	enum applyplan_state state;
	char entry[37];             /* "" of a new one that is not made yet */
	date_t date;                /* where the entry was seen last */
	const char *value;          /* id of project, task, user, type of work; text of a hold; the new entry, as entry_write() writes it */
	const char *name;           /* of the value, for people */
	/* What the value brings along: the project of a task, the company of a project. Needed to plan, not kept. */
	const char *project_id, *project_name, *company_id, *company_name;
	const char *before, *after; /* the entry as it was planned and as it was read back, as entry_write() writes it */
	const char *note;           /* what went wrong */
	const char *seen;           /* of a new one: ids of equal entries before it was sent, separated by blanks */
};

/* By entry, action, line. For qsort(). */
int applyplan_compare(const void *a, const void *b);

/* Two rows that cannot both be meant, of one entry: the sentence, or NULL. Equal rows are no contradiction. */
const char *applyplan_contradiction(const struct applyplan_item *a, const struct applyplan_item *b);
/* 1 when both rows ask for the very same. */
int applyplan_same(const struct applyplan_item *a, const struct applyplan_item *b);

/* Why awork or reason forbids it for this entry, as a sentence, or NULL. x: with the entry's earlier changes made. */
const char *applyplan_forbidden(const struct applyplan_item *i, const struct entry *x);

/* 1 when the entry is as the change wants it; now NULL: it is deleted. Not for what is local. */
int applyplan_is_wanted(const struct applyplan_item *i, const struct entry *now);
/* 1 when what the change is about is as it was (of a deletion: all that billing depends on). */
int applyplan_is_untouched(const struct applyplan_item *i, const struct entry *was, const struct entry *now);
/* Makes the change on *x. Texts are borrowed from the item. */
void applyplan_make(const struct applyplan_item *i, struct entry *x);
/* "project Alt -> Neu". */
void applyplan_words(const struct applyplan_item *i, const struct entry *was, struct buf *out);

/* The changes that take a finished one back, at most two: their number; 0 with the reason in *why. was: the entry before it. */
int applyplan_inverse(const struct applyplan_item *i, const struct entry *was, struct applyplan_item out[2], const char **why);

/* 1 when an entry of awork is what the row asked to be made: user, date, duration, project, task, type of work, billable, note, and start when it has one. */
int applyplan_is_created(const struct entry *want, const struct entry *x);
/* What tells new entries apart. 0, or -1 (memory). */
int applyplan_key(const struct entry *want, uint8_t out[SHA_LEN]);

#endif
