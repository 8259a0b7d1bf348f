#include "edit.h"

#include "log.h"
#include "master.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct why {
    char *text;
    size_t size;
};

static bool fail(struct why w, const char *what, const char *value)
{
    snprintf(w.text, w.size, "%s: %s", what, value ? value : "missing or of the wrong type");
    return false;
}

/* Every reader takes the member's value; JSON null means "absent". */
static bool read_ref(const json_t *v, enum kind k, int *out, const char *name, struct why w)
{
    if (json_is_null(v)) {
        *out = -1;
        return true;
    }
    const char *s = json_string_value(v);
    int i = s ? store_find(k, s) : -1;
    if (i < 0)
        return fail(w, name, s);
    *out = i;
    return true;
}

static bool read_day(const json_t *v, int64_t *out, const char *name, struct why w)
{
    *out = WHEN_NONE;
    const char *s = json_string_value(v);
    return json_is_null(v) || (s && when_read_date(s, out)) || fail(w, name, s);
}

static bool read_tod(const json_t *v, int64_t *out, uint8_t *digits, const char *name, struct why w)
{
    *out = WHEN_NONE;
    int nd = 0;
    const char *s = json_string_value(v);
    if (!json_is_null(v) && !(s && when_read_tod(s, out, &nd)))
        return fail(w, name, s);
    *digits = (uint8_t)nd;
    return true;
}

static bool read_stamp(const json_t *v, int64_t *out, uint8_t *digits, const char *name, struct why w)
{
    int nd = 0;
    const char *s = json_string_value(v);
    if (!(s && when_read_stamp(s, out, &nd)))
        return fail(w, name, s);
    *digits = (uint8_t)nd;
    return true;
}

static bool read_int(const json_t *v, int64_t *out, const char *name, struct why w)
{
    *out = WHEN_NONE;
    if (json_is_integer(v))
        *out = json_integer_value(v);
    return json_is_null(v) || json_is_integer(v) || fail(w, name, NULL);
}

static bool read_offset(const json_t *v, int16_t *out, const char *name, struct why w)
{
    if (!json_is_integer(v) || json_integer_value(v) < -1440 || json_integer_value(v) > 1440)
        return fail(w, name, NULL);
    *out = (int16_t)json_integer_value(v);
    return true;
}

static bool read_bool(const json_t *v, bool *out, const char *name, struct why w)
{
    if (!json_is_boolean(v))
        return fail(w, name, NULL);
    *out = json_is_true(v);
    return true;
}

static bool keep_json(const json_t *v, json_t **out)
{
    json_decref(*out);
    *out = json_is_null(v) ? NULL : json_deep_copy(v);
    return true;
}

static bool set_member(struct entry *e, const char *n, const json_t *v, struct why w)
{
    if (strcmp(n, "id") == 0)
        return true;
    if (strcmp(n, "user") == 0)
        return read_ref(v, KIND_USER, &e->user, n, w);
    if (strcmp(n, "project") == 0) {
        e->own_project = true;
        return read_ref(v, KIND_PROJECT, &e->project, n, w);
    }
    if (strcmp(n, "task") == 0)
        return read_ref(v, KIND_TASK, &e->task, n, w);
    if (strcmp(n, "type") == 0)
        return read_ref(v, KIND_TYPE, &e->type, n, w);
    if (strcmp(n, "createdBy") == 0)
        return read_ref(v, KIND_USER, &e->created_by, n, w);
    if (strcmp(n, "updatedBy") == 0)
        return read_ref(v, KIND_USER, &e->updated_by, n, w);
    if (strcmp(n, "date") == 0)
        return read_day(v, &e->start_day, n, w);
    if (strcmp(n, "endDate") == 0)
        return read_day(v, &e->end_day, n, w);
    if (strcmp(n, "start") == 0)
        return read_tod(v, &e->start_tod, &e->start_digits, n, w);
    if (strcmp(n, "end") == 0)
        return read_tod(v, &e->end_tod, &e->end_digits, n, w);
    if (strcmp(n, "off") == 0)
        return read_offset(v, &e->off, n, w);
    if (strcmp(n, "endOff") == 0)
        return read_offset(v, &e->end_off, n, w);
    if (strcmp(n, "dur") == 0)
        return read_int(v, &e->dur, n, w);
    if (strcmp(n, "break") == 0)
        return read_int(v, &e->brk, n, w);
    if (strcmp(n, "version") == 0)
        return read_int(v, &e->version, n, w);
    if (strcmp(n, "created") == 0)
        return read_stamp(v, &e->created, &e->created_digits, n, w);
    if (strcmp(n, "updated") == 0)
        return read_stamp(v, &e->updated, &e->updated_digits, n, w);
    if (strcmp(n, "billable") == 0)
        return read_bool(v, &e->billable, n, w);
    if (strcmp(n, "billed") == 0)
        return read_bool(v, &e->billed, n, w);
    if (strcmp(n, "external") == 0)
        return read_bool(v, &e->external, n, w);
    if (strcmp(n, "nulls") == 0)
        return read_bool(v, &e->nulls, n, w);
    if (strcmp(n, "tz") == 0 && json_is_string(v)) {
        e->tz = store_intern(json_string_value(v));
        return true;
    }
    if (strcmp(n, "note") == 0 && (json_is_string(v) || json_is_null(v))) {
        free(e->note);
        e->note = json_is_string(v) ? xstrdup(json_string_value(v)) : NULL;
        return true;
    }
    if (strcmp(n, "breaks") == 0)
        return keep_json(v, &e->breaks);
    if (strcmp(n, "extra") == 0)
        return keep_json(v, &e->extra);
    if (strcmp(n, "omit") == 0)
        return keep_json(v, &e->omit);
    return fail(w, "unknown member", n);
}

