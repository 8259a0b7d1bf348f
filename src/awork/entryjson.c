#include "awork/entryjson.h"

#include <string.h>

#include "base/num.h"
#include "base/text.h"

/* One entry being read. `id` is for messages. */
struct reading {
	const char *id;
	struct jtape *t;
	int lean;
	struct pool *pool;
	struct err *e;
};

/* An instant as awork writes it: a date and a time of day in two members. */
struct moment {
	date_t date;
	int32_t sec; /* of the day, -1 when absent */
	const char *text;
};

static int wrong(struct reading *r, const char *member, const struct jnode *v, const char *expected)
{
	return err_set(r->e, ERR_DATA, "time entry %s: %s is %s, expected %s", r->id, member, jtape_kind(v), expected);
}

static int get_bool(struct reading *r, const struct jnode *o, const char *member, int required, uint8_t *out)
{
	const struct jnode *v = jtape_get(r->t, o, member);
	int b = 0;

	if ((v != NULL || required) && !jtape_bool(v, &b))
		return wrong(r, member, v, "true or false");
	*out = (uint8_t)b;
	return 0;
}

/* Durations are 32-bit integers in awork; a real or a text means that somebody computed with them. */
static int get_seconds(struct reading *r, const struct jnode *o, const char *member, int64_t *out, uint8_t *present)
{
	const struct jnode *v = jtape_get(r->t, o, member);
	int64_t n;

	*out = 0;
	*present = v != NULL;
	if (v == NULL)
		return 0;
	if (!jtape_int(v, &n))
		return wrong(r, member, v, "whole seconds");
	if (n < INT32_MIN || n > INT32_MAX)
		return err_set(r->e, ERR_DATA, "time entry %s: %s %lld is outside 32 bits", r->id, member, (long long)n);
	*out = n;
	return 0;
}

/* A text member; *out is NULL when it is absent. Borrowed from the tape. */
static int get_text(struct reading *r, const struct jnode *o, const char *member, const char **out)
{
	const struct jnode *v = jtape_get(r->t, o, member);

	*out = jtape_text(r->t, v);
	return v != NULL && *out == NULL ? wrong(r, member, v, "a text") : 0;
}

static int get_object(struct reading *r, const struct jnode *o, const char *member, const struct jnode **out)
{
	const struct jnode *v = jtape_get(r->t, o, member);

	*out = v;
	return v != NULL && !jtape_is_object(v) ? wrong(r, member, v, "an object") : 0;
}

static int keep(struct reading *r, const char *s, const char **out)
{
	*out = pool_intern(r->pool, s);
	return s != NULL && *out == NULL ? err_nomem(r->e) : 0;
}

static int is_padded(const char *s)
{
	return (unsigned char)s[0] <= ' ' || (unsigned char)s[strlen(s) - 1] <= ' ';
}

/* A name without blanks at both ends; NULL when nothing is left. */
static int get_name(struct reading *r, const struct jnode *o, const char *member, const char **out)
{
	const char *s;
	char *t;

	*out = NULL;
	if (r->lean)
		return 0;
	if (get_text(r, o, member, &s) < 0)
		return -1;
	if (s == NULL || s[0] == '\0')
		return 0;
	if (!is_padded(s))
		return keep(r, s, out);
	t = pool_dup(r->pool, s);
	if (t == NULL)
		return err_nomem(r->e);
	t = text_trim(t);
	return t[0] != '\0' ? keep(r, t, out) : 0;
}

/* The id of a related thing: given as `member` ("projectId") and inside the object ("project"). Both at once must agree: from one of
 * them somebody is billed. */
static int get_id(struct reading *r, const struct jnode *o, const char *member, const struct jnode *object, const char **out)
{
	const char *plain, *nested;
	char a[37], b[37];

	*out = NULL;
	if (get_text(r, o, member, &plain) < 0 || get_text(r, object, "id", &nested) < 0)
		return -1;
	if (plain != NULL && nested != NULL && strcmp(plain, nested) == 0)
		nested = NULL;
	if ((plain != NULL && text_uuid(a, plain) < 0) || (nested != NULL && text_uuid(b, nested) < 0))
		return err_set(r->e, ERR_DATA, "time entry %s: %s is no UUID", r->id, member);
	if (plain != NULL && nested != NULL && strcmp(a, b) != 0)
		return err_set(r->e, ERR_DATA, "time entry %s: %s %s, but the object says %s", r->id, member, a, b);
	return keep(r, plain != NULL ? a : nested != NULL ? b : NULL, out);
}

