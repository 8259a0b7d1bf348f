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

struct scan {
	struct jscan *t;
	const char *p;
	size_t n, i;
	int depth;
};

/* A string as it stands in the input, without its quotes. */
struct raw {
	const char *p;
	size_t len;
	int escaped;
};

int64_t jscan_push(struct jscan *s)
{
	if (s->n >= UINT32_MAX || buf_grow(&s->v, &s->cap, s->n + 1, sizeof *s->v) < 0)
		return -1;
	memset(&s->v[s->n], 0, sizeof *s->v);
	return (int64_t)s->n++;
}

/* The next byte without taking it. NUL at the end: it is right nowhere outside of strings. */
static char peek(const struct scan *s)
{
	return s->i < s->n ? s->p[s->i] : '\0';
}

static char skip_space(struct scan *s)
{
	while (s->i < s->n && (s->p[s->i] == ' ' || s->p[s->i] == '\n' || s->p[s->i] == '\r' || s->p[s->i] == '\t'))
		s->i++;
	return peek(s);
}

/* First byte in [i, n) that is a quote, a backslash, a control character or no ASCII; or n. */
static size_t span(const char *p, size_t i, size_t n)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(' ');

	while (n - i >= 16) {
		__m128i v = _mm_loadu_si128((const void *)(p + i));
		/* Signed: below the blank are the control characters and, as negative numbers, all that is no ASCII. */
		__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)), _mm_cmplt_epi8(v, blank));
		int m = _mm_movemask_epi8(odd);

		if (m != 0)
			return i + (size_t)__builtin_ctz((unsigned)m);
		i += 16;
	}
#endif
	while (i < n && p[i] != '"' && p[i] != '\\' && (signed char)p[i] >= ' ')
		i++;
	return i;
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
static int string(struct scan *s, struct raw *out)
{
	size_t from = s->i, i = from;

	out->escaped = 0;
	for (;;) {
		size_t k;

		i = span(s->p, i, s->n);
		if (i == s->n)
			return -1;
		if (s->p[i] == '"')
			break;
		if (s->p[i] == '\\') {
			k = escape(s->p + i, s->n - i);
			out->escaped = 1;
		} else {
			k = (signed char)s->p[i] < 0 ? sequence(s->p + i, s->n - i) : 0;
		}
		if (k == 0)
			return -1;
		i += k;
	}
	out->p = s->p + from;
	out->len = i - from;
	s->i = i + 1;
	return out->len <= JDOC_TEXT_MAX ? 0 : -1;
}

static size_t digits(struct scan *s)
{
	size_t from = s->i;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->i++;
	return s->i - from;
}

/* Integers that surely fit, and reals that surely do not overflow. */
static int number(struct scan *s, struct jnode *v)
{
	int minus = peek(s) == '-';
	size_t from, n;

	s->i += (size_t)minus;
	from = s->i;
	n = digits(s);
	if (n == 0 || n > 18 || (n > 1 && s->p[from] == '0'))
		return -1;
	if (peek(s) == '.') {
		s->i++;
		v->kind = JTAPE_REAL;
		n = digits(s);
		return n > 0 && n <= 18 && peek(s) != 'e' && peek(s) != 'E' ? 0 : -1;
	}
	if (peek(s) == 'e' || peek(s) == 'E')
		return -1;
	v->kind = JTAPE_INTEGER;
	for (size_t i = from; i < s->i; i++)
		v->num = v->num * 10 + (s->p[i] - '0');
	if (minus)
		v->num = -v->num;
	return 0;
}

static int literal(struct scan *s, struct jnode *v, const char *word, enum jtape_kind kind)
{
	size_t n = strlen(word);

	if (s->n - s->i < n || memcmp(s->p + s->i, word, n) != 0)
		return -1;
	s->i += n;
	v->kind = (uint8_t)kind;
	return 0;
}

