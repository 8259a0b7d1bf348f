#include "batch.h"

#include "edit.h"
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct change {
    const struct token *token;
    bool flag;                 /* the new isBilled or isBillable */
    int ref;                   /* the new project, task, user or type of work */
    bool apply;                /* false: only judge */
};

static const char *who(const struct token *t)
{
    return t->admin ? "admin" : "user";
}

bool batch_may_edit(const struct entry *e, const struct token *t)
{
    if (t->admin)
        return true;
    return !(t->own_only && e->user != t->user) && !(t->frozen_before != WHEN_NONE && e->start_day < t->frozen_before);
}

static bool running(const struct entry *e)
{
    return e->start_tod != WHEN_NONE && e->end_tod == WHEN_NONE && (e->dur == WHEN_NONE || e->dur == 0);
}

static enum verdict set_billed(struct entry *e, const struct change *c)
{
    if (c->flag && running(e))
        return VERDICT_BAD_REQUEST;
    if (c->flag && !e->billable && !c->token->admin)
        return VERDICT_BAD_REQUEST;
    if (!c->flag && e->billed && !c->token->admin)
        return VERDICT_UNAUTHORIZED;
    if (c->apply)
        edit_set_billed(e, c->flag, c->token->user, who(c->token));
    return VERDICT_OK;
}

static enum verdict set_billable(struct entry *e, const struct change *c)
{
    if (e->billed && !c->flag && !c->token->admin)
        return VERDICT_UNAUTHORIZED;
    if (!c->apply || e->billable == c->flag)
        return VERDICT_OK;
    if (!c->flag)
        edit_set_billed(e, false, c->token->user, who(c->token));
    e->billable = c->flag;
    store_touch(TOUCH_FLAGS);
    edit_updated(e, c->token->user);
    return VERDICT_OK;
}

static enum verdict set_type(struct entry *e, const struct change *c)
{
    if (c->apply) {
        e->type = c->ref;
        store_touch(TOUCH_REST);
        edit_updated(e, c->token->user);
    }
    return VERDICT_OK;
}

/* Changes that only an administrator may make once an entry is billed. */
static enum verdict guarded(struct entry *e, const struct change *c)
{
    if (e->billed && !c->token->admin)
        return VERDICT_UNAUTHORIZED;
    if (c->apply) {
        store_touch(TOUCH_REST);
        edit_updated(e, c->token->user);
    }
    return VERDICT_OK;
}

static enum verdict set_project(struct entry *e, const struct change *c)
{
    enum verdict v = guarded(e, c);
    if (v == VERDICT_OK && c->apply) {
        e->project = c->ref;
        e->task = -1;
    }
    return v;
}

static enum verdict set_task(struct entry *e, const struct change *c)
{
    enum verdict v = guarded(e, c);
    if (v == VERDICT_OK && c->apply) {
        e->task = c->ref;
        if (store.things[KIND_TASK].v[c->ref].parent >= 0)
            e->project = store.things[KIND_TASK].v[c->ref].parent;
    }
    return v;
}

static enum verdict set_user(struct entry *e, const struct change *c)
{
    enum verdict v = guarded(e, c);
    if (v == VERDICT_OK && c->apply)
        e->user = c->ref;
    return v;
}

static enum verdict delete_entry(struct entry *e, const struct change *c)
{
    enum verdict v = guarded(e, c);
    if (v == VERDICT_OK && c->apply)
        store_entry_delete(e);
    return v;
}

struct operation {
    const char *name;
    const char *member;        /* required besides timeEntryIds */
    int kind;                  /* of the thing it refers to, -1 for a boolean, -2 for none */
    enum verdict (*run)(struct entry *e, const struct change *c);
};

static const struct operation operations[] = {
    {"setIsBilled", "isBilled", -1, set_billed},
    {"setIsBillable", "isBillable", -1, set_billable},
    {"setTypeOfWork", "newTypeOfWorkId", KIND_TYPE, set_type},
    {"setProject", "newProjectId", KIND_PROJECT, set_project},
    {"setTask", "newTaskId", KIND_TASK, set_task},
    {"setUser", "newUserId", KIND_USER, set_user},
    {"delete", NULL, -2, delete_entry},
};

