#include "gzip.h"

#include <string.h>
#include <zlib.h>

#define HASH_BITS 15
#define WINDOW 32768
#define MATCH_MAX 258

/* Codes of the fixed Huffman tables of RFC 1951, section 3.2.6, with their bits already in sending order. */
struct code {
    uint32_t bits;
    uint32_t n;
};

static struct code literal_code[256];
static struct code length_code[MATCH_MAX + 1];      /* with the extra bits */
static struct code distance_code[30];
static const uint16_t distance_base[30] = {
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
    24577,
};

static uint32_t reversed(uint32_t v, uint32_t n)
{
    uint32_t r = 0;
    for (uint32_t i = 0; i < n; i++)
        r |= (v >> i & 1) << (n - 1 - i);
    return r;
}

static struct code symbol(uint32_t s)
{
    if (s < 144)
        return (struct code){reversed(0x30 + s, 8), 8};
    if (s < 256)
        return (struct code){reversed(0x190 + s - 144, 9), 9};
    if (s < 280)
        return (struct code){reversed(s - 256, 7), 7};
    return (struct code){reversed(0xc0 + s - 280, 8), 8};
}

static void __attribute__((constructor)) build_tables(void)
{
    for (uint32_t i = 0; i < 256; i++)
        literal_code[i] = symbol(i);
    uint32_t len = 3;
    for (uint32_t s = 257; s <= 284; s++) {
        uint32_t extra = s < 265 ? 0 : (s - 261) / 4;
        for (uint32_t k = 0; k < 1u << extra && len <= MATCH_MAX; k++, len++) {
            struct code c = symbol(s);
            length_code[len] = (struct code){c.bits | k << c.n, c.n + extra};
        }
    }
    length_code[MATCH_MAX] = symbol(285);
    for (uint32_t i = 0; i < 30; i++)
        distance_code[i] = (struct code){reversed(i, 5), 5};
}

struct writer {
    uint8_t *p;
    uint64_t bits;
    uint32_t n;
};

static void flush(struct writer *w)
{
    memcpy(w->p, &w->bits, 8);
    w->p += w->n / 8;
    w->bits >>= w->n & ~7u;
    w->n &= 7;
}

static void put(struct writer *w, uint32_t bits, uint32_t n)
{
    w->bits |= (uint64_t)bits << w->n;
    w->n += n;
}

static void put_match(struct writer *w, uint32_t len, uint32_t distance)
{
    uint32_t d = distance - 1;
    uint32_t top = d < 4 ? 0 : 31 - (uint32_t)__builtin_clz(d);
    uint32_t i = d < 4 ? d : 2 * top + (d >> (top - 1) & 1);
    put(w, length_code[len].bits, length_code[len].n);
    put(w, distance_code[i].bits, distance_code[i].n);
    if (i >= 4)
        put(w, distance - distance_base[i], i / 2 - 1);
    flush(w);
}

static uint32_t load32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static size_t common(const char *a, const char *b, size_t max)
{
    size_t n = 0;
    while (n + 8 <= max) {
        uint64_t x;
        uint64_t y;
        memcpy(&x, a + n, 8);
        memcpy(&y, b + n, 8);
        if (x != y)
            return n + (size_t)__builtin_ctzll(x ^ y) / 8;
        n += 8;
    }
    while (n < max && a[n] == b[n])
        n++;
    return n;
}

/* A run of any length in pieces that the format can express; what is left below its minimum stays for the next round. */
static size_t put_run(struct writer *w, size_t len, uint32_t distance)
{
    size_t done = 0;
    while (len - done >= 4) {
        size_t k = len - done < MATCH_MAX ? len - done : MATCH_MAX;
        put_match(w, (uint32_t)k, distance);
        done += k;
    }
    return done;
}

static void compress_body(struct writer *w, const char *p, size_t n)
{
    static _Thread_local uint32_t seen[1 << HASH_BITS];      /* position + 1 */
    memset(seen, 0, sizeof seen);
    size_t i = 0;
    while (i + 8 <= n) {
        uint32_t v = load32(p + i);
        uint32_t *slot = &seen[v * 2654435761u >> (32 - HASH_BITS)];
        size_t from = *slot;
        *slot = (uint32_t)i + 1;
        if (from && i + 1 - from <= WINDOW && load32(p + from - 1) == v) {
            size_t end = i + put_run(w, common(p + i, p + from - 1, n - i), (uint32_t)(i + 1 - from));
            /* Some places inside the run, so that later copies need not go back to its first occurrence. */
            for (i += 16; i < end && i + 4 <= n; i += 16)
                seen[load32(p + i) * 2654435761u >> (32 - HASH_BITS)] = (uint32_t)i + 1;
            i = end;
        } else {
            struct code c = literal_code[(uint8_t)p[i++]];
            put(w, c.bits, c.n);
            flush(w);
        }
    }
    for (; i < n; i++) {
        struct code c = literal_code[(uint8_t)p[i]];
        put(w, c.bits, c.n);
        flush(w);
    }
}

void gzip_pack(struct buf *out, const char *p, size_t n)
{
    static const char head[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 4, 3};
    buf_put(out, head, sizeof head);
    /* A literal never takes more than nine bits. */
    buf_room(out, n + n / 8 + 64);
    struct writer w = {.p = (uint8_t *)out->p + out->n};
    put(&w, 1 | 1 << 1, 3);
    compress_body(&w, p, n);
    put(&w, 0, 7);
    flush(&w);
    if (w.n)
        w.p++;
    out->n = (size_t)((char *)w.p - out->p);
    uint32_t tail[2] = {(uint32_t)crc32_z(0, (const Bytef *)p, n), (uint32_t)n};
    buf_put(out, (const char *)tail, sizeof tail);
}
