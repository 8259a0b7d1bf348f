/* The workspace in memory. Everything here is used under the one mutex of route.c. */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include "buf.h"
#include "when.h"

#include <jansson.h>

enum kind { KIND_COMPANY, KIND_PROJECT, KIND_TASK, KIND_USER, KIND_TYPE, KIND_FIELD, KIND_COUNT };

/* Company, project, task, user, type of work or custom field definition. */
struct thing {
    struct uuid id;
    const char *key;      /* short reference used inside the workspace file; borrowed from src */
    const char *name;     /* borrowed from src */
    json_t *src;          /* owned: the object of the workspace file, kept current by renames */
    json_t *full;         /* owned: what the master data endpoints answer */
    struct buf frag;      /* the JSON nested in a time entry */
    int parent;           /* project: company, task: project; -1 none */
    int64_t updated;
};

struct list {
    struct thing *v;
    size_t n;
};

struct token {
    const char *text;
    int user;
    bool admin;
    bool own_only;            /* missing rights: lists hold this user's entries only */
    int64_t frozen_before;    /* local day; entries before it cannot be edited with this token */
};

/* What a list read sees while a write has not reached the index yet. */
enum stale { STALE_NO, STALE_UNBILLED, STALE_BILLED };

struct entry {
    struct uuid id;
    int user, project, task, type;     /* indexes, -1 none */
    int created_by, updated_by;
    int64_t start_day, end_day;        /* local days, WHEN_NONE: absent */
    int64_t start_tod, end_tod;        /* local ticks of day, WHEN_NONE: absent */
    int64_t start_utc, end_utc;        /* derived instants (midnight where no time is known), WHEN_NONE: absent */
    int64_t dur, brk;                  /* seconds, WHEN_NONE: absent */
    int64_t created, updated;          /* ticks */
    int64_t version;
    int16_t off, end_off;              /* minutes east of UTC */
    uint8_t start_digits, end_digits, created_digits, updated_digits;
    uint8_t stale;
    bool live, billable, billed, external, nulls;
    bool own_project;                  /* the project was named, not taken from the task */
    const char *tz;                    /* interned */
    char *note;                        /* owned, NULL: absent */
    json_t *breaks;                    /* owned or NULL */
    json_t *extra;                     /* owned or NULL: further members of the answer */
    json_t *omit;                      /* owned or NULL: names of members to leave out */
};

/* Groups of members, to tell which cached orders a change invalidates. */
enum { TOUCH_FLAGS = 1, TOUCH_UPDATED = 2, TOUCH_REST = 4, TOUCH_NAMES = 8, TOUCH_SET = 16 };

struct store {
    json_t *root;
    char *path;
    struct list things[KIND_COUNT];
    struct token *tokens;
    size_t n_tokens;
    int api_user;
    struct entry *entries;
    size_t n_entries, cap_entries, n_live;
    uint32_t *slots;                   /* open addressing over entry ids: index + 1 */
    size_t n_slots;
    struct uuid *deleted;
    size_t n_deleted;
    int64_t clock;                     /* logical now */
    unsigned touched[5];               /* number of changes per TOUCH_ bit */
    bool still;                        /* the clock stands, so that equal changes give equal entries */
    unsigned stale_reads;              /* list reads left that see the old isBilled */
};

extern struct store store;

/* Returns false with a message on stderr. Replaces whatever was loaded. */
bool store_load(const char *path);
void store_free(void);

/* By key or UUID text; -1 when there is none. */
int store_find(enum kind k, const char *ref);
int store_find_id(enum kind k, const struct uuid *id);
struct thing *store_thing(enum kind k, int i);
/* NULL when there is no such live entry. */
struct entry *store_entry(const struct uuid *id);
struct entry *store_entry_text(const char *id);
/* Appends a blank live entry; pointers to entries are invalid afterwards. */
struct entry *store_entry_new(const struct uuid *id);
void store_entry_delete(struct entry *e);
const struct token *store_token(const char *text);

void store_touch(unsigned bits);
/* Advances the logical clock by a second and returns it. */
int64_t store_tick(void);
const char *store_intern(const char *s);

#endif
