#include "order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool order_parse(enum table t, const char *text, struct order *out, char *why, size_t why_size)
{
    *out = (struct order){0};
    if (!text || !*text)
        text = t == TABLE_ENTRY ? "createdOn desc,id desc" : t == TABLE_USER ? "lastName,id" : t == TABLE_CONTACT ? "id" : "name,id";
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, " ,");
        const struct prop *prop = prop_find(t, p, n);
        if (!prop || out->n == ORDER_MAX) {
            snprintf(why, why_size, "unknown property in orderby at '%.40s'", p);
            return false;
        }
        bool desc = false;
        p += n;
        if (*p == ' ') {
            size_t m = strcspn(++p, ",");
            desc = m == 4 && strncmp(p, "desc", 4) == 0;
            if (!desc && !(m == 3 && strncmp(p, "asc", 3) == 0)) {
                snprintf(why, why_size, "asc or desc is expected in orderby at '%.40s'", p);
                return false;
            }
            p += m;
        }
        out->key[out->n].prop = prop;
        out->key[out->n++].desc = desc;
        if (!*p)
            return true;
    }
}

int order_cmp(const struct order *o, const struct row *a, const struct row *b)
{
    for (size_t i = 0; i < o->n; i++) {
        struct value x;
        struct value y;
        prop_get(o->key[i].prop, a, &x);
        prop_get(o->key[i].prop, b, &y);
        int c = prop_cmp(&x, &y);
        if (c)
            return o->key[i].desc ? -c : c;
    }
    return 0;
}

struct cached {
    struct order order;
    unsigned touched[5];
    unsigned mask;
    uint32_t *at;
    size_t n;
    unsigned used;
    uint32_t *by_day;          /* places in `at`, day by day and rising; NULL: not made yet */
    uint32_t *first;           /* of each day since day0, and the end */
    int64_t day0;
    size_t days;
    unsigned day_touched[2];
};

static struct cached cache[6];
static unsigned uses;

struct sorting {
    const struct order *order;
    uint64_t shuffle;
};

static uint64_t mixed(uint64_t a, uint32_t b)
{
    uint64_t x = (a ^ b) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 31)) * 0xbf58476d1ce4e5b9u;
    return x ^ (x >> 29);
}

static int by_order(const void *a, const void *b, void *ctx)
{
    const struct sorting *s = ctx;
    uint32_t i = *(const uint32_t *)a;
    uint32_t j = *(const uint32_t *)b;
    struct row x = {.e = &store.entries[i]};
    struct row y = {.e = &store.entries[j]};
    int c = order_cmp(s->order, &x, &y);
    if (c)
        return c;
    if (s->shuffle) {
        uint64_t h = mixed(s->shuffle, i);
        uint64_t k = mixed(s->shuffle, j);
        return (h > k) - (h < k);
    }
    return (i > j) - (i < j);
}

static bool current(const struct cached *c, const struct order *o)
{
    if (!c->at || c->n != store.n_entries || c->order.n != o->n)
        return false;
    for (size_t i = 0; i < o->n; i++) {
        if (c->order.key[i].prop != o->key[i].prop || c->order.key[i].desc != o->key[i].desc)
            return false;
    }
    for (unsigned i = 0; i < 5; i++) {
        if ((c->mask & (1u << i)) && c->touched[i] != store.touched[i])
            return false;
    }
    return true;
}

const uint32_t *order_entries(const struct order *o, uint64_t shuffle)
{
    struct cached *slot = &cache[0];
    for (size_t i = 0; i < sizeof cache / sizeof cache[0]; i++) {
        if (!shuffle && current(&cache[i], o)) {
            cache[i].used = ++uses;
            return cache[i].at;
        }
        if (cache[i].used < slot->used)
            slot = &cache[i];
    }
    slot->n = store.n_entries;
    free(slot->by_day);
    slot->by_day = NULL;
    slot->at = xrealloc(slot->at, slot->n * sizeof slot->at[0]);
    slot->order = *o;
    slot->mask = TOUCH_SET;
    for (size_t i = 0; i < o->n; i++)
        slot->mask |= prop_touch(o->key[i].prop);
    memcpy(slot->touched, store.touched, sizeof slot->touched);
    slot->used = shuffle ? 0 : ++uses;
    struct sorting s = {o, shuffle};
    bool sorted = true;
    for (uint32_t i = 0; i < slot->n; i++) {
        slot->at[i] = i;
        sorted = sorted && (i == 0 || by_order(&slot->at[i - 1], &slot->at[i], &s) <= 0);
    }
    /* Entries are stored in the order of their creation, which is the order mostly asked for. */
    if (!sorted)
        qsort_r(slot->at, slot->n, sizeof slot->at[0], by_order, &s);
    if (shuffle)
        slot->order.n = 0;
    return slot->at;
}

#define DAYS_MAX 40000         /* a century: more is no workspace */

static bool index_days(struct cached *c)
{
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    for (size_t i = 0; i < c->n; i++) {
        int64_t d = store.entries[i].start_day;
        if (d == WHEN_NONE)
            continue;
        low = d < low ? d : low;
        high = d > high ? d : high;
    }
    if (high < low || high - low > DAYS_MAX)
        return false;
    c->day0 = low;
    c->days = (size_t)(high - low) + 1;
    free(c->first);
    c->first = xcalloc(c->days + 2, sizeof c->first[0]);
    c->by_day = xrealloc(c->by_day, c->n * sizeof c->by_day[0]);
    for (size_t i = 0; i < c->n; i++) {
        if (store.entries[i].start_day != WHEN_NONE)
            c->first[store.entries[i].start_day - low + 2]++;
    }
    for (size_t d = 2; d < c->days + 2; d++)
        c->first[d] += c->first[d - 1];
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t d = store.entries[c->at[i]].start_day;
        if (d != WHEN_NONE)
            c->by_day[c->first[d - low + 1]++] = i;
    }
    c->day_touched[0] = store.touched[2];
    c->day_touched[1] = store.touched[4];
    return true;
}

static int rising(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

const uint32_t *order_days(const struct order *o, int64_t from, int64_t before, size_t *n)
{
    static uint32_t *found;
    static size_t cap;
    order_entries(o, 0);
    struct cached *c = cache;
    while (!current(c, o))
        c++;
    if ((!c->by_day || c->day_touched[0] != store.touched[2] || c->day_touched[1] != store.touched[4]) && !index_days(c))
        return NULL;
    int64_t a = from < c->day0 ? 0 : from - c->day0;
    int64_t b = before > c->day0 + (int64_t)c->days ? (int64_t)c->days : before - c->day0;
    *n = a < b ? c->first[b] - c->first[a] : 0;
    if (*n > c->n / 4)
        return NULL;
    if (cap < *n + 1) {
        cap = *n + 1;
        found = xrealloc(found, cap * sizeof found[0]);
    }
    if (*n)
        memcpy(found, c->by_day + c->first[a], *n * sizeof found[0]);
    if (b - a > 1)
        qsort(found, *n, sizeof found[0], rising);
    for (size_t i = 0; i < *n; i++)
        found[i] = c->at[found[i]];
    return found;
}

void order_free(void)
{
    for (size_t i = 0; i < sizeof cache / sizeof cache[0]; i++) {
        free(cache[i].at);
        free(cache[i].by_day);
        free(cache[i].first);
    }
    memset(cache, 0, sizeof cache);
}
