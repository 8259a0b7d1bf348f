#include "master.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

static bool flag(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static json_t *id_of(const struct thing *t)
{
    struct buf b = {0};
    buf_uuid(&b, &t->id);
    json_t *v = json_string(b.p);
    buf_free(&b);
    return v;
}

/* Copies members as they are; absent ones stay absent. */
static void copy(json_t *to, const json_t *from, const char *const *names)
{
    for (; *names; names++) {
        json_t *v = json_object_get(from, *names);
        if (v)
            json_object_set(to, *names, v);
    }
}

static void put(json_t *o, const char *name, json_t *v)
{
    json_object_set_new(o, name, v);
}

static json_t *stamp(int64_t ticks)
{
    struct buf b = {0};
    when_put_stamp(&b, ticks, 3);
    json_t *v = json_string(b.p);
    buf_free(&b);
    return v;
}

static void put_history(json_t *o, const struct thing *t)
{
    static const char nobody[] = "00000000-0000-0000-0000-000000000000";
    const struct thing *api = store_thing(KIND_USER, store.api_user);
    put(o, "createdOn", stamp(t->updated - 30 * WHEN_DAY));
    put(o, "createdBy", api ? id_of(api) : json_string(nobody));
    put(o, "updatedOn", stamp(t->updated));
    put(o, "updatedBy", api ? id_of(api) : json_string(nobody));
}

static void put_version(json_t *o, const struct thing *t)
{
    put(o, "resourceVersion", json_integer(WHEN_DOTNET_EPOCH + t->updated + (int64_t)(uuid_hash(&t->id) % 900000)));
}

static json_t *start(const struct thing *t)
{
    json_t *o = json_object();
    put(o, "id", id_of(t));
    return o;
}

static void fragment(struct thing *t, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    t->frag.n = 0;
    buf_puts(&t->frag, text ? text : "null");
    free(text);
    json_decref(o);
}

static void set_full(struct thing *t, json_t *o)
{
    json_decref(t->full);
    t->full = o;
}

static json_t *nested_company(const struct thing *c)
{
    json_t *o = json_object();
    put(o, "hasImage", json_boolean(flag(c->src, "hasImage")));
    put(o, "name", json_string(c->name));
    copy(o, c->src, (const char *const[]){"description", NULL});
    put(o, "id", id_of(c));
    return o;
}

static json_t *contacts(const struct thing *c)
{
    static const char *const names[] = {
        "id", "label", "value", "type", "subType", "addressLine1", "addressLine2", "zipCode", "city", "state", "country", NULL,
    };
    json_t *a = json_array();
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(c->src, "contacts"), i, v) {
        json_t *o = json_object();
        const char *type = text_of(v, "type");
        copy(o, v, names);
        put(o, "isAddress", json_boolean(type && strcmp(type, "address") == 0));
        put_history(o, c);
        json_array_append_new(a, o);
    }
    return a;
}

static void company(struct thing *t)
{
    json_t *o = start(t);
    copy(o, t->src, (const char *const[]){"name", "description", "industry", NULL});
    put(o, "hasImage", json_boolean(flag(t->src, "hasImage")));
    put(o, "companyContactInfos", contacts(t));
    put_history(o, t);
    put_version(o, t);
    put(o, "tags", json_array());
    put(o, "isExternal", json_boolean(flag(t->src, "external")));
    json_int_t projects = 0;
    json_int_t running = 0;
    for (size_t i = 0; i < store.things[KIND_PROJECT].n; i++) {
        const struct thing *p = &store.things[KIND_PROJECT].v[i];
        if (store_thing(KIND_COMPANY, p->parent) != t)
            continue;
        const char *type = text_of(json_object_get(p->src, "status"), "type");
        projects++;
        running += type && strcmp(type, "progress") == 0;
    }
    put(o, "projectsCount", json_integer(projects));
    put(o, "projectsInProgressCount", json_integer(running));
    set_full(t, o);
}

static json_t *status_of(const struct thing *p)
{
    json_t *o = json_object();
    put(o, "isArchived", json_false());
    copy(o, json_object_get(p->src, "status"), (const char *const[]){"type", "name", "id", NULL});
    return o;
}

