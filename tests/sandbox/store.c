#include "store.h"

#include "edit.h"
#include "master.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store store;

static const char *const list_names[KIND_COUNT] = {
    "companies", "projects", "tasks", "users", "typesOfWork", "customFieldDefinitions",
};

const char *store_intern(const char *s)
{
    static char *pool[64];
    for (size_t i = 0; i < sizeof pool / sizeof pool[0]; i++) {
        if (!pool[i])
            return pool[i] = xstrdup(s);
        if (strcmp(pool[i], s) == 0)
            return pool[i];
    }
    return pool[0];
}

void store_touch(unsigned bits)
{
    for (unsigned i = 0; i < sizeof store.touched / sizeof store.touched[0]; i++) {
        if (bits & (1u << i))
            store.touched[i]++;
    }
}

int64_t store_tick(void)
{
    if (!store.still)
        store.clock += WHEN_SECOND;
    return store.clock;
}

struct thing *store_thing(enum kind k, int i)
{
    return i < 0 ? NULL : &store.things[k].v[i];
}

int store_find_id(enum kind k, const struct uuid *id)
{
    for (size_t i = 0; i < store.things[k].n; i++) {
        if (uuid_cmp(&store.things[k].v[i].id, id) == 0)
            return (int)i;
    }
    return -1;
}

int store_find(enum kind k, const char *ref)
{
    struct uuid id;
    if (strlen(ref) == 36 && uuid_parse(ref, &id))
        return store_find_id(k, &id);
    const struct list *l = &store.things[k];
    /* Keys are a letter and the number of the element in generated files: try that place before searching. */
    size_t guess = ref[0] ? strtoul(ref + 1, NULL, 10) : 0;
    if (guess >= 1 && guess <= l->n && strcmp(l->v[guess - 1].key, ref) == 0)
        return (int)guess - 1;
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->v[i].key, ref) == 0)
            return (int)i;
    }
    return -1;
}

static size_t slot_of(const struct uuid *id)
{
    size_t mask = store.n_slots - 1;
    size_t i = (size_t)uuid_hash(id) & mask;
    while (store.slots[i] && uuid_cmp(&store.entries[store.slots[i] - 1].id, id) != 0)
        i = (i + 1) & mask;
    return i;
}

struct entry *store_entry(const struct uuid *id)
{
    if (!store.n_slots)
        return NULL;
    uint32_t s = store.slots[slot_of(id)];
    return s && store.entries[s - 1].live ? &store.entries[s - 1] : NULL;
}

struct entry *store_entry_text(const char *id)
{
    struct uuid u;
    return strlen(id) == 36 && uuid_parse(id, &u) ? store_entry(&u) : NULL;
}

static void grow_slots(void)
{
    store.n_slots = store.n_slots ? store.n_slots * 2 : 4096;
    free(store.slots);
    store.slots = xcalloc(store.n_slots, sizeof store.slots[0]);
    for (size_t i = 0; i < store.n_entries; i++)
        store.slots[slot_of(&store.entries[i].id)] = (uint32_t)i + 1;
}

static void entry_clear(struct entry *e)
{
    free(e->note);
    json_decref(e->breaks);
    json_decref(e->extra);
    json_decref(e->omit);
}

struct entry *store_entry_new(const struct uuid *id)
{
    if (store.n_entries == store.cap_entries) {
        store.cap_entries = store.cap_entries ? store.cap_entries * 2 : 4096;
        store.entries = xrealloc(store.entries, store.cap_entries * sizeof store.entries[0]);
    }
    struct entry e = {
        .id = *id, .user = -1, .project = -1, .task = -1, .type = -1, .created_by = -1, .updated_by = -1,
        .start_day = WHEN_NONE, .end_day = WHEN_NONE, .start_tod = WHEN_NONE, .end_tod = WHEN_NONE,
        .start_utc = WHEN_NONE, .end_utc = WHEN_NONE, .dur = WHEN_NONE, .brk = WHEN_NONE,
        .created = WHEN_NONE, .updated = WHEN_NONE, .version = WHEN_NONE, .off = INT16_MIN, .end_off = INT16_MIN,
        .live = true, .billable = true, .tz = store_intern("Europe/Berlin"),
    };
    store.entries[store.n_entries++] = e;
    store.n_live++;
    if (store.n_entries * 2 > store.n_slots)
        grow_slots();
    else
        store.slots[slot_of(id)] = (uint32_t)store.n_entries;
    store_touch(TOUCH_SET);
    return &store.entries[store.n_entries - 1];
}

void store_entry_delete(struct entry *e)
{
    e->live = false;
    store.n_live--;
    store.deleted = xrealloc(store.deleted, (store.n_deleted + 1) * sizeof store.deleted[0]);
    store.deleted[store.n_deleted++] = e->id;
    store_touch(TOUCH_SET);
}

const struct token *store_token(const char *text)
{
    for (size_t i = 0; i < store.n_tokens; i++) {
        if (strcmp(store.tokens[i].text, text) == 0)
            return &store.tokens[i];
    }
    return NULL;
}

