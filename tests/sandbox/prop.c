#include "prop.h"

#include "render.h"

#include <string.h>
#include <strings.h>

enum id {
    E_ID, E_BILLABLE, E_BILLED, E_TASK, E_PROJECT, E_USER, E_TYPE, E_NOTE, E_START_DATE_UTC, E_START_TIME_UTC, E_END_DATE_UTC,
    E_END_TIME_UTC, E_START_DATE_LOCAL, E_START_TIME_LOCAL, E_END_DATE_LOCAL, E_END_TIME_LOCAL, E_TIMEZONE, E_DURATION, E_BREAK,
    E_CREATED_BY, E_CREATED_ON, E_UPDATED_BY, E_UPDATED_ON, E_VERSION, E_EXTERNAL, E_TYPE_NAME, E_TYPE_ARCHIVED, E_USER_FIRST,
    E_USER_LAST, E_USER_EXTERNAL, E_TASK_NAME, E_TASK_BASE, E_TASK_IDENT, E_TASK_PROJECT, E_PROJECT_NAME, E_PROJECT_KEY,
    E_PROJECT_PRIVATE, E_PROJECT_EXTERNAL, E_PROJECT_DEFAULT, E_PROJECT_STATUS, E_COMPANY, E_COMPANY_NAME, BY_PATH,
};

static const struct prop entry_props[] = {
    {"id", V_UUID, E_ID}, {"isBillable", V_BOOL, E_BILLABLE}, {"isBilled", V_BOOL, E_BILLED}, {"taskId", V_UUID, E_TASK},
    {"projectId", V_UUID, E_PROJECT}, {"userId", V_UUID, E_USER}, {"typeOfWorkId", V_UUID, E_TYPE}, {"note", V_STR, E_NOTE},
    {"startDateUtc", V_DATE, E_START_DATE_UTC}, {"startTimeUtc", V_TIME, E_START_TIME_UTC},
    {"endDateUtc", V_DATE, E_END_DATE_UTC}, {"endTimeUtc", V_TIME, E_END_TIME_UTC},
    {"startDateLocal", V_DATE, E_START_DATE_LOCAL}, {"startTimeLocal", V_TIME, E_START_TIME_LOCAL},
    {"endDateLocal", V_DATE, E_END_DATE_LOCAL}, {"endTimeLocal", V_TIME, E_END_TIME_LOCAL}, {"timezone", V_STR, E_TIMEZONE},
    {"duration", V_NUM, E_DURATION}, {"breakDuration", V_NUM, E_BREAK}, {"createdBy", V_UUID, E_CREATED_BY},
    {"createdOn", V_DATE, E_CREATED_ON}, {"updatedBy", V_UUID, E_UPDATED_BY}, {"updatedOn", V_DATE, E_UPDATED_ON},
    {"resourceVersion", V_NUM, E_VERSION}, {"isExternal", V_BOOL, E_EXTERNAL}, {"typeOfWork", V_UUID, E_TYPE},
    {"typeOfWork/id", V_UUID, E_TYPE}, {"typeOfWork/name", V_STR, E_TYPE_NAME}, {"typeOfWork/isArchived", V_BOOL, E_TYPE_ARCHIVED},
    {"user", V_UUID, E_USER}, {"user/id", V_UUID, E_USER}, {"user/firstName", V_STR, E_USER_FIRST},
    {"user/lastName", V_STR, E_USER_LAST}, {"user/isExternal", V_BOOL, E_USER_EXTERNAL}, {"task", V_UUID, E_TASK},
    {"task/id", V_UUID, E_TASK}, {"task/name", V_STR, E_TASK_NAME}, {"task/baseType", V_STR, E_TASK_BASE},
    {"task/taskIdentifier", V_STR, E_TASK_IDENT}, {"task/projectId", V_UUID, E_TASK_PROJECT},
    {"task/project/id", V_UUID, E_TASK_PROJECT}, {"project", V_UUID, E_PROJECT}, {"project/id", V_UUID, E_PROJECT},
    {"project/name", V_STR, E_PROJECT_NAME}, {"project/projectKey", V_STR, E_PROJECT_KEY},
    {"project/isPrivate", V_BOOL, E_PROJECT_PRIVATE}, {"project/isExternal", V_BOOL, E_PROJECT_EXTERNAL},
    {"project/isBillableByDefault", V_BOOL, E_PROJECT_DEFAULT}, {"project/projectStatus/type", V_STR, E_PROJECT_STATUS},
    {"project/company", V_UUID, E_COMPANY}, {"project/company/id", V_UUID, E_COMPANY}, {"project/companyId", V_UUID, E_COMPANY},
    {"project/company/name", V_STR, E_COMPANY_NAME}, {NULL, V_NULL, 0},
};