static bool read_form(const struct operation *op, const json_t *form, struct change *c, struct answer *a)
{
    const json_t *v = op->member ? json_object_get(form, op->member) : NULL;
    const char *s = json_string_value(v);
    bool ok = op->kind == -2 || (op->kind == -1 ? json_is_boolean(v) : s && (c->ref = store_find((enum kind)op->kind, s)) >= 0);
    c->flag = json_is_true(v);
    if (!ok) {
        char text[120];
        snprintf(text, sizeof text, "The member '%s' is missing or not valid for '%s'.", op->member, op->name);
        http_error(a, 400, "validation-failed", text);
    }
    return ok;
}

static bool read_ids(const json_t *ids, struct answer *a)
{
    size_t i;
    json_t *v;
    struct uuid u;
    json_array_foreach((json_t *)(uintptr_t)ids, i, v) {
        if (json_string_length(v) != 36 || !uuid_parse(json_string_value(v), &u)) {
            http_error(a, 400, "validation-failed", "An id is not a UUID.");
            return false;
        }
    }
    if (json_is_array(ids))
        return true;
    http_error(a, 400, "validation-failed", "The list of ids is missing.");
    return false;
}

static enum verdict judge(const struct operation *op, const char *id, const struct change *c)
{
    struct entry *e = store_entry_text(id);
    if (!e)
        return VERDICT_NOT_FOUND;
    if (!batch_may_edit(e, c->token))
        return VERDICT_UNAUTHORIZED;
    bool was = e->billed;
    enum verdict v = op->run(e, c);
    if (v == VERDICT_OK && c->apply && store.stale_reads && !e->stale && was != e->billed)
        e->stale = was ? STALE_BILLED : STALE_UNBILLED;
    return v;
}

static const char *const bucket_names[VERDICT_COUNT] = {"ok", "notFound", "unauthorized", "badRequest"};

/* The outcome a fault prescribes for the k-th id, or NULL. */
static const char *prescribed(const json_t *plan, const char *id, size_t k)
{
    char nth[24];
    const json_t *map = fault_get(plan, "bucket");
    snprintf(nth, sizeof nth, "#%zu", k + 1);
    const char *s = json_string_value(json_object_get(map, id));
    if (!s)
        s = json_string_value(json_object_get(map, nth));
    if (!s)
        s = json_string_value(json_object_get(map, "*"));
    return s ? s : json_string_value(fault_get(plan, "bucket_all"));
}

static void sort_in(json_t **buckets, const struct operation *op, const char *id, const struct change *c, const char *outcome)
{
    json_t *text = json_string(id);
    for (int v = 0; outcome && v < VERDICT_COUNT; v++) {
        if (v != VERDICT_OK && strcmp(outcome, bucket_names[v]) == 0)
            json_array_append(buckets[v], text);
    }
    if (!outcome || strcmp(outcome, "ok") == 0) {
        json_array_append(buckets[judge(op, id, c)], text);
    } else if (strcmp(outcome, "none_applied") == 0) {
        judge(op, id, c);
    } else if (strncmp(outcome, "both", 4) == 0) {
        if (strcmp(outcome, "both_applied") == 0)
            judge(op, id, c);
        json_array_append(buckets[VERDICT_OK], text);
        json_array_append(buckets[VERDICT_BAD_REQUEST], text);
    } else if (strcmp(outcome, "twice") == 0) {
        enum verdict v = judge(op, id, c);
        json_array_append(buckets[v], text);
        json_array_append(buckets[v], text);
    }
    json_decref(text);
}

static bool mode(const json_t *v, bool empty)
{
    return json_is_true(v) || (empty && json_is_string(v));
}

static void put_bucket(json_t *answer, int v, json_t *ids, const json_t *plan)
{
    bool empty = json_array_size(ids) == 0;
    json_t *inner = json_incref(ids);
    if (mode(fault_get(plan, "omit_buckets"), empty)) {
        json_decref(inner);
        return;
    }
    if (fault_flag(plan, "null_ids") || (fault_flag(plan, "ids_as_string") && empty)) {
        json_decref(inner);
        inner = json_null();
    } else if (fault_flag(plan, "ids_as_string")) {
        json_decref(inner);
        inner = json_incref(json_array_get(ids, 0));
    }
    if (mode(fault_get(plan, "null_buckets"), empty)) {
        json_decref(inner);
        json_object_set_new(answer, bucket_names[v], json_null());
        return;
    }
    json_object_set_new(answer, bucket_names[v], json_pack("{s:o}", "ids", inner));
}

