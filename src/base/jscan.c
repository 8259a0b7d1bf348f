#include "base/jscan.h"

#include <string.h>

#include "base/jdoc.h"
#include "base/jspan.h"

#define INPUT_MAX ((size_t)1 << 30)

/* Functions that read take where to begin and return behind what they read; NULL: left to the slow way. */
struct scan {
	struct jlearn *l;
	struct jnode *v;
	const char *end;
	int depth;
};

/* The next byte that is no white space, or the end. */
static inline const char *skip_space(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* NUL at the end: it is right nowhere outside of strings. */
static inline char peek(const char *p, const char *end)
{
	return p < end ? *p : '\0';
}

/* Value of four hexadecimal digits, -1 for anything else. */
static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* Bytes of the escape at p; 0 when malformed. */
static size_t escape(const char *p, size_t n)
{
	if (n < 2)
		return 0;
	switch (p[1]) {
	case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
		return 2;
	case 'u':
		return n >= 6 && hex4(p + 2) >= 0 ? 6 : 0;
	default:
		return 0;
	}
}

/* Goes on in a string at a byte that is not plain, to its closing quote. */
__attribute__((noinline)) static const char *odd(const struct scan *s, const char *p, struct jnode *v)
{
	while (p < s->end && *p != '"') {
		size_t k;

		if (*p == '\\') {
			k = escape(p, (size_t)(s->end - p));
			v->escaped = 1;
		} else {
			k = (signed char)*p < 0 ? jspan_sequence(p, (size_t)(s->end - p)) : 0;
		}
		if (k == 0)
			return NULL;
		p = jspan_plain(p + k, s->end);
	}
	return p < s->end ? p : NULL;
}

/* A string, from behind its opening quote to behind its closing one. */
static inline const char *string(const struct scan *s, const char *from, struct jnode *v)
{
	const char *p = jspan_plain(from, s->end);

	v->text = from;
	v->kind = JTAPE_STRING;
	v->escaped = 0;
	if (peek(p, s->end) != '"' && (p = odd(s, p, v)) == NULL)
		return NULL;
	if (p - from > JDOC_TEXT_MAX)
		return NULL;
	v->len = (uint32_t)(p - from);
	return p + 1;
}

const char *jscan_string(const char *p, const char *end, struct jnode *v)
{
	struct scan s = { .end = end };

	return string(&s, p, v);
}

static const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Integers that surely fit, and reals that surely do not overflow. */
static const char *number(const struct scan *s, const char *p, struct jnode *v)
{
	int minus = peek(p, s->end) == '-';
	const char *from = p + minus;
	int64_t n = 0;

	p = digits(from, s->end);
	if (p == from || p - from > 18 || (p - from > 1 && *from == '0'))
		return NULL;
	if (peek(p, s->end) == '.') {
		v->kind = JTAPE_REAL;
		from = p + 1;
		p = digits(from, s->end);
		return p > from && p - from <= 18 && peek(p, s->end) != 'e' && peek(p, s->end) != 'E' ? p : NULL;
	}
	if (peek(p, s->end) == 'e' || peek(p, s->end) == 'E')
		return NULL;
	v->kind = JTAPE_INTEGER;
	for (; from < p; from++)
		n = n * 10 + (*from - '0');
	v->num = minus ? -n : n;
	return p;
}

static const char *object(struct scan *s, const char *p, uint32_t self);
static const char *array(struct scan *s, const char *p, uint32_t self);

/* Of values that are not wanted only that they are right counts; they are all noted in one place. */
__attribute__((always_inline)) static inline const char *value(struct scan *s, const char *p, uint32_t at, uint32_t want)
{
	struct jnode *v = &s->v[want];

	if (peek(p, s->end) == '"')
		return string(s, p + 1, v);
	if (peek(p, s->end) <= ' ')
		p = skip_space(p, s->end);
	switch (peek(p, s->end)) {
	case '"':
		return string(s, p + 1, v);
	case '{':
		v->kind = JTAPE_OBJECT;
		return object(s, p + 1, at);
	case '[':
		v->kind = JTAPE_ARRAY;
		return array(s, p + 1, at);
	case 't':
		v->kind = JTAPE_TRUE;
		return s->end - p >= 4 && memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
	case 'f':
		v->kind = JTAPE_FALSE;
		return s->end - p >= 5 && memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
	case 'n':
		v->kind = JTAPE_NULL;
		return s->end - p >= 4 && memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
	default:
		return number(s, p, v);
	}
}

/* A member that does not stand where it stood last: its key and colon. */
static const char *member(struct scan *s, const char *p, uint32_t self, uint32_t *at)
{
	struct jnode key;

	p = skip_space(p, s->end);
	if (peek(p, s->end) != '"' || (p = string(s, p + 1, &key)) == NULL || key.escaped)
		return NULL;
	p = skip_space(p, s->end);
	if (peek(p, s->end) != ':')
		return NULL;
	*at = jlearn_member(s->l, self, key.text, key.len);
	return *at != 0 ? p + 1 : NULL;
}

/* A member that comes at another place than last time; notes where, in the number of the place before it or 0. */
__attribute__((noinline)) static const char *relearn(struct scan *s, const char *p, uint32_t self, uint32_t before, uint32_t *out)
{
	uint32_t at = 0;

	if ((p = member(s, p, self, &at)) == NULL)
		return NULL;
	if (before != 0)
		s->l->v[before].next = s->l->v[at].mask != 0 ? at : 0;
	else
		s->l->v[self].first = s->l->v[at].mask != 0 ? at : 0;
	*out = at;
	return p;
}

/* What stands behind a value: 1 for a comma, 0 for the closing bracket, -1 for anything else; goes on behind it. */
static inline int between(const struct scan *s, const char **at, char close)
{
	const char *p = *at;

	if (peek(p, s->end) <= ' ')
		p = skip_space(p, s->end);
	*at = p + 1;
	return peek(p, s->end) == ',' ? 1 : peek(p, s->end) == close ? 0 : -1;
}

/* At the first byte inside of brackets that is no white space; NULL when they are too many. */
static inline const char *enter(struct scan *s, const char *p)
{
	if (++s->depth > JDOC_DEPTH)
		return NULL;
	return peek(p, s->end) <= ' ' ? skip_space(p, s->end) : p;
}

/* Places move while values inside are read: only their numbers are kept. A member that has this object's stamp already stands twice. */
static const char *object(struct scan *s, const char *p, uint32_t self)
{
	uint32_t stamp = ++s->l->stamp, at = s->l->v[self].first, before = 0;
	int more = 1;

	if ((p = enter(s, p)) == NULL)
		return NULL;
	if (peek(p, s->end) == '}') {
		s->depth--;
		return p + 1;
	}
	while (more) {
		struct jlearn_place *m = &s->l->v[at];
		const char *in = at != 0 ? jlearn_follow(m, p, s->end) : NULL;

		if (in == NULL) {
			if ((in = relearn(s, p, self, before, &at)) == NULL)
				return NULL;
			m = &s->l->v[at];
		}
		if (m->stamp == stamp)
			return NULL;
		m->stamp = stamp;
		if ((p = value(s, in, at, m->want)) == NULL || (more = between(s, &p, '}')) < 0)
			return NULL;
		before = at;
		at = s->l->v[at].next;
	}
	s->depth--;
	return p;
}

static const char *array(struct scan *s, const char *p, uint32_t self)
{
	uint32_t at;
	int more = 1;

	if ((p = enter(s, p)) == NULL)
		return NULL;
	if (peek(p, s->end) == ']') {
		s->depth--;
		return p + 1;
	}
	if ((at = jlearn_elements(s->l, self)) == 0)
		return NULL;
	while (more)
		if ((p = value(s, p, at, (uint32_t)s->l->nwant)) == NULL || (more = between(s, &p, ']')) < 0)
			return NULL;
	s->depth--;
	return p;
}

int jscan_value(struct jlearn *l, struct jnode *v, const char *p, size_t n)
{
	struct scan s = { .l = l, .v = v, .end = p + n };

	jlearn_begin(l);
	memset(v, 0, (l->nwant + 1) * sizeof *v);
	if (n > INPUT_MAX || (p = value(&s, p, 0, 0)) == NULL)
		return -1;
	return skip_space(p, s.end) == s.end ? 0 : -1;
}

size_t jscan_part(struct jlearn *l, struct jnode *v, const char *p, size_t n)
{
	struct scan s = { .l = l, .v = v, .end = p + n };
	const char *behind;

	jlearn_begin(l);
	memset(v, 0, (l->nwant + 1) * sizeof *v);
	if (n == 0 || n > INPUT_MAX || (p[0] != '{' && p[0] != '[') || (behind = value(&s, p, 0, 0)) == NULL)
		return 0;
	return (size_t)(behind - p);
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 63));
		*out++ = (char)(0x80 | (c & 63));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 63));
		*out++ = (char)(0x80 | (c >> 6 & 63));
		*out++ = (char)(0x80 | (c & 63));
	}
	return out;
}

/* A \u escape at p, two of them when they are a pair of surrogates; what stands for no character becomes U+FFFD. Bytes used. */
static size_t code_point(const char *p, const char *end, uint32_t *out)
{
	int high = hex4(p + 2), low;

	*out = high == 0 || (high >= 0xd800 && high < 0xe000) ? 0xfffd : (uint32_t)high;
	if (high < 0xd800 || high >= 0xdc00 || end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return 6;
	low = hex4(p + 8);
	if (low < 0xdc00 || low >= 0xe000)
		return 6;
	*out = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 12;
}

size_t jscan_unescape(char *out, const char *p, size_t len)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *end = p + len, *start = out;

	while (p < end) {
		const char *known;
		uint32_t c;

		if (*p != '\\') {
			*out++ = *p++;
		} else if (p[1] == 'u') {
			p += code_point(p, end, &c);
			out = put_utf8(out, c);
		} else {
			known = strchr(from, p[1]);
			*out++ = known != NULL ? to[known - from] : p[1];
			p += 2;
		}
	}
	*out = '\0';
	return (size_t)(out - start);
}
