#include "output/xlsxscan.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/num.h"

/* FNV-1a: tags nest when the hash of the closing name is that of the opening one. */
static uint32_t hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

/* As hash() has them. */
#define NAME1(a) ((2166136261u ^ (uint32_t)(a)) * 16777619u)
#define NAME2(a, b) ((NAME1(a) ^ (uint32_t)(b)) * 16777619u)

static int is_name(const char *p, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(p, name, n) == 0;
}

static size_t name_length(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && p[k] != ' ' && p[k] != '/')
		k++;
	return k;
}

#ifdef __SSE2__
/* 16 bytes: whether attributes are here that may not be skipped, and the number of quotes. */
static inline int is_odd(const char *p, unsigned from, int *quotes)
{
	const __m128i v = _mm_loadu_si128((const void *)p);
	const unsigned blank = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(' '))), c = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('c')));
	const unsigned less = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('<'))), quote = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));

	*quotes += __builtin_popcount(quote >> from);
	return less != 0 || (blank & (c >> 1 | 0x8000)) != 0;
}

/* True for attributes without a count, each quote with its other one. */
static int are_plain(const char *p, size_t n)
{
	size_t i = 0;
	int quotes = 0;

	if (n < 16)
		return 0;
	for (; n - i >= 16; i += 16)
		if (is_odd(p + i, 0, &quotes))
			return 0;
	return (i == n || !is_odd(p + n - 16, (unsigned)(i - (n - 16)), &quotes)) && quotes % 2 == 0;
}
#else
static int are_plain(const char *p, size_t n)
{
	(void)p;
	return n == 0;
}
#endif

/* The attributes of a tag, from p on. Each quote has its other one, or they are cut. *wanted: the number of children that the element says it has, -1: it does not. */
static int read_attributes(const char *p, size_t n, int64_t *wanted)
{
	static const char attribute[] = " count=\"";
	const char *count = NULL, *end = NULL;
	int open = 0;

	*wanted = -1;
	if (are_plain(p, n))
		return 0;
	for (const char *at = p; at < p + n; at++) {
		if (*at == '<')
			return -1;
		if (*at == '"') {
			end = count != NULL && end == NULL && at >= count ? at : end;
			open = !open;
		} else if (*at == ' ' && at[1] == 'c' && count == NULL && (size_t)(p + n - at) >= sizeof attribute && memcmp(at, attribute, sizeof attribute - 1) == 0) {
			count = at + sizeof attribute - 1;
		}
	}
	if (open)
		return -1;
	if (end != NULL && end - count < 20) {
		char digits[20];

		memcpy(digits, count, (size_t)(end - count));
		digits[end - count] = '\0';
		if (num_parse_int(digits, 0, INT64_MAX, wanted) < 0)
			*wanted = -1;
	}
	return 0;
}

static const char *close_element(struct xlsxscan *s, uint32_t name)
{
	if (s->depth == 0 || s->open[s->depth - 1].name != name)
		return "its tags do not nest";
	s->depth--;
	return s->open[s->depth].wanted < 0 || s->open[s->depth].wanted == s->open[s->depth].children ? NULL : "an element lacks children";
}

/* One tag, without its angle brackets. */
static const char *tag(struct xlsxscan *s, const char *p, size_t n)
{
	uint32_t hashed;
	int64_t wanted;
	size_t name;
	int closed;

	if (n > 1 && p[0] == '?')
		return p[n - 1] == '?' && s->roots == 0 ? NULL : "a declaration in the middle";
	if (n > 1 && p[0] == '/')
		return close_element(s, hash(p + 1, n - 1));
	name = name_length(p, n);
	closed = n > 0 && p[n - 1] == '/';
	if (name == 0 || memchr(p, '<', name) != NULL || memchr(p, '"', name) != NULL || read_attributes(p + name, n - name, &wanted) < 0)
		return "a tag is cut";
	if (s->depth == XLSXSCAN_DEPTH)
		return "it is nested too deep";
	if (s->depth > 0)
		s->open[s->depth - 1].children++;
	else
		s->roots++;
	s->rows += is_name(p, name, "row");
	s->panes += is_name(p, name, "pane") || is_name(p, name, "selection");
	hashed = hash(p, name);
	s->open[s->depth].name = hashed;
	/* In the table of shared strings it is the number of their uses. */
	s->open[s->depth].wanted = is_name(p, name, "sst") ? -1 : wanted;
	s->open[s->depth].children = 0;
	s->depth++;
	return closed ? close_element(s, hashed) : NULL;
}

