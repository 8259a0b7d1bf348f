#include "base/jscan.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/buf.h"
#include "base/jdoc.h"

/* Members of one object beyond this are left to the slow way: looking for repeated keys here takes a walk over them. */
#define MEMBERS_MAX 512
#define INPUT_MAX ((size_t)1 << 30)

/* Functions that read take where to begin and return behind what they read; NULL: left to the slow way. */
struct scan {
	struct jscan *t;
	const char *end;
	int depth;
};

/* A string as it stands in the input, without its quotes. */
struct raw {
	const char *p;
	size_t len;
	int escaped;
};

static inline int64_t push(struct jscan *s)
{
	if (s->n == s->cap && (s->n >= UINT32_MAX || buf_grow(&s->v, &s->cap, s->n + 1, sizeof *s->v) < 0))
		return -1;
	memset(&s->v[s->n], 0, sizeof *s->v);
	return (int64_t)s->n++;
}

int64_t jscan_push(struct jscan *s)
{
	return push(s);
}

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

/* First byte in [p, end) that is a quote, a backslash, a control character or no ASCII; or end. */
static inline const char *span(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(' ');

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const void *)p);
		/* Signed: below the blank are the control characters and, as negative numbers, all that is no ASCII. */
		__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)), _mm_cmplt_epi8(v, blank));
		int m = _mm_movemask_epi8(odd);

		if (m != 0)
			return p + __builtin_ctz((unsigned)m);
		p += 16;
	}
#endif
	while (p < end && *p != '"' && *p != '\\' && (signed char)*p >= ' ')
		p++;
	return p;
}

/* Bytes of the well-formed sequence at p, whose first byte is no ASCII; 0 when malformed (RFC 3629 section 4). */
static size_t sequence(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	unsigned low = 0x80, high = 0xbf;
	size_t k = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0xc2 || s[0] > 0xf4 || n < k)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < k; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return k;
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

/* A string, from behind its opening quote to behind its closing one. */
static const char *string(const struct scan *s, const char *from, struct raw *out)
{
	const char *p = from;

	out->escaped = 0;
	for (;;) {
		size_t k;

		p = span(p, s->end);
		if (p == s->end)
			return NULL;
		if (*p == '"')
			break;
		if (*p == '\\') {
			k = escape(p, (size_t)(s->end - p));
			out->escaped = 1;
		} else {
			k = (signed char)*p < 0 ? sequence(p, (size_t)(s->end - p)) : 0;
		}
		if (k == 0)
			return NULL;
		p += k;
	}
	out->p = from;
	out->len = (size_t)(p - from);
	return out->len <= JDOC_TEXT_MAX ? p + 1 : NULL;
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

static const char *literal(const struct scan *s, const char *p, struct jnode *v, const char *word, enum jtape_kind kind)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - p) < n || memcmp(p, word, n) != 0)
		return NULL;
	v->kind = (uint8_t)kind;
	return p + n;
}

/* From the first and last eight bytes and the length: enough to tell the names of members apart, and equal for equal keys. */
static uint32_t hash(const char *p, size_t n)
{
	uint64_t a = 0, b = 0;

	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			a = a << 8 | (unsigned char)p[i];
	}
	return (uint32_t)(((a ^ n) * 0x9e3779b97f4a7c15u + b) * 0xff51afd7ed558ccdu >> 32);
}

static int repeated(const struct scan *s, uint32_t at, const struct raw *key, uint32_t h)
{
	for (const struct jnode *v; at != 0; at = v->next) {
		v = &s->t->v[at];
		if (v->hash == h && v->key_len == key->len && memcmp(v->key, key->p, key->len) == 0)
			return 1;
	}
	return 0;
}

static const char *value(struct scan *s, const char *p, size_t at);

