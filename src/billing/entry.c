#include "billing/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jtape.h"
#include "base/num.h"
#include "base/text.h"
#include "billing/entrytext.h"

/* Short ones need no memory. */
#define CANONICAL 1024

static char *put(char *o, const char *s, size_t n)
{
	memcpy(o, s, n);
	return o + n;
}

static char *number(char *o, int64_t v)
{
	char text[NUM_MAX];

	return put(o, text, (size_t)num_fmt(text, v, 0));
}

/* A field with its length before it, so that no two different entries have one canonical form. */
static char *field(char *o, const char *s, size_t n)
{
	if (s == NULL)
		return put(o, "-;", 2);
	o = number(o, (int64_t)n);
	*o++ = ':';
	o = put(o, s, n);
	*o++ = ';';
	return o;
}

int entry_key_of(struct entry_key *out, const char *id, date_t date, struct err *e)
{
	struct entry_key k = { .date = date };

	if (text_uuid_pack(k.id, id) < 0)
		return err_set(e, ERR_SOFTWARE, "entry to read again has no UUID");
	*out = k;
	return 0;
}

int entry_fingerprint(const struct entry *x, uint8_t out[SHA_LEN])
{
	const char *const texts[] = { x->start_time, x->project_id, x->company_id, x->task_id, x->user_id, x->work_id, x->note };
	char few[CANONICAL], date[16], *p = few, *o;
	size_t len[sizeof texts / sizeof *texts], need = 256;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		len[i] = texts[i] != NULL ? strlen(texts[i]) : 0;
		need += len[i] + NUM_MAX;
	}
	if (need > sizeof few && (p = malloc(need)) == NULL)
		return -1;
	o = field(p, x->id, strlen(x->id));
	if (x->has_secs)
		o = number(o, x->secs);
	else
		*o++ = '-';
	*o++ = ';';
	o = number(o, x->break_secs);
	*o++ = ';';
	date_fmt(date, x->date);
	o = field(o, x->date == DATE_NONE ? NULL : date, strlen(date));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		o = field(o, texts[i], len[i]);
	*o++ = x->billable ? '1' : '0';
	*o++ = x->external ? '1' : '0';
	sha_of(p, (size_t)(o - p), out);
	if (p != few)
		free(p);
	return 0;
}

int entry_is_rounded(const struct entry *now, int64_t secs, const uint8_t fp[SHA_LEN])
{
	struct entry near = *now;
	uint8_t own[SHA_LEN];

	if (!now->has_secs || now->secs - secs > 1 || secs - now->secs > 1)
		return 0;
	near.secs = secs;
	return entry_fingerprint(&near, own) < 0 ? -1 : memcmp(own, fp, SHA_LEN) == 0;
}

void entry_write(const struct entry *x, struct buf *out)
{
	entrytext_write(x, out);
}

static int is_on(const struct jnode *v)
{
	int on = 0;

	return jtape_bool(v, &on) && on;
}

/* In the order in which entry_write() writes. */
enum member {
	M_ROOT, M_ID, M_SECS, M_BREAK, M_DATE, M_START, M_BILLABLE, M_BILLED, M_EXTERNAL, M_SHAPE, M_UNCLEAR, M_PRIVATE, M_COMPANY_ID, M_COMPANY, M_PROJECT_ID, M_PROJECT, M_TASK_ID, M_TASK,
	M_USER_ID, M_USER, M_WORK_ID, M_WORK, M_NOTE, M_UPDATED_ON, M_UPDATED_BY, M_RES_VER, MEMBERS
};

static const struct jtape_want members[MEMBERS] = {
	[M_ID] = { "id", M_ROOT }, [M_SECS] = { "duration", M_ROOT }, [M_BREAK] = { "breakDuration", M_ROOT }, [M_DATE] = { "startDateLocal", M_ROOT },
	[M_START] = { "startTimeLocal", M_ROOT }, [M_BILLABLE] = { "isBillable", M_ROOT }, [M_BILLED] = { "isBilled", M_ROOT }, [M_EXTERNAL] = { "isExternal", M_ROOT },
	[M_SHAPE] = { "shape", M_ROOT }, [M_UNCLEAR] = { "localUnclear", M_ROOT }, [M_PRIVATE] = { "taskPrivate", M_ROOT }, [M_COMPANY_ID] = { "companyId", M_ROOT },
	[M_COMPANY] = { "company", M_ROOT }, [M_PROJECT_ID] = { "projectId", M_ROOT }, [M_PROJECT] = { "project", M_ROOT }, [M_TASK_ID] = { "taskId", M_ROOT },
	[M_TASK] = { "task", M_ROOT }, [M_USER_ID] = { "userId", M_ROOT }, [M_USER] = { "user", M_ROOT }, [M_WORK_ID] = { "typeOfWorkId", M_ROOT },
	[M_WORK] = { "typeOfWork", M_ROOT }, [M_NOTE] = { "note", M_ROOT }, [M_UPDATED_ON] = { "updatedOn", M_ROOT }, [M_UPDATED_BY] = { "updatedBy", M_ROOT },
	[M_RES_VER] = { "resourceVersion", M_ROOT },
};

