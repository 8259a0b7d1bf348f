#include "filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum op { OP_OR, OP_AND, OP_NOT, OP_EQ, OP_NE, OP_GT, OP_GE, OP_LT, OP_LE, OP_STARTS, OP_ENDS, OP_CONTAINS };

struct node {
    enum op op;
    struct node *a;
    struct node *b;
    const struct prop *prop;
    struct value lit;
    char *owned;               /* text behind lit.s */
};

struct filter {
    struct node *root;
    bool moves;
};

struct parser {
    enum table table;
    const char *p;
    const struct uuid *me;
    char *why;
    size_t why_size;
    int depth;
    bool moves;
};

static void free_node(struct node *n)
{
    if (!n)
        return;
    free_node(n->a);
    free_node(n->b);
    free(n->owned);
    free(n);
}

static void *fail(struct parser *s, const char *what)
{
    if (!s->why[0])
        snprintf(s->why, s->why_size, "%s at '%.40s'", what, s->p);
    return NULL;
}

static void blanks(struct parser *s)
{
    while (*s->p == ' ' || *s->p == '\t' || *s->p == '\n')
        s->p++;
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '/' || c == '.';
}

static size_t word_len(const struct parser *s)
{
    size_t n = 0;
    while (name_char(s->p[n]))
        n++;
    return n;
}

static bool take_word(struct parser *s, const char *w)
{
    blanks(s);
    size_t n = strlen(w);
    if (word_len(s) != n || strncmp(s->p, w, n) != 0)
        return false;
    s->p += n;
    return true;
}

static bool take(struct parser *s, char c)
{
    blanks(s);
    if (*s->p != c)
        return false;
    s->p++;
    return true;
}

/* A quoted text at the current place; doubled apostrophes count as one. */
static char *quoted(struct parser *s)
{
    if (*s->p != '\'')
        return fail(s, "a quoted literal is expected");
    struct buf b = {0};
    const char *p = s->p + 1;
    for (;; p++) {
        if (!*p) {
            buf_free(&b);
            return fail(s, "unterminated literal");
        }
        if (*p == '\'' && *++p != '\'')
            break;
        buf_putc(&b, *p);
    }
    s->p = p;
    buf_room(&b, 1);
    b.p[b.n] = '\0';
    return b.p;
}

static bool number(struct parser *s, struct value *v)
{
    char *end;
    v->t = V_NUM;
    v->i = strtoll(s->p, &end, 0);
    v->real = *end == '.' || *end == 'e' || *end == 'E';
    if (v->real)
        v->d = strtod(s->p, &end);
    if (end == s->p)
        return false;
    if (*end && strchr("LlfFdDmM", *end))
        end++;
    s->p = end;
    return !name_char(*end);
}

/* The words for now are evaluated in UTC, on the logical clock. */
static bool now_word(struct parser *s, struct value *v)
{
    static const char *const words[] = {"now", "today", "sow", "eow", "som", "eom", NULL};
    int64_t day = store.clock / WHEN_DAY;
    int64_t monday = day - ((day + 3) % 7 + 7) % 7;
    int y;
    int m;
    int d;
    when_civil(day, &y, &m, &d);
    const int64_t at[] = {
        store.clock, day * WHEN_DAY, monday * WHEN_DAY, (monday + 7) * WHEN_DAY - 1, when_days(y, m, 1) * WHEN_DAY,
        when_days(m == 12 ? y + 1 : y, m == 12 ? 1 : m + 1, 1) * WHEN_DAY - 1,
    };
    for (int i = 0; words[i]; i++) {
        if (take_word(s, words[i])) {
            v->t = V_DATE;
            v->i = at[i];
            s->moves = true;
            return true;
        }
    }
    return false;
}

static bool prefixed(struct parser *s, struct value *v)
{
    if (strncmp(s->p, "guid'", 5) == 0) {
        s->p += 4;
        char *t = quoted(s);
        bool ok = t && strlen(t) == 36 && uuid_parse(t, &v->u);
        v->t = V_UUID;
        free(t);
        return ok;
    }
    if (strncmp(s->p, "datetime'", 9) == 0) {
        s->p += 8;
        char *t = quoted(s);
        const char *end = t ? when_read_stamp(t, &v->i, NULL) : NULL;
        bool ok = end && !*end;
        v->t = V_DATE;
        free(t);
        return ok;
    }
    return false;
}

