/* Growing byte buffer and the few scalar formats the sandbox writes often. Running out of memory ends the program. */
#ifndef SANDBOX_BUF_H
#define SANDBOX_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *p;
    size_t n;
    size_t cap;
};

struct uuid {
    uint8_t b[16];
};

void buf_room(struct buf *b, size_t more);
void buf_put(struct buf *b, const char *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v);
void buf_uuid(struct buf *b, const struct uuid *u);
/* A JSON string with its quotes; the input is UTF-8 and stays unescaped where JSON allows it. */
void buf_json(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void buf_free(struct buf *b);

/* Accepts upper and lower case; exactly 36 characters at s, what follows is the caller's business. */
bool uuid_parse(const char *s, struct uuid *out);
int uuid_cmp(const struct uuid *a, const struct uuid *b);
uint64_t uuid_hash(const struct uuid *u);

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

#endif