static const char *text_of(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

static bool load_things(enum kind k)
{
    json_t *a = json_object_get(store.root, list_names[k]);
    struct list *l = &store.things[k];
    l->n = json_array_size(a);
    l->v = xcalloc(l->n, sizeof l->v[0]);
    for (size_t i = 0; i < l->n; i++) {
        struct thing *t = &l->v[i];
        t->src = json_incref(json_array_get(a, i));
        const char *id = text_of(t->src, "id");
        t->key = text_of(t->src, "key");
        t->name = text_of(t->src, "name");
        if (!t->key)
            t->key = "";
        if (!t->name)
            t->name = "";
        t->parent = -1;
        if (!id || strlen(id) != 36 || !uuid_parse(id, &t->id)) {
            fprintf(stderr, "sandbox: %s[%zu] has no valid id\n", list_names[k], i);
            return false;
        }
        const char *up = k == KIND_PROJECT ? text_of(t->src, "company") : k == KIND_TASK ? text_of(t->src, "project") : NULL;
        if (up && (t->parent = store_find(k == KIND_PROJECT ? KIND_COMPANY : KIND_PROJECT, up)) < 0) {
            fprintf(stderr, "sandbox: %s[%zu] refers to unknown %s\n", list_names[k], i, up);
            return false;
        }
        const char *upd = text_of(t->src, "updatedOn");
        t->updated = store.clock - 90 * WHEN_DAY;
        if (upd)
            when_read_stamp(upd, &t->updated, NULL);
    }
    return true;
}

static bool load_tokens(void)
{
    json_t *a = json_object_get(store.root, "tokens");
    store.n_tokens = json_array_size(a);
    store.tokens = xcalloc(store.n_tokens, sizeof store.tokens[0]);
    for (size_t i = 0; i < store.n_tokens; i++) {
        json_t *o = json_array_get(a, i);
        struct token *t = &store.tokens[i];
        const char *user = text_of(o, "userId");
        const char *frozen = text_of(o, "frozenBefore");
        t->text = text_of(o, "token");
        t->user = user ? store_find(KIND_USER, user) : -1;
        t->admin = json_is_true(json_object_get(o, "admin"));
        t->own_only = json_is_true(json_object_get(o, "ownOnly"));
        t->frozen_before = WHEN_NONE;
        if (!t->text || t->user < 0 || (frozen && !when_read_date(frozen, &t->frozen_before))) {
            fprintf(stderr, "sandbox: tokens[%zu] is not usable\n", i);
            return false;
        }
    }
    return true;
}

static int by_creation(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    if (x->created != y->created)
        return x->created < y->created ? -1 : 1;
    return uuid_cmp(&x->id, &y->id);
}

static bool load_entries(void)
{
    json_t *a = json_object_get(store.root, "entries");
    size_t i;
    json_t *o;
    json_array_foreach(a, i, o) {
        char why[160];
        if (!edit_insert(o, why, sizeof why)) {
            fprintf(stderr, "sandbox: entries[%zu]: %s\n", i, why);
            return false;
        }
    }
    /* The parsed entries are held in struct entry from here on; the text would only cost memory. */
    json_object_del(store.root, "entries");
    /* In the order mostly asked for, scans run through memory from front to back. */
    if (store.n_entries)
        qsort(store.entries, store.n_entries, sizeof store.entries[0], by_creation);
    for (size_t n = 0; n < store.n_slots; n++)
        store.slots[n] = 0;
    for (size_t n = 0; n < store.n_entries; n++)
        store.slots[slot_of(&store.entries[n].id)] = (uint32_t)n + 1;
    return true;
}

bool store_load(const char *path)
{
    char *keep = xstrdup(path);
    json_error_t err;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &err);
    if (!root) {
        fprintf(stderr, "sandbox: %s:%d: %s\n", path, err.line, err.text);
        free(keep);
        return false;
    }
    store_free();
    store.path = keep;
    store.root = root;
    const char *now = text_of(root, "clock");
    if (!now || !when_read_stamp(now, &store.clock, NULL))
        store.clock = when_days(2026, 11, 2) * WHEN_DAY + 8 * 3600 * WHEN_SECOND;
    for (int k = 0; k < KIND_COUNT; k++) {
        if (!load_things((enum kind)k))
            return false;
    }
    json_t *api = json_object_get(root, "apiUser");
    const char *api_ref = json_is_object(api) ? text_of(api, "id") : json_string_value(api);
    store.api_user = api_ref ? store_find(KIND_USER, api_ref) : -1;
    master_render();
    if (!load_tokens() || !load_entries())
        return false;
    store_touch(~0u);
    return true;
}

void store_free(void)
{
    for (int k = 0; k < KIND_COUNT; k++) {
        for (size_t i = 0; i < store.things[k].n; i++) {
            struct thing *t = &store.things[k].v[i];
            json_decref(t->src);
            json_decref(t->full);
            buf_free(&t->frag);
        }
        free(store.things[k].v);
    }
    for (size_t i = 0; i < store.n_entries; i++)
        entry_clear(&store.entries[i]);
    free(store.entries);
    free(store.slots);
    free(store.deleted);
    free(store.tokens);
    free(store.path);
    json_decref(store.root);
    bool still = store.still;
    unsigned touched[5];
    memcpy(touched, store.touched, sizeof touched);
    store = (struct store){.still = still};
    /* Cached orders compare these counters: they must not start again at a value that was seen before. */
    memcpy(store.touched, touched, sizeof touched);
}
