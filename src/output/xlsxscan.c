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

/* Attributes: each quote has its other one. */
static int quotes_pair(const char *p, size_t n)
{
	const char *end = p + n;
	int count = 0;

	while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		count++;
		p++;
	}
	return count % 2 == 0;
}

/* The number of children that the element says it has; -1: it does not. In the table of shared strings it is the number of their uses. */
static int64_t wanted_children(const char *p, size_t n, size_t name)
{
	static const char attribute[] = " count=\"";
	const char *at = memmem(p + name, n - name, attribute, sizeof attribute - 1), *end;
	char digits[20];
	int64_t v;

	if (at == NULL || is_name(p, name, "sst"))
		return -1;
	at += sizeof attribute - 1;
	end = memchr(at, '"', (size_t)(p + n - at));
	if (end == NULL || (size_t)(end - at) >= sizeof digits)
		return -1;
	memcpy(digits, at, (size_t)(end - at));
	digits[end - at] = '\0';
	return num_parse_int(digits, 0, INT64_MAX, &v) < 0 ? -1 : v;
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
	size_t name;
	int closed;

	if (n > 1 && p[0] == '?')
		return p[n - 1] == '?' && s->roots == 0 ? NULL : "a declaration in the middle";
	if (n > 1 && p[0] == '/')
		return close_element(s, hash(p + 1, n - 1));
	name = name_length(p, n);
	closed = n > 0 && p[n - 1] == '/';
	if (name == 0 || memchr(p, '<', n) != NULL || !quotes_pair(p, n))
		return "a tag is cut";
	if (s->depth == XLSXSCAN_DEPTH)
		return "it is nested too deep";
	if (s->depth > 0)
		s->open[s->depth - 1].children++;
	else
		s->roots++;
	s->rows += is_name(p, name, "row");
	s->panes += is_name(p, name, "pane") || is_name(p, name, "selection");
	s->open[s->depth].name = hash(p, name);
	s->open[s->depth].wanted = wanted_children(p, n, name);
	s->open[s->depth].children = 0;
	s->depth++;
	return closed ? close_element(s, hash(p, name)) : NULL;
}

/* Characters between tags. */
static void text(struct xlsxscan *s, const char *p, size_t n)
{
	static uint32_t name_t;
	int counted;

	if (name_t == 0)
		name_t = hash("t", 1);
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