static void read_members(struct jtape *t, struct pool *pool, struct entry *x)
{
	const struct { enum member m; const char **to; } text[] = {
		{ M_START, &x->start_time }, { M_COMPANY_ID, &x->company_id }, { M_COMPANY, &x->company_name }, { M_PROJECT_ID, &x->project_id }, { M_PROJECT, &x->project_name },
		{ M_TASK_ID, &x->task_id }, { M_TASK, &x->task_name }, { M_USER_ID, &x->user_id }, { M_USER, &x->user_name }, { M_WORK_ID, &x->work_id }, { M_WORK, &x->work_name },
		{ M_UPDATED_ON, &x->updated_on }, { M_UPDATED_BY, &x->updated_by }, { M_RES_VER, &x->res_ver },
	};
	int64_t shape = 0;

	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		*text[i].to = pool_intern(pool, jtape_text(t, jtape_get(t, text[i].m)));
	x->note = pool_dup(pool, jtape_text(t, jtape_get(t, M_NOTE)));
	x->has_secs = (uint8_t)jtape_int(jtape_get(t, M_SECS), &x->secs);
	if (!jtape_int(jtape_get(t, M_BREAK), &x->break_secs))
		x->break_secs = 0;
	x->billable = (uint8_t)is_on(jtape_get(t, M_BILLABLE));
	x->billed = (uint8_t)is_on(jtape_get(t, M_BILLED));
	x->external = (uint8_t)is_on(jtape_get(t, M_EXTERNAL));
	if (jtape_int(jtape_get(t, M_SHAPE), &shape))
		x->shape = (uint8_t)shape;
	x->local_ok = (uint8_t)!is_on(jtape_get(t, M_UNCLEAR));
	x->task_private = (uint8_t)is_on(jtape_get(t, M_PRIVATE));
}

/* For what something else has written, and for what is wrong. */
static int read_general(const char *json, size_t n, struct pool *pool, struct entry *out, struct err *e)
{
	struct jtape *t = jtape_new(members, MEMBERS);
	struct entry x = { .date = DATE_NONE };
	const char *id, *date;
	int rc = -1;

	if (t == NULL)
		return err_nomem(e);
	if (jtape_read(t, json, n, e) < 0)
		goto out;
	id = jtape_text(t, jtape_get(t, M_ID));
	date = jtape_text(t, jtape_get(t, M_DATE));
	if (id == NULL || strlen(id) >= sizeof x.id || (date != NULL && date_parse(date, &x.date) < 0)) {
		err_set(e, ERR_DATA, "a recorded entry has no id or no valid date");
		goto out;
	}
	memcpy(x.id, id, strlen(id) + 1);
	read_members(t, pool, &x);
	if (pool_failed(pool)) {
		err_nomem(e);
		goto out;
	}
	*out = x;
	rc = 0;
out:
	jtape_free(t);
	return rc;
}

int entry_read(const char *json, size_t n, struct pool *pool, struct entry *out, struct err *e)
{
	int rc = entrytext_read(json, n, pool, out);

	return rc > 0 ? 0 : rc < 0 ? err_nomem(e) : read_general(json, n, pool, out, e);
}

int32_t entry_start_sec(const struct entry *x)
{
	const char *s = x->start_time;

	if (s == NULL || strlen(s) < 8)
		return -1;
	for (int i = 0; i < 8; i++)
		if (i % 3 == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9')
			return -1;
	return ((s[0] - '0') * 10 + s[1] - '0') * 3600 + ((s[3] - '0') * 10 + s[4] - '0') * 60 + (s[6] - '0') * 10 + s[7] - '0';
}

int entry_local_plausible(date_t local_date, int32_t local_sec, date_t utc_date, int32_t utc_sec)
{
	int64_t off;

	if (local_date == DATE_NONE || utc_date == DATE_NONE || local_sec < 0 || utc_sec < 0)
		return 1;
	off = ((int64_t)local_date - utc_date) * 86400 + local_sec - utc_sec;
	return off % 900 == 0 && off >= -12 * 3600 && off <= 14 * 3600;
}

static void differs(struct buf *out, const char *what, const char *old, const char *now, int show)
{
	if ((old == NULL && now == NULL) || (old != NULL && now != NULL && strcmp(old, now) == 0))
		return;
	if (out->n > 0)
		buf_str(out, ", ");
	if (show)
		buf_fmt(out, "%s %s -> %s", what, old == NULL ? "none" : old, now == NULL ? "none" : now);
	else
		buf_str(out, what);
}

static void differs_int(struct buf *out, const char *what, int64_t old, int64_t now)
{
	if (old != now)
		buf_fmt(out, "%s%s %lld -> %lld", out->n > 0 ? ", " : "", what, (long long)old, (long long)now);
}

/* NULL when the duration is absent: that is not the same as any number. */
static const char *secs_text(char out[24], const struct entry *x)
{
	snprintf(out, 24, "%lld", (long long)x->secs);
	return x->has_secs ? out : NULL;
}

void entry_diff(const struct entry *old, const struct entry *now, struct buf *out)
{
	char a[24], b[24];

	differs(out, "duration", secs_text(a, old), secs_text(b, now), 1);
	differs_int(out, "breakDuration", old->break_secs, now->break_secs);
	differs(out, "startDateLocal", old->date == DATE_NONE ? NULL : date_fmt(a, old->date), now->date == DATE_NONE ? NULL : date_fmt(b, now->date), 1);
	differs(out, "startTimeLocal", old->start_time, now->start_time, 1);
	differs(out, "project", old->project_id, now->project_id, 1);
	differs(out, "company", old->company_id, now->company_id, 1);
	differs(out, "task", old->task_id, now->task_id, 1);
	differs(out, "user", old->user_id, now->user_id, 1);
	differs(out, "typeOfWork", old->work_id, now->work_id, 1);
	differs(out, "note", old->note, now->note, 0);
	differs_int(out, "isBillable", old->billable, now->billable);
	differs_int(out, "isExternal", old->external, now->external);
}