#define HISTORY \
    {"createdOn", V_DATE, BY_PATH}, {"createdBy", V_UUID, BY_PATH}, {"updatedOn", V_DATE, BY_PATH}, {"updatedBy", V_UUID, BY_PATH}, \
    {NULL, V_NULL, 0}

static const struct prop project_props[] = {
    {"id", V_UUID, BY_PATH}, {"name", V_STR, BY_PATH}, {"description", V_STR, BY_PATH}, {"projectKey", V_STR, BY_PATH},
    {"companyId", V_UUID, BY_PATH}, {"company/id", V_UUID, BY_PATH}, {"company/name", V_STR, BY_PATH},
    {"projectTypeId", V_UUID, BY_PATH}, {"projectType/name", V_STR, BY_PATH}, {"projectStatusId", V_UUID, BY_PATH},
    {"projectStatus/type", V_STR, BY_PATH}, {"projectStatus/name", V_STR, BY_PATH}, {"isPrivate", V_BOOL, BY_PATH},
    {"isExternal", V_BOOL, BY_PATH}, {"isRetainer", V_BOOL, BY_PATH}, {"isBillableByDefault", V_BOOL, BY_PATH},
    {"timeBudget", V_NUM, BY_PATH}, {"resourceVersion", V_NUM, BY_PATH}, {"closedOn", V_DATE, BY_PATH}, HISTORY,
};

static const struct prop company_props[] = {
    {"id", V_UUID, BY_PATH}, {"name", V_STR, BY_PATH}, {"description", V_STR, BY_PATH}, {"industry", V_STR, BY_PATH},
    {"isExternal", V_BOOL, BY_PATH}, {"projectsCount", V_NUM, BY_PATH}, {"resourceVersion", V_NUM, BY_PATH}, HISTORY,
};

static const struct prop user_props[] = {
    {"id", V_UUID, BY_PATH}, {"firstName", V_STR, BY_PATH}, {"lastName", V_STR, BY_PATH}, {"position", V_STR, BY_PATH},
    {"title", V_STR, BY_PATH}, {"isArchived", V_BOOL, BY_PATH}, {"isDeactivated", V_BOOL, BY_PATH}, {"isExternal", V_BOOL, BY_PATH},
    {"resourceVersion", V_NUM, BY_PATH}, HISTORY,
};

static const struct prop type_props[] = {
    {"id", V_UUID, BY_PATH}, {"name", V_STR, BY_PATH}, {"description", V_STR, BY_PATH}, {"icon", V_STR, BY_PATH},
    {"isArchived", V_BOOL, BY_PATH}, HISTORY,
};

static const struct prop contact_props[] = {
    {"id", V_UUID, BY_PATH}, {"type", V_STR, BY_PATH}, {"subType", V_STR, BY_PATH}, {"label", V_STR, BY_PATH},
    {"value", V_STR, BY_PATH}, {"country", V_STR, BY_PATH}, {"isAddress", V_BOOL, BY_PATH}, HISTORY,
};

const struct prop *prop_find(enum table t, const char *name, size_t len)
{
    static const struct prop *const tables[] = {entry_props, project_props, company_props, user_props, type_props, contact_props};
    for (const struct prop *p = tables[t]; p->path; p++) {
        if (strlen(p->path) == len && strncasecmp(p->path, name, len) == 0)
            return p;
    }
    return NULL;
}

unsigned prop_touch(const struct prop *p)
{
    switch (p->id) {
    case E_ID: case E_CREATED_ON:
        return TOUCH_SET;
    case E_BILLABLE: case E_BILLED:
        return TOUCH_SET | TOUCH_FLAGS;
    case E_UPDATED_BY: case E_UPDATED_ON: case E_VERSION:
        return TOUCH_SET | TOUCH_UPDATED;
    case E_PROJECT_NAME: case E_COMPANY_NAME:
        return TOUCH_SET | TOUCH_REST | TOUCH_NAMES;
    default:
        return TOUCH_SET | TOUCH_REST;
    }
}

