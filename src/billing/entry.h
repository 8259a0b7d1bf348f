/* A time entry of awork, reduced to what billing needs. Member names follow the awork API (schema TimeTracking). */
#ifndef BILLING_ENTRY_H
#define BILLING_ENTRY_H

#include <stdint.h>
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/sha.h"

enum entry_shape {
	ENTRY_COMPLETE,      /* start and end */
	ENTRY_DURATION_ONLY, /* no start time, no end */
	ENTRY_RUNNING,       /* start without end, duration 0 or absent: running or paused timer */
	ENTRY_OPEN_END       /* start without end, but a duration: suspicious */
};

/* All texts are borrowed from a pool; NULL means absent (or null in awork). Ids are lower-case UUIDs. */
struct entry {
	char id[37];
	uint8_t shape; /* enum entry_shape */
	uint8_t billable, billed, external, task_private;
	uint8_t local_ok;        /* startDateLocal/startTimeLocal agree with the UTC pair (see entry_local_plausible) */
	uint8_t has_secs;        /* duration present */
	date_t date;             /* startDateLocal; DATE_NONE when absent */
	int64_t secs;            /* duration, seconds as awork delivers them */
	int64_t break_secs;      /* breakDuration, 0 when absent */
	const char *start_time;  /* startTimeLocal "HH:MM:SS[.f]" */
	const char *company_id, *company_name; /* project.company */
	const char *project_id, *project_name;
	const char *task_id, *task_name;
	const char *user_id, *user_name;       /* "First Last", trimmed; NULL when the user was deleted */
	const char *work_id, *work_name;       /* typeOfWork */
	const char *note;
	const char *updated_on, *updated_by, *res_ver;
};

/* What an entry is found by: its id (text_uuid_pack()) and where it was seen last (DATE_NONE allowed). */
struct entry_key { uint8_t id[16]; date_t date; };
/* ERR_SOFTWARE when the id is no lower-case UUID. */
int entry_key_of(struct entry_key *out, const char *id, date_t date, struct err *e);

/* SHA-256 over the canonical form of what billing depends on: id, duration, breakDuration, startDateLocal, startTimeLocal, ids of project,
 * company, task, user and type of work, note, isBillable, isExternal. Names, updatedOn and resourceVersion are left out:
 * renaming a project touches them on all its entries (awork-io/awork issue #166). 0, or -1 when out of memory. */
int entry_fingerprint(const struct entry *x, uint8_t out[SHA_LEN]);

/* awork rounds durations: true when *now differs from what has the fingerprint fp and lasted secs by at most a second of duration, and in nothing else. 1, 0, -1 out of memory. */
int entry_is_rounded(const struct entry *now, int64_t secs, const uint8_t fp[SHA_LEN]);

/* Appends the entry as canonical JSON: all that select_entry() and lines depend on. */
void entry_write(const struct entry *x, struct buf *out);

/* Reads back what entry_write() wrote; texts go to the pool (interned, but for the note). ERR_DATA. */
int entry_read(const char *json, size_t n, struct pool *pool, struct entry *out, struct err *e);

/* True when local minus UTC is a multiple of 15 minutes between -12 h and +14 h. Absent parts count as plausible.
 * Dates as days, times in seconds of the day, -1 for absent. (Wrong local values occurred: awork-io/awork issue #123.) */
int entry_local_plausible(date_t local_date, int32_t local_sec, date_t utc_date, int32_t utc_sec);

/* Seconds of the day of startTimeLocal, "HH:MM:SS" and more; -1 when it is absent or no time. */
int32_t entry_start_sec(const struct entry *x);

/* What differs between two states of one entry, as words for people: "duration 3600 -> 5400, note". "" when nothing that is fingerprinted does. */
void entry_diff(const struct entry *old, const struct entry *now, struct buf *out);

#endif
