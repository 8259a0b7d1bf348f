#include "patch.h"

#include <string.h>

/* Offset after the value that starts at i. The text is our own, so it is well-formed. */
static size_t skip_value(const char *p, size_t i, size_t n)
{
    int depth = 0;
    bool quoted = false;
    for (; i < n; i++) {
        char c = p[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']' || c == ',') {
            if (depth == 0)
                return i;
            if (c != ',')
                depth--;
        }
    }
    return n;
}

static void splice(struct buf *b, size_t from, size_t to, const char *text)
{
    size_t len = strlen(text);
    buf_room(b, len);
    memmove(b->p + from + len, b->p + to, b->n - to + 1);
    memcpy(b->p + from, text, len);
    b->n = b->n - (to - from) + len;
}

void patch_member(struct buf *b, size_t from, const char *name, const char *raw)
{
    size_t len = strlen(name);
    size_t i = from + 1;
    while (i < b->n && b->p[i] == '"') {
        size_t key = i;
        size_t colon = key + 1;
        while (b->p[colon] != '"')
            colon += b->p[colon] == '\\' ? 2 : 1;
        colon++;
        size_t end = skip_value(b->p, colon + 1, b->n);
        if (colon - key == len + 2 && memcmp(b->p + key + 1, name, len) == 0) {
            if (raw)
                splice(b, colon + 1, end, raw);
            else
                splice(b, b->p[end] == ',' ? key : key - (b->p[key - 1] == ','), end + (b->p[end] == ','), "");
            return;
        }
        i = end + 1;
    }
    if (!raw)
        return;
    struct buf add = {0};
    buf_putc(&add, ',');
    buf_json(&add, name);
    buf_putc(&add, ':');
    buf_puts(&add, raw);
    splice(b, b->n - 1, b->n - 1, add.p);
    buf_free(&add);
}