static void set_num(struct value *v, enum vtype t, int64_t i)
{
    v->t = i == WHEN_NONE ? V_NULL : t;
    v->real = false;
    v->i = i;
}

static void set_date_part(struct value *v, int64_t instant)
{
    v->t = instant == WHEN_NONE ? V_NULL : V_DATE;
    if (v->t)
        v->i = instant / WHEN_DAY * WHEN_DAY;
}

static void set_bool(struct value *v, bool b)
{
    v->t = V_BOOL;
    v->i = b;
}

static void set_thing(struct value *v, enum kind k, int i)
{
    v->t = i < 0 ? V_NULL : V_UUID;
    if (i >= 0)
        v->u = store.things[k].v[i].id;
}

static void set_str(struct value *v, const char *s)
{
    v->t = s ? V_STR : V_NULL;
    v->s = s;
}

/* A member of the workspace file's object behind an index. */
static const json_t *src(enum kind k, int i, const char *name)
{
    return i < 0 ? NULL : json_object_get(store.things[k].v[i].src, name);
}

static int up(enum kind k, int i)
{
    return i < 0 ? -1 : store.things[k].v[i].parent;
}

static void get_nested(int id, const struct entry *e, struct value *v)
{
    const struct thing *t;
    switch (id) {
    case E_TYPE_NAME: t = store_thing(KIND_TYPE, e->type); set_str(v, t ? t->name : NULL); break;
    case E_TYPE_ARCHIVED: set_bool(v, json_is_true(src(KIND_TYPE, e->type, "archived"))); break;
    case E_USER_FIRST: set_str(v, json_string_value(src(KIND_USER, e->user, "firstName"))); break;
    case E_USER_LAST: set_str(v, json_string_value(src(KIND_USER, e->user, "lastName"))); break;
    case E_USER_EXTERNAL: set_bool(v, json_is_true(src(KIND_USER, e->user, "external"))); break;
    case E_TASK_NAME: t = store_thing(KIND_TASK, e->task); set_str(v, t ? t->name : NULL); break;
    case E_TASK_BASE: set_str(v, json_string_value(src(KIND_TASK, e->task, "baseType"))); break;
    case E_TASK_IDENT: set_str(v, json_string_value(src(KIND_TASK, e->task, "taskIdentifier"))); break;
    case E_TASK_PROJECT: set_thing(v, KIND_PROJECT, up(KIND_TASK, e->task)); break;
    case E_PROJECT_NAME: t = store_thing(KIND_PROJECT, e->project); set_str(v, t ? t->name : NULL); break;
    case E_PROJECT_KEY: set_str(v, json_string_value(src(KIND_PROJECT, e->project, "projectKey"))); break;
    case E_PROJECT_PRIVATE: set_bool(v, json_is_true(src(KIND_PROJECT, e->project, "private"))); break;
    case E_PROJECT_EXTERNAL: set_bool(v, json_is_true(src(KIND_PROJECT, e->project, "external"))); break;
    case E_PROJECT_DEFAULT: set_bool(v, !json_is_true(src(KIND_PROJECT, e->project, "internal"))); break;
    case E_PROJECT_STATUS: set_str(v, json_string_value(json_object_get(src(KIND_PROJECT, e->project, "status"), "type"))); break;
    case E_COMPANY: set_thing(v, KIND_COMPANY, up(KIND_PROJECT, e->project)); break;
    case E_COMPANY_NAME:
        t = store_thing(KIND_COMPANY, up(KIND_PROJECT, e->project));
        set_str(v, t ? t->name : NULL);
        break;
    default: v->t = V_NULL; break;
    }
}

