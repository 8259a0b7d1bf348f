#include "render.h"

#include "patch.h"

#include <stdlib.h>
#include <string.h>

bool render_billed(const struct entry *e, bool stale)
{
    return stale && e->stale ? e->stale == STALE_BILLED : e->billed;
}

/* Writes ,"name": - or the opening brace before the first member. */
static void member(struct buf *b, const char *name_colon)
{
    buf_puts(b, name_colon);
}

static void put_id(struct buf *b, const char *name_colon, const struct uuid *id)
{
    member(b, name_colon);
    buf_putc(b, '"');
    buf_uuid(b, id);
    buf_putc(b, '"');
}

static void put_by(struct buf *b, const char *name_colon, int user)
{
    static const struct uuid nobody;
    put_id(b, name_colon, user < 0 ? &nobody : &store.things[KIND_USER].v[user].id);
}

static void put_stamp(struct buf *b, const char *name_colon, int64_t ticks, int digits)
{
    member(b, name_colon);
    buf_putc(b, '"');
    when_put_stamp(b, ticks, digits);
    buf_putc(b, '"');
}

static void put_bool(struct buf *b, const char *name_colon, bool v)
{
    member(b, name_colon);
    buf_puts(b, v ? "true" : "false");
}

static void put_null(struct buf *b, const char *name_colon, bool nulls)
{
    if (!nulls)
        return;
    member(b, name_colon);
    buf_puts(b, "null");
}

/* An object that is not there is left out, never null: the description allows null for plain members only. */
static void put_frag(struct buf *b, const char *name_colon, enum kind k, int i)
{
    if (i < 0)
        return;
    const struct buf *f = &store.things[k].v[i].frag;
    member(b, name_colon);
    buf_put(b, f->p, f->n);
}

static void put_ref(struct buf *b, const char *name_colon, enum kind k, int i, bool nulls)
{
    if (i < 0)
        put_null(b, name_colon, nulls);
    else
        put_id(b, name_colon, &store.things[k].v[i].id);
}

static void put_int(struct buf *b, const char *name_colon, int64_t v, bool nulls)
{
    if (v == WHEN_NONE) {
        put_null(b, name_colon, nulls);
        return;
    }
    member(b, name_colon);
    buf_int(b, v);
}

static void put_day(struct buf *b, const char *name_colon, int64_t day, const char *tail, bool nulls)
{
    if (day == WHEN_NONE) {
        put_null(b, name_colon, nulls);
        return;
    }
    member(b, name_colon);
    buf_putc(b, '"');
    when_put_date(b, day);
    buf_puts(b, tail);
}

static void put_tod(struct buf *b, const char *name_colon, int64_t tod, int digits, bool nulls)
{
    if (tod == WHEN_NONE) {
        put_null(b, name_colon, nulls);
        return;
    }
    member(b, name_colon);
    buf_putc(b, '"');
    when_put_tod(b, tod, digits);
    buf_putc(b, '"');
}

/* The UTC half: the date members hold midnight of the instant's UTC date. */
static void put_utc(struct buf *b, const char *date_colon, const char *time_colon, int64_t utc, int64_t tod, int digits, bool nulls)
{
    int64_t day = utc == WHEN_NONE ? WHEN_NONE : utc / WHEN_DAY;
    put_day(b, date_colon, day, "T00:00:00Z\"", nulls);
    put_tod(b, time_colon, tod == WHEN_NONE || utc == WHEN_NONE ? WHEN_NONE : utc - day * WHEN_DAY, digits, nulls);
}

static void put_extra(struct buf *b, const json_t *extra)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)extra, name, v) {
        char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
        buf_putc(b, ',');
        buf_json(b, name);
        buf_putc(b, ':');
        buf_puts(b, text ? text : "null");
        free(text);
    }
}

static void omit(struct buf *b, size_t from, const json_t *names)
{
    size_t i;
    json_t *v;
    json_array_foreach(names, i, v) {
        if (json_is_string(v))
            patch_member(b, from, json_string_value(v), NULL);
    }
}

