#include "compact.h"

#include <stdlib.h>

static void put_ref(struct buf *b, const char *name, enum kind k, int i)
{
    if (i < 0)
        return;
    buf_puts(b, ",\"");
    buf_puts(b, name);
    buf_puts(b, "\":");
    buf_json(b, store.things[k].v[i].key);
}

static void put_day(struct buf *b, const char *name, int64_t day)
{
    if (day == WHEN_NONE)
        return;
    buf_puts(b, name);
    when_put_date(b, day);
    buf_putc(b, '"');
}

static void put_tod(struct buf *b, const char *name, int64_t tod, int digits)
{
    if (tod == WHEN_NONE)
        return;
    buf_puts(b, name);
    when_put_tod(b, tod, digits);
    buf_putc(b, '"');
}

static void put_int(struct buf *b, const char *name, int64_t v)
{
    if (v == WHEN_NONE)
        return;
    buf_puts(b, name);
    buf_int(b, v);
}

static void put_bool(struct buf *b, const char *name, bool v)
{
    buf_puts(b, name);
    buf_puts(b, v ? "true" : "false");
}

static void put_json(struct buf *b, const char *name, const json_t *v)
{
    if (!v)
        return;
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    buf_puts(b, name);
    buf_puts(b, text ? text : "null");
    free(text);
}

void compact_write(struct buf *b, const struct entry *e)
{
    buf_puts(b, "{\"id\":\"");
    buf_uuid(b, &e->id);
    buf_putc(b, '"');
    put_ref(b, "user", KIND_USER, e->user);
    put_ref(b, "project", KIND_PROJECT, e->project);
    put_ref(b, "task", KIND_TASK, e->task);
    put_ref(b, "type", KIND_TYPE, e->type);
    put_day(b, ",\"date\":\"", e->start_day);
    put_tod(b, ",\"start\":\"", e->start_tod, e->start_digits);
    put_day(b, ",\"endDate\":\"", e->end_day);
    put_tod(b, ",\"end\":\"", e->end_tod, e->end_digits);
    if (e->off != INT16_MIN)
        put_int(b, ",\"off\":", e->off);
    if (e->end_off != e->off)
        put_int(b, ",\"endOff\":", e->end_off);
    buf_puts(b, ",\"tz\":");
    buf_json(b, e->tz);
    put_int(b, ",\"dur\":", e->dur);
    put_int(b, ",\"break\":", e->brk);
    put_json(b, ",\"breaks\":", e->breaks);
    put_bool(b, ",\"billable\":", e->billable);
    put_bool(b, ",\"billed\":", e->billed);
    if (e->external)
        put_bool(b, ",\"external\":", true);
    if (e->nulls)
        put_bool(b, ",\"nulls\":", true);
    if (e->note) {
        buf_puts(b, ",\"note\":");
        buf_json(b, e->note);
    }
    put_json(b, ",\"extra\":", e->extra);
    put_json(b, ",\"omit\":", e->omit);
    buf_puts(b, ",\"created\":\"");
    when_put_stamp(b, e->created, e->created_digits);
    buf_puts(b, "\",\"updated\":\"");
    when_put_stamp(b, e->updated, e->updated_digits);
    buf_putc(b, '"');
    put_ref(b, "createdBy", KIND_USER, e->created_by);
    put_ref(b, "updatedBy", KIND_USER, e->updated_by);
    put_int(b, ",\"version\":", e->version);
    buf_putc(b, '}');
}
