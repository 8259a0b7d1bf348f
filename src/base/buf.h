/* A growing byte buffer. Failure is sticky: check once with buf_ok() at the end instead of after every call. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	char *p; /* NUL-terminated whenever not NULL; owned by the buffer */
	size_t n, cap;
	int failed;
};

#define BUF_INIT { NULL, 0, 0, 0 }

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_ch(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n bytes behind the text, which count once buf_took() says how many of them were written; NULL when memory is out. Borrowed until the next call. */
char *buf_room(struct buf *b, size_t n);
void buf_took(struct buf *b, size_t n);
/* Empties the buffer, keeps its memory, clears `failed`. */
void buf_reset(struct buf *b);
/* Empties the buffer and keeps its memory and `failed`: for one that is filled many times and looked at with buf_ok() in the end. */
void buf_reuse(struct buf *b);
/* True when every byte arrived. */
int buf_ok(const struct buf *b);
/* The text, "" when empty; borrowed until the next call. */
const char *buf_text(const struct buf *b);
void buf_free(struct buf *b);

/* Grows an array for at least `want` elements of `size` bytes; *cap counts elements. 0 or -1 (memory, overflow; the array stays valid). */
int buf_grow(void *array_ptr, size_t *cap, size_t want, size_t size);

#endif
