#include "awork/entryjson.h"

#include <string.h>

#include "base/num.h"
#include "base/text.h"

/* Members by number; NONE: of no object. */
enum member {
	NONE, ID, BILLABLE, BILLED, EXTERNAL, DURATION, BREAK, LOCAL_DATE, LOCAL_TIME, UTC_DATE, UTC_TIME, LOCAL_END, UTC_END, NOTE, CREATED_ON, UPDATED_BY, UPDATED_ON, VERSION,
	PROJECT_ID, PROJECT, PROJECT__ID, PROJECT__NAME, PROJECT__EXTERNAL, PROJECT__COMPANY, COMPANY__ID, COMPANY__NAME, COMPANY__COMPANY_ID,
	TASK_ID, TASK, TASK__ID, TASK__NAME, TASK__BASE_TYPE, TASK__PROJECT_ID, TASK__PROJECT, TASK_PROJECT__ID, TASK_PROJECT__NAME, TASK_PROJECT__COMPANY,
	TASK_COMPANY__ID, TASK_COMPANY__NAME, TASK_COMPANY__COMPANY_ID,
	USER_ID, USER, USER__ID, USER__FIRST, USER__LAST, USER__EXTERNAL, WORK_ID, WORK, WORK__ID, WORK__NAME, MEMBERS
};

#define ROOT 0

static const struct jtape_want members[MEMBERS] = {
	[ID] = { "id", ROOT }, [BILLABLE] = { "isBillable", ROOT }, [BILLED] = { "isBilled", ROOT }, [EXTERNAL] = { "isExternal", ROOT }, [DURATION] = { "duration", ROOT },
	[BREAK] = { "breakDuration", ROOT }, [LOCAL_DATE] = { "startDateLocal", ROOT }, [LOCAL_TIME] = { "startTimeLocal", ROOT }, [UTC_DATE] = { "startDateUtc", ROOT },
	[UTC_TIME] = { "startTimeUtc", ROOT }, [LOCAL_END] = { "endTimeLocal", ROOT }, [UTC_END] = { "endTimeUtc", ROOT }, [NOTE] = { "note", ROOT },
	[CREATED_ON] = { "createdOn", ROOT }, [UPDATED_BY] = { "updatedBy", ROOT }, [UPDATED_ON] = { "updatedOn", ROOT }, [VERSION] = { "resourceVersion", ROOT },
	[PROJECT_ID] = { "projectId", ROOT }, [PROJECT] = { "project", ROOT }, [PROJECT__ID] = { "id", PROJECT }, [PROJECT__NAME] = { "name", PROJECT },
	[PROJECT__EXTERNAL] = { "isExternal", PROJECT }, [PROJECT__COMPANY] = { "company", PROJECT }, [COMPANY__ID] = { "id", PROJECT__COMPANY },
	[COMPANY__NAME] = { "name", PROJECT__COMPANY }, [COMPANY__COMPANY_ID] = { "companyId", PROJECT__COMPANY },
	[TASK_ID] = { "taskId", ROOT }, [TASK] = { "task", ROOT }, [TASK__ID] = { "id", TASK }, [TASK__NAME] = { "name", TASK }, [TASK__BASE_TYPE] = { "baseType", TASK },
	[TASK__PROJECT_ID] = { "projectId", TASK }, [TASK__PROJECT] = { "project", TASK }, [TASK_PROJECT__ID] = { "id", TASK__PROJECT },
	[TASK_PROJECT__NAME] = { "name", TASK__PROJECT }, [TASK_PROJECT__COMPANY] = { "company", TASK__PROJECT }, [TASK_COMPANY__ID] = { "id", TASK_PROJECT__COMPANY },
	[TASK_COMPANY__NAME] = { "name", TASK_PROJECT__COMPANY }, [TASK_COMPANY__COMPANY_ID] = { "companyId", TASK_PROJECT__COMPANY },
	[USER_ID] = { "userId", ROOT }, [USER] = { "user", ROOT }, [USER__ID] = { "id", USER }, [USER__FIRST] = { "firstName", USER }, [USER__LAST] = { "lastName", USER },
	[USER__EXTERNAL] = { "isExternal", USER }, [WORK_ID] = { "typeOfWorkId", ROOT }, [WORK] = { "typeOfWork", ROOT }, [WORK__ID] = { "id", WORK }, [WORK__NAME] = { "name", WORK },
};

