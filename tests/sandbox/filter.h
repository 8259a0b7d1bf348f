/* filterby: compiled once per request, then asked for each row. */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include "prop.h"

struct filter;

/* NULL with a reason in why when the expression is not valid. me is the calling user's id. */
struct filter *filter_compile(enum table t, const char *text, const struct uuid *me, char *why, size_t why_size);
/* A NULL filter takes every row. */
bool filter_match(const struct filter *f, const struct row *r);
/* Days outside [from, before) cannot match, entries without a date neither. False when the expression says nothing about startDateLocal. */
bool filter_days(const struct filter *f, int64_t *from, int64_t *before);
/* The expression has a word for now, so its answer changes with time alone. */
bool filter_moves(const struct filter *f);
void filter_free(struct filter *f);

#endif
