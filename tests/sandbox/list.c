#include "list.h"

#include "fault.h"
#include "filter.h"
#include "gzip.h"
#include "keep.h"
#include "order.h"
#include "render.h"

#include <stdlib.h>
#include <string.h>

struct page {
    int64_t number;
    int64_t size;
    int64_t first;             /* matches before this page */
    struct filter *filter;
    struct order order;
};

static bool read_number(const char *text, int64_t fallback, int64_t *out)
{
    char *end;
    if (!text) {
        *out = fallback;
        return true;
    }
    *out = strtoll(text, &end, 10);
    return end != text && !*end && *out >= 1;
}

static bool read_page(const struct list_query *q, enum table t, struct page *p, struct answer *a)
{
    char why[160];
    const char *filterby = http_param(q->r, "filterby");
    *p = (struct page){0};
    if (!read_number(http_param(q->r, "page"), 1, &p->number) || !read_number(http_param(q->r, "pageSize"), 10, &p->size)) {
        http_error(a, 400, "validation-failed", "page and pageSize must be positive numbers.");
        return false;
    }
    if (p->size > 1000)
        p->size = 1000;
    int64_t clamp = fault_int(q->plan, "page_size", 0);
    if (clamp > 0 && p->size > clamp)
        p->size = clamp;
    if (fault_flag(q->plan, "ignore_page"))
        p->first = 0;
    else
        p->first = p->number > INT32_MAX ? INT64_MAX / 2 : (p->number - 1) * p->size;
    bool ok = order_parse(t, http_param(q->r, "orderby"), &p->order, why, sizeof why);
    if (ok && filterby && *filterby && !fault_flag(q->plan, "ignore_filter")) {
        p->filter = filter_compile(t, filterby, &store.things[KIND_USER].v[q->token->user].id, why, sizeof why);
        ok = p->filter != NULL;
    }
    if (!ok)
        http_error(a, 400, "invalid-filter-or-order", why);
    return ok;
}

static void put_headers(struct list_query *q, const struct page *p, int64_t rows, int64_t total, struct answer *a)
{
    q->rows = rows;
    q->total = total + fault_int(q->plan, "total_delta", 0);
    a->status = 200;
    http_header_int(a, "aw-page", fault_flag(q->plan, "ignore_page") ? 1 : p->number);
    http_header_int(a, "aw-pagesize", p->size);
    http_header_int(a, "aw-items", rows);
    http_header_int(a, "aw-totalitems", q->total);
}

/* The rows that a fault takes out of the middle of a page. */
static bool dropped(const json_t *plan, size_t i, size_t n)
{
    size_t k = (size_t)fault_int(plan, "drop_rows", 0);
    size_t from = k < n ? (n - k) / 2 : 0;
    return i >= from && i < from + k;
}

static void put_row(struct buf *b, const struct list_query *q, const struct entry *e, bool simplified, size_t i)
{
    size_t from = b->n;
    bool stale = store.stale_reads > 0;
    if (simplified)
        render_simplified(b, e, stale);
    else
        render_entry(b, e, stale);
    fault_patch_row(q->plan, b, from, &e->id, i + 1);
}

static int64_t write_page(struct buf *b, const struct list_query *q, const uint32_t *found, size_t n, bool simplified)
{
    int64_t rows = 0;
    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (dropped(q->plan, i, n))
            continue;
        if (rows++)
            buf_putc(b, ',');
        put_row(b, q, &store.entries[found[i]], simplified, i);
    }
    const json_t *again = fault_get(q->plan, "duplicate_row");
    if (n && (json_is_true(again) || json_is_string(again))) {
        struct entry copy = store.entries[found[0]];
        if (json_is_string(again))
            copy.dur = copy.dur == WHEN_NONE ? 60 : copy.dur + 60;
        buf_putc(b, ',');
        put_row(b, q, &copy, simplified, 0);
        rows++;
    }
    buf_putc(b, ']');
    return rows;
}

/* A write that the index has not taken in is seen by so many list reads in its old state. */
static void stale_read_done(void)
{
    if (!store.stale_reads || --store.stale_reads)
        return;
    for (size_t i = 0; i < store.n_entries; i++)
        store.entries[i].stale = STALE_NO;
}

/* The rows of the last query, in order: the pages of one list are then one scan. */
static struct {
    char *key;
    uint32_t *at;
    size_t n;
    size_t cap;
} last;

static char *query_key(const struct list_query *q, int project)
{
    struct buf b = {0};
    const char *filterby = http_param(q->r, "filterby");
    const char *orderby = http_param(q->r, "orderby");
    buf_printf(&b, "%d %s %zu ", project, q->token->text, store.n_entries);
    for (size_t i = 0; i < sizeof store.touched / sizeof store.touched[0]; i++)
        buf_printf(&b, "%u ", store.touched[i]);
    buf_printf(&b, "%s\n%s", orderby ? orderby : "", filterby && !fault_flag(q->plan, "ignore_filter") ? filterby : "");
    return b.p;
}

