#include "output/templatecheck.h"

#include <string.h>

#include "base/text.h"

#define FORMAT_MAX 40
#define SHEET_MAX 31 /* Excel */

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

const char *templatecheck_value(enum templatekeys_kind kind, const char *s)
{
	switch (kind) {
	case KIND_TEXT:
		return strlen(s) > 1000 ? "longer than 1000 bytes" : NULL;
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