/* One entry being read. `id` is for messages. */
struct reading {
	const char *id;
	struct jtape *t;
	const struct jnode *v; /* of the tape, by member */
	int lean;
	struct pool *pool;
	struct err *e;
};

/* An instant as awork writes it: a date and a time of day in two members. */
struct moment {
	date_t date;
	int32_t sec;      /* of the day, -1 when absent */
	const char *text; /* of the time, not terminated */
	size_t n;
};

struct jtape *entryjson_tape(void)
{
	return jtape_new(members, MEMBERS);
}

static inline const struct jnode *get(const struct reading *r, enum member m)
{
	const struct jnode *v = &r->v[m];

	return m != NONE && v->kind != JTAPE_ABSENT && v->kind != JTAPE_NULL ? v : NULL;
}

static int wrong(struct reading *r, enum member m, const struct jnode *v, const char *expected)
{
	return err_set(r->e, ERR_DATA, "time entry %s: %s is %s, expected %s", r->id, members[m].key, jtape_kind(v), expected);
}

static int get_bool(struct reading *r, enum member m, int required, uint8_t *out)
{
	const struct jnode *v = get(r, m);
	int b = 0;

	if ((v != NULL || required) && !jtape_bool(v, &b))
		return wrong(r, m, v, "true or false");
	*out = (uint8_t)b;
	return 0;
}

/* Durations are 32-bit integers in awork; a real or a text means that somebody computed with them. */
static int get_seconds(struct reading *r, enum member m, int64_t *out, uint8_t *present)
{
	const struct jnode *v = get(r, m);
	int64_t n;

	*out = 0;
	*present = v != NULL;
	if (v == NULL)
		return 0;
	if (!jtape_int(v, &n))
		return wrong(r, m, v, "whole seconds");
	if (n < INT32_MIN || n > INT32_MAX)
		return err_set(r->e, ERR_DATA, "time entry %s: %s %lld is outside 32 bits", r->id, members[m].key, (long long)n);
	*out = n;
	return 0;
}

/* A text member, not terminated; *out is NULL when it is absent. Borrowed from the tape. */
static inline int get_text(struct reading *r, enum member m, const char **out, size_t *n)
{
	const struct jnode *v = get(r, m);

	*n = 0;
	*out = NULL;
	if (v == NULL)
		return 0;
	if (v->kind != JTAPE_STRING)
		return wrong(r, m, v, "a text");
	if (v->escaped) {
		*out = jtape_span(r->t, v, n);
	} else {
		*n = v->len;
		*out = v->text;
	}
	return 0;
}

/* Whether there is an object. */
static int get_object(struct reading *r, enum member m, int *there)
{
	const struct jnode *v = get(r, m);

	*there = v != NULL;
	return v != NULL && !jtape_is_object(v) ? wrong(r, m, v, "an object") : 0;
}

static int keep(struct reading *r, const char *s, size_t n, const char **out)
{
	*out = pool_internn(r->pool, s, n);
	return s != NULL && *out == NULL ? err_nomem(r->e) : 0;
}

/* A name without blanks at both ends; NULL when nothing is left. */
static int get_name(struct reading *r, enum member m, const char **out)
{
	const char *s;
	char *t;
	size_t n;

	*out = NULL;
	if (r->lean)
		return 0;
	if (get_text(r, m, &s, &n) < 0)
		return -1;
	if (n == 0)
		return 0;
	if ((unsigned char)s[0] > ' ' && (unsigned char)s[n - 1] > ' ')
		return keep(r, s, n, out);
	t = pool_dupn(r->pool, s, n);
	if (t == NULL)
		return err_nomem(r->e);
	t = text_trim(t);
	return t[0] != '\0' ? keep(r, t, strlen(t), out) : 0;
}

/* The id of a related thing: given as `plain_id` ("projectId") and inside the object ("project"). Both at once must agree: from one of
 * them somebody is billed. */
