#include "keep.h"

#include <stdlib.h>
#include <string.h>

struct page {
    struct keep_key key;
    struct buf body;
};

static struct {
    struct page **slots;       /* open addressing */
    size_t n, cap;
    size_t bytes, limit;
} kept;

/* What marking changes, of every entry. */
struct flags {
    int64_t updated, version;
    int updated_by;
    uint8_t updated_digits;
    bool billed;
};

static struct {
    struct flags *v;
    size_t n;
    int64_t clock;
} snapshot;

void keep_limit(size_t bytes)
{
    kept.limit = bytes;
}

bool keep_on(void)
{
    return kept.limit > 0;
}

static void mix(struct keep_key *k, uint64_t v)
{
    k->a = (k->a ^ v) * 0x9e3779b97f4a7c15u;
    k->a ^= k->a >> 29;
    k->b = (k->b + v) * 0xbf58476d1ce4e5b9u;
    k->b ^= k->b >> 32;
}

struct keep_key keep_key(const uint32_t *rows, size_t n, bool simplified, bool gzip)
{
    struct keep_key k = {simplified ? 3 : 5, gzip ? 7 : 11};
    /* Whatever else changes an entry is counted for all of them together. */
    mix(&k, store.touched[2]);
    mix(&k, store.touched[3]);
    mix(&k, store.touched[4]);
    for (size_t i = 0; i < n; i++) {
        const struct entry *e = &store.entries[rows[i]];
        mix(&k, rows[i] | (uint64_t)e->billed << 32 | (uint64_t)e->billable << 33 | (uint64_t)e->external << 34);
        mix(&k, (uint64_t)e->version);
        mix(&k, (uint64_t)e->updated);
        mix(&k, (uint64_t)e->updated_by);
    }
    return k;
}

static struct page **slot_of(struct keep_key k)
{
    size_t i = (size_t)(k.a ^ k.b) & (kept.cap - 1);
    while (kept.slots[i] && (kept.slots[i]->key.a != k.a || kept.slots[i]->key.b != k.b))
        i = (i + 1) & (kept.cap - 1);
    return &kept.slots[i];
}

static void grow(void)
{
    struct page **old = kept.slots;
    size_t n = kept.cap;
    kept.cap = n ? n * 2 : 1024;
    kept.slots = xcalloc(kept.cap, sizeof kept.slots[0]);
    for (size_t i = 0; i < n; i++) {
        if (old[i])
            *slot_of(old[i]->key) = old[i];
    }
    free(old);
}

const struct buf *keep_find(struct keep_key k)
{
    struct page *p = kept.n ? *slot_of(k) : NULL;
    return p ? &p->body : NULL;
}

const struct buf *keep_put(struct keep_key k, struct buf *body)
{
    if (kept.bytes + body->n > kept.limit)
        return NULL;
    if (kept.n * 2 >= kept.cap)
        grow();
    struct page *p = xcalloc(1, sizeof *p);
    *p = (struct page){.key = k, .body = *body};
    p->body.p = xrealloc(p->body.p, p->body.n + 1);
    p->body.cap = p->body.n + 1;
    *slot_of(k) = p;
    kept.n++;
    kept.bytes += p->body.n;
    *body = (struct buf){0};
    return &p->body;
}

void keep_snapshot(void)
{
    free(snapshot.v);
    snapshot.v = xcalloc(store.n_entries + 1, sizeof snapshot.v[0]);
    snapshot.n = store.n_entries;
    snapshot.clock = store.clock;
    for (size_t i = 0; i < store.n_entries; i++) {
        const struct entry *e = &store.entries[i];
        snapshot.v[i] = (struct flags){e->updated, e->version, e->updated_by, e->updated_digits, e->billed};
    }
}

bool keep_restore(void)
{
    if (!snapshot.v || snapshot.n != store.n_entries)
        return false;
    for (size_t i = 0; i < store.n_entries; i++) {
        struct entry *e = &store.entries[i];
        const struct flags *f = &snapshot.v[i];
        e->updated = f->updated;
        e->version = f->version;
        e->updated_by = f->updated_by;
        e->updated_digits = f->updated_digits;
        e->billed = f->billed;
    }
    store.clock = snapshot.clock;
    store_touch(TOUCH_FLAGS | TOUCH_UPDATED);
    return true;
}

void keep_free(void)
{
    for (size_t i = 0; i < kept.cap; i++) {
        if (kept.slots[i]) {
            buf_free(&kept.slots[i]->body);
            free(kept.slots[i]);
        }
    }
    free(kept.slots);
    kept.slots = NULL;
    kept.n = kept.cap = kept.bytes = 0;
    free(snapshot.v);
    snapshot.v = NULL;
}