static void scan(const struct list_query *q, const struct page *p, int project, uint64_t shuffle)
{
    const uint32_t *at = NULL;
    size_t n = store.n_entries;
    int64_t from, before;
    if (!shuffle && filter_days(p->filter, &from, &before))
        at = order_days(&p->order, from, before, &n);
    if (!at) {
        at = order_entries(&p->order, shuffle);
        n = store.n_entries;
    }
    struct row row = {.stale = store.stale_reads > 0};
    if (last.cap < store.n_entries) {
        last.cap = store.n_entries;
        last.at = xrealloc(last.at, last.cap * sizeof last.at[0]);
    }
    last.n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct entry *e = &store.entries[at[i]];
        if (!e->live || (project >= 0 && e->project != project) || (q->token->own_only && e->user != q->token->user))
            continue;
        row.e = e;
        if (filter_match(p->filter, &row))
            last.at[last.n++] = at[i];
    }
}

static void find(const struct list_query *q, const struct page *p, int project)
{
    uint64_t shuffle = fault_flag(q->plan, "shuffle_ties") ? q->r->n * 7919 + 1 : 0;
    char *key = query_key(q, project);
    /* The clock runs on between requests, and a stale view ends without a change. */
    bool fresh = shuffle || store.stale_reads || filter_moves(p->filter);
    if (fresh || !last.key || strcmp(last.key, key) != 0)
        scan(q, p, project, shuffle);
    free(last.key);
    last.key = NULL;
    if (fresh)
        free(key);
    else
        last.key = key;
}

/* The page as it was written once; only what no fault touches. */
static void kept_page(const struct list_query *q, const uint32_t *found, size_t n, bool simplified, struct answer *a)
{
    struct keep_key key = keep_key(found, n, simplified, q->r->gzip);
    struct buf whole = {0};
    a->kept = keep_find(key);
    a->kept_gzip = q->r->gzip;
    if (a->kept)
        return;
    buf_room(&whole, n * 3000 + 16);
    write_page(&whole, q, found, n, simplified);
    if (q->r->gzip) {
        struct buf packed = {0};
        gzip_pack(&packed, whole.p, whole.n);
        a->kept = keep_put(key, &packed);
        buf_free(&packed);
    } else {
        a->kept = keep_put(key, &whole);
    }
    if (!a->kept)
        a->body = whole;
    else
        buf_free(&whole);
}

void list_entries(struct list_query *q, int project, bool simplified, struct answer *a)
{
    struct page p;
    if (!read_page(q, TABLE_ENTRY, &p, a))
        return;
    find(q, &p, project);
    filter_free(p.filter);
    size_t from = (uint64_t)p.first < last.n ? (size_t)p.first : last.n;
    size_t n = last.n - from < (size_t)p.size ? last.n - from : (size_t)p.size;
    int64_t rows = (int64_t)n;
    if (keep_on() && !q->plan && !store.stale_reads && n > 1) {
        kept_page(q, last.at + from, n, simplified, a);
    } else {
        buf_room(&a->body, n * 3000 + 16);
        rows = write_page(&a->body, q, last.at + from, n, simplified);
    }
    put_headers(q, &p, rows, (int64_t)last.n, a);
    stale_read_done();
}

void list_free(void)
{
    free(last.key);
    free(last.at);
    last.key = NULL;
    last.at = NULL;
    last.cap = 0;
}

struct sorting {
    const struct order *order;
};

static int by_order(const void *x, const void *y, void *ctx)
{
    const struct sorting *s = ctx;
    struct row a = {.o = *(json_t *const *)x};
    struct row b = {.o = *(json_t *const *)y};
    return order_cmp(s->order, &a, &b);
}

void list_objects(struct list_query *q, enum table t, json_t *all, struct answer *a)
{
    struct page p;
    if (!read_page(q, t, &p, a)) {
        json_decref(all);
        return;
    }
    json_t **found = xcalloc(json_array_size(all), sizeof found[0]);
    size_t n = 0;
    size_t i;
    json_t *o;
    json_array_foreach(all, i, o) {
        struct row row = {.o = o};
        if (filter_match(p.filter, &row))
            found[n++] = o;
    }
    filter_free(p.filter);
    struct sorting s = {&p.order};
    qsort_r(found, n, sizeof found[0], by_order, &s);
    int64_t rows = 0;
    buf_putc(&a->body, '[');
    for (size_t k = (size_t)p.first; k < n && rows < p.size; k++) {
        if (dropped(q->plan, k, n))
            continue;
        char *text = json_dumps(found[k], JSON_COMPACT);
        if (rows++)
            buf_putc(&a->body, ',');
        buf_puts(&a->body, text ? text : "null");
        free(text);
    }
    buf_putc(&a->body, ']');
    put_headers(q, &p, rows, (int64_t)n, a);
    free(found);
    json_decref(all);
}
