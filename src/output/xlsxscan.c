#include "output/xlsxscan.h"

#include <string.h>

#include "base/num.h"

/* FNV-1a: tags nest when the hash of the closing name is that of the opening one. */
static uint32_t hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

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

/* The attributes of a tag, from p on. Each quote has its other one, or they are cut. *wanted: the number of children that the element says it has, -1: it does not. */
static int read_attributes(const char *p, size_t n, int64_t *wanted)
{
	static const char attribute[] = " count=\"";
	const char *count = NULL, *end = NULL;
	int open = 0;

	*wanted = -1;
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
	static const uint32_t name_t = (2166136261u ^ 't') * 16777619u; /* hash("t", 1) */
	int counted;

	counted = s->depth > 0 && s->open[s->depth - 1].name == name_t;
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

void xlsxscan_add(struct xlsxscan *s, const char *p, size_t n)
{
	while (n > 0) {
		const char *at = memchr(p, s->in_tag ? '>' : '<', n);
		size_t k = at == NULL ? n : (size_t)(at - p);

		if (!s->in_tag) {
			if (k > 0)
				text(s, p, k);
		} else if (at == NULL || s->tag.n > 0) {
			buf_add(&s->tag, p, k);
			if (at != NULL) {
				judge(s, tag(s, buf_text(&s->tag), s->tag.n));
				buf_reset(&s->tag);
			}
		} else {
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