static int get_id(struct reading *r, enum member plain_id, enum member nested_id, const char **out)
{
	const char *plain, *nested;
	char a[37], b[37];
	size_t n, k;

	*out = NULL;
	if (get_text(r, plain_id, &plain, &n) < 0 || get_text(r, nested_id, &nested, &k) < 0)
		return -1;
	if (plain != NULL && nested != NULL && n == k && memcmp(plain, nested, n) == 0)
		nested = NULL;
	if ((plain != NULL && text_uuidn(a, plain, n) < 0) || (nested != NULL && text_uuidn(b, nested, k) < 0))
		return err_set(r->e, ERR_DATA, "time entry %s: %s is no UUID", r->id, members[plain_id].key);
	if (plain != NULL && nested != NULL && memcmp(a, b, 36) != 0)
		return err_set(r->e, ERR_DATA, "time entry %s: %s %s, but the object says %s", r->id, members[plain_id].key, a, b);
	return keep(r, plain != NULL ? a : nested != NULL ? b : NULL, 36, out);
}

static int two(const char *s)
{
	return s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9' ? (s[0] - '0') * 10 + s[1] - '0' : -1;
}

/* "HH:mm:ss" with 0 to 7 digits of a fraction. Seconds of the day, -1 when malformed. */
static int32_t time_of_day(const char *s, size_t n)
{
	int h, m, sec;

	if (n < 8 || n == 9 || n > 16 || s[2] != ':' || s[5] != ':' || (n > 8 && s[8] != '.'))
		return -1;
	h = two(s);
	m = two(s + 3);
	sec = two(s + 6);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59)
		return -1;
	for (size_t i = 9; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return -1;
	return h * 3600 + m * 60 + sec;
}

/* The date of ends is NONE: nothing depends on it. */
static int get_moment(struct reading *r, enum member date_member, enum member time_member, struct moment *out)
{
	const char *date;
	char day[12];
	size_t n;

	*out = (struct moment){ .date = DATE_NONE, .sec = -1 };
	if (get_text(r, date_member, &date, &n) < 0 || get_text(r, time_member, &out->text, &out->n) < 0)
		return -1;
	if (date != NULL) {
		/* No more counts. */
		n = n < sizeof day - 1 ? n : sizeof day - 1;
		memcpy(day, date, n);
		day[n] = '\0';
		if (date_parse_prefix(day, &out->date) < 0)
			return err_set(r->e, ERR_DATA, "time entry %s: %s is no date", r->id, members[date_member].key);
	}
	if (out->text != NULL && (out->sec = time_of_day(out->text, out->n)) < 0)
		return err_set(r->e, ERR_DATA, "time entry %s: %s is no time", r->id, members[time_member].key);
	return 0;
}

/* Shapes of the list (recorded): an entry with one end alone is a timer while it has no duration, and suspicious when it has one. */
static enum entry_shape shape_of(int start, int end, int64_t secs)
{
	if (start && end)
		return ENTRY_COMPLETE;
	if (!start && !end)
		return ENTRY_DURATION_ONLY;
	return secs == 0 ? ENTRY_RUNNING : ENTRY_OPEN_END;
}

static int read_times(struct reading *r, struct entry *x)
{
	struct moment local, utc, end_local, end_utc;
	uint8_t has_break;

	if (get_seconds(r, DURATION, &x->secs, &x->has_secs) < 0 || get_seconds(r, BREAK, &x->break_secs, &has_break) < 0 ||
	    get_moment(r, LOCAL_DATE, LOCAL_TIME, &local) < 0)
		return -1;
	x->date = local.date;
	x->local_ok = 1;
	if (r->lean)
		return keep(r, local.text, local.n, &x->start_time);
	if (get_moment(r, UTC_DATE, UTC_TIME, &utc) < 0 || get_moment(r, NONE, LOCAL_END, &end_local) < 0 || get_moment(r, NONE, UTC_END, &end_utc) < 0)
		return -1;
	x->shape = (uint8_t)shape_of(local.sec >= 0 || utc.sec >= 0, end_local.sec >= 0 || end_utc.sec >= 0, x->secs);
	x->local_ok = (uint8_t)(entry_local_plausible(local.date, local.sec, utc.date, utc.sec) != 0);
	return keep(r, local.text, local.n, &x->start_time);
}

