#include "base/date.h"

#include <stdio.h>
#include <string.h>

/* Counts in years that begin in March, so that the leap day is the last one; 400 years are 146097 days. */
date_t date_from_ymd(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date_ymd date_to_ymd(date_t d)
{
	int64_t z = (int64_t)d + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int day_of_era = (int)(z - era * 146097);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int m = (5 * day_of_year + 2) / 153;
	struct date_ymd r;

	r.day = day_of_year - (153 * m + 2) / 5 + 1;
	r.month = m < 10 ? m + 3 : m - 9;
	r.year = (int)(year_of_era + era * 400) + (r.month <= 2);
	return r;
}

static int digits(const char *s, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

static int month_days(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : days[month - 1];
}

/* Looks at ten characters at most and stops at a NUL, since each step needs the one before. */
static int parse10(const char *s, date_t *out)
{
	int year = digits(s, 4), month, day;

	if (year < 1900 || s[4] != '-')
		return -1;
	month = digits(s + 5, 2);
	if (month < 1 || month > 12 || s[7] != '-')
		return -1;
	day = digits(s + 8, 2);
	if (day < 1 || day > month_days(year, month))
		return -1;
	*out = date_from_ymd(year, month, day);
	return 0;
}

int date_parse(const char *s, date_t *out)
{
	date_t d;

	if (s == NULL || parse10(s, &d) < 0 || s[10] != '\0')
		return -1;
	*out = d;
	return 0;
}

int date_parse_typed(const char *s, date_t *out)
{
	int day, month, year, used = 0;
	char iso[16];

	if (s == NULL)
		return -1;
	if (date_parse(s, out) == 0)
		return 0;
	if (strspn(s, "0123456789.") != strlen(s) || sscanf(s, "%2d.%2d.%4d%n", &day, &month, &year, &used) != 3 || (size_t)used != strlen(s) || day < 1 || day > 31 || month < 1 || month > 12 || year < 1900 || year > 9999)
		return -1;
	snprintf(iso, sizeof iso, "%04d-%02d-%02d", year, month, day);
	return date_parse(iso, out);
}

int date_parse_prefix(const char *s, date_t *out)
{
	date_t d;

	if (s == NULL || parse10(s, &d) < 0 || (s[10] != '\0' && s[10] != 'T'))
		return -1;
	*out = d;
	return 0;
}

char *date_fmt(char out[16], date_t d)
{
	struct date_ymd r;

	out[0] = '\0';
	if (d == DATE_NONE)
		return out;
	r = date_to_ymd(d);
	if (r.year >= 1000 && r.year <= 9999) {
		int v = r.year * 10000 + r.month * 100 + r.day;

		for (int i = 9; i >= 0; i--) {
			out[i] = (char)(i == 4 || i == 7 ? '-' : '0' + v % 10);
			v = i == 4 || i == 7 ? v : v / 10;
		}
		out[10] = '\0';
		return out;
	}
	/* Cut when the year has more than four digits by far; no such date can be read in. */
	if (snprintf(out, 16, "%04d-%02d-%02d", r.year, r.month, r.day) < 0)
		out[0] = '\0';
	return out;
}

date_t date_month_start(date_t d, int months)
{
	struct date_ymd r = date_to_ymd(d);
	int m = r.year * 12 + r.month - 1 + months;
	int year = m >= 0 ? m / 12 : -((11 - m) / 12);

	return date_from_ymd(year, m - year * 12 + 1, 1);
}
