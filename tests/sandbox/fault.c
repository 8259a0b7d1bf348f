#include "fault.h"

#include "patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static json_t *script;
static uint64_t *counts;

/* A misspelt action would be a test that tests nothing. */
static bool known(const char *name)
{
    static const char *const names[] = {
        "method", "path", "path_prefix", "query_has", "body_has", "from", "to", "n", "comment", "status", "body", "headers",
        "content_type", "apply", "delay_ms", "delay_after_ms", "edit", "edit_after", "close", "apply_close", "reset", "raw", "cut",
        "cut_chunked", "cut_close_delimited", "drip", "endless", "gzip_bomb", "no_gzip", "drop_rows", "total_delta", "duplicate_row",
        "ignore_filter", "ignore_page", "page_size", "shuffle_ties", "raw_entry", "patch_entry", "omit_headers", "set_headers",
        "header_flood", "truncate_json", "bucket", "bucket_all", "lie", "foreign_ok", "null_buckets", "omit_buckets", "null_ids",
        "ids_as_string", "refuse_ids", "max_ids", "stale_reads", NULL,
    };
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

bool fault_set(const json_t *rules, char *why, size_t why_size)
{
    size_t i;
    json_t *rule;
    const char *name;
    json_t *v;
    if (!json_is_array(rules)) {
        snprintf(why, why_size, "a fault script is an array of rules");
        return false;
    }
    json_array_foreach((json_t *)(uintptr_t)rules, i, rule) {
        if (!json_is_object(rule)) {
            snprintf(why, why_size, "rule %zu is no object", i);
            return false;
        }
        json_object_foreach(rule, name, v) {
            if (!known(name)) {
                snprintf(why, why_size, "rule %zu: unknown member '%s'", i, name);
                return false;
            }
        }
    }
    fault_clear();
    script = json_deep_copy(rules);
    counts = xcalloc(json_array_size(script), sizeof counts[0]);
    return true;
}

bool fault_load(const char *path)
{
    json_error_t err;
    char why[160];
    json_t *rules = json_load_file(path, JSON_ALLOW_NUL, &err);
    if (!rules) {
        fprintf(stderr, "sandbox: %s:%d: %s\n", path, err.line, err.text);
        return false;
    }
    bool ok = fault_set(rules, why, sizeof why);
    if (!ok)
        fprintf(stderr, "sandbox: %s: %s\n", path, why);
    json_decref(rules);
    return ok;
}

void fault_clear(void)
{
    json_decref(script);
    free(counts);
    script = NULL;
    counts = NULL;
}

static const char *text_of(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

static bool meets(const json_t *rule, const struct request *r, const char *path)
{
    const char *method = text_of(rule, "method");
    const char *exact = text_of(rule, "path");
    const char *prefix = text_of(rule, "path_prefix");
    const char *query = text_of(rule, "query_has");
    const char *body = text_of(rule, "body_has");
    return (!method || strcmp(method, r->method) == 0) && (!exact || strcmp(exact, path) == 0) &&
           (!prefix || strncmp(prefix, path, strlen(prefix)) == 0) && (!query || strstr(r->query, query)) &&
           (!body || (r->body.p && strstr(r->body.p, body)));
}

static bool in_range(const json_t *rule, uint64_t count)
{
    int64_t n = fault_int(rule, "n", 0);
    int64_t from = n ? n : fault_int(rule, "from", 1);
    int64_t to = n ? n : fault_int(rule, "to", INT64_MAX);
    return (int64_t)count >= from && (int64_t)count <= to;
}

/* Later rules win, except that edits of all rules are made. */
static void merge(json_t *plan, const json_t *rule)
{
    static const char *const lists[] = {"edit", "edit_after"};
    json_t *all[2];
    for (int i = 0; i < 2; i++) {
        all[i] = json_array();
        const json_t *from[] = {json_object_get(plan, lists[i]), json_object_get(rule, lists[i])};
        for (int k = 0; k < 2; k++) {
            if (json_is_array(from[k]))
                json_array_extend(all[i], (json_t *)(uintptr_t)from[k]);
            else if (json_is_object(from[k]))
                json_array_append(all[i], (json_t *)(uintptr_t)from[k]);
        }
    }
    json_object_update(plan, (json_t *)(uintptr_t)rule);
    for (int i = 0; i < 2; i++) {
        if (json_array_size(all[i]))
            json_object_set(plan, lists[i], all[i]);
        json_decref(all[i]);
    }
}

json_t *fault_plan(const struct request *r, const char *api_path, struct buf *rules)
{
    json_t *plan = NULL;
    size_t i;
    json_t *rule;
    json_array_foreach(script, i, rule) {
        if (!meets(rule, r, api_path) || !in_range(rule, ++counts[i]))
            continue;
        if (!plan)
            plan = json_object();
        merge(plan, rule);
        if (rules->n)
            buf_putc(rules, ',');
        buf_int(rules, (int64_t)i);
    }
    return plan;
}

const json_t *fault_get(const json_t *plan, const char *name)
{
    return plan ? json_object_get(plan, name) : NULL;
}

int64_t fault_int(const json_t *plan, const char *name, int64_t fallback)
{
    const json_t *v = fault_get(plan, name);
    return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool fault_flag(const json_t *plan, const char *name)
{
    return json_is_true(fault_get(plan, name));
}

bool fault_replaces(const json_t *plan)
{
    return (fault_get(plan, "status") || fault_get(plan, "raw") || fault_flag(plan, "close")) && !fault_flag(plan, "apply");
}

static bool names_row(const char *ref, const struct uuid *id, size_t nth)
{
    struct uuid u;
    if (!ref)
        return false;
    if (*ref == '#')
        return strtoull(ref + 1, NULL, 10) == nth;
    return strcmp(ref, "*") == 0 || (strlen(ref) == 36 && uuid_parse(ref, &u) && uuid_cmp(&u, id) == 0);
}

static void patch_one(const json_t *p, struct buf *b, size_t from)
{
    const char *json = text_of(p, "json");
    const char *name;
    json_t *v;
    if (json) {
        b->n = from;
        buf_put(b, json, json_string_length(json_object_get(p, "json")));
        return;
    }
    json_object_foreach(json_object_get(p, "members"), name, v)
        patch_member(b, from, name, json_string_value(v));
}

void fault_patch_row(const json_t *plan, struct buf *b, size_t from, const struct uuid *id, size_t nth)
{
    static const char *const actions[] = {"patch_entry", "raw_entry"};
    for (int k = 0; k < 2 && plan; k++) {
        const json_t *a = fault_get(plan, actions[k]);
        size_t n = json_is_array(a) ? json_array_size(a) : json_is_object(a);
        for (size_t i = 0; i < n; i++) {
            const json_t *p = json_is_array(a) ? json_array_get(a, i) : a;
            if (names_row(text_of(p, "id"), id, nth))
                patch_one(p, b, from);
        }
    }
}

static void set_headers(struct answer *a, const json_t *headers)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)headers, name, v) {
        size_t n = json_is_array(v) ? json_array_size(v) : 1;
        http_header_drop(a, name);
        for (size_t i = 0; i < n; i++) {
            const json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
            if (json_is_integer(one))
                http_header_int(a, name, json_integer_value(one));
            else if (json_is_string(one))
                http_header(a, name, json_string_value(one));
        }
    }
}