static bool literal(struct parser *s, struct value *v, char **owned)
{
    blanks(s);
    if (take_word(s, "null")) {
        v->t = V_NULL;
    } else if (take_word(s, "true") || take_word(s, "false")) {
        v->t = V_BOOL;
        v->i = s->p[-2] == 'u';
    } else if (take_word(s, "me.id")) {
        v->t = V_UUID;
        v->u = *s->me;
    } else if (*s->p == '\'') {
        v->t = V_STR;
        v->s = *owned = quoted(s);
        return *owned != NULL;
    } else if (isdigit((unsigned char)*s->p) || *s->p == '-') {
        return number(s, v);
    } else if (!now_word(s, v)) {
        return prefixed(s, v);
    }
    return true;
}

static const struct prop *property(struct parser *s)
{
    blanks(s);
    size_t n = word_len(s);
    const struct prop *p = n ? prop_find(s->table, s->p, n) : NULL;
    if (!p)
        return fail(s, "unknown property");
    s->p += n;
    return p;
}

/* A literal of another kind than the property is refused, as the original does; times of day are written as strings. */
static bool fits(struct node *n)
{
    if (n->lit.t == V_NULL)
        return n->op == OP_EQ || n->op == OP_NE;
    if (n->prop->type == V_TIME && n->lit.t == V_STR) {
        const char *end = when_read_tod(n->lit.s, &n->lit.i, NULL);
        n->lit.t = V_TIME;
        return end && !*end;
    }
    if (n->prop->type == V_BOOL && n->op != OP_EQ && n->op != OP_NE)
        return false;
    return n->prop->type == n->lit.t;
}

static struct node *compare(struct parser *s)
{
    static const char *const ops[] = {"eq", "ne", "gt", "ge", "lt", "le"};
    struct node *n = xcalloc(1, sizeof *n);
    n->prop = property(s);
    if (n->prop) {
        size_t i = 0;
        while (i < 6 && !take_word(s, ops[i]))
            i++;
        n->op = (enum op)((int)OP_EQ + (int)i);
        if (i == 6)
            fail(s, "an operator is expected");
        else if (!literal(s, &n->lit, &n->owned))
            fail(s, "not a literal");
        else if (!fits(n))
            fail(s, "the literal does not fit the property");
        else
            return n;
    }
    free_node(n);
    return NULL;
}

static struct node *call(struct parser *s, enum op op)
{
    struct node *n = xcalloc(1, sizeof *n);
    n->op = op;
    bool ok = take(s, '(');
    if (ok && op == OP_CONTAINS) {
        ok = literal(s, &n->lit, &n->owned) && take(s, ',') && (n->prop = property(s));
    } else if (ok) {
        n->prop = property(s);
        ok = n->prop && take(s, ',') && literal(s, &n->lit, &n->owned);
    }
    if (!ok || !take(s, ')') || n->prop->type != V_STR || n->lit.t != V_STR) {
        free_node(n);
        return fail(s, "a string function needs a string property and a string");
    }
    if (take_word(s, "eq") && !take_word(s, "true")) {
        free_node(n);
        return fail(s, "only 'eq true' may follow a function");
    }
    return n;
}

static struct node *parse_or(struct parser *s);

static struct node *primary(struct parser *s)
{
    struct node *n;
    if (++s->depth > 100)
        return fail(s, "nested too deeply");
    if (take(s, '(')) {
        n = parse_or(s);
        if (n && !take(s, ')')) {
            free_node(n);
            n = fail(s, "a closing parenthesis is missing");
        }
    } else if (take_word(s, "not")) {
        struct node *a = primary(s);
        n = a ? xcalloc(1, sizeof *n) : NULL;
        if (n)
            *n = (struct node){.op = OP_NOT, .a = a};
    } else if (take_word(s, "startswith")) {
        n = call(s, OP_STARTS);
    } else if (take_word(s, "endswith")) {
        n = call(s, OP_ENDS);
    } else if (take_word(s, "substringof")) {
        n = call(s, OP_CONTAINS);
    } else {
        n = compare(s);
    }
    s->depth--;
    return n;
}