/* Fills in what follows from other members: end date, offsets and the instants in UTC. */
static void derive(struct entry *e)
{
    e->start_utc = e->end_utc = WHEN_NONE;
    if (e->off == INT16_MIN && e->start_day != WHEN_NONE)
        e->off = (int16_t)when_zone_offset(e->tz, e->start_day);
    if (e->end_off == INT16_MIN)
        e->end_off = e->off;
    if (e->start_day != WHEN_NONE) {
        /* Without a time of day both dates hold the same midnight, whatever the zone. */
        e->start_utc = e->start_day * WHEN_DAY;
        if (e->start_tod != WHEN_NONE)
            e->start_utc += e->start_tod - (int64_t)e->off * 60 * WHEN_SECOND;
    }
    if (e->end_tod != WHEN_NONE && e->end_day == WHEN_NONE && e->start_day != WHEN_NONE)
        e->end_day = e->start_day + (e->start_tod != WHEN_NONE && e->end_tod < e->start_tod);
    if (e->end_day != WHEN_NONE) {
        e->end_utc = e->end_day * WHEN_DAY;
        if (e->end_tod != WHEN_NONE)
            e->end_utc += e->end_tod - (int64_t)e->end_off * 60 * WHEN_SECOND;
    }
}

static bool set_members(struct entry *e, const json_t *members, struct why w)
{
    const char *n;
    json_t *v;
    bool moved = false;
    json_object_foreach((json_t *)(uintptr_t)members, n, v) {
        if (!set_member(e, n, v, w))
            return false;
        moved |= strcmp(n, "date") == 0 || strcmp(n, "start") == 0 || strcmp(n, "end") == 0;
    }
    if (json_object_get(members, "task") && !json_object_get(members, "project")) {
        e->own_project = false;
        e->project = e->task < 0 ? -1 : store.things[KIND_TASK].v[e->task].parent;
    }
    /* An end date that nobody named follows the entry when it is moved. */
    if (moved && !json_object_get(members, "endDate"))
        e->end_day = WHEN_NONE;
    if (json_object_get(members, "date") && !json_object_get(members, "off"))
        e->off = e->end_off = INT16_MIN;
    derive(e);
    return true;
}

/* Entries without a creation time get one shortly after their end, with a changing number of fractional digits. */
static void default_stamps(struct entry *e)
{
    static const uint8_t digits[] = {3, 7, 3, 2, 7, 3, 0, 7};
    uint64_t h = uuid_hash(&e->id);
    if (e->created == WHEN_NONE) {
        int64_t base = e->end_utc != WHEN_NONE ? e->end_utc : e->start_utc != WHEN_NONE ? e->start_utc : store.clock;
        if (e->start_tod == WHEN_NONE)
            base += 16 * 3600 * WHEN_SECOND + (int64_t)(h % 7200) * WHEN_SECOND;
        e->created_digits = digits[h & 7];
        e->created = when_trim(base + (int64_t)(h % 9000000u) + 500000, e->created_digits);
    }
    if (e->created_by < 0)
        e->created_by = e->user >= 0 ? e->user : store.api_user;
    if (e->updated_by < 0)
        e->updated_by = e->created_by;
    if (e->updated == WHEN_NONE) {
        e->updated = e->created;
        e->updated_digits = e->created_digits;
    }
    if (e->version == WHEN_NONE)
        e->version = WHEN_DOTNET_EPOCH + e->updated + (int64_t)(h % 5000000u);
}