static json_t *nested_project(const struct thing *t)
{
    json_t *o = json_object();
    put(o, "tags", json_array());
    put(o, "teams", json_array());
    put(o, "isPrivate", json_boolean(flag(t->src, "private")));
    put(o, "isExternal", json_boolean(flag(t->src, "external")));
    put(o, "hasImage", json_false());
    put(o, "isBillableByDefault", json_boolean(!flag(t->src, "internal")));
    copy(o, t->src, (const char *const[]){"projectKey", NULL});
    if (text_of(t->src, "projectKey"))
        put(o, "key", json_string(text_of(t->src, "projectKey")));
    put(o, "projectStatus", status_of(t));
    if (t->parent >= 0)
        put(o, "company", nested_company(store_thing(KIND_COMPANY, t->parent)));
    copy(o, t->src, (const char *const[]){"projectType", NULL});
    put(o, "name", json_string(t->name));
    put(o, "id", id_of(t));
    return o;
}

static json_t *nested_user(const struct thing *t)
{
    json_t *o = json_object();
    copy(o, t->src, (const char *const[]){"firstName", "lastName", "initials", NULL});
    json_t *initials = json_object_get(o, "initials");
    if (initials) {
        json_object_set(o, "key", initials);
        json_object_del(o, "initials");
    }
    put(o, "hasImage", json_boolean(flag(t->src, "hasImage")));
    put(o, "id", id_of(t));
    return o;
}

static json_t *members(const struct thing *t)
{
    json_t *a = json_array();
    size_t i;
    json_t *ref;
    json_array_foreach(json_object_get(t->src, "members"), i, ref) {
        const struct thing *u = store_thing(KIND_USER, store_find(KIND_USER, json_string_value(ref)));
        if (!u)
            continue;
        json_t *o = nested_user(u);
        json_object_del(o, "key");
        put(o, "userId", id_of(u));
        put(o, "projectRoleId", json_string("c7adce2e-0000-4000-8000-00155d31310d"));
        put(o, "projectRoleName", json_string("Projektmitglied"));
        put(o, "isResponsible", json_boolean(i == 0));
        put(o, "isDeactivated", json_boolean(flag(u->src, "archived")));
        put(o, "isExternal", json_boolean(flag(u->src, "external")));
        json_array_append_new(a, o);
    }
    return a;
}

static void project(struct thing *t)
{
    json_t *o = start(t);
    fragment(t, nested_project(t));
    copy(o, t->src, (const char *const[]){"name", "description", "projectKey", "projectType", "timeBudget", "closedOn", "customFields",
                                          "startDate", "dueDate", NULL});
    put(o, "isPrivate", json_boolean(flag(t->src, "private")));
    put(o, "isExternal", json_boolean(flag(t->src, "external")));
    put(o, "isRetainer", json_boolean(flag(t->src, "retainer")));
    put(o, "isBillableByDefault", json_boolean(!flag(t->src, "internal")));
    put(o, "deductNonBillableHours", json_false());
    put(o, "hasImage", json_false());
    put(o, "projectStatus", status_of(t));
    put(o, "projectStatusId", json_incref(json_object_get(json_object_get(t->src, "status"), "id")));
    put(o, "projectTypeId", json_incref(json_object_get(json_object_get(t->src, "projectType"), "id")));
    if (t->parent >= 0) {
        json_t *c = nested_company(store_thing(KIND_COMPANY, t->parent));
        put(c, "tags", json_array());
        put(o, "company", c);
        put(o, "companyId", id_of(store_thing(KIND_COMPANY, t->parent)));
    }
    put(o, "members", members(t));
    put(o, "tags", json_array());
    put(o, "teams", json_array());
    put_history(o, t);
    put_version(o, t);
    set_full(t, o);
}