static void get_entry(int id, const struct row *r, struct value *v)
{
    const struct entry *e = r->e;
    switch (id) {
    case E_ID: v->t = V_UUID; v->u = e->id; break;
    case E_BILLABLE: set_bool(v, e->billable); break;
    case E_BILLED: set_bool(v, render_billed(e, r->stale)); break;
    case E_EXTERNAL: set_bool(v, e->external); break;
    case E_TASK: set_thing(v, KIND_TASK, e->task); break;
    case E_PROJECT: set_thing(v, KIND_PROJECT, e->project); break;
    case E_USER: set_thing(v, KIND_USER, e->user); break;
    case E_TYPE: set_thing(v, KIND_TYPE, e->type); break;
    case E_CREATED_BY: set_thing(v, KIND_USER, e->created_by); break;
    case E_UPDATED_BY: set_thing(v, KIND_USER, e->updated_by); break;
    case E_NOTE: set_str(v, e->note); break;
    case E_TIMEZONE: set_str(v, e->tz); break;
    case E_START_DATE_UTC: set_date_part(v, e->start_utc); break;
    case E_END_DATE_UTC: set_date_part(v, e->end_utc); break;
    case E_START_TIME_UTC: set_num(v, V_TIME, e->start_tod == WHEN_NONE ? WHEN_NONE : e->start_utc % WHEN_DAY); break;
    case E_END_TIME_UTC: set_num(v, V_TIME, e->end_tod == WHEN_NONE ? WHEN_NONE : e->end_utc % WHEN_DAY); break;
    case E_START_DATE_LOCAL: set_num(v, V_DATE, e->start_day == WHEN_NONE ? WHEN_NONE : e->start_day * WHEN_DAY); break;
    case E_END_DATE_LOCAL: set_num(v, V_DATE, e->end_day == WHEN_NONE ? WHEN_NONE : e->end_day * WHEN_DAY); break;
    case E_START_TIME_LOCAL: set_num(v, V_TIME, e->start_tod); break;
    case E_END_TIME_LOCAL: set_num(v, V_TIME, e->end_tod); break;
    case E_DURATION: set_num(v, V_NUM, e->dur); break;
    case E_BREAK: set_num(v, V_NUM, e->brk); break;
    case E_CREATED_ON: set_num(v, V_DATE, e->created); break;
    case E_UPDATED_ON: set_num(v, V_DATE, e->updated); break;
    case E_VERSION: set_num(v, V_NUM, e->version); break;
    default: get_nested(id, e, v); break;
    }
}

static void get_path(const struct prop *p, const json_t *o, struct value *v)
{
    char part[64];
    const char *path = p->path;
    while (path && o) {
        const char *slash = strchr(path, '/');
        size_t len = slash ? (size_t)(slash - path) : strlen(path);
        memcpy(part, path, len);
        part[len] = '\0';
        o = json_object_get(o, part);
        path = slash ? slash + 1 : NULL;
    }
    const char *s = json_string_value(o);
    v->t = V_NULL;
    if (p->type == V_BOOL && json_is_boolean(o))
        set_bool(v, json_is_true(o));
    else if (p->type == V_NUM && json_is_integer(o))
        set_num(v, V_NUM, json_integer_value(o));
    else if (p->type == V_STR)
        set_str(v, s);
    else if (p->type == V_DATE && s && when_read_stamp(s, &v->i, NULL))
        v->t = V_DATE;
    else if (p->type == V_UUID && s && strlen(s) == 36 && uuid_parse(s, &v->u))
        v->t = V_UUID;
}

void prop_get(const struct prop *p, const struct row *r, struct value *out)
{
    if (p->id == BY_PATH)
        get_path(p, r->o, out);
    else
        get_entry(p->id, r, out);
}

bool prop_get_int(const struct prop *p, const struct row *r, int64_t *out)
{
    const struct entry *e = r->e;
    switch (p->id) {
    case E_BILLABLE: *out = e->billable; return true;
    case E_BILLED: *out = render_billed(e, r->stale); return true;
    case E_EXTERNAL: *out = e->external; return true;
    case E_START_DATE_LOCAL: *out = e->start_day == WHEN_NONE ? WHEN_NONE : e->start_day * WHEN_DAY; return true;
    case E_CREATED_ON: *out = e->created; return true;
    case E_UPDATED_ON: *out = e->updated; return true;
    case E_DURATION: *out = e->dur; return true;
    default: return false;
    }
}

int prop_cmp(const struct value *a, const struct value *b)
{
    if (a->t == V_NULL || b->t == V_NULL)
        return (a->t != V_NULL) - (b->t != V_NULL);
    switch (a->t) {
    case V_STR:
        return strcmp(a->s, b->s);
    case V_UUID:
        return uuid_cmp(&a->u, &b->u);
    case V_NUM:
        if (a->real || b->real) {
            double x = a->real ? a->d : (double)a->i;
            double y = b->real ? b->d : (double)b->i;
            return (x > y) - (x < y);
        }
        break;
    default:
        break;
    }
    return (a->i > b->i) - (a->i < b->i);
}
