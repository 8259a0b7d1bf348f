#include "awork/retry.h"

#include <stddef.h>
#include <string.h>

#include "base/date.h"

#define SECOND 1000
#define BACKOFF_MAX_MS 60000

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Digits only, blanks around them allowed. -1: something else, or more than int64 seconds could mean. */
static int64_t seconds(const char *s)
{
	int64_t v = 0;
	int digits = 0;

	for (s = skip_blanks(s); *s >= '0' && *s <= '9'; s++, digits++) {
		if (v > (INT64_MAX / SECOND - 9) / 10)
			return -1;
		v = v * 10 + (*s - '0');
	}
	return digits > 0 && *skip_blanks(s) == '\0' ? v : -1;
}

static int64_t clamp_ms(int64_t sec)
{
	if (sec < 0)
		return -1;
	return sec > RETRY_WAIT_MAX_MS / SECOND ? RETRY_WAIT_MAX_MS : sec * SECOND;
}

/* `n` digits at *s, moved behind them; -1 when they are not there. */
static int number(const char **s, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++, ++*s) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

static int month(const char **s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (strncmp(*s, names + i * 3, 3) == 0) {
			*s += 3;
			return i + 1;
		}
	}
	return -1;
}

static int literal(const char **s, char c)
{
	if (**s != c)
		return -1;
	++*s;
	return 0;
}

/* "08:49:37"; the leap second of RFC 9110 is taken for the second after it. */
static int64_t time_of_day(const char **s)
{
	int h = number(s, 2), m, sec;

	if (h < 0 || literal(s, ':') < 0 || (m = number(s, 2)) < 0 || literal(s, ':') < 0 || (sec = number(s, 2)) < 0)
		return -1;
	return h > 23 || m > 59 || sec > 60 ? -1 : (int64_t)h * 3600 + m * 60 + sec;
}

static int64_t instant(int year, int mon, int day, int64_t sec)
{
	struct date_ymd back;
	date_t d;

	if (year < 1900 || mon < 1 || day < 1 || day > 31 || sec < 0)
		return -1;
	d = date_from_ymd(year, mon, day);
	back = date_to_ymd(d);
	return back.day == day && back.month == mon ? (int64_t)d * 86400 + sec : -1;
}

/* "06 Nov 1994 08:49:37 GMT" with blanks (IMF-fixdate) or "06-Nov-94 08:49:37 GMT" with hyphens (RFC 850), behind the day's name. */
static int64_t date_gmt(const char *s, char sep, int now_year)
{
	int day = number(&s, 2), mon, year;
	int64_t sec;

	if (day < 0 || literal(&s, sep) < 0 || (mon = month(&s)) < 0 || literal(&s, sep) < 0)
		return -1;
	year = number(&s, sep == '-' ? 2 : 4);
	if (year < 0 || literal(&s, ' ') < 0 || (sec = time_of_day(&s)) < 0 || strncmp(s, " GMT", 4) != 0 || *skip_blanks(s + 4) != '\0')
		return -1;
	if (sep == '-') {
		/* RFC 9110 section 5.6.7: more than 50 years ahead means the century before. */
		year += now_year / 100 * 100;
		if (year > now_year + 50)
			year -= 100;
		else if (year < now_year - 50)
			year += 100;
	}
	return instant(year, mon, day, sec);
}

/* "Nov  6 08:49:37 1994" (asctime), behind the day's name. */
static int64_t date_asctime(const char *s)
{
	int mon = month(&s), day, year;
	int64_t sec;

	if (mon < 0 || literal(&s, ' ') < 0)
		return -1;
	day = *s == ' ' ? (s++, number(&s, 1)) : number(&s, 2);
	if (day < 0 || literal(&s, ' ') < 0 || (sec = time_of_day(&s)) < 0 || literal(&s, ' ') < 0 || (year = number(&s, 4)) < 0)
		return -1;
	return *skip_blanks(s) == '\0' ? instant(year, mon, day, sec) : -1;
}

/* The three forms of RFC 9110 section 5.6.7. The day's name is not compared with the date: nothing follows from it. -1: none of them. */
static int64_t http_date(const char *s, int64_t now_utc)
{
	int letters = 0;

	for (s = skip_blanks(s); (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'); s++)
		letters++;
	if (letters < 3)
		return -1;
	if (*s == ' ')
		return date_asctime(s + 1);
	if (s[0] != ',' || s[1] != ' ')
		return -1;
	return date_gmt(s + 2, letters == 3 ? ' ' : '-', date_to_ymd((date_t)(now_utc / 86400)).year);
}

int64_t retry_after_ms(const char *value, int64_t now_utc)
{
	int64_t sec, at;

	if (value == NULL)
		return -1;
	sec = seconds(value);
	if (sec >= 0)
		return clamp_ms(sec);
	at = http_date(value, now_utc);
	return at < now_utc ? -1 : clamp_ms(at - now_utc);
}

int64_t retry_reset_ms(const char *value)
{
	return value != NULL ? clamp_ms(seconds(value)) : -1;
}

int64_t retry_wait_ms(int attempt, int64_t server_ms, uint32_t random)
{
	int64_t top = SECOND;

	if (server_ms >= 0)
		return server_ms + (int64_t)random % (server_ms / 10 + 1);
	for (int i = 1; i < attempt && top < BACKOFF_MAX_MS; i++)
		top *= 2;
	return (int64_t)random % ((top < BACKOFF_MAX_MS ? top : BACKOFF_MAX_MS) + 1);
}

int retry_status(long status)
{
	return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}
