#include "route.h"

#include "batch.h"
#include "control.h"
#include "edit.h"
#include "fault.h"
#include "form.h"
#include "limit.h"
#include "list.h"
#include "log.h"
#include "render.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t requests;
static int64_t latency_ms;

void route_latency(int64_t ms)
{
    latency_ms = ms;
}

static void not_found(struct answer *a)
{
    http_error(a, 404, "not-found", "There is no matching path for this URL.");
}

static bool is(const struct request *r, const char *method)
{
    return strcmp(r->method, method) == 0;
}

static void put_json(struct answer *a, const json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    a->status = 200;
    buf_puts(&a->body, text ? text : "null");
    free(text);
}

/* The malformed and the absent body are both NULL: every form needs an object. */
static json_t *form_of(const struct request *r, struct answer *a)
{
    json_t *form = json_loadb(r->body.p ? r->body.p : "", r->body.n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(form))
        return form;
    json_decref(form);
    http_error(a, 400, "invalid-model", "The request body is not a JSON object.");
    return NULL;
}

static json_t *all_of(enum kind k, bool archived, const char *without)
{
    json_t *a = json_array();
    for (size_t i = 0; i < store.things[k].n; i++) {
        const json_t *full = store.things[k].v[i].full;
        if (!archived && json_is_true(json_object_get(full, "isArchived")))
            continue;
        json_t *copy = json_copy((json_t *)(uintptr_t)full);
        if (without)
            json_object_del(copy, without);
        json_array_append_new(a, copy);
    }
    return a;
}

static void me(struct list_query *q, struct answer *a)
{
    const struct thing *u = &store.things[KIND_USER].v[q->token->user];
    json_t *o = json_copy(u->full);
    json_object_set(o, "accountId", json_object_get(u->full, "id"));
    json_object_set(o, "workspace", json_object_get(store.root, "workspace"));
    put_json(a, o);
    json_decref(o);
}

/* POST paths below /timeentries; the rest is the path behind it. */
static void post_entries(struct list_query *q, const char *rest, struct answer *a)
{
    json_t *form = form_of(q->r, a);
    if (!form)
        return;
    if (!*rest)
        form_create(form, q->token, a);
    else if (strncmp(rest, "/batch/", 7) == 0)
        batch_run(rest + 7, form, q->token, q->plan, a);
    else if (!batch_old(rest + 1, form, q->token, a))
        not_found(a);
    json_decref(form);
}

static void one_entry(struct list_query *q, const char *rest, struct answer *a)
{
    struct uuid id;
    struct entry *e = strlen(rest) >= 36 && uuid_parse(rest, &id) ? store_entry(&id) : NULL;
    const char *tail = strlen(rest) >= 36 ? rest + 36 : "";
    if (!e || (q->token->own_only && e->user != q->token->user)) {
        not_found(a);
    } else if (is(q->r, "POST") && strcmp(tail, "/removebreaks") == 0) {
        form_remove_breaks(e, q->token, a);
    } else if (*tail) {
        not_found(a);
    } else if (is(q->r, "GET")) {
        a->status = 200;
        render_entry(&a->body, e, false);
        fault_patch_row(q->plan, &a->body, 0, &id, 1);
    } else if (is(q->r, "DELETE")) {
        form_delete(e, q->token, a);
    } else if (is(q->r, "PUT")) {
        json_t *form = form_of(q->r, a);
        if (form)
            form_update(e, form, q->token, a);
        json_decref(form);
    } else {
        http_error(a, 405, "invalid-operation", "The method is not allowed here.");
    }
}

static void entries(struct list_query *q, const char *rest, struct answer *a)
{
    struct uuid id;
    if (*rest == '/' && strlen(rest) >= 37 && uuid_parse(rest + 1, &id))
        one_entry(q, rest + 1, a);
    else if (is(q->r, "POST"))
        post_entries(q, rest, a);
    else if (is(q->r, "GET") && (!*rest || strcmp(rest, "/simplified") == 0))
        list_entries(q, -1, *rest != '\0', a);
    else
        not_found(a);
}

/* What a task shows inside an entry is part of what it shows alone. */
static json_t *task_object(int i)
{
    const struct buf *f = &store.things[KIND_TASK].v[i].frag;
    return json_loadb(f->p, f->n, 0, NULL);
}

static json_t *tasks_of(int project)
{
    json_t *a = json_array();
    for (size_t i = 0; i < store.things[KIND_TASK].n; i++) {
        if (store.things[KIND_TASK].v[i].parent == project)
            json_array_append_new(a, task_object((int)i));
    }
    return a;
}

static void one_task(const char *rest, struct answer *a)
{
    struct uuid id;
    int i = strlen(rest) == 37 && uuid_parse(rest + 1, &id) ? store_find_id(KIND_TASK, &id) : -1;
    if (i < 0) {
        not_found(a);
        return;
    }
    json_t *o = task_object(i);
    put_json(a, o);
    json_decref(o);
}

static void projects(struct list_query *q, const char *rest, struct answer *a)
{
    struct uuid id;
    if (!*rest) {
        list_objects(q, TABLE_PROJECT, all_of(KIND_PROJECT, true, NULL), a);
        return;
    }
    int i = strlen(rest) >= 37 && uuid_parse(rest + 1, &id) ? store_find_id(KIND_PROJECT, &id) : -1;
    const char *tail = i < 0 ? "?" : rest + 37;
    if (i >= 0 && !*tail)
        put_json(a, store.things[KIND_PROJECT].v[i].full);
    else if (strcmp(tail, "/timeentries") == 0)
        list_entries(q, i, false, a);
    else if (strcmp(tail, "/projecttasks") == 0)
        list_objects(q, TABLE_TYPE, tasks_of(i), a); /* known by name and id, as types of work are */
    else if (strcmp(tail, "/customfielddefinitions") == 0) {
        json_t *fields = all_of(KIND_FIELD, true, "linkedProjectIds");
        put_json(a, fields);
        json_decref(fields);
    } else
        not_found(a);
}

