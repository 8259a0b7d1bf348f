/* The properties that filterby and orderby may name, and their values. */
#ifndef SANDBOX_PROP_H
#define SANDBOX_PROP_H

#include "store.h"

enum vtype { V_NULL, V_BOOL, V_NUM, V_STR, V_DATE, V_TIME, V_UUID };

struct value {
    enum vtype t;
    bool real;                 /* V_NUM: d counts, not i */
    int64_t i;                 /* V_BOOL, V_NUM, V_DATE and V_TIME in ticks */
    double d;
    const char *s;             /* V_STR: borrowed */
    struct uuid u;
};

struct prop {
    const char *path;          /* as awork writes it; compared without regard to case */
    enum vtype type;
    int id;
};

/* One element of a list: an entry, or an object of master data. */
struct row {
    const struct entry *e;
    const json_t *o;
    bool stale;
};

enum table { TABLE_ENTRY, TABLE_PROJECT, TABLE_COMPANY, TABLE_USER, TABLE_TYPE, TABLE_CONTACT };

const struct prop *prop_find(enum table t, const char *name, size_t len);
void prop_get(const struct prop *p, const struct row *r, struct value *out);
/* The same for entries and the types that are plain numbers, without the detour over struct value; WHEN_NONE for null.
   Returns false when the property is of another kind. */
bool prop_get_int(const struct prop *p, const struct row *r, int64_t *out);
/* Null sorts first. Both values have the same type otherwise. */
int prop_cmp(const struct value *a, const struct value *b);
/* The TOUCH_ bits that can change this property's values. */
unsigned prop_touch(const struct prop *p);

#endif
