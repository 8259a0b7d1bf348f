#include "output/xlsxtext.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define CELL_MAX 32767 /* Excel's limit, in UTF-16 units */

/* Four hexadecimal digits and '_' after "_x": a reader would turn that into a character (ECMA-376, ST_Xstring). */
static int is_escape(const char *s)
{
	return s[0] == '_' && s[1] == 'x' && strspn(s + 2, "0123456789abcdefABCDEF") >= 4 && s[6] == '_';
}

/* A clean text with something to escape, or perhaps too long. */
static void escape(struct buf *out, const char *p)
{
	size_t units = 0;
	int len;

	for (; *p != '\0'; p += len) {
		uint32_t c = text_next(p, &len);

		units += is_escape(p) ? 7 : c > 0xffff ? 2 : 1;
		if (units > CELL_MAX - 3 && strlen(p) > 3) {
			buf_str(out, "...");
			break;
		}
		if (is_escape(p))
			buf_str(out, "_x005F");
		buf_add(out, p, (size_t)len);
	}
}

void xlsxtext_cell(struct buf *out, const char *s)
{
	struct buf clean = BUF_INIT;
	size_t from = out->n;

	text_clean(out, s, 1);
	if (!buf_ok(out) || (out->n - from <= CELL_MAX - 3 && strstr(out->p + from, "_x") == NULL))
		return;
	buf_add(&clean, out->p + from, out->n - from);
	out->n = from;
	escape(out, buf_text(&clean));
	out->failed |= clean.failed;
	buf_free(&clean);
}

/* One character or placeholder at p as header and footer codes; returns its bytes. */
static int edge_token(char out[16], const char *p, int size)
{
	int len;

	if (strncmp(p, "{pages}", 7) == 0) {
		strcpy(out, "&N");
		return 7;
	}
	if (strncmp(p, "{page}", 6) == 0) {
		strcpy(out, "&P");
		return 6;
	}
	text_next(p, &len);
	/* The library takes "&G" and "&[Picture]" for a picture even where the '&' is the second of two (and then frees the text twice). */
	if (*p == '&' && (p[1] == 'G' || p[1] == '['))
		snprintf(out, 16, "&&&%d", size);
	else if (*p == '&')
		strcpy(out, "&&");
	else
		snprintf(out, 16, "%.*s", len, *p == '\t' ? " " : p);
	return len;
}

static size_t units_of(const char *s)
{
	size_t n = 0;
	int len;

	for (; *s != '\0'; s += len)
		n += text_next(s, &len) > 0xffff ? 2 : 1;
	return n;
}

size_t xlsxtext_edge(struct buf *out, const char *s, int size, size_t max)
{
	struct buf clean = BUF_INIT;
	size_t need = 0, used = 0;
	char token[16];
	const char *p;

	text_clean(&clean, s, 1);
	for (p = buf_text(&clean); *p != '\0';) {
		p += edge_token(token, p, size);
		need += units_of(token);
	}
	for (p = buf_text(&clean); *p != '\0' && max > 0;) {
		p += edge_token(token, p, size);
		used += units_of(token);
		if (need > max && used > max - 1) {
			buf_str(out, "…");
			break;
		}
		buf_str(out, token);
	}
	out->failed |= clean.failed;
	buf_free(&clean);
	return need;
}
