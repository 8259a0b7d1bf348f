#include "log.h"

#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *file;
static struct buf records;     /* comma separated */
static struct buf effects;

bool log_open(const char *path)
{
    file = path ? fopen(path, "a") : NULL;
    return !path || file;
}

void log_close(void)
{
    if (file)
        fclose(file);
    file = NULL;
    buf_free(&records);
    buf_free(&effects);
}

void log_clear(void)
{
    records.n = 0;
}

void log_begin(void)
{
    effects.n = 0;
}

void log_effect(const struct uuid *id, bool from, bool to, const char *who)
{
    if (effects.n)
        buf_putc(&effects, ',');
    buf_puts(&effects, "{\"id\":\"");
    buf_uuid(&effects, id);
    buf_printf(&effects, "\",\"old\":%s,\"new\":%s,\"token\":\"%s\"}", from ? "true" : "false", to ? "true" : "false", who);
}

/* A body that is no JSON is kept as text, so that the log itself always parses. */
static void put_body(struct buf *b, const struct request *r)
{
    if (!r->body.n)
        return;
    json_t *v = json_loadb(r->body.p, r->body.n, JSON_DECODE_ANY, NULL);
    buf_puts(b, v ? ",\"body\":" : ",\"body_text\":");
    char *text = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text)
        buf_puts(b, text);
    else
        buf_json(b, r->body.p);
    free(text);
    json_decref(v);
}

void log_request(const struct request *r, int status, const char *token, int64_t rows, int64_t total, const char *rules)
{
    struct buf b = {0};
    buf_printf(&b, "{\"n\":%llu,\"time\":\"", (unsigned long long)r->n);
    when_put_stamp(&b, store.clock, 7);
    buf_printf(&b, "\",\"method\":\"%s\",\"path\":", r->method);
    buf_json(&b, r->url);
    buf_printf(&b, ",\"status\":%d,\"token\":\"%s\"", status, token);
    if (rows >= 0)
        buf_printf(&b, ",\"rows\":%lld,\"total\":%lld", (long long)rows, (long long)total);
    if (rules && *rules)
        buf_printf(&b, ",\"faults\":[%s]", rules);
    if (strcmp(r->method, "GET") != 0)
        put_body(&b, r);
    if (strcmp(r->method, "GET") != 0 || effects.n) {
        buf_puts(&b, ",\"effects\":[");
        buf_put(&b, effects.p, effects.n);
        buf_putc(&b, ']');
    }
    buf_putc(&b, '}');
    if (records.n)
        buf_putc(&records, ',');
    buf_put(&records, b.p, b.n);
    if (file) {
        buf_putc(&b, '\n');
        fwrite(b.p, 1, b.n, file);
        fflush(file);
    }
    buf_free(&b);
    effects.n = 0;
}

void log_write(struct buf *b)
{
    buf_putc(b, '[');
    buf_put(b, records.p, records.n);
    buf_putc(b, ']');
}