/* "HH:mm:ss" with 0 to 7 digits of a fraction. Seconds of the day, -1 when malformed. */
static int32_t time_of_day(const char *s)
{
	static const char form[] = "00:00:00";
	int v[3] = { 0, 0, 0 };

	for (int i = 0; i < 8; i++) {
		if (form[i] == ':' ? s[i] != ':' : s[i] < '0' || s[i] > '9')
			return -1;
		if (form[i] != ':')
			v[i / 3] = v[i / 3] * 10 + (s[i] - '0');
	}
	if (v[0] > 23 || v[1] > 59 || v[2] > 59)
		return -1;
	s += 8;
	if (*s == '\0')
		return v[0] * 3600 + v[1] * 60 + v[2];
	if (*s != '.' || strlen(s) < 2 || strlen(s) > 8 || strspn(s + 1, "0123456789") != strlen(s + 1))
		return -1;
	return v[0] * 3600 + v[1] * 60 + v[2];
}

/* date_member is NULL for ends: nothing depends on their date. */
static int get_moment(struct reading *r, const struct jnode *o, const char *date_member, const char *time_member, struct moment *out)
{
	const char *date = NULL, *time;

	*out = (struct moment){ .date = DATE_NONE, .sec = -1 };
	if ((date_member != NULL && get_text(r, o, date_member, &date) < 0) || get_text(r, o, time_member, &time) < 0)
		return -1;
	if (date != NULL && date_parse_prefix(date, &out->date) < 0)
		return err_set(r->e, ERR_DATA, "time entry %s: %s is no date", r->id, date_member);
	if (time != NULL && (out->sec = time_of_day(time)) < 0)
		return err_set(r->e, ERR_DATA, "time entry %s: %s is no time", r->id, time_member);
	out->text = time;
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

static int read_times(struct reading *r, const struct jnode *o, struct entry *x)
{
	struct moment local, utc, end_local, end_utc;
	uint8_t has_break;

	if (get_seconds(r, o, "duration", &x->secs, &x->has_secs) < 0 || get_seconds(r, o, "breakDuration", &x->break_secs, &has_break) < 0 ||
	    get_moment(r, o, "startDateLocal", "startTimeLocal", &local) < 0)
		return -1;
	x->date = local.date;
	x->local_ok = 1;
	if (r->lean)
		return keep(r, local.text, &x->start_time);
	if (get_moment(r, o, "startDateUtc", "startTimeUtc", &utc) < 0 || get_moment(r, o, NULL, "endTimeLocal", &end_local) < 0 ||
	    get_moment(r, o, NULL, "endTimeUtc", &end_utc) < 0)
		return -1;
	x->shape = (uint8_t)shape_of(local.sec >= 0 || utc.sec >= 0, end_local.sec >= 0 || end_utc.sec >= 0, x->secs);
	x->local_ok = (uint8_t)(entry_local_plausible(local.date, local.sec, utc.date, utc.sec) != 0);
	return keep(r, local.text, &x->start_time);
}

/* When a task is set its project stands twice; the entry's own one rules. */
static int read_project(struct reading *r, const struct jnode *o, const struct jnode *task, struct entry *x)
{
	const struct jnode *project, *of_task = NULL, *company = NULL;
	const char *task_project;
	uint8_t external;

	if (get_object(r, o, "project", &project) < 0 || get_object(r, task, "project", &of_task) < 0 ||
	    get_id(r, o, "projectId", project, &x->project_id) < 0 || get_id(r, task, "projectId", of_task, &task_project) < 0)
		return -1;
	if (x->project_id == NULL)
		x->project_id = task_project;
	if (task_project == NULL || strcmp(task_project, x->project_id) != 0)
		of_task = NULL;
	if (get_name(r, project, "name", &x->project_name) < 0 || get_object(r, project, "company", &company) < 0 ||
	    get_bool(r, project, "isExternal", 0, &external) < 0)
		return -1;
	x->external |= external;
	if (x->project_name == NULL && get_name(r, of_task, "name", &x->project_name) < 0)
		return -1;
	if (company == NULL && get_object(r, of_task, "company", &company) < 0)
		return -1;
	if (get_id(r, company, "companyId", company, &x->company_id) < 0)
		return -1;
	return x->company_id != NULL ? get_name(r, company, "name", &x->company_name) : 0;
}

static int read_task(struct reading *r, const struct jnode *o, struct entry *x)
{
	const struct jnode *task;
	const char *base;

	if (get_object(r, o, "task", &task) < 0 || get_id(r, o, "taskId", task, &x->task_id) < 0 ||
	    get_name(r, task, "name", &x->task_name) < 0 || get_text(r, task, "baseType", &base) < 0)
		return -1;
	x->task_private = base != NULL && strcmp(base, "private") == 0;
	return read_project(r, o, task, x);
}

/* "First Last". A deleted user leaves neither id nor object. */
static int read_user(struct reading *r, const struct jnode *o, struct entry *x)
{
	const struct jnode *user;
	const char *first, *last;
	char *full;
	uint8_t external;
	size_t n;

	if (get_object(r, o, "user", &user) < 0 || get_id(r, o, "userId", user, &x->user_id) < 0 ||
	    get_name(r, user, "firstName", &first) < 0 || get_name(r, user, "lastName", &last) < 0 ||
	    get_bool(r, user, "isExternal", 0, &external) < 0)
		return -1;
	x->external |= external;
	if (first == NULL || last == NULL) {
		x->user_name = first != NULL ? first : last;
		return 0;
	}
	n = strlen(first);
	full = pool_alloc(r->pool, n + strlen(last) + 2);
	if (full == NULL)
		return err_nomem(r->e);
	memcpy(full, first, n);
	full[n] = ' ';
	strcpy(full + n + 1, last);
	return keep(r, full, &x->user_name);
}

/* Evidence only: nothing is refused for it. resourceVersion is above 2^53, so it stays an integer. */
static int read_history(struct reading *r, const struct jnode *o, struct entry *x)
{
	const char *by = jtape_get_text(r->t, o, "updatedBy");
	const char *on = r->lean ? NULL : jtape_get_text(r->t, o, "updatedOn");
	char id[37], text[NUM_MAX];
	int64_t version;

	if (keep(r, by != NULL && text_uuid(id, by) == 0 ? id : NULL, &x->updated_by) < 0)
		return -1;
	if (r->lean)
		return 0;
	x->updated_on = pool_dup(r->pool, on);
	if (jtape_int(jtape_get(r->t, o, "resourceVersion"), &version))
		x->res_ver = pool_dupn(r->pool, text, (size_t)num_fmt(text, version, 0));
	return pool_failed(r->pool) ? err_nomem(r->e) : 0;
}

static int read_entry(struct reading *r, const struct jnode *o, struct entry *x)
{
	const struct jnode *work;
	const char *note;

	if (get_bool(r, o, "isBillable", 1, &x->billable) < 0 || get_bool(r, o, "isBilled", 1, &x->billed) < 0 ||
	    get_bool(r, o, "isExternal", 0, &x->external) < 0)
		return -1;
	if (read_times(r, o, x) < 0 || read_task(r, o, x) < 0 || read_user(r, o, x) < 0)
		return -1;
	if (get_object(r, o, "typeOfWork", &work) < 0 || get_id(r, o, "typeOfWorkId", work, &x->work_id) < 0 ||
	    get_name(r, work, "name", &x->work_name) < 0)
		return -1;
	if (get_text(r, o, "note", &note) < 0 || read_history(r, o, x) < 0)
		return -1;
	x->note = note != NULL && note[0] != '\0' ? pool_dup(r->pool, note) : NULL;
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
static void read_created(struct reading *r, const struct jnode *o, char out[20])
{
	static const char form[] = "0000-00-00T00:00:00";
	const char *s = jtape_get_text(r->t, o, "createdOn");
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
	struct reading r = { "(without id)", t, lean, pool, e };
	struct entry x = { .date = DATE_NONE };
	const struct jnode *o = jtape_root(t);
	const char *id;

	if (!jtape_is_object(o))
		return err_set(e, ERR_DATA, "time entry is %s, expected an object", jtape_kind(o));
	id = jtape_get_text(t, o, "id");
	if (text_uuid(x.id, id != NULL ? id : "") < 0)
		return err_set(e, ERR_DATA, "time entry without usable id: %s, expected a UUID", jtape_kind(jtape_get(t, o, "id")));
	r.id = x.id;
	if (read_entry(&r, o, &x) < 0)
		return -1;
	if (created != NULL)
		read_created(&r, o, created);
	*out = x;
	return 0;
}

int entryjson_read(const char *p, size_t n, int lean, struct pool *pool, struct entry *out, char created[20], struct err *e)
{
	struct jtape *t = jtape_parse(p, n, e);
	char id[37];
	int rc;

	if (t == NULL)
		return find_id(p, n, id) ? err_ctx(e, "time entry %s", id) : err_ctx(e, "time entry");
	rc = entryjson_take(t, lean, pool, out, created, e);
	jtape_free(t);
	return rc;
}
