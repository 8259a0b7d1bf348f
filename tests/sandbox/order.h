/* orderby. */
#ifndef SANDBOX_ORDER_H
#define SANDBOX_ORDER_H

#include "prop.h"

#define ORDER_MAX 8

struct order {
    struct {
        const struct prop *prop;
        bool desc;
    } key[ORDER_MAX];
    size_t n;
};

/* An empty text gives the default: newest first for entries, by name or id for the rest. */
bool order_parse(enum table t, const char *text, struct order *out, char *why, size_t why_size);
int order_cmp(const struct order *o, const struct row *a, const struct row *b);

/* Indexes of all entries ever stored, deleted ones included, in the wanted order. Kept until a change could have moved one;
   borrowed until the next call. Ties stand in storage order, or in a random one when shuffle is not 0. */
const uint32_t *order_entries(const struct order *o, uint64_t shuffle);
/* Those of the days [from, before) in this order; *n of them. They stay until the next call. NULL when asking so is no use. */
const uint32_t *order_days(const struct order *o, int64_t from, int64_t before, size_t *n);
void order_free(void);

#endif
