#include "form.h"

#include "batch.h"
#include "edit.h"
#include "render.h"

#include <string.h>

static uint64_t state = 1;

void form_seed(uint64_t seed)
{
    state = seed;
}

static uint64_t next(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t x = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static void new_id(struct buf *out)
{
    struct uuid u;
    do {
        uint64_t v[2] = {next(), next()};
        memcpy(u.b, v, sizeof u.b);
        u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
        u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
    } while (store_entry(&u));
    buf_uuid(out, &u);
}

/* The date part of a date-time, as the compact form writes it. */
static void take_date(json_t *to, const char *name, const json_t *v)
{
    if (json_is_string(v) && json_string_length(v) >= 10)
        json_object_set_new(to, name, json_stringn(json_string_value(v), 10));
}

static bool to_compact(const json_t *form, json_t *to)
{
    static const char *const same[][2] = {
        {"timezone", "tz"}, {"typeOfWorkId", "type"}, {"userId", "user"}, {"projectId", "project"}, {"taskId", "task"},
        {"note", "note"}, {"duration", "dur"}, {"isBillable", "billable"}, {"startTimeLocal", "start"}, {"endTimeLocal", "end"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        json_t *v = json_object_get(form, same[i][0]);
        if (v)
            json_object_set(to, same[i][1], v);
    }
    take_date(to, "date", json_object_get(form, "startDateLocal"));
    take_date(to, "endDate", json_object_get(form, "endDateLocal"));
    /* Only the local members are read: a form that has nothing but UTC values would be taken wrongly. */
    return json_is_string(json_object_get(to, "date")) || !json_object_get(form, "startDateUtc");
}

static void finish(struct entry *e, struct answer *a, int status)
{
    if (e->start_utc != WHEN_NONE && e->end_tod != WHEN_NONE)
        e->dur = (e->end_utc - e->start_utc + WHEN_SECOND / 2) / WHEN_SECOND;
    a->status = status;
    render_entry(&a->body, e, false);
}

void form_create(const json_t *form, const struct token *t, struct answer *a)
{
    char why[160];
    struct buf id = {0};
    json_t *o = json_object();
    /* TimeEntryPostForm requires the first three; without a date or without duration and end no entry can be booked. */
    if (!json_is_string(json_object_get(form, "timezone")) || !json_is_string(json_object_get(form, "typeOfWorkId")) ||
        !json_is_string(json_object_get(form, "userId")) || !to_compact(form, o) || !json_object_get(o, "date")) {
        http_error(a, 400, "validation-failed", "timezone, typeOfWorkId, userId and startDateLocal are required.");
    } else if (t->own_only && store_find(KIND_USER, json_string_value(json_object_get(form, "userId"))) != t->user) {
        http_error(a, 401, "unauthorized", "Time of others may not be booked.");
    } else {
        new_id(&id);
        json_object_set_new(o, "id", json_string(id.p));
        if (!edit_insert(o, why, sizeof why)) {
            http_error(a, 400, "validation-failed", why);
        } else {
            struct entry *e = &store.entries[store.n_entries - 1];
            e->created = e->updated = store.clock;
            e->created_digits = e->updated_digits = 7;
            e->created_by = e->updated_by = t->user;
            finish(e, a, 200);
        }
    }
    json_decref(o);
    buf_free(&id);
}

static bool allowed(const struct entry *e, const struct token *t, struct answer *a)
{
    bool ok = batch_may_edit(e, t) && (!e->billed || t->admin);
    if (!ok)
        http_error(a, 401, "unauthorized", "The time entry may not be changed.");
    return ok;
}

void form_update(struct entry *e, const json_t *form, const struct token *t, struct answer *a)
{
    char why[160];
    if (!allowed(e, t, a))
        return;
    json_t *o = json_object();
    if (!to_compact(form, o))
        http_error(a, 400, "validation-failed", "startDateLocal is required.");
    else if (!edit_set(e, o, t->user, why, sizeof why))
        http_error(a, 400, "validation-failed", why);
    else
        finish(e, a, 200);
    json_decref(o);
}

void form_remove_breaks(struct entry *e, const struct token *t, struct answer *a)
{
    if (!allowed(e, t, a))
        return;
    json_decref(e->breaks);
    e->breaks = NULL;
    e->brk = WHEN_NONE;
    edit_updated(e, t->user);
    finish(e, a, 200);
}

void form_delete(struct entry *e, const struct token *t, struct answer *a)
{
    if (!allowed(e, t, a))
        return;
    store_entry_delete(e);
    a->status = 204;
}
