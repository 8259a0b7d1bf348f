#include "billing/number.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define NUMBER_MAX 20 /* characters */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/";

/* Digits of a "{SEQ}" or "{SEQ:n}" at s, 0 for none given; *len gets its length. -1 when it is none. */
static int seq_field(const char *s, size_t *len)
{
	if (strncmp(s, "{SEQ}", 5) == 0) {
		*len = 5;
		return 0;
	}
	if (strncmp(s, "{SEQ:", 5) == 0 && s[5] >= '1' && s[5] <= '9' && s[6] == '}') {
		*len = 7;
		return s[5] - '0';
	}
	return -1;
}

/* Fills in the date; keeps the {SEQ} field when seq < 0. 0, or -1 when something in the format is not known or it does not fit. */
static int fill(const char *format, date_t date, int64_t seq, char *out, size_t size)
{
	struct date_ymd d = date_to_ymd(date);
	size_t n = 0, len = 0;

	for (const char *p = format; *p != '\0'; p += len) {
		int digits = seq_field(p, &len), w;
		size_t left = size - n;

		if (digits >= 0 && seq >= 0)
			w = snprintf(out + n, left, "%0*lld", digits, (long long)seq);
		else if (digits >= 0)
			w = snprintf(out + n, left, "%.*s", (int)len, p);
		else if (strncmp(p, "{YYYY}", len = 6) == 0)
			w = snprintf(out + n, left, "%04d", d.year);
		else if (strncmp(p, "{YY}", len = 4) == 0)
			w = snprintf(out + n, left, "%02d", d.year % 100);
		else if (strncmp(p, "{MM}", len = 4) == 0)
			w = snprintf(out + n, left, "%02d", d.month);
		else if (strchr(alphabet, *p) != NULL)
			w = snprintf(out + n, left, "%.*s", (int)(len = 1), p);
		else
			return -1;
		if (w < 0 || (size_t)w >= left)
			return -1;
		n += (size_t)w;
	}
	return 0;
}

int number_check(const char *format, struct err *e)
{
	char text[256]; /* long enough to tell a number that is too long from a wrong character */
	int fields = 0;
	size_t len;

	for (const char *p = format; *p != '\0'; p++)
		fields += seq_field(p, &len) >= 0;
	if (fields != 1)
		return err_set(e, ERR_CONFIG, "number format '%.60s' needs exactly one {SEQ} or {SEQ:digits}", format);
	if (fill(format, 0, 1, text, sizeof text) < 0)
		return err_set(e, ERR_CONFIG, "number format '%.60s' may hold A-Z 0-9 - / and {YYYY} {YY} {MM} {SEQ} {SEQ:digits}, nothing else", format);
	if (strlen(text) > NUMBER_MAX)
		return err_set(e, ERR_CONFIG, "number format '%.60s' makes numbers over %d characters", format, NUMBER_MAX);
	return 0;
}

int number_make(const char *format, date_t date, int64_t seq, char out[NUMBER_LEN], struct err *e)
{
	if (fill(format, date, seq, out, NUMBER_LEN) < 0 || strlen(out) > NUMBER_MAX)
		return err_set(e, ERR_CONFIG, "number %lld in format '%.60s' has over %d characters", (long long)seq, format, NUMBER_MAX);
	return 0;
}

int number_series(const char *format, date_t date, char out[64], struct err *e)
{
	if (fill(format, date, -1, out, 64) < 0)
		return err_set(e, ERR_CONFIG, "number format '%.60s' is too long", format);
	return 0;
}

int number_clash(const char *a, const char *b)
{
	size_t la = 0, lb = 0;

	if (strcmp(a, b) == 0)
		return 0;
	while (*a != '\0' && *b != '\0') {
		if (seq_field(a, &la) >= 0 && seq_field(b, &lb) >= 0) {
			a += la;
			b += lb;
		} else if (*a++ != *b++) {
			return 0;
		}
	}
	return *a == *b;
}