static void contact_infos(struct list_query *q, const json_t *company, const char *tail, struct answer *a)
{
    json_t *all = json_object_get(company, "companyContactInfos");
    size_t i;
    json_t *v;
    if (!*tail) {
        list_objects(q, TABLE_CONTACT, json_incref(all), a);
        return;
    }
    json_array_foreach(all, i, v) {
        const char *id = json_string_value(json_object_get(v, "id"));
        if (id && strcasecmp(id, tail + 1) == 0) {
            put_json(a, v);
            return;
        }
    }
    not_found(a);
}

static void companies(struct list_query *q, const char *rest, struct answer *a)
{
    static const char infos[] = "/contactinfo";
    struct uuid id;
    if (!*rest) {
        /* Whether the list carries the contact infos is not known; without them the client must ask for them. */
        list_objects(q, TABLE_COMPANY, all_of(KIND_COMPANY, true, "companyContactInfos"), a);
        return;
    }
    int i = strlen(rest) >= 37 && uuid_parse(rest + 1, &id) ? store_find_id(KIND_COMPANY, &id) : -1;
    const char *tail = i < 0 ? "?" : rest + 37;
    if (i >= 0 && !*tail)
        put_json(a, store.things[KIND_COMPANY].v[i].full);
    else if (strncmp(tail, infos, sizeof infos - 1) == 0)
        contact_infos(q, store.things[KIND_COMPANY].v[i].full, tail + sizeof infos - 1, a);
    else
        not_found(a);
}

static const char *below(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 && (path[n] == '/' || !path[n]) ? path + n : NULL;
}

static void dispatch(struct list_query *q, const char *path, struct answer *a)
{
    const char *archived = http_param(q->r, "showArchived");
    bool show = archived && strcasecmp(archived, "true") == 0;
    const char *rest;
    if ((rest = below(path, "/timeentries")))
        entries(q, rest, a);
    else if (!is(q->r, "GET"))
        not_found(a);
    else if ((rest = below(path, "/projects")))
        projects(q, rest, a);
    else if ((rest = below(path, "/companies")))
        companies(q, rest, a);
    else if ((rest = below(path, "/tasks")))
        one_task(rest, a);
    else if (strcmp(path, "/users") == 0)
        list_objects(q, TABLE_USER, all_of(KIND_USER, show, NULL), a);
    else if (strcmp(path, "/typeofwork") == 0)
        list_objects(q, TABLE_TYPE, all_of(KIND_TYPE, show, NULL), a);
    else if (strcmp(path, "/customfielddefinitions") == 0) {
        json_t *fields = all_of(KIND_FIELD, true, NULL);
        put_json(a, fields);
        json_decref(fields);
    } else if (strcmp(path, "/me") == 0)
        me(q, a);
    else
        not_found(a);
}

static const struct token *bearer(const struct request *r)
{
    return r->auth && strncasecmp(r->auth, "Bearer ", 7) == 0 ? store_token(r->auth + 7) : NULL;
}

static void apply_edits(const json_t *plan, const char *name)
{
    char why[200];
    const json_t *edits = fault_get(plan, name);
    if (edits && !edit_apply(edits, why, sizeof why))
        fprintf(stderr, "sandbox: fault edit failed: %s\n", why);
}

static void answer_api(struct request *r, const char *path, const json_t *plan, const char *rules, struct answer *a)
{
    char trace[40];
    struct list_query q = {.r = r, .token = bearer(r), .plan = plan, .rows = -1};
    snprintf(trace, sizeof trace, "5a4db0c5%024llx", (unsigned long long)r->n);
    http_header(a, "trace-id", trace);
    store_tick();
    log_begin();
    apply_edits(plan, "edit");
    if (fault_replaces(plan))
        a->status = 200;
    else if (!limit_take(a))
        ;
    else if (!q.token)
        http_error(a, 401, "unauthorized", "The access token is missing, not valid or expired.");
    else
        dispatch(&q, path, a);
    http_header(a, "Content-Type", "application/json; charset=utf-8");
    apply_edits(plan, "edit_after");
    fault_finish(plan, a);
    const char *kind = !q.token ? "none" : q.token->admin ? "admin" : "user";
    bool silent = a->carry == CARRY_CLOSE || a->carry == CARRY_RAW;
    log_request(r, silent ? 0 : a->status, kind, q.rows, q.total, rules);
}

void route_serve(struct request *r, struct answer *a)
{
    static const char api[] = "/api/v1";
    struct buf rules = {0};
    json_t *plan = NULL;
    pthread_mutex_lock(&lock);
    if (strncmp(r->path, "/_sandbox/", 10) == 0) {
        control_serve(r, a);
        pthread_mutex_unlock(&lock);
        return;
    }
    const char *path = strncmp(r->path, api, sizeof api - 1) == 0 ? r->path + sizeof api - 1 : "";
    r->n = ++requests;
    plan = fault_plan(r, path, &rules);
    pthread_mutex_unlock(&lock);
    http_nap(latency_ms + fault_int(plan, "delay_ms", 0));
    pthread_mutex_lock(&lock);
    answer_api(r, path, plan, rules.p, a);
    /* The plan borrows from the script, which the next control request may replace: given back under the lock. */
    json_decref(plan);
    pthread_mutex_unlock(&lock);
    buf_free(&rules);
}