/* Characters between tags. */
static void text(struct xlsxscan *s, const char *p, size_t n)
{
	int counted = s->depth > 0 && s->open[s->depth - 1].name == NAME1('t');

	while (n > 0) {
		const char *at = memchr(p, s->in_entity ? ';' : '&', n);
		size_t k = at == NULL ? n : (size_t)(at - p) + 1;

		if (counted && !s->in_entity)
			s->text_bytes += (int64_t)k;
		if (at != NULL)
			s->in_entity = !s->in_entity;
		p += k;
		n -= k;
	}
}

/* The first thing that is wrong. */
static void judge(struct xlsxscan *s, const char *wrong)
{
	if (s->wrong == NULL)
		s->wrong = wrong;
}

/* ---- what nearly all tags of a sheet are ---- */

static int is_here(const char *p, size_t n, const char *what, size_t k)
{
	return n >= k && memcmp(p, what, k) == 0;
}

#define HERE(p, n, literal) is_here(p, n, literal, sizeof literal - 1)

/* Whether the element that many levels above the innermost is that one and may end with any number of children. */
static int may_end(struct xlsxscan *s, size_t up, uint32_t name)
{
	return s->depth > up && s->open[s->depth - 1 - up].name == name && s->open[s->depth - 1 - up].wanted < 0;
}

static void enter(struct xlsxscan *s, uint32_t name)
{
	s->open[s->depth - 1].children++;
	s->open[s->depth].name = name;
	s->open[s->depth].wanted = -1;
	s->open[s->depth].children = 0;
	s->depth++;
}

/* The opening tag of a cell, but for one that says how many children it has; as in_cell(). */
static size_t begin_cell(struct xlsxscan *s, const char *p, size_t n)
{
	const char *end = memchr(p, '>', n);
	size_t k;

	if (end == NULL)
		return 0;
	k = (size_t)(end - p);
	if (!are_plain(p + 2, k - 2))
		return 0;
	enter(s, NAME1('c'));
	s->depth -= end[-1] == '/';
	return k + 1;
}

/* A cell's inside at once, to the same effect as tag by tag. Bytes read; 0: something else, or the wrong place for it. p begins with '<'. */
static size_t in_cell(struct xlsxscan *s, const char *p, size_t n)
{
	if (s->depth == 0 || s->depth + 2 > XLSXSCAN_DEPTH)
		return 0;
	if (HERE(p, n, "<c "))
		return begin_cell(s, p, n);
	if (HERE(p, n, "<is><t>")) {
		enter(s, NAME2('i', 's'));
		enter(s, NAME1('t'));
		return 7;
	}
	if (HERE(p, n, "<v>")) {
		enter(s, NAME1('v'));
		return 3;
	}
	if (HERE(p, n, "</t></is></c>") && may_end(s, 0, NAME1('t')) && may_end(s, 1, NAME2('i', 's')) && may_end(s, 2, NAME1('c'))) {
		s->depth -= 3;
		return 13;
	}
	if (HERE(p, n, "</v></c>") && may_end(s, 0, NAME1('v')) && may_end(s, 1, NAME1('c'))) {
		s->depth -= 2;
		return 8;
	}
	return 0;
}

void xlsxscan_add(struct xlsxscan *s, const char *p, size_t n)
{
	while (n > 0) {
		const size_t known = *p == '<' && !s->in_tag ? in_cell(s, p, n) : 0;
		const char *at;
		size_t k;

		if (known > 0) {
			p += known;
			n -= known;
			continue;
		}
		at = memchr(p, s->in_tag ? '>' : '<', n);
		k = at == NULL ? n : (size_t)(at - p);
		if (!s->in_tag && k > 0) {
			text(s, p, k);
			p += k;
			n -= k;
			continue;
		}
		if (s->in_tag && (at == NULL || s->tag.n > 0)) {
			buf_add(&s->tag, p, k);
			if (at != NULL) {
				judge(s, tag(s, buf_text(&s->tag), s->tag.n));
				buf_reset(&s->tag);
			}
		} else if (s->in_tag) {
			judge(s, tag(s, p, k));
		}
		if (at == NULL)
			return;
		s->in_tag = !s->in_tag;
		p += k + 1;
		n -= k + 1;
	}
}

const char *xlsxscan_end(struct xlsxscan *s)
{
	if (!buf_ok(&s->tag))
		judge(s, "out of memory");
	if (s->in_tag || s->in_entity || s->depth > 0 || s->roots != 1)
		judge(s, "it is cut");
	buf_free(&s->tag);
	return s->wrong;
}
