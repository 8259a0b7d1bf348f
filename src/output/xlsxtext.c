#include "output/xlsxtext.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define CELL_MAX 32767 /* Excel's limit, in UTF-16 units */

/* Four hexadecimal digits and '_' after "_x": a reader would turn that into a character (ECMA-376, ST_Xstring). */
static int is_escape(const char *s)
{
	return s[0] == '_' && s[1] == 'x' && strspn(s + 2, "0123456789abcdefABCDEF") >= 4 && s[6] == '_';
}

void xlsxtext_cell(struct buf *out, const char *s)
{
	struct buf clean = BUF_INIT;
	size_t units = 0;
	const char *p;
	int len;

	text_clean(&clean, s, 1);
	for (p = buf_text(&clean); *p != '\0'; p += len) {
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
	out->failed |= clean.failed;
	buf_free(&clean);
}

/* '&' begins a code in headers and footers; line breaks would shift the page. */
void xlsxtext_edge(struct buf *out, const char *s, size_t max)
{
	struct buf clean = BUF_INIT;
	const char *p;
	int len;

	text_clean(&clean, s, 0);
	for (p = buf_text(&clean); *p != '\0' && max > 2; p += len, max--) {
		text_next(p, &len);
		if (strncmp(p, "{pages}", 7) == 0) {
			buf_str(out, "&N");
			len = 7;
		} else if (strncmp(p, "{page}", 6) == 0) {
			buf_str(out, "&P");
			len = 6;
		} else if (*p == '&') {
			buf_str(out, "&&");
		} else {
			buf_add(out, p, (size_t)len);
		}
	}
	out->failed |= clean.failed;
	buf_free(&clean);
}