bool edit_insert(const json_t *o, char *why, size_t why_size)
{
    struct why w = {why, why_size};
    struct uuid id;
    const char *text = json_string_value(json_object_get(o, "id"));
    if (!text || strlen(text) != 36 || !uuid_parse(text, &id))
        return fail(w, "id", text);
    if (store_entry(&id))
        return fail(w, "id is taken", text);
    struct entry *e = store_entry_new(&id);
    if (!set_members(e, o, w)) {
        e->live = false;
        store.n_live--;
        return false;
    }
    default_stamps(e);
    return true;
}

void edit_updated(struct entry *e, int by)
{
    /* One tick further for each change, so that two changes within a request differ. */
    if (!store.still)
        store.clock += 7;
    e->updated = store.clock;
    e->updated_digits = 7;
    e->updated_by = by;
    int64_t version = WHEN_DOTNET_EPOCH + e->updated + 31;
    e->version = version > e->version ? version : e->version + 1;
    store_touch(TOUCH_UPDATED);
}

void edit_set_billed(struct entry *e, bool billed, int by, const char *token)
{
    if (e->billed == billed)
        return;
    log_effect(&e->id, e->billed, billed, token);
    e->billed = billed;
    store_touch(TOUCH_FLAGS);
    edit_updated(e, by);
}

bool edit_set(struct entry *e, const json_t *members, int by, char *why, size_t why_size)
{
    struct why w = {why, why_size};
    bool was = e->billed;
    if (!set_members(e, members, w))
        return false;
    if (was != e->billed)
        log_effect(&e->id, was, e->billed, "edit");
    if (!json_object_get(members, "updated"))
        edit_updated(e, by);
    store_touch(TOUCH_FLAGS | TOUCH_UPDATED | TOUCH_REST);
    return true;
}

/* awork counts a changed project as a change of every entry below it. */
static void rename_thing(enum kind k, int i, const char *name, int by)
{
    struct thing *t = &store.things[k].v[i];
    json_object_set_new(t->src, "name", json_string(name));
    t->name = json_string_value(json_object_get(t->src, "name"));
    t->updated = store.clock;
    master_render();
    for (size_t n = 0; n < store.n_entries; n++) {
        struct entry *e = &store.entries[n];
        int project = e->project;
        bool hit = k == KIND_PROJECT ? project == i : project >= 0 && store.things[KIND_PROJECT].v[project].parent == i;
        if (e->live && hit)
            edit_updated(e, by);
    }
    store_touch(TOUCH_NAMES);
}

static bool apply_one(const json_t *edit, struct why w)
{
    const char *op = json_string_value(json_object_get(edit, "op"));
    const char *id = json_string_value(json_object_get(edit, "id"));
    const char *by_ref = json_string_value(json_object_get(edit, "by"));
    const char *name = json_string_value(json_object_get(edit, "name"));
    int by = by_ref ? store_find(KIND_USER, by_ref) : store.api_user;
    if (!op)
        return fail(w, "op", NULL);
    if (strcmp(op, "insert") == 0) {
        if (!edit_insert(json_object_get(edit, "entry"), w.text, w.size))
            return false;
        struct entry *e = &store.entries[store.n_entries - 1];
        if (!json_object_get(json_object_get(edit, "entry"), "created"))
            e->created = store.clock;
        return true;
    }
    if (!id)
        return fail(w, "id", NULL);
    if (strncmp(op, "rename-", 7) == 0) {
        enum kind k = strcmp(op, "rename-project") == 0 ? KIND_PROJECT : KIND_COMPANY;
        int i = store_find(k, id);
        if (i < 0 || !name)
            return fail(w, op, id);
        rename_thing(k, i, name, by);
        return true;
    }
    struct entry *e = store_entry_text(id);
    if (!e)
        return fail(w, "no such entry", id);
    if (strcmp(op, "set") == 0)
        return edit_set(e, json_object_get(edit, "set"), by, w.text, w.size);
    if (strcmp(op, "delete") == 0) {
        store_entry_delete(e);
        return true;
    }
    return fail(w, "unknown op", op);
}

bool edit_apply(const json_t *edits, char *why, size_t why_size)
{
    struct why w = {why, why_size};
    if (json_is_object(edits))
        return apply_one(edits, w);
    size_t i;
    json_t *edit;
    json_array_foreach(edits, i, edit) {
        if (!apply_one(edit, w))
            return false;
    }
    return json_is_array(edits) || fail(w, "edits", "neither array nor object");
}