/* A member's key and colon; its node is linked behind *last, which becomes its index. */
static const char *member(struct scan *s, const char *p, size_t self, size_t *last, uint64_t seen[4])
{
	struct raw key;
	uint32_t h;
	int64_t at;

	if (peek(p, s->end) != '"' || (p = string(s, p + 1, &key)) == NULL || key.escaped)
		return NULL;
	h = hash(key.p, key.len);
	if ((seen[h & 3] >> (h >> 2 & 63) & 1) != 0 && repeated(s, s->t->v[self].first, &key, h))
		return NULL;
	seen[h & 3] |= (uint64_t)1 << (h >> 2 & 63);
	p = skip_space(p, s->end);
	if (peek(p, s->end) != ':' || (at = push(s->t)) < 0)
		return NULL;
	s->t->v[at].key = key.p;
	s->t->v[at].key_len = (uint32_t)key.len;
	s->t->v[at].hash = h;
	s->t->v[at].parent = (uint32_t)self;
	if (*last == self)
		s->t->v[self].first = (uint32_t)at;
	else
		s->t->v[*last].next = (uint32_t)at;
	*last = (size_t)at;
	return p + 1;
}

static const char *object(struct scan *s, const char *p, size_t self)
{
	uint64_t seen[4] = { 0 };
	size_t last = self;

	s->t->v[self].kind = JTAPE_OBJECT;
	p = skip_space(p, s->end);
	if (peek(p, s->end) == '}')
		return p + 1;
	for (int i = 0; i < MEMBERS_MAX; i++) {
		char c;

		if ((p = member(s, p, self, &last, seen)) == NULL || (p = value(s, p, last)) == NULL)
			return NULL;
		p = skip_space(p, s->end);
		c = peek(p, s->end);
		if (c == '}')
			return p + 1;
		if (c != ',')
			return NULL;
		p = skip_space(p + 1, s->end);
	}
	return NULL;
}

/* The elements' nodes are given back: only that they are right counts. */
static const char *array(struct scan *s, const char *p, size_t self)
{
	size_t mark = s->t->n;

	s->t->v[self].kind = JTAPE_ARRAY;
	p = skip_space(p, s->end);
	if (peek(p, s->end) == ']')
		return p + 1;
	for (;;) {
		int64_t at = push(s->t);
		char c;

		if (at < 0 || (p = value(s, p, (size_t)at)) == NULL)
			return NULL;
		s->t->n = mark;
		p = skip_space(p, s->end);
		c = peek(p, s->end);
		if (c == ']')
			return p + 1;
		if (c != ',')
			return NULL;
		p++;
	}
}

static const char *nested(struct scan *s, const char *p, size_t at, const char *(*f)(struct scan *s, const char *p, size_t self))
{
	if (s->depth == JDOC_DEPTH)
		return NULL;
	s->depth++;
	p = f(s, p + 1, at);
	s->depth--;
	return p;
}

static const char *value(struct scan *s, const char *p, size_t at)
{
	struct jnode *v = &s->t->v[at];
	struct raw text;

	p = skip_space(p, s->end);
	switch (peek(p, s->end)) {
	case '"':
		if ((p = string(s, p + 1, &text)) == NULL)
			return NULL;
		v->kind = JTAPE_STRING;
		v->text = text.p;
		v->len = (uint32_t)text.len;
		v->escaped = (uint8_t)text.escaped;
		return p;
	case '{': return nested(s, p, at, object);
	case '[': return nested(s, p, at, array);
	case 't': return literal(s, p, v, "true", JTAPE_TRUE);
	case 'f': return literal(s, p, v, "false", JTAPE_FALSE);
	case 'n': return literal(s, p, v, "null", JTAPE_NULL);
	default: return number(s, p, v);
	}
}

int jscan_value(struct jscan *t, const char *p, size_t n)
{
	struct scan s = { .t = t, .end = p + n };

	t->n = 0;
	if (n > INPUT_MAX || jscan_push(t) != 0 || (p = value(&s, p, 0)) == NULL)
		return -1;
	return skip_space(p, s.end) == s.end ? 0 : -1;
}

size_t jscan_part(struct jscan *t, const char *p, size_t n)
{
	struct scan s = { .t = t, .end = p + n };
	const char *behind;

	t->n = 0;
	if (n == 0 || n > INPUT_MAX || (p[0] != '{' && p[0] != '[') || jscan_push(t) != 0 || (behind = value(&s, p, 0)) == NULL)
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

void jscan_unescape(char *out, const char *p, size_t len)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *end = p + len;

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
}