static void replace(const json_t *plan, struct answer *a)
{
    const json_t *status = fault_get(plan, "status");
    const json_t *body = fault_get(plan, "body");
    if (json_is_integer(status))
        a->status = (int)json_integer_value(status);
    if (body || (status && !fault_flag(plan, "apply")) || a->status == 204)
        a->body.n = 0;
    if (json_is_string(body)) {
        buf_put(&a->body, json_string_value(body), json_string_length(body));
    } else if (body) {
        char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
        buf_puts(&a->body, text ? text : "null");
        free(text);
    }
}

static void cut(const json_t *plan, struct answer *a)
{
    static const struct {
        const char *name;
        enum carry carry;
    } cuts[] = {{"cut", CARRY_CUT}, {"cut_chunked", CARRY_CUT_CHUNKED}, {"cut_close_delimited", CARRY_CUT_DELIMITED}};
    for (int i = 0; i < 3; i++) {
        if (!fault_get(plan, cuts[i].name))
            continue;
        int64_t n = fault_int(plan, cuts[i].name, 0);
        if (n < 0)
            n += (int64_t)a->body.n;
        a->carry = cuts[i].carry;
        a->cut = n < 0 ? 0 : (size_t)n;
        /* The number of bytes is meant for the JSON, not for its compressed form. */
        a->plain = true;
    }
}

static void connection(const json_t *plan, struct answer *a)
{
    const json_t *drip = fault_get(plan, "drip");
    cut(plan, a);
    if (json_is_array(drip)) {
        a->carry = CARRY_DRIP;
        a->cut = (size_t)json_integer_value(json_array_get(drip, 0));
        a->drip_ms = json_integer_value(json_array_get(drip, 1));
        a->plain = true;
    }
    if (fault_flag(plan, "endless")) {
        a->carry = CARRY_ENDLESS;
        a->plain = true;
    }
    if (fault_flag(plan, "close") || fault_flag(plan, "apply_close"))
        a->carry = CARRY_CLOSE;
    if (json_is_string(fault_get(plan, "raw"))) {
        a->carry = CARRY_RAW;
        a->raw = xstrdup(json_string_value(fault_get(plan, "raw")));
    }
    a->reset = fault_flag(plan, "reset");
    if (a->reset && a->carry == CARRY_WHOLE)
        a->carry = CARRY_CLOSE;
    a->bomb = (size_t)fault_int(plan, "gzip_bomb", 0);
    a->plain |= fault_flag(plan, "no_gzip");
    a->delay_after_ms = fault_int(plan, "delay_after_ms", 0);
}

static void flood(struct answer *a, int64_t bytes)
{
    char value[1001];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; bytes > 0; i++, bytes -= 1000) {
        char name[32];
        snprintf(name, sizeof name, "X-Filler-%d", i);
        http_header(a, name, value);
    }
}

void fault_finish(const json_t *plan, struct answer *a)
{
    if (!plan)
        return;
    replace(plan, a);
    set_headers(a, fault_get(plan, "headers"));
    set_headers(a, fault_get(plan, "set_headers"));
    size_t i;
    json_t *name;
    json_array_foreach((json_t *)(uintptr_t)fault_get(plan, "omit_headers"), i, name)
        http_header_drop(a, json_string_value(name));
    if (json_is_string(fault_get(plan, "content_type"))) {
        http_header_drop(a, "Content-Type");
        http_header(a, "Content-Type", json_string_value(fault_get(plan, "content_type")));
    }
    const json_t *trunc = fault_get(plan, "truncate_json");
    if (json_is_true(trunc))
        a->body.n -= a->body.n / 3;
    else if (json_is_integer(trunc) && (size_t)json_integer_value(trunc) < a->body.n)
        a->body.n = (size_t)json_integer_value(trunc);
    flood(a, fault_int(plan, "header_flood", 0));
    connection(plan, a);
}
