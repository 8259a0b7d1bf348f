#include "billing/period.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

void period_make(date_t from, date_t to, struct period *out)
{
	struct date_ymd f = date_to_ymd(from);
	char a[16], b[16];

	memset(out, 0, sizeof *out);
	out->from = from;
	out->to = to;
	if (f.day == 1 && date_month_start(from, 1) == to)
		snprintf(out->label, sizeof out->label, "%04d-%02d", f.year, f.month);
	else if (f.day == 1 && f.month % 3 == 1 && date_month_start(from, 3) == to)
		snprintf(out->label, sizeof out->label, "%04d-Q%d", f.year, (f.month + 2) / 3);
	else
		snprintf(out->label, sizeof out->label, "%s..%s", date_fmt(a, from), date_fmt(b, to - 1));
}

/* "YYYY-" at the start; 0 or -1. */
static int read_year(const char *s, int64_t *year)
{
	char text[5];

	if (strlen(s) < 6 || s[4] != '-')
		return -1;
	memcpy(text, s, 4);
	text[4] = '\0';
	return num_parse_int(text, 1900, 9999, year);
}

static int read_range(const char *s, const char *dots, struct period *out)
{
	char from[16];
	date_t a, b;

	if ((size_t)(dots - s) >= sizeof from)
		return -1;
	memcpy(from, s, (size_t)(dots - s));
	from[dots - s] = '\0';
	if (date_parse(from, &a) < 0 || date_parse(dots + 2, &b) < 0 || b < a)
		return -1;
	period_make(a, b + 1, out);
	return 0;
}

int period_parse(const char *s, date_t today, struct period *out, struct err *e)
{
	const char *dots = strstr(s, "..");
	int64_t year, part;
	date_t from;

	if (strcmp(s, "last-month") == 0) {
		period_make(date_month_start(today, -1), date_month_start(today, 0), out);
		return 0;
	}
	if (strcmp(s, "this-month") == 0) {
		period_make(date_month_start(today, 0), date_month_start(today, 1), out);
		return 0;
	}
	if (dots != NULL) {
		if (read_range(s, dots, out) == 0)
			return 0;
	} else if (read_year(s, &year) == 0) {
		if (strlen(s) == 7 && s[5] == 'Q' && num_parse_int(s + 6, 1, 4, &part) == 0) {
			from = date_from_ymd((int)year, (int)part * 3 - 2, 1);
			period_make(from, date_month_start(from, 3), out);
			return 0;
		}
		if (strlen(s) == 7 && num_parse_int(s + 5, 1, 12, &part) == 0) {
			from = date_from_ymd((int)year, (int)part, 1);
			period_make(from, date_month_start(from, 1), out);
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "'%.60s' is no period: use last-month, this-month, 2026-10, 2026-Q3 or 2026-10-01..2026-10-15 (last day included)", s);
}
