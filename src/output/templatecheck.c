#include "output/templatecheck.h"

#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/text.h"

#define FORMAT_MAX 40
#define SHEET_MAX 31 /* Excel */
#define NAME_MAX_BYTES 100
#define PART_CODES 5 /* "&L&8 " */

/* Formats go to the file as they are: an unbalanced quote or bracket would make the workbook unreadable. */
static const char *format_fault(const char *s)
{
	int quoted = 0, depth = 0;

	if (*s == '\0' || strlen(s) > FORMAT_MAX)
		return "a number format has 1 to 40 characters";
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20)
			return "control character";
		quoted ^= *s == '"';
		depth += quoted ? 0 : (*s == '[') - (*s == ']');
		if (depth < 0 || depth > 1)
			return "brackets do not match";
	}
	return quoted || depth != 0 ? "quotes or brackets do not match" : NULL;
}

static const char *sheet_fault(const char *s)
{
	size_t n = text_len(s);

	if (n == 0 || n > SHEET_MAX)
		return "a sheet's name has 1 to 31 characters";
	return strpbrk(s, "[]:*?/\\'\n") != NULL ? "a sheet's name cannot have any of [ ] : * ? / \\ '" : NULL;
}

static size_t count_words(const char *s)
{
	size_t n = 0;

	for (s += strspn(s, " "); *s != '\0'; s += strspn(s, " ")) {
		n++;
		s += strcspn(s, " ");
	}
	return n;
}

/* Letters of a date pattern stand for its parts; others must not be letters, since they would mean something in a cell format. */
static const char *date_fault(const char *s)
{
	static const char *const parts[] = { "YYYY", "MMM", "MM", "DD" };
	int seen = 0;

	if (strlen(s) > 20)
		return "a date has at most 20 characters";
	while (*s != '\0') {
		size_t i;

		for (i = 0; i < 4 && strncmp(s, parts[i], strlen(parts[i])) != 0; i++)
			;
		if (i == 4 && strchr("./- ,", *s) == NULL)
			return "a date is made of YYYY, MM or MMM, DD and any of . / - , and blank";
		seen |= i < 4 ? 1 << i : 0;
		s += i < 4 ? strlen(parts[i]) : 1;
	}
	return (seen & 9) == 9 && (seen & 6) != 0 ? NULL : "a date needs YYYY, MM or MMM, and DD";
}

/* A file beside the template: no path leads out of its folder. */
static const char *picture_fault(const char *s)
{
	const char *dot = strrchr(s, '.');

	if (*s == '\0')
		return NULL;
	if (strlen(s) > NAME_MAX_BYTES || strpbrk(s, "/\\") != NULL || *s == '.')
		return "must be the name of a file in the templates' folder, at most 100 bytes, without a path";
	return dot != NULL && (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0) ? NULL :
	       "must end in .png, .jpg or .jpeg";
}

size_t templatecheck_footer_units(const char *s)
{
	size_t n = PART_CODES;
	int len;

	if (*s == '\0')
		return 0;
	for (; *s != '\0'; s += len) {
		const char *close = *s == '{' ? strchr(s, '}') : NULL;

		if (close != NULL) {
			len = (int)(close - s) + 1;
			n += len >= 6 && strncmp(s, "{page", 5) == 0 ? 2 : 0;
		} else {
			n += text_next(s, &len) > 0xffff || *s == '&' ? 2 : 1;
		}
	}
	return n;
}

const char *templatecheck_value(enum templatekeys_kind kind, const char *s)
{
	int64_t v;

	switch (kind) {
	case KIND_TEXT:
	case KIND_FOOTER:
		return strlen(s) > 1000 ? "longer than 1000 bytes" : NULL;
	case KIND_PICTURE:
		return picture_fault(s);
	case KIND_MM:
		return num_parse_int(s, 10, 80, &v) < 0 ? "must be a whole number from 10 to 80" : NULL;
	case KIND_FORMAT:
		return format_fault(s);
	case KIND_SWITCH:
		return strcmp(s, "yes") == 0 || strcmp(s, "no") == 0 ? NULL : "must be yes or no";
	case KIND_COLOR:
		return strlen(s) == 6 && strspn(s, "0123456789abcdefABCDEF") == 6 ? NULL : "a colour has six hexadecimal digits (RRGGBB)";
	case KIND_SHEET:
		return sheet_fault(s);
	case KIND_DATE:
		return date_fault(s);
	case KIND_MONTHS:
		return count_words(s) == 12 ? NULL : "must be twelve words";
	case KIND_SIGN:
		return text_len(s) <= 1 || strcmp(s, "blank") == 0 ? NULL : "must be one character, the word blank, or nothing";
	}
	return NULL;
}