/* From the first and last eight bytes and the length: enough to tell the names of members apart, and equal for equal keys. */
static uint32_t hash(const char *p, size_t n)
{
	uint64_t a = 0, b = 0;

	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
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

static int value(struct scan *s, size_t at);

/* A member's key and colon; its node is linked behind *last. The index, or -1. */
static int64_t member(struct scan *s, size_t self, size_t *last, uint64_t seen[4])
{
	struct raw key;
	uint32_t h;
	int64_t at;

	if (skip_space(s) != '"')
		return -1;
	s->i++;
	if (string(s, &key) < 0 || key.escaped)
		return -1;
	h = hash(key.p, key.len);
	if ((seen[h & 3] >> (h >> 2 & 63) & 1) != 0 && repeated(s, s->t->v[self].first, &key, h))
		return -1;
	seen[h & 3] |= (uint64_t)1 << (h >> 2 & 63);
	if (skip_space(s) != ':' || (at = jscan_push(s->t)) < 0)
		return -1;
	s->i++;
	s->t->v[at].key = key.p;
	s->t->v[at].key_len = (uint32_t)key.len;
	s->t->v[at].hash = h;
	if (*last == self)
		s->t->v[self].first = (uint32_t)at;
	else
		s->t->v[*last].next = (uint32_t)at;
	*last = (size_t)at;
	return at;
}

static int object(struct scan *s, size_t self)
{
	uint64_t seen[4] = { 0 };
	size_t last = self;

	s->t->v[self].kind = JTAPE_OBJECT;
	s->i++;
	if (skip_space(s) == '}') {
		s->i++;
		return 0;
	}
	for (int i = 0; i < MEMBERS_MAX; i++) {
		int64_t at = member(s, self, &last, seen);
		char c;

		if (at < 0 || value(s, (size_t)at) < 0)
			return -1;
		c = skip_space(s);
		s->i++;
		if (c == '}')
			return 0;
		if (c != ',')
			return -1;
	}
	return -1;
}

/* The elements' nodes are given back: only that they are right counts. */
static int array(struct scan *s, size_t self)
{
	size_t mark = s->t->n;

	s->t->v[self].kind = JTAPE_ARRAY;
	s->i++;
	if (skip_space(s) == ']') {
		s->i++;
		return 0;
	}
	for (;;) {
		int64_t at = jscan_push(s->t);
		char c;

		if (at < 0 || value(s, (size_t)at) < 0)
			return -1;
		s->t->n = mark;
		c = skip_space(s);
		s->i++;
		if (c == ']')
			return 0;
		if (c != ',')
			return -1;
	}
}

static int nested(struct scan *s, size_t at, int (*f)(struct scan *s, size_t self))
{
	int rc;

	if (s->depth == JDOC_DEPTH)
		return -1;
	s->depth++;
	rc = f(s, at);
	s->depth--;
	return rc;
}

static int value(struct scan *s, size_t at)
{
	struct jnode *v = &s->t->v[at];
	struct raw text;

	switch (skip_space(s)) {
	case '"':
		s->i++;
		if (string(s, &text) < 0)
			return -1;
		v->kind = JTAPE_STRING;
		v->text = text.p;
		v->len = (uint32_t)text.len;
		v->escaped = (uint8_t)text.escaped;
		return 0;
	case '{': return nested(s, at, object);
	case '[': return nested(s, at, array);
	case 't': return literal(s, v, "true", JTAPE_TRUE);
	case 'f': return literal(s, v, "false", JTAPE_FALSE);
	case 'n': return literal(s, v, "null", JTAPE_NULL);
	default: return number(s, v);
	}
}

int jscan_value(struct jscan *t, const char *p, size_t n)
{
	struct scan s = { .t = t, .p = p, .n = n };

	t->n = 0;
	if (n > INPUT_MAX || jscan_push(t) != 0 || value(&s, 0) < 0)
		return -1;
	skip_space(&s);
	return s.i == n ? 0 : -1;
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