void render_entry(struct buf *b, const struct entry *e, bool stale)
{
    size_t from = b->n;
    bool z = e->nulls;
    put_id(b, "{\"id\":", &e->id);
    put_by(b, ",\"createdBy\":", e->created_by);
    put_stamp(b, ",\"createdOn\":", e->created, e->created_digits);
    put_by(b, ",\"updatedBy\":", e->updated_by);
    put_stamp(b, ",\"updatedOn\":", e->updated, e->updated_digits);
    put_frag(b, ",\"typeOfWork\":", KIND_TYPE, e->type);
    put_frag(b, ",\"user\":", KIND_USER, e->user);
    put_frag(b, ",\"task\":", KIND_TASK, e->task);
    put_frag(b, ",\"project\":", KIND_PROJECT, e->project);
    member(b, ",\"resourceVersion\":");
    buf_int(b, e->version);
    put_utc(b, ",\"startDateUtc\":", ",\"startTimeUtc\":", e->start_utc, e->start_tod, e->start_digits, z);
    put_day(b, ",\"startDateLocal\":", e->start_day, "T00:00:00\"", z);
    put_tod(b, ",\"startTimeLocal\":", e->start_tod, e->start_digits, z);
    put_utc(b, ",\"endDateUtc\":", ",\"endTimeUtc\":", e->end_utc, e->end_tod, e->end_digits, z);
    put_day(b, ",\"endDateLocal\":", e->end_day, "T00:00:00\"", z);
    put_tod(b, ",\"endTimeLocal\":", e->end_tod, e->end_digits, z);
    member(b, ",\"timezone\":");
    buf_json(b, e->tz);
    put_int(b, ",\"duration\":", e->dur, z);
    put_int(b, ",\"breakDuration\":", e->brk, z);
    if (e->breaks) {
        char *text = json_dumps(e->breaks, JSON_COMPACT);
        member(b, ",\"breaks\":");
        buf_puts(b, text ? text : "null");
        free(text);
    }
    put_ref(b, ",\"typeOfWorkId\":", KIND_TYPE, e->type, z);
    put_ref(b, ",\"userId\":", KIND_USER, e->user, z);
    put_bool(b, ",\"isBillable\":", e->billable);
    put_bool(b, ",\"isBilled\":", render_billed(e, stale));
    put_ref(b, ",\"taskId\":", KIND_TASK, e->task, z);
    put_ref(b, ",\"projectId\":", KIND_PROJECT, e->project, z);
    if (e->note) {
        member(b, ",\"note\":");
        buf_json(b, e->note);
    } else {
        put_null(b, ",\"note\":", z);
    }
    put_bool(b, ",\"isExternal\":", e->external);
    if (e->extra)
        put_extra(b, e->extra);
    buf_putc(b, '}');
    if (e->omit)
        omit(b, from, e->omit);
}

void render_simplified(struct buf *b, const struct entry *e, bool stale)
{
    put_id(b, "{\"id\":", &e->id);
    put_int(b, ",\"duration\":", e->dur, false);
    put_day(b, ",\"startDateUtc\":", e->start_utc == WHEN_NONE ? WHEN_NONE : e->start_utc / WHEN_DAY, "T00:00:00Z\"", false);
    put_day(b, ",\"startDateLocal\":", e->start_day, "T00:00:00\"", false);
    put_tod(b, ",\"startTimeLocal\":", e->start_tod, e->start_digits, false);
    put_bool(b, ",\"isBillable\":", e->billable);
    put_bool(b, ",\"isBilled\":", render_billed(e, stale));
    put_by(b, ",\"createdBy\":", e->created_by);
    put_stamp(b, ",\"createdOn\":", e->created, e->created_digits);
    put_ref(b, ",\"taskId\":", KIND_TASK, e->task, false);
    put_ref(b, ",\"projectId\":", KIND_PROJECT, e->project, false);
    put_ref(b, ",\"userId\":", KIND_USER, e->user, false);
    put_ref(b, ",\"typeOfWorkId\":", KIND_TYPE, e->type, false);
    buf_putc(b, '}');
}