static void task(struct thing *t)
{
    json_t *o = json_object();
    const char *type = text_of(t->src, "type");
    const struct thing *w = type ? store_thing(KIND_TYPE, store_find(KIND_TYPE, type)) : NULL;
    json_t *status = json_object_get(t->src, "status");
    json_t *assignees = json_array();
    size_t i;
    json_t *ref;
    copy(o, t->src, (const char *const[]){"baseType", "taskIdentifier", "plannedDuration", "closedOn", "parentId", "parentTask", NULL});
    put(o, "taskStatus", json_incref(status));
    put(o, "taskStatusId", json_incref(json_object_get(status, "id")));
    if (w)
        put(o, "typeOfWorkId", id_of(w));
    json_array_foreach(json_object_get(t->src, "assignees"), i, ref) {
        const struct thing *u = store_thing(KIND_USER, store_find(KIND_USER, json_string_value(ref)));
        if (u)
            json_array_append_new(assignees, nested_user(u));
    }
    put(o, "assignees", assignees);
    if (t->parent >= 0) {
        put(o, "project", nested_project(store_thing(KIND_PROJECT, t->parent)));
        put(o, "projectId", id_of(store_thing(KIND_PROJECT, t->parent)));
    }
    put(o, "tags", json_array());
    if (json_array_size(assignees))
        json_object_set(o, "createdBy", json_object_get(json_array_get(assignees, 0), "id"));
    put(o, "name", json_string(t->name));
    put(o, "id", id_of(t));
    fragment(t, o);
}

static void user(struct thing *t)
{
    json_t *nested = nested_user(t);
    json_t *teams = json_array();
    size_t i;
    json_t *team;
    json_array_foreach(json_object_get(t->src, "teams"), i, team) {
        json_t *o = json_object();
        json_object_set(o, "id", team);
        json_array_append_new(teams, o);
    }
    put(nested, "tags", json_array());
    put(nested, "teams", json_deep_copy(teams));
    put(nested, "isExternal", json_boolean(flag(t->src, "external")));
    fragment(t, nested);

    bool archived = flag(t->src, "archived");
    json_t *o = start(t);
    json_t *status = json_object();
    copy(o, t->src, (const char *const[]){"firstName", "lastName", "title", "position", "language", "userContactInfos", NULL});
    put(status, "invitationAccepted", json_true());
    put(status, "isDeactivated", json_boolean(archived));
    put(o, "status", status);
    put(o, "isArchived", json_boolean(archived));
    put(o, "isDeactivated", json_boolean(archived));
    put(o, "hasImage", json_boolean(flag(t->src, "hasImage")));
    put(o, "isExternal", json_boolean(flag(t->src, "external")));
    put(o, "tags", json_array());
    put(o, "teams", teams);
    put_history(o, t);
    put_version(o, t);
    set_full(t, o);
}

static void type_of_work(struct thing *t)
{
    json_t *nested = json_object();
    put(nested, "isArchived", json_boolean(flag(t->src, "archived")));
    copy(nested, t->src, (const char *const[]){"icon", "name", NULL});
    put(nested, "id", id_of(t));
    fragment(t, nested);
    json_t *o = start(t);
    copy(o, t->src, (const char *const[]){"name", "description", "icon", NULL});
    put(o, "isArchived", json_boolean(flag(t->src, "archived")));
    put_history(o, t);
    set_full(t, o);
}

static void field(struct thing *t)
{
    json_t *o = start(t);
    json_t *linked = json_array();
    size_t i;
    json_t *ref;
    copy(o, t->src, (const char *const[]){"name", "entity", "type", "order", "selectionOptions", NULL});
    put(o, "isExternal", json_false());
    json_array_foreach(json_object_get(t->src, "projects"), i, ref) {
        const struct thing *p = store_thing(KIND_PROJECT, store_find(KIND_PROJECT, json_string_value(ref)));
        if (p)
            json_array_append_new(linked, id_of(p));
    }
    put(o, "linkedProjectIds", linked);
    put_history(o, t);
    set_full(t, o);
}

void master_render(void)
{
    static void (*const build[KIND_COUNT])(struct thing *) = {company, project, task, user, type_of_work, field};
    for (int k = 0; k < KIND_COUNT; k++) {
        for (size_t i = 0; i < store.things[k].n; i++)
            build[k](&store.things[k].v[i]);
    }
}