static struct node *join(enum op op, struct node *a, struct node *b)
{
    if (!b) {
        free_node(a);
        return NULL;
    }
    struct node *n = xcalloc(1, sizeof *n);
    *n = (struct node){.op = op, .a = a, .b = b};
    return n;
}

static struct node *parse_and(struct parser *s)
{
    struct node *n = primary(s);
    while (n && take_word(s, "and"))
        n = join(OP_AND, n, primary(s));
    return n;
}

static struct node *parse_or(struct parser *s)
{
    struct node *n = parse_and(s);
    while (n && take_word(s, "or"))
        n = join(OP_OR, n, parse_and(s));
    return n;
}

struct filter *filter_compile(enum table t, const char *text, const struct uuid *me, char *why, size_t why_size)
{
    struct parser s = {.table = t, .p = text, .me = me, .why = why, .why_size = why_size};
    why[0] = '\0';
    struct node *root = parse_or(&s);
    blanks(&s);
    if (root && *s.p) {
        fail(&s, "unexpected text");
        free_node(root);
        root = NULL;
    }
    if (!root)
        return NULL;
    struct filter *f = xcalloc(1, sizeof *f);
    f->root = root;
    f->moves = s.moves;
    return f;
}

static bool match_text(enum op op, const char *text, const char *part)
{
    size_t n = strlen(text);
    size_t m = strlen(part);
    if (op == OP_CONTAINS)
        return strstr(text, part) != NULL;
    return m <= n && memcmp(op == OP_STARTS ? text : text + n - m, part, m) == 0;
}

static bool holds(enum op op, int c)
{
    switch (op) {
    case OP_EQ: return c == 0;
    case OP_NE: return c != 0;
    case OP_GT: return c > 0;
    case OP_GE: return c >= 0;
    case OP_LT: return c < 0;
    default: return c <= 0;
    }
}

static bool match(const struct node *n, const struct row *r)
{
    switch (n->op) {
    case OP_OR:
        return match(n->a, r) || match(n->b, r);
    case OP_AND:
        return match(n->a, r) && match(n->b, r);
    case OP_NOT:
        return !match(n->a, r);
    default:
        break;
    }
    struct value v;
    int64_t i;
    if (n->lit.t != V_NULL && !n->lit.real && n->op < OP_STARTS && prop_get_int(n->prop, r, &i) && i != WHEN_NONE)
        return holds(n->op, (i > n->lit.i) - (i < n->lit.i));
    prop_get(n->prop, r, &v);
    if (v.t == V_NULL || n->lit.t == V_NULL) {
        bool same = v.t == n->lit.t;
        return n->op == OP_EQ ? same : n->op == OP_NE && !same;
    }
    if (n->op >= OP_STARTS)
        return match_text(n->op, v.s, n->lit.s);
    return holds(n->op, prop_cmp(&v, &n->lit));
}

bool filter_match(const struct filter *f, const struct row *r)
{
    return !f || match(f->root, r);
}

static bool narrow(const struct node *n, int64_t *from, int64_t *before)
{
    if (n->op == OP_AND) {
        bool a = narrow(n->a, from, before);
        return narrow(n->b, from, before) || a;
    }
    if (n->op < OP_EQ || n->op > OP_LE || n->op == OP_NE || n->lit.t != V_DATE || strcasecmp(n->prop->path, "startDateLocal") != 0)
        return false;
    int64_t day = n->lit.i / WHEN_DAY;
    if ((n->op == OP_GT || n->op == OP_GE || n->op == OP_EQ) && day > *from)
        *from = day;
    if ((n->op == OP_LT || n->op == OP_LE || n->op == OP_EQ) && day + 1 < *before)
        *before = day + 1;
    return true;
}

bool filter_days(const struct filter *f, int64_t *from, int64_t *before)
{
    *from = INT64_MIN;
    *before = INT64_MAX;
    return f && narrow(f->root, from, before);
}

bool filter_moves(const struct filter *f)
{
    return f && f->moves;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    free_node(f->root);
    free(f);
}
