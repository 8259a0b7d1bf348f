/* Changes that awork knows for one entry at a time: breaks removed, a new entry. Many in flight. */
#ifndef AWORK_CHANGE_H
#define AWORK_CHANGE_H

#include "awork/http.h"
#include "billing/entry.h"

enum change_answer {
	CHANGE_OK,       /* awork says so; reading back proves */
	CHANGE_REFUSED,  /* 400 and its like: not applied */
	CHANGE_GONE,     /* 404 */
	CHANGE_AGAIN,    /* 429: not applied */
	CHANGE_LOST      /* broken connection, time-out, 5xx, an answer that is none: read before anything is sent again */
};

struct change_result {
	enum change_answer answer;
	long http;
	char trace_id[80];
	char entry[37];  /* of the new entry, lower case; "" when the answer names none */
	char note[256];  /* what awork said */
};

/* POST /timeentries/{id}/removebreaks for each id. out has n elements. ERR_NOPERM for 401 and 403: then it is open which of the others were applied; else as http_run(). */
int change_remove_breaks(struct http *h, const char *const *ids, size_t n, struct change_result *out, struct err *e);

/* POST /timeentries for each (schema TimeEntryPostForm): date, start_time or none, secs, user, project, task, type of work, note, billable. timezone: IANA name. Errors as above. */
int change_create(struct http *h, const struct entry *const *v, size_t n, const char *timezone, struct change_result *out, struct err *e);

#endif