/* When a task is set its project stands twice; the entry's own one rules. */
static int read_project(struct reading *r, struct entry *x)
{
	enum member id = COMPANY__ID, name = COMPANY__NAME, company_id = COMPANY__COMPANY_ID;
	int project, of_task, company;
	const char *task_project;
	uint8_t external;

	if (get_object(r, PROJECT, &project) < 0 || get_object(r, TASK__PROJECT, &of_task) < 0 ||
	    get_id(r, PROJECT_ID, PROJECT__ID, &x->project_id) < 0 || get_id(r, TASK__PROJECT_ID, TASK_PROJECT__ID, &task_project) < 0)
		return -1;
	if (x->project_id == NULL)
		x->project_id = task_project;
	of_task = of_task && task_project != NULL && strcmp(task_project, x->project_id) == 0;
	if (get_name(r, PROJECT__NAME, &x->project_name) < 0 || get_object(r, PROJECT__COMPANY, &company) < 0 ||
	    get_bool(r, PROJECT__EXTERNAL, 0, &external) < 0)
		return -1;
	x->external |= external;
	if (x->project_name == NULL && of_task && get_name(r, TASK_PROJECT__NAME, &x->project_name) < 0)
		return -1;
	if (!company && of_task) {
		id = TASK_COMPANY__ID;
		name = TASK_COMPANY__NAME;
		company_id = TASK_COMPANY__COMPANY_ID;
		if (get_object(r, TASK_PROJECT__COMPANY, &company) < 0)
			return -1;
	}
	if (!company)
		return 0;
	if (get_id(r, company_id, id, &x->company_id) < 0)
		return -1;
	return x->company_id != NULL ? get_name(r, name, &x->company_name) : 0;
}

static int read_task(struct reading *r, struct entry *x)
{
	const char *base;
	size_t n;
	int task;

	if (get_object(r, TASK, &task) < 0 || get_id(r, TASK_ID, TASK__ID, &x->task_id) < 0 || get_name(r, TASK__NAME, &x->task_name) < 0 ||
	    get_text(r, TASK__BASE_TYPE, &base, &n) < 0)
		return -1;
	x->task_private = n == 7 && memcmp(base, "private", 7) == 0;
	return read_project(r, x);
}

/* "First Last". A deleted user leaves neither id nor object. */
static int read_user(struct reading *r, struct entry *x)
{
	const char *first, *last;
	char *full, some[128];
	uint8_t external;
	size_t n, k;
	int user;

	if (get_object(r, USER, &user) < 0 || get_id(r, USER_ID, USER__ID, &x->user_id) < 0 || get_name(r, USER__FIRST, &first) < 0 || get_name(r, USER__LAST, &last) < 0 ||
	    get_bool(r, USER__EXTERNAL, 0, &external) < 0)
		return -1;
	x->external |= external;
	if (first == NULL || last == NULL) {
		x->user_name = first != NULL ? first : last;
		return 0;
	}
	n = strlen(first);
	k = strlen(last);
	full = n + k < sizeof some ? some : pool_alloc(r->pool, n + k + 1);
	if (full == NULL)
		return err_nomem(r->e);
	memcpy(full, first, n);
	full[n] = ' ';
	memcpy(full + n + 1, last, k);
	return keep(r, full, n + k + 1, &x->user_name);
}

/* Evidence only: nothing is refused for it. resourceVersion is above 2^53, so it stays an integer. */
static int read_history(struct reading *r, struct entry *x)
{
	char id[37], text[NUM_MAX];
	const char *s;
	int64_t version;
	size_t n = 0;

	s = jtape_span(r->t, get(r, UPDATED_BY), &n);
	if (keep(r, s != NULL && text_uuidn(id, s, n) == 0 ? id : NULL, 36, &x->updated_by) < 0)
		return -1;
	if (r->lean)
		return 0;
	s = jtape_span(r->t, get(r, UPDATED_ON), &n);
	x->updated_on = pool_dupn(r->pool, s, n);
	if (jtape_int(get(r, VERSION), &version))
		x->res_ver = pool_dupn(r->pool, text, (size_t)num_fmt(text, version, 0));
	return pool_failed(r->pool) ? err_nomem(r->e) : 0;
}

