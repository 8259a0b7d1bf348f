#include "base/jout.h"

#include <stddef.h>
#include <string.h>

#include "base/jspan.h"
#include "base/num.h"

void jout_init(struct jout *j, struct buf *b, int indent)
{
	*j = (struct jout){ .b = b, .indent = indent };
}

static void escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"': buf_str(b, "\\\""); return;
	case '\\': buf_str(b, "\\\\"); return;
	case '\n': buf_str(b, "\\n"); return;
	case '\r': buf_str(b, "\\r"); return;
	case '\t': buf_str(b, "\\t"); return;
	}
	buf_fmt(b, "\\u%04x", c);
}

/* The n bytes at s up to where one has to be written in another way, and so on. */
static void pieces(struct buf *b, const char *s, size_t n)
{
	const char *end = s + n, *from = s;

	while ((s = jspan_plain(s, end)) < end) {
		unsigned char c = (unsigned char)*s;
		size_t k = c < 0x80 ? 0 : jspan_sequence(s, (size_t)(end - s));

		if (k > 0) {
			s += k;
			continue;
		}
		buf_add(b, from, (size_t)(s - from));
		if (c >= 0x80)
			buf_str(b, "\xef\xbf\xbd");
		else
			escape(b, c);
		from = ++s;
	}
	buf_add(b, from, (size_t)(end - from));
}

/* Most texts are written as they are. */
static void quoted(struct buf *b, const char *s)
{
	size_t n = strlen(s);
	char *out = buf_room(b, n + 2);

	if (out == NULL)
		return;
	*out = '"';
	if (jspan_plain(s, s + n) == s + n) {
		memcpy(out + 1, s, n);
		out[n + 1] = '"';
		buf_took(b, n + 2);
		return;
	}
	buf_took(b, 1);
	pieces(b, s, n);
	buf_ch(b, '"');
}

static void line_break(struct jout *j)
{
	if (j->indent <= 0)
		return;
	buf_ch(j->b, '\n');
	for (int i = 0; i < j->depth * j->indent; i++)
		buf_ch(j->b, ' ');
}

/* What stands before a value: comma, line break, key. */
static void begin(struct jout *j, const char *key)
{
	if (j->comma)
		buf_ch(j->b, ',');
	if (j->depth > 0)
		line_break(j);
	j->comma = 1;
	if (key == NULL)
		return;
	quoted(j->b, key);
	buf_str(j->b, j->indent > 0 ? ": " : ":");
}

static void open_level(struct jout *j, const char *key, char c)
{
	begin(j, key);
	buf_ch(j->b, c);
	j->depth++;
	j->comma = 0;
}

/* j->comma still 0 means that the level stayed empty: "{}" stays on one line. */
static void close_level(struct jout *j, char c)
{
	j->depth--;
	if (j->comma)
		line_break(j);
	buf_ch(j->b, c);
	j->comma = 1;
}

void jout_object(struct jout *j, const char *key)
{
	open_level(j, key, '{');
}

void jout_array(struct jout *j, const char *key)
{
	open_level(j, key, '[');
}

void jout_end_object(struct jout *j)
{
	close_level(j, '}');
}

void jout_end_array(struct jout *j)
{
	close_level(j, ']');
}

void jout_text(struct jout *j, const char *key, const char *s)
{
	begin(j, key);
	if (s != NULL)
		quoted(j->b, s);
	else
		buf_str(j->b, "null");
}

void jout_opt(struct jout *j, const char *key, const char *s)
{
	if (s != NULL && *s != '\0')
		jout_text(j, key, s);
}

void jout_int(struct jout *j, const char *key, int64_t v)
{
	char t[NUM_MAX];

	begin(j, key);
	buf_add(j->b, t, (size_t)num_fmt(t, v, 0));
}

void jout_bool(struct jout *j, const char *key, int v)
{
	begin(j, key);
	buf_str(j->b, v ? "true" : "false");
}

void jout_dec(struct jout *j, const char *key, int64_t v, int scale)
{
	char t[NUM_MAX];

	num_fmt(t, v, scale);
	jout_text(j, key, t);
}