static void put_buckets(json_t **buckets, const json_t *plan, struct answer *a)
{
    size_t i;
    json_t *id;
    json_array_foreach((json_t *)(uintptr_t)fault_get(plan, "foreign_ok"), i, id)
        json_array_append(buckets[VERDICT_OK], id);
    json_t *answer = json_object();
    for (int v = 0; v < VERDICT_COUNT; v++) {
        put_bucket(answer, v, buckets[v], plan);
        json_decref(buckets[v]);
    }
    char *text = json_dumps(answer, JSON_COMPACT);
    a->status = 207;
    buf_puts(&a->body, text ? text : "{}");
    free(text);
    json_decref(answer);
}

static bool refused(const json_t *ids, const json_t *plan, struct answer *a)
{
    int64_t max = fault_int(plan, "max_ids", INT64_MAX);
    if ((int64_t)json_array_size(ids) > max) {
        http_error(a, 413, "request-body-too-large", "Too many ids in one request.");
        return true;
    }
    const json_t *bad = fault_get(plan, "refuse_ids");
    for (size_t i = 0; i < json_array_size(bad); i++) {
        for (size_t k = 0; k < json_array_size(ids); k++) {
            if (json_equal(json_array_get(bad, i), json_array_get(ids, k))) {
                http_error(a, 400, "invalid-batch-operation", "One of the time entries cannot be changed.");
                return true;
            }
        }
    }
    return false;
}

void batch_run(const char *operation, const json_t *form, const struct token *t, const json_t *plan, struct answer *a)
{
    const struct operation *op = NULL;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, operation) == 0)
            op = &operations[i];
    }
    if (!op) {
        http_error(a, 404, "not-found", "There is no such batch operation.");
        return;
    }
    const json_t *ids = json_object_get(form, "timeEntryIds");
    struct change c = {.token = t, .apply = !fault_flag(plan, "lie")};
    if (!read_ids(ids, a) || !read_form(op, form, &c, a) || refused(ids, plan, a))
        return;
    if (fault_int(plan, "stale_reads", 0) > 0)
        store.stale_reads = (unsigned)fault_int(plan, "stale_reads", 0);
    json_t *buckets[VERDICT_COUNT];
    for (int v = 0; v < VERDICT_COUNT; v++)
        buckets[v] = json_array();
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        sort_in(buckets, op, id, &c, prescribed(plan, id, i));
    }
    put_buckets(buckets, plan, a);
}

/* The older forms, all or nothing and without an answer per id. */
static const struct old_form {
    const char *name;
    int operation;             /* index into operations */
    bool flag;
} old_forms[] = {
    {"setbilled", 0, true}, {"setunbilled", 0, false}, {"setbillable", 1, true}, {"setunbillable", 1, false}, {"delete", 6, false},
};

bool batch_old(const char *operation, const json_t *form, const struct token *t, struct answer *a)
{
    const json_t *ids = json_object_get(form, "ids");
    const struct old_form *old = NULL;
    for (size_t i = 0; i < sizeof old_forms / sizeof old_forms[0]; i++) {
        if (strcmp(old_forms[i].name, operation) == 0)
            old = &old_forms[i];
    }
    if (!old)
        return false;
    if (!read_ids(ids, a))
        return true;
    /* All or nothing: judged first, applied when every id passed. */
    struct change c = {.token = t, .flag = old->flag};
    for (int pass = 0; pass < 2; pass++) {
        c.apply = pass == 1;
        for (size_t i = 0; i < json_array_size(ids); i++) {
            const char *id = json_string_value(json_array_get(ids, i));
            const struct entry *e = store_entry_text(id);
            enum verdict v = judge(&operations[old->operation], id, &c);
            /* Unlike the batch, this form refuses it to administrators, too. */
            if (v == VERDICT_OK && pass == 0 && old->operation == 1 && !old->flag && e->billed)
                v = VERDICT_BAD_REQUEST;
            if (v == VERDICT_OK || pass == 1)
                continue;
            if (v == VERDICT_NOT_FOUND)
                http_error(a, 404, "not-found", "A time entry does not exist.");
            else if (v == VERDICT_UNAUTHORIZED)
                http_error(a, 401, "unauthorized", "A time entry may not be changed.");
            else
                http_error(a, 400, "invalid-operation", "A time entry cannot be changed.");
            return true;
        }
    }
    a->status = 204;
    return true;
}
