#include "output/safename.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define NUMBER_MAX 64 /* leaves room for the slug within the 255 bytes that file systems allow */

static int is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

char *safename_invoice(char *out, size_t size, const char *number, const char *customer, const char *extension)
{
	char safe[NUMBER_MAX + 1], slug[41];
	size_t n = 0;

	for (; n < NUMBER_MAX && number[n] != '\0'; n++)
		safe[n] = is_plain(number[n]) ? number[n] : '-';
	safe[n] = '\0';
	/* A leading dot would hide the file, and "-" first would be an option to the tools it is handed to. */
	for (size_t i = 0; i < n && (safe[i] == '.' || safe[i] == '-'); i++)
		safe[i] = '_';
	snprintf(out, size, "%s_%s.%s", n > 0 ? safe : "x", text_slug(slug, customer != NULL ? customer : ""), extension);
	return out;
}
