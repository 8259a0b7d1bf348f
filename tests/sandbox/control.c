#include "control.h"

#include "compact.h"
#include "edit.h"
#include "fault.h"
#include "keep.h"
#include "log.h"
#include "route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void state(struct buf *b)
{
    bool first = true;
    buf_puts(b, "{\"clock\":\"");
    when_put_stamp(b, store.clock, 7);
    buf_puts(b, "\",\"entries\":[");
    for (size_t i = 0; i < store.n_entries; i++) {
        if (!store.entries[i].live)
            continue;
        buf_puts(b, first ? "\n" : ",\n");
        first = false;
        compact_write(b, &store.entries[i]);
    }
    buf_puts(b, "],\n\"deleted\":[");
    for (size_t i = 0; i < store.n_deleted; i++) {
        buf_puts(b, i ? ",\"" : "\"");
        buf_uuid(b, &store.deleted[i]);
        buf_putc(b, '"');
    }
    buf_puts(b, "]}\n");
}

static bool post(const struct request *r, const char *what, char *why, size_t why_size)
{
    if (strcmp(what, "reset") == 0) {
        char *path = xstrdup(store.path);
        bool ok = store_load(path);
        free(path);
        log_clear();
        return ok;
    }
    if (strcmp(what, "restore") == 0) {
        log_clear();
        return keep_restore();
    }
    json_error_t err;
    json_t *body = json_loadb(r->body.p ? r->body.p : "", r->body.n, JSON_ALLOW_NUL, &err);
    bool ok = false;
    if (!body)
        snprintf(why, why_size, "%s", err.text);
    else if (strcmp(what, "faults") == 0)
        ok = fault_set(body, why, why_size);
    else if (strcmp(what, "edit") == 0)
        ok = edit_apply(body, why, why_size);
    else if (strcmp(what, "set") == 0) {
        json_int_t ms = json_integer_value(json_object_get(body, "latency"));
        int gzip = json_is_true(json_object_get(body, "gzip"));
        route_latency(ms);
        http_gzip(gzip);
        ok = true;
    }
    json_decref(body);
    return ok;
}

void control_serve(const struct request *r, struct answer *a)
{
    const char *what = r->path + strlen("/_sandbox/");
    char why[200] = "unknown";
    a->status = 200;
    a->stop = strcmp(r->method, "POST") == 0 && strcmp(what, "stop") == 0;
    http_header(a, "Content-Type", "application/json");
    if (strcmp(r->method, "GET") == 0 && strcmp(what, "state") == 0) {
        state(&a->body);
    } else if (strcmp(r->method, "GET") == 0 && strcmp(what, "log") == 0) {
        log_write(&a->body);
    } else if (a->stop || (strcmp(r->method, "POST") == 0 && post(r, what, why, sizeof why))) {
        buf_puts(&a->body, "{\"ok\":true}");
    } else {
        http_error(a, 400, "sandbox", why);
    }
}
