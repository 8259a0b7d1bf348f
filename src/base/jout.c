#include "base/jout.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

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

/* Bytes of the sequence at s when it is well formed, else 0; the text's NUL ends a cut sequence. */
static size_t sequence(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (strnlen(s, n) < n || !text_is_utf8(s, n))
		return 0;
	return n;
}

static void quoted(struct buf *b, const char *s)
{
	const char *from = s;

	buf_ch(b, '"');
	while (*s != '\0') {
		unsigned char c = (unsigned char)*s;
		size_t n = c < 0x80 ? 1 : sequence(s);

		if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
			s += n;
			continue;
		}
		buf_add(b, from, (size_t)(s - from));
		if (n == 0)
			buf_str(b, "\xef\xbf\xbd");
		else
			escape(b, c);
		from = ++s;
	}
	buf_add(b, from, (size_t)(s - from));
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
	begin(j, key);
	buf_fmt(j->b, "%" PRId64, v);
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