static int read_entry(struct reading *r, struct entry *x)
{
	const char *note;
	size_t n;
	int work;

	if (get_bool(r, BILLABLE, 1, &x->billable) < 0 || get_bool(r, BILLED, 1, &x->billed) < 0 || get_bool(r, EXTERNAL, 0, &x->external) < 0)
		return -1;
	if (read_times(r, x) < 0 || read_task(r, x) < 0 || read_user(r, x) < 0)
		return -1;
	if (get_object(r, WORK, &work) < 0 || get_id(r, WORK_ID, WORK__ID, &x->work_id) < 0 || get_name(r, WORK__NAME, &x->work_name) < 0)
		return -1;
	if (get_text(r, NOTE, &note, &n) < 0 || read_history(r, x) < 0)
		return -1;
	x->note = n > 0 ? pool_dupn(r->pool, note, n) : NULL;
	return pool_failed(r->pool) ? err_nomem(r->e) : 0;
}

/* The id of an entry that cannot be parsed, for the message: the first UUID that follows "id" outside of nested objects. */
static int find_id(const char *p, size_t n, char out[37])
{
	char id[37];
	int depth = 0, quoted = 0;

	for (size_t i = 0; i + 43 < n; i++) {
		if (quoted && p[i] == '\\')
			i++;
		else if (p[i] == '"' && !quoted && depth == 1 && memcmp(p + i, "\"id\":\"", 6) == 0) {
			memcpy(id, p + i + 6, 36);
			id[36] = '\0';
			return text_uuid(out, id) == 0;
		} else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted)
			depth += (p[i] == '{' || p[i] == '[') - (p[i] == '}' || p[i] == ']');
	}
	return 0;
}

/* The seconds of "2026-03-01T08:15:00.123Z" as text: such texts sort as the instants do. Evidence only, as above. */
static void read_created(struct reading *r, char out[20])
{
	static const char form[] = "0000-00-00T00:00:00";
	const char *s = jtape_text(r->t, get(r, CREATED_ON));
	size_t n = s != NULL ? strlen(s) : 0;

	out[0] = '\0';
	if (n < 20 || s[n - 1] != 'Z' || (n > 20 && (s[19] != '.' || strspn(s + 20, "0123456789") != n - 21)))
		return;
	for (int i = 0; i < 19; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return;
	memcpy(out, s, 19);
	out[19] = '\0';
}

int entryjson_take(struct jtape *t, int lean, struct pool *pool, struct entry *out, char created[20], struct err *e)
{
	struct reading r = { "(without id)", t, jtape_nodes(t), lean, pool, e };
	struct entry x = { .date = DATE_NONE };
	const struct jnode *o = jtape_get(t, ROOT);
	const char *id;
	size_t n = 0;

	if (!jtape_is_object(o))
		return err_set(e, ERR_DATA, "time entry is %s, expected an object", o != NULL ? jtape_kind(o) : "null");
	id = jtape_span(t, jtape_get(t, ID), &n);
	if (text_uuidn(x.id, id, n) < 0)
		return err_set(e, ERR_DATA, "time entry without usable id: %s, expected a UUID", jtape_kind(jtape_get(t, ID)));
	r.id = x.id;
	if (read_entry(&r, &x) < 0)
		return -1;
	if (created != NULL)
		read_created(&r, created);
	*out = x;
	return 0;
}

int entryjson_read(const char *p, size_t n, int lean, struct pool *pool, struct entry *out, char created[20], struct err *e)
{
	struct jtape *t = entryjson_tape();
	char id[37];
	int rc = -1;

	if (t == NULL)
		err_nomem(e);
	else if (jtape_read(t, p, n, e) == 0)
		rc = entryjson_take(t, lean, pool, out, created, e);
	else if (find_id(p, n, id))
		err_ctx(e, "time entry %s", id);
	else
		err_ctx(e, "time entry");
	jtape_free(t);
	return rc;
}
